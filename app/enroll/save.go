package enroll

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tapstation/app/audit"
	"tapstation/app/directory"
)

// save makes the proven credential the user's active key, and ends the journal with it.
func (c *ceremony) save(ctx context.Context) error {
	c.step(Save)
	now := c.now()
	proven, err := c.proven(now)
	if err != nil {
		return err
	}
	var key directory.SecurityKey
	var revoked []string // key IDs
	var mail directory.Message
	err = c.Directory.Store.Update(ctx, func(tx directory.Tx) error {
		key = proven
		user, err := c.mayKeep(tx)
		if err != nil {
			return err
		}
		if err := c.becomeActive(tx, now, &key); err != nil {
			return err
		}
		if key.Name == "" {
			others, err := tx.Keys(directory.KeyQuery{UserID: user.ID, Limit: 1000})
			if err != nil {
				return err
			}
			key.Name = directory.SuggestName(others.Keys, key.Kind, c.req.NameBase)
		}
		if revoked, err = c.revokeReplaced(tx); err != nil {
			return err
		}
		if err := c.forgetPINs(tx, key.ID); err != nil {
			return err
		}
		if err := tx.PutKey(key); err != nil {
			return err
		}
		record := c.entry(audit.KeyActivated)
		record.Detail = map[string]string{
			"name": key.Name, "kind": string(key.Kind), "verification": string(key.Verification),
			"offline_login": fmt.Sprint(key.OfflineLogin), "reader": c.reader,
		}
		if err := tx.AppendAudit(record); err != nil {
			return err
		}
		if mail, err = c.mailPIN(tx, now, user, key); err != nil {
			return fmt.Errorf("queue the mail about the PIN: %w", err)
		}
		return tx.DeleteEnrollment(user.ID)
	})
	if refuses(err) {
		return c.rollBack(ctx, c.journal.Credential.ID, err)
	}
	if err != nil {
		return fmt.Errorf("save the key: %w", err)
	}
	c.kept, c.mail = key, mail
	return c.Directory.RefreshOffline(ctx, append(revoked, key.ID)...)
}

// proven is the key as the card has shown it, and with it what the station knows of the card's PIN.
func (c *ceremony) proven(now time.Time) (directory.SecurityKey, error) {
	j := c.journal
	key := directory.SecurityKey{
		ID: j.KeyID, UserID: c.user.ID, Name: j.KeyName, Kind: directory.Card, State: directory.Active,
		Verification: c.req.Verification, OfflineLogin: c.req.OfflineLogin, RPID: c.workspace.RPID,
		Credential: j.Credential, Mark: c.mark, Model: Model(c.info), CardPIN: c.info.PINSet(),
		Created: now, Activated: now, Changed: now,
	}
	if c.temporary() {
		sealed, err := c.seal(c.pin)
		if err != nil {
			return key, fmt.Errorf("seal the temporary PIN: %w", err)
		}
		key.TemporaryPIN, key.SealedPIN = true, sealed
	}
	return key, nil
}

// mayKeep tells whether the credential may still become a key of the user, and who that is now.
func (c *ceremony) mayKeep(tx directory.Tx) (directory.User, error) {
	if err := c.allowed(tx); err != nil {
		return directory.User{}, err
	}
	user, err := tx.User(c.user.ID)
	if err != nil {
		return user, fmt.Errorf("user %q: %w", c.user.ID, err)
	}
	if user.Disabled {
		return user, fmt.Errorf("user %q: %w", c.user.ID, ErrUserDisabled)
	}
	if c.req.KeyID == "" {
		return user, nil
	}
	k, err := c.pending(tx)
	if err != nil {
		return user, err
	}
	w, err := tx.Workspace()
	if err != nil {
		return user, err
	}
	if verificationOf(k, w) != c.req.Verification {
		return user, fmt.Errorf("security key %q: %w", k.ID, ErrKeyChanged)
	}
	return user, nil
}

