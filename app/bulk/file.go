package bulk

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// OnDisk is the file at a path. It fails with ErrNotAFile for a folder, a device and what else is none, without opening
// it: opening some of those waits for ever.
func OnDisk(path string) (File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return File{}, fmt.Errorf("look at the file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return File{}, notAFile(path)
	}
	return File{Name: filepath.Base(path), Size: info.Size(), Open: func() (io.ReadCloser, error) {
		f, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("open the file: %w", err)
		}
		if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
			return nil, errors.Join(notAFile(path), err, f.Close())
		}
		return f, nil
	}}, nil
}

func notAFile(path string) error { return &fs.PathError{Op: "read", Path: path, Err: ErrNotAFile} }

// metered is a file while it is read: it ends with its context, counts, and knows what it has read by a digest.
type metered struct {
	io.Closer
	ctx    context.Context
	r      io.Reader
	digest hash.Hash
	read   int64
}

func meter(ctx context.Context, f File) (*metered, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	return &metered{Closer: r, ctx: ctx, r: r, digest: sha256.New()}, nil
}

func (m *metered) Read(p []byte) (int, error) {
	if err := m.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := m.r.Read(p)
	m.digest.Write(p[:n]) // never fails (hash.Hash)
	m.read += int64(n)
	return n, err
}

func (m *metered) sum() [32]byte { return [32]byte(m.digest.Sum(nil)) }

// sumOf reads all of a file for its digest.
func sumOf(ctx context.Context, f File) (sum [32]byte, err error) {
	m, err := meter(ctx, f)
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	if _, err := io.Copy(io.Discard, m); err != nil {
		return sum, fmt.Errorf("read the file: %w", err)
	}
	return m.sum(), nil
}
