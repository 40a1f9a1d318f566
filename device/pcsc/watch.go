package pcsc

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ebfe/scard"

	"tapstation/device"
)

// settleTime is how long after a change everything is looked at once more before waiting for as long as it takes. It
// covers what the service does not report: a reader that came between listing the readers and waiting for them, and
// a program that takes a reader for itself right after a card came (pcsc-lite reports EXCLUSIVE only together with
// another change).
const settleTime = 500 * time.Millisecond

func (s *Service) watch(ctx context.Context, report func(device.Event)) error {
	look := s.register()
	defer s.unregister(look)
	retry := newServiceWait()
	defer retry.close()
	down := false
	for {
		start := time.Now()
		err := s.follow(ctx, look, func(e device.Event) {
			down = false
			report(e)
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if time.Since(start) > longestPause {
			// It was there for a while. One that goes as fast as it comes is not asked again and again.
			retry.succeeded()
		}
		if err != nil && !down {
			down = true
			report(device.Event{Kind: device.ServiceDown})
		}
		if err := retry.wait(ctx); err != nil {
			return err
		}
	}
}

// register is a channel on which Open asks a watch to look again, because it met something the service does not report.
func (s *Service) register() chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := make(chan struct{}, 1)
	s.watches = append(s.watches, c)
	return c
}

func (s *Service) unregister(c chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watches = slices.DeleteFunc(s.watches, func(w chan struct{}) bool { return w == c })
}

func (s *Service) lookAgain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.watches {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// follow reports what one connection to the service tells, until that breaks or ctx ends.
func (s *Service) follow(ctx context.Context, look <-chan struct{}, report func(device.Event)) error {
	m := newResourceManager()
	stop := context.AfterFunc(ctx, func() { m.lifeline.cut() }) // opening hangs when the service does
	err := m.establish()
	stop()
	if err != nil {
		return fmt.Errorf("reach the PC/SC service: %w", fromPCSC(err))
	}

	over, canceller := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(canceller)
		cancelOn(ctx, look, over, m)
	}()
	report(device.Event{Kind: device.ServiceUp})
	err = (&watched{manager: m, report: report}).run(ctx)
	close(over)
	<-canceller
	return errors.Join(err, m.release())
}

// cancelOn ends the waits of m whenever somebody wants it to look again, and for good when ctx ends.
func cancelOn(ctx context.Context, look, over <-chan struct{}, m *resourceManager) {
	for ended := false; !ended; {
		select {
		case <-over:
			return
		case <-look:
			_ = m.cancel() // a service that is gone ends the wait by itself
		case <-ctx.Done():
			ended = true
		}
	}
	// The context is of no further use, so cutting it off is the surest: it works on a service that hangs, too.
	if m.lifeline.cut() {
		return
	}
	// A cancel that comes just before the wait begins is lost, so it is repeated until the wait has ended.
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		_ = m.cancel()
		t := time.NewTimer(pause)
		select {
		case <-over:
			t.Stop()
			return
		case <-t.C:
		}
	}
}

// statusSource is the part of a resourceManager that watched needs.
type statusSource interface {
	readers() ([]string, error)
	statusChange(states []readerState, timeout time.Duration) error
}

// watched is what one connection has reported so far.
type watched struct {
	manager statusSource
	report  func(device.Event)
	known   []*watchedReader
	all     bool // AllReported was reported
	news    scard.StateFlag
}

// run reports until ctx ends or the service fails.
func (w *watched) run(ctx context.Context) error {
	timeout := settleTime
	for unknown := 0; ctx.Err() == nil; {
		changed, err := w.rescan()
		if err != nil {
			return err
		}
		if changed {
			timeout = settleTime
		}
		err = w.wait(ctx, timeout)
		if errors.Is(err, scard.ErrUnknownReader) {
			unknown++
		} else {
			unknown = 0
		}
		switch {
		case err == nil, errors.Is(err, scard.ErrCancelled), errors.Is(err, scard.ErrUnknownReader) && unknown < unknownLimit:
			timeout = settleTime
		case errors.Is(err, scard.ErrTimeout):
			timeout = quietTimeout
		default:
			return err
		}
	}
	return ctx.Err()
}

// unknownLimit is how often in a row the service may list a reader and then not know it, before it is taken for broken.
const unknownLimit = 10

