package fido

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"math/big"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/keys-pub/go-libfido2"

	"tapstation/device"
)

// authDataWith is authenticator data of a registration with a credential ID.
func authDataWith(t testing.TB, id []byte) []byte {
	t.Helper()
	data := make([]byte, attestedAt, 256)
	data[flagsAt] = 0x41
	data = append(data, someAAGUID...)
	data = binary.BigEndian.AppendUint16(data, uint16(len(id)))
	data = append(data, id...)
	return append(data, encode(t, map[int]any{1: 2, 3: -7, -1: 1, -2: make([]byte, 32), -3: make([]byte, 32)})...)
}

func TestAttestationComesWhole(t *testing.T) {
	id := bytes.Repeat([]byte{7}, 48)
	statement := encode(t, map[string]any{"alg": -7, "sig": make([]byte, 70),
		"x5c": [][]byte{make([]byte, 700), make([]byte, 900), make([]byte, 1100)}})
	authData := authDataWith(t, id)
	cred, err := parseCredential(encode(t, map[int]any{1: "packed", 2: authData, 3: cbor.RawMessage(statement)}))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(cred.ID, id) || !bytes.Equal(cred.AuthData, authData) || cred.Format != "packed" {
		t.Errorf("credential %x of format %q, want %x of packed", cred.ID, cred.Format, id)
	}
	if !bytes.Equal(cred.Statement, statement) {
		t.Errorf("the statement is not the card's, with all certificates: %x", cred.Statement)
	}
}

func TestAttestationOfFormatsUnknownHere(t *testing.T) {
	tests := map[string]map[int]any{
		"a format of the future":   {1: "compound", 2: authDataWith(t, []byte{1}), 3: map[string]any{"x": 1}},
		"none, with a statement":   {1: "none", 2: authDataWith(t, []byte{1}), 3: map[string]any{}},
		"none, without":            {1: "none", 2: authDataWith(t, []byte{1})},
		"further members":          {1: "none", 2: authDataWith(t, []byte{1}), 3: map[string]any{}, 4: true, 9: "x"},
		"a longest credential ID":  {1: "none", 2: authDataWith(t, make([]byte, 1023)), 3: map[string]any{}},
		"an algorithm of its own ": {1: "packed", 2: authDataWith(t, []byte{1}), 3: map[string]any{"alg": -48, "sig": []byte{1}}},
	}
	for name, answer := range tests {
		t.Run(name, func(t *testing.T) {
			cred, err := parseCredential(encode(t, answer))
			if err != nil {
				t.Fatalf("want it taken, got %v", err)
			}
			var statement map[string]any
			if err := cbor.Unmarshal(cred.Statement, &statement); err != nil {
				t.Errorf("statement %x is not a map: %v", cred.Statement, err)
			}
		})
	}
}

func TestHostileAttestationIsMalformed(t *testing.T) {
	good := authDataWith(t, []byte{1, 2, 3})
	lying := bytes.Clone(good)
	binary.BigEndian.PutUint16(lying[idLenAt:], 1000)
	without := bytes.Clone(good)
	without[flagsAt] = 1
	none := map[string]any{}
	tests := map[string][]byte{
		"nothing":                      nil,
		"not CBOR":                     {0x1C},
		"no format":                    encode(t, map[int]any{2: good, 3: none}),
		"no authenticator data":        encode(t, map[int]any{1: "none", 3: none}),
		"short authenticator data":     encode(t, map[int]any{1: "none", 2: good[:idLenAt], 3: none}),
		"no credential in it":          encode(t, map[int]any{1: "none", 2: without, 3: none}),
		"a credential ID beyond it":    encode(t, map[int]any{1: "none", 2: lying, 3: none}),
		"no credential ID":             encode(t, map[int]any{1: "none", 2: authDataWith(t, nil), 3: none}),
		"too long a credential ID":     encode(t, map[int]any{1: "none", 2: authDataWith(t, make([]byte, 1024)), 3: none}),
		"no public key":                encode(t, map[int]any{1: "none", 2: good[:idAt+3], 3: none}),
		"a public key that is no map":  encode(t, map[int]any{1: "none", 2: append(bytes.Clone(good[:idAt+3]), 1), 3: none}),
		"a statement that is no map":   encode(t, map[int]any{1: "packed", 2: good, 3: []int{1}}),
		"no statement, and not none":   encode(t, map[int]any{1: "packed", 2: good}),
		"authenticator data as a text": encode(t, map[int]any{1: "none", 2: "text", 3: none}),
	}
	for name, answer := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := parseCredential(answer)
			var malformed *device.MalformedError
			if !errors.As(err, &malformed) || malformed.What != "attestation" {
				t.Errorf("parseCredential(%x) = %v, want a malformed attestation", answer, err)
			}
		})
	}
}

