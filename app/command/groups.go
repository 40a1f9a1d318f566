package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"tapstation/app"
	"tapstation/app/directory"
)

type groupsListCommand struct{}

type groupArgument struct {
	Name string `arg:"" help:"Name of the group."`
}

type groupDefaultsFlags struct {
	Verification string `help:"Of new keys of its members: pin, pinless, or default to leave it to the workspace." enum:"pin,pinless,default," default:"" placeholder:"KIND"`
	OfflineLogin string `help:"Offline Login of new keys of its members: on, off, or default to leave it to the workspace." enum:"on,off,default," default:"" placeholder:"CHOICE"`
	PINChooser   string `help:"Who chooses the PIN of new keys of its members: user_here, user_mail, or default to leave it to the workspace." name:"pin-chooser" enum:"user_here,user_mail,default," default:"" placeholder:"WHO"`
}

type groupsAddCommand struct {
	groupArgument
	Description string `help:"Description." placeholder:"TEXT"`
	groupDefaultsFlags
}

type groupsChangeCommand struct {
	groupArgument
	NewName     *string `help:"New name; the members follow." name:"name" placeholder:"NAME"`
	Description *string `help:"New description." placeholder:"TEXT"`
	groupDefaultsFlags
}

type groupsDeleteCommand struct{ groupArgument }

type groupsMembersCommand struct {
	groupArgument
	pageFlags
}

type (
	groupsAddUsersCommand struct {
		groupArgument
		UserID []string `arg:"" name:"user-id" help:"User IDs."`
	}
	groupsRemoveUsersCommand struct {
		groupArgument
		UserID []string `arg:"" name:"user-id" help:"User IDs."`
	}
)

// groupDocument is a group in a document. A default that is empty is left to the workspace.
type groupDocument struct {
	Name         string     `json:"name"`
	Description  string     `json:"description"`
	Verification string     `json:"verification"`
	OfflineLogin string     `json:"offline_login"` // on, off
	PINChooser   string     `json:"pin_chooser"`
	Created      *time.Time `json:"created"`
}

func newGroupDocument(g directory.Group) groupDocument {
	return groupDocument{Name: g.Name, Description: g.Description, Verification: string(g.Defaults.Verification),
		OfflineLogin: string(g.Defaults.OfflineLogin), PINChooser: string(g.Defaults.PINChooser), Created: moment(g.Created)}
}

// groupsDocument is what groups list --json prints.
type groupsDocument struct {
	Groups []groupDocument `json:"groups"`
}

// Run lists groups.
func (c *groupsListCommand) Run(r *run) error {
	return r.directory(func(ctx context.Context, s *app.Station) error {
		groups, err := s.Directory.Groups(ctx)
		if err != nil {
			return fmt.Errorf("list groups: %w", err)
		}
		doc := groupsDocument{Groups: make([]groupDocument, len(groups))}
		for i, g := range groups {
			doc.Groups[i] = newGroupDocument(g)
		}
		return r.print(doc, func(w io.Writer) { groupsTable(w, doc) })
	})
}

func groupsTable(w io.Writer, doc groupsDocument) {
	rows := make([][]string, len(doc.Groups))
	for i, g := range doc.Groups {
		rows[i] = []string{g.Name, orDash(oneLine(g.Description)), orDash(g.Verification), orDash(g.OfflineLogin), orDash(g.PINChooser)}
	}
	table(w, []string{"NAME", "DESCRIPTION", "VERIFICATION", "OFFLINE", "PIN CHOOSER"}, rows)
}

// Run adds a group.
func (c *groupsAddCommand) Run(r *run) error {
	return r.changeGroup(c.Name, "added", func(ctx context.Context, d *directory.Directory, by string) (string, error) {
		g := directory.Group{Name: c.Name, Description: c.Description}
		c.put(&g.Defaults)
		return g.Name, d.AddGroup(ctx, by, g)
	})
}

// Run changes a group.
func (c *groupsChangeCommand) Run(r *run) error {
	if c.NewName == nil && c.Description == nil && c.groupDefaultsFlags == (groupDefaultsFlags{}) {
		return misuse("say what is to be changed: --name, --description, --verification, --offline-login or --pin-chooser")
	}
	return r.changeGroup(c.Name, "changed", func(ctx context.Context, d *directory.Directory, by string) (string, error) {
		g, err := d.Group(ctx, c.Name)
		if err != nil {
			return "", err
		}
		if c.NewName != nil {
			g.Name = *c.NewName
		}
		if c.Description != nil {
			g.Description = *c.Description
		}
		c.put(&g.Defaults)
		return g.Name, d.UpdateGroup(ctx, by, c.Name, g)
	})
}

