package claim

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// behind is the place that is locked: far behind what is written, because Windows lets nobody read what is locked.
const behind = 1 << 30

// lock locks a file for as long as it is open, without waiting; false: somebody else has it.
func lock(file *os.File) (locked bool, err error) {
	raw, err := file.SyscallConn()
	if err != nil {
		return false, err
	}
	if controlled := raw.Control(func(fd uintptr) {
		const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
		err = windows.LockFileEx(windows.Handle(fd), flags, 0, 1, 0, &windows.Overlapped{Offset: behind})
	}); controlled != nil {
		return false, controlled
	}
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return false, nil
	}
	return err == nil, err
}
