package desk

import (
	"context"
	"errors"
	"slices"

	"tapstation/app/admin"
	"tapstation/app/login"
	"tapstation/assets/text"
	"tapstation/device"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
	"tapstation/ui/wording"
)

// listen takes cards that are laid on a reader from now on. One that lies there already does not count: whoever locked
// the window may have left it there.
func (p *loginPage) listen() {
	ctx, cancel := context.WithCancel(p.desk.ctx)
	p.cancel = cancel
	board, _ := p.desk.station.Board.State()
	p.desk.beside(ctx, func(ctx context.Context) {
		for ctx.Err() == nil {
			after := board.Taps
			p.onGate(ctx, func() { p.state.Taps = after; p.render() })
			s, err := p.byCard(ctx, after)
			board, _ = p.desk.station.Board.State()
			p.onGate(ctx, func() {
				p.state.PIN, p.state.Card = nil, err
				if err == nil {
					p.desk.loggedIn(s)
					return
				}
				p.render()
				p.first()
			})
			if err == nil {
				return
			}
		}
	})
}

// pause takes no cards until resume; one that was being used is let go.
func (p *loginPage) pause() {
	p.cancel()
	p.state.PIN = nil
	p.pin.SetText("")
	p.render()
}

// resume takes cards again. What was left of them on a reader does not count.
func (p *loginPage) resume() {
	p.listen()
	p.first()
}

// onGate runs show on the window's goroutine, unless the page has gone by then.
func (p *loginPage) onGate(ctx context.Context, show func()) {
	p.desk.do(func() {
		if ctx.Err() == nil {
			show()
		}
	})
}

// byCard lets in whoever lays their card on a reader, if they are an admin.
func (p *loginPage) byCard(ctx context.Context, after int) (session, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	return p.desk.station.Admins.LogInByTap(ctx, admin.Tap{After: after, PIN: func(ctx context.Context, r login.PINRequest) (device.PIN, error) {
		answer := make(chan device.PIN, 1)
		p.onGate(ctx, func() {
			p.pin.SetText("")
			p.last.SetText("")
			p.state.PIN = &pinRequest{PINRequest: r, answer: answer, cancel: cancel}
			p.render()
			p.first()
		})
		select {
		case pin := <-answer:
			return pin, nil
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}})
}

// submitPIN hands the PIN to the card.
func (p *loginPage) submitPIN() {
	r := p.state.PIN
	if r == nil || p.pin.Text() == "" {
		return
	}
	if r.last() && !p.confirmed() {
		p.desk.window.Canvas().Focus(p.last.Entry)
		return
	}
	r.answer <- device.PIN(p.pin.Text())
	p.pin.SetText("")
	p.state.PIN = nil
	p.render()
}

// stopPIN ends the log-in with this card.
func (p *loginPage) stopPIN() {
	if r := p.state.PIN; r != nil {
		r.cancel()
		p.state.PIN = nil
		p.render()
		p.first()
	}
}

// confirmed tells whether the word was typed that spends one of the last attempts.
func (p *loginPage) confirmed() bool { return p.last.Text() == text.T("tap.ask.word.last") }

// renderPIN shows what the PIN is for, and how many attempts the card has left.
func (p *loginPage) renderPIN() {
	r := p.state.PIN
	p.last.Hidden = !r.last()
	sign := widget.Sign{Icon: theme.PINIcon, Color: theme.Muted}
	switch {
	case r.last():
		p.problem.warn(text.N("tap.ask.last.title", r.Retries) + " " + text.T("tap.ask.last.remedy"))
	case r.Refused != nil:
		p.problem.warn(wording.Error(r.Refused).Title + ".")
	default:
		p.problem.tell(text.T("login.card.pin", "Key", r.KeyName))
	}
	if r.Retries >= 0 && !r.last() {
		sign.Word = text.N("tap.pin.left", r.Retries)
	}
	p.attempts.Hidden = sign.Word == ""
	p.attempts.Set(sign)
}

// renderCard shows what the readers are doing.
func (p *loginPage) renderCard() {
	s := p.state
	board, _ := p.desk.station.Board.State()
	sign, reader := readerSign(board, true)
	if reader != "" {
		sign.Word += " · " + reader
	}
	p.reader.Set(sign)
	switch {
	case s.PIN != nil:
		p.cardNote.tell(text.T("login.card.leave"))
	case p.reading(board):
		p.cardNote.tell(text.T("login.card.reading"))
	case s.Card != nil:
		p.cardNote.warn(cardWords(s.Card))
	default:
		p.cardNote.say(theme.CardIcon, theme.Muted, text.T("login.card.lay"))
	}
}

// reading tells whether a card lies there that is being looked at.
func (p *loginPage) reading(s device.State) bool {
	return slices.ContainsFunc(s.Readers, func(r device.Reader) bool {
		return r.Card != nil && !r.Card.Mute && r.Card.Tap > p.state.Taps
	})
}

// cardWords say why a card did not log anybody in.
func cardWords(err error) string {
	var state *login.KeyStateError
	switch {
	case errors.Is(err, login.ErrUnknownCard):
		return text.T("login.card.unknown")
	case errors.Is(err, admin.ErrNoAdmin):
		return text.T("login.card.no_admin")
	case errors.Is(err, admin.ErrPINless):
		return text.T("login.card.pinless")
	case errors.As(err, &state), errors.Is(err, login.ErrNoKey), errors.Is(err, login.ErrUserDisabled):
		return text.T("login.card.inactive")
	case errors.Is(err, login.ErrNotProven), errors.Is(err, login.ErrCloned):
		return text.T("login.card.not_proven")
	}
	w := wording.Error(err)
	return w.Title + ". " + w.Remedy
}
