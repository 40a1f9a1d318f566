package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/ui/theme"
)

// Fact is one line of Facts.
type Fact struct {
	Label string
	Value fyne.CanvasObject
}

// Facts lists what is known, the labels in one column and the values in the next.
func Facts(facts ...Fact) *fyne.Container {
	var objects []fyne.CanvasObject
	for _, f := range facts {
		label := NewText(f.Label)
		label.Color, label.Clip = theme.Muted, true
		objects = append(objects, label, f.Value)
	}
	return container.New(factsLayout{}, objects...)
}

type factsLayout struct{}

const (
	factLabel  float32 = 168
	factHeight float32 = 32
)

func (factsLayout) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	y := float32(0)
	for i := 0; i+1 < len(objects); i += 2 {
		label, value := objects[i], objects[i+1]
		h := max(factHeight, value.MinSize().Height)
		middle(label, 0, factLabel-theme.Space16, factHeight)
		label.Move(label.Position().AddXY(0, y))
		middle(value, factLabel, max(s.Width-factLabel, 0), h)
		value.Move(value.Position().AddXY(0, y))
		y += h
	}
}

func (factsLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	s := fyne.NewSize(factLabel+160, 0)
	for i := 0; i+1 < len(objects); i += 2 {
		s.Height += max(factHeight, objects[i+1].MinSize().Height)
	}
	return s
}
