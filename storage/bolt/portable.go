package bolt

import (
	"context"
	"errors"
	"fmt"
	"os"

	"go.etcd.io/bbolt"

	"tapstation/app/directory"
)

var _ directory.Portable = (*Store)(nil)

// CopyTo makes a copy of the store, as it is at one moment, in a new file at path.
func (s *Store) CopyTo(ctx context.Context, path string, progress func(done, size int64)) (err error) {
	to, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("make the copy: %w", err)
	}
	defer func() {
		if err = errors.Join(err, to.Close()); err != nil {
			err = errors.Join(err, os.Remove(path))
		}
	}()
	if err := s.file.Copy(ctx, to, progress); err != nil {
		return err
	}
	if err := to.Sync(); err != nil {
		return fmt.Errorf("write the copy: %w", err)
	}
	return nil
}

// At is the store that a copy holds.
func (s *Store) At(path string) directory.Portable {
	other := New(path)
	other.sizes = s.sizes
	return other
}

// ReplaceBy puts the copy at path, which is below the folder of this one, in the place of this store.
func (s *Store) ReplaceBy(ctx context.Context, path string, may func(directory.Tx) error) error {
	return s.file.Replace(ctx, path, func(old *bbolt.Tx) error {
		if old == nil {
			return may(nil)
		}
		t := &tx{ctx: ctx, b: old, sizes: s.sizes}
		defer t.end()
		return may(t)
	})
}
