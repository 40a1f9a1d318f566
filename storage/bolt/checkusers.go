package bolt

import (
	"bytes"
	"fmt"

	"tapstation/app/directory"
	"tapstation/storage/boltfile"
)

// checkUsers makes the indexes of users anew from the records and compares them with those that are kept.
func (t *tx) checkUsers() (err error) {
	defer t.guard(&err)
	next, err := t.nextOrdinal()
	if err != nil {
		return err
	}
	wanted := expected{flags: map[uint32]*flagBlock{}, groups: map[blockGroup]bitset{}, taken: newBitset((int(next) + 64) &^ 63)}
	for key, raw := range t.scan(users, nil, nil) {
		if err := t.alive(); err != nil {
			return err
		}
		r, err := boltfile.Decode[userRecord](raw)
		if err != nil {
			return fmt.Errorf("users %q: %w", key, err)
		}
		u := r.user()
		ordinal, err := t.ordinalOf(key, u)
		if err != nil {
			return err
		}
		if ordinal >= next || wanted.taken.has(int(ordinal)) {
			return fmt.Errorf("%w: user %q has the ordinal %d, which is not theirs", directory.ErrDamaged, key, ordinal)
		}
		holds, err := t.holdings(key)
		if err != nil {
			return err
		}
		wanted.add(t.sizes, ordinal, u, holds)
	}
	if there := t.entries(userIndex); there != wanted.users {
		return fmt.Errorf("%w: the index names %d users, there are %d", directory.ErrDamaged, there, wanted.users)
	}
	if err := t.checkSets(next, wanted); err != nil {
		return err
	}
	return t.checkSegments(next, wanted.users)
}

// expected is what follows from the records.
type expected struct {
	users  int
	taken  bitset
	flags  map[uint32]*flagBlock
	groups map[blockGroup]bitset
}

func (e *expected) add(s sizes, ordinal uint32, u directory.User, holds [flags]bool) {
	e.users++
	e.taken.set(int(ordinal))
	n, slot := s.blockOf(ordinal)
	if e.flags[n] == nil {
		e.flags[n] = newFlagBlock(1 << s.block)
	}
	holds[isUser], holds[isDisabled] = true, u.Disabled
	for f := range flags {
		e.flags[n][f].put(slot, holds[f])
	}
	for g := range foldedGroups(u) {
		at := blockGroup{n, g}
		if e.groups[at] == nil {
			e.groups[at] = newBitset(1 << s.block)
		}
		e.groups[at].set(slot)
	}
}

func (t *tx) checkSets(next uint32, wanted expected) error {
	kept := 0
	if next > 0 {
		kept++ // nextKey
	}
	compare := func(key, raw []byte) error {
		kept++
		if !bytes.Equal(t.get(userSets, key), raw) {
			return fmt.Errorf("%w: the set %q is not what follows from the users", directory.ErrDamaged, key)
		}
		return nil
	}
	for n, block := range wanted.flags {
		if err := compare(flagsKey(n), block.encode()); err != nil {
			return err
		}
	}
	for at, set := range wanted.groups {
		if err := compare(groupKey(at.block, at.group), set.encode()); err != nil {
			return err
		}
	}
	for rest := range t.scan(userSets, []byte("e"), nil) {
		ordinal, err := parseOrdinal(rest)
		if err != nil {
			return err
		}
		if ordinal >= next || wanted.taken.has(int(ordinal)) {
			return fmt.Errorf("%w: the ordinal %d is not free", directory.ErrDamaged, ordinal)
		}
		kept++
		wanted.taken.set(int(ordinal))
	}
	if n := wanted.taken.count(); n != int(next) {
		return fmt.Errorf("%w: %d of %d ordinals are nobody's", directory.ErrDamaged, int(next)-n, next)
	}
	if there := t.entries(userSets); there != kept {
		return fmt.Errorf("%w: there are %d sets of users, %d follow from them", directory.ErrDamaged, there, kept)
	}
	return nil
}

func (t *tx) checkSegments(next uint32, users int) error {
	documents := 0
	for first := uint64(0); first < uint64(next); first += 1 << t.sizes.segment {
		n, _ := t.sizes.split(uint32(first))
		bound, looseBucket, err := t.segment(n)
		if err != nil {
			return err
		}
		loose := map[int][]byte{}
		if err := t.eachLoose(looseBucket, func(slot int, raw []byte) error { loose[slot] = raw; return nil }); err != nil {
			return err
		}
		wanted := map[int][]byte{}
		for slot := range 1 << t.sizes.segment {
			if err := t.alive(); err != nil {
				return err
			}
			raw, is := loose[slot]
			if !is {
				raw = bound.document(slot)
			}
			if len(raw) == 0 {
				continue
			}
			if wanted[slot], err = t.wantedDocument(uint32(first)|uint32(slot), parseDocument(raw).id); err != nil {
				return err
			}
		}
		documents += len(wanted)
		if !bytes.Equal(bind(bound, loose), bind(segment{}, wanted)) {
			return fmt.Errorf("%w: segment %d of the index is not what follows from the users", directory.ErrDamaged, n)
		}
	}
	if documents != users {
		return fmt.Errorf("%w: the index knows %d users, there are %d", directory.ErrDamaged, documents, users)
	}
	return nil
}

// wantedDocument is what the index should know of the user kept under key, who should have this ordinal.
func (t *tx) wantedDocument(ordinal uint32, key []byte) ([]byte, error) {
	u, err := t.user(key)
	if err != nil {
		return nil, fmt.Errorf("user %q of the index: %w", key, damagedIndex(err))
	}
	theirs, err := t.ordinalOf(key, u)
	if err != nil {
		return nil, err
	}
	if theirs != ordinal {
		return nil, fmt.Errorf("%w: user %q is in the index at %d instead of %d", directory.ErrDamaged, key, ordinal, theirs)
	}
	return documentOf(key, u), nil
}

// entries are how many there are in a bucket.
func (t *tx) entries(bucket []byte) int {
	n := 0
	for range t.scan(bucket, nil, nil) {
		n++
	}
	return n
}
