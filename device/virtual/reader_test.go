package virtual

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"tapstation/device"
	"tapstation/device/iso7816"
)

func newCard(t testing.TB, o Options) *Card {
	t.Helper()
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// watch runs a watch for the length of the test and returns its board.
func watch(t *testing.T, s *Service) *device.Board {
	t.Helper()
	board := device.NewBoard(source{s})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- board.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("watch ended with %v, want %v", err, context.Canceled)
		}
	})
	return board
}

// source makes a service a device.Source that opens nothing.
type source struct{ *Service }

func (source) Open(context.Context, string) (device.Card, error) { return nil, device.ErrUnsupported }

func await(t *testing.T, board *device.Board, what string, ok func(device.State) bool) device.State {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	s, err := board.Wait(ctx, ok)
	if err != nil {
		t.Fatalf("%s: not seen, but %+v", what, s)
	}
	return s
}

func TestComingsAndGoingsAreTold(t *testing.T) {
	s := NewService("desk")
	board := watch(t, s)
	await(t, board, "all that is there", func(s device.State) bool { return s.Known && len(s.Readers) == 1 })
	card := newCard(t, Options{})
	desk := s.AddReader("desk")
	desk.Insert(card)
	state := await(t, board, "a card", func(s device.State) bool { r, ok := s.Card(""); return ok && r.Name == "desk" })
	if r, _ := state.Card("desk"); !bytes.Equal(r.Card.ATR, contactlessATR) {
		t.Errorf("ATR %X, want %X", r.Card.ATR, contactlessATR)
	}
	desk.Insert(card)
	await(t, board, "a second tap", func(s device.State) bool { return s.Taps == 2 })
	desk.Remove()
	await(t, board, "an empty reader", func(s device.State) bool { _, ok := s.Card(""); return !ok })
	desk.Hold(true)
	await(t, board, "a held reader", func(s device.State) bool { return s.Readers[0].Held })
	desk.Hold(false)
	s.AddReader("lobby")
	await(t, board, "a second reader", func(s device.State) bool { return len(s.Readers) == 2 && !s.Readers[0].Held })
	desk.Insert(card)
	s.Stop()
	await(t, board, "a stopped service", func(s device.State) bool { return !s.Service && s.Known && len(s.Readers) == 0 })
	s.Start()
	await(t, board, "all again", func(s device.State) bool {
		_, ok := s.Card("desk")
		return s.Service && s.Known && len(s.Readers) == 2 && ok
	})
	s.RemoveReader("desk")
	await(t, board, "the desk's reader gone", func(s device.State) bool { return len(s.Readers) == 1 && s.Readers[0].Name == "lobby" })
}

func TestConnect(t *testing.T) {
	r := NewReader("desk")
	ctx := context.Background()
	try := func(want error) {
		t.Helper()
		if _, err := r.Connect(ctx, "desk"); !errors.Is(err, want) {
			t.Errorf("connect: %v, want %v", err, want)
		}
	}
	try(device.ErrNoCard)
	if _, err := r.Connect(ctx, "lobby"); !errors.Is(err, device.ErrNoReader) {
		t.Errorf("connect to no reader: %v, want %v", err, device.ErrNoReader)
	}
	r.Insert(newCard(t, Options{}))
	r.Hold(true)
	try(device.ErrReaderHeld)
	r.Hold(false)
	k, err := r.Connect(ctx, "desk")
	if err != nil {
		t.Fatal(err)
	}
	try(device.ErrReaderHeld)
	if err := k.Close(); err != nil {
		t.Error(err)
	}
	if _, err := k.Transmit(selectFIDO); !errors.Is(err, device.ErrRemoved) {
		t.Errorf("transmit on a closed connection: %v, want %v", err, device.ErrRemoved)
	}
	for want, act := range map[error]func(){
		device.ErrRemoved:     r.Remove,
		device.ErrCardReset:   r.Disturb,
		device.ErrServiceDown: r.Service().Stop,
	} {
		r.Service().Start()
		r.Insert(newCard(t, Options{}))
		k, err := r.Connect(ctx, "desk")
		if err != nil {
			t.Fatal(err)
		}
		if answer, err := k.Transmit(selectFIDO); err != nil || len(answer) != 10 {
			t.Fatalf("select: %X, %v", answer, err)
		}
		act()
		if _, err := k.Transmit(selectFIDO); !errors.Is(err, want) {
			t.Errorf("transmit: %v, want %v", err, want)
		}
	}
	r.Service().Stop()
	try(device.ErrServiceDown)
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := r.Connect(cancelled, "desk"); !errors.Is(err, context.Canceled) {
		t.Errorf("connect with an ended context: %v", err)
	}
}

var selectFIDO = []byte{0x00, 0xA4, 0x04, 0x00, 8, 0xA0, 0, 0, 6, 0x47, 0x2F, 0, 1, 0}

// tap puts a card on a reader of its own and connects.
func tap(t *testing.T, c *Card) (*Reader, Transmitter) {
	t.Helper()
	r := NewReader("desk")
	r.Insert(c)
	k, err := r.Connect(context.Background(), "desk")
	if err != nil {
		t.Fatal(err)
	}
	return r, k
}

