package mail

import (
	"context"
	"errors"
	"time"

	"tapstation/app/activation"
	"tapstation/app/directory"
	"tapstation/app/mail/letter"
)

// draft is a message with all that it takes to compose it, or what became of it without.
type draft struct {
	message directory.Message
	from    string
	letter  letter.Letter
	words   *directory.MailTemplate // nil: the program's own
	secrets []string

	over fate // given: it is to be sent
	why  string
}

var (
	errNoAddress = errors.New("the user has no e-mail address")
	errNoUser    = errors.New("the user is not there any more")
)

// lookUp finds out what messages say now, in one look. It fails where that cannot be known for any of them.
func (o *Outbox) lookUp(ctx context.Context, hand []directory.Message) ([]draft, error) {
	var drafts []draft
	now := o.now()
	err := o.Directory.Store.View(ctx, func(tx directory.Tx) error {
		drafts = make([]draft, len(hand))
		w, err := tx.Workspace()
		if err != nil {
			return err
		}
		for i, m := range hand {
			if drafts[i], err = o.draft(tx, now, w, m); err != nil {
				return err
			}
		}
		return nil
	})
	return drafts, err
}

// draft looks up one message.
func (o *Outbox) draft(tx directory.Tx, now time.Time, w directory.Workspace, m directory.Message) (draft, error) {
	d := draft{message: m, from: w.Mail.From}
	l := letter.Letter{Kind: m.Kind, Workspace: w, MessageID: m.MessageID, Date: now}
	var err error
	l.User, err = tx.User(m.UserID)
	switch {
	case errors.Is(err, directory.ErrNotFound):
		return d.ended(dropped, errNoUser), nil
	case err != nil:
		return d, err
	}
	l.To = l.User.Email
	if m.KeyID != "" {
		if l.Key, err = tx.Key(m.KeyID); err != nil && !errors.Is(err, directory.ErrNotFound) {
			return d, err
		}
	}
	if m.TicketID != "" {
		t, err := tx.Ticket(m.TicketID)
		var opening activation.Opening
		if err == nil {
			opening, err = o.Tickets.Opening(tx, m.TicketID)
		}
		l.Opening = letter.Opening(opening)
		switch {
		case errors.Is(err, directory.ErrTicket), errors.Is(err, directory.ErrNotFound):
			return d.ended(dropped, err), nil
		case errors.Is(err, activation.ErrLinkLost):
			return d.ended(failed, err), nil
		case err != nil:
			return d, err
		}
		if m.Kind == directory.EmailProofMail {
			l.To = t.Email
		}
	}
	if l.To == "" {
		return d.ended(failed, errNoAddress), nil
	}
	l.Language = letter.LanguageOf(w, l.User)
	t, err := tx.MailTemplate(m.Kind, l.Language)
	switch {
	case err == nil:
		d.words = &t
	case !errors.Is(err, directory.ErrNotFound):
		return d, err
	}
	d.message.To, d.letter = l.To, l
	d.secrets = ofOpening(l.Opening.Link, l.Opening.Code)
	return d, nil
}

func (d draft) ended(f fate, why error) draft {
	d.over, d.why = f, line(why.Error())
	return d
}
