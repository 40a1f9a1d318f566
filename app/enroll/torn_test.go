package enroll_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"tapstation/app/directory"
	"tapstation/app/enroll"
	"tapstation/device"
	"tapstation/device/virtual"
)

// ceremonies are the ways of enrolling that a lost tap must not harm.
var ceremonies = []struct {
	name         string
	verification directory.Verification
	options      virtual.Options
	pinSet       bool // before the station sees the card
	nameless     bool // it has no UID that lasts
}{
	{"PINless", directory.PINless, virtual.Options{}, false, false},
	{"PIN on a blank card", directory.PIN, virtual.Options{}, false, false},
	{"PIN of the holder", directory.PIN, virtual.Options{}, true, false},
	{"PIN on a blank card, short APDUs, CTAP 2.0", directory.PIN,
		virtual.Options{ShortOnly: true, Version: virtual.FIDO20, Attestation: virtual.LongAttestation}, false, false},
	{"PINless, no UID", directory.PINless, virtual.Options{}, false, true},
	{"PIN on a blank card, no UID", directory.PIN, virtual.Options{}, false, true},
	{"PIN on a blank card, a UID that is new each time", directory.PIN, virtual.Options{RandomUID: true}, false, true},
}

// TestRemovedCardResumesWithSameCard walks through every APDU of the ceremony and tears the card away before and
// after it, so that its answer is lost. Another card in its place is refused, where cards have a UID to be told apart
// by; the card that comes again ends enrolled, with one credential and the chosen PIN.
func TestRemovedCardResumesWithSameCard(t *testing.T) {
	for _, test := range ceremonies {
		t.Run(test.name, func(t *testing.T) {
			for _, when := range []string{"before", "after"} {
				for n := 1; ; n++ {
					if !tearAway(t, test.verification, test.options, test.pinSet, test.nameless, when, n) {
						if n < 5 {
							t.Errorf("the ceremony has only %d APDUs", n-1)
						}
						t.Logf("torn away %s each of %d APDUs", when, n-1)
						break
					}
				}
			}
		})
	}
}

// tearAway runs one ceremony; false: it has fewer than n APDUs.
func tearAway(t *testing.T, v directory.Verification, o virtual.Options, pinSet, nameless bool, when string, n int) (torn bool) {
	t.Helper()
	t.Run(fmt.Sprintf("%s APDU %d", when, n), func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		s := newStation(t)
		var other *virtual.Card
		if !nameless {
			o.UID = []byte{0x04, 1, 2, 3, 4, 5, 2}
			other = newCard(t, o)
			o.UID = []byte{0x04, 1, 2, 3, 4, 5, 1}
		}
		card := newCard(t, o)
		wantPIN := device.PIN("")
		if v == directory.PIN {
			wantPIN = chosenPIN
		}
		if pinSet {
			c := s.session(card)
			if err := c.SetPIN(ctx, chosenPIN); err != nil {
				t.Fatal(err)
			}
			c.Close()
		}
		if when == "before" {
			card.Faults().RemoveBefore(n)
		} else {
			card.Faults().RemoveAfter(n)
		}
		refused := false
		who := &person{t: t}
		who.progress = func(step enroll.Step) {
			if step.Kind != enroll.WaitAgain {
				return
			}
			switch {
			case errors.Is(step.Problem, device.ErrRemoved):
				torn = true
				if nameless {
					go s.reader.Insert(card)
				} else {
					go s.reader.Insert(other)
				}
			case errors.Is(step.Problem, enroll.ErrOtherCard):
				refused = true
				go s.reader.Insert(card)
			}
		}
		s.reader.Insert(card)
		result, err := s.Enroll(ctx, request(v), who)
		if err != nil {
			t.Fatalf("presented again, the card is not enrolled: %v\nsteps: %+v", err, who.steps)
		}
		if torn && !refused && !nameless {
			t.Error("another card in its place was not refused")
		}
		if !nameless && other.Credentials() != 0 {
			t.Errorf("the other card has %d credentials", other.Credentials())
		}
		s.reader.Remove()
		s.holds(card, s.user, v, wantPIN)
		if result.Key.TemporaryPIN {
			t.Error("a PIN its user chose is marked temporary")
		}
	})
	return torn
}
