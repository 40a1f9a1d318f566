package widget

import (
	"image/color"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	fynetheme "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"tapstation/ui/theme"
)

// Filter narrows a list down by one of several answers. It says what it is about, and then which answer holds; a
// press offers them all, its cross or Delete takes the answer away.
type Filter struct {
	fynewidget.BaseWidget
	OnChanged func(id string) // "" when the answer was taken away
	// Own, where not nil, makes an answer of words that are typed; false: they make none. Search says what can be typed.
	Own    func(words string) (Pick, bool)
	Search string

	label            string
	options          []Pick
	chosen           string
	focused, hovered bool
	overCross        bool
}

var (
	_ fyne.Focusable    = (*Filter)(nil)
	_ fyne.Tappable     = (*Filter)(nil)
	_ fyne.Accessible   = (*Filter)(nil)
	_ desktop.Hoverable = (*Filter)(nil)
)

// NewFilter filters by label.
func NewFilter(label string, changed func(id string), options ...Pick) *Filter {
	f := &Filter{label: label, options: options, OnChanged: changed}
	f.ExtendBaseWidget(f)
	return f
}

// SetOptions changes the answers there are. What is chosen stays, also where it is no longer among them.
func (f *Filter) SetOptions(options ...Pick) {
	if slices.Equal(f.options, options) {
		return
	}
	f.options = options
	f.Refresh()
}

// Chosen is the answer that holds, or "".
func (f *Filter) Chosen() string { return f.chosen }

// Choose sets the answer without telling OnChanged; "" takes it away.
func (f *Filter) Choose(id string) {
	if f.chosen == id {
		return
	}
	f.chosen = id
	f.Refresh()
}

// Words are what the filter says.
func (f *Filter) Words() string {
	if f.chosen == "" {
		return f.label
	}
	for _, o := range f.options {
		if o.ID == f.chosen {
			return f.label + ": " + o.Title
		}
	}
	return f.label + ": " + f.chosen
}

// AccessibilityLabel is what the filter is about.
func (f *Filter) AccessibilityLabel() string { return f.label }

// AccessibilityRole is that of a button.
func (f *Filter) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// Tapped offers the answers, or takes the one that holds away where the tap was on the cross.
func (f *Filter) Tapped(e *fyne.PointEvent) {
	Focus(f) // it comes back here when the answers have gone
	if f.chosen != "" && e != nil && e.Position.X > f.Size().Width-crossZone {
		f.change("")
		return
	}
	p := Picks{Options: f.options, Chosen: f.chosen, OnPicked: f.change, Search: f.Search}
	if f.Own != nil {
		p.Create = func(words string) string {
			own, _ := f.Own(words)
			return own.Title
		}
		p.OnCreate = func(words string) {
			if own, ok := f.Own(words); ok {
				f.change(own.ID)
			}
		}
	}
	ShowPicker(f, p)
}

// TypedKey offers the answers on Enter, Space and Down, and takes the one that holds away on Delete and Backspace.
func (f *Filter) TypedKey(e *fyne.KeyEvent) {
	switch {
	case isPress(e) || e.Name == fyne.KeyDown:
		f.Tapped(nil)
	case e.Name == fyne.KeyDelete || e.Name == fyne.KeyBackspace:
		f.change("")
	default:
		Pass(f, e)
	}
}

// TypedRune is for the page.
func (f *Filter) TypedRune(r rune) {
	if r != ' ' {
		passRune(f, r)
	}
}

func (f *Filter) change(id string) {
	if f.chosen == id {
		return
	}
	f.Choose(id)
	if f.OnChanged != nil {
		f.OnChanged(id)
	}
}

// FocusGained shows the ring.
func (f *Filter) FocusGained() { f.focused = true; f.Refresh() }

// FocusLost hides the ring.
func (f *Filter) FocusLost() { f.focused = false; f.Refresh() }

// MouseIn shows that the filter can be pressed.
func (f *Filter) MouseIn(e *desktop.MouseEvent) { f.hovered = true; f.MouseMoved(e) }

// MouseMoved follows whether the pointer is on the cross.
func (f *Filter) MouseMoved(e *desktop.MouseEvent) {
	f.overCross = f.chosen != "" && e.Position.X > f.Size().Width-crossZone
	f.Refresh()
}

// MouseOut ends MouseIn.
func (f *Filter) MouseOut() { f.hovered, f.overCross = false, false; f.Refresh() }

// crossZone is the width of the part that takes the answer away, in units; filterWords the longest words shown.
const (
	crossZone   float32 = 32
	filterWords float32 = 260
)

// CreateRenderer is for Fyne.
func (f *Filter) CreateRenderer() fyne.WidgetRenderer {
	const sign = 16
	ground, over, cross, ring := canvas.NewRectangle(nil), canvas.NewRectangle(nil), canvas.NewRectangle(nil), newRing()
	words, icon := NewText(""), picture(nil)
	words.Clip = true
	width := func() float32 {
		return min(fyne.MeasureText(words.Content, words.size(), words.style()).Width+1, filterWords)
	}
	r := &renderer{objects: []fyne.CanvasObject{ground, over, cross, words, icon, ring.Rectangle}}
	r.layout = func(s fyne.Size) {
		ground.Resize(s)
		over.Resize(s)
		const in = 3
		cross.Move(fyne.NewPos(s.Width-crossZone+in, in))
		cross.Resize(fyne.NewSize(crossZone-2*in, s.Height-2*in))
		ring.around(fyne.Position{}, s)
		middle(words, theme.Space12, max(s.Width-theme.Space12-crossZone, 0), s.Height)
		icon.Move(fyne.NewPos(s.Width-crossZone+(crossZone-sign)/2, (s.Height-sign)/2))
		icon.Resize(fyne.NewSquareSize(sign))
	}
	r.min = func() fyne.Size { return fyne.NewSize(theme.Space12+width()+crossZone, theme.Control) }
	r.refresh = func() {
		on := f.chosen != ""
		ring.show(f.focused)
		for _, o := range []*canvas.Rectangle{ground, over, cross} {
			o.CornerRadius = theme.Radius
		}
		ground.FillColor, ground.StrokeColor, ground.StrokeWidth = color.Transparent, fynetheme.Color(theme.Border), 1
		over.FillColor, cross.FillColor = color.Transparent, color.Transparent
		if f.hovered && !f.overCross {
			over.FillColor = fynetheme.Color(theme.Hover)
		}
		if f.overCross {
			cross.FillColor = fynetheme.Color(theme.Hover)
		}
		words.Content, words.Color = f.Words(), theme.Muted
		icon.Resource = theme.DetailsIcon.In(theme.Muted)
		if on {
			ground.FillColor, ground.StrokeColor = fynetheme.Color(theme.Selected), fynetheme.Color(theme.Primary)
			words.Color = theme.Primary
			icon.Resource = theme.CrossIcon.In(theme.Primary)
		}
		r.layout(f.Size())
	}
	r.refresh()
	return r
}
