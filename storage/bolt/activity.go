package bolt

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"iter"
	"time"

	"go.etcd.io/bbolt"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/storage/boltfile"
)

const activitiesUnsaid, activitiesMost = 100, 1000

// A page of activities ends early, with fewer entries than asked for, after so much was looked at: a search for what
// is rare in a long log answers from time to time.
const (
	examinedMost = 10_000 // entries read
	passedMost   = 50_000 // blocks passed over
)

// Activities walks along the audit log from its end, past the blocks in which nothing can be that is asked for.
func (t *tx) Activities(q directory.ActivityQuery) (page directory.ActivityPage, err error) {
	defer t.guard(&err)
	w := &auditWalk{t: t, q: q, limit: pageLimit(q.Limit, activitiesUnsaid, activitiesMost)}
	if terms := queryTerms(q); len(terms) > 0 || !q.Since.IsZero() || !q.Until.IsZero() {
		err = w.blocks(terms)
	} else {
		var before []byte
		if q.Before > 0 {
			before = seqKey(q.Before)
		}
		_, err = w.entries(nil, before)
	}
	if err != nil {
		return directory.ActivityPage{}, err
	}
	return w.page, t.ctx.Err()
}

// auditWalk is a page being gathered.
type auditWalk struct {
	t        *tx
	q        directory.ActivityQuery
	limit    int
	examined int
	page     directory.ActivityPage
}

// blocks walks along the blocks in which something can be.
func (w *auditWalk) blocks(terms []uint64) error {
	var before []byte
	if w.q.Before > 0 {
		before = blockKey(blockOf(w.q.Before) + 1)
	}
	passed := 0
	for key, raw := range w.t.scanBack(auditIndex, nil, before) {
		if err := w.t.alive(); err != nil {
			return err
		}
		if len(key) != 8 {
			return fmt.Errorf("%w: a block of the audit log has no number", directory.ErrDamaged)
		}
		number := binary.BigEndian.Uint64(key)
		first := number << blockBits
		if passed++; passed > passedMost || w.examined > examinedMost {
			// Where this block ends, so that the next page begins with it.
			w.page.Next = first + 1<<blockBits
			return nil
		}
		if s, err := readSummary(raw); err != nil {
			return err
		} else if !s.mayHold(terms, w.q) {
			continue
		}
		end := seqKey(first + 1<<blockBits)
		if w.q.Before > 0 && w.q.Before < first+1<<blockBits {
			end = seqKey(w.q.Before)
		}
		if full, err := w.entries(seqKey(first), end); err != nil || full {
			return err
		}
	}
	return nil
}

// entries takes what is asked for of the entries before a place, down to one from where nothing is wanted any more,
// and tells whether the page is full.
func (w *auditWalk) entries(from, before []byte) (full bool, err error) {
	for key, raw := range w.t.scanBack(auditLog, nil, before) {
		if bytes.Compare(key, from) < 0 {
			return false, nil
		}
		if err := w.t.alive(); err != nil {
			return false, err
		}
		w.examined++
		r, err := boltfile.Decode[auditRecord](raw)
		if err != nil {
			return false, err
		}
		e := r.entry()
		if !w.q.Matches(e) {
			continue
		}
		if len(w.page.Entries) == w.limit {
			w.page.Next = w.page.Entries[w.limit-1].Seq
			return true, nil
		}
		w.page.Entries = append(w.page.Entries, e)
	}
	return false, nil
}

// The audit log is found by blocks: of every 128 entries, one after the other, there is a summary of what can be asked
// for, a fiftieth of the size of the entries. It is kept up to date by changing one record for an entry, which costs
// next to nothing when many are added; an index of each member would cost an import more than the users do.
//
// A summary is the earliest and the latest time in the block and a Bloom filter (B. H. Bloom, Space/Time Trade-offs in
// Hash Coding with Allowable Errors, 1970) over users, keys, actors and acts, and over acts of an actor and of a user:
// each may fill blocks without the other.
const (
	blockBits   = 7
	filterBytes = 1024
	filterMarks = 6 // bits set for a term

	summaryBytes = 16 + filterBytes
)

// auditIndex has a summary for each block, keyed by its number, 8 bytes big-endian.
var auditIndex = []byte("audit_index")

func blockOf(seq uint64) uint64     { return seq >> blockBits }
func blockKey(number uint64) []byte { return seqKey(number) }

// summary is the earliest time, the latest, and the filter.
type summary []byte

func newSummary() summary {
	s := make(summary, summaryBytes)
	binary.BigEndian.PutUint64(s, 1<<64-1)
	return s
}

// readSummary takes what is kept, which is not to be changed.
func readSummary(raw []byte) (summary, error) {
	if len(raw) != summaryBytes {
		return nil, fmt.Errorf("%w: a block of the audit log has a summary of %d bytes", directory.ErrDamaged, len(raw))
	}
	return raw, nil
}

func (s summary) add(e audit.Entry) {
	at := sinceYear1(e.Time)
	binary.BigEndian.PutUint64(s, min(at, binary.BigEndian.Uint64(s)))
	binary.BigEndian.PutUint64(s[8:], max(at, binary.BigEndian.Uint64(s[8:])))
	for _, term := range entryTerms(e) {
		for bit := range marks(term) {
			s[16+bit/8] |= 1 << (bit % 8)
		}
	}
}

