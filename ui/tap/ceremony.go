package tap

import (
	"context"
	"strings"
	"sync"

	"tapstation/app/directory"
	"tapstation/app/enroll"
	"tapstation/device"
)

// EnrollFunc is the ceremony, enroll.Enroller.Enroll.
type EnrollFunc func(context.Context, enroll.Request, enroll.Prompter) (enroll.Result, error)

// GiveUpFunc lets go of a user's unfinished ceremony, enroll.Enroller.GiveUp.
type GiveUpFunc func(ctx context.Context, userID, actor string) error

// Ceremony runs one enrollment for a page: it is the enroll.Prompter, keeps the State, and begins again with the
// next tap where that is safe. Its methods are called on the window's goroutine.
type Ceremony struct {
	Task     Task // what Enroll does, where that is not to enroll
	Enroll   EnrollFunc
	GiveUp   GiveUpFunc
	Board    *device.Board
	Do       func(func())    // hands a function to the window's goroutine, in order; fyne.Do
	OnChange func(old State) // the state has changed, on the window's goroutine

	state   State
	current *run
	running sync.WaitGroup
	paused  bool // by Pause
	rests   bool // the ceremony was ended, or not begun again, because of that
}

// State is where the ceremony stands.
func (c *Ceremony) State() State { return c.state }

// Start begins the ceremony for req, whose user is owner. One under way is ended first.
func (c *Ceremony) Start(owner directory.User, req enroll.Request) {
	c.Close()
	ctx, cancel := context.WithCancel(context.Background())
	r := &run{ceremony: c, cancel: cancel, done: make(chan struct{})}
	c.current = r
	begun := Begin(owner, req)
	begun.Task = c.Task
	c.set(begun)
	c.running.Go(func() { r.run(ctx, req) })
}

// Again begins the ceremony anew, for the same user with the same settings.
func (c *Ceremony) Again() { c.Start(c.state.Owner, c.state.Request) }

// Stop ends the ceremony as a person wishes; the state becomes Stopped when the card is let go.
func (c *Ceremony) Stop() {
	if c.current == nil || c.state.Ended() {
		return
	}
	c.set(c.state.Stop())
	c.current.cancel()
}

// Pause keeps the ceremony from taking a card until Resume: one that waits for a card is ended and begins again then,
// one that is touching a card goes on until it waits.
func (c *Ceremony) Pause() {
	c.paused = true
	c.rest()
}

// Resume ends Pause.
func (c *Ceremony) Resume() {
	c.paused = false
	if c.rests {
		c.Again()
	}
}

// rest ends a ceremony that waits while it must not take a card.
func (c *Ceremony) rest() {
	if c.paused && c.current != nil && c.state.Waiting() {
		c.Close()
		c.rests = true
	}
}

// Close ends the ceremony without a word.
func (c *Ceremony) Close() {
	c.rests = false
	if c.current != nil {
		c.current.cancel()
		c.current = nil
	}
}

// Wait returns when every ceremony begun and closed has let go of its card. It must not be called on the window's
// goroutine.
func (c *Ceremony) Wait() { c.running.Wait() }

// TypePIN takes what the PIN fields hold now.
func (c *Ceremony) TypePIN(first, again device.PIN) { c.set(c.state.TypePIN(first, again)) }

// LeavePIN tells that a PIN field was left; again is the second one.
func (c *Ceremony) LeavePIN(again bool) { c.set(c.state.LeavePIN(again)) }

// SubmitPIN goes on with the PIN typed, unless it is wrong in itself.
func (c *Ceremony) SubmitPIN() {
	if c.state.Phase != Asking {
		return
	}
	next, typed, ok := c.state.SubmitPIN()
	c.set(next)
	if ok {
		c.current.pin <- typedPIN{pin: typed}
	}
}

// Forgotten tells that the holder does not know the card's PIN any more.
func (c *Ceremony) Forgotten() {
	if c.state.Phase == Asking && c.state.PIN.Purpose == enroll.CardPIN {
		c.set(c.state.Answered())
		c.current.pin <- typedPIN{err: enroll.ErrForgotten}
	}
}

