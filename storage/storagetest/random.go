package storagetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"tapstation/app/directory"
)

// anythingDoneIsAnswered does many things by chance, to users and keys, and asks many questions by chance, within the
// transactions and after them. Each answer must be that of a model which looks at everybody.
func anythingDoneIsAnswered(t *testing.T, s directory.Store) {
	r := rand.New(rand.NewPCG(1, 2))
	m := newModel()
	for round := range 40 {
		crowd := []int{3, 40, 300}[round%3] // IDs to choose among
		update(t, s, func(tx directory.Tx) error {
			for range 1 + r.IntN(60) {
				if err := act(r, tx, m, crowd); err != nil {
					return fmt.Errorf("round %d: %w", round, err)
				}
			}
			if r.IntN(3) == 0 {
				q := anyUserQuery(r)
				page, err := tx.Users(q)
				if want := m.usersOf(q); err != nil || !slices.Equal(userIDs(page.Users), userIDs(want[:min(len(want), 100)])) {
					t.Errorf("round %d, within its transaction: Users(%+v) = %v, %v, want %v", round, q, userIDs(page.Users), err, userIDs(want))
				}
				wantStatistics(t, tx, m, anyStatisticsQuery(r))
			}
			return nil
		})
		wantAnswers(t, s, m, r, 8)
		if t.Failed() {
			t.Fatalf("after round %d", round)
		}
	}
}

// WantAnswers asks a store, which may hold anything, n questions by chance about users, and as many about keys. Each
// answer must be what follows from all that the store holds.
func WantAnswers(t *testing.T, s directory.Store, n int) {
	wantAnswers(t, s, modelOf(t, s), rand.New(rand.NewPCG(5, 6)), n)
}

func wantAnswers(t *testing.T, s directory.Store, m *model, r *rand.Rand, n int) {
	t.Helper()
	for range n {
		users := anyUserQuery(r)
		users.Limit = 1 + r.IntN(40)
		if got, want := allUsers(t, s, users), m.usersOf(users); !slices.Equal(userIDs(got), userIDs(want)) {
			t.Errorf("Users(%+v) = %v, want %v", users, userIDs(got), userIDs(want))
		} else {
			equal(t, "users", got, want)
		}
		keys := anyKeyQuery(r)
		keys.Limit = 1 + r.IntN(40)
		if got, want := allKeys(t, s, keys), m.keysOf(keys); !slices.Equal(keyIDs(got), keyIDs(want)) {
			t.Errorf("Keys(%+v) = %v, want %v", keys, keyIDs(got), keyIDs(want))
		}
	}
	view(t, s, func(tx directory.Tx) error {
		wantStatistics(t, tx, m, anyStatisticsQuery(r))
		return nil
	})
}

func wantStatistics(t *testing.T, tx directory.Tx, m *model, q directory.StatisticsQuery) {
	t.Helper()
	groups, err := tx.Groups()
	wantErr(t, "Groups", err, nil)
	got, err := tx.Statistics(q)
	wantErr(t, "Statistics", err, nil)
	equal(t, fmt.Sprintf("statistics for %v", q), got, m.statistics(q, len(groups)))
}

func keyIDs(keys []directory.SecurityKey) []string {
	return idsOf(keys, func(k directory.SecurityKey) string { return k.ID })
}

// act does one thing to the store and to the model.
func act(r *rand.Rand, tx directory.Tx, m *model, crowd int) error {
	n := r.IntN(crowd)
	u := someone(r, n)
	switch what := r.IntN(10); {
	case what < 4:
		if r.IntN(20) == 0 {
			u.Handle = nil
		}
		for folded, other := range m.users { // another spelling of the ID would have the same handle
			if folded != directory.Fold(u.ID) && string(other.Handle) == string(u.Handle) {
				u.Handle = nil
			}
		}
		m.putUser(u)
		return tx.PutUser(u)
	case what < 5:
		_, there := m.users[directory.Fold(u.ID)]
		delete(m.users, directory.Fold(u.ID))
		return thereOrNot(tx.DeleteUser(u.ID), there)
	case what < 9:
		k := someKey(r, n, u.ID)
		m.keys[k.ID] = k
		return tx.PutKey(k)
	}
	id := someKey(r, n, "").ID
	_, there := m.keys[id]
	delete(m.keys, id)
	return thereOrNot(tx.DeleteKey(id), there)
}

