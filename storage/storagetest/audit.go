package storagetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"tapstation/app/audit"
	"tapstation/app/directory"
)

func appendEntries(t *testing.T, s directory.Store, n int) {
	t.Helper()
	update(t, s, func(tx directory.Tx) error {
		for i := range n {
			e := audit.Entry{Time: base.Add(time.Duration(i) * time.Second), Actor: "os:ada", Act: audit.KeyRenamed,
				User: "ada", Key: "k", Detail: map[string]string{"to": fmt.Sprint(i), "from": "x"}}
			if err := tx.AppendAudit(e); err != nil {
				return err
			}
		}
		return nil
	})
}

// wantChain reads the whole log and checks that it is one unbroken chain of n entries.
func wantChain(t *testing.T, s directory.Store, n int) {
	t.Helper()
	view(t, s, func(tx directory.Tx) error {
		entries, err := tx.Audit(directory.AuditQuery{Limit: 10_000})
		if err != nil {
			return err
		}
		if len(entries) != n {
			t.Errorf("%d entries, want %d", len(entries), n)
		}
		var chain audit.Chain
		for _, e := range entries {
			if err := chain.Add(e); err != nil {
				return err
			}
		}
		head, err := tx.AuditHead()
		if err != nil {
			return err
		}
		return chain.End(head)
	})
}

func auditIsLinked(t *testing.T, s directory.Store) {
	appendEntries(t, s, 3)
	odd := audit.Entry{Time: base.In(time.FixedZone("", 3600)).Add(7 * time.Nanosecond), Actor: "os:\xff\xfe", Act: "<&>",
		Detail: map[string]string{"\xff": "\u2028 \x01", "": ""}}
	update(t, s, func(tx directory.Tx) error {
		for _, e := range []audit.Entry{odd, {}, {Time: time.Unix(0, 0)}, {Time: time.Date(20_000, 1, 1, 0, 0, 0, 0, time.UTC)},
			{Seq: 77, Prev: []byte("x"), Hash: []byte("y")}} {
			if err := tx.AppendAudit(e); err != nil {
				return err
			}
		}
		return nil
	})
	wantChain(t, s, 8)
	view(t, s, func(tx directory.Tx) error {
		entries, err := tx.Audit(directory.AuditQuery{Limit: 1})
		if len(entries) != 1 {
			t.Fatalf("Audit: %d entries, %v", len(entries), err)
		}
		e := entries[0]
		e.Prev, e.Hash = nil, nil
		equal(t, "first entry", e, audit.Entry{Seq: 1, Time: base, Actor: "os:ada", Act: audit.KeyRenamed, User: "ada", Key: "k",
			Detail: map[string]string{"to": "0", "from": "x"}})
		return err
	})
}

func auditIsReadByPlace(t *testing.T, s directory.Store) {
	appendEntries(t, s, 1200)
	for _, c := range []struct {
		q           directory.AuditQuery
		first, last uint64 // 0: none
	}{
		{directory.AuditQuery{}, 1, 1000},
		{directory.AuditQuery{Limit: 10}, 1, 10},
		{directory.AuditQuery{Limit: 1 << 30}, 1, 1200},
		{directory.AuditQuery{From: 1, Limit: 2}, 1, 2},
		{directory.AuditQuery{From: 1190}, 1190, 1200},
		{directory.AuditQuery{From: 1200}, 1200, 1200},
		{directory.AuditQuery{From: 1201}, 0, 0},
		{directory.AuditQuery{From: 1<<64 - 1}, 0, 0},
		{directory.AuditQuery{Last: 1}, 1200, 1200},
		{directory.AuditQuery{Last: 5, From: 3, Limit: 2}, 1196, 1200},
		{directory.AuditQuery{Last: 5000}, 1, 1200},
		{directory.AuditQuery{Last: 1 << 30}, 1, 1200},
	} {
		view(t, s, func(tx directory.Tx) error {
			entries, err := tx.Audit(c.q)
			var first, last uint64
			if len(entries) > 0 {
				first, last = entries[0].Seq, entries[len(entries)-1].Seq
			}
			if err != nil || first != c.first || last != c.last || len(entries) > 0 && last-first+1 != uint64(len(entries)) {
				t.Errorf("Audit(%+v) = %d entries from %d to %d, %v, want from %d to %d", c.q, len(entries), first, last, err, c.first, c.last)
			}
			return nil
		})
	}
}

func auditIsLinkedConcurrently(t *testing.T, s directory.Store) {
	const workers, each = 8, 10
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for range each {
				if err := s.Update(t.Context(), func(tx directory.Tx) error { return tx.AppendAudit(audit.Entry{Time: base}) }); err != nil {
					t.Errorf("AppendAudit: %v", err)
				}
			}
		})
	}
	wg.Wait()
	wantChain(t, s, workers*each)
}
