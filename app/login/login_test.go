package login_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/app/enroll"
	"tapstation/app/login"
	"tapstation/device"
	"tapstation/device/virtual"
)

func TestPINlessKeyLogsInWithOneAssertion(t *testing.T) {
	s := newStation(t)
	s.addUser("ada")
	card := blank(t, 1)
	key := s.enroll(card, "ada", directory.PINless)
	s.tap(card)
	res, asked, err := s.prove("ADA")
	if err != nil {
		t.Fatalf("log in: %v", err)
	}
	if res.UserID != "ada" || res.Key.KeyID != key.ID || res.Offline || res.Unkept != nil || res.Reader != "Test Reader" {
		t.Errorf("logged in as %+v, want ada with key %s by the directory, kept", res, key.ID)
	}
	if len(asked) != 0 {
		t.Errorf("a PIN was asked %d times for a PINless key", len(asked))
	}
	if want := 3; res.Cost.APDUs != want { // SELECT, getInfo, getAssertion
		t.Errorf("it took %d APDUs, want %d", res.Cost.APDUs, want)
	}
	kept, err := s.Directory.Key(t.Context(), key.ID)
	if err != nil {
		t.Fatal(err)
	}
	if kept.LastUsed.IsZero() || kept.Credential.SignCount <= key.Credential.SignCount {
		t.Errorf("last use %v, sign count %d after %d; want both to have moved on", kept.LastUsed, kept.Credential.SignCount, key.Credential.SignCount)
	}
	if e := s.lastAct(); e.Act != audit.LoginAccepted || e.User != "ada" || e.Key != key.ID || e.Actor != "os:test" {
		t.Errorf("on record is %+v, want an accepted log-in", e)
	}
}

func TestPINIsAskedWithTheAttemptsLeft(t *testing.T) {
	s := newStation(t)
	s.addUser("ada")
	card := blank(t, 1)
	s.enroll(card, "ada", directory.PIN)
	s.tap(card)
	_, asked, err := s.prove("ada", "999999", rightPIN)
	if err != nil {
		t.Fatalf("log in with the right PIN after a wrong one: %v", err)
	}
	if len(asked) != 2 || asked[0].Retries != 8 || asked[0].Refused != nil || asked[0].KeyName != "Card" {
		t.Fatalf("asked %+v, want first for the PIN of \"Card\" with 8 attempts left", asked)
	}
	var wrong *device.PINError
	if asked[1].Retries != 7 || !errors.As(asked[1].Refused, &wrong) {
		t.Errorf("asked again with %+v, want 7 attempts left and why", asked[1])
	}
}

func TestWrongPINsEndWithThePowerCycleTheCardWants(t *testing.T) {
	s := newStation(t)
	s.addUser("ada")
	card := blank(t, 1)
	s.enroll(card, "ada", directory.PIN)
	s.tap(card)
	_, asked, err := s.prove("ada", "1111", "2222", "3333", "4444")
	var wrong *device.PINError
	if !errors.As(err, &wrong) || !wrong.PowerCycle || len(asked) != 3 {
		t.Fatalf("after %d wrong PINs: %v; want the card to be tapped again after 3", len(asked), err)
	}
	if e := s.lastAct(); e.Act != audit.LoginRefused || e.User != "ada" {
		t.Errorf("on record is %+v, want a refused log-in", e)
	}
}

func TestPINCannotBeAsked(t *testing.T) {
	s := newStation(t)
	s.addUser("ada")
	card := blank(t, 1)
	s.enroll(card, "ada", directory.PIN)
	s.tap(card)
	_, err := s.Prove(t.Context(), login.Request{UserID: "ada", Actor: "os:test"})
	if !errors.Is(err, device.ErrPINRequired) {
		t.Errorf("log in with nobody to ask: %v, want %v", err, device.ErrPINRequired)
	}
}

// A card whose PIN was taken off by a reset, or that is another, must not pass without it.
func TestKeyWithPINIsRefusedWithoutVerification(t *testing.T) {
	s := newStation(t)
	s.addUser("ada")
	card := blank(t, 1)
	key := s.enroll(card, "ada", directory.PINless)
	s.change(key.ID, func(k *directory.SecurityKey) { k.Verification = directory.PIN })
	s.tap(card)
	_, asked, err := s.prove("ada", rightPIN)
	if !errors.Is(err, device.ErrPINNotSet) || len(asked) != 0 {
		t.Errorf("log in with a card that has no PIN: %v after %d questions, want %v", err, len(asked), device.ErrPINNotSet)
	}
}

