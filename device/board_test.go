package device

import (
	"context"
	"errors"
	"testing"

	"go.uber.org/goleak"
)

// script is a Source whose events are sent by the test.
type script struct {
	Source
	events chan Event
}

func (s script) Watch(ctx context.Context, report func(Event)) error {
	for {
		select {
		case e := <-s.events:
			report(e)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func TestWaitSeesTheStateThatIsAndEveryChange(t *testing.T) {
	defer goleak.VerifyNone(t)
	ctx, cancel := context.WithCancel(t.Context())
	s := script{events: make(chan Event)}
	b := NewBoard(s)
	ran := make(chan error)
	go func() { ran <- b.Run(ctx) }()

	waited := make(chan State)
	go func() {
		got, err := b.Wait(ctx, func(s State) bool { _, ok := s.Card(""); return ok })
		if err != nil {
			t.Errorf("wait: %v", err)
		}
		waited <- got
	}()
	s.events <- Event{Kind: ReaderAdded, Reader: "A"}
	s.events <- Event{Kind: CardInserted, Reader: "A"}
	if got := <-waited; got.Taps != 1 {
		t.Errorf("waited for a card, got %+v", got)
	}

	if _, err := b.Wait(ctx, func(State) bool { return true }); err != nil {
		t.Errorf("a state that is there already: %v", err)
	}
	cancel()
	if _, err := b.Wait(ctx, func(State) bool { return false }); !errors.Is(err, context.Canceled) {
		t.Errorf("wait after the end: %v, want %v", err, context.Canceled)
	}
	if err := <-ran; !errors.Is(err, context.Canceled) {
		t.Errorf("run ended with %v, want %v", err, context.Canceled)
	}
}
