package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	fynetheme "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"tapstation/ui/theme"
)

// Tick is the box of a row that can be chosen together with others. It only shows; the row is what is pressed.
type Tick struct {
	fynewidget.BaseWidget
	on, off bool // off: cannot be chosen
}

// NewTick is an empty box.
func NewTick() *Tick {
	t := &Tick{}
	t.ExtendBaseWidget(t)
	return t
}

// Set shows whether the row is chosen, and whether it can be.
func (t *Tick) Set(on, can bool) {
	t.on, t.off = on, !can
	t.Refresh()
}

// On tells whether the row is shown as chosen.
func (t *Tick) On() bool { return t.on }

// CreateRenderer is for Fyne.
func (t *Tick) CreateRenderer() fyne.WidgetRenderer {
	const side, inside = 18, 14
	box, check := canvas.NewRectangle(nil), picture(nil)
	r := &renderer{objects: []fyne.CanvasObject{box, check}}
	r.layout = func(s fyne.Size) {
		box.Move(fyne.NewPos(0, (s.Height-side)/2))
		box.Resize(fyne.NewSquareSize(side))
		check.Move(fyne.NewPos((side-inside)/2, (s.Height-inside)/2))
		check.Resize(fyne.NewSquareSize(inside))
	}
	r.min = func() fyne.Size { return fyne.NewSquareSize(side) }
	r.refresh = func() {
		box.CornerRadius, box.StrokeWidth = theme.Space4, 1.5
		box.FillColor, box.StrokeColor = fynetheme.Color(theme.Surface), fynetheme.Color(theme.Border)
		check.Hidden = !t.on
		check.Resource = theme.CheckIcon.In(theme.OnPrimary)
		switch {
		case t.off:
			box.FillColor, box.StrokeColor = fynetheme.Color(theme.Line), fynetheme.Color(theme.Line)
			check.Resource = theme.CheckIcon.In(theme.Muted)
		case t.on:
			box.FillColor, box.StrokeColor = fynetheme.Color(theme.Primary), fynetheme.Color(theme.Primary)
		}
		r.layout(t.Size())
	}
	r.refresh()
	return r
}
