package wording

import (
	"errors"
	"strings"

	"tapstation/app/directory"
	"tapstation/app/enroll"
	"tapstation/app/pin"
	"tapstation/assets/text"
	"tapstation/device"
)

// Policy is what a new PIN must be, told before it is typed.
func Policy(p directory.PINPolicy) string {
	length := text.T("pin.length", "Min", p.MinLength, "Max", p.MaxLength)
	if p.MaxLength >= pin.MaxBytes || p.MaxLength == 0 {
		length = text.N("pin.at_least", p.MinLength)
	}
	var kinds []string
	for _, k := range []struct {
		wanted bool
		name   string
	}{
		{p.Digit, text.T("pin.digit")}, {p.Lower, text.T("pin.lower")},
		{p.Upper, text.T("pin.upper")}, {p.Special, text.T("pin.special")},
	} {
		if k.wanted {
			kinds = append(kinds, k.name)
		}
	}
	if kinds == nil {
		return text.T("pin.any", "Length", length)
	}
	return text.T("pin.with", "Length", length, "Kinds", strings.Join(kinds, ", "))
}

// PIN is what is said beside the field of a PIN that was not taken; nothing where err is nil. How many attempts are
// left is said elsewhere.
func PIN(err error) string {
	var policy *pin.PolicyError
	var wrong *device.PINError
	switch {
	case err == nil:
		return ""
	case errors.Is(err, enroll.ErrChangedElsewhere):
		return text.T("pin.changed_elsewhere")
	case errors.As(err, &policy):
		return policyProblem(policy)
	case errors.As(err, &wrong):
		return text.T("pin.wrong")
	case errors.Is(err, device.ErrPINPolicy):
		return text.T("pin.refused")
	}
	return text.T("pin.missing")
}

// policyProblem is the first thing wrong, as what to do: one at a time is easier to follow than a list.
func policyProblem(e *pin.PolicyError) string {
	switch e.Problems[0] {
	case pin.TooShort:
		return text.N("pin.too_short", e.Policy.MinLength)
	case pin.TooLong:
		return text.N("pin.too_long", e.Policy.MaxLength)
	case pin.NoDigit:
		return text.T("pin.no_digit")
	case pin.NoLower:
		return text.T("pin.no_lower")
	case pin.NoUpper:
		return text.T("pin.no_upper")
	case pin.NoSpecial:
		return text.T("pin.no_special")
	}
	return text.T("pin.not_printable")
}
