package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"tapstation/app"
	"tapstation/app/admin"
	"tapstation/app/directory"
	"tapstation/app/login"
)

// adminDocument is an admin in a document.
type adminDocument struct {
	UserID    string     `json:"user_id"`
	Name      string     `json:"name"`
	Role      string     `json:"role"`
	TapOnly   bool       `json:"tap_only"` // has no password
	Disabled  bool       `json:"disabled"` // as a user
	Locked    bool       `json:"locked"`
	Failures  int        `json:"failures"` // wrong passwords since the last right one
	LastLogin *time.Time `json:"last_login"`
	Created   *time.Time `json:"created"`
	Changed   *time.Time `json:"changed"`
}

func newAdminDocument(l admin.Listed) adminDocument {
	return adminDocument{
		UserID: l.Admin.UserID, Name: l.User.DisplayName(), Role: string(l.Admin.Role), TapOnly: l.TapOnly, Disabled: l.User.Disabled,
		Locked: l.Admin.Locked, Failures: l.Admin.Failures, LastLogin: moment(l.Admin.LastLogin),
		Created: moment(l.Admin.Created), Changed: moment(l.Admin.Changed),
	}
}

// adminsDocument is what admins list --json prints.
type adminsDocument struct {
	Admins []adminDocument `json:"admins"`
}

// Run lists admins.
func (c *adminsListCommand) Run(r *run) error {
	return r.directory(func(ctx context.Context, s *app.Station) error {
		list, err := s.Admins.List(ctx)
		if err != nil {
			return err
		}
		doc := adminsDocument{Admins: []adminDocument{}}
		for _, l := range list {
			doc.Admins = append(doc.Admins, newAdminDocument(l))
		}
		return r.print(doc, func(w io.Writer) { adminsTable(w, doc) })
	})
}

func adminsTable(w io.Writer, doc adminsDocument) {
	rows := make([][]string, len(doc.Admins))
	for i, a := range doc.Admins {
		by, state := "password or tap", "active"
		if a.TapOnly {
			by = "tap"
		}
		switch {
		case a.Disabled:
			state = "user disabled"
		case a.Locked:
			state = "password locked"
		}
		last := time.Time{}
		if a.LastLogin != nil {
			last = *a.LastLogin
		}
		rows[i] = []string{a.UserID, a.Name, a.Role, by, state, shortly(last)}
	}
	table(w, []string{"USER ID", "NAME", "ROLE", "LOGS IN BY", "STATE", "LAST LOG-IN"}, rows)
}

// Run makes a user an admin.
func (c *adminsAddCommand) Run(r *run) error {
	if c.TapOnly && c.PasswordStdin {
		return misuse("--tap-only and --password-stdin exclude each other")
	}
	var password string
	if !c.TapOnly {
		var err error
		if password, err = r.newPassword(c.PasswordStdin); err != nil {
			return err
		}
	}
	return r.changeAdmin(c.UserID, func(ctx context.Context, a *admin.Admins, by string) error {
		return a.Add(ctx, by, c.UserID, directory.Role(c.Role), password)
	})
}

// Run gives an admin another role.
func (c *adminsRoleCommand) Run(r *run) error {
	return r.changeAdmin(c.UserID, func(ctx context.Context, a *admin.Admins, by string) error {
		return a.SetRole(ctx, by, c.UserID, directory.Role(c.Role))
	})
}

// Run gives an admin another password.
func (c *adminsPasswordCommand) Run(r *run) error {
	password, err := r.newPassword(c.PasswordStdin)
	if err != nil {
		return err
	}
	return r.changeAdmin(c.UserID, func(ctx context.Context, a *admin.Admins, by string) error {
		return a.SetPassword(ctx, by, c.UserID, "", password)
	})
}

// Run lets an admin's password be tried again.
func (c *adminsUnlockCommand) Run(r *run) error {
	return r.changeAdmin(c.UserID, func(ctx context.Context, a *admin.Admins, by string) error {
		return a.Unlock(ctx, by, c.UserID)
	})
}

// removedDocument is what admins remove --json prints.
type removedDocument struct {
	UserID string `json:"user_id"`
}

