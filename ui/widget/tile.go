package widget

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	fynetheme "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"tapstation/ui/theme"
)

// Tile is a figure that opens what it counts: a number, large, over a sign with its word. A click, Enter or Space
// opens it.
type Tile struct {
	fynewidget.BaseWidget
	OnTapped func()

	number           string
	sign             Sign
	focused, hovered bool
}

var (
	_ fyne.Focusable     = (*Tile)(nil)
	_ fyne.Tappable      = (*Tile)(nil)
	_ fyne.Accessible    = (*Tile)(nil)
	_ desktop.Hoverable  = (*Tile)(nil)
	_ desktop.Cursorable = (*Tile)(nil)
)

// NewTile is a figure without a number yet.
func NewTile(sign Sign, tapped func()) *Tile {
	t := &Tile{sign: sign, OnTapped: tapped}
	t.ExtendBaseWidget(t)
	return t
}

// SetNumber shows a number.
func (t *Tile) SetNumber(number string) {
	if t.number != number {
		t.number = number
		t.Refresh()
	}
}

// AccessibilityLabel is what is counted; the number changes.
func (t *Tile) AccessibilityLabel() string { return t.sign.Word }

// Number is what is shown.
func (t *Tile) Number() string { return t.number }

// AccessibilityRole is that of a link.
func (t *Tile) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleLink }

// Tapped opens what is counted.
func (t *Tile) Tapped(*fyne.PointEvent) {
	if t.OnTapped != nil {
		t.OnTapped()
	}
}

// TypedKey opens what is counted on Enter and Space.
func (t *Tile) TypedKey(e *fyne.KeyEvent) {
	if isPress(e) {
		t.Tapped(nil)
		return
	}
	Pass(t, e)
}

// TypedRune is for the page.
func (t *Tile) TypedRune(r rune) { passRune(t, r) }

// FocusGained shows the ring.
func (t *Tile) FocusGained() { t.focused = true; t.Refresh() }

// FocusLost hides the ring.
func (t *Tile) FocusLost() { t.focused = false; t.Refresh() }

// MouseIn shows that there is something to open.
func (t *Tile) MouseIn(*desktop.MouseEvent) { t.hovered = true; t.Refresh() }

// MouseMoved is of no use to a tile.
func (t *Tile) MouseMoved(*desktop.MouseEvent) {}

// MouseOut ends MouseIn.
func (t *Tile) MouseOut() { t.hovered = false; t.Refresh() }

// Cursor says that there is something to open.
func (t *Tile) Cursor() desktop.Cursor { return desktop.PointerCursor }

// CreateRenderer is for Fyne.
func (t *Tile) CreateRenderer() fyne.WidgetRenderer {
	ground, hover, ring := canvas.NewRectangle(nil), canvas.NewRectangle(color.Transparent), newRing()
	number, sign := Heading(""), NewBadge(t.sign)
	number.Clip = true
	r := &renderer{objects: []fyne.CanvasObject{ground, hover, number, sign, ring.Rectangle}}
	r.layout = func(s fyne.Size) {
		ground.Resize(s)
		hover.Resize(s)
		ring.around(fyne.NewPos(0, 0), s)
		inner := s.SubtractWidthHeight(2*theme.Space16, 2*theme.Space8)
		n, w := number.MinSize().Height, sign.MinSize().Height
		number.Move(fyne.NewPos(theme.Space16, theme.Space8))
		number.Resize(fyne.NewSize(inner.Width, n))
		sign.Move(fyne.NewPos(theme.Space16, s.Height-theme.Space12-w))
		sign.Resize(fyne.NewSize(inner.Width, w))
	}
	r.min = func() fyne.Size {
		return fyne.NewSize(112, theme.Space8+number.MinSize().Height+sign.MinSize().Height+theme.Space12)
	}
	r.refresh = func() {
		ground.FillColor, ground.StrokeColor = fynetheme.Color(theme.Surface), fynetheme.Color(theme.Line)
		ground.StrokeWidth, ground.CornerRadius = 1, theme.Radius+2
		hover.CornerRadius, hover.FillColor = theme.Radius+2, color.Transparent
		if t.hovered {
			hover.FillColor = fynetheme.Color(theme.Hover)
		}
		ring.show(t.focused)
		number.Content = t.number
		sign.Set(t.sign)
	}
	r.refresh()
	return r
}
