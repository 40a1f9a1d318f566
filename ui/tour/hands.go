package tour

import (
	"fmt"

	"fyne.io/fyne/v2"

	"tapstation/ui/widget"
)

// hands are one way to use the window: by keyboard alone, or by mouse alone, where only what has to be typed is typed.
// What they do reaches the window through the display, as from a real keyboard or mouse.
type hands interface {
	// press presses what says label.
	press(label string)
	// fill writes words into the line called label, in place of what is there.
	fill(label, words string)
	// open opens the row that says words.
	open(words string)
	// markAll marks all rows of the list.
	markAll()
	// choose chooses the answer that says words out of those that are offered; where they are found by typing, typed is
	// what is typed.
	choose(words, typed string)
}

// see waits for what is called label, of type T, on the page.
func see[T interface {
	fyne.CanvasObject
	fyne.Accessible
}](g *guide, label string) (found T) {
	g.until("“"+label+"”", func() bool {
		found = widget.Find[T](g.top(), label)
		return fyne.CanvasObject(found) != nil && g.app.Driver().CanvasForObject(found) != nil
	})
	return found
}

// inputs does something with the display's keyboard or mouse.
func (g *guide) inputs(do func(*input) error) {
	g.do(func() error {
		in, err := g.display()
		if err != nil {
			return err
		}
		return do(in)
	})
}

// display is the input of the window that is shown now.
func (g *guide) display() (*input, error) {
	if g.in != nil {
		return g.in, nil
	}
	in, err := newInput(g.desk.Window())
	g.in = in
	return in, err
}

// keyboard uses the window without a mouse.
type keyboard struct{ *guide }

// mostTabs is how many times Tab may be pressed to come to something: who has to press it more often gives up.
const mostTabs = 60

// goTo presses Tab until what is called label has the focus.
func (k keyboard) goTo(label string) {
	k.until("“"+label+"”", func() bool { return named(k.top(), label) })
	for range mostTabs {
		if k.err != nil || k.focused() == label {
			return
		}
		k.step(fyne.KeyTab)
	}
	k.fail(fmt.Errorf("%q is not within %d presses of Tab", label, mostTabs))
}

// named tells whether there is something called label.
func named(root fyne.CanvasObject, label string) bool {
	return widget.Walk(root, func(o fyne.CanvasObject) bool {
		a, ok := o.(fyne.Accessible)
		return ok && a.AccessibilityLabel() == label
	})
}

// step presses a key that moves the focus, and waits until it has moved.
func (k keyboard) step(name fyne.KeyName) {
	var before fyne.Focusable
	k.do(func() error { before = k.desk.Window().Canvas().Focused(); return nil })
	k.inputs(func(in *input) error { return in.press(name, 0) })
	k.until("the focus to move", func() bool { return k.desk.Window().Canvas().Focused() != before })
}

// focused is what the focus is on.
func (k keyboard) focused() (label string) {
	k.do(func() error {
		if a, ok := k.desk.Window().Canvas().Focused().(fyne.Accessible); ok {
			label = a.AccessibilityLabel()
		}
		return nil
	})
	return label
}

func (k keyboard) press(label string) {
	k.goTo(label)
	k.hit(fyne.KeySpace)
}

// hit presses a key, wherever the focus is.
func (k keyboard) hit(name fyne.KeyName) {
	k.inputs(func(in *input) error { return in.press(name, 0) })
}

func (k keyboard) fill(label, words string) {
	k.goTo(label)
	k.inputs(func(in *input) error { return in.press(fyne.KeyA, fyne.KeyModifierControl) })
	k.guide.write(label, words)
}

func (k keyboard) open(words string) {
	k.toRow(k.rowOf(words))
	k.hit(fyne.KeyReturn)
}

func (k keyboard) markAll() {
	k.toRow(0)
	k.inputs(func(in *input) error { return in.press(fyne.KeyA, fyne.KeyModifierControl) })
}

func (k keyboard) choose(words, typed string) {
	if typed != "" {
		k.write(words, typed)
		k.hit(fyne.KeyReturn)
	} else {
		k.open(words)
	}
	k.closed()
}

