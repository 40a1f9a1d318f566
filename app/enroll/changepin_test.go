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

const nextPIN device.PIN = "16180339"

// pinChanges are the ways a card gets the PIN its holder chooses.
var pinChanges = []struct {
	name    string
	enroll  func() enroll.Request
	options virtual.Options
	// forgotten: the holder does not know the PIN the card has; reset: somebody reset the card elsewhere.
	forgotten, reset bool
	asked            []enroll.PINPurpose
}{
	{"a temporary one", mailed, virtual.Options{}, false, false, []enroll.PINPurpose{enroll.NewPIN}},
	{"a temporary one, no UID that lasts", mailed, virtual.Options{RandomUID: true}, false, false, []enroll.PINPurpose{enroll.NewPIN}},
	{"the holder's", chosen, virtual.Options{}, false, false, []enroll.PINPurpose{enroll.CardPIN, enroll.NewPIN}},
	{"the holder's, CTAP 2.0, short APDUs", chosen, virtual.Options{Version: virtual.FIDO20, ShortOnly: true}, false, false, []enroll.PINPurpose{enroll.CardPIN, enroll.NewPIN}},
	{"the holder's, always asked for", chosen, virtual.Options{AlwaysUV: true}, false, false, []enroll.PINPurpose{enroll.CardPIN, enroll.NewPIN}},
	{"none", pinless, virtual.Options{}, false, false, []enroll.PINPurpose{enroll.ChoosePIN}},
	{"forgotten", chosen, virtual.Options{}, true, false, []enroll.PINPurpose{enroll.CardPIN, enroll.ChoosePIN}},
	{"reset elsewhere", chosen, virtual.Options{}, false, true, []enroll.PINPurpose{enroll.ChoosePIN}},
}

func chosen() enroll.Request  { return request(directory.PIN) }
func pinless() enroll.Request { return request(directory.PINless) }
func mailed() enroll.Request {
	req := request(directory.PIN)
	req.PINChooser = directory.UserMail
	return req
}

// holder answers as the holder of a card with chosenPIN does, or who has forgotten it, and agrees to a reset.
func holder(t testing.TB, forgotten bool) *person {
	return &person{t: t, confirm: map[enroll.QuestionKind]bool{enroll.ResetCard: true},
		answer: func(req enroll.PINRequest) (device.PIN, error) {
			switch {
			case req.Purpose != enroll.CardPIN:
				return nextPIN, nil
			case forgotten:
				return "", enroll.ErrForgotten
			}
			return chosenPIN, nil
		}}
}

func (s *station) changePIN(card *virtual.Card, keyID string, who *person) (directory.SecurityKey, error) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 10*time.Second)
	defer cancel()
	if s.reader.Card() != card {
		s.reader.Insert(card)
	}
	return s.ChangePIN(ctx, change(keyID), who)
}

func change(keyID string) enroll.PINChange {
	return enroll.PINChange{KeyID: keyID, Actor: "os:test", Verification: directory.PIN}
}

