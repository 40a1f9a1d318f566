package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"

	"go.etcd.io/bbolt"

	"tapstation/app/directory"
)

// The sets of users that follow from their records and their keys.
type flag int

const (
	isUser     flag = iota // there is such a user
	isDisabled             // the user, that is
	hasPending             // a key in that state
	hasActive
	hasDisabled
	hasRevoked
	hasPINless // an active key that is PINless
	flags
)

// flagBlock is one block of each of these sets.
type flagBlock [flags]bitset

func newFlagBlock(size int) *flagBlock {
	var b flagBlock
	for f := range b {
		b[f] = newBitset(size)
	}
	return &b
}

func (b *flagBlock) encode() []byte {
	var raw []byte
	for _, set := range b {
		kept := set.encode()
		raw = binary.AppendUvarint(raw, uint64(len(kept)))
		raw = append(raw, kept...)
	}
	return raw
}

func (b *flagBlock) decode(raw []byte) error {
	for _, set := range b {
		n, size := binary.Uvarint(raw)
		if size <= 0 || n > uint64(len(raw)-size) {
			return fmt.Errorf("%w: sets of users end too soon", directory.ErrDamaged)
		}
		if err := set.decodeInto(raw[size : size+int(n)]); err != nil {
			return err
		}
		raw = raw[size+int(n):]
	}
	return nil
}

func (b *flagBlock) empty() bool {
	for _, set := range b {
		if !set.empty() {
			return false
		}
	}
	return true
}

var errFull = errors.New("there is no room for more")

// changes is what a transaction has changed and not yet written into the indexes. A batch of users changes the same few
// blocks again and again; they are written once.
type changes struct {
	documents map[uint32][]byte // by ordinal; empty: the user is gone
	flags     map[uint32]*flagBlock
	groups    map[blockGroup]bitset
	holders   map[string]holder // by the key in users: those whose security keys changed

	roll map[string][]byte // by place: traits of keys; nil: the key is gone

	next      uint32
	nextKnown bool
	noneFree  bool // no ordinal was given back
}

// holder is who may hold security keys. The ordinal is 0 and unknown where only the keys were looked at.
type holder struct {
	ordinal uint32
	known   bool
}

type blockGroup struct {
	block uint32
	group string // folded
}

// changesMost is how many documents wait to be written, so that memory does not grow with the transaction.
const changesMost = 4096

// setFlag puts a user into a set, or takes it out.
func (t *tx) setFlag(ordinal uint32, f flag, on bool) error {
	n, slot := t.sizes.blockOf(ordinal)
	block := t.index.flags[n]
	if block == nil {
		var err error
		if block, err = t.flagBlock(n); err != nil {
			return err
		}
		setIn(&t.index.flags, n, block)
	}
	block[f].put(slot, on)
	return nil
}

// setGroup puts a user into a group, or takes it out.
func (t *tx) setGroup(ordinal uint32, group string, on bool) error {
	n, slot := t.sizes.blockOf(ordinal)
	at := blockGroup{n, group}
	set := t.index.groups[at]
	if set == nil {
		set = newBitset(1 << t.sizes.block)
		if err := set.decodeInto(t.get(userSets, groupKey(n, group))); err != nil {
			return err
		}
		setIn(&t.index.groups, at, set)
	}
	set.put(slot, on)
	return nil
}

func setIn[K comparable, V any](m *map[K]V, k K, v V) {
	if *m == nil {
		*m = map[K]V{}
	}
	(*m)[k] = v
}

// flagBlock is a block as it is kept.
func (t *tx) flagBlock(n uint32) (*flagBlock, error) {
	block := newFlagBlock(1 << t.sizes.block)
	return block, t.readFlags(n, block)
}

// readFlags has block be the one that is kept.
func (t *tx) readFlags(n uint32, block *flagBlock) error {
	for _, set := range block {
		clear(set)
	}
	if raw := t.get(userSets, flagsKey(n)); raw != nil {
		return block.decode(raw)
	}
	return nil
}

