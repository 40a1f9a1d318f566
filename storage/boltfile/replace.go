package boltfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"

	"tapstation/app/directory"
)

// ReplacedSuffix ends the name under which a file that was replaced is kept, until the next one is.
const ReplacedSuffix = ".replaced"

// Replace puts the file at path, which is in the same folder and which nobody else uses, in the place of this one. It
// waits for whoever uses this one and keeps others out meanwhile; do runs then, over the file that is being replaced:
// nil where there is none, or none that can be read. When do fails nothing is replaced. At every moment there is
// the old file or the new one, whole; the old one is kept beside it.
func (f *File) Replace(ctx context.Context, path string, do func(old *bbolt.Tx) error) error {
	if f.closed.Load() {
		return errClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	waiting, cancel := context.WithTimeout(ctx, f.patience)
	defer cancel()
	if err := f.gate.enter(waiting, true); err != nil {
		return f.gaveUp(ctx)
	}
	defer f.gate.leave()
	if err := f.replace(waiting, path, do); err != nil {
		if waiting.Err() != nil && errors.Is(err, waiting.Err()) {
			return f.gaveUp(ctx)
		}
		return f.wrap(err)
	}
	return nil
}

func (f *File) replace(waiting context.Context, path string, do func(old *bbolt.Tx) error) error {
	for {
		old, err := f.seize(waiting)
		if err != nil {
			return err
		}
		err = f.swap(waiting, old, path, do)
		old.letGo()
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
		// Another program has made a file where there was none: that one is to be replaced now.
	}
}

// seized is the file that is being replaced, locked.
type seized struct {
	file *os.File // nil: there is none
	tx   *bbolt.Tx
	h    *handle // nil: there is none that can be read
}

func (s *seized) letGo() {
	switch {
	case s.h != nil:
		s.h.close()
	case s.file != nil:
		unlock(s.file)
		_ = s.file.Close()
	}
}

// seize locks the file, whatever is in it.
func (f *File) seize(waiting context.Context) (*seized, error) {
	h, err := f.openExisting(waiting, true)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &seized{}, nil
	case err == nil:
		defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
		tx, err := h.begin(true)
		if err == nil {
			return &seized{file: h.file, h: h, tx: tx}, nil
		}
		if h.close(); !errors.Is(err, directory.ErrDamaged) {
			return nil, err
		}
	case !errors.Is(err, directory.ErrDamaged):
		return nil, err
	}
	var file *os.File
	err = patiently(waiting, func() (again bool, err error) {
		file, err = openLocked(f.path)
		return errors.Is(err, errLocked), err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return &seized{}, nil
	}
	if err != nil {
		return nil, err
	}
	return &seized{file: file}, nil
}

var errLocked = errors.New("locked by another program")

// openLocked opens and locks a file that bbolt cannot open.
func openLocked(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	locked, err := tryLock(file)
	if err == nil && !locked {
		err = errLocked
	}
	if err == nil {
		var same bool
		if same, err = inPlace(file, path); err == nil && !same {
			err = errLocked
		}
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// inPlace tells whether path is still the name of an open file.
func inPlace(file *os.File, path string) (bool, error) {
	opened, err := file.Stat()
	if err != nil {
		return false, err
	}
	there, err := os.Stat(path)
	if err != nil {
		return false, err
	}
	return os.SameFile(opened, there), nil
}

func (f *File) swap(waiting context.Context, old *seized, path string, do func(old *bbolt.Tx) error) error {
	err := do(old.tx)
	if err == nil {
		err = waiting.Err()
	}
	if err != nil {
		return err
	}
	if err := syncFile(path); err != nil {
		return err
	}
	dir := filepath.Dir(f.path)
	if old.file == nil {
		// A link, because it fails where another program has made a file meanwhile.
		err := f.link(path, f.path)
		switch {
		case errors.Is(err, fs.ErrExist):
			return err
		case err != nil:
			err = os.Rename(path, f.path)
		default:
			err = os.Remove(path)
		}
		return errors.Join(err, syncDir(dir))
	}
	if err := f.keep(old.file); err != nil {
		return fmt.Errorf("keep the one that is replaced: %w", err)
	}
	if err := f.rename(waiting, old, path, f.path); err != nil {
		return fmt.Errorf("put the new one in its place: %w", err)
	}
	return syncDir(dir)
}

// keep gives the file that is being replaced a second name, instead of the one that was replaced before it.
func (f *File) keep(old *os.File) error {
	temp := f.path + ReplacedSuffix + ".new"
	if err := os.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := f.link(f.path, temp); err != nil {
		// A file system without hard links.
		if err := copyWhole(old, temp); err != nil {
			return errors.Join(err, os.Remove(temp))
		}
	}
	return os.Rename(temp, f.path+ReplacedSuffix)
}

func copyWhole(from *os.File, path string) error {
	to, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	info, err := from.Stat()
	if err == nil {
		_, err = io.Copy(to, io.NewSectionReader(from, 0, info.Size()))
	}
	if err == nil {
		err = to.Sync()
	}
	return errors.Join(err, to.Close())
}

func syncFile(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

// patiently tries again as long as it is told to, after pauses that grow.
func patiently(waiting context.Context, try func() (again bool, err error)) error {
	pause := time.NewTimer(0)
	defer pause.Stop()
	<-pause.C
	for next := firstPause; ; next = min(2*next, lastPause) {
		again, err := try()
		if !again {
			return err
		}
		pause.Reset(next)
		select {
		case <-pause.C:
		case <-waiting.Done():
			return waiting.Err()
		}
	}
}
