//go:build !windows

package seal

import "io/fs"

func readableByOthers(mode fs.FileMode) bool { return mode.Perm()&0o077 != 0 }
