package bolt_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/storage/bolt"
)

// filled is a store with n users, each with a key, made in large transactions.
func filled(b *testing.B, n int) *bolt.Store {
	b.Helper()
	s := bolt.New(filepath.Join(b.TempDir(), bolt.Name))
	first := []string{"Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Frances", "Ken", "Dennis", "Radia"}
	last := []string{"Lovelace", "Hopper", "Turing", "Dijkstra", "Liskov", "Knuth", "Allen", "Thompson", "Ritchie", "Perlman"}
	const batch = 500 // larger ones are slower: bbolt splits a page only when it commits
	r := rand.New(rand.NewPCG(1, 2))
	for from := 0; from < n; from += batch {
		err := s.Update(context.Background(), func(tx directory.Tx) error {
			for i := from; i < min(from+batch, n); i++ {
				f, l := first[r.IntN(10)], fmt.Sprintf("%s%c%c", last[r.IntN(10)], 'a'+r.IntN(26), 'a'+r.IntN(26))
				u := directory.User{ID: fmt.Sprintf("u%07d", i), UserName: f + " " + l, FirstName: f, LastName: l,
					Email: fmt.Sprintf("%s.%s@example.org", f, l), Groups: []string{fmt.Sprint("group", i%20)}, Handle: fmt.Appendf(nil, "%032d", i)}
				if err := tx.PutUser(u); err != nil {
					return err
				}
				if err := tx.PutKey(benchKey(i, u.ID)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return s
}

func benchKey(i int, userID string) directory.SecurityKey {
	return directory.SecurityKey{ID: fmt.Sprintf("%032d", i), UserID: userID, Name: "Card", Kind: directory.Card, State: directory.Active,
		Credential: directory.Credential{ID: fmt.Appendf(make([]byte, 0, 64), "%064d", i), PublicKey: make([]byte, 77)},
		Mark:       directory.CardMark{ATR: make([]byte, 5), UID: fmt.Appendf(nil, "%07d", i)},
		Created:    time.Date(2026, 3, 1, 0, 0, 0, i*1000, time.UTC)}
}

// BenchmarkCeremony is what enrolling a card writes: the journal begun, the credential registered, the key kept and the
// journal ended. Its budget is a part of the ten milliseconds of the whole ceremony.
func BenchmarkCeremony(b *testing.B) {
	for _, users := range []int{100, 20_000} {
		b.Run(fmt.Sprint(users, "_users"), func(b *testing.B) {
			s := filled(b, users)
			update := func(do func(directory.Tx) error) {
				if err := s.Update(context.Background(), do); err != nil {
					b.Fatal(err)
				}
			}
			i := users
			for b.Loop() {
				i++
				u := fmt.Sprintf("u%07d", i%users)
				e := directory.Enrollment{UserID: u, KeyID: fmt.Sprint(i), Stage: directory.Registering, Started: time.Now()}
				update(func(tx directory.Tx) error {
					if err := tx.PutEnrollment(e); err != nil {
						return err
					}
					return tx.AppendAudit(audit.Entry{Time: time.Now(), Actor: "os:ada", Act: audit.EnrollmentBegun, User: u})
				})
				e.Stage, e.Credential = directory.Registered, benchKey(i, u).Credential
				update(func(tx directory.Tx) error { return tx.PutEnrollment(e) })
				update(func(tx directory.Tx) error {
					if err := tx.PutKey(benchKey(i, u)); err != nil {
						return err
					}
					if err := tx.DeleteEnrollment(u); err != nil {
						return err
					}
					return tx.AppendAudit(audit.Entry{Time: time.Now(), Actor: "os:ada", Act: audit.KeyActivated, User: u})
				})
			}
		})
	}
}

// BenchmarkUpdate is one small transaction, from opening the file to closing it.
func BenchmarkUpdate(b *testing.B) {
	s := filled(b, 100)
	for i := 0; b.Loop(); i++ {
		err := s.Update(context.Background(), func(tx directory.Tx) error {
			return tx.PutGroup(directory.Group{Name: "g", Description: fmt.Sprint(i)})
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkView is one record read, from opening the file to closing it.
func BenchmarkView(b *testing.B) {
	s := filled(b, 100)
	for b.Loop() {
		err := s.View(context.Background(), func(tx directory.Tx) error { _, err := tx.User("u0000050"); return err })
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSearch is a page of users for what people type.
func BenchmarkSearch(b *testing.B) {
	s := filled(b, 100_000)
	for _, q := range []directory.UserQuery{{}, {Text: "a"}, {Text: "u"}, {Text: "lo"}, {Text: "lovelacezz"}, {Text: "ada hop"},
		{Text: "ada nobody"}, {Text: "example org gr"}, {Group: "group7"}, {Text: "ada", Group: "group7"}, {After: "u0099000"}} {
		b.Run(fmt.Sprintf("%q_in_%q_after_%q", q.Text, q.Group, q.After), func(b *testing.B) {
			for b.Loop() {
				err := s.View(context.Background(), func(tx directory.Tx) error { _, err := tx.Users(q); return err })
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkImport is users added in large transactions; the time is for one user with a key.
func BenchmarkImport(b *testing.B) {
	for b.Loop() {
		filled(b, 20_000)
	}
	b.ReportMetric(20_000*float64(b.N)/b.Elapsed().Seconds(), "users/s")
}
