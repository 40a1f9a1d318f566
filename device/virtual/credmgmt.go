package virtual

import (
	"bytes"
	"slices"
)

// Subcommands of authenticatorCredentialManagement (CTAP 2.1 §6.8).
const (
	manageMetadata        = 0x01
	manageRPsBegin        = 0x02
	manageRPsNext         = 0x03
	manageCredentialsFrom = 0x04
	manageCredentialsNext = 0x05
	manageDelete          = 0x06
	manageUpdateUser      = 0x07
)

// enumeration is what the next subcommands will tell: relying parties or credentials.
type enumeration struct {
	rpIDs       []string
	credentials []credential
}

// manageCredentials is authenticatorCredentialManagement (CTAP 2.1 §6.8).
func (c *Card) manageCredentials(m cmap) (any, error) {
	sub, err := required[int64](m, 0x01)
	if err != nil {
		return nil, err
	}
	parameters, given, err := optional[cmap](m, 0x02)
	if err != nil {
		return nil, err
	}
	listing := c.power.listing
	if sub != manageRPsNext && sub != manageCredentialsNext {
		c.power.listing = nil
	}
	switch {
	case sub == manageRPsNext:
		return c.nextRP(listing)
	case sub == manageCredentialsNext:
		return c.nextCredential(listing)
	case sub < manageMetadata || sub > manageUpdateUser, sub == manageUpdateUser && c.options.Version != FIDO21:
		return nil, errInvalidSubcommand
	}
	message := []byte{byte(sub)}
	if sub >= manageCredentialsFrom {
		if !given {
			return nil, errMissingParameter
		}
		message = append(message, encode(parameters)...) // canonical, so what was sent
	}
	if _, ok := m[int64(0x04)]; !ok {
		return nil, errPUATRequired
	}
	a, err := c.authOf(m, 0x04, 0x03)
	if err != nil {
		return nil, err
	}
	switch sub {
	case manageMetadata, manageRPsBegin:
		if err := c.verifyToken(a, message, mayManage, ""); err != nil {
			return nil, err
		}
		if sub == manageMetadata {
			return map[int]any{0x01: len(c.state.Credentials), 0x02: c.remaining()}, nil
		}
		return c.firstRP()
	case manageCredentialsFrom:
		return c.firstCredential(a, message, parameters)
	default:
		return nil, c.alterCredential(sub, a, message, parameters)
	}
}

// firstRP is enumerateRPsBegin (§6.8.3).
func (c *Card) firstRP() (any, error) {
	var ids []string
	for _, cr := range c.state.Credentials {
		if !slices.Contains(ids, cr.RPID) {
			ids = append(ids, cr.RPID)
		}
	}
	if len(ids) == 0 {
		return nil, errNoCredentials
	}
	c.power.listing = &enumeration{rpIDs: ids}
	answer, err := c.nextRP(c.power.listing)
	if err == nil {
		answer[0x05] = len(ids)
	}
	return answer, err
}

func (c *Card) nextRP(l *enumeration) (map[int]any, error) {
	if l == nil || len(l.rpIDs) == 0 {
		c.power.listing = nil
		return nil, errNotAllowed
	}
	id := l.rpIDs[0]
	l.rpIDs = l.rpIDs[1:]
	return map[int]any{0x03: map[string]any{"id": id}, 0x04: rpIDHash(id)}, nil
}

// firstCredential is enumerateCredentialsBegin (§6.8.4).
func (c *Card) firstCredential(a *auth, message []byte, parameters cmap) (any, error) {
	hash, err := required[[]byte](parameters, 0x01)
	if err != nil {
		return nil, err
	}
	// The token may be bound to the relying party whose hash this is, be there a credential or not.
	rpID := ""
	if t := c.currentToken(); t != nil && bytes.Equal(rpIDHash(t.rpID), hash) {
		rpID = t.rpID
	}
	if err := c.verifyToken(a, message, mayManage, rpID); err != nil {
		return nil, err
	}
	var found []credential
	for _, cr := range c.state.Credentials {
		if bytes.Equal(rpIDHash(cr.RPID), hash) {
			found = append(found, cr)
		}
	}
	if len(found) == 0 {
		return nil, errNoCredentials
	}
	c.power.listing = &enumeration{credentials: found}
	answer, err := c.nextCredential(c.power.listing)
	if err == nil {
		answer[0x09] = len(found)
	}
	return answer, err
}

func (c *Card) nextCredential(l *enumeration) (map[int]any, error) {
	if l == nil || len(l.credentials) == 0 {
		c.power.listing = nil
		return nil, errNotAllowed
	}
	cr := l.credentials[0]
	l.credentials = l.credentials[1:]
	key, err := coseKey(cr.Key, algES256)
	if err != nil {
		return nil, err
	}
	answer := map[int]any{0x06: cr.User.entity(true), 0x07: descriptorOf(cr.ID), 0x08: key}
	if c.options.Version == FIDO21 {
		answer[0x0A] = cr.Protect
	}
	return answer, nil
}

// alterCredential is deleteCredential (§6.8.5) and updateUserInformation (§6.8.6).
func (c *Card) alterCredential(sub int64, a *auth, message []byte, parameters cmap) error {
	d, err := required[cmap](parameters, 0x02)
	if err != nil {
		return err
	}
	id, _, err := descriptor(d)
	if err != nil {
		return err
	}
	var account user
	if sub == manageUpdateUser {
		m, err := required[cmap](parameters, 0x03)
		if err != nil {
			return err
		}
		if account, err = parseUser(m); err != nil {
			return err
		}
	}
	i, rpID := c.state.find(id), ""
	if i >= 0 {
		rpID = c.state.Credentials[i].RPID
	}
	if err := c.verifyToken(a, message, mayManage, rpID); err != nil {
		return err
	}
	if i < 0 {
		return errNoCredentials
	}
	if sub == manageDelete {
		return c.change(func(s *state) { s.Credentials = slices.Delete(s.Credentials, i, i+1) })
	}
	if !bytes.Equal(account.ID, c.state.Credentials[i].User.ID) {
		return errInvalidParameter
	}
	return c.change(func(s *state) { s.Credentials[i].User = account })
}
