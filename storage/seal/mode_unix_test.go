//go:build !windows

package seal

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestKeyFileIsItsOwnersOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	sealed := mustSeal(t, New(dir, Options{FileOnly: true}), "1", "p")
	path := filepath.Join(dir, KeyFile)
	for _, name := range []string{KeyFile, NoteFile} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, %v, want 0600", name, info.Mode(), err)
		}
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder has mode %v, %v, want 0700", info.Mode(), err)
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o660} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := New(dir, Options{FileOnly: true}).Open(sealed, "p"); !errors.Is(err, ErrKeyFile) {
			t.Errorf("a key file of mode %o was taken: %v", mode, err)
		}
	}
}
