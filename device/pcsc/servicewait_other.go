//go:build !linux && !windows

package pcsc

import (
	"context"
	"time"
)

// serviceWait waits until it is worth trying to reach the PC/SC service again. macOS starts its service by itself when a
// program asks for it, so a failure passes; there is no event for it, and pauses that grow to two seconds do.
type serviceWait struct{ pause time.Duration }

const (
	firstPause   = 10 * time.Millisecond
	longestPause = 2 * time.Second
)

func newServiceWait() *serviceWait { return &serviceWait{pause: firstPause} }

func (w *serviceWait) succeeded() { w.pause = firstPause }

func (w *serviceWait) close() {}

func (w *serviceWait) wait(ctx context.Context) error {
	pause := w.pause
	w.pause = min(2*w.pause, longestPause)
	return systemClock{}.Wait(ctx, pause)
}
