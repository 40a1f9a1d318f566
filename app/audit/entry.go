// Package audit is the record of every act: who did what, when, to which user and key. Each entry holds the hash
// of the one before it, so that an entry changed, removed or moved afterwards is found.
package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Act is what was done, a stable word.
type Act string

// Acts on record.
const (
	UserAdded      Act = "user_added"
	UserChanged    Act = "user_changed"
	UserDisabled   Act = "user_disabled"
	UserEnabled    Act = "user_enabled"
	UserDeleted    Act = "user_deleted"
	GroupAdded     Act = "group_added"
	GroupChanged   Act = "group_changed"
	GroupDeleted   Act = "group_deleted"
	MembersAdded   Act = "members_added"
	MembersRemoved Act = "members_removed"
	ImportBegun    Act = "import_begun"
	UsersImported  Act = "users_imported"
	ImportUndone   Act = "import_undone"
	UsersExported  Act = "users_exported"

	EnrollmentBegun    Act = "enrollment_begun"
	EnrollmentResumed  Act = "enrollment_resumed"
	EnrollmentRefused  Act = "enrollment_refused"
	EnrollmentGivenUp  Act = "enrollment_given_up"
	KeyActivated       Act = "key_activated"
	KeyRenamed         Act = "key_renamed"
	KeySettingsChanged Act = "key_settings_changed"
	KeyDisabled        Act = "key_disabled"
	KeyEnabled         Act = "key_enabled"
	KeyReplaced        Act = "key_replaced"
	KeyRevoked         Act = "key_revoked"
	KeyReset           Act = "key_reset"
	PINChanged         Act = "pin_changed"
	KeyAssigned        Act = "key_assigned"
	ActivationResent   Act = "activation_resent"
	ActivationShown    Act = "activation_shown"
	ActivationRefused  Act = "activation_refused"
	PINMailed          Act = "pin_mailed"
	PINShown           Act = "pin_shown"
	EmailProven        Act = "email_proven"
	LoginAccepted      Act = "login_accepted"
	LoginRefused       Act = "login_refused"

	AdminAdded           Act = "admin_added"
	AdminChanged         Act = "admin_changed"
	AdminRemoved         Act = "admin_removed"
	AdminPasswordChanged Act = "admin_password_changed"
	AdminLoggedIn        Act = "admin_logged_in"
	AdminLoginRefused    Act = "admin_login_refused"
	AdminLocked          Act = "admin_locked"
	AdminUnlocked        Act = "admin_unlocked"

	WorkspaceChanged Act = "workspace_changed"
	SecretChanged    Act = "secret_changed"
	TemplateChanged  Act = "template_changed"
	MailTested       Act = "mail_tested"
	MailRetried      Act = "mail_retried"
	MailWithdrawn    Act = "mail_withdrawn"
	BackedUp         Act = "backed_up"
	Restored         Act = "restored"
	AuditExported    Act = "audit_exported"
)

// Acts are all of them, in the order of a list to choose from.
var Acts = []Act{
	UserAdded, UserChanged, UserDisabled, UserEnabled, UserDeleted, GroupAdded, GroupChanged, GroupDeleted, MembersAdded, MembersRemoved, ImportBegun, UsersImported, ImportUndone, UsersExported,
	EnrollmentBegun, EnrollmentResumed, EnrollmentRefused, EnrollmentGivenUp, KeyActivated, KeyRenamed, KeySettingsChanged, KeyDisabled, KeyEnabled, KeyReplaced, KeyRevoked, KeyReset, PINChanged, KeyAssigned, ActivationResent, ActivationShown, ActivationRefused, PINMailed, PINShown, EmailProven, LoginAccepted, LoginRefused,
	AdminAdded, AdminChanged, AdminRemoved, AdminPasswordChanged, AdminLoggedIn, AdminLoginRefused, AdminLocked, AdminUnlocked,
	WorkspaceChanged, SecretChanged, TemplateChanged, MailTested, MailRetried, MailWithdrawn, BackedUp, Restored, AuditExported,
}

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

// Link gives e its place behind last; the zero Entry is the beginning of the chain. The time is cut to the microsecond
// and the texts are made valid UTF-8, so that any store gives back exactly what was hashed.
func Link(last, e Entry) Entry {
	e.Seq, e.Prev = last.Seq+1, last.Hash
	e.Time = e.Time.UTC().Truncate(time.Microsecond)
	if !writable(e.Time) {
		e.Time = time.Time{}
	}
	e.Actor, e.User, e.Key, e.Act = valid(e.Actor), valid(e.User), valid(e.Key), Act(valid(string(e.Act)))
	detail := make(map[string]string, len(e.Detail))
	for k, v := range e.Detail {
		detail[valid(k)] = valid(v)
	}
	e.Detail = detail
	e.Hash = e.sum()
	return e
}

// valid is s with what is no UTF-8 replaced: the name of an operating-system user may be any bytes.
func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// writable tells whether t can be written in RFC 3339, which has four digits for the year.
func writable(t time.Time) bool { return t.Year() >= 0 && t.Year() <= 9999 }

// Check tells whether e follows last unchanged.
func Check(last, e Entry) error {
	switch {
	case e.Seq != last.Seq+1:
		return fmt.Errorf("entry %d follows entry %d: %w", e.Seq, last.Seq, ErrBroken)
	case !bytes.Equal(e.Prev, last.Hash):
		return fmt.Errorf("entry %d does not know the one before it: %w", e.Seq, ErrBroken)
	case !writable(e.Time) || !bytes.Equal(e.Hash, e.sum()):
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
		panic(err) // strings, numbers and writable times always marshal
	}
	h := sha256.Sum256(b)
	return h[:]
}
