package login_test

import (
	"errors"
	"testing"
	"time"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/app/login"
	"tapstation/device"
	"tapstation/device/fido"
	"tapstation/device/pcsc"
	"tapstation/device/virtual"
)

const otherPIN device.PIN = "161803"

// withTemporaryPIN is ada's card with rightPIN, which the station takes for one that nobody has chosen, and an open ticket
// to choose another.
func (s *station) withTemporaryPIN() (*virtual.Card, directory.SecurityKey) {
	s.t.Helper()
	s.addUser("ada")
	card := blank(s.t, 1)
	key := s.enroll(card, "ada", directory.PIN)
	sealed, err := s.enroller.Seal.Seal([]byte(rightPIN.Reveal()), directory.PINPurpose("ada"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.change(key.ID, func(k *directory.SecurityKey) { k.TemporaryPIN, k.SealedPIN = true, sealed })
	err = s.Directory.Store.Update(s.t.Context(), func(tx directory.Tx) error {
		return tx.PutTicket(directory.Ticket{ID: "t1", Purpose: directory.SetPIN, UserID: "ada", KeyID: key.ID, State: directory.Open,
			Link: []byte("link"), Handle: []byte("handle"), Created: key.Created, Expires: time.Now().Add(time.Hour)})
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return card, key
}

// elsewhere does something to a card on another computer.
func (s *station) elsewhere(card *virtual.Card, do func(device.Card) error) {
	s.t.Helper()
	s.reader.Remove()
	own := virtual.NewService("own")
	own.AddReader("own").Insert(card)
	conn, err := own.Connect(s.t.Context(), "own")
	if err != nil {
		s.t.Fatal(err)
	}
	c := fido.NewCard(pcsc.NewSession("own", conn))
	defer c.Close()
	if err := do(c); err != nil {
		s.t.Fatal(err)
	}
}

func (s *station) changeElsewhere(card *virtual.Card) {
	s.elsewhere(card, func(c device.Card) error { return c.ChangePIN(s.t.Context(), rightPIN, otherPIN) })
}

// remembers fails the test unless the station remembers the temporary PIN and the ticket is open, or neither.
func (s *station) remembers(key directory.SecurityKey, want bool) {
	s.t.Helper()
	now, err := s.Directory.Key(s.t.Context(), key.ID)
	if err != nil || now.TemporaryPIN != want || (now.SealedPIN != nil) != want || now.NextPIN != nil {
		s.t.Errorf("the key is %+v (%v), want its PIN temporary: %t", now, err, want)
	}
	err = s.Directory.Store.View(s.t.Context(), func(tx directory.Tx) error {
		ticket, err := tx.Ticket("t1")
		if (ticket.State == directory.Open) != want {
			s.t.Errorf("the ticket to choose the PIN is %s, want it open: %t", ticket.State, want)
		}
		return err
	})
	if err != nil {
		s.t.Error(err)
	}
}

func TestPINChangedElsewhereIsNoMoreTemporary(t *testing.T) {
	s := newStation(t)
	card, key := s.withTemporaryPIN()
	s.changeElsewhere(card)
	s.tap(card)
	if res, _, err := s.prove("ada", otherPIN); err != nil || res.Unkept != nil {
		t.Fatalf("log in with the holder's own PIN: %v, unkept %v", err, res.Unkept)
	}
	s.remembers(key, false)
	if e := s.lastAct(); e.Act != audit.PINChanged || e.User != "ada" || e.Key != key.ID || e.Actor != "os:test" {
		t.Errorf("on record is %+v, want a PIN that was changed", e)
	}
	s.tap(card)
	if _, _, err := s.prove("ada", otherPIN); err != nil {
		t.Fatal(err)
	}
	if e := s.lastAct(); e.Act != audit.LoginAccepted {
		t.Errorf("the second time, on record is %+v, want only the log-in", e)
	}
}

func TestTemporaryPINIsRemembered(t *testing.T) {
	for _, test := range []struct {
		name string
		do   func(t *testing.T, s *station, card *virtual.Card)
	}{
		{"logged in with it", func(t *testing.T, s *station, card *virtual.Card) {
			if _, _, err := s.prove("ada", rightPIN); err != nil {
				t.Fatal(err)
			}
		}},
		{"a wrong PIN", func(t *testing.T, s *station, card *virtual.Card) {
			if _, _, err := s.prove("ada", otherPIN); err == nil {
				t.Fatal("logged in with a wrong PIN")
			}
		}},
		{"without a Sealer", func(t *testing.T, s *station, card *virtual.Card) {
			s.Seal = nil
			s.changeElsewhere(card)
			s.tap(card)
			if _, _, err := s.prove("ada", otherPIN); err != nil {
				t.Fatal(err)
			}
		}},
		{"the seal cannot be opened", func(t *testing.T, s *station, card *virtual.Card) {
			s.Seal = broken{}
			s.changeElsewhere(card)
			s.tap(card)
			if res, _, err := s.prove("ada", otherPIN); err != nil || res.Unkept != nil {
				t.Fatalf("%v, unkept %v", err, res.Unkept)
			}
		}},
		{"without the directory", func(t *testing.T, s *station, card *virtual.Card) {
			s.changeElsewhere(card)
			s.tap(card)
			if _, _, err := s.proveWith(login.Request{UserID: "ada", Offline: true}, otherPIN); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newStation(t)
			card, key := s.withTemporaryPIN()
			s.tap(card)
			test.do(t, s, card)
			s.remembers(key, true)
		})
	}
}

type broken struct{}

func (broken) Open([]byte, string) ([]byte, error) { return nil, errors.New("another machine's seal") }

func TestCardThatInsistsOnAnotherPINLogsNobodyIn(t *testing.T) {
	s := newStation(t)
	card, key := s.withTemporaryPIN()
	s.elsewhere(card, func(c device.Card) error { return c.ForcePINChange(t.Context(), rightPIN) })
	for _, offline := range []bool{false, true} {
		s.tap(card)
		_, asked, err := s.proveWith(login.Request{UserID: "ada", Offline: offline}, rightPIN)
		if !errors.Is(err, login.ErrSetPIN) || !errors.Is(err, device.ErrPINChange) {
			t.Errorf("offline %t: %v, want ErrSetPIN", offline, err)
		}
		if len(asked) != 0 {
			t.Errorf("offline %t: a PIN was asked for that the card takes for nothing", offline)
		}
	}
	s.remembers(key, true)
	if e := s.lastAct(); e.Act != audit.LoginRefused {
		t.Errorf("on record is %+v, want a refused log-in", e)
	}
	s.changeElsewhere(card)
	s.tap(card)
	if _, _, err := s.prove("ada", otherPIN); err != nil {
		t.Errorf("with the PIN its holder has set: %v", err)
	}
	s.remembers(key, false)
}
