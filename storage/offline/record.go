package offline

import (
	"errors"
	"fmt"

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
}

func keep(c login.Cached) keyRecord {
	return keyRecord{c.KeyID, c.KeyName, c.UserID, c.UserHandle, c.RPID, c.CredentialID, c.PublicKey, c.SignCount,
		string(c.Verification), boltfile.InstantOf(c.Written)}
}

func (r keyRecord) cached() login.Cached {
	return login.Cached{KeyID: r.KeyID, KeyName: r.KeyName, UserID: r.UserID, UserHandle: r.UserHandle, RPID: r.RPID,
		CredentialID: r.CredentialID, PublicKey: r.PublicKey, SignCount: r.SignCount,
		Verification: directory.Verification(r.Verification), Written: r.Written.Time()}
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
	return r.cached(), nil
}

func write(b *bbolt.Tx, c login.Cached) error {
	raw, err := boltfile.Encode(keep(c))
	if err != nil {
		return err
	}
	return b.Bucket(keys).Put([]byte(c.KeyID), raw)
}
