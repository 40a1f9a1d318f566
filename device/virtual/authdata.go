package virtual

import (
	"encoding/binary"
	"slices"
)

// Flags of authenticator data (WebAuthn §6.1).
const (
	flagUserPresent  = 0x01
	flagUserVerified = 0x04
	flagAttested     = 0x40
	flagExtensions   = 0x80
)

// authData is authenticator data in the making (WebAuthn §6.1).
type authData struct {
	rpID       string
	up, uv     bool
	counter    uint32
	attested   []byte // attested credential data; empty: none
	extensions map[string]any
}

func (a authData) bytes() []byte {
	var flags byte
	for _, f := range []struct {
		set bool
		bit byte
	}{
		{a.up, flagUserPresent}, {a.uv, flagUserVerified},
		{len(a.attested) > 0, flagAttested}, {len(a.extensions) > 0, flagExtensions},
	} {
		if f.set {
			flags |= f.bit
		}
	}
	b := append(slices.Clone(rpIDHash(a.rpID)), flags)
	b = binary.BigEndian.AppendUint32(b, a.counter)
	b = append(b, a.attested...)
	if len(a.extensions) > 0 {
		b = append(b, encode(a.extensions)...)
	}
	return b
}

// attestedCredential is attested credential data (WebAuthn §6.5.1).
func (c *Card) attestedCredential(cr credential) ([]byte, error) {
	key, err := coseKey(cr.Key, algES256)
	if err != nil {
		return nil, err
	}
	b := slices.Clone(c.state.AAGUID[:])
	b = binary.BigEndian.AppendUint16(b, uint16(len(cr.ID)))
	return slices.Concat(b, cr.ID, encode(key)), nil
}
