package enroll

import (
	"context"
	"errors"
	"time"

	"tapstation/device"
)

// heldRetry is how often a reader is tried again that another program holds: the end of its transaction is no
// event PC/SC would report.
const heldRetry = 500 * time.Millisecond

// mostResets is how often one tap goes on after another program reset the card, before a new tap is asked for.
const mostResets = 3

// again tells whether err is mended by another tap of the same card, or by waiting.
func again(err error) bool {
	var wrong *device.PINError
	if errors.As(err, &wrong) {
		return wrong.PowerCycle && !wrong.Blocked
	}
	for _, lost := range []error{
		device.ErrRemoved, device.ErrCardReset, device.ErrMute, device.ErrExchange, device.ErrNoCard, device.ErrNoReader,
		device.ErrServiceDown, device.ErrReaderHeld, ErrOtherCard,
		// A card counts the presence of a tap once, and takes some commands only soon after power-up.
		device.ErrUserTimeout, device.ErrNotAllowed,
	} {
		if errors.Is(err, lost) {
			return true
		}
	}
	return false
}

// tap waits until there is a card that may be the one, and begins a session with it.
func (c *ceremony) tap(ctx context.Context) error {
	var shown StepKind
	for {
		state, changed := c.Board.State()
		wait, reader := c.awaited(state)
		if wait == "" {
			card, err := c.Board.Open(ctx, reader.Name)
			switch {
			case err == nil:
				c.enter(card, reader)
				return nil
			case errors.Is(err, device.ErrReaderHeld):
				wait = WaitFree
			case again(err): // gone since the state was read: the next state says so
				wait = c.waitCard()
			default:
				return err
			}
		}
		if wait != shown && state.Known {
			c.step(wait)
			shown = wait
		}
		var retry <-chan time.Time
		if wait == WaitFree {
			retry = time.After(heldRetry)
		}
		select {
		case <-changed:
		case <-retry:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// awaited is what has to come before a card can be talked to; nothing when the card on reader can be.
func (c *ceremony) awaited(s device.State) (StepKind, device.Reader) {
	c.reader = ""
	_, named := s.Reader(c.req.Reader)
	card, ok := c.candidate(s)
	switch {
	case !s.Service:
		return WaitService, card
	case len(s.Readers) == 0 || c.req.Reader != "" && !named:
		return WaitReader, card
	case !ok:
		return c.waitCard(), card
	}
	c.reader = card.Name
	switch {
	case card.Card.Mute:
		c.problem = device.ErrMute
		return c.waitCard(), card
	case card.Held:
		return WaitFree, card
	}
	return "", card
}

// candidate is the reader whose card came first, of those that may be tried.
func (c *ceremony) candidate(s device.State) (first device.Reader, found bool) {
	for _, r := range s.Readers {
		switch {
		case r.Card == nil, c.req.Reader != "" && r.Name != c.req.Reader:
		case r.Card.Tap <= c.lastTap && c.needsTap():
		case !found || r.Card.Tap < first.Card.Tap:
			first, found = r, true
		}
	}
	return first, found
}

func (c *ceremony) waitCard() StepKind {
	if c.marked || c.problem != nil && !errors.Is(c.problem, device.ErrMute) {
		return WaitAgain
	}
	return WaitCard
}

// needsTap tells whether the card has to leave the field before it is tried again.
func (c *ceremony) needsTap() bool {
	if errors.Is(c.problem, device.ErrCardReset) {
		return c.resets > mostResets
	}
	return c.problem != nil && !errors.Is(c.problem, device.ErrReaderHeld)
}

func (c *ceremony) enter(card device.Card, reader device.Reader) {
	if reader.Card.Tap != c.lastTap {
		c.resets = 0
	}
	c.card, c.reader, c.lastTap, c.problem = card, reader.Name, reader.Card.Tap, nil
	c.started = time.Now()
}

// leave ends the session and counts what it took.
func (c *ceremony) leave() {
	c.cost = c.cost.Add(c.card.Cost())
	_ = c.card.Close() // the card's state is known from its answers; what is lost here is only the handle
	c.spent += time.Since(c.started)
	c.card = nil
}

// ask runs a question to a person, whose time is not the station's.
func (c *ceremony) ask(question func() error) error {
	before := time.Now()
	err := question()
	c.started = c.started.Add(time.Since(before))
	return err
}
