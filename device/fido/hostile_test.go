package fido

import (
	"errors"
	"testing"

	"tapstation/device"
)

func TestHostileAnswersAreMalformed(t *testing.T) {
	huge := encode(t, map[int]any{1: map[string]any{"id": []byte{1}, "type": "public-key"}, 2: make([]byte, 37),
		3: []byte{1}, 5: uint64(1) << 40})
	tests := map[string][]byte{
		"no status":              {},
		"status alone":           {0},
		"not CBOR":               {0, 0xFF},
		"not a map":              {0, 0x80},
		"empty map":              {0, 0xA0},
		"a promise of 2^60":      {0, 0xBB, 0x10, 0, 0, 0, 0, 0, 0, 0},
		"an array of 2^60":       {0, 0xA1, 0x01, 0x9B, 0x10, 0, 0, 0, 0, 0, 0, 0},
		"a string of 4 GiB":      {0, 0xA1, 0x01, 0x5A, 0xFF, 0xFF, 0xFF, 0xFF},
		"10^12 more assertions":  append([]byte{0}, huge...),
		"endless":                {0, 0xBF, 0x01, 0x01, 0xFF},
		"longer than libfido2's": append([]byte{0}, encode(t, map[int]any{2: make([]byte, 5000)})...),
	}
	for name, answer := range tests {
		t.Run(name, func(t *testing.T) {
			c := NewCard(&scripted{info: capable(t), answer: func([]byte) ([]byte, error) { return answer, nil }})
			var malformed *device.MalformedError
			_, err := c.GetAssertion(t.Context(), device.AssertionRequest{ClientDataHash: someHash, RPID: "example.org"})
			if !errors.As(err, &malformed) {
				t.Errorf("GetAssertion: %v, want a *device.MalformedError", err)
			}
			if _, err = c.MakeCredential(t.Context(), someRequest); !errors.As(err, &malformed) {
				t.Errorf("MakeCredential: %v, want a *device.MalformedError", err)
			}
		})
	}
}

// FuzzCardAnswers lets a card answer anything to anything: the answers go through libfido2, which is C.
func FuzzCardAnswers(f *testing.F) {
	info, _ := capable(f)()
	made := append([]byte{0}, encode(f, map[int]any{1: "none", 2: authDataWith(f, []byte{9}), 3: map[string]any{}})...)
	asserted := append([]byte{0}, encode(f, map[int]any{1: map[string]any{"id": []byte{1}, "type": "public-key"},
		2: make([]byte, 37), 3: []byte{1}, 4: map[string]any{"id": []byte{1}}, 5: 2})...)
	agreed := append([]byte{0}, encode(f, map[int]any{1: map[int]any{1: 2, 3: -25, -1: 1,
		-2: make([]byte, 32), -3: make([]byte, 32)}})...)
	f.Add(info[1:], made, asserted)
	f.Add(info[1:], agreed, append([]byte{0}, encode(f, map[int]any{2: make([]byte, 32)})...))
	f.Add(info[1:], append([]byte{0}, encode(f, map[int]any{3: 8, 4: true})...), []byte{0x31})
	f.Fuzz(func(t *testing.T, info, first, second []byte) {
		answers := [][]byte{first, second}
		next := 0
		c := NewCard(&scripted{
			info: func() ([]byte, error) { return append([]byte{0}, info...), nil },
			answer: func([]byte) ([]byte, error) {
				if next >= 16 {
					return nil, device.ErrRemoved
				}
				next++
				return answers[next%2], nil
			},
		})
		ctx := t.Context()
		if _, err := c.Info(ctx); err != nil {
			return
		}
		calls := []func() error{
			func() error { _, err := c.PINRetries(ctx); return err },
			func() error { _, err := c.MakeCredential(ctx, someRequest); return err },
			func() error {
				_, err := c.GetAssertion(ctx, device.AssertionRequest{ClientDataHash: someHash, RPID: "example.org"})
				return err
			},
			func() error { return c.SetPIN(ctx, "1234") },
			func() error { return c.ChangePIN(ctx, "1234", "12345") },
			func() error { return c.ForcePINChange(ctx, "1234") },
			func() error { return c.DeleteCredential(ctx, []byte{1}, "1234") },
			func() error { return c.Reset(ctx) },
		}
		for _, call := range calls {
			next = 0
			_ = call() // whatever it says, it must come back
		}
	})
}
