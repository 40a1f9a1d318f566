package login_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"tapstation/app/directory"
	"tapstation/app/login"
	"tapstation/device/virtual"
	"tapstation/storage/offline"
)

// terms sets the workspace's rules.
func (s *station) terms(change func(*directory.Workspace)) {
	s.t.Helper()
	w, err := s.Directory.Workspace(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	change(&w)
	if err := s.Directory.SetWorkspace(s.t.Context(), "os:test", w); err != nil {
		s.t.Fatal(err)
	}
}

// offline is a log-in that does not ask the directory.
func (s *station) offline(card *virtual.Card) error {
	s.t.Helper()
	s.tap(card)
	_, _, err := s.proveWith(login.Request{UserID: "ada", Offline: true}, rightPIN)
	return err
}

func TestOfflineLoginsCountDownUntilTheNextContact(t *testing.T) {
	for _, contact := range []string{"log-in", "start an hour later"} {
		t.Run(contact, func(t *testing.T) {
			s := newStation(t)
			now := time.Now()
			s.Directory.Now = func() time.Time { return now }
			s.addUser("ada")
			card := blank(t, 1)
			s.enroll(card, "ada", directory.PIN)
			s.terms(func(w *directory.Workspace) { w.OfflineLogins = 2 })
			for i := range 4 {
				err := s.offline(card)
				var spent *login.SpentError
				if i < 2 && err != nil || i >= 2 && (!errors.As(err, &spent) || spent.Logins != 2) {
					t.Fatalf("log-in %d of 2 without the directory: %v", i+1, err)
				}
			}
			switch contact {
			case "log-in":
				s.tap(card)
				if _, _, err := s.prove("ada", rightPIN); err != nil {
					t.Fatalf("with the directory: %v", err)
				}
			default:
				now = now.Add(time.Hour)
				if err := s.Directory.Reconcile(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.offline(card); err != nil {
				t.Errorf("after a contact: %v", err)
			}
		})
	}
}

func TestOfflineLoginEndsDaysAfterTheLastContact(t *testing.T) {
	s := newStation(t)
	now := time.Now().UTC().Truncate(time.Microsecond)
	s.Directory.Now = func() time.Time { return now }
	s.addUser("ada")
	card := blank(t, 1)
	s.enroll(card, "ada", directory.PINless)
	s.terms(func(w *directory.Workspace) { w.OfflineLogins, w.OfflineDays = 0, 7 })
	contact := now
	for _, step := range []struct {
		after   time.Duration
		expired bool
	}{
		{7 * 24 * time.Hour, false},
		{7*24*time.Hour + time.Minute, true},
		{-24 * time.Hour, false}, // the clock is wrong, and nothing was seen that is later than the limit
	} {
		now = contact.Add(step.after)
		err := s.offline(card)
		var expired *login.ExpiredError
		if errors.As(err, &expired) != step.expired || err != nil && !step.expired {
			t.Fatalf("%v after the last contact: %v, want it expired: %t", step.after, err, step.expired)
		}
		if step.expired && (expired.Days != 7 || !expired.Contact.Equal(contact.Truncate(time.Microsecond))) {
			t.Errorf("told %+v, want 7 days since %v", expired, contact)
		}
	}
	now = contact.Add(8 * 24 * time.Hour)
	s.tap(card)
	if _, _, err := s.prove("ada"); err != nil {
		t.Fatalf("with the directory: %v", err)
	}
	if err := s.offline(card); err != nil {
		t.Errorf("after a log-in with the directory: %v", err)
	}
}

// TestClockSetBackDoesNotHelp: what was seen while logging in counts.
func TestClockSetBackDoesNotHelp(t *testing.T) {
	s := newStation(t)
	now := time.Now()
	s.Directory.Now = func() time.Time { return now }
	s.addUser("ada")
	card := blank(t, 1)
	key := s.enroll(card, "ada", directory.PINless)
	s.terms(func(w *directory.Workspace) { w.OfflineDays = 7 })
	if err := s.Cache.Change(t.Context(), key.ID, func(k *login.Cached) error { k.Seen = now.Add(8 * 24 * time.Hour); return nil }); err != nil {
		t.Fatal(err)
	}
	var expired *login.ExpiredError
	if err := s.offline(card); !errors.As(err, &expired) {
		t.Errorf("a log-in eight days on was seen, and the clock goes back: %v, want an ExpiredError", err)
	}
}

func TestPINlessKeyIsRefusedWhereAPINIsDemanded(t *testing.T) {
	s := newStation(t)
	s.addUser("ada")
	card, other := blank(t, 1), blank(t, 2)
	s.enroll(card, "ada", directory.PINless)
	s.terms(func(w *directory.Workspace) { w.RequirePIN = true })
	refused := func(when string) {
		t.Helper()
		s.tap(card)
		if _, _, err := s.prove("ada", rightPIN); !errors.Is(err, directory.ErrPINDemanded) {
			t.Errorf("%s, with the directory: %v, want ErrPINDemanded", when, err)
		}
		if err := s.offline(card); !errors.Is(err, directory.ErrPINDemanded) {
			t.Errorf("%s, without the directory: %v, want ErrPINDemanded", when, err)
		}
	}
	refused("alone")
	s.enroll(other, "ada", directory.PIN)
	refused("beside a key that may be used")
	s.tap(other)
	if _, _, err := s.prove("ada", rightPIN); err != nil {
		t.Errorf("with a PIN: %v", err)
	}
	if err := s.offline(other); err != nil {
		t.Errorf("with a PIN, without the directory: %v", err)
	}
}

// TestUncountedLoginIsNone: where it cannot be counted, nobody is let in; without limits, it need not be.
func TestUncountedLoginIsNone(t *testing.T) {
	for _, limited := range []bool{true, false} {
		s := newStation(t)
		s.addUser("ada")
		card := blank(t, 1)
		s.enroll(card, "ada", directory.PINless)
		if !limited {
			s.terms(func(w *directory.Workspace) { w.OfflineLogins, w.OfflineDays = 0, 0 })
		}
		full := errors.New("disk full")
		s.Cache = uncounting{s.Cache, full}
		s.tap(card)
		res, _, err := s.proveWith(login.Request{UserID: "ada", Offline: true})
		switch {
		case limited && (!errors.Is(err, login.ErrUncounted) || !errors.Is(err, full)):
			t.Errorf("with limits: %v, want ErrUncounted", err)
		case !limited && (err != nil || !errors.Is(res.Unkept, full)):
			t.Errorf("without limits: %v, not kept because %v; want it to hold", err, res.Unkept)
		}
	}
}

type uncounting struct {
	login.Cache
	err error
}

func (c uncounting) Change(ctx context.Context, id string, change func(*login.Cached) error) error {
	return c.err
}

// TestKeyForgottenDuringTheTapIsRefused: another process may learn that it is revoked.
func TestKeyForgottenDuringTheTapIsRefused(t *testing.T) {
	s := newStation(t)
	s.addUser("ada")
	card := blank(t, 1)
	s.enroll(card, "ada", directory.PINless)
	s.Cache = forgetting{s.Cache}
	s.tap(card)
	if _, _, err := s.proveWith(login.Request{UserID: "ada", Offline: true}); !errors.Is(err, login.ErrNotKept) {
		t.Errorf("log in: %v, want ErrNotKept", err)
	}
}

type forgetting struct{ login.Cache }

func (c forgetting) Change(ctx context.Context, id string, change func(*login.Cached) error) error {
	return errors.Join(c.Forget(ctx, id), c.Cache.Change(ctx, id, change))
}

func TestCardThatAlwaysAsksForItsPINIsAsked(t *testing.T) {
	s := newStation(t)
	s.addUser("ada")
	card := newCard(t, virtual.Options{UID: []byte{4, 1, 2, 3, 4, 5, 6}, AlwaysUV: true})
	key := s.enroll(card, "ada", directory.PIN)
	if _, err := s.Directory.ChangeKeySettings(t.Context(), "os:test", key.ID, directory.KeySettings{Verification: directory.PINless}); err != nil {
		t.Fatal(err)
	}
	s.tap(card)
	if _, asked, err := s.prove("ada", rightPIN); err != nil || len(asked) != 1 {
		t.Errorf("log in: %v, asked %d times, want once", err, len(asked))
	}
}

func TestOnlineLoginNeedsNoCache(t *testing.T) {
	s := newStation(t)
	s.addUser("ada")
	card := blank(t, 1)
	s.enroll(card, "ada", directory.PINless)
	if err := os.Remove(s.path(offline.Name)); err != nil {
		t.Fatal(err)
	}
	s.tap(card)
	if res, _, err := s.prove("ada"); err != nil || res.Unkept != nil {
		t.Errorf("log in: %v, %v", err, res.Unkept)
	}
}
