package virtual

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
)

// systemRandom is the default of Options.Rand.
var systemRandom io.Reader = rand.Reader

// COSE algorithms and key parameters (RFC 9053 §2.1, §6.3, §7.1).
const (
	algES256      = -7
	algECDHES256  = -25 // ECDH-ES + HKDF-256, as CTAP 2.1 §6.5.6 wants it named
	coseKty       = 1
	coseAlg       = 3
	coseCrv       = -1
	coseX         = -2
	coseY         = -3
	ktyEC2        = 2
	crvP256       = 1
	scalarLength  = 32
	uncompressed  = 4 // SEC 1 §2.3.3
	pointLength   = 1 + 2*scalarLength
	maxKeyAttempt = 64
)

// random is n bytes of the card's randomness.
func (c *Card) random(n int) ([]byte, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(c.options.Rand, b); err != nil {
		return nil, fmt.Errorf("randomness: %w", err)
	}
	return b, nil
}

// newScalar is a new P-256 private key. It is kept as its 32 bytes because crypto/ecdsa does not take its keys
// from a source of ours.
func (c *Card) newScalar() ([]byte, error) {
	for range maxKeyAttempt {
		b, err := c.random(scalarLength)
		if err != nil {
			return nil, err
		}
		if _, err := ecdh.P256().NewPrivateKey(b); err == nil {
			return b, nil
		}
	}
	return nil, fmt.Errorf("no P-256 key in %d attempts: the source of randomness is broken", maxKeyAttempt)
}

// signer is the ECDSA key of a scalar.
func signer(scalar []byte) (*ecdsa.PrivateKey, error) {
	return ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar)
}

// sign is an ES256 signature of message, in DER (WebAuthn §6.5.5).
func sign(scalar, message []byte) ([]byte, error) {
	key, err := signer(scalar)
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256(message)
	return ecdsa.SignASN1(rand.Reader, key, digest[:])
}

// coseKey is the public key of a scalar as a COSE_Key for alg.
func coseKey(scalar []byte, alg int) (map[int]any, error) {
	key, err := ecdh.P256().NewPrivateKey(scalar)
	if err != nil {
		return nil, err
	}
	p := key.PublicKey().Bytes()
	return map[int]any{
		coseKty: ktyEC2, coseAlg: alg, coseCrv: crvP256,
		coseX: p[1 : 1+scalarLength], coseY: p[1+scalarLength:],
	}, nil
}

// parsePeerKey reads the platform's key agreement key (CTAP 2.1 §6.5.6): exactly the five members of an EC2 key on
// P-256.
func parsePeerKey(m cmap) (*ecdh.PublicKey, error) {
	for key, want := range map[int]int64{coseKty: ktyEC2, coseAlg: algECDHES256, coseCrv: crvP256} {
		got, err := required[int64](m, key)
		if err != nil {
			return nil, err
		}
		if got != want {
			return nil, errInvalidParameter
		}
	}
	point := append(make([]byte, 0, pointLength), uncompressed)
	for _, key := range []int{coseX, coseY} {
		v, err := required[[]byte](m, key)
		if err != nil {
			return nil, err
		}
		if len(v) != scalarLength {
			return nil, errInvalidParameter
		}
		point = append(point, v...)
	}
	if len(m) != 5 {
		return nil, errInvalidParameter
	}
	key, err := ecdh.P256().NewPublicKey(point)
	if err != nil {
		return nil, errInvalidParameter
	}
	return key, nil
}
