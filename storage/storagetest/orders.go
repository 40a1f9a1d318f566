package storagetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"tapstation/app/directory"
)

// usersComeInEveryOrder, both ways, also those that are equal in it, in other letters or without a name.
func usersComeInEveryOrder(t *testing.T, s directory.Store) {
	later := base.Add(time.Microsecond)
	putUsers(t, s,
		directory.User{ID: "a9", FirstName: "Zoë", LastName: "Adams", Email: "Z@example.org", Created: base},
		directory.User{ID: "B1", FirstName: "ada", LastName: "Byron", Email: "b@example.org", Created: later},
		directory.User{ID: "b0", FirstName: "Ada", LastName: "byron", Created: base},
		directory.User{ID: "c", UserName: "Äda", Email: "c@example.org"}, // before all others: it has no time
		directory.User{ID: "d", LastName: "ada", Email: "B@EXAMPLE.ORG", Created: base.Add(-time.Hour)},
		directory.User{ID: "zz"},
	)
	for order, want := range map[directory.UserSort][]string{
		directory.ByID:      {"a9", "b0", "B1", "c", "d", "zz"},
		directory.ByName:    {"d", "b0", "B1", "a9", "zz", "c"},
		directory.ByEmail:   {"b0", "zz", "B1", "d", "c", "a9"},
		directory.ByCreated: {"c", "zz", "d", "a9", "b0", "B1"},
	} {
		for _, desc := range []bool{false, true} {
			if desc {
				want = slices.Clone(want)
				slices.Reverse(want)
			}
			for _, limit := range []int{1, 2, 4, 100} {
				q := directory.UserQuery{Sort: order, Desc: desc, Limit: limit}
				if got := userIDs(allUsers(t, s, q)); !slices.Equal(got, want) {
					t.Errorf("order %q, backwards %v, pages of %d: %v, want %v", order, desc, limit, got, want)
				}
			}
		}
	}
}

// placeOfAnotherQueryIsNone: a place is only good for the query whose page gave it.
func placeOfAnotherQueryIsNone(t *testing.T, s directory.Store) {
	putUsers(t, s, user(1), user(2), user(3))
	asked := directory.UserQuery{Text: "ada", Limit: 1}
	var next string
	view(t, s, func(tx directory.Tx) error {
		page, err := tx.Users(asked)
		next = page.Next
		return err
	})
	if next == "" {
		t.Fatal("one of three users is a page, and there is no next one")
	}
	for what, change := range map[string]func(*directory.UserQuery){
		"another order": func(q *directory.UserQuery) { q.Sort = directory.ByName }, "the other way": func(q *directory.UserQuery) { q.Desc = true },
		"another text": func(q *directory.UserQuery) { q.Text = "byron" }, "a group": func(q *directory.UserQuery) { q.Group = "Staff" },
		"holders": func(q *directory.UserQuery) { q.Keys = directory.HoldsNoActive }, "not disabled": func(q *directory.UserQuery) { q.Disabled = directory.Off },
		"nonsense": func(q *directory.UserQuery) { q.After = "u0001" }, "more nonsense": func(q *directory.UserQuery) { q.After = "!" },
		"the end cut off": func(q *directory.UserQuery) { q.After = next[:4] },
	} {
		q := asked
		q.After = next
		change(&q)
		view(t, s, func(tx directory.Tx) error {
			page, err := tx.Users(q)
			if err != nil || len(page.Users) != 0 || page.Next != "" {
				t.Errorf("a place used with %s: %d users, next %q, %v, want nothing", what, len(page.Users), page.Next, err)
			}
			return nil
		})
	}
	asked.After, asked.Limit = next, 100
	view(t, s, func(tx directory.Tx) error {
		wantUsers(t, tx, asked, "u0002", "u0003")
		return nil
	})
}

// pagesOfOrdersNeitherSkipNorRepeat: in every order and with every filter, who is there all the time is seen once,
// whatever is written between the pages.
func pagesOfOrdersNeitherSkipNorRepeat(t *testing.T, s directory.Store) {
	r := rand.New(rand.NewPCG(3, 4))
	var staying []directory.User
	for i := range 60 {
		u := someone(r, i)
		u.ID, u.FirstName, u.Groups = fmt.Sprintf("stays%02d", i), "Stays", []string{"Staff"}
		staying = append(staying, u)
	}
	putUsers(t, s, staying...)
	for _, order := range userOrders {
		for _, desc := range []bool{false, true} {
			for _, q := range []directory.UserQuery{{}, {Text: "stay"}, {Group: "staff"}, {Keys: directory.HoldsNoActive, Text: "s"}} {
				q.Sort, q.Desc, q.Limit = order, desc, 11
				seen := map[string]int{}
				eachPage(t, s, q, func(page directory.UserPage) {
					for _, u := range page.Users {
						seen[u.ID]++
					}
					update(t, s, func(tx directory.Tx) error {
						for range 5 {
							u := someone(r, 100+r.IntN(40))
							_ = tx.DeleteUser(fmt.Sprint("passes", r.IntN(40))) // if there
							u.ID = fmt.Sprint("passes", r.IntN(40))
							u.Handle = []byte(u.ID)
							if err := tx.PutUser(u); err != nil {
								return err
							}
						}
						return nil
					})
				})
				for _, u := range staying {
					if seen[u.ID] != 1 {
						t.Errorf("query %+v: user %s, who was there all the time, was seen %d times", q, u.ID, seen[u.ID])
					}
				}
			}
		}
	}
}

var userOrders = []directory.UserSort{directory.ByID, directory.ByName, directory.ByEmail, directory.ByCreated}

func userIDs(users []directory.User) []string {
	return idsOf(users, func(u directory.User) string { return u.ID })
}

// someone has few possible names, so that many users share them.
func someone(r *rand.Rand, n int) directory.User {
	pick := func(from ...string) string { return from[r.IntN(len(from))] }
	u := directory.User{
		ID:        pick("ada", "Bo", "u", "é") + fmt.Sprint(n),
		UserName:  pick("", "", "ada", "Bob b"),
		FirstName: pick("Ada", "ADA", "Adam", "Zoë", "", "山田"),
		LastName:  pick("Byron", "byrne", "O'Brien", "", "Zz"),
		Email:     pick("", "a", "A", "ab", "zoe") + pick("", "", "@example.org", "@math.example"),
		Handle:    fmt.Appendf(nil, "handle %d", n),
		Disabled:  r.IntN(4) == 0,
		Created:   base.Add(time.Duration(r.IntN(6)) * time.Microsecond),
	}
	for _, g := range []string{"Staff", "STAFF", "math", "Ärzte"} {
		if r.IntN(3) == 0 {
			u.Groups = append(u.Groups, g)
		}
	}
	return u
}
