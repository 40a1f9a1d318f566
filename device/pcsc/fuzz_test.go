package pcsc

import (
	"errors"
	"testing"
	"time"

	"tapstation/device"
)

// fuzzCard answers from a list of length-prefixed answers, over and over.
type fuzzCard struct {
	data  []byte
	at    int
	sent  int
	clock *stoppedClock
}

func (c *fuzzCard) ATR() []byte  { return []byte{0x3B} }
func (c *fuzzCard) Close() error { return nil }

func (c *fuzzCard) Transmit(apdu []byte) ([]byte, error) {
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
		return nil, ErrExchange
	case 0xFE:
		c.at++
		return nil, device.ErrRemoved
	}
	n = min(n, len(rest))
	c.at += 1 + n
	return rest[:n], nil
}

// FuzzSession: whatever a card answers, a session ends with an answer or an error, in bounded time and memory.
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
			got, err := s.CTAP2(t.Context(), r)
			switch {
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
