package admin

import (
	"context"
	"errors"
	"fmt"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/app/login"
	"tapstation/device"
)

// Tap is a log-in by an admin's own card.
type Tap struct {
	Reader string // empty: the first card that comes counts
	// After leaves alone the cards laid on a reader up to this tap (device.Presence.Tap), because they were looked at.
	After int
	// PIN asks for the card's PIN, as in login.Request.
	PIN func(context.Context, login.PINRequest) (device.PIN, error)
}

// LogInByTap waits for a card and logs in whoever proves, with its PIN, that it is their own active key, if they are an
// admin. A locked password does not matter to it, and is not unlocked by it. It fails with ErrNoAdmin, ErrPINless, the
// errors of package login and those of package device.
func (a *Admins) LogInByTap(ctx context.Context, t Tap) (Session, error) {
	req := login.Request{Reader: t.Reader, Actor: directory.StationActor, PIN: t.PIN}
	proven, err := a.Login.ProveWhoever(ctx, req, t.After, a.admit)
	if err == nil && proven.Offline {
		err = login.ErrUnreachable // the cache of this machine does not know who is an admin
	}
	if err != nil {
		return Session{}, fmt.Errorf("log in by tap: %w", err)
	}
	s, err := a.enter(context.WithoutCancel(ctx), proven.Key.KeyID)
	if err != nil {
		return Session{}, fmt.Errorf("log in by tap: %w", err)
	}
	return s, nil
}

// admit turns away, on record, a card that opens no panel, before it has to prove anything.
func (a *Admins) admit(ctx context.Context, found login.Found) error {
	refused := error(nil)
	err := a.Directory.Store.View(ctx, func(tx directory.Tx) error {
		_, _, refused = opener(tx, found.Key.ID)
		return nil
	})
	if err != nil {
		return err
	}
	if !turnedAway(refused) {
		return refused
	}
	return errors.Join(refused, a.Directory.Store.Update(ctx, func(tx directory.Tx) error {
		return recordOnce(tx, audit.Entry{Time: a.now(), Actor: directory.StationActor, Act: audit.AdminLoginRefused,
			User: found.User.ID, Key: found.Key.ID, Detail: map[string]string{"reason": refused.Error()}})
	}))
}

// recordOnce keeps an entry unless it says what the last one says: a card left on a reader must not fill the log.
func recordOnce(tx directory.Tx, e audit.Entry) error {
	last, err := tx.Audit(directory.AuditQuery{Last: 1})
	if err != nil {
		return err
	}
	if len(last) == 1 && last[0].Act == e.Act && last[0].Key == e.Key && last[0].Detail["reason"] == e.Detail["reason"] {
		return nil
	}
	return tx.AppendAudit(e)
}

// opener is the admin whom a key lets into the panel.
func opener(tx directory.Tx, keyID string) (directory.Admin, directory.User, error) {
	k, err := tx.Key(keyID)
	if err != nil {
		return directory.Admin{}, directory.User{}, err
	}
	adm, u, err := able(tx, k.UserID)
	switch {
	case u.Disabled:
		err = login.ErrUserDisabled
	case err != nil:
		break
	case k.State != directory.Active:
		err = &login.KeyStateError{KeyID: k.ID, KeyName: k.Name, State: k.State}
	case k.Verification != directory.PIN:
		err = fmt.Errorf("key %q: %w", k.Name, ErrPINless)
	}
	return adm, u, err
}

// turnedAway tells whether err is opener's no, rather than a store that could not be read.
func turnedAway(err error) bool {
	var state *login.KeyStateError
	return errors.As(err, &state) || errors.Is(err, ErrNoAdmin) || errors.Is(err, ErrPINless) || errors.Is(err, login.ErrUserDisabled)
}

// enter logs in the admin whose key was proven, unless something has changed while they typed their PIN.
func (a *Admins) enter(ctx context.Context, keyID string) (Session, error) {
	now := a.now()
	var s Session
	err := a.Directory.Store.Update(ctx, func(tx directory.Tx) error {
		adm, u, err := opener(tx, keyID)
		if err != nil {
			return err
		}
		adm.LastLogin = now
		s = newSession(adm, u)
		if err := tx.PutAdmin(adm); err != nil {
			return err
		}
		return tx.AppendAudit(audit.Entry{Time: now, Actor: s.Actor(), Act: audit.AdminLoggedIn, User: u.ID, Key: keyID,
			Detail: map[string]string{"by": "tap"}})
	})
	return s, err
}
