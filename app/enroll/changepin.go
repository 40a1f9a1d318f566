package enroll

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/app/rp"
	"tapstation/device"
)

// PINChange is a new PIN for the card of a key.
type PINChange struct {
	KeyID  string
	Reader string // empty: the first card that comes counts
	Actor  string // for the audit log; needs EnrollKeys, or TicketID, with which it may be "user:ID" too
	// TicketID is leave to choose the PIN of a card whose PIN is temporary, in the place of a right
	// (directory.MayRedeem). It is redeemed when the card has the new PIN.
	TicketID string
	// Verification PIN makes a PINless key one that is verified by its PIN; empty leaves it as it is.
	Verification directory.Verification
}

// ChangePIN gives the card of a key a PIN that its holder chooses: its first one, or another in place of the one it has.
// The card is opened by its holder's PIN or, where that was made by the station, by the station itself; what was kept of
// that is erased. It waits for reader and card as Enroll does.
//
// A card whose PIN is blocked or forgotten is reset, once a person has agreed, and enrolled anew in place of the key; so
// is, without a question, a card that was reset elsewhere and so is not the key any more. The key returned is then
// another one.
//
// The new PIN is sealed with the key before the card gets it, so that whatever ends this, the card's PIN is known to the
// station or is the one it was.
//
// With a ticket the card is enrolled anew only where the actor has the right besides; else it ends with ErrAnew.
//
// Errors are those of Enroll; ErrOtherCard never ends it, another tap is asked for. directory.ErrState: the key is pending
// or revoked.
func (e *Enroller) ChangePIN(ctx context.Context, req PINChange, p Prompter) (directory.SecurityKey, error) {
	c, err := e.openPINChange(ctx, req, p)
	if err != nil {
		return directory.SecurityKey{}, fmt.Errorf("change the PIN of key %q: %w", req.KeyID, err)
	}
	for {
		if err := c.tap(ctx); err != nil {
			return directory.SecurityKey{}, c.abandon(ctx, fmt.Errorf("wait for a card: %w", err))
		}
		err := c.onCard(ctx)
		c.leave()
		if err == nil {
			c.step(Done)
			return c.kept, nil
		}
		if !again(err) || ctx.Err() != nil {
			return directory.SecurityKey{}, c.abandon(ctx, err)
		}
		c.problem = err
		if errors.Is(err, device.ErrCardReset) {
			c.resets++
		}
	}
}

// pinChange is one ChangePIN under way: an enrollment in place of the key that is only begun where there is no other way.
type pinChange struct {
	*ceremony
	key  directory.SecurityKey
	want directory.Verification // of the key, afterwards
	anew bool                   // the card is enrolled in place of the key

	opened    []byte     // the PIN the card has, sealed, where the station knows it
	chosen    device.PIN // the new PIN, once it was typed
	sent      bool       // the card may have it
	signCount uint32
}

