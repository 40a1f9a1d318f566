// Package wizard is the New User wizard: from who the user is to a proven security key with a name.
//
// State and its transitions are plain. Wizard holds a State, does what it calls for in the background, and shows
// it: each page has a fill that takes the State over. Every method belongs to the window's goroutine.
package wizard

import (
	"context"
	"errors"
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/activation"
	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/device"
	"tapstation/ui/tap"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// Config is what a wizard works with. All of it is needed, unless it says otherwise.
type Config struct {
	Directory *directory.Directory
	Board     *device.Board
	Enroll    tap.EnrollFunc
	GiveUp    tap.GiveUpFunc
	Actor     string // for the audit log
	// Activation assigns keys that their user activates by themselves. EditsUsers tells that who acts may change users, and
	// SetUpMail, where not nil, leads them to where mail is set up; the wizard is over then.
	Activation *activation.Tickets
	EditsUsers bool
	SetUpMail  func()
	OnMail     func()          // a mail was put into the outbox; may be nil
	User       *directory.User // gets a further key; nil: a new user
	// Edit is about the User alone: who they are, and nothing after that. Replaces is a key of theirs whose place the new
	// one takes, with its settings: it begins with the card.
	Edit     bool
	Replaces *directory.SecurityKey
	Do       func(func())     // hands a function to the window's goroutine, in order; fyne.Do
	OpenLink func(url string) // in a browser
	// OnEnd is called when the wizard is over. userID is empty where nobody was saved.
	OnEnd func(userID string)
}

// Wizard is one run of the wizard. Put its Content on a window, then call Shown; call Close when it is taken off the window.
type Wizard struct {
	config   Config
	state    State
	ceremony *tap.Ceremony
	after    func() // where one wanted to go when asked whether to leave
	ready    bool   // it is known what the user's keys are to be
	waits    bool   // the ceremony is to begin as soon as that is so
	noTap    func() // ends the wait for a card that begins it
	paused   bool   // no card is to be taken

	ctx        context.Context
	cancel     context.CancelFunc
	background sync.WaitGroup

	content fyne.CanvasObject
	steps   *widget.Steps
	holder  *fyne.Container // of the page shown
	footer  *footer
	pages   [pages]page
	tap     *tap.Page
	canvas  fyne.Canvas // nil until Shown
}

// page is one page of the wizard.
type page interface {
	content() fyne.CanvasObject
	fill(State)
	first() fyne.Focusable // where the next input goes; nil: on the main action
}

// New is a wizard at its beginning.
func New(c Config) *Wizard {
	w := &Wizard{config: c, state: c.begin(), noTap: func() {}}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	w.ceremony = &tap.Ceremony{Enroll: c.Enroll, GiveUp: c.GiveUp, Board: c.Board, Do: c.Do, OnChange: w.ceremonyChanged}
	w.tap = tap.NewPage(w.ceremony, c.OpenLink)
	w.build()
	w.read()
	w.render(State{Page: -1})
	w.waits = c.Replaces != nil
	return w
}

// begin is the wizard at its beginning.
func (c Config) begin() State {
	switch {
	case c.User != nil && c.Edit:
		return BeginEdit(*c.User)
	case c.User != nil && c.Replaces != nil:
		return BeginReplace(*c.User, *c.Replaces)
	}
	return Begin(c.User)
}

// build makes the frame that all pages share.
func (w *Wizard) build() {
	title := text.T("users.new")
	if user := w.config.User; user != nil {
		title = text.T("wizard.title_key", "Name", user.DisplayName())
		switch {
		case w.config.Edit:
			title = user.DisplayName()
		case w.config.Replaces != nil:
			title = text.T("wizard.title_replace", "Key", w.config.Replaces.Name, "Name", user.DisplayName())
		}
	}
	w.pages = [pages]page{newUserPage(w), newKindPage(w), newSettingsPage(w), newHowPage(w), tapPage{w.tap, w.ceremony}, newNamePage(w),
		newAssignPage(w), newMailedPage(w)}
	w.steps = widget.NewSteps(stepNames()...)
	w.holder = container.NewStack()
	w.footer = newFooter(w.back, w.next)
	var left fyne.CanvasObject
	if !w.config.Edit {
		left = container.New(columnLayout{}, container.NewVBox(widget.PadXY(0, theme.Space4, w.steps)))
	}
	w.content = widget.PadXY(theme.Space32, theme.Space24, container.NewBorder(
		container.NewVBox(widget.Heading(title), widget.PadXY(0, theme.Space8, widget.Rule())),
		w.footer.content, left, nil, w.holder))
}

func stepNames() []string {
	return []string{
		text.T("user.details"), text.T("wizard.step.kind"), text.T("wizard.step.settings"),
		text.T("wizard.step.activation"), text.T("wizard.step.name"),
	}
}

// Content is what to put on the window.
func (w *Wizard) Content() fyne.CanvasObject { return w.content }

// State is where the wizard stands.
func (w *Wizard) State() State { return w.state }

// Ceremony is the enrollment of the activation page.
func (w *Wizard) Ceremony() *tap.Ceremony { return w.ceremony }

// Keys is what the keyboard does while the wizard is shown.
func (w *Wizard) Keys() *widget.Keys {
	return &widget.Keys{Enter: w.next, Escape: w.back}
}

// Shown tells that the content is on the canvas: the focus goes where the first input goes.
func (w *Wizard) Shown(on fyne.Canvas) {
	w.canvas = on
	w.focus()
}

// Leave goes elsewhere: at once, or after a question where what was typed would be lost.
func (w *Wizard) Leave(then func()) {
	if w.state.Page == UserPage && !w.state.Saving && w.state.Changed() {
		w.after = then
		s := w.state
		s.Leaving = true
		w.set(s)
		return
	}
	if name, changed := w.state.Rename(); w.state.Page == NamePage && changed {
		if _, wrong := w.state.NameProblem(); !wrong {
			w.rename(name, then)
			return
		}
	}
	w.Close()
	then()
}

// Close ends what the wizard has under way. A ceremony goes on from its journal another time.
func (w *Wizard) Close() {
	w.ceremony.Close()
	w.tap.Close()
	w.cancel()
}

// Pause keeps the wizard from taking a card, as while the window is locked; Resume ends that.
func (w *Wizard) Pause() {
	w.paused = true
	w.ceremony.Pause()
}

// Resume ends Pause.
func (w *Wizard) Resume() {
	w.paused = false
	w.ceremony.Resume()
}

// Wait returns when nothing of the wizard runs any more after Close. It must not be called on the window's
// goroutine.
func (w *Wizard) Wait() {
	w.ceremony.Wait()
	w.background.Wait()
}

// back does what the left button says.
func (w *Wizard) back() { w.do(w.actions().back) }

// next does what the right button says.
func (w *Wizard) next() { w.do(w.actions().next) }

// set goes to another state and shows it.
func (w *Wizard) set(s State) {
	old := w.state
	w.state = s
	w.render(old)
}

func (w *Wizard) render(old State) {
	s := w.state
	w.steps.Set(s.Page.step(), stepNames()...)
	p := w.pages[s.Page]
	p.fill(s)
	if s.Page != old.Page {
		w.holder.Objects = []fyne.CanvasObject{p.content()}
		w.holder.Refresh()
		w.noTap()
		if s.Page == HowPage {
			w.awaitTap()
		}
	}
	w.footer.fill(w.actions(), s)
	if s.Page != old.Page || s.Leaving != old.Leaving {
		w.focus()
	}
}

// focus puts the focus where the next input goes.
func (w *Wizard) focus() {
	if w.canvas == nil {
		return
	}
	a := w.actions()
	switch first := w.pages[w.state.Page].first(); {
	case a.safe:
		w.canvas.Focus(w.footer.back)
	case first != nil:
		w.canvas.Focus(first)
	case a.next.shown():
		w.canvas.Focus(w.footer.next)
	default:
		w.canvas.Unfocus() // no button may be pressed by chance while a card is awaited
	}
}

func (w *Wizard) ceremonyChanged(old tap.State) {
	s := w.ceremony.State()
	if s.Phase == tap.Enrolled {
		w.set(w.state.Enrolled(s.Result.Key))
		return
	}
	w.tap.Render(s)
	w.footer.fill(w.actions(), w.state)
	if s.Phase != old.Phase {
		w.focus()
	}
}

// activate begins the ceremony.
func (w *Wizard) activate() {
	w.set(w.state.Next())
	w.begin()
}

// begin begins the ceremony, not before it is known what the key is to be, and who chooses its PIN.
func (w *Wizard) begin() {
	w.waits = !w.ready
	if w.ready && w.state.Page == ActivationPage {
		w.ceremony.Start(w.state.Saved, w.state.Request(w.config.Actor))
	}
}

// name gives the key its name and ends the wizard.
func (w *Wizard) name() {
	name, changed := w.state.Rename()
	if _, wrong := w.state.NameProblem(); wrong {
		w.pages[NamePage].(*namePage).check()
		return
	}
	if !changed {
		w.end()
		return
	}
	w.rename(name, func() { w.config.OnEnd(w.state.Saved.ID) })
}

func (w *Wizard) rename(name string, then func()) {
	s := w.state
	s.Saving, s.Failure = true, nil
	w.set(s)
	w.run(func(ctx context.Context) func() {
		_, err := w.config.Directory.RenameKey(context.WithoutCancel(ctx), w.config.Actor, s.Key.ID, name)
		if errors.Is(err, directory.ErrOfflineCache) {
			err = nil
		}
		return func() {
			if err != nil {
				w.set(w.state.NotKept(err, nil))
				return
			}
			w.Close()
			then()
		}
	})
}

// end is the end of the wizard.
func (w *Wizard) end() {
	w.Close()
	w.config.OnEnd(w.state.Saved.ID)
}
