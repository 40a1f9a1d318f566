package boltfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime/debug"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"tapstation/app/directory"
)

var errNotAFile = errors.New("not a regular file")

// handle is the file while it is open, with its one transaction.
type handle struct {
	file *os.File // bbolt's; kept because bbolt loses it when it panics
	db   *bbolt.DB
	tx   *bbolt.Tx
}

// openHandle tries once to open and lock the file; opened is called between the two. It fails with fs.ErrNotExist, berrors.ErrTimeout when another
// program has it, errReplaced when another file came in its place meanwhile, and directory.ErrDamaged.
func openHandle(path string, writer, create bool, opened func()) (*handle, error) {
	h := &handle{}
	opts := &bbolt.Options{
		Timeout:      time.Nanosecond, // one try: bbolt itself would sleep, and not for a context
		ReadOnly:     !writer,
		NoStatistics: true,
		FreelistType: bbolt.FreelistMapType,
		OpenFile: func(name string, flag int, mode os.FileMode) (file *os.File, err error) {
			if !create {
				flag &^= os.O_CREATE
			}
			if file, err = os.OpenFile(name, flag, mode); err != nil {
				return nil, err
			}
			h.file = file
			opened()
			info, err := file.Stat()
			switch {
			case err != nil:
				return file, err
			case !info.Mode().IsRegular():
				return file, &fs.PathError{Op: "open", Path: name, Err: errNotAFile}
			case !writer && info.Size() == 0:
				return file, fs.ErrNotExist // bbolt would want to write its first pages
			}
			return file, nil
		},
	}
	if writer {
		opts.InitialMmapSize = startSize
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	err := Guard(func() (err error) {
		h.db, err = bbolt.Open(path, 0o600, opts)
		return err
	})
	if err != nil {
		h.abandon()
		return nil, damaged(err)
	}
	// What is written into a file that has no name any more is lost. From here on nobody replaces it: that needs the
	// lock.
	same, err := inPlace(h.file, path)
	if err == nil && !same {
		err = errReplaced
	}
	if err != nil {
		h.close()
		return nil, err
	}
	return h, nil
}

// begin starts the transaction. A file that is shorter than it says is refused before anything beyond its end is
// touched.
func (h *handle) begin(writable bool) (*bbolt.Tx, error) {
	err := Guard(func() (err error) {
		h.tx, err = h.db.Begin(writable)
		return err
	})
	if err != nil {
		return nil, damaged(err)
	}
	info, err := h.file.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() < h.tx.Size() {
		return nil, fmt.Errorf("%w: it is %d bytes long and should be %d", directory.ErrDamaged, info.Size(), h.tx.Size())
	}
	return h.tx, nil
}

// close ends the transaction, throwing away what was not committed, and the use of the file.
func (h *handle) close() {
	err := Guard(func() error {
		if h.tx == nil {
			return nil
		}
		if err := h.tx.Rollback(); err != nil && !errors.Is(err, berrors.ErrTxClosed) {
			return err
		}
		return nil
	})
	if err != nil {
		// bbolt holds locks of its own now, which Close would wait for for ever. The file's lock is what matters.
		h.abandon()
		return
	}
	// What can fail here is giving back what the system takes back anyway.
	_ = Guard(h.db.Close)
}

// abandon gives up a file that bbolt lost in a panic. What bbolt has mapped stays mapped, and would keep the lock with
// it; so the lock is taken off first. It does no harm to a file that is closed already.
func (h *handle) abandon() {
	if h.file != nil {
		unlock(h.file)
		_ = h.file.Close()
	}
}

// Guard turns a panic into directory.ErrDamaged. It is put around calls of bbolt, which panics on pages that make no
// sense; never around code of a caller.
func Guard(do func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", directory.ErrDamaged, r)
		}
	}()
	return do()
}

// damaged makes what bbolt says of a file that is none of its own, or not any more, directory.ErrDamaged. What the
// operating system says stays as it is.
func damaged(err error) error {
	var path *fs.PathError
	var errno syscall.Errno
	switch {
	case errors.Is(err, berrors.ErrTimeout), errors.Is(err, fs.ErrNotExist), errors.Is(err, directory.ErrDamaged),
		errors.As(err, &path), errors.As(err, &errno):
		return err
	}
	return fmt.Errorf("%w: %w", directory.ErrDamaged, err)
}
