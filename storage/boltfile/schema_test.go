package boltfile

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"

	"tapstation/app/directory"
)

// The history of an imagined file: there is only version 1 of the real ones so far. Version 2 of things writes values
// in capitals, version 3 puts "v3:" before them; then a bucket came that counts them.

func capitals(_ *bbolt.Tx, b *bbolt.Bucket) error {
	return rewrite(b, bytes.ToUpper)
}

func prefixed(_ *bbolt.Tx, b *bbolt.Bucket) error {
	return rewrite(b, func(v []byte) []byte { return append([]byte("v3:"), v...) })
}

func rewrite(b *bbolt.Bucket, change func([]byte) []byte) error {
	changed := map[string][]byte{}
	if err := b.ForEach(func(k, v []byte) error { changed[string(k)] = change(v); return nil }); err != nil {
		return err
	}
	for k, v := range changed {
		if err := b.Put([]byte(k), v); err != nil {
			return err
		}
	}
	return nil
}

func count(tx *bbolt.Tx, b *bbolt.Bucket) error {
	return b.Put([]byte("count"), fmt.Append(nil, tx.Bucket(things).Stats().KeyN))
}

func thingsAt(version int) Bucket {
	return Bucket{Name: "things", Steps: []func(*bbolt.Tx, *bbolt.Bucket) error{capitals, prefixed}[:version-1]}
}

var (
	version1 = Schema{Format: "test", Buckets: []Bucket{thingsAt(1)}}
	version2 = Schema{Format: "test", Buckets: []Bucket{thingsAt(2)}}
	version3 = Schema{Format: "test", Buckets: []Bucket{thingsAt(3), {Name: "counts", Fill: count}}}
)

func read(t *testing.T, f *File) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := f.View(t.Context(), func(tx *bbolt.Tx) error {
		for _, name := range []string{"things", "counts"} {
			if b := tx.Bucket([]byte(name)); b != nil {
				if err := b.ForEach(func(k, v []byte) error { found[string(k)] = string(v); return nil }); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("View: %v", err)
	}
	return found
}

func TestOlderFilesAreBroughtUpToDate(t *testing.T) {
	for name, from := range map[string]Schema{"version 1": version1, "version 2": version2, "version 3": version3} {
		for _, by := range []string{"reader", "writer"} {
			t.Run(name+" by a "+by, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "test.db")
				old := New(path, from)
				stored := map[string]string{"version 1": "one", "version 2": "ONE", "version 3": "v3:ONE"}[name]
				mustPut(t, old, "a", stored)
				if name == "version 3" {
					if err := old.Update(t.Context(), func(tx *bbolt.Tx) (bool, error) {
						return true, tx.Bucket([]byte("counts")).Put([]byte("count"), []byte("1"))
					}); err != nil {
						t.Fatal(err)
					}
				}
				now := New(path, version3)
				want := map[string]string{"a": "v3:ONE", "count": "1"}
				if by == "writer" {
					mustPut(t, now, "b", "v3:TWO")
					want["b"] = "v3:TWO"
				}
				if got := read(t, now); fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("the file holds %v, want %v", got, want)
				}
				if got := read(t, now); fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("the second time the file holds %v, want %v: steps must be taken once", got, want)
				}
			})
		}
	}
}

func TestNewFileTakesNoSteps(t *testing.T) {
	f := New(filepath.Join(t.TempDir(), "test.db"), version3)
	mustPut(t, f, "a", "v3:ONE")
	if got := read(t, f)["a"]; got != "v3:ONE" {
		t.Errorf("a new file holds %q, want what was put", got)
	}
}

func TestFailedStepChangesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	old := New(path, version1)
	mustPut(t, old, "a", "one")
	broken := errors.New("broken")
	fails := version3
	fails.Buckets = []Bucket{thingsAt(3), {Name: "counts", Fill: func(*bbolt.Tx, *bbolt.Bucket) error { return broken }}}
	f := New(path, fails)
	for range 2 {
		if err := f.View(t.Context(), func(*bbolt.Tx) error { return nil }); !errors.Is(err, broken) {
			t.Errorf("View: %v, want the error of the step", err)
		}
		if err := put(f, "b", "two"); !errors.Is(err, broken) {
			t.Errorf("Update: %v, want the error of the step", err)
		}
	}
	if got := read(t, old); fmt.Sprint(got) != fmt.Sprint(map[string]string{"a": "one"}) {
		t.Errorf("the file holds %v, want it as it was", got)
	}
}

func TestNewerFilesAreRefused(t *testing.T) {
	for name, newer := range map[string]Schema{
		"a bucket of a later version": {Format: "test", Buckets: []Bucket{thingsAt(2)}},
		"a bucket nobody knows":       {Format: "test", Buckets: []Bucket{thingsAt(1), {Name: "later"}}},
	} {
		path := filepath.Join(t.TempDir(), "test.db")
		mustPut(t, New(path, newer), "a", "1")
		f := New(path, version1)
		if _, err := get(f, "a"); !errors.Is(err, directory.ErrNewer) {
			t.Errorf("%s: View gave %v, want ErrNewer", name, err)
		}
		if err := put(f, "a", "2"); !errors.Is(err, directory.ErrNewer) {
			t.Errorf("%s: Update gave %v, want ErrNewer", name, err)
		}
		if v, err := get(New(path, newer), "a"); v != "1" || err != nil {
			t.Errorf("%s: the file was changed: %q, %v", name, v, err)
		}
	}
}

func TestFileOfAnotherKindIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	mustPut(t, New(path, version1), "a", "1")
	f := New(path, Schema{Format: "something else", Buckets: []Bucket{thingsAt(1)}})
	if err := put(f, "a", "2"); !errors.Is(err, directory.ErrDamaged) {
		t.Errorf("Update of another kind of file: %v, want ErrDamaged", err)
	}
}

func TestSchemaThatMakesNoSenseIsDamage(t *testing.T) {
	for name, spoil := range map[string]func(*bbolt.Tx) error{
		"no number": func(tx *bbolt.Tx) error { return tx.Bucket(schemaBucket).Put(things, []byte{0x80}) },
		"version 0": func(tx *bbolt.Tx) error { return tx.Bucket(schemaBucket).Put(things, []byte{0}) },
		"no bucket": func(tx *bbolt.Tx) error { return tx.DeleteBucket(things) },
		"no schema": func(tx *bbolt.Tx) error { return tx.DeleteBucket(schemaBucket) },
		"no format": func(tx *bbolt.Tx) error { return tx.Bucket(schemaBucket).Delete(formatKey) },
		"a value there": func(tx *bbolt.Tx) error {
			return errors.Join(tx.DeleteBucket(things), tx.Bucket(schemaBucket).Put(things, nil))
		},
	} {
		f := New(filepath.Join(t.TempDir(), "test.db"), version1)
		mustPut(t, f, "a", "1")
		if err := f.Update(t.Context(), func(tx *bbolt.Tx) (bool, error) { return true, spoil(tx) }); err != nil {
			t.Fatal(err)
		}
		if _, err := get(f, "a"); !errors.Is(err, directory.ErrDamaged) {
			t.Errorf("%s: View gave %v, want ErrDamaged", name, err)
		}
		if err := put(f, "a", "2"); !errors.Is(err, directory.ErrDamaged) {
			t.Errorf("%s: Update gave %v, want ErrDamaged", name, err)
		}
	}
}
