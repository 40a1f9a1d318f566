package admin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/app/login"
)

// Listed is an admin and the user they are. The password's hash is not told.
type Listed struct {
	Admin   directory.Admin
	User    directory.User // only the ID where the user is not there any more
	TapOnly bool           // there is no password
}

// List is all admins, in the order of their User IDs.
func (a *Admins) List(ctx context.Context) ([]Listed, error) {
	var list []Listed
	err := a.Directory.Store.View(ctx, func(tx directory.Tx) error {
		list = nil
		admins, err := tx.Admins()
		if err != nil {
			return err
		}
		for _, adm := range admins {
			u, err := tx.User(adm.UserID)
			if errors.Is(err, directory.ErrNotFound) {
				u, err = directory.User{ID: adm.UserID}, nil
			}
			if err != nil {
				return err
			}
			tapOnly := adm.Password == ""
			adm.Password = ""
			list = append(list, Listed{Admin: adm, User: u, TapOnly: tapOnly})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list admins: %w", err)
	}
	return list, nil
}

// Add makes a user an admin. Without a password they log in by tap only. It fails with *directory.InvalidError (fields
// "role", "password"), directory.ErrNotFound, login.ErrUserDisabled, directory.ErrExists and ErrNoOwner.
func (a *Admins) Add(ctx context.Context, by, userID string, role directory.Role, password string) error {
	if err := checkRole(role); err != nil {
		return err
	}
	hashed, err := a.hashFor(ctx, by, userID, password)
	if err != nil {
		return fmt.Errorf("add admin %q: %w", userID, err)
	}
	err = a.manage(ctx, by, func(tx directory.Tx, now time.Time) error {
		u, err := tx.User(userID)
		switch {
		case err != nil:
			return err
		case u.Disabled:
			return login.ErrUserDisabled
		}
		switch _, err := tx.Admin(userID); {
		case err == nil:
			return directory.ErrExists
		case !errors.Is(err, directory.ErrNotFound):
			return err
		}
		if err := afterAnOwner(tx, role); err != nil {
			return err
		}
		adm := directory.Admin{UserID: u.ID, Role: role, Password: hashed, Created: now, Changed: now}
		if err := tx.PutAdmin(adm); err != nil {
			return err
		}
		return tx.AppendAudit(audit.Entry{Time: now, Actor: by, Act: audit.AdminAdded, User: u.ID,
			Detail: map[string]string{"role": string(role)}})
	})
	if err != nil {
		return fmt.Errorf("add admin %q: %w", userID, err)
	}
	return nil
}

// afterAnOwner keeps a workspace from having admins and no owner.
func afterAnOwner(tx directory.Tx, role directory.Role) error {
	admins, err := tx.Admins()
	if err != nil {
		return err
	}
	if role != directory.Owner && !slices.ContainsFunc(admins, func(a directory.Admin) bool { return a.Role == directory.Owner }) {
		return ErrNoOwner
	}
	return nil
}

// SetRole gives an admin another role. It fails with *directory.InvalidError (field "role"), ErrNoAdmin and
// directory.ErrLastOwner.
func (a *Admins) SetRole(ctx context.Context, by, userID string, role directory.Role) error {
	if err := checkRole(role); err != nil {
		return err
	}
	return a.change(ctx, by, userID, audit.AdminChanged, func(tx directory.Tx, adm *directory.Admin) (map[string]string, error) {
		if adm.Role == role {
			return nil, nil
		}
		if role != directory.Owner {
			if err := directory.KeepsAnOwner(tx, adm.UserID); err != nil {
				return nil, err
			}
		}
		detail := map[string]string{"from": string(adm.Role), "to": string(role)}
		adm.Role = role
		return detail, nil
	})
}

// Unlock lets an admin's password be tried again, from the first.
func (a *Admins) Unlock(ctx context.Context, by, userID string) error {
	return a.change(ctx, by, userID, audit.AdminUnlocked, func(_ directory.Tx, adm *directory.Admin) (map[string]string, error) {
		if adm.Failures == 0 && !adm.Locked {
			return nil, nil
		}
		detail := map[string]string{"failures": fmt.Sprint(adm.Failures)}
		adm.Failures, adm.Attempted, adm.Locked = 0, time.Time{}, false
		return detail, nil
	})
}

// Remove makes an admin a user like others. It fails with ErrNoAdmin and directory.ErrLastOwner.
func (a *Admins) Remove(ctx context.Context, by, userID string) error {
	err := a.manage(ctx, by, func(tx directory.Tx, now time.Time) error {
		return directory.DropAdmin(tx, by, now, userID)
	})
	if errors.Is(err, directory.ErrNotFound) {
		err = ErrNoAdmin
	}
	if err != nil {
		return fmt.Errorf("remove admin %q: %w", userID, err)
	}
	return nil
}

// SetPassword gives an admin another password, and begins the count of wrong ones anew. Whoever changes their own
// proves that with the old one, which is counted as a log-in is: ErrWrong, *WaitError, ErrLocked. Another's is for those
// with ManageAdmins, and so is the first one of an admin who has none. It fails with *directory.InvalidError (field
// "password") and ErrNoAdmin.
func (a *Admins) SetPassword(ctx context.Context, by, userID, old, password string) error {
	if err := a.setPassword(ctx, by, userID, old, password); err != nil {
		return fmt.Errorf("set the password of admin %q: %w", userID, err)
	}
	return nil
}

func (a *Admins) setPassword(ctx context.Context, by, userID, old, password string) error {
	u, own, err := a.passwordOf(ctx, by, userID)
	if err != nil {
		return err
	}
	if wrong := CheckPassword(password, u); len(wrong) > 0 {
		return &directory.InvalidError{Fields: wrong}
	}
	right := directory.ManageAdmins
	if own {
		right = ofEveryRole
		if _, err := a.prove(ctx, userID, old, nil); err != nil {
			return err
		}
	}
	hashed := newPassword(a.cost(), password)
	return a.changeAs(ctx, by, right, userID, audit.AdminPasswordChanged, func(_ directory.Tx, adm *directory.Admin) (map[string]string, error) {
		adm.Password = hashed
		adm.Failures, adm.Attempted, adm.Locked = 0, time.Time{}, false
		return map[string]string{}, nil
	})
}

// hashFor is the hash of a password that follows the rules for this user; empty for none. Nothing is worked out for
// somebody who may not use it.
func (a *Admins) hashFor(ctx context.Context, by, userID, password string) (string, error) {
	var u directory.User
	err := a.Directory.Store.View(ctx, func(tx directory.Tx) (err error) {
		if err := directory.Allow(tx, by, directory.ManageAdmins); err != nil {
			return err
		}
		u, err = tx.User(userID)
		return err
	})
	if err != nil || password == "" {
		return "", err
	}
	if wrong := CheckPassword(password, u); len(wrong) > 0 {
		return "", &directory.InvalidError{Fields: wrong}
	}
	return newPassword(a.cost(), password), nil
}

// ofEveryRole is what is asked for an act on oneself: that one still is an admin.
const ofEveryRole = directory.SeeDirectory

// passwordOf is the user whose password by may change, and whether it is their own, which they have to know.
func (a *Admins) passwordOf(ctx context.Context, by, userID string) (u directory.User, own bool, err error) {
	err = a.Directory.Store.View(ctx, func(tx directory.Tx) error {
		if err := directory.Allow(tx, by, ofEveryRole); err != nil {
			return err
		}
		adm, err := tx.Admin(userID)
		if err == nil {
			u, err = tx.User(userID)
		}
		if err != nil && !errors.Is(err, directory.ErrNotFound) {
			return err
		}
		id, isAdmin := strings.CutPrefix(by, directory.AdminActor)
		if own = isAdmin && directory.Fold(id) == directory.Fold(userID) && adm.Password != ""; own {
			return nil
		}
		if forbidden := directory.Allow(tx, by, directory.ManageAdmins); forbidden != nil {
			return forbidden
		}
		return err
	})
	if errors.Is(err, directory.ErrNotFound) {
		err = ErrNoAdmin
	}
	return u, own, err
}

// manage runs do in one transaction of somebody with ManageAdmins.
func (a *Admins) manage(ctx context.Context, by string, do func(tx directory.Tx, now time.Time) error) error {
	now := a.now()
	return a.Directory.Store.Update(ctx, func(tx directory.Tx) error {
		if err := directory.Allow(tx, by, directory.ManageAdmins); err != nil {
			return err
		}
		return do(tx, now)
	})
}

// change changes one admin and puts it on record; where change gives no detail, there was nothing to change.
func (a *Admins) change(ctx context.Context, by, userID string, act audit.Act,
	change func(directory.Tx, *directory.Admin) (detail map[string]string, err error)) error {
	if err := a.changeAs(ctx, by, directory.ManageAdmins, userID, act, change); err != nil {
		return fmt.Errorf("admin %q: %w", userID, err)
	}
	return nil
}

func (a *Admins) changeAs(ctx context.Context, by string, right directory.Right, userID string, act audit.Act,
	change func(directory.Tx, *directory.Admin) (detail map[string]string, err error)) error {
	now := a.now()
	err := a.Directory.Store.Update(ctx, func(tx directory.Tx) error {
		if err := directory.Allow(tx, by, right); err != nil {
			return err
		}
		adm, err := tx.Admin(userID)
		if err != nil {
			return err
		}
		detail, err := change(tx, &adm)
		if err != nil || detail == nil {
			return err
		}
		adm.Changed = now
		if err := tx.PutAdmin(adm); err != nil {
			return err
		}
		return tx.AppendAudit(audit.Entry{Time: now, Actor: by, Act: act, User: adm.UserID, Detail: detail})
	})
	if errors.Is(err, directory.ErrNotFound) {
		err = ErrNoAdmin
	}
	return err
}

func checkRole(role directory.Role) error {
	if slices.Contains(directory.Roles, role) {
		return nil
	}
	return &directory.InvalidError{Fields: []directory.FieldError{{Field: "role", Problem: directory.InvalidValue}}}
}
