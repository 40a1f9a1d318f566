// Package tap is the page on which a card becomes a security key: one line of large text that says what to do now,
// a drawing of the card and the reader, and the steps as they pass.
//
// State and its transitions are plain and know no toolkit. Ceremony runs an enrollment and is its enroll.Prompter.
// Page draws a State.
package tap

import (
	"errors"

	"tapstation/app/directory"
	"tapstation/app/enroll"
	"tapstation/app/pin"
	"tapstation/device"
)

// Phase is what the page is about now.
type Phase int

// Phases.
const (
	Running  Phase = iota // the ceremony goes its way; Step says where
	Asking                // PIN is wanted
	Choosing              // Question is to be answered
	Stopping              // a person ended it, and the card is not let go yet
	Stopped               // a person ended it
	Failed                // Err ended it
	Enrolled              // Result is the new key
)

// Mark is a step as a person sees it.
type Mark int

// Marks, in their order.
const (
	ReaderMark Mark = iota
	CardMark
	PINMark
	RegisterMark
	ProveMark
	SaveMark
	marks
)

// Left says what an ended ceremony leaves on the card.
type Left int

// What can be left.
const (
	NothingLeft Left = iota // the card is as it was
	PINLeft                 // the card may have its new PIN, and the station knows it
	KeyLeft                 // the card may hold a credential that is not in use yet
)

// Task is what the card is tapped for.
type Task int

// Tasks.
const (
	Enrolling   Task = iota // it becomes a security key
	ChangingPIN             // it is one already, and gets another PIN
)

// State is the tap page. Its zero value is a ceremony that has just begun.
type State struct {
	Task    Task
	Request enroll.Request
	Owner   directory.User

	Phase    Phase
	Step     enroll.Step
	Reader   string // or readers: what can be used
	Model    string // of the card, last seen
	PIN      PINEntry
	Question Answer
	Err      error
	Result   enroll.Result

	passed  [marks]bool
	withPIN bool // a PIN is part of it
	makes   bool // so is making a security key, where the task is another: the card was reset
	left    Left
	before  Left // what the card would have kept before the step that is under way
	during  Left // what it would keep once that step has begun to change it
}

// Abandon is the page's own question: whether the card of an unfinished ceremony is lost, so that another may be
// taken.
const Abandon enroll.QuestionKind = "abandon"

// Answer is a question and what was typed to confirm it.
type Answer struct {
	enroll.Question
	Typed string
}

// aboutPIN tells whether the answer decides what becomes of the card's PIN.
func (a Answer) aboutPIN() bool { return a.Kind == enroll.LastAttempts || a.Kind == enroll.ResetCard }

// PINEntry is what is typed where a PIN is asked for.
type PINEntry struct {
	enroll.PINRequest
	First, Again device.PIN
	Problem      error // of First: *pin.PolicyError, or Refused until something is typed
	Mismatch     bool  // Again is another PIN than First
}

// New tells whether the PIN is a new one, which is typed twice.
func (e PINEntry) New() bool { return e.Purpose != enroll.CardPIN }

// Begin is the page as the ceremony for req begins.
func Begin(owner directory.User, req enroll.Request) State {
	return State{Request: req, Owner: owner, Step: enroll.Step{Kind: enroll.WaitCard}, withPIN: req.Verification == directory.PIN}
}

// Progress is the page after the ceremony told its step.
func (s State) Progress(step enroll.Step) State {
	if s.Phase == Stopping {
		return s
	}
	s.Phase, s.Step, s.Reader = Running, step, step.Reader
	if step.Model != "" {
		s.Model = step.Model
	}
	var wrong *device.PINError
	if errors.As(step.Problem, &wrong) {
		s = s.unpass(PINMark)
	}
	now := markOf(step.Kind)
	for m := ReaderMark; m < now; m++ {
		s.passed[m] = true
	}
	s.passed[now] = step.Kind == enroll.Done
	switch step.Kind {
	case enroll.WaitService, enroll.WaitReader, enroll.WaitFree:
		s.passed[CardMark] = false
		s.Model = ""
	case enroll.SetPIN:
		s.withPIN = true
	case enroll.Register:
		s.makes = true
	}
	if step.Kind == enroll.SetPIN || step.Kind == enroll.Register {
		s.before = s.left
	}
	s.left = leaves(s.left, step)
	s.during = s.left
	return s
}

