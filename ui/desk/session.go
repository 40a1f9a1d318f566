package desk

import (
	"context"
	"errors"
	"time"

	"tapstation/app/admin"
	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/widget"
)

// session is who has logged in; its zero value is nobody.
type session = admin.Session

// actor is who acts, for the audit log.
func (d *Desk) actor() string { return d.session.Actor() }

// may tells whether who acts may do what right is about; what they may not is not shown. It only decides what is
// offered: the directory itself decides again when it is done.
func (d *Desk) may(right directory.Right) bool { return d.session.May(right) }

// loggedIn takes a session that somebody has proven at a gate.
func (d *Desk) loggedIn(s session) {
	switch {
	case d.session.UserID == "":
		d.begin(s)
	case s.UserID == d.session.UserID && s.Role == d.session.Role:
		if s != d.session { // their name is another by now
			d.session = s
			d.rail.list()
			d.rail.render()
		}
		d.uncover()
	case s.UserID == d.session.UserID:
		d.begin(s) // with another role: what was open may not be theirs any more
	default:
		d.askOther(s)
	}
}

// proofHolds is how long a proven session waits for the answer whether it shall take the place of the one that locked.
const proofHolds = time.Minute

// askOther asks somebody who has logged in whether what another one left open shall be given up. No answer is a no:
// else whoever comes later could go on as them.
func (d *Desk) askOther(s session) {
	gate, _ := d.gate.(pausing)
	if gate != nil {
		gate.pause() // what a card asks for would be hidden by the question
	}
	stay := func() {
		d.unask()
		if gate != nil {
			gate.resume()
		}
	}
	since := d.now()
	d.askEither(widget.QuestionText{
		Title:  text.T("login.other.title", "Name", s.Name),
		Text:   text.T("login.other.text", "Locked", d.session.Name),
		Act:    text.T("login.other.act", "Name", s.Name),
		Cancel: text.T("login.other.cancel"), Danger: true,
	}, func() {
		if passed(since, d.now()) >= proofHolds { // the computer slept, and the clock below with it
			stay()
			return
		}
		d.unask()
		d.begin(s)
	}, stay)
	q := d.gateQuestion
	stop := d.opts.After(proofHolds, func() {
		d.do(func() {
			if d.gateQuestion == q {
				stay()
			}
		})
	})
	q.over = func() { stop() }
}

// LogOut ends the session, after a question where something typed would be lost.
func (d *Desk) LogOut() {
	d.leave(func() {
		d.end()
		d.cover(newLoginPage(d, nil))
	})
}

// refused tells whether err says that the admin may not do any more what their role let them when they logged in. The
// window then says so and locks: who logs in next is offered what their role may do.
func (d *Desk) refused(err error) bool {
	var forbidden *directory.ForbiddenError
	if !errors.As(err, &forbidden) || forbidden.Role == d.session.Role {
		return false
	}
	d.lock(text.T("lock.refused"))
	return true
}

// check looks whether the admin still is one, in the role that the session has. It is done at every step from page to
// page, so that a role withdrawn is noticed before the next act is refused, and at times in between. then, where not
// nil, is called with the answer.
func (d *Desk) check(then func()) {
	s := d.session
	d.beside(d.ctx, func(ctx context.Context) {
		renewed, err := d.station.Admins.Renew(ctx, s)
		d.do(func() {
			// What else is wrong with the directory, the page says.
			known := err == nil || errors.Is(err, admin.ErrNoAdmin)
			if known && d.session.UserID == s.UserID && d.session.Role == s.Role && renewed.Role != s.Role {
				d.lock(text.T("lock.refused"))
			}
			if then != nil {
				then()
			}
		})
	})
}
