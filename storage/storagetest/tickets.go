package storagetest

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"tapstation/app/directory"
)

// ticket is a ticket with every field set, told apart by n, which is also how many minutes after base it expires.
func ticket(n int, userID, keyID string) directory.Ticket {
	return directory.Ticket{
		ID: fmt.Sprintf("%032x", 1_000_000-n), Purpose: directory.Activate, UserID: userID, KeyID: keyID, Email: "ada@example.org",
		State: directory.Open, Link: fmt.Appendf(nil, "link %d", n), Handle: fmt.Appendf(nil, "handle %d", n),
		Code: fmt.Appendf(nil, "code %d", n), Serial: 2, WrongCodes: 3, Created: base,
		Expires: base.Add(time.Duration(n) * time.Minute), CodeExpires: base.Add(time.Hour), Shown: base, Closed: base,
	}
}

func putTickets(t *testing.T, s directory.Store, tickets ...directory.Ticket) {
	t.Helper()
	update(t, s, func(tx directory.Tx) error {
		for _, k := range tickets {
			if err := tx.PutTicket(k); err != nil {
				return err
			}
		}
		return nil
	})
}

// ticketsOf are the numbers of the tickets that a query finds.
func ticketsOf(t *testing.T, s directory.Store, q directory.TicketQuery) (numbers []int) {
	t.Helper()
	view(t, s, func(tx directory.Tx) error {
		found, err := tx.Tickets(q)
		for _, k := range found {
			var n int
			if _, err := fmt.Sscanf(k.ID, "%x", &n); err != nil {
				return err
			}
			numbers = append(numbers, 1_000_000-n)
		}
		return err
	})
	return numbers
}

func ticketIsKeptWhole(t *testing.T, s directory.Store) {
	want := ticket(1, "ada", "k1")
	putTickets(t, s, want, ticket(2, "bob", "k2"))
	view(t, s, func(tx directory.Tx) error {
		for what, find := range map[string]func() (directory.Ticket, error){
			"Ticket":         func() (directory.Ticket, error) { return tx.Ticket(want.ID) },
			"TicketByLink":   func() (directory.Ticket, error) { return tx.TicketByLink(want.Link) },
			"TicketByHandle": func() (directory.Ticket, error) { return tx.TicketByHandle(want.Handle) },
		} {
			got, err := find()
			wantErr(t, what, err, nil)
			equal(t, what, got, want)
		}
		for what, find := range map[string]func() (directory.Ticket, error){
			"Ticket of none":                  func() (directory.Ticket, error) { return tx.Ticket("none") },
			"Ticket with no ID":               func() (directory.Ticket, error) { return tx.Ticket("") },
			"TicketByLink with no hash":       func() (directory.Ticket, error) { return tx.TicketByLink(nil) },
			"TicketByLink with a handle":      func() (directory.Ticket, error) { return tx.TicketByLink(want.Handle) },
			"TicketByLink with a beginning":   func() (directory.Ticket, error) { return tx.TicketByLink(want.Link[:3]) },
			"TicketByHandle with no hash":     func() (directory.Ticket, error) { return tx.TicketByHandle(nil) },
			"TicketByHandle with a link":      func() (directory.Ticket, error) { return tx.TicketByHandle(want.Link) },
			"TicketByHandle with a beginning": func() (directory.Ticket, error) { return tx.TicketByHandle(want.Handle[:3]) },
		} {
			_, err := find()
			wantErr(t, what, err, directory.ErrNotFound)
		}
		return nil
	})
	for what, bad := range map[string]directory.Ticket{
		"no ID": {UserID: "ada"}, "no user": {ID: "x"}, "a NUL in the key's ID": {ID: "x", UserID: "ada", KeyID: "a\x00b"},
	} {
		if err := s.Update(t.Context(), func(tx directory.Tx) error { return tx.PutTicket(bad) }); err == nil {
			t.Errorf("PutTicket with %s is taken, want an error", what)
		}
	}
}

