package storagetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"tapstation/app/directory"
)

func userIsKeptWhole(t *testing.T, s directory.Store) {
	u := user(1)
	u.Groups, u.Disabled = []string{"Admins", "Staff"}, true
	bare := directory.User{ID: "bare"}
	putUsers(t, s, u, bare)
	view(t, s, func(tx directory.Tx) error {
		got, err := tx.User(u.ID)
		wantErr(t, "User", err, nil)
		equal(t, "user", got, u)
		got, err = tx.UserByHandle(u.Handle)
		wantErr(t, "UserByHandle", err, nil)
		equal(t, "user by handle", got, u)
		got, err = tx.User("bare")
		equal(t, "user with nothing but an ID", got, bare)
		return err
	})
}

func userIDsAreOneWhateverTheirCase(t *testing.T, s directory.Store) {
	same := [][]string{
		{"Ada", "ada", "ADA", "aDa"},
		{"Straße", "STRASSE", "straße", "STRAẞE"},
		{"Σίσυφος", "ΣΊΣΥΦΟΣ", "σίσυφοσ"},
		{"Zoë", "ZOË", "zoe\u0308"}, // composed or not
		{"x y", "X Y"},
	}
	for i, ids := range same {
		for _, id := range ids {
			u := user(i)
			u.ID = id
			putUsers(t, s, u)
			view(t, s, func(tx directory.Tx) error {
				for _, other := range ids {
					got, err := tx.User(other)
					if err != nil || got.ID != id {
						t.Errorf("User(%q) after putting %q = %q, %v", other, id, got.ID, err)
					}
				}
				return nil
			})
		}
	}
	view(t, s, func(tx directory.Tx) error {
		page, err := tx.Users(directory.UserQuery{})
		if len(page.Users) != len(same) {
			t.Errorf("%d users after putting %d in several cases", len(page.Users), len(same))
		}
		return err
	})
}

func userIsReplacedEverywhere(t *testing.T, s directory.Store) {
	old := user(1)
	putUsers(t, s, old)
	u := directory.User{ID: "U0001", UserName: "grace", FirstName: "Grace", LastName: "Hopper", Email: "g@navy.example",
		Groups: []string{"Navy"}, Handle: []byte("another handle"), Created: base, Changed: base}
	putUsers(t, s, u)
	view(t, s, func(tx directory.Tx) error {
		_, err := tx.UserByHandle(old.Handle)
		wantErr(t, "UserByHandle with the old handle", err, directory.ErrNotFound)
		for _, q := range []directory.UserQuery{{Text: "ada"}, {Text: "byron1"}, {Text: "example org"}, {Group: "Staff"}} {
			wantUsers(t, tx, q)
		}
		for _, q := range []directory.UserQuery{{}, {Text: "grace"}, {Text: "hop navy"}, {Group: "navy"}, {Text: "u0001"}} {
			wantUsers(t, tx, q, "U0001")
		}
		return nil
	})
}

func deletedUserIsGone(t *testing.T, s directory.Store) {
	putUsers(t, s, user(1), user(2))
	update(t, s, func(tx directory.Tx) error { return tx.DeleteUser("U0001") })
	view(t, s, func(tx directory.Tx) error {
		_, err := tx.User("u0001")
		wantErr(t, "User", err, directory.ErrNotFound)
		_, err = tx.UserByHandle(user(1).Handle)
		wantErr(t, "UserByHandle", err, directory.ErrNotFound)
		for _, q := range []directory.UserQuery{{}, {Text: "ada"}, {Group: "Staff"}, {Text: "ada", Group: "Staff"}} {
			wantUsers(t, tx, q, "u0002")
		}
		wantUsers(t, tx, directory.UserQuery{Text: "byron1"})
		return nil
	})
	err := s.Update(t.Context(), func(tx directory.Tx) error { return tx.DeleteUser("u0001") })
	wantErr(t, "DeleteUser of a user who is gone", err, directory.ErrNotFound)
}

func handleBelongsToOneUser(t *testing.T, s directory.Store) {
	putUsers(t, s, user(1))
	thief := user(2)
	thief.Handle = user(1).Handle
	err := s.Update(t.Context(), func(tx directory.Tx) error { return tx.PutUser(thief) })
	wantErr(t, "PutUser with the handle of another", err, directory.ErrExists)
	view(t, s, func(tx directory.Tx) error {
		got, err := tx.UserByHandle(user(1).Handle)
		equal(t, "user by handle", got, user(1))
		return err
	})
}

