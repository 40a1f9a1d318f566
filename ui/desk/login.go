package desk

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// locked is what a lock page knows besides a log-in page.
type locked struct {
	by  session
	why string // may be empty
}

// loginPage lets an admin in: by User ID and password, or by a card laid on the reader, which it notices by itself. It
// is the lock page too.
type loginPage struct {
	desk   *Desk
	locked *locked // nil: nobody was logged in
	state  loginState
	cancel context.CancelFunc

	head     *fyne.Container
	user     *widget.Field
	password *widget.Field
	pin      *widget.Field
	last     *widget.Field // confirms that one of the last attempts shall be spent
	attempts *widget.Badge
	words    *fyne.Container // User ID and password
	pins     *fyne.Container
	problem  *note
	enter    *widget.Button
	back     *widget.Button
	cardNote *note
	reader   *widget.Badge
	all      fyne.CanvasObject
}

func newLoginPage(d *Desk, l *locked) *loginPage {
	p := &loginPage{desk: d, locked: l, cancel: func() {}}
	p.user = widget.NewField(text.T("user.id"), "")
	p.password = widget.NewSecret(text.T("login.password"), "")
	p.pin = widget.NewSecret(text.T("tap.pin.label"), "")
	p.last = widget.NewField(text.T("tap.ask.type", "Word", text.T("tap.ask.word.last")), "")
	p.last.OnChanged = func(string) { p.render() }
	p.attempts = widget.NewStatus(widget.Sign{})
	p.enter = widget.NewPrimary("", p.submit)
	p.back = widget.NewButton(text.T("user.key.cancel"), p.stopPIN)
	p.reader = widget.NewBadge(widget.Sign{})
	p.problem, p.cardNote = newNote(), newNote()
	if l != nil {
		p.user.SetText(l.by.UserID)
	}
	p.head = container.NewStack()
	p.words = widget.Column(theme.Space4, p.user, p.password)
	p.pins = widget.Column(theme.Space4, p.last, p.pin, p.attempts)
	tap := widget.Column(theme.Space8, container.New(layout.NewCustomPaddedLayout(theme.Space8, theme.Space8, 0, 0), widget.Rule()),
		p.cardNote.content, p.reader)
	p.all = gateBody(widget.Column(theme.Space12, p.head, p.words, p.pins, p.problem.content,
		widget.Line(theme.Space12, p.enter, p.back), tap))
	p.render()
	return p
}

func (p *loginPage) content() fyne.CanvasObject { return p.all }

func (p *loginPage) keys() *widget.Keys {
	return &widget.Keys{Enter: p.submit, Escape: p.stopPIN}
}

func (p *loginPage) shown() {
	p.listen()
	p.first()
}

func (p *loginPage) left() {
	p.cancel()
	p.password.SetText("")
	p.pin.SetText("")
}

func (p *loginPage) changed() { p.render() }

// first puts the cursor where the next input goes.
func (p *loginPage) first() {
	if p.desk.gateQuestion != nil {
		return // it has the keyboard
	}
	e := p.user.Entry
	switch {
	case p.state.PIN != nil && p.state.PIN.last():
		e = p.last.Entry
	case p.state.PIN != nil:
		e = p.pin.Entry
	case p.user.Text() != "":
		e = p.password.Entry
	}
	p.desk.window.Canvas().Focus(e)
}

// submit does what the main button says.
func (p *loginPage) submit() {
	switch {
	case p.state.PIN != nil:
		p.submitPIN()
	case p.state.Checking || p.waits() > 0:
	case p.user.Text() == "":
		p.desk.window.Canvas().Focus(p.user.Entry)
	case p.password.Text() == "":
		p.desk.window.Canvas().Focus(p.password.Entry)
	default:
		p.check(p.user.Text(), p.password.Text())
	}
}

// check compares the password, beside the window: that takes its time by design.
func (p *loginPage) check(userID, password string) {
	p.state = loginState{Checking: true, Taps: p.state.Taps, Card: p.state.Card}
	p.render()
	p.desk.beside(p.desk.ctx, func(ctx context.Context) {
		s, err := p.desk.station.Admins.LogIn(ctx, userID, password)
		p.desk.do(func() {
			if p.desk.gate != gate(p) {
				return // a card was faster
			}
			p.state = p.state.answered(err)
			if p.waits() <= 0 { // else it was not compared, and can be tried again as it is
				p.password.SetText("")
			}
			if err == nil {
				p.desk.loggedIn(s)
				return
			}
			p.render()
			p.first()
			p.count()
		})
	})
}

// waits is for how long no password is taken.
func (p *loginPage) waits() time.Duration { return p.state.Until.Sub(p.desk.now()) }

// count shows each second how long there is to wait.
func (p *loginPage) count() {
	wait := p.waits()
	if wait <= 0 {
		return
	}
	p.desk.opts.After(min(wait, time.Second), func() {
		p.desk.do(func() {
			if p.desk.gate == gate(p) {
				p.render()
				p.count()
			}
		})
	})
}

// render shows the state.
func (p *loginPage) render() {
	s := p.state
	p.head.Objects = []fyne.CanvasObject{p.title()}
	p.words.Hidden, p.pins.Hidden, p.back.Hidden = s.PIN != nil, s.PIN == nil, s.PIN == nil
	p.problem.warn(p.problemWords())
	p.enter.SetText(p.verb())
	p.enter.SetEnabled(!s.Checking && (s.PIN != nil || p.waits() <= 0) && (s.PIN == nil || !s.PIN.last() || p.confirmed()))
	if s.PIN != nil {
		p.renderPIN()
	}
	p.renderCard()
	p.all.Refresh()
}

// title is whose station this is, and that it is locked.
func (p *loginPage) title() fyne.CanvasObject {
	w := p.desk.workspace
	name := widget.Title(w.Name)
	name.Clip = true
	lines := widget.Column(theme.Space12, container.New(besideLayout{theme.Space16}, emblem(w, 48), name))
	if p.desk.station.Demo {
		lines.Add(widget.NewStatus(widget.Sign{Icon: theme.InfoIcon, Color: theme.Warning, Word: text.T("desk.demo") + ". " + text.T("desk.demo_text")}))
	}
	words := text.T("login.text")
	if p.locked != nil {
		words = text.T("lock.text", "Name", p.locked.by.Name)
		if p.locked.why != "" {
			words = p.locked.why
		}
	}
	lines.Add(widget.Hint(words))
	if o := p.desk.opts; o.Password != "" {
		lines.Add(widget.Hint(text.T("demo.log_in", "ID", o.Session.UserID, "Password", o.Password)))
	}
	return lines
}

func (p *loginPage) verb() string {
	switch {
	case p.state.PIN != nil:
		return text.T("tap.pin.use")
	case p.state.Checking:
		return text.T("login.checking")
	case p.locked != nil && p.desk.session.UserID != "":
		return text.T("lock.unlock")
	}
	return text.T("login.log_in")
}