// settled fails the test unless the card has the new PIN, its key knows nothing of any, and the directory agrees.
func (s *station) settled(card *virtual.Card, before directory.SecurityKey, anew bool) {
	s.t.Helper()
	s.reader.Remove()
	s.holds(card, s.user, directory.PIN, nextPIN)
	_, keys, err := s.Directory.User(s.t.Context(), s.user.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, k := range keys {
		if k.TemporaryPIN || k.SealedPIN != nil || k.NextPIN != nil {
			s.t.Errorf("a PIN is still kept: %+v", k)
		}
		switch {
		case k.State == directory.Active && !k.CardPIN:
			s.t.Error("the key does not know that its card has a PIN")
		case k.State == directory.Active && k.Name != before.Name:
			s.t.Errorf("the key's name is %q, want %q as before", k.Name, before.Name)
		case k.State == directory.Active && (k.ID != before.ID) != anew:
			s.t.Errorf("the key is another one: %t, want %t", k.ID != before.ID, anew)
		case k.State == directory.Revoked && !anew:
			s.t.Errorf("key %s was revoked", k.ID)
		}
	}
}

func TestPINIsChanged(t *testing.T) {
	for _, test := range pinChanges {
		t.Run(test.name, func(t *testing.T) {
			s := newStation(t)
			if test.options.UID == nil && !test.options.RandomUID {
				test.options.UID = []byte{4, 1, 2, 3, 4, 5, 1}
			}
			card := newCard(t, test.options)
			before := s.mustEnroll(card, test.enroll()).Key
			if test.reset {
				c := s.session(card)
				if err := c.Reset(t.Context()); err != nil {
					t.Fatal(err)
				}
				c.Close()
			}
			who := holder(t, test.forgotten)
			if _, err := s.changePIN(card, before.ID, who); err != nil {
				t.Fatal(err)
			}
			s.settled(card, before, test.forgotten || test.reset)
			var asked []enroll.PINPurpose
			for _, req := range who.asked {
				asked = append(asked, req.Purpose)
			}
			if fmt.Sprint(asked) != fmt.Sprint(test.asked) {
				t.Errorf("asked for %v, want %v", asked, test.asked)
			}
		})
	}
}

// TestPINChangeGoesOnWithSameCard tears the card away before and after every APDU of a change.
func TestPINChangeGoesOnWithSameCard(t *testing.T) {
	for _, test := range pinChanges {
		if test.options.ShortOnly || test.options.AlwaysUV {
			continue
		}
		t.Run(test.name, func(t *testing.T) {
			for _, when := range []string{"before", "after"} {
				for n, torn := 1, true; torn; n++ {
					torn = false
					t.Run(fmt.Sprintf("%s APDU %d", when, n), func(t *testing.T) {
						s := newStation(t)
						o := test.options
						if !o.RandomUID {
							o.UID = []byte{4, 1, 2, 3, 4, 5, 1}
						}
						card := newCard(t, o)
						before := s.mustEnroll(card, test.enroll()).Key
						if test.reset {
							c := s.session(card)
							if err := c.Reset(t.Context()); err != nil {
								t.Fatal(err)
							}
							c.Close()
						}
						if when == "before" {
							card.Faults().RemoveBefore(n)
						} else {
							card.Faults().RemoveAfter(n)
						}
						who := holder(t, test.forgotten)
						who.progress = func(step enroll.Step) {
							if step.Kind == enroll.WaitAgain {
								torn = true
								go s.reader.Insert(card)
							}
						}
						if _, err := s.changePIN(card, before.ID, who); err != nil {
							t.Fatalf("presented again, its PIN is not changed: %v\nsteps: %+v", err, who.steps)
						}
						s.settled(card, before, test.forgotten || test.reset)
					})
				}
			}
		})
	}
}

func TestOtherCardIsNotShownAPIN(t *testing.T) {
	s := newStation(t)
	mine, other := newCard(t, virtual.Options{}), newCard(t, virtual.Options{}) // no UID tells them apart
	key := s.mustEnroll(mine, mailed()).Key
	withPIN(s, other, "314159")
	who := holder(t, false)
	refused := false
	who.progress = func(step enroll.Step) {
		if errors.Is(step.Problem, enroll.ErrOtherCard) {
			refused = true
			go func() { s.reader.Remove(); s.reader.Insert(mine) }()
		}
	}
	if _, err := s.changePIN(other, key.ID, who); err != nil {
		t.Fatal(err)
	}
	if !refused {
		t.Error("another card was taken for the key's")
	}
	c := s.session(other)
	defer c.Close()
	if left, err := c.PINRetries(t.Context()); err != nil || left.Left != 8 {
		t.Errorf("the other card has %+v attempts left (%v), want all", left, err)
	}
	s.settled(mine, key, false)
}

func TestPINChangeRefused(t *testing.T) {
	s := newStation(t)
	card := blank(t, 1)
	key := s.mustEnroll(card, chosen()).Key
	var invalid *directory.InvalidError
	if _, err := s.ChangePIN(t.Context(), enroll.PINChange{KeyID: key.ID, Actor: "os:test", Verification: directory.PINless}, &person{t: t}); !errors.As(err, &invalid) {
		t.Errorf("to PINless: %v, want an InvalidError", err)
	}
	if _, err := s.ChangePIN(t.Context(), change("none"), &person{t: t}); !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("of no key: %v, want ErrNotFound", err)
	}
	if _, err := s.ChangePIN(t.Context(), enroll.PINChange{KeyID: key.ID, Actor: "admin:nobody"}, &person{t: t}); !errors.Is(err, directory.ErrForbidden) {
		t.Errorf("by nobody: %v, want ErrForbidden", err)
	}
	who := holder(t, true)
	who.confirm = nil
	if _, err := s.changePIN(card, key.ID, who); !errors.Is(err, enroll.ErrCancelled) {
		t.Errorf("forgotten, and no reset wanted: %v, want ErrCancelled", err)
	}
	if len(who.questions) != 1 || who.questions[0].Kind != enroll.ResetCard || who.questions[0].Retries != 8 || who.questions[0].Key.ID != key.ID {
		t.Errorf("asked %+v, want whether to reset the card of the key, with 8 attempts left", who.questions)
	}
	// Cancelled before the card gets it, the new PIN is not kept.
	who = holder(t, false)
	answer := who.answer
	who.answer = func(req enroll.PINRequest) (device.PIN, error) {
		if req.Purpose == enroll.NewPIN {
			return "", enroll.ErrCancelled
		}
		return answer(req)
	}
	if _, err := s.changePIN(card, key.ID, who); !errors.Is(err, enroll.ErrCancelled) {
		t.Errorf("cancelled: %v, want ErrCancelled", err)
	}
	s.reader.Remove()
	s.holds(card, s.user, directory.PIN, chosenPIN)
	if _, err := s.Directory.RevokeKey(t.Context(), "os:test", key.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.changePIN(card, key.ID, who); !errors.Is(err, directory.ErrState) {
		t.Errorf("of a revoked key: %v, want ErrState", err)
	}
}

// TestBlockedPINIsResetInPlaceOfTheKey: with an enrollment of another card under way it waits for that.
func TestBlockedPINIsResetInPlaceOfTheKey(t *testing.T) {
	s := newStation(t)
	card, unfinished := blank(t, 1), blank(t, 2)
	key := s.mustEnroll(card, chosen()).Key
	s.spend(card, 8)

	unfinished.Faults().RemoveAfter(5)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	s.reader.Insert(unfinished)
	if _, err := s.Enroll(ctx, chosen(), &person{t: t, progress: func(step enroll.Step) {
		if step.Kind == enroll.WaitAgain {
			cancel()
		}
	}}); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if !s.begun() {
		t.Fatal("no enrollment is under way")
	}
	if _, err := s.changePIN(card, key.ID, holder(t, false)); !errors.Is(err, enroll.ErrUnfinished) {
		t.Errorf("with another enrollment under way: %v, want ErrUnfinished", err)
	}
	if card.Credentials() != 1 {
		t.Error("the card was reset all the same")
	}
	if err := s.GiveUp(t.Context(), "ada", "os:test"); err != nil {
		t.Fatal(err)
	}
	s.reader.Remove()
	if _, err := s.changePIN(card, key.ID, holder(t, false)); err != nil {
		t.Fatal(err)
	}
	s.settled(card, key, true)
}

// changeUntilTorn runs a change that a person gives up when another tap is asked for, which must happen.
func (s *station) changeUntilTorn(card *virtual.Card, keyID string, who *person) {
	s.t.Helper()
	if !s.changedOrTorn(card, keyID, who) {
		s.t.Fatal("the card was not torn away")
	}
}

// changedOrTorn is changeUntilTorn where it need not happen, and tells whether it did.
func (s *station) changedOrTorn(card *virtual.Card, keyID string, who *person) (torn bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 10*time.Second)
	defer cancel()
	who.progress = func(step enroll.Step) {
		if step.Kind == enroll.WaitAgain {
			torn = true
			cancel()
		}
	}
	s.reader.Remove()
	s.reader.Insert(card)
	if _, err := s.ChangePIN(ctx, change(keyID), who); torn != errors.Is(err, context.Canceled) || !torn && err != nil {
		s.t.Fatalf("torn away %t: %v", torn, err)
	}
	return torn
}

