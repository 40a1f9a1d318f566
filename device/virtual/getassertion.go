package virtual

import (
	"slices"
	"time"
)

// nextAssertionLimit is how long the card keeps further assertions ready (CTAP 2.1 §6.3).
const nextAssertionLimit = 30 * time.Second

// assertions are what one getAssertion found and how it is to be answered.
type assertions struct {
	clientDataHash []byte
	rpID           string
	up, uv         bool
	hmac           *hmacSecret
	left           []credential
	names          bool // more than one account and a verified user: names are told (CTAP 2.1 §6.2.3)
	last           time.Time
}

// getAssertion is authenticatorGetAssertion; the steps are those of CTAP 2.1 §6.2.2.
func (c *Card) getAssertion(m cmap) (any, error) {
	rpID, err := required[string](m, 0x01)
	if err != nil {
		return nil, err
	}
	hash, err := clientDataHash(m, 0x02)
	if err != nil {
		return nil, err
	}
	allow, listed, err := descriptors(m, 0x03)
	if err != nil {
		return nil, err
	}
	extensions, _, err := optional[cmap](m, 0x04)
	if err != nil {
		return nil, err
	}
	a, err := c.authOf(m, 0x06, 0x07) // steps 1 and 2
	if err != nil {
		return nil, err
	}
	up, err := assertionOptions(m, a) // step 4
	if err != nil {
		return nil, err
	}
	if c.state.AlwaysUV && up && a == nil { // step 5
		return nil, errPUATRequired
	}
	uv := false
	if a != nil { // step 6
		if err := c.verifyToken(a, hash, mayGetAssertion, rpID); err != nil {
			return nil, err
		}
		uv = true
	}
	found := c.applicable(rpID, allow, listed, uv) // step 7
	if len(found) == 0 {
		return nil, errNoCredentials
	}
	hmac, err := c.parseHMACSecret(extensions, up)
	if err != nil {
		return nil, err
	}
	if up { // steps 8 and 9
		if !c.takePresence() {
			return nil, errOperationDenied
		}
		c.spendToken()
	}
	s := &assertions{
		clientDataHash: hash, rpID: rpID, up: up, uv: uv, hmac: hmac, left: found, names: uv && len(found) > 1,
	}
	answer, err := c.assertNext(s)
	if err != nil {
		return nil, err
	}
	if len(found) > 1 {
		answer[0x05] = len(found)
		c.power.assertions = s
	}
	return answer, nil
}

// assertionOptions reads the options (step 4): there is no rk, and no built-in user verification.
func assertionOptions(m cmap, a *auth) (up bool, err error) {
	options, _, err := optional[cmap](m, 0x05)
	if err != nil {
		return false, err
	}
	uv, _, err1 := optional[bool](options, "uv")
	up, upGiven, err2 := optional[bool](options, "up")
	_, rkGiven, err3 := optional[bool](options, "rk")
	if err := firstOf(err1, err2, err3); err != nil {
		return false, err
	}
	if rkGiven {
		return false, errUnsupportedOption
	}
	if uv && a == nil {
		return false, errInvalidOption
	}
	return up || !upGiven, nil
}

// applicable are the credentials that may answer: one of the listed, or every discoverable one, the latest first
// (step 7).
func (c *Card) applicable(rpID string, allow [][]byte, listed, uv bool) []credential {
	if listed {
		for _, id := range allow {
			if cr, ok := c.lookUp(id, rpID); ok && (uv || cr.Protect != protectRequired) {
				return []credential{cr}
			}
		}
		return nil
	}
	var found []credential
	for _, cr := range slices.Backward(c.state.Credentials) {
		if cr.RPID == rpID && (uv || cr.Protect == protectOptional) {
			cr.discoverable = true
			found = append(found, cr)
		}
	}
	return found
}

// getNextAssertion is authenticatorGetNextAssertion (CTAP 2.1 §6.3).
func (c *Card) getNextAssertion() (any, error) {
	s := c.power.assertions
	if s == nil || c.options.Clock().Sub(s.last) > nextAssertionLimit {
		c.power.assertions = nil
		return nil, errNotAllowed
	}
	answer, err := c.assertNext(s)
	if err != nil || len(s.left) == 0 {
		c.power.assertions = nil
	}
	return answer, err
}

// assertNext signs with the first credential left.
func (c *Card) assertNext(s *assertions) (map[int]any, error) {
	cr := s.left[0]
	s.left, s.last = s.left[1:], c.options.Clock()
	if err := c.change(func(st *state) { st.Counter++ }); err != nil {
		return nil, err
	}
	data := authData{rpID: s.rpID, up: s.up, uv: s.uv, counter: c.state.Counter}
	if s.hmac != nil && cr.HMAC {
		out, err := c.hmacOutput(s.hmac, cr, s.uv)
		if err != nil {
			return nil, err
		}
		data.extensions = map[string]any{extHMACSecret: out}
	}
	raw := data.bytes()
	signature, err := sign(cr.Key, slices.Concat(raw, s.clientDataHash))
	if err != nil {
		return nil, err
	}
	answer := map[int]any{0x01: descriptorOf(cr.ID), 0x02: raw, 0x03: signature}
	if cr.discoverable {
		answer[0x04] = cr.User.entity(s.names)
	}
	return answer, nil
}