func TestRefusals(t *testing.T) {
	state := func(want directory.KeyState) func(error) bool {
		return func(err error) bool {
			var e *login.KeyStateError
			return errors.As(err, &e) && e.State == want
		}
	}
	is := func(want error) func(error) bool { return func(err error) bool { return errors.Is(err, want) } }
	other := func(err error) bool {
		var e *login.OtherUserError
		return errors.As(err, &e) && e.Owner == "bob"
	}
	for name, test := range map[string]struct {
		prepare func(s *station, ada directory.SecurityKey)
		card    func(s *station, own *virtual.Card) *virtual.Card
		user    string
		want    func(error) bool
		record  bool
	}{
		"unknown user": {user: "eve", want: is(login.ErrUnknownUser)},
		"user without a key": {user: "carol", want: is(login.ErrNoKey), record: true, prepare: func(s *station, _ directory.SecurityKey) {
			s.addUser("carol")
		}},
		"disabled user": {want: is(login.ErrUserDisabled), record: true, prepare: func(s *station, _ directory.SecurityKey) {
			u, _, err := s.Directory.User(s.t.Context(), "ada")
			if err != nil {
				s.t.Fatal(err)
			}
			u.Disabled = true
			if _, err := s.Directory.UpdateUser(s.t.Context(), "os:test", u); err != nil {
				s.t.Fatal(err)
			}
		}},
		"disabled key": {want: state(directory.Disabled), record: true, prepare: func(s *station, k directory.SecurityKey) {
			if _, err := s.Directory.DisableKey(s.t.Context(), "os:test", k.ID); err != nil {
				s.t.Fatal(err)
			}
		}},
		"revoked key": {want: state(directory.Revoked), record: true, prepare: func(s *station, k directory.SecurityKey) {
			if _, err := s.Directory.RevokeKey(s.t.Context(), "os:test", k.ID); err != nil {
				s.t.Fatal(err)
			}
		}},
		"pending key": {want: state(directory.Pending), record: true, prepare: func(s *station, k directory.SecurityKey) {
			s.change(k.ID, func(k *directory.SecurityKey) { k.State, k.Credential = directory.Pending, directory.Credential{} })
		}},
		// An active key is there too, so that it is the tapped card that decides.
		"disabled key beside an active one": {want: state(directory.Disabled), record: true, prepare: func(s *station, k directory.SecurityKey) {
			s.enroll(blank(s.t, 7), "ada", directory.PINless)
			if _, err := s.Directory.DisableKey(s.t.Context(), "os:test", k.ID); err != nil {
				s.t.Fatal(err)
			}
		}},
		"card of nobody": {want: is(login.ErrUnknownCard), record: true, card: func(s *station, _ *virtual.Card) *virtual.Card {
			return blank(s.t, 9)
		}},
		"card of somebody else": {want: other, record: true, card: func(s *station, _ *virtual.Card) *virtual.Card {
			s.addUser("bob")
			card := blank(s.t, 9)
			s.enroll(card, "bob", directory.PIN)
			return card
		}},
		"not a FIDO2 card": {want: is(device.ErrNotFIDO), card: func(s *station, _ *virtual.Card) *virtual.Card {
			return newCard(s.t, virtual.Options{NotFIDO: true})
		}},
		"copy of the card": {want: is(login.ErrCloned), record: true, prepare: func(s *station, k directory.SecurityKey) {
			s.change(k.ID, func(k *directory.SecurityKey) { k.Credential.SignCount += 1000 })
		}},
		"copy of the card known to the cache only": {want: is(login.ErrCloned), record: true, prepare: func(s *station, k directory.SecurityKey) {
			if err := s.count(k.ID, k.Credential.SignCount+1000); err != nil {
				s.t.Fatal(err)
			}
		}},
		"another public key": {want: is(login.ErrNotProven), record: true, prepare: func(s *station, k directory.SecurityKey) {
			s.addUser("bob")
			stranger := s.enroll(blank(s.t, 8), "bob", directory.PINless)
			s.change(k.ID, func(k *directory.SecurityKey) { k.Credential.PublicKey = stranger.Credential.PublicKey })
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStation(t)
			s.addUser("ada")
			card := blank(t, 1)
			key := s.enroll(card, "ada", directory.PINless)
			if test.prepare != nil {
				test.prepare(s, key)
			}
			if test.card != nil {
				card = test.card(s, card)
			}
			s.tap(card)
			user := "ada"
			if test.user != "" {
				user = test.user
			}
			res, asked, err := s.prove(user, rightPIN)
			if err == nil || !test.want(err) {
				t.Fatalf("log in: %+v, %v; want a refusal of its own", res, err)
			}
			if len(asked) != 0 {
				t.Errorf("a PIN was asked for a card that is refused anyway")
			}
			if refused := s.lastAct().Act == audit.LoginRefused; refused != test.record {
				t.Errorf("refusal on record: %v, want %v", refused, test.record)
			}
		})
	}
}