// leaves is what the card would keep if the ceremony ended at step; before is what it would have kept so far.
func leaves(before Left, step enroll.Step) Left {
	switch {
	case !step.Begun || step.Kind == enroll.Done:
		return NothingLeft
	case markOf(step.Kind) >= RegisterMark:
		return KeyLeft
	}
	return max(before, PINLeft)
}

func markOf(k enroll.StepKind) Mark {
	switch k {
	case enroll.WaitService, enroll.WaitReader, enroll.WaitFree:
		return ReaderMark
	case enroll.SetPIN:
		return PINMark
	case enroll.Register:
		return RegisterMark
	case enroll.Prove:
		return ProveMark
	case enroll.Save, enroll.Done:
		return SaveMark
	}
	return CardMark // waiting for it, and inspecting it
}

// AskPIN is the page when the ceremony wants a PIN.
func (s State) AskPIN(req enroll.PINRequest) State {
	if s.Phase == Stopping {
		return s
	}
	s.Phase, s.withPIN = Asking, true
	s.PIN = PINEntry{PINRequest: req, Problem: req.Refused}
	var wrong *device.PINError
	if errors.As(req.Refused, &wrong) {
		s.left = s.before // a card that refuses the PIN has done nothing
	}
	return s.unpass(PINMark).pass(CardMark)
}

// Ask is the page when the ceremony has a question.
func (s State) Ask(q enroll.Question) State {
	if s.Phase == Stopping {
		return s
	}
	s.Phase, s.Question = Choosing, Answer{Question: q}
	if s.Question.aboutPIN() {
		s.withPIN = true
		s = s.unpass(PINMark)
	}
	return s.pass(CardMark)
}

func (s State) unpass(first Mark) State {
	for m := first; m < marks; m++ {
		s.passed[m] = false
	}
	return s
}

func (s State) pass(last Mark) State {
	for m := ReaderMark; m <= last; m++ {
		s.passed[m] = true
	}
	return s
}

// Answered is the page when what was asked has been answered: back to the step it stood at. No PIN stays in it.
func (s State) Answered() State {
	s.Phase, s.PIN, s.Question = Running, PINEntry{}, Answer{}
	s.left = s.during
	return s
}

// TypePIN is the page after first and again were changed. A problem shown goes as soon as it is mended; a new one
// comes only with LeavePIN and SubmitPIN.
func (s State) TypePIN(first, again device.PIN) State {
	if first != s.PIN.First && (errors.Is(s.PIN.Problem, s.PIN.Refused) || s.pinProblem(first) == nil) {
		s.PIN.Problem = nil
	}
	s.PIN.First, s.PIN.Again = first, again
	s.PIN.Mismatch = s.PIN.Mismatch && s.differ()
	return s
}

// LeavePIN is the page after the field of the new PIN, or the one below it, was left.
func (s State) LeavePIN(again bool) State {
	switch {
	case !s.PIN.New():
	case again:
		s.PIN.Mismatch = s.PIN.Again != "" && s.PIN.Problem == nil && s.differ()
	case s.PIN.First != "":
		s.PIN.Problem = s.pinProblem(s.PIN.First)
	}
	return s
}

// SubmitPIN is the PIN to go on with; where there is none, the state says what is wrong.
func (s State) SubmitPIN() (State, device.PIN, bool) {
	s.PIN.Problem = s.pinProblem(s.PIN.First)
	s.PIN.Mismatch = s.PIN.Problem == nil && s.PIN.New() && s.differ()
	if s.PIN.Problem != nil || s.PIN.Mismatch {
		return s, "", false
	}
	typed := pin.Normalize(s.PIN.First)
	return s.Answered(), typed, true
}

// errNoPIN stands beside the field of a card's PIN that was left empty.
var errNoPIN = errors.New("no PIN typed")

func (s State) pinProblem(p device.PIN) error {
	switch {
	case s.PIN.New():
		return pin.Check(s.PIN.Policy, p)
	case p == "":
		return errNoPIN
	}
	return nil
}

