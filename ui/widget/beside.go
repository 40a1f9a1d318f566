package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/ui/theme"
)

// IconBeside puts the sign's icon before words that may wrap, and more at the right of them.
func IconBeside(s Sign, words *Paragraph, more ...fyne.CanvasObject) *fyne.Container {
	return container.New(besideIcon{}, append([]fyne.CanvasObject{Picture(s.Icon.In(orElse(s.Color, theme.Text)), 18), words}, more...)...)
}

// besideIcon is an icon, words, and buttons at the right. The words wrap in the width that is left, which MinSize can only
// know from the last time.
type besideIcon struct{}

func (besideIcon) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	icon, words := objects[0], objects[1]
	right := s.Width
	for i := len(objects) - 1; i > 1; i-- {
		w := objects[i].MinSize().Width
		right -= w
		middle(objects[i], right, w, max(theme.Control, s.Height))
		right -= theme.Space8
	}
	x := icon.MinSize().Width + theme.Space12
	words.Resize(fyne.NewSize(max(right-x, 0), s.Height))
	middle(words, x, max(right-x, 0), s.Height)
	middle(icon, 0, icon.MinSize().Width, s.Height)
}

func (besideIcon) MinSize(objects []fyne.CanvasObject) fyne.Size {
	s := fyne.NewSize(200, 0)
	for _, o := range objects {
		s.Height = max(s.Height, o.MinSize().Height)
	}
	return s
}

// AtMostHigh gives o no more than height; what is longer is scrolled.
func AtMostHigh(height float32, o fyne.CanvasObject) fyne.CanvasObject {
	return container.New(atMostHigh{height, o}, container.NewVScroll(o))
}

type atMostHigh struct {
	height float32
	inside fyne.CanvasObject
}

func (l atMostHigh) Layout(objects []fyne.CanvasObject, s fyne.Size) { objects[0].Resize(s) }

func (l atMostHigh) MinSize([]fyne.CanvasObject) fyne.Size {
	m := l.inside.MinSize()
	return fyne.NewSize(m.Width, min(m.Height, l.height))
}

// BesideField puts a button at the right of a field, level with the line that is typed into.
func BesideField(f *Field, button fyne.CanvasObject) *fyne.Container {
	return container.New(besideField{}, f, button)
}

type besideField struct{}

func (besideField) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	w := objects[1].MinSize().Width
	objects[0].Resize(fyne.NewSize(max(s.Width-w-theme.Space8, 0), s.Height))
	label := NewText("")
	label.TextSize, label.Bold = theme.TextSmall, true
	objects[1].Move(fyne.NewPos(s.Width-w, label.MinSize().Height+theme.Space4))
	objects[1].Resize(fyne.NewSize(w, theme.Control))
}

func (besideField) MinSize(objects []fyne.CanvasObject) fyne.Size {
	f, b := objects[0].MinSize(), objects[1].MinSize()
	return fyne.NewSize(f.Width+theme.Space8+b.Width, f.Height)
}
