package bolt

import (
	"bytes"
	"fmt"

	"tapstation/app/directory"
)

// Statistics counts the members of the sets of users, and goes once along the traits in the roll of keys: that is as
// quick as keeping counts would be, whatever the days are, and leaves nothing to be kept right.
func (t *tx) Statistics(q directory.StatisticsQuery) (s directory.Statistics, err error) {
	defer t.guard(&err)
	s = directory.Statistics{Keys: map[directory.KeyState]int{}, Verification: map[directory.Verification]int{},
		Kinds: map[directory.Kind]int{}}
	if err := t.flush(); err != nil {
		return s, err
	}
	for range t.scan(groups, nil, nil) {
		s.Groups++
	}
	if err := t.userStatistics(&s); err != nil {
		return s, err
	}
	c := census{pendingBefore: placeAt(firstAt(q.PendingBefore)), days: daysOf(q)}
	if err := t.countKeys(&c); err != nil {
		return s, err
	}
	c.report(&s)
	return s, nil
}

func (t *tx) userStatistics(s *directory.Statistics) error {
	next, err := t.nextOrdinal()
	if err != nil || next == 0 {
		return err
	}
	last, _ := t.sizes.blockOf(next - 1)
	block := newFlagBlock(1 << t.sizes.block)
	for n := range last + 1 {
		if err := t.readFlags(n, block); err != nil {
			return err
		}
		s.Users += block[isUser].count()
		s.DisabledUsers += block[isDisabled].count()
		s.ActiveUsers += block[hasActive].count()
	}
	return nil
}

// census is what is counted along the roll.
type census struct {
	pendingBefore []byte // a place
	days          days

	marks   [allMarks]int
	pending int
	others  []directory.SecurityKey // whose state, kind or verification the roll has no number for
}

func (t *tx) countKeys(c *census) error {
	// A page is counted when it is known where the next begins: if that is before what is long ago, all of it is.
	var page, traits []byte
	first := true // with what comes before its own place
	for next, raw := range t.scan(keyRoll, []byte("t"), nil) {
		if err := t.alive(); err != nil {
			return err
		}
		t.look()
		if page != nil {
			if err := t.countPage(c, rollPart{page, next, traits, first}); err != nil {
				return err
			}
			first = false
		}
		page, traits = next, raw
	}
	return t.countPage(c, rollPart{page, nil, traits, first})
}

// rollPart is a page of the roll under page; next is the place of the page behind it, nil where there is none.
type rollPart struct {
	page, next, traits []byte
	first              bool
}

func (t *tx) countPage(c *census, p rollPart) error {
	n := len(p.traits) / traitSize
	allLong := p.next != nil && bytes.Compare(p.next, c.pendingBefore) <= 0
	someLong := p.first || bytes.Compare(p.page, c.pendingBefore) < 0
	var places [][]byte
	for i := range n {
		k := traitsAt(p.traits, i)
		c.marks[k.marks%allMarks]++
		c.days.count(k.activated)
		pending := k.marks&stateBits == pendingMark
		if pending && allLong {
			c.pending++
			continue
		}
		if (!pending || !someLong) && !unnumbered(k.marks) {
			continue
		}
		if places == nil {
			var err error
			if places, err = t.rollPlaces(p.page, n); err != nil {
				return err
			}
		}
		if pending && bytes.Compare(places[i], c.pendingBefore) < 0 {
			c.pending++
		}
		if unnumbered(k.marks) {
			k, err := t.key(places[i][placeTime:])
			if err != nil {
				return fmt.Errorf("key %q of the roll: %w", places[i][placeTime:], damagedIndex(err))
			}
			c.others = append(c.others, k)
		}
	}
	return nil
}

var pendingMark, activeMark = stateMark(directory.Pending), stateMark(directory.Active)

// unnumbered tells whether the key itself must be asked by what it is counted.
func unnumbered(marks uint16) bool {
	return marks&stateBits == 0 || marks&stateBits == activeMark && (marks&kindBits == 0 || marks&verifiedBits == 0)
}

func (c *census) report(s *directory.Statistics) {
	count := func(k directory.SecurityKey, n int) {
		s.Keys[k.State] += n
		if k.State == directory.Active {
			s.Verification[k.Verification] += n
			s.Kinds[k.Kind] += n
		}
	}
	for marks, n := range c.marks {
		if n == 0 {
			continue
		}
		if uint16(marks)&stateBits == activeMark && marks&temporaryBit != 0 {
			s.TemporaryPINs += n
		}
		if !unnumbered(uint16(marks)) {
			count(directory.SecurityKey{State: rollStates[marks&stateBits], Kind: rollKinds[marks&kindBits>>3],
				Verification: rollVerified[marks&verifiedBits>>6]}, n)
		}
	}
	for _, k := range c.others {
		count(k, 1)
	}
	s.PendingLong, s.Activations = c.pending, c.days.counts
}

// days are the bounds of days, and what was counted in each.
type days struct {
	bounds []instant
	perDay float64 // days in an instant, on the average
	counts []int
}

func daysOf(q directory.StatisticsQuery) days {
	d := days{counts: make([]int, max(len(q.Days)-1, 0))}
	for _, day := range q.Days {
		d.bounds = append(d.bounds, firstAt(day))
	}
	if n := len(d.counts); n > 0 {
		d.perDay = float64(n) / max(float64(d.bounds[n])-float64(d.bounds[0]), 1)
	}
	return d
}

// count counts an activation. Days are nearly of one length: the first guess is the day, or beside it.
func (d *days) count(at instant) {
	n := len(d.counts)
	if n == 0 || at == 0 || at < d.bounds[0] || at >= d.bounds[n] {
		return
	}
	day := min(int(float64(at-d.bounds[0])*d.perDay), n-1)
	for day > 0 && at < d.bounds[day] {
		day--
	}
	for day < n-1 && at >= d.bounds[day+1] {
		day++
	}
	d.counts[day]++
}
