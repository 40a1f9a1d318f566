package virtual

import "slices"

// Extensions the card knows (CTAP 2.1 §12).
const (
	extCredProtect  = "credProtect"
	extHMACSecret   = "hmac-secret"
	extMinPINLength = "minPinLength"
)

// Values of credProtect (CTAP 2.1 §12.1).
const (
	protectOptional     = 1 // userVerificationOptional
	protectOptionalList = 2 // userVerificationOptionalWithCredentialIDList
	protectRequired     = 3 // userVerificationRequired
)

const saltLength = 32

// creationExtensions are the extension inputs of makeCredential.
type creationExtensions struct {
	protect      int // 0: not asked for
	hmac, minPIN bool
}

func (c *Card) parseCreationExtensions(m cmap) (creationExtensions, error) {
	var e creationExtensions
	in, _, err := optional[cmap](m, 0x06)
	if err != nil {
		return e, err
	}
	known := c.extensions()
	if slices.Contains(known, extCredProtect) {
		level, given, err := optional[int64](in, extCredProtect)
		if err != nil {
			return e, err
		}
		if given && (level < protectOptional || level > protectRequired) {
			return e, errInvalidOption
		}
		e.protect = int(level)
	}
	if slices.Contains(known, extHMACSecret) {
		if e.hmac, _, err = optional[bool](in, extHMACSecret); err != nil {
			return e, err
		}
	}
	if slices.Contains(known, extMinPINLength) {
		e.minPIN, _, err = optional[bool](in, extMinPINLength)
	}
	return e, err
}

// outputs are what makeCredential answers to them. The minimum PIN length is told to the relying parties it was set
// for only (CTAP 2.1 §12.4).
func (e creationExtensions) outputs(s state, rpID string) map[string]any {
	out := map[string]any{}
	if e.protect != 0 {
		out[extCredProtect] = e.protect
	}
	if e.hmac {
		out[extHMACSecret] = true
	}
	if e.minPIN && slices.Contains(s.MinPINRPIDs, rpID) {
		out[extMinPINLength] = s.MinPINLength
	}
	return out
}

// hmacSecret is the hmac-secret input of getAssertion, opened (CTAP 2.1 §12.5).
type hmacSecret struct {
	shared shared
	salts  []byte // one or two of 32 bytes
}

// parseHMACSecret opens the input among the extensions; nil where there is none.
func (c *Card) parseHMACSecret(extensions cmap, up bool) (*hmacSecret, error) {
	if !slices.Contains(c.extensions(), extHMACSecret) {
		return nil, nil
	}
	in, given, err := optional[cmap](extensions, extHMACSecret)
	if err != nil || !given {
		return nil, err
	}
	peer, err1 := required[cmap](in, 0x01)
	saltEnc, err2 := required[[]byte](in, 0x02)
	saltAuth, err3 := required[[]byte](in, 0x03)
	p, protocolGiven, err4 := optional[int64](in, 0x04)
	if err := firstOf(err1, err2, err3, err4); err != nil {
		return nil, err
	}
	if !up {
		return nil, errUnsupportedOption
	}
	if !protocolGiven {
		p = 1
	}
	protocol, err := c.checkProtocol(p)
	if err != nil {
		return nil, err
	}
	s, err := c.decapsulate(protocol, peer)
	if err != nil {
		return nil, err
	}
	if !s.verify(saltEnc, saltAuth) {
		return nil, errPINAuthInvalid
	}
	salts, ok := s.decrypt(saltEnc)
	if !ok || len(salts) != saltLength && len(salts) != 2*saltLength {
		return nil, errInvalidLength
	}
	return &hmacSecret{shared: s, salts: salts}, nil
}

// output is the secret of each salt under the credential, one with and another without user verification, sealed.
func (c *Card) hmacOutput(h *hmacSecret, cr credential, uv bool) ([]byte, error) {
	which := []byte{0}
	if uv {
		which[0] = 1
	}
	credRandom := hmacSHA256(c.state.Secret[32:], which, cr.ID)
	var out []byte
	for salt := range slices.Chunk(h.salts, saltLength) {
		out = append(out, hmacSHA256(credRandom, salt)...)
	}
	return c.encrypt(h.shared, out)
}
