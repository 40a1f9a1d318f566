package enroll_test

import (
	"errors"
	"testing"

	"tapstation/app/directory"
	"tapstation/app/enroll"
	"tapstation/device"
	"tapstation/device/virtual"
)

func TestPINsThatAreRefused(t *testing.T) {
	s := newStation(t)
	who := &person{t: t, pins: []device.PIN{"12", "123456"}}
	if _, err := s.enroll(blank(t, 1), request(directory.PIN), who); err != nil {
		t.Fatal(err)
	}
	if len(who.asked) != 2 || who.asked[0].Refused != nil || who.asked[1].Refused == nil {
		t.Errorf("a PIN too short: asked %+v, want a second time, with the reason", who.asked)
	}
	if who.asked[0].Policy.MinLength != 6 {
		t.Errorf("the policy told is %+v, want the workspace's", who.asked[0].Policy)
	}
}

func withPIN(s *station, card *virtual.Card, pin device.PIN) {
	s.t.Helper()
	c := s.session(card)
	defer c.Close()
	if err := c.SetPIN(s.t.Context(), pin); err != nil {
		s.t.Fatal(err)
	}
}

// spend tries n wrong PINs, power-cycling where the card wants it.
func (s *station) spend(card *virtual.Card, n int) {
	s.t.Helper()
	for n > 0 {
		c := s.session(card)
		for range min(n, 2) {
			_ = c.ChangePIN(s.t.Context(), "000000", "111111") // what it answers is of no interest
			n--
		}
		c.Close()
	}
}

func TestHolderTypesThePINOfACardThatHasOne(t *testing.T) {
	for _, v := range []directory.Verification{directory.PINless, directory.PIN} {
		s := newStation(t)
		card := blank(t, 1)
		withPIN(s, card, "314159")
		who := &person{t: t, pins: []device.PIN{"999999", "314159"}}
		if _, err := s.enroll(card, request(v), who); err != nil {
			t.Fatalf("%s: %v", v, err)
		}
		if len(who.asked) != 2 || who.asked[0].Purpose != enroll.CardPIN || who.asked[0].Retries != 8 || who.asked[1].Retries != 7 {
			t.Errorf("%s: asked %+v, want the card's PIN with 8, then 7 attempts left", v, who.asked)
		}
		var wrong *device.PINError
		if !errors.As(who.asked[1].Refused, &wrong) {
			t.Errorf("%s: the second time the reason was %v, want a PINError", v, who.asked[1].Refused)
		}
		s.reader.Remove()
		s.holds(card, s.user, v, "314159")
	}
}

func TestLastAttemptsAreNotSpentUnasked(t *testing.T) {
	for _, left := range []int{2, 1} {
		s := newStation(t)
		card := blank(t, 1)
		withPIN(s, card, "314159")
		s.spend(card, 8-left)
		who := &person{t: t}
		if _, err := s.enroll(card, request(directory.PIN), who); !errors.Is(err, enroll.ErrCancelled) {
			t.Errorf("%d attempts left, not confirmed: %v, want %v", left, err, enroll.ErrCancelled)
		}
		if len(who.questions) != 1 || who.questions[0].Kind != enroll.LastAttempts || who.questions[0].Retries != left {
			t.Errorf("asked %+v, want whether to go on with %d attempts", who.questions, left)
		}
		if len(who.asked) != 0 {
			t.Error("the PIN was asked for without that confirmation")
		}
		s.reader.Remove()
		who = &person{t: t, pins: []device.PIN{"314159"}, confirm: map[enroll.QuestionKind]bool{enroll.LastAttempts: true}}
		if _, err := s.enroll(card, request(directory.PIN), who); err != nil {
			t.Errorf("confirmed, with the right PIN: %v", err)
		}
	}
}

func TestThreeWrongPINsWantAnotherTap(t *testing.T) {
	s := newStation(t)
	card := blank(t, 1)
	withPIN(s, card, "314159")
	who := &person{t: t, pins: []device.PIN{"1111", "2222", "3333", "314159"}}
	again := 0
	who.progress = func(step enroll.Step) {
		var wrong *device.PINError
		if step.Kind == enroll.WaitAgain && errors.As(step.Problem, &wrong) && wrong.PowerCycle {
			again++
			go func() { s.reader.Remove(); s.reader.Insert(card) }()
		}
	}
	if _, err := s.enroll(card, request(directory.PIN), who); err != nil {
		t.Fatal(err)
	}
	if again != 1 {
		t.Errorf("another tap was asked for %d times, want once", again)
	}
}

func TestBlockedCardCanOnlyBeReset(t *testing.T) {
	s := newStation(t)
	card := blank(t, 1)
	withPIN(s, card, "314159")
	s.spend(card, 8)

	var wrong *device.PINError
	if _, err := s.enroll(card, request(directory.PIN), &person{t: t}); !errors.As(err, &wrong) || !wrong.Blocked {
		t.Fatalf("not confirmed: %v, want a blocked PIN", err)
	}
	s.reader.Remove()
	who := &person{t: t, confirm: map[enroll.QuestionKind]bool{enroll.ResetCard: true}}
	if _, err := s.enroll(card, request(directory.PIN), who); err != nil {
		t.Fatalf("confirmed: %v", err)
	}
	s.reader.Remove()
	s.holds(card, s.user, directory.PIN, chosenPIN)
}

func TestTemporaryPINIsSealedAndKnown(t *testing.T) {
	s := newStation(t)
	card := blank(t, 1)
	req := request(directory.PIN)
	req.PINChooser = directory.UserMail
	who := &person{t: t}
	got, err := s.enroll(card, req, who)
	if err != nil {
		t.Fatal(err)
	}
	if len(who.asked) != 0 {
		t.Error("a PIN was asked for")
	}
	s.reader.Remove()
	temporary := s.temporary(got.Key)

	// The same card for the next person: the station opens it by itself.
	s.addUser("bob")
	req.UserID = "bob"
	who = &person{t: t, confirm: map[enroll.QuestionKind]bool{enroll.ReplaceKey: true}}
	bobs, err := s.enroll(card, req, who)
	if err != nil {
		t.Fatalf("enroll a card whose PIN only the station knows: %v", err)
	}
	if len(who.asked) != 0 {
		t.Error("a person was asked for a PIN nobody knows")
	}
	s.reader.Remove()
	next := s.temporary(bobs.Key)
	if next == temporary {
		t.Error("a card that insists on another PIN has the one it had")
	}
	s.insists(card, next, chosenPIN)
}
