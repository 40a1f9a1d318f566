// Package chart shows counts as bars one can point at, go along with the arrow keys, and open. The drawing is gonum's
// plot; this package gives it the theme's colours and type, and the hands.
package chart

import (
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	fynetheme "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// Bar is one count.
type Bar struct {
	Value int
	Tick  string // below the bar; empty for most, or they would run into each other
	Words string // of what it is a count: what is said of the bar while it is the current one
}

// Bars is a bar chart. A click, Enter or Space opens a bar; Left, Right, Home and End move among them.
type Bars struct {
	fynewidget.BaseWidget
	OnOpen func(bar int)
	// OnCurrent tells which bar the pointer or the keyboard is at; -1: none.
	OnCurrent func(bar int)

	label   string
	bars    []Bar
	at      int // where the keyboard is
	pointed int // where the pointer is; -1: nowhere
	focused bool
	min     fyne.Size

	left, right float32 // of the part that the bars have for themselves
}

var (
	_ fyne.Focusable     = (*Bars)(nil)
	_ fyne.Tappable      = (*Bars)(nil)
	_ fyne.Accessible    = (*Bars)(nil)
	_ desktop.Hoverable  = (*Bars)(nil)
	_ desktop.Cursorable = (*Bars)(nil)
)

// NewBars is a chart named label, at least min in size.
func NewBars(label string, min fyne.Size) *Bars {
	b := &Bars{label: label, min: min, pointed: -1}
	b.ExtendBaseWidget(b)
	return b
}

// Set shows these bars.
func (b *Bars) Set(bars []Bar) {
	b.bars = bars
	if b.at >= len(bars) || !b.focused {
		b.at = max(len(bars)-1, 0)
	}
	b.pointed = min(b.pointed, len(bars)-1)
	b.Refresh()
}

// Current is the bar that stands out: where the pointer is, else where the keyboard is; -1: none.
func (b *Bars) Current() int {
	switch {
	case len(b.bars) == 0:
		return -1
	case b.pointed >= 0:
		return b.pointed
	case b.focused:
		return b.at
	}
	return -1
}

// AccessibilityLabel is the chart's name, and the bar that stands out.
func (b *Bars) AccessibilityLabel() string {
	if i := b.Current(); i >= 0 {
		return b.label + ": " + b.bars[i].Words
	}
	return b.label
}

// AccessibilityRole is that of something with others inside.
func (b *Bars) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleContainer }

// Tapped opens the bar under the pointer.
func (b *Bars) Tapped(e *fyne.PointEvent) {
	if i := b.under(e.Position); i >= 0 {
		b.open(i)
	}
}

func (b *Bars) open(i int) {
	b.at = i
	if b.OnOpen != nil && i < len(b.bars) {
		b.OnOpen(i)
	}
}

// under is the bar whose place a position is in, however low the bar; -1: none.
func (b *Bars) under(at fyne.Position) int {
	if at.X < b.left || at.X >= b.right {
		return -1
	}
	return min(int((at.X-b.left)/(b.right-b.left)*float32(len(b.bars))), len(b.bars)-1)
}

// TypedKey moves among the bars, and opens one.
func (b *Bars) TypedKey(e *fyne.KeyEvent) {
	to := b.at
	switch e.Name {
	case fyne.KeyLeft:
		to--
	case fyne.KeyRight:
		to++
	case fyne.KeyHome:
		to = 0
	case fyne.KeyEnd:
		to = len(b.bars) - 1
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		b.open(b.at)
		return
	default:
		widget.Pass(b, e)
		return
	}
	b.at, b.pointed = max(min(to, len(b.bars)-1), 0), -1
	b.moved()
}

func (b *Bars) moved() {
	b.Refresh()
	if b.OnCurrent != nil {
		b.OnCurrent(b.Current())
	}
}

// TypedRune does nothing: no letter means anything here.
func (b *Bars) TypedRune(rune) {}

// FocusGained makes a bar stand out.
func (b *Bars) FocusGained() { b.focused = true; b.moved() }

// FocusLost lets it be one among the others again.
func (b *Bars) FocusLost() { b.focused = false; b.moved() }

// MouseIn is MouseMoved.
func (b *Bars) MouseIn(e *desktop.MouseEvent) { b.MouseMoved(e) }

// MouseMoved makes the bar under the pointer stand out.
func (b *Bars) MouseMoved(e *desktop.MouseEvent) {
	if i := b.under(e.Position); i != b.pointed {
		b.pointed = i
		b.moved()
	}
}

// MouseOut is the pointer gone.
func (b *Bars) MouseOut() { b.pointed = -1; b.moved() }

// Cursor says that a bar can be opened.
func (b *Bars) Cursor() desktop.Cursor {
	if b.OnOpen != nil && b.pointed >= 0 {
		return desktop.PointerCursor
	}
	return desktop.DefaultCursor
}

// CreateRenderer is for Fyne.
func (b *Bars) CreateRenderer() fyne.WidgetRenderer {
	r := &renderer{bars: b, ring: canvas.NewRectangle(color.Transparent)}
	r.drawing = canvas.NewRaster(r.draw)
	r.Refresh()
	return r
}

// renderer draws the bars when their looks or their size have changed.
type renderer struct {
	bars    *Bars
	drawing *canvas.Raster
	ring    *canvas.Rectangle
	figure  *figure
}

func (r *renderer) draw(w, h int) image.Image {
	if r.figure != nil && len(r.figure.bars) > 0 && w > 0 && h > 0 {
		if img, err := r.figure.picture(r.drawing.Size(), w, h); err == nil {
			return img
		}
	}
	return image.NewNRGBA(image.Rect(0, 0, max(w, 1), max(h, 1))) // nothing to draw
}

func (r *renderer) Layout(s fyne.Size) {
	r.drawing.Move(fyne.NewSquareOffsetPos(theme.Space8))
	r.drawing.Resize(s.SubtractWidthHeight(2*theme.Space8, 2*theme.Space8))
	r.ring.Resize(s)
	r.measure()
}

// measure finds where the bars are, for the pointer.
func (r *renderer) measure() {
	b := r.bars
	b.left, b.right = 0, 0
	size := r.drawing.Size()
	if r.figure == nil || len(b.bars) == 0 || size.Width <= 0 || size.Height <= 0 {
		return
	}
	if left, right, err := r.figure.area(size); err == nil {
		b.left, b.right = left+theme.Space8, right+theme.Space8
	}
}

func (r *renderer) MinSize() fyne.Size { return r.bars.min }

func (r *renderer) Refresh() {
	figure, err := newFigure(r.bars.bars, r.bars.Current())
	if err != nil {
		fyne.LogError("draw a chart", err)
	}
	r.figure = figure
	r.measure()
	r.ring.StrokeWidth, r.ring.StrokeColor = 0, nil
	if r.bars.focused {
		r.ring.StrokeWidth, r.ring.StrokeColor = theme.FocusRing, fynetheme.Color(theme.Primary)
	}
	r.ring.CornerRadius = theme.Radius
	r.ring.Refresh()
	r.drawing.Refresh()
}

func (r *renderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.drawing, r.ring} }

func (r *renderer) Destroy() {}
