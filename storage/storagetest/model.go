package storagetest

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"strings"
	"testing"

	"tapstation/app/directory"
)

// model is a directory held in two maps, which answers by looking at everybody: what a store must answer however it
// finds it.
type model struct {
	users map[string]directory.User // by folded User ID
	keys  map[string]directory.SecurityKey
}

func newModel() *model {
	return &model{users: map[string]directory.User{}, keys: map[string]directory.SecurityKey{}}
}

// modelOf is what a store holds, read by its simplest queries.
func modelOf(t *testing.T, s directory.Store) *model {
	m := newModel()
	for _, u := range allUsers(t, s, directory.UserQuery{Limit: 1000}) {
		m.putUser(u)
	}
	for _, k := range allKeys(t, s, directory.KeyQuery{Limit: 1000}) {
		m.keys[k.ID] = k
	}
	return m
}

func (m *model) putUser(u directory.User) { m.users[directory.Fold(u.ID)] = u }

// usersOf are all users that match, in order.
func (m *model) usersOf(q directory.UserQuery) []directory.User {
	var found []directory.User
	for _, u := range m.users {
		if m.matches(q, u) {
			found = append(found, u)
		}
	}
	place := func(u directory.User) string {
		switch q.Sort {
		case directory.ByName:
			return directory.Fold(u.DisplayName())
		case directory.ByEmail:
			return directory.Fold(u.Email)
		}
		return ""
	}
	slices.SortFunc(found, func(a, b directory.User) int {
		if q.Desc {
			a, b = b, a
		}
		byTime := 0
		if q.Sort == directory.ByCreated {
			byTime = a.Created.Compare(b.Created)
		}
		return cmp.Or(byTime, cmp.Compare(place(a), place(b)), cmp.Compare(directory.Fold(a.ID), directory.Fold(b.ID)))
	})
	return found
}

func (m *model) matches(q directory.UserQuery, u directory.User) bool {
	for _, w := range directory.Words(q.Text) {
		if !slices.ContainsFunc(u.SearchWords(), func(has string) bool { return strings.HasPrefix(has, w) }) {
			return false
		}
	}
	inGroup := func(g string) bool { return directory.Fold(g) == directory.Fold(q.Group) }
	if q.Group != "" && !slices.ContainsFunc(u.Groups, inGroup) {
		return false
	}
	return (q.Disabled == directory.Unset || u.Disabled == (q.Disabled == directory.On)) && m.holds(u, q.Keys)
}

func (m *model) holds(u directory.User, h directory.Holding) bool {
	any := func(is func(directory.SecurityKey) bool) bool {
		for _, k := range m.keys {
			if directory.Fold(k.UserID) == directory.Fold(u.ID) && is(k) {
				return true
			}
		}
		return false
	}
	active := func(k directory.SecurityKey) bool { return k.State == directory.Active }
	switch h {
	case directory.HoldsAny:
		return true
	case directory.HoldsNoActive:
		return !any(active)
	case directory.HoldsPINless:
		return any(func(k directory.SecurityKey) bool { return active(k) && k.Verification == directory.PINless })
	}
	return any(func(k directory.SecurityKey) bool { return string(k.State) == string(h) })
}

// keysOf are all keys that match, in order.
func (m *model) keysOf(q directory.KeyQuery) []directory.SecurityKey {
	var found []directory.SecurityKey
	for _, k := range m.keys {
		unused := k.State == directory.Active && k.Activated.Before(q.UnusedSince) && k.LastUsed.Before(q.UnusedSince)
		if (q.UserID == "" || directory.Fold(q.UserID) == directory.Fold(k.UserID)) &&
			(q.State == "" || q.State == k.State) && (q.Kind == "" || q.Kind == k.Kind) &&
			(q.Verification == "" || q.Verification == k.Verification) &&
			(q.CardUID == nil || bytes.Equal(q.CardUID, k.Mark.UID)) && (!q.NoUID || len(k.Mark.UID) == 0) &&
			(!q.OfflineLogin || k.OfflineLogin) && (!q.TemporaryPIN || k.TemporaryPIN) &&
			(q.UnusedSince.IsZero() || unused) && (q.MadeBefore.IsZero() || k.Created.Before(q.MadeBefore)) &&
			(q.ActivatedFrom.IsZero() || !k.Activated.Before(q.ActivatedFrom)) &&
			(q.ActivatedBefore.IsZero() || !k.Activated.IsZero() && k.Activated.Before(q.ActivatedBefore)) {
			found = append(found, k)
		}
	}
	slices.SortFunc(found, func(a, b directory.SecurityKey) int {
		if q.Desc {
			a, b = b, a
		}
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})
	return found
}

// statistics are the figures. Groups are counted as many as are told.
func (m *model) statistics(q directory.StatisticsQuery, groups int) directory.Statistics {
	s := directory.Statistics{Users: len(m.users), Groups: groups, Keys: map[directory.KeyState]int{},
		Verification: map[directory.Verification]int{}, Kinds: map[directory.Kind]int{}, Activations: make([]int, max(len(q.Days)-1, 0))}
	for _, u := range m.users {
		if u.Disabled {
			s.DisabledUsers++
		}
		if m.holds(u, directory.HoldsActive) {
			s.ActiveUsers++
		}
	}
	for k := range maps.Values(m.keys) {
		s.Keys[k.State]++
		for i := range s.Activations {
			if !k.Activated.IsZero() && !k.Activated.Before(q.Days[i]) && k.Activated.Before(q.Days[i+1]) {
				s.Activations[i]++
			}
		}
		if k.State == directory.Pending && k.Created.Before(q.PendingBefore) {
			s.PendingLong++
		}
		if k.State == directory.Active {
			s.Verification[k.Verification]++
			s.Kinds[k.Kind]++
			if k.TemporaryPIN {
				s.TemporaryPINs++
			}
		}
	}
	return s
}

// allUsers turns the pages of a query to the end.
func allUsers(t *testing.T, s directory.Store, q directory.UserQuery) (all []directory.User) {
	t.Helper()
	eachPage(t, s, q, func(page directory.UserPage) { all = append(all, page.Users...) })
	return all
}

// allKeys likewise.
func allKeys(t *testing.T, s directory.Store, q directory.KeyQuery) (all []directory.SecurityKey) {
	t.Helper()
	for turns := 0; ; turns++ {
		if turns > 10_000 {
			t.Fatalf("query %+v does not end", q)
		}
		var page directory.KeyPage
		view(t, s, func(tx directory.Tx) (err error) {
			page, err = tx.Keys(q)
			return err
		})
		all = append(all, page.Keys...)
		if q.After = page.Next; q.After == "" {
			return all
		}
	}
}

func idsOf[R any](records []R, id func(R) string) []string {
	var ids []string
	for _, r := range records {
		ids = append(ids, id(r))
	}
	return ids
}
