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

	var rarest []byte
	if len(words) > 0 {
		var err error
		if rarest, err = t.rarest(words, group); err != nil {
			return nil, err
		}
	}
	switch {
	case rarest != nil && rarest[0] == 'w':
		return t.gather(rarest, after)
	case group != nil:
		return func(yield func(id, text []byte) bool) {
			for id := range t.scan(userIndex, group, after) {
				if !yield(id, nil) {
					return
				}
			}
		}, nil
	}
	return t.scan(userIndex, textKey(nil), after), nil
}

// rarest is the prefix, of the words' and the group's, with the fewest index entries, found by counting all of them
// at the same pace; nil when all have more than gatherMost.
func (t *tx) rarest(words []string, group []byte) ([]byte, error) {
	var prefixes [][]byte
	if group != nil {
		prefixes = append(prefixes, group)
	}
	for _, w := range words {
		prefixes = append(prefixes, wordKey(w))
	}
	b := t.bucket(userIndex)
	if b == nil {
		return prefixes[0], nil
	}
	counts := make([]*bbolt.Cursor, len(prefixes))
	for n := range gatherMost {
		if err := t.alive(); err != nil {
			return nil, err
		}
		for i, prefix := range prefixes {
			var k []byte
			if n == 0 {
				counts[i] = b.Cursor()
				k, _ = counts[i].Seek(prefix)
			} else {
				k, _ = counts[i].Next()
			}
			if !bytes.HasPrefix(k, prefix) {
				return prefix, nil
			}
		}
	}
	return nil, nil
}

// gather yields the users of all words that begin with prefix in the order of their IDs. The index has them in the
// order of the words; a heap puts only as many in order as are asked for.
func (t *tx) gather(prefix, after []byte) (iter.Seq2[[]byte, []byte], error) {
	var found idHeap
	for rest := range t.scan(userIndex, prefix, nil) {
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
		var last []byte
		for len(found) > 0 {
			id := heap.Pop(&found).([]byte)
			if !bytes.Equal(id, last) && !yield(id, nil) {
				return
			}
			last = id
		}
	}, nil
}

// idHeap has the smallest ID first.
type idHeap [][]byte

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
