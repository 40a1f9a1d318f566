package desk

import "tapstation/app/directory"

// session is who has logged in.
type session struct {
	UserID string
	Name   string
	Role   directory.Role
}

// Actor is who acts, for the audit log.
func (s session) Actor() string { return directory.AdminActor + s.UserID }

// May tells whether the session's role has a right.
func (s session) May(right directory.Right) bool { return s.Role.May(right) }

// actor is who acts, for the audit log.
func (d *Desk) actor() string {
	if d.session.UserID == "" {
		return d.opts.Actor
	}
	return d.session.Actor()
}

// may tells whether who acts may do what right is about; what they may not is not shown. It only decides what is
// offered: the directory itself decides again when it is done.
func (d *Desk) may(right directory.Right) bool {
	return d.session.UserID == "" && d.opts.Actor != "" || d.session.May(right)
}
