// Package pcsc finds readers and cards through PC/SC and talks to one card at a time: Service watches and opens,
// Session carries CTAP commands (CTAP 2.1 §11.3) in APDUs.
//
// A Session lives from tap to removal in one connection and one PC/SC transaction, so that the rules a card keeps
// per power-up, on presence and on PIN attempts, hold for the whole of it. Everything waits for events: while
// nothing happens, nothing runs.
package pcsc

import (
	"context"
	"sync"

	"tapstation/device"
)

// Service is the PC/SC service of this machine. Its zero value works; it holds nothing open by itself.
type Service struct {
	memory memory

	mu      sync.Mutex
	watches []chan struct{} // of running watches
}

// Watch reports what is there and every change until ctx ends, as device.Source says.
func (s *Service) Watch(ctx context.Context, report func(device.Event)) error {
	return s.watch(ctx, report)
}

// Open begins a session with the card on the named reader: it connects, shared and with T=0 or T=1, and begins a
// PC/SC transaction, so that other programs wait until the session is closed. It does not yet talk to the card.
//
// It fails with device.ErrReaderHeld while another program keeps the reader to itself, after waiting for a moment,
// and with device.ErrServiceDown, ErrNoReader, ErrNoCard and ErrMute.
func (s *Service) Open(ctx context.Context, reader string) (*Session, error) {
	c, err := s.connect(ctx, reader)
	if err != nil {
		return nil, err
	}
	return newSession(reader, c, &s.memory), nil
}
