// Package bolt keeps the directory in one bbolt file, station.db: the store for one machine. It is a directory.Store
// and passes storagetest. How the file is shared with other programs, made, and brought up to date is boltfile's.
//
// There is a bucket for each kind of record, keyed by what identifies it (names folded, see directory.Fold), and indexes
// beside users and keys.
//
// Users are found by segments (segment.go): of every 65,536 users, which words lead to them and in which order they
// come; and by sets (userindex.go): who is disabled, in a group, holds an active key. A query intersects sets and
// walks along orders, and reads the records of the page it answers with.
//
// Keys are found by the roll (keyroll.go), which lists all of them with what is asked of them, and by an index. An entry
// of that is a key alone whose order is the order of answers:
//
//	key_index   c SHA-256(credential) → key ID
//	            u User ID NUL PLACE     PLACE is when the key was made and its ID
//	            d length UID PLACE      of its card, when it is known
package bolt

import (
	"context"

	"go.etcd.io/bbolt"

	"tapstation/app/directory"
	"tapstation/storage/boltfile"
)

// Name is the file's name in the data folder.
const Name = "station.db"

// The buckets.
var (
	users         = []byte("users")
	userIndex     = []byte("user_index")    // ordinals by handle, see ordinalKey
	userSets      = []byte("user_sets")     // see ordinal.go
	userSegments  = []byte("user_segments") // see segment.go
	groups        = []byte("groups")
	keys          = []byte("keys")
	keyIndex      = []byte("key_index")
	keyRoll       = []byte("key_roll") // see keyroll.go
	enrollments   = []byte("enrollments")
	admins        = []byte("admins")
	settings      = []byte("settings") // the keys below
	auditLog      = []byte("audit")    // keyed by Seq, 8 bytes big-endian
	tickets       = []byte("tickets")
	ticketIndex   = []byte("ticket_index") // see ticket.go
	outbox        = []byte("outbox")
	outboxIndex   = []byte("outbox_index") // see message.go
	mailTemplates = []byte("mail_templates")
	secrets       = []byte("secrets")
	importSteps   = []byte("import_steps") // of the import under way, keyed by their place, 8 bytes big-endian
)

// Keys in settings.
var (
	workspaceKey = []byte("workspace")
	auditHeadKey = []byte("audit_head")
	importKey    = []byte("import")
	guessesKey   = []byte("guesses")
)

var schema = boltfile.Schema{
	Format: "tapstation directory",
	Buckets: []boltfile.Bucket{
		{Name: string(users), Steps: steps(usersHaveLanguages)},
		{Name: string(groups), Steps: steps(groupsHaveDefaults, groupsAreRenamed)},
		{Name: string(keys), Steps: steps(keysKnowPINs)},
		{Name: string(keyRoll), Fill: callRoll},
		{Name: string(keyIndex), Steps: steps(keysAreEnrolled)},
		{Name: string(userSets)},
		{Name: string(userSegments)},
		{Name: string(userIndex), Steps: steps(usersHaveOrdinals)},
		{Name: string(enrollments), Steps: steps(enrollmentsKnowOldPINs)},
		{Name: string(settings), Steps: steps(workspaceHasPolicies, workspaceMails)},
		{Name: string(auditLog)},
		{Name: string(auditIndex), Fill: auditIsSummarized},
		{Name: string(admins)},
		{Name: string(importSteps), Steps: steps(usersHaveLanguages)},
		{Name: string(tickets)},
		{Name: string(ticketIndex)},
		{Name: string(outbox)},
		{Name: string(outboxIndex)},
		{Name: string(mailTemplates)},
		{Name: string(secrets)},
	},
}

// Store is the directory in one file. It holds nothing open between transactions.
type Store struct {
	file *boltfile.File

	sizes sizes // the usual ones; tests with few users have smaller ones, to reach what happens with many
}

var _ directory.Store = (*Store)(nil)

// New is the store in the file at path. It touches nothing; the first Update makes the file and its folder.
func New(path string) *Store {
	return &Store{file: boltfile.New(path, schema), sizes: usualSizes}
}

// Exists tells whether the file is there.
func (s *Store) Exists(context.Context) (bool, error) { return s.file.Exists() }

// View runs do over a consistent look at the directory; an empty one where there is no file.
func (s *Store) View(ctx context.Context, do func(directory.Tx) error) error {
	return s.file.View(ctx, func(b *bbolt.Tx) error {
		t := &tx{ctx: ctx, b: b, sizes: s.sizes}
		defer t.end()
		return do(t)
	})
}

// Update runs do over the directory and keeps what it changed.
func (s *Store) Update(ctx context.Context, do func(directory.Tx) error) error {
	return s.file.Update(ctx, func(b *bbolt.Tx) (changed bool, err error) {
		t := &tx{ctx: ctx, b: b, writable: true, sizes: s.sizes}
		defer t.end()
		if err = do(t); err == nil {
			err = t.flushed()
		}
		return t.changed, err
	})
}

// Close ends the use of the store.
func (s *Store) Close() error { return s.file.Close() }
