package tap

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"tapstation/app/directory"
	"tapstation/app/enroll"
	"tapstation/device"
	"tapstation/device/virtual"
)

const patience = 10 * time.Second

// play is a ceremony whose Enroll is a script, over the readers in software. The window's goroutine is the test's own.
type play struct {
	*Ceremony
	t      *testing.T
	reader *virtual.Reader
	queue  chan func()
	calls  chan call
	gaveUp []string
}

// call is one Enroll, to be played by the test.
type call struct {
	ctx    context.Context
	prompt enroll.Prompter
	end    chan<- error // nil: it is done
}

func newPlay(t *testing.T) *play {
	t.Helper()
	ignore := goleak.IgnoreCurrent()
	p := &play{t: t, reader: virtual.NewReader("R"), queue: make(chan func(), 100), calls: make(chan call)}
	board := device.NewBoard(source{p.reader.Service()})
	ctx, cancel := context.WithCancel(context.Background())
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		_ = board.Run(ctx)
	}()
	p.Ceremony = &Ceremony{
		Board: board, Do: func(f func()) { p.queue <- f },
		Enroll: func(ctx context.Context, _ enroll.Request, prompt enroll.Prompter) (enroll.Result, error) {
			end := make(chan error)
			select {
			case p.calls <- call{ctx, prompt, end}:
			case <-ctx.Done():
				return enroll.Result{}, ctx.Err()
			}
			select {
			case err := <-end:
				return enroll.Result{Key: directory.SecurityKey{ID: "k"}}, err
			case <-ctx.Done():
				return enroll.Result{}, ctx.Err()
			}
		},
		GiveUp: func(_ context.Context, userID, _ string) error {
			p.gaveUp = append(p.gaveUp, userID)
			return nil
		},
	}
	t.Cleanup(func() {
		p.Close()
		p.Wait()
		cancel()
		<-watched
		goleak.VerifyNone(t, ignore)
	})
	return p
}

// source only watches: the scripts need no card.
type source struct{ *virtual.Service }

func (source) Open(context.Context, string) (device.Card, error) { return nil, device.ErrNoCard }

func (p *play) until(what string, ok func(State) bool) {
	p.t.Helper()
	deadline := time.After(patience)
	for !ok(p.State()) {
		select {
		case f := <-p.queue:
			f()
		case <-deadline:
			p.t.Fatalf("%s did not come; phase %d, step %q, %v", what, p.State().Phase, p.State().Step.Kind, p.State().Err)
		}
	}
}

func (p *play) phase(want Phase) {
	p.t.Helper()
	p.until("the phase", func(s State) bool { return s.Phase == want })
}

// called is the next call of Enroll; what is handed to the window meanwhile is done.
func (p *play) called() call {
	p.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case c := <-p.calls:
			return c
		case f := <-p.queue:
			f()
		case <-deadline:
			p.t.Fatal("the ceremony did not begin")
		}
	}
}

func (p *play) start() call {
	p.Start(directory.User{ID: "ada"}, enroll.Request{UserID: "ada", Verification: directory.PIN})
	return p.called()
}

// tap lays a card on the reader and returns when the board shows it.
func (p *play) tap() {
	p.t.Helper()
	before, _ := p.Board.State()
	p.reader.Insert(p.card(1))
	if _, err := p.Board.Wait(p.t.Context(), func(s device.State) bool { return s.Taps > before.Taps }); err != nil {
		p.t.Fatal(err)
	}
}

func (p *play) card(uid byte) *virtual.Card {
	p.t.Helper()
	c, err := virtual.New(virtual.Options{UID: []byte{4, 1, 2, 3, 4, 5, uid}})
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}

func TestPINGoesToWhoAskedAndNoFurther(t *testing.T) {
	p := newPlay(t)
	c := p.start()
	got := make(chan device.PIN, 1)
	go func() {
		pin, _ := c.prompt.PIN(c.ctx, enroll.PINRequest{Purpose: enroll.CardPIN, Retries: 8})
		got <- pin
	}()
	p.phase(Asking)
	p.TypePIN("314159", "")
	p.SubmitPIN()
	if pin := <-got; pin != "314159" {
		t.Errorf("the ceremony got another PIN than the one typed")
	}
	if p.State().PIN.First != "" || p.State().Phase != Running {
		t.Error("the PIN stays in the state after it was handed on")
	}
	close(c.end)
	p.phase(Enrolled)
}