// toRow goes to row n of the list.
func (k keyboard) toRow(n int) {
	list := k.list()
	for range mostTabs {
		in := false
		k.do(func() error { in = list.Focused(); return nil })
		if in || k.err != nil {
			break
		}
		k.step(fyne.KeyTab)
	}
	k.hit(fyne.KeyHome)
	for range n {
		k.hit(fyne.KeyDown)
	}
	k.until(fmt.Sprintf("row %d", n), func() bool { return list.Current() == n })
}

// mouse uses the window without a keyboard, but for what has to be typed.
type mouse struct{ *guide }

func (m mouse) press(label string) {
	m.atRest("“"+label+"”", func() fyne.CanvasObject {
		o, _ := find(m.top(), label).(fyne.CanvasObject)
		return o
	})
	m.do(func() error {
		o, ok := find(m.top(), label).(fyne.CanvasObject)
		if !ok {
			return fmt.Errorf("%q is nothing to be clicked", label)
		}
		return m.clickOn(o, o.Size().Width/2, o.Size().Height/2)
	})
}

// atRest waits until what is to be clicked has stood where it is for some frames: a page may still be taking in what it
// has asked for.
func (m mouse) atRest(what string, find func() fyne.CanvasObject) {
	const frames = 5
	var last fyne.CanvasObject
	var at fyne.Position
	still := 0
	m.until(what, func() bool {
		o := find()
		if o == nil || m.app.Driver().CanvasForObject(o) == nil {
			return false
		}
		now := m.app.Driver().AbsolutePositionForObject(o)
		if o != last || now != at {
			last, at, still = o, now, 0
		}
		still++
		return still > frames
	})
}

// clickOn clicks at a place of o. It is called on the window's goroutine.
func (m mouse) clickOn(o fyne.CanvasObject, x, y float32) error {
	in, err := m.display()
	if err != nil {
		return err
	}
	at := m.app.Driver().AbsolutePositionForObject(o).AddXY(x, y)
	px, py := m.desk.Window().Canvas().PixelCoordinateForPosition(at)
	return in.click(px, py)
}

func (m mouse) fill(label, words string) {
	e := see[*widget.Entry](m.guide, label)
	m.do(func() error { return m.clickOn(e, e.Size().Width/2, e.Size().Height/2) })
	m.until("the cursor in “"+label+"”", func() bool { return m.desk.Window().Canvas().Focused() == fyne.Focusable(e) })
	m.do(func() error { e.SetText(""); return nil })
	m.guide.write(label, words)
}

func (m mouse) open(words string) { m.clickRow(m.rowOf(words)) }

func (m mouse) clickRow(n int) {
	list := m.list()
	m.do(func() error {
		x, y := list.MiddleOf(n)
		return m.clickOn(list, x, y)
	})
}

func (m mouse) markAll() {
	list := m.list()
	m.do(func() error {
		const x, y = 28, 18 // where the box is that marks all
		return m.clickOn(list, x, y)
	})
}

func (m mouse) choose(words, typed string) {
	if typed != "" {
		m.write(words, typed)
		m.clickRow(0)
	} else {
		m.open(words)
	}
	m.closed()
}

// closed waits until what was offered over the page has gone.
func (g *guide) closed() {
	g.until("the end of the choice", func() bool { return g.desk.Window().Canvas().Overlays().Top() == nil })
}

// rowOf waits for a row that says words.
func (g *guide) rowOf(words string) (row int) {
	list := g.list()
	g.until("a row “"+words+"”", func() bool {
		row = list.RowOf(words)
		return row >= 0
	})
	return row
}

// top is what can be used now: what is offered over the page, else the window.
func (g *guide) top() fyne.CanvasObject {
	if o := widget.Offered(g.desk.Window().Canvas()); o != nil {
		return o
	}
	return g.desk.Window().Content()
}

// list is the list on the page.
func (g *guide) list() (found *widget.List) {
	g.until("a list", func() bool {
		widget.Walk(g.top(), func(o fyne.CanvasObject) bool {
			l, ok := o.(*widget.List)
			if ok {
				found = l
			}
			return ok
		})
		return found != nil && g.app.Driver().CanvasForObject(found) != nil
	})
	return found
}

// write types words into the line called label, which has the focus, and waits until they are there.
func (g *guide) write(label, words string) {
	g.inputs(func(in *input) error { return in.write(words) })
	g.until(fmt.Sprintf("%q in “%s”", words, label), func() bool {
		e, ok := g.desk.Window().Canvas().Focused().(*widget.Entry)
		return ok && e.Text == words
	})
}
