package pcsc

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ebfe/scard"

	"tapstation/device"
)

// How long Open waits for what blocks inside the PC/SC service.
const (
	// serviceLimit is for the service itself, which the system may have to start first.
	serviceLimit = 5 * time.Second
	// heldLimit is how long another program may keep the reader before Open says so. Programs that look at every new
	// card are done within a second.
	heldLimit = 2 * time.Second
	// powerLimit is how long a card may take to answer to reset, all tries of the driver together.
	powerLimit = 10 * time.Second
	// presenceLimit is how long it can take until the service notices that a card is gone: pcscd asks readers that do
	// not tell by themselves every 400 ms (PCSCLITE_STATUS_POLL_RATE).
	presenceLimit = 600 * time.Millisecond
)

// connect opens a connection within those limits. The calls of PC/SC that open one cannot be cancelled (pcscd holds
// back the answer to SCardConnect while another program is in a transaction, and libpcsclite retries
// SCardBeginTransaction for ever), so they run beside, and are cut off when nobody wants to wait any more.
func (s *Service) connect(ctx context.Context, reader string) (*connection, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c := &connection{reader: reader, lifeline: newLifeline()}
	began, abandoned, finished := make(chan struct{}), make(chan struct{}), make(chan struct{})
	done := make(chan error)
	go func() {
		defer close(finished)
		err := c.open(func() { close(began) })
		select {
		case done <- err:
		case <-abandoned:
			if err == nil {
				_ = c.Close() // nobody is there to hear of it
			}
		}
	}()

	limit, why := time.NewTimer(serviceLimit), fmt.Errorf("%w: it does not answer", device.ErrServiceDown)
	defer limit.Stop()
	for {
		select {
		case err := <-done:
			if errors.Is(err, device.ErrReaderHeld) {
				s.lookAgain()
			}
			if err != nil {
				return nil, fmt.Errorf("open the card on %s: %w", reader, err)
			}
			return c, nil
		case <-began:
			began = nil
			limit.Reset(heldLimit)
			why = device.ErrReaderHeld
			continue
		case <-limit.C:
			if errors.Is(why, device.ErrReaderHeld) && !inUse(reader) {
				// Nobody holds it: it is the card that takes long.
				limit.Reset(powerLimit - heldLimit)
				why = device.ErrMute
				continue
			}
		case <-ctx.Done():
			why = ctx.Err()
		}
		break
	}

	close(abandoned)
	if c.lifeline.cut() {
		<-finished
	}
	return nil, fmt.Errorf("open the card on %s: %w", reader, why)
}

// inUse tells whether any program, this one's finished connections included, has the reader open.
func inUse(reader string) bool {
	state, err := look(reader)
	return err == nil && state&(scard.StateInuse|scard.StateExclusive) != 0
}

// presence is nil while the card is on the reader, and otherwise why not. It waits as long as the service may take to
// notice.
func presence(reader string) error {
	var gone error
	err := ask(presenceLimit+serviceLimit, func(m *resourceManager) error {
		states := []readerState{{name: reader}}
		deadline := time.Now().Add(presenceLimit)
		for {
			err := m.statusChange(states, max(0, time.Until(deadline)))
			switch {
			case errors.Is(err, scard.ErrTimeout):
				return nil
			case err != nil:
				return err
			}
			before := states[0].current
			now := states[0].event
			if now&scard.StatePresent == 0 || before != scard.StateUnaware && counter(before) != counter(now) {
				gone = device.ErrRemoved
				return nil
			}
			states[0].current = now &^ scard.StateChanged
		}
	})
	if err != nil {
		return fromPCSC(err)
	}
	return gone
}

// look is the present state of a reader.
func look(reader string) (scard.StateFlag, error) {
	states := []readerState{{name: reader}}
	err := ask(serviceLimit, func(m *resourceManager) error { return m.statusChange(states, 0) })
	return states[0].event, err
}

// ask has a context of its own for f, and cuts it off after limit.
func ask(limit time.Duration, f func(*resourceManager) error) error {
	m := newResourceManager()
	timer := time.AfterFunc(limit, func() { m.lifeline.cut() })
	defer timer.Stop()
	if err := m.establish(); err != nil {
		return err
	}
	return errors.Join(f(m), m.release())
}
