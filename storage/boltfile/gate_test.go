package boltfile

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
)

func TestGateKeepsWritersAlone(t *testing.T) {
	var (
		g                gate
		wg               sync.WaitGroup
		readers, writers atomic.Int32
	)
	for i := range 8 {
		wg.Go(func() {
			for n := range 500 {
				writer := (n+i)%4 == 0
				if err := g.enter(t.Context(), writer); err != nil {
					t.Error(err)
					return
				}
				mine := &readers
				if writer {
					mine = &writers
				}
				mine.Add(1)
				if w := writers.Load(); w > 1 || w == 1 && readers.Load() > 0 {
					t.Errorf("%d writers and %d readers inside at once", w, readers.Load())
				}
				mine.Add(-1)
				g.leave()
			}
		})
	}
	wg.Wait()
	if g.inside != 0 || len(g.waiting) != 0 {
		t.Errorf("at the end %d are inside and %d wait, want nobody", g.inside, len(g.waiting))
	}
}

func TestGateLetsInInOrderAndLetsGo(t *testing.T) {
	var g gate
	must := func(writer bool) {
		t.Helper()
		if err := g.enter(t.Context(), writer); err != nil {
			t.Fatal(err)
		}
	}
	must(false)
	must(false) // readers together
	ctx, cancel := context.WithCancel(t.Context())
	writer := make(chan error)
	go func() { writer <- g.enter(ctx, true) }()
	waitFor(t, &g, 1)
	reader := make(chan error)
	go func() { reader <- g.enter(t.Context(), false) }()
	waitFor(t, &g, 2) // behind the writer, although readers are inside
	cancel()
	if err := <-writer; !errors.Is(err, context.Canceled) {
		t.Errorf("the writer who gave up got %v", err)
	}
	if err := <-reader; err != nil {
		t.Errorf("the reader behind a writer who gave up got %v", err)
	}
	for range 3 {
		g.leave()
	}
	must(true)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := g.enter(ended, false); !errors.Is(err, context.Canceled) {
		t.Errorf("a reader who would have to wait and must not got %v", err)
	}
	g.leave()
	must(false)
	g.leave()
}

// waitFor returns when n wait at the gate.
func waitFor(t *testing.T, g *gate, n int) {
	t.Helper()
	for {
		g.mu.Lock()
		waiting := len(g.waiting)
		g.mu.Unlock()
		if waiting == n {
			return
		}
		if err := t.Context().Err(); err != nil {
			t.Fatal(err)
		}
	}
}