// rescan lists the readers and looks at all of them.
func (w *watched) rescan() (changed bool, err error) {
	for unknown := 0; ; unknown++ {
		names, err := w.manager.readers()
		if err != nil {
			return false, err
		}
		changed = w.list(names) || changed
		states := make([]readerState, len(w.known))
		for i, r := range w.known {
			states[i] = readerState{name: r.name}
		}
		err = w.manager.statusChange(states, 0)
		switch {
		case err == nil:
			changed = w.update(states) || changed
		case errors.Is(err, scard.ErrUnknownReader) && unknown < unknownLimit:
			continue // one went in between
		case errors.Is(err, scard.ErrTimeout), errors.Is(err, scard.ErrCancelled):
		default:
			return false, err
		}
		break
	}
	if !w.all {
		w.all = true
		w.report(device.Event{Kind: device.AllReported})
	}
	return changed, nil
}

// wait waits for the next change and reports it.
func (w *watched) wait(ctx context.Context, timeout time.Duration) error {
	states := make([]readerState, 0, len(w.known)+1)
	for _, r := range w.known {
		current := r.state
		if current == scard.StateUnaware {
			current = scard.StateEmpty // a reader of which nothing is known yet would be answered at once
		}
		states = append(states, readerState{name: r.name, current: current})
	}
	if notification != "" {
		states = append(states, readerState{name: notification, current: w.news})
	}
	if len(states) == 0 {
		// Without readers there is nothing to wait on.
		if err := (systemClock{}).Wait(ctx, max(timeout, settleTime)); err != nil {
			return err
		}
		return scard.ErrTimeout
	}
	err := w.manager.statusChange(states, timeout)
	if errors.Is(err, scard.ErrInvalidParameter) && len(states) > len(w.known) && len(w.known) > 0 {
		// pcsc-lite before 2.0 knows sixteen readers and takes no more states; with that many no further one can come.
		states = states[:len(w.known)]
		err = w.manager.statusChange(states, timeout)
	}
	if err != nil {
		return err
	}
	if len(states) > len(w.known) {
		// Newer services count the readers that came and went here, so that none is missed between two waits.
		w.news = states[len(w.known)].event &^ scard.StateChanged
	}
	w.update(states[:len(w.known)])
	return nil
}

// list reports readers that came and went.
func (w *watched) list(names []string) (changed bool) {
	w.known = slices.DeleteFunc(w.known, func(r *watchedReader) bool {
		if slices.Contains(names, r.name) {
			return false
		}
		for _, e := range r.update(scard.StateUnknown, nil) {
			w.report(e)
		}
		w.report(device.Event{Kind: device.ReaderRemoved, Reader: r.name})
		changed = true
		return true
	})
	for _, name := range names {
		if !slices.ContainsFunc(w.known, func(r *watchedReader) bool { return r.name == name }) {
			w.known = append(w.known, &watchedReader{name: name})
			w.report(device.Event{Kind: device.ReaderAdded, Reader: name})
			changed = true
		}
	}
	return changed
}

func (w *watched) update(states []readerState) (changed bool) {
	for i, st := range states {
		for _, e := range w.known[i].update(st.event, st.atr) {
			w.report(e)
			changed = true
		}
	}
	return changed
}

// watchedReader is what has been reported of one reader.
type watchedReader struct {
	name  string
	state scard.StateFlag
	atr   string
	card  bool
	mute  bool
	held  bool
}

// update takes in a state and tells what happened since the last. A card that left and came back in between, or another
// in its place, is known by the count of insertions in the upper half of the state.
func (r *watchedReader) update(state scard.StateFlag, atr []byte) []device.Event {
	card := state&scard.StatePresent != 0
	mute := card && state&scard.StateMute != 0
	if !card || mute {
		atr = nil
	}
	swapped := r.card && card && (counter(state) != counter(r.state) || mute != r.mute || string(atr) != r.atr)
	held := state&scard.StateExclusive != 0

	var events []device.Event
	if r.card && (!card || swapped) {
		events = append(events, device.Event{Kind: device.CardRemoved, Reader: r.name})
	}
	if held != r.held {
		kind := device.ReaderFree
		if held {
			kind = device.ReaderHeld
		}
		events = append(events, device.Event{Kind: kind, Reader: r.name})
	}
	if card && (!r.card || swapped) {
		events = append(events, device.Event{Kind: device.CardInserted, Reader: r.name, ATR: slices.Clone(atr), Mute: mute})
	}
	r.state, r.atr, r.card, r.mute, r.held = state&^scard.StateChanged, string(atr), card, mute, held
	return events
}
