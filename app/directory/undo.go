package directory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"tapstation/app/audit"
)

// keptNames is how many of the users an undone import left are named.
const keptNames = 20

// Why an import was taken back.
const (
	ImportCancelled = "cancelled"
	ImportFailed    = "failed"
	ImportAbandoned = "abandoned" // its process is gone
)

// UndoImport takes back what an import did that is not over, in batches, and returns what became of it; left tells how
// many steps are still to be taken back. It goes on where another one that did the same stopped, and several at once
// do no harm. ErrNotFound when the import is over.
//
// Users it made are removed and users it changed get their values back, unless somebody has done something with them
// since: a user who was made and then edited, given a key or made an admin stays, and is counted as kept; of a user who
// was changed and then edited, what was edited stays and the rest is put back. Groups it made are removed when nobody
// is in them and nobody has described them.
//
// It asks for no rights: what must not stay half done cannot depend on who may still do what.
func (d *Directory) UndoImport(ctx context.Context, by, id, reason string, left func(int)) (Import, error) {
	for {
		i, steps, err := d.undoSome(ctx, by, id, reason)
		if err != nil {
			return i, fmt.Errorf("take back the import of %q: %w", i.File, err)
		}
		if steps == 0 {
			return i, nil
		}
		if left != nil {
			left(max(0, i.Created+i.Changed-i.Removed-i.Restored-i.Kept))
		}
	}
}

// undoSome takes back the last steps that are left, and ends the import when there are none.
func (d *Directory) undoSome(ctx context.Context, by, id, reason string) (i Import, done int, err error) {
	now := d.now()
	err = d.Store.Update(ctx, func(tx Tx) error {
		var err error
		if i, err = tx.Import(); err != nil {
			return err
		}
		if i.ID != id {
			return ErrNotFound
		}
		if !i.Undoing {
			i.Undoing, i.Reason = true, reason
		}
		steps, err := tx.LastImportSteps(ImportBatch)
		if err != nil {
			return err
		}
		done = len(steps)
		if done == 0 {
			if err := tx.DeleteImport(); err != nil {
				return err
			}
			return tx.AppendAudit(i.undoneEntry(by, now))
		}
		u := undoing{tx: tx, by: by, now: now, i: &i}
		for _, s := range steps {
			if err := u.step(s); err != nil {
				return err
			}
		}
		if err := tx.DropImportSteps(done); err != nil {
			return err
		}
		i.Renewed = now
		return tx.PutImport(i)
	})
	return i, done, err
}

func (i Import) undoneEntry(by string, now time.Time) audit.Entry {
	detail := map[string]string{"import": i.ID, "file": i.File, "reason": i.Reason, "removed": strconv.Itoa(i.Removed),
		"restored": strconv.Itoa(i.Restored)}
	if i.Kept > 0 {
		detail["kept"] = strconv.Itoa(i.Kept)
		detail["kept_users"] = strings.Join(i.KeptUsers, ",")
	}
	return audit.Entry{Time: now, Actor: by, Act: audit.ImportUndone, Detail: detail}
}

// undoing is one transaction of taking back.
type undoing struct {
	tx  Tx
	by  string
	now time.Time
	i   *Import
}

func (u *undoing) step(s ImportStep) error {
	if s.UserID == "" {
		return u.group(s)
	}
	user, err := u.tx.User(s.UserID)
	switch {
	case errors.Is(err, ErrNotFound), err == nil && !slices.Equal(user.Handle, s.Handle):
		return nil // somebody else was quicker
	case err != nil:
		return fmt.Errorf("user %q: %w", s.UserID, err)
	case s.Before == nil:
		err = u.remove(user, s)
	default:
		err = u.restore(user, s)
	}
	if err != nil {
		return fmt.Errorf("user %q: %w", s.UserID, err)
	}
	return nil
}

