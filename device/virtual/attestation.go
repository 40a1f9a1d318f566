package virtual

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"
)

// attestation is what a card vouches for its credentials with.
type attestation struct {
	Key   []byte   `json:"key"`   // P-256 scalar of the leaf
	Chain [][]byte `json:"chain"` // leaf and issuer, DER
	Root  []byte   `json:"root"`  // DER
}

// oidAAGUID is id-fido-gen-ce-aaguid (WebAuthn §8.2.1); oidComment, a comment, makes a certificate as long as one
// likes.
var (
	oidAAGUID  = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 45724, 1, 1, 4}
	oidComment = asn1.ObjectIdentifier{2, 16, 840, 1, 113730, 1, 13}
)

const longComment = 500 // bytes

// AttestationRoot is the certificate, in DER, that the card's attestation leads to; nil where it has none.
func (c *Card) AttestationRoot() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state.Attestation == nil {
		return nil
	}
	return slices.Clone(c.state.Attestation.Root)
}

// attest is the attestation statement of a new credential (WebAuthn §8.2, §8.7).
func (c *Card) attest(cr credential, authData, clientDataHash []byte) (format string, statement map[string]any, err error) {
	a := c.state.Attestation
	if a == nil && c.options.Attestation == NoAttestation {
		return "none", map[string]any{}, nil
	}
	key := cr.Key
	statement = map[string]any{"alg": algES256}
	if a != nil {
		key = a.Key
		statement["x5c"] = a.Chain
	}
	statement["sig"], err = sign(key, slices.Concat(authData, clientDataHash))
	return "packed", statement, err
}

// newAttestation makes a root, an issuer and a leaf that meets WebAuthn §8.2.1. Their validity does not depend on the
// card's clock.
func (c *Card) newAttestation(aaguid [16]byte, long bool) (*attestation, error) {
	var a attestation
	rootKey, rootSigner, err := c.newSigner()
	if err != nil {
		return nil, err
	}
	root := authority("Virtual Card Test Root", 1)
	if a.Root, err = issue(root, root, rootKey, rootSigner); err != nil {
		return nil, err
	}
	issuerKey, issuerSigner, err := c.newSigner()
	if err != nil {
		return nil, err
	}
	issuer := authority("Virtual Card Test Issuer", 0)
	issuerDER, err := issue(issuer, root, issuerKey, rootSigner)
	if err != nil {
		return nil, err
	}
	leafKey, _, err := c.newSigner()
	if err != nil {
		return nil, err
	}
	leaf, err := leafTemplate(aaguid, long)
	if err != nil {
		return nil, err
	}
	leafDER, err := issue(leaf, issuer, leafKey, issuerSigner)
	if err != nil {
		return nil, err
	}
	a.Key = leafKey
	a.Chain = [][]byte{leafDER, issuerDER}
	return &a, nil
}

func (c *Card) newSigner() ([]byte, *ecdsa.PrivateKey, error) {
	scalar, err := c.newScalar()
	if err != nil {
		return nil, nil, err
	}
	key, err := signer(scalar)
	return scalar, key, err
}

func certificate(subject pkix.Name) *x509.Certificate {
	return &x509.Certificate{
		Subject:               subject,
		NotBefore:             time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:              time.Date(2049, 12, 31, 0, 0, 0, 0, time.UTC),
		BasicConstraintsValid: true,
	}
}

func authority(name string, pathLength int) *x509.Certificate {
	t := certificate(pkix.Name{Country: []string{"SE"}, Organization: []string{"Tapstation Tests"}, CommonName: name})
	t.IsCA = true
	t.KeyUsage = x509.KeyUsageCertSign
	t.MaxPathLen, t.MaxPathLenZero = pathLength, pathLength == 0
	return t
}

func leafTemplate(aaguid [16]byte, long bool) (*x509.Certificate, error) {
	t := certificate(pkix.Name{
		Country: []string{"SE"}, Organization: []string{"Tapstation Tests"},
		OrganizationalUnit: []string{"Authenticator Attestation"}, CommonName: "Virtual Card",
	})
	t.KeyUsage = x509.KeyUsageDigitalSignature
	value, err := asn1.Marshal(aaguid[:])
	if err != nil {
		return nil, err
	}
	t.ExtraExtensions = []pkix.Extension{{Id: oidAAGUID, Value: value}}
	if long {
		comment, err := asn1.MarshalWithParams(strings.Repeat("long ", longComment/5), "ia5")
		if err != nil {
			return nil, err
		}
		t.ExtraExtensions = append(t.ExtraExtensions, pkix.Extension{Id: oidComment, Value: comment})
	}
	return t, nil
}

// issue signs the certificate of a scalar's public key.
func issue(t, parent *x509.Certificate, scalar []byte, by *ecdsa.PrivateKey) ([]byte, error) {
	key, err := signer(scalar)
	if err != nil {
		return nil, err
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		return nil, err
	}
	id := sha256.Sum256(point)
	t.SerialNumber = new(big.Int).SetBytes(id[:8])
	t.SubjectKeyId = id[:20]
	der, err := x509.CreateCertificate(rand.Reader, t, parent, &key.PublicKey, by)
	if err != nil {
		return nil, fmt.Errorf("certificate of %s: %w", t.Subject.CommonName, err)
	}
	return der, nil
}
