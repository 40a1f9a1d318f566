package directory

import (
	"net/mail"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"tapstation/assets/text"
)

// Limits of what people type, in Unicode code points unless it says otherwise.
const (
	MaxUserID    = 64
	MaxName      = 128 // user name, first name, last name
	MaxEmail     = 254 // octets: RFC 5321 §4.5.3.1.3 less the angle brackets
	MaxGroupName = 64
	MaxGroups    = 100 // groups of one user
	MaxKeyName   = 64
)

// Validate tells what is wrong with a user, field by field; nothing when all is well. It is pure, for inline
// validation; whether the User ID is taken is told by Directory.Taken.
func Validate(u User) []FieldError {
	var wrong []FieldError
	add := func(field string, p Problem, limit int) {
		if p != "" {
			wrong = append(wrong, FieldError{field, p, limit})
		}
	}
	add("user_id", checkID(u.ID), limitOf(checkID(u.ID), MaxUserID))
	for _, name := range []struct{ field, text string }{
		{"user_name", u.UserName}, {"first_name", u.FirstName}, {"last_name", u.LastName},
	} {
		p := checkText(name.text, MaxName)
		add(name.field, p, limitOf(p, MaxName))
	}
	p := checkEmail(u.Email)
	add("email", p, limitOf(p, MaxEmail))
	p, limit := checkGroups(u.Groups)
	add("groups", p, limit)
	if !text.Speaks(u.Language) {
		add("language", InvalidValue, 0)
	}
	return wrong
}

func limitOf(p Problem, limit int) int {
	if p == TooLong {
		return limit
	}
	return 0
}

// checkID is stricter than the other texts: what cannot be seen would make two IDs that look the same.
func checkID(id string) Problem {
	switch {
	case id == "":
		return Required
	case !utf8.ValidString(id):
		return InvalidCharacters
	case utf8.RuneCountInString(id) > MaxUserID:
		return TooLong
	case strings.TrimSpace(id) != id:
		return SurroundingSpace
	case strings.ContainsFunc(id, func(r rune) bool { return !unicode.IsPrint(r) }):
		return InvalidCharacters
	}
	return ""
}

// checkText is for names and other single lines, which may be empty.
func checkText(s string, limit int) Problem {
	switch {
	case !utf8.ValidString(s):
		return InvalidCharacters
	case utf8.RuneCountInString(s) > limit:
		return TooLong
	case strings.ContainsFunc(s, unprintable):
		return InvalidCharacters
	}
	return ""
}

// unprintable is what no name holds. The zero-width joiners are part of names in Persian and Indic scripts.
func unprintable(r rune) bool {
	const joiner, nonJoiner = '\u200d', '\u200c'
	return r != joiner && r != nonJoiner && !unicode.IsGraphic(r)
}

func checkName(s string, limit int) Problem {
	switch p := checkText(s, limit); {
	case p != "":
		return p
	case s == "":
		return Required
	case strings.TrimSpace(s) != s:
		return SurroundingSpace
	}
	return ""
}

func checkEmail(s string) Problem {
	switch {
	case s == "":
		return ""
	case !utf8.ValidString(s) || strings.ContainsFunc(s, unprintable):
		return InvalidCharacters
	case len(s) > MaxEmail:
		return TooLong
	}
	// A bare address only: "Ada <ada@example.org>" and comments would find their way into headers.
	if a, err := mail.ParseAddress(s); err != nil || a.Name != "" || a.Address != s {
		return InvalidEmail
	}
	return ""
}

func checkGroups(groups []string) (Problem, int) {
	if len(groups) > MaxGroups {
		return TooMany, MaxGroups
	}
	for _, g := range groups {
		if p := checkGroupName(g); p != "" {
			return p, limitOf(p, MaxGroupName)
		}
	}
	return "", 0
}

// checkGroupName refuses the semicolon too, which separates groups in a CSV file.
func checkGroupName(name string) Problem {
	if strings.Contains(name, ";") {
		return InvalidCharacters
	}
	return checkName(name, MaxGroupName)
}

// tidy takes the spaces off the ends of what people type, but not of the User ID, which must be typed again as it is.
func tidy(u User) User {
	u.UserName = strings.TrimSpace(u.UserName)
	u.FirstName = strings.TrimSpace(u.FirstName)
	u.LastName = strings.TrimSpace(u.LastName)
	u.Email = strings.TrimSpace(u.Email)
	u.Language = strings.TrimSpace(u.Language)
	u.Groups = slices.Clone(u.Groups)
	return u
}
