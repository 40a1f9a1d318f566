package main

import (
	"sync/atomic"
	"time"
)

// clock is the demo's: it can be made to stand at a time in the past. It may be used from any goroutine.
type clock struct {
	running func() time.Time
	stands  atomic.Pointer[time.Time] // nil: it runs
}

// newClock is a clock that runs as running does; nil: as time.Now.
func newClock(running func() time.Time) *clock {
	if running == nil {
		running = time.Now
	}
	return &clock{running: running}
}

func (c *clock) now() time.Time {
	if at := c.stands.Load(); at != nil {
		return *at
	}
	return c.running()
}

func (c *clock) stand(at time.Time) { c.stands.Store(&at) }
func (c *clock) goOn()              { c.stands.Store(nil) }
