//go:build !windows

package boltfile

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestFileAndFolderBelongToTheirOwnerOnly(t *testing.T) {
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	f := newFile(t)
	mustPut(t, f, "a", "1")
	for path, want := range map[string]fs.FileMode{f.path: 0o600, filepath.Dir(f.path): 0o700, filepath.Dir(filepath.Dir(f.path)): 0o700} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", filepath.Base(path), got, want)
		}
	}
	left, err := os.ReadDir(filepath.Dir(f.path))
	if err != nil || len(left) != 1 {
		t.Errorf("the folder holds %v, want the file alone (%v)", left, err)
	}
}