func TestTornAwayCardLogsInWithTheNextTap(t *testing.T) {
	s := newStation(t)
	s.addUser("ada")
	card := blank(t, 1)
	s.enroll(card, "ada", directory.PIN)
	s.tap(card)
	whole, _, err := s.prove("ada", rightPIN)
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= whole.Cost.APDUs; n++ {
		for name, tear := range map[string]func(int){"before": card.Faults().RemoveBefore, "after": card.Faults().RemoveAfter} {
			tear(n)
			s.tap(card)
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			again := make(chan struct{})
			go func() { // lay it down again once it is gone
				defer close(again)
				_, _ = s.Board.Wait(ctx, func(device.State) bool { return s.reader.Card() == nil })
				s.reader.Insert(card)
			}()
			_, err := s.Prove(ctx, login.Request{UserID: "ada", Actor: "os:test",
				PIN: func(context.Context, login.PINRequest) (device.PIN, error) { return rightPIN, nil }})
			<-again
			cancel()
			if err != nil {
				t.Errorf("taken away %s APDU %d and tapped again: %v", name, n, err)
			}
		}
	}
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	s := newStation(t)
	s.addUser("ada")
	card := blank(t, 1)
	s.enroll(card, "ada", directory.PINless)
	s.reader.Remove()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := s.Prove(ctx, login.Request{UserID: "ada", Actor: "os:test"})
		done <- err
	}()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("log in while cancelled: %v, want %v", err, context.Canceled)
	}
}

func TestHeldReaderIsTriedUntilFree(t *testing.T) {
	s := newStation(t)
	s.addUser("ada")
	card := blank(t, 1)
	s.enroll(card, "ada", directory.PINless)
	s.tap(card)
	s.reader.Hold(true)
	done := make(chan error, 1)
	go func() {
		_, _, err := s.prove("ada")
		done <- err
	}()
	s.reader.Hold(false)
	if err := <-done; err != nil {
		t.Errorf("log in once the reader was free: %v", err)
	}
}

func TestPersonGivesUpAtThePIN(t *testing.T) {
	s := newStation(t)
	s.addUser("ada")
	card := blank(t, 1)
	s.enroll(card, "ada", directory.PIN)
	s.tap(card)
	if _, _, err := s.prove("ada"); !errors.Is(err, enroll.ErrCancelled) {
		t.Errorf("log in: %v, want %v", err, enroll.ErrCancelled)
	}
}

func TestOneOfManyKeysIsFound(t *testing.T) {
	s := newStation(t)
	s.addUser("ada")
	cards := make([]*virtual.Card, 9) // more than fit into one list of a card that tells no limit
	for i := range cards {
		cards[i] = blank(t, byte(i+1))
		v := directory.PINless
		if i == 8 {
			v = directory.PIN
		}
		s.enroll(cards[i], "ada", v)
	}
	s.tap(cards[7])
	if _, asked, err := s.prove("ada", rightPIN); err != nil || len(asked) != 0 {
		t.Errorf("log in with the PINless card: %v, asked for %d PINs; want none", err, len(asked))
	}
	s.tap(cards[8])
	if _, asked, err := s.prove("ada", rightPIN); err != nil || len(asked) != 1 {
		t.Errorf("log in with the card with PIN: %v, asked for %d PINs; want one", err, len(asked))
	}
}

func TestEveryKindOfCardLogsIn(t *testing.T) {
	for name, options := range map[string]virtual.Options{
		"presence for one command only": {StrictPresence: true},
		"always asks for its PIN":       {AlwaysUV: true},
		"CTAP 2.0":                      {Version: virtual.FIDO20},
		"CTAP 2.1 draft":                {Version: virtual.FIDO21Pre},
		"short APDUs":                   {ShortOnly: true},
		"PIN protocol one":              {PINProtocols: []int{1}},
		"no UID, no message size":       {MaxMsgSize: virtual.MaxMsgSizeUntold},
		"new UID at every tap":          {RandomUID: true},
	} {
		for _, v := range []directory.Verification{directory.PIN, directory.PINless} {
			if v == directory.PINless && options.AlwaysUV {
				continue
			}
			t.Run(name+"/"+string(v), func(t *testing.T) {
				s := newStation(t)
				s.addUser("ada")
				card := newCard(t, options)
				s.enroll(card, "ada", v)
				s.tap(card)
				if _, _, err := s.prove("ada", rightPIN); err != nil {
					t.Errorf("log in: %v", err)
				}
				s.tap(card)
				if _, _, err := s.proveWith(login.Request{UserID: "ada", Offline: true}, rightPIN); err != nil {
					t.Errorf("log in offline: %v", err)
				}
			})
		}
	}
}
