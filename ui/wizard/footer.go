package wizard

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/assets/text"
	"tapstation/ui/tap"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
	"tapstation/ui/wording"
)

// verb is what one of the two buttons does.
type verb int

const (
	none verb = iota
	leave
	stay
	leaveAnyway
	pageBack
	saveUser
	pageNext
	beginTap
	assign
	finish
	giveName
	ofTap // what the tap page says
)

// action is one of the two buttons, which stand at the same place on every page.
type action struct {
	verb    verb
	tap     tap.Verb // for ofTap
	text    string
	enabled bool
	danger  bool
}

func (a action) shown() bool { return a.verb != none }

// actions are what Escape and the left button do, and what Enter and the right button do.
type actions struct {
	back, next action
	safe       bool // back is the safe answer to a question, and has the focus
}

func (w *Wizard) actions() actions {
	if w.state.Page == ActivationPage {
		t := w.ceremony.State()
		back, next := t.Actions()
		return actions{back: fromTap(back), next: fromTap(next), safe: t.Phase == tap.Choosing}
	}
	return w.state.actions()
}

func fromTap(a tap.Action) action {
	if a.Verb == tap.None {
		return action{}
	}
	return action{ofTap, a.Verb, a.Text, a.Enabled, a.Danger}
}

// actions are those of every page but the activation, which has its own.
func (s State) actions() actions {
	can := !s.Saving
	back := action{verb: pageBack, text: text.T("wizard.back"), enabled: can}
	next := action{verb: pageNext, text: text.T("wizard.next"), enabled: can}
	switch s.Page {
	case UserPage:
		back.verb, back.text = leave, text.T("user.key.cancel")
		next.verb, next.text = saveUser, text.T("wizard.done")
		if s.Edit {
			next.text = text.T("wizard.save")
		}
		if s.Leaving {
			back = action{verb: stay, text: text.T("wizard.user.leave_no"), enabled: true}
			next = action{verb: leaveAnyway, text: text.T("wizard.user.leave_yes"), enabled: true, danger: true}
		}
	case KindPage:
		if s.Later {
			next.verb, next.text = finish, text.T("wizard.done")
		}
	case SettingsPage:
		if s.Replaces != nil { // the page before would ask what is answered already
			next.verb = beginTap
			back.verb, back.text = leave, text.T("user.key.cancel")
		}
	case HowPage:
		if !s.Mails() {
			next.verb = beginTap
		}
	case AssignPage:
		next.verb, next.text = assign, text.T("wizard.done")
	case MailedPage:
		back = action{}
		next.verb, next.text = finish, text.T("wizard.done")
	case NamePage:
		back = action{}
		next.verb, next.text = giveName, text.T("wizard.done")
	}
	return actions{back: back, next: next, safe: s.Leaving}
}

// do does what a button says.
func (w *Wizard) do(a action) {
	if !a.enabled {
		return
	}
	switch a.verb {
	case leave:
		w.Leave(w.over)
	case stay:
		s := w.state
		s.Leaving = false
		w.set(s)
	case leaveAnyway:
		w.Close()
		w.after()
	case pageBack:
		w.set(w.state.Back())
	case saveUser:
		w.save()
	case pageNext:
		w.set(w.state.Next())
		if w.state.Page == AssignPage {
			w.typeAnew() // over the name that was filled in
		}
	case beginTap:
		w.activate()
	case assign:
		w.assign()
	case finish:
		w.end()
	case giveName:
		w.name()
	case ofTap:
		if a.tap == tap.Leave {
			w.ceremony.Close()
			w.set(w.state.Back())
			return
		}
		w.ceremony.Act(a.tap)
		if a.tap == tap.SubmitPIN && w.ceremony.State().Phase == tap.Asking {
			w.typeAnew()
		}
	}
}

// typeAnew goes to the line that is typed into first. What is typed next takes the place of what stands there: a name that
// nobody has chosen, or a PIN that is wrong, as dots cannot be mended.
func (w *Wizard) typeAnew() {
	w.focus()
	if e, ok := w.canvas.Focused().(*widget.Entry); ok {
		e.TypedShortcut(&fyne.ShortcutSelectAll{})
	}
}

// over tells that the wizard was left.
func (w *Wizard) over() { w.config.OnEnd(w.state.Saved.ID) }

// footer is the two buttons, and above them what went wrong with the last.
type footer struct {
	content    fyne.CanvasObject
	line       *fyne.Container // of the buttons
	back, next *widget.Button
	notice     *widget.Badge
}

func newFooter(back, next func()) *footer {
	f := &footer{
		back:   widget.NewButton("", back),
		next:   widget.NewPrimary("", next),
		notice: widget.NewStatus(widget.Sign{}),
	}
	f.line = container.NewBorder(nil, nil, f.back, f.next, container.NewCenter(f.notice))
	f.content = container.NewVBox(widget.PadXY(0, theme.Space8, widget.Rule()), f.line)
	return f
}

func (f *footer) fill(a actions, s State) {
	set(f.back, a.back, widget.Secondary)
	set(f.next, a.next, widget.Primary)
	sign := widget.Sign{Icon: theme.WarningIcon, Color: theme.Warning}
	switch {
	case s.Leaving:
		sign.Word = text.T("wizard.user.leave")
	case s.Failure != nil:
		words := wording.Error(s.Failure)
		sign.Color, sign.Word = theme.Danger, words.Title+". "+words.Remedy
	case s.Page == KindPage && s.Saved.ID != "":
		sign = widget.Sign{Icon: theme.CheckIcon, Color: theme.Success, Word: text.T("users.saved", "Name", s.Saved.DisplayName())}
	}
	f.notice.Hidden = sign.Word == ""
	f.notice.Set(sign)
	f.line.Refresh() // the words may need another width
}

func set(b *widget.Button, a action, rank widget.Rank) {
	b.Hidden = !a.shown()
	b.Rank = rank
	if a.danger {
		b.Rank = widget.Danger
	}
	b.SetEnabled(a.enabled)
	b.Text = a.text
	b.Refresh()
}
