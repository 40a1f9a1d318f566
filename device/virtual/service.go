package virtual

import (
	"context"
	"slices"
	"sync"

	"tapstation/device"
)

// Service stands in for the PC/SC service of a machine: readers come and go, cards are put on them and taken off, and
// whoever watches is told. A new service runs.
type Service struct {
	mu       sync.Mutex
	down     bool
	readers  []*Reader
	watchers map[*watcher]struct{}
}

// Transmitter is a connection to a card, as device/pcsc needs it.
type Transmitter interface {
	// Transmit sends a command APDU and returns the response APDU. It fails with device.ErrRemoved once the card
	// was taken off the reader.
	Transmit(apdu []byte) ([]byte, error)
	ATR() []byte
	Close() error
}

// watcher is somebody to tell, and what he has not yet been told.
type watcher struct {
	queue []device.Event
	wake  chan struct{} // holds one
}

// NewService is a service with readers of these names.
func NewService(readers ...string) *Service {
	s := &Service{watchers: map[*watcher]struct{}{}}
	for _, name := range readers {
		s.AddReader(name)
	}
	return s
}

// AddReader plugs in a reader. One with this name that is there already is returned instead.
func (s *Service) AddReader(name string) *Reader {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.reader(name); r != nil {
		return r
	}
	r := &Reader{service: s, name: name}
	s.readers = append(s.readers, r)
	s.tell(device.Event{Kind: device.ReaderAdded, Reader: name})
	return r
}

// RemoveReader unplugs a reader; a card on it loses its power. Unplugging what is not there does nothing.
func (s *Service) RemoveReader(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.reader(name)
	if r == nil {
		return
	}
	r.takeCard()
	r.breakOff()
	s.readers = slices.DeleteFunc(s.readers, func(o *Reader) bool { return o == r })
	s.tell(device.Event{Kind: device.ReaderRemoved, Reader: name})
}

// Stop ends the service: connections break, watchers see it go down. Cards stay where they lie.
func (s *Service) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return
	}
	for _, r := range s.readers {
		if r.connection != nil {
			r.connection.broken = device.ErrServiceDown
		}
		r.breakOff()
		if r.card != nil {
			r.card.PowerOff()
		}
	}
	s.tell(device.Event{Kind: device.ServiceDown})
	s.down = true
}

// Start makes a stopped service run again.
func (s *Service) Start() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.down {
		return
	}
	s.down = false
	for _, r := range s.readers {
		if r.card != nil {
			r.card.PowerOn()
		}
	}
	s.tell(s.present()...)
}

// Watch reports what is there and every change, as device.Source promises it.
func (s *Service) Watch(ctx context.Context, report func(device.Event)) error {
	w := &watcher{wake: make(chan struct{}, 1)}
	s.mu.Lock()
	w.queue = s.present()
	s.watchers[w] = struct{}{}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.watchers, w)
	}()
	for {
		s.mu.Lock()
		events := w.queue
		w.queue = nil
		s.mu.Unlock()
		for _, e := range events {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			report(e)
		}
		if len(events) > 0 {
			continue
		}
		select {
		case <-w.wake:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Connect connects to the card on the named reader and keeps others out until the connection is closed. It fails
// as device.Source's Open does.
func (s *Service) Connect(ctx context.Context, reader string) (Transmitter, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.reader(reader)
	switch {
	case s.down:
		return nil, device.ErrServiceDown
	case r == nil:
		return nil, device.ErrNoReader
	case r.held || r.connection != nil:
		return nil, device.ErrReaderHeld
	case r.card == nil:
		return nil, device.ErrNoCard
	}
	r.connection = &connection{reader: r, card: r.card, broken: device.ErrRemoved, gone: make(chan struct{})}
	return r.connection, nil
}

// present is all there is, as events. The caller holds the lock, as it does for everything unexported here.
func (s *Service) present() []device.Event {
	if s.down {
		return []device.Event{{Kind: device.ServiceDown}}
	}
	events := []device.Event{{Kind: device.ServiceUp}}
	for _, r := range s.readers {
		events = append(events, device.Event{Kind: device.ReaderAdded, Reader: r.name})
		if r.held {
			events = append(events, device.Event{Kind: device.ReaderHeld, Reader: r.name})
		}
		if r.card != nil {
			events = append(events, r.inserted())
		}
	}
	return append(events, device.Event{Kind: device.AllReported})
}

func (s *Service) tell(events ...device.Event) {
	if s.down {
		return
	}
	for w := range s.watchers {
		w.queue = append(w.queue, events...)
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
}

func (s *Service) reader(name string) *Reader {
	i := slices.IndexFunc(s.readers, func(r *Reader) bool { return r.name == name })
	if i < 0 {
		return nil
	}
	return s.readers[i]
}
