package portal

import (
	"net/netip"
	"time"
)

// LookEvery has Keep look at the settings so often.
func (p *Portal) LookEvery(d time.Duration) { p.lookEvery = d }

// Hurry has Run wait for requests and answers no longer than this.
func (p *Portal) Hurry(long time.Duration) {
	p.limits = &limits{header: long, read: long, write: long, idle: long, end: long}
}

// Trust has the handler believe proxies as Run does.
func (p *Portal) Trust(proxies []netip.Prefix) { p.proxies.Store(&proxies) }

// UnderWay is how many registrations are remembered.
func (p *Portal) UnderWay() int { return p.challenges.len() }

// Bounds that tests go beyond.
const (
	MaxChallenges = maxChallenges
	MaxPerSource  = maxPerSource
	MaxBody       = maxBody
)

// Challenges are the registrations under way, by themselves.
type Challenges struct{ challenges }

// NewChallenges are none.
func NewChallenges() *Challenges { return &Challenges{} }

// Put begins a registration.
func (c *Challenges) Put(now time.Time, name, ticketID string) {
	c.put(now, name, challenge{ticketID: ticketID, ends: now.Add(challengeLife)})
}

// Take ends one.
func (c *Challenges) Take(now time.Time, name, ticketID string) bool {
	_, ok := c.take(now, name, ticketID)
	return ok
}

// Len is how many are remembered.
func (c *Challenges) Len() int { return c.len() }
