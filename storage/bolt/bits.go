package bolt

import (
	"encoding/binary"
	"fmt"
	"iter"
	onbits "math/bits"

	"tapstation/app/directory"
)

// bitset is a set of small numbers, of a size that is fixed when it is made: a multiple of 64.
type bitset []uint64

func newBitset(size int) bitset { return make(bitset, size/64) }

func (s bitset) has(i int) bool { return s[i>>6]&(1<<(i&63)) != 0 }
func (s bitset) set(i int)      { s[i>>6] |= 1 << (i & 63) }
func (s bitset) clear(i int)    { s[i>>6] &^= 1 << (i & 63) }

func (s bitset) put(i int, on bool) {
	if on {
		s.set(i)
	} else {
		s.clear(i)
	}
}

func (s bitset) and(other bitset) {
	for i := range s {
		s[i] &= other[i]
	}
}

func (s bitset) without(other bitset) {
	for i := range s {
		s[i] &^= other[i]
	}
}

func (s bitset) count() int {
	n := 0
	for _, word := range s {
		n += onbits.OnesCount64(word)
	}
	return n
}

func (s bitset) empty() bool {
	for _, word := range s {
		if word != 0 {
			return false
		}
	}
	return true
}

// all are the members, ascending.
func (s bitset) all() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, word := range s {
			for ; word != 0; word &= word - 1 {
				if !yield(i*64 + onbits.TrailingZeros64(word)) {
					return
				}
			}
		}
	}
}

// encode is the set as it is kept: its members as 2 bytes each where they are few, all bits where that is shorter.
func (s bitset) encode() []byte {
	n := s.count()
	if n*2 >= len(s)*8 {
		raw := make([]byte, 0, len(s)*8)
		for _, word := range s {
			raw = binary.LittleEndian.AppendUint64(raw, word)
		}
		return raw
	}
	raw := make([]byte, 0, n*2)
	for i := range s.all() {
		raw = binary.LittleEndian.AppendUint16(raw, uint16(i))
	}
	return raw
}

// decodeInto puts a kept set in the place of s, which must be empty.
func (s bitset) decodeInto(raw []byte) error {
	switch {
	case len(raw) == len(s)*8:
		for i := range s {
			s[i] = binary.LittleEndian.Uint64(raw[i*8:])
		}
		return nil
	case len(raw) > len(s)*8 || len(raw)%2 != 0:
		return fmt.Errorf("%w: a set of %d bytes", directory.ErrDamaged, len(raw))
	}
	for ; len(raw) > 0; raw = raw[2:] {
		i := int(binary.LittleEndian.Uint16(raw))
		if i >= len(s)*64 {
			return fmt.Errorf("%w: a set of %d holds %d", directory.ErrDamaged, len(s)*64, i)
		}
		s.set(i)
	}
	return nil
}
