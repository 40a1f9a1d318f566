package mail

import (
	"time"

	"tapstation/app/directory"
)

// Status is what the outbox does now.
type Status struct {
	Doing Doing
	// Trouble is what keeps mail from leaving, Until when it is tried again: of Paused.
	Trouble *Trouble
	Until   time.Time
	// Holder is who sends: of Elsewhere.
	Holder *directory.HeldError
	// Sent counts what left since this program began to send.
	Sent int
}

// Doing is what the outbox does.
type Doing string

// What it can do.
const (
	Resting   Doing = ""           // not run
	NotSetUp  Doing = "not_set_up" // there is no server, no sender or no portal
	Waiting   Doing = "waiting"    // for something to send
	Sending   Doing = "sending"
	Paused    Doing = "paused"    // for Trouble
	Elsewhere Doing = "elsewhere" // another process sends
)

// Status is what the outbox does now, and a channel that is closed at the next change.
func (o *Outbox) Status() (Status, <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.changed == nil {
		o.changed = make(chan struct{})
	}
	return o.status, o.changed
}

func (o *Outbox) setStatus(change func(*Status)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	before := o.status
	change(&o.status)
	if o.status != before && o.changed != nil {
		close(o.changed)
		o.changed = nil
	}
}

// Wake has what is due sent now, also while the outbox is paused.
func (o *Outbox) Wake() {
	select {
	case o.woken() <- struct{}{}:
	default:
	}
}

func (o *Outbox) woken() chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.wake == nil {
		o.wake = make(chan struct{}, 1)
	}
	return o.wake
}
