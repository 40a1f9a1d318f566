package login_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/app/enroll"
	"tapstation/app/login"
	"tapstation/app/rp"
	"tapstation/device"
	"tapstation/device/fido"
	"tapstation/device/pcsc"
	"tapstation/device/virtual"
	"tapstation/storage/bolt"
	"tapstation/storage/offline"
	"tapstation/storage/seal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// station is a whole station without a window: real libfido2 over a card and reader in software, real stores.
type station struct {
	*login.Login
	t        testing.TB
	folder   string
	reader   *virtual.Reader
	enroller *enroll.Enroller
	odd      exchange // what cards do otherwise than they should; nil: nothing
}

func newStation(t testing.TB) *station {
	t.Helper()
	s := &station{t: t, folder: t.TempDir(), reader: virtual.NewReader("Test Reader")}
	cache := offline.New(filepath.Join(s.folder, offline.Name))
	dir := &directory.Directory{Store: bolt.New(filepath.Join(s.folder, bolt.Name)), Offline: cache}
	board := device.NewBoard(fido.Cards(s.reader.Watch, func(ctx context.Context, name string) (fido.Session, error) {
		card, err := s.reader.Connect(ctx, name)
		if err != nil {
			return nil, err
		}
		if s.odd != nil {
			return pcsc.NewSession(name, oddCard{card, s.odd}), nil
		}
		return pcsc.NewSession(name, card), nil
	}))
	box := seal.New(s.folder, seal.Options{FileOnly: true})
	s.Login = &login.Login{Directory: dir, Cache: cache, Board: board, Seal: box}
	s.enroller = &enroll.Enroller{
		Directory: dir, Board: board, Seal: box,
		RelyingParty: func(w directory.Workspace) (enroll.RelyingParty, error) { return rp.NewWorkspace(w) },
	}
	ctx, cancel := context.WithCancel(context.Background())
	var watch sync.WaitGroup
	watch.Go(func() { _ = board.Run(ctx) })
	t.Cleanup(func() { cancel(); watch.Wait() })
	return s
}

// path is a file of the data folder.
func (s *station) path(name string) string { return filepath.Join(s.folder, name) }

func (s *station) addUser(id string) directory.User {
	s.t.Helper()
	u, err := s.Directory.AddUser(s.t.Context(), "os:test", directory.User{ID: id})
	if err != nil {
		s.t.Fatalf("add user %s: %v", id, err)
	}
	return u
}

// tap lays a card on the reader as a new tap.
func (s *station) tap(card *virtual.Card) {
	s.reader.Remove()
	s.reader.Insert(card)
}

// enroll makes card a key of the user, with Offline Login.
func (s *station) enroll(card *virtual.Card, userID string, v directory.Verification) directory.SecurityKey {
	s.t.Helper()
	s.tap(card)
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	defer cancel()
	res, err := s.enroller.Enroll(ctx, enroll.Request{
		UserID: userID, Verification: v, OfflineLogin: true, PINChooser: directory.UserHere, Actor: "os:test",
	}, obliging{func() { s.tap(card) }})
	if err != nil {
		s.t.Fatalf("enroll a card for %s: %v", userID, err)
	}
	return res.Key
}

const rightPIN device.PIN = "271828"

// obliging is a person who chooses rightPIN, taps again when asked to, and says no to every question.
type obliging struct{ tap func() }

func (p obliging) Progress(s enroll.Step) {
	if s.Kind == enroll.WaitAgain {
		p.tap()
	}
}
func (obliging) PIN(context.Context, enroll.PINRequest) (device.PIN, error) {
	return rightPIN, nil
}
func (obliging) Confirm(context.Context, enroll.Question) (bool, error) { return false, nil }

// typist answers one PIN after another and keeps what was asked.
type typist struct {
	pins  []device.PIN
	asked []login.PINRequest
}

func (p *typist) PIN(_ context.Context, req login.PINRequest) (device.PIN, error) {
	p.asked = append(p.asked, req)
	if len(p.asked) > len(p.pins) {
		return "", enroll.ErrCancelled
	}
	return p.pins[len(p.asked)-1], nil
}

// prove is a log-in of userID with these PINs to type.
func (s *station) prove(userID string, pins ...device.PIN) (login.Result, []login.PINRequest, error) {
	return s.proveWith(login.Request{UserID: userID}, pins...)
}

func (s *station) proveWith(req login.Request, pins ...device.PIN) (login.Result, []login.PINRequest, error) {
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	defer cancel()
	p := &typist{pins: pins}
	req.Actor, req.PIN = "os:test", p.PIN
	res, err := s.Prove(ctx, req)
	return res, p.asked, err
}

// change edits a key behind the rules' back.
func (s *station) change(id string, edit func(*directory.SecurityKey)) {
	s.t.Helper()
	err := s.Directory.Store.Update(s.t.Context(), func(tx directory.Tx) error {
		k, err := tx.Key(id)
		if err != nil {
			return err
		}
		edit(&k)
		return tx.PutKey(k)
	})
	if err != nil {
		s.t.Fatalf("edit key %s: %v", id, err)
	}
}

// count raises the sign count that the offline cache keeps.
func (s *station) count(keyID string, signCount uint32) error {
	return s.Cache.Change(s.t.Context(), keyID, func(k *login.Cached) error { k.SignCount = signCount; return nil })
}

// lastAct is the last entry of the audit log.
func (s *station) lastAct() audit.Entry {
	s.t.Helper()
	last, err := s.Directory.Audit(s.t.Context(), "os:test", directory.AuditQuery{Last: 1})
	if err != nil || len(last) != 1 {
		s.t.Fatalf("last audit entry: %v, %v", last, err)
	}
	return last[0]
}

func newCard(t testing.TB, o virtual.Options) *virtual.Card {
	t.Helper()
	c, err := virtual.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// blank is a card with a UID of its own.
func blank(t testing.TB, uid byte) *virtual.Card {
	return newCard(t, virtual.Options{UID: []byte{0x04, 1, 2, 3, 4, 5, uid}})
}