func ticketsAreFound(t *testing.T, s directory.Store) {
	// In another order than they expire in.
	put := []directory.Ticket{ticket(9, "ada", "k1"), ticket(3, "Ada", "k1"), ticket(5, "ada", "k2"), ticket(4, "ad", "k"), ticket(7, "bob", ""), ticket(3000, "bob", "k3")}
	put[1].State, put[2].Purpose = directory.Redeemed, directory.SetPIN
	putTickets(t, s, put...)
	for _, c := range []struct {
		query directory.TicketQuery
		want  []int
	}{
		{directory.TicketQuery{UserID: "ADA"}, []int{3, 5, 9}},
		{directory.TicketQuery{UserID: "ad"}, []int{4}},
		{directory.TicketQuery{UserID: "nobody"}, nil},
		{directory.TicketQuery{UserID: "ada", State: directory.Open}, []int{5, 9}},
		{directory.TicketQuery{UserID: "ada", Purpose: directory.SetPIN}, []int{5}},
		{directory.TicketQuery{UserID: "ada", Limit: 2}, []int{3, 5}},
		{directory.TicketQuery{UserID: "ada", State: directory.Open, Limit: 1}, []int{5}},
		{directory.TicketQuery{KeyID: "k1"}, []int{3, 9}},
		{directory.TicketQuery{KeyID: "k"}, []int{4}},
		{directory.TicketQuery{KeyID: "k1", UserID: "bob"}, nil},
		{directory.TicketQuery{KeyID: "k1", ExpiresBefore: put[0].Expires}, []int{3}},
		{directory.TicketQuery{ExpiresBefore: put[2].Expires}, []int{3, 4}},
		{directory.TicketQuery{ExpiresBefore: put[2].Expires.Add(time.Microsecond)}, []int{3, 4, 5}},
		{directory.TicketQuery{ExpiresBefore: base.AddDate(1, 0, 0), State: directory.Open, Limit: 3}, []int{4, 5, 7}},
	} {
		if got := ticketsOf(t, s, c.query); !slices.Equal(got, c.want) {
			t.Errorf("Tickets(%+v) = %v, want %v", c.query, got, c.want)
		}
	}
	view(t, s, func(tx directory.Tx) error {
		if found, err := tx.Tickets(directory.TicketQuery{State: directory.Open}); err == nil {
			t.Errorf("Tickets by nothing but a state = %d tickets, want an error", len(found))
		}
		return nil
	})
}

func changedTicketMoves(t *testing.T, s directory.Store) {
	old := ticket(1, "ada", "k1")
	putTickets(t, s, old, ticket(2, "ada", "k1"))
	now := old
	now.UserID, now.KeyID, now.State = "bob", "k2", directory.Withdrawn
	now.Link, now.Handle, now.Expires = []byte("new link"), []byte("new handle"), base.AddDate(0, 0, 9)
	putTickets(t, s, now)
	view(t, s, func(tx directory.Tx) error {
		_, err := tx.TicketByLink(old.Link)
		wantErr(t, "TicketByLink with the old link", err, directory.ErrNotFound)
		_, err = tx.TicketByHandle(old.Handle)
		wantErr(t, "TicketByHandle with the old handle", err, directory.ErrNotFound)
		got, err := tx.TicketByHandle(now.Handle)
		wantErr(t, "TicketByHandle", err, nil)
		equal(t, "ticket by its new handle", got, now)
		return nil
	})
	for _, c := range []struct {
		query directory.TicketQuery
		want  []int
	}{
		{directory.TicketQuery{UserID: "ada"}, []int{2}}, {directory.TicketQuery{KeyID: "k1"}, []int{2}},
		{directory.TicketQuery{UserID: "bob"}, []int{1}}, {directory.TicketQuery{KeyID: "k2"}, []int{1}},
		{directory.TicketQuery{ExpiresBefore: base.AddDate(1, 0, 0)}, []int{2, 1}},
	} {
		if got := ticketsOf(t, s, c.query); !slices.Equal(got, c.want) {
			t.Errorf("after a ticket changed Tickets(%+v) = %v, want %v", c.query, got, c.want)
		}
	}
	update(t, s, func(tx directory.Tx) error { return tx.DeleteTicket(now.ID) })
	if got := ticketsOf(t, s, directory.TicketQuery{UserID: "bob"}); got != nil {
		t.Errorf("a deleted ticket is found: %v", got)
	}
	view(t, s, func(tx directory.Tx) error {
		_, err := tx.TicketByLink(now.Link)
		wantErr(t, "TicketByLink of a deleted ticket", err, directory.ErrNotFound)
		return nil
	})
	err := s.Update(t.Context(), func(tx directory.Tx) error { return tx.DeleteTicket(now.ID) })
	wantErr(t, "DeleteTicket of a ticket that is gone", err, directory.ErrNotFound)
}

func linkAndHandleBelongToOneTicket(t *testing.T, s directory.Store) {
	putTickets(t, s, ticket(1, "ada", "k1"))
	link, handle := ticket(2, "bob", "k2"), ticket(3, "bob", "k3")
	link.Link, handle.Handle = ticket(1, "", "").Link, ticket(1, "", "").Handle
	for what, k := range map[string]directory.Ticket{"link": link, "handle": handle} {
		err := s.Update(t.Context(), func(tx directory.Tx) error { return tx.PutTicket(k) })
		wantErr(t, "PutTicket with the "+what+" of another", err, directory.ErrExists)
	}
	none := ticket(4, "ada", "k1") // without a link and without a code there is nothing to share
	none.Link, none.Handle = nil, nil
	other := none
	other.ID = ticket(5, "", "").ID
	putTickets(t, s, none, other)
	if got := ticketsOf(t, s, directory.TicketQuery{UserID: "bob"}); got != nil {
		t.Errorf("a ticket that was refused is there: %v", got)
	}
}

