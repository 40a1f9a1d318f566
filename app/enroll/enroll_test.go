package enroll_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"tapstation/app/directory"
	"tapstation/app/enroll"
	"tapstation/app/rp"
	"tapstation/device"
	"tapstation/device/virtual"
)

func (s *station) enroll(card *virtual.Card, req enroll.Request, who *person) (enroll.Result, error) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 10*time.Second)
	defer cancel()
	if s.reader.Card() != card {
		s.reader.Insert(card)
	}
	return s.Enroll(ctx, req, who)
}

// mustEnroll enrolls and takes the card off the reader.
func (s *station) mustEnroll(card *virtual.Card, req enroll.Request) enroll.Result {
	s.t.Helper()
	got, err := s.enroll(card, req, &person{t: s.t})
	if err != nil {
		s.t.Fatalf("enroll: %v", err)
	}
	s.reader.Remove()
	return got
}

func TestEveryKindOfCardIsEnrolled(t *testing.T) {
	uid := []byte{0x04, 9, 9, 9, 9, 9, 9}
	for _, test := range []struct {
		name string
		o    virtual.Options
	}{
		{"plain", virtual.Options{UID: uid}},
		{"without a UID", virtual.Options{}},
		{"with a UID that is new each time", virtual.Options{RandomUID: true}},
		{"short APDUs", virtual.Options{UID: uid, ShortOnly: true}},
		{"chained answers", virtual.Options{UID: uid, ChainAnswers: true}},
		{"keep-alive", virtual.Options{UID: uid, KeepAlive: 3}},
		{"long attestation, short APDUs", virtual.Options{UID: uid, ShortOnly: true, Attestation: virtual.LongAttestation}},
		{"attestation certificate", virtual.Options{UID: uid, AAGUID: [16]byte{1, 2, 3}, Attestation: virtual.CertAttestation}},
		{"no attestation", virtual.Options{UID: uid, Attestation: virtual.NoAttestation}},
		{"CTAP 2.0", virtual.Options{UID: uid, Version: virtual.FIDO20}},
		{"CTAP 2.1 pre", virtual.Options{UID: uid, Version: virtual.FIDO21Pre}},
		{"U2F_V2 as its answer to SELECT", virtual.Options{UID: uid, SelectAnswer: "U2F_V2"}},
		{"PIN protocol 1 only", virtual.Options{UID: uid, PINProtocols: []int{1}}},
		{"no maxMsgSize", virtual.Options{UID: uid, MaxMsgSize: virtual.MaxMsgSizeUntold}},
		{"its own minimum PIN length", virtual.Options{UID: uid, MinPINLength: 6}},
		{"presence once a tap", virtual.Options{UID: uid, StrictPresence: true}},
		{"always asks for the PIN", virtual.Options{UID: uid, AlwaysUV: true}},
	} {
		for _, v := range []directory.Verification{directory.PINless, directory.PIN} {
			if test.o.AlwaysUV && v == directory.PINless {
				continue // TestRefusedBeforeAnythingIsWritten
			}
			t.Run(test.name+" "+string(v), func(t *testing.T) {
				s := newStation(t)
				card := newCard(t, test.o)
				who := &person{t: t}
				who.progress = func(step enroll.Step) {
					if step.Kind == enroll.WaitAgain && test.o.StrictPresence { // lift it and tap it once more
						go func() { s.reader.Remove(); s.reader.Insert(card) }()
					}
				}
				if _, err := s.enroll(card, request(v), who); err != nil {
					t.Fatal(err)
				}
				s.reader.Remove()
				want := device.PIN("")
				if v == directory.PIN {
					want = chosenPIN
				}
				s.holds(card, s.user, v, want)
			})
		}
	}
}

func TestBudgetOfAPDUs(t *testing.T) {
	for _, test := range []struct {
		verification directory.Verification
		want         int // design.md, Budgets
	}{{directory.PINless, 4}, {directory.PIN, 9}} {
		s := newStation(t)
		got, err := s.enroll(blank(t, 1), request(test.verification), &person{t: t})
		if err != nil {
			t.Fatal(err)
		}
		if got.Cost.APDUs != test.want {
			t.Errorf("%s: %d APDUs from tap to proven credential, budget %d", test.verification, got.Cost.APDUs, test.want)
		}
	}
}