// remove takes away a user the import made.
func (u *undoing) remove(user User, s ImportStep) error {
	touched, err := u.touched(user, s)
	if err != nil {
		return err
	}
	if touched {
		u.keep(user)
		return nil
	}
	u.i.Removed++
	if err := forgetMail(u.tx, u.now, user.ID); err != nil {
		return err
	}
	if err := u.tx.DeleteUser(user.ID); err != nil {
		return err
	}
	return u.record(audit.Entry{Act: audit.UserDeleted, User: user.ID})
}

func (u *undoing) keep(user User) {
	u.i.Kept++
	if len(u.i.KeptUsers) < keptNames {
		u.i.KeptUsers = append(u.i.KeptUsers, user.ID)
	}
}

// touched tells whether somebody has done something with a user since the import made them.
func (u *undoing) touched(user User, s ImportStep) (bool, error) {
	if !user.Changed.Equal(s.Stamp) {
		return true, nil
	}
	keys, err := u.tx.Keys(KeyQuery{UserID: user.ID, Limit: 1})
	if err != nil || len(keys.Keys) > 0 {
		return true, err
	}
	if _, err := u.tx.Enrollment(user.ID); !errors.Is(err, ErrNotFound) {
		return true, err
	}
	if _, err := u.tx.Admin(user.ID); !errors.Is(err, ErrNotFound) {
		return true, err
	}
	return false, nil
}

// restore gives a user back what the import replaced, but for what somebody has edited since.
func (u *undoing) restore(user User, s ImportStep) error {
	back := *s.Before
	if !user.Changed.Equal(s.Stamp) {
		back = mergeBack(user, *s.Before, *s.After)
		back.Changed = u.now
	}
	changed := changedFields(user, back)
	if len(changed) == 0 {
		u.keep(user)
		return nil
	}
	u.i.Restored++
	if err := u.tx.PutUser(back); err != nil {
		return err
	}
	return u.record(audit.Entry{Act: audit.UserChanged, User: user.ID,
		Detail: map[string]string{"fields": strings.Join(changed, ",")}})
}

// mergeBack is a user as they are now with the values of before wherever they still have those of after.
func mergeBack(now, before, after User) User {
	back := now
	for _, f := range []struct {
		now           *string
		before, after string
	}{
		{&back.UserName, before.UserName, after.UserName},
		{&back.FirstName, before.FirstName, after.FirstName},
		{&back.LastName, before.LastName, after.LastName},
		{&back.Email, before.Email, after.Email},
	} {
		if *f.now == f.after {
			*f.now = f.before
		}
	}
	in := func(groups []string, name string) bool {
		return slices.ContainsFunc(groups, func(g string) bool { return compareFolded(g, name) == 0 })
	}
	back.Groups = nil
	for _, g := range now.Groups {
		if !in(after.Groups, g) || in(before.Groups, g) {
			back.Groups = append(back.Groups, g)
		}
	}
	for _, g := range before.Groups {
		if !in(after.Groups, g) && !in(now.Groups, g) {
			back.Groups = append(back.Groups, g)
		}
	}
	slices.SortFunc(back.Groups, compareFolded)
	return back
}

// group takes away a group the import made.
func (u *undoing) group(s ImportStep) error {
	g, err := u.tx.Group(s.Group)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("group %q: %w", s.Group, err)
	}
	untouched := Group{Name: s.Group, Created: g.Created}
	if g != untouched || !g.Created.Equal(s.Stamp) {
		return nil
	}
	members, err := u.tx.Users(UserQuery{Group: g.Name, Limit: 1})
	if err != nil || len(members.Users) > 0 {
		return err
	}
	if err := u.tx.DeleteGroup(g.Name); err != nil {
		return fmt.Errorf("group %q: %w", s.Group, err)
	}
	return u.record(audit.Entry{Act: audit.GroupDeleted, Detail: map[string]string{"group": g.Name}})
}

// record puts what is taken back on record.
func (u *undoing) record(e audit.Entry) error {
	e.Time, e.Actor = u.now, u.by
	if e.Detail == nil {
		e.Detail = map[string]string{}
	}
	e.Detail["import"] = u.i.ID
	return u.tx.AppendAudit(e)
}
