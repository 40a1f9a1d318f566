package bolt

import (
	"bytes"
	"fmt"

	"tapstation/app/directory"
)

// checkRoll compares the roll with the keys: each must be on it once, in its place and with its traits, and nobody else.
func (t *tx) checkRoll() (err error) {
	defer t.guard(&err)
	listed, pages := 0, 0
	var last []byte
	for page, raw := range t.scan(keyRoll, []byte("t"), nil) {
		if err := t.alive(); err != nil {
			return err
		}
		n := len(raw) / traitSize
		places, err := t.rollPlaces(page, n)
		if err != nil {
			return err
		}
		if n == 0 || n > t.sizes.rollMost || len(raw)%traitSize != 0 ||
			pages > 0 && (bytes.Compare(places[0], page) < 0 || bytes.Compare(last, page) >= 0) {
			return fmt.Errorf("%w: a page of the roll makes no sense", directory.ErrDamaged)
		}
		for i, place := range places {
			if last != nil && bytes.Compare(last, place) >= 0 {
				return fmt.Errorf("%w: key %q is not in its place on the roll", directory.ErrDamaged, place[placeTime:])
			}
			k, err := t.key(place[placeTime:])
			if err != nil {
				return fmt.Errorf("key %q of the roll: %w", place[placeTime:], damagedIndex(err))
			}
			if !bytes.Equal(placeOf(k), place) || traitsAt(raw, i) != traitsOf(k) {
				return fmt.Errorf("%w: the roll has key %q otherwise than it is", directory.ErrDamaged, k.ID)
			}
			last = place
			listed++
		}
		pages++
	}
	if there := t.entries(keys); listed != there {
		return fmt.Errorf("%w: %d keys are on the roll, there are %d", directory.ErrDamaged, listed, there)
	}
	if there := t.entries(keyRoll); there != 2*pages {
		return fmt.Errorf("%w: the roll has %d entries for %d pages", directory.ErrDamaged, there, pages)
	}
	return nil
}
