package bolt

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"sort"
	"time"

	"go.etcd.io/bbolt"

	"tapstation/app/directory"
)

// The roll lists all keys in the order they were made, with the traits that queries and statistics ask for. It is cut
// into pages. A page is two values in keyRoll, under a place that is not behind its first
// key and behind all of the pages before; the first page also has what comes before that:
//
//	t PLACE → the traits of each key, traitSize bytes
//	p PLACE → the place of each: a byte that is the length of the key ID, or 0 and the length in 2 bytes; then the place
//
// Whatever is asked, walking along the traits of a million keys reads 18 MB, and only the keys that are answered with
// are read themselves. A log-in, which changes when its key was used, writes one page of traits. Pages are long because
// the system has 64 kB of a file in sight for each place that is looked at.

func rollKey(part byte, place []byte) []byte { return append([]byte{part}, place...) }

// traits are what the roll knows of a key.
type traits struct {
	marks     uint16
	activated instant
	used      instant
}

const traitSize = 2 + 8 + 8

// Bits of marks. What is not among the known states, kinds and verifications is 0 there; the key itself must be asked.
const (
	stateBits    = 7 << 0
	kindBits     = 7 << 3
	verifiedBits = 3 << 6
	offlineBit   = 1 << 8
	temporaryBit = 1 << 9
	noUIDBit     = 1 << 10
	allMarks     = 1 << 11 // one more than the greatest
)

var (
	rollStates   = []directory.KeyState{"", directory.Pending, directory.Active, directory.Disabled, directory.Revoked}
	rollKinds    = []directory.Kind{"", directory.Card, directory.USBKey, directory.Fingerprint, directory.Smartphone}
	rollVerified = []directory.Verification{"", directory.PINless, directory.PIN}
)

// rollNumber is the place of what among the known ones, from 1 on; 0: it is none of them.
func rollNumber[T comparable](known []T, what T) uint16 {
	return uint16(slices.Index(known[1:], what) + 1)
}

func stateMark(s directory.KeyState) uint16 { return rollNumber(rollStates, s) }

func kindMark(k directory.Kind) uint16 { return rollNumber(rollKinds, k) << 3 }

func verifiedMark(v directory.Verification) uint16 { return rollNumber(rollVerified, v) << 6 }

func traitsOf(k directory.SecurityKey) traits {
	marks := stateMark(k.State) | kindMark(k.Kind) | verifiedMark(k.Verification)
	if k.OfflineLogin {
		marks |= offlineBit
	}
	if k.TemporaryPIN {
		marks |= temporaryBit
	}
	if len(k.Mark.UID) == 0 {
		marks |= noUIDBit
	}
	return traits{marks, instantOf(k.Activated), instantOf(k.LastUsed)}
}

func (t traits) encode() []byte {
	raw := binary.LittleEndian.AppendUint16(nil, t.marks)
	raw = binary.LittleEndian.AppendUint64(raw, uint64(t.activated))
	return binary.LittleEndian.AppendUint64(raw, uint64(t.used))
}

// traitsAt are those of the i-th key of a page.
func traitsAt(raw []byte, i int) traits {
	raw = raw[i*traitSize : (i+1)*traitSize]
	return traits{binary.LittleEndian.Uint16(raw), instant(binary.LittleEndian.Uint64(raw[2:])), instant(binary.LittleEndian.Uint64(raw[10:]))}
}

// rollPage is one page while it is changed.
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

// rollPage is the page that a place belongs to, copied; a new one when there is none at all.
func (t *tx) rollPage(place []byte) (p rollPage, err error) {
	k, v := rollSeek(t.bucket(keyRoll).Cursor(), place)
	if k == nil {
		return rollPage{key: place}, nil
	}
	p = rollPage{key: bytes.Clone(k[1:]), traits: bytes.Clone(v)}
	p.places, err = t.rollPlaces(p.key, len(p.traits)/traitSize)
	return p, err
}

// find is where a place is in the page, or should be.
func (p rollPage) find(place []byte) (i int, found bool) {
	return slices.BinarySearchFunc(p.places, place, bytes.Compare)
}

// enroll puts a key into the roll, or changes its traits.
func (t *tx) enroll(k directory.SecurityKey) error {
	place := placeOf(k)
	p, err := t.rollPage(place)
	if err != nil {
		return err
	}
	i, found := p.find(place)
	if found {
		copy(p.traits[i*traitSize:], traitsOf(k).encode())
		return t.put(keyRoll, rollKey('t', p.key), p.traits)
	}
	p.places = slices.Insert(p.places, i, place)
	p.traits = slices.Insert(p.traits, i*traitSize, traitsOf(k).encode()...)
	if len(p.places) <= t.sizes.rollMost {
		return t.putRollPage(p)
	}
	if bytes.Compare(p.places[0], p.key) < 0 { // the first page, which must be told apart from what it now has behind it
		if err := t.putRollPage(rollPage{key: p.key}); err != nil {
			return err
		}
		p.key = p.places[0]
	}
	half := len(p.places) / 2
	if i == t.sizes.rollMost {
		half = i // most keys come at the end, and then the pages behind them stay full
	}
	second := rollPage{p.places[half], p.traits[half*traitSize:], p.places[half:]}
	if err := t.putRollPage(second); err != nil {
		return err
	}
	return t.putRollPage(rollPage{p.key, p.traits[:half*traitSize], p.places[:half]})
}

