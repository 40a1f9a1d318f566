package command

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"tapstation/app/directory"
	"tapstation/app/enroll"
	"tapstation/app/pin"
	"tapstation/device"
)

// prompter is how the ceremony talks to whoever runs a command: steps on standard error, questions only on a
// terminal. A PIN from standard input serves as the new or the existing one and is tried once. What destroys or risks
// something is never done unasked.
type prompter struct {
	*run
	*secrets
	last error // what the ceremony waits to be mended
}

var _ enroll.Prompter = (*prompter)(nil)

// Progress prints the step.
func (p *prompter) Progress(s enroll.Step) {
	p.last = awaited(s)
	if s.Problem != nil {
		p.say("%v.", sentence(inPlainWords(s.Problem)))
	}
	switch s.Kind {
	case enroll.WaitService:
		p.say("Waiting for the PC/SC service …")
	case enroll.WaitReader:
		p.say("Waiting for a reader: plug it in …")
	case enroll.WaitFree:
		p.say("Waiting for %s, which another program holds …", s.Reader)
	case enroll.WaitCard:
		p.say("Tap the card …")
	case enroll.WaitAgain:
		p.say("Tap the same card again …")
	case enroll.Inspect:
		p.say("Card on %s. Hold it still.", s.Reader)
	case enroll.SetPIN:
		p.say("Setting the PIN …")
	case enroll.Register:
		p.say("Registering …")
	case enroll.Prove:
		p.say("Proving …")
	case enroll.Save:
		p.say("Saving …")
	case enroll.Done:
		p.say("Done. The card can be taken away.")
	}
}

// awaited is what a step waits to be mended; nil where it waits for a person or for nothing.
func awaited(s enroll.Step) error {
	switch s.Kind {
	case enroll.WaitService:
		return device.ErrServiceDown
	case enroll.WaitReader:
		return device.ErrNoReader
	case enroll.WaitFree:
		return device.ErrReaderHeld
	case enroll.Inspect, enroll.SetPIN, enroll.Register, enroll.Prove, enroll.Save:
		return errNotDone
	}
	return s.Problem
}

// inPlainWords is what a person at the reader wants to know of why a tap was not enough, without the way it took through
// the station.
func inPlainWords(err error) error {
	var wrong *device.PINError
	if errors.As(err, &wrong) {
		return wrong
	}
	for _, known := range []error{
		device.ErrRemoved, device.ErrCardReset, device.ErrMute, device.ErrExchange, device.ErrNoCard, device.ErrNoReader,
		device.ErrServiceDown, device.ErrReaderHeld, device.ErrUserTimeout, device.ErrNotAllowed,
		enroll.ErrOtherCard, enroll.ErrUnfinished,
	} {
		if errors.Is(err, known) {
			return known
		}
	}
	return err
}

func sentence(err error) string {
	s := err.Error()
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// PIN gives the one from standard input, or asks.
func (p *prompter) PIN(ctx context.Context, req enroll.PINRequest) (device.PIN, error) {
	switch {
	case p.line != nil && refusesPIN(req.Refused):
		return "", fmt.Errorf("the PIN from standard input: %w", req.Refused)
	case p.line != nil && req.Purpose == enroll.ReplacePIN:
		return "", errNewPIN
	case p.line != nil:
		return *p.line, nil
	case !p.terminal():
		return "", errNoPIN
	}
	if req.Refused != nil {
		p.say("%v.", sentence(inPlainWords(req.Refused)))
	}
	if req.Purpose == enroll.CardPIN {
		return p.cardPIN(ctx, req.Retries, "")
	}
	return p.newPIN(ctx, req)
}

// refusesPIN tells whether a PIN was given and not taken. One that the station knew and that was changed elsewhere was not.
func refusesPIN(err error) bool { return err != nil && !errors.Is(err, enroll.ErrChangedElsewhere) }

// cardPIN asks for the PIN a card already has.
func (s *secrets) cardPIN(ctx context.Context, retries int, of string) (device.PIN, error) {
	prompt := "PIN of the card" + of
	if retries >= 0 {
		prompt += fmt.Sprintf(" (%s left)", attempts(retries))
	}
	typed, err := s.hidden(ctx, prompt+": ")
	if err == nil && typed == "" {
		return "", enroll.ErrCancelled
	}
	return typed, err
}

// newPIN asks twice.
func (p *prompter) newPIN(ctx context.Context, req enroll.PINRequest) (device.PIN, error) {
	p.say("The card gets a new PIN: %s.", policyText(req.Policy))
	for {
		first, err := p.hidden(ctx, "New PIN: ")
		if err != nil {
			return "", err
		}
		if first == "" {
			return "", enroll.ErrCancelled
		}
		second, err := p.hidden(ctx, "The same again: ")
		if err != nil {
			return "", err
		}
		if pin.Normalize(first) == pin.Normalize(second) {
			return first, nil
		}
		p.say("The two are not the same.")
	}
}

func policyText(p directory.PINPolicy) string {
	s := fmt.Sprintf("%d to %d characters", p.MinLength, p.MaxLength)
	var kinds []string
	for _, k := range []struct {
		wanted bool
		name   string
	}{{p.Digit, "a digit"}, {p.Lower, "a lower-case letter"}, {p.Upper, "an upper-case letter"}, {p.Special, "a special character"}} {
		if k.wanted {
			kinds = append(kinds, k.name)
		}
	}
	if kinds != nil {
		s += ", with " + strings.Join(kinds, ", ")
	}
	return s
}

// Confirm asks on a terminal for a word to be typed; elsewhere the answer is no.
func (p *prompter) Confirm(ctx context.Context, q enroll.Question) (bool, error) {
	switch {
	case p.terminal():
	case q.Kind == enroll.LastAttempts:
		return false, errLastAttempts
	default:
		return false, nil
	}
	switch q.Kind {
	case enroll.LastAttempts:
		return p.confirm(ctx, lastAttemptsWarning(q.Retries), "TRY")
	case enroll.ResetCard:
		why := "The PIN of this card is blocked."
		if q.Retries > 0 {
			why = "Nobody knows the PIN of this card."
		}
		return p.confirm(ctx, why+" Only a reset helps. It DESTROYS every credential on the card, those of other services too.", "RESET")
	case enroll.ReplaceKey:
		return p.confirm(ctx, fmt.Sprintf("This card already is %q of %s (%s). Going on revokes that key.",
			q.Key.Name, q.Owner.DisplayName(), q.Owner.ID), "REPLACE")
	}
	return false, nil
}

func lastAttemptsWarning(retries int) string {
	if retries == 1 {
		return "Only one PIN attempt is left. A wrong PIN now BLOCKS the card for good."
	}
	return fmt.Sprintf("Only %d PIN attempts are left. A wrong PIN now may BLOCK the card for good.", retries)
}

func attempts(n int) string {
	if n == 1 {
		return "1 attempt"
	}
	return fmt.Sprintf("%d attempts", n)
}

// confirm warns and wants a word typed; anything else is no.
func (s *secrets) confirm(ctx context.Context, warning, word string) (bool, error) {
	_, _ = fmt.Fprintln(s.lines, clean(warning)) // if it cannot be shown, nothing will be typed
	answer, err := s.typed(ctx, fmt.Sprintf("Type %s to go on: ", word))
	if errors.Is(err, enroll.ErrCancelled) {
		return false, nil
	}
	return answer == word, err
}
