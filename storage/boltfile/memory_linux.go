package boltfile

import (
	"go.etcd.io/bbolt"
	"golang.org/x/sys/unix"
)

// LookAway tells the system that what a transaction has looked at in the file need not stay in sight. The file is mapped
// into memory, and what is in sight of it counts as this process's: Linux from 6.18 on has all of a large page in sight
// where one byte of it is looked at, which may be 2 MB, so that a few hundred records would weigh as much as the file.
// What is looked at again comes back from the system's cache. Bytes of the file that are held stay as they are.
//
// What goes wrong here costs memory and nothing else.
func LookAway(tx *bbolt.Tx) {
	_, _, _ = unix.Syscall(unix.SYS_MADVISE, tx.DB().Info().Data, uintptr(tx.Size()), unix.MADV_DONTNEED)
}
