package pcsc

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"
)

// step is one APDU a session is expected to send, and what the card answers. Hex; "…" at the end of want stands for
// anything.
type step struct {
	want   string
	answer string
	err    error
	before func()
}

// script is a card that expects exactly its steps.
type script struct {
	t      *testing.T
	atr    []byte
	limit  int
	clock  *stoppedClock
	mu     sync.Mutex
	steps  []step
	sent   int
	closed int
}

func newScript(t *testing.T, steps ...step) *script {
	s := &script{t: t, atr: unhex(t, "3b80800101"), steps: steps, clock: &stoppedClock{now: time.Unix(1000, 0)}}
	t.Cleanup(func() {
		if len(s.steps) > 0 && !t.Failed() {
			t.Errorf("the session ended after %d APDUs, want %d more, next %s", s.sent, len(s.steps), s.steps[0].want)
		}
	})
	return s
}

// session is a session over the script with nothing remembered.
func (s *script) session() *Session { return s.sessionWith(nil) }

func (s *script) sessionWith(m *memory) *Session {
	session := newSession("Reader 0", s, m)
	session.clock = s.clock
	return session
}

func (s *script) ATR() []byte      { return s.atr }
func (s *script) LongestAPDU() int { return s.limit }

func (s *script) Close() error {
	s.closed++
	return nil
}

func (s *script) Transmit(apdu []byte) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent++
	got := hex.EncodeToString(apdu)
	if len(s.steps) == 0 {
		s.t.Errorf("APDU %d is %s, want no further one", s.sent, got)
		return nil, errors.New("the script has ended")
	}
	next := s.steps[0]
	s.steps = s.steps[1:]
	want, open := strings.CutSuffix(next.want, "…")
	if got != want && !(open && strings.HasPrefix(got, want)) {
		s.t.Errorf("APDU %d is %s, want %s", s.sent, got, next.want)
		return nil, errors.New("not what the script expects")
	}
	if next.before != nil {
		next.before()
	}
	s.clock.advance(time.Millisecond)
	return unhex(s.t, next.answer), next.err
}

// stoppedClock moves only when it is told to, or waited on.
type stoppedClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *stoppedClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *stoppedClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func (c *stoppedClock) Wait(ctx context.Context, d time.Duration) error {
	c.advance(d)
	return ctx.Err()
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// fill is n bytes in hex.
func fill(n int) string { return hex.EncodeToString(bytes.Repeat([]byte{0xDD}, n)) }

// Steps that begin most scripts.
const (
	selectAPDU   = "00a4040008a0000006472f000100"
	infoExtended = "80108000000001040000"
	infoShort    = "80108000010400"
	infoAnswer   = "00a1018166464944" + "9000"
)

var (
	selected        = step{want: selectAPDU, answer: "5532465f5632" + "9000"}
	settledExtended = step{want: infoExtended, answer: infoAnswer}
	refusedExtended = step{want: infoExtended, answer: "6700"}
	settledShort    = step{want: infoShort, answer: infoAnswer}
)

// makeCredential is a request of n bytes.
func makeCredential(n int) []byte {
	return append([]byte{0x01}, bytes.Repeat([]byte{0xCC}, n-1)...)
}