func TestRefusedBeforeAnythingIsWritten(t *testing.T) {
	for _, test := range []struct {
		name string
		o    virtual.Options
		v    directory.Verification
		want error
	}{
		{"not a FIDO2 card", virtual.Options{NotFIDO: true}, directory.PIN, device.ErrNotFIDO},
		{"PIN on a card that cannot have one", virtual.Options{NoPIN: true}, directory.PIN, enroll.ErrPINImpossible},
		{"PINless on a card that always asks", virtual.Options{AlwaysUV: true}, directory.PINless, enroll.ErrAlwaysPIN},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newStation(t)
			card := newCard(t, test.o)
			_, err := s.enroll(card, request(test.v), &person{t: t})
			if !errors.Is(err, test.want) {
				t.Fatalf("enroll: %v, want %v", err, test.want)
			}
			s.untouched(card)
		})
	}
}

// untouched fails the test if anything was written to a card that was blank, or to the journal.
func (s *station) untouched(card *virtual.Card) {
	s.t.Helper()
	if n := card.Credentials(); n != 0 {
		s.t.Errorf("the card has %d credentials, want none", n)
	}
	s.noJournal()
}

func (s *station) noJournal() {
	s.t.Helper()
	err := s.Directory.Store.View(s.t.Context(), func(tx directory.Tx) error {
		all, err := tx.Enrollments()
		if len(all) != 0 {
			s.t.Errorf("the journal has %d ceremonies, want none", len(all))
		}
		return err
	})
	if err != nil {
		s.t.Error(err)
	}
}

func TestCardThatIsFull(t *testing.T) {
	s := newStation(t)
	card := newCard(t, virtual.Options{Capacity: 1, UID: []byte{4, 1, 1, 1}})
	s.register(card, "elsewhere.example", []byte("somebody"))
	if _, err := s.enroll(card, request(directory.PINless), &person{t: t}); !errors.Is(err, device.ErrKeyFull) {
		t.Errorf("enroll: %v, want %v", err, device.ErrKeyFull)
	}
	s.noJournal()
}

// register puts a credential on card that the station knows nothing of.
func (s *station) register(card *virtual.Card, rpID string, handle []byte) {
	s.t.Helper()
	c := s.session(card)
	defer c.Close()
	if _, err := c.MakeCredential(s.t.Context(), device.CredentialRequest{
		ClientDataHash: rp.NewAssertion(rpID).Hash(), RPID: rpID, RPName: rpID, UserHandle: handle, UserName: "x",
		Algorithms: []int{-7},
	}); err != nil {
		s.t.Fatal(err)
	}
}

// refusing is a relying party that takes nothing.
type refusing struct{ enroll.RelyingParty }

var errTasteless = errors.New("not to our taste")

func (refusing) Finish(context.Context, rp.Creation, rp.Registration) (directory.Credential, error) {
	return directory.Credential{}, errTasteless
}

func TestRefusedCredentialIsTakenOffTheCard(t *testing.T) {
	for _, test := range []struct {
		name    string
		o       virtual.Options
		removed bool
	}{
		{"credential management", virtual.Options{}, true},
		{"its preview", virtual.Options{Version: virtual.FIDO21Pre}, true},
		{"none", virtual.Options{Version: virtual.FIDO20}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newStation(t)
			own := s.RelyingParty
			s.RelyingParty = func(w directory.Workspace) (enroll.RelyingParty, error) {
				p, err := own(w)
				return refusing{p}, err
			}
			card := newCard(t, test.o)
			_, err := s.enroll(card, request(directory.PIN), &person{t: t})
			var refused *enroll.RefusedError
			if !errors.As(err, &refused) || !errors.Is(err, errTasteless) {
				t.Fatalf("enroll: %v, want the relying party's refusal", err)
			}
			if refused.Removed != test.removed || (card.Credentials() == 0) != test.removed {
				t.Errorf("removed %t with %d credentials left, want %t", refused.Removed, card.Credentials(), test.removed)
			}
			s.noJournal()
			if _, keys, err := s.Directory.User(t.Context(), "ada"); err != nil || len(keys) != 0 {
				t.Errorf("the directory has keys %+v (%v), want none", keys, err)
			}
		})
	}
}

func TestUserDeletedMeanwhile(t *testing.T) {
	s := newStation(t)
	card := blank(t, 1)
	who := &person{t: t}
	who.progress = func(step enroll.Step) {
		if step.Kind == enroll.Prove {
			if err := s.Directory.Store.Update(t.Context(), func(tx directory.Tx) error { return tx.DeleteUser("ada") }); err != nil {
				t.Error(err)
			}
		}
	}
	_, err := s.enroll(card, request(directory.PIN), who)
	var refused *enroll.RefusedError
	if !errors.As(err, &refused) || !errors.Is(err, directory.ErrNotFound) {
		t.Fatalf("enroll: %v, want a refusal because the user is gone", err)
	}
	s.untouched(card)
}

