package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"tapstation/app"
	"tapstation/app/directory"
)

// userDocument is a user in a document.
type userDocument struct {
	UserID    string     `json:"user_id"`
	UserName  string     `json:"user_name"`
	FirstName string     `json:"first_name"`
	LastName  string     `json:"last_name"`
	Email     string     `json:"email"`
	Groups    []string   `json:"groups"`
	Language  string     `json:"language"` // of mails; empty: the workspace's
	Disabled  bool       `json:"disabled"`
	Created   *time.Time `json:"created"`
	Changed   *time.Time `json:"changed"`
}

func newUserDocument(u directory.User) userDocument {
	return userDocument{
		UserID: u.ID, UserName: u.UserName, FirstName: u.FirstName, LastName: u.LastName, Email: u.Email,
		Groups: append([]string{}, u.Groups...), Language: u.Language, Disabled: u.Disabled, Created: moment(u.Created), Changed: moment(u.Changed),
	}
}

// userRow is a user with their keys.
type userRow struct {
	userDocument
	Keys []keyDocument `json:"keys"`
}

// usersDocument is what users list --json prints.
type usersDocument struct {
	Users []userRow `json:"users"`
	Next  string    `json:"next"` // for --after; empty when this is all
}

// maxPage is the largest page a directory gives (directory.UserQuery, KeyQuery).
const maxPage = 1000

// Run lists users.
func (c *usersListCommand) Run(r *run) error {
	return r.directory(func(ctx context.Context, s *app.Station) error {
		return r.listUsers(ctx, s.Directory, directory.UserQuery{Text: c.Query, Group: c.Group}, c.pageFlags)
	})
}

// listUsers prints so many of the users that match.
func (r *run) listUsers(ctx context.Context, d *directory.Directory, q directory.UserQuery, p pageFlags) error {
	if p.Limit <= 0 {
		return misuse("--limit must be at least 1")
	}
	doc := usersDocument{Users: []userRow{}, Next: p.After}
	for first := true; first || doc.Next != "" && len(doc.Users) < p.Limit; first = false {
		q.After, q.Limit = doc.Next, min(p.Limit-len(doc.Users), maxPage)
		page, err := d.Users(ctx, q)
		if err != nil {
			return fmt.Errorf("list users: %w", err)
		}
		for _, row := range page.Rows {
			doc.Users = append(doc.Users, userRow{newUserDocument(row.User), keyDocuments(row.Keys)})
		}
		doc.Next = page.Next
	}
	return r.print(doc, func(w io.Writer) { usersTable(w, doc) })
}

func usersTable(w io.Writer, doc usersDocument) {
	rows := make([][]string, len(doc.Users))
	for i, u := range doc.Users {
		rows[i] = []string{
			u.UserID, orDash(u.UserName), orDash(strings.TrimSpace(u.FirstName + " " + u.LastName)), orDash(u.Email),
			orDash(strings.Join(u.Groups, ", ")), keysInShort(u.Keys),
		}
	}
	table(w, []string{"USER ID", "USER NAME", "NAME", "E-MAIL", "GROUPS", "KEYS"}, rows)
	more(w, doc.Next)
}

// more tells how to go on with a list that is longer.
func more(w io.Writer, next string) {
	if next != "" {
		_, _ = fmt.Fprintf(w, "There are more: --after '%s'\n", clean(next))
	}
}

// keysInShort is a user's keys in one cell. PINless keys carry their warning.
func keysInShort(keys []keyDocument) string {
	if len(keys) == 0 {
		return "-"
	}
	list := make([]string, len(keys))
	for i, k := range keys {
		notes := k.State
		if k.Verification == string(directory.PINless) {
			notes += ", PINless!"
		}
		list[i] = fmt.Sprintf("%s (%s)", k.KeyName, notes)
	}
	return strings.Join(list, ", ")
}

// Run adds a user.
func (c *usersAddCommand) Run(r *run) error {
	by, err := actor()
	if err != nil {
		return err
	}
	return r.directory(func(ctx context.Context, s *app.Station) error {
		u, err := s.Directory.AddUser(ctx, by, directory.User{
			ID: c.UserID, UserName: c.UserName, FirstName: c.FirstName, LastName: c.LastName, Email: c.Email, Groups: c.Group, Language: c.Language,
		})
		if errors.Is(err, directory.ErrExists) {
			return fmt.Errorf("user %q: %w", c.UserID, err)
		}
		if err != nil {
			return fmt.Errorf("add user %q: %w", c.UserID, err)
		}
		return r.print(newUserDocument(u), func(w io.Writer) { _, _ = fmt.Fprintf(w, "Added %s.\n", clean(u.ID)) })
	})
}