func TestRemovalFaults(t *testing.T) {
	make := append([]byte{cmdMakeCredential}, encode((&platform{TB: t}).creationOf(rp, "alice", nil))...)
	register, err := iso7816.Command{CLA: 0x80, INS: 0x10, Data: make, Ne: 65536}.Extended()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		ask  func(*Faults)
		left int // credentials on the card afterwards
	}{
		{"before", func(f *Faults) { f.RemoveBefore(2) }, 0},
		{"after", func(f *Faults) { f.RemoveAfter(2) }, 1},
	} {
		c := newCard(t, Options{})
		r, k := tap(t, c)
		board := watch(t, r.Service())
		await(t, board, "the card", func(s device.State) bool { _, ok := s.Card(""); return ok })
		tt.ask(c.Faults())
		if _, err := k.Transmit([]byte{0xFF, 0xCA, 0, 0, 0}); err != nil { // does not count
			t.Errorf("%s: UID: %v", tt.name, err)
		}
		if _, err := k.Transmit(selectFIDO); err != nil {
			t.Errorf("%s: select: %v", tt.name, err)
		}
		if answer, err := k.Transmit(register); !errors.Is(err, device.ErrRemoved) {
			t.Errorf("%s: register: %X, %v, want %v", tt.name, answer, err, device.ErrRemoved)
		}
		if n := c.Credentials(); n != tt.left {
			t.Errorf("%s: %d credentials on the card, want %d", tt.name, n, tt.left)
		}
		await(t, board, "the card gone", func(s device.State) bool { _, ok := s.Card(""); return !ok })
		if r.Card() != nil {
			t.Errorf("%s: the card still lies on the reader", tt.name)
		}
		r.Insert(c)
		k, err := r.Connect(context.Background(), "desk")
		if err != nil {
			t.Fatal(err)
		}
		for range 3 { // the fault is over
			if _, err := k.Transmit(selectFIDO); err != nil {
				t.Errorf("%s: the card again: %v", tt.name, err)
			}
		}
	}
}

func TestStatusWordFaults(t *testing.T) {
	c := newCard(t, Options{})
	_, k := tap(t, c)
	f := c.Faults()
	sw := func(apdu ...byte) iso7816.SW {
		t.Helper()
		answer, err := k.Transmit(apdu)
		if err != nil {
			t.Fatal(err)
		}
		r, err := iso7816.ParseResponse(answer)
		if err != nil {
			t.Fatal(err)
		}
		return r.SW
	}
	f.Answer(2, 0x6F01)
	if got := []iso7816.SW{sw(selectFIDO...), sw(selectFIDO...), sw(selectFIDO...)}; !slices.Equal(got, []iso7816.SW{0x9000, 0x6F01, 0x9000}) {
		t.Errorf("answered %X, want the second one 6F01", got)
	}
	f.AnswerINS(insSelect, 0x6999)
	if got := sw(selectFIDO...); got != 0x6999 {
		t.Errorf("answered %X, want 6999", got)
	}
	f.Clear()
	f.ShortOnly(true)
	if got := sw(0x80, 0x10, 0, 0, 0, 0, 1, 4, 0, 0); got != iso7816.WrongLength {
		t.Errorf("extended length answered %X, want 6700", got)
	}
	if got := sw(selectFIDO...); got != iso7816.OK {
		t.Errorf("short length answered %X, want 9000", got)
	}
	if n := f.APDUs(); n != 6 {
		t.Errorf("%d APDUs counted, want 6", n)
	}
}

func TestDelayEndsWithRemoval(t *testing.T) {
	c := newCard(t, Options{})
	r, k := tap(t, c)
	c.Faults().Delay(time.Hour, time.Hour)
	done := make(chan error, 1)
	go func() {
		_, err := k.Transmit(selectFIDO)
		done <- err
	}()
	r.Remove()
	if err := <-done; !errors.Is(err, device.ErrRemoved) {
		t.Errorf("transmit: %v, want %v", err, device.ErrRemoved)
	}
}

func TestDelay(t *testing.T) {
	c := newCard(t, Options{})
	_, k := tap(t, c)
	c.Faults().Delay(5*time.Millisecond, time.Millisecond)
	start := time.Now()
	if _, err := k.Transmit(selectFIDO); err != nil { // 14 bytes, and 10 back
		t.Fatal(err)
	}
	if took := time.Since(start); took < 29*time.Millisecond {
		t.Errorf("took %v, want 29ms", took)
	}
}

func TestAnotherCardInItsPlace(t *testing.T) {
	one, other := newCard(t, Options{}), newCard(t, Options{})
	r := NewReader("desk")
	one.Faults().ReplaceBy(other)
	if got := r.Insert(one); got != other || r.Card() != other {
		t.Error("the card itself is on the reader, want the other")
	}
	if got := r.Insert(one); got != one {
		t.Error("the other card is on the reader again")
	}
}

func TestFaultsWhileTheCardRuns(t *testing.T) {
	c := newCard(t, Options{})
	r := NewReader("desk")
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 200 {
			f := c.Faults()
			f.RemoveBefore(i % 3)
			f.RemoveAfter(i % 5)
			f.Answer(1, 0x6F00)
			f.AnswerINS(insSelect, 0x6F00)
			f.ShortOnly(i%2 == 0)
			f.Delay(0, 0)
			f.Clear()
			r.Disturb()
			r.Remove()
		}
	}()
	for range 200 {
		r.Insert(c)
		k, err := r.Connect(context.Background(), "desk")
		if errors.Is(err, device.ErrNoCard) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for err == nil {
			var answer []byte
			if answer, err = k.Transmit(selectFIDO); err == nil && len(answer) < 2 {
				t.Fatalf("answered %X", answer)
			}
			if c.Faults().APDUs()%7 == 0 {
				break
			}
		}
		if err := k.Close(); err != nil {
			t.Fatal(err)
		}
	}
	<-done
}
