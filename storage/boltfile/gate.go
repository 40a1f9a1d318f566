package boltfile

import (
	"context"
	"sync"
)

// gate lets several readers or one writer in, in the order they came, and lets those who wait give up. A file needs
// it beside its lock because that is kept per opening: a process would keep itself out.
type gate struct {
	mu      sync.Mutex
	inside  int // readers; -1: a writer
	waiting []*visitor
}

type visitor struct {
	writer bool
	in     chan struct{} // closed once inside
}

func (g *gate) enter(ctx context.Context, writer bool) error {
	g.mu.Lock()
	v := &visitor{writer: writer, in: make(chan struct{})}
	g.waiting = append(g.waiting, v)
	g.admit()
	g.mu.Unlock()

	select {
	case <-v.in:
		return nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, w := range g.waiting {
		if w == v {
			g.waiting = append(g.waiting[:i], g.waiting[i+1:]...)
			g.admit() // a writer that gives up may have held up readers
			return ctx.Err()
		}
	}
	return nil // let in at the last moment
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inside < 0 {
		g.inside = 0
	} else {
		g.inside--
	}
	g.admit()
}

// admit lets in who may go in now. Who came first goes first, so that readers cannot keep a writer out for ever.
func (g *gate) admit() {
	for len(g.waiting) > 0 {
		next := g.waiting[0]
		switch {
		case next.writer && g.inside == 0:
			g.inside = -1
		case !next.writer && g.inside >= 0:
			g.inside++
		default:
			return
		}
		close(next.in)
		g.waiting = g.waiting[1:]
	}
}
