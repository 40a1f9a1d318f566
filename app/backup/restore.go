package backup

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"tapstation/app/audit"
	"tapstation/app/directory"
)

// Check reads the whole backup at path, page by page and entry by entry, and tells what is in it. It fails with
// ErrForeign, ErrNewer and ErrDamaged, and changes nothing.
func (b *Backup) Check(ctx context.Context, path string) (Summary, error) {
	m, _, remove, err := b.unpacked(ctx, path)
	if err != nil {
		return Summary{}, fmt.Errorf("check the backup: %w", err)
	}
	remove()
	return m.summary(), nil
}

// Restore puts the backup at path in the place of the directory, after Check, and puts that on record in what was
// restored. The directory that is replaced is kept beside it, until the next is. Others may use the data folder
// meanwhile. It fails as Check does, and with directory.ErrForbidden; then nothing has changed.
func (b *Backup) Restore(ctx context.Context, by, path string) (Summary, error) {
	if err := b.mayRestore(ctx, by); err != nil {
		return Summary{}, fmt.Errorf("restore: %w", err)
	}
	m, temp, remove, err := b.unpacked(ctx, path)
	if err != nil {
		return Summary{}, fmt.Errorf("restore: %w", err)
	}
	defer remove()
	restored := b.Store.At(temp)
	err = b.Store.ReplaceBy(ctx, temp, func(old directory.Tx) error {
		head, err := b.replaced(old, by)
		if err != nil {
			return err
		}
		return restored.Update(ctx, func(tx directory.Tx) error {
			return tx.AppendAudit(audit.Entry{Time: b.now(), Actor: by, Act: audit.Restored, Detail: map[string]string{
				"file": filepath.Base(path), "made": m.Made.Format(time.RFC3339),
				"replaced_entries": strconv.FormatUint(head.Seq, 10), "replaced_hash": fmt.Sprintf("%x", head.Hash)}})
		})
	})
	if err != nil {
		return Summary{}, fmt.Errorf("restore: %w", err)
	}
	if err := b.renewKey(ctx); err != nil {
		return m.summary(), fmt.Errorf("the backup is restored: %w", err)
	}
	if err := b.Directory.Reconcile(ctx); err != nil {
		return m.summary(), fmt.Errorf("the backup is restored: %w", errors.Join(directory.ErrOfflineCache, err))
	}
	return m.summary(), nil
}

// renewKey makes another key for links and codes where the one in the backup was sealed on another machine: nobody has to
// be asked, as nothing can be done with that one any more.
func (b *Backup) renewKey(ctx context.Context) error {
	lost, err := b.Lost(ctx)
	if err != nil || b.Tickets == nil || !slices.Contains(lost, directory.TicketKey) {
		return err
	}
	return b.Tickets.RenewKey(ctx, directory.StationActor)
}

// Lost are the names of the secrets in the directory that were sealed on another machine: they have to be set again.
func (b *Backup) Lost(ctx context.Context) ([]string, error) {
	if b.Seal == nil {
		return nil, nil
	}
	lost, err := b.Directory.LostSecrets(ctx, b.Seal)
	if err != nil {
		return nil, fmt.Errorf("look for secrets of another machine: %w", err)
	}
	return lost, nil
}

// Kept is where the directory is that was replaced last; empty where none was.
func (b *Backup) Kept() string {
	path := filepath.Join(b.Folder, directoryName+".replaced")
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}

// mayRestore asks before a large file is read. A directory that cannot be read asks nobody, and only who may read the
// folder anyway can restore over it.
func (b *Backup) mayRestore(ctx context.Context, by string) error {
	err := b.Directory.Look(ctx, by, directory.Restore)
	if errors.Is(err, directory.ErrDamaged) {
		return withoutDirectory(by)
	}
	return err
}

// withoutDirectory tells who may restore where nobody can be asked what they may: who may read the data folder.
func withoutDirectory(by string) error {
	if by == directory.StationActor || strings.HasPrefix(by, directory.SystemActor) {
		return nil
	}
	return &directory.ForbiddenError{Actor: by, Right: directory.Restore}
}

// replaced is where the audit log ends that is replaced, if by may replace it.
func (b *Backup) replaced(old directory.Tx, by string) (audit.Head, error) {
	if old == nil {
		return audit.Head{}, withoutDirectory(by)
	}
	if err := directory.Allow(old, by, directory.Restore); err != nil {
		return audit.Head{}, err
	}
	head, err := old.AuditHead()
	if errors.Is(err, directory.ErrDamaged) {
		return audit.Head{}, nil // it is being replaced because of such things
	}
	return head, err
}

// unpacked is the directory of a backup in a file of its own in the data folder, checked, and what removes it.
func (b *Backup) unpacked(ctx context.Context, path string) (m manifest, temp string, remove func(), err error) {
	archive, err := openArchive(path)
	if err != nil {
		return m, "", nil, err
	}
	defer archive.Close()
	description, entry, err := parts(archive)
	if err != nil {
		return m, "", nil, err
	}
	if m, err = readManifest(description); err != nil {
		return m, "", nil, err
	}
	if err := os.MkdirAll(b.Folder, 0o700); err != nil {
		return m, "", nil, fmt.Errorf("make the data folder: %w", err)
	}
	temp, remove, err = b.scratch()
	if err != nil {
		return m, "", nil, err
	}
	if err = unpack(ctx, entry, m, temp); err == nil {
		err = b.prove(ctx, m, temp)
	}
	if err != nil {
		remove()
		return m, "", nil, err
	}
	return m, temp, remove, nil
}

