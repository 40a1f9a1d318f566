package enroll_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"

	"tapstation/app/activation"
	"tapstation/app/directory"
	"tapstation/app/enroll"
	"tapstation/app/rp"
	"tapstation/device"
	"tapstation/device/fido"
	"tapstation/device/pcsc"
	"tapstation/device/virtual"
	"tapstation/storage/bolt"
	"tapstation/storage/offline"
	"tapstation/storage/seal"
)

// station is a whole station without a window: real libfido2 over a card and reader in software, real stores.
type station struct {
	*enroll.Enroller
	t       testing.TB
	service *virtual.Service
	reader  *virtual.Reader
	user    directory.User
	tickets *activation.Tickets
}

const readerName = "Test Reader"

func newStation(t testing.TB) *station {
	t.Helper()
	return openStation(t, t.TempDir())
}

func openStation(t testing.TB, folder string) *station {
	t.Helper()
	service := virtual.NewService()
	reader := service.AddReader(readerName)
	s := buildStation(t, folder, fido.Cards(service.Watch, func(ctx context.Context, reader string) (fido.Session, error) {
		card, err := service.Connect(ctx, reader)
		if err != nil {
			return nil, err
		}
		return pcsc.NewSession(reader, card), nil
	}))
	s.service, s.reader = service, reader
	return s
}

// buildStation is the station over any cards.
func buildStation(t testing.TB, folder string, cards device.Source) *station {
	t.Helper()
	s := &station{t: t}
	box := seal.New(folder, seal.Options{FileOnly: true})
	cache := offline.New(filepath.Join(folder, offline.Name))
	dir := &directory.Directory{Store: bolt.New(filepath.Join(folder, bolt.Name)), Offline: cache}
	board := device.NewBoard(cards)
	s.tickets = &activation.Tickets{Directory: dir, Seal: box}
	s.Enroller = &enroll.Enroller{
		Directory: dir, Board: board, Seal: box, PINMail: s.tickets,
		RelyingParty: func(w directory.Workspace) (enroll.RelyingParty, error) { return rp.NewWorkspace(w) },
	}
	ctx, cancel := context.WithCancel(context.Background())
	var watch sync.WaitGroup
	watch.Go(func() { _ = board.Run(ctx) })
	t.Cleanup(func() { cancel(); watch.Wait() })
	var err error
	if s.user, _, err = dir.User(t.Context(), "ada"); errors.Is(err, directory.ErrNotFound) {
		s.user = s.addUser("ada")
		s.changeWorkspace(func(w *directory.Workspace) {
			w.Mail.Host, w.Mail.From, w.Portal.URL = "mail.example.org", "keys@example.org", "https://localhost"
		})
	} else if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *station) addUser(id string) directory.User {
	s.t.Helper()
	u, err := s.Directory.AddUser(s.t.Context(), "os:test", directory.User{ID: id, FirstName: id, Email: id + "@example.org"})
	if err != nil {
		s.t.Fatalf("add user %s: %v", id, err)
	}
	return u
}

func (s *station) changeWorkspace(change func(*directory.Workspace)) {
	s.t.Helper()
	err := s.Directory.Store.Update(s.t.Context(), func(tx directory.Tx) error {
		w, err := tx.Workspace()
		if err != nil {
			return err
		}
		change(&w)
		return tx.PutWorkspace(w)
	})
	if err != nil {
		s.t.Fatalf("change the workspace: %v", err)
	}
}

