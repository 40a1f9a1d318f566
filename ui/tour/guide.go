package tour

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fyne.io/fyne/v2"

	"tapstation/app/enroll"
	"tapstation/ui/demo"
	"tapstation/ui/desk"
	"tapstation/ui/tap"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
	"tapstation/ui/wizard"
)

// guide goes through the windows as a person would: it types, presses keys and buttons, and waits for what comes.
// After a failure it does nothing more, and err says what failed.
type guide struct {
	ctx  context.Context
	app  fyne.App
	dir  string
	err  error
	shot int // number of the last picture

	set   Set
	desk  *desk.Desk
	frame *frame
	in    *input
	held  bool // Tray.Hold is on
	mail  *demo.MailWindow

	browser   *browser     // nil: none was needed yet
	noBrowser bool         // there is none
	say       func(string) // tells who runs the tour
}

func (g *guide) fail(err error) {
	if g.err == nil {
		g.err = err
	}
}

// onWindow runs f on the window's goroutine and waits for it.
func (g *guide) onWindow(f func()) {
	done := make(chan struct{})
	fyne.Do(func() {
		defer close(done)
		f()
	})
	select {
	case <-done:
	case <-g.ctx.Done():
		g.fail(g.ctx.Err())
	}
}

// do runs f on the window's goroutine if nothing has failed so far.
func (g *guide) do(f func() error) {
	if g.err != nil {
		return
	}
	g.onWindow(func() { g.fail(f()) })
}

// until waits for ok, which is asked on the window's goroutine.
func (g *guide) until(what string, ok func() bool) {
	ctx, cancel := context.WithTimeout(g.ctx, patience)
	defer cancel()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for g.err == nil {
		yes := false
		g.onWindow(func() { yes = ok() })
		if yes || g.err != nil {
			return
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			g.fail(fmt.Errorf("after picture %d: %s did not come: %w", g.shot, what, ctx.Err()))
			return
		}
	}
}

var errNothingFocused = errors.New("nothing has the focus")

// typeIn types into what has the focus.
func (g *guide) typeIn(s string) {
	g.do(func() error {
		f := g.desk.Window().Canvas().Focused()
		if f == nil {
			return fmt.Errorf("type %q: %w", s, errNothingFocused)
		}
		for _, r := range s {
			f.TypedRune(r)
		}
		return nil
	})
}

// key presses a key, wherever the focus is.
func (g *guide) key(name fyne.KeyName) {
	// A key reaches a widget's page only once the widget has been drawn.
	g.until("the screen to be drawn", func() bool {
		o, ok := g.desk.Window().Canvas().Focused().(fyne.CanvasObject)
		return !ok || g.app.Driver().CanvasForObject(o) != nil
	})
	g.do(func() error {
		c, e := g.desk.Window().Canvas(), &fyne.KeyEvent{Name: name}
		if f := c.Focused(); f != nil {
			f.TypedKey(e)
		} else if c.OnTypedKey() != nil {
			c.OnTypedKey()(e)
		}
		return nil
	})
}

func (g *guide) enter()  { g.key(fyne.KeyReturn) }
func (g *guide) escape() { g.key(fyne.KeyEscape) }

// tab goes to the next input.
func (g *guide) tab() {
	g.do(func() error { g.desk.Window().Canvas().FocusNext(); return nil })
}

// clear empties the line that has the focus.
func (g *guide) clear() {
	g.do(func() error {
		e, ok := g.desk.Window().Canvas().Focused().(*widget.Entry)
		if !ok {
			return errors.New("clear: what has the focus is no line to type into")
		}
		e.SetText("")
		return nil
	})
}

// press presses the button or switch that says label.
func (g *guide) press(label string) {
	g.until("“"+label+"”", func() bool {
		return find(g.desk.Page(), label) != nil
	})
	g.do(func() error {
		find(g.desk.Page(), label).Tapped(&fyne.PointEvent{})
		return nil
	})
}

// find is what can be pressed and says label.
func find(root fyne.CanvasObject, label string) (found fyne.Tappable) {
	widget.Walk(root, func(o fyne.CanvasObject) bool {
		named, ok := o.(fyne.Accessible)
		pressed, can := o.(fyne.Tappable)
		if !ok || !can || named.AccessibilityLabel() != label {
			return false
		}
		found = pressed
		return true
	})
	return found
}

// page waits for a page of the wizard.
func (g *guide) page(p wizard.Page) {
	g.until(fmt.Sprintf("page %d of the wizard", p), func() bool {
		w := g.desk.Wizard()
		return w != nil && w.State().Page == p && !w.State().Saving
	})
}

// step waits for a step of the ceremony.
func (g *guide) step(k enroll.StepKind) {
	g.tap("step "+string(k), func(s tap.State) bool { return s.Phase == tap.Running && s.Step.Kind == k })
}

// problem waits until the ceremony asks for another tap because of err.
func (g *guide) problem(err error) {
	g.tap("the problem "+err.Error(), func(s tap.State) bool {
		return s.Phase == tap.Running && s.Step.Kind == enroll.WaitAgain && errors.Is(s.Step.Problem, err)
	})
}

// phase waits for a phase of the tap page.
func (g *guide) phase(p tap.Phase) {
	g.tap(fmt.Sprintf("phase %d of the ceremony", p), func(s tap.State) bool { return s.Phase == p })
}

func (g *guide) tap(what string, ok func(tap.State) bool) {
	g.until(what, func() bool {
		c := g.desk.Ceremony()
		return c != nil && ok(c.State())
	})
}

// gate waits for what covers the panel.
func (g *guide) gate(want desk.Gate) {
	g.until(fmt.Sprintf("gate %d", want), func() bool { return g.desk.Gate() == want })
}

// open goes to a page of the desk and waits until it has what it shows.
func (g *guide) open(what string, show func()) {
	g.do(func() error { show(); return nil })
	g.loaded(what)
}

// loaded waits until a page of the desk is there and has what it shows.
func (g *guide) loaded(what string) {
	g.until(what, func() bool { return g.desk.Wizard() == nil && !g.desk.Busy() })
}

// put lays a card of the tray on the reader, in place of what lies there; take takes it away.
func (g *guide) put(i int) { g.tray(func(t Tray) { t.Put(i) }) }
func (g *guide) take()     { g.tray(Tray.Take) }

// tray does something to the tray.
func (g *guide) tray(do func(Tray)) { g.do(func() error { do(g.set.Tray); return nil }) }

// dark does something in the dark variant.
func (g *guide) dark(do func()) {
	g.do(func() error { g.app.Settings().SetTheme(theme.New(theme.Dark)); return nil })
	do()
	g.do(func() error { g.app.Settings().SetTheme(theme.New(theme.Light)); return nil })
}