// put takes over what the flags say.
func (f groupDefaultsFlags) put(k *directory.KeyDefaults) {
	if f.Verification != "" {
		k.Verification = directory.Verification(unlessDefault(f.Verification))
	}
	if f.OfflineLogin != "" {
		k.OfflineLogin = directory.Choice(unlessDefault(f.OfflineLogin))
	}
	if f.PINChooser != "" {
		k.PINChooser = directory.PINChooser(unlessDefault(f.PINChooser))
	}
}

func unlessDefault(said string) string {
	if said == "default" {
		return ""
	}
	return said
}

// changeGroup makes one change, after which the group has the name that is returned, and prints the group as it is then.
func (r *run) changeGroup(name, what string, change func(context.Context, *directory.Directory, string) (string, error)) error {
	by, err := actor()
	if err != nil {
		return err
	}
	return r.directory(func(ctx context.Context, s *app.Station) error {
		now, err := change(ctx, s.Directory, by)
		var g directory.Group
		if err == nil {
			g, err = s.Directory.Group(ctx, now)
		}
		if err != nil {
			return groupError(name, err)
		}
		return r.print(newGroupDocument(g), func(w io.Writer) {
			_, _ = fmt.Fprintf(w, "Group %s is %s.\n", clean(g.Name), what)
		})
	})
}

// groupNameDocument is what groups delete --json prints.
type groupNameDocument struct {
	Name string `json:"name"`
}

// Run deletes a group.
func (c *groupsDeleteCommand) Run(r *run) error {
	by, err := actor()
	if err != nil {
		return err
	}
	return r.directory(func(ctx context.Context, s *app.Station) error {
		if err := s.Directory.DeleteGroup(ctx, by, c.Name); err != nil {
			return groupError(c.Name, err)
		}
		return r.print(groupNameDocument{c.Name}, func(w io.Writer) {
			_, _ = fmt.Fprintf(w, "Group %s is deleted; its members are still there.\n", clean(c.Name))
		})
	})
}

// Run lists the members of a group.
func (c *groupsMembersCommand) Run(r *run) error {
	return r.directory(func(ctx context.Context, s *app.Station) error {
		g, err := s.Directory.Group(ctx, c.Name)
		if err != nil {
			return groupError(c.Name, err)
		}
		return r.listUsers(ctx, s.Directory, directory.UserQuery{Group: g.Name}, c.pageFlags)
	})
}

// membersDocument is what groups add-users and remove-users --json print.
type membersDocument struct {
	Name    string `json:"name"`
	Changed int    `json:"changed"` // users who were not, or were, in the group before
}

// Run puts users into a group.
func (c *groupsAddUsersCommand) Run(r *run) error {
	return r.changeMembers(c.Name, "joined", func(ctx context.Context, d *directory.Directory, by string) (int, error) {
		return d.AddMembers(ctx, by, c.Name, c.UserID)
	})
}

// Run takes users out of a group.
func (c *groupsRemoveUsersCommand) Run(r *run) error {
	return r.changeMembers(c.Name, "left", func(ctx context.Context, d *directory.Directory, by string) (int, error) {
		return d.RemoveMembers(ctx, by, c.Name, c.UserID)
	})
}

func (r *run) changeMembers(name, what string, change func(context.Context, *directory.Directory, string) (int, error)) error {
	by, err := actor()
	if err != nil {
		return err
	}
	return r.directory(func(ctx context.Context, s *app.Station) error {
		g, err := s.Directory.Group(ctx, name)
		if err != nil {
			return groupError(name, err)
		}
		n, err := change(ctx, s.Directory, by)
		if err != nil {
			return err
		}
		return r.print(membersDocument{g.Name, n}, func(w io.Writer) {
			users := "users"
			if n == 1 {
				users = "user"
			}
			_, _ = fmt.Fprintf(w, "%d %s %s %s.\n", n, users, what, clean(g.Name))
		})
	})
}

// errUnknownGroup is a group that is not there.
var errUnknownGroup = errors.New("there is no such group")

// groupError says of which group an error is.
func groupError(name string, err error) error {
	if errors.Is(err, directory.ErrNotFound) {
		return fmt.Errorf("group %q: %w", name, errUnknownGroup)
	}
	return err
}