func (e *Enroller) openPINChange(ctx context.Context, req PINChange, p Prompter) (*pinChange, error) {
	if req.Verification == directory.PINless {
		return nil, &directory.InvalidError{Fields: []directory.FieldError{{Field: "verification", Problem: directory.InvalidValue}}}
	}
	key, err := e.Directory.Key(ctx, req.KeyID)
	if err != nil {
		return nil, err
	}
	leave := ticket{req.TicketID, directory.SetPIN, key.ID}
	mayEnroll, err := e.mayEnroll(ctx, leave, req.Actor, key.UserID)
	if err != nil {
		return nil, err
	}
	if key.State == directory.Pending || key.State == directory.Revoked {
		return nil, fmt.Errorf("it is %s: %w", key.State, directory.ErrState)
	}
	w, err := e.Directory.Workspace(ctx)
	if err != nil {
		return nil, err
	}
	want := key.Verification
	if req.Verification == directory.PIN || w.RequirePIN {
		want = directory.PIN
	}
	ceremony, err := e.open(ctx, Request{
		UserID: key.UserID, KeyName: key.Name, Verification: want, OfflineLogin: key.OfflineLogin,
		PINChooser: directory.UserHere, Reader: req.Reader, Actor: req.Actor,
	}, leave, p)
	if err != nil {
		return nil, err
	}
	c := &pinChange{ceremony: ceremony, key: key, want: want}
	c.known = []sealedPIN{{key.NextPIN, key.UserID}, {key.SealedPIN, key.UserID}}
	switch {
	case !c.resumed:
	case c.replaces(key.ID) && c.journal.KeyName == key.Name && c.journal.Mark.AAGUID == key.Mark.AAGUID &&
		bytes.Equal(c.journal.Mark.UID, key.Mark.UID):
		c.anew = true // an earlier ChangePIN had come that far
	default:
		c.busy, c.resumed, c.found, c.marked, c.problem = ErrUnfinished, false, false, false, nil
		c.journal = directory.Enrollment{}
	}
	if !mayEnroll {
		c.busy = ErrAnew
	}
	c.giveWay(key.ID)
	return c, nil
}

// mayEnroll tells whether the actor may enroll a card of the user, and not only set its PIN by a ticket. It fails where the
// ticket gives no leave.
func (e *Enroller) mayEnroll(ctx context.Context, leave ticket, actor, userID string) (may bool, err error) {
	err = e.Directory.Store.View(ctx, func(tx directory.Tx) error {
		if leave.id != "" {
			if err := leave.allow(tx, e.now(), actor, userID); err != nil {
				return err
			}
		}
		err := directory.AllowOn(tx, actor, directory.EnrollKeys, userID)
		may = err == nil
		if leave.id != "" && errors.Is(err, directory.ErrForbidden) {
			return nil
		}
		return err
	})
	return may, err
}

// onCard changes the PIN of the card in the field.
func (c *pinChange) onCard(ctx context.Context) error {
	if !c.anew {
		if err := c.identify(ctx); err != nil {
			return err
		}
	}
	if !c.anew {
		if err := c.newPIN(ctx); err != nil {
			return err
		}
		c.anew = c.journal.Stage != "" // the way out was a reset
	}
	if !c.anew {
		return c.keep(ctx)
	}
	if c.busy != nil {
		return c.busy
	}
	return c.ceremony.onCard(ctx)
}

// identify makes sure that the card in the field is the key's, before it is shown any PIN. Its UID can be copied: it signs
// with the key's credential, unless it signs nothing at all without its PIN.
func (c *pinChange) identify(ctx context.Context) error {
	uid, err := c.card.UID(ctx)
	if err != nil {
		return fmt.Errorf("ask the card's UID: %w", err)
	}
	uid = lasting(uid)
	known := c.key.Mark.UID != nil && uid != nil
	if known && !bytes.Equal(uid, c.key.Mark.UID) {
		return ErrOtherCard
	}
	c.step(Inspect)
	if c.info, err = c.card.Info(ctx); err != nil {
		return fmt.Errorf("inspect the card: %w", err)
	}
	if c.info.AAGUID != c.key.Mark.AAGUID {
		return ErrOtherCard
	}
	c.mark, c.marked = directory.CardMark{ATR: c.card.ATR(), UID: uid, AAGUID: c.info.AAGUID}, true
	challenge := rp.NewAssertion(c.key.RPID)
	signed, err := c.card.GetAssertion(ctx, device.AssertionRequest{
		ClientDataHash: challenge.Hash(), RPID: c.key.RPID, Allow: [][]byte{c.key.Credential.ID},
	})
	switch {
	case errors.Is(err, device.ErrPINRequired), errors.Is(err, device.ErrPINChange):
		return nil
	case errors.Is(err, device.ErrNoCredentials) && known:
		c.anew = true // the same card, reset elsewhere
		c.marked = false
		return nil
	case errors.Is(err, device.ErrNoCredentials):
		return ErrOtherCard
	case err != nil:
		return fmt.Errorf("ask the card whose it is: %w", err)
	case len(signed) != 1:
		return ErrOtherCard
	}
	if c.signCount, err = challenge.Verify(signed[0], c.key.Credential.PublicKey, false); err != nil {
		return ErrOtherCard // Pico FIDO makes up a credential where it has none
	}
	return nil
}

