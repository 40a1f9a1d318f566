package activation

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tapstation/app/audit"
	"tapstation/app/directory"
)

// ByLink looks up the ticket of a link's token. It changes nothing: mail scanners open links before people do. It fails
// with directory.ErrNotFound, and with directory.ErrTicketUsed and its kin; the workspace is told even then, and the
// ticket where there is one.
func (t *Tickets) ByLink(ctx context.Context, token string) (Opened, error) {
	var o Opened
	now := t.now()
	err := t.Directory.Store.View(ctx, func(tx directory.Tx) (err error) {
		o = Opened{}
		if o.Workspace, err = tx.Workspace(); err != nil {
			return err
		}
		if !validToken(token) {
			return directory.ErrNotFound
		}
		// Found by a hash of all that is secret: how long that takes tells nothing about any token.
		ticket, err := tx.TicketByLink(hashOf(token))
		if err != nil {
			return err
		}
		return o.look(tx, now, ticket.ID)
	})
	if err != nil {
		return o, fmt.Errorf("look up the link: %w", err)
	}
	return o, nil
}

// look fills what a ticket is about.
func (o *Opened) look(tx directory.Tx, now time.Time, ticketID string) error {
	ticket, u, k, err := directory.OpenTicket(tx, now, ticketID)
	o.Ticket = ticket
	if err != nil {
		return err
	}
	if ticket.Purpose == directory.ProveEmail && ticket.Email != u.Email {
		return directory.ErrTicketWithdrawn
	}
	o.User, o.Key = u, k
	if o.Workspace.RequirePIN && ticket.Purpose == directory.Activate {
		o.Key.Verification = directory.PIN
	}
	return nil
}

// errRight ends a transaction that has nothing to keep.
var errRight = errors.New("the code is right")

// ByCode looks up the ticket of a code that somebody at source typed: an IP address, or the name of a kiosk. A right code
// passes whatever else was tried. It fails with ErrWrongCode, which never tells what is wrong; with *TooManyError in its
// place for a source that tried too many; for a code that is right with directory.ErrTicketUsed and its kin and
// ErrCodeSpent; and with ErrTicketKey where the sealing key is not at hand.
func (t *Tickets) ByCode(ctx context.Context, source, typed string) (Opened, error) {
	o, err := t.byCode(ctx, typed)
	if errors.Is(err, ErrWrongCode) {
		if slow := t.sources.wrong(source, t.now()); slow != nil {
			err = slow
		}
	}
	if err != nil {
		return o, fmt.Errorf("look up the code: %w", err)
	}
	return o, nil
}

func (t *Tickets) byCode(ctx context.Context, typed string) (Opened, error) {
	var o Opened
	code, ok := normalCode(typed)
	if !ok {
		return o, ErrWrongCode
	}
	t.warm(ctx)
	known := false
	err := t.Directory.Store.View(ctx, func(tx directory.Tx) error {
		_, _, err := t.byHandle(tx, code)
		known = err == nil
		if errors.Is(err, directory.ErrNotFound) {
			return nil
		}
		return err
	})
	switch {
	case err != nil:
		return o, err
	case !known:
		return o, ErrWrongCode
	}
	// Compared and counted in one transaction, so that many at once are no more than one after the other. Whether a
	// handle is known can be told by how long this takes; that is not what keeps anybody out.
	now := t.now()
	wrong := false
	err = t.Directory.Store.Update(ctx, func(tx directory.Tx) (err error) {
		o, wrong = Opened{}, false
		if o.Workspace, err = tx.Workspace(); err != nil {
			return err
		}
		k, ticket, err := t.byHandle(tx, code)
		if errors.Is(err, directory.ErrNotFound) {
			return ErrWrongCode
		}
		if err != nil {
			return err
		}
		if subtle.ConstantTimeCompare(k.codeHash(ticket.ID, code), ticket.Code) != 1 {
			wrong = true
			return countWrong(tx, now, ticket)
		}
		if err := o.look(tx, now, ticket.ID); err != nil {
			return err
		}
		switch {
		case ticket.WrongCodes >= mostWrong:
			return ErrCodeSpent
		case !now.Before(ticket.CodeExpires):
			return directory.ErrTicketExpired
		}
		return errRight
	})
	switch {
	case errors.Is(err, errRight):
		return o, nil
	case err == nil && wrong:
		return Opened{Workspace: o.Workspace}, ErrWrongCode
	case err != nil:
		// Of a ticket that cannot be used the code tells nothing about a person.
		return Opened{Workspace: o.Workspace, Ticket: o.Ticket}, err
	}
	return o, nil
}

