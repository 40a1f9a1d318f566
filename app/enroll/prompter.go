// Package enroll turns a card into a person's security key: the ceremony, from waiting for a reader to a
// credential that has been proven, written down step by step so that no lost tap and no crash leaves a card
// nobody knows. Enroller.Enroll is the whole of it, top to bottom.
package enroll

import (
	"context"
	"errors"

	"tapstation/app/directory"
	"tapstation/device"
)

// Prompter is how the ceremony talks to a person. The desk, the kiosk, the command line and the tests each
// implement it. Its methods are called from the ceremony's own goroutine, one at a time.
type Prompter interface {
	// Progress tells what is happening or awaited now. It never blocks.
	Progress(Step)
	// PIN asks for a PIN, or fails with ErrCancelled, ctx.Err(), or, where the card's own PIN is asked for, ErrForgotten.
	PIN(ctx context.Context, req PINRequest) (device.PIN, error)
	// Confirm asks before what destroys or risks something. False, like ErrCancelled, ends the ceremony with
	// nothing destroyed.
	Confirm(ctx context.Context, q Question) (bool, error)
}

// ErrCancelled is a person's no.
var ErrCancelled = errors.New("cancelled")

// ErrForgotten is a holder's word that they do not know the card's PIN any more. The way out is a reset of the card, about
// which Confirm is asked.
var ErrForgotten = errors.New("the PIN is forgotten")

// StepKind is a step of the ceremony.
type StepKind string

// Steps: what is awaited, then what is done, in their usual order.
const (
	WaitService StepKind = "wait_service" // the PC/SC service does not run
	WaitReader  StepKind = "wait_reader"  // no reader is there
	WaitFree    StepKind = "wait_free"    // another program holds the reader
	WaitCard    StepKind = "wait_card"    // for the first tap
	WaitAgain   StepKind = "wait_again"   // for the same card, once more; Problem says why
	Inspect     StepKind = "inspect"      // asking the card what it is and whose
	SetPIN      StepKind = "set_pin"
	Register    StepKind = "register"
	Prove       StepKind = "prove"
	Save        StepKind = "save"
	Done        StepKind = "done"
)

// Step is where the ceremony stands.
type Step struct {
	Kind   StepKind
	Reader string // where known
	Model  string // of the card, where known
	// Begun tells that the card was, or may have been, changed already: only this card can go on.
	Begun bool
	// Problem is why a step is repeated or waits: device.ErrRemoved, ErrOtherCard, device.ErrReaderHeld, … or nil.
	Problem error
}

// PINPurpose says what a PIN is for.
type PINPurpose string

// Purposes of a PIN.
const (
	ChoosePIN  PINPurpose = "choose"  // a new PIN for a card without one; to be typed twice
	CardPIN    PINPurpose = "card"    // the PIN the card already has
	NewPIN     PINPurpose = "new"     // another PIN for a card that has one, as was asked for (ChangePIN); to be typed twice
	ReplacePIN PINPurpose = "replace" // the card insists that its PIN be changed; a new one, to be typed twice
)

// PINRequest says which PIN is wanted and within which rules.
type PINRequest struct {
	Purpose PINPurpose
	Policy  directory.PINPolicy // with the card's own minimum taken in; for new PINs
	Retries int                 // attempts left, for CardPIN; -1 where not known
	Refused error               // why the one before was not taken: *pin.PolicyError, *device.PINError, device.ErrPINPolicy; or nil
}

// QuestionKind is what a Question is about.
type QuestionKind string

// Questions.
const (
	// LastAttempts: only Retries are left; one more wrong PIN may block the card. Wants a typed confirmation.
	LastAttempts QuestionKind = "last_attempts"
	// ResetCard: the PIN is blocked (Retries 0) or forgotten; only a reset helps, which destroys every credential on the
	// card, those of other services too, and Key of Owner where the card is known to be that. Wants a typed confirmation.
	ResetCard QuestionKind = "reset_card"
	// ReplaceKey: the card is already enrolled, as Key of Owner; going on revokes that key.
	ReplaceKey QuestionKind = "replace_key"
)

// Question is asked before what destroys or risks something.
type Question struct {
	Kind    QuestionKind
	Retries int                   // LastAttempts, ResetCard
	Owner   directory.User        // ReplaceKey, ResetCard
	Key     directory.SecurityKey // ReplaceKey, ResetCard
}
