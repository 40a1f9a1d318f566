package storagetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"tapstation/app/directory"
)

// message is a message with every field set, told apart by n, which is also how many seconds after base it was made.
func message(n int, userID string) directory.Message {
	return directory.Message{
		ID: fmt.Sprintf("%032x", 1_000_000-n), Kind: directory.ActivationMail, UserID: userID, KeyID: "k1", TicketID: "t1",
		To: "ada@example.org", MessageID: fmt.Sprintf("%d@example.org", n), State: directory.Queued, Attempts: 2, Due: base,
		LeasedBy: "sender", LeasedUntil: base.Add(-time.Hour), Answer: "451 try again", Created: base.Add(time.Duration(n) * time.Second),
		Tried: base, Done: base,
	}
}

func putMessages(t *testing.T, s directory.Store, messages ...directory.Message) {
	t.Helper()
	update(t, s, func(tx directory.Tx) error {
		for _, m := range messages {
			if err := tx.PutMessage(m); err != nil {
				return err
			}
		}
		return nil
	})
}

func messageIDs(all []directory.Message) []string {
	return idsOf(all, func(m directory.Message) string { return m.ID })
}

// allMessages turns the pages of a query to the end.
func allMessages(t *testing.T, s directory.Store, q directory.MessageQuery) (all []directory.Message) {
	t.Helper()
	for turns := 0; ; turns++ {
		if turns > 10_000 {
			t.Fatalf("query %+v does not end", q)
		}
		var page directory.MessagePage
		view(t, s, func(tx directory.Tx) (err error) {
			page, err = tx.Messages(q)
			return err
		})
		all = append(all, page.Messages...)
		if q.After = page.Next; q.After == "" {
			return all
		}
	}
}

// wantDue asks what is due some seconds after base.
func wantDue(t *testing.T, s directory.Store, when string, seconds, limit int, want []directory.Message, next time.Time) {
	t.Helper()
	view(t, s, func(tx directory.Tx) error {
		due, then, err := tx.DueMessages(base.Add(time.Duration(seconds)*time.Second), limit)
		if !slices.Equal(messageIDs(due), messageIDs(want)) || !then.Equal(next) {
			t.Errorf("%s, DueMessages after %d s = %v, next at %v, want %v, next at %v", when, seconds, messageIDs(due), then, messageIDs(want), next)
		}
		return err
	})
}

func messageIsKeptWhole(t *testing.T, s directory.Store) {
	want := message(1, "ada")
	putMessages(t, s, want, message(2, "bob"))
	view(t, s, func(tx directory.Tx) error {
		got, err := tx.Message(want.ID)
		equal(t, "message", got, want)
		for _, id := range []string{"none", ""} {
			_, none := tx.Message(id)
			wantErr(t, fmt.Sprintf("Message(%q)", id), none, directory.ErrNotFound)
		}
		return err
	})
	update(t, s, func(tx directory.Tx) error { return tx.DeleteMessage(want.ID) })
	err := s.Update(t.Context(), func(tx directory.Tx) error { return tx.DeleteMessage(want.ID) })
	wantErr(t, "DeleteMessage of a message that is gone", err, directory.ErrNotFound)
	if got := messageIDs(allMessages(t, s, directory.MessageQuery{})); !slices.Equal(got, []string{message(2, "").ID}) {
		t.Errorf("after one was deleted the messages are %v, want the other", got)
	}
	for what, bad := range map[string]directory.Message{
		"no ID": {State: directory.Queued}, "no state": {ID: "x"}, "a NUL in the key's ID": {ID: "x", State: directory.Queued, KeyID: "a\x00b"},
		"a NUL in the user's ID": {ID: "x", State: directory.Queued, UserID: "a\x00b"},
	} {
		if err := s.Update(t.Context(), func(tx directory.Tx) error { return tx.PutMessage(bad) }); err == nil {
			t.Errorf("PutMessage with %s is taken, want an error", what)
		}
	}
}

