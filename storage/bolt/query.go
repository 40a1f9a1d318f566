package bolt

import (
	"bytes"
	"container/heap"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"slices"

	"tapstation/app/directory"
)

const usersUnsaid, usersMost = 100, 1000

// Users finds in each segment of the index the set of users that match, and merges what the segments have in the order
// asked for. How long that takes depends on how many users there are, hardly on what is asked: a set is found in one
// run over the words that begin alike, and an order is walked along without reading a record.
func (t *tx) Users(q directory.UserQuery) (page directory.UserPage, err error) {
	defer t.guard(&err)
	if err := t.flush(); err != nil {
		return page, err
	}
	limit := pageLimit(q.Limit, usersUnsaid, usersMost)
	s := userSearch{tx: t, order: orderOf(q.Sort), back: q.Desc, words: queryWords(q.Text), query: q,
		flagged: newFlagBlock(1 << t.sizes.block), grouped: newBitset(1 << t.sizes.block), having: newBitset(1 << t.sizes.segment)}
	if q.Group != "" {
		if _, err := name(q.Group); err != nil {
			return page, nil // no group has such a name
		}
		s.group = directory.Fold(q.Group)
	}
	if q.After != "" {
		after, ok := s.parseAfter(q.After)
		if !ok {
			return page, nil
		}
		s.after = &after
	}
	runs, err := s.runs()
	if err != nil {
		return page, err
	}
	heap.Init(runs)
	var last document
	for len(runs.all) > 0 {
		if err := t.alive(); err != nil {
			return directory.UserPage{}, err
		}
		d := runs.all[0].head
		if len(page.Users) == limit {
			page.Next = s.formatAfter(last)
			return page, nil
		}
		u, err := t.user(d.id)
		if err != nil {
			return directory.UserPage{}, damagedIndex(err)
		}
		page.Users, last = append(page.Users, u), d
		if runs.all[0].next() {
			heap.Fix(runs, 0)
		} else {
			heap.Pop(runs)
		}
	}
	return page, t.ctx.Err()
}

// userSearch is one query.
type userSearch struct {
	tx    *tx
	query directory.UserQuery
	order order
	back  bool
	words [][]byte // each after a NUL
	group string   // folded; "" for all
	after *document

	// Used again and again.
	flagged *flagBlock
	grouped bitset // of a block
	having  bitset // of a segment
}

