// Package admin says who may open the admin panel: the first start, which makes the owner; log-in by User ID and
// password, or by a tap of an admin's own card; and who is an admin, in which role. What a role may do is
// package directory's (Right, Allow), which asks it again for every act.
//
// Guessing. A wrong password counts, and the count is kept before the password is compared: whatever ends the program
// then, the attempt was made. From the third wrong one on the next has to wait, a second at first and twice as long each
// time; after the tenth in a row the password is locked until somebody with ManageAdmins, or the command line, unlocks
// it. A right one begins the count anew. What has to wait, or is locked, is not compared at all.
//
// The count never runs out by itself, so that no clock helps against it: set forward it spares the waiting, at most two
// minutes in all, but gives no further guess; set back it begins the wait anew.
//
// A name of nobody, of a user who is no admin, or of one who is disabled gets the same answer, after the same work, with
// the same waits and the same lock. Such names share a bounded number of counts (directory.Guesses), which are forgotten
// after a day: they protect nothing but the knowledge of who is an admin.
package admin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tapstation/app/directory"
	"tapstation/app/login"
)

// Why somebody is not logged in, next to the errors of packages login and device.
var (
	// ErrWrong is the one answer to a wrong password and to the name of nobody who could log in.
	ErrWrong = errors.New("the User ID or the password is wrong")
	// ErrLocked: there were too many wrong passwords. A tap of the admin's own card still logs in.
	ErrLocked = errors.New("the password is locked after too many wrong ones")
	// ErrNoAdmin is a user who may not open the admin panel.
	ErrNoAdmin = errors.New("the user is no admin")
	// ErrNoOwner: somebody is made an admin before there is an owner.
	ErrNoOwner = errors.New("the first admin has to be an owner")
	// ErrPINless is a key that proves no more than who holds it: whoever finds the card would be let in.
	ErrPINless = errors.New("a key without PIN does not open the admin panel")
)

// WaitError is an attempt too soon after a wrong one. It was not compared and counts for nothing.
type WaitError struct {
	Until time.Time // in UTC
}

func (e *WaitError) Error() string {
	return "after wrong passwords the next has to wait until " + e.Until.Format(time.RFC3339)
}

// Admins are those who may open the admin panel. Directory is needed, Login for LogInByTap.
type Admins struct {
	Directory *directory.Directory
	Login     *login.Login
	// Now is the clock; nil: the directory's.
	Now func() time.Time
	// Cost is what a new password's hash costs; zero: DefaultCost.
	Cost Cost

	compared func() // tests count
}

// now is the time a store can keep: UTC, to the microsecond.
func (a *Admins) now() time.Time {
	now := time.Now
	switch {
	case a.Now != nil:
		now = a.Now
	case a.Directory.Now != nil:
		now = a.Directory.Now
	}
	return now().UTC().Truncate(time.Microsecond)
}

// Session is an admin who has logged in. What it says of the role is how it was then: a window shows by it what to
// offer, and whether an act is allowed is asked of the directory each time.
type Session struct {
	UserID string
	Name   string // for people
	Role   directory.Role
}

// Actor is by whom this admin's acts are, for the directory.
func (s Session) Actor() string { return directory.AdminActor + s.UserID }

// May tells whether the role has a right.
func (s Session) May(right directory.Right) bool { return s.Role.May(right) }

func newSession(adm directory.Admin, u directory.User) Session {
	return Session{UserID: u.ID, Name: u.DisplayName(), Role: adm.Role}
}

// Renew is a session as it is by now. It fails with ErrNoAdmin when its admin may not open the panel any more.
func (a *Admins) Renew(ctx context.Context, s Session) (Session, error) {
	var renewed Session
	err := a.Directory.Store.View(ctx, func(tx directory.Tx) error {
		adm, u, err := able(tx, s.UserID)
		renewed = newSession(adm, u)
		return err
	})
	if err != nil {
		return Session{}, fmt.Errorf("admin %q: %w", s.UserID, err)
	}
	return renewed, nil
}

// able is the admin of this User ID and their user. It fails with ErrNoAdmin where they may not open the panel.
func able(tx directory.Tx, userID string) (directory.Admin, directory.User, error) {
	adm, err := tx.Admin(userID)
	var u directory.User
	if err == nil {
		u, err = tx.User(userID)
	}
	if errors.Is(err, directory.ErrNotFound) || err == nil && u.Disabled {
		err = ErrNoAdmin
	}
	return adm, u, err
}

// Needed tells whether nobody is an admin yet: it is the first start.
func (a *Admins) Needed(ctx context.Context) (bool, error) {
	needed := false
	err := a.Directory.Store.View(ctx, func(tx directory.Tx) error {
		admins, err := tx.Admins()
		needed = len(admins) == 0
		return err
	})
	if err != nil {
		return false, fmt.Errorf("look for admins: %w", err)
	}
	return needed, nil
}

// FirstStart is what the first start asks for.
type FirstStart struct {
	Workspace directory.Workspace
	Owner     directory.User
	Password  string
}

// FirstStart founds the workspace and logs its owner in: all of it or nothing (directory.FirstStart). It fails with
// *directory.InvalidError, fields of the workspace, the user and "password" alike, and directory.ErrHasAdmins.
func (a *Admins) FirstStart(ctx context.Context, f FirstStart) (Session, error) {
	wrong := append(directory.ValidateWorkspace(f.Workspace), directory.Validate(f.Owner)...)
	if wrong = append(wrong, CheckPassword(f.Password, f.Owner)...); len(wrong) > 0 {
		return Session{}, &directory.InvalidError{Fields: wrong}
	}
	u, err := a.Directory.FirstStart(ctx, f.Workspace, f.Owner, newPassword(a.cost(), f.Password))
	if err != nil {
		return Session{}, err
	}
	return newSession(directory.Admin{Role: directory.Owner}, u), nil
}
