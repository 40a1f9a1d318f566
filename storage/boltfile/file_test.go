package boltfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"tapstation/app/directory"
)

var things = []byte("things")

var testSchema = Schema{Format: "test", Buckets: []Bucket{{Name: "things"}}}

func newFile(t *testing.T) *File {
	t.Helper()
	return New(filepath.Join(t.TempDir(), "a", "b", "test.db"), testSchema)
}

func put(f *File, key, value string) error {
	return f.Update(context.Background(), func(tx *bbolt.Tx) (bool, error) {
		return true, tx.Bucket(things).Put([]byte(key), []byte(value))
	})
}

// get is the value of a key; "" when there is none.
func get(f *File, key string) (value string, err error) {
	err = f.View(context.Background(), func(tx *bbolt.Tx) error {
		if tx != nil {
			value = string(tx.Bucket(things).Get([]byte(key)))
		}
		return nil
	})
	return value, err
}

func mustPut(t *testing.T, f *File, key, value string) {
	t.Helper()
	if err := put(f, key, value); err != nil {
		t.Fatalf("put: %v", err)
	}
}

func TestLookingMakesNoFile(t *testing.T) {
	f := newFile(t)
	ran := false
	if err := f.View(t.Context(), func(tx *bbolt.Tx) error { ran = tx == nil; return nil }); err != nil || !ran {
		t.Errorf("View of a missing file: %v, run with nil: %v", err, ran)
	}
	if err := f.Check(t.Context()); err != nil {
		t.Errorf("Check of a missing file: %v", err)
	}
	if _, err := os.Stat(f.path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("there is a file after looking (%v)", err)
	}
}

func TestEmptyFileIsANewOne(t *testing.T) {
	f := newFile(t)
	if err := os.MkdirAll(filepath.Dir(f.path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(f.path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if there, err := f.Exists(); there || err != nil {
		t.Errorf("Exists = %v, %v, want false", there, err)
	}
	if v, err := get(f, "a"); v != "" || err != nil {
		t.Errorf("get = %q, %v", v, err)
	}
	mustPut(t, f, "a", "1")
	if v, err := get(f, "a"); v != "1" || err != nil {
		t.Errorf("get = %q, %v, want 1", v, err)
	}
}

func TestFileIsMadeWithoutHardLinks(t *testing.T) {
	f := newFile(t)
	f.link = func(string, string) error { return errors.ErrUnsupported }
	mustPut(t, f, "a", "1")
	if v, err := get(f, "a"); v != "1" || err != nil {
		t.Errorf("get = %q, %v, want 1", v, err)
	}
}

func TestFirstWritersAtOnceShareOneFile(t *testing.T) {
	path := newFile(t).path
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if err := put(New(path, testSchema), fmt.Sprint(i), "x"); err != nil { // each like a program of its own
				t.Errorf("put: %v", err)
			}
		})
	}
	wg.Wait()
	for i := range 8 {
		if v, err := get(New(path, testSchema), fmt.Sprint(i)); v != "x" || err != nil {
			t.Errorf("what writer %d put is %q, %v", i, v, err)
		}
	}
}

func TestNothingIsWrittenWhenNothingChanged(t *testing.T) {
	f := newFile(t)
	mustPut(t, f, "a", "1")
	commits := 0
	f.commit = func(tx *bbolt.Tx) error { commits++; return tx.Commit() }
	if err := f.Update(t.Context(), func(*bbolt.Tx) (bool, error) { return false, nil }); err != nil {
		t.Fatal(err)
	}
	if commits != 0 {
		t.Errorf("%d commits for an Update that changed nothing", commits)
	}
}

func TestFailedCommitKeepsNothingAndLeavesTheFileUsable(t *testing.T) {
	f := newFile(t)
	mustPut(t, f, "a", "1")
	full := errors.New("no space left")
	for name, commit := range map[string]func(*bbolt.Tx) error{
		"fails":  func(*bbolt.Tx) error { return full },
		"panics": func(*bbolt.Tx) error { panic("page 7: not a leaf") },
	} {
		f.commit = commit
		err := put(f, "a", "2")
		if name == "fails" && !errors.Is(err, full) || name == "panics" && !errors.Is(err, directory.ErrDamaged) {
			t.Errorf("commit %s: %v", name, err)
		}
		f.commit = (*bbolt.Tx).Commit
		if v, err := get(f, "a"); v != "1" || err != nil {
			t.Errorf("after a commit that %s: %q, %v, want 1", name, v, err)
		}
		mustPut(t, f, "b", name)
	}
}

