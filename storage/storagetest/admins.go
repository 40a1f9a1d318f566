package storagetest

import (
	"testing"

	"tapstation/app/directory"
)

func adminsAreKept(t *testing.T, s directory.Store) {
	ada := directory.Admin{
		UserID: "Ada", Role: directory.Owner, Password: "$argon2id$v=19$m=8,t=1,p=1$c2FsdA$dGFn", Failures: 7, Attempted: base, Locked: true,
		LastLogin: base.AddDate(0, 0, -1), Created: base.AddDate(-1, 0, 0), Changed: base.AddDate(0, -1, 0),
	}
	update(t, s, func(tx directory.Tx) error {
		if err := tx.PutAdmin(directory.Admin{UserID: "bob", Role: directory.Auditor}); err != nil {
			return err
		}
		return tx.PutAdmin(ada)
	})
	next := ada
	next.UserID, next.Failures, next.Locked = "ADA", 0, false
	update(t, s, func(tx directory.Tx) error { return tx.PutAdmin(next) })
	view(t, s, func(tx directory.Tx) error {
		got, err := tx.Admin("aDa")
		wantErr(t, "Admin in another case", err, nil)
		equal(t, "admin", got, next)
		all, err := tx.Admins()
		equal(t, "admins by User ID", all, []directory.Admin{next, {UserID: "bob", Role: directory.Auditor}})
		_, missing := tx.Admin("carol")
		wantErr(t, "Admin who is none", missing, directory.ErrNotFound)
		_, missing = tx.Admin("")
		wantErr(t, "Admin without a User ID", missing, directory.ErrNotFound)
		return err
	})
	update(t, s, func(tx directory.Tx) error {
		wantErr(t, "DeleteAdmin of nobody", tx.DeleteAdmin("carol"), directory.ErrNotFound)
		return tx.DeleteAdmin("ada")
	})
	view(t, s, func(tx directory.Tx) error {
		_, err := tx.Admin("Ada")
		wantErr(t, "Admin after they were deleted", err, directory.ErrNotFound)
		return nil
	})
}

func guessesAreKept(t *testing.T, s directory.Store) {
	view(t, s, func(tx directory.Tx) error {
		g, err := tx.Guesses()
		if g.Key != nil || len(g.Slots) > 0 || g.Count > 0 {
			t.Errorf("a new store has the guesses %+v, want none", g)
		}
		return err
	})
	g := directory.Guesses{Key: []byte{1, 2, 3}, Count: 1 << 40, Slots: map[uint16]directory.Guess{}}
	for slot := range uint16(512) {
		g.Slots[slot*100] = directory.Guess{Failures: int(slot) % 11, Attempted: base}
	}
	update(t, s, func(tx directory.Tx) error { return tx.PutGuesses(g) })
	view(t, s, func(tx directory.Tx) error {
		got, err := tx.Guesses()
		equal(t, "guesses", got, g)
		return err
	})
}
