//go:build !darwin && !windows

package command

import (
	"os"
	"path/filepath"
)

// defaultFolder is tapstation in $XDG_DATA_HOME, or in ~/.local/share (XDG Base Directory Specification).
func defaultFolder() (string, error) {
	if base := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(base) { // a relative one is to be ignored
		return filepath.Join(base, "tapstation"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(home, ".local", "share", "tapstation"), nil
}