func newCard(t testing.TB, o virtual.Options) *virtual.Card {
	t.Helper()
	c, err := virtual.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// blank is a card of its own UID.
func blank(t testing.TB, uid byte) *virtual.Card {
	return newCard(t, virtual.Options{UID: []byte{0x04, 1, 2, 3, 4, 5, uid}})
}

// request is an enrollment of ada's card; with a PIN she chooses here, or none.
func request(v directory.Verification) enroll.Request {
	return enroll.Request{
		UserID: "ada", Verification: v, OfflineLogin: true, PINChooser: directory.UserHere, Actor: "os:test",
	}
}

const chosenPIN device.PIN = "271828"

// person answers what the ceremony asks.
type person struct {
	t        testing.TB
	pins     []device.PIN                                // answers to PIN, one after another; empty: chosenPIN each time
	answer   func(enroll.PINRequest) (device.PIN, error) // in place of pins
	confirm  map[enroll.QuestionKind]bool
	progress func(enroll.Step)

	asked     []enroll.PINRequest
	questions []enroll.Question
	steps     []enroll.Step
}

func (p *person) Progress(s enroll.Step) {
	p.steps = append(p.steps, s)
	if p.progress != nil {
		p.progress(s)
	}
}

func (p *person) PIN(_ context.Context, req enroll.PINRequest) (device.PIN, error) {
	p.asked = append(p.asked, req)
	if p.answer != nil {
		return p.answer(req)
	}
	if p.pins == nil {
		return chosenPIN, nil
	}
	if len(p.pins) == 0 {
		return "", enroll.ErrCancelled
	}
	pin := p.pins[0]
	p.pins = p.pins[1:]
	return pin, nil
}

func (p *person) Confirm(_ context.Context, q enroll.Question) (bool, error) {
	p.questions = append(p.questions, q)
	return p.confirm[q.Kind], nil
}

// saw tells whether a step was shown, with this problem if any is given.
func (p *person) saw(kind enroll.StepKind, problem error) bool {
	for _, s := range p.steps {
		if s.Kind == kind && (problem == nil || errors.Is(s.Problem, problem)) {
			return true
		}
	}
	return false
}

// holds fails the test unless card holds exactly one credential of the station's relying party for user, it is that
// of the user's only active key, the card's PIN is want, and the offline cache agrees with the directory.
func (s *station) holds(card *virtual.Card, user directory.User, verification directory.Verification, want device.PIN) {
	s.t.Helper()
	ctx := s.t.Context()
	_, keys, err := s.Directory.User(ctx, user.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	var active []directory.SecurityKey
	for _, k := range keys {
		if k.State == directory.Active {
			active = append(active, k)
		}
	}
	if len(active) != 1 {
		s.t.Fatalf("%s has %d active keys, want 1: %+v", user.ID, len(active), keys)
	}
	key := active[0]
	if key.Verification != verification {
		s.t.Errorf("the key's verification is %s, want %s", key.Verification, verification)
	}
	c := s.session(card)
	defer c.Close()
	challenge := rp.NewAssertion("localhost")
	signed, err := c.GetAssertion(ctx, device.AssertionRequest{ClientDataHash: challenge.Hash(), RPID: "localhost", PIN: want})
	if err != nil {
		s.t.Fatalf("log in with the card and the PIN it should have: %v", err)
	}
	mine := 0
	for _, a := range signed {
		if string(a.UserHandle) == string(user.Handle) || a.UserHandle == nil {
			mine++
		}
	}
	if mine != 1 || len(signed) != 1 {
		s.t.Fatalf("the card holds %d credentials, %d of them the user's; want 1", len(signed), mine)
	}
	if string(signed[0].CredentialID) != string(key.Credential.ID) {
		s.t.Errorf("the card's credential is not the one in the directory")
	}
	if _, err := challenge.Verify(signed[0], key.Credential.PublicKey, want != ""); err != nil {
		s.t.Errorf("the card's signature: %v", err)
	}
	if err := s.Directory.Store.View(ctx, func(tx directory.Tx) error {
		_, err := tx.Enrollment(user.ID)
		return err
	}); !errors.Is(err, directory.ErrNotFound) {
		s.t.Errorf("the journal still has the ceremony (%v)", err)
	}
	cached, err := s.Directory.Offline.Keys(ctx)
	if err != nil || key.OfflineLogin && (len(cached) != 1 || cached[0] != key.ID) {
		s.t.Errorf("the offline cache holds %v (%v), want %s", cached, err, key.ID)
	}
}

// temporary is the PIN of the key's card that nobody has seen.
func (s *station) temporary(key directory.SecurityKey) device.PIN {
	s.t.Helper()
	if !key.TemporaryPIN || key.SealedPIN == nil {
		s.t.Fatalf("the key %+v does not keep a temporary PIN", key)
	}
	secret, err := s.Seal.Open(key.SealedPIN, directory.PINPurpose(key.UserID))
	if err != nil {
		s.t.Fatal(err)
	}
	return device.PIN(secret)
}

// insists fails the test unless the card takes the temporary PIN for nothing but its change. Another PIN is then on it.
func (s *station) insists(card *virtual.Card, temporary, next device.PIN) {
	s.t.Helper()
	c := s.session(card)
	defer c.Close()
	info, err := c.Info(s.t.Context())
	if err != nil || !info.ForcePIN {
		s.t.Fatalf("the card insists on another PIN: %t (%v), want it to", info.ForcePIN, err)
	}
	req := device.AssertionRequest{ClientDataHash: rp.NewAssertion("localhost").Hash(), RPID: "localhost", PIN: temporary}
	if _, err := c.GetAssertion(s.t.Context(), req); !errors.Is(err, device.ErrPINChange) {
		s.t.Fatalf("log in with the temporary PIN: %v, want ErrPINChange", err)
	}
	if err := c.ChangePIN(s.t.Context(), temporary, next); err != nil {
		s.t.Fatalf("change the PIN the station says the card has: %v", err)
	}
}

// session opens a card by itself, newly powered.
func (s *station) session(card *virtual.Card) device.Card {
	s.t.Helper()
	card.Faults().Clear()
	own := virtual.NewService("own")
	own.AddReader("own").Insert(card)
	card.Reset()
	t, err := own.Connect(s.t.Context(), "own")
	if err != nil {
		s.t.Fatal(err)
	}
	return fido.NewCard(pcsc.NewSession("own", t))
}
