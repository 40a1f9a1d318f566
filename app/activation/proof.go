package activation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tapstation/app/audit"
	"tapstation/app/directory"
)

// AskProof mails a user a code by which they show that their e-mail address is their own. The code before opens nothing
// from then on. It fails with directory.ErrNotFound, ErrMailNotSetUp, ErrUserDisabled, ErrNoEmail, *TooOftenError and
// ErrTicketKey. It needs EnrollKeys.
func (t *Tickets) AskProof(ctx context.Context, by, userID string) error {
	err := t.update(ctx, func(tx directory.Tx, now time.Time) error {
		if err := directory.AllowOn(tx, by, directory.EnrollKeys, userID); err != nil {
			return err
		}
		w, err := tx.Workspace()
		if err != nil {
			return err
		}
		u, err := tx.User(userID)
		if err == nil {
			err = mailable(w, u)
		}
		if err == nil {
			err = directory.CloseUserTickets(tx, now, u.ID, directory.ProveEmail)
		}
		if err == nil {
			err = often(tx, now, u.ID)
		}
		if err != nil {
			return err
		}
		ticket, err := t.issue(tx, now, w, directory.Ticket{Purpose: directory.ProveEmail, UserID: u.ID, Email: u.Email})
		if err != nil {
			return err
		}
		return queue(tx, now, w, directory.EmailProofMail, u, ticket)
	})
	if err != nil {
		return fmt.Errorf("ask user %q to prove their address: %w", userID, err)
	}
	return nil
}

// Prove takes the code of AskProof, typed at source, and tells whose address it proves. It is used up. Errors are those of
// ByCode.
func (t *Tickets) Prove(ctx context.Context, source, code string) (directory.User, error) {
	o, err := t.ByCode(ctx, source, code)
	if err != nil {
		return directory.User{}, err
	}
	err = t.Directory.Store.Update(ctx, func(tx directory.Tx) error {
		now := t.now()
		if o.Ticket.Purpose != directory.ProveEmail {
			return ErrWrongCode
		}
		if err := o.look(tx, now, o.Ticket.ID); err != nil {
			return err
		}
		if err := directory.RedeemTicket(tx, now, o.Ticket.ID); err != nil {
			return err
		}
		return tx.AppendAudit(audit.Entry{Time: now, Actor: directory.UserActor + o.User.ID, Act: audit.EmailProven, User: o.User.ID})
	})
	if errors.Is(err, ErrWrongCode) {
		if slow := t.sources.wrong(source, t.now()); slow != nil {
			err = slow
		}
	}
	if err != nil {
		return directory.User{}, fmt.Errorf("prove an address: %w", err)
	}
	return o.User, nil
}
