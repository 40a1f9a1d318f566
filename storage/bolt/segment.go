package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sort"

	"tapstation/app/directory"
)

// segment is the bound part of the index of the users whose ordinals begin alike: their documents, in which order
// they come in each order of users, and which words lead to them. It is one value, looked at where it lies in the
// file and never changed in place; users that changed since it was bound are loose, beside it, until it is bound anew.
//
// A user is named by the rest of the ordinal, here called the slot. The value is six numbers (slots, documents, words,
// postings, bytes of words, bytes of documents), then, each number little-endian:
//
//	slots     × 4   where the document of each slot ends; an empty one is none
//	4 × documents × 2   the slots in each order
//	words     × 4   where each word ends, in the order of the words
//	words     × 4   where the postings of each word end
//	postings  × 2   the slots of each word, ascending
//	the words
//	the documents
//
// All words that begin alike are beside each other, and so are their postings: every search for a beginning is one run.
type segment struct {
	slots, documents, words, postings int

	documentEnds, orders, wordEnds, postingEnds, slotsOfWords, wordBytes, documentBytes []byte
}

const segmentHeader = 6 * 4

var errSegment = errors.New("a part of the index makes no sense")

// openSegment looks at a kept segment; none is one without users.
func openSegment(raw []byte) (s segment, err error) {
	if raw == nil {
		return s, nil
	}
	if len(raw) < segmentHeader {
		return s, fmt.Errorf("%w: %w", directory.ErrDamaged, errSegment)
	}
	var head [6]uint64
	for i := range head {
		head[i] = uint64(binary.LittleEndian.Uint32(raw[i*4:]))
	}
	slots, documents, words, postings := head[0], head[1], head[2], head[3]
	rest := raw[segmentHeader:]
	parts := []struct {
		part *[]byte
		size uint64
	}{
		{&s.documentEnds, slots * 4}, {&s.orders, uint64(orders) * documents * 2}, {&s.wordEnds, words * 4},
		{&s.postingEnds, words * 4}, {&s.slotsOfWords, postings * 2}, {&s.wordBytes, head[4]}, {&s.documentBytes, head[5]},
	}
	for _, p := range parts {
		if p.size > uint64(len(rest)) {
			return segment{}, fmt.Errorf("%w: %w", directory.ErrDamaged, errSegment)
		}
		*p.part, rest = rest[:p.size], rest[p.size:]
	}
	if len(rest) != 0 || documents > slots {
		return segment{}, fmt.Errorf("%w: %w", directory.ErrDamaged, errSegment)
	}
	s.slots, s.documents, s.words, s.postings = int(slots), int(documents), int(words), int(postings)
	return s, nil
}

func number(raw []byte, i int) int { return int(binary.LittleEndian.Uint32(raw[i*4:])) }

// ending is the piece of raw that ends where the i-th of ends says, and begins where the one before ends.
func ending(raw, ends []byte, i int) []byte {
	from := 0
	if i > 0 {
		from = number(ends, i-1)
	}
	return raw[from:number(ends, i)]
}

// document is what is bound of a slot, encoded; empty where there is none.
func (s *segment) document(slot int) []byte {
	if slot >= s.slots {
		return nil
	}
	return ending(s.documentBytes, s.documentEnds, slot)
}

func (s *segment) parsed(slot int) document { return parseDocument(s.document(slot)) }

// at is the i-th slot in an order.
func (s *segment) at(o order, i int) int {
	return int(binary.LittleEndian.Uint16(s.orders[(int(o)*s.documents+i)*2:]))
}

func (s *segment) word(i int) []byte { return ending(s.wordBytes, s.wordEnds, i) }

// slotsOf are the slots of the words from the first to before the end, 2 bytes each.
func (s *segment) slotsOf(first, end int) []byte {
	if first == end {
		return nil
	}
	from := 0
	if first > 0 {
		from = number(s.postingEnds, first-1)
	}
	return s.slotsOfWords[from*2 : number(s.postingEnds, end-1)*2]
}

// mark puts into set the slots of all words that begin with w.
func (s *segment) mark(w []byte, set bitset) {
	first := sort.Search(s.words, func(i int) bool { return bytes.Compare(s.word(i), w) >= 0 })
	end := first + sort.Search(s.words-first, func(i int) bool { return !bytes.HasPrefix(s.word(first+i), w) })
	for slots := s.slotsOf(first, end); len(slots) >= 2; slots = slots[2:] {
		set.set(int(binary.LittleEndian.Uint16(slots)))
	}
}

// after is the first place of an order that is behind d, or, back, the last that is before it.
func (s *segment) after(o order, d document, back bool) int {
	behind := func(i int) bool { return o.compare(s.parsed(s.at(o, i)), d) > 0 }
	if back {
		behind = func(i int) bool { return o.compare(s.parsed(s.at(o, i)), d) >= 0 }
		return sort.Search(s.documents, behind) - 1
	}
	return sort.Search(s.documents, behind)
}

