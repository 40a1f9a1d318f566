package pcsc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"tapstation/device"
	"tapstation/device/iso7816"
)

// Transmitter carries APDUs to one card. The connection Service.Open makes is one, a card in software another.
type Transmitter interface {
	// Transmit sends one command APDU and returns the response APDU, data and status word. It fails with the
	// errors of package device (ErrRemoved, ErrCardReset, …), and with device.ErrExchange where the command or its
	// answer got lost although the card is still there.
	Transmit(apdu []byte) ([]byte, error)
	// ATR is the card's answer to reset.
	ATR() []byte
	// Close lets go of the card. It is called once, never during Transmit.
	Close() error
}

// A Transmitter may know how long a command APDU its reader carries, in bytes.
type lengthLimit interface {
	// LongestAPDU is 0 where the reader does not tell.
	LongestAPDU() int
}

// A Transmitter may be able to end a Transmit that hangs. The connection is of no use afterwards.
type interrupter interface {
	Interrupt()
}

// ErrClosed tells that the session has been closed.
var ErrClosed = errors.New("the card session is closed")

// hangLimit is how long a Transmit may go on after its context has ended or the session was asked to close, before
// the connection is cut. A card that works (it keeps the reader waiting by waiting-time extension) is not disturbed.
const hangLimit = 3 * time.Second

// applicationFIDO is the AID of the FIDO application (CTAP 2.1 §11.3.3).
var applicationFIDO = []byte{0xA0, 0x00, 0x00, 0x06, 0x47, 0x2F, 0x00, 0x01}

// longestUID is what a UID may have at most, in bytes. ISO 14443-3 §6.5.4 has 10, ISO 15693-3 §4.1 has 8; more is some
// other answer.
const longestUID = 16

// storageCard is the RID of the PC/SC Workgroup, which a reader puts into the ATR it makes up for a card that has
// memory and no applications (PC/SC part 3 §3.1.3.2.3.2).
var storageCard = []byte{0xA0, 0x00, 0x00, 0x03, 0x06}

// Session is one card from tap to removal. It never reconnects: once the card was taken away or reset, every
// method says so. Its methods are not safe for concurrent use, but Close and Cost may be called at any time. While
// no method runs, nothing runs.
type Session struct {
	reader string
	card   Transmitter
	clock  clock
	hang   time.Duration // hangLimit
	memory *memory       // what earlier sessions learnt; may be nil

	framing framing
	settled bool // the card has answered in this framing
	refused bool // the card or its reader did not take extended length

	selected  []byte
	selectErr error // why the card is no FIDO card
	tried     bool  // SELECT has been answered
	uid       []byte
	uidAsked  bool

	life context.Context // ends when Close is asked for
	end  context.CancelFunc

	mu     sync.Mutex // held during Transmit
	lost   error      // why the card cannot be reached any more
	closed bool

	costMu sync.Mutex
	cost   device.Cost
}

// NewSession is a session over t, which it closes. Use it for a card in software; Service.Open makes those over
// PC/SC.
func NewSession(reader string, t Transmitter) *Session {
	return newSession(reader, t, nil)
}

func newSession(reader string, t Transmitter, m *memory) *Session {
	s := &Session{reader: reader, card: t, clock: systemClock{}, hang: hangLimit, memory: m}
	s.life, s.end = context.WithCancel(context.Background())
	s.framing = firstFraming(t)
	if f, known := m.recall(reader, t.ATR()); known {
		s.framing = f
	}
	return s
}

// Reader is the name of the reader the card is on.
func (s *Session) Reader() string { return s.reader }

// ATR is the answer to reset as PC/SC reports it.
func (s *Session) ATR() []byte { return bytes.Clone(s.card.ATR()) }

// Cost is what has been exchanged with the card so far. Commands the reader answers itself do not count.
func (s *Session) Cost() device.Cost {
	s.costMu.Lock()
	defer s.costMu.Unlock()
	return s.cost
}

// ExtendedLength tells whether commands go to the card in extended APDUs, which is settled by the first one it answers.
func (s *Session) ExtendedLength() bool { return s.framing.extended }

