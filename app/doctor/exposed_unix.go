//go:build unix

package doctor

import "os"

// exposed is path when other accounts may get at it, else empty. Data files are 0600, folders 0700.
func exposed(path string) string {
	info, err := os.Lstat(path)
	if err != nil || info.Mode().Perm()&0o077 == 0 || info.Mode()&os.ModeSymlink != 0 {
		return ""
	}
	return path
}
