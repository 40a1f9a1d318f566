package directory

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"tapstation/app/audit"
)

// ErrHasAdmins is a first start where there are admins already.
var ErrHasAdmins = errors.New("the workspace has admins already")

// FirstStart founds the workspace: its settings, and its owner with a password (a PHC string, see Admin). It asks
// nobody's leave, and works only as long as there is no admin. A user who is there already becomes the owner, and is
// changed where owner says more. What is an owner's right is on record as the owner's act. It fails with *InvalidError and ErrHasAdmins.
func (d *Directory) FirstStart(ctx context.Context, w Workspace, owner User, password string) (User, error) {
	owner = tidy(owner)
	if err := invalid(append(ValidateWorkspace(w), Validate(owner)...)); err != nil {
		return User{}, err
	}
	now := d.now()
	var kept User
	err := d.Store.Update(ctx, func(tx Tx) error {
		admins, err := tx.Admins()
		if err != nil {
			return err
		}
		if len(admins) > 0 {
			return ErrHasAdmins
		}
		kept, err = found(tx, now, w, owner, password)
		return err
	})
	if err != nil {
		return User{}, fmt.Errorf("found the workspace: %w", err)
	}
	return kept, nil
}

// found makes the owner before all else, so that the rest is what an owner may do.
func found(tx Tx, now time.Time, w Workspace, owner User, password string) (User, error) {
	kept, err := tx.User(owner.ID)
	switch {
	case errors.Is(err, ErrNotFound):
		if kept, err = addUser(tx, StationActor, now, owner); err != nil {
			return User{}, err
		}
	case err != nil:
		return User{}, err
	case kept.Disabled:
		return User{}, &InvalidError{Fields: []FieldError{{Field: "user_id", Problem: Taken}}}
	}
	by := AdminActor + kept.ID
	if err := tx.PutAdmin(Admin{UserID: kept.ID, Role: Owner, Password: password, Created: now, Changed: now}); err != nil {
		return User{}, err
	}
	err = tx.AppendAudit(audit.Entry{Time: now, Actor: by, Act: audit.AdminAdded, User: kept.ID,
		Detail: map[string]string{"role": string(Owner)}})
	if err != nil {
		return User{}, err
	}
	if kept, err = complete(tx, by, now, kept, owner); err != nil {
		return User{}, err
	}
	_, err = setWorkspace(tx, by, now, w) // the next Reconcile tells the offline cache
	return kept, err
}

// complete puts what is said of a user in the place of what was known.
func complete(tx Tx, by string, now time.Time, old, said User) (User, error) {
	kept := old
	for _, f := range []struct{ kept, said *string }{
		{&kept.UserName, &said.UserName}, {&kept.FirstName, &said.FirstName}, {&kept.LastName, &said.LastName}, {&kept.Email, &said.Email},
	} {
		if *f.said != "" {
			*f.kept = *f.said
		}
	}
	changed := changedFields(old, kept)
	if len(changed) == 0 {
		return old, nil
	}
	kept.Changed = now
	if err := tx.PutUser(kept); err != nil {
		return User{}, err
	}
	return kept, tx.AppendAudit(audit.Entry{Time: now, Actor: by, Act: audit.UserChanged, User: kept.ID,
		Detail: map[string]string{"fields": strings.Join(changed, ",")}})
}
