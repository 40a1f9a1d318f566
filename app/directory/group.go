package directory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tapstation/app/audit"
)

// MaxDescription is the longest description of a group, in Unicode code points.
const MaxDescription = 256

// Groups are all groups, by name.
func (d *Directory) Groups(ctx context.Context) ([]Group, error) {
	var groups []Group
	err := d.Store.View(ctx, func(tx Tx) (err error) {
		groups, err = tx.Groups()
		return err
	})
	return groups, err
}

// Group is one group, whatever the case of its name. ErrNotFound when there is none.
func (d *Directory) Group(ctx context.Context, name string) (Group, error) {
	var g Group
	err := d.Store.View(ctx, func(tx Tx) (err error) {
		g, err = tx.Group(name)
		return err
	})
	if err != nil {
		return Group{}, fmt.Errorf("group %q: %w", name, err)
	}
	return g, nil
}

// ValidateGroup tells what is wrong with a group, field by field: "name", "description", "verification",
// "offline_login", "pin_chooser"; nothing when all is well.
func ValidateGroup(g Group) []FieldError {
	var wrong []FieldError
	add := func(field string, p Problem, limit int) {
		if p != "" {
			wrong = append(wrong, FieldError{field, p, limitOf(p, limit)})
		}
	}
	choose := func(field string, valid bool) {
		if !valid {
			wrong = append(wrong, FieldError{Field: field, Problem: InvalidValue})
		}
	}
	add("name", checkGroupName(g.Name), MaxGroupName)
	add("description", checkText(g.Description, MaxDescription), MaxDescription)
	choose("verification", slices.Contains([]Verification{"", PINless, PIN}, g.Defaults.Verification))
	choose("offline_login", slices.Contains([]Choice{Unset, On, Off}, g.Defaults.OfflineLogin))
	choose("pin_chooser", slices.Contains([]PINChooser{"", UserHere, UserMail}, g.Defaults.PINChooser))
	return wrong
}

// AddGroup keeps a new group. It fails with *InvalidError (ValidateGroup) and ErrExists.
func (d *Directory) AddGroup(ctx context.Context, by string, g Group) error {
	if err := invalid(ValidateGroup(g)); err != nil {
		return err
	}
	err := d.change(ctx, by, ManageUsers, func(tx Tx, now time.Time) error {
		switch _, err := tx.Group(g.Name); {
		case err == nil:
			return ErrExists
		case !errors.Is(err, ErrNotFound):
			return err
		}
		return addGroup(tx, by, now, Group{Name: g.Name, Description: g.Description, Defaults: g.Defaults})
	})
	if err != nil {
		return fmt.Errorf("add group %q: %w", g.Name, err)
	}
	return nil
}

func addGroup(tx Tx, by string, now time.Time, g Group) error {
	g.Created = now
	if err := tx.PutGroup(g); err != nil {
		return err
	}
	return tx.AppendAudit(audit.Entry{Time: now, Actor: by, Act: audit.GroupAdded,
		Detail: map[string]string{"group": g.Name}})
}

// joinGroups makes the named groups that are not there yet, which takes ManageUsers, and returns the names as the groups
// themselves are written, sorted, each once.
func joinGroups(tx Tx, by string, now time.Time, names []string) ([]string, error) {
	var joined []string
	for _, name := range names {
		g, err := tx.Group(name)
		if errors.Is(err, ErrNotFound) {
			g = Group{Name: name}
			if err = Allow(tx, by, ManageUsers); err == nil {
				err = addGroup(tx, by, now, g)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("group %q: %w", name, err)
		}
		joined = append(joined, g.Name)
	}
	slices.SortFunc(joined, compareFolded)
	return slices.Compact(joined), nil
}
