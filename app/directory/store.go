package directory

import (
	"context"
	"errors"
	"time"

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

// Portable is a Store that is a file, or could be one: it can be copied while it is used, and replaced by such a copy.
type Portable interface {
	Store
	// CopyTo makes a copy, as the store is at one moment, in a new file at path, readable for its owner only. Others go
	// on reading and writing meanwhile.
	CopyTo(ctx context.Context, path string, progress func(done, size int64)) error
	// At is the store that a copy at path holds.
	At(path string) Portable
	// Check reads the whole store and fails with ErrDamaged and audit.ErrBroken.
	Check(ctx context.Context) error
	// ReplaceBy puts the copy at path, which must be below the folder of this store, in its place: at every moment there is
	// the old store or the new one, whole, also for other programs that use it. The old one is kept beside it. may is
	// asked before, over the old store, or nil where it cannot be read; when it fails nothing is replaced.
	ReplaceBy(ctx context.Context, path string, may func(old Tx) error) error
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
	DeleteGroup(name string) error // the users in it are left as they are

	Admin(userID string) (Admin, error)
	Admins() ([]Admin, error) // in the order of their User IDs
	PutAdmin(a Admin) error
	DeleteAdmin(userID string) error

	Guesses() (Guesses, error) // the zero Guesses in a new store
	PutGuesses(g Guesses) error

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

	// Import is the import under way, of which there is at most one.
	Import() (Import, error)
	PutImport(i Import) error
	// DeleteImport ends it and forgets its steps.
	DeleteImport() error
	PutImportStep(s ImportStep) error                // after those that are there
	LastImportSteps(limit int) ([]ImportStep, error) // the last first
	DropImportSteps(n int) error                     // the last n

	Ticket(id string) (Ticket, error)
	TicketByLink(hash []byte) (Ticket, error)
	TicketByHandle(handle []byte) (Ticket, error)
	Tickets(q TicketQuery) ([]Ticket, error)
	PutTicket(t Ticket) error // adds or replaces; ErrExists when another ticket has this link or this handle
	DeleteTicket(id string) error

	Message(id string) (Message, error)
	Messages(q MessageQuery) (MessagePage, error)
	// DueMessages are queued messages that are due at now and leased by nobody then, the longest due first: of each user
	// only the one that was made first, and none while that one waits. next is when there will be more, if nothing
	// is changed: zero when never, and not after now where there were more than limit.
	DueMessages(now time.Time, limit int) (due []Message, next time.Time, err error)
	PutMessage(m Message) error // adds or replaces
	DeleteMessage(id string) error
	MessageCounts() (map[MessageState]int, error)

	MailTemplate(kind MessageKind, language string) (MailTemplate, error)
	MailTemplates() ([]MailTemplate, error) // sorted by kind and language
	PutMailTemplate(t MailTemplate) error
	DeleteMailTemplate(kind MessageKind, language string) error

	// Secret is something sealed, by its name. What opens it is not in the store.
	Secret(name string) ([]byte, error)
	PutSecret(name string, sealed []byte) error
	DeleteSecret(name string) error // no error when there is none

	// AppendAudit links e to the last entry (audit.Link) and keeps it.
	AppendAudit(e audit.Entry) error
	Audit(q AuditQuery) ([]audit.Entry, error)
	Activities(q ActivityQuery) (ActivityPage, error)
	// AuditHead is the end of the chain, kept apart from the entries.
	AuditHead() (audit.Head, error)

	// Statistics counts what a dashboard shows, without walking along all users or keys.
	Statistics(q StatisticsQuery) (Statistics, error)
}

// UserQuery is a page of the users that match.
type UserQuery struct {
	Text  string // every word (Words) must begin one of User.SearchWords: case and accents do not count
	Group string // name; empty: all
	Keys  Holding
	// Disabled: On only those who are, Off only those who are not.
	Disabled Choice
	Sort     UserSort
	Desc     bool
	After    string // UserPage.Next of the page before, of the same query; empty: from the beginning
	Limit    int    // at most 1,000; 0: 100
}

// Holding is which keys a user holds.
type Holding string

// What users can be asked for by. A state means: at least one key in it.
const (
	HoldsAny      Holding = ""
	HoldsPending  Holding = "pending"
	HoldsActive   Holding = "active"
	HoldsDisabled Holding = "disabled"
	HoldsRevoked  Holding = "revoked"
	HoldsNoActive Holding = "no_active" // no key in state active
	HoldsPINless  Holding = "pinless"   // at least one active key that is PINless
)

// UserSort is the order of users; those that are equal in it are in the order of their User IDs.
type UserSort string

// Orders.
const (
	ByID      UserSort = ""
	ByName    UserSort = "name"    // Fold(User.DisplayName())
	ByEmail   UserSort = "email"   // folded
	ByCreated UserSort = "created" // the earliest first
)

// UserPage is users in the order asked for. It is empty, with no Next, when After is of another query.
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
	Kind         Kind
	Verification Verification
	TemporaryPIN bool // only those whose PIN is still temporary
	// UnusedSince finds those active keys that were neither used nor activated since; MadeBefore those made before.
	UnusedSince time.Time
	MadeBefore  time.Time
	// ActivatedFrom and ActivatedBefore bound when a key was activated.
	ActivatedFrom, ActivatedBefore time.Time
	Desc                           bool // the last made first
	After                          string
	Limit                          int // at most 1,000; 0: 100
}

// KeyPage is keys in the order they were made. It may hold fewer than asked for, even none, and still have a Next: a
// search for what is rare answers from time to time.
type KeyPage struct {
	Keys []SecurityKey
	Next string
}

// ActivityQuery is a page of the audit log, from the newest entry back; empty members match all.
type ActivityQuery struct {
	User  string // that an act is about
	Key   string // ID
	Actor string // "admin:ID", "os:NAME", "station"
	Act   audit.Act
	// Since and Until bound the time: Since is in, Until is out.
	Since, Until time.Time
	Before       uint64 // ActivityPage.Next of the page before; 0: from the newest
	Limit        int    // at most 1,000; 0: 100
}

// ActivityPage is entries from the newest back. It may hold fewer than asked for, even none, and still have a Next.
type ActivityPage struct {
	Entries []audit.Entry
	Next    uint64 // 0: this was the last page
}

// StatisticsQuery says which days activations are counted by, and what has been pending for long.
type StatisticsQuery struct {
	PendingBefore time.Time
	Days          []time.Time // beginnings of days, ascending, and the end of the last one
}

// Statistics are counts over the whole directory. Of keys of users who are disabled no other count is made.
type Statistics struct {
	Users         int
	DisabledUsers int
	ActiveUsers   int // with at least one active key
	Groups        int
	Keys          map[KeyState]int
	Verification  map[Verification]int // of active keys
	Kinds         map[Kind]int         // of active keys
	TemporaryPINs int                  // of active keys
	PendingLong   int                  // pending, made before PendingBefore
	Activations   []int                // one for each of Days but the last: keys activated then, whatever became of them
}

// AuditQuery is entries by their place in the chain.
type AuditQuery struct {
	From  uint64 // first Seq wanted; 0: from the beginning
	Last  int    // when > 0: only the last so many, From is ignored
	Limit int    // at most 10,000; 0: 1,000
}
