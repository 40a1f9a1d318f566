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

// temporaries are cards that get a PIN nobody sees.
var temporaries = []struct {
	name     string
	options  virtual.Options
	forces   bool // it can insist on another PIN
	nameless bool // it has no UID that lasts
}{
	{"CTAP 2.1", virtual.Options{}, true, false},
	{"CTAP 2.1, always asks for its PIN", virtual.Options{AlwaysUV: true}, true, false},
	{"CTAP 2.1, no UID", virtual.Options{}, true, true},
	{"CTAP 2.1, a UID that is new each time", virtual.Options{RandomUID: true}, true, true},
	{"CTAP 2.1, short APDUs, strict presence", virtual.Options{ShortOnly: true, StrictPresence: true}, true, false},
	{"drafts of CTAP 2.1", virtual.Options{Version: virtual.FIDO21Pre}, false, false},
	{"CTAP 2.0", virtual.Options{Version: virtual.FIDO20}, false, false},
	{"CTAP 2.0, no UID", virtual.Options{Version: virtual.FIDO20}, false, true},
}

// opens fails the test unless the card has the temporary PIN of the key, and insists on another where it can.
func (s *station) opens(card *virtual.Card, key directory.SecurityKey, forces bool) {
	s.t.Helper()
	s.reader.Remove()
	pin := s.temporary(key)
	if forces {
		s.insists(card, pin, chosenPIN)
		pin = chosenPIN
	}
	s.holds(card, s.user, directory.PIN, pin)
}

func TestTemporaryPINHasToBeChangedWhereTheCardCan(t *testing.T) {
	for _, test := range temporaries {
		t.Run(test.name, func(t *testing.T) {
			s := newStation(t)
			if !test.nameless {
				test.options.UID = []byte{4, 1, 2, 3, 4, 5, 1}
			}
			card := newCard(t, test.options)
			who := &person{t: t, progress: func(step enroll.Step) {
				if step.Kind == enroll.WaitAgain { // a card that is strict about presence
					go func() { s.reader.Remove(); s.reader.Insert(card) }()
				}
			}}
			got, err := s.enroll(card, mailed(), who)
			if err != nil || len(who.asked) != 0 {
				t.Fatalf("enroll: %v, asked for %+v", err, who.asked)
			}
			s.mailed(got, true)
			s.opens(card, got.Key, test.forces)
		})
	}
}

func TestOnlyTemporaryPINsHaveToBeChanged(t *testing.T) {
	for name, req := range map[string]enroll.Request{"chosen here": chosen(), "PINless": pinless()} {
		s := newStation(t)
		card := blank(t, 1)
		s.mustEnroll(card, req)
		c := s.session(card)
		if info, err := c.Info(t.Context()); err != nil || info.ForcePIN {
			t.Errorf("%s: the card insists on another PIN (%v)", name, err)
		}
		c.Close()
	}
}

// TestRemovedCardOfAnActivationResumes walks through every APDU by which a pending key becomes active with a temporary PIN,
// and tears the card away before and after it. Another card in its place is refused; the card that comes again has the PIN
// the station knows and insists on another, and one mail is queued.
func TestRemovedCardOfAnActivationResumes(t *testing.T) {
	for _, test := range temporaries {
		if test.options.StrictPresence {
			continue
		}
		t.Run(test.name, func(t *testing.T) {
			for _, when := range []string{"before", "after"} {
				n := 1
				for tearActivation(t, test.options, test.forces, test.nameless, when, n) {
					n++
				}
				if least := map[bool]int{true: 11, false: 8}[test.forces]; n < least {
					t.Errorf("there were only %d APDUs, want %d", n-1, least)
				}
			}
		})
	}
}

func tearActivation(t *testing.T, o virtual.Options, forces, nameless bool, when string, n int) (torn bool) {
	t.Helper()
	t.Run(fmt.Sprintf("%s APDU %d", when, n), func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		s := newStation(t)
		var other *virtual.Card
		if !nameless {
			o.UID = []byte{4, 1, 2, 3, 4, 5, 2}
			other = newCard(t, o)
			o.UID = []byte{4, 1, 2, 3, 4, 5, 1}
		}
		card := newCard(t, o)
		if when == "before" {
			card.Faults().RemoveBefore(n)
		} else {
			card.Faults().RemoveAfter(n)
		}
		pending, ticket := s.assign(directory.PIN)
		refused := false
		who := &person{t: t}
		who.progress = func(step enroll.Step) {
			switch {
			case step.Kind != enroll.WaitAgain:
			case errors.Is(step.Problem, enroll.ErrOtherCard):
				refused = true
				go s.reader.Insert(card)
			case nameless:
				torn = true
				go s.reader.Insert(card)
			default:
				torn = true
				go s.reader.Insert(other)
			}
		}
		s.reader.Insert(card)
		got, err := s.Enroll(ctx, activate(pending, ticket.ID), who)
		if err != nil {
			t.Fatalf("presented again, the card is not enrolled: %v\nsteps: %+v", err, who.steps)
		}
		if torn && !nameless && (!refused || other.Credentials() != 0) {
			t.Errorf("another card was refused: %t, and has %d credentials", refused, other.Credentials())
		}
		if got.Key.ID != pending.ID || len(who.asked) != 0 {
			t.Errorf("key %s of pending %s, asked for %+v", got.Key.ID, pending.ID, who.asked)
		}
		s.mailed(got, true)
		s.opens(card, got.Key, forces)
	})
	return torn
}

