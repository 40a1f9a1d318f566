package activation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tapstation/app/audit"
	"tapstation/app/directory"
)

// onKey runs do in one transaction on a key, for who may enroll its user.
func (t *Tickets) onKey(ctx context.Context, by, keyID, what string, do func(tx directory.Tx, now time.Time, k *directory.SecurityKey) error) (directory.SecurityKey, error) {
	var k directory.SecurityKey
	err := t.update(ctx, func(tx directory.Tx, now time.Time) (err error) {
		if err := directory.Allow(tx, by, directory.EnrollKeys); err != nil {
			return err
		}
		if k, err = tx.Key(keyID); err != nil {
			return err
		}
		if err := directory.AllowOn(tx, by, directory.EnrollKeys, k.UserID); err != nil {
			return err
		}
		return do(tx, now, &k)
	})
	if err != nil {
		return directory.SecurityKey{}, fmt.Errorf("%s key %q: %w", what, keyID, err)
	}
	return k, nil
}

// purposeOf is what a ticket of a key would be for now. It fails with directory.ErrState where the key waits for nothing
// that is mailed.
func purposeOf(k directory.SecurityKey) (directory.Purpose, error) {
	switch {
	case k.State == directory.Pending:
		return directory.Activate, nil
	case k.State == directory.Active && k.TemporaryPIN:
		return directory.SetPIN, nil
	}
	return "", fmt.Errorf("it is %s and waits for nothing that is mailed: %w", k.State, directory.ErrState)
}

// Resend mails a new link and code for a pending key, or for a key whose PIN is temporary. The ones before open nothing
// from then on. It fails as Assign does, with directory.ErrState, and with *TooOftenError. It needs EnrollKeys.
func (t *Tickets) Resend(ctx context.Context, by, keyID string) (directory.SecurityKey, error) {
	return t.onKey(ctx, by, keyID, "mail again about", func(tx directory.Tx, now time.Time, k *directory.SecurityKey) error {
		purpose, err := purposeOf(*k)
		if err != nil {
			return err
		}
		w, err := tx.Workspace()
		if err != nil {
			return err
		}
		u, err := userOf(tx, *k)
		if err != nil {
			return err
		}
		if err := mailable(w, u); err != nil {
			return err
		}
		if err := directory.CloseTickets(tx, now, k.ID, purpose); err != nil {
			return err
		}
		if err := often(tx, now, u.ID); err != nil { // a mail that never left is dropped by now
			return err
		}
		if purpose == directory.SetPIN {
			return t.QueuePINMail(tx, now, by, w, u, *k)
		}
		err = tx.AppendAudit(audit.Entry{Time: now, Actor: by, Act: audit.ActivationResent, User: u.ID, Key: k.ID,
			Detail: map[string]string{"name": k.Name}})
		if err != nil {
			return err
		}
		return t.mailActivation(tx, now, w, u, *k)
	})
}

// Withdraw ends a pending key: it is revoked, its link and code open nothing any more, and a mail that has not left never
// does. It fails with *directory.StateError for a key that is not pending. It needs EnrollKeys.
func (t *Tickets) Withdraw(ctx context.Context, by, keyID string) (directory.SecurityKey, error) {
	return t.onKey(ctx, by, keyID, "withdraw", func(tx directory.Tx, now time.Time, k *directory.SecurityKey) error {
		if k.State != directory.Pending {
			return &directory.StateError{From: k.State, To: directory.Revoked}
		}
		if err := directory.CloseTickets(tx, now, k.ID, ""); err != nil {
			return err
		}
		k.State, k.Changed = directory.Revoked, now
		if err := tx.PutKey(*k); err != nil {
			return err
		}
		return tx.AppendAudit(audit.Entry{Time: now, Actor: by, Act: audit.KeyRevoked, User: k.UserID, Key: k.ID,
			Detail: map[string]string{"name": k.Name, "from": string(directory.Pending), "reason": "withdrawn"}})
	})
}

// Show derives the link and the code of a key that waits for its user, to be handed over otherwise. That is on record. A
// code that cannot be used any more is renewed. It fails with directory.ErrState; with directory.ErrTicket where there
// is no ticket that can be used, and with ErrLinkLost: Resend helps; and with ErrTicketKey. It needs EnrollKeys.
func (t *Tickets) Show(ctx context.Context, by, keyID string) (Opening, error) {
	var o Opening
	_, err := t.onKey(ctx, by, keyID, "show the link of", func(tx directory.Tx, now time.Time, k *directory.SecurityKey) error {
		purpose, err := purposeOf(*k)
		if err != nil {
			return err
		}
		ticket, err := newest(tx, k.ID, purpose)
		if err != nil {
			return err
		}
		if o, err = t.open(tx, now, ticket.ID); err != nil {
			return err
		}
		return tx.AppendAudit(audit.Entry{Time: now, Actor: by, Act: audit.ActivationShown, User: k.UserID, Key: k.ID,
			Detail: map[string]string{"name": k.Name, "purpose": string(purpose)}})
	})
	if err != nil {
		return Opening{}, err
	}
	return o, nil
}

