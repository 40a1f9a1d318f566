package mail_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"tapstation/app/directory"
	"tapstation/app/mail"
	"tapstation/storage/claim"
)

// running runs an outbox until the test ends, or stop is called.
func (o *office) running() (stop func()) {
	ctx, cancel := context.WithCancel(o.t.Context())
	over := make(chan struct{})
	go func() {
		defer close(over)
		o.box.Run(ctx)
	}()
	stop = func() { cancel(); <-over }
	o.t.Cleanup(stop)
	return stop
}

// until waits until the outbox does something.
func (o *office) until(what string, is func(mail.Status) bool) mail.Status {
	o.t.Helper()
	late := time.NewTimer(20 * time.Second)
	defer late.Stop()
	for {
		status, changed := o.box.Status()
		if is(status) {
			return status
		}
		select {
		case <-changed:
		case <-late.C:
			o.t.Fatalf("the outbox is %+v, want that it is %s", status, what)
		}
	}
}

func doing(d mail.Doing) func(mail.Status) bool {
	return func(s mail.Status) bool { return s.Doing == d }
}

func sent(n int) func(mail.Status) bool {
	return func(s mail.Status) bool { return s.Sent >= n && s.Doing == mail.Waiting }
}

func TestRunningOutboxSendsWhatComes(t *testing.T) {
	t.Parallel()
	p := newPost(t, nil)
	o := newOffice(t, p.port)
	stop := o.running()
	o.until("waiting", doing(mail.Waiting))
	o.users(10)
	o.box.Wake()
	o.until("done with 10", sent(10))
	p.once(10)

	// What another process queues is noticed without being told of.
	other := &office{t: t, dir: o.dir, tickets: o.tickets, box: o.box, time: begin}
	other.assign("u0000")
	o.until("done with 11", sent(11))
	p.once(11)

	stop()
	if s, _ := o.box.Status(); s.Doing != mail.Resting {
		t.Errorf("ended, it is %+v, want it to rest", s)
	}
}

// TestPausedOutboxIsToldAndWoken has a server that is down, and comes back.
func TestPausedOutboxIsToldAndWoken(t *testing.T) {
	t.Parallel()
	p := newPost(t, nil)
	down := true
	w := newWay(t, p, func(step, _ string) *fault {
		if step == greeting && down {
			return &fault{say: "421 4.3.2 closed for lunch\r\n"}
		}
		return nil
	})
	o := newOffice(t, w.port)
	o.users(5)
	o.running()
	s := o.until("paused", doing(mail.Paused))
	if s.Trouble == nil || s.Trouble.Kind != mail.ServerBusy || s.Trouble.Answer != "421 4.3.2 closed for lunch" ||
		s.Until.Before(begin.Add(5*time.Second)) || s.Until.After(begin.Add(time.Minute)) {
		t.Errorf("paused, it says %+v, want why, and until when", s)
	}
	for _, m := range o.messages() {
		if m.Attempts != 0 || m.State != directory.Queued || m.LeasedBy != "" {
			t.Errorf("a message is %+v, want it as it was", m)
		}
	}
	// A wake that changes nothing makes the next pause longer.
	first := s.Until
	o.box.Wake()
	s = o.until("paused for longer", func(s mail.Status) bool { return s.Doing == mail.Paused && !s.Until.Equal(first) })
	if !s.Until.After(first) {
		t.Errorf("the second pause ends %v, the first %v; want it longer", s.Until, first)
	}
	w.mu.Lock()
	down = false
	w.mu.Unlock()
	if _, err := o.box.Retry(t.Context(), by, o.first().ID); err != nil { // a person ends the pause
		t.Fatal(err)
	}
	o.until("done with 5", sent(5))
	p.once(5)
}

// TestPauseEndsWhenTheSettingsAreMended: by whatever process, long before the pause is over.
func TestPauseEndsWhenTheSettingsAreMended(t *testing.T) {
	t.Parallel()
	p := newPost(t, nil)
	w := newWay(t, p, nil)
	o := newOffice(t, 1) // where nobody listens
	o.users(3)
	o.running()
	for n := range 4 { // so that the pause is a long one
		was := o.until("paused", doing(mail.Paused)).Until
		if n < 3 {
			o.box.Wake()
			o.until("paused again", func(s mail.Status) bool { return s.Doing == mail.Paused && !s.Until.Equal(was) })
		}
	}
	o.workspace(func(ws *directory.Workspace) { ws.Mail.Port = w.port })
	o.until("done with 3", sent(3))
	p.once(3)
}

// TestOneProcessSendsAtATime: a second waits for the first to end, and then sends.
func TestOneProcessSendsAtATime(t *testing.T) {
	t.Parallel()
	p := newPost(t, nil)
	o := newOffice(t, p.port)
	folder := t.TempDir()
	take := func() (func() error, error) { return claim.Take(folder, mail.Claim) }
	release, err := take()
	o.must(err)
	o.box.Claim = take
	o.users(3)
	o.running()
	if s := o.until("elsewhere", doing(mail.Elsewhere)); s.Holder == nil || s.Holder.Claim != mail.Claim {
		t.Errorf("%+v, want who sends", s)
	}
	var held *directory.HeldError
	if _, err := o.box.Deliver(t.Context()); !errors.As(err, &held) {
		t.Errorf("deliver meanwhile: %v, want who sends", err)
	}
	p.once(0)
	o.must(release())
	o.until("done with 3", sent(3))
	p.once(3)
}

// TestNotSetUpUntilItIs: what was queued before leaves once there is a server.
func TestNotSetUpUntilItIs(t *testing.T) {
	t.Parallel()
	p := newPost(t, nil)
	o := newOffice(t, p.port)
	o.users(2)
	o.workspace(func(w *directory.Workspace) { w.Mail.Host = "" })
	o.running()
	o.until("not set up", doing(mail.NotSetUp))
	o.setUp(p.port)
	o.until("done with 2", sent(2))
	p.once(2)
}

// TestStoreThatFailsIsTriedAgain: what is in hand then is neither lost nor sent twice.
func TestStoreThatFailsIsTriedAgain(t *testing.T) {
	t.Parallel()
	p := newPost(t, nil)
	o := newOffice(t, p.port)
	o.users(200)
	store := &failing{Store: o.dir.Store}
	broken := *o.dir
	broken.Store = store
	o.box.Directory = &broken
	n := 0
	store.fails = func() bool { n++; return n == 3 || n == 4 } // a batch, and keeping what was in hand
	_, err := o.box.Deliver(t.Context())
	if !errors.Is(err, errStore) {
		t.Fatalf("deliver: %v, want what the store says", err)
	}
	if r := o.deliver(); r.Waiting != 0 || r.Trouble != nil {
		t.Errorf("after that: %+v, want all sent", r)
	}
	p.once(200)
	o.counts(map[directory.MessageState]int{directory.Sent: 200})
}

var errStore = errors.New("input/output error")

// failing is a store of which some changes fail.
type failing struct {
	directory.Store
	fails func() bool
}

func (f *failing) Update(ctx context.Context, do func(directory.Tx) error) error {
	if f.fails() {
		return errStore
	}
	return f.Store.Update(ctx, do)
}
