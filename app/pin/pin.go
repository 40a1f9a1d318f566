// Package pin keeps the rules for a key's PIN: the workspace's policy, what every key demands, and PINs that the
// station makes up itself.
package pin

import (
	"crypto/rand"
	"math/big"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"tapstation/app/directory"
	"tapstation/device"
)

// What every CTAP key demands (CTAP 2.1 §6.5.1): lengths in code points at the least, in bytes of UTF-8 at the
// most.
const (
	MinLength = 4
	MaxBytes  = 63
)

// Problem is one thing wrong with a PIN, a stable word.
type Problem string

// Problems.
const (
	TooShort     Problem = "too_short"
	TooLong      Problem = "too_long"
	NoDigit      Problem = "no_digit"
	NoLower      Problem = "no_lower"
	NoUpper      Problem = "no_upper"
	NoSpecial    Problem = "no_special"
	NotPrintable Problem = "not_printable"
)

// PolicyError is a PIN the policy does not take. It does not hold the PIN.
type PolicyError struct {
	Policy   directory.PINPolicy
	Problems []Problem
}

func (e *PolicyError) Error() string {
	words := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		words[i] = strings.ReplaceAll(string(p), "_", " ")
	}
	return "the PIN does not follow the policy: " + strings.Join(words, ", ")
}

// For is the policy for one card: the workspace's, and at least what the card and CTAP demand.
func For(policy directory.PINPolicy, card device.Info) directory.PINPolicy {
	policy.MinLength = max(policy.MinLength, card.MinPINLength, MinLength)
	if policy.MaxLength <= 0 || policy.MaxLength > MaxBytes {
		policy.MaxLength = MaxBytes
	}
	return policy
}

// Normalize is the PIN as a key hashes it: in Unicode normal form C (CTAP 2.1 §6.5.1), so that the same typed
// PIN is the same on every keyboard.
func Normalize(p device.PIN) device.PIN { return device.PIN(norm.NFC.String(p.Reveal())) }

// Check tells whether p follows the policy; if not, the error is a *PolicyError with all that is wrong.
func Check(policy directory.PINPolicy, p device.PIN) error {
	policy = For(policy, device.Info{})
	s := Normalize(p).Reveal()
	length := utf8.RuneCountInString(s)
	var problems []Problem
	fail := func(when bool, problem Problem) {
		if when {
			problems = append(problems, problem)
		}
	}
	fail(length < policy.MinLength, TooShort)
	fail(length > policy.MaxLength || len(s) > MaxBytes, TooLong)
	fail(!utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl), NotPrintable)
	fail(policy.Digit && !strings.ContainsFunc(s, unicode.IsDigit), NoDigit)
	fail(policy.Lower && !strings.ContainsFunc(s, unicode.IsLower), NoLower)
	fail(policy.Upper && !strings.ContainsFunc(s, unicode.IsUpper), NoUpper)
	fail(policy.Special && !strings.ContainsFunc(s, special), NoSpecial)
	if problems != nil {
		return &PolicyError{Policy: policy, Problems: problems}
	}
	return nil
}

func special(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsSpace(r) }

// Alphabets of generated PINs, without characters that are easily taken for one another.
const (
	digits   = "0123456789"
	lower    = "abcdefghijkmnpqrstuvwxyz"
	upper    = "ABCDEFGHJKLMNPQRSTUVWXYZ"
	specials = "!#%+-=?@"
)

// generatedLength is the length of a generated PIN where the policy asks for less: with 8 digits and the 8
// attempts a key gives at most, a guess succeeds once in twelve million.
const generatedLength = 8

// Generate makes up a PIN that follows the policy: digits, and of the other kinds as many as it demands.
func Generate(policy directory.PINPolicy) device.PIN {
	policy = For(policy, device.Info{})
	length := min(max(policy.MinLength, generatedLength), policy.MaxLength)
	alphabets := []string{digits}
	for _, wanted := range []struct {
		on       bool
		alphabet string
	}{{policy.Lower, lower}, {policy.Upper, upper}, {policy.Special, specials}} {
		if wanted.on {
			alphabets = append(alphabets, wanted.alphabet)
		}
	}
	b := make([]byte, 0, max(length, len(alphabets)))
	for _, a := range alphabets {
		b = append(b, a[random(len(a))])
	}
	for len(b) < length {
		a := alphabets[random(len(alphabets))]
		b = append(b, a[random(len(a))])
	}
	for i := len(b) - 1; i > 0; i-- {
		j := random(i + 1)
		b[i], b[j] = b[j], b[i]
	}
	return device.PIN(b)
}

// random is uniform in [0, n).
func random(n int) int {
	i, err := rand.Int(rand.Reader, big.NewInt(int64(n)))
	if err != nil {
		panic(err) // crypto/rand does not fail
	}
	return int(i.Int64())
}
