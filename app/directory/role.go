package directory

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
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
}

func (e *ForbiddenError) Error() string {
	if e.Role == "" {
		return fmt.Sprintf("%s is no admin: %s is not allowed", e.Actor, e.Right)
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
	if by == "" {
		return errNoActor
	}
	if by == StationActor || strings.HasPrefix(by, SystemActor) {
		return nil
	}
	id, ok := strings.CutPrefix(by, AdminActor)
	if !ok {
		return &ForbiddenError{Actor: by, Right: right}
	}
	a, err := tx.Admin(id)
	var u User
	if err == nil {
		u, err = tx.User(id)
	}
	switch {
	case errors.Is(err, ErrNotFound) || err == nil && u.Disabled:
		return &ForbiddenError{Actor: by, Right: right}
	case err != nil:
		return fmt.Errorf("look up admin %q: %w", id, err)
	case !a.Role.May(right):
		return &ForbiddenError{Actor: by, Role: a.Role, Right: right}
	}
	return nil
}