func (t *Tickets) byHandle(tx directory.Tx, code string) (key, directory.Ticket, error) {
	k, err := t.keyIn(tx)
	if err != nil {
		return nil, directory.Ticket{}, err
	}
	ticket, err := tx.TicketByHandle(k.handleHash(code))
	return k, ticket, err
}

// countWrong counts a wrong proof, up to the one that makes the code dead: whoever goes on then writes nothing more.
func countWrong(tx directory.Tx, now time.Time, ticket directory.Ticket) error {
	if ticket.WrongCodes >= mostWrong || ticket.State != directory.Open || !now.Before(ticket.CodeExpires) {
		return ErrWrongCode
	}
	ticket.WrongCodes++
	if err := tx.PutTicket(ticket); err != nil {
		return err
	}
	if ticket.WrongCodes < mostWrong {
		return nil
	}
	return tx.AppendAudit(audit.Entry{Time: now, Actor: directory.StationActor, Act: audit.ActivationRefused,
		User: ticket.UserID, Key: ticket.KeyID, Detail: map[string]string{
			"reason": "wrong_codes", "count": strconv.Itoa(ticket.WrongCodes), "purpose": string(ticket.Purpose)}})
}

// Made is the credential that was made behind a link, verified by the relying party.
type Made struct {
	Credential directory.Credential
	RPID       string // it was made for; empty: the workspace's
	Model      string // for people; may be empty
	Transports []string
}

// Activate makes the pending key of a ticket active with the credential that its user made. The ticket is used up in the
// same transaction, so that of two at once one succeeds and the other fails with directory.ErrTicketUsed. It fails with
// directory.ErrTicket and its kin, with directory.ErrExists where the credential is another key's, and with
// directory.ErrOfflineCache where only this machine's offline cache could not be told.
func (t *Tickets) Activate(ctx context.Context, ticketID string, made Made) (directory.SecurityKey, error) {
	var k directory.SecurityKey
	now := t.now()
	err := t.Directory.Store.Update(ctx, func(tx directory.Tx) error {
		o := Opened{}
		var err error
		if o.Workspace, err = tx.Workspace(); err != nil {
			return err
		}
		if err := o.look(tx, now, ticketID); err != nil {
			return err
		}
		switch {
		case o.Ticket.Purpose != directory.Activate:
			return fmt.Errorf("%w: it is for something else", directory.ErrTicket)
		case len(made.Credential.ID) == 0 || len(made.Credential.PublicKey) == 0:
			return errors.New("there is no credential")
		case made.RPID != "" && made.RPID != o.Workspace.RPID:
			return fmt.Errorf("the credential is for %q, the workspace for %q: begin again", made.RPID, o.Workspace.RPID)
		}
		if err := directory.RedeemTicket(tx, now, ticketID); err != nil {
			return err
		}
		if err := directory.CloseTickets(tx, now, o.Key.ID, ""); err != nil {
			return err
		}
		k = o.Key
		k.State, k.Credential, k.Model, k.RPID = directory.Active, made.Credential, made.Model, o.Workspace.RPID
		k.Mark.AAGUID, k.CardPIN = made.Credential.AAGUID, k.Verification == directory.PIN
		k.Activated, k.Changed = now, now
		if err := tx.PutKey(k); err != nil {
			return err
		}
		return tx.AppendAudit(audit.Entry{Time: now, Actor: directory.UserActor + o.User.ID, Act: audit.KeyActivated,
			User: o.User.ID, Key: k.ID, Detail: map[string]string{
				"name": k.Name, "kind": string(k.Kind), "verification": string(k.Verification),
				"offline_login": strconv.FormatBool(k.OfflineLogin), "by": "mail", "transports": strings.Join(made.Transports, ","),
			}})
	})
	if err != nil {
		return directory.SecurityKey{}, fmt.Errorf("activate the key: %w", err)
	}
	return k, t.Directory.RefreshOffline(ctx, k.ID)
}