// writeDown keeps the new PIN, sealed, before the card gets it.
func (c *pinChange) writeDown(ctx context.Context) error {
	sealed, err := c.seal(c.chosen)
	if err != nil {
		return fmt.Errorf("seal the new PIN: %w", err)
	}
	return c.update(ctx, "write the new PIN down", func(tx directory.Tx, k *directory.SecurityKey) error {
		if c.opened != nil {
			k.SealedPIN = c.opened // which may be the NextPIN of a change that was never saved
		}
		k.NextPIN = sealed
		return c.allowed(tx)
	})
}

// update changes what the directory knows of the key.
func (c *pinChange) update(ctx context.Context, what string, change func(directory.Tx, *directory.SecurityKey) error) error {
	err := c.Directory.Store.Update(ctx, func(tx directory.Tx) error {
		k, err := tx.Key(c.key.ID)
		if err == nil {
			err = change(tx, &k)
		}
		if err == nil {
			err = tx.PutKey(k)
		}
		if err == nil {
			c.kept = k
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// keep writes down that the card has the PIN its holder chose, and erases those the station knew. The card has it
// whatever became of the actor's rights and of the key meanwhile.
func (c *pinChange) keep(ctx context.Context) error {
	c.step(Save)
	now := c.now()
	err := c.update(context.WithoutCancel(ctx), "save the change of the PIN", func(tx directory.Tx, k *directory.SecurityKey) error {
		detail := map[string]string{"name": k.Name, "temporary": strconv.FormatBool(k.TemporaryPIN), "reader": c.reader}
		if k.Verification != c.want {
			detail["verification"] = string(c.want)
		}
		k.TemporaryPIN, k.SealedPIN, k.NextPIN, k.CardPIN = false, nil, nil, true
		k.Verification, k.Changed = c.want, now
		k.Credential.SignCount = max(k.Credential.SignCount, c.signCount)
		if err := c.forgetPINs(tx, k.ID); err != nil {
			return err
		}
		if err := c.closeTickets(tx, now); err != nil {
			return err
		}
		return tx.AppendAudit(audit.Entry{Time: now, Actor: c.req.Actor, Act: audit.PINChanged, User: k.UserID, Key: k.ID, Detail: detail})
	})
	if err != nil {
		return err
	}
	return c.Directory.RefreshOffline(ctx, c.key.ID)
}

// closeTickets ends the tickets by which the PIN could be chosen; that which was used is redeemed, unless it ran out or was
// withdrawn since the card was asked.
func (c *pinChange) closeTickets(tx directory.Tx, now time.Time) error {
	if c.ticket.id != "" {
		err := directory.RedeemTicket(tx, now, c.ticket.id)
		if err != nil && !errors.Is(err, directory.ErrTicket) && !errors.Is(err, directory.ErrNotFound) {
			return fmt.Errorf("redeem the ticket: %w", err)
		}
	}
	return directory.CloseTickets(tx, now, c.key.ID, directory.SetPIN)
}

// abandon is what remains to be done when err ends it: a PIN that the card surely has not got is erased again.
func (c *pinChange) abandon(ctx context.Context, err error) error {
	if !c.sent && c.chosen != "" && !c.anew {
		err = errors.Join(err, c.update(context.WithoutCancel(ctx), "erase the PIN that was not set", func(_ directory.Tx, k *directory.SecurityKey) error {
			k.NextPIN = nil
			return nil
		}))
	}
	return c.end(ctx, err)
}