func messagesComeInPages(t *testing.T, s directory.Store) {
	var all []directory.Message
	for n := range 95 {
		m := message(n, []string{"ada", "ADA", "bob", ""}[n%4])
		m.State = []directory.MessageState{directory.Queued, directory.Sent, directory.Failed}[n%3]
		m.KeyID = []string{"", "k", "k1"}[n/2%3]
		all = append(all, m)
	}
	putMessages(t, s, all...)
	for _, q := range []directory.MessageQuery{
		{}, {State: directory.Sent}, {State: directory.Queued}, {State: directory.Unconfirmed}, {UserID: "Ada"}, {UserID: "ad"}, {UserID: "bob", State: directory.Queued},
		{UserID: "bob", State: directory.Failed}, {KeyID: "k"}, {KeyID: "k1", State: directory.Sent}, {KeyID: "k1", UserID: "ada", State: directory.Queued},
		{MadeBefore: all[40].Created}, {MadeBefore: all[0].Created}, {State: directory.Sent, MadeBefore: all[60].Created.Add(time.Second)},
	} {
		var want []directory.Message
		for _, m := range all {
			if (q.MadeBefore.IsZero() || m.Created.Before(q.MadeBefore)) && (q.State == "" || m.State == q.State) && (q.KeyID == "" || m.KeyID == q.KeyID) &&
				(q.UserID == "" || directory.Fold(m.UserID) == directory.Fold(q.UserID)) {
				want = append(want, m)
			}
		}
		for _, q.Limit = range []int{1, 2, 7, 1000} {
			q.Desc = false
			equal(t, fmt.Sprintf("messages for %+v", q), allMessages(t, s, q), want)
			q.Desc = true
			back := slices.Clone(want)
			slices.Reverse(back)
			equal(t, fmt.Sprintf("messages for %+v", q), allMessages(t, s, q), back)
		}
	}
	view(t, s, func(tx directory.Tx) error {
		page, err := tx.Messages(directory.MessageQuery{Limit: 10})
		if len(page.Messages) != 10 || page.Next == "" {
			t.Errorf("a page of 10 of %d messages holds %d, next %q", len(all), len(page.Messages), page.Next)
		}
		strange, err2 := tx.Messages(directory.MessageQuery{After: "what is this?"})
		if len(strange.Messages) != 0 || strange.Next != "" {
			t.Errorf("a page after nothing known holds %d messages", len(strange.Messages))
		}
		return errors.Join(err, err2)
	})
}

func messagesAreDueInOrder(t *testing.T, s directory.Store) {
	due := func(n int, user string, seconds int) directory.Message {
		m := message(n, user)
		m.Due = base.Add(time.Duration(seconds) * time.Second)
		return m
	}
	ada, later, bob, nobody, other := due(1, "ada", 10), due(2, "ADA", 0), due(3, "bob", 5), due(4, "", 7), due(5, "", 7)
	putMessages(t, s, later, ada, bob, nobody, other)
	wantDue(t, s, "at first", 4, 0, nil, bob.Due)
	wantDue(t, s, "at first", 5, 0, []directory.Message{bob}, nobody.Due)
	wantDue(t, s, "at first", 10, 0, []directory.Message{bob, nobody, other, ada}, time.Time{})
	wantDue(t, s, "with a limit", 10, 2, []directory.Message{bob, nobody}, other.Due)

	bob.State = directory.Sent
	ada.LeasedBy, ada.LeasedUntil = "sender", base.Add(time.Minute)
	putMessages(t, s, bob, ada)
	wantDue(t, s, "while one is sent", 59, 0, []directory.Message{nobody, other}, ada.LeasedUntil)
	wantDue(t, s, "when its sender is gone", 60, 0, []directory.Message{nobody, other, ada}, time.Time{})

	ada.State, nobody.State = directory.Failed, directory.Dropped
	putMessages(t, s, ada, nobody)
	wantDue(t, s, "when the one before is done", 59, 0, []directory.Message{later, other}, time.Time{})
	ada.State, ada.LeasedBy, ada.LeasedUntil, ada.Due = directory.Queued, "", time.Time{}, base.Add(time.Hour)
	putMessages(t, s, ada)
	wantDue(t, s, "when the one before is to be sent again", 59, 0, []directory.Message{other}, ada.Due)
	update(t, s, func(tx directory.Tx) error { return tx.DeleteMessage(ada.ID) })
	wantDue(t, s, "when the one before is deleted", 59, 0, []directory.Message{later, other}, time.Time{})

	later.UserID = "eve" // who has nothing else
	putMessages(t, s, later, due(6, "ada", 3))
	wantDue(t, s, "when it is for another", 59, 0, []directory.Message{later, due(6, "ada", 3), other}, time.Time{})
}

