package bolt

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"math"

	"tapstation/app/directory"
)

const keysUnsaid, keysMost = 100, 1000

var errPlace = errors.New("not a place in the list of keys")

// Keys walks along the keys of a user or a card, which are few, or else along the roll, which tells without reading the
// keys which of them match.
func (t *tx) Keys(q directory.KeyQuery) (page directory.KeyPage, err error) {
	defer t.guard(&err)
	limit := pageLimit(q.Limit, keysUnsaid, keysMost)
	after, err := base64.RawURLEncoding.DecodeString(q.After)
	if err != nil || len(after) > 0 && len(after) <= placeTime {
		return page, fmt.Errorf("%.64q: %w", q.After, errPlace)
	}
	var last []byte
	answer := func(place []byte) (more bool, err error) {
		k, err := t.key(place[placeTime:])
		if err != nil {
			return false, fmt.Errorf("key %q of the index: %w", place[placeTime:], damagedIndex(err))
		}
		if !matches(q, k) {
			return true, nil
		}
		if len(page.Keys) == limit {
			page.Next = base64.RawURLEncoding.EncodeToString(last)
			return false, nil
		}
		page.Keys, last = append(page.Keys, k), place
		return true, nil
	}
	if err := t.eachAsked(q, boundsOf(q, after), answer); err != nil {
		return directory.KeyPage{}, err
	}
	return page, t.ctx.Err()
}

// boundsOf are the places a query is about.
func boundsOf(q directory.KeyQuery, after []byte) rollBounds {
	b := rollBounds{back: q.Desc}
	if !q.MadeBefore.IsZero() {
		b.end = placeAt(firstAt(q.MadeBefore))
	}
	switch {
	case len(after) == 0:
	case !q.Desc:
		b.after = after
	case b.end == nil || bytes.Compare(after, b.end) < 0:
		b.end = after
	}
	return b
}

// eachAsked hands the places of keys, among whom are all that match, in the order of the answer to do.
func (t *tx) eachAsked(q directory.KeyQuery, bounds rollBounds, do func(place []byte) (more bool, err error)) error {
	switch {
	case q.UserID != "":
		if user, err := name(q.UserID); err == nil {
			return t.eachOf(ownerKey(user), bounds, do)
		}
		return nil // nobody has such an ID
	case len(q.CardUID) > math.MaxUint8:
		return nil
	case len(q.CardUID) > 0:
		return t.eachOf(uidKey(q.CardUID), bounds, do)
	}
	f, none := rollFilterOf(q)
	if none {
		return nil
	}
	if err := t.flush(); err != nil {
		return err
	}
	return t.eachEnrolled(f, bounds, do)
}

// eachOf goes along the entries of keyIndex that begin with prefix.
func (t *tx) eachOf(prefix []byte, bounds rollBounds, do func(place []byte) (more bool, err error)) error {
	places := t.scan(keyIndex, prefix, bounds.after)
	if bounds.back {
		places = t.scanBack(keyIndex, prefix, bounds.end)
	}
	for place := range places {
		if err := t.alive(); err != nil {
			return err
		}
		if len(place) <= placeTime {
			return fmt.Errorf("%w: an index entry of a key has no place", directory.ErrDamaged)
		}
		if bounds.end != nil && bytes.Compare(place, bounds.end) >= 0 {
			return nil
		}
		if more, err := do(place); err != nil || !more {
			return err
		}
	}
	return nil
}
