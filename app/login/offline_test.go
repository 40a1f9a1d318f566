package login_test

import (
	"context"
	"errors"
	"os"
	"testing"

	"tapstation/app/directory"
	"tapstation/app/login"
	"tapstation/storage/bolt"
)

func TestDirectoryOutOfReachLeavesItToTheCache(t *testing.T) {
	for name, test := range map[string]struct {
		lose func(t *testing.T, path string)
	}{
		"moved away": {func(t *testing.T, path string) {
			if err := os.Rename(path, path+".away"); err != nil {
				t.Fatal(err)
			}
		}},
		"damaged": {func(t *testing.T, path string) {
			if err := os.WriteFile(path, []byte("no directory"), 0o600); err != nil {
				t.Fatal(err)
			}
		}},
		"cut short": {func(t *testing.T, path string) {
			if err := os.Truncate(path, 100); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStation(t)
			s.addUser("ada")
			card := blank(t, 1)
			key := s.enroll(card, "ada", directory.PIN)
			test.lose(t, s.path(bolt.Name))
			before, beforeErr := os.Stat(s.path(bolt.Name))
			s.tap(card)
			res, _, err := s.prove("Ada", rightPIN)
			if err != nil {
				t.Fatalf("log in: %v", err)
			}
			if !res.Offline || res.UserID != "ada" || res.Key.KeyID != key.ID {
				t.Errorf("logged in as %+v, want ada by the cache", res)
			}
			after, afterErr := os.Stat(s.path(bolt.Name))
			if os.IsNotExist(beforeErr) != os.IsNotExist(afterErr) || before != nil && before.Size() != after.Size() {
				t.Errorf("the log-in touched the directory's file")
			}
			s.tap(blank(t, 2))
			if _, _, err := s.prove("ada", rightPIN); !errors.Is(err, login.ErrUnknownCard) {
				t.Errorf("log in with another card: %v, want %v", err, login.ErrUnknownCard)
			}
			if _, _, err := s.prove("bob"); !errors.Is(err, login.ErrUnreachable) || !errors.Is(err, login.ErrNotKept) {
				t.Errorf("log in of somebody not cached: %v, want that the directory is needed", err)
			}
		})
	}
}

func TestOfflineCountsSignaturesToo(t *testing.T) {
	s := newStation(t)
	s.addUser("ada")
	card := blank(t, 1)
	key := s.enroll(card, "ada", directory.PINless)
	for range 2 {
		s.tap(card)
		res, _, err := s.proveWith(login.Request{UserID: "ada", Offline: true})
		if err != nil || !res.Offline {
			t.Fatalf("log in offline: %+v, %v", res, err)
		}
		kept, err := s.Cache.ByUser(t.Context(), "ada")
		if err != nil || len(kept) != 1 || kept[0].SignCount != res.Key.SignCount {
			t.Fatalf("the cache keeps %+v (%v), want sign count %d", kept, err, res.Key.SignCount)
		}
	}
	if err := s.count(key.ID, 1<<20); err != nil {
		t.Fatal(err)
	}
	s.tap(card)
	if _, _, err := s.proveWith(login.Request{UserID: "ada", Offline: true}); !errors.Is(err, login.ErrCloned) {
		t.Errorf("log in with a copy: %v, want %v", err, login.ErrCloned)
	}
}

func TestRevokedKeyIsForgottenAtTheNextContact(t *testing.T) {
	s := newStation(t)
	s.addUser("ada")
	card := blank(t, 1)
	key := s.enroll(card, "ada", directory.PINless)
	s.change(key.ID, func(k *directory.SecurityKey) { k.State = directory.Revoked }) // as another machine would
	s.tap(card)
	if _, _, err := s.proveWith(login.Request{UserID: "ada", Offline: true}); err != nil {
		t.Fatalf("log in before any contact: %v", err)
	}
	if _, _, err := s.prove("ada"); err == nil {
		t.Fatal("a revoked key logged in")
	}
	s.tap(card)
	if _, _, err := s.proveWith(login.Request{UserID: "ada", Offline: true}); !errors.Is(err, login.ErrNotKept) {
		t.Errorf("log in after the contact: %v, want %v", err, login.ErrNotKept)
	}
}

// stubborn is a store that reads but does not write, or does something else first.
type stubborn struct {
	directory.Store
	before func() error
}

func (s stubborn) Update(ctx context.Context, do func(directory.Tx) error) error {
	if err := s.before(); err != nil {
		return err
	}
	return s.Store.Update(ctx, do)
}

func TestBusyDirectoryKeepsNobodyOut(t *testing.T) {
	s := newStation(t)
	s.addUser("ada")
	card := blank(t, 1)
	s.enroll(card, "ada", directory.PINless)
	s.Directory.Store = stubborn{s.Directory.Store, func() error { return directory.ErrBusy }}
	s.tap(card)
	res, _, err := s.prove("ada")
	if err != nil || !errors.Is(res.Unkept, directory.ErrBusy) {
		t.Errorf("log in: %v, not kept because %v; want it to hold, not kept because the directory is busy", err, res.Unkept)
	}
}

func TestKeyRevokedDuringTheTapIsRefused(t *testing.T) {
	s := newStation(t)
	s.addUser("ada")
	card := blank(t, 1)
	key := s.enroll(card, "ada", directory.PINless)
	inner := s.Directory.Store
	s.Directory.Store = stubborn{inner, func() error {
		return inner.Update(t.Context(), func(tx directory.Tx) error {
			k, err := tx.Key(key.ID)
			k.State = directory.Revoked
			return errors.Join(err, tx.PutKey(k))
		})
	}}
	s.tap(card)
	res, _, err := s.prove("ada")
	var state *login.KeyStateError
	if !errors.As(err, &state) || state.State != directory.Revoked {
		t.Errorf("log in: %+v, %v; want the key to be refused as revoked", res, err)
	}
}