func TestAttestationPutTogetherAgain(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(1)},
		&x509.Certificate{SerialNumber: big.NewInt(1)}, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	wrapped := encode(t, authDataWith(t, []byte{1, 2}))
	tests := []struct {
		format string
		cert   []byte
		want   map[string]any
	}{
		{"none", nil, map[string]any{}},
		{"packed", nil, map[string]any{"alg": -8, "sig": []byte{9}}},
		{"packed", certificate, map[string]any{"alg": -35, "sig": []byte{9}, "x5c": [][]byte{certificate}}},
		{"fido-u2f", certificate, map[string]any{"sig": []byte{9}, "x5c": [][]byte{certificate}}},
	}
	for _, test := range tests {
		cred, err := fromLibrary(&libfido2.Attestation{AuthData: wrapped, Format: test.format, Sig: []byte{9},
			Cert: test.cert, CredentialType: libfido2.EDDSA})
		if err != nil {
			t.Errorf("%s: %v", test.format, err)
			continue
		}
		if want := encode(t, test.want); !bytes.Equal(cred.Statement, want) {
			t.Errorf("%s: statement %x, want %x", test.format, cred.Statement, want)
		}
		if !bytes.Equal(cred.ID, []byte{1, 2}) {
			t.Errorf("%s: credential %x, want 0102", test.format, cred.ID)
		}
	}
	if _, err := fromLibrary(&libfido2.Attestation{AuthData: wrapped, Format: "tpm"}); err == nil {
		t.Error("tpm was put together without its parts")
	}
}

func FuzzCredential(f *testing.F) {
	f.Add(encode(f, map[int]any{1: "none", 2: authDataWith(f, []byte{1, 2, 3}), 3: map[string]any{}}))
	f.Add(encode(f, map[int]any{1: "packed", 2: authDataWith(f, make([]byte, 64)),
		3: map[string]any{"alg": -7, "sig": []byte{1}, "x5c": [][]byte{{1}, {2}}}}))
	f.Fuzz(func(t *testing.T, answer []byte) {
		cred, err := parseCredential(answer)
		if err != nil {
			var malformed *device.MalformedError
			if !errors.As(err, &malformed) {
				t.Fatalf("parseCredential(%x) = %v, want a *device.MalformedError", answer, err)
			}
			return
		}
		if len(cred.ID) == 0 || !bytes.Contains(cred.AuthData, cred.ID) || len(cred.Statement) == 0 {
			t.Fatalf("parseCredential(%x) = %+v", answer, cred)
		}
		// What is passed on must read the same.
		again, err := parseCredential(encode(t, credentialAnswer{cred.Format, cred.AuthData, cred.Statement}))
		if err != nil || !bytes.Equal(again.ID, cred.ID) {
			t.Fatalf("parseCredential(%x) = %+v, and again %+v, %v", answer, cred, again, err)
		}
	})
}

func FuzzAssertion(f *testing.F) {
	f.Add(encode(f, map[int]any{2: make([]byte, 37), 3: []byte{1}, 5: 3}))
	f.Fuzz(func(t *testing.T, answer []byte) {
		var malformed *device.MalformedError
		if err := checkAssertion(answer); err != nil && !errors.As(err, &malformed) {
			t.Fatalf("checkAssertion(%x) = %v, want a *device.MalformedError", answer, err)
		}
	})
}
