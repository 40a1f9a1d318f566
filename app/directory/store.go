package directory

import (
	"context"
	"errors"

	"tapstation/app/audit"
)

// What a Store answers.
var (
	ErrNotFound = errors.New("not found")
	ErrExists   = errors.New("exists already")
	ErrBusy     = errors.New("the data folder is in use by another program")
	ErrNewer    = errors.New("the data was written by a newer version")
	ErrDamaged  = errors.New("the data is damaged")
)

// Store keeps the directory. What must hold together happens within one Update: all of it is kept, durably, or
// none. Functions given to View and Update may be run more than once and must not keep the Tx.
//
// A store may be used by several goroutines at once. Both wait a few seconds at most for others, then fail with
// ErrBusy; neither may be called from within the other. When do fails or panics, or ctx ends, nothing is kept.
// Times are kept to the microsecond, in UTC.
type Store interface {
	// Exists tells whether there is anything to look at: where it is false, View shows an empty directory and
	// Update makes one.
	Exists(ctx context.Context) (bool, error)
	View(ctx context.Context, do func(Tx) error) error
	Update(ctx context.Context, do func(Tx) error) error
	Close() error
}

// Tx is a consistent look at the directory, and within Update a change to it. A record that is missing is
// ErrNotFound. Records returned are the caller's own. Names are compared by Fold.
type Tx interface {
	User(id string) (User, error) // whatever its case
	UserByHandle(handle []byte) (User, error)
	Users(q UserQuery) (UserPage, error)
	PutUser(u User) error // adds or replaces; ErrExists when another user has this handle
	DeleteUser(id string) error

	Group(name string) (Group, error)
	Groups() ([]Group, error) // sorted by name
	PutGroup(g Group) error

	Key(id string) (SecurityKey, error)
	KeyByCredential(credentialID []byte) (SecurityKey, error)
	Keys(q KeyQuery) (KeyPage, error)
	PutKey(k SecurityKey) error // adds or replaces; ErrExists when another key has this credential
	DeleteKey(id string) error

	Workspace() (Workspace, error) // DefaultWorkspace in a new store
	PutWorkspace(w Workspace) error

	Enrollment(userID string) (Enrollment, error)
	Enrollments() ([]Enrollment, error)
	PutEnrollment(e Enrollment) error
	DeleteEnrollment(userID string) error // no error when there is none

	// AppendAudit links e to the last entry (audit.Link) and keeps it.
	AppendAudit(e audit.Entry) error
	Audit(q AuditQuery) ([]audit.Entry, error)
	// AuditHead is the end of the chain, kept apart from the entries.
	AuditHead() (audit.Head, error)
}

// UserQuery is a page of the users that match.
type UserQuery struct {
	Text  string // every word (Words) must begin one of User.SearchWords: case and accents do not count
	Group string // name; empty: all
	After string // UserPage.Next of the page before; empty: from the beginning
	Limit int    // at most 1,000; 0: 100
}

// UserPage is users in the order of their User IDs.
type UserPage struct {
	Users []User
	Next  string // empty: this was the last page
}

// KeyQuery is a page of the keys that match; empty members match all.
type KeyQuery struct {
	UserID  string
	State   KeyState
	CardUID []byte
	// NoUID finds the keys whose card cannot be known again by its UID.
	NoUID bool
	// OfflineLogin finds the keys with Offline Login on.
	OfflineLogin bool
	After        string
	Limit        int // at most 1,000; 0: 100
}

// KeyPage is keys in the order they were made.
type KeyPage struct {
	Keys []SecurityKey
	Next string
}

// AuditQuery is entries by their place in the chain.
type AuditQuery struct {
	From  uint64 // first Seq wanted; 0: from the beginning
	Last  int    // when > 0: only the last so many, From is ignored
	Limit int    // at most 10,000; 0: 1,000
}