// flush writes what waits, so that the indexes are as the records are.
func (t *tx) flush() error {
	if !t.writable {
		return nil
	}
	for _, key := range slices.Sorted(maps.Keys(t.index.holders)) {
		if err := t.indexHoldings([]byte(key), t.index.holders[key]); err != nil {
			return err
		}
	}
	clear(t.index.holders)
	for n, block := range t.index.flags {
		if err := t.keepSet(flagsKey(n), block.encode(), block.empty()); err != nil {
			return err
		}
	}
	clear(t.index.flags)
	for at, set := range t.index.groups {
		if err := t.keepSet(groupKey(at.block, at.group), set.encode(), set.empty()); err != nil {
			return err
		}
	}
	clear(t.index.groups)
	if err := t.flushRoll(); err != nil {
		return err
	}
	if t.index.nextKnown {
		if err := t.put(userSets, nextKey, ordinalValue(t.index.next)); err != nil {
			return err
		}
	}
	return t.flushDocuments()
}

func (t *tx) keepSet(key, raw []byte, empty bool) error {
	if !empty {
		return t.put(userSets, key, raw)
	}
	if t.has(userSets, key) {
		return t.delete(userSets, key)
	}
	return nil
}

// indexHoldings puts the user kept under key, if there is one, into the sets that its security keys say.
func (t *tx) indexHoldings(key []byte, h holder) error {
	if !h.known {
		u, err := t.user(key)
		if errors.Is(err, directory.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if h.ordinal, err = t.ordinalOf(key, u); err != nil {
			return err
		}
	}
	holds, err := t.holdings(key)
	if err != nil {
		return err
	}
	for f := hasPending; f < flags; f++ {
		if err := t.setFlag(h.ordinal, f, holds[f]); err != nil {
			return err
		}
	}
	return nil
}

// holdings are the sets that a user is in by its security keys.
func (t *tx) holdings(user []byte) (holds [flags]bool, err error) {
	for place := range t.scan(keyIndex, ownerKey(user), nil) {
		if len(place) <= placeTime {
			return holds, fmt.Errorf("%w: an index entry of a key has no ID", directory.ErrDamaged)
		}
		k, err := t.key(place[placeTime:])
		if err != nil {
			return holds, fmt.Errorf("key %q of the index: %w", place[placeTime:], damagedIndex(err))
		}
		switch k.State {
		case directory.Pending:
			holds[hasPending] = true
		case directory.Active:
			holds[hasActive] = true
			holds[hasPINless] = holds[hasPINless] || k.Verification == directory.PINless
		case directory.Disabled:
			holds[hasDisabled] = true
		case directory.Revoked:
			holds[hasRevoked] = true
		}
	}
	return holds, nil
}

// Buckets within userSegments, one for each segment. A bound one holds its value alone, because bbolt writes what is in
// a page together.
func boundKey(segment uint32) []byte { return binary.BigEndian.AppendUint32([]byte("b"), segment) }
func looseKey(segment uint32) []byte { return binary.BigEndian.AppendUint32([]byte("l"), segment) }

var boundValue = []byte("segment")

// slotKey is the key of a loose document; an empty one says that the user is gone.
func slotKey(slot int) []byte { return binary.BigEndian.AppendUint16(nil, uint16(slot)) }

func parseSlot(k []byte) (int, error) {
	if len(k) != 2 {
		return 0, fmt.Errorf("%w: a loose index entry has no place", directory.ErrDamaged)
	}
	return int(binary.BigEndian.Uint16(k)), nil
}

// flushDocuments writes the documents that wait as loose ones, and binds the segments that have too many of them.
func (t *tx) flushDocuments() error {
	if len(t.index.documents) == 0 {
		return nil
	}
	bySegment := map[uint32][]int{}
	for ordinal := range t.index.documents {
		n, slot := t.sizes.split(ordinal)
		bySegment[n] = append(bySegment[n], slot)
	}
	for n, slots := range bySegment {
		slices.Sort(slots)
		if err := t.flushSegment(n, slots); err != nil {
			return err
		}
	}
	clear(t.index.documents)
	return nil
}

func (t *tx) flushSegment(n uint32, slots []int) error {
	t.changed = true
	all := t.bucket(userSegments)
	loose, err := all.CreateBucketIfNotExists(looseKey(n))
	if err != nil {
		return err
	}
	for _, slot := range slots {
		if err := loose.Put(slotKey(slot), t.index.documents[n<<t.sizes.segment|uint32(slot)]); err != nil {
			return err
		}
	}
	next := t.index.next
	if !t.index.nextKnown {
		if next, err = t.nextOrdinal(); err != nil {
			return err
		}
	}
	most := t.sizes.looseMost
	switch tail, _ := t.sizes.split(max(next, 1) - 1); {
	case slots[len(slots)-1] == 1<<t.sizes.segment-1:
		return t.bindSegment(n) // it is complete, and few of its users will change soon
	case n != tail:
		most /= 4
	}
	count := 0
	for c, k := seekFirst(loose); k != nil; k, _ = c.Next() {
		if count++; count > most {
			return t.bindSegment(n)
		}
	}
	return nil
}

func seekFirst(b *bbolt.Bucket) (c *bbolt.Cursor, k []byte) {
	c = b.Cursor()
	k, _ = c.First()
	return c, k
}

// bindSegment makes a segment of what is bound and what is loose of it.
func (t *tx) bindSegment(n uint32) error {
	old, loose, err := t.segment(n)
	if err != nil {
		return err
	}
	changed := map[int][]byte{}
	if err := t.eachLoose(loose, func(slot int, raw []byte) error {
		changed[slot] = raw
		return nil
	}); err != nil {
		return err
	}
	raw := bind(old, changed)
	all := t.bucket(userSegments)
	if err := all.DeleteBucket(looseKey(n)); err != nil {
		return err
	}
	b, err := all.CreateBucketIfNotExists(boundKey(n))
	if err != nil {
		return err
	}
	return b.Put(boundValue, raw)
}

// segment is what is bound of a segment, and the bucket of what is loose, nil when there is none.
func (t *tx) segment(n uint32) (segment, *bbolt.Bucket, error) {
	all := t.bucket(userSegments)
	if all == nil {
		return segment{}, nil, nil
	}
	var raw []byte
	if b := all.Bucket(boundKey(n)); b != nil {
		raw = b.Get(boundValue)
	}
	s, err := openSegment(raw)
	return s, all.Bucket(looseKey(n)), err
}

func (t *tx) eachLoose(b *bbolt.Bucket, do func(slot int, raw []byte) error) error {
	if b == nil {
		return nil
	}
	const inPage = 16 // documents, or so
	c := b.Cursor()
	n := 0
	for k, raw := c.First(); k != nil; k, raw = c.Next() {
		if n++; n%inPage == 0 {
			t.look()
		}
		slot, err := parseSlot(k)
		if err != nil {
			return err
		}
		if err := do(slot, raw); err != nil {
			return err
		}
	}
	return nil
}

// putDocument has the index know a user by another document, or by none when raw is nil.
func (t *tx) putDocument(ordinal uint32, raw []byte) error {
	setIn(&t.index.documents, ordinal, bytes.Clone(raw))
	if len(t.index.documents) >= changesMost {
		return t.flushDocuments()
	}
	return nil
}

// userAt is the ID, folded, of the user with an ordinal.
func (t *tx) userAt(ordinal uint32) ([]byte, error) {
	raw, ok := t.index.documents[ordinal]
	if !ok {
		n, slot := t.sizes.split(ordinal)
		bound, loose, err := t.segment(n)
		if err != nil {
			return nil, err
		}
		if loose != nil {
			raw = loose.Get(slotKey(slot))
			ok = raw != nil
		}
		if !ok {
			raw = bound.document(slot)
		}
	}
	if len(raw) == 0 {
		return nil, fmt.Errorf("%w: there is no user %d in the index", directory.ErrDamaged, ordinal)
	}
	return parseDocument(raw).id, nil
}

// flushed is flush for the end of a transaction.
func (t *tx) flushed() (err error) {
	defer t.guard(&err)
	return t.flush()
}