// sinceYear1 is a time in microseconds, in the order of times; what is before year 1 is at its beginning.
func sinceYear1(t time.Time) uint64 { return uint64(max(instantOf(t), 0)) }

// mayHold is false only where no entry of the block is asked for.
func (s summary) mayHold(terms []uint64, q directory.ActivityQuery) bool {
	earliest, latest := binary.BigEndian.Uint64(s), binary.BigEndian.Uint64(s[8:])
	if !q.Since.IsZero() && latest < sinceYear1(q.Since) || !q.Until.IsZero() && earliest > sinceYear1(q.Until) {
		return false
	}
	for _, term := range terms {
		for bit := range marks(term) {
			if s[16+bit/8]&(1<<(bit%8)) == 0 {
				return false
			}
		}
	}
	return true
}

// marks are the bits of the filter that a term sets (A. Kirsch, M. Mitzenmacher, Less Hashing, Same Performance, 2006).
func marks(term uint64) iter.Seq[uint] {
	return func(yield func(uint) bool) {
		a, b := uint32(term), uint32(term>>32)|1
		for range filterMarks {
			if !yield(uint(a % (filterBytes * 8))) {
				return
			}
			a += b
		}
	}
}

// entryTerms are what an entry can be found by.
func entryTerms(e audit.Entry) []uint64 {
	return terms(e.User, e.Key, e.Actor, e.Act)
}

func queryTerms(q directory.ActivityQuery) []uint64 { return terms(q.User, q.Key, q.Actor, q.Act) }

func terms(user, key, actor string, act audit.Act) []uint64 {
	all := make([]uint64, 0, 6)
	add := func(kind byte, parts ...string) {
		for _, p := range parts {
			if p == "" {
				return
			}
		}
		all = append(all, termOf(kind, parts))
	}
	user = directory.Fold(user)
	add('u', user)
	add('k', key)
	add('a', actor)
	add('c', string(act))
	add('b', actor, string(act))
	add('v', user, string(act))
	return all
}

// termOf is the FNV-1a hash of a term, its bits mixed once more (the finalizer of SplitMix64): a filter takes them from
// both halves. It is for ever the same: files are full of it.
func termOf(kind byte, parts []string) uint64 {
	const offset, prime = 0xcbf29ce484222325, 0x100000001b3
	h := (uint64(offset) ^ uint64(kind)) * prime
	for _, p := range parts {
		for i := range len(p) {
			h = (h ^ uint64(p[i])) * prime
		}
		h *= prime // a NUL between the parts
	}
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// summarize puts a new entry into the summary of its block.
func (t *tx) summarize(e audit.Entry) error {
	key := blockKey(blockOf(e.Seq))
	s := newSummary()
	if raw := t.get(auditIndex, key); raw != nil {
		kept, err := readSummary(raw)
		if err != nil {
			return err
		}
		s = bytes.Clone(kept)
	}
	s.add(e)
	return t.put(auditIndex, key, s)
}

// summaries are those that follow from the entries, block by block.
func summaries(log *bbolt.Bucket, yield func(number uint64, s summary) error) error {
	var (
		s      summary
		number uint64
	)
	c := log.Cursor()
	for key, raw := c.First(); key != nil; key, raw = c.Next() {
		if len(key) != 8 {
			return fmt.Errorf("%w: an audit entry has no number", directory.ErrDamaged)
		}
		r, err := boltfile.Decode[auditRecord](raw)
		if err != nil {
			return fmt.Errorf("audit entry %d: %w", binary.BigEndian.Uint64(key), err)
		}
		if n := blockOf(binary.BigEndian.Uint64(key)); s == nil || n != number {
			if s != nil {
				if err := yield(number, s); err != nil {
					return err
				}
			}
			s, number = newSummary(), n
		}
		s.add(r.entry())
	}
	if s == nil {
		return nil
	}
	return yield(number, s)
}

// auditIsSummarized makes the summaries of a log that was kept before there were any.
func auditIsSummarized(tx *bbolt.Tx, b *bbolt.Bucket) error {
	b.FillPercent = 1 // they come in order
	return summaries(tx.Bucket(auditLog), func(number uint64, s summary) error { return b.Put(blockKey(number), s) })
}

// checkActivities tells whether the summaries are those that follow from the entries.
func (t *tx) checkActivities() (err error) {
	defer t.guard(&err)
	log, index := t.bucket(auditLog), t.bucket(auditIndex)
	c := index.Cursor()
	key, raw := c.First()
	err = summaries(log, func(number uint64, s summary) error {
		if err := t.ctx.Err(); err != nil {
			return err
		}
		if !bytes.Equal(key, blockKey(number)) || !bytes.Equal(raw, s) {
			return fmt.Errorf("%w: what is in block %d of the audit log is not what its summary says", directory.ErrDamaged, number)
		}
		key, raw = c.Next()
		return nil
	})
	if err == nil && key != nil {
		err = fmt.Errorf("%w: the audit log has summaries of entries that are not there", directory.ErrDamaged)
	}
	return err
}
