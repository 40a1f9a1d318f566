package pcsc

import (
	"context"
	"time"

	"golang.org/x/sys/windows"
)

// serviceWait waits until it is worth trying to reach the PC/SC service again. Windows starts it with the first reader and
// stops it with the last, and sets an event while it runs.
type serviceWait struct {
	started windows.Handle // 0 where it could not be had; the system owns it
	pause   time.Duration
}

const (
	firstPause   = 10 * time.Millisecond
	longestPause = 2 * time.Second // bounds the pauses while no event can be had
)

func newServiceWait() *serviceWait {
	w := &serviceWait{pause: firstPause}
	if procAccessStartedEvent.Find() == nil {
		h, _, _ := procAccessStartedEvent.Call()
		w.started = windows.Handle(h)
	}
	return w
}

func (w *serviceWait) succeeded() { w.pause = firstPause }

func (w *serviceWait) close() {}

// wait returns nil when the service should be tried again, and ctx.Err() when ctx ends.
func (w *serviceWait) wait(ctx context.Context) error {
	if w.started == 0 || w.isStarted() {
		// It runs, or nothing tells, and still it could not be reached.
		pause := w.pause
		w.pause = min(2*w.pause, longestPause)
		return systemClock{}.Wait(ctx, pause)
	}
	end, err := windows.CreateEvent(nil, 1, 0, nil)
	if err != nil {
		return systemClock{}.Wait(ctx, longestPause)
	}
	defer func() { _ = windows.CloseHandle(end) }()
	signalled := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(signalled)
		_ = windows.SetEvent(end)
	})
	_, err = windows.WaitForMultipleObjects([]windows.Handle{w.started, end}, false, windows.INFINITE)
	if !stop() {
		<-signalled // before its handle is closed
	}
	w.pause = firstPause
	if err != nil && ctx.Err() == nil {
		return systemClock{}.Wait(ctx, longestPause)
	}
	return ctx.Err()
}

func (w *serviceWait) isStarted() bool {
	state, err := windows.WaitForSingleObject(w.started, 0)
	return err == nil && state == windows.WAIT_OBJECT_0
}