// TestPINOfALostChangeIsNotForgotten: the card has the PIN of a change that was never saved, and the next change is lost
// too, at any APDU. The station still opens the card.
func TestPINOfALostChangeIsNotForgotten(t *testing.T) {
	whole := newStation(t)
	card := blank(t, 1)
	key := whole.mustEnroll(card, chosen()).Key
	before := card.Faults().APDUs()
	if _, err := whole.changePIN(card, key.ID, holder(t, false)); err != nil {
		t.Fatal(err)
	}
	apdus := card.Faults().APDUs() - before
	for n := 1; n <= apdus; n++ {
		t.Run(fmt.Sprintf("before APDU %d", n), func(t *testing.T) {
			s := newStation(t)
			card := blank(t, 1)
			key := s.mustEnroll(card, chosen()).Key
			card.Faults().RemoveAfter(apdus) // the card has the new PIN, and nobody hears of it
			s.changeUntilTorn(card, key.ID, holder(t, false))

			second := &person{t: t, answer: func(req enroll.PINRequest) (device.PIN, error) {
				if req.Purpose == enroll.CardPIN {
					t.Error("the PIN of the card was asked for")
				}
				return "14142135", nil
			}}
			card.Faults().RemoveBefore(n)
			s.changeUntilTorn(card, key.ID, second)

			third := holder(t, false)
			if _, err := s.changePIN(card, key.ID, third); err != nil {
				t.Fatal(err)
			}
			if len(third.asked) != 1 || third.asked[0].Purpose != enroll.NewPIN {
				t.Errorf("asked for %+v, want only a new PIN", third.asked)
			}
			s.settled(card, key, false)
		})
	}
}

