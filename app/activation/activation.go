// Package activation is how a user makes an assigned key work without coming to the desk: tickets, each of them a link
// and a short code, single use, that are mailed; and the same for choosing a PIN and for showing that an e-mail address
// is one's own.
//
// What opens a ticket is kept nowhere. It is derived, whenever a mail is composed or an admin copies it, from one
// random key per directory, which is kept sealed (directory.TicketKey), and from the ticket's ID:
//
//	link token  base64url(HMAC-SHA256(key, "link" 0 ID)), 256 bits
//	code        ten symbols of HMAC-SHA256(key, "code" 0 ID 0 serial), written XXXXX-XXXXX: the first five, the
//	            handle, find the ticket, the other five, the proof, are to be known
//
// The store has SHA-256 of the token and keyed hashes of handle and code. So a copy of the store opens nothing; and on a
// machine without the sealing key links that were mailed still work, whereas codes fail with ErrTicketKey, until
// RenewKey makes another key.
//
// A right code always passes, however many wrong ones come at the same time, unless five wrong proofs were tried on its
// very ticket: then its link still works, and whoever holds that gets a new code. Wrong codes are slowed by source.
package activation

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"tapstation/app/directory"
)

// Tickets makes, shows and takes tickets. It may be used by several goroutines at once.
type Tickets struct {
	Directory *directory.Directory
	Seal      Sealer

	keys    keyring
	sources sources
}

// Sealer keeps a secret unreadable at rest. The purpose must be the same at both ends.
type Sealer interface {
	Seal(secret []byte, purpose string) ([]byte, error)
	Open(sealed []byte, purpose string) ([]byte, error)
}

// What is refused. That a ticket itself cannot be used is directory.ErrTicket and its kin.
var (
	ErrMailNotSetUp = errors.New("mail is not set up: it takes a server, a sender and the address of the pages behind the links")
	ErrNoEmail      = errors.New("the user has no e-mail address")
	ErrUserDisabled = errors.New("the user is disabled")

	// ErrWrongCode is a code that opens nothing, whatever is wrong with it.
	ErrWrongCode = errors.New("the code is wrong")
	// ErrCodeSpent is a right code of a ticket on which too many wrong ones were tried: its link still works.
	ErrCodeSpent = fmt.Errorf("%w: too many wrong codes were tried on it", directory.ErrTicket)
	// ErrTooMany is a wrong code after too many others from its source; it comes as a *TooManyError.
	ErrTooMany = errors.New("too many wrong codes")
	// ErrTooOften is a mail to a user who got too many already; it comes as a *TooOftenError.
	ErrTooOften = errors.New("the user was mailed too often")

	// ErrPINShown: the temporary PIN is shown once only.
	ErrPINShown = errors.New("the temporary PIN was shown before")
	// ErrPINNotShown: who says that they changed the temporary PIN has not seen it.
	ErrPINNotShown = errors.New("the temporary PIN was not shown yet")
	// ErrPINUnsure: a change of the PIN was begun at a station, and which PIN the card has is not known before that is
	// brought to its end.
	ErrPINUnsure = errors.New("a change of the card's PIN was begun at a station: finish it there")

	// ErrTicketKey: the key that links and codes are derived from cannot be opened; it comes wrapped with the cause.
	// Links that were mailed still work. Where it never can be again, RenewKey makes another.
	ErrTicketKey = errors.New("the key that links and codes are made with cannot be opened")
	// ErrLinkLost: the ticket was made with a key that is gone. Its link still works where it was mailed, but nobody can
	// make it again: resend it.
	ErrLinkLost = errors.New("the link was made with a key that is gone")
)

// TooManyError tells when the next code from this source is looked at with patience again. A right one passes before.
type TooManyError struct{ Until time.Time }

func (e *TooManyError) Error() string {
	return fmt.Sprintf("%v: wait until %s", ErrTooMany, e.Until.UTC().Format(time.RFC3339))
}

func (e *TooManyError) Unwrap() error { return ErrTooMany }

// TooOftenError tells when the user may be mailed again. It is an ErrTooOften.
type TooOftenError struct{ Until time.Time }

func (e *TooOftenError) Error() string {
	return fmt.Sprintf("%v: wait until %s", ErrTooOften, e.Until.UTC().Format(time.RFC3339))
}

func (e *TooOftenError) Unwrap() error { return ErrTooOften }

// Opening is what opens a ticket. It is shown or mailed, and never kept.
type Opening struct {
	Link        string // empty where there are no links
	Code        string // XXXXX-XXXXX; empty where it cannot be used any more
	Expires     time.Time
	CodeExpires time.Time
}

// Opened is a ticket that was opened, and what it is about.
type Opened struct {
	Ticket    directory.Ticket
	User      directory.User
	Key       directory.SecurityKey // with the verification that holds now
	Workspace directory.Workspace
}

// now is the time a store can keep: UTC, to the microsecond.
func (t *Tickets) now() time.Time {
	now := time.Now
	if t.Directory.Now != nil {
		now = t.Directory.Now
	}
	return now().UTC().Truncate(time.Microsecond)
}

// update runs do in one transaction that may need the key.
func (t *Tickets) update(ctx context.Context, do func(tx directory.Tx, now time.Time) error) error {
	t.warm(ctx)
	now := t.now()
	return t.Directory.Store.Update(ctx, func(tx directory.Tx) error { return do(tx, now) })
}

func newID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return hex.EncodeToString(b)
}
