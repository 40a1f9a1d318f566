package bolt_test

import (
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/storage/bolt"
	"tapstation/storage/storagetest"
)

// assigned is what the n-th key that is to be activated by mail adds.
func assigned(n int) (directory.SecurityKey, directory.Ticket, directory.Message) {
	k := storagetest.PersonsKey(n)
	k.ID, k.UserID, k.State, k.Credential = fmt.Sprintf("%032x", n), storagetest.Person(n).ID, directory.Pending, directory.Credential{}
	hash := func(what string) []byte { h := sha256.Sum256(fmt.Append(nil, what, n)); return h[:] }
	t := directory.Ticket{ID: fmt.Sprintf("%x", hash("ticket")[:16]), Purpose: directory.Activate, UserID: k.UserID, KeyID: k.ID, State: directory.Open,
		Link: hash("link"), Handle: hash("handle"), Code: hash("code"), Serial: 1, Created: storagetest.Today,
		Expires: storagetest.Today.AddDate(0, 0, 7), CodeExpires: storagetest.Today.AddDate(0, 0, 2)}
	m := directory.Message{ID: fmt.Sprintf("%x", hash("message")[:16]), Kind: directory.ActivationMail, UserID: k.UserID, KeyID: k.ID, TicketID: t.ID,
		To: "someone@example.org", MessageID: fmt.Sprintf("%x@example.org", hash("id")), State: directory.Queued, Due: storagetest.Today,
		Created: storagetest.Today.Add(time.Duration(n) * time.Microsecond)}
	return k, t, m
}

// queue assigns keys in transactions of 500.
func queue(b *testing.B, s *bolt.Store, n int) {
	b.Helper()
	const batch = 500
	for first := 0; first < n; first += batch {
		err := s.Update(b.Context(), func(tx directory.Tx) error {
			for i := first; i < min(first+batch, n); i++ {
				k, t, m := assigned(i)
				if err := tx.PutKey(k); err != nil {
					return err
				}
				if err := tx.PutTicket(t); err != nil {
					return err
				}
				if err := tx.PutMessage(m); err != nil {
					return err
				}
				if err := tx.AppendAudit(audit.Entry{Time: storagetest.Today, Actor: "os:ada", Act: audit.KeyAssigned, User: k.UserID, Key: k.ID}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// send leases and settles what is due, as an outbox does, and returns how many there were.
func send(b *testing.B, s *bolt.Store, now time.Time) (sent int) {
	b.Helper()
	put := func(all []directory.Message, change func(*directory.Message)) {
		if err := s.Update(b.Context(), func(tx directory.Tx) error {
			for i := range all {
				change(&all[i])
				if err := tx.PutMessage(all[i]); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
	for {
		var due []directory.Message
		if err := s.View(b.Context(), func(tx directory.Tx) (err error) {
			due, _, err = tx.DueMessages(now, 100)
			return err
		}); err != nil {
			b.Fatal(err)
		}
		if len(due) == 0 {
			return sent
		}
		put(due, func(m *directory.Message) { m.LeasedBy, m.LeasedUntil = "sender", now.Add(time.Minute) })
		put(due, func(m *directory.Message) {
			m.State, m.LeasedBy, m.LeasedUntil, m.Attempts, m.Done, m.Answer = directory.Sent, "", time.Time{}, 1, now, "250 2.0.0 Ok: queued"
		})
		sent += len(due)
	}
}

// BenchmarkOutbox is what 10,000 activation mails cost the store: their keys and tickets assigned with them, and each
// leased and settled in batches of 100.
func BenchmarkOutbox(b *testing.B) {
	const n, assignBudget, sendBudget = 10_000, 2_000, 2_000 // a second
	var assigning, sending time.Duration
	for b.Loop() {
		s := bolt.New(filepath.Join(b.TempDir(), bolt.Name))
		began := time.Now()
		queue(b, s, n)
		assigning += time.Since(began)
		began = time.Now()
		if sent := send(b, s, storagetest.Today); sent != n {
			b.Fatalf("%d mails were due, want %d", sent, n)
		}
		sending += time.Since(began)
	}
	for what, r := range map[string]struct {
		took   time.Duration
		budget float64
	}{"assigned": {assigning, assignBudget}, "sent": {sending, sendBudget}} {
		rate := n * float64(b.N) / r.took.Seconds()
		b.ReportMetric(rate, what+"/s")
		if rate < r.budget {
			b.Errorf("%.0f %s a second, below the budget of %.0f", rate, what, r.budget)
		}
	}
}

// BenchmarkDueMessages asks for what is due among 100,000 queued mails, whoever they are for and whatever holds them back.
// An outbox asks often: it must not cost more than a few milliseconds.
func BenchmarkDueMessages(b *testing.B) {
	const n, budget = 100_000, 5 * time.Millisecond
	for name, c := range map[string]struct {
		change func(i int, m *directory.Message)
		due    int
	}{
		"of_many_users": {func(int, *directory.Message) {}, 100},
		"of_one_user":   {func(_ int, m *directory.Message) { m.UserID = "ada" }, 1},
		"of_one_user_whose_first_waits": {func(i int, m *directory.Message) {
			m.UserID = "ada"
			if i == 0 {
				m.Due = m.Due.Add(time.Hour)
			}
		}, 0},
		"nearly_all_leased": {func(i int, m *directory.Message) {
			if i%1000 > 0 {
				m.LeasedUntil = m.Due.Add(time.Hour)
			}
		}, 100},
	} {
		b.Run(name, func(b *testing.B) {
			s := bolt.New(filepath.Join(b.TempDir(), bolt.Name))
			for first := 0; first < n; first += 5000 {
				if err := s.Update(b.Context(), func(tx directory.Tx) error {
					for i := first; i < first+5000; i++ {
						_, _, m := assigned(i)
						c.change(i, &m)
						if err := tx.PutMessage(m); err != nil {
							return err
						}
					}
					return nil
				}); err != nil {
					b.Fatal(err)
				}
			}
			for b.Loop() {
				if err := s.View(b.Context(), func(tx directory.Tx) error {
					due, _, err := tx.DueMessages(storagetest.Today, 100)
					if len(due) != c.due {
						b.Errorf("%d are due, want %d", len(due), c.due)
					}
					return err
				}); err != nil {
					b.Fatal(err)
				}
			}
			if took := b.Elapsed() / time.Duration(b.N); took > budget {
				b.Errorf("it took %v, above the budget of %v", took, budget)
			}
		})
	}
}
