package fido_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"tapstation/device"
	"tapstation/device/virtual"
)

func TestWrongPINs(t *testing.T) {
	card := newCard(t, virtual.Options{})
	c := tap(t, card)
	if err := c.SetPIN(t.Context(), "1234"); err != nil {
		t.Fatal(err)
	}
	req := alice
	req.PIN = "0000"
	for left := 7; left > 0; left-- {
		_, err := c.MakeCredential(t.Context(), req)
		var wrong *device.PINError
		if !errors.As(err, &wrong) {
			t.Fatalf("wrong PIN: %v, want a *device.PINError", err)
		}
		if left == 5 || left == 2 { // the third in a row
			if !wrong.PowerCycle {
				t.Errorf("after the third wrong PIN: %+v, want the card to be taken away", wrong)
			}
			retries, err := c.PINRetries(t.Context())
			if err != nil || retries != (device.PINRetries{Left: left, PowerCycle: true}) {
				t.Errorf("attempts left: %+v, %v, want %d after a power cycle", retries, err, left)
			}
			good := req
			good.PIN = "1234"
			if _, err := c.MakeCredential(t.Context(), good); !errors.As(err, &wrong) || !wrong.PowerCycle {
				t.Errorf("the right PIN before the power cycle: %v, want it asked for", err)
			}
			c = tap(t, card)
		} else if *wrong != (device.PINError{Retries: left}) {
			t.Errorf("wrong PIN: %+v, want %d attempts left", *wrong, left)
		}
	}
	var wrong *device.PINError
	if _, err := c.MakeCredential(t.Context(), req); !errors.As(err, &wrong) || !wrong.Blocked {
		t.Errorf("the last wrong PIN: %v, want the PIN blocked", err)
	}
	if retries, err := c.PINRetries(t.Context()); err != nil || retries.Left != 0 {
		t.Errorf("attempts left: %+v, %v, want none", retries, err)
	}
	c = tap(t, card)
	if err := c.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	mustMake(t, c, alice)
}

func TestRefusals(t *testing.T) {
	withPIN := func(t *testing.T, c device.Card) {
		t.Helper()
		if err := c.SetPIN(t.Context(), "1234"); err != nil {
			t.Fatal(err)
		}
	}
	register := func(pin device.PIN) func(*testing.T, device.Card) error {
		return func(t *testing.T, c device.Card) error {
			req := of("dave")
			req.PIN = pin
			_, err := c.MakeCredential(t.Context(), req)
			return err
		}
	}
	tests := map[string]struct {
		card   virtual.Options
		before func(*testing.T, device.Card)
		do     func(*testing.T, device.Card) error
		want   error
	}{
		"no room": {virtual.Options{Capacity: 1}, func(t *testing.T, c device.Card) { mustMake(t, c, alice) },
			register(""), device.ErrKeyFull},
		"a PIN on a card without one": {virtual.Options{}, nil, register("1234"), device.ErrPINNotSet},
		"a PIN on a card that cannot": {virtual.Options{NoPIN: true}, nil, register("1234"), device.ErrUnsupported},
		"set a PIN on a card that cannot": {virtual.Options{NoPIN: true}, nil,
			func(t *testing.T, c device.Card) error { return c.SetPIN(t.Context(), "1234") }, device.ErrUnsupported},
		"attempts of a card that cannot": {virtual.Options{NoPIN: true}, nil,
			func(t *testing.T, c device.Card) error { _, err := c.PINRetries(t.Context()); return err }, device.ErrUnsupported},
		"no PIN where one is set":    {virtual.Options{}, withPIN, register(""), device.ErrPINRequired},
		"no PIN where there is none": {virtual.Options{AlwaysUV: true}, nil, register(""), device.ErrPINRequired},
		"change a PIN that is not set": {virtual.Options{}, nil,
			func(t *testing.T, c device.Card) error { return c.ChangePIN(t.Context(), "1234", "4321") }, device.ErrPINNotSet},
		"a PIN shorter than the card's": {virtual.Options{MinPINLength: 6}, nil,
			func(t *testing.T, c device.Card) error { return c.SetPIN(t.Context(), "12345") }, device.ErrPINPolicy},
		"a lower minimum": {virtual.Options{MinPINLength: 6}, func(t *testing.T, c device.Card) {
			if err := c.SetPIN(t.Context(), "123456"); err != nil {
				t.Fatal(err)
			}
		}, func(t *testing.T, c device.Card) error { return c.SetMinPINLength(t.Context(), "123456", 4) }, device.ErrPINPolicy},
		"no credential at all": {virtual.Options{}, nil,
			func(t *testing.T, c device.Card) error { _, err := c.GetAssertion(t.Context(), prove); return err }, device.ErrNoCredentials},
		"not a FIDO card": {virtual.Options{NotFIDO: true}, nil, register(""), device.ErrNotFIDO},
		"presence used up": {virtual.Options{StrictPresence: true}, func(t *testing.T, c device.Card) { mustMake(t, c, alice) },
			register(""), nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := tap(t, newCard(t, test.card))
			if test.before != nil {
				test.before(t, c)
			}
			err := test.do(t, c)
			if err == nil || test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("%v, want %v", err, test.want)
			}
		})
	}
}

func TestTakenAwayAtEveryAPDU(t *testing.T) {
	for _, pin := range []device.PIN{"", "1234"} {
		for _, o := range []virtual.Options{{}, {ShortOnly: true, Attestation: virtual.CertAttestation}} {
			c, whole := tapField(t, &field{card: newCard(t, o)})
			if err := ceremony(t.Context(), c, pin); err != nil {
				t.Fatal(err)
			}
			if whole.apdus < apdusWithoutPIN {
				t.Fatalf("a ceremony of %d APDUs", whole.apdus)
			}
			for n := 1; n <= whole.apdus; n++ {
				for _, f := range []*field{{before: n}, {after: n}} {
					f.card = newCard(t, o)
					c, _ := tapField(t, f)
					err := ceremony(t.Context(), c, pin)
					if !errors.Is(err, device.ErrRemoved) {
						t.Errorf("taken away at APDU %d (%+v): %v, want %v", n, f, err, device.ErrRemoved)
					}
					if _, err := c.MakeCredential(t.Context(), alice); !errors.Is(err, device.ErrRemoved) {
						t.Errorf("and then: %v, want %v", err, device.ErrRemoved)
					}
				}
			}
		}
	}
}

func TestCancelledWhileTheCardWorks(t *testing.T) {
	card := newCard(t, virtual.Options{KeepAlive: 1000})
	ctx, cancel := context.WithCancel(t.Context())
	polls := 0
	c, f := tapField(t, &field{card: card, seen: func(apdu []byte) {
		if slices.Equal(apdu[:2], []byte{0x80, 0x11}) {
			if polls++; polls == 3 {
				cancel()
			}
		}
	}})
	if _, err := c.Info(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("a card that works on: %v, want %v", err, context.Canceled)
	}
	if f.apdus > 8 {
		t.Errorf("%d APDUs, want it to stop when it is told", f.apdus)
	}
	if err := c.Reset(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("after its context has ended: %v, want %v", err, context.Canceled)
	}
}
