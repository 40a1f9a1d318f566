package bolt

import (
	"bytes"
	"container/heap"
	"iter"
	"slices"

	"go.etcd.io/bbolt"

	"tapstation/app/directory"
)

const (
	usersUnsaid, usersMost = 100, 1000

	// gatherMost is how many index entries of one word are gathered and sorted. A word that more users have is
	// so common that walking along the users in their order and looking for it finds a page as soon.
	gatherMost = 20_000
	// planWords is how many words take part in choosing where to look; all of them are looked for.
	planWords = 8
)

// Users walks along the users in the order of their IDs. Which users it looks at depends on what is rarest of what
// was asked for; whether one matches is then decided from its words and groups alone, and only those that do are read.
func (t *tx) Users(q directory.UserQuery) (page directory.UserPage, err error) {
	defer t.guard(&err)
	limit := pageLimit(q.Limit, usersUnsaid, usersMost)
	if q.Sort != directory.ByID || q.Desc || q.Keys != directory.HoldsAny || q.Disabled != directory.Unset {
		return t.sorted(q, limit)
	}
	words := directory.Words(q.Text)
	var group []byte
	if q.Group != "" {
		if _, err := name(q.Group); err != nil {
			return page, nil // no group has such a name
		}
		group = groupKey(q.Group)
	}
	candidates, err := t.candidates(words, group, []byte(q.After))
	if err != nil {
		return page, err
	}
	var last []byte
	for id, text := range candidates {
		if err := t.alive(); err != nil {
			return directory.UserPage{}, err
		}
		if !t.matches(id, text, words, group) {
			continue
		}
		if len(page.Users) == limit {
			page.Next = string(last)
			return page, nil
		}
		u, err := t.user(id)
		if err != nil {
			return directory.UserPage{}, err
		}
		page.Users = append(page.Users, u)
		last = id
	}
	return page, t.ctx.Err()
}

// matches tells whether a user has a word for each that is asked for, and is in the group (nil: any). text may be nil
// when it has not been read yet.
func (t *tx) matches(id, text []byte, words []string, group []byte) bool {
	if len(words) > 0 && text == nil {
		text = t.get(userIndex, textKey(id))
	}
	for _, w := range words {
		if !bytes.Contains(text, append([]byte{0}, w...)) {
			return false
		}
	}
	return group == nil || t.has(userIndex, append(bytes.Clone(group), id...))
}

// candidates are users in the order of their IDs, each once, beyond after, among whom are all that match; with their
// words where those are at hand.
func (t *tx) candidates(words []string, group, after []byte) (iter.Seq2[[]byte, []byte], error) {
	if len(words) == 0 && group == nil {
		return t.scan(users, nil, after), nil
	}
	// The longest words are the likeliest to be rare.
	words = slices.Clone(words)
	slices.SortStableFunc(words, func(a, b string) int { return len(b) - len(a) })
	words = words[:min(len(words), planWords)]

	rarest, found, err := t.rarest(words, group)
	switch {
	case err != nil:
		return nil, err
	case found:
		return t.wordUsers(rarest, after)
	case group != nil:
		return func(yield func(id, text []byte) bool) {
			for id := range t.scan(userIndex, group, after) {
				if !yield(id, nil) {
					return
				}
			}
		}, nil
	}
	return t.usersBeginning("", after), nil
}

// rarest is the word to look for users by; none when that is the group, or when all words are common. All are counted
// at the same pace. When none ends within the limit, one will do whose users are many only by their IDs: those are
// in their order already, and one after the other.
func (t *tx) rarest(words []string, group []byte) (word string, found bool, err error) {
	b := t.bucket(userIndex)
	if b == nil || len(words) == 0 {
		return "", false, nil
	}
	var counts []*count
	for _, w := range words {
		counts = append(counts, newCount(b, wordKey(w), textKey([]byte(w))))
	}
	var groupCount *count
	if group != nil {
		groupCount = newCount(b, group)
	}
	for range t.gatherMost {
		if err := t.alive(); err != nil {
			return "", false, err
		}
		for i, c := range counts {
			if !c.next() {
				return words[i], true, nil
			}
		}
		if groupCount != nil && !groupCount.next() {
			return "", false, nil
		}
	}
	for i, c := range counts {
		if len(c.prefixes) == 1 { // the entries of the word are counted, those of IDs are left
			return words[i], true, nil
		}
	}
	return "", false, nil
}

