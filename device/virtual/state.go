package virtual

import (
	"crypto/sha256"
	"slices"
)

const maxPINRetries = 8 // CTAP 2.1 §6.5.2.3

// state is what a card remembers without power.
type state struct {
	AAGUID      [16]byte     `json:"aaguid"`
	UID         []byte       `json:"uid,omitempty"`
	Attestation *attestation `json:"attestation,omitempty"`

	// Secret is 32 bytes that wrap credentials which are not discoverable, and 32 that hmac-secret derives from.
	Secret      []byte       `json:"secret"`
	Counter     uint32       `json:"counter"` // one signature counter for all credentials (WebAuthn §6.1.1)
	Credentials []credential `json:"credentials,omitempty"`

	PINHash      []byte   `json:"pin_hash,omitempty"` // LEFT(SHA-256(PIN), 16); empty: no PIN
	PINLength    int      `json:"pin_length,omitempty"`
	PINRetries   int      `json:"pin_retries"`
	MinPINLength int      `json:"min_pin_length"`
	MinPINRPIDs  []string `json:"min_pin_rp_ids,omitempty"` // who may know MinPINLength (CTAP 2.1 §12.4)
	ForcePIN     bool     `json:"force_pin_change,omitempty"`
	AlwaysUV     bool     `json:"always_uv,omitempty"`
}

// credential is a discoverable credential, the latest last in state.Credentials.
type credential struct {
	ID      []byte `json:"id"`
	Key     []byte `json:"key"` // P-256 scalar
	RPID    string `json:"rp_id"`
	User    user   `json:"user"`
	Protect int    `json:"cred_protect"` // 1 to 3 (CTAP 2.1 §12.1)
	HMAC    bool   `json:"hmac_secret,omitempty"`

	discoverable bool
}

// user is the account of a credential (WebAuthn §5.4.3).
type user struct {
	ID          []byte `json:"id"`
	Name        string `json:"name,omitempty"`
	DisplayName string `json:"display_name,omitempty"`
}

// clone shares no slice that is written to with s. What the slices hold is never written to, only replaced.
func (s state) clone() state {
	s.Credentials = slices.Clone(s.Credentials)
	return s
}

// blank is the state of a card after reset: new secrets, no PIN, no credentials. The model, the attestation and
// the signature counter stay.
func (c *Card) blank(s state) (state, error) {
	secret, err := c.random(64)
	if err != nil {
		return s, err
	}
	return state{
		AAGUID: s.AAGUID, UID: s.UID, Attestation: s.Attestation, Counter: s.Counter,
		Secret:       secret,
		PINRetries:   maxPINRetries,
		MinPINLength: c.options.MinPINLength,
		AlwaysUV:     c.options.AlwaysUV && !c.options.NoPIN,
	}, nil
}

// pinSet tells whether the card is protected by user verification (CTAP 2.1 §6.1.2: "protected by some form of user
// verification"); a PIN is the only form it has.
func (s state) pinSet() bool { return len(s.PINHash) > 0 }

// find is the discoverable credential with this ID, or -1.
func (s state) find(id []byte) int {
	return slices.IndexFunc(s.Credentials, func(c credential) bool { return slices.Equal(c.ID, id) })
}

// change applies f to a copy of the state, saves the copy, and only then makes it the card's, so that a file that
// cannot be written leaves card and file as they were.
func (c *Card) change(f func(*state)) error {
	next := c.state.clone()
	f(&next)
	if c.save != nil {
		if err := c.save(next); err != nil {
			c.lastSaveError = err
			return errOther
		}
	}
	c.state = next
	return nil
}

func rpIDHash(id string) []byte {
	h := sha256.Sum256([]byte(id))
	return h[:]
}
