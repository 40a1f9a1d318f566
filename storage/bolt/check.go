package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/storage/boltfile"
)

// Check reads the whole store and tells everything that is wrong with it: with the pages of the file, with records
// that cannot be read, with an index that is not what follows from the records (all directory.ErrDamaged), and with
// the audit log (audit.ErrBroken).
func (s *Store) Check(ctx context.Context) error {
	if err := s.file.Check(ctx); err != nil {
		return err
	}
	return s.file.View(ctx, func(b *bbolt.Tx) error {
		t := &tx{ctx: ctx, b: b, sizes: s.sizes}
		defer t.end()
		if b == nil {
			return nil
		}
		return errors.Join(
			t.checkUsers(),
			t.checkRoll(),
			t.checkIndex(keys, keyIndex, func(_, raw []byte) ([]entry, error) {
				r, err := boltfile.Decode[keyRecord](raw)
				return keyEntries(r.key()), err
			}),
			checkRecords[groupRecord](t, groups),
			checkRecords[enrollmentRecord](t, enrollments),
			checkRecords[adminRecord](t, admins),
			checkRecords[stepRecord](t, importSteps),
			t.checkAudit(),
			t.checkActivities(),
		)
	})
}

// checkIndex compares an index with the entries that follow from the records: each must be there, and there must be
// no more.
func (t *tx) checkIndex(records, index []byte, entriesOf func(key, raw []byte) ([]entry, error)) (err error) {
	defer t.guard(&err)
	wanted := 0
	for key, raw := range t.scan(records, nil, nil) {
		if err := t.alive(); err != nil {
			return err
		}
		entries, err := entriesOf(key, raw)
		if err != nil {
			return fmt.Errorf("%s %q: %w", records, key, err)
		}
		seen := make(map[string]bool, len(entries))
		for _, e := range entries {
			if seen[string(e.key)] {
				continue // two spellings of one group
			}
			seen[string(e.key)] = true
			wanted++
			if !t.has(index, e.key) || !bytes.Equal(t.get(index, e.key), e.value) {
				return fmt.Errorf("%w: %s %q is not in the index under %q", directory.ErrDamaged, records, key, e.key)
			}
		}
	}
	there := 0
	for range t.scan(index, nil, nil) {
		there++
	}
	if there != wanted {
		return fmt.Errorf("%w: %s has %d entries, %d follow from its records", directory.ErrDamaged, index, there, wanted)
	}
	return nil
}

func checkRecords[R any](t *tx, bucket []byte) (err error) {
	defer t.guard(&err)
	for key, raw := range t.scan(bucket, nil, nil) {
		if err := t.alive(); err != nil {
			return err
		}
		if _, err := boltfile.Decode[R](raw); err != nil {
			return fmt.Errorf("%s %q: %w", bucket, key, err)
		}
	}
	return nil
}

func (t *tx) checkAudit() (err error) {
	defer t.guard(&err)
	var chain audit.Chain
	for _, raw := range t.scan(auditLog, nil, nil) {
		if err := t.alive(); err != nil {
			return err
		}
		r, err := boltfile.Decode[auditRecord](raw)
		if err != nil {
			return err
		}
		if err := chain.Add(r.entry()); err != nil {
			return err
		}
	}
	head, err := t.AuditHead()
	if err != nil {
		return err
	}
	return chain.End(head)
}