// strike takes a key off the roll.
func (t *tx) strike(place []byte) error {
	p, err := t.rollPage(place)
	if err != nil {
		return err
	}
	i, found := p.find(place)
	if !found {
		return fmt.Errorf("%w: key %q is not on the roll", directory.ErrDamaged, place[placeTime:])
	}
	p.places = slices.Delete(p.places, i, i+1)
	p.traits = slices.Delete(p.traits, i*traitSize, (i+1)*traitSize)
	return t.putRollPage(p)
}

func (t *tx) putRollPage(p rollPage) error {
	if len(p.places) == 0 {
		if err := t.delete(keyRoll, rollKey('p', p.key)); err != nil {
			return err
		}
		return t.delete(keyRoll, rollKey('t', p.key))
	}
	raw := p.encodePlaces() // before anything is put, because the places may lie where they are kept
	if err := t.put(keyRoll, rollKey('t', p.key), p.traits); err != nil {
		return err
	}
	return t.put(keyRoll, rollKey('p', p.key), raw)
}

// rollFilter is the part of a query that traits answer, except when the key was made.
type rollFilter struct {
	mask, marks        uint16
	unusedSince        instant
	activatedFrom      instant
	activatedBefore    instant
	unused, from, till bool // whether the times are asked for
}

// rollFilterOf is the filter of a query; none when no key can match.
func rollFilterOf(q directory.KeyQuery) (f rollFilter, none bool) {
	want := func(on bool, mask, marks uint16) {
		if on {
			f.mask, f.marks = f.mask|mask, f.marks|marks
		}
	}
	f.unused, f.from, f.till = !q.UnusedSince.IsZero(), !q.ActivatedFrom.IsZero(), !q.ActivatedBefore.IsZero()
	if f.unused {
		if q.State != "" && q.State != directory.Active {
			return f, true
		}
		q.State = directory.Active
	}
	f.unusedSince, f.activatedFrom, f.activatedBefore = firstAt(q.UnusedSince), firstAt(q.ActivatedFrom), firstAt(q.ActivatedBefore)
	want(q.State != "", stateBits, stateMark(q.State))
	want(q.Kind != "", kindBits, kindMark(q.Kind))
	want(q.Verification != "", verifiedBits, verifiedMark(q.Verification))
	want(q.OfflineLogin, offlineBit, offlineBit)
	want(q.TemporaryPIN, temporaryBit, temporaryBit)
	want(q.NoUID, noUIDBit, noUIDBit)
	return f, false
}

// firstAt is the first instant that is not before at: what is kept, to the microsecond, is before at exactly when it
// is before that.
func firstAt(at time.Time) instant {
	i := instantOf(at)
	if i.Time().Before(at) {
		i++
	}
	return i
}

func (f rollFilter) takes(t traits) bool {
	return t.marks&f.mask == f.marks &&
		(!f.unused || t.activated < f.unusedSince && t.used < f.unusedSince) &&
		(!f.from || t.activated >= f.activatedFrom) &&
		(!f.till || t.activated != 0 && t.activated < f.activatedBefore)
}

// rollBounds are the places that a query is about: behind after, and before end; nil where there is no bound.
type rollBounds struct {
	after, end []byte
	back       bool
}

// eachEnrolled goes along the roll and hands the places of the keys that the filter takes to do, until that wants no more.
func (t *tx) eachEnrolled(f rollFilter, bounds rollBounds, do func(place []byte) (more bool, err error)) error {
	b := t.bucket(keyRoll)
	if b == nil {
		return nil
	}
	c := b.Cursor()
	turn := c.Next
	k, v := rollSeek(c, bounds.after)
	if bounds.back {
		turn = c.Prev
		if bounds.end != nil {
			k, v = rollSeek(c, bounds.end)
		} else {
			k, v = c.Last()
		}
	}
	for ; k != nil && k[0] == 't'; k, v = turn() {
		if err := t.alive(); err != nil {
			return err
		}
		more, err := t.eachOnPage(k[1:], v, f, bounds, do)
		if err != nil || !more {
			return err
		}
	}
	return nil
}

func (t *tx) eachOnPage(key, raw []byte, f rollFilter, bounds rollBounds, do func([]byte) (bool, error)) (more bool, err error) {
	n := len(raw) / traitSize
	var places [][]byte
	first, end := 0, n
	for j := range n {
		i := j
		if bounds.back {
			i = n - 1 - j
		}
		if i < first || i >= end || !f.takes(traitsAt(raw, i)) {
			continue
		}
		if places == nil {
			if places, err = t.rollPlaces(key, n); err != nil {
				return false, err
			}
			if bounds.after != nil {
				first = sort.Search(n, func(i int) bool { return bytes.Compare(places[i], bounds.after) > 0 })
			}
			if bounds.end != nil {
				end = sort.Search(n, func(i int) bool { return bytes.Compare(places[i], bounds.end) >= 0 })
			}
			if i < first || i >= end {
				continue
			}
		}
		if more, err := do(places[i]); err != nil || !more {
			return false, err
		}
	}
	// Pages further on hold nothing when this one reaches beyond the bound.
	return bounds.back || bounds.end == nil || bytes.Compare(key, bounds.end) < 0, nil
}
