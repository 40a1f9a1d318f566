package boltfile

import (
	"context"
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// syncDir does nothing: Windows has no sync for folders, NTFS journals names by itself.
func syncDir(string) error { return nil }

// tryLock does nothing: see rename.
func tryLock(*os.File) (bool, error) { return true, nil }

// unlock does nothing: on Windows a lock ends with the file's handle, whatever is mapped.
func unlock(*os.File) {}

// rename gives a file the name of the old one. Windows refuses that while anybody has the old one open, us included.
// So it is let go before, and who gets in first is waited for; what they write is in the file that is kept, as if
// they had come a moment earlier.
func (f *File) rename(waiting context.Context, old *seized, from, to string) error {
	old.letGo()
	*old = seized{}
	return patiently(waiting, func() (again bool, err error) {
		err = os.Rename(from, to)
		return errors.Is(err, windows.ERROR_SHARING_VIOLATION) || errors.Is(err, windows.ERROR_ACCESS_DENIED), err
	})
}
