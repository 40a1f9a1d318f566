package virtual

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"slices"
)

// shared is the secret a platform and the card agreed on, by PIN/UV auth protocol (CTAP 2.1 §6.5.6, §6.5.7).
type shared struct {
	protocol int
	aes, mac []byte
}

// checkProtocol refuses a PIN protocol the card does not have.
func (c *Card) checkProtocol(protocol int64) (int, error) {
	if !slices.Contains(c.options.PINProtocols, int(protocol)) {
		return 0, errInvalidParameter
	}
	return int(protocol), nil
}

// agreementKey is the card's key agreement key for a protocol, made when first asked for after power-up and
// whenever it was thrown away since.
func (c *Card) agreementKey(protocol int) ([]byte, error) {
	key, ok := c.power.agreement[protocol]
	if ok {
		return key, nil
	}
	key, err := c.newScalar()
	if err != nil {
		return nil, err
	}
	c.power.agreement[protocol] = key
	return key, nil
}

// decapsulate agrees on a shared secret with the platform's public key.
func (c *Card) decapsulate(protocol int, peer cmap) (shared, error) {
	pub, err := parsePeerKey(peer)
	if err != nil {
		return shared{}, err
	}
	scalar, err := c.agreementKey(protocol)
	if err != nil {
		return shared{}, err
	}
	key, err := ecdh.P256().NewPrivateKey(scalar)
	if err != nil {
		return shared{}, err
	}
	z, err := key.ECDH(pub)
	if err != nil {
		return shared{}, errInvalidParameter
	}
	if protocol == 1 {
		k := sha256.Sum256(z)
		return shared{protocol: 1, aes: k[:], mac: k[:]}, nil
	}
	mac, err := hkdf.Key(sha256.New, z, make([]byte, 32), "CTAP2 HMAC key", 32)
	if err != nil {
		return shared{}, err
	}
	aesKey, err := hkdf.Key(sha256.New, z, make([]byte, 32), "CTAP2 AES key", 32)
	if err != nil {
		return shared{}, err
	}
	return shared{protocol: 2, aes: aesKey, mac: mac}, nil
}

// decrypt undoes AES-256-CBC without padding: with a zero IV in protocol 1, with the IV in front in protocol 2.
func (s shared) decrypt(b []byte) ([]byte, bool) {
	iv := make([]byte, aes.BlockSize)
	if s.protocol == 2 {
		if len(b) < aes.BlockSize {
			return nil, false
		}
		iv, b = b[:aes.BlockSize], b[aes.BlockSize:]
	}
	if len(b) == 0 || len(b)%aes.BlockSize != 0 {
		return nil, false
	}
	block, err := aes.NewCipher(s.aes)
	if err != nil {
		return nil, false
	}
	plain := make([]byte, len(b))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, b)
	return plain, true
}

// encrypt is the inverse; plain is a multiple of 16 bytes.
func (c *Card) encrypt(s shared, plain []byte) ([]byte, error) {
	iv := make([]byte, aes.BlockSize)
	var out []byte
	if s.protocol == 2 {
		var err error
		if iv, err = c.random(aes.BlockSize); err != nil {
			return nil, err
		}
		out = slices.Clone(iv)
	}
	block, err := aes.NewCipher(s.aes)
	if err != nil {
		return nil, err
	}
	sealed := make([]byte, len(plain))
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(sealed, plain)
	return append(out, sealed...), nil
}

// verify checks what the platform authenticated with the shared secret.
func (s shared) verify(message, mac []byte) bool { return verifyMAC(s.protocol, s.mac, message, mac) }

// verifyMAC checks an HMAC-SHA-256, of which protocol 1 sends the first 16 bytes only.
func verifyMAC(protocol int, key, message, mac []byte) bool {
	want := hmacSHA256(key, message)
	if protocol == 1 {
		want = want[:16]
	}
	return hmac.Equal(want, mac)
}

func hmacSHA256(key []byte, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, key)
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}
