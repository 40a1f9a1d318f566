// Package backup copies the directory, while it is used, into one file, and puts such a copy back in its place.
//
// The file is a zip archive with two entries: manifest.json, which says what is in it, and station.db, the directory.
// It holds everything the directory does: users, keys, the audit log, and the password hashes of admins. Temporary PINs,
// the password of the mail server and the keys that sign mail and make links are in it sealed, and the sealing key is never
// part of it. Restored on another machine, cards whose PIN is still temporary have to be reset; what mail needs has to be
// entered again (Lost); and links and codes come from a new key: links that were mailed still work, codes do not, and what
// had not left yet has to be sent again. Whoever holds the file should guard it like the data folder.
package backup

import (
	"archive/zip"
	"cmp"
	"compress/flate"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/app/whole"
)

// What a backup file is refused for.
var (
	// ErrForeign is a file that is no backup.
	ErrForeign = errors.New("this is no backup of Tapstation")
	// ErrNewer is a backup of a version that this one does not know.
	ErrNewer = errors.New("the backup was made by a newer version")
	// ErrOther: a backup would take the place of a file that is none.
	ErrOther = errors.New("there is another file of this name, which is no backup")
	// ErrNothing: there is no directory yet.
	ErrNothing = errors.New("there is nothing to back up yet")
	// ErrDamaged is a backup that is not as it was made.
	ErrDamaged = errors.New("the backup is damaged")
)

// Backup makes and restores backups of one directory.
type Backup struct {
	Directory *directory.Directory
	Store     directory.Portable // the directory's
	Folder    string             // its data folder
	Version   string             // of the program

	Seal    directory.KeyHolder // nil: what was restored is not asked whether it can be opened here
	Tickets KeyRenewer          // nil: likewise
}

// KeyRenewer makes another key for links and codes (activation.Tickets).
type KeyRenewer interface {
	RenewKey(ctx context.Context, by string) error
}

// Summary is what is in a backup.
type Summary struct {
	Workspace string
	Users     int
	Keys      int
	Entries   uint64 // of the audit log
	Made      time.Time
	Version   string // of the program that made it
	Size      int64  // of the directory in it, in bytes
}

// manifest is the archive's description of itself.
type manifest struct {
	Format    string    `json:"format"`
	Version   int       `json:"version"`
	Made      time.Time `json:"made"`
	Program   string    `json:"program"`
	Workspace string    `json:"workspace"`
	Users     int       `json:"users"`
	Keys      int       `json:"keys"`
	AuditSeq  uint64    `json:"audit_seq"`
	AuditHash []byte    `json:"audit_hash"`
	Size      int64     `json:"size"`
	SHA256    []byte    `json:"sha256"`
}

const (
	format        = "tapstation backup"
	formatVersion = 1

	manifestName  = "manifest.json"
	directoryName = "station.db"
	manifestMost  = 64 << 10
	sizeMost      = 1 << 40
)

func (m manifest) summary() Summary {
	return Summary{Workspace: m.Workspace, Users: m.Users, Keys: m.Keys, Entries: m.AuditSeq, Made: m.Made, Version: m.Program,
		Size: m.Size}
}

// Save makes a backup in the file at path, in place of a backup that is there; the file is there whole or not at all.
// What is in it was checked: it can be restored. Progress, which may be nil, is told in bytes of the directory.
func (b *Backup) Save(ctx context.Context, by, path string, progress func(done, size int64)) (Summary, error) {
	if err := b.Directory.Look(ctx, by, directory.BackUp); err != nil {
		return Summary{}, fmt.Errorf("back up: %w", err)
	}
	if there, err := b.Store.Exists(ctx); err != nil || !there {
		return Summary{}, fmt.Errorf("back up: %w", cmp.Or(err, ErrNothing))
	}
	if err := replaceable(path); err != nil {
		return Summary{}, fmt.Errorf("back up: %w", err)
	}
	temp, remove, err := b.scratch()
	if err != nil {
		return Summary{}, fmt.Errorf("back up: %w", err)
	}
	defer remove()
	if err := b.Store.CopyTo(ctx, temp, progress); err != nil {
		return Summary{}, fmt.Errorf("back up: %w", err)
	}
	if err := b.Store.At(temp).Check(ctx); err != nil {
		return Summary{}, fmt.Errorf("back up: %w", err)
	}
	m, err := b.describe(ctx, temp)
	if err != nil {
		return Summary{}, fmt.Errorf("back up: %w", err)
	}
	if err := whole.Write(path, func(w io.Writer) error { return pack(ctx, w, m, temp) }); err != nil {
		return Summary{}, fmt.Errorf("back up: %w", err)
	}
	return m.summary(), b.Directory.Record(ctx, by, directory.BackUp, audit.Entry{Act: audit.BackedUp,
		Detail: map[string]string{"file": filepath.Base(path), "entries": strconv.FormatUint(m.AuditSeq, 10)}})
}