// Type takes what was typed to confirm a question.
func (c *Ceremony) Type(confirmation string) { c.set(c.state.Type(confirmation)) }

// Answer answers the question.
func (c *Ceremony) Answer(yes bool) {
	if c.state.Phase != Choosing {
		return
	}
	if c.state.Question.Kind == Abandon {
		c.abandon(yes)
		return
	}
	c.set(c.state.Answered())
	c.current.answer <- yes
}

// AskAbandon asks whether the card of an unfinished ceremony shall be given up. The ceremony goes on waiting for it.
func (c *Ceremony) AskAbandon() {
	if c.state.Unfinished() {
		c.set(c.state.Ask(enroll.Question{Kind: Abandon, Owner: c.state.Owner}))
	}
}

// abandon forgets the unfinished ceremony and begins a new one, or goes back to waiting.
func (c *Ceremony) abandon(yes bool) {
	if !yes {
		c.set(c.state.Answered())
		return
	}
	c.set(c.state.Stop())
	owner, req, old := c.state.Owner, c.state.Request, c.current
	old.abandoned = true
	old.cancel()
	c.running.Go(func() {
		<-old.done
		err := c.GiveUp(context.Background(), owner.ID, req.Actor)
		c.Do(func() {
			switch {
			case c.current != old: // closed meanwhile
			case err != nil:
				c.set(c.state.Finish(enroll.Result{}, err))
			default:
				c.Start(owner, req)
			}
		})
	})
}

func (c *Ceremony) set(s State) {
	old := c.state
	c.state = s
	if c.OnChange != nil {
		c.OnChange(old)
	}
	c.rest()
}

// run is one call of Enroll, as its Prompter. Its channels belong to the window's goroutine.
type run struct {
	ceremony *Ceremony
	cancel   context.CancelFunc
	done     chan struct{}
	pin      chan<- typedPIN
	answer   chan<- bool

	abandoned bool // how it ended matters to nobody
}

// typedPIN is what a person answered where a PIN was asked for.
type typedPIN struct {
	pin device.PIN
	err error
}

var _ enroll.Prompter = (*run)(nil)

func (r *run) run(ctx context.Context, req enroll.Request) {
	c := r.ceremony
	res, err := c.Enroll(ctx, req, r)
	close(r.done)
	board, _ := c.Board.State()
	var retry bool
	decided := make(chan struct{})
	c.Do(func() {
		defer close(decided)
		if c.current != r || r.abandoned {
			return
		}
		c.set(c.state.Finish(res, err))
		retry = c.state.Retry()
	})
	select {
	case <-decided:
	case <-ctx.Done():
		return
	}
	if !retry {
		return
	}
	if _, err := c.Board.Wait(ctx, func(s device.State) bool { return s.Taps > board.Taps }); err != nil {
		return
	}
	c.Do(func() {
		switch {
		case c.current != r || !c.state.Retry():
		case c.paused:
			c.rests = true
		default:
			c.Again()
		}
	})
}

// update changes the state on the window's goroutine, if this run is still the one under way.
func (r *run) update(change func(State) State) {
	r.ceremony.Do(func() {
		if r.ceremony.current == r {
			r.ceremony.set(change(r.ceremony.state))
		}
	})
}

func (r *run) Progress(step enroll.Step) {
	if step.Reader == "" {
		board, _ := r.ceremony.Board.State()
		step.Reader = names(board.Readers)
	}
	r.update(func(s State) State { return s.Progress(step) })
}

func names(readers []device.Reader) string {
	all := make([]string, len(readers))
	for i, r := range readers {
		all[i] = r.Name
	}
	return strings.Join(all, ", ")
}

func (r *run) PIN(ctx context.Context, req enroll.PINRequest) (device.PIN, error) {
	typed := make(chan typedPIN, 1)
	r.update(func(s State) State {
		r.pin = typed
		return s.AskPIN(req)
	})
	select {
	case p := <-typed:
		return p.pin, p.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func (r *run) Confirm(ctx context.Context, q enroll.Question) (bool, error) {
	answer := make(chan bool, 1)
	r.update(func(s State) State {
		r.answer = answer
		return s.Ask(q)
	})
	select {
	case yes := <-answer:
		return yes, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}
