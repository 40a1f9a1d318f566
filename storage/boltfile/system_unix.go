//go:build !windows

package boltfile

import (
	"context"
	"errors"
	"os"
	"syscall"
)

// syncDir makes the names in a folder durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// tryLock locks a file as bbolt does, without waiting; false: somebody else has it.
func tryLock(file *os.File) (locked bool, err error) {
	raw, err := file.SyscallConn()
	if err != nil {
		return false, err
	}
	if controlled := raw.Control(func(fd uintptr) { err = syscall.Flock(int(fd), syscall.LOCK_EX|syscall.LOCK_NB) }); controlled != nil {
		return false, controlled
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}

// unlock takes bbolt's lock off a file.
func unlock(file *os.File) {
	if raw, err := file.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { _ = syscall.Flock(int(fd), syscall.LOCK_UN) })
	}
}

// rename gives a file the name of the old one, which stays locked until it is let go: who waits for that lock finds
// out, having it, that the file is no longer in its place.
func (f *File) rename(_ context.Context, _ *seized, from, to string) error {
	return os.Rename(from, to)
}
