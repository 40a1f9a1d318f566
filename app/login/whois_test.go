package login_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"tapstation/app/directory"
	"tapstation/app/login"
	"tapstation/device"
	"tapstation/device/virtual"
)

func (s *station) whois() (login.Found, error) {
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	defer cancel()
	return s.WhoIs(ctx, "")
}

func TestWhoseCardItIs(t *testing.T) {
	for name, options := range map[string]virtual.Options{
		"by its UID":                  {UID: []byte{4, 1, 2, 3, 4, 5, 6}},
		"without a UID":               {},
		"with a new UID at every tap": {RandomUID: true},
		"CTAP 2.0":                    {Version: virtual.FIDO20},
		"that always wants its PIN":   {AlwaysUV: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStation(t)
			ada := s.addUser("ada")
			card := newCard(t, options)
			key := s.enroll(card, "ada", directory.PIN)
			s.addUser("bob")
			s.enroll(blank(t, 9), "bob", directory.PINless)
			s.tap(card)
			found, err := s.whois()
			if err != nil || found.User.ID != ada.ID || found.Key.ID != key.ID {
				t.Fatalf("it is %s of %q (%v), want %s of ada", found.Key.ID, found.User.ID, err, key.ID)
			}
			if _, err := s.Directory.RevokeKey(t.Context(), "os:test", key.ID); err != nil {
				t.Fatal(err)
			}
			s.tap(card)
			if found, err = s.whois(); err != nil || found.Key.State != directory.Revoked {
				t.Errorf("after it was revoked: %s, %v; want a revoked key", found.Key.State, err)
			}
		})
	}
}

func TestUIDAloneProvesNothing(t *testing.T) {
	s := newStation(t)
	s.addUser("ada")
	s.enroll(blank(t, 1), "ada", directory.PINless)
	s.tap(blank(t, 1)) // another card that says the same UID
	if found, err := s.whois(); !errors.Is(err, login.ErrUnknownCard) {
		t.Errorf("it is %q (%v), want nobody's", found.User.ID, err)
	}
}

func TestUnknownCardSaysWhatItIs(t *testing.T) {
	s := newStation(t)
	s.tap(blank(t, 1))
	found, err := s.whois()
	if !errors.Is(err, login.ErrUnknownCard) || found.UID == nil || len(found.Info.Versions) == 0 {
		t.Errorf("found %+v (%v), want an unknown card with its UID and versions", found, err)
	}
	s.tap(newCard(t, virtual.Options{NotFIDO: true}))
	if _, err := s.whois(); !errors.Is(err, device.ErrNotFIDO) {
		t.Errorf("a card that is no FIDO2 card: %v, want %v", err, device.ErrNotFIDO)
	}
}