// TestCardThatWasLostInsistingIsOnlyRecognised: its credential was proven and its PIN is known, so nothing is done again.
func TestCardThatWasLostInsistingIsOnlyRecognised(t *testing.T) {
	for _, anotherCeremony := range []bool{false, true} {
		s := newStation(t)
		card := blank(t, 1)
		card.Faults().RemoveAfter(12) // the last, by which it insists
		who := &person{t: t, progress: func(step enroll.Step) {
			if step.Kind == enroll.WaitAgain {
				go s.reader.Insert(card)
			}
		}}
		spent := 12
		if anotherCeremony {
			s.enrollUntilTorn(card, mailed())
			spent = 0
		}
		got, err := s.enroll(card, mailed(), who)
		if err != nil {
			t.Fatal(err)
		}
		if want := spent + 3; got.Cost.APDUs != want { // SELECT, getInfo, getAssertion
			t.Errorf("in another ceremony %t: %d APDUs, want %d", anotherCeremony, got.Cost.APDUs, want)
		}
		s.opens(card, got.Key, true)
	}
}

// TestCardThatInsistsIsEnrolledAgain: a card whose temporary PIN nobody has changed goes to the next person, with that
// person's own PIN or another temporary one, and is torn away at every APDU.
func TestCardThatInsistsIsEnrolledAgain(t *testing.T) {
	for _, chooser := range []directory.PINChooser{directory.UserMail, directory.UserHere} {
		for _, nameless := range []bool{false, true} {
			for _, when := range []string{"before", "after"} {
				for n, torn := 1, true; torn; n++ {
					torn = false
					t.Run(fmt.Sprintf("%s, no UID %t, %s APDU %d", chooser, nameless, when, n), func(t *testing.T) {
						s := newStation(t)
						o := virtual.Options{UID: []byte{4, 1, 2, 3, 4, 5, 1}}
						if nameless {
							o.UID = nil
						}
						card := newCard(t, o)
						s.addUser("bob")
						first := mailed()
						first.UserID = "bob"
						old := s.mustEnroll(card, first).Key
						if when == "before" {
							card.Faults().RemoveBefore(n)
						} else {
							card.Faults().RemoveAfter(n)
						}
						req := mailed()
						req.PINChooser = chooser
						who := &person{t: t, confirm: map[enroll.QuestionKind]bool{enroll.ReplaceKey: true}}
						who.progress = func(step enroll.Step) {
							if step.Kind == enroll.WaitAgain {
								torn = true
								go s.reader.Insert(card)
							}
						}
						got, err := s.enroll(card, req, who)
						if err != nil {
							t.Fatalf("%v\nsteps: %+v", err, who.steps)
						}
						for _, asked := range who.asked {
							if asked.Purpose != enroll.ReplacePIN || asked.Refused != nil {
								t.Errorf("asked for %+v, want at most a new PIN", asked)
							}
						}
						s.reader.Remove()
						if k := s.key(old.ID); k.State != directory.Revoked || k.TemporaryPIN || len(s.ticketsOf(k.ID, "", directory.Open)) != 0 {
							t.Errorf("the key before is %+v, want it revoked, without a PIN and tickets", k)
						}
						c := s.session(card)
						if left, err := c.PINRetries(t.Context()); err != nil || left.Left != 8 {
							t.Errorf("%+v attempts left (%v), want none spent: the station knows the PIN", left, err)
						}
						c.Close()
						want := chosenPIN
						if chooser == directory.UserMail {
							s.insists(card, s.temporary(got.Key), want)
						} else if got.Key.TemporaryPIN {
							t.Error("a PIN its user chose is marked temporary")
						}
						c = s.session(card)
						defer c.Close()
						if _, err := c.GetAssertion(t.Context(), assertionWith(want)); err != nil {
							t.Errorf("log in with the PIN: %v", err)
						}
					})
				}
			}
		}
	}
}

