package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"unicode/utf8"

	"go.etcd.io/bbolt"

	"tapstation/app/directory"
	"tapstation/storage/boltfile"
)

var (
	errOver     = errors.New("the transaction is over")
	errReadOnly = errors.New("nothing can be changed within a View")
	errName     = errors.New("not a name that can be kept")
)

// maxName is the longest name or ID in bytes, folded, that can be a key; far beyond what the rules allow.
const maxName = 1024

// tx is one transaction. Its methods turn a panic of bbolt, which is what it does on a damaged page, into
// directory.ErrDamaged.
type tx struct {
	ctx      context.Context
	b        *bbolt.Tx // nil: there is no file yet
	writable bool
	changed  bool
	over     bool
	steps    int
	looks    int // see look

	sizes sizes
	index changes // not yet written
}

var _ directory.Tx = (*tx)(nil)

// end keeps a Tx that outlives its transaction from reading memory that is no longer there.
func (t *tx) end() { t.over, t.b = true, nil }

// guard is deferred by every method.
func (t *tx) guard(err *error) {
	switch r := recover(); r {
	case nil:
	case errOver:
		*err = errOver
	default:
		*err = fmt.Errorf("%w: %v", directory.ErrDamaged, r)
	}
}

// bucket is nil in an empty store.
func (t *tx) bucket(name []byte) *bbolt.Bucket {
	if t.over {
		panic(errOver)
	}
	if t.b == nil {
		return nil
	}
	t.look()
	return t.b.Bucket(name)
}

// look is told before a part of the file is looked at that is likely not in sight; a View looks away from the others from
// time to time.
func (t *tx) look() {
	const most = 16
	if t.looks++; t.looks%most == 0 && !t.writable {
		boltfile.LookAway(t.b)
	}
}

// get is the value of a key, valid until the next change, or nil.
func (t *tx) get(bucket, key []byte) []byte {
	if b := t.bucket(bucket); b != nil {
		return b.Get(key)
	}
	return nil
}

func (t *tx) put(bucket, key, value []byte) error {
	b := t.bucket(bucket)
	if !t.writable {
		return errReadOnly
	}
	if old := b.Get(key); old != nil && bytes.Equal(old, value) {
		return nil // no page has to be written for what is there already
	}
	t.changed = true
	return b.Put(key, value)
}

func (t *tx) delete(bucket, key []byte) error {
	b := t.bucket(bucket)
	if !t.writable {
		return errReadOnly
	}
	t.changed = true
	return b.Delete(key)
}

// has tells whether a key is there, whatever its value.
func (t *tx) has(bucket, key []byte) bool {
	b := t.bucket(bucket)
	if b == nil {
		return false
	}
	k, _ := b.Cursor().Seek(key)
	return bytes.Equal(k, key)
}

// scan walks along the keys that begin with prefix, from the first whose rest is greater than after.
func (t *tx) scan(bucket, prefix, after []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(rest, value []byte) bool) {
		b := t.bucket(bucket)
		if b == nil {
			return
		}
		c := b.Cursor()
		from := append(bytes.Clone(prefix), after...)
		k, v := c.Seek(from)
		if len(after) > 0 && bytes.Equal(k, from) {
			k, v = c.Next()
		}
		for ; k != nil && bytes.HasPrefix(k, prefix); k, v = c.Next() {
			if !yield(k[len(prefix):], v) {
				return
			}
		}
	}
}

// scanBack walks the other way, from the last key whose rest is smaller than before.
func (t *tx) scanBack(bucket, prefix, before []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(rest, value []byte) bool) {
		b := t.bucket(bucket)
		if b == nil {
			return
		}
		c := b.Cursor()
		end := append(bytes.Clone(prefix), before...)
		if len(before) == 0 {
			end = append(end, bytes.Repeat([]byte{0xFF}, maxName)...) // beyond every rest
		}
		k, v := c.Seek(end)
		if k == nil {
			k, v = c.Last()
		}
		for k != nil && bytes.Compare(k, end) >= 0 {
			k, v = c.Prev()
		}
		for ; k != nil && bytes.HasPrefix(k, prefix); k, v = c.Prev() {
			if !yield(k[len(prefix):], v) {
				return
			}
		}
	}
}

// alive is asked in long loops whether anybody still waits for the answer.
func (t *tx) alive() error {
	if t.steps++; t.steps%1024 != 0 {
		return nil
	}
	return t.ctx.Err()
}

// name is a name or ID as it is used in keys.
func name(s string) ([]byte, error) {
	folded := directory.Fold(s)
	if folded == "" || len(folded) > maxName || strings.IndexByte(s, 0) >= 0 || !utf8.ValidString(s) {
		return nil, fmt.Errorf("%.64q: %w", s, errName)
	}
	return []byte(folded), nil
}

// record reads one record; directory.ErrNotFound when it is missing.
func record[R any](t *tx, bucket, key []byte) (R, error) {
	raw := t.get(bucket, key)
	if raw == nil {
		var none R
		return none, directory.ErrNotFound
	}
	return boltfile.Decode[R](raw)
}

// keep writes one record.
func keep[R any](t *tx, bucket, key []byte, r R) error {
	raw, err := boltfile.Encode(r)
	if err != nil {
		return err
	}
	return t.put(bucket, key, raw)
}

// entry is an index entry.
type entry struct {
	key, value []byte
}

// reindex replaces the entries of a record by those of the one that takes its place.
func (t *tx) reindex(bucket []byte, old, new []entry) error {
	kept := make(map[string]bool, len(new))
	for _, e := range new {
		kept[string(e.key)] = true
	}
	for _, e := range old {
		if !kept[string(e.key)] {
			if err := t.delete(bucket, e.key); err != nil {
				return err
			}
		}
	}
	for _, e := range new {
		if err := t.put(bucket, e.key, e.value); err != nil {
			return err
		}
	}
	return nil
}

// pageLimit is how many a query wants: at most most, or what it is when nothing is said.
func pageLimit(asked, unsaid, most int) int {
	switch {
	case asked <= 0:
		return unsaid
	case asked > most:
		return most
	}
	return asked
}
