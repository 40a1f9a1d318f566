package virtual

import "time"

// presenceLimit is how long a tap counts as presence (CTAP 2.1 §5, evidence of user interaction over NFC).
const presenceLimit = 2 * time.Minute

// resetWindow is how long after power-up a card takes a reset (CTAP 2.1 §6.6).
const resetWindow = 10 * time.Second

// takePresence tells whether the tap is still evidence of user interaction, and uses it up where the card counts it
// once.
func (c *Card) takePresence() bool {
	if c.sincePowerUp() > presenceLimit {
		return false
	}
	if c.options.StrictPresence && c.power.presenceUsed {
		return false
	}
	c.power.presenceUsed = true
	return true
}

func (c *Card) sincePowerUp() time.Duration { return c.options.Clock().Sub(c.power.since) }