// TestForcedChangeThatIsGivenUpKeepsThePIN: whoever gives up an enrollment in which one PIN was to replace another leaves a
// card that the station can open.
func TestForcedChangeThatIsGivenUpKeepsThePIN(t *testing.T) {
	for _, chooser := range []directory.PINChooser{directory.UserMail, directory.UserHere} {
		for _, when := range []string{"before", "after"} {
			for n, torn := 5, true; torn; n++ { // before, it says whose it is
				torn = false
				t.Run(fmt.Sprintf("%s %s APDU %d", chooser, when, n), func(t *testing.T) {
					s := newStation(t)
					card := blank(t, 1)
					s.addUser("bob")
					req := mailed()
					req.UserID = "bob"
					s.mustEnroll(card, req)
					req = mailed()
					req.PINChooser = chooser
					if when == "before" {
						card.Faults().RemoveBefore(n)
					} else {
						card.Faults().RemoveAfter(n)
					}
					ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
					defer cancel()
					who := &person{t: t, confirm: map[enroll.QuestionKind]bool{enroll.ReplaceKey: true}}
					who.progress = func(step enroll.Step) {
						if step.Kind == enroll.WaitAgain {
							torn = true
							cancel()
						}
					}
					s.reader.Insert(card)
					if _, err := s.Enroll(ctx, req, who); torn != errors.Is(err, context.Canceled) {
						t.Fatal(err)
					}
					if !torn {
						return
					}
					if err := s.GiveUp(t.Context(), "ada", "os:test"); err != nil {
						t.Fatal(err)
					}
					s.reader.Remove()
					s.addUser("eve")
					req = mailed()
					req.UserID = "eve"
					who = &person{t: t, confirm: map[enroll.QuestionKind]bool{enroll.ReplaceKey: true}}
					got, err := s.enroll(card, req, who)
					if err != nil || len(who.asked) != 0 && chooser == directory.UserMail {
						t.Fatalf("%v, asked for %+v; want it opened by the station", err, who.asked)
					}
					s.reader.Remove()
					if got.Key.TemporaryPIN || chooser == directory.UserMail {
						s.insists(card, s.temporary(got.Key), nextPIN)
					}
				})
			}
		}
	}
}

// enrollUntilTorn runs an enrollment that a person gives up when another tap is asked for, and tells whether it was.
func (s *station) enrollUntilTorn(card *virtual.Card, req enroll.Request) (torn bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 10*time.Second)
	defer cancel()
	s.reader.Remove()
	s.reader.Insert(card)
	_, err := s.Enroll(ctx, req, &person{t: s.t, progress: func(step enroll.Step) {
		if step.Kind == enroll.WaitAgain && !errors.Is(step.Problem, enroll.ErrUnfinished) {
			torn = true
			cancel()
		}
	}})
	if torn != errors.Is(err, context.Canceled) {
		s.t.Fatalf("torn away %t: %v", torn, err)
	}
	return torn
}

// TestPINThatOnlyTheJournalKnowsIsReplacedSafely: a card insists on another PIN and its key was never kept, so only the
// journal has its PIN. Enrolled with other settings, it gets another, and is torn away at every APDU of that; then it is
// enrolled once more, or given up and enrolled for somebody else. Nobody is ever asked for a PIN.
func TestPINThatOnlyTheJournalKnowsIsReplacedSafely(t *testing.T) {
	for _, givenUp := range []bool{false, true} {
		for _, when := range []string{"before", "after"} {
			for n, torn := 1, true; torn; n++ {
				t.Run(fmt.Sprintf("given up %t, %s APDU %d", givenUp, when, n), func(t *testing.T) {
					s := newStation(t)
					card := blank(t, 1)
					card.Faults().RemoveAfter(12) // the last, by which it insists
					if !s.enrollUntilTorn(card, mailed()) {
						t.Fatal("the first enrollment took fewer APDUs than it should")
					}
					other := mailed()
					other.Verification = directory.PINless
					if when == "before" {
						card.Faults().RemoveBefore(n)
					} else {
						card.Faults().RemoveAfter(n)
					}
					if torn = s.enrollUntilTorn(card, other); !torn {
						return
					}
					req := mailed()
					if givenUp {
						if err := s.GiveUp(t.Context(), "ada", "os:test"); err != nil {
							t.Fatal(err)
						}
						s.addUser("bob")
						req.UserID = "bob"
					}
					s.reader.Remove()
					who := &person{t: t}
					got, err := s.enroll(card, req, who)
					if err != nil || len(who.asked) != 0 || len(who.questions) != 0 {
						t.Fatalf("%v, asked for %+v; want the station to know the PIN", err, who.asked)
					}
					s.reader.Remove()
					s.insists(card, s.temporary(got.Key), nextPIN)
				})
			}
		}
	}
}

func assertionWith(pin device.PIN) device.AssertionRequest {
	return device.AssertionRequest{ClientDataHash: make([]byte, 32), RPID: "localhost", PIN: pin}
}

// TestCardThatSaysItCanForceAChangeAndDoesNotIsNoError: it refuses the command, in whatever way.
func TestCardThatSaysItCanForceAChangeAndDoesNotIsNoError(t *testing.T) {
	const authenticatorConfig = 0x0D
	for _, status := range []byte{0x01, 0x27, 0x30, 0x33, 0x36, 0x7F} { // invalid command, denied, not allowed, PIN auth invalid, PUAT required, other
		t.Run(fmt.Sprintf("%02X", status), func(t *testing.T) {
			s := newOddStation(t, onCommand(authenticatorConfig, []byte{status}))
			card := blank(t, 1)
			got, err := s.enroll(card, mailed(), &person{t: t})
			if err != nil {
				t.Fatal(err)
			}
			s.mailed(got, true)
			s.opens(card, got.Key, false)
		})
	}
}