func TestAnswerGoesToWhoAsked(t *testing.T) {
	for _, want := range []bool{true, false} {
		p := newPlay(t)
		c := p.start()
		got := make(chan bool, 1)
		go func() {
			yes, _ := c.prompt.Confirm(c.ctx, enroll.Question{Kind: enroll.ReplaceKey})
			got <- yes
		}()
		p.phase(Choosing)
		p.Act(map[bool]Verb{true: Yes, false: No}[want])
		if yes := <-got; yes != want {
			t.Errorf("the ceremony got %v, want %v", yes, want)
		}
		close(c.end)
		p.phase(Enrolled)
	}
}

func TestUnconfirmedYesIsNone(t *testing.T) {
	p := newPlay(t)
	c := p.start()
	go func() { _, _ = c.prompt.Confirm(c.ctx, enroll.Question{Kind: enroll.ResetCard}) }()
	p.phase(Choosing)
	p.Act(Yes)
	if p.State().Phase != Choosing {
		t.Error("a reset was agreed to without the typed confirmation")
	}
}

func TestStopEndsTheCeremonyThroughItsContext(t *testing.T) {
	p := newPlay(t)
	c := p.start()
	c.prompt.Progress(enroll.Step{Kind: enroll.Register, Begun: true})
	p.until("the step", func(s State) bool { return s.Step.Kind == enroll.Register })
	p.Stop()
	p.phase(Stopped)
	if c.ctx.Err() == nil {
		t.Error("the ceremony's context goes on")
	}
	if p.State().Left() != KeyLeft {
		t.Errorf("left on the card: %d", p.State().Left())
	}
}

// idle fails the test if the ceremony has begun, once nothing moves any more.
func (p *play) idle() {
	p.t.Helper()
	synctest.Wait()
	select {
	case <-p.calls:
		p.t.Fatal("it began again by itself")
	case f := <-p.queue:
		f()
		p.idle()
	default:
	}
}

func TestFailedCeremonyBeginsAgainWithTheNextTapOnly(t *testing.T) {
	synctest.Test(t, failedBeginsWithTheNextTap)
}

func failedBeginsWithTheNextTap(t *testing.T) {
	p := newPlay(t)
	p.tap()
	c := p.start()
	c.end <- device.ErrNotFIDO
	p.phase(Failed)
	p.idle() // with the card that failed
	p.reader.Remove()
	p.idle()
	p.tap()
	again := p.called()
	if p.State().Phase != Running || p.State().Err != nil {
		t.Errorf("phase %d, %v; want a new beginning", p.State().Phase, p.State().Err)
	}
	close(again.end)
	p.phase(Enrolled)
}

func TestFailureOfTheStationWaitsForAPerson(t *testing.T) {
	synctest.Test(t, stationsFailureWaits)
}

func stationsFailureWaits(t *testing.T) {
	p := newPlay(t)
	c := p.start()
	c.end <- directory.ErrBusy
	p.phase(Failed)
	p.tap()
	p.idle()
	p.Act(Again)
	close(p.called().end)
	p.phase(Enrolled)
}

func TestWhatALeftCeremonyStillSaysIsNotShown(t *testing.T) {
	p := newPlay(t)
	first := p.start()
	second := p.start()
	first.prompt.Progress(enroll.Step{Kind: enroll.Save})
	second.prompt.Progress(enroll.Step{Kind: enroll.Inspect})
	p.until("the step of the second", func(s State) bool {
		if s.Step.Kind == enroll.Save {
			t.Fatal("a step of the first ceremony is shown")
		}
		return s.Step.Kind == enroll.Inspect
	})
}

func TestReaderIsNamedWhileACardIsAwaited(t *testing.T) {
	p := newPlay(t)
	c := p.start()
	if _, err := p.Board.Wait(c.ctx, func(s device.State) bool { return len(s.Readers) == 1 }); err != nil {
		t.Fatal(err)
	}
	c.prompt.Progress(enroll.Step{Kind: enroll.WaitCard})
	p.until("the reader", func(s State) bool { return s.Reader == "R" })
}

func TestUnfinishedCeremonyIsGivenUpAndBeginsAnew(t *testing.T) {
	p := newPlay(t)
	c := p.start()
	c.prompt.Progress(enroll.Step{Kind: enroll.WaitAgain, Begun: true, Problem: enroll.ErrUnfinished})
	p.until("the problem", State.Unfinished)
	p.AskAbandon()
	p.Act(No)
	if !p.State().Unfinished() || p.gaveUp != nil {
		t.Fatal("after a no it does not go on waiting")
	}
	p.AskAbandon()
	p.Act(Yes)
	again := p.called()
	if len(p.gaveUp) != 1 || p.gaveUp[0] != "ada" {
		t.Errorf("given up: %q, want ada's", p.gaveUp)
	}
	if !errors.Is(c.ctx.Err(), context.Canceled) || p.State().Phase != Running || p.State().Begun() {
		t.Error("the ceremony did not begin anew")
	}
	close(again.end)
	p.phase(Enrolled)
}
