package virtual

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// Card is a FIDO2 card. All its methods are safe for concurrent use; commands are taken one at a time.
type Card struct {
	options Options
	faults  Faults

	mu            sync.Mutex
	state         state
	save          func(state) error // nil: in memory only
	lastSaveError error
	power         *power // nil: not in a field
}

// power is what a card knows from power-up to power-off.
type power struct {
	since        time.Time
	presenceUsed bool
	uid          []byte

	selected bool
	chain    *chain   // a command that is still coming in
	pending  []byte   // the part of an answer that GET RESPONSE will fetch
	waiting  *waiting // a command answered with 9100 so far

	misses    int            // wrong PINs in a row
	agreement map[int][]byte // PIN protocol to key agreement scalar
	token     *token

	assertions *assertions  // for authenticatorGetNextAssertion
	listing    *enumeration // for credential management
}

// New makes a card that forgets everything with the process.
func New(o Options) (*Card, error) {
	o, err := o.complete()
	if err != nil {
		return nil, fmt.Errorf("make a virtual card: %w", err)
	}
	c := &Card{options: o}
	c.state, err = c.deliver()
	if err != nil {
		return nil, fmt.Errorf("make a virtual card: %w", err)
	}
	return c, nil
}

// deliver is the state of a card as it leaves the factory.
func (c *Card) deliver() (state, error) {
	s := state{AAGUID: c.options.AAGUID, UID: slices.Clone(c.options.UID)}
	if c.options.Attestation == CertAttestation || c.options.Attestation == LongAttestation {
		a, err := c.newAttestation(s.AAGUID, c.options.Attestation == LongAttestation)
		if err != nil {
			return s, err
		}
		s.Attestation = a
	}
	return c.blank(s)
}

// ATR is the answer to reset.
func (c *Card) ATR() []byte { return slices.Clone(c.options.ATR) }

// Faults are what goes wrong with this card on demand.
func (c *Card) Faults() *Faults { return &c.faults }

// PowerOn brings the card into a field. It does nothing to a card that has power.
func (c *Card) PowerOn() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.power == nil {
		c.powerUp()
	}
}

// PowerOff takes the card out of the field; it forgets what it keeps in volatile memory.
func (c *Card) PowerOff() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.power = nil
}

// Reset powers the card off and on.
func (c *Card) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.powerUp()
}

func (c *Card) powerUp() {
	c.power = &power{since: c.options.Clock(), agreement: map[int][]byte{}, uid: c.state.UID}
	if c.options.RandomUID {
		// The first byte 08 marks a random UID. A source of randomness that fails shows in the first command.
		uid, err := c.random(3)
		if err == nil {
			c.power.uid = append([]byte{0x08}, uid...)
		}
	}
}

// Transmit answers one command APDU, with two bytes at least. A card without power answers 6F00, and so does one
// whose source of randomness or file fails.
func (c *Card) Transmit(apdu []byte) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.interpret(apdu).Bytes()
}

// Err is why the card could not save its state the last time it failed to, which it answers with
// CTAP1_ERR_OTHER; nil if it never did.
func (c *Card) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lastSaveError
}

// Credentials is the number of discoverable credentials on the card.
func (c *Card) Credentials() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.state.Credentials)
}