// openArchive opens a zip archive, unless it says of itself that it has other than two entries: a list of millions would
// be read whole.
func openArchive(path string) (*zip.ReadCloser, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the backup: %w", err)
	}
	n, err := entriesSaid(file)
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, fmt.Errorf("open the backup: %w", err)
	}
	if n != 2 {
		return nil, ErrForeign
	}
	archive, err := zip.OpenReader(path)
	if errors.Is(err, zip.ErrFormat) {
		return nil, ErrForeign
	}
	if err != nil {
		return nil, fmt.Errorf("open the backup: %w", err)
	}
	return archive, nil
}

// entriesSaid is how many entries an archive of ours says it has, in its last bytes (APPNOTE.TXT 4.3.14 to 4.3.16; without
// a comment); 0 for what is none.
func entriesSaid(file *os.File) (uint64, error) {
	const end, locator, end64 = 22, 20, 56
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	if !info.Mode().IsRegular() || info.Size() < end {
		return 0, nil
	}
	tail := make([]byte, min(info.Size(), end+locator+end64))
	if _, err := file.ReadAt(tail, info.Size()-int64(len(tail))); err != nil {
		return 0, err
	}
	last := tail[len(tail)-end:]
	if binary.LittleEndian.Uint32(last) != 0x06054b50 {
		return 0, nil
	}
	n := uint64(binary.LittleEndian.Uint16(last[10:]))
	if n != 0xFFFF {
		return n, nil
	}
	if len(tail) < end+locator+end64 || binary.LittleEndian.Uint32(tail) != 0x06064b50 {
		return 0, nil
	}
	return binary.LittleEndian.Uint64(tail[32:]), nil
}

// parts are the two entries of a backup: there must be these and no more.
func parts(archive *zip.ReadCloser) (description, entry *zip.File, err error) {
	for _, f := range archive.File {
		switch {
		case f.Name == manifestName && description == nil:
			description = f
		case f.Name == directoryName && entry == nil:
			entry = f
		default:
			return nil, nil, ErrForeign
		}
	}
	if description == nil || entry == nil {
		return nil, nil, ErrForeign
	}
	return description, entry, nil
}

func readManifest(f *zip.File) (m manifest, err error) {
	r, err := f.Open()
	if err != nil {
		return m, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	defer r.Close()
	raw, err := io.ReadAll(io.LimitReader(r, manifestMost+1))
	if err != nil {
		return m, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if len(raw) > manifestMost || json.Unmarshal(raw, &m) != nil || m.Format != format {
		return m, ErrForeign
	}
	switch {
	case m.Version > formatVersion:
		return m, ErrNewer
	case m.Version < 1 || m.Size <= 0 || m.Size > sizeMost || len(m.SHA256) != sha256.Size || m.Users < 0 || m.Keys < 0:
		return m, fmt.Errorf("%w: its description makes no sense", ErrDamaged)
	}
	return m, nil
}

// unpack writes the directory of a backup into a new file, and never more than its description says.
func unpack(ctx context.Context, entry *zip.File, m manifest, path string) (err error) {
	r, err := entry.Open()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	defer r.Close()
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("unpack the backup: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	out := summing{file, sha256.New()}
	from := &reading{ctx, r}
	n, err := io.Copy(out, io.LimitReader(from, m.Size+1))
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil && isArchive(err):
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	case err != nil:
		return fmt.Errorf("unpack the backup: %w", err)
	case n != m.Size || !bytes.Equal(out.sum.Sum(nil), m.SHA256):
		return fmt.Errorf("%w: it is not what its description says", ErrDamaged)
	}
	if err := file.Sync(); err != nil {
		return fmt.Errorf("unpack the backup: %w", err)
	}
	return nil
}

// isArchive tells an archive that makes no sense from a disk that is full.
func isArchive(err error) bool {
	var path *os.PathError
	return !errors.As(err, &path)
}

// prove reads the whole of an unpacked directory.
func (b *Backup) prove(ctx context.Context, m manifest, path string) error {
	store := b.Store.At(path)
	if err := store.Check(ctx); err != nil {
		return refusal(ctx, err)
	}
	found := manifest{}
	if err := store.View(ctx, func(tx directory.Tx) error { return found.count(tx) }); err != nil {
		return refusal(ctx, err)
	}
	if found.Users != m.Users || found.Keys != m.Keys || found.Workspace != m.Workspace || found.AuditSeq != m.AuditSeq ||
		!bytes.Equal(found.AuditHash, m.AuditHash) {
		return fmt.Errorf("%w: its description is of another directory", ErrDamaged)
	}
	return nil
}

// refusal is what is said of a backup for what its directory was refused for.
func refusal(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, directory.ErrNewer):
		return fmt.Errorf("%w: %w", ErrNewer, err)
	case errors.Is(err, directory.ErrDamaged), errors.Is(err, audit.ErrBroken):
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}
