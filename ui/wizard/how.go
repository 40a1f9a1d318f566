package wizard

import (
	"context"

	"fyne.io/fyne/v2"

	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/device"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// Answers to how a key is activated.
const (
	now    = "now"
	byMail = "mail"
)

// howPage asks how the key is activated. Now is the answer until there is another, and a card laid on the reader says so
// too: in a queue nobody need press anything.
type howPage struct {
	wizard *Wizard
	choice *widget.Choice
	shown  string // what choice was made from
	more   *widget.Paragraph
	wayOut *widget.Button // from what keeps the user from activating it
	object fyne.CanvasObject
}

func newHowPage(w *Wizard) *howPage {
	p := &howPage{wizard: w, more: widget.Hint("")}
	p.choice = widget.NewChoice(text.T("wizard.how.title"), 1, func(id string) { w.set(w.state.SetByMail(id == byMail)) })
	p.wayOut = widget.NewButton("", w.mendMail)
	p.object = form(text.T("wizard.how.title"), p.choice, p.more, widget.Line(0, p.wayOut))
	return p
}

func (p *howPage) content() fyne.CanvasObject { return p.object }
func (p *howPage) first() fyne.Focusable      { return p.choice }

func (p *howPage) fill(s State) {
	problem := s.MailProblem()
	mail := widget.Option{ID: byMail, Icon: theme.MailIcon, Title: text.T("wizard.how.mail"), Text: text.T("wizard.how.mail_text", "To", s.Saved.Email)}
	switch problem {
	case NoMail:
		mail.Refused = text.T("wizard.how.no_mail")
	case NoAddress:
		mail.Refused = text.T("wizard.how.no_address", "Name", s.Saved.DisplayName())
	}
	if shown := text.Language() + "\x00" + mail.Text + "\x00" + mail.Refused; shown != p.shown {
		p.shown = shown
		p.choice.SetOptions(
			widget.Option{ID: now, Icon: theme.CardIcon, Title: text.T("wizard.how.now"), Text: text.T("wizard.how.now_text")}, mail)
	}
	p.choice.Select(now)
	if s.Mails() {
		p.choice.Select(byMail)
	}
	p.more.SetText(s.howWords(p.wizard.mayMend(problem)))
	p.more.Hidden = p.more.Text() == ""
	p.wayOut.Hidden = !p.wizard.mayMend(problem)
	p.wayOut.SetText(text.T("wizard.how.set_up_mail"))
	p.wayOut.Icon = theme.SettingsIcon
	if problem == NoAddress {
		p.wayOut.SetText(text.T("wizard.how.add_address"))
		p.wayOut.Icon = theme.EditIcon
	}
	p.wayOut.Refresh()
	p.object.Refresh()
}

// howWords is what else there is to say of the choice; mends tells whether who acts can do something about what keeps mail
// from being chosen.
func (s State) howWords(mends bool) string {
	verification, _ := s.Settings()
	switch problem := s.MailProblem(); {
	case problem == NoMail && !mends:
		return text.T("wizard.how.ask_mail")
	case problem == NoAddress && !mends:
		return text.T("wizard.how.ask_address")
	case s.Mails() && verification == directory.PIN:
		return text.T("wizard.how.mail_pin")
	case s.Mails():
		return text.T("wizard.how.mail_pinless")
	}
	return ""
}

// mayMend tells whether who acts may do something about a problem.
func (w *Wizard) mayMend(p MailProblem) bool {
	switch p {
	case NoMail:
		return w.config.SetUpMail != nil
	case NoAddress:
		return w.config.EditsUsers
	}
	return false
}

// mendMail goes to where what keeps the user from activating the key can be mended. The user is saved by now.
func (w *Wizard) mendMail() {
	switch w.state.MailProblem() {
	case NoMail:
		w.Close()
		w.config.SetUpMail()
	case NoAddress:
		s := w.state
		s.Page = UserPage
		w.set(s)
		if p, ok := w.pages[UserPage].(*userPage); ok {
			p.focusOn(Email)
		}
	}
}

// awaitTap goes on to the tap when a card is laid on a reader while the page that asks how is shown. One that lies there
// already does not count: it may be that of somebody before.
func (w *Wizard) awaitTap() {
	w.noTap()
	ctx, cancel := context.WithCancel(w.ctx)
	w.noTap = cancel
	board, _ := w.config.Board.State()
	w.background.Go(func() {
		for taps := board.Taps; ; {
			s, err := w.config.Board.Wait(ctx, func(s device.State) bool { return s.Taps > taps })
			if err != nil {
				return
			}
			taps = s.Taps
			w.config.Do(func() {
				if ctx.Err() == nil && !w.paused && !w.state.Mails() {
					w.activate()
				}
			})
		}
	})
}
