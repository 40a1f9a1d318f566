package directory

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tapstation/app/audit"
)

// handleSize is the length of a user handle in bytes: long enough to be unique without asking anybody, and within
// the 64 of WebAuthn (Level 2 §5.4.3).
const handleSize = 32

// UserRow is a user with their keys, a row of All Users.
type UserRow struct {
	User User
	Keys []SecurityKey // in the order they were made
}

// Listing is a page of users with their keys.
type Listing struct {
	Rows []UserRow
	Next string // for UserQuery.After; empty: this was the last page
}

// Users is a page of users with their keys, read in one look.
func (d *Directory) Users(ctx context.Context, q UserQuery) (Listing, error) {
	var list Listing
	err := d.Store.View(ctx, func(tx Tx) error {
		page, err := tx.Users(q)
		if err != nil {
			return err
		}
		list = Listing{Rows: make([]UserRow, len(page.Users)), Next: page.Next}
		for i, u := range page.Users {
			keys, err := keysOf(tx, u.ID)
			if err != nil {
				return err
			}
			list.Rows[i] = UserRow{User: u, Keys: keys}
		}
		return nil
	})
	return list, err
}

// User is one user with their keys. ErrNotFound when there is none.
func (d *Directory) User(ctx context.Context, id string) (User, []SecurityKey, error) {
	var (
		u    User
		keys []SecurityKey
	)
	err := d.Store.View(ctx, func(tx Tx) (err error) {
		if u, err = tx.User(id); err != nil {
			return err
		}
		keys, err = keysOf(tx, u.ID)
		return err
	})
	if err != nil {
		return User{}, nil, fmt.Errorf("user %q: %w", id, err)
	}
	return u, keys, nil
}

// keysOf is every key of a user, in the order they were made.
func keysOf(tx Tx, userID string) ([]SecurityKey, error) {
	var keys []SecurityKey
	q := KeyQuery{UserID: userID, Limit: 1000}
	for {
		page, err := tx.Keys(q)
		if err != nil {
			return nil, err
		}
		keys = append(keys, page.Keys...)
		if page.Next == "" {
			return keys, nil
		}
		q.After = page.Next
	}
}

// Taken tells whether a User ID is in use, in upper or lower case.
func (d *Directory) Taken(ctx context.Context, id string) (bool, error) {
	taken := false
	err := d.Store.View(ctx, func(tx Tx) error {
		_, err := tx.User(id)
		taken = err == nil
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		return err
	})
	return taken, err
}

// AddUser keeps a new user and makes the groups that are not there yet, for those who may. It fails with *InvalidError,
// and with ErrExists when the User ID is taken. The handle and the times are made here.
func (d *Directory) AddUser(ctx context.Context, by string, u User) (User, error) {
	u = tidy(u)
	if err := invalid(Validate(u)); err != nil {
		return User{}, err
	}
	var kept User
	err := d.change(ctx, by, EnrollKeys, func(tx Tx, now time.Time) (err error) {
		kept, err = addUser(tx, by, now, u)
		return err
	})
	if err != nil {
		return User{}, fmt.Errorf("add user %q: %w", u.ID, err)
	}
	return kept, nil
}

// addUser keeps a new user who is valid.
func addUser(tx Tx, by string, now time.Time, u User) (User, error) {
	switch _, err := tx.User(u.ID); {
	case err == nil:
		return User{}, ErrExists
	case !errors.Is(err, ErrNotFound):
		return User{}, err
	}
	var err error
	if u.Groups, err = joinGroups(tx, by, now, u.Groups); err != nil {
		return User{}, err
	}
	u.Handle = make([]byte, handleSize)
	rand.Read(u.Handle) // never fails (crypto/rand)
	u.Created, u.Changed = now, now
	if err := tx.PutUser(u); err != nil {
		return User{}, err
	}
	return u, tx.AppendAudit(audit.Entry{Time: now, Actor: by, Act: audit.UserAdded, User: u.ID})
}

// UpdateUser replaces what is known of the user with this User ID, which itself stays as it is, like the handle and
// the time it was made. It fails with *InvalidError, ErrNotFound and ErrLastOwner. A user who is disabled is also
// forgotten by the offline cache (ErrOfflineCache).
func (d *Directory) UpdateUser(ctx context.Context, by string, u User) (User, error) {
	return d.ChangeUser(ctx, by, u.ID, func(now *User) { *now = u })
}

// ChangeUser keeps what change makes of a user as they are in that moment. Otherwise it is UpdateUser.
func (d *Directory) ChangeUser(ctx context.Context, by, id string, change func(*User)) (User, error) {
	var (
		kept User
		keys []string // that the offline cache must look at again
	)
	err := d.change(ctx, by, ManageUsers, func(tx Tx, now time.Time) error {
		old, err := tx.User(id)
		if err != nil {
			return err
		}
		kept, keys = old, nil
		kept.Groups = slices.Clone(old.Groups)
		change(&kept)
		kept = tidy(kept)
		kept.ID, kept.Handle, kept.Created, kept.Changed = old.ID, old.Handle, old.Created, old.Changed
		if err := invalid(Validate(kept)); err != nil {
			return err
		}
		keys, err = replaceUser(tx, by, now, old, &kept)
		return err
	})
	if err != nil {
		return User{}, fmt.Errorf("change user %q: %w", id, err)
	}
	return kept, d.RefreshOffline(ctx, keys...)
}

// replaceUser puts kept, which is valid, in the place of old, and returns the keys that the offline cache must look at
// again.
func replaceUser(tx Tx, by string, now time.Time, old User, kept *User) (keys []string, err error) {
	if err := AllowOn(tx, by, ManageUsers, old.ID); err != nil {
		return nil, err
	}
	if kept.Disabled {
		if err := KeepsAnOwner(tx, old.ID); err != nil {
			return nil, err
		}
		if err := CloseUserTickets(tx, now, old.ID, ""); err != nil {
			return nil, err
		}
	}
	if kept.Groups, err = joinGroups(tx, by, now, kept.Groups); err != nil {
		return nil, err
	}
	changed := changedFields(old, *kept)
	if len(changed) == 0 {
		return nil, nil
	}
	if old.Email != "" && old.Email != kept.Email {
		if err := closeMisdirected(tx, now, old.ID); err != nil {
			return nil, err
		}
	}
	kept.Changed = now
	if err := tx.PutUser(*kept); err != nil {
		return nil, err
	}
	if old.Disabled != kept.Disabled {
		if keys, err = keyIDsOf(tx, kept.ID); err != nil {
			return nil, err
		}
	}
	return keys, tx.AppendAudit(audit.Entry{Time: now, Actor: by, Act: audit.UserChanged, User: kept.ID,
		Detail: map[string]string{"fields": strings.Join(changed, ",")}})
}

func changedFields(old, new User) []string {
	var changed []string
	for _, f := range []struct {
		name string
		same bool
	}{
		{"user_name", old.UserName == new.UserName},
		{"first_name", old.FirstName == new.FirstName},
		{"last_name", old.LastName == new.LastName},
		{"email", old.Email == new.Email},
		{"groups", slices.Equal(old.Groups, new.Groups)},
		{"language", old.Language == new.Language},
		{"disabled", old.Disabled == new.Disabled},
	} {
		if !f.same {
			changed = append(changed, f.name)
		}
	}
	return changed
}
