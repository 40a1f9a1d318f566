package enroll

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"tapstation/app/directory"
)

// ticket is leave for one act on one key, in the place of a right. The zero ticket is none.
type ticket struct {
	id      string
	purpose directory.Purpose
	keyID   string
}

// allow fails unless the ticket is leave for actor to do its act for the user. A user needs one of their own; with anybody
// else at the station, whoever holds the ticket is trusted to be that user.
func (t ticket) allow(tx directory.Tx, now time.Time, actor, userID string) error {
	id, isUser := strings.CutPrefix(actor, directory.UserActor)
	if actor == "" || isUser && directory.Fold(id) != directory.Fold(userID) {
		return directory.AllowOn(tx, actor, directory.EnrollKeys, userID) // which fails
	}
	if t.keyID == "" {
		return fmt.Errorf("%w: no key is named", directory.ErrTicket)
	}
	return directory.MayRedeem(tx, now, t.id, t.purpose, userID, t.keyID)
}

// allowed asks whether the actor may enroll this user's keys, by right or by ticket. It is asked again by whatever changes
// something.
func (c *ceremony) allowed(tx directory.Tx) error {
	if c.ticket.id != "" {
		return c.ticket.allow(tx, c.now(), c.req.Actor, c.user.ID)
	}
	return directory.AllowOn(tx, c.req.Actor, directory.EnrollKeys, c.user.ID)
}

// holderOf is the User ID of who a key is assigned to.
func holderOf(tx directory.Tx, keyID string) (string, error) {
	k, err := tx.Key(keyID)
	if err != nil {
		return "", fmt.Errorf("security key %q: %w", keyID, err)
	}
	return k.UserID, nil
}

// pending is the key that is to become active, as it waits for its card. It fails with directory.ErrNotFound,
// *directory.StateError and ErrNotACard.
func (c *ceremony) pending(tx directory.Tx) (directory.SecurityKey, error) {
	k, err := tx.Key(c.req.KeyID)
	switch {
	case err != nil:
	case directory.Fold(k.UserID) != directory.Fold(c.user.ID):
		err = fmt.Errorf("it is not one of %s: %w", c.user.ID, directory.ErrNotFound)
	case k.State != directory.Pending:
		err = &directory.StateError{From: k.State, To: directory.Active}
	case k.Kind != directory.Card:
		err = ErrNotACard
	}
	if err != nil {
		return k, fmt.Errorf("security key %q: %w", c.req.KeyID, err)
	}
	return k, nil
}

// verificationOf a pending key is what it was assigned with, and PIN where the workspace takes nothing else.
func verificationOf(k directory.SecurityKey, w directory.Workspace) directory.Verification {
	if w.RequirePIN {
		return directory.PIN
	}
	return k.Verification
}

// takeSettings makes the settings of the pending key those that are asked for.
func (c *ceremony) takeSettings(tx directory.Tx) error {
	if c.req.KeyID == "" {
		return nil
	}
	k, err := c.pending(tx)
	if err != nil {
		return err
	}
	c.req.KeyName, c.req.Verification, c.req.OfflineLogin = k.Name, verificationOf(k, c.workspace), k.OfflineLogin
	return nil
}

// adopt has a lost ceremony go on for the key that is wanted now. Where that is a new one, a pending key it may have begun
// for goes on waiting.
func (c *ceremony) adopt(tx directory.Tx) error {
	j := &c.journal
	if j.Stage == "" || j.KeyID == c.req.KeyID {
		return nil
	}
	if c.req.KeyID != "" {
		j.KeyID = c.req.KeyID
		return nil
	}
	_, err := tx.Key(j.KeyID)
	switch {
	case err == nil:
		j.KeyID = newKeyID()
	case !errors.Is(err, directory.ErrNotFound):
		return fmt.Errorf("the key of the lost enrollment: %w", err)
	}
	return nil
}

// becomeActive takes over what the pending key was assigned with, and ends what it waited by: the ticket that is used is
// redeemed, others are withdrawn.
func (c *ceremony) becomeActive(tx directory.Tx, now time.Time, key *directory.SecurityKey) error {
	if c.req.KeyID == "" {
		return nil
	}
	k, err := c.pending(tx)
	if err != nil {
		return err
	}
	key.Name, key.OfflineLogin, key.Created = k.Name, k.OfflineLogin, k.Created
	if c.ticket.id != "" {
		if err := directory.RedeemTicket(tx, now, c.ticket.id); err != nil {
			return err
		}
	}
	return directory.CloseTickets(tx, now, key.ID, "")
}
