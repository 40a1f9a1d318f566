package enroll

import (
	"errors"
	"fmt"

	"tapstation/app/directory"
)

// How a ceremony can end besides with a key, next to the errors of package device.
var (
	// ErrOtherCard: this is not the card the ceremony began with.
	ErrOtherCard = errors.New("this is not the card you began with")
	// ErrUnfinished: an earlier ceremony for this user waits for its card.
	ErrUnfinished = errors.New("an enrollment for this user was not finished: tap the card it began with")
	// ErrUserDisabled: the user may not get a key.
	ErrUserDisabled = errors.New("the user is disabled")
	// ErrAlwaysPIN: PINless is asked of a card that never signs without its PIN.
	ErrAlwaysPIN = errors.New("this card always asks for its PIN")
	// ErrPINImpossible: PIN verification is asked of a card that cannot have a PIN.
	ErrPINImpossible = errors.New("this card cannot have a PIN")
	// ErrNotDiscoverable: the card cannot keep a credential of its own.
	ErrNotDiscoverable = errors.New("this card cannot keep credentials")
	// ErrAlgorithm: the card and the relying party share no signature algorithm.
	ErrAlgorithm = errors.New("this card offers no signature algorithm the relying party takes")
	// ErrNotProven: the card signed, but not what was asked, or not with the key it registered.
	ErrNotProven = errors.New("the card could not prove its new credential")
	// ErrNotACard: the pending key is to be of another kind, which a reader cannot make it.
	ErrNotACard = errors.New("the key is not to be a card")
	// ErrKeyChanged: the pending key's verification is not any more what the card was enrolled with.
	ErrKeyChanged = errors.New("the settings of the key were changed meanwhile")
	// ErrChangedElsewhere: the temporary PIN that the station knows was changed by somebody who knew it, so the card's
	// holder has to type the one it has now. It comes as PINRequest.Refused only.
	ErrChangedElsewhere = errors.New("the temporary PIN was changed elsewhere: type the PIN that the card has now")
	// ErrAnew: the card has to be enrolled anew, and a ticket to set its PIN is no leave for that.
	ErrAnew = errors.New("the card has to be enrolled anew, which is for an admin to do")
)

// AlreadyEnrolledError tells whose card this already is.
type AlreadyEnrolledError struct {
	Owner directory.User
	Key   directory.SecurityKey
}

func (e *AlreadyEnrolledError) Error() string {
	return fmt.Sprintf("this card is already %q of %s", e.Key.Name, e.Owner.ID)
}

// RefusedError is the no of the relying party, or of the directory, to a credential. Removed tells whether the credential
// could be taken off the card again.
type RefusedError struct {
	Reason  error
	Removed bool
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("the credential was refused: %v", e.Reason)
}

func (e *RefusedError) Unwrap() error { return e.Reason }