func usersComeInPages(t *testing.T, s directory.Store) {
	var all []directory.User
	var want []string
	for i := range 57 {
		u := user(i)
		u.ID = []string{"b", "A", "ç", "C"}[i%4] + fmt.Sprint(i*7919%57)
		all = append(all, u)
		want = append(want, u.ID)
	}
	slices.SortFunc(want, func(a, b string) int { return strings.Compare(directory.Fold(a), directory.Fold(b)) })
	putUsers(t, s, all...)
	for _, limit := range []int{1, 10, 19, 57, 58, 1000} {
		var got []string
		pages := 0
		eachPage(t, s, directory.UserQuery{Limit: limit}, func(page directory.UserPage) {
			pages++
			if len(page.Users) > limit {
				t.Errorf("a page of %d users, want at most %d", len(page.Users), limit)
			}
			for _, u := range page.Users {
				got = append(got, u.ID)
			}
		})
		if !slices.Equal(got, want) {
			t.Errorf("pages of %d: users %v, want %v", limit, got, want)
		}
		if wantPages := (57 + limit - 1) / limit; pages != wantPages {
			t.Errorf("pages of %d: %d pages, want %d, the last one not empty", limit, pages, wantPages)
		}
	}
}

// pagesNeitherSkipNorRepeat turns pages while users come, change and go around the place where it stands.
func pagesNeitherSkipNorRepeat(t *testing.T, s directory.Store) {
	var staying []directory.User
	for i := range 100 {
		staying = append(staying, user(i*10))
	}
	putUsers(t, s, staying...)
	for _, q := range []directory.UserQuery{{Limit: 7}, {Limit: 7, Text: "ada"}, {Limit: 7, Group: "staff"}, {Limit: 7, Text: "byr ada", Group: "staff"}} {
		seen := map[string]int{}
		turn := 0
		eachPage(t, s, q, func(page directory.UserPage) {
			for _, u := range page.Users {
				seen[u.ID]++
			}
			turn++
			last := page.Users[len(page.Users)-1]
			update(t, s, func(tx directory.Tx) error {
				for n := range 3 {
					passing := user(5000 + n)
					passing.ID = fmt.Sprintf("%s-%d-%d", last.ID, turn, n) // just behind the page's end
					if err := tx.PutUser(passing); err != nil {
						return err
					}
					passing.ID = fmt.Sprintf("a%d-%d", turn, n) // before the beginning
					passing.Handle = fmt.Append(nil, passing.ID)
					if err := tx.PutUser(passing); err != nil {
						return err
					}
					if err := tx.DeleteUser(fmt.Sprintf("%s-%d-%d", last.ID, turn, n)); err != nil {
						return err
					}
				}
				last.UserName = fmt.Sprint("changed in turn ", turn)
				return tx.PutUser(last)
			})
		})
		for i := range 100 {
			if id := user(i * 10).ID; seen[id] != 1 {
				t.Errorf("query %+v: user %s, who was there all the time, was seen %d times", q, id, seen[id])
			}
		}
	}
	// A place is a place even when the user who was there is gone.
	var next string
	view(t, s, func(tx directory.Tx) error {
		page, err := tx.Users(directory.UserQuery{Text: "byron10", Limit: 1})
		next = page.Next
		return err
	})
	update(t, s, func(tx directory.Tx) error { return tx.DeleteUser("u0010") })
	view(t, s, func(tx directory.Tx) error {
		wantUsers(t, tx, directory.UserQuery{Text: "byron10", After: next}, "u0100")
		return nil
	})
}

func pagesAreLimited(t *testing.T, s directory.Store) {
	update(t, s, func(tx directory.Tx) error {
		for i := range 1100 {
			if err := tx.PutUser(user(i)); err != nil {
				return err
			}
			if err := tx.PutKey(key(i, "u0000")); err != nil {
				return err
			}
		}
		return nil
	})
	for limit, want := range map[int]int{0: 100, -1: 100, 1000: 1000, 1001: 1000, 1 << 30: 1000} {
		view(t, s, func(tx directory.Tx) error {
			users, err := tx.Users(directory.UserQuery{Limit: limit})
			if err != nil || len(users.Users) != want || users.Next == "" {
				t.Errorf("Users with limit %d: %d users, next %q, %v, want %d and more to come", limit, len(users.Users), users.Next, err, want)
			}
			keys, err := tx.Keys(directory.KeyQuery{Limit: limit})
			if err != nil || len(keys.Keys) != want || keys.Next == "" {
				t.Errorf("Keys with limit %d: %d keys, next %q, %v, want %d and more to come", limit, len(keys.Keys), keys.Next, err, want)
			}
			return nil
		})
	}
}