func TestGivingUpKeepsThePINOnlyTheStationKnows(t *testing.T) {
	s := newStation(t)
	card, next := blank(t, 1), blank(t, 2)
	req := request(directory.PIN)
	req.PINChooser = directory.UserMail
	ctx, cancel := context.WithCancel(t.Context())
	card.Faults().RemoveBefore(6) // between setPIN and makeCredential
	s.reader.Insert(card)
	who := &person{t: t, progress: func(step enroll.Step) {
		if step.Kind == enroll.WaitAgain {
			if !step.Begun {
				t.Error("a card with a new PIN is shown as untouched")
			}
			cancel()
		}
	}}
	if _, err := s.Enroll(ctx, req, who); !errors.Is(err, context.Canceled) {
		t.Fatalf("enroll: %v, want %v", err, context.Canceled)
	}
	// Begun again, it waits for the card it began with.
	who = &person{t: t}
	ctx, cancel = context.WithCancel(t.Context())
	who.progress = func(step enroll.Step) {
		if errors.Is(step.Problem, enroll.ErrOtherCard) {
			cancel()
		}
	}
	s.reader.Insert(next)
	if _, err := s.Enroll(ctx, req, who); !errors.Is(err, context.Canceled) || !who.saw(enroll.WaitAgain, enroll.ErrOtherCard) {
		t.Fatalf("another card: %v after %+v, want it refused", err, who.steps)
	}
	if err := s.GiveUp(t.Context(), "ada", "os:test"); err != nil {
		t.Fatal(err)
	}
	s.mustEnroll(next, req)
	s.addUser("bob")
	req.UserID = "bob"
	who = &person{t: t}
	if _, err := s.enroll(card, req, who); err != nil || len(who.asked) != 0 {
		t.Errorf("the card given up, back later: %v, asked %+v; want it enrolled with the PIN the station kept", err, who.asked)
	}
}

func TestEverythingThatHoldsUpIsWaitedFor(t *testing.T) {
	s := newStation(t)
	s.service.RemoveReader(readerName)
	s.service.Stop()
	card := blank(t, 1)
	who := &person{t: t}
	done := map[enroll.StepKind]bool{}
	who.progress = func(step enroll.Step) {
		if done[step.Kind] {
			return
		}
		done[step.Kind] = true
		switch step.Kind {
		case enroll.WaitService:
			go s.service.Start()
		case enroll.WaitReader:
			go func() {
				s.reader = s.service.AddReader(readerName)
				s.reader.Hold(true)
				s.reader.Insert(card)
			}()
		case enroll.WaitFree:
			go s.reader.Hold(false)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, err := s.Enroll(ctx, request(directory.PINless), who); err != nil {
		t.Fatalf("%v\n%+v", err, who.steps)
	}
	for _, kind := range []enroll.StepKind{enroll.WaitService, enroll.WaitReader, enroll.WaitFree} {
		if !done[kind] {
			t.Errorf("%s was not shown", kind)
		}
	}
}

func TestCardResetByAnotherProgramGoesOnAlone(t *testing.T) {
	s := newStation(t)
	card := blank(t, 1)
	who := &person{t: t}
	once := false
	who.progress = func(step enroll.Step) {
		if step.Kind == enroll.Register && !once {
			once = true
			s.reader.Disturb()
		}
	}
	if _, err := s.enroll(card, request(directory.PIN), who); err != nil {
		t.Fatal(err)
	}
}

func TestRefusedCardOnOneReaderDoesNotHideTheRightOneOnAnother(t *testing.T) {
	s := newStation(t)
	second := s.service.AddReader("Second Reader")
	card, other := blank(t, 1), blank(t, 2)
	card.Faults().RemoveBefore(3)
	who := &person{t: t}
	who.progress = func(step enroll.Step) {
		switch {
		case errors.Is(step.Problem, device.ErrRemoved):
			go s.reader.Insert(other)
		case errors.Is(step.Problem, enroll.ErrOtherCard):
			go second.Insert(card)
		}
	}
	got, err := s.enroll(card, request(directory.PINless), who)
	if err != nil {
		t.Fatal(err)
	}
	if got.Reader != "Second Reader" {
		t.Errorf("enrolled on %q, want the reader with the right card", got.Reader)
	}
}

func TestCancelledBeforeAnythingIsWritten(t *testing.T) {
	s := newStation(t)
	card := blank(t, 1)
	if _, err := s.enroll(card, request(directory.PIN), &person{t: t, pins: []device.PIN{}}); !errors.Is(err, enroll.ErrCancelled) {
		t.Fatalf("no PIN given: %v, want %v", err, enroll.ErrCancelled)
	}
	s.untouched(card)
}
