package enroll

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/device"
)

// write journals what comes next, durably, before it changes the card, and puts it on record with more acts.
func (c *ceremony) write(ctx context.Context, stage directory.Stage, more ...audit.Act) error {
	j := &c.journal
	first := j.Stage == ""
	if first {
		j.UserID, j.KeyID, j.Started = c.user.ID, newKeyID(), c.now()
	}
	if j.Stage == "" || c.req.KeyName != "" {
		j.KeyName = c.req.KeyName
	}
	j.Verification, j.OfflineLogin, j.PINChooser = c.req.Verification, c.req.OfflineLogin, c.req.PINChooser
	j.Stage, j.Mark, j.Changed = stage, c.mark, c.now()
	record := c.entry(audit.EnrollmentBegun)
	if c.resumed {
		record = c.entry(audit.EnrollmentResumed)
	}
	err := c.Directory.Store.Update(ctx, func(tx directory.Tx) error {
		if stage != directory.Registered { // what is on the card by then is written down whatever happens; save asks again
			if err := c.allowed(tx); err != nil {
				return err
			}
		}
		if !c.recorded {
			if err := tx.AppendAudit(record); err != nil {
				return err
			}
		}
		for _, act := range more {
			if err := tx.AppendAudit(c.entry(act)); err != nil {
				return err
			}
		}
		return tx.PutEnrollment(*j)
	})
	if err != nil {
		if first {
			j.Stage = ""
		}
		return fmt.Errorf("write the journal: %w", err)
	}
	c.recorded = true
	return nil
}

func newKeyID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return hex.EncodeToString(b)
}

// save makes the proven credential the user's active key, and ends the journal with it.
func (c *ceremony) save(ctx context.Context) error {
	c.step(Save)
	now := c.now()
	j := c.journal
	key := directory.SecurityKey{
		ID: j.KeyID, UserID: c.user.ID, Name: j.KeyName, Kind: directory.Card, State: directory.Active,
		Verification: c.req.Verification, OfflineLogin: c.req.OfflineLogin, RPID: c.workspace.RPID,
		Credential: j.Credential, Mark: c.mark, Model: Model(c.info), CardPIN: c.info.PINSet(),
		Created: now, Activated: now, Changed: now,
	}
	if j.PINMade && j.SealedPIN != nil || c.source == fromKey && c.pin != "" {
		sealed, err := c.Seal.Seal([]byte(c.pin.Reveal()), sealPurpose(c.user.ID))
		if err != nil {
			return fmt.Errorf("seal the temporary PIN: %w", err)
		}
		key.TemporaryPIN, key.SealedPIN = true, sealed
	}
	var revoked []string // key IDs
	err := c.Directory.Store.Update(ctx, func(tx directory.Tx) error {
		revoked = nil
		if err := c.allowed(tx); err != nil {
			return err
		}
		user, err := tx.User(c.user.ID)
		if err != nil {
			return fmt.Errorf("user %q: %w", c.user.ID, err)
		}
		if user.Disabled {
			return fmt.Errorf("user %q: %w", c.user.ID, ErrUserDisabled)
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
		return tx.DeleteEnrollment(user.ID)
	})
	if errors.Is(err, directory.ErrNotFound) || errors.Is(err, ErrUserDisabled) || errors.Is(err, directory.ErrForbidden) {
		return c.rollBack(ctx, j.Credential.ID, err)
	}
	if err != nil {
		return fmt.Errorf("save the key: %w", err)
	}
	c.kept = key
	return c.Directory.RefreshOffline(ctx, append(revoked, key.ID)...)
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
	}
	return nil
}

// change runs a command that changes the card, and keeps in mind that the card may have been changed: it may also
// have been where the answer was lost, but not where the card answered no.
func (c *ceremony) change(command func() error) error {
	before := c.changed
	c.changed = true
	err := command()
	var code *device.CTAPError
	var wrong *device.PINError
	answered := errors.As(err, &code) || errors.As(err, &wrong)
	for _, no := range []error{
		device.ErrExcluded, device.ErrKeyFull, device.ErrPINRequired, device.ErrPINNotSet, device.ErrPINPolicy,
		device.ErrPINChange, device.ErrNotAllowed, device.ErrUnsupported, device.ErrUserTimeout,
	} {
		answered = answered || errors.Is(err, no)
	}
	if answered {
		c.changed = before
	}
	return err
}

// GiveUp lets go of the lost ceremony of a user: the next Enroll begins anew, with any card. A PIN that only the
// station knows stays known, in a revoked key, for the day the card comes back. The actor needs EnrollKeys.
func (e *Enroller) GiveUp(ctx context.Context, userID, actor string) error {
	return e.letGo(ctx, userID, actor, func(tx directory.Tx) error {
		return directory.AllowOn(tx, actor, directory.EnrollKeys, userID)
	})
}

// letGo is GiveUp for those whom allowed lets.
func (e *Enroller) letGo(ctx context.Context, userID, actor string, allowed func(directory.Tx) error) error {
	return e.Directory.Store.Update(ctx, func(tx directory.Tx) error {
		if err := allowed(tx); err != nil {
			return err
		}
		j, err := tx.Enrollment(userID)
		if errors.Is(err, directory.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return e.giveUp(tx, j, actor)
	})
}

func (e *Enroller) giveUp(tx directory.Tx, j directory.Enrollment, actor string) error {
	now := e.now()
	if j.PINMade && j.SealedPIN != nil {
		err := tx.PutKey(directory.SecurityKey{
			ID: j.KeyID, UserID: j.UserID, Name: j.KeyName, Kind: directory.Card, State: directory.Revoked,
			Verification: j.Verification, Mark: j.Mark, Credential: j.Credential, TemporaryPIN: true, SealedPIN: j.SealedPIN,
			Created: j.Started, Changed: now,
		})
		if err != nil {
			return err
		}
	}
	if err := tx.AppendAudit(audit.Entry{Time: now, Actor: actor, Act: audit.EnrollmentGivenUp, User: j.UserID, Key: j.KeyID}); err != nil {
		return err
	}
	return tx.DeleteEnrollment(j.UserID)
}

// Recover puts in order what a crash left behind, as far as that needs no card: journals of users who are gone.
// All others wait for their card.
func (e *Enroller) Recover(ctx context.Context) error {
	var stale []directory.Enrollment
	err := e.Directory.Store.View(ctx, func(tx directory.Tx) error {
		stale = nil
		all, err := tx.Enrollments()
		for _, j := range all {
			if _, err := tx.User(j.UserID); errors.Is(err, directory.ErrNotFound) {
				stale = append(stale, j)
			}
		}
		return err
	})
	if err != nil || stale == nil {
		return err
	}
	return e.Directory.Store.Update(ctx, func(tx directory.Tx) error {
		for _, j := range stale {
			if err := e.giveUp(tx, j, directory.StationActor); err != nil {
				return err
			}
		}
		return nil
	})
}
