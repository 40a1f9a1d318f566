package device

import (
	"errors"
	"fmt"
)

// What can be missing before a tap.
var (
	ErrServiceDown = errors.New("the PC/SC service is not running")
	ErrNoReader    = errors.New("no such card reader")
	ErrNoCard      = errors.New("no card on the reader")
	ErrReaderHeld  = errors.New("the reader is held by another program")
	ErrDenied      = errors.New("this account may not use the PC/SC service")
)

// What can happen to a session with a card.
var (
	ErrRemoved   = errors.New("the card was taken away")
	ErrCardReset = errors.New("the card was reset by another program")
	ErrMute      = errors.New("the card does not answer")
	// ErrExchange tells that a command or its answer was lost between reader and card, and the card is still there.
	// Whether the card has carried out the command is not known.
	ErrExchange = errors.New("the reader could not exchange the command with the card")
	ErrNotFIDO  = errors.New("not a FIDO2 card")
)

// What a key can refuse.
var (
	ErrExcluded      = errors.New("an excluded credential is on this key")
	ErrNoCredentials = errors.New("no matching credential on this key")
	ErrKeyFull       = errors.New("no room for another credential on this key")
	ErrPINRequired   = errors.New("the key asks for its PIN")
	ErrPINNotSet     = errors.New("the key has no PIN")
	ErrPINPolicy     = errors.New("the key does not accept this PIN")
	ErrPINChange     = errors.New("the key wants its PIN changed first")
	ErrNotAllowed    = errors.New("the key does not allow this now")
	ErrUnsupported   = errors.New("the key cannot do this")
	ErrUserTimeout   = errors.New("the key waited too long for a touch")
)

// PINError tells that the PIN was wrong or may not be tried.
type PINError struct {
	Retries    int  // attempts left; -1 where the key did not say
	PowerCycle bool // take the key away and tap again before the next attempt (CTAP 2.1 §6.5.5.7, PIN_AUTH_BLOCKED)
	Blocked    bool // no attempt left: only a reset helps
}

func (e *PINError) Error() string {
	switch {
	case e.Blocked:
		return "the PIN is blocked"
	case e.PowerCycle:
		return "too many wrong PINs in a row: the key must be taken away and tapped again"
	case e.Retries == 1:
		return "wrong PIN, 1 attempt left"
	case e.Retries >= 0:
		return fmt.Sprintf("wrong PIN, %d attempts left", e.Retries)
	}
	return "wrong PIN"
}

// StatusError is a status word (ISO 7816-4 §5.6) that no other error stands for.
type StatusError struct {
	SW uint16
}

func (e *StatusError) Error() string { return fmt.Sprintf("the card answered with status %04X", e.SW) }

// CTAPError is a CTAP status code (CTAP 2.1 §8.2) that no other error stands for.
type CTAPError struct {
	Code byte
}

func (e *CTAPError) Error() string {
	return fmt.Sprintf("the key answered with CTAP error 0x%02X", e.Code)
}

// MalformedError is an answer of a card that cannot be understood.
type MalformedError struct {
	What string // "getInfo", "attestation", …
	Err  error
}

func (e *MalformedError) Error() string {
	return fmt.Sprintf("the card's %s cannot be understood: %v", e.What, e.Err)
}

func (e *MalformedError) Unwrap() error { return e.Err }
