package whole_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"tapstation/app/whole"
)

func say(words string) func(io.Writer) error {
	return func(w io.Writer) error { _, err := io.WriteString(w, words); return err }
}

func TestFileTakesThePlaceOfAnother(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users.csv")
	for _, words := range []string{"first", "second, longer than the first"} {
		if err := whole.Write(path, say(words)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != words {
			t.Errorf("the file holds %q, %v, want %q", got, err, words)
		}
	}
}

func TestWhatFailsLeavesWhatWasThereAndNothingElse(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "users.csv")
	if err := whole.Write(path, say("first")); err != nil {
		t.Fatal(err)
	}
	full := errors.New("the disk is full")
	err := whole.Write(path, func(w io.Writer) error { return errors.Join(say("half of the")(w), full) })
	if !errors.Is(err, full) {
		t.Errorf("Write = %v, want the error of whoever writes", err)
	}
	if got, _ := os.ReadFile(path); string(got) != "first" {
		t.Errorf("the file holds %q, want what was there", got)
	}
	if left, _ := os.ReadDir(folder); len(left) != 1 {
		t.Errorf("the folder holds %v, want the one file", left)
	}
}

func TestOnlyAFileIsReplaced(t *testing.T) {
	folder := t.TempDir()
	if err := whole.Write(folder, say("x")); !errors.Is(err, whole.ErrNotAFile) {
		t.Errorf("Write over a folder = %v, want ErrNotAFile", err)
	}
	if err := whole.Write(filepath.Join(folder, "no", "such", "folder"), say("x")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Write in a folder that is not there = %v, want ErrNotExist", err)
	}
	if left, _ := os.ReadDir(folder); len(left) != 0 {
		t.Errorf("the folder holds %v, want nothing", left)
	}
}

func TestLinkIsFollowed(t *testing.T) {
	folder := t.TempDir()
	path, link := filepath.Join(folder, "users.csv"), filepath.Join(folder, "link")
	if err := whole.Write(path, say("first")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if err := whole.Write(link, say("second")); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(path); string(got) != "second" {
		t.Errorf("what the link leads to holds %q, want what was written", got)
	}
}
