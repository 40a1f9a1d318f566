package virtual

import "time"

// Permissions of a pinUvAuthToken (CTAP 2.1 §6.5.5.7, table of permissions).
const (
	mayMakeCredential = 0x01
	mayGetAssertion   = 0x02
	mayManage         = 0x04
	mayEnrollBio      = 0x08
	mayWriteBlobs     = 0x10
	mayConfigure      = 0x20
)

// How long a token is good for over NFC (CTAP 2.1 §6.5.2.1): until it must have been used once, and in all.
const (
	tokenFirstUse = 19800 * time.Millisecond
	tokenLifetime = 10 * time.Minute
)

// token is the pinUvAuthToken in use and its state (CTAP 2.1 §6.5.2.1). Getting one takes back any other.
type token struct {
	protocol    int
	value       []byte
	permissions int
	rpID        string // permissions RP ID; empty: none yet
	issued      time.Time
	used        bool
}

// auth is a pinUvAuthParam with its protocol, as commands carry them.
type auth struct {
	protocol int
	param    []byte
}

// authOf reads pinUvAuthParam and pinUvAuthProtocol from under their keys; nil where there is no parameter.
// A zero-length parameter asks which authenticator the person means (CTAP 2.1 §6.1.2 step 1) and is answered by an
// error.
func (c *Card) authOf(m cmap, paramKey, protocolKey int) (*auth, error) {
	param, given, err := optional[[]byte](m, paramKey)
	if err != nil {
		return nil, err
	}
	p, protocolGiven, err := optional[int64](m, protocolKey)
	if err != nil || !given {
		return nil, err
	}
	if len(param) == 0 && !c.options.NoPIN {
		if !c.takePresence() {
			return nil, errOperationDenied
		}
		if c.state.pinSet() {
			return nil, errPINInvalid
		}
		return nil, errPINNotSet
	}
	if !protocolGiven {
		return nil, errMissingParameter
	}
	protocol, err := c.checkProtocol(p)
	if err != nil {
		return nil, err
	}
	return &auth{protocol: protocol, param: param}, nil
}

// verifyToken checks that message was authenticated with the token in use and that the token allows permission for
// the relying party. With an empty rpID the token must not be bound to one, which only configuration does not ask.
func (c *Card) verifyToken(a *auth, message []byte, permission int, rpID string) error {
	t := c.currentToken()
	if t == nil || t.protocol != a.protocol || !verifyMAC(a.protocol, t.value, message, a.param) {
		return errPINAuthInvalid
	}
	if c.options.Version != FIDO21 {
		return nil // permissions came with 2.1
	}
	if t.permissions&permission == 0 || permission != mayConfigure && t.rpID != "" && t.rpID != rpID {
		return errPINAuthInvalid
	}
	t.used = true
	if t.rpID == "" && permission&(mayMakeCredential|mayGetAssertion) != 0 {
		t.rpID = rpID
	}
	return nil
}

// currentToken is the token in use, if it has not lapsed. Before 2.1 tokens live as long as the power.
func (c *Card) currentToken() *token {
	t := c.power.token
	if t == nil || c.options.Version != FIDO21 {
		return t
	}
	age := c.options.Clock().Sub(t.issued)
	if age > tokenLifetime || !t.used && age > tokenFirstUse {
		c.power.token = nil
	}
	return c.power.token
}

// spendToken takes back what a token allowed once an operation with user presence was done with it
// (CTAP 2.1 §6.1.2 step 14, clearPinUvAuthTokenPermissionsExceptLbw).
func (c *Card) spendToken() {
	if t := c.power.token; t != nil && c.options.Version == FIDO21 {
		t.permissions &= mayWriteBlobs
	}
}

// newToken issues a token, in the sealed form the platform gets it in.
func (c *Card) newToken(s shared, permissions int, rpID string) ([]byte, error) {
	var value []byte
	if t := c.power.token; t != nil && c.options.Version != FIDO21 && t.protocol == s.protocol {
		value = t.value // CTAP 2.0 §5.5.2: made at power-up, the same each time
	} else {
		var err error
		if value, err = c.random(32); err != nil {
			return nil, err
		}
	}
	c.power.token = &token{
		protocol: s.protocol, value: value, permissions: permissions, rpID: rpID, issued: c.options.Clock(),
	}
	return c.encrypt(s, value)
}
