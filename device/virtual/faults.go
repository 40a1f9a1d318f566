package virtual

import (
	"sync"
	"time"

	"tapstation/device/iso7816"
)

// Faults are what goes wrong, on demand, between a card and whatever reader it lies on. They may be asked for while
// the card runs. APDUs are counted from the request on, the next being 1; those the reader answers itself
// (class FF) do not count and meet no fault.
type Faults struct {
	mu           sync.Mutex
	apdus        int
	removeBefore int // in terms of apdus; 0: never
	removeAfter  int
	answers      map[int]iso7816.SW
	byINS        map[byte]iso7816.SW
	perAPDU      time.Duration
	perByte      time.Duration
	shortOnly    bool
	successor    *Card
}

// RemoveBefore takes the card away when the nth APDU from now arrives, unexecuted.
func (f *Faults) RemoveBefore(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.removeBefore = f.apdus + n
}

// RemoveAfter takes the card away once it has executed the nth APDU from now, whose answer is lost.
func (f *Faults) RemoveAfter(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.removeAfter = f.apdus + n
}

// Answer gives sw in answer to the nth APDU from now, which the card does not see.
func (f *Faults) Answer(n int, sw iso7816.SW) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.answers == nil {
		f.answers = map[int]iso7816.SW{}
	}
	f.answers[f.apdus+n] = sw
}

// AnswerINS gives sw in answer to every APDU with this instruction byte, none of which the card sees.
func (f *Faults) AnswerINS(ins byte, sw iso7816.SW) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.byINS == nil {
		f.byINS = map[byte]iso7816.SW{}
	}
	f.byINS[ins] = sw
}

// Delay makes each exchange take perAPDU and perByte for each byte either way.
func (f *Faults) Delay(perAPDU, perByte time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.perAPDU, f.perByte = perAPDU, perByte
}

// ShortOnly makes the reader, rather than the card, refuse extended length with 6700.
func (f *Faults) ShortOnly(on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.shortOnly = on
}

// ReplaceBy puts another card in this one's place, once, when this one is next put on a reader.
func (f *Faults) ReplaceBy(other *Card) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.successor = other
}

// Clear takes back every fault asked for.
func (f *Faults) Clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.removeBefore, f.removeAfter = 0, 0
	f.answers, f.byINS = nil, nil
	f.perAPDU, f.perByte, f.shortOnly, f.successor = 0, 0, false, nil
}

// APDUs is how many APDUs have been sent to the card since it was made.
func (f *Faults) APDUs() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.apdus
}

// plan is what happens to one APDU.
type plan struct {
	removeBefore, removeAfter bool
	answer                    iso7816.SW // 0: the card's own
	perAPDU, perByte          time.Duration
}

// next counts an APDU and decides what happens to it.
func (f *Faults) next(apdu []byte) plan {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := plan{perAPDU: f.perAPDU, perByte: f.perByte}
	if len(apdu) > 0 && apdu[0] == claReader {
		return plan{}
	}
	f.apdus++
	if f.apdus == f.removeBefore {
		f.removeBefore, p.removeBefore = 0, true
	}
	if f.apdus == f.removeAfter {
		f.removeAfter, p.removeAfter = 0, true
	}
	if len(apdu) > 1 {
		p.answer = f.byINS[apdu[1]]
	}
	if sw, ok := f.answers[f.apdus]; ok {
		delete(f.answers, f.apdus)
		p.answer = sw
	}
	if p.answer == 0 && f.shortOnly {
		if _, extended, err := iso7816.Parse(apdu); err == nil && extended {
			p.answer = iso7816.WrongLength
		}
	}
	return p
}

// next is the card that lies on the reader when c is put on it.
func (c *Card) next() *Card {
	c.faults.mu.Lock()
	defer c.faults.mu.Unlock()
	if other := c.faults.successor; other != nil {
		c.faults.successor = nil
		return other
	}
	return c
}

// exchange is one APDU and its answer with all that can go wrong on the way. It tells whether the card is still
// there; gone ends a delay early because the card was taken away.
func (c *Card) exchange(apdu []byte, gone <-chan struct{}) (answer []byte, there bool) {
	p := c.faults.next(apdu)
	if p.removeBefore {
		return nil, false
	}
	if p.answer != 0 {
		answer = iso7816.Response{SW: p.answer}.Bytes()
	} else {
		answer = c.Transmit(apdu)
	}
	if !pause(p.perAPDU+time.Duration(len(apdu)+len(answer))*p.perByte, gone) || p.removeAfter {
		return nil, false
	}
	return answer, true
}

// pause lasts d, or until gone; it tells which.
func pause(d time.Duration, gone <-chan struct{}) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-gone:
		return false
	}
}
