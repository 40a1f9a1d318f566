package pcsc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ebfe/scard"

	"tapstation/device"
	"tapstation/device/virtual"
	"tapstation/device/virtual/pcscdtest"
)

// The tests on a real service run against a pcscd of their own, with a card in software on vpcd's readers.

func TestMain(m *testing.M) { os.Exit(pcscdtest.Main(m)) }

// patience is for what takes pcscd a part of a second.
const patience = 10 * time.Second

// watching is a Watch that runs, and what it has reported.
type watching struct {
	t      *testing.T
	events chan device.Event
	stop   func()
}

func watch(t *testing.T, s *Service) *watching {
	t.Helper()
	w := &watching{t: t, events: make(chan device.Event, 1000)}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Watch(ctx, func(e device.Event) { w.events <- e }) }()
	w.stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("Watch ended with %v, want context.Canceled", err)
			}
		case <-time.After(patience):
			t.Error("Watch does not end with its context")
		}
	})
	t.Cleanup(w.stop)
	return w
}

// expect takes the next event, which must be of this kind.
func (w *watching) expect(kind device.EventKind, reader string) device.Event {
	w.t.Helper()
	select {
	case e := <-w.events:
		if e.Kind != kind || e.Reader != reader {
			w.t.Fatalf("event %+v, want kind %d of %q", e, kind, reader)
		}
		return e
	case <-time.After(patience):
		w.t.Fatalf("no event, want kind %d of %q", kind, reader)
	}
	return device.Event{}
}

// expectBeginning takes the events of a service with the two empty readers.
func (w *watching) expectBeginning(p *pcscdtest.Service) {
	w.t.Helper()
	w.expect(device.ServiceUp, "")
	for _, name := range p.ReaderNames() {
		w.expect(device.ReaderAdded, name)
	}
	w.expect(device.AllReported, "")
}

func newCard(t testing.TB) *virtual.Card {
	t.Helper()
	card, err := virtual.New(virtual.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return card
}

// insert puts a card in and waits until pcscd has it.
func insert(t testing.TB, p *pcscdtest.Service, card *virtual.Card) *virtual.Card {
	t.Helper()
	card = p.Insert(t, card)
	awaitCard(t, p.ReaderName(), true)
	return card
}

// awaitCard waits until pcscd reports the card, or its absence.
func awaitCard(t testing.TB, reader string, present bool) {
	t.Helper()
	err := ask(patience, func(m *resourceManager) error {
		states := []readerState{{name: reader}}
		for {
			if err := m.statusChange(states, patience); err != nil {
				return err
			}
			if (states[0].event&scard.StatePresent != 0) == present {
				return nil
			}
			states[0].current = states[0].event &^ scard.StateChanged
		}
	})
	if err != nil {
		t.Fatalf("wait until a card is on %s (%v): %v", reader, present, err)
	}
}

func open(t testing.TB, s *Service, reader string) *Session {
	t.Helper()
	session, err := s.Open(t.Context(), reader)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := session.Close(); err != nil {
			t.Error(err)
		}
	})
	return session
}

// pcscdProcess is the pcscd that this process has started.
func pcscdProcess(t *testing.T) int {
	t.Helper()
	tasks, err := readNames("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		children, err := os.ReadFile("/proc/self/task/" + task + "/children")
		if err != nil {
			continue // a thread that has ended
		}
		for _, child := range strings.Fields(string(children)) {
			name, err := os.ReadFile("/proc/" + child + "/comm")
			if pid, bad := strconv.Atoi(child); err == nil && bad == nil && string(name) == "pcscd\n" {
				return pid
			}
		}
	}
	t.Fatal("no child of this process is pcscd")
	return 0
}

// other is another program with the card on a reader.
func other(t *testing.T, reader string, mode scard.ShareMode) (*scard.Card, func()) {
	t.Helper()
	c, err := scard.EstablishContext()
	if err != nil {
		t.Fatal(err)
	}
	card, err := c.Connect(reader, mode, scard.ProtocolAny)
	if err != nil {
		t.Fatal(err)
	}
	leave := sync.OnceFunc(func() {
		if err := errors.Join(card.Disconnect(scard.LeaveCard), c.Release()); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(leave)
	return card, leave
}

// cpuDuring is the CPU time this process takes in d.
func cpuDuring(t *testing.T, d time.Duration) time.Duration {
	t.Helper()
	used := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			t.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	before := used()
	<-time.After(d)
	return used() - before
}

// leavesNothing runs f and looks for goroutines, descriptors and contexts that are left over.
func leavesNothing(t *testing.T, rounds int, f func()) {
	t.Helper()
	f() // what is made once
	goroutines, open := runtime.NumGoroutine(), descriptors(t)
	for range rounds {
		f()
	}
	// A goroutine that has done its work may take a moment to be gone.
	limit, again := time.NewTimer(patience), time.NewTicker(time.Millisecond)
	defer limit.Stop()
	defer again.Stop()
	for late := false; runtime.NumGoroutine() > goroutines && !late; {
		select {
		case <-again.C:
		case <-limit.C:
			late = true
		}
	}
	if n := runtime.NumGoroutine(); n > goroutines {
		stacks := make([]byte, 1<<16)
		t.Errorf("%d goroutines after %d rounds, %d before:\n%s", n, rounds, goroutines, stacks[:runtime.Stack(stacks, true)])
	}
	// A PC/SC context is a socket, so contexts are among the descriptors.
	if n := descriptors(t); n > open {
		t.Errorf("%d descriptors after %d rounds, %d before", n, rounds, open)
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	names, err := readNames("/proc/self/fd")
	if err != nil {
		t.Fatal(fmt.Errorf("count descriptors: %w", err))
	}
	return len(names)
}
