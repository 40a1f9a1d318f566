// Package boltfile is a bbolt file that several programs share: it is opened for each transaction and closed after
// it, because bbolt locks its file for as long as it is open. Readers open it read-only and do not keep each other
// out; a writer is alone. Who has to wait does so for a bounded time and then gets directory.ErrBusy.
//
// A file says what it is and which version each of its buckets has. Older ones are brought up to date by the first
// writer or reader that meets them, all in one transaction; newer ones are refused with directory.ErrNewer, and what
// is no such file, or is damaged, with directory.ErrDamaged.
package boltfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"tapstation/app/directory"
)

const (
	// patience is how long a transaction waits for others: long enough for a burst of writers, short enough for a
	// person in front of a window.
	patience = 3 * time.Second
	// The lock of another program tells nobody when it is free. It is tried again after a pause that grows from
	// firstPause to lastPause; a transaction takes about half a millisecond.
	firstPause = 500 * time.Microsecond
	lastPause  = 10 * time.Millisecond
	// startSize is mapped, and on the first growth allocated, at once. Growing costs a sync of its own, so a small
	// file should not have to do it every few users.
	startSize = 1 << 20
)

var errClosed = errors.New("the store is closed")

// errReplaced is a file that another one was put in the place of before it could be locked.
var errReplaced = errors.New("replaced")

// errOlder is a schema that has to be brought up to date by a writer first.
var errOlder = errors.New("written by an older version")

// File is a bbolt file. It may be used by several goroutines at once. It holds nothing open between transactions.
type File struct {
	path   string
	schema Schema
	gate   gate
	closed atomic.Bool

	// Replaced by tests that need these to go wrong.
	patience time.Duration
	commit   func(*bbolt.Tx) error
	link     func(from, to string) error
	opened   func() // runs when the file is open and not yet locked
}

// New is the file at path. It touches nothing; the first Update makes the file (0600) and its folder (0700).
func New(path string, schema Schema) *File {
	return &File{path: path, schema: schema, patience: patience, commit: (*bbolt.Tx).Commit, link: os.Link, opened: func() {}}
}

// Exists tells whether the file is there and holds anything.
func (f *File) Exists() (bool, error) {
	info, err := os.Stat(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("look for the data: %w", err)
	}
	return info.Size() > 0, nil
}

// View runs do over a consistent look at the file. Where there is no file yet, do gets nil.
func (f *File) View(ctx context.Context, do func(*bbolt.Tx) error) error {
	err := f.view(ctx, do)
	if errors.Is(err, errOlder) {
		if err = f.Update(ctx, func(*bbolt.Tx) (bool, error) { return false, nil }); err == nil {
			err = f.view(ctx, do)
		}
	}
	return err
}

func (f *File) view(ctx context.Context, do func(*bbolt.Tx) error) error {
	h, leave, err := f.enter(ctx, false)
	if errors.Is(err, fs.ErrNotExist) {
		defer leave()
		return do(nil)
	}
	if err != nil {
		return err
	}
	defer leave()
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true)) // a damaged file can point outside of itself
	defer h.close()
	tx, err := h.begin(false)
	if err != nil {
		return f.wrap(err)
	}
	var state schemaState
	err = Guard(func() (err error) {
		state, err = f.schema.state(tx)
		return err
	})
	switch {
	case err != nil:
		return f.wrap(err)
	case state == schemaNone:
		return do(nil)
	case state == schemaOlder:
		return errOlder
	}
	return do(tx)
}

// Update runs do over the file alone and keeps what it changed, durably, when do says that it changed something and
// does not fail, and ctx has not ended meanwhile.
func (f *File) Update(ctx context.Context, do func(*bbolt.Tx) (changed bool, err error)) error {
	h, leave, err := f.enter(ctx, true)
	if err != nil {
		return err
	}
	defer leave()
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer h.close()
	tx, err := h.begin(true)
	if err != nil {
		return f.wrap(err)
	}
	var migrated bool
	if err := Guard(func() (err error) {
		migrated, err = f.schema.apply(tx)
		return err
	}); err != nil {
		return f.wrap(err)
	}
	changed, err := do(tx)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil || !changed && !migrated {
		return err
	}
	return f.wrap(Guard(func() error { return f.commit(tx) }))
}

// Check reads the whole file and tells what is wrong with its pages (directory.ErrDamaged).
func (f *File) Check(ctx context.Context) error {
	// Brings an older file up to date, and says what is no such file.
	if err := f.View(ctx, func(*bbolt.Tx) error { return nil }); err != nil {
		return err
	}
	h, leave, err := f.enter(ctx, false)
	if errors.Is(err, fs.ErrNotExist) {
		leave()
		return nil
	}
	if err != nil {
		return err
	}
	defer leave()
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer h.close()
	tx, err := h.begin(false)
	if err != nil {
		return f.wrap(err)
	}
	if err := walkPages(h, tx); err != nil {
		return f.wrap(err)
	}
	var errs []error
	for err := range tx.Check() {
		errs = append(errs, fmt.Errorf("%w: %w", directory.ErrDamaged, err))
	}
	return f.wrap(errors.Join(errs...))
}

// Close ends the use of the file. Transactions that run are not waited for.
func (f *File) Close() error {
	f.closed.Store(true)
	return nil
}

// wrap says which file an error is about.
func (f *File) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", filepath.Base(f.path), err)
}

// enter waits for this program's other transactions and then for other programs, and opens the file. leave must be
// called also where there is no file (fs.ErrNotExist, readers only); with any other error it is nil.
func (f *File) enter(ctx context.Context, writer bool) (*handle, func(), error) {
	if f.closed.Load() {
		return nil, nil, errClosed
	}
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	waiting, cancel := context.WithTimeout(ctx, f.patience)
	defer cancel()
	if err := f.gate.enter(waiting, writer); err != nil {
		return nil, nil, f.gaveUp(ctx)
	}
	h, err := f.open(waiting, writer)
	switch {
	case err == nil:
		return h, f.gate.leave, nil
	case errors.Is(err, fs.ErrNotExist) && !writer:
		return nil, f.gate.leave, err
	case waiting.Err() != nil && errors.Is(err, waiting.Err()):
		err = f.gaveUp(ctx)
	default:
		err = f.wrap(err)
	}
	f.gate.leave()
	return nil, nil, err
}

// gaveUp is why waiting ended: because the caller did not want to wait any longer, or because it took too long.
func (f *File) gaveUp(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return f.wrap(directory.ErrBusy)
}

// open opens the file, and makes it for a writer when it is not there.
func (f *File) open(waiting context.Context, writer bool) (*handle, error) {
	for {
		h, err := f.openExisting(waiting, writer)
		if !writer || !errors.Is(err, fs.ErrNotExist) {
			return h, err
		}
		if err := f.create(); err != nil {
			return nil, err
		}
	}
}

// openExisting opens the file when others let it.
func (f *File) openExisting(waiting context.Context, writer bool) (h *handle, err error) {
	err = patiently(waiting, func() (again bool, err error) {
		h, err = openHandle(f.path, writer, false, f.opened)
		return errors.Is(err, berrors.ErrTimeout) || errors.Is(err, errReplaced), err
	})
	return h, err
}
