package bolt

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"

	"tapstation/app/directory"
	"tapstation/storage/boltfile"
)

// What is here makes indexes anew from the records, for files that are older than they.

// within is b as this package works in it. The sizes are the usual ones: a file is only ever made with those.
func within(b *bbolt.Tx) *tx {
	return &tx{ctx: context.Background(), b: b, writable: true, sizes: usualSizes}
}

// usersHaveOrdinals: version 2 has the ordinals of users, where version 1 had an entry for each word and group.
func usersHaveOrdinals(b *bbolt.Tx, _ *bbolt.Bucket) error {
	if err := b.DeleteBucket(userIndex); err != nil {
		return err
	}
	if _, err := b.CreateBucket(userIndex); err != nil {
		return err
	}
	t := within(b)
	documents := map[int][]byte{} // of the segment at hand
	ordinal := uint32(0)
	bindAll := func(n uint32) error {
		bucket, err := t.bucket(userSegments).CreateBucketIfNotExists(boundKey(n))
		if err != nil {
			return err
		}
		raw := bind(segment{}, documents)
		clear(documents)
		return bucket.Put(boundValue, raw)
	}
	var index []entry
	for key, raw := range t.scan(users, nil, nil) {
		r, err := boltfile.Decode[userRecord](raw)
		if err != nil {
			return fmt.Errorf("user %q: %w", key, err)
		}
		u := r.user()
		n, slot := t.sizes.split(ordinal)
		documents[slot] = documentOf(key, u)
		if err := t.flagUser(bytes.Clone(key), ordinal, u); err != nil {
			return err
		}
		index = append(index, entry{ordinalKey(key, u.Handle), ordinalValue(ordinal)})
		ordinal++
		if next, _ := t.sizes.split(ordinal); next != n {
			if err := bindAll(n); err != nil {
				return err
			}
		}
	}
	if ordinal == 0 {
		return nil
	}
	if len(documents) > 0 {
		n, _ := t.sizes.split(ordinal - 1)
		if err := bindAll(n); err != nil {
			return err
		}
	}
	t.index.next, t.index.nextKnown = ordinal, true
	if err := t.flush(); err != nil {
		return err
	}
	return putSorted(b.Bucket(userIndex), index)
}

// flagUser puts a user of an older file into the sets.
func (t *tx) flagUser(key []byte, ordinal uint32, u directory.User) error {
	holds, err := t.holdings(key)
	if err != nil {
		return err
	}
	holds[isUser], holds[isDisabled] = true, u.Disabled
	for f := range flags {
		if holds[f] {
			if err := t.setFlag(ordinal, f, true); err != nil {
				return err
			}
		}
	}
	for g := range foldedGroups(u) {
		if err := t.setGroup(ordinal, g, true); err != nil {
			return err
		}
	}
	return nil
}

// callRoll makes the roll of the keys of an older file, whose index has their places under the letter m.
func callRoll(b *bbolt.Tx, roll *bbolt.Bucket) error {
	t := within(b)
	roll.FillPercent = 1 // nothing comes between these again
	var all []entry
	var p rollPage
	turn := func() {
		all = append(all, entry{rollKey('t', p.key), p.traits}, entry{rollKey('p', p.key), p.encodePlaces()})
		p = rollPage{}
	}
	for place := range t.scan(keyIndex, []byte("m"), nil) {
		if len(place) <= placeTime {
			return fmt.Errorf("%w: an index entry of a key has no place", directory.ErrDamaged)
		}
		k, err := t.key(place[placeTime:])
		if err != nil {
			return fmt.Errorf("key %q of the index: %w", place[placeTime:], damagedIndex(err))
		}
		if p.key == nil {
			p.key = place
		}
		p.places, p.traits = append(p.places, place), append(p.traits, traitsOf(k).encode()...)
		if len(p.places) == t.sizes.rollMost {
			turn()
		}
	}
	if p.key != nil {
		turn()
	}
	return putSorted(roll, all)
}

// keysAreEnrolled: version 2 leaves to the roll what version 1 kept for each key under the letters m, s and o, and under d
// for cards that are not known.
func keysAreEnrolled(_ *bbolt.Tx, index *bbolt.Bucket) error {
	var gone [][]byte
	c := index.Cursor()
	for _, prefix := range [][]byte{uidKey(nil), []byte("m"), []byte("o"), []byte("s")} {
		for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
			gone = append(gone, k)
		}
	}
	for _, k := range gone {
		if err := index.Delete(k); err != nil {
			return err
		}
	}
	return nil
}

// putSorted puts entries in their order: bbolt splits a page only when it commits, and until then what comes between
// others moves all that is behind it.
func putSorted(b *bbolt.Bucket, entries []entry) error {
	slices.SortFunc(entries, func(x, y entry) int { return cmp.Compare(string(x.key), string(y.key)) })
	for _, e := range entries {
		if err := b.Put(e.key, e.value); err != nil {
			return err
		}
	}
	return nil
}
