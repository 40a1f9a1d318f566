package enroll_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/app/enroll"
	"tapstation/device/virtual"
)

// byTicket is the setting of a PIN by who holds the ticket for it.
func byTicket(keyID, ticketID string) enroll.PINChange {
	return enroll.PINChange{KeyID: keyID, TicketID: ticketID, Actor: directory.UserActor + "ada"}
}

// mailedKey is ada's key on card, with a temporary PIN, and the ticket that was mailed to choose another.
func (s *station) mailedKey(card *virtual.Card) (directory.SecurityKey, directory.Ticket) {
	s.t.Helper()
	got, err := s.enroll(card, mailed(), &person{t: s.t, progress: func(step enroll.Step) {
		if step.Kind == enroll.WaitAgain { // a card that is strict about presence
			go func() { s.reader.Remove(); s.reader.Insert(card) }()
		}
	}})
	if err != nil {
		s.t.Fatal(err)
	}
	s.reader.Remove()
	return got.Key, s.waiting(got.Key.ID).Ticket
}

func (s *station) setPIN(card *virtual.Card, req enroll.PINChange, who *person) (directory.SecurityKey, error) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 10*time.Second)
	defer cancel()
	s.reader.Remove()
	s.reader.Insert(card)
	return s.ChangePIN(ctx, req, who)
}

// redeemed fails the test unless the ticket was used, nothing about it is still to be mailed, and that is on record.
func (s *station) redeemed(key directory.SecurityKey, ticket directory.Ticket) {
	s.t.Helper()
	if t := s.ticketsOf(key.ID, directory.SetPIN, ""); len(t) != 1 || t[0].ID != ticket.ID || t[0].State != directory.Redeemed {
		s.t.Errorf("the tickets to choose the PIN are %+v, want the one, redeemed", t)
	}
	if left := s.mails(directory.PINMail, directory.Queued); len(left) != 0 {
		s.t.Errorf("%d mails about the PIN would still leave", len(left))
	}
	page, err := s.Directory.Activities(s.t.Context(), "os:test", directory.ActivityQuery{Act: audit.PINChanged})
	if err != nil || len(page.Entries) != 1 || page.Entries[0].Actor != directory.UserActor+"ada" || page.Entries[0].Key != key.ID {
		s.t.Errorf("on record is %+v (%v), want the PIN changed by its user, once", page.Entries, err)
	}
}

func TestPINIsSetByTicket(t *testing.T) {
	for _, test := range temporaries {
		t.Run(test.name, func(t *testing.T) {
			s := newStation(t)
			if !test.nameless {
				test.options.UID = []byte{4, 1, 2, 3, 4, 5, 1}
			}
			card := newCard(t, test.options)
			key, ticket := s.mailedKey(card)
			who := holder(t, false)
			now, err := s.setPIN(card, byTicket(key.ID, ticket.ID), who)
			if err != nil || now.ID != key.ID || now.TemporaryPIN {
				t.Fatalf("set it: %+v, %v", now, err)
			}
			if len(who.asked) != 1 || who.asked[0].Purpose != enroll.NewPIN || len(who.questions) != 0 {
				t.Errorf("asked for %+v and %+v, want the new PIN only", who.asked, who.questions)
			}
			s.settled(card, key, false)
			s.redeemed(key, ticket)
			if _, err := s.setPIN(card, byTicket(key.ID, ticket.ID), who); !errors.Is(err, directory.ErrTicketUsed) {
				t.Errorf("a second time: %v, want ErrTicketUsed", err)
			}
		})
	}
}

// TestRemovedCardOfAPINSetByTicketGoesOn tears the card away before and after every APDU, and lays another one in its place.
func TestRemovedCardOfAPINSetByTicketGoesOn(t *testing.T) {
	for _, test := range temporaries {
		if test.options.StrictPresence || test.options.RandomUID {
			continue
		}
		t.Run(test.name, func(t *testing.T) {
			for _, when := range []string{"before", "after"} {
				for n, torn := 1, true; torn; n++ {
					torn = false
					t.Run(fmt.Sprintf("%s APDU %d", when, n), func(t *testing.T) {
						s := newStation(t)
						o := test.options
						var other *virtual.Card
						if !test.nameless {
							o.UID = []byte{4, 1, 2, 3, 4, 5, 2}
							other = newCard(t, o)
							o.UID = []byte{4, 1, 2, 3, 4, 5, 1}
						}
						card := newCard(t, o)
						key, ticket := s.mailedKey(card)
						if when == "before" {
							card.Faults().RemoveBefore(n)
						} else {
							card.Faults().RemoveAfter(n)
						}
						who := holder(t, false)
						refused := false
						who.progress = func(step enroll.Step) {
							switch {
							case step.Kind != enroll.WaitAgain:
							case errors.Is(step.Problem, enroll.ErrOtherCard):
								refused = true
								go s.reader.Insert(card)
							case test.nameless:
								torn = true
								go s.reader.Insert(card)
							default:
								torn = true
								go s.reader.Insert(other)
							}
						}
						if _, err := s.setPIN(card, byTicket(key.ID, ticket.ID), who); err != nil {
							t.Fatalf("presented again, its PIN is not set: %v\nsteps: %+v", err, who.steps)
						}
						if torn && !test.nameless && !refused {
							t.Error("another card in its place was not refused")
						}
						if len(who.asked) != 1 {
							t.Errorf("asked for %+v, want the new PIN once", who.asked)
						}
						s.settled(card, key, false)
						s.redeemed(key, ticket)
					})
				}
			}
		})
	}
}

