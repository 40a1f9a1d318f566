package fido

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/keys-pub/go-libfido2"

	"tapstation/device"
)

// outcome is what a status should become, beside what can be told from it alone.
func outcome(status int) (pin *device.PINError, is error) {
	switch status {
	case 0x01, 0x16, 0x26, 0x2B, 0x2C, 0x3E:
		is = device.ErrUnsupported
	case 0x19:
		is = device.ErrExcluded
	case 0x22, 0x2E:
		is = device.ErrNoCredentials
	case 0x27, 0x30, 0x3B, 0x40:
		is = device.ErrNotAllowed
	case 0x28:
		is = device.ErrKeyFull
	case 0x2F, 0x3A:
		is = device.ErrUserTimeout
	case 0x31:
		pin = &device.PINError{Retries: -1}
	case 0x32:
		pin = &device.PINError{Blocked: true}
	case 0x34:
		pin = &device.PINError{Retries: -1, PowerCycle: true}
	case 0x35:
		is = device.ErrPINNotSet
	case 0x36:
		is = device.ErrPINRequired
	case 0x37:
		is = device.ErrPINPolicy
	}
	return pin, is
}

func checkOutcome(t *testing.T, status int, err error) {
	t.Helper()
	pin, is := outcome(status)
	var gotPIN *device.PINError
	var gotCTAP *device.CTAPError
	switch {
	case pin != nil:
		if !errors.As(err, &gotPIN) || *gotPIN != *pin {
			t.Errorf("status 0x%02X: %v, want %+v", status, err, *pin)
		}
	case is != nil:
		if !errors.Is(err, is) {
			t.Errorf("status 0x%02X: %v, want %v", status, err, is)
		}
	default:
		if !errors.As(err, &gotCTAP) || int(gotCTAP.Code) != status {
			t.Errorf("status 0x%02X: %v, want it told as it is", status, err)
		}
	}
}

// Every status a card can answer, through libfido2 and back.
func TestEveryStatusOfACardIsAnError(t *testing.T) {
	for status := 1; status <= 0xFF; status++ {
		c := NewCard(&scripted{info: capable(t), answer: func([]byte) ([]byte, error) { return []byte{byte(status)}, nil }})
		_, err := c.MakeCredential(t.Context(), someRequest)
		checkOutcome(t, status, err)
		_, err = c.GetAssertion(t.Context(), device.AssertionRequest{ClientDataHash: someHash, RPID: "example.org"})
		checkOutcome(t, status, err)
		checkOutcome(t, status, c.Reset(t.Context()))
		// Here libfido2 flattens what the card answered to the key agreement.
		checkOutcome(t, status, c.ChangePIN(t.Context(), "1234", "12345"))
		checkOutcome(t, status, c.ForcePINChange(t.Context(), "1234"))
		checkOutcome(t, status, c.DeleteCredential(t.Context(), []byte{1}, "1234"))
	}
}

// The same for a key whose answers are not seen, from what go-libfido2 makes of them.
func TestEveryCodeOfTheLibraryIsAnError(t *testing.T) {
	for sentinel, code := range codes {
		op := &operation{ctx: t.Context(), opened: true}
		err := op.explain(fmt.Errorf("failed to open: %w", sentinel))
		switch {
		case code > 0:
			checkOutcome(t, code, err)
		case code == codeTX, code == codeRX:
			if !errors.Is(err, device.ErrRemoved) {
				t.Errorf("%v: %v, want %v", sentinel, err, device.ErrRemoved)
			}
		case code == codeRXNotCBOR, code == codeRXInvalidCBOR:
			var malformed *device.MalformedError
			if !errors.As(err, &malformed) {
				t.Errorf("%v: %v, want a *device.MalformedError", sentinel, err)
			}
		default:
			if !errors.Is(err, sentinel) {
				t.Errorf("%v: %v, want it passed on", sentinel, err)
			}
		}
	}
	for code := 1; code <= 0xFF; code++ {
		if code == codeInvalidCBOR {
			continue // libfido2's own word for an answer it cannot read
		}
		checkOutcome(t, code, (&operation{ctx: t.Context(), opened: true}).explain(libfido2.Error{Code: code}))
	}
	if err := (&operation{ctx: t.Context(), opened: true}).explain(libfido2.ErrNotFIDO2); !errors.Is(err, device.ErrNotFIDO) {
		t.Errorf("%v: %v, want %v", libfido2.ErrNotFIDO2, err, device.ErrNotFIDO)
	}
}

func TestWhatTheSessionSaysComesFirst(t *testing.T) {
	gone := func([]byte) ([]byte, error) { return nil, fmt.Errorf("transmit: %w", device.ErrRemoved) }
	c := NewCard(&scripted{info: capable(t), answer: gone})
	calls := map[string]func() error{
		"SetMinPINLength":  func() error { return c.SetMinPINLength(t.Context(), "1234", 6) },
		"ForcePINChange":   func() error { return c.ForcePINChange(t.Context(), "1234") },
		"ChangePIN":        func() error { return c.ChangePIN(t.Context(), "1234", "12345") },
		"DeleteCredential": func() error { return c.DeleteCredential(t.Context(), []byte{1}, "1234") },
		"Reset":            func() error { return c.Reset(t.Context()) },
		"PINRetries":       func() error { _, err := c.PINRetries(t.Context()); return err },
		"MakeCredential":   func() error { _, err := c.MakeCredential(t.Context(), someRequest); return err },
		"GetAssertion": func() error {
			_, err := c.GetAssertion(t.Context(), device.AssertionRequest{ClientDataHash: someHash, RPID: "example.org"})
			return err
		},
	}
	for name, call := range calls {
		if err := call(); !errors.Is(err, device.ErrRemoved) {
			t.Errorf("%s on a card that is taken away: %v, want %v", name, err, device.ErrRemoved)
		}
	}
}

func TestNotAFIDO2Card(t *testing.T) {
	u2f := append([]byte{0}, encode(t, map[int]any{1: []string{"U2F_V2"}, 3: someAAGUID})...)
	tests := map[string]*scripted{
		"nothing to select":       {selected: fmt.Errorf("select: %w", device.ErrNotFIDO)},
		"getInfo a wrong command": {info: func() ([]byte, error) { return []byte{0x01}, nil }},
		"U2F alone":               {info: func() ([]byte, error) { return u2f, nil }},
	}
	for name, session := range tests {
		t.Run(name, func(t *testing.T) {
			c := NewCard(session)
			if _, err := c.Info(t.Context()); !errors.Is(err, device.ErrNotFIDO) {
				t.Errorf("Info: %v, want %v", err, device.ErrNotFIDO)
			}
			if _, err := c.MakeCredential(t.Context(), someRequest); !errors.Is(err, device.ErrNotFIDO) {
				t.Errorf("MakeCredential: %v, want %v", err, device.ErrNotFIDO)
			}
		})
	}
}

func TestCancelledBeforeItBegins(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := NewCard(&scripted{info: capable(t), answer: func([]byte) ([]byte, error) {
		t.Error("the card was asked")
		return []byte{0}, nil
	}})
	if _, err := c.Info(ctx); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := c.Reset(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Reset: %v, want %v", err, context.Canceled)
	}
}
