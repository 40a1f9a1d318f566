package fido_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"tapstation/device"
	"tapstation/device/fido"
	"tapstation/device/pcsc"
	"tapstation/device/virtual"
)

const rpID = "example.org"

var (
	hash  = sha256.Sum256([]byte("client data"))
	alice = device.CredentialRequest{
		ClientDataHash: hash[:], RPID: rpID, RPName: "Example", UserHandle: []byte("alice"), UserName: "alice@example.org",
		UserDisplay: "Alice", Algorithms: []int{-7},
	}
	prove = device.AssertionRequest{ClientDataHash: hash[:], RPID: rpID}
)

// for another user.
func of(user string) device.CredentialRequest {
	req := alice
	req.UserHandle, req.UserName = []byte(user), user
	return req
}

// newCard is a card in software.
func newCard(t testing.TB, o virtual.Options) *virtual.Card {
	t.Helper()
	card, err := virtual.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return card
}

// field is a reader's field with a card in it, which may be taken away at an APDU.
type field struct {
	card   *virtual.Card
	apdus  int
	before int // the APDU, counted from 1, before which the card is taken away; 0: it stays
	after  int // likewise, the card having answered
	seen   func(apdu []byte)
	gone   bool
}

func (f *field) ATR() []byte { return f.card.ATR() }

func (f *field) Close() error { return nil }

func (f *field) Transmit(apdu []byte) ([]byte, error) {
	if f.apdus++; f.apdus == f.before {
		f.take()
	}
	if f.gone {
		return nil, device.ErrRemoved
	}
	if f.seen != nil {
		f.seen(apdu)
	}
	answer := f.card.Transmit(apdu)
	if f.apdus == f.after {
		f.take()
		return nil, device.ErrRemoved
	}
	return answer, nil
}

func (f *field) take() {
	f.card.PowerOff()
	f.gone = true
}

// tap brings the card into a fresh field and opens it through libfido2.
func tap(t testing.TB, card *virtual.Card) device.Card {
	t.Helper()
	c, _ := tapField(t, &field{card: card})
	return c
}

func tapField(t testing.TB, f *field) (device.Card, *field) {
	t.Helper()
	f.card.PowerOff()
	f.card.PowerOn()
	c := fido.NewCard(pcsc.NewSession("virtual", f))
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("close the card: %v", err)
		}
	})
	return c, f
}

// mustMake registers.
func mustMake(t testing.TB, k device.Key, req device.CredentialRequest) device.Credential {
	t.Helper()
	cred, err := k.MakeCredential(t.Context(), req)
	if err != nil {
		t.Fatalf("register %q: %v", req.UserName, err)
	}
	return cred
}

// checkSignature checks an ES256 assertion against the public key of a credential.
func checkSignature(t testing.TB, cred device.Credential, a device.Assertion) {
	t.Helper()
	const keyAt = 32 + 1 + 4 + 16 + 2 // WebAuthn §6.5.2
	n := int(binary.BigEndian.Uint16(cred.AuthData[keyAt-2:]))
	var key struct {
		X []byte `cbor:"-2,keyasint"`
		Y []byte `cbor:"-3,keyasint"`
	}
	if _, err := cbor.UnmarshalFirst(cred.AuthData[keyAt+n:], &key); err != nil {
		t.Fatalf("the public key of %x: %v", cred.ID, err)
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), slices.Concat([]byte{4}, key.X, key.Y))
	if err != nil {
		t.Fatalf("the public key of %x: %v", cred.ID, err)
	}
	digest := sha256.Sum256(slices.Concat(a.AuthData, hash[:]))
	if !ecdsa.VerifyASN1(public, digest[:], a.Signature) {
		t.Errorf("the signature by %x is not by the key of %x", a.CredentialID, cred.ID)
	}
}
