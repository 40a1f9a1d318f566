//go:build !windows

package claim

import (
	"os"
	"path/filepath"
	"testing"
)

func TestWhatIsNoFileOfOursIsLeftAlone(t *testing.T) {
	folder := t.TempDir()
	precious := filepath.Join(folder, "precious")
	if err := os.WriteFile(precious, []byte("gold"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(precious, filepath.Join(folder, "window.lock")); err != nil {
		t.Fatal(err)
	}
	if release, err := Take(folder, "window"); err == nil {
		t.Errorf("Take through a link succeeded")
		_ = release()
	}
	if raw, err := os.ReadFile(precious); string(raw) != "gold" {
		t.Errorf("what the link led to is now %q (%v)", raw, err)
	}
	if err := os.Mkdir(filepath.Join(folder, "import.lock"), 0o700); err != nil {
		t.Fatal(err)
	}
	if release, err := Take(folder, "import"); err == nil {
		t.Errorf("Take of a folder succeeded")
		_ = release()
	}
}

func TestFileIsForNobodyElse(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "data")
	release, err := Take(folder, "window")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := release(); err != nil {
			t.Error(err)
		}
	}()
	for path, want := range map[string]os.FileMode{folder: 0o700, filepath.Join(folder, "window.lock"): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v (%v), want mode %o", filepath.Base(path), info.Mode(), err, want)
		}
	}
}
