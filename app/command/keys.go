package command

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"time"

	"tapstation/app"
	"tapstation/app/directory"
)

// keyDocument is a security key in a document.
type keyDocument struct {
	KeyID        string     `json:"key_id"`
	UserID       string     `json:"user_id"`
	KeyName      string     `json:"key_name"`
	Kind         string     `json:"kind"`
	State        string     `json:"state"`
	Verification string     `json:"verification"`
	OfflineLogin bool       `json:"offline_login"`
	RPID         string     `json:"rp_id"`
	CredentialID string     `json:"credential_id"` // base64url without padding; empty while pending
	AAGUID       string     `json:"aaguid"`
	Model        string     `json:"model"`
	TemporaryPIN bool       `json:"temporary_pin"`
	Created      *time.Time `json:"created"`
	Activated    *time.Time `json:"activated"`
	LastUsed     *time.Time `json:"last_used"`
	Changed      *time.Time `json:"changed"`
}

func newKeyDocument(k directory.SecurityKey) keyDocument {
	return keyDocument{
		KeyID: k.ID, UserID: k.UserID, KeyName: k.Name, Kind: string(k.Kind), State: string(k.State),
		Verification: string(k.Verification), OfflineLogin: k.OfflineLogin, RPID: k.RPID,
		CredentialID: base64.RawURLEncoding.EncodeToString(k.Credential.ID), AAGUID: formatAAGUID(k.Credential.AAGUID),
		Model: k.Model, TemporaryPIN: k.TemporaryPIN,
		Created: moment(k.Created), Activated: moment(k.Activated), LastUsed: moment(k.LastUsed), Changed: moment(k.Changed),
	}
}

func keyDocuments(keys []directory.SecurityKey) []keyDocument {
	docs := make([]keyDocument, len(keys))
	for i, k := range keys {
		docs[i] = newKeyDocument(k)
	}
	return docs
}

// keysDocument is what keys list --json prints.
type keysDocument struct {
	Keys []keyDocument `json:"keys"`
	Next string        `json:"next"` // for --after; empty when this is all
}

// Run lists keys.
func (c *keysListCommand) Run(r *run) error {
	if c.Limit <= 0 {
		return misuse("--limit must be at least 1")
	}
	q, err := c.query(time.Now())
	if err != nil {
		return err
	}
	return r.directory(func(ctx context.Context, s *app.Station) error {
		if c.User != "" {
			u, _, err := s.Directory.User(ctx, c.User)
			if err != nil {
				return userError(c.User, err)
			}
			q.UserID = u.ID
		}
		doc := keysDocument{Keys: []keyDocument{}, Next: c.After}
		for first := true; first || doc.Next != "" && len(doc.Keys) < c.Limit; first = false {
			q.After, q.Limit = doc.Next, min(c.Limit-len(doc.Keys), maxPage)
			page, err := s.Directory.Keys(ctx, q)
			if err != nil {
				return fmt.Errorf("list keys: %w", err)
			}
			doc.Keys = append(doc.Keys, keyDocuments(page.Keys)...)
			doc.Next = page.Next
		}
		return r.print(doc, func(w io.Writer) { keysTable(w, doc) })
	})
}

// query is what the flags ask for, of keys of all users.
func (c *keysListCommand) query(now time.Time) (directory.KeyQuery, error) {
	q := directory.KeyQuery{State: directory.KeyState(c.State), Kind: directory.Kind(c.Kind),
		Verification: directory.Verification(c.Verification), TemporaryPIN: c.TemporaryPIN, Desc: c.Newest}
	switch {
	case c.UnusedDays < 0 || c.PendingDays < 0:
		return q, misuse("--unused-days and --pending-days must not be negative")
	case c.UnusedDays > 0 && (c.State != "" && q.State != directory.Active || c.PendingDays > 0):
		return q, misuse("--unused-days is about active keys")
	case c.PendingDays > 0 && c.State != "" && q.State != directory.Pending:
		return q, misuse("--pending-days is about pending keys")
	}
	if c.UnusedDays > 0 {
		q.UnusedSince = now.AddDate(0, 0, -c.UnusedDays)
	}
	if c.PendingDays > 0 {
		q.State, q.MadeBefore = directory.Pending, now.AddDate(0, 0, -c.PendingDays)
	}
	return q, nil
}

func keysTable(w io.Writer, doc keysDocument) {
	rows := make([][]string, len(doc.Keys))
	for i, k := range doc.Keys {
		verification := "PIN"
		if k.Verification == string(directory.PINless) {
			verification = "PINless!"
		}
		used := time.Time{}
		if k.LastUsed != nil {
			used = *k.LastUsed
		}
		rows[i] = []string{k.KeyID, k.UserID, k.KeyName, k.Kind, k.State, verification, yesNo(k.OfflineLogin), shortly(used)}
	}
	table(w, []string{"KEY ID", "USER ID", "NAME", "KIND", "STATE", "VERIFICATION", "OFFLINE", "LAST USED"}, rows)
	more(w, doc.Next)
}

// Run renames a key.
func (c *keysRenameCommand) Run(r *run) error {
	return r.changeKey(c.KeyID, "renamed", func(ctx context.Context, d *directory.Directory, by string) (directory.SecurityKey, error) {
		return d.RenameKey(ctx, by, c.KeyID, c.Name)
	})
}

// Run disables a key.
func (c *keysDisableCommand) Run(r *run) error {
	return r.changeKey(c.KeyID, "disabled", func(ctx context.Context, d *directory.Directory, by string) (directory.SecurityKey, error) {
		return d.DisableKey(ctx, by, c.KeyID)
	})
}

// Run enables a key.
func (c *keysEnableCommand) Run(r *run) error {
	return r.changeKey(c.KeyID, "enabled", func(ctx context.Context, d *directory.Directory, by string) (directory.SecurityKey, error) {
		return d.EnableKey(ctx, by, c.KeyID)
	})
}

// Run revokes a key.
func (c *keysRevokeCommand) Run(r *run) error {
	return r.changeKey(c.KeyID, "revoked", func(ctx context.Context, d *directory.Directory, by string) (directory.SecurityKey, error) {
		return d.RevokeKey(ctx, by, c.KeyID)
	})
}

// changeKey makes one change and prints the key as it is then.
func (r *run) changeKey(id, what string, change func(context.Context, *directory.Directory, string) (directory.SecurityKey, error)) error {
	by, err := actor()
	if err != nil {
		return err
	}
	return r.directory(func(ctx context.Context, s *app.Station) error {
		k, err := change(ctx, s.Directory, by)
		if err != nil {
			return fmt.Errorf("key %q: %w", id, err)
		}
		return r.print(newKeyDocument(k), func(w io.Writer) {
			_, _ = fmt.Fprintf(w, "%q of %s is %s.\n", clean(k.Name), clean(k.UserID), what)
		})
	})
}