func TestWhoMustWaitTooLongIsTold(t *testing.T) {
	f := newFile(t)
	mustPut(t, f, "a", "1")
	other := New(f.path, testSchema) // like another program
	for _, c := range []struct {
		name   string
		holder *File
		holds  func(*File, func()) error
	}{
		{"another program writes", other, (*File).holdWriting},
		{"this program writes", f, (*File).holdWriting},
	} {
		f.patience = 30 * time.Millisecond
		if err := c.holds(c.holder, func() {
			if _, err := get(f, "a"); !errors.Is(err, directory.ErrBusy) {
				t.Errorf("%s: View gave %v, want ErrBusy", c.name, err)
			}
			if err := put(f, "a", "2"); !errors.Is(err, directory.ErrBusy) {
				t.Errorf("%s: Update gave %v, want ErrBusy", c.name, err)
			}
			f.patience = time.Hour
			for _, end := range []error{context.Canceled, context.DeadlineExceeded} {
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
				if end == context.Canceled {
					ctx, cancel = context.WithCancel(t.Context())
					time.AfterFunc(20*time.Millisecond, cancel)
				}
				if err := f.View(ctx, func(*bbolt.Tx) error { return nil }); !errors.Is(err, end) {
					t.Errorf("%s: View whose context ends gave %v, want %v", c.name, err, end)
				}
				cancel()
			}
			f.patience = 30 * time.Millisecond
		}); err != nil {
			t.Fatal(err)
		}
		f.patience = patience
		if v, err := get(f, "a"); v != "1" || err != nil {
			t.Errorf("%s, after it: %q, %v, want 1", c.name, v, err)
		}
	}
	f.patience = 30 * time.Millisecond
	if err := other.View(t.Context(), func(*bbolt.Tx) error {
		if v, err := get(f, "a"); v != "1" || err != nil {
			t.Errorf("while another program reads: View gave %q, %v", v, err)
		}
		if err := put(f, "a", "2"); !errors.Is(err, directory.ErrBusy) {
			t.Errorf("while another program reads: Update gave %v, want ErrBusy", err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func (f *File) holdWriting(do func()) error {
	return f.Update(context.Background(), func(*bbolt.Tx) (bool, error) { do(); return false, nil })
}

func TestWriterGoesOnAsSoonAsReadersEnd(t *testing.T) {
	f := newFile(t)
	mustPut(t, f, "a", "1")
	for _, reader := range []*File{f, New(f.path, testSchema)} {
		wrote := make(chan error, 1)
		if err := reader.View(t.Context(), func(*bbolt.Tx) error {
			go func() { wrote <- put(f, "a", "2") }()
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if err := <-wrote; err != nil {
			t.Errorf("put: %v", err)
		}
	}
}

func TestWhatIsNoSuchFileIsRefused(t *testing.T) {
	whole := newFile(t)
	for i := range 200 {
		mustPut(t, whole, fmt.Sprint(i), strings.Repeat("x", 1000))
	}
	good, err := os.ReadFile(whole.path)
	if err != nil {
		t.Fatal(err)
	}
	var size int64 // of what is in use
	if err := whole.View(t.Context(), func(tx *bbolt.Tx) error { size = tx.Size(); return nil }); err != nil {
		t.Fatal(err)
	}
	foreign := filepath.Join(t.TempDir(), "foreign.db")
	db, err := bbolt.Open(foreign, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Update(func(tx *bbolt.Tx) error { _, err := tx.CreateBucket(things); return err }); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	foreignFile, err := os.ReadFile(foreign)
	if err != nil {
		t.Fatal(err)
	}
	overwritten := append([]byte(nil), good...)
	for i := 2 * os.Getpagesize(); i < len(overwritten); i++ {
		overwritten[i] = 0xA5
	}
	for name, content := range map[string][]byte{
		"a text":                []byte("user_id,user_name\n"),
		"a long text":           []byte(strings.Repeat("user_id,user_name\n", 2000)),
		"zeros":                 make([]byte, 65536),
		"one byte":              {0},
		"another bbolt file":    foreignFile,
		"cut off in the middle": good[:len(good)/8],
		"cut off by a byte":     good[:size-1],
		"cut off after a page":  good[:os.Getpagesize()],
		"cut off after three":   good[:3*os.Getpagesize()],
		"pages overwritten":     overwritten,
	} {
		f := New(filepath.Join(t.TempDir(), "test.db"), testSchema)
		if err := os.WriteFile(f.path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if _, err := get(f, "1"); !errors.Is(err, directory.ErrDamaged) {
				t.Errorf("%s: View gave %v, want ErrDamaged", name, err)
			}
			if err := put(f, "a", "1"); !errors.Is(err, directory.ErrDamaged) {
				t.Errorf("%s: Update gave %v, want ErrDamaged", name, err)
			}
		}
		after, err := os.ReadFile(f.path)
		if err != nil || string(after) != string(content) {
			t.Errorf("%s: the file was changed (%v)", name, err)
		}
	}
}

func TestFileThatCannotBeReadIsNotCalledDamaged(t *testing.T) {
	f := newFile(t)
	mustPut(t, f, "a", "1")
	folder := New(filepath.Dir(f.path), testSchema)
	_, err := get(folder, "a")
	var path *fs.PathError
	var errno syscall.Errno
	if errors.Is(err, directory.ErrDamaged) || !errors.As(err, &path) && !errors.As(err, &errno) {
		t.Errorf("View of a folder: %v, want what the system says", err)
	}
	under := New(filepath.Join(f.path, "test.db"), testSchema)
	if err := put(under, "a", "1"); !errors.As(err, &path) && !errors.As(err, &errno) {
		t.Errorf("Update under a file: %v, want what the system says", err)
	}
}

func TestCheckFindsBrokenPages(t *testing.T) {
	f := newFile(t)
	for i := range 50 {
		mustPut(t, f, fmt.Sprint(i), strings.Repeat("x", 500))
	}
	if err := f.Check(t.Context()); err != nil {
		t.Fatalf("Check of a sound file: %v", err)
	}
	raw, err := os.ReadFile(f.path)
	if err != nil {
		t.Fatal(err)
	}
	size := os.Getpagesize()
	for page := 2 * size; page < len(raw); page += size {
		if strings.Contains(string(raw[page:page+size]), "xxxx") {
			raw[page] ^= 0xFF // a page of records takes itself for another
		}
	}
	if err := os.WriteFile(f.path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.Check(t.Context()); !errors.Is(err, directory.ErrDamaged) {
		t.Errorf("Check of a broken file: %v, want ErrDamaged", err)
	}
}
