package command

import (
	"errors"
	"fmt"
	"io"
	"time"

	"tapstation/app/backup"
	"tapstation/app/directory"
)

type backupCommand struct {
	File string `arg:"" help:"File to make; one that is there is replaced when the backup is whole." type:"path"`
}

type restoreCommand struct {
	File  string `arg:"" help:"Backup to restore." type:"existingfile"`
	Check bool   `help:"Only look whether it is whole, and what is in it."`
}

// backupDocument is what backup and restore print with --json.
type backupDocument struct {
	File         string    `json:"file"`
	Workspace    string    `json:"workspace"`
	Users        int       `json:"users"`
	Keys         int       `json:"keys"`
	AuditEntries uint64    `json:"audit_entries"`
	Made         time.Time `json:"made"`
	Version      string    `json:"version"`
	Bytes        int64     `json:"bytes"` // of the directory in it
	// Kept is where the directory that was replaced is; empty where nothing was.
	Kept string `json:"kept,omitempty"`
	// Lost are settings that were sealed on another machine and have to be set again.
	Lost []string `json:"lost,omitempty"`
}

func newBackupDocument(file string, s backup.Summary) backupDocument {
	return backupDocument{File: file, Workspace: s.Workspace, Users: s.Users, Keys: s.Keys, AuditEntries: s.Entries,
		Made: s.Made, Version: s.Version, Bytes: s.Size}
}

func (d backupDocument) table(w io.Writer) {
	table(w, []string{"WORKSPACE", "USERS", "KEYS", "AUDIT ENTRIES", "MADE", "VERSION"}, [][]string{{d.Workspace,
		fmt.Sprint(d.Users), fmt.Sprint(d.Keys), fmt.Sprint(d.AuditEntries), shortly(d.Made), d.Version}})
}

// Run makes a backup.
func (c *backupCommand) Run(r *run) error {
	by, err := actor()
	if err != nil {
		return err
	}
	return r.backups(func(b *backup.Backup) error {
		s, err := b.Save(r.ctx, by, c.File, nil)
		if err != nil {
			return err
		}
		doc := newBackupDocument(c.File, s)
		return r.print(doc, func(w io.Writer) {
			doc.table(w)
			_, _ = fmt.Fprintf(w, "Kept in %s. The key that seals temporary PINs and the password of the mail server is not in it; password hashes are: guard it.\n", clean(c.File))
		})
	})
}

// Run restores a backup, or only checks it.
func (c *restoreCommand) Run(r *run) error {
	by, err := actor()
	if err != nil {
		return err
	}
	return r.backups(func(b *backup.Backup) error {
		if c.Check {
			s, err := b.Check(r.ctx, c.File)
			if err != nil {
				return err
			}
			doc := newBackupDocument(c.File, s)
			return r.print(doc, func(w io.Writer) {
				doc.table(w)
				_, _ = fmt.Fprintln(w, "The backup is whole. Nothing was changed.")
			})
		}
		s, err := b.Restore(r.ctx, by, c.File)
		if errors.Is(err, directory.ErrOfflineCache) {
			r.warn(err)
			err = nil
		}
		if err != nil {
			return err
		}
		doc := newBackupDocument(c.File, s)
		doc.Kept = b.Kept()
		if doc.Lost, err = b.Lost(r.ctx); err != nil {
			return err
		}
		return r.print(doc, func(w io.Writer) {
			doc.table(w)
			if _, _ = fmt.Fprintln(w, "Restored."); doc.Kept != "" {
				_, _ = fmt.Fprintf(w, "What it replaced is in %s.\n", clean(doc.Kept))
			}
			for _, name := range doc.Lost {
				_, _ = fmt.Fprintf(w, "%s was entered on another machine and cannot be read on this one. Enter it again: tapstation settings set %s --stdin\n", name, name)
			}
		})
	})
}

// backups runs do with the backups of this data folder, whatever the directory is like: restoring may be what mends it.
func (r *run) backups(do func(*backup.Backup) error) (err error) {
	folder, err := r.folder()
	if err != nil {
		return err
	}
	s, end := r.Open(folder)
	defer func() { err = errors.Join(err, end()) }()
	return do(s.Backup)
}
