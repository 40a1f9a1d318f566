package directory

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tapstation/app/audit"
)

// Admin is a user who may open the admin panel.
type Admin struct {
	UserID   string
	Role     Role
	Password string // argon2id in the PHC string format; empty: logs in by tap only

	Failures  int       // wrong passwords since the last right one
	Attempted time.Time // the last wrong one
	Locked    bool      // by too many wrong passwords; until an owner unlocks

	LastLogin time.Time
	Created   time.Time
	Changed   time.Time
}

// Guesses are the wrong log-ins under names of nobody who could log in. Names find their slot by a hash under Key, so
// that there are never more than so many slots, whatever is tried, and no name is kept.
type Guesses struct {
	Key   []byte
	Slots map[uint16]Guess
	Count uint64 // of all of them, ever
}

// Guess is what is remembered of the names of one slot, as Admin remembers it of an admin.
type Guess struct {
	Failures  int
	Attempted time.Time
}

// Role is what an admin may do.
type Role string

// Roles.
const (
	Owner         Role = "owner"
	Administrator Role = "administrator"
	Operator      Role = "operator" // enrolls only
	Auditor       Role = "auditor"  // reads only
)

// Roles are all roles, the one that may most first.
var Roles = []Role{Owner, Administrator, Operator, Auditor}

// Right is leave to do a kind of act.
type Right string

// Rights.
const (
	SeeDirectory   Right = "see_directory"   // users, groups, keys, settings, figures
	EnrollKeys     Right = "enroll_keys"     // add a user, enroll, name and replace a key, set and change its PIN
	ManageUsers    Right = "manage_users"    // change, disable, delete and import users; groups
	ManageKeys     Right = "manage_keys"     // disable, enable, revoke keys and change their settings
	ExportUsers    Right = "export_users"    // take the directory out of the house: users as CSV
	SeeActivities  Right = "see_activities"  // the audit log: read, verify, export
	ChangeSettings Right = "change_settings" // of the workspace
	ManageAdmins   Right = "manage_admins"   // who is an admin, their roles, passwords, lock-outs
	BackUp         Right = "back_up"
	Restore        Right = "restore"
)

// rights say what a role may do.
var rights = map[Role][]Right{
	Owner: {SeeDirectory, EnrollKeys, ManageUsers, ManageKeys, ExportUsers, SeeActivities, ChangeSettings, ManageAdmins, BackUp,
		Restore},
	Administrator: {SeeDirectory, EnrollKeys, ManageUsers, ManageKeys, ExportUsers, SeeActivities, ChangeSettings, BackUp},
	Operator:      {SeeDirectory, EnrollKeys},
	Auditor:       {SeeDirectory, ExportUsers, SeeActivities},
}

// May tells whether a role has a right.
func (r Role) May(right Right) bool { return slices.Contains(rights[r], right) }

// ErrForbidden is an act that its actor may not do; it comes as a *ForbiddenError.
var ErrForbidden = errors.New("not allowed")

// ForbiddenError tells who may not do what. It is an ErrForbidden.
type ForbiddenError struct {
	Actor string
	Role  Role // empty: no admin any more
	Right Right
	// On is the role of the admin it would have been done to, where that has rights the actor has not; else empty.
	On Role
}

func (e *ForbiddenError) Error() string {
	switch {
	case e.Role == "":
		return fmt.Sprintf("%s is no admin: %s is not allowed", e.Actor, e.Right)
	case e.On != "":
		return fmt.Sprintf("%s is %s: %s is not allowed on an admin who is %s", e.Actor, e.Role, e.Right, e.On)
	}
	return fmt.Sprintf("%s is %s: %s is not allowed", e.Actor, e.Role, e.Right)
}

func (e *ForbiddenError) Unwrap() error { return ErrForbidden }

