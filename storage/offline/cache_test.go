package offline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.etcd.io/bbolt"

	"tapstation/app/directory"
	"tapstation/app/login"
	"tapstation/storage/boltfile"
)

var at = time.Date(2026, 3, 1, 9, 30, 0, 123456000, time.UTC)

func cached(n int, userID string) login.Cached {
	return login.Cached{KeyID: fmt.Sprintf("key%03d", n), KeyName: "Card", UserID: userID, UserHandle: []byte("handle"), RPID: "localhost",
		CredentialID: fmt.Appendf(nil, "credential%d", n), PublicKey: []byte("public"), SignCount: 7, Verification: directory.PIN, Written: at}
}

// open is a new cache that is checked when the test is over.
func open(t testing.TB) *Cache {
	t.Helper()
	c := New(filepath.Join(t.TempDir(), "data", Name))
	t.Cleanup(func() {
		if err := c.Check(context.Background()); err != nil {
			t.Errorf("the cache is not sound after the test: %v", err)
		}
	})
	return c
}

func mustPut(t testing.TB, c *Cache, keys ...login.Cached) {
	t.Helper()
	for _, k := range keys {
		if err := c.Put(context.Background(), k); err != nil {
			t.Fatal(err)
		}
	}
}

func wantKeys(t *testing.T, c *Cache, userID string, want ...login.Cached) {
	t.Helper()
	got, err := c.ByUser(t.Context(), userID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ByUser(%q) differs (-want +got):\n%s", userID, diff)
	}
}

func TestKeysAreFoundByTheirUser(t *testing.T) {
	c := open(t)
	k1, k2, k3, k4 := cached(1, "Ada"), cached(2, "ADA"), cached(3, "ad"), cached(4, "ada x")
	mustPut(t, c, k2, k4, k3, k1)
	wantKeys(t, c, "aDa", k1, k2)
	wantKeys(t, c, "ad", k3)
	wantKeys(t, c, "Ada X", k4)
	wantKeys(t, c, "a")
	wantKeys(t, c, "")
	ids, err := c.Keys(t.Context())
	if diff := cmp.Diff([]string{"key001", "key002", "key003", "key004"}, ids); diff != "" || err != nil {
		t.Errorf("Keys differs (-want +got), %v:\n%s", err, diff)
	}
}

func TestPutReplaces(t *testing.T) {
	c := open(t)
	mustPut(t, c, cached(1, "ada"))
	k := cached(1, "bob")
	k.KeyName, k.RPID, k.Verification, k.Written = "New", "example.org", directory.PINless, at.Add(time.Hour)
	mustPut(t, c, k)
	wantKeys(t, c, "ada")
	wantKeys(t, c, "bob", k)
}

func TestSignCountOnlyRises(t *testing.T) {
	c := open(t)
	k := cached(1, "ada")
	mustPut(t, c, k)
	k.SignCount = 1<<32 - 1
	mustPut(t, c, k)
	k.SignCount = 7
	mustPut(t, c, k) // what the directory knows is older
	want := k
	want.SignCount = 1<<32 - 1
	wantKeys(t, c, "ada", want)
	k.CredentialID = []byte("another credential counts anew")
	mustPut(t, c, k)
	wantKeys(t, c, "ada", k)
}

func TestForgottenKeysAreGone(t *testing.T) {
	c := open(t)
	mustPut(t, c, cached(1, "ada"), cached(2, "ada"), cached(3, "bob"))
	if err := c.Forget(t.Context(), "key001", "nothing", "key003"); err != nil {
		t.Fatal(err)
	}
	wantKeys(t, c, "ada", cached(2, "ada"))
	wantKeys(t, c, "bob")
	if ids, err := c.Keys(t.Context()); err != nil || len(ids) != 1 {
		t.Errorf("Keys = %v, %v, want one", ids, err)
	}
}

func TestNothingIsMadeUntilSomethingIsPut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", Name)
	c := New(path)
	wantKeys(t, c, "ada")
	if ids, err := c.Keys(t.Context()); err != nil || len(ids) != 0 {
		t.Errorf("Keys = %v, %v, want none", ids, err)
	}
	if err := errors.Join(c.Forget(t.Context(), "key001"), c.Contact(t.Context(), at, directory.OfflineTerms{})); err != nil {
		t.Errorf("Forget and Contact without a file: %v", err)
	}
	if err := c.Put(t.Context(), login.Cached{}); err == nil {
		t.Error("a key without IDs was put")
	}
	if _, err := os.Stat(filepath.Dir(path)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("there is a folder (%v)", err)
	}
}

