package desk

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// searchLayout is a search, one control beside it, and words beside that.
type searchLayout struct{}

func (searchLayout) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	x := min(s.Width, widestSearch)
	place(objects[0], 0, x, s.Height)
	x += theme.Space8
	if group := objects[1]; group.Visible() {
		w := min(group.MinSize().Width, max(s.Width-x, 0))
		place(group, x, w, s.Height)
		x += w + theme.Space16
	}
	place(objects[2], x, max(s.Width-x, 0), s.Height)
}

func (searchLayout) MinSize(objects []fyne.CanvasObject) fyne.Size { return objects[0].MinSize() }

// widestSearch is how wide a search is at most, in units.
const widestSearch float32 = 420

// filterLayout is a search and filters beside it. The search gives way as far as it can; filters that then have no room
// stand in further lines.
type filterLayout struct{ lines int }

func (l *filterLayout) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	const gap = theme.Space8
	height := objects[0].MinSize().Height
	wanted := float32(0)
	for _, o := range objects[1:] {
		if o.Visible() {
			wanted += gap + o.MinSize().Width
		}
	}
	x := min(max(s.Width-wanted, objects[0].MinSize().Width), widestSearch)
	place(objects[0], 0, x, height)
	l.lines = 1
	for _, o := range objects[1:] {
		if !o.Visible() {
			continue
		}
		w := min(o.MinSize().Width, s.Width)
		if x > 0 && x+gap+w > s.Width {
			x = -gap
			l.lines++
		}
		place(o, x+gap, w, height)
		o.Move(o.Position().AddXY(0, float32(l.lines-1)*(height+gap)))
		x += gap + w
	}
}

// MinSize is as high as the lines were last: how many they are is known only with the width.
func (l *filterLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	s := objects[0].MinSize()
	return fyne.NewSize(s.Width, s.Height*float32(max(l.lines, 1))+theme.Space8*float32(max(l.lines-1, 0)))
}

// countedTitle is the title of a list with how many it holds beside it, and at the right the page's main action.
func countedTitle(title string, count *widget.Text, again *widget.Button, actions ...fyne.CanvasObject) fyne.CanvasObject {
	head := widget.Heading(title)
	head.Clip = false
	return container.New(countedLayout{}, append([]fyne.CanvasObject{head, count, again}, actions...)...)
}

type countedLayout struct{}

func (countedLayout) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	right := s.Width
	for i := len(objects) - 1; i > 2; i-- {
		w := objects[i].MinSize().Width
		right -= w
		place(objects[i], right, w, s.Height)
		right -= theme.Space8
	}
	head, count, again := objects[0], objects[1], objects[2]
	w := min(head.MinSize().Width, max(right, 0))
	h := head.MinSize().Height
	place(head, 0, w, s.Height)
	if again.Visible() {
		right -= again.MinSize().Width
		place(again, right, again.MinSize().Width, s.Height)
	}
	// The two stand on the same line of writing, as near as sizes of letters tell.
	const drop = 3
	place(count, w+theme.Space12, max(right-w-theme.Space24, 0), h)
	count.Move(fyne.NewPos(w+theme.Space12, (s.Height+h)/2-count.MinSize().Height-drop))
}

func (countedLayout) MinSize(objects []fyne.CanvasObject) (s fyne.Size) {
	for _, o := range objects {
		s.Height = max(s.Height, o.MinSize().Height)
	}
	return fyne.NewSize(320, s.Height)
}

// countWords say how many there are: one of two plural keys, the second for where it is only known that there are at
// least so many. Numbers are written as the language does.
func countWords(exact, more string, n int, known bool) string {
	if !known {
		return text.N(more, n, "Number", text.Number(n))
	}
	return text.N(exact, n, "Number", text.Number(n))
}

// waitingWords is what is said while a question is open.
func waitingWords(asking bool, waited int) string {
	switch {
	case asking && waited >= 2:
		return text.N("users.loading_long", waited)
	case asking && waited >= 0:
		return text.T("users.loading")
	}
	return ""
}

func orElse(words, otherwise string) string {
	if words == "" {
		return otherwise
	}
	return words
}
