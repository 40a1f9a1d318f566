package virtual

import (
	"crypto/aes"
	"crypto/cipher"
)

const publicKey = "public-key"

// Credential IDs are all of one length: random with a discoverable credential, the wrapped key with another, so
// that nobody can tell them apart.
const (
	nonceLength        = 12
	wrappedLength      = 2 + scalarLength // credProtect, flags, key
	credentialIDLength = nonceLength + wrappedLength + 16
)

const wrappedHMAC = 0x01 // flag: made with hmac-secret

// wrapper is the AEAD that turns a key into a credential ID.
func (c *Card) wrapper() (cipher.AEAD, error) {
	block, err := aes.NewCipher(c.state.Secret[:32])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// wrap is the ID of a credential that is not discoverable: the credential itself, sealed for its relying party.
func (c *Card) wrap(cr credential) ([]byte, error) {
	aead, err := c.wrapper()
	if err != nil {
		return nil, err
	}
	nonce, err := c.random(nonceLength)
	if err != nil {
		return nil, err
	}
	plain := []byte{byte(cr.Protect), 0}
	if cr.HMAC {
		plain[1] |= wrappedHMAC
	}
	return aead.Seal(nonce, nonce, append(plain, cr.Key...), rpIDHash(cr.RPID)), nil
}

// unwrap is the credential of an ID this card wrapped for this relying party.
func (c *Card) unwrap(id []byte, rpID string) (credential, bool) {
	if len(id) != credentialIDLength {
		return credential{}, false
	}
	aead, err := c.wrapper()
	if err != nil {
		return credential{}, false
	}
	plain, err := aead.Open(nil, id[:nonceLength], id[nonceLength:], rpIDHash(rpID))
	if err != nil {
		return credential{}, false
	}
	return credential{
		ID: id, Key: plain[2:], RPID: rpID, Protect: int(plain[0]), HMAC: plain[1]&wrappedHMAC != 0,
	}, true
}

// lookUp is the credential with this ID and relying party, discoverable or not.
func (c *Card) lookUp(id []byte, rpID string) (credential, bool) {
	i := c.state.find(id)
	if i < 0 {
		return c.unwrap(id, rpID)
	}
	cr := c.state.Credentials[i]
	cr.discoverable = true
	return cr, cr.RPID == rpID
}

// descriptors reads a list of credential descriptors (WebAuthn §5.8.3) and returns the IDs of those of a type the
// card knows. given tells an absent list, or an empty one, from a list of strangers.
func descriptors(m cmap, key int) (ids [][]byte, given bool, err error) {
	list, _, err := optional[[]any](m, key)
	if err != nil {
		return nil, false, err
	}
	if len(list) > maxListed {
		return nil, false, errLimitExceeded
	}
	for _, item := range list {
		d, ok := item.(cmap)
		if !ok {
			return nil, false, errUnexpectedType
		}
		id, kind, err := descriptor(d)
		if err != nil {
			return nil, false, err
		}
		if kind == publicKey {
			ids = append(ids, id)
		}
	}
	return ids, len(list) > 0, nil
}

func descriptor(d cmap) (id []byte, kind string, err error) {
	kind, err1 := required[string](d, "type")
	id, err2 := required[[]byte](d, "id")
	return id, kind, firstOf(err1, err2)
}

// parseUser reads a user entity (WebAuthn §5.4.3).
func parseUser(m cmap) (user, error) {
	id, err1 := required[[]byte](m, "id")
	name, _, err2 := optional[string](m, "name")
	display, _, err3 := optional[string](m, "displayName")
	_, _, err4 := optional[string](m, "icon")
	if err := firstOf(err1, err2, err3, err4); err != nil {
		return user{}, err
	}
	if len(id) == 0 || len(id) > 64 {
		return user{}, errInvalidLength
	}
	return user{ID: id, Name: truncate(name), DisplayName: truncate(display)}, nil
}

// truncate keeps the first 64 bytes of a name, whole characters only, as a card short of memory may
// (CTAP 2.1 §6.1.2, WebAuthn §6.4.1.2).
func truncate(s string) string {
	const most = 64
	if len(s) <= most {
		return s
	}
	end := 0
	for i := range s {
		if i > most {
			break
		}
		end = i
	}
	return s[:end]
}

// entity is the user as the card tells it; names only where asked for.
func (u user) entity(names bool) map[string]any {
	m := map[string]any{"id": u.ID}
	if names && u.Name != "" {
		m["name"] = u.Name
	}
	if names && u.DisplayName != "" {
		m["displayName"] = u.DisplayName
	}
	return m
}

func descriptorOf(id []byte) map[string]any { return map[string]any{"id": id, "type": publicKey} }
