package bolt

import (
	"encoding/binary"
	"fmt"

	"tapstation/app/directory"
)

// A user has an ordinal, a small number, for life. The indexes of users name them by it: sets of users are sets of
// numbers, cut into blocks so that a change writes little, and segments so that a search looks at few places.
type sizes struct {
	segment uint // bits of an ordinal that name a user within its segment
	block   uint // likewise within a block of each set

	// looseMost is how many users of the last segment, where new ones come, may be loose; of others, a quarter. More at
	// the end of a transaction are bound.
	looseMost int

	rollMost int // keys on a page of the roll
}

// The segment is bound anew in some 100 ms, once in looseMost changes; a search looks at each loose user.
var usualSizes = sizes{segment: 16, block: 12, looseMost: 4096, rollMost: 1024}

func (s sizes) split(ordinal uint32) (segment uint32, slot int) {
	return ordinal >> s.segment, int(ordinal & (1<<s.segment - 1))
}

func (s sizes) blockOf(ordinal uint32) (block uint32, slot int) {
	return ordinal >> s.block, int(ordinal & (1<<s.block - 1))
}

// blocks are how many blocks there are in a segment.
func (s sizes) blocks() uint32 { return 1 << (s.segment - s.block) }

// Keys in userSets.
var nextKey = []byte("n")

func freeKey(ordinal uint32) []byte { return binary.BigEndian.AppendUint32([]byte("e"), ordinal) }

func flagsKey(block uint32) []byte { return binary.BigEndian.AppendUint32([]byte("f"), block) }

// groupKey is where the users of a group are that belong to a block. Those of a block are beside each other, because
// users who come one after the other change them together.
func groupKey(block uint32, group string) []byte {
	return append(binary.BigEndian.AppendUint32([]byte("g"), block), group...)
}

// ordinalKey is where the ordinal of the user kept under key is found. By the handle, so that users are found by theirs
// without an index of its own; those who have none, by the ID.
func ordinalKey(key, handle []byte) []byte {
	if len(handle) == 0 {
		return append([]byte("i"), key...)
	}
	return append([]byte("h"), handle...)
}

func ordinalValue(ordinal uint32) []byte { return binary.BigEndian.AppendUint32(nil, ordinal) }

func parseOrdinal(raw []byte) (uint32, error) {
	if len(raw) != 4 {
		return 0, fmt.Errorf("%w: an ordinal of %d bytes", directory.ErrDamaged, len(raw))
	}
	return binary.BigEndian.Uint32(raw), nil
}

// ordinalOf is the ordinal of a user that is kept.
func (t *tx) ordinalOf(key []byte, u directory.User) (uint32, error) {
	raw := t.get(userIndex, ordinalKey(key, u.Handle))
	if raw == nil {
		return 0, fmt.Errorf("%w: user %q is not in the index", directory.ErrDamaged, key)
	}
	return parseOrdinal(raw)
}

// nextOrdinal is the first that was never given.
func (t *tx) nextOrdinal() (uint32, error) {
	raw := t.get(userSets, nextKey)
	if raw == nil {
		return 0, nil
	}
	return parseOrdinal(raw)
}

// newOrdinal is one that nobody has: the smallest of those given back, or a new one.
func (t *tx) newOrdinal() (uint32, error) {
	if !t.index.noneFree {
		for rest := range t.scan(userSets, []byte("e"), nil) {
			ordinal, err := parseOrdinal(rest)
			if err != nil {
				return 0, err
			}
			return ordinal, t.delete(userSets, freeKey(ordinal))
		}
		t.index.noneFree = true
	}
	if !t.index.nextKnown {
		next, err := t.nextOrdinal()
		if err != nil {
			return 0, err
		}
		t.index.next, t.index.nextKnown = next, true
	}
	if t.index.next == 1<<32-1 {
		return 0, fmt.Errorf("keep one more user: %w", errFull)
	}
	t.index.next++
	return t.index.next - 1, nil
}

// freeOrdinal gives one back.
func (t *tx) freeOrdinal(ordinal uint32) error {
	t.index.noneFree = false
	return t.put(userSets, freeKey(ordinal), nil)
}
