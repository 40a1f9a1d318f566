package login

import (
	"context"
	"errors"
	"time"

	"tapstation/device"
)

// tap is what is known of the cards tapped so far.
type tap struct {
	last    int   // State.Taps of the last session
	resets  int   // of that card, by other programs
	problem error // why another tap is needed
	cost    device.Cost
}

// heldRetry is how often a held reader is tried: no service tells when another program lets go of a card.
const heldRetry = 250 * time.Millisecond

// maxResets is how often a card that another program resets is opened again in the same tap.
const maxResets = 3

// open waits for a card that can be talked to and begins a session with it.
func (l *Login) open(ctx context.Context, reader string, t *tap) (device.Card, error) {
	for {
		state, changed := l.Board.State()
		var retry <-chan time.Time
		if r, ok := candidate(state, reader); ok && t.mayOpen(r.Card.Tap) {
			card, err := l.Board.Open(ctx, r.Name)
			switch {
			case err == nil:
				if r.Card.Tap != t.last {
					t.resets = 0
				}
				t.last, t.problem = r.Card.Tap, nil
				return card, nil
			case errors.Is(err, device.ErrReaderHeld):
				retry = time.After(heldRetry)
			case !lost(err):
				return nil, err
			}
		}
		select {
		case <-changed:
		case <-retry:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// mayOpen tells whether a card is to be tried: each tap once, and again after another program reset it.
func (t *tap) mayOpen(number int) bool {
	if number != t.last {
		return true
	}
	if errors.Is(t.problem, device.ErrCardReset) && t.resets < maxResets {
		t.resets++
		return true
	}
	return false
}

// candidate is the card that came first on the named reader, or on any, of those that answer.
func candidate(s device.State, reader string) (device.Reader, bool) {
	var first device.Reader
	for _, r := range s.Readers {
		if r.Card == nil || r.Card.Mute || reader != "" && r.Name != reader {
			continue
		}
		if first.Card == nil || r.Card.Tap < first.Card.Tap {
			first = r
		}
	}
	return first, first.Card != nil
}

// lost tells whether err is mended by another tap, or by waiting.
func lost(err error) bool {
	for _, e := range []error{
		device.ErrRemoved, device.ErrCardReset, device.ErrMute, device.ErrExchange, device.ErrNoCard, device.ErrNoReader,
		device.ErrServiceDown, device.ErrReaderHeld,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
