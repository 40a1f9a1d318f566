package virtual

import (
	"bytes"
	"crypto/x509"
	"slices"
	"testing"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
)

// es256 is what the relying party of these tests asks for.
var es256 = []protocol.CredentialParameter{{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgES256}}

// registered is a credential as go-webauthn has verified it.
func (p *platform) registered(rpID string, m map[int]any, uv bool) protocol.AttestationObject {
	p.Helper()
	answer := p.must(cmdMakeCredential, m)
	raw := encode(map[string]any{
		"fmt": field[string](p, answer, 1), "authData": field[[]byte](p, answer, 2), "attStmt": field[map[string]any](p, answer, 3),
	})
	var object protocol.AttestationObject
	if err := webauthncbor.Unmarshal(raw, &object); err != nil {
		p.Fatalf("attestation object: %v", err)
	}
	if err := object.AuthData.Unmarshal(object.RawAuthData); err != nil {
		p.Fatalf("authenticator data: %v", err)
	}
	err := object.Verify(rpID, testHash, uv, true, nil, es256, protocol.AttestationPolicy{}, protocol.SignaturePolicy{})
	if err != nil {
		p.Fatalf("attestation: %v", err)
	}
	return object
}

// checkAssertion verifies one assertion with go-webauthn and returns its authenticator data.
func (p *platform) checkAssertion(answer map[int][]byte, rpID string, publicKey []byte, up, uv bool) protocol.AuthenticatorData {
	p.Helper()
	var data protocol.AuthenticatorData
	if err := data.Unmarshal(answer[2]); err != nil {
		p.Fatalf("authenticator data: %v", err)
	}
	if err := data.Verify(rpIDHash(rpID), nil, uv, up); err != nil {
		p.Errorf("authenticator data: %v", err)
	}
	if data.Flags.HasUserPresent() != up || data.Flags.HasUserVerified() != uv {
		p.Errorf("flags %08b, want presence %v and verification %v", data.Flags, up, uv)
	}
	key, err := webauthncose.ParsePublicKey(publicKey)
	if err != nil {
		p.Fatal(err)
	}
	if ok, err := webauthncose.VerifySignature(key, slices.Concat(answer[2], testHash), answer[3]); !ok || err != nil {
		p.Errorf("signature does not verify: %v", err)
	}
	return data
}

// assert is getAssertion with the byte strings of its answer.
func (p *platform) assert(m map[int]any) map[int][]byte {
	p.Helper()
	answer := p.must(cmdGetAssertion, m)
	return map[int][]byte{2: field[[]byte](p, answer, 2), 3: field[[]byte](p, answer, 3)}
}

func TestAttestationsAndAssertionsVerify(t *testing.T) {
	aaguid := [16]byte{0xAA, 1, 2, 3}
	for _, tt := range []struct {
		name        string
		attestation Attestation
		format      string
		kind        string
		chain       int
	}{
		{"self", SelfAttestation, "packed", "basic_surrogate", 0},
		{"certificate", CertAttestation, "packed", "basic_full", 2},
		{"long", LongAttestation, "packed", "basic_full", 2},
		{"none", NoAttestation, "none", "none", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := withPIN(t, Options{AAGUID: aaguid, Attestation: tt.attestation})
			object := p.registered("example.org", p.creationOf("example.org", "alice", p.token("1234", 1, "example.org")), true)
			if object.Format != tt.format || object.Type != tt.kind {
				t.Errorf("format %q, type %q, want %q and %q", object.Format, object.Type, tt.format, tt.kind)
			}
			data := object.AuthData
			if !bytes.Equal(data.AttData.AAGUID, aaguid[:]) {
				t.Errorf("AAGUID %X, want %X", data.AttData.AAGUID, aaguid)
			}
			x5c, _ := object.AttStatement["x5c"].([]any)
			if len(x5c) != tt.chain {
				t.Fatalf("%d certificates, want %d", len(x5c), tt.chain)
			}
			if tt.chain > 0 {
				checkChain(t, x5c, p.card.AttestationRoot())
			}
			m := p.assertionOf("example.org", p.token("1234", 2, "example.org"), data.AttData.CredentialID)
			again := p.checkAssertion(p.assert(m), "example.org", data.AttData.CredentialPublicKey, true, true)
			if again.Counter <= data.Counter {
				t.Errorf("signature counter %d after %d", again.Counter, data.Counter)
			}
			m = p.assertionOf("example.org", nil, data.AttData.CredentialID)
			m[5] = map[string]any{"up": false}
			p.checkAssertion(p.assert(m), "example.org", data.AttData.CredentialPublicKey, false, false)
		})
	}
}

// checkChain verifies that a chain leads to the root.
func checkChain(t *testing.T, x5c []any, root []byte) {
	t.Helper()
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	var leaf *x509.Certificate
	for i, der := range append(slices.Clone(x5c), root) {
		c, err := x509.ParseCertificate(as[[]byte](t, der))
		if err != nil {
			t.Fatal(err)
		}
		switch i {
		case 0:
			leaf = c
		case len(x5c):
			roots.AddCert(c)
		default:
			between.AddCert(c)
		}
	}
	_, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	if err != nil {
		t.Errorf("attestation certificate: %v", err)
	}
}

func TestLongAttestationIsLong(t *testing.T) {
	p := newPlatform(t, Options{Attestation: LongAttestation})
	if _, raw := p.raw(cmdMakeCredential, encode(p.creationOf("example.org", "alice", nil))); len(raw) < 1500 || len(raw) > 2048 {
		t.Errorf("answer of %d bytes, want more than 1,500 and no more than maxMsgSize", len(raw))
	}
}
