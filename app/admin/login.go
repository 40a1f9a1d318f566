package admin

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"tapstation/app/audit"
	"tapstation/app/directory"
)

// LogIn logs an admin in by password. It fails with ErrWrong, *WaitError and ErrLocked.
func (a *Admins) LogIn(ctx context.Context, userID, password string) (Session, error) {
	s, err := a.prove(ctx, userID, password, func(tx directory.Tx, adm *directory.Admin) error {
		adm.LastLogin = a.now()
		return tx.AppendAudit(audit.Entry{Time: adm.LastLogin, Actor: directory.AdminActor + adm.UserID, Act: audit.AdminLoggedIn,
			User: adm.UserID, Detail: map[string]string{"by": "password"}})
	})
	if err != nil {
		return Session{}, fmt.Errorf("log in: %w", err)
	}
	return s, nil
}

// prove tells whose password it is. Where it is right, the count begins anew, and then runs, if not nil, before the admin
// is kept.
func (a *Admins) prove(ctx context.Context, userID, password string, then func(directory.Tx, *directory.Admin) error) (Session, error) {
	c, err := a.attempt(ctx, userID)
	if err != nil {
		return Session{}, err
	}
	right, err := a.compare(c, password)
	if err != nil {
		return Session{}, err
	}
	renewed := c.admin.Password
	if right && outdated(renewed, a.cost()) {
		renewed = newPassword(a.cost(), password)
	}
	// What was compared is written down, whoever has lost patience meanwhile.
	ctx = context.WithoutCancel(ctx)
	if right {
		s, err := a.accept(ctx, c, renewed, then)
		if !errors.Is(err, ErrWrong) {
			return s, err
		}
	}
	return Session{}, a.refuse(ctx, c)
}

// attempt counts an attempt, durably, before anything is compared.
func (a *Admins) attempt(ctx context.Context, userID string) (account, error) {
	if len(userID) > maxInput {
		userID = userID[:maxInput] // which is nobody's
	}
	now := a.now()
	var c account
	var refused error
	err := a.Directory.Store.Update(ctx, func(tx directory.Tx) (err error) {
		if c, err = a.account(tx, userID, now); err != nil {
			return err
		}
		before := c.attempts
		if c.attempts, refused = before.admit(now); c.attempts == before {
			return refused // nothing to write
		}
		return c.keep(tx)
	})
	if err == nil {
		err = refused
	}
	return c, err
}

// compare tells whether the password is the account's. It takes as long where there is none.
func (a *Admins) compare(c account, password string) (bool, error) {
	h := dummy(a.cost())
	if c.able {
		var err error
		if h, err = parseHash(c.admin.Password); err != nil {
			return false, fmt.Errorf("password of admin %q: %w", c.admin.UserID, err)
		}
	}
	if a.compared != nil {
		a.compared()
	}
	same := h.matches(password)
	return same && c.able, nil
}

// accept writes a right attempt down. It fails with ErrWrong when the admin was removed, disabled, or given another
// password meanwhile.
func (a *Admins) accept(ctx context.Context, c account, renewed string, then func(directory.Tx, *directory.Admin) error) (Session, error) {
	var s Session
	err := a.Directory.Store.Update(ctx, func(tx directory.Tx) error {
		adm, u, err := able(tx, c.admin.UserID)
		if errors.Is(err, ErrNoAdmin) || err == nil && adm.Password != c.admin.Password {
			return ErrWrong
		}
		if err != nil {
			return err
		}
		adm.Password, adm.Failures, adm.Attempted, adm.Locked = renewed, 0, time.Time{}, false
		s = newSession(adm, u)
		if then != nil {
			if err := then(tx, &adm); err != nil {
				return err
			}
		}
		return tx.PutAdmin(adm)
	})
	return s, err
}

// refuse puts a wrong attempt on record and returns its answer: ErrWrong, or ErrLocked for the last one. An admin's are
// at most LockedAfter in a row; of names of nobody only the first and the last of a count are told, and never the name:
// people type passwords where names belong. Both write, so that both take as long.
func (a *Admins) refuse(ctx context.Context, c account) error {
	err := a.Directory.Store.Update(ctx, func(tx directory.Tx) error {
		if !c.known() {
			return refuseNobody(tx, c)
		}
		e := audit.Entry{Time: c.last, Actor: directory.StationActor, Act: audit.AdminLoginRefused, User: c.admin.UserID,
			Detail: map[string]string{"reason": ErrWrong.Error(), "failures": strconv.Itoa(c.failures)}}
		if err := tx.AppendAudit(e); err != nil || !c.locked {
			return err
		}
		e.Act, e.Detail = audit.AdminLocked, map[string]string{"failures": strconv.Itoa(c.failures)}
		return tx.AppendAudit(e)
	})
	switch {
	case err != nil:
		return err
	case c.locked:
		return ErrLocked
	}
	return ErrWrong
}

func refuseNobody(tx directory.Tx, c account) error {
	g, err := tx.Guesses()
	if err != nil {
		return err
	}
	g.Count++
	if err := tx.PutGuesses(g); err != nil {
		return err
	}
	if c.failures != 1 && !c.locked {
		return nil
	}
	return tx.AppendAudit(audit.Entry{Time: c.last, Actor: directory.StationActor, Act: audit.AdminLoginRefused,
		Detail: map[string]string{"reason": ErrNoAdmin.Error(), "failures": strconv.Itoa(c.failures)}})
}
