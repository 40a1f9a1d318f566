// Package whole writes files that are there whole or not at all.
package whole

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrNotAFile is a path where something else is than a file.
var ErrNotAFile = errors.New("not a regular file")

// Write makes the file at path from what do writes, for its owner only (0600). It takes the place of a file that was
// there only when do has returned and all of it is kept on the disk; when anything fails, what was there stays. A
// symbolic link is followed.
func Write(path string, do func(io.Writer) error) (err error) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return &fs.PathError{Op: "write", Path: path, Err: ErrNotAFile}
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".tapstation-*"+filepath.Ext(path)) // 0600
	if err != nil {
		return fmt.Errorf("make the file: %w", err)
	}
	defer func() {
		if err != nil {
			_ = temp.Close() // closed already, where closing is what failed
			err = errors.Join(err, os.Remove(temp.Name()))
		}
	}()
	if err := do(temp); err != nil {
		return err
	}
	if err := temp.Sync(); err != nil {
		return fmt.Errorf("write the file: %w", err)
	}
	if err := temp.Close(); err != nil {
		return fmt.Errorf("write the file: %w", err)
	}
	if err := os.Rename(temp.Name(), path); err != nil {
		return fmt.Errorf("put the file in its place: %w", err)
	}
	return nil
}
