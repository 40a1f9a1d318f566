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

// inPlaceOf is an enrollment in place of keys.
func inPlaceOf(req enroll.Request, keyIDs ...string) enroll.Request {
	req.Replaces = keyIDs
	return req
}

func (s *station) state(keyID string) directory.KeyState {
	s.t.Helper()
	k, err := s.Directory.Key(context.WithoutCancel(s.t.Context()), keyID)
	if err != nil {
		s.t.Fatal(err)
	}
	return k.State
}

// TestOldKeyGoesOutAfterTheNewOneIsIn tears the new card away before and after every APDU: the old key works until the new
// one does.
func TestOldKeyGoesOutAfterTheNewOneIsIn(t *testing.T) {
	for _, when := range []string{"before", "after"} {
		for n, torn := 1, true; torn; n++ {
			torn = false
			t.Run(fmt.Sprintf("%s APDU %d", when, n), func(t *testing.T) {
				s := newStation(t)
				old := s.mustEnroll(blank(t, 1), chosen()).Key
				card := blank(t, 2)
				if when == "before" {
					card.Faults().RemoveBefore(n)
				} else {
					card.Faults().RemoveAfter(n)
				}
				who := &person{t: t, progress: func(step enroll.Step) {
					if step.Kind == enroll.WaitAgain {
						torn = true
						go s.reader.Insert(card)
					}
					if is := s.state(old.ID); step.Kind != enroll.Done && is != directory.Active {
						t.Errorf("at %s the old key is %s", step.Kind, is)
					}
				}}
				got, err := s.enroll(card, inPlaceOf(chosen(), old.ID), who)
				if err != nil {
					t.Fatal(err)
				}
				if is := s.state(old.ID); is != directory.Revoked || got.Key.ID == old.ID {
					t.Errorf("afterwards the old key is %s, want revoked", is)
				}
				s.reader.Remove()
				s.holds(card, s.user, directory.PIN, chosenPIN)
				if len(who.questions) != 0 {
					t.Errorf("asked %+v, want nothing: it was said before", who.questions)
				}
			})
		}
	}
}

