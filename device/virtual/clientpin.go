package virtual

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"slices"
	"unicode/utf8"
)

// Subcommands of authenticatorClientPIN (CTAP 2.1 §6.5.5).
const (
	pinGetRetries          = 0x01
	pinGetKeyAgreement     = 0x02
	pinSet                 = 0x03
	pinChange              = 0x04
	pinGetToken            = 0x05
	pinGetTokenPermissions = 0x09
)

const (
	paddedPIN = 64 // bytes of newPinEnc in the clear
	maxMisses = 3  // wrong PINs in a row, per power-up
)

// clientPIN is authenticatorClientPIN (CTAP 2.1 §6.5).
func (c *Card) clientPIN(m cmap) (any, error) {
	sub, err := required[int64](m, 0x02)
	if err != nil {
		return nil, err
	}
	switch {
	case sub == pinGetRetries:
		return c.pinRetries(), nil
	case sub == pinGetTokenPermissions && c.options.Version != FIDO21,
		sub < pinGetRetries || sub > pinGetToken && sub != pinGetTokenPermissions:
		if c.options.Version != FIDO21 {
			return nil, errInvalidParameter // CTAP 2.0 has no status of its own for it
		}
		return nil, errInvalidSubcommand
	}
	p, err := required[int64](m, 0x01)
	if err != nil {
		return nil, err
	}
	protocol, err := c.checkProtocol(p)
	if err != nil {
		return nil, err
	}
	switch sub {
	case pinGetKeyAgreement:
		return c.keyAgreement(protocol)
	case pinSet:
		return nil, c.setPIN(protocol, m)
	case pinChange:
		return nil, c.changePIN(protocol, m)
	case pinGetToken:
		return c.pinToken(protocol, m)
	default:
		return c.pinTokenWithPermissions(protocol, m)
	}
}

// pinRetries is getPINRetries (§6.5.5.2).
func (c *Card) pinRetries() map[int]any {
	answer := map[int]any{0x03: c.state.PINRetries}
	if c.options.Version == FIDO21 && c.power.misses >= maxMisses {
		answer[0x04] = true // powerCycleState
	}
	return answer
}

// keyAgreement is getKeyAgreement (§6.5.5.4).
func (c *Card) keyAgreement(protocol int) (any, error) {
	scalar, err := c.agreementKey(protocol)
	if err != nil {
		return nil, err
	}
	key, err := coseKey(scalar, algECDHES256)
	if err != nil {
		return nil, err
	}
	return map[int]any{0x01: key}, nil
}

// setPIN is §6.5.5.5.
func (c *Card) setPIN(protocol int, m cmap) error {
	peer, err1 := required[cmap](m, 0x03)
	param, err2 := required[[]byte](m, 0x04)
	newPINEnc, err3 := required[[]byte](m, 0x05)
	if err := firstOf(err1, err2, err3); err != nil {
		return err
	}
	if c.state.pinSet() {
		return errPINAuthInvalid
	}
	s, err := c.decapsulate(protocol, peer)
	if err != nil {
		return err
	}
	if !s.verify(newPINEnc, param) {
		return errPINAuthInvalid
	}
	return c.storePIN(s, newPINEnc)
}

// changePIN is §6.5.5.6.
func (c *Card) changePIN(protocol int, m cmap) error {
	peer, err1 := required[cmap](m, 0x03)
	param, err2 := required[[]byte](m, 0x04)
	newPINEnc, err3 := required[[]byte](m, 0x05)
	pinHashEnc, err4 := required[[]byte](m, 0x06)
	if err := firstOf(err1, err2, err3, err4); err != nil {
		return err
	}
	if err := c.pinUsable(); err != nil {
		return err
	}
	s, err := c.decapsulate(protocol, peer)
	if err != nil {
		return err
	}
	if !s.verify(slices.Concat(newPINEnc, pinHashEnc), param) {
		return errPINAuthInvalid
	}
	if err := c.checkPIN(s, pinHashEnc); err != nil {
		return err
	}
	return c.storePIN(s, newPINEnc)
}

// storePIN is the part setPIN and changePIN share: take the new PIN out of its envelope, hold it against the policy,
// keep it.
func (c *Card) storePIN(s shared, newPINEnc []byte) error {
	padded, ok := s.decrypt(newPINEnc)
	if !ok {
		return errPINAuthInvalid
	}
	if len(padded) != paddedPIN {
		return errInvalidParameter
	}
	pin := bytes.TrimRight(padded, "\x00")
	length := utf8.RuneCount(pin)
	hash := pinHash(pin)
	switch {
	case len(pin) > maxPINBytes, length < c.state.MinPINLength, !utf8.Valid(pin):
		return errPINPolicy
	case c.state.ForcePIN && bytes.Equal(hash, c.state.PINHash):
		return errPINPolicy // a forced change must change it
	}
	err := c.change(func(st *state) {
		st.PINHash, st.PINLength = hash, length
		st.PINRetries = maxPINRetries
		st.ForcePIN = false
	})
	if err == nil {
		c.power.token = nil
	}
	return err
}

