package command

import (
	"os"
	"path/filepath"
)

// defaultFolder is ~/Library/Application Support/Tapstation.
func defaultFolder() (string, error) {
	base, err := os.UserConfigDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(base, "Tapstation"), nil
}
