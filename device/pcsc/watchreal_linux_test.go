package pcsc

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ebfe/scard"

	"tapstation/device"
	"tapstation/device/virtual/pcscdtest"
)

func TestWatchReportsReadersAndCards(t *testing.T) {
	p := pcscdtest.Start(t)
	w := watch(t, &Service{})
	w.expectBeginning(p)
	card := newCard(t)
	for range 2 {
		card = p.Insert(t, card)
		if e := w.expect(device.CardInserted, p.ReaderName()); !slices.Equal(e.ATR, card.ATR()) || e.Mute {
			t.Errorf("inserted %+v, want ATR %x", e, card.ATR())
		}
		p.Remove()
		w.expect(device.CardRemoved, p.ReaderName())
	}
}

func TestWatchReportsWhatIsThereAlready(t *testing.T) {
	p := pcscdtest.Start(t)
	insert(t, p, newCard(t))
	w := watch(t, &Service{})
	w.expect(device.ServiceUp, "")
	w.expect(device.ReaderAdded, p.ReaderNames()[0])
	w.expect(device.ReaderAdded, p.ReaderNames()[1])
	w.expect(device.CardInserted, p.ReaderName())
	w.expect(device.AllReported, "")
}

func TestWatchSurvivesARestartOfTheService(t *testing.T) {
	p := pcscdtest.Start(t)
	w := watch(t, &Service{})
	w.expectBeginning(p)
	for range 3 {
		if err := p.Stop(); err != nil {
			t.Fatal(err)
		}
		w.expect(device.ServiceDown, "")
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		// pcscd may add its readers while it is watched already.
		var state device.State
		for len(state.Readers) < 2 || !state.Known {
			select {
			case e := <-w.events:
				state = state.Apply(e)
			case <-time.After(patience):
				t.Fatalf("after the restart there is %+v, want two readers", state)
			}
		}
	}
	p.Insert(t, newCard(t))
	w.expect(device.CardInserted, p.ReaderName())
}

func TestWatchWaitsForTheService(t *testing.T) {
	p := pcscdtest.Start(t)
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	w := watch(t, &Service{})
	w.expect(device.ServiceDown, "")
	if used := cpuDuring(t, time.Second); used > 20*time.Millisecond {
		t.Errorf("waiting for the service takes %v of CPU time a second", used)
	}
	select {
	case e := <-w.events:
		t.Fatalf("event %+v while the service is down", e)
	default:
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	w.expect(device.ServiceUp, "")
}

// TestWatchCanBeCancelledWithoutALifeline is the way of the systems where a context cannot be cut off.
func TestWatchCanBeCancelledWithoutALifeline(t *testing.T) {
	pcscdtest.Start(t)
	m := newResourceManager()
	if err := m.establish(); err != nil {
		t.Fatal(err)
	}
	m.lifeline.drop()
	ctx, cancel := context.WithCancel(t.Context())
	look, over, done := make(chan struct{}, 1), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		cancelOn(ctx, look, over, m)
	}()
	begin := map[string]func(){"to look again": func() { look <- struct{}{} }, "for good": cancel}
	for _, why := range []string{"to look again", "for good"} {
		// A cancel to look again may come before the wait and be lost, so it is asked for until it has come.
		ended := make(chan error, 1)
		go func() {
			ended <- m.statusChange([]readerState{{name: notification}}, patience)
		}()
		again := time.NewTicker(10 * time.Millisecond)
		for waiting := true; waiting; {
			begin[why]()
			select {
			case err := <-ended:
				if !errors.Is(err, scard.ErrCancelled) {
					t.Errorf("cancelled %s, the wait ends with %v, want ErrCancelled", why, err)
				}
				waiting = false
			case <-again.C:
			}
		}
		again.Stop()
	}
	close(over)
	<-done
	if err := m.release(); err != nil {
		t.Error(err)
	}
}

// TestServiceThatHangs: neither a watch nor Open waits for it longer than its caller does.
func TestServiceThatHangs(t *testing.T) {
	p := pcscdtest.Start(t)
	w := watch(t, &Service{})
	w.expectBeginning(p)
	insert(t, p, newCard(t))
	w.expect(device.CardInserted, p.ReaderName())
	session := open(t, new(Service), p.ReaderName())
	before := descriptors(t)
	pid := pcscdProcess(t)
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	resume := sync.OnceFunc(func() { _ = syscall.Kill(pid, syscall.SIGCONT) })
	t.Cleanup(resume)

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	if _, err := new(Service).Open(ctx, p.ReaderName()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Open: error %v, want context.DeadlineExceeded", err)
	}
	if err := new(Service).Watch(ctx, func(device.Event) {}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Watch: error %v, want context.DeadlineExceeded", err)
	}
	if now := descriptors(t); now > before {
		t.Errorf("%d descriptors are open, %d were before", now, before)
	}
	w.stop()
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("it took %v to give up", took)
	}
	if err := session.Close(); err != nil {
		t.Errorf("close a session: %v", err)
	}
	if took := time.Since(start); took > hangLimit+2*time.Second {
		t.Errorf("it took %v to give up and close", took)
	}
	resume()
	open(t, new(Service), p.ReaderName())
}

func TestSeveralWatchesAtOnce(t *testing.T) {
	p := pcscdtest.Start(t)
	var s Service
	ws := []*watching{watch(t, &s), watch(t, &s), watch(t, &Service{})}
	for _, w := range ws {
		w.expectBeginning(p)
	}
	runtime.GC() // the names of the readers must outlive it
	p.Insert(t, newCard(t))
	for _, w := range ws {
		w.expect(device.CardInserted, p.ReaderName())
	}
}

func TestWatchEndsWithAnEndedContext(t *testing.T) {
	pcscdtest.Start(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := new(Service).Watch(ctx, func(device.Event) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("Watch ends with %v, want context.Canceled", err)
	}
}

func TestWatchLeavesNothingBehind(t *testing.T) {
	pcscdtest.Start(t)
	leavesNothing(t, 50, func() {
		ctx, cancel := context.WithCancel(t.Context())
		err := new(Service).Watch(ctx, func(e device.Event) {
			if e.Kind == device.AllReported {
				cancel()
			}
		})
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("Watch ended with %v", err)
		}
	})
}

func TestIdleTakesNoCPU(t *testing.T) {
	p := pcscdtest.Start(t)
	insert(t, p, newCard(t))
	var s Service
	w := watch(t, &s)
	w.expect(device.ServiceUp, "")
	session := open(t, &s, p.ReaderName())
	if _, err := session.CTAP2(t.Context(), []byte{authGetInfo}); err != nil {
		t.Fatal(err)
	}
	cpuDuring(t, 2*settleTime) // until all is quiet
	if used := cpuDuring(t, 2*time.Second); used > 20*time.Millisecond {
		t.Errorf("an idle watch and session take %v of CPU time in two seconds", used)
	}
}
