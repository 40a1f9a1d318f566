package bench

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/storage/storagetest"
)

// page is how many rows the window asks for.
const page = 100

// answered is the budget from a letter typed to the page of users read.
const answered = 50 * time.Millisecond

// BenchmarkFirstPage is what the window asks for first, by which nobody waits after a log-in.
func BenchmarkFirstPage(b *testing.B) {
	const budget = 30 * time.Millisecond // of the 200 until it can be seen, see BenchmarkWindow
	d := crowdedDirectory(b)
	var took []time.Duration
	for b.Loop() {
		for range 100 {
			timed(b, &took, func() error {
				_, err := d.Users(b.Context(), directory.UserQuery{Limit: page})
				return err
			})
		}
	}
	reportTimes(b, took, budget)
}

// BenchmarkTyping is a page of users for each letter of names, addresses and User IDs as people type them.
func BenchmarkTyping(b *testing.B) {
	d := crowdedDirectory(b)
	var took []time.Duration
	for r := rand.New(rand.NewPCG(9, 9)); b.Loop(); {
		for range 10 {
			u := storagetest.Person(r.IntN(million))
			for _, text := range []string{u.FirstName + " " + u.LastName, u.LastName, u.ID, u.Email} {
				for i := range text {
					timed(b, &took, func() error {
						_, err := d.Users(b.Context(), directory.UserQuery{Text: text[:i+1], Limit: page})
						return err
					})
				}
			}
		}
	}
	reportTimes(b, took, answered)
}

// BenchmarkFilterAndSort is the first two pages of users, and one from further on, for every combination of what can be
// asked: common letters, words that many have and nobody has together, a word that stands at the very end of an order.
func BenchmarkFilterAndSort(b *testing.B) {
	d := crowdedDirectory(b)
	texts := []string{"", "m", "e", "mari", "marian marian", "zzyx", "example", "maria lab example", "partner lab", "nobody"}
	var queries []directory.UserQuery
	for _, text := range texts {
		for _, group := range []string{"", "Group 07"} {
			for _, holds := range []directory.Holding{directory.HoldsAny, directory.HoldsPending, directory.HoldsNoActive, directory.HoldsPINless} {
				for _, disabled := range []directory.Choice{directory.Unset, directory.On} {
					for _, sort := range []directory.UserSort{directory.ByID, directory.ByName, directory.ByEmail, directory.ByCreated} {
						for _, desc := range []bool{false, true} {
							queries = append(queries, directory.UserQuery{Text: text, Group: group, Keys: holds, Disabled: disabled,
								Sort: sort, Desc: desc, Limit: page})
						}
					}
				}
			}
		}
	}
	b.Logf("%d combinations", len(queries))
	var took []time.Duration
	for b.Loop() {
		for _, q := range queries {
			for range 2 {
				var list directory.Listing
				timed(b, &took, func() (err error) {
					list, err = d.Users(b.Context(), q)
					return err
				})
				if q.After = list.Next; q.After == "" {
					break
				}
			}
			if q.After != "" {
				q.Limit = 1000
				list, err := d.Users(b.Context(), q)
				if err != nil {
					b.Fatal(err)
				}
				q.After, q.Limit = list.Next, page
				timed(b, &took, func() error {
					_, err := d.Users(b.Context(), q)
					return err
				})
			}
		}
	}
	reportTimes(b, took, answered)
}

// BenchmarkKeys is the first two pages of security keys for every combination of filters, with their holders.
func BenchmarkKeys(b *testing.B) {
	d := crowdedDirectory(b)
	day := func(n int) time.Time { return storagetest.Today.AddDate(0, 0, -n) }
	var queries []directory.KeyQuery
	for _, state := range []directory.KeyState{"", directory.Active, directory.Pending, directory.Revoked} {
		for _, q := range []directory.KeyQuery{{}, {Verification: directory.PINless}, {TemporaryPIN: true}, {OfflineLogin: true}, {NoUID: true},
			{Kind: directory.Smartphone, Verification: directory.PINless, TemporaryPIN: true}, {UnusedSince: day(90)}, {UnusedSince: day(1090)},
			{MadeBefore: day(7)}, {MadeBefore: day(1090)}, {ActivatedFrom: day(1)}, {ActivatedFrom: day(31), ActivatedBefore: day(30)}, {ActivatedBefore: day(1094)}} {
			for _, desc := range []bool{false, true} {
				q.State, q.Desc, q.Limit = state, desc, page
				queries = append(queries, q)
			}
		}
	}
	b.Logf("%d combinations", len(queries))
	var took []time.Duration
	for b.Loop() {
		for _, q := range queries {
			for range 2 {
				var list directory.KeyListing
				timed(b, &took, func() (err error) {
					list, err = d.KeyRows(b.Context(), q)
					return err
				})
				if q.After = list.Next; q.After == "" {
					break
				}
			}
		}
	}
	reportTimes(b, took, answered)
}

// BenchmarkStatistics is the dashboard's figures, with 30 days of activations.
func BenchmarkStatistics(b *testing.B) {
	d := crowdedDirectory(b)
	q := directory.StatisticsQuery{PendingBefore: storagetest.Today.AddDate(0, 0, -7)}
	for n := range 31 {
		q.Days = append(q.Days, storagetest.Today.AddDate(0, 0, n-30))
	}
	var took []time.Duration
	for b.Loop() {
		timed(b, &took, func() error {
			_, err := d.Statistics(b.Context(), q)
			return err
		})
	}
	reportTimes(b, took, 50*time.Millisecond)
}

// BenchmarkCeremonyWrites is what enrolling a card writes, with a million users beside: the journal begun, the
// credential registered, the key kept and the journal ended.
func BenchmarkCeremonyWrites(b *testing.B) {
	const budget = 10 * time.Millisecond // the station's own time in a ceremony
	d := crowdedDirectory(b)
	var took []time.Duration
	for i := million; b.Loop(); i++ {
		k := storagetest.PersonsKey(i)
		k.UserID = storagetest.Person(i % million).ID
		e := directory.Enrollment{UserID: k.UserID, KeyID: k.ID, Stage: directory.Registering, Started: storagetest.Today}
		noted := func(tx directory.Tx, act audit.Act) error {
			return tx.AppendAudit(audit.Entry{Time: storagetest.Today, Actor: "os:ada", Act: act, User: k.UserID})
		}
		timed(b, &took, func() error {
			return inTurn(b.Context(), d.Store, func(tx directory.Tx) error {
				if err := tx.PutEnrollment(e); err != nil {
					return err
				}
				return noted(tx, audit.EnrollmentBegun)
			}, func(tx directory.Tx) error {
				e.Stage, e.Credential = directory.Registered, k.Credential
				return tx.PutEnrollment(e)
			}, func(tx directory.Tx) error {
				if err := tx.PutKey(k); err != nil {
					return err
				}
				if err := tx.DeleteEnrollment(k.UserID); err != nil {
					return err
				}
				return noted(tx, audit.KeyActivated)
			})
		})
	}
	reportTimes(b, took, budget)
}

func inTurn(ctx context.Context, s directory.Store, all ...func(directory.Tx) error) error {
	for _, do := range all {
		if err := s.Update(ctx, do); err != nil {
			return err
		}
	}
	return nil
}