// runs are the users that match, in order within each run.
func (s *userSearch) runs() (*runHeap, error) {
	found := &runHeap{search: s}
	next, err := s.tx.nextOrdinal()
	if err != nil || next == 0 {
		return found, err
	}
	last, _ := s.tx.sizes.split(next - 1)
	for n := range last + 1 {
		if err := s.tx.ctx.Err(); err != nil {
			return nil, err
		}
		if err := s.segment(n, found); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// segment adds what one segment has.
func (s *userSearch) segment(n uint32, found *runHeap) error {
	set, err := s.members(n)
	if err != nil || set.empty() {
		return err
	}
	bound, looseBucket, err := s.tx.segment(n)
	if err != nil {
		return err
	}
	var matching []document
	for _, w := range s.words {
		having := s.having
		clear(having)
		bound.mark(w[1:], having)
		if err := s.tx.eachLoose(looseBucket, func(slot int, raw []byte) error {
			having.put(slot, len(raw) > 0 && parseDocument(raw).has(w))
			return nil
		}); err != nil {
			return err
		}
		if set.and(having); set.empty() {
			return nil
		}
	}
	loose := s.having // slots that what is bound of is out of date
	clear(loose)
	if err := s.tx.eachLoose(looseBucket, func(slot int, raw []byte) error {
		loose.set(slot)
		if set.has(slot) && len(raw) > 0 {
			if d := parseDocument(raw); s.behind(d) {
				matching = append(matching, d.copied()) // sorting would have all of their pages in sight at once
			}
		}
		return nil
	}); err != nil {
		return err
	}
	slices.SortFunc(matching, s.compare)
	found.add(&run{search: s, rest: matching})
	if set.without(loose); !set.empty() {
		found.add(&run{search: s, bound: &bound, set: set, at: s.start(&bound)})
	}
	return nil
}

// members are the users of a segment that the query is about, but for its words.
func (s *userSearch) members(n uint32) (bitset, error) {
	set := newBitset(1 << s.tx.sizes.segment)
	words := len(set) / int(s.tx.sizes.blocks())
	for i := range s.tx.sizes.blocks() {
		block := n*s.tx.sizes.blocks() + i
		if err := s.tx.readFlags(block, s.flagged); err != nil {
			return nil, err
		}
		flagged := s.flagged
		part := set[int(i)*words : (int(i)+1)*words]
		copy(part, flagged[isUser])
		switch s.query.Disabled {
		case directory.On:
			part.and(flagged[isDisabled])
		case directory.Off:
			part.without(flagged[isDisabled])
		}
		switch f, ok := holding[s.query.Keys]; {
		case s.query.Keys == directory.HoldsNoActive:
			part.without(flagged[hasActive])
		case ok:
			part.and(flagged[f])
		case s.query.Keys != directory.HoldsAny:
			clear(part)
		}
		if s.group != "" {
			clear(s.grouped)
			if err := s.grouped.decodeInto(s.tx.get(userSets, groupKey(block, s.group))); err != nil {
				return nil, err
			}
			part.and(s.grouped)
		}
	}
	return set, nil
}

var holding = map[directory.Holding]flag{
	directory.HoldsPending:  hasPending,
	directory.HoldsActive:   hasActive,
	directory.HoldsDisabled: hasDisabled,
	directory.HoldsRevoked:  hasRevoked,
	directory.HoldsPINless:  hasPINless,
}

// compare is the order of the answer.
func (s *userSearch) compare(a, b document) int {
	if s.back {
		a, b = b, a
	}
	return s.order.compare(a, b)
}

// behind tells whether d comes after where the page before ended.
func (s *userSearch) behind(d document) bool { return s.after == nil || s.compare(*s.after, d) < 0 }

// start is the place in a segment's order where the walk begins.
func (s *userSearch) start(bound *segment) int {
	switch {
	case s.after != nil:
		return bound.after(s.order, *s.after, s.back)
	case s.back:
		return bound.documents - 1
	}
	return 0
}

// formatAfter and parseAfter are UserPage.Next: what the query asks, hashed, and where d stands in its order.
func (s *userSearch) formatAfter(d document) string {
	place := d.place(s.order)
	raw := binary.AppendUvarint(s.asked(), uint64(len(place)))
	return base64.RawURLEncoding.EncodeToString(append(append(raw, place...), d.id...))
}

func (s *userSearch) parseAfter(next string) (d document, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(next)
	if err != nil {
		return d, false
	}
	raw, ok = bytes.CutPrefix(raw, s.asked())
	n, size := binary.Uvarint(raw)
	if !ok || size <= 0 || n >= uint64(len(raw)-size) {
		return d, false
	}
	place, id := raw[size:size+int(n)], raw[size+int(n):]
	return document{id: id, name: place, email: place, created: place}, true
}

// asked is the same for two queries that ask for the same users in the same order, and hardly ever for others.
func (s *userSearch) asked() []byte {
	h := fnv.New64a()
	for _, part := range []string{string(bytes.Join(s.words, nil)), s.group, string(s.query.Keys), string(s.query.Disabled), fmt.Sprint(s.order, s.back)} {
		fmt.Fprintf(h, "%q", part)
	}
	return h.Sum(nil)
}

// run is users of one segment, one after the other: those that are loose, or those bound that are in a set.
type run struct {
	search *userSearch
	head   document

	rest []document

	bound *segment
	set   bitset
	at    int
}

// next puts the next user at the head.
func (r *run) next() bool {
	if r.bound == nil {
		if len(r.rest) == 0 {
			return false
		}
		r.head, r.rest = r.rest[0], r.rest[1:]
		return true
	}
	step := 1
	if r.search.back {
		step = -1
	}
	for ; r.at >= 0 && r.at < r.bound.documents; r.at += step {
		slot := r.bound.at(r.search.order, r.at)
		if r.set.has(slot) {
			r.head = r.bound.parsed(slot)
			r.at += step
			return true
		}
	}
	return false
}

// runHeap has the run first whose head is.
type runHeap struct {
	search *userSearch
	all    []*run
}

func (h *runHeap) add(r *run) {
	if r.next() {
		h.all = append(h.all, r)
	}
}

func (h *runHeap) Len() int           { return len(h.all) }
func (h *runHeap) Less(i, j int) bool { return h.search.compare(h.all[i].head, h.all[j].head) < 0 }
func (h *runHeap) Swap(i, j int)      { h.all[i], h.all[j] = h.all[j], h.all[i] }
func (h *runHeap) Push(r any)         { h.all = append(h.all, r.(*run)) }
func (h *runHeap) Pop() any {
	last := h.all[len(h.all)-1]
	h.all = h.all[:len(h.all)-1]
	return last
}
