package directory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tapstation/app/audit"
)

// batch is how many users one transaction changes: more would keep other writers waiting and fill memory.
const batch = 500

// UpdateGroup gives the named group the name, description and default settings of g; its members follow a new name. It
// fails with *InvalidError, with ErrNotFound, and with ErrExists where another group has the new name. What is kept
// first is the group; members follow in batches, and a crash in between is made good by Reconcile.
func (d *Directory) UpdateGroup(ctx context.Context, by, name string, g Group) error {
	if err := invalid(ValidateGroup(g)); err != nil {
		return err
	}
	renamed := false
	err := d.settled(ctx, by, name, func(tx Tx, now time.Time, old Group) error {
		kept := Group{Name: g.Name, Description: g.Description, Defaults: g.Defaults, Created: old.Created}
		if renamed = kept.Name != old.Name; renamed {
			kept.Was = old.Name
		}
		return replaceGroup(tx, by, now, old, kept)
	})
	if err == nil && renamed {
		err = d.follow(ctx, by, g.Name)
	}
	if err != nil {
		return fmt.Errorf("change group %q: %w", name, err)
	}
	return nil
}

func replaceGroup(tx Tx, by string, now time.Time, old, kept Group) error {
	detail := map[string]string{"group": kept.Name}
	var changed []string
	if kept.Name != old.Name {
		detail["from"], detail["to"] = old.Name, kept.Name
		changed = append(changed, "name")
	}
	if compareFolded(kept.Name, old.Name) != 0 {
		switch _, err := tx.Group(kept.Name); {
		case err == nil:
			return fmt.Errorf("%q: %w", kept.Name, ErrExists)
		case !errors.Is(err, ErrNotFound):
			return err
		}
		if err := tx.DeleteGroup(old.Name); err != nil {
			return err
		}
	}
	if kept.Description != old.Description {
		changed = append(changed, "description")
	}
	if kept.Defaults != old.Defaults {
		changed = append(changed, "defaults")
	}
	if len(changed) == 0 {
		return nil
	}
	if err := tx.PutGroup(kept); err != nil {
		return err
	}
	detail["fields"] = strings.Join(changed, ",")
	return tx.AppendAudit(audit.Entry{Time: now, Actor: by, Act: audit.GroupChanged, Detail: detail})
}

