package mail

import (
	"errors"
	"net"
	"sync"
	"time"
)

// maxFlood is how many bytes a server may send before it is asked anything more: handshakes with long chains of
// certificates fit, and answers by far.
const maxFlood = 256 << 10

var errFlood = errors.New("the server sends too much")

// wire is a connection on which no wait is without end: where nobody set a deadline, or a later one, latest holds.
type wire struct {
	net.Conn

	mu     sync.Mutex
	wanted time.Time // as the client set it; zero: none
	latest time.Time // zero: none
	ended  bool
	handed bool // a whole message is with the server, which has not answered yet
	flood  int  // bytes read since the last write
}

// SetDeadline sets a deadline that is not beyond the latest.
func (w *wire) SetDeadline(t time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wanted = t
	return w.apply()
}

// within bounds everything from now on, also what has no deadline by itself; 0 takes the bound away.
func (w *wire) within(d time.Duration) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		return nil
	}
	w.latest = time.Time{}
	if d > 0 {
		w.latest = time.Now().Add(d)
	}
	return w.apply()
}

// hand notes that the server is about to be given a whole message. It may not when all waits were ended.
func (w *wire) hand() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.handed = !w.ended
	return w.handed
}

// answered notes that the server has answered to the whole message.
func (w *wire) answered() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.handed = false
	if w.ended {
		w.latest = time.Now()
		_ = w.apply() // a connection that takes no deadline any more is closed
	}
}

// end ends every wait now; that for the answer to a whole message after grace.
func (w *wire) end(grace time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended, w.latest = true, time.Now()
	if w.handed {
		w.latest = w.latest.Add(grace)
	}
	_ = w.apply() // likewise
}

func (w *wire) apply() error {
	deadline := w.wanted
	if deadline.IsZero() || !w.latest.IsZero() && w.latest.Before(deadline) {
		deadline = w.latest
	}
	return w.Conn.SetDeadline(deadline)
}

func (w *wire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.flood += n; w.flood > maxFlood {
		return 0, errFlood
	}
	return n, err
}

func (w *wire) Write(p []byte) (int, error) {
	w.mu.Lock()
	w.flood = 0
	w.mu.Unlock()
	return w.Conn.Write(p)
}
