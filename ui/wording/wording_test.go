package wording

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"tapstation/app/directory"
	"tapstation/app/enroll"
	"tapstation/app/pin"
	"tapstation/app/rp"
	"tapstation/assets/text"
	"tapstation/device"
)

// known are all errors that a person may meet.
var known = []error{
	device.ErrServiceDown, device.ErrNoReader, device.ErrNoCard, device.ErrReaderHeld,
	device.ErrRemoved, device.ErrCardReset, device.ErrMute, device.ErrNotFIDO,
	device.ErrKeyFull, device.ErrPINRequired, device.ErrPINPolicy, device.ErrNotAllowed, device.ErrUnsupported, device.ErrUserTimeout,
	&device.PINError{Blocked: true}, &device.PINError{PowerCycle: true}, &device.PINError{Retries: 3},
	&device.StatusError{SW: 0x6F00}, &device.CTAPError{Code: 0x7F}, &device.MalformedError{What: "getInfo", Err: errors.New("no map")},
	enroll.ErrOtherCard, enroll.ErrUnfinished, enroll.ErrUserDisabled, enroll.ErrAlwaysPIN, enroll.ErrPINImpossible,
	enroll.ErrNotDiscoverable, enroll.ErrAlgorithm, enroll.ErrNotProven, enroll.ErrCancelled,
	enroll.ErrNotACard, enroll.ErrKeyChanged, enroll.ErrAnew,
	&enroll.AlreadyEnrolledError{Owner: directory.User{ID: "ada"}, Key: directory.SecurityKey{Name: "Card"}},
	&enroll.RefusedError{Reason: errors.New("no")}, &enroll.RefusedError{Reason: errors.New("no"), Removed: true},
	rp.ErrModel, rp.ErrAttestation,
	&directory.ForbiddenError{Actor: "admin:ada", Right: directory.ManageKeys}, directory.ErrLastOwner, directory.ErrState,
	directory.ErrPINDemanded, directory.ErrPINUnknown,
	directory.ErrExists, directory.ErrNotFound, directory.ErrBusy, directory.ErrNewer, directory.ErrDamaged,
}

func inBoth(t *testing.T, do func(t *testing.T)) {
	t.Cleanup(func() { _ = text.Use("en") })
	for _, language := range []string{"en", "de"} {
		if err := text.Use(language); err != nil {
			t.Fatal(err)
		}
		t.Run(language, do)
	}
}

func TestEveryKnownErrorHasWordsOfItsOwn(t *testing.T) {
	inBoth(t, func(t *testing.T) {
		unknown := Error(errors.New("something else"))
		for _, err := range known {
			w := Error(fmt.Errorf("register on Reader: %w", err))
			if w == unknown || w.Title == "" {
				t.Errorf("%v: said is %q", err, w.Title)
			}
			if w.Remedy == "" && !errors.Is(err, enroll.ErrCancelled) {
				t.Errorf("%v: %q, but not what to do", err, w.Title)
			}
			for _, s := range []string{w.Title, w.Remedy} {
				if strings.Contains(s, "problem.") || strings.Contains(s, "{{") || strings.Contains(s, "no value") {
					t.Errorf("%v: said is %q", err, s)
				}
			}
		}
	})
}

func TestRefusedPINIsToldApartFromTheErrorsAroundIt(t *testing.T) {
	// A refusal that wraps an error of the card is told as the refusal.
	err := &enroll.RefusedError{Reason: &device.CTAPError{Code: 1}, Removed: true}
	if got, want := Error(err).Title, text.T("problem.refused.title"); got != want {
		t.Errorf("said is %q, want %q", got, want)
	}
}

func TestEveryFieldProblemSaysWhatToWrite(t *testing.T) {
	problems := []directory.Problem{
		directory.Required, directory.TooLong, directory.TooMany, directory.InvalidCharacters, directory.SurroundingSpace,
		directory.TooShort, directory.Repeated, directory.OwnName, directory.TooCommon, directory.InvalidImage,
		directory.InvalidEmail, directory.InvalidDomain, directory.InvalidLink, directory.InvalidValue, directory.OutOfRange, directory.Taken,
	}
	inBoth(t, func(t *testing.T) {
		for _, field := range []string{"user_id", "groups", "email", "logo"} {
			for _, p := range problems {
				got := Field(directory.FieldError{Field: field, Problem: p, Limit: 64})
				if got == "" || strings.Contains(got, "field.") || strings.Contains(got, "{{") {
					t.Errorf("%s of %s: %q", p, field, got)
				}
			}
		}
	})
}

func TestPolicyIsToldInOneSentence(t *testing.T) {
	for _, c := range []struct {
		policy directory.PINPolicy
		want   string
	}{
		{directory.PINPolicy{MinLength: 6, MaxLength: 63}, "Use at least 6 characters. Letters, digits and signs all count."},
		{directory.PINPolicy{MinLength: 6, MaxLength: 8}, "Use 6 to 8 characters. Letters, digits and signs all count."},
		{directory.PINPolicy{MinLength: 8, MaxLength: 63, Digit: true, Upper: true}, "Use at least 8 characters, with a digit, a capital letter."},
	} {
		if got := Policy(c.policy); got != c.want {
			t.Errorf("%+v: %q, want %q", c.policy, got, c.want)
		}
	}
}

func TestEveryPINProblemSaysWhatToDo(t *testing.T) {
	policy := directory.PINPolicy{MinLength: 6, MaxLength: 8, Digit: true, Lower: true, Upper: true, Special: true}
	inBoth(t, func(t *testing.T) {
		said := map[string]bool{}
		for _, typed := range []device.PIN{"1aA!", "123aA!xyzq", "abcdeA!", "12345A!", "12345a!", "12345aA", "1aA!\x00\x01"} {
			err := pin.Check(policy, typed)
			if err == nil {
				t.Fatalf("%q follows the policy: the test means another", typed.Reveal())
			}
			said[PIN(err)] = true
		}
		if len(said) != 7 {
			t.Errorf("seven problems are told in %d sentences: %v", len(said), said)
		}
		if wrong, elsewhere := PIN(&device.PINError{Retries: 3}), PIN(enroll.ErrChangedElsewhere); elsewhere == wrong || elsewhere == PIN(errors.New("none")) {
			t.Errorf("a PIN changed elsewhere is told as %q, which says nothing of that", elsewhere)
		}
		if PIN(nil) != "" {
			t.Errorf("nothing wrong is told as %q", PIN(nil))
		}
	})
}
