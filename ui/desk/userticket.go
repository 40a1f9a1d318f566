package desk

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"tapstation/app/activation"
	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// waits tells whether a key's user has something to do with a link or a code: activate it, or choose its PIN.
func waits(k directory.SecurityKey) bool {
	return k.State == directory.Pending || k.State == directory.Active && k.TemporaryPIN
}

// lookUpWaiting is where the keys stand that wait for their user, by their ID.
func lookUpWaiting(ctx context.Context, tickets *activation.Tickets, keys []directory.SecurityKey) (map[string]activation.Waiting, error) {
	all := map[string]activation.Waiting{}
	for _, k := range keys {
		if !waits(k) {
			continue
		}
		w, err := tickets.Waiting(ctx, k.ID)
		if err != nil {
			return nil, err
		}
		all[k.ID] = w
	}
	return all, nil
}

// ticketActs is what can be done with a key that waits for its user, by somebody with these rights.
func ticketActs(k directory.SecurityKey, w activation.Waiting, userDisabled bool, may func(directory.Right) bool, now time.Time) []keyAct {
	if !may(directory.EnrollKeys) || !waits(k) {
		return nil
	}
	var acts []keyAct
	if !userDisabled {
		switch {
		case k.Kind != directory.Card:
		case k.State == directory.Pending:
			acts = append(acts, activateKey)
		default:
			acts = append(acts, setPIN)
		}
		acts = append(acts, resendMail)
		if w.Ticket.State == directory.Open && now.Before(w.Ticket.Expires) {
			acts = append(acts, copyLink, copyCode)
		}
	}
	if k.State == directory.Pending {
		acts = append(acts, withdrawKey)
	}
	return acts
}

// ticket is where a key stands that waits for its user, and what can be done about it.
func (p *userPage) ticket(k directory.SecurityKey, panel *keyPanel) fyne.CanvasObject {
	w, known := p.state.Waiting[k.ID]
	if !known {
		return widget.Column(0)
	}
	buttons := container.New(layout.NewRowWrapLayoutWithCustomPadding(theme.Space8, theme.Space8))
	for _, a := range ticketActs(k, w, p.state.User.Disabled, p.desk.may, p.desk.now()) {
		pick := a.pick(k)
		if a == resendMail && w.Message == nil {
			pick.Title = text.T("activation.send")
		}
		b := widget.NewButton(pick.Title, func() { p.act(a, k) }).WithIcon(pick.Icon)
		b.Label = text.T("activation.of", "Act", pick.Title, "Key", k.Name)
		panel.acts[a] = b
		buttons.Add(b)
	}
	parts := []fyne.CanvasObject{widget.Facts(ticketFacts(k, w, p.desk.now())...)}
	if len(buttons.Objects) > 0 {
		parts = append(parts, widget.PadXY(0, theme.Space8, buttons))
	}
	return widget.Column(theme.Space4, parts...)
}

// ticketFacts is what is known of the mail and the link that a key waits by.
func ticketFacts(k directory.SecurityKey, w activation.Waiting, now time.Time) []widget.Fact {
	label := text.T("activation.mail")
	if k.State != directory.Pending {
		label = text.T("activation.pin_mail")
	}
	facts := []widget.Fact{{Label: label, Value: widget.NewStatus(mailSign(w, now))}}
	if m := w.Message; m != nil && m.Answer != "" && m.State != directory.Sent {
		answer := text.T("activation.answer")
		facts = append(facts, widget.Fact{Label: answer, Value: widget.NewCopyableLines(answer, m.Answer)})
	}
	return append(facts, widget.Fact{Label: text.T("activation.link"), Value: widget.NewStatus(linkSign(w, now))})
}

// mailSign is where the mail about a key stands.
func mailSign(w activation.Waiting, now time.Time) widget.Sign {
	if w.Message == nil {
		return widget.Sign{Icon: theme.MinusIcon, Color: theme.Muted, Word: text.T("activation.mail.none")}
	}
	m := *w.Message
	s := widget.MessageSign(m.State)
	switch m.State {
	case directory.Queued:
		s.Word = text.T("activation.mail.queued", "To", m.To)
		if m.Attempts > 0 {
			s.Icon, s.Color = theme.WarningIcon, theme.Warning
			s.Word = text.T("activation.mail.tried", "To", m.To, "When", whenWords(m, now))
		}
	case directory.Sent:
		s.Word = text.T("activation.mail.sent", "To", m.To, "When", text.DateTime(m.Done))
	case directory.Unconfirmed:
		s.Word = text.T("activation.mail.unconfirmed", "To", m.To, "When", text.DateTime(m.Done))
	case directory.Dropped:
		s.Word = text.T("activation.mail.dropped", "To", m.To)
	default:
		s.Word = text.T("activation.mail.failed", "To", m.To, "When", text.DateTime(m.Done))
	}
	return s
}

