package bolt

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"tapstation/app/directory"
	"tapstation/storage/boltfile"
)

func (t *tx) Key(id string) (k directory.SecurityKey, err error) {
	defer t.guard(&err)
	return t.key([]byte(id))
}

func (t *tx) key(id []byte) (directory.SecurityKey, error) {
	if len(id) == 0 {
		return directory.SecurityKey{}, directory.ErrNotFound
	}
	r, err := record[keyRecord](t, keys, id)
	return r.key(), err
}

func (t *tx) KeyByCredential(credentialID []byte) (k directory.SecurityKey, err error) {
	defer t.guard(&err)
	if len(credentialID) == 0 {
		return k, directory.ErrNotFound
	}
	id := t.get(keyIndex, credentialKey(credentialID))
	if id == nil {
		return k, directory.ErrNotFound
	}
	return t.key(id)
}

func (t *tx) PutKey(k directory.SecurityKey) (err error) {
	defer t.guard(&err)
	if k.ID == "" || len(k.ID) > maxName {
		return fmt.Errorf("key ID %.64q: %w", k.ID, errName)
	}
	if _, err := name(k.UserID); err != nil {
		return fmt.Errorf("user ID: %w", err)
	}
	if len(k.Mark.UID) > math.MaxUint8 {
		return fmt.Errorf("card UID: %w", boltfile.ErrTooLarge)
	}
	id := []byte(k.ID)
	if len(k.Credential.ID) > 0 {
		if owner := t.get(keyIndex, credentialKey(k.Credential.ID)); owner != nil && string(owner) != k.ID {
			return fmt.Errorf("credential of key %q: %w", k.ID, directory.ErrExists)
		}
	}
	var before []entry
	old, err := t.key(id)
	known := err == nil
	switch {
	case known:
		before = keyEntries(old)
	case !errors.Is(err, directory.ErrNotFound):
		return err
	}
	if err := keep(t, keys, id, keepKey(k)); err != nil {
		return fmt.Errorf("keep key %q: %w", k.ID, err)
	}
	if known {
		t.holderChanged(old.UserID)
		if place := placeOf(old); !bytes.Equal(place, placeOf(k)) {
			t.strike(place)
		}
	}
	t.holderChanged(k.UserID)
	t.enroll(k)
	return t.reindex(keyIndex, before, keyEntries(k))
}

func (t *tx) DeleteKey(id string) (err error) {
	defer t.guard(&err)
	old, err := t.key([]byte(id))
	if err != nil {
		return err
	}
	if err := t.delete(keys, []byte(id)); err != nil {
		return err
	}
	t.strike(placeOf(old))
	t.holderChanged(old.UserID)
	return t.reindex(keyIndex, keyEntries(old), nil)
}

func matches(q directory.KeyQuery, k directory.SecurityKey) bool {
	return (q.State == "" || k.State == q.State) &&
		(len(q.CardUID) == 0 || bytes.Equal(k.Mark.UID, q.CardUID)) &&
		(!q.NoUID || len(k.Mark.UID) == 0) &&
		(!q.OfflineLogin || k.OfflineLogin) &&
		(q.Kind == "" || k.Kind == q.Kind) &&
		(q.Verification == "" || k.Verification == q.Verification) &&
		(!q.TemporaryPIN || k.TemporaryPIN) &&
		(q.UnusedSince.IsZero() || k.State == directory.Active && k.Activated.Before(q.UnusedSince) && k.LastUsed.Before(q.UnusedSince)) &&
		(q.MadeBefore.IsZero() || k.Created.Before(q.MadeBefore)) &&
		(q.ActivatedFrom.IsZero() || !k.Activated.Before(q.ActivatedFrom)) &&
		(q.ActivatedBefore.IsZero() || !k.Activated.IsZero() && k.Activated.Before(q.ActivatedBefore))
}

// damagedIndex: an index entry that leads nowhere is damage, not an answer.
func damagedIndex(err error) error {
	if errors.Is(err, directory.ErrNotFound) {
		return directory.ErrDamaged
	}
	return err
}

// keyEntries are the index entries of a key.
func keyEntries(k directory.SecurityKey) []entry {
	place := placeOf(k)
	at := func(prefix []byte) entry { return entry{append(prefix, place...), nil} }
	entries := []entry{at(ownerKey([]byte(directory.Fold(k.UserID))))}
	if len(k.Mark.UID) > 0 {
		entries = append(entries, at(uidKey(k.Mark.UID)))
	}
	if len(k.Credential.ID) > 0 {
		entries = append(entries, entry{credentialKey(k.Credential.ID), []byte(k.ID)})
	}
	return entries
}

// placeTime is how many bytes of a place are the time; the rest is the key ID.
const placeTime = 8

// placeOf is a key's place in the order they were made. Those of the same microsecond are in the order of their IDs.
func placeOf(k directory.SecurityKey) []byte {
	return append(placeAt(instantOf(k.Created)), k.ID...)
}

// placeAt is the first place of a time.
func placeAt(at instant) []byte {
	const sign = 1 << 63 // so that times before year 1 come first
	return binary.BigEndian.AppendUint64(nil, uint64(at)^sign)
}

func ownerKey(user []byte) []byte { return append(append([]byte("u"), user...), 0) }

func uidKey(uid []byte) []byte { return append([]byte{'d', byte(len(uid))}, uid...) }

// credentialKey is a hash, because credential IDs may be longer than a key should be.
func credentialKey(id []byte) []byte {
	h := sha256.Sum256(id)
	return append([]byte("c"), h[:]...)
}
