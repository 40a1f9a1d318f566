package bolt

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"

	"go.etcd.io/bbolt"

	"tapstation/app/directory"
)

const (
	keysUnsaid, keysMost = 100, 1000

	// keysGathered is how many entries of a lane that is in another order are gathered and sorted.
	keysGathered = 10_000
	// keysLooked is how many keys are looked at for one page; then it is told as it is, and says where to go on.
	keysLooked = 10_000
)

var errPlace = errors.New("not a place in the list of keys")

// Keys walks along the lane of the index that is shortest among those that hold every key asked for, and looks at each
// key for the rest.
func (t *tx) Keys(q directory.KeyQuery) (page directory.KeyPage, err error) {
	defer t.guard(&err)
	limit := pageLimit(q.Limit, keysUnsaid, keysMost)
	after, err := base64.RawURLEncoding.DecodeString(q.After)
	if err != nil || len(after) > 0 && len(after) <= placeTime {
		return page, fmt.Errorf("%.64q: %w", q.After, errPlace)
	}
	places, err := t.places(q, after)
	if err != nil || places == nil {
		return page, err
	}
	var last []byte
	looked := 0
	for place := range places {
		if err := t.alive(); err != nil {
			return directory.KeyPage{}, err
		}
		if looked++; looked > keysLooked {
			page.Next = base64.RawURLEncoding.EncodeToString(last)
			return page, nil
		}
		k, err := t.key(place[placeTime:])
		if err != nil {
			return directory.KeyPage{}, fmt.Errorf("key %q of the index: %w", place[placeTime:], damagedIndex(err))
		}
		if matches(q, k) {
			if len(page.Keys) == limit {
				page.Next = base64.RawURLEncoding.EncodeToString(last)
				return page, nil
			}
			page.Keys = append(page.Keys, k)
		}
		last = place
	}
	return page, t.ctx.Err()
}

// lane is a part of the index that holds every key asked for, and perhaps others. One without a time is in the order
// of places; one with, in that of the times, from its beginning to before its end.
type lane struct {
	prefix     []byte
	timed      bool
	begin, end []byte // with the prefix; nil end: that of the prefix
}

// lanes are those of a query; none when there can be no such key.
func lanes(q directory.KeyQuery) []lane {
	var all []lane
	add := func(prefix []byte) { all = append(all, lane{prefix: prefix}) }
	switch {
	case q.UserID != "":
		user, err := name(q.UserID)
		if err != nil {
			return nil
		}
		return []lane{{prefix: ownerKey(user)}}
	case len(q.CardUID) > math.MaxUint8:
		return nil
	case len(q.CardUID) > 0:
		return []lane{{prefix: uidKey(q.CardUID)}}
	}
	if q.State != "" {
		add(stateKey(q.State))
	}
	if q.NoUID {
		add(uidKey(nil))
	}
	if q.OfflineLogin {
		add([]byte("o"))
	}
	if q.Verification == directory.PINless {
		add([]byte("p"))
	}
	if q.TemporaryPIN {
		add([]byte("t"))
	}
	if q.Kind != "" && q.Kind != directory.Card {
		add(kindKey(q.Kind))
	}
	if len(all) == 0 {
		add([]byte("m"))
	}
	if !q.UnusedSince.IsZero() {
		all = append(all, lane{prefix: []byte("l"), timed: true, begin: []byte("l"), end: timeKey('l', q.UnusedSince)})
	}
	if !q.ActivatedFrom.IsZero() || !q.ActivatedBefore.IsZero() {
		l := lane{prefix: []byte("a"), timed: true, begin: []byte("a")}
		if !q.ActivatedFrom.IsZero() {
			l.begin = timeKey('a', q.ActivatedFrom)
		}
		if !q.ActivatedBefore.IsZero() {
			l.end = timeKey('a', q.ActivatedBefore)
		}
		all = append(all, l)
	}
	return all
}

// places are those of the keys to look at, in the order of the answer and behind after; nil: there are none.
func (t *tx) places(q directory.KeyQuery, after []byte) (iter.Seq[[]byte], error) {
	all := lanes(q)
	if len(all) == 0 || t.bucket(keyIndex) == nil {
		return nil, nil
	}
	shortest := all[0]
	if len(all) > 1 {
		var err error
		if shortest, err = t.shortest(all); err != nil {
			return nil, err
		}
	}
	if shortest.timed {
		return t.gathered(shortest, q.Desc, after)
	}
	return t.walked(shortest, q, after), nil
}

// shortest counts all lanes at the same pace. When none ends soon, it is one in the order of the answer.
func (t *tx) shortest(all []lane) (lane, error) {
	cursors := make([]*laneCursor, len(all))
	for i, l := range all {
		cursors[i] = &laneCursor{lane: l, cursor: t.bucket(keyIndex).Cursor()}
	}
	for range keysGathered {
		if err := t.alive(); err != nil {
			return lane{}, err
		}
		for i, c := range cursors {
			if _, more := c.next(); !more {
				return all[i], nil
			}
		}
	}
	return all[0], nil // the timed ones come last
}

// laneCursor walks along a lane.
type laneCursor struct {
	lane
	cursor *bbolt.Cursor
	begun  bool
}

// next is the rest of the next entry behind the prefix.
func (c *laneCursor) next() (rest []byte, more bool) {
	var k []byte
	switch {
	case c.begun:
		k, _ = c.cursor.Next()
	case c.begin != nil:
		k, _ = c.cursor.Seek(c.begin)
	default:
		k, _ = c.cursor.Seek(c.prefix)
	}
	c.begun = true
	if k == nil || !bytes.HasPrefix(k, c.prefix) || c.end != nil && bytes.Compare(k, c.end) >= 0 {
		return nil, false
	}
	return k[len(c.prefix):], true
}

// gathered are the places of a lane that is in the order of times.
func (t *tx) gathered(l lane, desc bool, after []byte) (iter.Seq[[]byte], error) {
	var places [][]byte
	c := laneCursor{lane: l, cursor: t.bucket(keyIndex).Cursor()}
	for rest, more := c.next(); more; rest, more = c.next() {
		if err := t.alive(); err != nil {
			return nil, err
		}
		if len(rest) <= 2*placeTime {
			return nil, fmt.Errorf("%w: an index entry of a key has no place", directory.ErrDamaged)
		}
		place := rest[placeTime:]
		if order := bytes.Compare(place, after); len(after) == 0 || !desc && order > 0 || desc && order < 0 {
			places = append(places, place)
		}
	}
	slices.SortFunc(places, func(a, b []byte) int {
		if desc {
			a, b = b, a
		}
		return bytes.Compare(a, b)
	})
	return slices.Values(places), nil
}

// walked are the places of a lane that is in their order.
func (t *tx) walked(l lane, q directory.KeyQuery, after []byte) iter.Seq[[]byte] {
	end := []byte(nil) // places from here on were made too late
	if !q.MadeBefore.IsZero() {
		end = timeKey(0, q.MadeBefore)[1:]
	}
	scan := t.scan
	if q.Desc {
		scan = t.scanBack
		if end != nil && (len(after) == 0 || bytes.Compare(end, after) < 0) {
			after = end
		}
	}
	return func(yield func([]byte) bool) {
		for place := range scan(keyIndex, l.prefix, after) {
			if !q.Desc && end != nil && bytes.Compare(place, end) >= 0 || !yield(place) {
				return
			}
		}
	}
}
