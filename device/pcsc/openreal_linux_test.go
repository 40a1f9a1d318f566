package pcsc

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/ebfe/scard"

	"tapstation/device"
	"tapstation/device/virtual"
	"tapstation/device/virtual/pcscdtest"
)

func TestOpenAndExchange(t *testing.T) {
	p := pcscdtest.Start(t)
	card := insert(t, p, newCard(t))
	s := open(t, &Service{}, p.ReaderName())
	if s.Reader() != p.ReaderName() || !slices.Equal(s.ATR(), card.ATR()) {
		t.Errorf("session with %x on %q, want %x on %q", s.ATR(), s.Reader(), card.ATR(), p.ReaderName())
	}
	if _, err := s.UID(t.Context()); err != nil {
		t.Error(err)
	}
	if answer, err := s.CTAP2(t.Context(), []byte{authGetInfo}); err != nil || len(answer) < 50 || answer[0] != 0 {
		t.Errorf("getInfo answers %x, %v", answer, err)
	}
	if c := s.Cost(); c.APDUs != 2 || c.Card <= 0 || c.BytesFromCard < 50 {
		t.Errorf("cost is %+v, want 2 APDUs", c)
	}
}

func TestShortReaderBehindTheService(t *testing.T) {
	p := pcscdtest.Start(t)
	card := newCard(t)
	card.Faults().ShortOnly(true)
	insert(t, p, card)
	var service Service
	for apdus := range 2 {
		s := open(t, &service, p.ReaderName())
		answer, err := s.CTAP2(t.Context(), append([]byte{0x01}, make([]byte, 400)...))
		if err != nil || answer[0] == 0 {
			t.Errorf("a chained request of zeros is answered by %x, %v, want a CTAP error", answer, err)
		}
		// SELECT, getInfo (refused in extended form the first time only), two links.
		if c := s.Cost(); c.APDUs > 6-apdus {
			t.Errorf("session %d took %d APDUs, want at most %d", apdus+1, c.APDUs, 6-apdus)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestT0CardGetsShortAPDUs: T=0 has no extended length.
func TestT0CardGetsShortAPDUs(t *testing.T) {
	p := pcscdtest.Start(t)
	card, err := virtual.New(virtual.Options{ATR: []byte{0x3B, 0x00}})
	if err != nil {
		t.Fatal(err)
	}
	insert(t, p, card)
	s := open(t, &Service{}, p.ReaderName())
	if answer, err := s.CTAP2(t.Context(), []byte{authGetInfo}); err != nil || answer[0] != 0 {
		t.Errorf("getInfo answers %x, %v", answer, err)
	}
	if s.framing.extended || s.refused {
		t.Errorf("framing is %+v, refused %v, want short APDUs from the first", s.framing, s.refused)
	}
}

func TestOpenTellsWhatIsMissing(t *testing.T) {
	p := pcscdtest.Start(t)
	var s Service
	for _, tt := range []struct {
		name   string
		reader string
		want   error
	}{
		{"no card", p.ReaderName(), device.ErrNoCard},
		{"no reader", "No such reader", device.ErrNoReader},
	} {
		if _, err := s.Open(t.Context(), tt.reader); !errors.Is(err, tt.want) {
			t.Errorf("%s: error %v, want %v", tt.name, err, tt.want)
		}
	}
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Open(t.Context(), p.ReaderName()); !errors.Is(err, device.ErrServiceDown) {
		t.Errorf("service down: error %v, want ErrServiceDown", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Open(ctx, p.ReaderName()); !errors.Is(err, context.Canceled) {
		t.Errorf("ended context: error %v, want context.Canceled", err)
	}
}

func TestRemovalDuringAnAPDU(t *testing.T) {
	p := pcscdtest.Start(t)
	var service Service
	for n := 1; n <= 2; n++ {
		card := newCard(t)
		card.Faults().RemoveBefore(n)
		insert(t, p, card)
		s := open(t, &service, p.ReaderName())
		if _, err := s.CTAP2(t.Context(), []byte{authGetInfo}); !errors.Is(err, device.ErrRemoved) {
			t.Errorf("removed before APDU %d: error %v, want ErrRemoved", n, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if f, known := service.memory.recall(p.ReaderName(), newCard(t).ATR()); known {
		t.Errorf("a card that left taught the framing %+v", f)
	}
}

func TestRemovalBetweenAPDUs(t *testing.T) {
	p := pcscdtest.Start(t)
	insert(t, p, newCard(t))
	s := open(t, &Service{}, p.ReaderName())
	if _, err := s.Select(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.Remove()
	awaitCard(t, p.ReaderName(), false)
	insert(t, p, newCard(t)) // another card does not take its place
	if _, err := s.CTAP2(t.Context(), []byte{authGetInfo}); !errors.Is(err, device.ErrRemoved) {
		t.Errorf("error %v, want ErrRemoved", err)
	}
}

func TestServiceGoesDuringASession(t *testing.T) {
	p := pcscdtest.Start(t)
	insert(t, p, newCard(t))
	s := open(t, &Service{}, p.ReaderName())
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Select(t.Context()); !errors.Is(err, device.ErrServiceDown) {
		t.Errorf("error %v, want ErrServiceDown", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestReaderTakenByAnotherProgram(t *testing.T) {
	p := pcscdtest.Start(t)
	var s Service
	w := watch(t, &s)
	w.expectBeginning(p)
	p.Insert(t, newCard(t))
	w.expect(device.CardInserted, p.ReaderName())

	_, leave := other(t, p.ReaderName(), scard.ShareExclusive)
	if _, err := s.Open(t.Context(), p.ReaderName()); !errors.Is(err, device.ErrReaderHeld) {
		t.Fatalf("error %v, want ErrReaderHeld", err)
	}
	w.expect(device.ReaderHeld, p.ReaderName())
	leave()
	w.expect(device.ReaderFree, p.ReaderName())
	open(t, &s, p.ReaderName())
}

func TestReaderInAnotherProgramsTransaction(t *testing.T) {
	p := pcscdtest.Start(t)
	insert(t, p, newCard(t))
	theirs, leave := other(t, p.ReaderName(), scard.ShareShared)
	if err := theirs.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	var s Service
	before := descriptors(t)

	start := time.Now()
	if _, err := s.Open(t.Context(), p.ReaderName()); !errors.Is(err, device.ErrReaderHeld) {
		t.Fatalf("error %v, want ErrReaderHeld", err)
	}
	if took := time.Since(start); took > heldLimit+time.Second {
		t.Errorf("it took %v to say so, want little more than %v", took, heldLimit)
	}

	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	start = time.Now()
	if _, err := s.Open(ctx, p.ReaderName()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want context.DeadlineExceeded", err)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("it took %v to give up", took)
	}
	if now := descriptors(t); now != before {
		t.Errorf("%d descriptors are open, %d were before", now, before)
	}

	// The other program has not noticed anything.
	if _, err := theirs.Transmit([]byte{0x00, 0xA4, 0x04, 0x00, 0x08, 0xA0, 0, 0, 0x06, 0x47, 0x2F, 0, 0x01, 0}); err != nil {
		t.Errorf("the other program's card: %v", err)
	}
	if err := theirs.EndTransaction(scard.LeaveCard); err != nil {
		t.Errorf("the other program's transaction: %v", err)
	}
	session := open(t, &s, p.ReaderName())
	if _, err := session.CTAP2(t.Context(), []byte{authGetInfo}); err != nil {
		t.Error(err)
	}
	if err := session.Close(); err != nil {
		t.Error(err)
	}
	if _, err := theirs.Status(); err != nil {
		t.Errorf("the other program's card was not left as it was: %v", err)
	}
	leave()
}

func TestOpenWaitsForAShortTransaction(t *testing.T) {
	p := pcscdtest.Start(t)
	insert(t, p, newCard(t))
	theirs, _ := other(t, p.ReaderName(), scard.ShareShared)
	if err := theirs.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(300*time.Millisecond, func() { _ = theirs.EndTransaction(scard.LeaveCard) })
	open(t, &Service{}, p.ReaderName())
}

// TestSessionKeepsOthersOut: while it is open nobody else reaches the card.
func TestSessionKeepsOthersOut(t *testing.T) {
	p := pcscdtest.Start(t)
	insert(t, p, newCard(t))
	var s Service
	first := open(t, &s, p.ReaderName())
	if _, err := s.Open(t.Context(), p.ReaderName()); !errors.Is(err, device.ErrReaderHeld) {
		t.Errorf("error %v, want ErrReaderHeld", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, &s, p.ReaderName())
}

// TestReadersDoNotDisturbEachOther: while one is waited for in vain and cut off, the other works on.
func TestReadersDoNotDisturbEachOther(t *testing.T) {
	p := pcscdtest.Start(t)
	insert(t, p, newCard(t))
	if _, err := p.Slot(1).Insert(t.Context(), newCard(t)); err != nil {
		t.Fatal(err)
	}
	awaitCard(t, p.ReaderNames()[1], true)
	var s Service
	first := open(t, &s, p.ReaderNames()[0])
	second := open(t, &s, p.ReaderNames()[1])

	waiting := make(chan struct{})
	go func() {
		defer close(waiting)
		for range 5 {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			if _, err := s.Open(ctx, p.ReaderNames()[0]); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error %v, want context.DeadlineExceeded", err)
			}
			cancel()
		}
	}()
	for working := true; working; {
		if _, err := second.CTAP2(t.Context(), []byte{authGetInfo}); err != nil {
			t.Fatalf("the other reader: %v", err)
		}
		select {
		case <-waiting:
			working = false
		default:
		}
	}
	if _, err := first.CTAP2(t.Context(), []byte{authGetInfo}); err != nil {
		t.Errorf("the reader that was waited for: %v", err)
	}
}

func TestHangingCardBehindTheService(t *testing.T) {
	p := pcscdtest.Start(t)
	card := newCard(t)
	insert(t, p, card)
	s := open(t, &Service{}, p.ReaderName())
	s.hang = 100 * time.Millisecond
	card.Faults().Delay(time.Minute, 0)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	start := time.Now()
	if _, err := s.Select(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want context.DeadlineExceeded", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("it took %v to give up a card that hangs", took)
	}
	p.Remove()
}

func TestSessionsLeaveNothingBehind(t *testing.T) {
	p := pcscdtest.Start(t)
	insert(t, p, newCard(t))
	var s Service
	leavesNothing(t, 200, func() {
		session, err := s.Open(t.Context(), p.ReaderName())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := session.CTAP2(t.Context(), []byte{authGetInfo}); err != nil {
			t.Fatal(err)
		}
		if err := session.Close(); err != nil {
			t.Fatal(err)
		}
	})
	leavesNothing(t, 50, func() {
		if _, err := s.Open(t.Context(), p.ReaderNames()[1]); !errors.Is(err, device.ErrNoCard) {
			t.Fatalf("error %v, want ErrNoCard", err)
		}
	})
}
