package virtual

import (
	"context"
	"slices"
	"sync"

	"tapstation/device"
)

// Reader is a card reader in software. Its methods are safe for concurrent use.
type Reader struct {
	service *Service
	name    string

	// Guarded by the service's lock.
	card       *Card
	held       bool
	connection *connection
}

// NewReader is a reader that is the only one of its service.
func NewReader(name string) *Reader { return NewService().AddReader(name) }

// Name is what PC/SC would call the reader.
func (r *Reader) Name() string { return r.name }

// Service is what the reader is plugged into.
func (r *Reader) Service() *Service { return r.service }

// Watch and Connect are those of the reader's service.
func (r *Reader) Watch(ctx context.Context, report func(device.Event)) error {
	return r.service.Watch(ctx, report)
}

// Connect connects to the card on the named reader of the service.
func (r *Reader) Connect(ctx context.Context, reader string) (Transmitter, error) {
	return r.service.Connect(ctx, reader)
}

// Insert puts a card on the reader, in place of one that lies there, and returns it, or the card that
// Faults.ReplaceBy puts in its place.
func (r *Reader) Insert(c *Card) *Card {
	c = c.next()
	r.service.mu.Lock()
	defer r.service.mu.Unlock()
	r.takeCard()
	r.card = c
	if !r.service.down {
		c.PowerOn()
	}
	r.service.tell(r.inserted())
	return c
}

// Remove takes the card off the reader. There need be none.
func (r *Reader) Remove() {
	r.service.mu.Lock()
	defer r.service.mu.Unlock()
	r.takeCard()
}

// Card is what lies on the reader; nil: nothing.
func (r *Reader) Card() *Card {
	r.service.mu.Lock()
	defer r.service.mu.Unlock()
	return r.card
}

// Hold takes the reader as another program would (true), or gives it back. A connection that is there stays.
func (r *Reader) Hold(on bool) {
	r.service.mu.Lock()
	defer r.service.mu.Unlock()
	if r.held == on {
		return
	}
	r.held = on
	kind := device.ReaderFree
	if on {
		kind = device.ReaderHeld
	}
	r.service.tell(device.Event{Kind: kind, Reader: r.name})
}

// Disturb resets the card under a connection, as another program can; the connection answers
// device.ErrCardReset from then on.
func (r *Reader) Disturb() {
	r.service.mu.Lock()
	defer r.service.mu.Unlock()
	if r.card == nil {
		return
	}
	r.card.Reset()
	if r.connection != nil {
		r.connection.broken = device.ErrCardReset
		r.breakOff()
	}
}

func (r *Reader) inserted() device.Event {
	return device.Event{Kind: device.CardInserted, Reader: r.name, ATR: r.card.ATR()}
}

// takeCard takes the card off, breaks the connection to it and tells. The caller holds the service's lock.
func (r *Reader) takeCard() {
	if r.card == nil {
		return
	}
	r.breakOff()
	r.card.PowerOff()
	r.card = nil
	r.service.tell(device.Event{Kind: device.CardRemoved, Reader: r.name})
}

// breakOff ends the connection, for the reason it holds. The caller holds the service's lock.
func (r *Reader) breakOff() {
	if r.connection != nil {
		close(r.connection.gone)
		r.connection = nil
	}
}

// connection is a Transmitter to the card on a reader.
type connection struct {
	reader *Reader
	card   *Card
	turn   sync.Mutex // one APDU at a time

	broken error         // what Transmit answers once gone is closed; guarded by the service's lock
	gone   chan struct{} // closed when the card left, was reset, or the connection was closed
}

var _ Transmitter = (*connection)(nil)

func (k *connection) ATR() []byte { return k.card.ATR() }

func (k *connection) Transmit(apdu []byte) ([]byte, error) {
	k.turn.Lock()
	defer k.turn.Unlock()
	if err := k.err(); err != nil {
		return nil, err
	}
	answer, there := k.card.exchange(apdu, k.gone)
	if !there {
		k.remove()
	}
	// A card that was taken away while it worked has lost its answer.
	if err := k.err(); err != nil {
		return nil, err
	}
	return slices.Clone(answer), nil
}

// Interrupt ends a Transmit that hangs, as cutting the line to PC/SC does. The connection is of no use afterwards.
func (k *connection) Interrupt() { _ = k.Close() }

// err is why the connection is gone; nil while it is not.
func (k *connection) err() error {
	select {
	case <-k.gone:
	default:
		return nil
	}
	k.reader.service.mu.Lock()
	defer k.reader.service.mu.Unlock()
	return k.broken
}

// remove takes this connection's card off the reader, unless that has happened already.
func (k *connection) remove() {
	s := k.reader.service
	s.mu.Lock()
	defer s.mu.Unlock()
	if k.reader.connection == k {
		k.reader.takeCard()
	}
}

// Close gives the reader back. The card keeps its power, as it does in a field.
func (k *connection) Close() error {
	s := k.reader.service
	s.mu.Lock()
	defer s.mu.Unlock()
	if k.reader.connection == k {
		k.broken = device.ErrRemoved
		k.reader.breakOff()
	}
	return nil
}