// TestSeveralProgramsShareTheCache is what a window and the log-in command do.
func TestSeveralProgramsShareTheCache(t *testing.T) {
	path := filepath.Join(t.TempDir(), Name)
	c := New(path)
	mustPut(t, c, cached(0, "ada"))
	var wg sync.WaitGroup
	for p := range 4 {
		program := New(path)
		wg.Go(func() {
			for n := range 10 {
				k := cached(100+p*10+n, "bob")
				if err := program.Put(t.Context(), k); err != nil {
					t.Errorf("Put: %v", err)
				}
				if keys, err := program.ByUser(t.Context(), "ada"); err != nil || len(keys) != 1 {
					t.Errorf("ByUser: %d keys, %v", len(keys), err)
				}
			}
		})
	}
	wg.Wait()
	if keys, err := c.ByUser(t.Context(), "bob"); err != nil || len(keys) != 40 {
		t.Errorf("%d keys of 40 are there, %v", len(keys), err)
	}
}

func TestClosedCacheRefuses(t *testing.T) {
	c := New(filepath.Join(t.TempDir(), Name))
	mustPut(t, c, cached(1, "ada"))
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.ByUser(t.Context(), "ada"); err == nil {
		t.Error("ByUser worked on a closed cache")
	}
}

func TestDamageIsAnError(t *testing.T) {
	for name, spoil := range map[string]func(*bbolt.Tx) error{
		"a record that makes no sense": func(tx *bbolt.Tx) error { return tx.Bucket(keys).Put([]byte("key001"), []byte("x")) },
		"a record that is missing":     func(tx *bbolt.Tx) error { return tx.Bucket(keys).Delete([]byte("key001")) },
	} {
		c := New(filepath.Join(t.TempDir(), Name))
		mustPut(t, c, cached(1, "ada"))
		if err := c.update(t.Context(), func(tx *bbolt.Tx) (bool, error) { return true, spoil(tx) }); err != nil {
			t.Fatal(err)
		}
		if _, err := c.ByUser(t.Context(), "ada"); !errors.Is(err, directory.ErrDamaged) {
			t.Errorf("%s: ByUser: %v, want ErrDamaged", name, err)
		}
		if err := c.Check(t.Context()); !errors.Is(err, directory.ErrDamaged) {
			t.Errorf("%s: Check: %v, want ErrDamaged", name, err)
		}
	}
	c := New(filepath.Join(t.TempDir(), Name))
	mustPut(t, c, cached(1, "ada"))
	if err := c.update(t.Context(), func(tx *bbolt.Tx) (bool, error) { return true, tx.Bucket(byUser).Delete(userKey("ada", "key001")) }); err != nil {
		t.Fatal(err)
	}
	if err := c.Check(t.Context()); !errors.Is(err, directory.ErrDamaged) {
		t.Errorf("a key that its user does not find: Check: %v, want ErrDamaged", err)
	}
}

func FuzzRecord(f *testing.F) {
	raw, err := boltfile.Encode(keep(cached(1, "ada"), 1))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := boltfile.Decode[keyRecord](raw)
		if err != nil {
			return
		}
		again, err := boltfile.Encode(keep(r.cached(), r.Epoch))
		if err != nil {
			t.Fatalf("%x cannot be written again: %v", raw, err)
		}
		back, err := boltfile.Decode[keyRecord](again)
		if err != nil || cmp.Diff(r.cached(), back.cached()) != "" {
			t.Fatalf("%+v comes back as %+v, %v", r, back, err)
		}
	})
}

// BenchmarkByUser finds a user's key among many. Its budget is 1 ms among a million.
func BenchmarkByUser(b *testing.B) {
	for _, n := range []int{100, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c := open(b)
			for from := 0; from < n; from += 500 {
				err := c.update(context.Background(), func(tx *bbolt.Tx) (bool, error) {
					for i := from; i < min(from+500, n); i++ {
						k := cached(i, fmt.Sprintf("user%07d", i))
						k.KeyID = fmt.Sprintf("%032x", i)
						if err := errors.Join(tx.Bucket(byUser).Put(userKey(k.UserID, k.KeyID), nil), write(tx, k)); err != nil {
							return false, err
						}
					}
					return true, nil
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			i := 0
			for b.Loop() {
				i = (i + 7919) % n
				if keys, err := c.ByUser(context.Background(), fmt.Sprintf("user%07d", i)); err != nil || len(keys) != 1 {
					b.Fatalf("%d keys, %v", len(keys), err)
				}
			}
		})
	}
}
