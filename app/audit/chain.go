package audit

import (
	"bytes"
	"fmt"
)

// Head is the end of a chain: the place and the hash of its last entry. It is kept apart from the entries, because a
// chain that was cut off at its end is still a chain; only who knows where it ended can tell. Whoever can change the
// entries and the head alike is found out only by a copy of an earlier head kept elsewhere (an export will do).
type Head struct {
	Seq  uint64 // 0: the log is empty
	Hash []byte
}

// Link is the entry that follows this head, and the head after it.
func (h Head) Link(e Entry) (Entry, Head) {
	e = Link(Entry{Seq: h.Seq, Hash: h.Hash}, e)
	return e, Head{Seq: e.Seq, Hash: e.Hash}
}

// Chain checks entries one after the other from the first. Its zero value is the beginning.
type Chain struct {
	last Entry
}

// Next is the Seq of the entry the chain wants next.
func (c *Chain) Next() uint64 { return c.last.Seq + 1 }

// Add takes the next entry; ErrBroken, wrapped with the place, when it does not follow.
func (c *Chain) Add(e Entry) error {
	if err := Check(c.last, e); err != nil {
		return err
	}
	c.last = Entry{Seq: e.Seq, Hash: e.Hash}
	return nil
}

// End tells whether the chain ends where it should; ErrBroken when entries at its end were removed or put there.
func (c *Chain) End(head Head) error {
	if c.last.Seq != head.Seq {
		return fmt.Errorf("the log ends at entry %d instead of %d: %w", c.last.Seq, head.Seq, ErrBroken)
	}
	if !bytes.Equal(c.last.Hash, head.Hash) {
		return fmt.Errorf("entry %d is not the one the log ended with: %w", head.Seq, ErrBroken)
	}
	return nil
}
