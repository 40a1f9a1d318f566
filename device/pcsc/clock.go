package pcsc

import (
	"context"
	"time"
)

// clock is time as a session sees it; tests bring their own.
type clock interface {
	Now() time.Time
	// Wait returns after d, or ctx.Err() when ctx ends first.
	Wait(ctx context.Context, d time.Duration) error
}

type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }

func (systemClock) Wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
