package wizard

import (
	"fyne.io/fyne/v2"

	"tapstation/ui/theme"
)

// pairLayout puts two objects beside each other, each half as wide as there is room.
type pairLayout struct{ gap float32 }

func (l pairLayout) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	w := (s.Width - l.gap) / 2
	for i, o := range objects {
		o.Move(fyne.NewPos(float32(i)*(w+l.gap), 0))
		o.Resize(fyne.NewSize(w, s.Height))
	}
}

func (l pairLayout) MinSize(objects []fyne.CanvasObject) (s fyne.Size) {
	for _, o := range objects {
		m := o.MinSize()
		s.Width += m.Width
		s.Height = max(s.Height, m.Height)
	}
	s.Width += l.gap
	return s
}

// stepsWidth is the width of the column of steps, in units, with the space to the page beside it.
const stepsWidth float32 = 200 + theme.Space24

// columnLayout is the column of steps.
type columnLayout struct{}

func (columnLayout) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	for _, o := range objects {
		o.Resize(fyne.NewSize(stepsWidth-theme.Space24, s.Height))
	}
}

func (columnLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(stepsWidth, objects[0].MinSize().Height)
}