// TestTemporaryPINOutlivesLostChanges: the card insists on another PIN, and neither the first nor the second change ever
// reaches it, or only the second does. The station still opens the card.
func TestTemporaryPINOutlivesLostChanges(t *testing.T) {
	for _, when := range []string{"before", "after"} {
		for n, torn := 1, true; torn; n++ {
			t.Run(fmt.Sprintf("%s APDU %d", when, n), func(t *testing.T) {
				s := newStation(t)
				card := blank(t, 1)
				key := s.mustEnroll(card, mailed()).Key
				card.Faults().RemoveBefore(5) // changePIN, after SELECT, getInfo, getAssertion, getKeyAgreement
				s.changeUntilTorn(card, key.ID, holder(t, false))
				if s.key(key.ID).NextPIN == nil {
					t.Fatal("the first change did not come so far that the card may have the PIN")
				}
				if when == "before" {
					card.Faults().RemoveBefore(n)
				} else {
					card.Faults().RemoveAfter(n)
				}
				second := &person{t: t, pins: []device.PIN{"14142135"}}
				if torn = s.changedOrTorn(card, key.ID, second); !torn {
					return
				}
				third := holder(t, false)
				if _, err := s.changePIN(card, key.ID, third); err != nil {
					t.Fatal(err)
				}
				if len(third.asked) != 1 || third.asked[0].Purpose != enroll.NewPIN {
					t.Errorf("asked for %+v, want only a new PIN", third.asked)
				}
				s.settled(card, key, false)
			})
		}
	}
}

// TestResetForAForgottenPINGoesOnInAnotherChange: the card is reset in place of its key, torn away at any APDU of that, and
// the person gives up, or the station ends. The next change goes on with the same card, with a UID and without.
func TestResetForAForgottenPINGoesOnInAnotherChange(t *testing.T) {
	for _, uid := range [][]byte{{4, 1, 2, 3, 4, 5, 1}, nil} {
		for n, torn := 5, true; torn; n++ { // before, it is asked whose it is
			t.Run(fmt.Sprintf("UID %x, after APDU %d", uid, n), func(t *testing.T) {
				s := newStation(t)
				card := newCard(t, virtual.Options{UID: uid})
				key := s.mustEnroll(card, chosen()).Key
				card.Faults().RemoveAfter(n)
				if torn = s.changedOrTorn(card, key.ID, holder(t, true)); !torn {
					return
				}
				s.reader.Remove()
				if _, err := s.changePIN(card, key.ID, holder(t, true)); err != nil {
					t.Fatal(err)
				}
				s.settled(card, key, true)
			})
		}
	}
}

// TestCardThatSignsWithAnotherKeyIsShownNoPIN: it answers for the key's credential, but not with what was registered.
func TestCardThatSignsWithAnotherKeyIsShownNoPIN(t *testing.T) {
	s := newStation(t)
	card := blank(t, 1)
	key := s.mustEnroll(card, mailed()).Key
	other := s.mustEnroll(blank(t, 2), chosen()).Key
	if err := s.Directory.Store.Update(t.Context(), func(tx directory.Tx) error {
		key.Credential.PublicKey = other.Credential.PublicKey
		return tx.PutKey(key)
	}); err != nil {
		t.Fatal(err)
	}
	who := holder(t, false)
	s.changeUntilTorn(card, key.ID, who)
	if !who.saw(enroll.WaitAgain, enroll.ErrOtherCard) || len(who.asked) != 0 {
		t.Errorf("asked for %+v, want another card", who.asked)
	}
	now, err := s.Directory.Key(t.Context(), key.ID)
	if err != nil || !now.TemporaryPIN || now.NextPIN != nil {
		t.Errorf("the key is %+v (%v), want it as it was", now, err)
	}
}