// count walks along the entries that begin with the first of its prefixes, then the next.
type count struct {
	cursor   *bbolt.Cursor
	prefixes [][]byte // from the present one on
	begun    bool     // with the present one
}

func newCount(b *bbolt.Bucket, prefixes ...[]byte) *count {
	return &count{cursor: b.Cursor(), prefixes: prefixes}
}

// next tells whether there was another entry.
func (c *count) next() bool {
	for len(c.prefixes) > 0 {
		var k []byte
		if c.begun {
			k, _ = c.cursor.Next()
		} else {
			k, _ = c.cursor.Seek(c.prefixes[0])
		}
		if c.begun = k != nil && bytes.HasPrefix(k, c.prefixes[0]); c.begun {
			return true
		}
		c.prefixes = c.prefixes[1:]
	}
	return false
}

// wordUsers are the users of all words that begin with w: those whose IDs do, in their order, and between them those
// the index has. It has them in the order of the words; a heap puts only as many in order as are asked for.
func (t *tx) wordUsers(w string, after []byte) (iter.Seq2[[]byte, []byte], error) {
	var found idHeap
	for rest := range t.scan(userIndex, wordKey(w), nil) {
		if err := t.alive(); err != nil {
			return nil, err
		}
		if id := rest[bytes.IndexByte(rest, 0)+1:]; bytes.Compare(id, after) > 0 {
			found = append(found, id)
		}
	}
	return func(yield func(id, text []byte) bool) {
		found := slices.Clone(found)
		heap.Init(&found)
		for id, text := range t.usersBeginning(w, after) {
			if !found.each(id, yield) || !yield(id, text) {
				return
			}
		}
		found.each(nil, yield)
	}, nil
}

// usersBeginning are the users whose IDs begin with w, with their words.
func (t *tx) usersBeginning(w string, after []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(id, text []byte) bool) {
		// after may be before all of these, among them, or behind them.
		rest, among := bytes.CutPrefix(after, []byte(w))
		if !among && string(after) > w {
			return
		}
		if !among {
			rest = nil
		}
		prefix := textKey([]byte(w))
		for tail, text := range t.scan(userIndex, prefix, rest) {
			if len(tail) == 0 && string(after) == w {
				continue // scan takes no rest for no limit
			}
			if !yield(append([]byte(w), tail...), text) {
				return
			}
		}
	}
}

// idHeap has the smallest ID first.
type idHeap [][]byte

// each takes out the IDs before end (nil: all), each once, and end itself, which is not told. It is false when yield
// wants no more.
func (h *idHeap) each(end []byte, yield func(id, text []byte) bool) bool {
	var last []byte
	for len(*h) > 0 && (end == nil || bytes.Compare((*h)[0], end) <= 0) {
		id := heap.Pop(h).([]byte)
		if !bytes.Equal(id, last) && !bytes.Equal(id, end) && !yield(id, nil) {
			return false
		}
		last = id
	}
	return true
}

func (h idHeap) Len() int           { return len(h) }
func (h idHeap) Less(i, j int) bool { return bytes.Compare(h[i], h[j]) < 0 }
func (h idHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *idHeap) Push(id any)       { *h = append(*h, id.([]byte)) }
func (h *idHeap) Pop() any {
	last := len(*h) - 1
	id := (*h)[last]
	*h = (*h)[:last]
	return id
}
