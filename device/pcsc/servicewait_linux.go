package pcsc

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// serviceWait waits until it is worth trying to reach the PC/SC service again. pcscd creates its socket when it starts,
// and so does systemd where it starts pcscd on demand; there the socket is always present, and trying is what starts
// pcscd. So the folder of the socket is watched. A socket is created a moment before it accepts, and pcscd may fail to
// start behind systemd's, so each event is followed by a few tries with growing pauses.
type serviceWait struct {
	path    string
	inotify *os.File // nil where the system gives none
	pause   time.Duration
}

const (
	firstPause = 10 * time.Millisecond
	// longestPause bounds the pauses while no event can be had.
	longestPause = 2 * time.Second
	// watchedPause is for a socket that is not where it was expected, or a folder that cannot be watched.
	watchedPause = 30 * time.Second
)

func newServiceWait() *serviceWait {
	return &serviceWait{path: servicePath(), pause: firstPause}
}

// succeeded tells that the service was reached.
func (w *serviceWait) succeeded() {
	w.close()
	w.pause = firstPause
}

func (w *serviceWait) close() {
	if w.inotify != nil {
		_ = w.inotify.Close()
		w.inotify = nil
	}
}

// wait returns nil when the service should be tried again, and ctx.Err() when ctx ends. Its first return, before there
// is anything to watch with, is at once: the service may have come before the watch began.
func (w *serviceWait) wait(ctx context.Context) error {
	if w.inotify == nil && w.begin() {
		return ctx.Err()
	}
	pause := w.pause
	w.pause = min(2*w.pause, longestPause)
	if w.inotify == nil {
		return systemClock{}.Wait(ctx, pause)
	}
	if pause == longestPause {
		pause = watchedPause
	}
	switch came, err := w.event(ctx, pause); {
	case err != nil:
		return err
	case came:
		w.pause = firstPause
		w.close() // what is to be watched may have changed
		w.begin()
	}
	return nil
}

// begin watches the socket's folder, or the nearest one above it that exists. False when that cannot be done.
func (w *serviceWait) begin() bool {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return false
	}
	const changes = unix.IN_CREATE | unix.IN_MOVED_TO | unix.IN_ATTRIB | unix.IN_DELETE_SELF | unix.IN_MOVE_SELF | unix.IN_ONLYDIR
	for dir := filepath.Dir(w.path); ; dir = filepath.Dir(dir) {
		_, err = unix.InotifyAddWatch(fd, dir, changes)
		if err == nil || dir == filepath.Dir(dir) {
			break
		}
	}
	if err != nil {
		_ = unix.Close(fd)
		return false
	}
	w.inotify = os.NewFile(uintptr(fd), "inotify")
	return true
}

// event waits for a change in the folder, for at most limit.
func (w *serviceWait) event(ctx context.Context, limit time.Duration) (bool, error) {
	if err := w.inotify.SetReadDeadline(time.Now().Add(limit)); err != nil {
		return false, systemClock{}.Wait(ctx, limit)
	}
	stop := context.AfterFunc(ctx, func() { _ = w.inotify.SetReadDeadline(time.Now()) })
	defer stop()
	buf := make([]byte, 64*(unix.SizeofInotifyEvent+unix.NAME_MAX+1))
	_, err := w.inotify.Read(buf)
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return false, nil
	case err != nil:
		return false, systemClock{}.Wait(ctx, limit)
	}
	return true, nil
}