func usersAreSearched(t *testing.T, s directory.Store) {
	putUsers(t, s,
		directory.User{ID: "ada", FirstName: "Ada", LastName: "Lovelace", Email: "ada.lovelace@math.example", Groups: []string{"Staff", "Math"}},
		directory.User{ID: "grace-h", UserName: "Amazing Grace", FirstName: "Grace", LastName: "Hopper", Groups: []string{"Staff"}},
		directory.User{ID: "mullerk", FirstName: "Käthe", LastName: "Müller-Ademola", Groups: []string{"STAFF2"}},
		directory.User{ID: "7001", FirstName: "山田", LastName: "太郎", Email: "yamada@kaisha.example"},
		directory.User{ID: "obrien", FirstName: "Conor", LastName: "O'Brien"},
		directory.User{ID: "long", LastName: strings.Repeat("w", 300) + "end"},
	)
	for _, c := range []struct {
		text, group string
		want        []string
	}{
		{"", "", []string{"7001", "ada", "grace-h", "long", "mullerk", "obrien"}},
		{"  ", "", []string{"7001", "ada", "grace-h", "long", "mullerk", "obrien"}},
		{"a", "", []string{"ada", "grace-h", "mullerk"}},
		{"ad", "", []string{"ada", "mullerk"}},
		{"AD", "", []string{"ada", "mullerk"}},
		{"ada", "", []string{"ada"}},
		{"da", "", nil}, // not the beginning of a word
		{"love ada", "", []string{"ada"}},
		{"ada love", "", []string{"ada"}},
		{"ada hopper", "", nil}, // every word counts
		{"ada.lovelace@math.example", "", []string{"ada"}},
		{"@math", "", []string{"ada"}},
		{"grace-h", "", []string{"grace-h"}},
		{"amazing hop", "", []string{"grace-h"}},
		{"muller", "", []string{"mullerk"}},
		{"MÜLL", "", []string{"mullerk"}},
		{"mu\u0308ll", "", []string{"mullerk"}},
		{"kathe ademola", "", []string{"mullerk"}},
		{"山", "", []string{"7001"}},
		{"山田 太", "", []string{"7001"}},
		{"o'brien", "", []string{"obrien"}},
		{"example", "", []string{"7001", "ada"}},
		{strings.Repeat("w", 300), "", []string{"long"}},
		{strings.Repeat("w", 300) + "end", "", []string{"long"}},
		{strings.Repeat("w", 301), "", nil}, // beyond what an index may hold
		{"nobody", "", nil},
		{"\x00", "", []string{"7001", "ada", "grace-h", "long", "mullerk", "obrien"}},
		{"", "Staff", []string{"ada", "grace-h"}},
		{"", "sTAFF", []string{"ada", "grace-h"}},
		{"", "staff2", []string{"mullerk"}},
		{"", "sta", nil}, // groups are named whole
		{"", "none", nil},
		{"a", "staff", []string{"ada", "grace-h"}},
		{"love", "staff", []string{"ada"}},
		{"love", "staff2", nil},
		{"a b c d e f g h i j k l", "", nil},
	} {
		view(t, s, func(tx directory.Tx) error {
			wantUsers(t, tx, directory.UserQuery{Text: c.text, Group: c.group}, c.want...)
			return nil
		})
	}
}

// searchKeepsOrderAndPages: with many users of many different words that begin alike, answers are still in the order
// of IDs, each user once, across pages.
func searchKeepsOrderAndPages(t *testing.T, s directory.Store) {
	const n = 400
	var want, wantOdd []string
	update(t, s, func(tx directory.Tx) error {
		for i := range n {
			u := directory.User{ID: fmt.Sprintf("id%03d", i), FirstName: fmt.Sprintf("same%d", n-i), LastName: fmt.Sprintf("same%d samesame", i*31%n)}
			if i%2 == 1 {
				u.Groups = []string{"odd"}
				wantOdd = append(wantOdd, u.ID)
			}
			want = append(want, u.ID)
			if err := tx.PutUser(u); err != nil {
				return err
			}
		}
		return nil
	})
	for _, c := range []struct {
		q    directory.UserQuery
		want []string
	}{
		{directory.UserQuery{Text: "same", Limit: 33}, want},
		{directory.UserQuery{Text: "sam id", Limit: 33}, want},
		{directory.UserQuery{Text: "same", Group: "odd", Limit: 33}, wantOdd},
		{directory.UserQuery{Group: "odd", Limit: 33}, wantOdd},
	} {
		var got []string
		eachPage(t, s, c.q, func(page directory.UserPage) {
			for _, u := range page.Users {
				got = append(got, u.ID)
			}
		})
		if !slices.Equal(got, c.want) {
			t.Errorf("query %+v gave %d users %v, want %d in order, each once", c.q, len(got), got, len(c.want))
		}
	}
}

