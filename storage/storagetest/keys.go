package storagetest

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"tapstation/app/directory"
)

func keyIsKeptWhole(t *testing.T, s directory.Store) {
	k := key(1, "Ada")
	k.OfflineLogin = true
	pending := directory.SecurityKey{ID: "p", UserID: "ada", Kind: directory.Smartphone, State: directory.Pending, Created: base}
	putKeys(t, s, k, pending)
	view(t, s, func(tx directory.Tx) error {
		got, err := tx.Key(k.ID)
		wantErr(t, "Key", err, nil)
		equal(t, "key", got, k)
		got, err = tx.KeyByCredential(k.Credential.ID)
		wantErr(t, "KeyByCredential", err, nil)
		equal(t, "key by credential", got, k)
		got, err = tx.Key("p")
		equal(t, "pending key", got, pending)
		return err
	})
}

func keysAreQueried(t *testing.T, s directory.Store) {
	k1, k2, k3, k4 := key(1, "Ada"), key(2, "ada"), key(3, "bob"), key(4, "ad")
	k2.State, k2.OfflineLogin = directory.Disabled, true
	k3.Mark.UID, k3.OfflineLogin = nil, true
	k4.State, k4.Mark.UID = directory.Revoked, k1.Mark.UID
	putKeys(t, s, k4, k3, k2, k1)
	names := map[string]string{k1.ID: "k1", k2.ID: "k2", k3.ID: "k3", k4.ID: "k4"}
	for _, c := range []struct {
		q    directory.KeyQuery
		want []string
	}{
		{directory.KeyQuery{}, []string{"k1", "k2", "k3", "k4"}}, // in the order they were made
		{directory.KeyQuery{UserID: "ADA"}, []string{"k1", "k2"}},
		{directory.KeyQuery{UserID: "ad"}, []string{"k4"}}, // not everybody who begins so
		{directory.KeyQuery{UserID: "nobody"}, nil},
		{directory.KeyQuery{State: directory.Active}, []string{"k1", "k3"}},
		{directory.KeyQuery{State: directory.Pending}, nil},
		{directory.KeyQuery{State: "act"}, nil},
		{directory.KeyQuery{UserID: "ada", State: directory.Disabled}, []string{"k2"}},
		{directory.KeyQuery{CardUID: k1.Mark.UID}, []string{"k1", "k4"}},
		{directory.KeyQuery{CardUID: k1.Mark.UID, State: directory.Active}, []string{"k1"}},
		{directory.KeyQuery{CardUID: k1.Mark.UID[:3]}, nil},
		{directory.KeyQuery{CardUID: bytes.Repeat([]byte{1}, 1000)}, nil},
		{directory.KeyQuery{NoUID: true}, []string{"k3"}},
		{directory.KeyQuery{NoUID: true, UserID: "ada"}, nil},
		{directory.KeyQuery{OfflineLogin: true}, []string{"k2", "k3"}},
		{directory.KeyQuery{OfflineLogin: true, State: directory.Active}, []string{"k3"}},
		{directory.KeyQuery{OfflineLogin: true, UserID: "Ada"}, []string{"k2"}},
	} {
		view(t, s, func(tx directory.Tx) error {
			page, err := tx.Keys(c.q)
			var got []string
			for _, k := range page.Keys {
				got = append(got, names[k.ID])
			}
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("Keys(%+v) = %v, %v, want %v", c.q, got, err, c.want)
			}
			return nil
		})
	}
}