// follow has the members of a renamed group bear its new name.
func (d *Directory) follow(ctx context.Context, by, name string) error {
	for after, more := "", true; more; {
		err := d.change(ctx, by, ManageUsers, func(tx Tx, _ time.Time) error {
			g, err := tx.Group(name)
			if err != nil || g.Was == "" {
				more = false
				return err
			}
			page, err := tx.Users(UserQuery{Group: g.Was, After: after, Limit: batch})
			if err != nil {
				return err
			}
			for _, u := range page.Users {
				u.Groups = withoutGroup(withoutGroup(u.Groups, g.Was), g.Name)
				u.Groups = sortedGroups(append(u.Groups, g.Name))
				if err := tx.PutUser(u); err != nil {
					return err
				}
			}
			// The members of a name that is only written otherwise are still there when they have followed.
			if more = page.Next != ""; more {
				after = page.Next
				return nil
			}
			g.Was = ""
			return tx.PutGroup(g)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// settled runs do in one transaction on a group whose members all bear its name.
func (d *Directory) settled(ctx context.Context, by, name string, do func(tx Tx, now time.Time, g Group) error) error {
	for {
		renaming := false
		err := d.change(ctx, by, ManageUsers, func(tx Tx, now time.Time) error {
			g, err := tx.Group(name)
			if err != nil {
				return err
			}
			if renaming = g.Was != ""; renaming {
				return nil
			}
			return do(tx, now, g)
		})
		if err != nil || !renaming {
			return err
		}
		if err := d.follow(ctx, by, name); err != nil {
			return err
		}
	}
}

// finishRenaming goes on with what a crash has interrupted.
func (d *Directory) finishRenaming(ctx context.Context) error {
	groups, err := d.Groups(ctx)
	if err != nil {
		return err
	}
	for _, g := range groups {
		if g.Was == "" {
			continue
		}
		if err := d.follow(ctx, StationActor, g.Name); err != nil {
			return fmt.Errorf("rename group %q to %q: %w", g.Was, g.Name, err)
		}
	}
	return nil
}

// DeleteGroup takes all members out of a group, in batches, and then deletes it. It fails with ErrNotFound. After a
// crash in between the group is still there, with the members it has left.
func (d *Directory) DeleteGroup(ctx context.Context, by, name string) error {
	for gone := false; !gone; {
		err := d.settled(ctx, by, name, func(tx Tx, now time.Time, g Group) error {
			page, err := tx.Users(UserQuery{Group: g.Name, Limit: batch})
			if err != nil {
				return err
			}
			for _, u := range page.Users {
				if err := leaveGroup(tx, by, now, u, g.Name); err != nil {
					return err
				}
			}
			if gone = page.Next == ""; !gone {
				return nil
			}
			if err := tx.DeleteGroup(g.Name); err != nil {
				return err
			}
			return tx.AppendAudit(audit.Entry{Time: now, Actor: by, Act: audit.GroupDeleted,
				Detail: map[string]string{"group": g.Name}})
		})
		if err != nil {
			return fmt.Errorf("delete group %q: %w", name, err)
		}
	}
	return nil
}

// AddMembers puts users into a group and tells how many were not in it before. It fails with ErrNotFound for a group
// or a user that is not there, and with *InvalidError (field "groups") for a user who is in as many groups as can be.
// Users are changed in batches; what failed in between can be done again.
func (d *Directory) AddMembers(ctx context.Context, by, group string, userIDs []string) (changed int, err error) {
	return d.changeMembers(ctx, by, group, userIDs, func(tx Tx, now time.Time, u User, name string) (bool, error) {
		if inGroup(u, name) {
			return false, nil
		}
		if len(u.Groups) >= MaxGroups {
			return false, &InvalidError{Fields: []FieldError{{"groups", TooMany, MaxGroups}}}
		}
		u.Groups, u.Changed = sortedGroups(append(u.Groups, name)), now
		if err := tx.PutUser(u); err != nil {
			return false, err
		}
		return true, tx.AppendAudit(audit.Entry{Time: now, Actor: by, Act: audit.MembersAdded, User: u.ID,
			Detail: map[string]string{"group": name}})
	})
}

// RemoveMembers takes users out of a group and tells how many were in it. Errors and batches as with AddMembers.
func (d *Directory) RemoveMembers(ctx context.Context, by, group string, userIDs []string) (changed int, err error) {
	return d.changeMembers(ctx, by, group, userIDs, func(tx Tx, now time.Time, u User, name string) (bool, error) {
		if !inGroup(u, name) {
			return false, nil
		}
		return true, leaveGroup(tx, by, now, u, name)
	})
}

func (d *Directory) changeMembers(ctx context.Context, by, group string, userIDs []string,
	change func(tx Tx, now time.Time, u User, name string) (bool, error)) (changed int, err error) {
	for first := true; first || len(userIDs) > 0; first = false {
		part := userIDs[:min(batch, len(userIDs))]
		userIDs = userIDs[len(part):]
		n := 0
		err := d.change(ctx, by, ManageUsers, func(tx Tx, now time.Time) error {
			n = 0
			g, err := tx.Group(group)
			if err != nil {
				return err
			}
			for _, id := range part {
				u, err := tx.User(id)
				if err == nil {
					var did bool
					if did, err = change(tx, now, u, g.Name); did {
						n++
					}
				}
				if err != nil {
					return fmt.Errorf("user %q: %w", id, err)
				}
			}
			return nil
		})
		if err != nil {
			return changed, fmt.Errorf("change the members of group %q: %w", group, err)
		}
		changed += n
	}
	return changed, nil
}

func leaveGroup(tx Tx, by string, now time.Time, u User, name string) error {
	u.Groups, u.Changed = withoutGroup(u.Groups, name), now
	if err := tx.PutUser(u); err != nil {
		return err
	}
	return tx.AppendAudit(audit.Entry{Time: now, Actor: by, Act: audit.MembersRemoved, User: u.ID,
		Detail: map[string]string{"group": name}})
}

func inGroup(u User, name string) bool {
	return slices.ContainsFunc(u.Groups, func(g string) bool { return compareFolded(g, name) == 0 })
}

func withoutGroup(groups []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(groups), func(g string) bool { return compareFolded(g, name) == 0 })
}

func sortedGroups(groups []string) []string {
	slices.SortFunc(groups, compareFolded)
	return groups
}
