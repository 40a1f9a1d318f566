package widget

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	fynetheme "fyne.io/fyne/v2/theme"

	"tapstation/ui/theme"
)

// Marks lets the rows of a List be marked, to do something with several: by the box before each, by a click with
// Ctrl (this row too) or Shift (all up to this row), by Space, and by Shift with the arrow keys. The box in the
// header, or Ctrl+A, is about all rows.
type Marks struct {
	Is     func(row int) bool // answers at once
	All    func() Marking
	OnMark func(from, to int, on bool) // from and to are in it
	OnAll  func(on bool)
}

// Marking is how much of something is marked.
type Marking int

// Markings.
const (
	Unmarked Marking = iota
	SomeMarked
	Marked
)

// SetMarks lets rows be marked from now on.
func (l *List) SetMarks(m Marks) {
	l.marks = &m
	l.header.Refresh()
}

// Mark marks rows as a click with Shift would: all from one to the other.
func (l *List) Mark(from, to int) { l.markSpan(from, to) }

func (l *List) toggle(row int) {
	if row < l.length() {
		l.anchor = row
		l.marks.OnMark(row, row, !l.marks.Is(row))
		l.Changed()
	}
}

func (l *List) markSpan(from, to int) {
	last := l.length() - 1
	if last < 0 {
		return
	}
	from, to = min(from, last), min(to, last)
	l.marks.OnMark(min(from, to), max(from, to), true)
	l.Changed()
}

func (l *List) markAll() {
	l.marks.OnAll(l.marks.All() != Marked)
	l.Changed()
}

// boxSize is the side of the box of a mark, in units.
const boxSize float32 = 18

// box is what shows whether something is marked.
type box struct {
	square *canvas.Rectangle
	sign   *canvas.Image
}

func newBox() box { return box{canvas.NewRectangle(nil), picture(nil)} }

func (b box) place(x, height float32) {
	const in = 2
	b.square.Move(fyne.NewPos(x, (height-boxSize)/2))
	b.square.Resize(fyne.NewSquareSize(boxSize))
	b.sign.Move(fyne.NewPos(x+in, (height-boxSize)/2+in))
	b.sign.Resize(fyne.NewSquareSize(boxSize - 2*in))
}

func (b box) show(there bool, m Marking) {
	b.square.Hidden, b.sign.Hidden = !there, !there || m == Unmarked
	b.square.CornerRadius, b.square.StrokeWidth = 4, 1.5
	b.square.FillColor, b.square.StrokeColor = color.Transparent, fynetheme.Color(theme.Border)
	if m == Unmarked {
		return
	}
	b.square.FillColor, b.square.StrokeColor = fynetheme.Color(theme.Primary), fynetheme.Color(theme.Primary)
	b.sign.Resource = theme.CheckIcon.In(theme.OnPrimary)
	if m == SomeMarked {
		b.sign.Resource = theme.MinusIcon.In(theme.OnPrimary)
	}
}
