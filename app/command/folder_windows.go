package command

import (
	"os"
	"path/filepath"
)

// defaultFolder is %LocalAppData%\Tapstation: the folder belongs to this machine and must not roam, because the
// offline cache and the sealing key do not.
func defaultFolder() (string, error) {
	base, err := os.UserCacheDir() // %LocalAppData%
	if err != nil {
		return "", err
	}
	return filepath.Join(base, "Tapstation"), nil
}