// open is what opens a ticket, with a code that can be used.
func (t *Tickets) open(tx directory.Tx, now time.Time, ticketID string) (Opening, error) {
	ticket, _, _, err := directory.OpenTicket(tx, now, ticketID)
	if err != nil {
		return Opening{}, err
	}
	k, err := t.makeKeyIn(tx)
	if err != nil {
		return Opening{}, err
	}
	w, err := tx.Workspace()
	if err != nil {
		return Opening{}, err
	}
	o, err := opening(k, now, w, ticket)
	if err != nil || o.Code != "" {
		return o, err
	}
	if ticket, err = newCode(tx, k, now, w, ticket); err != nil {
		return Opening{}, err
	}
	return opening(k, now, w, ticket)
}

// newest is the ticket of a key that was made last, an open one before all others.
func newest(tx directory.Tx, keyID string, purpose directory.Purpose) (found directory.Ticket, err error) {
	all, err := tx.Tickets(directory.TicketQuery{KeyID: keyID, Purpose: purpose, Limit: 1000})
	if err != nil {
		return found, err
	}
	for _, ticket := range all {
		open, better := ticket.State == directory.Open, found.State == directory.Open
		if found.ID == "" || open && !better || open == better && ticket.Created.After(found.Created) {
			found = ticket
		}
	}
	if found.ID == "" {
		return found, fmt.Errorf("%w: there is none any more", directory.ErrTicketExpired)
	}
	return found, nil
}

// Waiting is what the row of a key tells whose user is to do something.
type Waiting struct {
	Ticket  directory.Ticket   // zero where there is none any more: its time has run out long ago
	Message *directory.Message // the last mail about it; nil: none is kept
}

// Waiting tells where a key stands that waits for its user. It fails with directory.ErrNotFound.
func (t *Tickets) Waiting(ctx context.Context, keyID string) (Waiting, error) {
	var waiting Waiting
	err := t.Directory.Store.View(ctx, func(tx directory.Tx) error {
		waiting = Waiting{}
		k, err := tx.Key(keyID)
		if err != nil {
			return err
		}
		purpose, err := purposeOf(k)
		if err != nil {
			purpose = ""
		}
		waiting.Ticket, err = newest(tx, keyID, purpose)
		if err != nil && !errors.Is(err, directory.ErrTicketExpired) {
			return err
		}
		page, err := tx.Messages(directory.MessageQuery{KeyID: keyID, Desc: true, Limit: 1})
		if err != nil {
			return err
		}
		if len(page.Messages) > 0 {
			waiting.Message = &page.Messages[0]
		}
		return nil
	})
	if err != nil {
		return Waiting{}, fmt.Errorf("look up what key %q waits for: %w", keyID, err)
	}
	return waiting, nil
}

// Opening derives what a mail brings, in the transaction of whoever composes it. The code is empty where it cannot be used
// any more; Freshen before helps. It fails as directory.OpenTicket does: the mail is pointless then; and with
// ErrTicketKey and ErrLinkLost.
func (t *Tickets) Opening(tx directory.Tx, ticketID string) (Opening, error) {
	now := t.now()
	ticket, _, _, err := directory.OpenTicket(tx, now, ticketID)
	if err != nil {
		return Opening{}, err
	}
	w, err := tx.Workspace()
	if err != nil {
		return Opening{}, err
	}
	k, err := t.keyIn(tx)
	if errors.Is(err, directory.ErrNotFound) {
		err = ErrLinkLost
	}
	if err != nil {
		return Opening{}, err
	}
	return opening(k, now, w, ticket)
}

// Freshen gives a ticket another code where the one it has cannot be used any more, because its mail waited for long. It
// is for whoever is about to mail it, in a transaction that writes. It fails as Opening does.
func (t *Tickets) Freshen(tx directory.Tx, ticketID string) error {
	_, err := t.open(tx, t.now(), ticketID)
	return err
}

// NewCode makes another code for who holds the link, in the place of one that ran out or was lost: the one before opens
// nothing from then on.
func (t *Tickets) NewCode(ctx context.Context, ticketID string) (Opening, error) {
	var o Opening
	err := t.update(ctx, func(tx directory.Tx, now time.Time) error {
		ticket, _, _, err := directory.OpenTicket(tx, now, ticketID)
		if err != nil {
			return err
		}
		w, err := tx.Workspace()
		if err != nil {
			return err
		}
		k, err := t.makeKeyIn(tx)
		if err != nil {
			return err
		}
		if ticket, err = newCode(tx, k, now, w, ticket); err != nil {
			return err
		}
		if o, err = opening(k, now, w, ticket); errors.Is(err, ErrLinkLost) {
			// Who asks holds the link; it is only that nobody can make it again.
			o, err = Opening{Code: written(k.code(ticket.ID, ticket.Serial)), Expires: ticket.Expires, CodeExpires: ticket.CodeExpires}, nil
		}
		return err
	})
	if err != nil {
		return Opening{}, fmt.Errorf("make another code: %w", err)
	}
	return o, nil
}
