package directory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tapstation/app/audit"
)

// maxDescription is the longest description of a group, in Unicode code points.
const maxDescription = 256

// Groups are all groups, by name.
func (d *Directory) Groups(ctx context.Context) ([]Group, error) {
	var groups []Group
	err := d.Store.View(ctx, func(tx Tx) (err error) {
		groups, err = tx.Groups()
		return err
	})
	return groups, err
}

// AddGroup keeps a new group. It fails with *InvalidError (fields "name", "description") and ErrExists.
func (d *Directory) AddGroup(ctx context.Context, by string, g Group) error {
	var wrong []FieldError
	if p := checkGroupName(g.Name); p != "" {
		wrong = append(wrong, FieldError{"name", p, limitOf(p, MaxGroupName)})
	}
	if p := checkText(g.Description, maxDescription); p != "" {
		wrong = append(wrong, FieldError{"description", p, limitOf(p, maxDescription)})
	}
	if err := invalid(wrong); err != nil {
		return err
	}
	err := d.change(ctx, by, ManageUsers, func(tx Tx, now time.Time) error {
		switch _, err := tx.Group(g.Name); {
		case err == nil:
			return ErrExists
		case !errors.Is(err, ErrNotFound):
			return err
		}
		return addGroup(tx, by, now, Group{Name: g.Name, Description: g.Description})
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
