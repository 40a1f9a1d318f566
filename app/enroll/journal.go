package enroll

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/device"
)

// write journals what comes next, durably, before it changes the card, and puts it on record with more acts.
func (c *ceremony) write(ctx context.Context, stage directory.Stage, more ...audit.Act) error {
	j := &c.journal
	first := j.Stage == ""
	if first {
		j.UserID, j.KeyID, j.Started = c.user.ID, c.req.KeyID, c.now()
		if j.KeyID == "" {
			j.KeyID = newKeyID()
		}
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
		if err := c.mayGoOn(tx, stage); err != nil {
			return err
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

// overwrite journals what comes next on the way back, for which nobody needs leave.
func (c *ceremony) overwrite(ctx context.Context) error {
	c.journal.Changed = c.now()
	err := c.Directory.Store.Update(ctx, func(tx directory.Tx) error { return tx.PutEnrollment(c.journal) })
	if err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	return nil
}

// mayGoOn asks whether the actor may still do what stage is about.
func (c *ceremony) mayGoOn(tx directory.Tx, stage directory.Stage) error {
	switch stage {
	case directory.Registered: // what is on the card by then is written down whatever happens; save asks again
		return nil
	case directory.Forcing:
		_, err := c.mayKeep(tx)
		return err
	}
	return c.allowed(tx)
}

func newKeyID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return hex.EncodeToString(b)
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
	if err := leavePIN(tx, now, j); err != nil {
		return err
	}
	if err := tx.AppendAudit(audit.Entry{Time: now, Actor: actor, Act: audit.EnrollmentGivenUp, User: j.UserID, Key: j.KeyID}); err != nil {
		return err
	}
	return tx.DeleteEnrollment(j.UserID)
}

// leavePIN keeps a PIN that only the station knows, in a revoked key. A pending key that the ceremony was for goes on
// waiting, and so is not that one.
func leavePIN(tx directory.Tx, now time.Time, j directory.Enrollment) error {
	k := directory.SecurityKey{
		ID: j.KeyID, UserID: j.UserID, Name: j.KeyName, Kind: directory.Card, State: directory.Revoked,
		Verification: j.Verification, Mark: j.Mark, Credential: j.Credential, TemporaryPIN: true,
		Created: j.Started, Changed: now,
	}
	switch {
	case j.OldPIN != nil:
		k.SealedPIN, k.NextPIN = j.OldPIN, j.SealedPIN
	case j.PINMade && j.SealedPIN != nil:
		k.SealedPIN = j.SealedPIN
	default:
		return nil
	}
	_, err := tx.Key(j.KeyID)
	switch {
	case err == nil:
		k.ID = newKeyID()
	case !errors.Is(err, directory.ErrNotFound):
		return err
	}
	return tx.PutKey(k)
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
