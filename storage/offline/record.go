package offline

import (
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"tapstation/app/directory"
	"tapstation/app/login"
	"tapstation/storage/boltfile"
)

var errMissing = errors.New("no such key")

// keyRecord is a key as it is kept; see boltfile for the rules.
type keyRecord struct {
	KeyID        string           `cbor:"1,keyasint"`
	KeyName      string           `cbor:"2,keyasint,omitempty"`
	UserID       string           `cbor:"3,keyasint"`
	UserHandle   []byte           `cbor:"4,keyasint,omitempty"`
	RPID         string           `cbor:"5,keyasint,omitempty"`
	CredentialID []byte           `cbor:"6,keyasint,omitempty"`
	PublicKey    []byte           `cbor:"7,keyasint,omitempty"`
	SignCount    uint32           `cbor:"8,keyasint,omitempty"`
	Verification string           `cbor:"9,keyasint,omitempty"`
	Written      boltfile.Instant `cbor:"10,keyasint,omitempty"`

	// From version 2 of the bucket on.
	Epoch      uint64           `cbor:"11,keyasint,omitempty"` // of the last contact that this record knows of
	Logins     int              `cbor:"12,keyasint,omitempty"`
	Seen       boltfile.Instant `cbor:"13,keyasint,omitempty"`
	RequirePIN bool             `cbor:"14,keyasint,omitempty"`
	MostLogins int              `cbor:"15,keyasint,omitempty"`
	MostDays   int              `cbor:"16,keyasint,omitempty"`
}

func keep(c login.Cached, epoch uint64) keyRecord {
	return keyRecord{c.KeyID, c.KeyName, c.UserID, c.UserHandle, c.RPID, c.CredentialID, c.PublicKey, c.SignCount,
		string(c.Verification), boltfile.InstantOf(c.Written),
		epoch, c.Logins, boltfile.InstantOf(c.Seen), c.Terms.RequirePIN, c.Terms.Logins, c.Terms.Days}
}

func (r keyRecord) cached() login.Cached {
	return login.Cached{KeyID: r.KeyID, KeyName: r.KeyName, UserID: r.UserID, UserHandle: r.UserHandle, RPID: r.RPID,
		CredentialID: r.CredentialID, PublicKey: r.PublicKey, SignCount: r.SignCount,
		Verification: directory.Verification(r.Verification), Written: r.Written.Time(),
		Logins: r.Logins, Seen: r.Seen.Time(), Terms: directory.OfflineTerms{RequirePIN: r.RequirePIN, Logins: r.MostLogins, Days: r.MostDays}}
}

// contactRecord is the last contact with the directory of all keys at once. Contacts are numbered, not told apart by their
// time: a clock may have been wrong.
type contactRecord struct {
	Epoch      uint64           `cbor:"1,keyasint,omitempty"`
	At         boltfile.Instant `cbor:"2,keyasint,omitempty"` // zero: terms, but no contact
	RequirePIN bool             `cbor:"3,keyasint,omitempty"`
	Logins     int              `cbor:"4,keyasint,omitempty"`
	Days       int              `cbor:"5,keyasint,omitempty"`
}

var contactKey = []byte("last")

func (r contactRecord) terms() directory.OfflineTerms {
	return directory.OfflineTerms{RequirePIN: r.RequirePIN, Logins: r.Logins, Days: r.Days}
}

// onto is a key as it stands after this contact, where it did not know of it.
func (r contactRecord) onto(k keyRecord) login.Cached {
	c := k.cached()
	if k.Epoch >= r.Epoch {
		return c
	}
	c.Terms = r.terms()
	if r.At != 0 {
		c.Written, c.Logins, c.Seen = r.At.Time(), 0, time.Time{}
	}
	return c
}

func lastContact(b *bbolt.Tx) (contactRecord, error) {
	raw := b.Bucket(contact).Get(contactKey)
	if raw == nil {
		return contactRecord{}, fmt.Errorf("%w: the last contact is missing", directory.ErrDamaged)
	}
	r, err := boltfile.Decode[contactRecord](raw)
	if err != nil {
		return r, fmt.Errorf("last contact: %w", err)
	}
	return r, nil
}

func keepContact(b *bbolt.Tx, r contactRecord) error {
	raw, err := boltfile.Encode(r)
	if err != nil {
		return err
	}
	return b.Bucket(contact).Put(contactKey, raw)
}

// keysAreCounted: version 2 counts log-ins. What version 1 wrote has not counted any.
func keysAreCounted(*bbolt.Tx, *bbolt.Bucket) error { return nil }

// noContactYet gives keys kept by version 1, which know no limits, those of a new workspace until the next contact.
func noContactYet(_ *bbolt.Tx, b *bbolt.Bucket) error {
	terms := directory.DefaultWorkspace().OfflineTerms()
	raw, err := boltfile.Encode(contactRecord{Epoch: 1, RequirePIN: terms.RequirePIN, Logins: terms.Logins, Days: terms.Days})
	if err != nil {
		return err
	}
	return b.Put(contactKey, raw)
}

func read(b *bbolt.Tx, keyID []byte) (login.Cached, error) {
	raw := b.Bucket(keys).Get(keyID)
	if raw == nil {
		return login.Cached{}, errMissing
	}
	r, err := boltfile.Decode[keyRecord](raw)
	if err != nil {
		return login.Cached{}, fmt.Errorf("key %q: %w", keyID, err)
	}
	last, err := lastContact(b)
	if err != nil {
		return login.Cached{}, err
	}
	return last.onto(r), nil
}

func write(b *bbolt.Tx, c login.Cached) error {
	last, err := lastContact(b)
	if err != nil {
		return err
	}
	raw, err := boltfile.Encode(keep(c, last.Epoch))
	if err != nil {
		return err
	}
	return b.Bucket(keys).Put([]byte(c.KeyID), raw)
}
