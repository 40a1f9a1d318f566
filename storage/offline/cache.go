// Package offline keeps what this machine needs to know for Offline Login in one bbolt file, offline.db, apart from
// the directory: it is read when that is away, and while another program writes. It is a login.Cache.
package offline

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"tapstation/app/directory"
	"tapstation/app/login"
	"tapstation/storage/boltfile"
)

// Name is the file's name in the data folder.
const Name = "offline.db"

// The buckets.
var (
	keys    = []byte("keys")    // key ID: record
	byUser  = []byte("by_user") // folded User ID NUL key ID: nothing
	contact = []byte("contact") // contactKey: the last contact with the directory in which all keys were found usable
)

var schema = boltfile.Schema{
	Format: "tapstation offline cache",
	Buckets: []boltfile.Bucket{
		{Name: string(keys), Steps: []func(*bbolt.Tx, *bbolt.Bucket) error{keysAreCounted}},
		{Name: string(byUser)},
		{Name: string(contact), Fill: noContactYet},
	},
}

// maxName is the longest User ID or key ID in bytes; far beyond what the directory's rules allow.
const maxName = 1024

var errName = errors.New("not an ID that can be kept")

// Cache is the offline cache in one file. It holds nothing open between calls.
type Cache struct {
	file *boltfile.File
}

var (
	_ login.Cache            = (*Cache)(nil)
	_ directory.OfflineCache = (*Cache)(nil)
)

// New is the cache in the file at path. It touches nothing; the first Put makes the file and its folder. Errors of all
// methods: directory.ErrBusy, ErrNewer, ErrDamaged.
func New(path string) *Cache {
	return &Cache{file: boltfile.New(path, schema)}
}

