package admin_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"tapstation/app/admin"
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

// counter is a desk with a reader in software: real libfido2, real stores.
type counter struct {
	*desk
	admins   *admin.Admins
	enroller *enroll.Enroller
	reader   *virtual.Reader
	asked    int // PINs
}

func newCounter(t *testing.T) *counter {
	d := newDesk(t)
	folder := filepath.Dir(d.path)
	store, cache := bolt.New(d.path), offline.New(filepath.Join(folder, offline.Name))
	dir := &directory.Directory{Store: store, Offline: cache}
	c := &counter{desk: d, reader: virtual.NewReader("Test Reader")}
	board := device.NewBoard(fido.Cards(c.reader.Watch, func(ctx context.Context, name string) (fido.Session, error) {
		card, err := c.reader.Connect(ctx, name)
		if err != nil {
			return nil, err
		}
		return pcsc.NewSession(name, card), nil
	}))
	c.admins = &admin.Admins{Directory: dir, Cost: cheap, Now: func() time.Time { return d.now },
		Login: &login.Login{Directory: dir, Cache: cache, Board: board}}
	c.enroller = &enroll.Enroller{
		Directory: dir, Board: board, Seal: seal.New(folder, seal.Options{FileOnly: true}),
		RelyingParty: func(w directory.Workspace) (enroll.RelyingParty, error) { return rp.NewWorkspace(w) },
	}
	ctx, cancel := context.WithCancel(context.Background())
	var watch sync.WaitGroup
	watch.Go(func() { _ = board.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		watch.Wait()
		if err := errors.Join(store.Close(), cache.Close()); err != nil {
			t.Error(err)
		}
	})
	return c
}

const rightPIN device.PIN = "271828"

// holder chooses rightPIN and says no to every question.
type holder struct{}

func (holder) Progress(enroll.Step)                                       {}
func (holder) PIN(context.Context, enroll.PINRequest) (device.PIN, error) { return rightPIN, nil }
func (holder) Confirm(context.Context, enroll.Question) (bool, error)     { return false, nil }