func pinHash(pin []byte) []byte {
	h := sha256.Sum256(pin)
	return h[:16]
}

// pinUsable tells whether there is a PIN and an attempt left.
func (c *Card) pinUsable() error {
	switch {
	case !c.state.pinSet():
		return errPINNotSet
	case c.state.PINRetries == 0:
		return errPINBlocked
	case c.power.misses >= maxMisses:
		return errPINAuthBlocked
	}
	return nil
}

// checkPIN compares a PIN. The attempt is taken off, for good, before the comparison, so that pulling the power
// saves none (§6.5.5.6, §6.5.5.7).
func (c *Card) checkPIN(s shared, pinHashEnc []byte) error {
	if err := c.change(func(st *state) { st.PINRetries-- }); err != nil {
		return err
	}
	hash, ok := s.decrypt(pinHashEnc)
	if !ok || subtle.ConstantTimeCompare(hash, c.state.PINHash) != 1 {
		delete(c.power.agreement, s.protocol) // regenerate
		c.power.misses++
		switch {
		case c.state.PINRetries == 0:
			return errPINBlocked
		case c.power.misses >= maxMisses:
			return errPINAuthBlocked
		}
		return errPINInvalid
	}
	c.power.misses = 0
	return c.change(func(st *state) { st.PINRetries = maxPINRetries })
}

// pinToken is getPinToken (§6.5.5.7.1), the way of CTAP 2.0.
func (c *Card) pinToken(protocol int, m cmap) (any, error) {
	for _, key := range []int64{0x09, 0x0A} {
		if _, given := m[key]; given && c.options.Version == FIDO21 {
			return nil, errInvalidParameter
		}
	}
	s, err := c.unlock(protocol, m)
	if err != nil {
		return nil, err
	}
	if c.state.ForcePIN {
		return nil, errPINInvalid
	}
	return c.tokenAnswer(s, mayMakeCredential|mayGetAssertion, "")
}

// pinTokenWithPermissions is getPinUvAuthTokenUsingPinWithPermissions (§6.5.5.7.2).
func (c *Card) pinTokenWithPermissions(protocol int, m cmap) (any, error) {
	permissions, err1 := required[int64](m, 0x09)
	rpID, rpGiven, err2 := optional[string](m, 0x0A)
	if err := firstOf(err1, err2); err != nil {
		return nil, err
	}
	if _, _, err := pinParameters(m); err != nil {
		return nil, err
	}
	switch {
	case permissions <= 0:
		return nil, errInvalidParameter
	case permissions&(mayEnrollBio|mayWriteBlobs) != 0:
		return nil, errUnauthorized // the card has neither
	case permissions&(mayMakeCredential|mayGetAssertion) != 0 && (!rpGiven || rpID == ""):
		return nil, errMissingParameter
	}
	s, err := c.unlock(protocol, m)
	if err != nil {
		return nil, err
	}
	if c.state.ForcePIN {
		return nil, errPINPolicy
	}
	const known = mayMakeCredential | mayGetAssertion | mayManage | mayConfigure
	return c.tokenAnswer(s, int(permissions)&known, rpID)
}

func pinParameters(m cmap) (peer cmap, pinHashEnc []byte, err error) {
	peer, err1 := required[cmap](m, 0x03)
	pinHashEnc, err2 := required[[]byte](m, 0x06)
	return peer, pinHashEnc, firstOf(err1, err2)
}

// unlock checks the PIN a request for a token carries.
func (c *Card) unlock(protocol int, m cmap) (shared, error) {
	peer, pinHashEnc, err := pinParameters(m)
	if err != nil {
		return shared{}, err
	}
	if err := c.pinUsable(); err != nil {
		return shared{}, err
	}
	s, err := c.decapsulate(protocol, peer)
	if err != nil {
		return shared{}, err
	}
	return s, c.checkPIN(s, pinHashEnc)
}

func (c *Card) tokenAnswer(s shared, permissions int, rpID string) (any, error) {
	sealed, err := c.newToken(s, permissions, rpID)
	if err != nil {
		return nil, err
	}
	return map[int]any{0x02: sealed}, nil
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
