//go:build !windows

package handover

import (
	"errors"
	"os"
)

// replace puts a file in the journal's place and goes on with it.
func replace(file *os.File, next string, j *Journal) error {
	if err := os.Rename(next, j.path); err != nil {
		return errors.Join(err, file.Close())
	}
	var err error
	if j.file != nil {
		err = j.file.Close()
	}
	j.file = file
	return err
}