// idsAreFoundByTheirBeginnings, in their order, together with users who are found by something else.
func idsAreFoundByTheirBeginnings(t *testing.T, s directory.Store) {
	putUsers(t, s,
		directory.User{ID: "ad"}, directory.User{ID: "ad-1"}, directory.User{ID: "ada", LastName: "Adams"}, directory.User{ID: "Adam"}, directory.User{ID: "ADAM2"},
		directory.User{ID: "aardvark", LastName: "Adams"}, directory.User{ID: "ad1", UserName: "ad1 ad2"}, directory.User{ID: "b", FirstName: "Ada", LastName: "Adams"},
		directory.User{ID: "äda"}, directory.User{ID: "x ada"}, directory.User{ID: "-ada"}, directory.User{ID: "ac", Email: "adam@example.org"},
		directory.User{ID: "nobody", Email: "nobody@example.org"},
	)
	for _, c := range []struct {
		text string
		want []string
	}{
		{"ad", []string{"-ada", "aardvark", "ac", "ad", "ad-1", "ad1", "ada", "Adam", "ADAM2", "b", "x ada", "äda"}},
		{"ada", []string{"-ada", "aardvark", "ac", "ada", "Adam", "ADAM2", "b", "x ada", "äda"}},
		{"adam", []string{"aardvark", "ac", "ada", "Adam", "ADAM2", "b"}},
		{"adam2", []string{"ADAM2"}},
		{"ad 1", []string{"ad-1"}},
		{"ad1 ad2", []string{"ad1"}},
		{"ada adams", []string{"aardvark", "ada", "b"}}, // one word of a user may answer two of a query
		{"nobody", []string{"nobody"}},
		{"example", []string{"ac", "nobody"}},
	} {
		for _, limit := range []int{1, 2, 3, 100} {
			var got []string
			eachPage(t, s, directory.UserQuery{Text: c.text, Limit: limit}, func(page directory.UserPage) {
				for _, u := range page.Users {
					got = append(got, u.ID)
				}
			})
			if !slices.Equal(got, c.want) {
				t.Errorf("%q by pages of %d = %q, want %q", c.text, limit, got, c.want)
			}
		}
	}
	view(t, s, func(tx directory.Tx) error {
		page, err := tx.Users(directory.UserQuery{Text: "ad", Limit: 3})
		if err != nil {
			return err
		}
		for _, q := range []directory.UserQuery{{After: "nowhere"}, {After: page.Next, Desc: true}, {After: page.Next, Sort: directory.ByName}} {
			wantUsers(t, tx, q) // a place in another order is none in this one
		}
		return nil
	})
}

func wantUsers(t *testing.T, tx directory.Tx, q directory.UserQuery, want ...string) {
	t.Helper()
	page, err := tx.Users(q)
	if err != nil {
		t.Errorf("Users(%+v): %v", q, err)
		return
	}
	var got []string
	for _, u := range page.Users {
		got = append(got, u.ID)
	}
	if !slices.Equal(got, want) {
		t.Errorf("Users(%+v) = %v, want %v", q, got, want)
	}
}

// eachPage turns the pages of a query, each in a View of its own.
func eachPage(t *testing.T, s directory.Store, q directory.UserQuery, look func(directory.UserPage)) {
	t.Helper()
	for turns := 0; ; turns++ {
		if turns > 10_000 {
			t.Fatalf("query %+v does not end", q)
		}
		var page directory.UserPage
		view(t, s, func(tx directory.Tx) (err error) {
			page, err = tx.Users(q)
			return err
		})
		if len(page.Users) > 0 {
			look(page)
		}
		if page.Next == "" {
			return
		}
		q.After = page.Next
	}
}
