package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	fynetheme "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"tapstation/ui/theme"
)

// Toggle switches something on or off. Space and a click do it.
type Toggle struct {
	fynewidget.DisableableWidget
	On        bool
	OnChanged func(on bool)

	label, text      string
	focused, hovered bool
}

var (
	_ fyne.Focusable    = (*Toggle)(nil)
	_ fyne.Tappable     = (*Toggle)(nil)
	_ fyne.Accessible   = (*Toggle)(nil)
	_ desktop.Hoverable = (*Toggle)(nil)
)

// NewToggle is a switch that is off. text says more than label, in smaller type; it may be empty.
func NewToggle(label, text string, changed func(on bool)) *Toggle {
	t := &Toggle{label: label, text: text, OnChanged: changed}
	t.ExtendBaseWidget(t)
	return t
}

// Set switches without telling OnChanged.
func (t *Toggle) Set(on bool) {
	if t.On == on {
		return
	}
	t.On = on
	t.Refresh()
}

// AccessibilityLabel is the label.
func (t *Toggle) AccessibilityLabel() string { return t.label }

// AccessibilityRole is that of a button.
func (t *Toggle) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// Tapped switches over.
func (t *Toggle) Tapped(*fyne.PointEvent) {
	if t.Disabled() {
		return
	}
	t.Set(!t.On)
	if t.OnChanged != nil {
		t.OnChanged(t.On)
	}
}

// TypedKey switches over on Space.
func (t *Toggle) TypedKey(e *fyne.KeyEvent) {
	Stir(t)
	if e.Name == fyne.KeySpace {
		t.Tapped(nil)
		return
	}
	Pass(t, e)
}

// TypedRune is for the page.
func (t *Toggle) TypedRune(r rune) { passRune(t, r) }

// FocusGained shows the ring.
func (t *Toggle) FocusGained() {
	Stir(t)
	t.focused = true
	t.Refresh()
}

// FocusLost hides the ring.
func (t *Toggle) FocusLost() { t.focused = false; t.Refresh() }

// MouseIn is of no use to a toggle, but keeps the pointer's events from what lies behind.
func (t *Toggle) MouseIn(*desktop.MouseEvent) { t.hovered = true; t.Refresh() }

// MouseMoved is of no use either.
func (t *Toggle) MouseMoved(*desktop.MouseEvent) {}

// MouseOut ends MouseIn.
func (t *Toggle) MouseOut() { t.hovered = false; t.Refresh() }

// CreateRenderer is for Fyne.
func (t *Toggle) CreateRenderer() fyne.WidgetRenderer {
	const width, height, knobSize, gap = 40, 22, 16, theme.Space12
	ring, track, knob := newRing(), canvas.NewRectangle(nil), canvas.NewCircle(nil)
	label, text := NewText(t.label), Small(t.text)
	text.Hidden = t.text == ""
	r := &renderer{objects: []fyne.CanvasObject{ring.Rectangle, track, knob, label, text}}
	lines := func() float32 {
		h := label.MinSize().Height
		if t.text != "" {
			h += text.MinSize().Height
		}
		return h
	}
	r.layout = func(s fyne.Size) {
		lh := label.MinSize().Height
		y := (s.Height - lines()) / 2
		top := y + (lh-height)/2 // the switch stands beside the first line
		track.Move(fyne.NewPos(0, top))
		track.Resize(fyne.NewSize(width, height))
		ring.around(fyne.NewPos(0, top), fyne.NewSize(width, height))
		const in = (height - knobSize) / 2
		x := float32(in)
		if t.On {
			x = width - knobSize - in
		}
		knob.Move(fyne.NewPos(x, top+in))
		knob.Resize(fyne.NewSquareSize(knobSize))
		label.Move(fyne.NewPos(width+gap, y))
		label.Resize(fyne.NewSize(s.Width-width-gap, lh))
		text.Move(fyne.NewPos(width+gap, y+lh))
		text.Resize(fyne.NewSize(s.Width-width-gap, text.MinSize().Height))
	}
	r.min = func() fyne.Size {
		w := max(label.MinSize().Width, text.MinSize().Width)
		return fyne.NewSize(width+gap+w, max(theme.Control, lines()))
	}
	r.refresh = func() {
		ring.show(t.focused)
		ring.CornerRadius = height
		track.CornerRadius, track.StrokeWidth = height/2, 1.5
		fill, stroke, dot := theme.Surface, theme.Border, theme.Muted
		if t.On {
			fill, stroke, dot = theme.Primary, theme.Primary, theme.OnPrimary
		}
		label.Color = theme.Text
		if t.Disabled() {
			label.Color = theme.Disabled
		}
		track.FillColor, track.StrokeColor = fynetheme.Color(fill), fynetheme.Color(stroke)
		knob.FillColor = fynetheme.Color(dot)
		r.layout(t.Size())
	}
	r.refresh()
	return r
}