func messagesAreCounted(t *testing.T, s directory.Store) {
	want := func(when string, want map[directory.MessageState]int) {
		t.Helper()
		view(t, s, func(tx directory.Tx) error {
			got, err := tx.MessageCounts()
			equal(t, when+" the counts", got, want)
			return err
		})
	}
	want("in a new store", map[directory.MessageState]int{})
	var all []directory.Message
	for n := range 30 {
		all = append(all, message(n, "ada"))
	}
	putMessages(t, s, all...)
	putMessages(t, s, all[:7]...) // again
	for i := range all[:10] {
		all[i].State = []directory.MessageState{directory.Sent, directory.Failed}[i%2]
	}
	putMessages(t, s, all...)
	want("after some are sent", map[directory.MessageState]int{directory.Queued: 20, directory.Sent: 5, directory.Failed: 5})
	update(t, s, func(tx directory.Tx) error {
		for _, m := range all[1:] {
			if err := tx.DeleteMessage(m.ID); err != nil {
				return err
			}
		}
		return nil
	})
	want("after nearly all are deleted", map[directory.MessageState]int{directory.Sent: 1})
	if err := s.Update(t.Context(), func(tx directory.Tx) error {
		return errors.Join(tx.PutMessage(message(77, "bob")), errors.New("no"))
	}); err == nil {
		t.Error("an update that fails does not say so")
	}
	want("after an update that failed", map[directory.MessageState]int{directory.Sent: 1})
}

func mailTemplatesAreKept(t *testing.T, s directory.Store) {
	a := directory.MailTemplate{Kind: directory.ActivationMail, Language: "de", Subject: "Ihr Schlüssel", Body: "Guten Tag\n", Changed: base}
	b, c := a, a
	b.Language, c.Kind = "en", directory.PINMail
	update(t, s, func(tx directory.Tx) error {
		first := a
		first.Subject = "the one before"
		return errors.Join(tx.PutMailTemplate(c), tx.PutMailTemplate(b), tx.PutMailTemplate(first), tx.PutMailTemplate(a))
	})
	view(t, s, func(tx directory.Tx) error {
		got, err := tx.MailTemplate(a.Kind, a.Language)
		wantErr(t, "MailTemplate", err, nil)
		equal(t, "template", got, a)
		_, err = tx.MailTemplate(directory.PINMail, "en")
		wantErr(t, "MailTemplate in another language", err, directory.ErrNotFound)
		all, err := tx.MailTemplates()
		equal(t, "templates by kind and language", all, []directory.MailTemplate{a, b, c})
		return err
	})
	update(t, s, func(tx directory.Tx) error { return tx.DeleteMailTemplate(a.Kind, a.Language) })
	err := s.Update(t.Context(), func(tx directory.Tx) error { return tx.DeleteMailTemplate(a.Kind, a.Language) })
	wantErr(t, "DeleteMailTemplate of one that is gone", err, directory.ErrNotFound)
	view(t, s, func(tx directory.Tx) error {
		all, err := tx.MailTemplates()
		equal(t, "templates after one was deleted", all, []directory.MailTemplate{b, c})
		return err
	})
}

// wantNoMail fails where there is anything that has to do with mail.
func wantNoMail(t *testing.T, tx directory.Tx) {
	t.Helper()
	_, err := tx.Ticket(ticket(1, "", "").ID)
	wantErr(t, "Ticket", err, directory.ErrNotFound)
	_, err = tx.TicketByLink(ticket(1, "", "").Link)
	wantErr(t, "TicketByLink", err, directory.ErrNotFound)
	_, err = tx.TicketByHandle(ticket(1, "", "").Handle)
	wantErr(t, "TicketByHandle", err, directory.ErrNotFound)
	_, err = tx.Message(message(1, "").ID)
	wantErr(t, "Message", err, directory.ErrNotFound)
	_, err = tx.MailTemplate(directory.PINMail, "en")
	wantErr(t, "MailTemplate", err, directory.ErrNotFound)
	_, err = tx.Secret("s")
	wantErr(t, "Secret", err, directory.ErrNotFound)
	tickets, err1 := tx.Tickets(directory.TicketQuery{ExpiresBefore: base.AddDate(1, 0, 0)})
	page, err2 := tx.Messages(directory.MessageQuery{})
	due, next, err3 := tx.DueMessages(base.AddDate(1, 0, 0), 0)
	counts, err4 := tx.MessageCounts()
	templates, err5 := tx.MailTemplates()
	wantErr(t, "looking for mail", errors.Join(err1, err2, err3, err4, err5), nil)
	if n := len(tickets) + len(page.Messages) + len(due) + len(counts) + len(templates); n > 0 || page.Next != "" || !next.IsZero() {
		t.Errorf("there are tickets %v, messages %+v, due %v, next at %v, counts %v, templates %v, want none", tickets, page, due, next, counts, templates)
	}
}
