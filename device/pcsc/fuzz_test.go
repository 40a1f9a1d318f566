package pcsc

import (
	"errors"
	"testing"
	"time"

	"tapstation/device"
	"tapstation/device/iso7816"
)

// fuzzCard answers from a list of length-prefixed answers, over and over.
type fuzzCard struct {
	data  []byte
	at    int
	sent  int
	acted int // commands that a card may have carried out, getInfo apart
	clock *stoppedClock
}

func (c *fuzzCard) ATR() []byte  { return []byte{0x3B} }
func (c *fuzzCard) Close() error { return nil }

func (c *fuzzCard) Transmit(apdu []byte) ([]byte, error) {
	answer, err := c.answer()
	if acts(apdu, answer, err) {
		c.acted++
	}
	return answer, err
}

// acts tells whether a card may have carried out apdu: it completes a CTAP command that changes something, and the answer is
// no refusal of its form.
func acts(apdu, answer []byte, err error) bool {
	if apdu[0] != claCTAP || apdu[1] != insMessage {
		return false
	}
	c, _, _ := iso7816.Parse(apdu)
	if len(c.Data) == 1 && c.Data[0] == authGetInfo {
		return false
	}
	r, parseErr := iso7816.ParseResponse(answer)
	if err != nil || parseErr != nil {
		return true
	}
	_, otherLength := r.SW.ExactLength()
	return !otherLength && !lengthRefused(r.SW)
}

func (c *fuzzCard) answer() ([]byte, error) {
	c.sent++
	c.clock.advance(keepAlivePause)
	if c.at >= len(c.data) {
		c.at = 0
	}
	if len(c.data) == 0 {
		return nil, nil
	}
	n := int(c.data[c.at])
	rest := c.data[c.at+1:]
	switch n {
	case 0xFF:
		c.at++
		return nil, device.ErrExchange
	case 0xFE:
		c.at++
		return nil, device.ErrRemoved
	}
	n = min(n, len(rest))
	c.at += 1 + n
	return rest[:n], nil
}

// FuzzSession: whatever a card answers, a session ends with an answer or an error, in bounded time and memory, and has not
// made the card do anything twice.
func FuzzSession(f *testing.F) {
	for _, answers := range [][]string{
		{"9000", "00a09000", "00a09000"},
		{"6a82"},
		{"9000", "6700", "00a09000", "9000", "00a09000"},
		{"9000", "00a09000", "029100", "029100", "00a09000"},
		{"6102", "aabb9000", "00a06101", "bb9000", "6c02", "00a09000"},
		{"9000", "6a86", "6d00", "6e00", "9000"},
	} {
		var data []byte
		for _, a := range answers {
			b := unhex(f, a)
			data = append(append(data, byte(len(b))), b...)
		}
		f.Add(data, uint16(300))
	}
	f.Add([]byte{0xFF, 2, 0x90, 0, 0xFE}, uint16(1))
	f.Fuzz(func(t *testing.T, data []byte, length uint16) {
		card := &fuzzCard{data: data, clock: &stoppedClock{now: time.Unix(1000, 0)}}
		s := NewSession("Reader 0", card)
		s.clock = card.clock
		requests := [][]byte{{authGetInfo}, makeCredential(int(length%1024) + 1), {2, 1}}
		for _, r := range requests {
			before := card.sent
			card.acted = 0
			got, err := s.CTAP2(t.Context(), r)
			switch {
			case card.acted > 1:
				t.Fatalf("the card may have carried out one request %d times", card.acted)
			case err == nil && (len(got) == 0 || len(got) > maxAnswer):
				t.Fatalf("an answer of %d bytes, want 1 to %d", len(got), maxAnswer)
			case err != nil && got != nil:
				t.Fatalf("both an answer and the error %v", err)
			}
			// A card may be at work for keepAliveLimit in each framing tried, and hand out one more answer then.
			if most := 6*int(keepAliveLimit/keepAlivePause) + 10*maxFragments; card.sent-before > most {
				t.Fatalf("%d APDUs for one request, want at most %d", card.sent-before, most)
			}
			if errors.Is(err, device.ErrRemoved) {
				if _, again := s.CTAP2(t.Context(), r); !errors.Is(again, device.ErrRemoved) && s.lost != nil {
					t.Fatalf("after the card was removed: %v", again)
				}
			}
		}
		if _, err := s.UID(t.Context()); err == nil && len(s.uid) > 0xFF {
			t.Fatalf("UID of %d bytes", len(s.uid))
		}
		if c := s.Cost(); c.APDUs > card.sent || c.APDUs < card.sent-1 {
			t.Fatalf("%d APDUs counted, %d sent", c.APDUs, card.sent)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	})
}
