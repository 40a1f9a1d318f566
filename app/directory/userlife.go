package directory

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tapstation/app/audit"
)

// SetUserDisabled keeps a user and all their keys from being used, or lets them be used again. What was mailed to a user
// who is disabled opens nothing any more, also later. It fails with ErrNotFound
// and ErrLastOwner, and with ErrOfflineCache when only this machine's offline cache could not be told.
func (d *Directory) SetUserDisabled(ctx context.Context, by, id string, disabled bool) (User, error) {
	var (
		u    User
		keys []string
	)
	err := d.change(ctx, by, ManageUsers, func(tx Tx, now time.Time) (err error) {
		if u, err = tx.User(id); err != nil {
			return err
		}
		if err := AllowOn(tx, by, ManageUsers, u.ID); err != nil {
			return err
		}
		keys = nil
		if u.Disabled == disabled {
			return nil
		}
		act := audit.UserEnabled
		if disabled {
			act = audit.UserDisabled
			if err := KeepsAnOwner(tx, u.ID); err != nil {
				return err
			}
			if err := CloseUserTickets(tx, now, u.ID, ""); err != nil {
				return err
			}
		}
		u.Disabled, u.Changed = disabled, now
		if err := tx.PutUser(u); err != nil {
			return err
		}
		if keys, err = keyIDsOf(tx, u.ID); err != nil {
			return err
		}
		return tx.AppendAudit(audit.Entry{Time: now, Actor: by, Act: act, User: u.ID})
	})
	if err != nil {
		return User{}, fmt.Errorf("disable or enable user %q: %w", id, err)
	}
	return u, d.RefreshOffline(ctx, keys...)
}

// DeleteUser ends the keys of a user and what was mailed to them, and forgets the user, who is no admin any more either; only the audit log still
// tells of them. A card whose PIN only the station knew can be used by somebody else only after a reset. It fails with
// ErrNotFound and ErrLastOwner, and with ErrOfflineCache as SetUserDisabled does.
func (d *Directory) DeleteUser(ctx context.Context, by, id string) error {
	var keys []string
	err := d.change(ctx, by, ManageUsers, func(tx Tx, now time.Time) error {
		u, err := tx.User(id)
		if err != nil {
			return err
		}
		if err := AllowOn(tx, by, ManageUsers, u.ID); err != nil {
			return err
		}
		if err := KeepsAnOwner(tx, u.ID); err != nil {
			return err
		}
		if err := deleteAdmin(tx, by, now, u.ID); err != nil {
			return err
		}
		if keys, err = deleteKeys(tx, by, now, u.ID); err != nil {
			return err
		}
		if err := forgetMail(tx, now, u.ID); err != nil {
			return err
		}
		if err := tx.DeleteEnrollment(u.ID); err != nil {
			return err
		}
		if err := tx.DeleteUser(u.ID); err != nil {
			return err
		}
		return tx.AppendAudit(audit.Entry{Time: now, Actor: by, Act: audit.UserDeleted, User: u.ID, Detail: map[string]string{
			"name": u.DisplayName(), "groups": strings.Join(u.Groups, ";"), "keys": strconv.Itoa(len(keys)),
		}})
	})
	if err != nil {
		return fmt.Errorf("delete user %q: %w", id, err)
	}
	return d.RefreshOffline(ctx, keys...)
}

// deleteAdmin takes the role from a user who has one, which needs more than leave to delete users.
func deleteAdmin(tx Tx, by string, now time.Time, userID string) error {
	a, err := tx.Admin(userID)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err == nil {
		err = Allow(tx, by, ManageAdmins)
	}
	if err == nil {
		err = tx.DeleteAdmin(userID)
	}
	if err != nil {
		return err
	}
	return tx.AppendAudit(audit.Entry{Time: now, Actor: by, Act: audit.AdminRemoved, User: userID,
		Detail: map[string]string{"role": string(a.Role)}})
}

// deleteKeys deletes all keys of a user, and puts on record those that were not revoked before.
func deleteKeys(tx Tx, by string, now time.Time, userID string) (ids []string, err error) {
	keys, err := keysOf(tx, userID)
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		if err := tx.DeleteKey(k.ID); err != nil {
			return nil, err
		}
		ids = append(ids, k.ID)
		if k.State == Revoked {
			continue
		}
		err := tx.AppendAudit(audit.Entry{Time: now, Actor: by, Act: audit.KeyRevoked, User: userID, Key: k.ID,
			Detail: map[string]string{"name": k.Name, "from": string(k.State), "reason": "user_deleted"}})
		if err != nil {
			return nil, err
		}
	}
	return ids, nil
}

func keyIDsOf(tx Tx, userID string) ([]string, error) {
	keys, err := keysOf(tx, userID)
	ids := make([]string, len(keys))
	for i, k := range keys {
		ids[i] = k.ID
	}
	return ids, err
}

// forgetMail withdraws what was mailed to a user, or is about to be, and forgets the mails with their addresses. One that
// is just being sent is left to who sends it.
func forgetMail(tx Tx, now time.Time, userID string) error {
	if err := CloseUserTickets(tx, now, userID, ""); err != nil {
		return err
	}
	q := MessageQuery{UserID: userID, Limit: 1000}
	for {
		page, err := tx.Messages(q)
		if err != nil {
			return err
		}
		for _, m := range page.Messages {
			if m.State == Queued && now.Before(m.LeasedUntil) {
				continue
			}
			if err := tx.DeleteMessage(m.ID); err != nil {
				return err
			}
		}
		if page.Next == "" {
			return nil
		}
		q.After = page.Next
	}
}
