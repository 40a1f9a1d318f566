package bolt_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/storage/bolt"
)

// logged is a store with n audit entries as an import and then years of use leave them.
func logged(b *testing.B, n int) *bolt.Store {
	b.Helper()
	s := bolt.New(filepath.Join(b.TempDir(), bolt.Name))
	r := rand.New(rand.NewPCG(5, 6))
	acts := []audit.Act{audit.LoginAccepted, audit.LoginAccepted, audit.LoginAccepted, audit.KeyRenamed, audit.EnrollmentBegun, audit.KeyActivated}
	const batch = 5000
	for from := 0; from < n; from += batch {
		err := s.Update(context.Background(), func(tx directory.Tx) error {
			for i := from; i < min(from+batch, n); i++ {
				e := audit.Entry{Time: time.Date(2026, 3, 1, 0, 0, i, 0, time.UTC), Actor: fmt.Sprint("os:", r.IntN(20)), Act: audit.UserAdded,
					User: fmt.Sprintf("u%07d", i)}
				if i > n/2 {
					e.Act, e.User = acts[r.IntN(len(acts))], fmt.Sprintf("u%07d", r.IntN(n/2))
					e.Key = fmt.Sprintf("%032x", e.User)
				}
				if i == 1000 {
					e.Act = audit.Restored
				}
				if err := tx.AppendAudit(e); err != nil {
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

// BenchmarkActivities is a page of what can be asked of the audit log. Its budget is 50 ms, whatever is asked.
func BenchmarkActivities(b *testing.B) {
	const n, budget = 2_000_000, 50 * time.Millisecond
	began := time.Now()
	s := logged(b, n)
	b.Logf("%d entries made in %v, %d MB", n, time.Since(began), size(b, s)>>20)
	for _, c := range []struct {
		name string
		q    directory.ActivityQuery
	}{
		{"all", directory.ActivityQuery{}},
		{"user", directory.ActivityQuery{User: "U0123456"}},
		{"nobody", directory.ActivityQuery{User: "nobody"}},
		{"key", directory.ActivityQuery{Key: fmt.Sprintf("%032x", "u0123456")}},
		{"actor", directory.ActivityQuery{Actor: "os:7"}},
		{"act", directory.ActivityQuery{Act: audit.KeyActivated}},
		{"rare_act", directory.ActivityQuery{Act: audit.Restored}},
		{"user_and_act", directory.ActivityQuery{User: "u0123456", Act: audit.UserAdded}},
		{"user_and_actor", directory.ActivityQuery{User: "u0123456", Actor: "os:7"}},
		{"old_act", directory.ActivityQuery{Act: audit.UserAdded}},
		{"long_ago", directory.ActivityQuery{Until: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)}},
		{"actor_long_ago", directory.ActivityQuery{Actor: "os:7", Until: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)}},
	} {
		b.Run(c.name, func(b *testing.B) {
			var slowest time.Duration
			entries, more := 0, false
			for b.Loop() {
				began := time.Now()
				err := s.View(context.Background(), func(tx directory.Tx) error {
					page, err := tx.Activities(c.q)
					entries, more = len(page.Entries), page.Next != 0
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
				slowest = max(slowest, time.Since(began))
			}
			b.ReportMetric(float64(slowest.Microseconds())/1000, "ms/slowest")
			b.ReportMetric(float64(budget.Milliseconds()), "ms/budget")
			b.ReportMetric(float64(entries), "entries")
			if mean := b.Elapsed() / time.Duration(b.N); mean > budget {
				b.Errorf("a page takes %v, over the budget of %v (more: %v)", mean, budget, more)
			}
		})
	}
}

// BenchmarkAppend is what an entry costs an import, in transactions of 500.
func BenchmarkAppend(b *testing.B) {
	const batch = 500
	s := logged(b, 100_000)
	i := 0
	for b.Loop() {
		err := s.Update(context.Background(), func(tx directory.Tx) error {
			for range batch {
				i++
				if err := tx.AppendAudit(audit.Entry{Time: time.Now(), Actor: "os:ada", Act: audit.UserAdded, User: fmt.Sprintf("v%07d", i)}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(batch*b.N)/b.Elapsed().Seconds(), "entries/s")
	b.ReportMetric(20_000, "users/s-budget")
}

func size(b *testing.B, s *bolt.Store) int64 {
	b.Helper()
	path := filepath.Join(b.TempDir(), "copy")
	if err := s.CopyTo(context.Background(), path, nil); err != nil {
		b.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	return info.Size()
}