// anyTicketIsAnswered does many things to tickets by chance. Each answer must be that of a model that looks at all.
func anyTicketIsAnswered(t *testing.T, s directory.Store) {
	r := rand.New(rand.NewPCG(3, 4))
	m := map[string]directory.Ticket{}
	for round := range 25 {
		update(t, s, func(tx directory.Tx) error {
			for range 1 + r.IntN(40) {
				n := r.IntN(60)
				k := ticket(n, pickOf(r, "ada", "ADA", "ad", "bob"), pickOf(r, "", "k", "k1"))
				k.Expires, k.State, k.Purpose = someTime(r), pickOf(r, directory.Open, directory.Redeemed), pickOf(r, directory.Activate, directory.SetPIN)
				if r.IntN(4) == 0 {
					_, there := m[k.ID]
					delete(m, k.ID)
					if err := thereOrNot(tx.DeleteTicket(k.ID), there); err != nil {
						return err
					}
					continue
				}
				m[k.ID] = k
				if err := tx.PutTicket(k); err != nil {
					return err
				}
			}
			return nil
		})
		for range 10 {
			wantTickets(t, s, m, anyTicketQuery(r))
		}
		if t.Failed() {
			t.Fatalf("after round %d", round)
		}
	}
}

func anyTicketQuery(r *rand.Rand) directory.TicketQuery {
	q := directory.TicketQuery{State: pickOf(r, "", directory.Open, directory.Redeemed, directory.Withdrawn),
		Purpose: pickOf(r, "", "", directory.Activate), Limit: 1 + r.IntN(70)}
	if r.IntN(2) == 0 {
		q.UserID = pickOf(r, "Ada", "AD", "bob", "eve")
	}
	if r.IntN(2) == 0 {
		q.KeyID = pickOf(r, "k", "k1", "k2")
	}
	if q.UserID+q.KeyID == "" || r.IntN(2) == 0 {
		q.ExpiresBefore = someTime(r)
	}
	return q
}

func wantTickets(t *testing.T, s directory.Store, m map[string]directory.Ticket, q directory.TicketQuery) {
	t.Helper()
	var want []directory.Ticket
	for _, k := range m {
		if (q.UserID == "" || directory.Fold(k.UserID) == directory.Fold(q.UserID)) && (q.KeyID == "" || k.KeyID == q.KeyID) &&
			(q.State == "" || k.State == q.State) && (q.Purpose == "" || k.Purpose == q.Purpose) &&
			(q.ExpiresBefore.IsZero() || k.Expires.Before(q.ExpiresBefore)) {
			want = append(want, k)
		}
	}
	slices.SortFunc(want, func(a, b directory.Ticket) int {
		return cmp.Or(a.Expires.Compare(b.Expires), cmp.Compare(a.ID, b.ID))
	})
	view(t, s, func(tx directory.Tx) error {
		got, err := tx.Tickets(q)
		equal(t, fmt.Sprintf("tickets for %+v", q), got, want[:min(len(want), q.Limit)])
		return err
	})
}

func secretsAreKept(t *testing.T, s directory.Store) {
	update(t, s, func(tx directory.Tx) error {
		return errors.Join(tx.PutSecret("a", []byte("sealed")), tx.PutSecret("a", []byte("sealed again")), tx.PutSecret("ab", []byte("other")))
	})
	view(t, s, func(tx directory.Tx) error {
		sealed, err := tx.Secret("a")
		wantErr(t, "Secret", err, nil)
		equal(t, "secret", string(sealed), "sealed again")
		for _, name := range []string{"b", ""} {
			_, err = tx.Secret(name)
			wantErr(t, fmt.Sprintf("Secret(%q)", name), err, directory.ErrNotFound)
		}
		return nil
	})
	for range 2 { // the second time there is none, which is no error
		update(t, s, func(tx directory.Tx) error { return tx.DeleteSecret("a") })
	}
	view(t, s, func(tx directory.Tx) error {
		_, err := tx.Secret("a")
		wantErr(t, "Secret after it was deleted", err, directory.ErrNotFound)
		sealed, err := tx.Secret("ab")
		equal(t, "the other secret", string(sealed), "other")
		return err
	})
	if err := s.Update(t.Context(), func(tx directory.Tx) error { return tx.PutSecret("", []byte("x")) }); err == nil {
		t.Error("a secret without a name is taken, want an error")
	}
}
