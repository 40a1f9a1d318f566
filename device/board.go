package device

import (
	"context"
	"sync"
)

// Board keeps the present State of a Source for everybody who wants to know it, so that one watch serves the
// window, the ceremony and the commands.
type Board struct {
	source Source

	mu      sync.Mutex
	state   State
	changed chan struct{} // closed and replaced at every change
}

// NewBoard is a board over source. It shows nothing until Run.
func NewBoard(source Source) *Board {
	return &Board{source: source, changed: make(chan struct{})}
}

// Run watches the source until ctx ends.
func (b *Board) Run(ctx context.Context) error {
	return b.source.Watch(ctx, func(e Event) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.state = b.state.Apply(e)
		close(b.changed)
		b.changed = make(chan struct{})
	})
}

// State is what is there now, and a channel that is closed when it changes.
func (b *Board) State() (State, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.state, b.changed
}

// Wait returns the first state for which ok holds, or ctx.Err().
func (b *Board) Wait(ctx context.Context, ok func(State) bool) (State, error) {
	for {
		s, changed := b.State()
		if ok(s) {
			return s, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return s, ctx.Err()
		}
	}
}

// Open begins a session with the card on the named reader.
func (b *Board) Open(ctx context.Context, reader string) (Card, error) {
	return b.source.Open(ctx, reader)
}
