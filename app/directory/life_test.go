package directory_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"tapstation/app/directory"
)

func TestDisabledUserIsForgottenOfflineAndBack(t *testing.T) {
	d, cache := openBoth(t)
	mustAdd(t, d, directory.User{ID: "ada"})
	putKey(t, d, directory.SecurityKey{ID: "k", UserID: "ada", State: directory.Active, OfflineLogin: true, Credential: directory.Credential{ID: []byte("c")}})
	if err := d.Reconcile(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, disabled := range []bool{true, true, false} {
		u, err := d.SetUserDisabled(t.Context(), by, "ADA", disabled)
		if err != nil || u.Disabled != disabled {
			t.Fatalf("SetUserDisabled(%t): %+v, %v", disabled, u, err)
		}
		want := []string{"k"}
		if disabled {
			want = nil
		}
		wantCached(t, "disabled or not,", cache, want...)
	}
	wantActs(t, d, by+" user_added ada", by+" user_disabled ada", by+" user_enabled ada")
	if _, err := d.SetUserDisabled(t.Context(), by, "bob", true); !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("of nobody: %v, want ErrNotFound", err)
	}
}

func TestDeletedUserTakesAllAlong(t *testing.T) {
	d, cache := openBoth(t)
	mustAdd(t, d, directory.User{ID: "ada", FirstName: "Ada", Groups: []string{"Staff"}})
	mustAdd(t, d, directory.User{ID: "bob"})
	for _, k := range []directory.SecurityKey{
		{ID: "k1", UserID: "ada", State: directory.Active, OfflineLogin: true, Credential: directory.Credential{ID: []byte("c1")}},
		{ID: "k2", UserID: "ada", State: directory.Revoked, Credential: directory.Credential{ID: []byte("c2")}},
		{ID: "k3", UserID: "bob", State: directory.Active, OfflineLogin: true, Credential: directory.Credential{ID: []byte("c3")}},
	} {
		putKey(t, d, k)
	}
	if err := d.Store.Update(t.Context(), func(tx directory.Tx) error {
		return errors.Join(tx.PutEnrollment(directory.Enrollment{UserID: "ada", KeyID: "k4", Stage: directory.Registering}),
			tx.PutAdmin(directory.Admin{UserID: "ada", Role: directory.Operator}))
	}); err != nil {
		t.Fatal(err)
	}
	if err := d.Reconcile(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := d.DeleteUser(t.Context(), by, "ADA"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.User(t.Context(), "ada"); !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("the user is still there (%v)", err)
	}
	if keys, err := d.Keys(t.Context(), directory.KeyQuery{}); err != nil || len(keys.Keys) != 1 || keys.Keys[0].ID != "k3" {
		t.Errorf("keys left: %+v (%v), want bob's", keys.Keys, err)
	}
	wantCached(t, "afterwards", cache, "k3")
	if err := d.Store.View(t.Context(), func(tx directory.Tx) error {
		if _, err := tx.Enrollment("ada"); !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("the journal is still there (%v)", err)
		}
		if _, err := tx.Admin("ada"); !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("the admin is still there (%v)", err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if got := acts(t, d); !slices.Equal(got[len(got)-3:], []string{by + " admin_removed ada", by + " key_revoked adak1 from=active", by + " user_deleted ada"}) {
		t.Errorf("on record: %q", got)
	}
	mustAdd(t, d, directory.User{ID: "ada"}) // the ID is free again
}

func TestLastOwnerStays(t *testing.T) {
	d := open(t)
	mustAdd(t, d, directory.User{ID: "ada"})
	mustAdd(t, d, directory.User{ID: "bob"})
	if err := d.Store.Update(t.Context(), func(tx directory.Tx) error {
		return errors.Join(tx.PutAdmin(directory.Admin{UserID: "ada", Role: directory.Owner}), tx.PutAdmin(directory.Admin{UserID: "bob", Role: directory.Administrator}))
	}); err != nil {
		t.Fatal(err)
	}
	if err := d.DeleteUser(t.Context(), by, "ada"); !errors.Is(err, directory.ErrLastOwner) {
		t.Errorf("DeleteUser of the last owner: %v, want ErrLastOwner", err)
	}
	if _, err := d.SetUserDisabled(t.Context(), by, "ada", true); !errors.Is(err, directory.ErrLastOwner) {
		t.Errorf("SetUserDisabled of the last owner: %v, want ErrLastOwner", err)
	}
	for name, err := range map[string]error{
		"delete an owner":       d.DeleteUser(t.Context(), "admin:bob", "ada"),
		"delete oneself":        d.DeleteUser(t.Context(), "admin:bob", "bob"), // takes the role away, which takes ManageAdmins
		"nobody deletes a user": d.DeleteUser(t.Context(), "", "bob"),
	} {
		if err == nil || strings.HasPrefix(name, "delete") && !errors.Is(err, directory.ErrForbidden) {
			t.Errorf("%s: %v, want it refused", name, err)
		}
	}
}

func TestKeySettings(t *testing.T) {
	card := directory.Credential{ID: []byte("c")}
	for _, test := range []struct {
		name     string
		key      directory.SecurityKey
		demand   bool
		want     directory.KeySettings
		err      error
		onRecord int
	}{
		{"PINless and offline", directory.SecurityKey{State: directory.Active, Verification: directory.PIN, Credential: card}, false,
			directory.KeySettings{Verification: directory.PINless, OfflineLogin: true}, nil, 1},
		{"no change", directory.SecurityKey{State: directory.Active, Verification: directory.PIN, Credential: card}, false,
			directory.KeySettings{Verification: directory.PIN}, nil, 0},
		{"PIN, and the card has one", directory.SecurityKey{State: directory.Disabled, Verification: directory.PINless, CardPIN: true, Credential: card}, false,
			directory.KeySettings{Verification: directory.PIN}, nil, 1},
		{"PIN, and it is temporary", directory.SecurityKey{State: directory.Active, Verification: directory.PINless, TemporaryPIN: true, Credential: card}, false,
			directory.KeySettings{Verification: directory.PIN}, nil, 1},
		{"PIN of a key to come", directory.SecurityKey{State: directory.Pending, Verification: directory.PINless}, false,
			directory.KeySettings{Verification: directory.PIN}, nil, 1},
		{"PIN, and nobody knows whether there is one", directory.SecurityKey{State: directory.Active, Verification: directory.PINless, Credential: card}, false,
			directory.KeySettings{Verification: directory.PIN}, directory.ErrPINUnknown, 0},
		{"PINless where it is not taken", directory.SecurityKey{State: directory.Active, Verification: directory.PIN, Credential: card}, true,
			directory.KeySettings{Verification: directory.PINless}, directory.ErrPINDemanded, 0},
		{"offline only, PINless from before", directory.SecurityKey{State: directory.Active, Verification: directory.PINless, Credential: card}, true,
			directory.KeySettings{Verification: directory.PINless, OfflineLogin: true}, nil, 1},
		{"revoked", directory.SecurityKey{State: directory.Revoked, Verification: directory.PIN, Credential: card}, false,
			directory.KeySettings{Verification: directory.PIN, OfflineLogin: true}, directory.ErrState, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := open(t)
			mustAdd(t, d, directory.User{ID: "ada"})
			w := directory.DefaultWorkspace()
			if w.RequirePIN = test.demand; test.demand {
				if err := d.SetWorkspace(t.Context(), by, w); err != nil {
					t.Fatal(err)
				}
			}
			test.key.ID, test.key.UserID = "k", "ada"
			putKey(t, d, test.key)
			before := len(acts(t, d))
			_, err := d.ChangeKeySettings(t.Context(), by, "k", test.want)
			if !errors.Is(err, test.err) {
				t.Fatalf("ChangeKeySettings: %v, want %v", err, test.err)
			}
			if n := len(acts(t, d)) - before; n != test.onRecord {
				t.Errorf("%d entries on record, want %d", n, test.onRecord)
			}
			got, err := d.Key(t.Context(), "k")
			if err != nil {
				t.Fatal(err)
			}
			want := test.want
			if test.err != nil {
				want = directory.KeySettings{Verification: test.key.Verification, OfflineLogin: test.key.OfflineLogin}
			}
			if (directory.KeySettings{Verification: got.Verification, OfflineLogin: got.OfflineLogin}) != want {
				t.Errorf("kept %+v, want %+v", got, want)
			}
		})
	}
	d := open(t)
	mustAdd(t, d, directory.User{ID: "ada"})
	putKey(t, d, directory.SecurityKey{ID: "k", UserID: "ada", State: directory.Active, Verification: directory.PIN, Credential: card})
	for _, v := range []directory.Verification{directory.PINless, directory.PIN} { // the way back does not need the card
		if _, err := d.ChangeKeySettings(t.Context(), by, "k", directory.KeySettings{Verification: v}); err != nil {
			t.Errorf("to %s: %v", v, err)
		}
	}
}

func TestKeyRowsHaveTheirHolders(t *testing.T) {
	d := open(t)
	ada := mustAdd(t, d, directory.User{ID: "ada", FirstName: "Ada"})
	for _, k := range []directory.SecurityKey{
		{ID: "k1", UserID: "ada", State: directory.Active}, {ID: "k2", UserID: "ADA", State: directory.Revoked}, {ID: "k3", UserID: "gone", State: directory.Active},
	} {
		putKey(t, d, k)
	}
	list, err := d.KeyRows(t.Context(), directory.KeyQuery{State: directory.Active})
	if err != nil || len(list.Rows) != 2 || list.Next != "" {
		t.Fatalf("KeyRows: %+v, %v", list, err)
	}
	if list.Rows[0].Key.ID != "k1" || list.Rows[0].User.FirstName != ada.FirstName || list.Rows[1].User.ID != "gone" {
		t.Errorf("rows %+v, want ada's key with her name, and one of a user who is gone", list.Rows)
	}
}
