package letter

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"tapstation/app/directory"
	"tapstation/assets/text"
)

// Limits of a template, in characters.
const (
	MaxSubject = 150
	MaxBody    = 10_000
)

// Problems of templates, besides those of package directory.
const (
	UnknownPlaceholder directory.Problem = "unknown_placeholder" // Mistake.Placeholder is none of Placeholders
	MissingLink        directory.Problem = "missing_link"        // the mail would be of no use without {link}
	MissingCode        directory.Problem = "missing_code"        // likewise {code}
	NotInSubject       directory.Problem = "not_in_subject"      // Mistake.Placeholder opens something, and subjects are seen by others
)

// Kinds are the kinds of message that have a template.
var Kinds = []directory.MessageKind{directory.ActivationMail, directory.PINMail, directory.EmailProofMail, directory.TestMail}

// Placeholder is what a template may name in braces.
type Placeholder struct {
	Name   string // "first_name"
	Needed bool   // a body without it is refused
}

// Placeholders are those of a kind of message, in the order of a list to choose from.
func Placeholders(kind directory.MessageKind) []Placeholder {
	person := []Placeholder{{Name: "first_name"}, {Name: "last_name"}, {Name: "name"}, {Name: "user_id"}, {Name: "workspace"}}
	switch kind {
	case directory.ActivationMail, directory.PINMail:
		return append(person, Placeholder{Name: "key_name"}, Placeholder{Name: "link", Needed: true}, Placeholder{Name: "expires"},
			Placeholder{Name: "code"}, Placeholder{Name: "code_expires"}, Placeholder{Name: "driver_link"})
	case directory.EmailProofMail:
		return append(person, Placeholder{Name: "code", Needed: true}, Placeholder{Name: "code_expires"})
	case directory.TestMail:
		return []Placeholder{{Name: "workspace"}, {Name: "to"}}
	}
	return nil
}

func allowed(kind directory.MessageKind, name string) bool {
	return slices.ContainsFunc(Placeholders(kind), func(p Placeholder) bool { return p.Name == name })
}

func needed(kind directory.MessageKind, name string) bool {
	return slices.Contains(Placeholders(kind), Placeholder{name, true})
}

// Default is the program's own template in a language.
func Default(kind directory.MessageKind, language string) directory.MailTemplate {
	words := text.In(language)
	t := directory.MailTemplate{Kind: kind, Language: words.Language()}
	switch kind {
	case directory.ActivationMail:
		t.Subject, t.Body = words.T("mail.activation.subject"), words.T("mail.activation.body")
	case directory.PINMail:
		t.Subject, t.Body = words.T("mail.pin_setup.subject"), words.T("mail.pin_setup.body")
	case directory.EmailProofMail:
		t.Subject, t.Body = words.T("mail.email_proof.subject"), words.T("mail.email_proof.body")
	case directory.TestMail:
		t.Subject, t.Body = words.T("mail.test.subject"), words.T("mail.test.body")
	}
	return t
}

// Mistake is what is wrong with a template, and where.
type Mistake struct {
	directory.FieldError        // Field: "kind", "language", "subject" or "body"
	Line                 int    // of the field, from 1; 0: none in particular
	Placeholder          string // of UnknownPlaceholder and NotInSubject, without its braces
}

func (m Mistake) String() string {
	s := m.FieldError.String()
	if m.Placeholder != "" {
		s += fmt.Sprintf(" {%s}", m.Placeholder)
	}
	if m.Line > 0 && m.Field == "body" {
		s += fmt.Sprintf(" in line %d", m.Line)
	}
	return s
}

// Check tells what is wrong with a template; Mistakes says where as well.
func Check(t directory.MailTemplate) []directory.FieldError {
	var wrong []directory.FieldError
	for _, m := range Mistakes(t) {
		wrong = append(wrong, m.FieldError)
	}
	return wrong
}

// maxMistakes is how many are told: who has made more has pasted something else.
const maxMistakes = 50

// Mistakes are what is wrong with a template; none when all is well.
func Mistakes(t directory.MailTemplate) []Mistake {
	var wrong []Mistake
	add := func(field string, p directory.Problem, limit, line int, placeholder string) {
		if len(wrong) < maxMistakes {
			wrong = append(wrong, Mistake{directory.FieldError{Field: field, Problem: p, Limit: limit}, line, placeholder})
		}
	}
	if !slices.Contains(Kinds, t.Kind) {
		add("kind", directory.InvalidValue, 0, 0, "")
		return wrong
	}
	if !slices.Contains(text.Languages(), t.Language) {
		add("language", directory.InvalidValue, 0, 0, "")
	}
	for _, f := range []struct {
		name, text string
		limit      int
	}{{"subject", t.Subject, MaxSubject}, {"body", t.Body, MaxBody}} {
		switch {
		case strings.TrimSpace(f.text) == "":
			add(f.name, directory.Required, 0, 0, "")
			continue
		case len(f.text) > utf8.UTFMax*f.limit, utf8.RuneCountInString(f.text) > f.limit:
			add(f.name, directory.TooLong, f.limit, 0, "")
			continue
		}
		lines := strings.Split(f.text, "\n")
		if f.name == "subject" {
			lines = []string{f.text}
		}
		for i, line := range lines {
			if !utf8.ValidString(line) || strings.ContainsFunc(line, untypable) {
				add(f.name, directory.InvalidCharacters, 0, i+1, "")
			}
			for _, name := range named(line) {
				switch {
				case !allowed(t.Kind, name):
					add(f.name, UnknownPlaceholder, 0, i+1, name)
				case f.name == "subject" && (name == "link" || name == "code" || name == "driver_link"):
					add(f.name, NotInSubject, 0, i+1, name)
				}
			}
		}
	}
	for _, p := range Placeholders(t.Kind) {
		if !p.Needed || t.Body == "" || strings.Contains(t.Body, "{"+p.Name+"}") {
			continue
		}
		problem := MissingLink
		if p.Name == "code" {
			problem = MissingCode
		}
		add("body", problem, 0, 0, "")
	}
	return wrong
}

// untypable is what no line of a template holds: control characters, and what moves or hides text.
func untypable(r rune) bool {
	return r != '\u200c' && r != '\u200d' && !unicode.IsGraphic(r)
}

// placeholderForm is whatever is in braces: a typing mistake is to be found, not mailed.
var placeholderForm = regexp.MustCompile(`\{([^{}\n]{0,40})\}`)

// named are the placeholders of a line, each once.
func named(line string) []string {
	var names []string
	for _, m := range placeholderForm.FindAllStringSubmatch(line, -1) {
		if !slices.Contains(names, m[1]) {
			names = append(names, m[1])
		}
	}
	return names
}

// typed is what a person typed or pasted as it is kept: with lines that end in LF, without spaces at their ends.
func typed(t directory.MailTemplate) directory.MailTemplate {
	t.Subject = strings.TrimSpace(t.Subject)
	lines := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", " ").Replace(t.Body), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	t.Body = strings.Trim(strings.Join(lines, "\n"), "\n")
	return t
}
