package storagetest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"tapstation/app/audit"
	"tapstation/app/directory"
)

// activities fills a log with n entries of a few users, keys, actors and acts, whose times go back now and then, and
// gives what was put there.
func activities(t *testing.T, s directory.Store, n int) []audit.Entry {
	t.Helper()
	r := rand.New(rand.NewPCG(3, 4))
	acts := []audit.Act{audit.UserAdded, audit.KeyActivated, audit.KeyRevoked, audit.LoginAccepted}
	for from := 0; from < n; from += 100 {
		update(t, s, func(tx directory.Tx) error {
			for i := from; i < min(from+100, n); i++ {
				e := audit.Entry{Time: base.Add(time.Duration(i-r.IntN(20)) * time.Minute), Actor: fmt.Sprint("os:", r.IntN(3)),
					Act: acts[r.IntN(len(acts))], User: fmt.Sprintf("Gäst%02d", r.IntN(40)), Key: fmt.Sprint("key", r.IntN(60))}
				switch i {
				case 7, n / 2:
					e.Act, e.User, e.Key = audit.Restored, "", ""
				case n / 3:
					e.User = "Wanda"
				}
				if err := tx.AppendAudit(e); err != nil {
					return err
				}
			}
			return nil
		})
	}
	var all []audit.Entry
	view(t, s, func(tx directory.Tx) (err error) {
		all, err = tx.Audit(directory.AuditQuery{Limit: 10_000})
		return err
	})
	if len(all) != n {
		t.Fatalf("the log has %d entries, want %d", len(all), n)
	}
	return all
}

// activitiesAreFound compares every kind of question, page by page, with a look at all entries.
func activitiesAreFound(t *testing.T, s directory.Store) {
	const n = 700
	all := activities(t, s, n)
	slices.Reverse(all)
	middle := base.Add(n / 2 * time.Minute)
	for _, q := range []directory.ActivityQuery{
		{},
		{User: "gÄST03"},
		{User: "wanda"},
		{User: "nobody"},
		{Key: "key7"},
		{Key: "KEY7"},
		{Actor: "os:1"},
		{Actor: "os:9"},
		{Act: audit.Restored},
		{Act: audit.KeyRevoked},
		{Act: "never"},
		{Since: middle},
		{Until: middle},
		{Since: middle, Until: middle.Add(time.Hour)},
		{Since: middle.Add(time.Hour), Until: middle},
		{Until: base.Add(-time.Hour)},
		{Since: base.Add(10_000 * time.Hour)},
		{Since: time.Date(-4000, 1, 1, 0, 0, 0, 0, time.UTC)},
		{User: "gäst11", Act: audit.KeyActivated},
		{User: "gäst11", Key: "key7", Actor: "os:1"},
		{Actor: "os:2", Act: audit.Restored},
		{Actor: "os:0", Act: audit.UserAdded, Since: middle},
	} {
		var want []audit.Entry
		for _, e := range all {
			if q.Matches(e) {
				want = append(want, e)
			}
		}
		for _, limit := range []int{40, 0, 1000} {
			q.Limit = limit
			got := walkActivities(t, s, q)
			if !slices.EqualFunc(got, want, sameEntry) {
				t.Errorf("Activities(%+v) gave entries %v, want %v", q, places(got), places(want))
			}
		}
		for _, before := range []uint64{1, 127, 128, 129, n, n + 500, 1<<64 - 1} {
			q.Limit, q.Before = 1000, before
			rest := slices.Clone(want)
			rest = slices.DeleteFunc(rest, func(e audit.Entry) bool { return e.Seq >= before })
			if got := walkActivities(t, s, q); !slices.EqualFunc(got, rest, sameEntry) {
				t.Errorf("Activities(%+v) gave entries %v, want %v", q, places(got), places(rest))
			}
			q.Before = 0
		}
	}
}

// sameEntry compares hashes, which are over all members.
func sameEntry(a, b audit.Entry) bool {
	return a.Seq == b.Seq && bytes.Equal(a.Hash, b.Hash) && audit.Check(audit.Entry{Seq: a.Seq - 1, Hash: a.Prev}, a) == nil
}

func places(entries []audit.Entry) []uint64 {
	all := make([]uint64, len(entries))
	for i, e := range entries {
		all[i] = e.Seq
	}
	return all
}

// walkActivities is all pages of a query, one after the other.
func walkActivities(t *testing.T, s directory.Store, q directory.ActivityQuery) []audit.Entry {
	t.Helper()
	var all []audit.Entry
	most := q.Limit
	if most == 0 {
		most = 100
	}
	for pages := 0; ; pages++ {
		if pages > 2000 {
			t.Fatalf("Activities(%+v) never ends", q)
		}
		view(t, s, func(tx directory.Tx) error {
			page, err := tx.Activities(q)
			if err != nil {
				return err
			}
			if len(page.Entries) > most {
				t.Errorf("Activities(%+v) gave %d entries at once", q, len(page.Entries))
			}
			all, q.Before = append(all, page.Entries...), page.Next
			return nil
		})
		if q.Before == 0 {
			return all
		}
	}
}

// activitiesAreFoundWhileWritten: pages neither skip nor repeat an entry while others are added.
func activitiesAreFoundWhileWritten(t *testing.T, s directory.Store) {
	appendEntries(t, s, 300)
	q := directory.ActivityQuery{User: "ADA", Limit: 70}
	var seen []uint64
	for {
		view(t, s, func(tx directory.Tx) error {
			page, err := tx.Activities(q)
			for _, e := range page.Entries {
				seen = append(seen, e.Seq)
			}
			q.Before = page.Next
			return err
		})
		appendEntries(t, s, 150)
		if q.Before == 0 {
			break
		}
	}
	want := make([]uint64, 300)
	for i := range want {
		want[i] = uint64(300 - i)
	}
	equal(t, "entries seen", seen, want)
}
