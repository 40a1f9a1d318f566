package portal

import (
	"sync"
	"time"

	"tapstation/app/directory"
	"tapstation/app/rp"
)

const (
	// maxChallenges bounds the registrations under way, some 2 KiB each.
	maxChallenges = 4096
	// maxPerTicket bounds those of one ticket: as many tabs as a person may have open.
	maxPerTicket = 4
	// challengeLife is how long a browser may take to answer. It gives up a little earlier (browserTime), and says so.
	challengeLife = 6 * time.Minute
	browserTime   = 5 * time.Minute
)

// challenges are the registrations under way in browsers. Each is answered once. They are lost with the process: the person
// presses the button again.
type challenges struct {
	mu    sync.Mutex
	open  map[string]challenge
	order []string // of their beginning, what is taken included until it comes to the front
}

// challenge is one registration under way.
type challenge struct {
	ticketID     string
	verification directory.Verification
	creation     rp.Creation
	ends         time.Time
}

// put keeps a registration under its challenge. When there is no room the oldest gives way: of its own ticket where that has
// its share.
func (c *challenges) put(now time.Time, name string, begun challenge) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open == nil {
		c.open = map[string]challenge{}
	}
	var (
		kept  []string
		same  int
		first = ""
	)
	for _, n := range c.order {
		old, ok := c.open[n]
		switch {
		case !ok:
			continue
		case !now.Before(old.ends):
			delete(c.open, n)
			continue
		case old.ticketID == begun.ticketID:
			if same++; same == 1 {
				first = n
			}
		}
		kept = append(kept, n)
	}
	switch {
	case same >= maxPerTicket:
		delete(c.open, first)
	case len(kept) >= maxChallenges:
		delete(c.open, kept[0])
	}
	c.open[name] = begun
	c.order = append(kept, name)
}

// take is the registration of a challenge, which is then gone.
func (c *challenges) take(now time.Time, name, ticketID string) (challenge, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	begun, ok := c.open[name]
	if !ok || begun.ticketID != ticketID {
		return challenge{}, false
	}
	delete(c.open, name)
	return begun, now.Before(begun.ends)
}

// len is how many are under way.
func (c *challenges) len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.open)
}
