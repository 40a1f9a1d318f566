//go:build !windows

package claim

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// lock locks a file for as long as it is open, without waiting; false: somebody else has it. The lock belongs to this
// opening (flock), so that a process keeps itself out as well, and closing another opening of the file does not end it.
func lock(file *os.File) (locked bool, err error) {
	raw, err := file.SyscallConn()
	if err != nil {
		return false, err
	}
	if controlled := raw.Control(func(fd uintptr) {
		for {
			if err = unix.Flock(int(fd), unix.LOCK_EX|unix.LOCK_NB); !errors.Is(err, unix.EINTR) {
				return
			}
		}
	}); controlled != nil {
		return false, controlled
	}
	if errors.Is(err, unix.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}
