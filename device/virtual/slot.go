package virtual

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"
)

// Slot is one slot of a vpcd reader behind a real PC/SC service: cards are put into it and taken out. The zero value
// with an Addr works. Its methods are safe for concurrent use.
//
// The PC/SC service looks at vpcd every 0.4 seconds only. So that it never misses that a card was out, a slot does not
// take the next card before the service has looked and found nothing.
type Slot struct {
	Addr string // host and port that vpcd listens on

	mu   sync.Mutex
	stay *stay
}

// stay is a card in the slot, and then the time until the service knows that it left.
type stay struct {
	card    *Card
	conn    net.Conn
	removed chan struct{} // closed to take the card out
	met     chan struct{} // closed when the service has said its first word to the card
	once    sync.Once
	out     chan struct{} // closed when the card answers no more
	cancel  context.CancelFunc
	noticed chan struct{} // closed when the service has seen the slot empty, or there is no service
}

// Insert puts a card into the slot, in place of one that is in it, and returns it, or the card that
// Faults.ReplaceBy puts in its place. It waits until the service has noticed that the slot was empty before and has
// come upon the card. It fails, and leaves the slot empty, when there is no vpcd to connect to and when ctx ends.
func (s *Slot) Insert(ctx context.Context, card *Card) (*Card, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.vacate(ctx); err != nil {
		return nil, fmt.Errorf("put a card into the vpcd slot: %w", err)
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", s.Addr)
	if err != nil {
		return nil, fmt.Errorf("put a card into the vpcd slot: %w", err)
	}
	background, cancel := context.WithCancel(context.Background())
	s.stay = &stay{
		card: card.next(), conn: conn, cancel: cancel,
		removed: make(chan struct{}), met: make(chan struct{}), out: make(chan struct{}), noticed: make(chan struct{}),
	}
	go s.stay.run(background, s.Addr)
	select {
	case <-s.stay.met:
		return s.stay.card, nil
	case <-s.stay.out:
		err = errors.New("vpcd hung up on it")
	case <-ctx.Done():
		err = ctx.Err()
	}
	s.close()
	return nil, fmt.Errorf("put a card into the vpcd slot: %w", err)
}

// Remove takes the card out; when it returns, the card answers no more. There need be none.
func (s *Slot) Remove() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stay != nil {
		s.stay.remove()
	}
}

// Vacate takes the card out and waits until the service tells everybody that the slot is empty, or runs no more.
func (s *Slot) Vacate(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stay == nil {
		return nil
	}
	if err := s.vacate(ctx); err != nil {
		return err
	}
	// When the service looks again, it is done with what it saw the last time.
	awaitLooks(ctx, s.Addr, nil, 1)
	return ctx.Err()
}

// vacate waits until the service has noticed, but perhaps not yet told.
func (s *Slot) vacate(ctx context.Context) error {
	if s.stay == nil {
		return nil
	}
	s.stay.remove()
	select {
	case <-s.stay.noticed:
		s.stay = nil
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Card is what is in the slot; nil: nothing, or a card that a fault took away.
func (s *Slot) Card() *Card {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stay == nil {
		return nil
	}
	select {
	case <-s.stay.out:
		return nil
	default:
		return s.stay.card
	}
}

// Removed is closed when the card that is in the slot now has left it, by Remove or by a fault.
func (s *Slot) Removed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stay == nil {
		closed := make(chan struct{})
		close(closed)
		return closed
	}
	return s.stay.out
}

// Close takes the card out and leaves nothing running, noticed or not. The slot can be used again.
func (s *Slot) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.close()
}

func (s *Slot) close() {
	if s.stay == nil {
		return
	}
	s.stay.remove()
	s.stay.cancel()
	<-s.stay.noticed
	s.stay = nil
}

// remove ends the card's part and waits for its end.
func (y *stay) remove() {
	y.once.Do(func() {
		close(y.removed)
		_ = y.conn.SetReadDeadline(pastDeadline) // wakes play; the connection is still wanted
	})
	<-y.out
}

// run plays the card, then sees to it that the service notices its absence.
func (y *stay) run(ctx context.Context, addr string) {
	defer close(y.noticed)
	defer y.cancel()
	stop := context.AfterFunc(ctx, func() { y.conn.Close() })
	defer stop()
	err := play(y.conn, y.card, y.met, y.removed) // however it ends, the card is out
	y.card.PowerOff()
	close(y.out)

	between := errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, errCutShort)
	if between && y.conn.SetReadDeadline(time.Time{}) == nil {
		// Taken out between two messages: the connection is still good for the service's next look.
		awaitLooks(ctx, addr, y.conn, looksInVain)
		return
	}
	y.conn.Close() // a fault in the middle of an APDU, or vpcd hung up
	awaitLooks(ctx, addr, nil, looksInVain)
}

// looksInVain is how often pcscd must look for a card in vain before it believes that it is gone: it looks once more,
// at once, before it says so.
const looksInVain = 2

// awaitLooks lets the service look for a card in vain that many times, beginning on conn where that is not nil. It
// ends early with ctx and when nobody listens any more.
func awaitLooks(ctx context.Context, addr string, conn net.Conn, looks int) {
	for {
		if conn != nil && look(ctx, conn) {
			looks--
		}
		if looks == 0 || ctx.Err() != nil {
			break
		}
		// The next connection waits before this one goes, so that a second look meets it at once.
		next, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		if conn != nil {
			conn.Close()
		}
		if err != nil {
			return
		}
		conn = next
	}
	if conn != nil {
		conn.Close()
	}
}

// look waits until vpcd looks for the card on conn, and tells whether it did: its first message is then the question
// for the ATR.
func look(ctx context.Context, conn net.Conn) bool {
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	acknowledgeAtOnce(conn)
	message, err := readMessage(conn)
	return err == nil && len(message) == 1 && message[0] == vpcdATR
}
