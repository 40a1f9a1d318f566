// Package audit is the record of every act: who did what, when, to which user and key. Each entry holds the hash
// of the one before it, so that an entry changed, removed or moved afterwards is found.
package audit

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Act is what was done, a stable word.
type Act string

// Acts on record.
const (
	UserAdded         Act = "user_added"
	UserChanged       Act = "user_changed"
	UserDeleted       Act = "user_deleted"
	GroupAdded        Act = "group_added"
	WorkspaceChanged  Act = "workspace_changed"
	EnrollmentBegun   Act = "enrollment_begun"
	EnrollmentResumed Act = "enrollment_resumed"
	EnrollmentRefused Act = "enrollment_refused"
	EnrollmentGivenUp Act = "enrollment_given_up"
	KeyActivated      Act = "key_activated"
	KeyRenamed        Act = "key_renamed"
	KeyDisabled       Act = "key_disabled"
	KeyEnabled        Act = "key_enabled"
	KeyRevoked        Act = "key_revoked"
	KeyReset          Act = "key_reset"
	PINChanged        Act = "pin_changed"
	LoginAccepted     Act = "login_accepted"
	LoginRefused      Act = "login_refused"
)

// Entry is one act.
type Entry struct {
	Seq    uint64            `json:"seq"` // 1, 2, 3, …
	Time   time.Time         `json:"time"`
	Actor  string            `json:"actor"` // "admin:ID", "os:NAME", "station"
	Act    Act               `json:"act"`
	User   string            `json:"user,omitempty"` // User ID
	Key    string            `json:"key,omitempty"`  // key ID
	Detail map[string]string `json:"detail,omitempty"`
	Prev   []byte            `json:"prev"` // Hash of the entry before; empty for the first
	Hash   []byte            `json:"hash"` // SHA-256 over the entry without Hash
}

// ErrBroken is a chain that was tampered with; it comes wrapped with the place.
var ErrBroken = errors.New("the audit log was changed afterwards")

// Link gives e its place behind last; the zero Entry is the beginning of the chain.
func Link(last, e Entry) Entry {
	e.Seq, e.Prev = last.Seq+1, last.Hash
	e.Time = e.Time.UTC().Truncate(time.Microsecond)
	e.Hash = e.sum()
	return e
}

// Check tells whether e follows last unchanged.
func Check(last, e Entry) error {
	switch {
	case e.Seq != last.Seq+1:
		return fmt.Errorf("entry %d follows entry %d: %w", e.Seq, last.Seq, ErrBroken)
	case string(e.Prev) != string(last.Hash):
		return fmt.Errorf("entry %d does not know the one before it: %w", e.Seq, ErrBroken)
	case string(e.Hash) != string(e.sum()):
		return fmt.Errorf("entry %d: %w", e.Seq, ErrBroken)
	}
	return nil
}

// sum hashes the JSON form, whose field order is that of the struct and whose map keys are sorted.
func (e Entry) sum() []byte {
	e.Hash = nil
	e.Time = e.Time.UTC()
	if len(e.Detail) == 0 {
		e.Detail = nil
	}
	if len(e.Prev) == 0 {
		e.Prev = nil
	}
	b, err := json.Marshal(e)
	if err != nil {
		panic(err) // strings, numbers and times always marshal
	}
	h := sha256.Sum256(b)
	return h[:]
}
