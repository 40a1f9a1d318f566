package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/ui/theme"
)

// Empty stands where there is nothing yet, or nothing any more: an icon, what will be here or what happened, and
// the one thing to do about it (nil: nothing).
func Empty(icon *theme.Icon, title, words string, action *Button) *fyne.Container {
	head := Title(title)
	head.Align = fyne.TextAlignCenter
	more := Hint(words)
	more.SetAlign(fyne.TextAlignCenter)
	parts := []fyne.CanvasObject{Picture(icon.In(theme.Muted), 48), head, container.NewCenter(wide(420, more))}
	if action != nil {
		parts = append(parts, container.NewCenter(Pad(theme.Space8, action)))
	}
	return container.NewCenter(Column(theme.Space12, parts...))
}

// wide gives o a width of its own, for what wraps.
func wide(width float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(wideLayout{width}, o)
}

type wideLayout struct{ width float32 }

func (l wideLayout) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	for _, o := range objects {
		o.Resize(fyne.NewSize(max(s.Width, l.width), s.Height))
	}
}

func (l wideLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	s := fyne.NewSize(l.width, 0)
	for _, o := range objects {
		if o.Size().Width < l.width { // so that words wrap at the width they will have
			o.Resize(fyne.NewSize(l.width, o.Size().Height))
		}
		s.Height = max(s.Height, o.MinSize().Height)
	}
	return s
}
