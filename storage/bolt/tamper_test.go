package bolt_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/storage/bolt"
)

func seq(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// TestAuditLogChangedBehindTheProgramsBackIsFound edits a real station.db with its own library, as somebody would who
// wants to hide what they did, and looks whether the program says where.
func TestAuditLogChangedBehindTheProgramsBackIsFound(t *testing.T) {
	const n = 300
	for _, c := range []struct {
		name  string
		edit  func(log, settings *bbolt.Bucket) error
		place string
	}{
		{"an entry changed", func(log, _ *bbolt.Bucket) error {
			raw := bytes.Replace(log.Get(seq(150)), []byte("os:ada"), []byte("os:eve"), 1)
			return log.Put(seq(150), raw)
		}, "entry 150:"},
		{"the first entry changed", func(log, _ *bbolt.Bucket) error {
			return log.Put(seq(1), bytes.Replace(log.Get(seq(1)), []byte("os:ada"), []byte("os:eve"), 1))
		}, "entry 1:"},
		{"an entry deleted", func(log, _ *bbolt.Bucket) error { return log.Delete(seq(150)) }, "entry 151 follows entry 149"},
		{"the first entry deleted", func(log, _ *bbolt.Bucket) error { return log.Delete(seq(1)) }, "entry 2 follows entry 0"},
		{"two entries exchanged", func(log, _ *bbolt.Bucket) error {
			a, b := bytes.Clone(log.Get(seq(150))), bytes.Clone(log.Get(seq(151)))
			return errors.Join(log.Put(seq(150), b), log.Put(seq(151), a))
		}, "entry 151 follows entry 149"},
		{"an entry put over another", func(log, _ *bbolt.Bucket) error { return log.Put(seq(150), bytes.Clone(log.Get(seq(149)))) },
			"entry 149 follows entry 149"},
		{"the end cut off", func(log, _ *bbolt.Bucket) error {
			return errors.Join(log.Delete(seq(n)), log.Delete(seq(n-1)))
		}, fmt.Sprintf("ends at entry %d instead of %d", n-2, n)},
		{"the end cut off and another head", func(log, settings *bbolt.Bucket) error {
			old := settings.Get([]byte("audit_head"))
			head := bytes.Replace(old, []byte{0x19, n >> 8, n & 0xFF}, []byte{0x19, (n - 1) >> 8, (n - 1) & 0xFF}, 1)
			if bytes.Equal(head, old) {
				return errors.New("the head does not hold its number as expected")
			}
			return errors.Join(log.Delete(seq(n)), settings.Put([]byte("audit_head"), head))
		}, fmt.Sprintf("entry %d is not the one the log ended with", n-1)},
		{"all of it gone", func(log, _ *bbolt.Bucket) error {
			for i := uint64(1); i <= n; i++ {
				if err := log.Delete(seq(i)); err != nil {
					return err
				}
			}
			return nil
		}, fmt.Sprintf("ends at entry 0 instead of %d", n)},
		{"the head gone", func(_, settings *bbolt.Bucket) error { return settings.Delete([]byte("audit_head")) },
			fmt.Sprintf("ends at entry %d instead of 0", n)},
		{"kept under another number", func(log, _ *bbolt.Bucket) error {
			raw := bytes.Clone(log.Get(seq(150)))
			return errors.Join(log.Delete(seq(150)), log.Put(seq(n+50), raw))
		}, "entry 151 follows entry 149"},
		{"numbered again from the middle", func(log, _ *bbolt.Bucket) error {
			for i := uint64(150); i < n; i++ {
				if err := log.Put(seq(i), bytes.Clone(log.Get(seq(i+1)))); err != nil {
					return err
				}
			}
			return log.Delete(seq(n))
		}, "entry 151 follows entry 149"},
		{"an entry that cannot be read", func(log, _ *bbolt.Bucket) error { return log.Put(seq(150), []byte{0xFF}) }, ""},
	} {
		path := filepath.Join(t.TempDir(), bolt.Name)
		s := bolt.New(path)
		if err := s.Update(t.Context(), func(tx directory.Tx) error {
			for i := range n {
				if err := tx.AppendAudit(audit.Entry{Time: time.Date(2026, 3, 1, 0, i, 0, 0, time.UTC), Actor: "os:ada", Act: audit.KeyRevoked,
					User: fmt.Sprint("user", i)}); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		d := &directory.Directory{Store: s}
		if err := d.VerifyAudit(t.Context(), "os:test"); err != nil {
			t.Fatalf("%s: before it: %v", c.name, err)
		}
		edit(t, path, func(tx *bbolt.Tx) error { return c.edit(tx.Bucket([]byte("audit")), tx.Bucket([]byte("settings"))) })
		want := audit.ErrBroken
		if c.place == "" {
			want = directory.ErrDamaged
		}
		if err := d.VerifyAudit(t.Context(), "os:test"); !errors.Is(err, want) || !strings.Contains(err.Error(), c.place) {
			t.Errorf("%s: VerifyAudit: %v, want %v and %q", c.name, err, want, c.place)
		}
		if err := s.Check(t.Context()); !errors.Is(err, want) {
			t.Errorf("%s: Check: %v, want %v", c.name, err, want)
		}
	}
}

// TestSummariesThatDoNotFitTheLogAreFound: what the index leaves out, nobody would be shown.
func TestSummariesThatDoNotFitTheLogAreFound(t *testing.T) {
	for name, spoil := range map[string]func(*bbolt.Bucket) error{
		"a summary gone":      func(b *bbolt.Bucket) error { return b.Delete(seq(1)) },
		"a summary too many":  func(b *bbolt.Bucket) error { return b.Put(seq(99), bytes.Clone(b.Get(seq(0)))) },
		"a summary exchanged": func(b *bbolt.Bucket) error { return b.Put(seq(1), bytes.Clone(b.Get(seq(0)))) },
		"a bit taken out": func(b *bbolt.Bucket) error {
			raw := bytes.Clone(b.Get(seq(1)))
			for i := 16; i < len(raw); i++ {
				if raw[i] != 0 {
					raw[i] = 0
					break
				}
			}
			return b.Put(seq(1), raw)
		},
		"a summary too short": func(b *bbolt.Bucket) error { return b.Put(seq(1), []byte{1}) },
	} {
		path := filepath.Join(t.TempDir(), bolt.Name)
		s := bolt.New(path)
		if err := s.Update(t.Context(), func(tx directory.Tx) error {
			for i := range 300 {
				if err := tx.AppendAudit(audit.Entry{Time: time.Date(2026, 3, 1, 0, i, 0, 0, time.UTC), User: fmt.Sprint("user", i)}); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		edit(t, path, func(tx *bbolt.Tx) error { return spoil(tx.Bucket([]byte("audit_index"))) })
		if err := s.Check(t.Context()); !errors.Is(err, directory.ErrDamaged) {
			t.Errorf("%s: Check: %v, want ErrDamaged", name, err)
		}
	}
}
