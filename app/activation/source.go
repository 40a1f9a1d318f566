package activation

import (
	"hash/maphash"
	"net/netip"
	"sync"
	"time"
)

// How many wrong codes a source may try at once, and how soon it may try the next one then.
const (
	wrongAtOnce = 10
	wrongEach   = 6 * time.Second
	// slots bound what is remembered. Two sources may share one; that makes wrong codes of one wait for the other, and
	// right ones for nobody.
	slots = 8192
)

// sources slow down who tries wrong codes: a token bucket each, as the time at which it is full again.
type sources struct {
	mu   sync.Mutex
	seed maphash.Seed
	full []time.Time
}

// wrong counts a wrong code from a source. It fails with *TooManyError where that had too many already.
func (s *sources) wrong(source string, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.full == nil {
		s.seed, s.full = maphash.MakeSeed(), make([]time.Time, slots)
	}
	slot := &s.full[maphash.String(s.seed, network(source))%slots]
	const most = wrongAtOnce * wrongEach
	full := *slot
	if full.Before(now) || full.After(now.Add(most)) { // the latter: the clock was put back
		full = now
	}
	if full.Add(wrongEach).After(now.Add(most)) {
		return &TooManyError{Until: full.Add(wrongEach - most)}
	}
	*slot = full.Add(wrongEach)
	return nil
}

// network is a source as it counts: an IPv6 address by its /64, of which one machine has all.
func network(source string) string {
	if at, err := netip.ParseAddrPort(source); err == nil {
		source = at.Addr().String()
	}
	a, err := netip.ParseAddr(source)
	if err != nil {
		return source
	}
	a = a.Unmap().WithZone("")
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}