// TestTemporaryPINChangedElsewhereIsToldAndTheCardsIsAskedFor: the user has changed it on their own computer.
func TestTemporaryPINChangedElsewhereIsToldAndTheCardsIsAskedFor(t *testing.T) {
	for _, test := range temporaries {
		if test.options.StrictPresence {
			continue
		}
		t.Run(test.name, func(t *testing.T) {
			s := newStation(t)
			if !test.nameless {
				test.options.UID = []byte{4, 1, 2, 3, 4, 5, 1}
			}
			card := newCard(t, test.options)
			key, ticket := s.mailedKey(card)
			c := s.session(card)
			if err := c.ChangePIN(t.Context(), s.temporary(key), chosenPIN); err != nil {
				t.Fatal(err)
			}
			c.Close()
			who := holder(t, false)
			if _, err := s.setPIN(card, byTicket(key.ID, ticket.ID), who); err != nil {
				t.Fatal(err)
			}
			if len(who.asked) != 2 || who.asked[0].Purpose != enroll.CardPIN || !errors.Is(who.asked[0].Refused, enroll.ErrChangedElsewhere) ||
				who.asked[0].Retries != 7 || who.asked[1].Purpose != enroll.NewPIN {
				t.Errorf("asked for %+v, want the card's PIN, told that it was changed elsewhere, then a new one", who.asked)
			}
			s.settled(card, key, false)
			s.redeemed(key, ticket)
		})
	}
}

