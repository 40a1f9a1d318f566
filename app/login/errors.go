package login

import (
	"errors"
	"fmt"
	"time"

	"tapstation/app/directory"
	"tapstation/device"
)

// Why a log-in is refused, next to the errors of package device.
var (
	ErrUnknownUser  = errors.New("there is no such user")
	ErrUserDisabled = errors.New("the user is disabled")
	// ErrNoKey: the user has no key that could prove them.
	ErrNoKey = errors.New("the user has no active security key")
	// ErrNotKept: the directory is not there or not asked, and this machine keeps no key of the user.
	ErrNotKept = errors.New("this machine keeps no security key of the user for Offline Login")
	// ErrUncounted: a log-in without the directory could not be counted, and without being counted it is none.
	ErrUncounted = errors.New("the log-in could not be counted on this machine")
	// ErrUnreachable: the directory cannot be reached; it comes wrapped with why.
	ErrUnreachable = errors.New("the directory cannot be reached")
	// ErrUnknownCard: no key in the directory is on this card.
	ErrUnknownCard = errors.New("this card is nobody's security key")
	// ErrSetPIN: the card takes its PIN for nothing before that is changed, as a temporary one has to be. It is a
	// device.ErrPINChange.
	ErrSetPIN = fmt.Errorf("set your PIN first: %w", device.ErrPINChange)
	// ErrNotProven: the card signed, but not what was asked, or not with the key that is kept.
	ErrNotProven = errors.New("the card could not prove its credential")
	// ErrCloned: the card's sign count went back, which it does when there are two of it.
	ErrCloned = errors.New("the card's sign count went back: there may be a copy of it")
)

// SpentError is a key that has logged in without the directory as often as it may.
type SpentError struct {
	KeyName string
	Logins  int // how often that is
}

func (e *SpentError) Error() string {
	return fmt.Sprintf("the security key %q has logged in %d times without the directory, which is as often as it may", e.KeyName, e.Logins)
}

// ExpiredError is a key that was out of contact with the directory for longer than it may be.
type ExpiredError struct {
	KeyName string
	Days    int // how long that is
	Contact time.Time
}

func (e *ExpiredError) Error() string {
	return fmt.Sprintf("the security key %q was last in contact with the directory on %s, which is more than %d days ago",
		e.KeyName, e.Contact.UTC().Format(time.DateOnly), e.Days)
}

// KeyStateError is a key that is not active.
type KeyStateError struct {
	KeyID, KeyName string
	State          directory.KeyState
}

func (e *KeyStateError) Error() string {
	return fmt.Sprintf("the security key %q is %s", e.KeyName, e.State)
}

// OtherUserError is a card that is another user's key.
type OtherUserError struct {
	Owner string // User ID
	Key   directory.SecurityKey
}

func (e *OtherUserError) Error() string {
	return fmt.Sprintf("this card is %q of %s", e.Key.Name, e.Owner)
}

// refusals are what goes on record as a refused log-in, besides wrong PINs.
func refusal(err error) bool {
	var state *KeyStateError
	var other *OtherUserError
	if errors.As(err, &state) || errors.As(err, &other) {
		return true
	}
	for _, e := range []error{directory.ErrPINDemanded, ErrUserDisabled, ErrNoKey, ErrUnknownCard, ErrSetPIN, ErrNotProven, ErrCloned} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
