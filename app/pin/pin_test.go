package pin

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tapstation/app/directory"
	"tapstation/device"
)

func TestCheckNamesEverythingWrong(t *testing.T) {
	plain := directory.PINPolicy{MinLength: 6, MaxLength: 10}
	all := directory.PINPolicy{MinLength: 6, MaxLength: 63, Digit: true, Lower: true, Upper: true, Special: true}
	for _, test := range []struct {
		name   string
		policy directory.PINPolicy
		pin    device.PIN
		want   []Problem
	}{
		{"good", plain, "123456", nil},
		{"longest", plain, "1234567890", nil},
		{"too short", plain, "12345", []Problem{TooShort}},
		{"empty", plain, "", []Problem{TooShort}},
		{"too long", plain, "12345678901", []Problem{TooLong}},
		{"counted in code points", plain, "äöüßéè", nil},
		{"decomposed counts as composed", plain, "a\u0308o\u0308u\u0308", []Problem{TooShort}},
		{"CTAP's own minimum", directory.PINPolicy{}, "123", []Problem{TooShort}},
		{"CTAP's own maximum in bytes", directory.PINPolicy{}, device.PIN(strings.Repeat("é", 32)), []Problem{TooLong}},
		{"control character", plain, "12345\x00", []Problem{NotPrintable}},
		{"not UTF-8", plain, "12345\xff", []Problem{NotPrintable}},
		{"every kind", all, "aB3!aB3!", nil},
		{"every kind missing", all, "      ", []Problem{NoDigit, NoLower, NoUpper, NoSpecial}},
		{"one kind missing", all, "aB3aB3", []Problem{NoSpecial}},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := Check(test.policy, test.pin)
			var got *PolicyError
			if errors.As(err, &got) != (test.want != nil) || got != nil && !slices.Equal(got.Problems, test.want) {
				t.Fatalf("Check: %v, want problems %v", err, test.want)
			}
			if err != nil && test.pin != "" && strings.Contains(err.Error(), test.pin.Reveal()) {
				t.Errorf("the error text holds the PIN: %v", err)
			}
		})
	}
}

func TestForTakesTheStricterOfWorkspaceAndCard(t *testing.T) {
	for _, test := range []struct{ workspace, card, want int }{{6, 4, 6}, {6, 8, 8}, {0, 0, 4}} {
		got := For(directory.PINPolicy{MinLength: test.workspace}, device.Info{MinPINLength: test.card})
		if got.MinLength != test.want || got.MaxLength != MaxBytes {
			t.Errorf("workspace %d, card %d: %d to %d, want %d to %d",
				test.workspace, test.card, got.MinLength, got.MaxLength, test.want, MaxBytes)
		}
	}
}

func TestGeneratedPINFollowsEveryPolicy(t *testing.T) {
	seen := map[device.PIN]bool{}
	for i := range 1 << 4 {
		for _, length := range [][2]int{{0, 0}, {4, 4}, {6, 63}, {12, 12}, {63, 63}} {
			policy := directory.PINPolicy{
				MinLength: length[0], MaxLength: length[1],
				Digit: i&1 != 0, Lower: i&2 != 0, Upper: i&4 != 0, Special: i&8 != 0,
			}
			p := Generate(policy)
			if err := Check(policy, p); err != nil {
				t.Errorf("a PIN generated for %+v: %v", policy, err)
			}
			if length[0] >= 12 && seen[p] {
				t.Errorf("the same PIN twice")
			}
			seen[p] = true
		}
	}
}

func TestPINIsNeverPrinted(t *testing.T) {
	p := device.PIN("739164")
	for _, verb := range []string{"%s", "%v", "%+v", "%#v", "%q", "%x", "%d"} {
		if got := fmt.Sprintf(verb, p); strings.Contains(got, "739164") || strings.Contains(got, "373339") {
			t.Errorf("%s prints %q", verb, got)
		}
	}
}
