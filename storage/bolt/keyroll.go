package bolt

import (
	"bytes"
	"encoding/binary"
	"slices"
	"sort"
	"time"

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
		t.look()
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
