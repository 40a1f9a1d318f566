package rp

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"github.com/fxamacker/cbor/v2"
	"github.com/go-webauthn/webauthn/protocol"

	"tapstation/device"
)

// AttestationObject puts together what a key answered (WebAuthn §6.5.4).
func AttestationObject(c device.Credential) ([]byte, error) {
	b, err := ctap2.Marshal(struct {
		Format    string          `cbor:"fmt"`
		Statement cbor.RawMessage `cbor:"attStmt"`
		AuthData  []byte          `cbor:"authData"`
	}{c.Format, c.Statement, c.AuthData})
	if err != nil {
		return nil, fmt.Errorf("attestation object: %w", err)
	}
	return b, nil
}

var ctap2 = func() cbor.EncMode {
	mode, err := cbor.CTAP2EncOptions().EncMode()
	if err != nil {
		panic(err)
	}
	return mode
}()

// NewChallenge is 32 random bytes (WebAuthn §13.4.3 asks for 16 or more).
func NewChallenge() []byte {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return b
}

// Challenge is one question to a key whether it holds a credential.
type Challenge struct {
	RPID           string
	ClientDataJSON []byte
	challenge      []byte
}

// NewAssertion asks for a proof towards a relying party.
func NewAssertion(rpID string) Challenge {
	c := NewChallenge()
	return Challenge{RPID: rpID, ClientDataJSON: ClientData(Get, c, Origin(rpID)), challenge: c}
}

// Hash is what the key signs along with its authenticator data.
func (c Challenge) Hash() []byte {
	h := sha256.Sum256(c.ClientDataJSON)
	return h[:]
}

// Verify checks a against the credential's public key (COSE_Key): relying party, user presence, user
// verification where it is asked for, and signature (WebAuthn §7.2). It returns the sign count, which the caller
// compares with the one before.
func (c Challenge) Verify(a device.Assertion, publicKey []byte, verified bool) (signCount uint32, err error) {
	parsed, err := protocol.CredentialAssertionResponse{
		PublicKeyCredential: protocol.PublicKeyCredential{
			Credential: protocol.Credential{ID: encode(a.CredentialID), Type: string(protocol.PublicKeyCredentialType)},
			RawID:      a.CredentialID,
		},
		AssertionResponse: protocol.AuthenticatorAssertionResponse{
			AuthenticatorResponse: protocol.AuthenticatorResponse{ClientDataJSON: c.ClientDataJSON},
			AuthenticatorData:     a.AuthData,
			Signature:             a.Signature,
			UserHandle:            a.UserHandle,
		},
	}.Parse()
	if err != nil {
		return 0, refusal(err)
	}
	err = parsed.Verify(encode(c.challenge), c.RPID, "", []string{Origin(c.RPID)}, nil, nil,
		protocol.TopOriginExplicitVerificationMode, false, verified, true, publicKey, protocol.SignaturePolicy{})
	if err != nil {
		return 0, refusal(err)
	}
	return parsed.Response.AuthenticatorData.Counter, nil
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