// Run makes an admin a user like others.
func (c *adminsRemoveCommand) Run(r *run) error {
	by, err := actor()
	if err != nil {
		return err
	}
	return r.directory(func(ctx context.Context, s *app.Station) error {
		if err := s.Admins.Remove(ctx, by, c.UserID); err != nil {
			return err
		}
		return r.print(removedDocument{c.UserID}, func(w io.Writer) {
			_, _ = fmt.Fprintf(w, "%s is no admin any more.\n", clean(c.UserID))
		})
	})
}

// sessionDocument is what admins check --json prints.
type sessionDocument struct {
	UserID string `json:"user_id"`
	Name   string `json:"name"`
	Role   string `json:"role"`
}

// Run logs an admin in, and no more: it is counted and on record as at the window.
func (c *adminsCheckCommand) Run(r *run) error {
	password, err := r.password(c.PasswordStdin)
	if err != nil {
		return err
	}
	return r.directory(func(ctx context.Context, s *app.Station) error {
		session, err := s.Admins.LogIn(ctx, c.UserID, password)
		if err != nil {
			return err
		}
		doc := sessionDocument{session.UserID, session.Name, string(session.Role)}
		return r.print(doc, func(w io.Writer) { _, _ = fmt.Fprintf(w, "%s logs in as %s.\n", clean(doc.UserID), doc.Role) })
	})
}

// changeAdmin makes one change and prints the admin as they are then.
func (r *run) changeAdmin(userID string, change func(ctx context.Context, a *admin.Admins, by string) error) error {
	by, err := actor()
	if err != nil {
		return err
	}
	return r.directory(func(ctx context.Context, s *app.Station) error {
		err := change(ctx, s.Admins, by)
		if errors.Is(err, directory.ErrNotFound) {
			return fmt.Errorf("user %q: %w", userID, login.ErrUnknownUser)
		}
		if err != nil {
			return err
		}
		list, err := s.Admins.List(ctx)
		if err != nil {
			return err
		}
		for _, l := range list {
			if directory.Fold(l.Admin.UserID) == directory.Fold(userID) {
				doc := newAdminDocument(l)
				return r.print(doc, func(w io.Writer) { adminsTable(w, adminsDocument{[]adminDocument{doc}}) })
			}
		}
		return fmt.Errorf("admin %q: %w", userID, admin.ErrNoAdmin)
	})
}

// errNoPassword is where no password can be had.
var errNoPassword = errors.New("a password is needed, and nobody can be asked for it")

// password asks for a password, or takes it from standard input, one line.
func (r *run) password(stdin bool) (string, error) {
	if stdin {
		return r.passwordLine()
	}
	s, err := r.secrets(r.ctx, false)
	if err != nil {
		return "", err
	}
	if !s.terminal() {
		return "", errNoPassword
	}
	return s.unseen(r.ctx, "Password: ")
}

// newPassword is password, typed twice at a terminal.
func (r *run) newPassword(stdin bool) (string, error) {
	if stdin {
		return r.passwordLine()
	}
	s, err := r.secrets(r.ctx, false)
	if err != nil {
		return "", err
	}
	if !s.terminal() {
		return "", errNoPassword
	}
	for {
		first, err := s.unseen(r.ctx, "New password: ")
		if err != nil {
			return "", err
		}
		second, err := s.unseen(r.ctx, "The same again: ")
		if err != nil {
			return "", err
		}
		if first == second {
			return first, nil
		}
		r.say("These were not the same.")
	}
}

func (r *run) passwordLine() (string, error) {
	line, err := within(r.ctx, func() (string, error) { return readLine(r.Stdin) })
	switch {
	case err != nil:
		return "", fmt.Errorf("read the password from standard input: %w", err)
	case line == "":
		return "", fmt.Errorf("standard input holds no password: %w", errNoPassword)
	case !utf8.ValidString(line):
		return "", errors.New("the password on standard input is not UTF-8")
	}
	return line, nil
}

// unseen asks for a password that is not shown.
func (s *secrets) unseen(ctx context.Context, prompt string) (string, error) {
	line, err := s.ask(ctx, func() (string, error) { return s.lines.ReadPassword(prompt) })
	if err != nil {
		return "", fmt.Errorf("ask for the password: %w", err)
	}
	return line, nil
}