func TestPINSetByTicketIsRefused(t *testing.T) {
	s := newStation(t)
	bob := s.addUser("bob")
	card := blank(t, 1)
	key, ticket := s.mailedKey(card)
	other := s.mustEnroll(blank(t, 2), mailed()).Key
	others := s.waiting(other.ID).Ticket
	pending, activation := s.assign(directory.PIN)
	for _, test := range []struct {
		name   string
		change func(*enroll.PINChange)
		want   error
	}{
		{"by a user without a ticket", func(r *enroll.PINChange) { r.TicketID = "" }, directory.ErrForbidden},
		{"by another user", func(r *enroll.PINChange) { r.Actor = directory.UserActor + bob.ID }, directory.ErrForbidden},
		{"with the ticket of another key", func(r *enroll.PINChange) { r.TicketID = others.ID }, directory.ErrTicket},
		{"of another key", func(r *enroll.PINChange) { r.KeyID = other.ID }, directory.ErrTicket},
		{"with a ticket to activate", func(r *enroll.PINChange) { r.KeyID, r.TicketID = pending.ID, activation.ID }, directory.ErrTicket},
		{"with a ticket that is none", func(r *enroll.PINChange) { r.TicketID = "none" }, directory.ErrNotFound},
		{"too late", func(*enroll.PINChange) {
			s.Directory.Now = func() time.Time { return time.Now().AddDate(1, 0, 0) }
		}, directory.ErrTicketExpired},
	} {
		req := byTicket(key.ID, ticket.ID)
		test.change(&req)
		if _, err := s.setPIN(card, req, holder(t, false)); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
	}
	s.Directory.Now = nil
	if now := s.key(key.ID); !now.TemporaryPIN || now.NextPIN != nil {
		t.Errorf("the key is %+v, want it as it was", now)
	}
	if _, err := s.Directory.RevokeKey(t.Context(), "os:test", key.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.setPIN(card, byTicket(key.ID, ticket.ID), holder(t, false)); !errors.Is(err, directory.ErrTicketWithdrawn) {
		t.Errorf("of a revoked key: %v, want ErrTicketWithdrawn", err)
	}
}

// TestTicketWithdrawnMidway: before the card has the new PIN it counts; afterwards the card has it, whatever became of the
// ticket.
func TestTicketWithdrawnMidway(t *testing.T) {
	for step, late := range map[enroll.StepKind]bool{enroll.Inspect: false, enroll.SetPIN: false, enroll.Save: true} {
		s := newStation(t)
		card := blank(t, 1)
		key, ticket := s.mailedKey(card)
		who := holder(t, false)
		who.progress = func(now enroll.Step) {
			if now.Kind != step {
				return
			}
			if err := s.Directory.Store.Update(context.WithoutCancel(t.Context()), func(tx directory.Tx) error {
				return directory.CloseTickets(tx, time.Now(), key.ID, directory.SetPIN)
			}); err != nil {
				t.Error(err)
			}
		}
		_, err := s.setPIN(card, byTicket(key.ID, ticket.ID), who)
		if late {
			if err != nil {
				t.Errorf("withdrawn at %s: %v, want the change kept", step, err)
			}
			s.settled(card, key, false)
			continue
		}
		if !errors.Is(err, directory.ErrTicketWithdrawn) {
			t.Errorf("withdrawn at %s: %v, want ErrTicketWithdrawn", step, err)
		}
		if now := s.key(key.ID); now.NextPIN != nil {
			t.Errorf("withdrawn at %s: a PIN the card has not got is kept", step)
		}
		s.opens(card, key, true)
	}
}

// TestTicketThatIsGoneByThen: the card has the PIN, and nobody remembers the ticket any more.
func TestTicketThatIsGoneByThen(t *testing.T) {
	s := newStation(t)
	card := blank(t, 1)
	key, ticket := s.mailedKey(card)
	who := holder(t, false)
	who.progress = func(now enroll.Step) {
		if now.Kind != enroll.Save {
			return
		}
		err := s.Directory.Store.Update(context.WithoutCancel(t.Context()), func(tx directory.Tx) error { return tx.DeleteTicket(ticket.ID) })
		if err != nil {
			t.Error(err)
		}
	}
	if _, err := s.setPIN(card, byTicket(key.ID, ticket.ID), who); err != nil {
		t.Errorf("%v, want the change kept", err)
	}
	s.settled(card, key, false)
}

// TestTicketForThePINIsNoLeaveToEnrollAnew: nor to reset the card, which only whoever has the right may agree to.
func TestTicketForThePINIsNoLeaveToEnrollAnew(t *testing.T) {
	for name, spoil := range map[string]func(*station, *virtual.Card, directory.SecurityKey) (forgotten bool){
		"forgotten": func(s *station, card *virtual.Card, key directory.SecurityKey) bool {
			c := s.session(card)
			defer c.Close()
			if err := c.ChangePIN(s.t.Context(), s.temporary(key), "55555555"); err != nil {
				s.t.Fatal(err)
			}
			return true
		},
		"blocked": func(s *station, card *virtual.Card, _ directory.SecurityKey) bool {
			s.spend(card, 8)
			return false
		},
		"reset elsewhere": func(s *station, card *virtual.Card, _ directory.SecurityKey) bool {
			c := s.session(card)
			defer c.Close()
			if err := c.Reset(s.t.Context()); err != nil {
				s.t.Fatal(err)
			}
			return false
		},
	} {
		for _, actor := range []string{directory.UserActor + "ada", "os:test"} {
			t.Run(name+" by "+actor, func(t *testing.T) {
				s := newStation(t)
				card := blank(t, 1)
				key, ticket := s.mailedKey(card)
				forgotten := spoil(s, card, key)
				held := card.Credentials()
				req := byTicket(key.ID, ticket.ID)
				req.Actor = actor
				who := holder(t, forgotten)
				now, err := s.setPIN(card, req, who)
				if actor == "os:test" {
					if err != nil || now.ID == key.ID || s.state(key.ID) != directory.Revoked {
						t.Fatalf("by who has the right: key %s of %s, %v; want the card enrolled anew", now.ID, key.ID, err)
					}
					if open := s.ticketsOf(key.ID, "", directory.Open); len(open) != 0 {
						t.Errorf("%d tickets of the key before are open", len(open))
					}
					s.settled(card, key, true)
					return
				}
				if !errors.Is(err, enroll.ErrAnew) {
					t.Errorf("%v, want ErrAnew", err)
				}
				if len(who.questions) != 0 && who.questions[0].Kind == enroll.ResetCard || card.Credentials() != held || s.state(key.ID) != directory.Active {
					t.Errorf("asked %+v; the card holds %d credentials, the key is %s: want all as it was", who.questions, card.Credentials(), s.state(key.ID))
				}
				s.noJournal()
			})
		}
	}
}

// TestPINChangedByRightClosesItsTickets: the mail about a PIN that is no more temporary is pointless.
func TestPINChangedByRightClosesItsTickets(t *testing.T) {
	s := newStation(t)
	card := blank(t, 1)
	key, ticket := s.mailedKey(card)
	if _, err := s.changePIN(card, key.ID, holder(t, false)); err != nil {
		t.Fatal(err)
	}
	if is := s.ticketsOf(key.ID, directory.SetPIN, directory.Withdrawn); len(is) != 1 || is[0].ID != ticket.ID {
		t.Errorf("withdrawn tickets are %+v, want the one that was mailed", is)
	}
	if left := s.mails(directory.PINMail, directory.Queued); len(left) != 0 {
		t.Errorf("%d mails about the PIN would still leave", len(left))
	}
}