// thereOrNot is the error of a deletion, which must be ErrNotFound exactly where there was nothing.
func thereOrNot(err error, there bool) error {
	if there || err == nil {
		return err
	}
	if errors.Is(err, directory.ErrNotFound) {
		return nil
	}
	return err
}

func pickOf[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

func someTime(r *rand.Rand) time.Time {
	return base.Add(time.Duration(r.IntN(20)) * 6 * time.Hour).Add(time.Duration(r.IntN(2)) * time.Microsecond)
}

func someKey(r *rand.Rand, n int, userID string) directory.SecurityKey {
	k := directory.SecurityKey{ID: fmt.Sprintf("%032x", n*7919%1000), UserID: userID, Kind: pickOf(r, directory.Card, directory.Card, directory.USBKey, "", "ring"),
		State:        pickOf(r, directory.Active, directory.Active, directory.Pending, directory.Disabled, directory.Revoked, "lost"),
		Verification: pickOf(r, directory.PIN, directory.PINless, ""), OfflineLogin: r.IntN(3) == 0, TemporaryPIN: r.IntN(4) == 0,
		Credential: directory.Credential{ID: fmt.Appendf(nil, "credential %d", n)}, Created: someTime(r)}
	if r.IntN(2) == 0 {
		k.Mark.UID = []byte{4, byte(n % 10)}
	}
	if r.IntN(3) > 0 {
		k.Activated = someTime(r)
	}
	if r.IntN(2) == 0 {
		k.LastUsed = someTime(r)
	}
	return k
}

func anyUserQuery(r *rand.Rand) directory.UserQuery {
	return directory.UserQuery{
		Text:     pickOf(r, "", "", "a", "ad", "ada", "z", "zoe", "by", "example", "a b", "ada byr", "math zo", "u1", "1", "山", "nobody", "bo 2 ex", "o brien"),
		Group:    pickOf(r, "", "", "", "staff", "MATH", "ärzte", "none"),
		Keys:     pickOf(r, directory.HoldsAny, directory.HoldsAny, directory.HoldsPending, directory.HoldsActive, directory.HoldsDisabled, directory.HoldsRevoked, directory.HoldsNoActive, directory.HoldsPINless),
		Disabled: pickOf(r, directory.Unset, directory.Unset, directory.On, directory.Off),
		Sort:     pickOf(r, userOrders...), Desc: r.IntN(2) == 0,
	}
}

func anyKeyQuery(r *rand.Rand) directory.KeyQuery {
	maybe := func(in int) bool { return r.IntN(in) == 0 }
	q := directory.KeyQuery{
		State:        pickOf(r, "", "", directory.Active, directory.Pending, directory.Disabled, directory.Revoked, "lost", "none"),
		Kind:         pickOf(r, "", "", "", directory.Card, directory.USBKey, directory.Smartphone, "ring"),
		Verification: pickOf(r, "", "", directory.PIN, directory.PINless),
		NoUID:        maybe(8), OfflineLogin: maybe(6), TemporaryPIN: maybe(6), Desc: maybe(2),
	}
	for _, bound := range []*time.Time{&q.UnusedSince, &q.MadeBefore, &q.ActivatedFrom, &q.ActivatedBefore} {
		if maybe(5) {
			*bound = someTime(r).Add(time.Duration(r.IntN(2))) // also between two times that can be kept
		}
	}
	if maybe(8) {
		q.UserID = pickOf(r, "ada", "u", "BO") + fmt.Sprint(r.IntN(40))
	}
	if maybe(8) {
		q.CardUID = []byte{4, byte(r.IntN(10))}
	}
	return q
}

func anyStatisticsQuery(r *rand.Rand) directory.StatisticsQuery {
	q := directory.StatisticsQuery{PendingBefore: someTime(r).Add(time.Duration(r.IntN(2)))}
	if r.IntN(5) == 0 {
		return q
	}
	day := base.Add(-time.Duration(r.IntN(48)) * time.Hour)
	for range 1 + r.IntN(8) {
		q.Days = append(q.Days, day)
		day = day.Add(pickOf(r, 24*time.Hour, 24*time.Hour, 23*time.Hour, 25*time.Hour, 6*time.Hour+time.Nanosecond))
	}
	return q
}
