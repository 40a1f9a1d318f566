package boltfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"tapstation/app/directory"
)

// beside is a file in the same folder, with which one can be replaced.
func beside(t *testing.T, f *File, which string) string {
	t.Helper()
	path := filepath.Join(filepath.Dir(f.path), "next")
	mustPut(t, New(path, testSchema), "which", which)
	return path
}

func nothing(*bbolt.Tx) error { return nil }

func TestReplacedFileIsKeptOnce(t *testing.T) {
	f := newFile(t)
	mustPut(t, f, "which", "first")
	for _, links := range []bool{true, false} {
		if !links {
			f.link = func(string, string) error { return errors.ErrUnsupported }
		}
		for _, which := range []string{"second", "third"} {
			before, err := get(f, "which")
			if err != nil {
				t.Fatal(err)
			}
			seen := ""
			if err := f.Replace(t.Context(), beside(t, f, which), func(old *bbolt.Tx) error {
				seen = string(old.Bucket(things).Get([]byte("which")))
				return nil
			}); err != nil {
				t.Fatalf("Replace, hard links %v: %v", links, err)
			}
			if v, err := get(f, "which"); v != which || err != nil {
				t.Errorf("the file is the %s (%v), want the %s", v, err, which)
			}
			kept, err := get(New(f.path+ReplacedSuffix, testSchema), "which")
			if kept != before || seen != before || err != nil {
				t.Errorf("kept is the %s, seen was the %s (%v), want the %s", kept, seen, err, before)
			}
			mustPut(t, f, "more", "1") // it can be written to
		}
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(f.path), "*")); err != nil || len(left) != 2 {
		t.Errorf("in the folder are %v (%v), want the file and the one that was replaced", left, err)
	}
}

