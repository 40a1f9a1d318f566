package directory_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"tapstation/app/directory"
	"tapstation/storage/bolt"
	"tapstation/storage/offline"
)

// openBoth is a directory with an offline cache on real files.
func openBoth(t *testing.T) (*directory.Directory, *offline.Cache) {
	t.Helper()
	d := open(t)
	c := offline.New(filepath.Join(t.TempDir(), offline.Name))
	d.Offline = c
	t.Cleanup(func() {
		if err := c.Check(context.Background()); err != nil {
			t.Errorf("the cache is not sound after the test: %v", err)
		}
	})
	return d, c
}

func offlineKey(id, userID string) directory.SecurityKey {
	return directory.SecurityKey{ID: id, UserID: userID, Name: "Card", State: directory.Active, OfflineLogin: true, RPID: "localhost",
		Verification: directory.PIN, Credential: directory.Credential{ID: []byte("credential " + id), PublicKey: []byte("public"), SignCount: 3}}
}

func wantCached(t *testing.T, when string, c *offline.Cache, want ...string) {
	t.Helper()
	got, err := c.Keys(t.Context())
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%s the offline cache has %v, %v, want %v", when, got, err, want)
	}
}

func TestChangesReachTheOfflineCache(t *testing.T) {
	d, c := openBoth(t)
	u := mustAdd(t, d, directory.User{ID: "Ada"})
	for _, id := range []string{"k1", "k2"} {
		putKey(t, d, offlineKey(id, "ada"))
	}
	online := offlineKey("k3", "ada")
	online.OfflineLogin = false
	putKey(t, d, online)
	if err := d.RefreshOffline(t.Context(), "k1", "k2", "k3", "gone"); err != nil {
		t.Fatal(err)
	}
	wantCached(t, "after enrolling", c, "k1", "k2")
	cached, err := c.ByUser(t.Context(), "ada")
	if err != nil || cached[0].UserID != "Ada" || string(cached[0].UserHandle) != string(u.Handle) || cached[0].RPID != "localhost" ||
		string(cached[0].CredentialID) != "credential k1" || cached[0].SignCount != 3 || cached[0].Verification != directory.PIN || cached[0].Written.IsZero() {
		t.Errorf("cached %+v, %v, want what the directory knows", cached, err)
	}
	step := func(when string, err error, want ...string) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", when, err)
		}
		wantCached(t, "after "+when, c, want...)
	}
	_, err = d.DisableKey(t.Context(), by, "k1")
	step("disabling k1", err, "k2")
	_, err = d.EnableKey(t.Context(), by, "k1")
	step("enabling k1", err, "k1", "k2")
	_, err = d.DisableKey(t.Context(), by, "k3")
	step("disabling a key without Offline Login", err, "k1", "k2")
	_, err = d.EnableKey(t.Context(), by, "k3")
	step("enabling a key without Offline Login", err, "k1", "k2")
	_, err = d.RenameKey(t.Context(), by, "k1", "Badge")
	step("renaming k1", err, "k1", "k2")
	if cached, err := c.ByUser(t.Context(), "ada"); err != nil || cached[0].KeyName != "Badge" {
		t.Errorf("after renaming: cached %+v, %v", cached, err)
	}
	_, err = d.RevokeKey(t.Context(), by, "k2")
	step("revoking k2", err, "k1")
	u.Disabled = true
	_, err = d.UpdateUser(t.Context(), by, u)
	step("disabling the user", err)
	u.Disabled = false
	_, err = d.UpdateUser(t.Context(), by, u)
	step("enabling the user", err, "k1")
}

// brokenCache fails or does something first.
type brokenCache struct {
	directory.OfflineCache
	err   error
	onPut func()
}

func (c brokenCache) Put(ctx context.Context, k directory.OfflineKey) error {
	if c.onPut != nil {
		c.onPut()
	}
	if c.err != nil {
		return c.err
	}
	return c.OfflineCache.Put(ctx, k)
}