// refuses tells whether err is the directory's no to a credential, which has to come off the card again.
func refuses(err error) bool {
	for _, no := range []error{
		directory.ErrNotFound, ErrUserDisabled, directory.ErrForbidden, directory.ErrTicket, directory.ErrState, ErrNotACard, ErrKeyChanged,
	} {
		if errors.Is(err, no) {
			return true
		}
	}
	return false
}

// mailPIN queues the mail by which the user chooses the PIN, where they cannot log in without it and mail reaches them. It
// returns the mail.
func (c *ceremony) mailPIN(tx directory.Tx, now time.Time, user directory.User, key directory.SecurityKey) (directory.Message, error) {
	if c.PINMail == nil || !key.TemporaryPIN || key.Verification != directory.PIN {
		return directory.Message{}, nil
	}
	w, err := tx.Workspace()
	if err != nil || directory.EffectivePINChooser(directory.UserMail, w, user) != directory.UserMail {
		return directory.Message{}, err
	}
	if err := c.PINMail.QueuePINMail(tx, now, c.req.Actor, w, user, key); err != nil {
		return directory.Message{}, err
	}
	q := directory.MessageQuery{KeyID: key.ID, State: directory.Queued, Desc: true}
	for {
		page, err := tx.Messages(q)
		if err != nil {
			return directory.Message{}, err
		}
		for _, m := range page.Messages {
			if m.Kind == directory.PINMail {
				return m, nil
			}
		}
		if page.Next == "" {
			return directory.Message{}, nil
		}
		q.After = page.Next
	}
}

// revokeReplaced ends the keys the new one takes the place of.
func (c *ceremony) revokeReplaced(tx directory.Tx) (revoked []string, err error) {
	for _, id := range c.journal.Replaces {
		k, err := tx.Key(id)
		if errors.Is(err, directory.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if k.State == directory.Revoked { // by somebody else meanwhile
			continue
		}
		if err := directory.AllowOn(tx, c.req.Actor, directory.EnrollKeys, k.UserID); err != nil {
			return nil, err
		}
		record := c.entry(audit.KeyReplaced)
		record.User, record.Key = k.UserID, k.ID
		record.Detail = map[string]string{"name": k.Name, "from": string(k.State), "by": c.journal.KeyID}
		k.State, k.Changed = directory.Revoked, c.now()
		if err := tx.PutKey(k); err != nil {
			return nil, err
		}
		if err := directory.CloseTickets(tx, c.now(), k.ID, ""); err != nil {
			return nil, err
		}
		if err := tx.AppendAudit(record); err != nil {
			return nil, err
		}
		revoked = append(revoked, k.ID)
	}
	return revoked, nil
}

// forgetPINs erases what was kept of this card's PIN with keys that are on it, or were: from now on its PIN is the matter
// of the key named. A revoked key on another card keeps its own, without which nobody could use that card again.
func (c *ceremony) forgetPINs(tx directory.Tx, except string) error {
	ids := slices.Concat(c.here, c.past)
	if c.mark.UID != nil {
		page, err := tx.Keys(directory.KeyQuery{CardUID: c.mark.UID, Limit: 1000})
		if err != nil {
			return err
		}
		for _, k := range page.Keys {
			ids = append(ids, k.ID)
		}
	}
	for _, id := range ids {
		k, err := tx.Key(id)
		if errors.Is(err, directory.ErrNotFound) || err == nil && (id == except || !k.TemporaryPIN && k.SealedPIN == nil && k.NextPIN == nil) {
			continue
		}
		if err != nil {
			return err
		}
		k.TemporaryPIN, k.SealedPIN, k.NextPIN = false, nil, nil
		if err := tx.PutKey(k); err != nil {
			return err
		}
		if err := directory.CloseTickets(tx, c.now(), k.ID, directory.SetPIN); err != nil {
			return err
		}
	}
	return nil
}