// bind makes the segment of old, less the slots of changed, and of the documents in changed that are not empty.
func bind(old segment, changed map[int][]byte) []byte {
	slots := old.slots
	for slot, raw := range changed {
		if len(raw) > 0 {
			slots = max(slots, slot+1)
		}
	}
	for slots > 0 {
		raw, is := changed[slots-1]
		if is && len(raw) > 0 || !is && len(old.document(slots-1)) > 0 {
			break
		}
		slots-- // so that a segment is the same whatever was in it before
	}
	b := binder{old: old, gone: newBitset((max(slots, old.slots) + 63) &^ 63), documents: make([]document, slots)}
	var documentEnds, documentBytes []byte
	var words []newWord
	for slot := slots; slot < old.slots; slot++ {
		b.gone.set(slot)
	}
	for slot := range slots {
		raw, is := changed[slot]
		if is {
			b.gone.set(slot)
		} else {
			raw = old.document(slot)
		}
		if len(raw) > 0 {
			d := parseDocument(raw)
			if is {
				for _, w := range d.words() {
					words = append(words, newWord{w, uint16(slot)})
				}
				raw = raw[:len(raw)-len(d.text)]
				b.added = append(b.added, slot)
			}
			b.documents[slot] = d
			documentBytes = append(documentBytes, raw...)
		}
		documentEnds = binary.LittleEndian.AppendUint32(documentEnds, uint32(len(documentBytes)))
	}
	slices.SortFunc(words, func(a, b newWord) int {
		if c := bytes.Compare(a.word, b.word); c != 0 {
			return c
		}
		return int(a.slot) - int(b.slot)
	})
	var inOrder []byte
	for o := range orders {
		inOrder = b.order(o, inOrder)
	}
	b.words(words)

	size := segmentHeader + len(documentEnds) + len(inOrder) + len(b.wordEnds) + len(b.postingEnds) + len(b.slots) +
		len(b.wordBytes) + len(documentBytes)
	raw := make([]byte, 0, size)
	for _, n := range []int{slots, len(inOrder) / 2 / int(orders), len(b.wordEnds) / 4, len(b.slots) / 2, len(b.wordBytes), len(documentBytes)} {
		raw = binary.LittleEndian.AppendUint32(raw, uint32(n))
	}
	for _, part := range [][]byte{documentEnds, inOrder, b.wordEnds, b.postingEnds, b.slots, b.wordBytes, documentBytes} {
		raw = append(raw, part...)
	}
	return raw
}

// binder merges what stays of a segment with what is new in it.
type binder struct {
	old       segment
	gone      bitset     // slots that are not taken over
	added     []int      // slots that are new
	documents []document // by slot

	wordEnds, postingEnds, slots, wordBytes []byte
}

type newWord struct {
	word []byte
	slot uint16
}

// order appends the slots in an order.
func (b *binder) order(o order, raw []byte) []byte {
	before := func(x, y int) int { return o.compare(b.documents[x], b.documents[y]) }
	slices.SortFunc(b.added, before)
	added := b.added
	for i := range b.old.documents {
		slot := b.old.at(o, i)
		if b.gone.has(slot) {
			continue
		}
		for len(added) > 0 && before(added[0], slot) < 0 {
			raw, added = binary.LittleEndian.AppendUint16(raw, uint16(added[0])), added[1:]
		}
		raw = binary.LittleEndian.AppendUint16(raw, uint16(slot))
	}
	for _, slot := range added {
		raw = binary.LittleEndian.AppendUint16(raw, uint16(slot))
	}
	return raw
}

// words merges the words of the old segment with the new ones, which are sorted.
func (b *binder) words(added []newWord) {
	for i := range b.old.words {
		w := b.old.word(i)
		for len(added) > 0 && bytes.Compare(added[0].word, w) < 0 {
			added = b.word(added[0].word, nil, added)
		}
		added = b.word(w, b.old.slotsOf(i, i+1), added)
	}
	for len(added) > 0 {
		added = b.word(added[0].word, nil, added)
	}
}

// word appends one word with the slots it had and those at the beginning of added that are of it, which it takes off.
func (b *binder) word(w, had []byte, added []newWord) []newWord {
	before := len(b.slots)
	for ; len(had) >= 2; had = had[2:] {
		slot := binary.LittleEndian.Uint16(had)
		if b.gone.has(int(slot)) {
			continue
		}
		for len(added) > 0 && added[0].slot < slot && bytes.Equal(added[0].word, w) {
			b.slots, added = binary.LittleEndian.AppendUint16(b.slots, added[0].slot), added[1:]
		}
		b.slots = binary.LittleEndian.AppendUint16(b.slots, slot)
	}
	for len(added) > 0 && bytes.Equal(added[0].word, w) {
		b.slots, added = binary.LittleEndian.AppendUint16(b.slots, added[0].slot), added[1:]
	}
	if len(b.slots) == before {
		return added // nobody has it any more
	}
	b.wordBytes = append(b.wordBytes, w...)
	b.wordEnds = binary.LittleEndian.AppendUint32(b.wordEnds, uint32(len(b.wordBytes)))
	b.postingEnds = binary.LittleEndian.AppendUint32(b.postingEnds, uint32(len(b.slots)/2))
	return added
}