// linkSign is until when the link can be used.
func linkSign(w activation.Waiting, now time.Time) widget.Sign {
	switch {
	case w.Ticket.ID == "" || w.Ticket.State != directory.Open:
		return widget.Sign{Icon: theme.CrossCircleIcon, Color: theme.Warning, Word: text.T("activation.link.none")}
	case !now.Before(w.Ticket.Expires):
		return widget.Sign{Icon: theme.WarningIcon, Color: theme.Warning, Word: text.T("activation.link.expired", "When", text.DateTime(w.Ticket.Expires))}
	}
	return widget.Sign{Icon: theme.ClockIcon, Color: theme.Muted, Word: text.T("activation.link.until", "When", text.DateTime(w.Ticket.Expires))}
}

// watchMail looks again after a while as long as a mail about one of the keys has not left, so that it is seen to leave.
func (p *userPage) watchMail() {
	p.watched++
	n, keys := p.watched, p.state.Keys
	if !p.state.mailing() {
		return
	}
	p.desk.opts.After(outboxAgain, func() {
		p.desk.do(func() {
			if n != p.watched || p.desk.page != page(p) {
				return
			}
			p.desk.beside(p.desk.ctx, func(ctx context.Context) {
				waiting, err := lookUpWaiting(ctx, p.desk.station.Activation, keys)
				p.desk.do(func() {
					if n != p.watched || p.desk.page != page(p) {
						return
					}
					if err == nil && !sameMails(waiting, p.state.Waiting) {
						p.state.Waiting = waiting
						p.refresh()
					}
					p.watchMail()
				})
			})
		})
	})
}

// mailing tells whether a mail about a key has not left yet.
func (s userState) mailing() bool {
	for _, w := range s.Waiting {
		if w.Message != nil && w.Message.State == directory.Queued {
			return true
		}
	}
	return false
}

// sameMails tells whether nothing that is shown of mails differs.
func sameMails(a, b map[string]activation.Waiting) bool {
	if len(a) != len(b) {
		return false
	}
	for id, w := range a {
		x, y := w.Message, b[id].Message
		if (x == nil) != (y == nil) || x != nil && *x != *y {
			return false
		}
	}
	return true
}

// actOnTicket does something with a key that waits for its user.
func (p *userPage) actOnTicket(a keyAct, k directory.SecurityKey) {
	tickets, by, d := p.desk.station.Activation, p.desk.actor(), p.desk
	switch a {
	case activateKey:
		d.show(newActivationPage(d, p.state.User, k, "", p.state.Defaults.PINChooser, p))
	case resendMail:
		p.doThen(text.T("activation.resent", "To", p.state.User.Email), func(ctx context.Context) error {
			_, err := tickets.Resend(ctx, by, k.ID)
			return err
		}, d.wakeMail)
	case copyLink, copyCode:
		p.copyOpening(a, k)
	case withdrawKey:
		d.ask(widget.QuestionText{
			Title: text.T("activation.withdraw_title", "Key", k.Name), Text: text.T("activation.withdraw_text", "Owner", p.state.User.DisplayName()),
			Act: text.T("activation.withdraw"), Cancel: text.T("user.key.revoke_keep"), Danger: true,
		}, func() {
			p.do(text.T("activation.withdrawn", "Key", k.Name), func(ctx context.Context) error {
				_, err := tickets.Withdraw(ctx, by, k.ID)
				return err
			})
		})
	}
}

// copyOpening copies the link or the code of a key. That it was shown is put on record.
func (p *userPage) copyOpening(a keyAct, k directory.SecurityKey) {
	tickets, by := p.desk.station.Activation, p.desk.actor()
	var o activation.Opening
	p.doThen("", func(ctx context.Context) (err error) {
		o, err = tickets.Show(ctx, by, k.ID)
		return err
	}, func() {
		words := o.Link
		p.state.Said = text.T("activation.link_copied")
		if a == copyCode {
			words = o.Code
			p.state.Said = text.T("activation.code_copied", "Code", o.Code, "Until", text.DateTime(o.CodeExpires))
		}
		p.desk.app.Clipboard().SetContent(words)
		p.refresh()
	})
}

// wakeMail has what was put into the outbox sent at once.
func (d *Desk) wakeMail() {
	if d.station.Mail != nil {
		d.station.Mail.Wake()
	}
}
