package desk

import (
	"errors"
	"math"
	"time"

	"tapstation/app/admin"
	"tapstation/app/login"
	"tapstation/assets/text"
	"tapstation/device"
	"tapstation/ui/wording"
)

// loginState is where a log-in stands.
type loginState struct {
	Checking bool      // a password is being compared
	Wrong    bool      // the last one was
	Until    time.Time // before, no further one is taken
	Locked   bool      // by too many wrong ones
	Failed   error     // something else went wrong

	Taps int         // of cards that were looked at already (device.State)
	Card error       // why the last card did not log in
	PIN  *pinRequest // nil: none is asked for
}

// pinRequest is the card's PIN, asked for. answer takes one PIN.
type pinRequest struct {
	login.PINRequest
	answer chan<- device.PIN
	cancel func() // ends the log-in with this card
}

// last tells whether the PIN would be one of the last attempts that the card has left.
func (r *pinRequest) last() bool { return r.Retries >= 0 && r.Retries <= login.LastAttempts }

// answered takes in how the comparison of a password ended.
func (s loginState) answered(err error) loginState {
	s.Checking, s.Wrong, s.Locked, s.Until, s.Failed = false, false, false, time.Time{}, nil
	var wait *admin.WaitError
	switch {
	case err == nil:
	case errors.As(err, &wait):
		s.Wrong, s.Until = true, wait.Until
	case errors.Is(err, admin.ErrLocked):
		s.Locked = true
	case errors.Is(err, admin.ErrWrong):
		s.Wrong = true
	default:
		s.Failed = err
	}
	return s
}

// problemWords are what is said below the password: one sentence of what is wrong, and what to do.
func (p *loginPage) problemWords() string {
	s := p.state
	wait := p.waits()
	switch {
	case s.PIN != nil || s.Checking:
		return ""
	case s.Locked:
		return text.T("login.locked")
	case wait > 0:
		return text.N("login.wait", int(math.Ceil(wait.Seconds())))
	case s.Wrong:
		return text.T("login.wrong")
	case s.Failed != nil:
		w := wording.Error(s.Failed)
		return w.Title + ". " + w.Remedy
	}
	return ""
}
