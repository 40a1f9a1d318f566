package enroll_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"tapstation/app/activation"
	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/app/enroll"
)

// assign gives ada a key that waits for its card, and returns its ticket too.
func (s *station) assign(v directory.Verification) (directory.SecurityKey, directory.Ticket) {
	s.t.Helper()
	k, err := s.tickets.Assign(s.t.Context(), activation.Assignment{
		UserID: "ada", KeyName: "By mail", Kind: directory.Card, Verification: v, OfflineLogin: true, Actor: "os:test",
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return k, s.waiting(k.ID).Ticket
}

func (s *station) waiting(keyID string) activation.Waiting {
	s.t.Helper()
	w, err := s.tickets.Waiting(s.t.Context(), keyID)
	if err != nil {
		s.t.Fatal(err)
	}
	return w
}

func (s *station) key(id string) directory.SecurityKey {
	s.t.Helper()
	k, err := s.Directory.Key(context.WithoutCancel(s.t.Context()), id)
	if err != nil {
		s.t.Fatal(err)
	}
	return k
}

// mails are all messages of a kind and a state.
func (s *station) mails(kind directory.MessageKind, state directory.MessageState) (found []directory.Message) {
	s.t.Helper()
	err := s.Directory.Store.View(s.t.Context(), func(tx directory.Tx) error {
		page, err := tx.Messages(directory.MessageQuery{State: state, Limit: 1000})
		found = slices.DeleteFunc(page.Messages, func(m directory.Message) bool { return m.Kind != kind })
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return found
}

// ticketsOf are all tickets about a key.
func (s *station) ticketsOf(keyID string, purpose directory.Purpose, state directory.TicketState) (found []directory.Ticket) {
	s.t.Helper()
	err := s.Directory.Store.View(s.t.Context(), func(tx directory.Tx) (err error) {
		found, err = tx.Tickets(directory.TicketQuery{KeyID: keyID, Purpose: purpose, State: state, Limit: 1000})
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return found
}

// activate is an enrollment for a pending key by its ticket; everything that is kept is asked for otherwise.
func activate(k directory.SecurityKey, ticketID string) enroll.Request {
	other := map[directory.Verification]directory.Verification{directory.PIN: directory.PINless, directory.PINless: directory.PIN}
	return enroll.Request{
		UserID: "ada", KeyID: k.ID, TicketID: ticketID, KeyName: "Another name", Verification: other[k.Verification],
		PINChooser: directory.UserMail, Actor: directory.UserActor + "ada",
	}
}

func TestPendingKeyBecomesActive(t *testing.T) {
	for _, test := range []struct {
		name         string
		verification directory.Verification
		change       func(*enroll.Request)
		ticket       directory.TicketState
	}{
		{"by its user, PINless", directory.PINless, func(*enroll.Request) {}, directory.Redeemed},
		{"by its user, PIN", directory.PIN, func(*enroll.Request) {}, directory.Redeemed},
		{"by its user, who chooses the PIN here", directory.PIN, func(r *enroll.Request) { r.PINChooser = directory.UserHere }, directory.Redeemed},
		{"by a ticket at the desk", directory.PIN, func(r *enroll.Request) { r.Actor = "admin:nobody" }, directory.Redeemed},
		{"by right, without its ticket", directory.PIN, func(r *enroll.Request) { r.TicketID, r.Actor = "", "os:test" }, directory.Withdrawn},
		{"its user is not named", directory.PINless, func(r *enroll.Request) { r.UserID = "" }, directory.Redeemed},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newStation(t)
			pending, ticket := s.assign(test.verification)
			card := blank(t, 1)
			req := activate(pending, ticket.ID)
			test.change(&req)
			who := &person{t: t}
			got, err := s.enroll(card, req, who)
			if err != nil {
				t.Fatal(err)
			}
			k := got.Key
			if k.ID != pending.ID || k.Name != "By mail" || k.Verification != test.verification || !k.OfflineLogin || !k.Created.Equal(pending.Created) ||
				k.State != directory.Active || k.Activated.IsZero() {
				t.Errorf("the key is %+v, want the one that was assigned, active", k)
			}
			if t := s.ticketsOf(pending.ID, directory.Activate, ""); len(t) != 1 || t[0].State != test.ticket {
				s.t.Errorf("the tickets to activate it are %+v, want one, %s", t, test.ticket)
			}
			if left := s.mails(directory.ActivationMail, directory.Queued); len(left) != 0 {
				t.Errorf("%d activation mails would still leave", len(left))
			}
			s.reader.Remove()
			temporary := test.verification == directory.PIN && req.PINChooser == directory.UserMail
			s.mailed(got, temporary)
			switch {
			case temporary:
				if len(who.asked) != 0 {
					t.Error("a PIN was asked for that is chosen by mail")
				}
				s.insists(card, s.temporary(k), chosenPIN)
				s.holds(card, s.user, directory.PIN, chosenPIN)
			case test.verification == directory.PIN:
				s.holds(card, s.user, directory.PIN, chosenPIN)
			default:
				s.holds(card, s.user, directory.PINless, "")
			}
			var act audit.Entry
			log, err := s.Directory.Audit(t.Context(), "os:test", directory.AuditQuery{})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range log {
				if e.Act == audit.KeyActivated {
					act = e
				}
			}
			if act.Actor != req.Actor || act.Key != pending.ID || act.User != "ada" {
				t.Errorf("on record is %+v, want the key activated by %s", act, req.Actor)
			}
			if _, err := s.enroll(blank(t, 2), req, who); !errors.Is(err, directory.ErrTicketUsed) && !errors.Is(err, directory.ErrState) {
				t.Errorf("a second time: %v, want ErrTicketUsed or ErrState", err)
			}
		})
	}
}

func TestPendingKeyIsRefused(t *testing.T) {
	s := newStation(t)
	bob := s.addUser("bob")
	pending, ticket := s.assign(directory.PIN)
	other, others := s.assign(directory.PINless)
	phone, err := s.tickets.Assign(t.Context(), activation.Assignment{UserID: "ada", KeyName: "Phone", Kind: directory.Smartphone,
		Verification: directory.PIN, Actor: "os:test"})
	if err != nil {
		t.Fatal(err)
	}
	withdrawn, dead := s.assign(directory.PIN)
	if _, err := s.tickets.Withdraw(t.Context(), "os:test", withdrawn.ID); err != nil {
		t.Fatal(err)
	}
	active := s.mustEnroll(blank(t, 1), mailed())
	setPIN := s.waiting(active.Key.ID).Ticket
	for _, test := range []struct {
		name   string
		change func(*enroll.Request)
		want   error
	}{
		{"by a user without a ticket", func(r *enroll.Request) { r.TicketID = "" }, directory.ErrForbidden},
		{"by another user", func(r *enroll.Request) { r.Actor = directory.UserActor + bob.ID }, directory.ErrForbidden},
		{"with the ticket of another key", func(r *enroll.Request) { r.TicketID = others.ID }, directory.ErrTicket},
		{"another key with the ticket", func(r *enroll.Request) { r.KeyID = other.ID }, directory.ErrTicket},
		{"a new key with the ticket", func(r *enroll.Request) { r.KeyID = "" }, directory.ErrTicket},
		{"for another user", func(r *enroll.Request) { r.UserID, r.Actor = bob.ID, "os:test" }, directory.ErrTicket},
		{"for another user, by right", func(r *enroll.Request) { r.UserID, r.TicketID, r.Actor = bob.ID, "", "os:test" }, directory.ErrNotFound},
		{"with a ticket for its PIN", func(r *enroll.Request) { r.KeyID, r.TicketID = active.Key.ID, setPIN.ID }, directory.ErrTicket},
		{"with a ticket that is none", func(r *enroll.Request) { r.TicketID = "none" }, directory.ErrNotFound},
		{"withdrawn", func(r *enroll.Request) { r.KeyID, r.TicketID = withdrawn.ID, dead.ID }, directory.ErrTicketWithdrawn},
		{"withdrawn, by right", func(r *enroll.Request) { r.KeyID, r.TicketID, r.Actor = withdrawn.ID, "", "os:test" }, directory.ErrState},
		{"active, by right", func(r *enroll.Request) { r.KeyID, r.TicketID, r.Actor = active.Key.ID, "", "os:test" }, directory.ErrState},
		{"no card", func(r *enroll.Request) { r.KeyID, r.TicketID, r.Actor = phone.ID, "", "os:test" }, enroll.ErrNotACard},
		{"no key", func(r *enroll.Request) { r.KeyID, r.TicketID, r.Actor = "none", "", "os:test" }, directory.ErrNotFound},
		{"nobody acts", func(r *enroll.Request) { r.Actor = "" }, nil},
		{"too late", func(*enroll.Request) {
			s.Directory.Now = func() time.Time { return time.Now().AddDate(1, 0, 0) }
		}, directory.ErrTicketExpired},
	} {
		req := activate(pending, ticket.ID)
		test.change(&req)
		_, err := s.enroll(blank(t, 2), req, &person{t: t})
		if err == nil || test.want != nil && !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
	}
	s.Directory.Now = nil
	s.noJournal()
	if is := s.state(pending.ID); is != directory.Pending {
		t.Errorf("the key is %s, want it still pending", is)
	}
	s.user.Disabled = true
	s.putUser(s.user)
	if _, err := s.enroll(blank(t, 2), activate(pending, ticket.ID), &person{t: t}); !errors.Is(err, directory.ErrTicketWithdrawn) {
		t.Errorf("of a disabled user: %v, want ErrTicketWithdrawn", err)
	}
}

// TestPINlessKeyThatWaitedBecomesOneWithPINWhereTheWorkspaceTakesNoOther as it does behind its link.
func TestPINlessKeyThatWaitedBecomesOneWithPINWhereTheWorkspaceTakesNoOther(t *testing.T) {
	s := newStation(t)
	pending, ticket := s.assign(directory.PINless)
	s.changeWorkspace(func(w *directory.Workspace) { w.RequirePIN = true })
	got, err := s.enroll(blank(t, 1), activate(pending, ticket.ID), &person{t: t})
	if err != nil || got.Key.Verification != directory.PIN {
		t.Errorf("the key is %s (%v), want it verified by PIN", got.Key.Verification, err)
	}
}

// TestKeyTakenBackMidwayGetsNoCard: what happens to a pending key while its card is enrolled counts, at whatever step.
func TestKeyTakenBackMidwayGetsNoCard(t *testing.T) {
	withdraw := func(s *station, k directory.SecurityKey) {
		if _, err := s.tickets.Withdraw(context.WithoutCancel(s.t.Context()), "os:test", k.ID); err != nil {
			s.t.Error(err)
		}
	}
	elsewhere := func(s *station, k directory.SecurityKey) {
		made := activation.Made{Credential: directory.Credential{ID: []byte("browser's"), PublicKey: []byte{1}}}
		if _, err := s.tickets.Activate(context.WithoutCancel(s.t.Context()), s.waiting(k.ID).Ticket.ID, made); err != nil {
			s.t.Error(err)
		}
	}
	pinless := func(s *station, k directory.SecurityKey) {
		settings := directory.KeySettings{Verification: directory.PINless}
		if _, err := s.Directory.ChangeKeySettings(context.WithoutCancel(s.t.Context()), "os:test", k.ID, settings); err != nil {
			s.t.Error(err)
		}
	}
	for _, test := range []struct {
		name    string
		happens func(*station, directory.SecurityKey)
		byRight bool
		want    error
	}{
		{"withdrawn", withdraw, false, directory.ErrTicketWithdrawn},
		{"withdrawn, enrolled by right", withdraw, true, directory.ErrState},
		{"made active behind its link", elsewhere, false, directory.ErrTicketUsed},
		{"made active behind its link, enrolled by right", elsewhere, true, directory.ErrState},
		{"made PINless", pinless, false, enroll.ErrKeyChanged},
	} {
		for step, late := range map[enroll.StepKind]bool{enroll.SetPIN: false, enroll.Register: false, enroll.Prove: true, enroll.Save: true} {
			for _, chooser := range []directory.PINChooser{directory.UserHere, directory.UserMail} {
				t.Run(test.name+" at "+string(step)+" "+string(chooser), func(t *testing.T) {
					s := newStation(t)
					pending, ticket := s.assign(directory.PIN)
					card := blank(t, 1)
					req := activate(pending, ticket.ID)
					req.PINChooser = chooser
					if test.byRight {
						req.TicketID, req.Actor = "", "os:test"
					}
					was := pending
					_, err := s.enroll(card, req, &person{t: t, progress: func(now enroll.Step) {
						if now.Kind == step && was.State == directory.Pending && was.Verification == directory.PIN {
							test.happens(s, pending)
							was = s.key(pending.ID)
						}
					}})
					early := !late && !test.byRight && !errors.Is(test.want, enroll.ErrKeyChanged)
					var refused *enroll.RefusedError
					if !errors.Is(err, test.want) || errors.As(err, &refused) == early {
						t.Fatalf("%v, want %v, taken back off the card: %t", err, test.want, !early)
					}
					if refused != nil && !refused.Removed {
						t.Errorf("the credential was not removed from the card: %v", err)
					}
					if n := card.Credentials(); n != 0 {
						t.Errorf("the card holds %d credentials, want none", n)
					}
					if now := s.key(pending.ID); now.State != was.State || string(now.Credential.ID) != string(was.Credential.ID) || now.Mark.UID != nil || now.TemporaryPIN {
						t.Errorf("the key is %+v, want it as it was left: %+v", now, was)
					}
					s.mailed(enroll.Result{Key: pending}, false)
					s.noJournal()

					// The card is of use to somebody else, with whatever PIN it has got.
					s.reader.Remove()
					s.addUser("bob")
					next := mailed()
					next.UserID = "bob"
					who := &person{t: t}
					got, err := s.enroll(card, next, who)
					if err != nil {
						t.Fatalf("enroll the card for somebody else: %v", err)
					}
					if chooser == directory.UserMail && len(who.asked) != 0 {
						t.Error("a PIN was asked for that only the station knows")
					}
					if got.Key.ID == pending.ID {
						t.Error("the key of somebody else has the ID of the one that was taken back")
					}
				})
			}
		}
	}
}

// TestLostActivationLeavesTheKeyPending: the card is lost, and the user gets another key at the desk, or the same one.
func TestLostActivationLeavesTheKeyPending(t *testing.T) {
	for _, again := range []bool{false, true} {
		s := newStation(t)
		pending, ticket := s.assign(directory.PIN)
		card := blank(t, 1)
		card.Faults().RemoveAfter(9)
		ctx, cancel := context.WithCancel(t.Context())
		s.reader.Insert(card)
		if _, err := s.Enroll(ctx, activate(pending, ticket.ID), &person{t: t, progress: func(step enroll.Step) {
			if step.Kind == enroll.WaitAgain {
				cancel()
			}
		}}); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if !s.begun() || s.state(pending.ID) != directory.Pending {
			t.Fatalf("begun: %t, the key is %s; want it begun and pending", s.begun(), s.state(pending.ID))
		}
		req := mailed()
		if again {
			req = activate(pending, ticket.ID)
		}
		got, err := s.enroll(card, req, &person{t: t})
		if err != nil || !got.Resumed {
			t.Fatalf("with the same card: %v, resumed %t", err, got.Resumed)
		}
		if (got.Key.ID == pending.ID) != again || (s.state(pending.ID) == directory.Active) != again {
			t.Errorf("for that key %t: key %s was made of %s, which is %s", again, got.Key.ID, pending.ID, s.state(pending.ID))
		}
		s.mailed(got, true)
	}
}

// TestGivingUpAnActivationKeepsTheKeyAndThePIN that only the station knows.
func TestGivingUpAnActivationKeepsTheKeyAndThePIN(t *testing.T) {
	s := newStation(t)
	pending, ticket := s.assign(directory.PIN)
	card, next := blank(t, 1), blank(t, 2)
	card.Faults().RemoveBefore(6) // between setPIN and makeCredential
	ctx, cancel := context.WithCancel(t.Context())
	s.reader.Insert(card)
	if _, err := s.Enroll(ctx, activate(pending, ticket.ID), &person{t: t, progress: func(step enroll.Step) {
		if step.Kind == enroll.WaitAgain {
			cancel()
		}
	}}); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if err := s.GiveUp(t.Context(), "ada", "os:test"); err != nil {
		t.Fatal(err)
	}
	if now := s.key(pending.ID); now.State != directory.Pending || now.TemporaryPIN {
		t.Fatalf("the key is %+v, want it pending as before", now)
	}
	if got := s.mustEnroll(next, activate(pending, ticket.ID)); got.Resumed || got.Key.ID != pending.ID {
		t.Errorf("with another card: %+v, want the key that waited", got)
	}
	s.addUser("bob")
	req := mailed()
	req.UserID = "bob"
	who := &person{t: t}
	if _, err := s.enroll(card, req, who); err != nil || len(who.asked) != 0 {
		t.Errorf("the card given up, back later: %v, asked %+v; want it enrolled with the PIN the station kept", err, who.asked)
	}
}

// TestTicketIsNoLeaveForOtherKeys: a card that is a key already is not replaced by whoever has a link.
func TestTicketIsNoLeaveForOtherKeys(t *testing.T) {
	for _, owner := range []string{"ada", "bob"} {
		s := newStation(t)
		s.addUser("bob")
		card := blank(t, 1)
		req := request(directory.PINless)
		req.UserID = owner
		old := s.mustEnroll(card, req).Key
		pending, ticket := s.assign(directory.PINless)
		card.Reset()
		who := &person{t: t, confirm: map[enroll.QuestionKind]bool{enroll.ReplaceKey: true}}
		_, err := s.enroll(card, activate(pending, ticket.ID), who)
		var owned *enroll.AlreadyEnrolledError
		if !errors.As(err, &owned) || owned.Key.ID != old.ID || owned.Owner.ID != owner {
			t.Errorf("%s's card: %v, want it to be told whose it is", owner, err)
		}
		if len(who.questions) != 0 || s.state(old.ID) != directory.Active || s.state(pending.ID) != directory.Pending {
			t.Errorf("asked %+v; the old key is %s, the pending one %s", who.questions, s.state(old.ID), s.state(pending.ID))
		}
		s.noJournal()
	}
}

// TestPendingKeysCostNoAPDU: they are on no card, so no card has to be asked whether it is theirs.
func TestPendingKeysCostNoAPDU(t *testing.T) {
	for v, want := range map[directory.Verification]int{directory.PINless: 4, directory.PIN: 9} { // design.md, Budgets
		s := newStation(t)
		s.assign(v)
		withdrawn, _ := s.assign(v)
		if _, err := s.tickets.Withdraw(t.Context(), "os:test", withdrawn.ID); err != nil {
			t.Fatal(err)
		}
		got, err := s.enroll(blank(t, 1), request(v), &person{t: t})
		if err != nil || got.Cost.APDUs != want {
			t.Errorf("%s: %d APDUs (%v), budget %d", v, got.Cost.APDUs, err, want)
		}
		pending, ticket := s.assign(v)
		req := activate(pending, ticket.ID)
		req.PINChooser = directory.UserHere
		s.reader.Remove()
		if got, err = s.enroll(blank(t, 2), req, &person{t: t}); err != nil || got.Cost.APDUs != want {
			t.Errorf("%s, for a pending key: %d APDUs (%v), budget %d", v, got.Cost.APDUs, err, want)
		}
	}
}

// TestReplacedKeyTakesItsTicketsAlong: nothing that was mailed about it opens anything any more.
func TestReplacedKeyTakesItsTicketsAlong(t *testing.T) {
	s := newStation(t)
	old := s.mustEnroll(blank(t, 1), mailed()).Key
	pending, _ := s.assign(directory.PIN)
	got := s.mustEnroll(blank(t, 2), inPlaceOf(chosen(), old.ID, pending.ID)).Key
	for _, id := range []string{old.ID, pending.ID} {
		if open := s.ticketsOf(id, "", directory.Open); len(open) != 0 || s.state(id) != directory.Revoked {
			t.Errorf("key %s, replaced by %s, is %s with %d open tickets", id, got.ID, s.state(id), len(open))
		}
	}
	if left := slices.Concat(s.mails(directory.PINMail, directory.Queued), s.mails(directory.ActivationMail, directory.Queued)); len(left) != 0 {
		t.Errorf("%d mails would still leave", len(left))
	}
}
