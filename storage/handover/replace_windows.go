package handover

import (
	"errors"
	"os"
)

// replace puts a file in the journal's place and goes on with it. Windows renames no file that is open.
func replace(file *os.File, next string, j *Journal) error {
	err := file.Close()
	if j.file != nil {
		err = errors.Join(err, j.file.Close())
		j.file = nil
	}
	if err = errors.Join(err, os.Rename(next, j.path)); err != nil {
		return err
	}
	j.file, err = os.OpenFile(j.path, os.O_WRONLY|os.O_APPEND, 0o600)
	return err
}
