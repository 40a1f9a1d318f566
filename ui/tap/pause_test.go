package tap

import (
	"testing"

	"tapstation/app/enroll"
	"tapstation/device"
)

func TestWaitingCeremonyTakesNoCardWhilePaused(t *testing.T) {
	p := newPlay(t)
	c := p.start()
	c.prompt.Progress(enroll.Step{Kind: enroll.WaitCard})
	p.until("the wait", State.Waiting)
	p.Pause()
	<-c.ctx.Done()
	p.Resume()
	again := p.called()
	again.prompt.Progress(enroll.Step{Kind: enroll.WaitCard})
	p.until("the wait again", State.Waiting)
	close(again.end)
	p.phase(Enrolled)
}

func TestCeremonyThatTouchesACardGoesOnUntilItWaits(t *testing.T) {
	p := newPlay(t)
	c := p.start()
	c.prompt.Progress(enroll.Step{Kind: enroll.Register, Begun: true})
	p.until("the step", func(s State) bool { return s.Step.Kind == enroll.Register })
	p.Pause()
	if c.ctx.Err() != nil {
		t.Fatal("it was interrupted while it touched the card")
	}
	c.prompt.Progress(enroll.Step{Kind: enroll.WaitAgain, Problem: device.ErrRemoved, Begun: true})
	p.until("the wait", State.Waiting)
	if c.ctx.Err() == nil {
		t.Fatal("it waits for the card although it is paused")
	}
	p.Resume()
	close(p.called().end)
	p.phase(Enrolled)
}

func TestFailedCeremonyIsNotBegunAgainWhilePaused(t *testing.T) {
	p := newPlay(t)
	c := p.start()
	c.end <- device.ErrNotFIDO
	p.phase(Failed)
	p.Pause()
	p.tap()
	p.until("the tap to be noticed", func(State) bool { return p.rests })
	if p.State().Phase != Failed {
		t.Error("it began again with a card laid on while it was paused")
	}
	p.Resume()
	close(p.called().end)
	p.phase(Enrolled)
}

func TestClosedCeremonyIsNotResumed(t *testing.T) {
	p := newPlay(t)
	c := p.start()
	c.prompt.Progress(enroll.Step{Kind: enroll.WaitCard})
	p.until("the wait", State.Waiting)
	p.Pause()
	p.Close()
	p.Resume()
	if p.current != nil {
		t.Error("what was closed began again")
	}
}