// UID is the contactless identifier (PC/SC part 3 §3.2.2.1.3), asked from the reader once; nil where there is none.
func (s *Session) UID(ctx context.Context) ([]byte, error) {
	if s.uidAsked {
		return bytes.Clone(s.uid), nil
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	get := iso7816.Command{CLA: 0xFF, INS: 0xCA, Ne: iso7816.MaxShortNe}
	apdu, err := get.Short()
	if err != nil {
		return nil, err
	}
	r, err := s.send(ctx, apdu)
	var malformed *device.MalformedError
	switch {
	case errors.Is(err, device.ErrExchange), errors.As(err, &malformed):
		// The reader does not know the command.
	case err != nil:
		return nil, fmt.Errorf("ask %s for the card's UID: %w", s.reader, err)
	case r.SW == iso7816.OK && len(r.Data) > 0 && len(r.Data) <= longestUID:
		s.uid = bytes.Clone(r.Data)
	}
	s.uidAsked = true
	return bytes.Clone(s.uid), nil
}

// Select selects the FIDO application and returns the version string the card answers. The card is asked once;
// later calls return the same. The answer does not tell whether the card speaks CTAP2: some that do answer
// "U2F_V2". It fails with device.ErrNotFIDO where the card has no such application.
func (s *Session) Select(ctx context.Context) ([]byte, error) {
	if s.tried {
		return bytes.Clone(s.selected), s.selectErr
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c := iso7816.Command{INS: 0xA4, P1: 0x04, Data: applicationFIDO, Ne: iso7816.MaxShortNe}
	r, err := s.command(ctx, c, framing{})
	if err == nil && r.SW == iso7816.WrongLength {
		// There are cards that do not take this Le here. What they would answer is not needed.
		c.Ne = 0
		r, err = s.command(ctx, c, framing{})
	}
	switch {
	case errors.Is(err, device.ErrExchange) && bytes.Contains(s.card.ATR(), storageCard):
		s.selectErr = fmt.Errorf("select the FIDO application: %w: the card has memory and no applications", device.ErrNotFIDO)
	case err != nil:
		return nil, fmt.Errorf("select the FIDO application: %w", err)
	case executionFailed(r.SW):
		s.selectErr = fmt.Errorf("select the FIDO application: %w", statusError(r.SW))
	case r.SW != iso7816.OK:
		s.selectErr = fmt.Errorf("select the FIDO application: %w: %w", device.ErrNotFIDO, statusError(r.SW))
	default:
		s.selected = r.Data
	}
	s.tried = true
	return bytes.Clone(s.selected), s.selectErr
}

// Close lets go of the card and leaves it powered. It waits for an APDU that is under way, a few seconds at most
// where the connection can be cut. Closing again does nothing.
func (s *Session) Close() error {
	s.end()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	if err := s.card.Close(); err != nil {
		return fmt.Errorf("close the session with the card on %s: %w", s.reader, err)
	}
	return nil
}

// send exchanges one APDU.
func (s *Session) send(ctx context.Context, apdu []byte) (iso7816.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed || s.life.Err() != nil:
		return iso7816.Response{}, ErrClosed
	case s.lost != nil:
		return iso7816.Response{}, s.lost
	}
	unguard := s.guard(ctx)
	start := s.clock.Now()
	answer, err := s.card.Transmit(apdu)
	took := s.clock.Now().Sub(start)
	unguard()

	if apdu[0] != 0xFF {
		s.costMu.Lock()
		s.cost = s.cost.Add(device.Cost{APDUs: 1, BytesToCard: len(apdu), BytesFromCard: len(answer), Card: took})
		s.costMu.Unlock()
	}
	if err != nil {
		if !errors.Is(err, device.ErrExchange) {
			s.lost = err
		}
		if ctx.Err() != nil && errors.Is(err, errCut) {
			err = ctx.Err()
		}
		return iso7816.Response{}, err
	}
	r, err := iso7816.ParseResponse(answer)
	if err != nil {
		return r, &device.MalformedError{What: "answer", Err: err}
	}
	return r, nil
}

// guard cuts the connection when a Transmit goes on for long after ctx or the session has ended. The function it
// returns ends the guard.
func (s *Session) guard(ctx context.Context) func() {
	card, can := s.card.(interrupter)
	if !can {
		return func() {}
	}
	var mu sync.Mutex
	var timer *time.Timer
	over := false
	arm := func() {
		mu.Lock()
		defer mu.Unlock()
		if !over && timer == nil {
			timer = time.AfterFunc(s.hang, card.Interrupt)
		}
	}
	stop, stopLife := context.AfterFunc(ctx, arm), context.AfterFunc(s.life, arm)
	return func() {
		stop()
		stopLife()
		mu.Lock()
		defer mu.Unlock()
		over = true
		if timer != nil {
			timer.Stop()
		}
	}
}
