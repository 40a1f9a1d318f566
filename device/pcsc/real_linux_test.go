package pcsc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
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

// These tests run against a pcscd of their own, with a card in software on vpcd's readers.

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

func TestOpenAndExchange(t *testing.T) {
	p := pcscdtest.Start(t)
	card := insert(t, p, newCard(t))
	s := open(t, &Service{}, p.ReaderName())
	if s.Reader() != p.ReaderName() || !slices.Equal(s.ATR(), card.ATR()) {
		t.Errorf("session with %x on %q, want %x on %q", s.ATR(), s.Reader(), card.ATR(), p.ReaderName())
	}
	if _, err := s.UID(t.Context()); err != nil {
		t.Error(err)
	}
	if answer, err := s.CTAP2(t.Context(), []byte{authGetInfo}); err != nil || len(answer) < 50 || answer[0] != 0 {
		t.Errorf("getInfo answers %x, %v", answer, err)
	}
	if c := s.Cost(); c.APDUs != 2 || c.Card <= 0 || c.BytesFromCard < 50 {
		t.Errorf("cost is %+v, want 2 APDUs", c)
	}
}

func TestShortReaderBehindTheService(t *testing.T) {
	p := pcscdtest.Start(t)
	card := newCard(t)
	card.Faults().ShortOnly(true)
	insert(t, p, card)
	var service Service
	for apdus := range 2 {
		s := open(t, &service, p.ReaderName())
		answer, err := s.CTAP2(t.Context(), append([]byte{0x01}, make([]byte, 400)...))
		if err != nil || answer[0] == 0 {
			t.Errorf("a chained request of zeros is answered by %x, %v, want a CTAP error", answer, err)
		}
		// SELECT, getInfo (refused in extended form the first time only), two links.
		if c := s.Cost(); c.APDUs > 6-apdus {
			t.Errorf("session %d took %d APDUs, want at most %d", apdus+1, c.APDUs, 6-apdus)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestT0CardGetsShortAPDUs: T=0 has no extended length.
func TestT0CardGetsShortAPDUs(t *testing.T) {
	p := pcscdtest.Start(t)
	card, err := virtual.New(virtual.Options{ATR: []byte{0x3B, 0x00}})
	if err != nil {
		t.Fatal(err)
	}
	insert(t, p, card)
	s := open(t, &Service{}, p.ReaderName())
	if answer, err := s.CTAP2(t.Context(), []byte{authGetInfo}); err != nil || answer[0] != 0 {
		t.Errorf("getInfo answers %x, %v", answer, err)
	}
	if s.framing.extended || s.refused {
		t.Errorf("framing is %+v, refused %v, want short APDUs from the first", s.framing, s.refused)
	}
}

func TestOpenTellsWhatIsMissing(t *testing.T) {
	p := pcscdtest.Start(t)
	var s Service
	for _, tt := range []struct {
		name   string
		reader string
		want   error
	}{
		{"no card", p.ReaderName(), device.ErrNoCard},
		{"no reader", "No such reader", device.ErrNoReader},
	} {
		if _, err := s.Open(t.Context(), tt.reader); !errors.Is(err, tt.want) {
			t.Errorf("%s: error %v, want %v", tt.name, err, tt.want)
		}
	}
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Open(t.Context(), p.ReaderName()); !errors.Is(err, device.ErrServiceDown) {
		t.Errorf("service down: error %v, want ErrServiceDown", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Open(ctx, p.ReaderName()); !errors.Is(err, context.Canceled) {
		t.Errorf("ended context: error %v, want context.Canceled", err)
	}
}

func TestRemovalDuringAnAPDU(t *testing.T) {
	p := pcscdtest.Start(t)
	var service Service
	for n := 1; n <= 2; n++ {
		card := newCard(t)
		card.Faults().RemoveBefore(n)
		insert(t, p, card)
		s := open(t, &service, p.ReaderName())
		if _, err := s.CTAP2(t.Context(), []byte{authGetInfo}); !errors.Is(err, device.ErrRemoved) {
			t.Errorf("removed before APDU %d: error %v, want ErrRemoved", n, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if f, known := service.memory.recall(p.ReaderName(), newCard(t).ATR()); known {
		t.Errorf("a card that left taught the framing %+v", f)
	}
}

func TestRemovalBetweenAPDUs(t *testing.T) {
	p := pcscdtest.Start(t)
	insert(t, p, newCard(t))
	s := open(t, &Service{}, p.ReaderName())
	if _, err := s.Select(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.Remove()
	awaitCard(t, p.ReaderName(), false)
	insert(t, p, newCard(t)) // another card does not take its place
	if _, err := s.CTAP2(t.Context(), []byte{authGetInfo}); !errors.Is(err, device.ErrRemoved) {
		t.Errorf("error %v, want ErrRemoved", err)
	}
}

func TestServiceGoesDuringASession(t *testing.T) {
	p := pcscdtest.Start(t)
	insert(t, p, newCard(t))
	s := open(t, &Service{}, p.ReaderName())
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Select(t.Context()); !errors.Is(err, device.ErrServiceDown) {
		t.Errorf("error %v, want ErrServiceDown", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
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

func TestReaderTakenByAnotherProgram(t *testing.T) {
	p := pcscdtest.Start(t)
	var s Service
	w := watch(t, &s)
	w.expectBeginning(p)
	p.Insert(t, newCard(t))
	w.expect(device.CardInserted, p.ReaderName())

	_, leave := other(t, p.ReaderName(), scard.ShareExclusive)
	if _, err := s.Open(t.Context(), p.ReaderName()); !errors.Is(err, device.ErrReaderHeld) {
		t.Fatalf("error %v, want ErrReaderHeld", err)
	}
	w.expect(device.ReaderHeld, p.ReaderName())
	leave()
	w.expect(device.ReaderFree, p.ReaderName())
	open(t, &s, p.ReaderName())
}

func TestReaderInAnotherProgramsTransaction(t *testing.T) {
	p := pcscdtest.Start(t)
	insert(t, p, newCard(t))
	theirs, leave := other(t, p.ReaderName(), scard.ShareShared)
	if err := theirs.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	var s Service
	before := descriptors(t)

	start := time.Now()
	if _, err := s.Open(t.Context(), p.ReaderName()); !errors.Is(err, device.ErrReaderHeld) {
		t.Fatalf("error %v, want ErrReaderHeld", err)
	}
	if took := time.Since(start); took > heldLimit+time.Second {
		t.Errorf("it took %v to say so, want little more than %v", took, heldLimit)
	}

	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	start = time.Now()
	if _, err := s.Open(ctx, p.ReaderName()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want context.DeadlineExceeded", err)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("it took %v to give up", took)
	}
	if now := descriptors(t); now != before {
		t.Errorf("%d descriptors are open, %d were before", now, before)
	}

	// The other program has not noticed anything.
	if _, err := theirs.Transmit([]byte{0x00, 0xA4, 0x04, 0x00, 0x08, 0xA0, 0, 0, 0x06, 0x47, 0x2F, 0, 0x01, 0}); err != nil {
		t.Errorf("the other program's card: %v", err)
	}
	if err := theirs.EndTransaction(scard.LeaveCard); err != nil {
		t.Errorf("the other program's transaction: %v", err)
	}
	session := open(t, &s, p.ReaderName())
	if _, err := session.CTAP2(t.Context(), []byte{authGetInfo}); err != nil {
		t.Error(err)
	}
	if err := session.Close(); err != nil {
		t.Error(err)
	}
	if _, err := theirs.Status(); err != nil {
		t.Errorf("the other program's card was not left as it was: %v", err)
	}
	leave()
}

func TestOpenWaitsForAShortTransaction(t *testing.T) {
	p := pcscdtest.Start(t)
	insert(t, p, newCard(t))
	theirs, _ := other(t, p.ReaderName(), scard.ShareShared)
	if err := theirs.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(300*time.Millisecond, func() { _ = theirs.EndTransaction(scard.LeaveCard) })
	open(t, &Service{}, p.ReaderName())
}

// TestSessionKeepsOthersOut: while it is open nobody else reaches the card.
func TestSessionKeepsOthersOut(t *testing.T) {
	p := pcscdtest.Start(t)
	insert(t, p, newCard(t))
	var s Service
	first := open(t, &s, p.ReaderName())
	if _, err := s.Open(t.Context(), p.ReaderName()); !errors.Is(err, device.ErrReaderHeld) {
		t.Errorf("error %v, want ErrReaderHeld", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, &s, p.ReaderName())
}

// TestReadersDoNotDisturbEachOther: while one is waited for in vain and cut off, the other works on.
func TestReadersDoNotDisturbEachOther(t *testing.T) {
	p := pcscdtest.Start(t)
	insert(t, p, newCard(t))
	if _, err := p.Slot(1).Insert(t.Context(), newCard(t)); err != nil {
		t.Fatal(err)
	}
	awaitCard(t, p.ReaderNames()[1], true)
	var s Service
	first := open(t, &s, p.ReaderNames()[0])
	second := open(t, &s, p.ReaderNames()[1])

	waiting := make(chan struct{})
	go func() {
		defer close(waiting)
		for range 5 {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			if _, err := s.Open(ctx, p.ReaderNames()[0]); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error %v, want context.DeadlineExceeded", err)
			}
			cancel()
		}
	}()
	for working := true; working; {
		if _, err := second.CTAP2(t.Context(), []byte{authGetInfo}); err != nil {
			t.Fatalf("the other reader: %v", err)
		}
		select {
		case <-waiting:
			working = false
		default:
		}
	}
	if _, err := first.CTAP2(t.Context(), []byte{authGetInfo}); err != nil {
		t.Errorf("the reader that was waited for: %v", err)
	}
}

func TestHangingCardBehindTheService(t *testing.T) {
	p := pcscdtest.Start(t)
	card := newCard(t)
	insert(t, p, card)
	s := open(t, &Service{}, p.ReaderName())
	s.hang = 100 * time.Millisecond
	card.Faults().Delay(time.Minute, 0)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	start := time.Now()
	if _, err := s.Select(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want context.DeadlineExceeded", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("it took %v to give up a card that hangs", took)
	}
	p.Remove()
}

func TestSessionsLeaveNothingBehind(t *testing.T) {
	p := pcscdtest.Start(t)
	insert(t, p, newCard(t))
	var s Service
	leavesNothing(t, 200, func() {
		session, err := s.Open(t.Context(), p.ReaderName())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := session.CTAP2(t.Context(), []byte{authGetInfo}); err != nil {
			t.Fatal(err)
		}
		if err := session.Close(); err != nil {
			t.Fatal(err)
		}
	})
	leavesNothing(t, 50, func() {
		if _, err := s.Open(t.Context(), p.ReaderNames()[1]); !errors.Is(err, device.ErrNoCard) {
			t.Fatalf("error %v, want ErrNoCard", err)
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
