package fido_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"tapstation/device"
	"tapstation/device/fido"
	"tapstation/device/pcsc"
	"tapstation/device/virtual"
	"tapstation/device/virtual/pcscdtest"
)

func TestMain(m *testing.M) { os.Exit(pcscdtest.Main(m)) }

// lay puts a card on the first reader of a real PC/SC service and opens it.
func lay(t *testing.T, service *pcscdtest.Service, o virtual.Options) device.Card {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	var readers pcsc.Service
	board := device.NewBoard(fido.Cards(readers.Watch, readers.Open))
	done := make(chan error, 1)
	go func() { done <- board.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("watch: %v, want %v", err, context.Canceled)
		}
	}()
	service.Insert(t, newCard(t, o))
	reader := service.ReaderName()
	if _, err := board.Wait(ctx, func(s device.State) bool { _, ok := s.Card(reader); return ok }); err != nil {
		t.Fatalf("the card does not come: %v", err)
	}
	c, err := board.Open(ctx, reader)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestCeremonyOverPCSC(t *testing.T) {
	service := pcscdtest.Start(t)
	for name, test := range map[string]struct {
		o     virtual.Options
		pin   device.PIN
		apdus int // 0: whatever it takes in short ones
	}{
		"no PIN":            {virtual.Options{Attestation: virtual.LongAttestation}, "", apdusWithoutPIN},
		"new PIN":           {virtual.Options{}, "1234", apdusWithNewPIN},
		"short, chained":    {virtual.Options{ShortOnly: true, Attestation: virtual.LongAttestation}, "1234", 0},
		"PIN protocol 1":    {virtual.Options{PINProtocols: []int{1}, Version: virtual.FIDO20}, "1234", apdusWithNewPIN},
		"answers in pieces": {virtual.Options{ChainAnswers: true}, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			c := lay(t, service, test.o)
			if err := ceremony(t.Context(), c, test.pin); err != nil {
				t.Fatal(err)
			}
			if cost := c.Cost(); test.apdus != 0 && cost.APDUs != test.apdus {
				t.Errorf("%d APDUs, want %d", cost.APDUs, test.apdus)
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
			if err := service.Empty(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestRemovedOverPCSC(t *testing.T) {
	service := pcscdtest.Start(t)
	c := lay(t, service, virtual.Options{})
	if _, err := c.Info(t.Context()); err != nil {
		t.Fatal(err)
	}
	service.Remove()
	if _, err := c.MakeCredential(t.Context(), alice); !errors.Is(err, device.ErrRemoved) {
		t.Errorf("register on a card that is taken away: %v, want %v", err, device.ErrRemoved)
	}
}