func (c brokenCache) Forget(ctx context.Context, ids ...string) error {
	if c.err != nil {
		return c.err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return c.OfflineCache.Forget(ctx, ids...)
}

// TestRevocationHoldsWhereTheCacheFails: the key is revoked, the caller is told, and the next start heals the cache.
func TestRevocationHoldsWhereTheCacheFails(t *testing.T) {
	d, c := openBoth(t)
	mustAdd(t, d, directory.User{ID: "ada"})
	putKey(t, d, offlineKey("k1", "ada"))
	if err := d.RefreshOffline(t.Context(), "k1"); err != nil {
		t.Fatal(err)
	}
	full := errors.New("no space left")
	d.Offline = brokenCache{OfflineCache: c, err: full}
	k, err := d.RevokeKey(t.Context(), by, "k1")
	if !errors.Is(err, directory.ErrOfflineCache) || !errors.Is(err, full) || k.State != directory.Revoked {
		t.Errorf("RevokeKey = %s, %v, want it revoked and ErrOfflineCache", k.State, err)
	}
	if k, err := d.Key(t.Context(), "k1"); err != nil || k.State != directory.Revoked {
		t.Errorf("the key is %s, %v, want revoked", k.State, err)
	}
	wantCached(t, "before the next start", c, "k1")
	d.Offline = c
	if err := d.Reconcile(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantCached(t, "after the next start", c)
}

// TestRevokedWhileOnItsWay: another program revokes a key in the moment between reading and caching it.
func TestRevokedWhileOnItsWay(t *testing.T) {
	for _, act := range []string{"RefreshOffline", "Reconcile"} {
		d, c := openBoth(t)
		mustAdd(t, d, directory.User{ID: "ada"})
		putKey(t, d, offlineKey("k1", "ada"))
		other := &directory.Directory{Store: d.Store, Offline: c}
		d.Offline = brokenCache{OfflineCache: c, onPut: func() {
			if _, err := other.RevokeKey(t.Context(), by, "k1"); err != nil {
				t.Error(err)
			}
		}}
		var err error
		if act == "Reconcile" {
			err = d.Reconcile(t.Context())
		} else {
			err = d.RefreshOffline(t.Context(), "k1")
		}
		if err != nil {
			t.Errorf("%s: %v", act, err)
		}
		wantCached(t, act, c)
	}
}

func TestCancelledCallerStillReachesTheCache(t *testing.T) {
	d, c := openBoth(t)
	mustAdd(t, d, directory.User{ID: "ada"})
	putKey(t, d, offlineKey("k1", "ada"))
	if err := d.RefreshOffline(t.Context(), "k1"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	d.Store = cancelling{d.Store, cancel}
	d.Offline = brokenCache{OfflineCache: c}
	if _, err := d.RevokeKey(ctx, by, "k1"); err != nil {
		t.Errorf("RevokeKey: %v", err)
	}
	wantCached(t, "after a revocation whose caller went away", c)
}

// cancelling ends its caller's context as soon as an Update is kept.
type cancelling struct {
	directory.Store
	cancel func()
}

func (s cancelling) Update(ctx context.Context, do func(directory.Tx) error) error {
	defer s.cancel()
	return s.Store.Update(ctx, do)
}

func TestReconcile(t *testing.T) {
	d, c := openBoth(t)
	if err := (&directory.Directory{Store: d.Store}).Reconcile(t.Context()); err != nil {
		t.Errorf("Reconcile without a cache: %v", err)
	}
	mustAdd(t, d, directory.User{ID: "ada"})
	off := mustAdd(t, d, directory.User{ID: "off"})
	off.Disabled = true
	if _, err := d.UpdateUser(t.Context(), by, off); err != nil {
		t.Fatal(err)
	}
	for id, change := range map[string]func(*directory.SecurityKey){
		"active":   func(*directory.SecurityKey) {},
		"missing":  func(*directory.SecurityKey) {},
		"disabled": func(k *directory.SecurityKey) { k.State = directory.Disabled },
		"revoked":  func(k *directory.SecurityKey) { k.State = directory.Revoked },
		"online":   func(k *directory.SecurityKey) { k.OfflineLogin = false },
		"off":      func(k *directory.SecurityKey) { k.UserID = "off" },
		"nobodys":  func(k *directory.SecurityKey) { k.UserID = "nobody" },
		"pending": func(k *directory.SecurityKey) {
			k.State, k.Credential = directory.Pending, directory.Credential{}
		},
	} {
		k := offlineKey(id, "ada")
		change(&k)
		putKey(t, d, k)
		if id != "missing" {
			if err := c.Put(t.Context(), directory.NewOfflineKey(directory.User{ID: "ada"}, offlineKey(id, "ada"), directory.OfflineTerms{}, time.Now())); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := c.Put(t.Context(), directory.OfflineKey{KeyID: "unknown", UserID: "ada"}); err != nil {
		t.Fatal(err)
	}
	if err := c.Change(t.Context(), "active", func(k *directory.OfflineKey) error { k.SignCount = 99; return nil }); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := d.Reconcile(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantCached(t, "after Reconcile", c, "active", "missing")
	}
	keys, err := c.ByUser(t.Context(), "ada")
	if err != nil || len(keys) != 2 || keys[0].SignCount != 99 {
		t.Errorf("cached %+v, %v, want the highest sign count kept", keys, err)
	}
	// A log-in must work, and find its keys, where the directory is away.
	away := &directory.Directory{Store: bolt.New(filepath.Join(t.TempDir(), bolt.Name)), Offline: c}
	if there, err := away.Exists(t.Context()); there || err != nil {
		t.Errorf("Exists = %v, %v, want false", there, err)
	}
	if err := away.Reconcile(t.Context()); err != nil {
		t.Errorf("Reconcile without a directory: %v", err)
	}
	wantCached(t, "after Reconcile without a directory", c, "active", "missing")
}

// TestReconcileGoesThroughAllPages: more keys than fit into one.
func TestReconcileGoesThroughAllPages(t *testing.T) {
	d, _ := openBoth(t)
	mustAdd(t, d, directory.User{ID: "ada"})
	memory := cacheInMemory{}
	d.Offline = memory
	if err := d.Store.Update(t.Context(), func(tx directory.Tx) error {
		for i := range 2100 {
			if err := tx.PutKey(offlineKey(time.Duration(i).String(), "ada")); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := d.Reconcile(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(memory) != 2100 {
		t.Errorf("%d keys of 2100 are in the cache", len(memory))
	}
}

// cacheInMemory saves this test two thousand writes to a disk.
type cacheInMemory map[string]directory.OfflineKey

func (c cacheInMemory) Put(_ context.Context, k directory.OfflineKey) error {
	c[k.KeyID] = k
	return nil
}

func (cacheInMemory) Contact(context.Context, time.Time, directory.OfflineTerms) error { return nil }

func (c cacheInMemory) Forget(_ context.Context, ids ...string) error {
	for _, id := range ids {
		delete(c, id)
	}
	return nil
}

func (c cacheInMemory) Keys(context.Context) ([]string, error) {
	var ids []string
	for id := range c {
		ids = append(ids, id)
	}
	return ids, nil
}
