package bolt

import (
	"bytes"
	"cmp"
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
			}, nil),
			t.checkIndex(tickets, ticketIndex, func(key, raw []byte) ([]entry, error) {
				r, err := boltfile.Decode[ticketRecord](raw)
				return ticketEntries(r.ticket()), cmp.Or(err, keptUnder(key, r.ID))
			}, nil),
			t.checkOutbox(),
			checkRecords[mailTemplateRecord](t, mailTemplates),
			checkRecords[secretRecord](t, secrets),
			checkRecords[groupRecord](t, groups),
			checkRecords[enrollmentRecord](t, enrollments),
			checkRecords[adminRecord](t, admins),
			checkRecords[stepRecord](t, importSteps),
			t.checkAudit(),
			t.checkActivities(),
		)
	})
}

// keptUnder fails unless a record is kept under its own ID.
func keptUnder(key []byte, id string) error {
	if string(key) != id {
		return fmt.Errorf("%w: it is the record of %q", directory.ErrDamaged, id)
	}
	return nil
}

// checkIndex compares an index with the entries that follow from the records: each must be there, and there must be
// no more. together, which may be nil, are those that follow from all of the records, once they were read.
func (t *tx) checkIndex(records, index []byte, entriesOf func(key, raw []byte) ([]entry, error), together func() []entry) (err error) {
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
	if together != nil {
		for _, e := range together() {
			wanted++
			if !t.has(index, e.key) || !bytes.Equal(t.get(index, e.key), e.value) {
				return fmt.Errorf("%w: %s has not %x under %q", directory.ErrDamaged, index, e.value, e.key)
			}
		}
	}
	if there := t.entries(index); there != wanted {
		return fmt.Errorf("%w: %s has %d entries, %d follow from its records", directory.ErrDamaged, index, there, wanted)
	}
	return nil
}

// checkOutbox compares the index of messages with them: which are the next to be sent, and how many there are, too.
func (t *tx) checkOutbox() error {
	counts := map[directory.MessageState]int{}
	firsts := map[string]directory.Message{} // by folded User ID
	return t.checkIndex(outbox, outboxIndex, func(key, raw []byte) ([]entry, error) {
		r, err := boltfile.Decode[messageRecord](raw)
		m := r.message()
		counts[m.State]++
		if user := directory.Fold(m.UserID); m.State == directory.Queued && user != "" {
			first, there := firsts[user]
			if !there || bytes.Compare(placedAt(m.Created, m.ID), placedAt(first.Created, first.ID)) < 0 {
				firsts[user] = m
			}
		}
		return messageEntries(m), cmp.Or(err, keptUnder(key, r.ID))
	}, func() (entries []entry) {
		for state, n := range counts {
			entries = append(entries, entry{countKey(state), countOf(n)})
		}
		for _, m := range firsts {
			entries = append(entries, dueEntry(m))
		}
		return entries
	})
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