func (s State) differ() bool { return pin.Normalize(s.PIN.First) != pin.Normalize(s.PIN.Again) }

// Type is the page after the confirmation of a question was typed.
func (s State) Type(confirmation string) State {
	s.Question.Typed = confirmation
	return s
}

// Stop is the page when a person ends the ceremony; Finish follows when the card is let go.
func (s State) Stop() State {
	s.Phase, s.PIN, s.Question = Stopping, PINEntry{}, Answer{}
	return s
}

// Finish is the page when the ceremony has ended.
func (s State) Finish(res enroll.Result, err error) State {
	stopped := s.Phase == Stopping || errors.Is(err, enroll.ErrCancelled)
	s.PIN, s.Question = PINEntry{}, Answer{}
	switch {
	case err == nil: // it was too late to stop it
		s.Phase, s.Result = Enrolled, res
		s.left = NothingLeft
		for m := range s.passed {
			s.passed[m] = true
		}
	case stopped:
		s.Phase = Stopped
	default:
		s.Phase, s.Err = Failed, err
		var refused *enroll.RefusedError
		if errors.As(err, &refused) && refused.Removed {
			s.left = min(s.left, PINLeft)
		}
		var wrong *device.PINError
		if errors.As(err, &wrong) {
			s.left = s.before
		}
	}
	return s
}

// Left is what the card keeps of a ceremony that was stopped or failed.
func (s State) Left() Left { return s.left }

// Begun tells whether anything has been written to the card.
func (s State) Begun() bool { return s.left != NothingLeft }

// Retry tells whether the next tap may begin the ceremony again by itself: when it failed because of the card,
// and not because of a person or of the station.
func (s State) Retry() bool {
	if s.Phase != Failed {
		return false
	}
	for _, err := range []error{
		directory.ErrBusy, directory.ErrDamaged, directory.ErrNewer, directory.ErrNotFound, enroll.ErrUserDisabled,
		directory.ErrForbidden, directory.ErrState, directory.ErrPINDemanded,
	} {
		if errors.Is(s.Err, err) {
			return false
		}
	}
	return true
}

// MarkState is how far a step is.
type MarkState int

// States of a mark.
const (
	ToCome MarkState = iota
	Current
	Passed
	Broken // the ceremony ended here
)

// Steps are the marks that belong to this ceremony, in order, and how far each is.
func (s State) Steps() ([]Mark, []MarkState) {
	var names []Mark
	var states []MarkState
	now := s.now()
	for m := ReaderMark; m < marks; m++ {
		if m == PINMark && !s.withPIN && s.Task == Enrolling ||
			(m == RegisterMark || m == ProveMark) && s.Task == ChangingPIN && !s.makes {
			continue
		}
		state := ToCome
		switch {
		case s.Phase == Enrolled:
			state = Passed
		case m == now && (s.Phase == Failed || s.Phase == Stopped):
			state = Broken
		case m == now:
			state = Current
		case s.passed[m]:
			state = Passed
		}
		names, states = append(names, m), append(states, state)
	}
	return names, states
}

func (s State) now() Mark {
	if s.Phase == Asking || s.Phase == Choosing && s.Question.aboutPIN() {
		return PINMark
	}
	var wrong *device.PINError
	if s.Phase == Failed && errors.As(s.Err, &wrong) {
		return PINMark
	}
	return markOf(s.Step.Kind)
}

// Unfinished tells whether the page waits for the card of an earlier ceremony that was not finished.
func (s State) Unfinished() bool {
	return s.Phase == Running && s.Step.Kind == enroll.WaitAgain && errors.Is(s.Step.Problem, enroll.ErrUnfinished)
}

// Waiting tells whether the page waits for a person at the reader; only then does the drawing move.
func (s State) Waiting() bool {
	if s.Phase != Running {
		return false
	}
	switch s.Step.Kind {
	case enroll.WaitService, enroll.WaitReader, enroll.WaitFree, enroll.WaitCard, enroll.WaitAgain:
		return true
	}
	return false
}

// Ended tells whether no ceremony runs any more.
func (s State) Ended() bool { return s.Phase == Stopped || s.Phase == Failed || s.Phase == Enrolled }