// TestJournalKnowsWhatIsReplaced: who goes on with a lost enrollment need not say it again.
func TestJournalKnowsWhatIsReplaced(t *testing.T) {
	s := newStation(t)
	old := s.mustEnroll(blank(t, 1), chosen()).Key
	card := blank(t, 2)
	card.Faults().RemoveAfter(5)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	s.reader.Insert(card)
	_, err := s.Enroll(ctx, inPlaceOf(chosen(), old.ID), &person{t: t, progress: func(step enroll.Step) {
		if step.Kind == enroll.WaitAgain {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("the card is taken away: %v", err)
	}
	if is := s.state(old.ID); is != directory.Active {
		t.Errorf("while the new card is not enrolled the old key is %s, want active", is)
	}
	got, err := s.enroll(card, chosen(), &person{t: t})
	if err != nil || !got.Resumed {
		t.Fatalf("enroll again: resumed %t, %v", got.Resumed, err)
	}
	if is := s.state(old.ID); is != directory.Revoked {
		t.Errorf("afterwards the old key is %s, want revoked", is)
	}
}

func TestReplacedKeysAreTheUsersOwnAndNotRevoked(t *testing.T) {
	s := newStation(t)
	s.addUser("bob")
	req := chosen()
	req.UserID = "bob"
	bobs := s.mustEnroll(blank(t, 1), req).Key
	revoked := s.mustEnroll(blank(t, 2), chosen()).Key
	if _, err := s.Directory.RevokeKey(t.Context(), "os:test", revoked.ID); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]error{"none": directory.ErrNotFound, bobs.ID: directory.ErrNotFound, revoked.ID: directory.ErrState} {
		card := blank(t, 3)
		if _, err := s.enroll(card, inPlaceOf(chosen(), id), &person{t: t}); !errors.Is(err, want) {
			t.Errorf("in place of %s: %v, want %v", id, err, want)
		}
		s.reader.Remove()
		s.untouched(card)
	}
	if is := s.state(bobs.ID); is != directory.Active {
		t.Errorf("bob's key is %s", is)
	}
}

// TestNoKeyIsReplacedUnasked: the card that is tapped already is another key than the one that is to be replaced.
func TestNoKeyIsReplacedUnasked(t *testing.T) {
	s := newStation(t)
	card := blank(t, 1)
	first := s.mustEnroll(card, chosen()).Key
	second := s.mustEnroll(blank(t, 2), chosen()).Key
	var owned *enroll.AlreadyEnrolledError
	if _, err := s.enroll(card, inPlaceOf(chosen(), second.ID), &person{t: t}); !errors.As(err, &owned) || owned.Key.ID != first.ID {
		t.Fatalf("not agreed to: %v, want an AlreadyEnrolledError", err)
	}
	if s.state(first.ID) != directory.Active || s.state(second.ID) != directory.Active {
		t.Error("a key was revoked all the same")
	}
	who := &person{t: t, confirm: map[enroll.QuestionKind]bool{enroll.ReplaceKey: true}}
	if _, err := s.enroll(card, inPlaceOf(chosen(), second.ID), who); err != nil {
		t.Fatal(err)
	}
	if s.state(first.ID) != directory.Revoked || s.state(second.ID) != directory.Revoked {
		t.Error("agreed to: a key was not revoked")
	}
}

// TestTemporaryPINStaysWithItsCard: the station opens a card whose key was revoked or replaced by another card, and forgets
// its PIN once somebody chose another.
func TestTemporaryPINStaysWithItsCard(t *testing.T) {
	for _, how := range []string{"revoked", "replaced"} {
		t.Run(how, func(t *testing.T) {
			s := newStation(t)
			card := blank(t, 1)
			old := s.mustEnroll(card, mailed()).Key
			if how == "revoked" {
				if _, err := s.Directory.RevokeKey(t.Context(), "os:test", old.ID); err != nil {
					t.Fatal(err)
				}
			} else {
				s.mustEnroll(blank(t, 2), inPlaceOf(mailed(), old.ID))
			}
			k, err := s.Directory.Key(t.Context(), old.ID)
			if err != nil || k.State != directory.Revoked || k.SealedPIN == nil {
				t.Fatalf("the key of the card that nobody can open otherwise: %+v, %v", k, err)
			}
			s.addUser("bob")
			req := mailed()
			req.UserID = "bob"
			who := &person{t: t}
			got, err := s.enroll(card, req, who)
			if err != nil || len(who.asked) != 0 {
				t.Fatalf("enroll it for somebody else: %v, asked %v", err, who.asked)
			}
			if k, err = s.Directory.Key(t.Context(), old.ID); err != nil || k.TemporaryPIN || k.SealedPIN != nil {
				t.Errorf("the old key still keeps its PIN: %+v, %v", k, err)
			}
			if !got.Key.TemporaryPIN || got.Key.SealedPIN == nil {
				t.Errorf("the new key does not keep it: %+v", got.Key)
			}
		})
	}
}

func TestNameIsMadeInTheLanguageInUse(t *testing.T) {
	s := newStation(t)
	for i, want := range []string{"Karte", "Karte 2"} {
		req := pinless()
		req.NameBase = "Karte"
		if got := s.mustEnroll(blank(t, byte(i)), req).Key.Name; got != want {
			t.Errorf("named %q, want %q", got, want)
		}
	}
}

func TestForgottenPINOfACardThatIsNobodys(t *testing.T) {
	s := newStation(t)
	card := blank(t, 1)
	withPIN(s, card, "314159")
	who := holder(t, true)
	if _, err := s.enroll(card, chosen(), who); err != nil {
		t.Fatal(err)
	}
	if len(who.questions) != 1 || who.questions[0].Kind != enroll.ResetCard || who.questions[0].Retries != 8 {
		t.Errorf("asked %+v, want whether to reset it, with 8 attempts left", who.questions)
	}
	s.reader.Remove()
	s.holds(card, s.user, directory.PIN, nextPIN)
}

// TestResetEndsTheKeysThatWereOnTheCard: what a reset destroys is revoked, whosever it was.
func TestResetEndsTheKeysThatWereOnTheCard(t *testing.T) {
	s := newStation(t)
	s.addUser("bob")
	card := blank(t, 1)
	req := chosen()
	req.UserID = "bob"
	bobs := s.mustEnroll(card, req).Key
	who := holder(t, true)
	who.confirm[enroll.ReplaceKey] = true
	if _, err := s.enroll(card, chosen(), who); err != nil {
		t.Fatal(err)
	}
	if is := s.state(bobs.ID); is != directory.Revoked {
		t.Errorf("bob's key is %s, want revoked", is)
	}
	var asked []enroll.QuestionKind
	for _, q := range who.questions {
		asked = append(asked, q.Kind)
		if q.Key.ID != bobs.ID || q.Owner.ID != "bob" {
			t.Errorf("asked %+v, want about bob's key", q)
		}
	}
	if len(asked) != 2 || asked[0] != enroll.ReplaceKey || asked[1] != enroll.ResetCard {
		t.Errorf("asked %v, want whether to replace and to reset", asked)
	}
	s.reader.Remove()
	s.holds(card, s.user, directory.PIN, nextPIN)
}

// TestFullCardIsRefusedInPlaceOfAnother: what is replaced is on another card, and makes no room on this one.
func TestFullCardIsRefusedInPlaceOfAnother(t *testing.T) {
	s := newStation(t)
	old := s.mustEnroll(blank(t, 1), pinless()).Key
	full := newCard(t, virtual.Options{Capacity: 1, UID: []byte{4, 1, 1, 1}})
	s.register(full, "elsewhere.example", []byte("somebody"))
	who := &person{t: t}
	if _, err := s.enroll(full, inPlaceOf(pinless(), old.ID), who); !errors.Is(err, device.ErrKeyFull) {
		t.Errorf("enroll: %v, want ErrKeyFull", err)
	}
	if who.saw(enroll.Register, nil) {
		t.Error("the card was asked to register, want it refused before")
	}
	s.noJournal()
	if is := s.state(old.ID); is != directory.Active {
		t.Errorf("the old key is %s, want active", is)
	}
}