// keysComeInPages turns pages while keys are added behind and before the place where it stands.
func keysComeInPages(t *testing.T, s directory.Store) {
	const n = 50
	var staying []directory.SecurityKey
	for i := range n {
		k := key(i*2, "ada")
		k.Created = base.Add(time.Duration(i/5) * time.Second) // five made at the same moment
		staying = append(staying, k)
	}
	putKeys(t, s, staying...)
	for qi, q := range []directory.KeyQuery{{Limit: 7}, {Limit: 7, UserID: "ada"}, {Limit: 7, State: directory.Active}} {
		seen := map[string]int{}
		var last time.Time
		for turn := 0; ; turn++ {
			var page directory.KeyPage
			view(t, s, func(tx directory.Tx) (err error) {
				page, err = tx.Keys(q)
				return err
			})
			for _, k := range page.Keys {
				seen[k.ID]++
				if k.Created.Before(last) {
					t.Errorf("query %+v: a key made at %v after one made at %v", q, k.Created, last)
				}
				last = k.Created
			}
			if page.Next == "" {
				break
			}
			if turn > 100 {
				t.Fatalf("query %+v does not end", q)
			}
			q.After = page.Next
			early := key(1001+qi*100+turn, "ada")
			early.Created = base.Add(-time.Hour)
			putKeys(t, s, early)
		}
		for i := range n {
			if id := key(i*2, "").ID; seen[id] != 1 {
				t.Errorf("query %+v: key %d was seen %d times", q, i, seen[id])
			}
		}
	}
	err := s.View(t.Context(), func(tx directory.Tx) error {
		_, err := tx.Keys(directory.KeyQuery{After: "!"})
		return err
	})
	if err == nil {
		t.Error("Keys took a place that no page ever gave")
	}
}

func changedKeyMoves(t *testing.T, s directory.Store) {
	k := key(1, "ada")
	k.OfflineLogin = true
	putKeys(t, s, k, key(2, "ada"))
	old := k
	k.UserID, k.State, k.OfflineLogin = "bob", directory.Revoked, false
	k.Mark.UID, k.Credential.ID = []byte{9, 9, 9, 9}, []byte("new credential")
	putKeys(t, s, k)
	view(t, s, func(tx directory.Tx) error {
		_, err := tx.KeyByCredential(old.Credential.ID)
		wantErr(t, "KeyByCredential with the old credential", err, directory.ErrNotFound)
		got, err := tx.KeyByCredential(k.Credential.ID)
		wantErr(t, "KeyByCredential", err, nil)
		equal(t, "key by its new credential", got, k)
		return nil
	})
	finds := func(q directory.KeyQuery) (found bool) {
		view(t, s, func(tx directory.Tx) error {
			page, err := tx.Keys(q)
			found = slices.ContainsFunc(page.Keys, func(f directory.SecurityKey) bool { return f.ID == k.ID })
			return err
		})
		return found
	}
	for _, q := range []directory.KeyQuery{{UserID: "ada"}, {State: directory.Active}, {CardUID: old.Mark.UID}, {OfflineLogin: true}} {
		if finds(q) {
			t.Errorf("Keys(%+v) still finds the key as it was", q)
		}
	}
	now := []directory.KeyQuery{{}, {UserID: "bob"}, {State: directory.Revoked}, {CardUID: k.Mark.UID}}
	for _, q := range now {
		if !finds(q) {
			t.Errorf("Keys(%+v) does not find the key as it is", q)
		}
	}
	update(t, s, func(tx directory.Tx) error { return tx.DeleteKey(k.ID) })
	for _, q := range now {
		if finds(q) {
			t.Errorf("Keys(%+v) finds the key after it was deleted", q)
		}
	}
	view(t, s, func(tx directory.Tx) error {
		_, err := tx.Key(k.ID)
		wantErr(t, "Key after it was deleted", err, directory.ErrNotFound)
		_, err = tx.KeyByCredential(k.Credential.ID)
		wantErr(t, "KeyByCredential after it was deleted", err, directory.ErrNotFound)
		return nil
	})
	err := s.Update(t.Context(), func(tx directory.Tx) error { return tx.DeleteKey(k.ID) })
	wantErr(t, "DeleteKey of a key that is gone", err, directory.ErrNotFound)
}

func credentialBelongsToOneKey(t *testing.T, s directory.Store) {
	putKeys(t, s, key(1, "ada"))
	second := key(2, "bob")
	second.Credential.ID = key(1, "").Credential.ID
	err := s.Update(t.Context(), func(tx directory.Tx) error { return tx.PutKey(second) })
	wantErr(t, "PutKey with the credential of another", err, directory.ErrExists)
	view(t, s, func(tx directory.Tx) error {
		got, err := tx.KeyByCredential(second.Credential.ID)
		equal(t, "key by credential", got, key(1, "ada"))
		return err
	})
}
