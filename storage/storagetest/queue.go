package storagetest

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"tapstation/app/directory"
)

// queue is messages held in a map, which answers by looking at all of them.
type queue map[string]directory.Message

// due are those that DueMessages is to answer with, and when there will be more.
func (q queue) due(now time.Time, limit int) (due []directory.Message, next time.Time) {
	firsts := map[string]directory.Message{} // the first queued of each user; those of nobody by their own ID
	for _, m := range q {
		if m.State != directory.Queued {
			continue
		}
		of := "user " + directory.Fold(m.UserID)
		if m.UserID == "" {
			of = "message " + m.ID
		}
		if first, there := firsts[of]; !there || made(m, first) < 0 {
			firsts[of] = m
		}
	}
	waiting := slices.SortedFunc(maps.Values(firsts), func(a, b directory.Message) int {
		return cmp.Or(ripe(a).Compare(ripe(b)), made(a, b))
	})
	for _, m := range waiting {
		if ripe(m).After(now) || len(due) == limit {
			return due, ripe(m)
		}
		due = append(due, m)
	}
	return due, time.Time{}
}

// made is the order in which messages were made.
func made(a, b directory.Message) int {
	return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
}

func ripe(m directory.Message) time.Time {
	if m.LeasedUntil.After(m.Due) {
		return m.LeasedUntil
	}
	return m.Due
}

func (q queue) counts() map[directory.MessageState]int {
	counts := map[directory.MessageState]int{}
	for _, m := range q {
		counts[m.State]++
	}
	return counts
}

// anyQueueIsAnswered queues, leases, settles, moves and deletes messages by chance. What is due, and how many there are,
// must be what a model says that looks at all of them.
func anyQueueIsAnswered(t *testing.T, s directory.Store) {
	r := rand.New(rand.NewPCG(7, 8))
	q := queue{}
	for round := range 40 {
		crowd := []int{4, 30, 200}[round%3] // IDs to choose among
		update(t, s, func(tx directory.Tx) error {
			for range 1 + r.IntN(60) {
				if err := q.act(r, tx, crowd); err != nil {
					return fmt.Errorf("round %d: %w", round, err)
				}
			}
			return nil
		})
		view(t, s, func(tx directory.Tx) error {
			for range 6 {
				now, limit := someTime(r), 1+r.IntN(12)
				want, then := q.due(now, limit)
				got, next, err := tx.DueMessages(now, limit)
				if err != nil || !slices.Equal(messageIDs(got), messageIDs(want)) || !next.Equal(then) {
					t.Errorf("round %d: DueMessages(%v, %d) = %v, %v, %v, want %v, %v", round, now, limit, messageIDs(got), next, err, messageIDs(want), then)
				}
			}
			counts, err := tx.MessageCounts()
			equal(t, fmt.Sprintf("round %d: counts", round), counts, q.counts())
			return err
		})
		if t.Failed() {
			t.FailNow()
		}
	}
}

// act does one thing to the store and to the model.
func (q queue) act(r *rand.Rand, tx directory.Tx, crowd int) error {
	n := r.IntN(crowd)
	m := message(n, pickOf(r, "", "ada", "ADA", "bob", fmt.Sprint("u", n%20)))
	m.Created, m.Due, m.LeasedUntil = someTime(r), someTime(r), time.Time{}
	m.State = pickOf(r, directory.Queued, directory.Queued, directory.Queued, directory.Sent, directory.Failed)
	old, there := q[m.ID]
	switch r.IntN(4) {
	case 0:
		delete(q, m.ID)
		return thereOrNot(tx.DeleteMessage(m.ID), there)
	case 1: // what is there is leased, or settled
		if there {
			m = old
			m.State, m.LeasedUntil = pickOf(r, directory.Queued, directory.Sent), someTime(r)
		}
	}
	q[m.ID] = m
	return tx.PutMessage(m)
}
