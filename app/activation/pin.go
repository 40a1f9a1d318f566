package activation

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/device"
)

// onPIN runs do in one transaction, or look, on an open ticket for choosing a PIN.
func (t *Tickets) onPIN(ctx context.Context, run func(context.Context, func(directory.Tx) error) error, ticketID string,
	do func(tx directory.Tx, now time.Time, o Opened) error) error {
	now := t.now()
	return run(ctx, func(tx directory.Tx) error {
		var o Opened
		if err := o.look(tx, now, ticketID); err != nil {
			return err
		}
		if o.Ticket.Purpose != directory.SetPIN {
			return fmt.Errorf("%w: it is for something else", directory.ErrTicket)
		}
		return do(tx, now, o)
	})
}

// ShowPIN is the temporary PIN of the card of a ticket, for its holder's eyes. It is told once, and that is on record. It
// fails with ErrPINShown, ErrPINUnsure, directory.ErrTicket and its kin, and where the PIN cannot be opened; then it
// does not count as shown.
func (t *Tickets) ShowPIN(ctx context.Context, ticketID string) (device.PIN, error) {
	pin, err := t.showPIN(ctx, ticketID)
	if err != nil {
		return "", fmt.Errorf("show the temporary PIN: %w", err)
	}
	return pin, nil
}

func (t *Tickets) showPIN(ctx context.Context, ticketID string) (device.PIN, error) {
	var k directory.SecurityKey
	err := t.onPIN(ctx, t.Directory.Store.View, ticketID, func(_ directory.Tx, _ time.Time, o Opened) error {
		k = o.Key
		return showable(o)
	})
	if err != nil {
		return "", err
	}
	// Opened before the transaction: the keyring that has what opens it may take its time.
	secret, err := t.Seal.Open(k.SealedPIN, directory.PINPurpose(k.UserID))
	if err != nil {
		return "", fmt.Errorf("open it: %w", err)
	}
	err = t.onPIN(ctx, t.Directory.Store.Update, ticketID, func(tx directory.Tx, now time.Time, o Opened) error {
		if err := showable(o); err != nil {
			return err
		}
		if !bytes.Equal(o.Key.SealedPIN, k.SealedPIN) {
			return ErrPINUnsure
		}
		o.Ticket.Shown = now
		if err := tx.PutTicket(o.Ticket); err != nil {
			return err
		}
		return tx.AppendAudit(audit.Entry{Time: now, Actor: directory.UserActor + o.User.ID, Act: audit.PINShown,
			User: o.User.ID, Key: o.Key.ID, Detail: map[string]string{"name": o.Key.Name}})
	})
	if err != nil {
		return "", err
	}
	return device.PIN(secret), nil
}

// showable tells why the temporary PIN of a ticket is not to be shown.
func showable(o Opened) error {
	switch {
	case !o.Ticket.Shown.IsZero():
		return ErrPINShown
	case o.Key.NextPIN != nil || o.Key.SealedPIN == nil:
		return ErrPINUnsure
	}
	return nil
}

// PINChosen is what the holder of a card says who has changed its temporary PIN on their own computer: what was kept of it
// is erased, and the ticket used up. It fails with ErrPINNotShown for who cannot have changed it, and with
// directory.ErrTicket and its kin.
func (t *Tickets) PINChosen(ctx context.Context, ticketID string) error {
	err := t.onPIN(ctx, t.Directory.Store.Update, ticketID, func(tx directory.Tx, now time.Time, o Opened) error {
		switch {
		case o.Ticket.Shown.IsZero():
			return ErrPINNotShown
		case o.Key.NextPIN != nil:
			return ErrPINUnsure
		}
		if err := directory.RedeemTicket(tx, now, ticketID); err != nil {
			return err
		}
		k := o.Key
		k.TemporaryPIN, k.SealedPIN, k.CardPIN, k.Changed = false, nil, true, now
		if err := tx.PutKey(k); err != nil {
			return err
		}
		return tx.AppendAudit(audit.Entry{Time: now, Actor: directory.UserActor + o.User.ID, Act: audit.PINChanged,
			User: o.User.ID, Key: k.ID, Detail: map[string]string{"name": k.Name, "by": "holder"}})
	})
	if err != nil {
		return fmt.Errorf("note that the PIN was changed: %w", err)
	}
	return nil
}