// ByUser is the keys of one user, in the order of their IDs.
func (c *Cache) ByUser(ctx context.Context, userID string) (found []login.Cached, err error) {
	err = c.view(ctx, func(b *bbolt.Tx) error {
		found = nil
		prefix := userKey(userID, "")
		cur := b.Bucket(byUser).Cursor()
		for k, _ := cur.Seek(prefix); k != nil && strings.HasPrefix(string(k), string(prefix)); k, _ = cur.Next() {
			e, err := read(b, k[len(prefix):])
			if errors.Is(err, errMissing) {
				err = fmt.Errorf("%w: key %q is missing", directory.ErrDamaged, k[len(prefix):])
			}
			if err != nil {
				return err
			}
			found = append(found, e)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("offline keys of %q: %w", userID, err)
	}
	return found, nil
}

// Put adds or replaces a key. The highest sign count seen stays, as long as it is the same credential.
func (c *Cache) Put(ctx context.Context, e login.Cached) error {
	if err := check(e); err != nil {
		return err
	}
	err := c.update(ctx, func(b *bbolt.Tx) (bool, error) {
		old, err := read(b, []byte(e.KeyID))
		switch {
		case err == nil:
			if string(old.CredentialID) == string(e.CredentialID) {
				e.SignCount = max(e.SignCount, old.SignCount)
			}
			if err := b.Bucket(byUser).Delete(userKey(old.UserID, old.KeyID)); err != nil {
				return false, err
			}
		case !errors.Is(err, errMissing):
			return false, err
		}
		if err := b.Bucket(byUser).Put(userKey(e.UserID, e.KeyID), nil); err != nil {
			return false, err
		}
		return true, write(b, e)
	})
	if err != nil {
		return fmt.Errorf("put key %q into the offline cache: %w", e.KeyID, err)
	}
	return nil
}

// Change changes a key in a transaction of its own.
func (c *Cache) Change(ctx context.Context, keyID string, change func(*login.Cached) error) error {
	err := error(login.ErrNotKept)
	if !c.empty() {
		err = c.update(ctx, func(b *bbolt.Tx) (bool, error) {
			e, err := read(b, []byte(keyID))
			if errors.Is(err, errMissing) {
				return false, login.ErrNotKept
			}
			if err == nil {
				err = change(&e)
			}
			if err != nil {
				return false, err
			}
			return true, write(b, e)
		})
	}
	if err != nil {
		return fmt.Errorf("change offline key %q: %w", keyID, err)
	}
	return nil
}

// contactEvery is how long a contact stands for those that follow it, so that not every command has to write.
const contactEvery = time.Hour

// Contact keeps a contact of all keys in one record.
func (c *Cache) Contact(ctx context.Context, at time.Time, terms directory.OfflineTerms) error {
	if c.empty() {
		return nil
	}
	news := func(b *bbolt.Tx) (r contactRecord, is bool, err error) {
		r, err = lastContact(b)
		since := at.Sub(r.At.Time())
		return r, err == nil && (r.terms() != terms || since < 0 || since >= contactEvery), err
	}
	is := false
	err := c.view(ctx, func(b *bbolt.Tx) (err error) {
		_, is, err = news(b)
		return err
	})
	if err == nil && is {
		err = c.update(ctx, func(b *bbolt.Tx) (bool, error) {
			r, is, err := news(b)
			if err != nil || !is {
				return false, err
			}
			return true, keepContact(b, contactRecord{Epoch: r.Epoch + 1, At: boltfile.InstantOf(at),
				RequirePIN: terms.RequirePIN, Logins: terms.Logins, Days: terms.Days})
		})
	}
	if err != nil {
		return fmt.Errorf("note a contact in the offline cache: %w", err)
	}
	return nil
}

// Forget removes keys, all of them or none.
func (c *Cache) Forget(ctx context.Context, keyIDs ...string) error {
	if c.empty() {
		return nil
	}
	err := c.update(ctx, func(b *bbolt.Tx) (changed bool, err error) {
		for _, id := range keyIDs {
			e, err := read(b, []byte(id))
			if errors.Is(err, errMissing) {
				continue
			}
			if err != nil {
				return false, err
			}
			changed = true
			if err := errors.Join(b.Bucket(byUser).Delete(userKey(e.UserID, id)), b.Bucket(keys).Delete([]byte(id))); err != nil {
				return false, err
			}
		}
		return changed, nil
	})
	if err != nil {
		return fmt.Errorf("forget offline keys: %w", err)
	}
	return nil
}

// Keys lists the IDs of all keys, in order.
func (c *Cache) Keys(ctx context.Context) (ids []string, err error) {
	err = c.view(ctx, func(b *bbolt.Tx) error {
		ids = nil
		return b.Bucket(keys).ForEach(func(id, _ []byte) error {
			ids = append(ids, string(id))
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list the offline keys: %w", err)
	}
	return ids, nil
}

// Check reads the whole file and tells what is wrong with it (directory.ErrDamaged).
func (c *Cache) Check(ctx context.Context) error {
	if err := c.file.Check(ctx); err != nil {
		return err
	}
	return c.view(ctx, func(b *bbolt.Tx) error {
		n := 0
		err := b.Bucket(keys).ForEach(func(id, _ []byte) error {
			n++
			e, err := read(b, id)
			if err != nil {
				return err
			}
			want := userKey(e.UserID, string(id))
			if k, _ := b.Bucket(byUser).Cursor().Seek(want); string(k) != string(want) {
				return fmt.Errorf("%w: key %q is not found by its user %q", directory.ErrDamaged, id, e.UserID)
			}
			return nil
		})
		if err != nil {
			return err
		}
		m := 0
		if err := b.Bucket(byUser).ForEach(func(_, _ []byte) error { m++; return nil }); err != nil {
			return err
		}
		if m != n {
			return fmt.Errorf("%w: %d keys, %d found by their users", directory.ErrDamaged, n, m)
		}
		return nil
	})
}

// Close ends the use of the cache.
func (c *Cache) Close() error { return c.file.Close() }

// empty tells whether there is no file: a machine without Offline Login needs none to have nothing forgotten in.
func (c *Cache) empty() bool {
	there, err := c.file.Exists()
	return err == nil && !there
}

// view runs do over the file, and not at all where there is none.
func (c *Cache) view(ctx context.Context, do func(*bbolt.Tx) error) error {
	return c.file.View(ctx, func(b *bbolt.Tx) error {
		if b == nil {
			return nil
		}
		return boltfile.Guard(func() error { return do(b) })
	})
}

func (c *Cache) update(ctx context.Context, do func(*bbolt.Tx) (bool, error)) error {
	return c.file.Update(ctx, func(b *bbolt.Tx) (changed bool, err error) {
		err = boltfile.Guard(func() (err error) {
			changed, err = do(b)
			return err
		})
		return changed, err
	})
}

// userKey is where a user's key is found; with no key ID, what all of them begin with.
func userKey(userID, keyID string) []byte { return []byte(directory.Fold(userID) + "\x00" + keyID) }

func check(e login.Cached) error {
	for _, id := range []string{e.KeyID, e.UserID} {
		if id == "" || len(id) > maxName || strings.Contains(id, "\x00") {
			return fmt.Errorf("%.64q: %w", id, errName)
		}
	}
	return nil
}
