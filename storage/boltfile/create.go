package boltfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// create makes the file, complete with its schema, beside its place and then puts it there under its name: nobody
// ever sees half a file, and when two programs do this at once, one of them wins and both go on with its file.
func (f *File) create() error {
	dir := filepath.Dir(f.path)
	if err := makeDir(dir); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	temp, err := os.CreateTemp(dir, "."+filepath.Base(f.path)+".*.new") // 0600
	if err != nil {
		return fmt.Errorf("make the file: %w", err)
	}
	defer os.Remove(temp.Name())
	if err := temp.Close(); err != nil {
		return fmt.Errorf("make the file: %w", err)
	}
	if err := f.fill(temp.Name()); err != nil {
		return fmt.Errorf("make the file: %w", err)
	}
	switch err := f.link(temp.Name(), f.path); {
	case err == nil, errors.Is(err, fs.ErrExist):
	default:
		// A file system without hard links: the file is made in its place, which is as good unless the power
		// fails in that very moment.
		if err := f.fill(f.path); err != nil {
			return fmt.Errorf("make the file: %w", err)
		}
	}
	if err := syncDir(dir); err != nil {
		return fmt.Errorf("make the file: %w", err)
	}
	return nil
}

// makeDir makes a folder and those it is in, durably.
func makeDir(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	in := filepath.Dir(dir)
	if in != dir {
		if err := makeDir(in); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(in)
}

// fill gives an empty file its schema.
func (f *File) fill(path string) error {
	h, err := openHandle(path, true, true, f.opened)
	if err != nil {
		return err
	}
	defer h.close()
	tx, err := h.begin(true)
	if err != nil {
		return err
	}
	if _, err := f.schema.apply(tx); err != nil {
		return err
	}
	return tx.Commit()
}
