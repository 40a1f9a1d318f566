package enroll_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"tapstation/app/directory"
	"tapstation/app/enroll"
)

// mailed fails the test unless the mail about the PIN was queued with the key, exactly once, or none was.
func (s *station) mailed(got enroll.Result, want bool) {
	s.t.Helper()
	mails, tickets := s.mails(directory.PINMail, ""), s.ticketsOf(got.Key.ID, directory.SetPIN, directory.Open)
	if !want {
		if len(mails) != 0 || len(tickets) != 0 || got.Mail.ID != "" {
			s.t.Errorf("there are %d mails about the PIN and %d tickets, want none (result %+v)", len(mails), len(tickets), got.Mail)
		}
		return
	}
	if len(mails) != 1 || mails[0].State != directory.Queued || mails[0].KeyID != got.Key.ID || mails[0].To != "ada@example.org" {
		s.t.Fatalf("the mails about the PIN are %+v, want one, about the key, to its user", mails)
	}
	if len(tickets) != 1 || tickets[0].ID != mails[0].TicketID {
		s.t.Errorf("the tickets to choose the PIN are %+v, want that of the mail", tickets)
	}
	if got.Mail.ID != mails[0].ID {
		s.t.Errorf("the result tells of mail %+v, want the one that is queued", got.Mail)
	}
}

func TestMailAboutThePINIsQueuedWithTheKeyOrNeitherIs(t *testing.T) {
	s := newStation(t)
	card := blank(t, 1)
	s.PINMail = unwilling{}
	_, err := s.enroll(card, mailed(), &person{t: t})
	if !errors.Is(err, errNoInk) {
		t.Fatalf("the mail cannot be queued: %v, want its error", err)
	}
	if _, keys, err := s.Directory.User(t.Context(), "ada"); err != nil || len(keys) != 0 {
		t.Errorf("ada's keys are %+v (%v), want none", keys, err)
	}
	s.PINMail = s.tickets
	s.reader.Remove()
	got, err := s.enroll(card, mailed(), &person{t: t})
	if err != nil || !got.Resumed {
		t.Fatalf("once it can: %v, resumed %t, want the same ceremony to come to its end", err, got.Resumed)
	}
	s.mailed(got, true)
	s.reader.Remove()
	s.insists(card, s.temporary(got.Key), chosenPIN)
}

var errNoInk = errors.New("no ink")

type unwilling struct{}

func (unwilling) QueuePINMail(directory.Tx, time.Time, string, directory.Workspace, directory.User, directory.SecurityKey) error {
	return errNoInk
}

// TestPINIsChosenHereWhereNothingCanBeMailed: the default is by mail.
func TestPINIsChosenHereWhereNothingCanBeMailed(t *testing.T) {
	for name, spoil := range map[string]func(*station){
		"no server":  func(s *station) { s.changeWorkspace(func(w *directory.Workspace) { w.Mail.Host = "" }) },
		"no pages":   func(s *station) { s.changeWorkspace(func(w *directory.Workspace) { w.Portal.URL = "" }) },
		"no address": func(s *station) { s.user.Email = ""; s.putUser(s.user) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStation(t)
			spoil(s)
			who := &person{t: t}
			got, err := s.enroll(blank(t, 1), mailed(), who)
			if err != nil || got.Key.TemporaryPIN || len(who.asked) != 1 || who.asked[0].Purpose != enroll.ChoosePIN {
				t.Errorf("asked for %+v, the PIN is temporary: %t (%v); want it chosen here", who.asked, got.Key.TemporaryPIN, err)
			}
			s.mailed(got, false)
		})
	}
}

func (s *station) putUser(u directory.User) {
	s.t.Helper()
	if err := s.Directory.Store.Update(context.WithoutCancel(s.t.Context()), func(tx directory.Tx) error { return tx.PutUser(u) }); err != nil {
		s.t.Fatal(err)
	}
}
