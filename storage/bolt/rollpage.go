package bolt

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"go.etcd.io/bbolt"

	"tapstation/app/directory"
)

// rollPage is one page of the roll while it is changed.
type rollPage struct {
	key    []byte // a place
	traits []byte
	places [][]byte
}

func (p rollPage) encodePlaces() []byte {
	var raw []byte
	for _, place := range p.places {
		if n := len(place) - placeTime; n < 256 {
			raw = append(raw, byte(n))
		} else {
			raw = binary.LittleEndian.AppendUint16(append(raw, 0), uint16(n))
		}
		raw = append(raw, place...)
	}
	return raw
}

func parsePlaces(raw []byte) (places [][]byte, err error) {
	for len(raw) > 0 {
		n, size := int(raw[0]), 1
		if n == 0 && len(raw) >= 3 {
			n, size = int(binary.LittleEndian.Uint16(raw[1:])), 3
		}
		if raw = raw[size:]; n == 0 || len(raw) < placeTime+n {
			return nil, fmt.Errorf("%w: a place in the roll of keys makes no sense", directory.ErrDamaged)
		}
		places, raw = append(places, raw[:placeTime+n]), raw[placeTime+n:]
	}
	return places, nil
}

// rollPlaces are the places of the n keys of a page.
func (t *tx) rollPlaces(key []byte, n int) ([][]byte, error) {
	places, err := parsePlaces(t.get(keyRoll, rollKey('p', key)))
	if err == nil && len(places) != n {
		err = fmt.Errorf("%w: a page of the roll has %d traits and %d places", directory.ErrDamaged, n, len(places))
	}
	return places, err
}

// rollSeek stands at the traits of the page that a place belongs to; k is nil when there is no page.
func rollSeek(c *bbolt.Cursor, place []byte) (k, v []byte) {
	k, v = c.Seek(rollKey('t', place))
	if bytes.Equal(k, rollKey('t', place)) {
		return k, v
	}
	if k == nil {
		k, v = c.Last()
	} else {
		k, v = c.Prev()
	}
	if k == nil || k[0] != 't' {
		k, v = c.Seek([]byte("t")) // before the first
	}
	return k, v
}

// enroll puts a key into the roll, or changes its traits, and strike takes one off, at the end of the transaction: keys
// that are made together are beside each other, and their page is written once.
func (t *tx) enroll(k directory.SecurityKey) {
	setIn(&t.index.roll, string(placeOf(k)), traitsOf(k).encode())
}

func (t *tx) strike(place []byte) { setIn(&t.index.roll, string(place), nil) }

// flushRoll writes what waits.
func (t *tx) flushRoll() error {
	places := slices.Sorted(maps.Keys(t.index.roll))
	for len(places) > 0 {
		p, next, err := t.rollPage([]byte(places[0]))
		if err != nil {
			return err
		}
		n := 1 // of them belong to this page
		for n < len(places) && (next == nil || places[n] < string(next)) {
			n++
		}
		if err := t.changePage(p, next == nil, places[:n]); err != nil {
			return err
		}
		places = places[n:]
	}
	clear(t.index.roll)
	return nil
}

// rollPage is the page that a place belongs to, and the key of the next one, nil where there is none; a new page when
// there is none at all.
func (t *tx) rollPage(place []byte) (p rollPage, next []byte, err error) {
	c := t.bucket(keyRoll).Cursor()
	k, v := rollSeek(c, place)
	if k == nil {
		return rollPage{key: place}, nil, nil
	}
	p = rollPage{key: bytes.Clone(k[1:]), traits: v}
	if p.places, err = t.rollPlaces(p.key, len(v)/traitSize); err != nil {
		return p, nil, err
	}
	if k, _ = c.Next(); k != nil {
		next = k[1:]
	}
	return p, next, nil
}

// changePage merges what waits for these places, which are sorted, into a page. last tells whether it is the last one.
func (t *tx) changePage(old rollPage, last bool, places []string) error {
	p := rollPage{key: old.key, traits: make([]byte, 0, len(old.traits)+len(places)*traitSize),
		places: make([][]byte, 0, len(old.places)+len(places))}
	add := func(place, traits []byte) {
		p.places, p.traits = append(p.places, place), append(p.traits, traits...)
	}
	ends := last && (len(old.places) == 0 || places[0] > string(old.places[len(old.places)-1])) // all of it comes at the end
	for i, place := range old.places {
		for len(places) > 0 && places[0] < string(place) {
			if traits := t.index.roll[places[0]]; traits != nil {
				add([]byte(places[0]), traits)
			}
			places = places[1:]
		}
		traits := old.traits[i*traitSize : (i+1)*traitSize]
		if len(places) > 0 && places[0] == string(place) {
			traits, places = t.index.roll[places[0]], places[1:]
		}
		if traits != nil {
			add(place, traits)
		}
	}
	for _, place := range places {
		if traits := t.index.roll[place]; traits != nil {
			add([]byte(place), traits)
		}
	}
	return t.putPages(p, ends)
}

// putPages puts a page in the place of that of the same key, in several where it is too long. When it grew at its end,
// which is where most keys come, the pages left behind are full; else all have room.
func (t *tx) putPages(p rollPage, ends bool) error {
	if len(p.places) <= t.sizes.rollMost {
		return t.putRollPage(p)
	}
	if bytes.Compare(p.places[0], p.key) < 0 { // the first page, which must be told apart from what it now has behind it
		if err := t.putRollPage(rollPage{key: p.key}); err != nil {
			return err
		}
		p.key = p.places[0]
	}
	size := t.sizes.rollMost
	if !ends {
		size = (size + 1) / 2
	}
	for from := 0; from < len(p.places); from += size {
		to := min(from+size, len(p.places))
		part := rollPage{p.places[from], p.traits[from*traitSize : to*traitSize], p.places[from:to]}
		if from == 0 {
			part.key = p.key
		}
		if err := t.putRollPage(part); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) putRollPage(p rollPage) error {
	if len(p.places) == 0 {
		if !t.has(keyRoll, rollKey('t', p.key)) {
			return nil
		}
		if err := t.delete(keyRoll, rollKey('p', p.key)); err != nil {
			return err
		}
		return t.delete(keyRoll, rollKey('t', p.key))
	}
	if err := t.put(keyRoll, rollKey('t', p.key), p.traits); err != nil {
		return err
	}
	return t.put(keyRoll, rollKey('p', p.key), p.encodePlaces())
}
