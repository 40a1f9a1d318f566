package admin

import (
	_ "embed"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"tapstation/app/directory"
)

// Lengths of a password in code points. NIST SP 800-63B §5.1.1.2 asks for eight at the least and to allow sixty-four; what
// opens a whole directory may ask for more. There are no rules of composition, for they lead to Passw0rd!.
const (
	MinPassword = 12
	MaxPassword = 128
)

// CheckPassword tells what is wrong with a new password of this user (field "password"); nothing when all is well.
func CheckPassword(password string, u directory.User) []directory.FieldError {
	typed, n := 0, 0
	if len(password) <= maxInput {
		typed = utf8.RuneCountInString(password)
		password = normal(password)
		n = utf8.RuneCountInString(password)
	}
	wrong := func(p directory.Problem, limit int) []directory.FieldError {
		return []directory.FieldError{{Field: "password", Problem: p, Limit: limit}}
	}
	switch {
	case password == "":
		return wrong(directory.Required, 0)
	case len(password) > maxInput || n > MaxPassword:
		return wrong(directory.TooLong, MaxPassword)
	case !utf8.ValidString(password) || strings.ContainsFunc(password, unicode.IsControl):
		return wrong(directory.InvalidCharacters, 0)
	case min(n, typed) < MinPassword: // a single Arabic ligature can be eighteen letters, but is no harder to guess
		return wrong(directory.TooShort, MinPassword)
	case repeated(password):
		return wrong(directory.Repeated, 0)
	case ofUser(password, u):
		return wrong(directory.OwnName, 0)
	case common(password):
		return wrong(directory.TooCommon, 0)
	}
	return nil
}

// repeated tells whether s is one character over and over.
func repeated(s string) bool {
	first, _ := utf8.DecodeRuneInString(s)
	return !strings.ContainsFunc(s, func(r rune) bool { return r != first })
}

// letters is s in lower case, without what is no letter or digit.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) {
			return -1
		}
		return r
	}, directory.Fold(s))
}

// core is what is left of letters without digits around it.
func core(s string) string { return strings.TrimFunc(s, unicode.IsNumber) }

// ofUser tells whether s is something everybody knows of the user, whatever digits and signs are put around it.
func ofUser(s string, u directory.User) bool {
	local, _, _ := strings.Cut(u.Email, "@")
	first, last := letters(u.FirstName), letters(u.LastName)
	s = letters(s)
	for _, known := range []string{
		letters(u.ID), letters(u.UserName), first, last, first + last, last + first, letters(u.Email), letters(local),
	} {
		if known != "" && (s == known || core(s) == known) {
			return true
		}
	}
	return false
}

// commonText is words that the first passwords anybody tries are made of, a line each.
//
//go:embed common.txt
var commonText string

var commonWords = strings.Fields(commonText)

// runs are what fingers find without thinking.
var runs = []string{
	"01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "qwertzuiopasdfghjklyxcvbnm",
	"azertyuiopqsdfghjklmwxcvbn", "1q2w3e4r5t6y7u8i9o0p", "1q2w3e4r5t6z7u8i9o0p", "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
}

// common tells whether s is one or two common words, or a run along the keyboard, digits around it or not.
func common(s string) bool {
	s = letters(s)
	return slices.ContainsFunc([]string{s, core(s)}, func(s string) bool { return s != "" && (word(s) || run(s) || pair(s)) })
}

func word(s string) bool { return slices.Contains(commonWords, s) }

func run(s string) bool {
	back := []rune(s)
	slices.Reverse(back)
	return slices.ContainsFunc(runs, func(all string) bool {
		all += all
		return strings.Contains(all, s) || strings.Contains(all, string(back))
	})
}

// pair tells whether s is a common word followed by another, or by itself.
func pair(s string) bool {
	return slices.ContainsFunc(commonWords, func(first string) bool {
		rest, ok := strings.CutPrefix(s, first)
		return ok && (word(core(rest)) || run(rest))
	})
}