// The kinds of actors. The operating-system user who may read the data folder may do everything in it, and so may the
// station itself; an admin may do what their role says.
const (
	AdminActor   = "admin:" // and the User ID
	SystemActor  = "os:"    // and the name
	StationActor = "station"
)

// Allow fails with *ForbiddenError when by may not do what right is about. It is asked within the transaction that
// does it, so that a role withdrawn takes effect at once.
func Allow(tx Tx, by string, right Right) error {
	_, err := allowed(tx, by, right)
	return err
}

// AllowOn is Allow for what is done to a user, or to what they hold, that could let somebody log in as them: a card
// enrolled or enabled, an address or a PIN changed. On an admin it takes all the rights that admin has, so that nobody
// gains by it what they may not do themselves.
func AllowOn(tx Tx, by string, right Right, userID string) error {
	role, err := allowed(tx, by, right)
	if err != nil || role == "" {
		return err
	}
	a, err := tx.Admin(userID)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return fmt.Errorf("look up admin %q: %w", userID, err)
	case !role.covers(a.Role):
		return &ForbiddenError{Actor: by, Role: role, Right: right, On: a.Role}
	}
	return nil
}

// covers tells whether a role has every right of another.
func (r Role) covers(other Role) bool {
	return !slices.ContainsFunc(rights[other], func(right Right) bool { return !r.May(right) })
}

// allowed is the role by which by may do what right is about; empty for the station and the operating-system user, who
// may do everything.
func allowed(tx Tx, by string, right Right) (Role, error) {
	if by == "" {
		return "", errNoActor
	}
	if by == StationActor || strings.HasPrefix(by, SystemActor) {
		return "", nil
	}
	id, ok := strings.CutPrefix(by, AdminActor)
	if !ok {
		return "", &ForbiddenError{Actor: by, Right: right}
	}
	a, err := tx.Admin(id)
	var u User
	if err == nil {
		u, err = tx.User(id)
	}
	switch {
	case errors.Is(err, ErrNotFound) || err == nil && u.Disabled:
		return "", &ForbiddenError{Actor: by, Right: right}
	case err != nil:
		return "", fmt.Errorf("look up admin %q: %w", id, err)
	case !a.Role.May(right):
		return "", &ForbiddenError{Actor: by, Role: a.Role, Right: right}
	}
	return a.Role, nil
}

// ErrLastOwner is a change that would leave the workspace without an owner who can log in.
var ErrLastOwner = errors.New("this is the last owner")

// KeepsAnOwner fails with ErrLastOwner when the workspace would have no owner any more without this user. It is asked
// within the transaction that removes, demotes, disables or deletes them; of any other user it says nothing.
func KeepsAnOwner(tx Tx, without string) error {
	admins, err := tx.Admins()
	if err != nil {
		return fmt.Errorf("look for another owner: %w", err)
	}
	leaves := false
	for _, a := range admins {
		if a.Role != Owner {
			continue
		}
		u, err := tx.User(a.UserID)
		switch {
		case errors.Is(err, ErrNotFound) || err == nil && u.Disabled:
			continue
		case err != nil:
			return fmt.Errorf("look for another owner: %w", err)
		case compareFolded(a.UserID, without) != 0:
			return nil
		}
		leaves = true
	}
	if leaves {
		return ErrLastOwner
	}
	return nil
}

// DropAdmin takes an admin's role and password away, on record. It is part of a transaction whose right was asked, and
// fails with ErrLastOwner and ErrNotFound.
func DropAdmin(tx Tx, by string, now time.Time, userID string) error {
	a, err := tx.Admin(userID)
	if err != nil {
		return err
	}
	if err := KeepsAnOwner(tx, a.UserID); err != nil {
		return err
	}
	if err := tx.DeleteAdmin(a.UserID); err != nil {
		return err
	}
	return tx.AppendAudit(audit.Entry{Time: now, Actor: by, Act: audit.AdminRemoved, User: a.UserID,
		Detail: map[string]string{"role": string(a.Role)}})
}
