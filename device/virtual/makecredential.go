package virtual

import "slices"

// creation is a makeCredential request (CTAP 2.1 §6.1.1).
type creation struct {
	clientDataHash []byte
	rpID           string
	user           user
	algorithms     []any
	exclude        [][]byte
	extensions     creationExtensions
	rk             bool
	enterprise     bool
}

func (c *Card) parseCreation(m cmap) (r creation, err error) {
	var rp, account cmap
	if r.clientDataHash, err = clientDataHash(m, 0x01); err != nil {
		return r, err
	}
	if rp, err = required[cmap](m, 0x02); err != nil {
		return r, err
	}
	if r.rpID, err = required[string](rp, "id"); err != nil {
		return r, err
	}
	if _, _, err = optional[string](rp, "name"); err != nil {
		return r, err
	}
	if account, err = required[cmap](m, 0x03); err != nil {
		return r, err
	}
	if r.user, err = parseUser(account); err != nil {
		return r, err
	}
	if r.algorithms, err = required[[]any](m, 0x04); err != nil {
		return r, err
	}
	if r.exclude, _, err = descriptors(m, 0x05); err != nil {
		return r, err
	}
	if r.extensions, err = c.parseCreationExtensions(m); err != nil {
		return r, err
	}
	_, r.enterprise, err = optional[int64](m, 0x0A)
	return r, err
}

func clientDataHash(m cmap, key int) ([]byte, error) {
	h, err := required[[]byte](m, key)
	if err == nil && len(h) != 32 {
		err = errInvalidLength
	}
	return h, err
}

// makeCredential is authenticatorMakeCredential; the steps are those of CTAP 2.1 §6.1.2.
func (c *Card) makeCredential(m cmap) (any, error) {
	r, err := c.parseCreation(m)
	if err != nil {
		return nil, err
	}
	a, err := c.authOf(m, 0x08, 0x09) // steps 1 and 2
	if err != nil {
		return nil, err
	}
	if err := chooseAlgorithm(r.algorithms); err != nil { // step 3
		return nil, err
	}
	if r.rk, err = c.creationOptions(m, a); err != nil { // step 5
		return nil, err
	}
	if err := c.creationNeedsUV(r, a); err != nil { // steps 6 to 8
		return nil, err
	}
	if r.enterprise { // step 9
		return nil, errInvalidParameter
	}
	uv := false
	if a != nil { // step 11
		if err := c.verifyToken(a, r.clientDataHash, mayMakeCredential, r.rpID); err != nil {
			return nil, err
		}
		uv = true
	}
	if c.excluded(r, uv) { // step 12
		c.takePresence()
		return nil, errCredentialExcluded
	}
	if !c.takePresence() { // step 14
		return nil, errOperationDenied
	}
	c.spendToken()
	return c.create(r, uv) // steps 15 to 19
}

// chooseAlgorithm looks for ES256, the card's only one, and reads every element all the same (step 3).
func chooseAlgorithm(list []any) error {
	chosen := false
	for _, item := range list {
		p, ok := item.(cmap)
		if !ok {
			return errUnexpectedType
		}
		kind, hasKind, err1 := optional[string](p, "type")
		alg, hasAlg, err2 := optional[int64](p, "alg")
		if err := firstOf(err1, err2); err != nil {
			return err
		}
		if !hasKind || !hasAlg {
			return errInvalidCBOR
		}
		chosen = chosen || kind == publicKey && alg == algES256
	}
	if !chosen {
		return errUnsupportedAlgorithm
	}
	return nil
}

// creationOptions reads the options (step 5). The card has no built-in user verification, and presence cannot be
// waived.
func (c *Card) creationOptions(m cmap, a *auth) (rk bool, err error) {
	options, _, err := optional[cmap](m, 0x07)
	if err != nil {
		return false, err
	}
	uv, _, err1 := optional[bool](options, "uv")
	up, upGiven, err2 := optional[bool](options, "up")
	rk, _, err3 := optional[bool](options, "rk")
	if err := firstOf(err1, err2, err3); err != nil {
		return false, err
	}
	if uv && a == nil || upGiven && (!up || c.options.Version != FIDO21) {
		return false, errInvalidOption
	}
	return rk, nil
}

// creationNeedsUV refuses a request without the PIN where it takes one (steps 6 to 8).
func (c *Card) creationNeedsUV(r creation, a *auth) error {
	if a != nil {
		return nil
	}
	switch {
	case c.state.AlwaysUV,
		c.state.pinSet() && (r.rk || !c.uvNotRequired()):
		return errPUATRequired
	}
	return nil
}

// excluded tells whether an excluded credential is on this card. One that is protected shows itself to a verified
// user only (step 12).
func (c *Card) excluded(r creation, uv bool) bool {
	return slices.ContainsFunc(r.exclude, func(id []byte) bool {
		cr, ok := c.lookUp(id, r.rpID)
		return ok && (uv || cr.Protect != protectRequired)
	})
}

// create makes the credential and attests it (steps 15 to 19).
func (c *Card) create(r creation, uv bool) (any, error) {
	key, err := c.newScalar()
	if err != nil {
		return nil, err
	}
	cr := credential{
		Key: key, RPID: r.rpID, User: r.user,
		Protect: max(r.extensions.protect, protectOptional), HMAC: r.extensions.hmac,
	}
	if r.rk {
		cr.ID, err = c.random(credentialIDLength)
	} else {
		cr.ID, err = c.wrap(cr)
	}
	if err != nil {
		return nil, err
	}
	if err := c.keep(cr, r.rk); err != nil {
		return nil, err
	}
	attested, err := c.attestedCredential(cr)
	if err != nil {
		return nil, err
	}
	data := authData{
		rpID: r.rpID, up: true, uv: uv, counter: c.state.Counter,
		attested: attested, extensions: r.extensions.outputs(c.state, r.rpID),
	}.bytes()
	format, statement, err := c.attest(cr, data, r.clientDataHash)
	if err != nil {
		return nil, err
	}
	return map[int]any{0x01: format, 0x02: data, 0x03: statement}, nil
}

// keep counts the signature and stores a discoverable credential, in place of one of the same account (step 17).
func (c *Card) keep(cr credential, rk bool) error {
	same := func(o credential) bool { return o.RPID == cr.RPID && slices.Equal(o.User.ID, cr.User.ID) }
	if rk && c.remaining() == 0 && !slices.ContainsFunc(c.state.Credentials, same) {
		return errKeyStoreFull
	}
	return c.change(func(s *state) {
		s.Counter++
		if rk {
			s.Credentials = append(slices.DeleteFunc(s.Credentials, same), cr)
		}
	})
}