func TestMissingAndUnreadableFilesAreReplaced(t *testing.T) {
	for name, content := range map[string][]byte{
		"missing": nil, "empty": {}, "junk": bytes.Repeat([]byte("junk"), 5000), "one byte": {7},
	} {
		f := newFile(t)
		path := beside(t, f, "new")
		if content != nil {
			if err := os.WriteFile(f.path, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		asked := false
		if err := f.Replace(t.Context(), path, func(old *bbolt.Tx) error {
			asked = true
			if old != nil && old.Bucket(things) != nil {
				t.Errorf("%s: there is something in it", name)
			}
			return nil
		}); err != nil || !asked {
			t.Errorf("%s: Replace: %v (asked %v)", name, err, asked)
		}
		if v, err := get(f, "which"); v != "new" || err != nil {
			t.Errorf("%s: the file is %q (%v), want the new one", name, v, err)
		}
	}
}

func TestReplaceThatFailsChangesNothing(t *testing.T) {
	f := newFile(t)
	mustPut(t, f, "which", "old")
	path := beside(t, f, "new")
	refused := errors.New("refused")
	if err := f.Replace(t.Context(), path, func(*bbolt.Tx) error { return refused }); !errors.Is(err, refused) {
		t.Errorf("Replace that is refused: %v", err)
	}
	if err := f.Replace(t.Context(), path+"x", nothing); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Replace with nothing: %v, want ErrNotExist", err)
	}
	f.patience = 20 * time.Millisecond
	other := New(f.path, testSchema)
	if err := other.View(t.Context(), func(*bbolt.Tx) error {
		if err := f.Replace(t.Context(), path, nothing); !errors.Is(err, directory.ErrBusy) {
			t.Errorf("Replace while another program reads: %v, want ErrBusy", err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.Replace(ctx, path, nothing); !errors.Is(err, context.Canceled) {
		t.Errorf("Replace that nobody wants any more: %v, want Canceled", err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	if err := f.Replace(ctx, path, func(*bbolt.Tx) error { cancel(); return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("Replace that is given up in the middle: %v, want Canceled", err)
	}
	if v, err := get(f, "which"); v != "old" || err != nil {
		t.Errorf("the file is the %s (%v), want the old one", v, err)
	}
	if _, err := os.Stat(f.path + ReplacedSuffix); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("something was kept as replaced (%v), want nothing", err)
	}
}

// TestFileReplacedBeforeItWasLockedIsOpenedAgain replaces a file in the very moment when a reader and a writer have opened
// it and are about to lock it.
func TestFileReplacedBeforeItWasLockedIsOpenedAgain(t *testing.T) {
	for name, look := range map[string]func(*File) error{
		"reader": func(f *File) error {
			if v, err := get(f, "which"); v != "new" || err != nil {
				return fmt.Errorf("it sees the file %q: %w", v, err)
			}
			return nil
		},
		"writer": func(f *File) error { return put(f, "written", "1") },
	} {
		f := newFile(t)
		mustPut(t, f, "which", "old")
		path, replaced := beside(t, f, "new"), false
		f.opened = func() {
			if replaced {
				return
			}
			replaced = true
			if err := New(f.path, testSchema).Replace(t.Context(), path, nothing); err != nil {
				t.Error(err)
			}
		}
		if err := look(f); err != nil || !replaced {
			t.Errorf("%s: %v (replaced: %v)", name, err, replaced)
		}
		written := map[string]string{"reader": "", "writer": "1"}[name]
		if v, err := get(f, "written"); v != written || err != nil {
			t.Errorf("%s: the new file has %q (%v), want what was written", name, v, err)
		}
		if v, err := get(New(f.path+ReplacedSuffix, testSchema), "written"); v != "" || err != nil {
			t.Errorf("%s: a write went into the file that was replaced (%v)", name, err)
		}
	}
}

// TestNoWriteGoesIntoAFileThatWasReplaced replaces a file again and again under writers, each of which opens it for
// itself as a program does. Whatever one of them was told is kept must be in the file it saw.
func TestNoWriteGoesIntoAFileThatWasReplaced(t *testing.T) {
	const generations = 8
	f := newFile(t)
	mustPut(t, f, "which", "0")
	ctx, cancel := context.WithCancel(t.Context())
	var mu sync.Mutex
	kept := map[string][]string{} // by the generation that was seen
	var writers sync.WaitGroup
	for w := range 2 {
		writers.Go(func() {
			own := New(f.path, testSchema)
			for n := 0; ctx.Err() == nil; n++ {
				key, seen := fmt.Sprintf("w%d %06d", w, n), ""
				err := own.Update(ctx, func(tx *bbolt.Tx) (bool, error) {
					seen = string(tx.Bucket(things).Get([]byte("which")))
					return true, tx.Bucket(things).Put([]byte(key), []byte("1"))
				})
				if err == nil {
					mu.Lock()
					kept[seen] = append(kept[seen], key)
					mu.Unlock()
				} else if ctx.Err() == nil {
					t.Errorf("a writer during replacements: %v", err)
				}
			}
		})
	}
	process := startWriter(t, f.path)
	files := map[string]*File{}
	for g := 1; g <= generations; g++ {
		if err := f.Replace(ctx, beside(t, f, fmt.Sprint(g)), nothing); err != nil {
			t.Fatalf("Replace: %v", err)
		}
		away := filepath.Join(t.TempDir(), fmt.Sprint(g-1))
		if err := os.Rename(f.path+ReplacedSuffix, away); err != nil {
			t.Fatal(err)
		}
		files[fmt.Sprint(g-1)] = New(away, testSchema)
	}
	if err := process.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = process.Wait() // killed, which is an error
	cancel()
	writers.Wait()
	files[fmt.Sprint(generations)] = f
	total := 0
	for g, keys := range kept {
		for _, key := range keys {
			if v, err := get(files[g], key); v != "1" || err != nil {
				t.Errorf("generation %s has lost %s, which was kept in it (%v)", g, key, err)
			}
		}
		total += len(keys)
	}
	if len(kept) < 2 || total < 20 {
		t.Errorf("%d writes in %d generations: hardly anybody wrote meanwhile", total, len(kept))
	}
	for g, file := range files {
		if err := file.Check(context.Background()); err != nil {
			t.Errorf("generation %s: %v", g, err)
		}
	}
	t.Logf("%d writes in %d of %d generations", total, len(kept), generations+1)
}
