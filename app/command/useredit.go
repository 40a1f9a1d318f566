package command

import (
	"context"
	"errors"
	"fmt"
	"io"

	"tapstation/app"
	"tapstation/app/directory"
	"tapstation/app/enroll"
	"tapstation/app/login"
)

type userArgument struct {
	UserID string `arg:"" name:"user-id" help:"User ID."`
}

type usersShowCommand struct{ userArgument }

type usersEditCommand struct {
	userArgument
	UserName  *string  `help:"New user name." placeholder:"NAME"`
	FirstName *string  `help:"New first name." placeholder:"NAME"`
	LastName  *string  `help:"New last name." placeholder:"NAME"`
	Email     *string  `help:"New e-mail address." placeholder:"ADDRESS"`
	Group     []string `help:"This group and no others than those named so; may be given more than once. A group that is not there is made." placeholder:"NAME" sep:"none"`
	Language  *string  `help:"New language of mails, such as en or de; an empty one for the workspace's." placeholder:"TAG"`
	NoGroup   bool     `help:"No groups."`
}

type (
	usersDisableCommand struct{ userArgument }
	usersEnableCommand  struct{ userArgument }
)

type usersDeleteCommand struct {
	userArgument
	Yes bool `help:"Delete without asking."`
}

// Run shows one user.
func (c *usersShowCommand) Run(r *run) error {
	return r.directory(func(ctx context.Context, s *app.Station) error {
		u, keys, err := s.Directory.User(ctx, c.UserID)
		if err != nil {
			return userError(c.UserID, err)
		}
		doc := userRow{newUserDocument(u), keyDocuments(keys)}
		return r.print(doc, func(w io.Writer) {
			usersTable(w, usersDocument{Users: []userRow{doc}})
			if u.Language != "" {
				_, _ = fmt.Fprintf(w, "\nLanguage of mails: %s\n", clean(u.Language)) // a strings.Builder takes everything
			}
			if len(keys) > 0 {
				_, _ = fmt.Fprintln(w)
				keysTable(w, keysDocument{Keys: doc.Keys})
			}
		})
	})
}

// Run changes what is known of a user.
func (c *usersEditCommand) Run(r *run) error {
	switch {
	case c.NoGroup && c.Group != nil:
		return misuse("--group and --no-group exclude each other")
	case c.UserName == nil && c.FirstName == nil && c.LastName == nil && c.Email == nil && c.Group == nil && c.Language == nil && !c.NoGroup:
		return misuse("say what is to be changed: --user-name, --first-name, --last-name, --email, --group, --no-group or --language")
	}
	return r.changeUser(c.UserID, "changed", func(ctx context.Context, d *directory.Directory, by string) (directory.User, error) {
		return d.ChangeUser(ctx, by, c.UserID, c.put)
	})
}

// put takes over what the flags say.
func (c *usersEditCommand) put(u *directory.User) {
	for _, f := range []struct{ to, from *string }{
		{&u.UserName, c.UserName}, {&u.FirstName, c.FirstName}, {&u.LastName, c.LastName}, {&u.Email, c.Email}, {&u.Language, c.Language},
	} {
		if f.from != nil {
			*f.to = *f.from
		}
	}
	if c.Group != nil || c.NoGroup {
		u.Groups = c.Group
	}
}

// Run disables a user.
func (c *usersDisableCommand) Run(r *run) error {
	return r.changeUser(c.UserID, "disabled", func(ctx context.Context, d *directory.Directory, by string) (directory.User, error) {
		return d.SetUserDisabled(ctx, by, c.UserID, true)
	})
}

// Run enables a user.
func (c *usersEnableCommand) Run(r *run) error {
	return r.changeUser(c.UserID, "enabled", func(ctx context.Context, d *directory.Directory, by string) (directory.User, error) {
		return d.SetUserDisabled(ctx, by, c.UserID, false)
	})
}

// changeUser makes one change and prints the user as they are then.
func (r *run) changeUser(id, what string, change func(context.Context, *directory.Directory, string) (directory.User, error)) error {
	by, err := actor()
	if err != nil {
		return err
	}
	return r.directory(func(ctx context.Context, s *app.Station) error {
		u, err := change(ctx, s.Directory, by)
		if err != nil {
			return userError(id, err)
		}
		return r.print(newUserDocument(u), func(w io.Writer) { _, _ = fmt.Fprintf(w, "%s is %s.\n", clean(u.ID), what) })
	})
}

// errUnconfirmed is what destroys something and nobody has agreed to.
var errUnconfirmed = errors.New("it is not done without a confirmation")

// deletedDocument is what users delete --json prints.
type deletedDocument struct {
	UserID string        `json:"user_id"`
	Keys   []keyDocument `json:"keys"` // those that went with the user, as they were
}

// Run deletes a user.
func (c *usersDeleteCommand) Run(r *run) error {
	by, err := actor()
	if err != nil {
		return err
	}
	return r.directory(func(ctx context.Context, s *app.Station) error {
		u, keys, err := s.Directory.User(ctx, c.UserID)
		if err != nil {
			return userError(c.UserID, err)
		}
		if !c.Yes {
			if err := r.agreed(ctx, fmt.Sprintf("This deletes %s (%s) for good, and ends their %s. The record of what was done stays.",
				u.DisplayName(), u.ID, countOf(len(keys), "security key", "security keys")), u.ID); err != nil {
				return fmt.Errorf("delete user %q: %w", u.ID, err)
			}
		}
		if err := s.Directory.DeleteUser(ctx, by, u.ID); err != nil {
			return userError(c.UserID, err)
		}
		return r.print(deletedDocument{u.ID, keyDocuments(keys)}, func(w io.Writer) {
			_, _ = fmt.Fprintf(w, "%s is deleted.\n", clean(u.ID))
		})
	})
}

// agreed has a person at the terminal type a word before what destroys something. Where nobody can be asked, nobody agrees.
func (r *run) agreed(ctx context.Context, warning, word string) error {
	s, err := r.secrets(ctx, false)
	if err != nil {
		return err
	}
	if !s.terminal() {
		return errUnconfirmed
	}
	yes, err := s.confirm(ctx, warning, word)
	if err == nil && !yes {
		err = enroll.ErrCancelled
	}
	return err
}

// userError says of which user an error is.
func userError(id string, err error) error {
	if errors.Is(err, directory.ErrNotFound) {
		return fmt.Errorf("user %q: %w", id, login.ErrUnknownUser)
	}
	return err
}

// countOf is a number of things in words.
func countOf(n int, one, several string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, several)
}
