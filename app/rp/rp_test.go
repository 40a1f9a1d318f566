package rp_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"testing"

	"tapstation/app/directory"
	"tapstation/app/rp"
	"tapstation/device"
	"tapstation/device/fido"
	"tapstation/device/pcsc"
	"tapstation/device/virtual"
)

var ada = directory.User{ID: "ada", FirstName: "Ada", Handle: bytes.Repeat([]byte{7}, 32)}

// key is a card in software, tapped and left on the reader.
func key(t *testing.T, o virtual.Options) device.Card {
	t.Helper()
	card, err := virtual.New(o)
	if err != nil {
		t.Fatal(err)
	}
	reader := virtual.NewReader("R")
	reader.Insert(card)
	conn, err := reader.Connect(t.Context(), "R")
	if err != nil {
		t.Fatal(err)
	}
	c := fido.NewCard(pcsc.NewSession("R", conn))
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func workspace(t *testing.T, rpID string) *rp.Workspace {
	t.Helper()
	p, err := rp.NewWorkspace(directory.Workspace{Name: "W", RPID: rpID})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// register is an honest registration, whose answer change may falsify before the relying party sees it.
func register(t *testing.T, p *rp.Workspace, k device.Key, v directory.Verification, pin device.PIN, change func(*rp.Registration)) (directory.Credential, error) {
	t.Helper()
	creation, err := p.Begin(t.Context(), ada, v, nil)
	if err != nil {
		t.Fatal(err)
	}
	clientData := rp.ClientData(rp.Create, creation.Challenge, creation.Origin)
	hash := sha256.Sum256(clientData)
	made, err := k.MakeCredential(t.Context(), device.CredentialRequest{
		ClientDataHash: hash[:], RPID: creation.RPID, RPName: creation.RPName,
		UserHandle: ada.Handle, UserName: ada.ID, Algorithms: []int{-7}, PIN: pin,
	})
	if err != nil {
		t.Fatal(err)
	}
	object, err := rp.AttestationObject(made)
	if err != nil {
		t.Fatal(err)
	}
	r := rp.Registration{CredentialID: made.ID, ClientDataJSON: clientData, AttestationObject: object}
	if change != nil {
		change(&r)
	}
	return p.Finish(t.Context(), creation, r)
}

func TestRegistrationIsVerified(t *testing.T) {
	p := workspace(t, "example.com")
	for _, test := range []struct {
		name   string
		v      directory.Verification
		change func(*rp.Registration)
		want   error
	}{
		{"honest", directory.PINless, nil, nil},
		{"user verification demanded and missing", directory.PIN, nil, rp.ErrVerification},
		{"another challenge", directory.PINless, func(r *rp.Registration) {
			r.ClientDataJSON = rp.ClientData(rp.Create, rp.NewChallenge(), "https://example.com")
		}, rp.ErrVerification},
		{"another credential ID", directory.PINless, func(r *rp.Registration) {
			r.CredentialID = slices.Concat(r.CredentialID, []byte{0})
		}, rp.ErrVerification},
		{"attestation signature falsified", directory.PINless, func(r *rp.Registration) {
			i := bytes.Index(r.AttestationObject, []byte("sig"))
			r.AttestationObject[i+20] ^= 1
		}, rp.ErrVerification},
		{"not CBOR", directory.PINless, func(r *rp.Registration) { r.AttestationObject = []byte("nonsense") }, rp.ErrVerification},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := register(t, p, key(t, virtual.Options{}), test.v, "", test.change)
			if !errors.Is(err, test.want) {
				t.Fatalf("finish: %v, want %v", err, test.want)
			}
			if err == nil && (len(got.ID) == 0 || len(got.PublicKey) == 0 || got.Attestation != "packed") {
				t.Errorf("kept %+v, want a credential with its key and packed attestation", got)
			}
		})
	}
}

func TestAssertionIsVerified(t *testing.T) {
	p := workspace(t, "example.com")
	k := key(t, virtual.Options{})
	if err := k.SetPIN(t.Context(), "271828"); err != nil {
		t.Fatal(err)
	}
	cred, err := register(t, p, k, directory.PIN, "271828", nil)
	if err != nil {
		t.Fatal(err)
	}
	challenge := rp.NewAssertion("example.com")
	sign := func(pin device.PIN) device.Assertion {
		a, err := k.GetAssertion(context.Background(), device.AssertionRequest{
			ClientDataHash: challenge.Hash(), RPID: "example.com", Allow: [][]byte{cred.ID}, PIN: pin,
		})
		if err != nil {
			t.Fatal(err)
		}
		return a[0]
	}
	with, without := sign("271828"), sign("")
	falsified := with
	falsified.AuthData = slices.Clone(with.AuthData)
	falsified.AuthData[36]++ // the sign count
	for _, test := range []struct {
		name      string
		challenge rp.Challenge
		assertion device.Assertion
		verified  bool
		want      error
	}{
		{"with PIN", challenge, with, true, nil},
		{"without, where none is asked", challenge, without, false, nil},
		{"without, where it is asked", challenge, without, true, rp.ErrVerification},
		{"another challenge", rp.NewAssertion("example.com"), with, true, rp.ErrVerification},
		{"another relying party", rp.NewAssertion("example.org"), with, true, rp.ErrVerification},
		{"falsified data", challenge, falsified, true, rp.ErrVerification},
		{"no signature", challenge, device.Assertion{CredentialID: cred.ID, AuthData: with.AuthData}, true, rp.ErrVerification},
	} {
		count, err := test.challenge.Verify(test.assertion, cred.PublicKey, test.verified)
		if !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
		if err == nil && count == 0 {
			t.Errorf("%s: no sign count", test.name)
		}
	}
}

func TestRelyingPartyIDMustBeADomain(t *testing.T) {
	for _, id := range []string{"", "https://example.com", "exa mple.com", "example.com/x"} {
		p, err := rp.NewWorkspace(directory.Workspace{Name: "W", RPID: id})
		if err != nil {
			continue
		}
		if _, err := p.Begin(t.Context(), ada, directory.PIN, nil); err == nil {
			t.Errorf("%q was taken as a relying party ID", id)
		}
	}
}
