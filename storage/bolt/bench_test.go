package bolt_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/storage/bolt"
	"tapstation/storage/storagetest"
)

// filled is a store with n users, each with a key.
func filled(b *testing.B, n int) *bolt.Store {
	b.Helper()
	s := bolt.New(filepath.Join(b.TempDir(), bolt.Name))
	if err := storagetest.Fill(b.Context(), s, n); err != nil {
		b.Fatal(err)
	}
	return s
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
				u := storagetest.Person(i % users).ID
				e := directory.Enrollment{UserID: u, KeyID: fmt.Sprint(i), Stage: directory.Registering, Started: time.Now()}
				update(func(tx directory.Tx) error {
					if err := tx.PutEnrollment(e); err != nil {
						return err
					}
					return tx.AppendAudit(audit.Entry{Time: time.Now(), Actor: "os:ada", Act: audit.EnrollmentBegun, User: u})
				})
				k := storagetest.PersonsKey(i)
				k.UserID = u
				e.Stage, e.Credential = directory.Registered, k.Credential
				update(func(tx directory.Tx) error { return tx.PutEnrollment(e) })
				update(func(tx directory.Tx) error {
					if err := tx.PutKey(k); err != nil {
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
		err := s.View(context.Background(), func(tx directory.Tx) error { _, err := tx.User(storagetest.Person(50).ID); return err })
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkImport is users added as an import adds them, in transactions of 500 with their groups and an entry of the audit
// log each: in no order of anything, which is the hardest, and sorted by User ID.
func BenchmarkImport(b *testing.B) {
	const n, batch, budget = 100_000, 500, 20_000 // users a second
	people := make([]directory.User, n)
	for i := range people {
		people[i] = storagetest.Person(i)
	}
	byID := slices.SortedFunc(slices.Values(people), func(x, y directory.User) int { return cmp.Compare(x.ID, y.ID) })
	for name, people := range map[string][]directory.User{"in_no_order": people, "sorted": byID} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				s := bolt.New(filepath.Join(b.TempDir(), bolt.Name))
				for batch := range slices.Chunk(people, batch) {
					if err := s.Update(b.Context(), func(tx directory.Tx) error { return addUsers(tx, batch) }); err != nil {
						b.Fatal(err)
					}
				}
			}
			rate := n * float64(b.N) / b.Elapsed().Seconds()
			b.ReportMetric(rate, "users/s")
			b.ReportMetric(budget, "users/s-budget")
			if rate < budget {
				b.Errorf("%.0f users a second, below the budget of %d", rate, budget)
			}
		})
	}
}

// addUsers does what the directory does for each new user of an import.
func addUsers(tx directory.Tx, users []directory.User) error {
	for _, u := range users {
		if _, err := tx.User(u.ID); !errors.Is(err, directory.ErrNotFound) {
			return fmt.Errorf("user %q: %w", u.ID, directory.ErrExists)
		}
		for _, g := range u.Groups {
			if _, err := tx.Group(g); errors.Is(err, directory.ErrNotFound) {
				if err := tx.PutGroup(directory.Group{Name: g}); err != nil {
					return err
				}
			}
		}
		if err := tx.PutUser(u); err != nil {
			return err
		}
		if err := tx.AppendAudit(audit.Entry{Time: storagetest.Today, Actor: "os:ada", Act: audit.UserAdded, User: u.ID}); err != nil {
			return err
		}
	}
	return nil
}
