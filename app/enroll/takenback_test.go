package enroll_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"tapstation/app/directory"
	"tapstation/app/enroll"
)

// TestCredentialOfACardThatInsistsIsTakenBack: its key is withdrawn when the card insists on another PIN already, and the card
// is torn away at every APDU of what follows. The credential is removed, and the card is of use to somebody else.
func TestCredentialOfACardThatInsistsIsTakenBack(t *testing.T) {
	for _, when := range []string{"before", "after"} {
		for n, torn := 1, true; torn; n++ {
			torn = false
			t.Run(fmt.Sprintf("%s APDU %d", when, n), func(t *testing.T) {
				s := newStation(t)
				pending, ticket := s.assign(directory.PIN)
				card := blank(t, 1)
				who := &person{t: t}
				saved := false
				who.progress = func(step enroll.Step) {
					switch {
					case step.Kind == enroll.Save && !saved:
						saved = true
						if _, err := s.tickets.Withdraw(context.WithoutCancel(t.Context()), "os:test", pending.ID); err != nil {
							t.Error(err)
						}
						if when == "before" {
							card.Faults().RemoveBefore(n)
						} else {
							card.Faults().RemoveAfter(n)
						}
					case step.Kind == enroll.WaitAgain:
						torn = true
						go s.reader.Insert(card)
					}
				}
				_, err := s.enroll(card, activate(pending, ticket.ID), who)
				var refused *enroll.RefusedError
				if !errors.Is(err, directory.ErrTicketWithdrawn) || !errors.As(err, &refused) || !refused.Removed || card.Credentials() != 0 {
					t.Fatalf("%v with %d credentials on the card, want it refused and removed", err, card.Credentials())
				}
				s.noJournal()
				s.reader.Remove()
				card.Faults().Clear()
				s.addUser("bob")
				req := mailed()
				req.UserID = "bob"
				who = &person{t: t}
				got, err := s.enroll(card, req, who)
				if err != nil || len(who.asked) != 0 {
					t.Fatalf("enroll the card for somebody else: %v, asked for %+v", err, who.asked)
				}
				s.reader.Remove()
				s.insists(card, s.temporary(got.Key), nextPIN)
			})
		}
	}
}

// TestTakingBackThatIsLostGoesOnInAnotherCeremony: the person gives up while the credential is taken back, or the station
// ends; the card is known all the same, and becomes a key.
func TestTakingBackThatIsLostGoesOnInAnotherCeremony(t *testing.T) {
	for _, chooser := range []directory.PINChooser{directory.UserMail, directory.UserHere} {
		for n, torn := 1, true; torn; n++ {
			torn = false
			t.Run(fmt.Sprintf("%s after APDU %d", chooser, n), func(t *testing.T) {
				s := newStation(t)
				pending, ticket := s.assign(directory.PIN)
				card := blank(t, 1)
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				who := &person{t: t, progress: func(step enroll.Step) {
					switch step.Kind {
					case enroll.Save:
						if _, err := s.tickets.Withdraw(context.WithoutCancel(t.Context()), "os:test", pending.ID); err != nil {
							t.Error(err)
						}
						card.Faults().RemoveAfter(n)
					case enroll.WaitAgain:
						torn = true
						cancel()
					}
				}}
				req := activate(pending, ticket.ID)
				req.PINChooser = chooser
				s.reader.Insert(card)
				_, err := s.Enroll(ctx, req, who)
				if !torn {
					if !errors.Is(err, directory.ErrTicketWithdrawn) {
						t.Error(err)
					}
					return
				}
				s.reader.Remove()
				who = &person{t: t}
				got, err := s.enroll(card, mailed(), who)
				if err != nil || !got.Resumed || len(who.asked) != 0 || who.saw(enroll.WaitAgain, enroll.ErrOtherCard) {
					t.Fatalf("the same card again: %v, resumed %t, asked for %+v, steps %+v", err, got.Resumed, who.asked, who.steps)
				}
				if got.Key.ID == pending.ID || s.state(pending.ID) != directory.Revoked {
					t.Errorf("key %s was made of %s, which is %s", got.Key.ID, pending.ID, s.state(pending.ID))
				}
				s.reader.Remove()
				if chooser == directory.UserMail {
					s.insists(card, s.temporary(got.Key), nextPIN)
				}
			})
		}
	}
}
