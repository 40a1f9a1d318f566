package login_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"tapstation/app/directory"
	"tapstation/app/login"
	"tapstation/device/virtual"
)

func (s *station) glance() (login.Found, error) {
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	defer cancel()
	return s.Glance(ctx, "Test Reader")
}

// The card takes one tap for one act, and has a PIN: a glance that used up either would be felt.
func TestGlanceUsesNothingUp(t *testing.T) {
	for name, options := range map[string]virtual.Options{
		"with a UID":    {UID: []byte{4, 1, 2, 3, 4, 5, 6}, StrictPresence: true},
		"without a UID": {StrictPresence: true},
		"CTAP 2.0":      {UID: []byte{4, 1, 2, 3, 4, 5, 6}, Version: virtual.FIDO20, StrictPresence: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStation(t)
			s.addUser("ada")
			card := newCard(t, options)
			key := s.enroll(card, "ada", directory.PIN)
			s.tap(card)
			found, err := s.glance()
			if err != nil || found.Key.ID != key.ID || found.User.ID != "ada" {
				t.Fatalf("it is %s of %q (%v), want %s of ada", found.Key.ID, found.User.ID, err, key.ID)
			}
			res, asked, err := s.prove("ada", rightPIN)
			if err != nil {
				t.Fatalf("the same tap does not log in any more: %v", err)
			}
			if len(asked) != 1 || asked[0].Retries != 8 {
				t.Errorf("the PIN was asked for with %+v, want once, with all of its 8 attempts", asked)
			}
			if most := 12; res.Cost.APDUs > most {
				t.Errorf("it took %d APDUs, want at most %d", res.Cost.APDUs, most)
			}
		})
	}
}

func TestGlanceAtACardOfNobody(t *testing.T) {
	s := newStation(t)
	s.addUser("ada")
	s.enroll(blank(t, 1), "ada", directory.PINless)
	for name, options := range map[string]virtual.Options{
		"silent":                    {UID: []byte{4, 9, 9, 9, 9, 9, 9}},
		"that always wants its PIN": {UID: []byte{4, 9, 9, 9, 9, 9, 8}, AlwaysUV: true},
	} {
		s.tap(newCard(t, options))
		if found, err := s.glance(); !errors.Is(err, login.ErrUnknownCard) {
			t.Errorf("%s: it is %q (%v), want nobody's", name, found.User.ID, err)
		}
	}
}
