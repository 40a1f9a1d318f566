package pcscdtest

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/ebfe/scard"

	"tapstation/device/virtual"
)

func TestMain(m *testing.M) { os.Exit(Main(m)) }

func newCard(t *testing.T) *virtual.Card {
	t.Helper()
	c, err := virtual.New(virtual.Options{UID: []byte{4, 1, 2, 3, 4, 5, 6}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func establish(t *testing.T) *scard.Context {
	t.Helper()
	ctx, err := scard.EstablishContext()
	if err != nil {
		t.Fatalf("establish a PC/SC context: %v", err)
	}
	t.Cleanup(func() { _ = ctx.Release() })
	return ctx
}

// await waits for the reader's state to have these flags.
func await(t *testing.T, ctx *scard.Context, reader string, flags scard.StateFlag) {
	t.Helper()
	states := []scard.ReaderState{{Reader: reader, CurrentState: scard.StateUnaware}}
	for {
		if err := ctx.GetStatusChange(states, 10*time.Second); err != nil {
			t.Fatalf("wait for state %v of %s: %v", flags, reader, err)
		}
		if states[0].EventState&flags == flags {
			return
		}
		states[0].CurrentState = states[0].EventState
	}
}

func transmit(t *testing.T, ctx *scard.Context, reader string, apdu []byte) []byte {
	t.Helper()
	card, err := ctx.Connect(reader, scard.ShareShared, scard.ProtocolT0|scard.ProtocolT1)
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	defer func() { _ = card.Disconnect(scard.LeaveCard) }()
	answer, err := card.Transmit(apdu)
	if err != nil {
		t.Fatalf("transmit %X: %v", apdu, err)
	}
	return answer
}

var selectFIDO = []byte{0x00, 0xA4, 0x04, 0x00, 8, 0xA0, 0, 0, 6, 0x47, 0x2F, 0, 1, 0}

func TestCardBehindPCSC(t *testing.T) {
	s := Start(t)
	ctx := establish(t)
	readers, err := ctx.ListReaders()
	if err != nil || !slices.Equal(readers, s.ReaderNames()) {
		t.Fatalf("readers %q, %v, want %q", readers, err, s.ReaderNames())
	}
	await(t, ctx, s.ReaderName(), scard.StateEmpty)
	s.Insert(t, newCard(t))
	await(t, ctx, s.ReaderName(), scard.StatePresent)
	if got, want := transmit(t, ctx, s.ReaderName(), selectFIDO), []byte("FIDO_2_0\x90\x00"); !bytes.Equal(got, want) {
		t.Errorf("SELECT answered %q, want %q", got, want)
	}
	uid := []byte{0xFF, 0xCA, 0, 0, 0}
	if got, want := transmit(t, ctx, s.ReaderName(), uid), []byte{4, 1, 2, 3, 4, 5, 6, 0x90, 0}; !bytes.Equal(got, want) {
		t.Errorf("UID %X, want %X", got, want)
	}
	s.Remove()
	await(t, ctx, s.ReaderName(), scard.StateEmpty)
}

func TestEveryExchangeOfCardsIsSeen(t *testing.T) {
	s := Start(t)
	ctx := establish(t)
	one, other := newCard(t), newCard(t)
	states := []scard.ReaderState{{Reader: s.ReaderName(), CurrentState: scard.StateUnaware}}
	look := func() (present bool, changes int) {
		t.Helper()
		if err := ctx.GetStatusChange(states, 10*time.Second); err != nil {
			t.Fatalf("wait for a change: %v", err)
		}
		states[0].CurrentState = states[0].EventState
		// PC/SC counts comings and goings in the upper half of the state.
		return states[0].EventState&scard.StatePresent != 0, int(states[0].EventState >> 16)
	}
	present, changes := look()
	if present {
		t.Fatal("the reader is not empty at the beginning")
	}
	want := changes + 1
	for _, card := range []*virtual.Card{one, other, one} {
		s.Insert(t, card) // in place of the one before
		for present, changes = look(); !present || changes < want; present, changes = look() {
		}
		if changes != want {
			t.Fatalf("%d comings and goings, want %d", changes, want)
		}
		want += 2
	}
}

func TestFaultTakesCardOffTheReader(t *testing.T) {
	s := Start(t)
	ctx := establish(t)
	card := s.Insert(t, newCard(t))
	await(t, ctx, s.ReaderName(), scard.StatePresent)
	h, err := ctx.Connect(s.ReaderName(), scard.ShareExclusive, scard.ProtocolT0|scard.ProtocolT1)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = h.Disconnect(scard.LeaveCard) }()
	card.Faults().RemoveAfter(1)
	// vpcd makes an empty answer of a card that leaves in the middle of an APDU.
	if answer, err := h.Transmit(selectFIDO); err == nil && len(answer) > 0 {
		t.Fatalf("a card that was taken away answered %X", answer)
	}
	await(t, ctx, s.ReaderName(), scard.StateEmpty)
	if s.Slot(0).Card() != nil {
		t.Error("the card is still in the slot")
	}
	s.Insert(t, card)
	await(t, ctx, s.ReaderName(), scard.StatePresent)
}

func TestServiceRestarts(t *testing.T) {
	s := Start(t)
	s.Insert(t, newCard(t))
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if ctx, err := scard.EstablishContext(); err == nil {
		_ = ctx.Release()
		t.Fatal("PC/SC answers although the service has stopped")
	} else if !errors.Is(err, scard.ErrNoService) {
		t.Errorf("context of a stopped service: %v, want %v", err, scard.ErrNoService)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	ctx := establish(t)
	s.Insert(t, newCard(t))
	await(t, ctx, s.ReaderName(), scard.StatePresent)
}