// enroll makes a new card a key of the user and leaves the reader empty.
func (c *counter) enroll(uid byte, userID string, v directory.Verification) (*virtual.Card, directory.SecurityKey) {
	c.t.Helper()
	card, err := virtual.New(virtual.Options{UID: []byte{4, 1, 2, 3, 4, 5, uid}})
	if err != nil {
		c.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(c.t.Context(), 20*time.Second)
	defer cancel()
	c.reader.Insert(card)
	res, err := c.enroller.Enroll(ctx, enroll.Request{UserID: userID, Verification: v, PINChooser: directory.UserHere, OfflineLogin: true, Actor: by}, holder{})
	if err != nil {
		c.t.Fatalf("enroll a card for %s: %v", userID, err)
	}
	c.reader.Remove()
	return card, res.Key
}

// tap lays a card on the reader and logs in with these PINs to type.
func (c *counter) tap(card *virtual.Card, pins ...device.PIN) (admin.Session, error) {
	c.t.Helper()
	c.reader.Remove()
	c.reader.Insert(card)
	c.asked = 0
	ctx, cancel := context.WithTimeout(c.t.Context(), 20*time.Second)
	defer cancel()
	return c.admins.LogInByTap(ctx, admin.Tap{PIN: func(context.Context, login.PINRequest) (device.PIN, error) {
		if c.asked++; c.asked > len(pins) {
			return "", enroll.ErrCancelled
		}
		return pins[c.asked-1], nil
	}})
}

func TestTapOfAnAdminsOwnCardLogsIn(t *testing.T) {
	c := newCounter(t)
	card, key := c.enroll(1, "ada", directory.PIN)
	s, err := c.tap(card, "999999", rightPIN)
	if err != nil || s.UserID != "ada" || s.Role != directory.Owner || c.asked != 2 {
		t.Fatalf("a tap, a wrong PIN and the right one: %+v, %v after %d PINs; want ada", s, err, c.asked)
	}
	entries := c.entries()
	last := entries[len(entries)-1]
	if last.Act != audit.AdminLoggedIn || last.Key != key.ID || last.Actor != "admin:ada" || last.Detail["by"] != "tap" {
		t.Errorf("on record last: %+v, want the log-in by tap", last)
	}
	if adm := c.admin("ada"); !adm.LastLogin.Equal(begin) {
		t.Errorf("the last log-in was %v, want %v", adm.LastLogin, begin)
	}
}

func TestLockedPasswordDoesNotMatterToATapAndStaysLocked(t *testing.T) {
	c := newCounter(t)
	card, _ := c.enroll(1, "ada", directory.PIN)
	for range admin.LockedAfter {
		_, _ = c.logIn("ada", wrong)
		c.now = c.now.Add(15 * time.Minute)
	}
	s, err := c.tap(card, rightPIN)
	if err != nil {
		t.Fatalf("a tap while the password is locked: %v", err)
	}
	_, err = c.logIn("ada", password)
	wantErr(t, "the password after the tap", err, admin.ErrLocked)
	if err := c.admins.Unlock(t.Context(), s.Actor(), "ada"); err != nil {
		t.Fatalf("the owner unlocks their own: %v", err)
	}
	if _, err := c.logIn("ada", password); err != nil {
		t.Errorf("the password then: %v", err)
	}
}

func TestCardThatOpensNoPanelIsRefusedBeforeItsPIN(t *testing.T) {
	for name, test := range map[string]struct {
		verification directory.Verification
		prepare      func(c *counter, key directory.SecurityKey) error
		want         error
	}{
		"PINless": {directory.PINless, nil, admin.ErrPINless},
		"of a user who is no admin": {directory.PIN, func(c *counter, _ directory.SecurityKey) error {
			return c.admins.Remove(c.t.Context(), by, "bob")
		}, admin.ErrNoAdmin},
		"of a disabled admin": {directory.PIN, func(c *counter, _ directory.SecurityKey) error {
			_, err := c.admins.Directory.SetUserDisabled(c.t.Context(), by, "bob", true)
			return err
		}, login.ErrUserDisabled},
		"disabled": {directory.PIN, func(c *counter, k directory.SecurityKey) error {
			_, err := c.admins.Directory.DisableKey(c.t.Context(), by, k.ID)
			return err
		}, nil},
		"revoked": {directory.PIN, func(c *counter, k directory.SecurityKey) error {
			_, err := c.admins.Directory.RevokeKey(c.t.Context(), by, k.ID)
			return err
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCounter(t)
			c.addAdmin("bob", directory.Operator)
			card, key := c.enroll(1, "bob", test.verification)
			if test.prepare != nil {
				if err := test.prepare(c, key); err != nil {
					t.Fatal(err)
				}
			}
			for range 3 {
				_, err := c.tap(card, rightPIN)
				var state *login.KeyStateError
				if test.want == nil && !errors.As(err, &state) || test.want != nil && !errors.Is(err, test.want) || c.asked != 0 {
					t.Errorf("the tap: %v after %d PINs, want it refused before", err, c.asked)
				}
			}
			if n := c.count(audit.AdminLoginRefused); n != 1 {
				t.Errorf("%d refusals of one card on record, want one", n)
			}
			if acts := c.acts("bob"); slices.Contains(acts, audit.LoginAccepted) {
				t.Errorf("on record: %v, want no proof of the card", acts)
			}
		})
	}
}

func TestCardOfNobodyLogsNobodyIn(t *testing.T) {
	c := newCounter(t)
	card, err := virtual.New(virtual.Options{UID: []byte{4, 9, 9, 9}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.tap(card)
	wantErr(t, "a blank card", err, login.ErrUnknownCard)
}

func TestRoleTakenWhileThePINIsTypedLogsNobodyIn(t *testing.T) {
	c := newCounter(t)
	c.addAdmin("bob", directory.Administrator)
	card, _ := c.enroll(1, "bob", directory.PIN)
	c.reader.Insert(card)
	_, err := c.admins.LogInByTap(t.Context(), admin.Tap{PIN: func(ctx context.Context, _ login.PINRequest) (device.PIN, error) {
		return rightPIN, c.admins.Remove(ctx, by, "bob")
	}})
	wantErr(t, "the tap", err, admin.ErrNoAdmin)
}

func TestCardThatWasLookedAtIsLeftAlone(t *testing.T) {
	c := newCounter(t)
	mine, _ := c.enroll(1, "ada", directory.PIN)
	stranger, err := virtual.New(virtual.Options{UID: []byte{4, 9, 9, 9}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.tap(stranger)
	wantErr(t, "a blank card", err, login.ErrUnknownCard)
	state, _ := c.admins.Login.Board.State()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() {
		s, err := c.admins.LogInByTap(ctx, admin.Tap{After: state.Readers[0].Card.Tap,
			PIN: func(context.Context, login.PINRequest) (device.PIN, error) { return rightPIN, nil }})
		if err == nil && s.UserID != "ada" {
			err = errors.New("logged in " + s.UserID)
		}
		done <- err
	}()
	c.reader.Remove()
	c.reader.Insert(mine)
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("the next card: %v, want the owner logged in and nothing of the first card", err)
		}
	case <-time.After(20 * time.Second):
		t.Error("the next card was not noticed")
	}
}
