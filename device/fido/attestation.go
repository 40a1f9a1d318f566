package fido

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/fxamacker/cbor/v2"
	"github.com/keys-pub/go-libfido2"

	"tapstation/device"
)

// Authenticator data (WebAuthn §6.1): RP ID hash, flags, signature counter; then, on registration, AAGUID, length of
// the credential ID, credential ID, public key. Offsets in bytes.
const (
	flagsAt        = 32
	attestedAt     = 37
	idLenAt        = attestedAt + 16
	idAt           = idLenAt + 2
	flagAttested   = 0x40
	longestID      = 1023 // WebAuthn §4, credential ID
	cborMap        = 5    // major types (RFC 8949 §3.1)
	cborMajorShift = 5
)

// credentialAnswer is the answer to authenticatorMakeCredential (CTAP 2.1 §6.1.2).
type credentialAnswer struct {
	Format    string          `cbor:"1,keyasint"`
	AuthData  []byte          `cbor:"2,keyasint"`
	Statement cbor.RawMessage `cbor:"3,keyasint"`
}

// parseCredential reads a makeCredential answer, without its status. The statement is passed on as it is, with all
// its certificates and of whatever format: to judge it is the relying party's.
func parseCredential(answer []byte) (device.Credential, error) {
	var a credentialAnswer
	if err := unmarshal("attestation", answer, &a); err != nil {
		return device.Credential{}, err
	}
	malformed := func(err error) (device.Credential, error) {
		return device.Credential{}, &device.MalformedError{What: "attestation", Err: err}
	}
	if a.Format == "" {
		return malformed(errors.New("no format"))
	}
	if len(a.Statement) == 0 && a.Format == "none" {
		a.Statement = cbor.RawMessage{cborMap << cborMajorShift} // a map of nothing
	}
	if len(a.Statement) == 0 || a.Statement[0]>>cborMajorShift != cborMap {
		return malformed(errors.New("its statement is not a map"))
	}
	id, err := credentialID(a.AuthData)
	if err != nil {
		return malformed(err)
	}
	return device.Credential{ID: id, AuthData: a.AuthData, Format: a.Format, Statement: a.Statement}, nil
}

// credentialID is the credential ID within authenticator data.
func credentialID(authData []byte) ([]byte, error) {
	if len(authData) < idAt || authData[flagsAt]&flagAttested == 0 {
		return nil, errors.New("its authenticator data has no credential")
	}
	n := int(binary.BigEndian.Uint16(authData[idLenAt:]))
	if n == 0 || n > longestID || len(authData) < idAt+n {
		return nil, fmt.Errorf("a credential ID of %d bytes in %d bytes of authenticator data", n, len(authData))
	}
	var key cbor.RawMessage
	if _, err := decoder.UnmarshalFirst(authData[idAt+n:], &key); err != nil {
		return nil, fmt.Errorf("its public key: %w", err)
	}
	if key[0]>>cborMajorShift != cborMap {
		return nil, errors.New("its public key is not a map")
	}
	return bytes.Clone(authData[idAt : idAt+n]), nil
}

// fromLibrary is the credential as go-libfido2 tells it, for keys whose own answer is not seen: the statement is put
// together again, with the one certificate that go-libfido2 passes on.
func fromLibrary(att *libfido2.Attestation) (device.Credential, error) {
	malformed := func(err error) (device.Credential, error) {
		return device.Credential{}, &device.MalformedError{What: "attestation", Err: err}
	}
	authData, err := unwrap(att.AuthData)
	if err != nil {
		return malformed(err)
	}
	id, err := credentialID(authData)
	if err != nil {
		return malformed(err)
	}
	statement := map[string]any{}
	switch att.Format {
	case "none":
	case "packed":
		statement["sig"], statement["alg"] = att.Sig, int(att.CredentialType)
		if len(att.Cert) > 0 {
			alg, err := algorithmOf(att.Cert)
			if err != nil {
				return malformed(err)
			}
			statement["alg"], statement["x5c"] = alg, [][]byte{att.Cert}
		}
	case "fido-u2f":
		statement["sig"], statement["x5c"] = att.Sig, [][]byte{att.Cert}
	default:
		return malformed(fmt.Errorf("the format %q cannot be put together again", att.Format))
	}
	encoded, err := encoder.Marshal(statement)
	if err != nil {
		return malformed(err)
	}
	return device.Credential{ID: id, AuthData: authData, Format: att.Format, Statement: encoded}, nil
}

// algorithmOf is the COSE algorithm that the key of an attestation certificate signs with (RFC 9053 §2), which
// go-libfido2 does not tell.
func algorithmOf(certificate []byte) (int, error) {
	c, err := x509.ParseCertificate(certificate)
	if err != nil {
		return 0, fmt.Errorf("its certificate: %w", err)
	}
	switch key := c.PublicKey.(type) {
	case *ecdsa.PublicKey:
		switch key.Curve {
		case elliptic.P256():
			return int(libfido2.ES256), nil
		case elliptic.P384():
			return -35, nil // ES384
		}
	case ed25519.PublicKey:
		return int(libfido2.EDDSA), nil
	case *rsa.PublicKey:
		return int(libfido2.RS256), nil
	}
	return 0, fmt.Errorf("its certificate has a key of a kind unknown here, %v", c.PublicKeyAlgorithm)
}

// unwrap is the authenticator data that libfido2 gives as a CBOR byte string.
func unwrap(wrapped []byte) ([]byte, error) {
	var authData []byte
	if err := decoder.Unmarshal(wrapped, &authData); err != nil {
		return nil, fmt.Errorf("authenticator data: %w", err)
	}
	return authData, nil
}

// mostAssertions is how many assertions one request may bring. libfido2 makes room for as many as a card says.
const mostAssertions = 256

// checkAssertion refuses a getAssertion answer, without its status, that announces too many more.
func checkAssertion(answer []byte) error {
	var a struct {
		Count uint64 `cbor:"5,keyasint"`
	}
	if err := unmarshal("assertion", answer, &a); err != nil {
		return err
	}
	if a.Count > mostAssertions {
		return &device.MalformedError{What: "assertion", Err: fmt.Errorf("it announces %d more", a.Count)}
	}
	return nil
}