// replaceable tells whether a backup may be put at path: where nothing is, or a backup. Nobody means to lose the
// directory itself, or a letter, to a name that is there already.
func replaceable(path string) error {
	archive, err := openArchive(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err == nil {
		defer archive.Close()
		var description *zip.File
		if description, _, err = parts(archive); err == nil {
			_, err = readManifest(description)
		}
	}
	if errors.Is(err, ErrForeign) {
		return ErrOther
	}
	return nil // a backup, if perhaps a damaged one, or what whole.Write will say more about
}

// scratch is a name in the data folder for a copy, and what removes it. Those that a crash left behind go with the next.
func (b *Backup) scratch() (path string, remove func(), err error) {
	const pattern, stale = ".backup-*.tmp", 24 * time.Hour
	if left, err := filepath.Glob(filepath.Join(b.Folder, pattern)); err == nil {
		for _, old := range left {
			if info, err := os.Stat(old); err == nil && time.Since(info.ModTime()) > stale {
				_ = os.RemoveAll(old) // the next time, then
			}
		}
	}
	folder, err := os.MkdirTemp(b.Folder, pattern)
	if err != nil {
		return "", nil, fmt.Errorf("make room in the data folder: %w", err)
	}
	return filepath.Join(folder, directoryName), func() { _ = os.RemoveAll(folder) }, nil
}

// describe looks at a copy.
func (b *Backup) describe(ctx context.Context, path string) (m manifest, err error) {
	m = manifest{Format: format, Version: formatVersion, Made: b.now(), Program: b.Version}
	if err := b.Store.At(path).View(ctx, func(tx directory.Tx) error { return m.count(tx) }); err != nil {
		return m, err
	}
	file, err := os.Open(path)
	if err != nil {
		return m, err
	}
	defer file.Close()
	sum := sha256.New()
	if m.Size, err = io.Copy(sum, file); err != nil {
		return m, err
	}
	m.SHA256 = sum.Sum(nil)
	return m, nil
}

func (m *manifest) count(tx directory.Tx) error {
	w, err := tx.Workspace()
	if err != nil {
		return err
	}
	s, err := tx.Statistics(directory.StatisticsQuery{})
	if err != nil {
		return err
	}
	head, err := tx.AuditHead()
	if err != nil {
		return err
	}
	m.Workspace, m.Users, m.AuditSeq, m.AuditHash, m.Keys = w.Name, s.Users, head.Seq, head.Hash, 0
	for _, n := range s.Keys {
		m.Keys += n
	}
	return nil
}

func (b *Backup) now() time.Time {
	now := time.Now
	if b.Directory.Now != nil {
		now = b.Directory.Now
	}
	return now().UTC().Truncate(time.Second)
}

// pack writes the archive.
func pack(ctx context.Context, w io.Writer, m manifest, path string) error {
	archive := zip.NewWriter(w)
	archive.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	description, err := archive.Create(manifestName)
	if err != nil {
		return err
	}
	if err := json.NewEncoder(description).Encode(m); err != nil {
		return err
	}
	entry, err := archive.Create(directoryName)
	if err != nil {
		return err
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := io.Copy(entry, &reading{ctx, file}); err != nil {
		return err
	}
	return archive.Close()
}

// reading ends with its context.
type reading struct {
	ctx context.Context
	r   io.Reader
}

func (r *reading) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(b)
}

// summing is a writer that takes a sum of what goes through it.
type summing struct {
	w   io.Writer
	sum hash.Hash
}

func (s summing) Write(b []byte) (int, error) {
	s.sum.Write(b) // never fails (hash.Hash)
	return s.w.Write(b)
}
