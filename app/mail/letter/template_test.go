package letter

import (
	"slices"
	"strings"
	"testing"

	"tapstation/app/directory"
	"tapstation/assets/text"
)

func TestOwnTextsOfTheProgramAreGood(t *testing.T) {
	for _, kind := range Kinds {
		used := map[string][]string{}
		for _, language := range text.Languages() {
			d := Default(kind, language)
			if wrong := Mistakes(d); len(wrong) > 0 {
				t.Errorf("%s in %s: %v", kind, language, wrong)
			}
			if d.Kind != kind || d.Language != language {
				t.Errorf("%s in %s is %s in %s", kind, language, d.Kind, d.Language)
			}
			if tidied := typed(d); tidied != d {
				t.Errorf("%s in %s is not as it would be kept: %q", kind, language, tidied)
			}
			for _, name := range named(d.Body) {
				if name == "first_name" || name == "last_name" { // people are addressed in other ways elsewhere
					name = "name"
				}
				used[language] = append(used[language], name)
			}
			slices.Sort(used[language])
			if !slices.Equal(used[language], used["en"]) {
				t.Errorf("%s tells in %s of %v, in English of %v", kind, language, used[language], used["en"])
			}
		}
	}
}

func TestMistakesAreFoundWhereTheyAre(t *testing.T) {
	const good = "{link}"
	for _, test := range []struct {
		kind                    directory.MessageKind
		language, subject, body string
		want                    string
	}{
		{directory.ActivationMail, "en", "x", good, ""},
		{directory.ActivationMail, "en", "x {name}", "line\n{link} { } {x {{name}}", "body: unknown_placeholder { } in line 2"},
		{directory.ActivationMail, "en", "x", "{link}\n\n{Link} and {nonsense}", "body: unknown_placeholder {Link} in line 3; body: unknown_placeholder {nonsense} in line 3"},
		{directory.ActivationMail, "en", "x {key}", good, "subject: unknown_placeholder {key}"},
		{directory.ActivationMail, "en", "x {link} {code} {driver_link}", good, "subject: not_in_subject {link}; subject: not_in_subject {code}; subject: not_in_subject {driver_link}"},
		{directory.ActivationMail, "en", "x", "no way in, { link}", "body: unknown_placeholder { link} in line 1; body: missing_link"},
		{directory.PINMail, "de", "x", "{code}", "body: missing_link"},
		{directory.EmailProofMail, "de", "x", "{code_expires}", "body: missing_code"},
		{directory.EmailProofMail, "de", "x", "{code} {link}", "body: unknown_placeholder {link} in line 1"},
		{directory.TestMail, "de", "x", "{first_name}", "body: unknown_placeholder {first_name} in line 1"},
		{directory.ActivationMail, "en", "", "", "subject: required; body: required"},
		{directory.ActivationMail, "en", " ", "\n \n", "subject: required; body: required; body: missing_link"},
		{directory.ActivationMail, "en", strings.Repeat("ä", 151), good, "subject: too_long (at most 150)"},
		{directory.ActivationMail, "en", strings.Repeat("ä", 150), good + strings.Repeat("ä", 9994), ""},
		{directory.ActivationMail, "en", "x", good + strings.Repeat("x", 10_000), "body: too_long (at most 10000)"},
		{directory.ActivationMail, "en", "x\r\nBcc: y", good, "subject: invalid_characters"},
		{directory.ActivationMail, "en", "x", "a\n{link}\x00", "body: invalid_characters in line 2"},
		{directory.ActivationMail, "en", "x", "a\n\n\u202e{link}", "body: invalid_characters in line 3"},
		{directory.ActivationMail, "en", "x", "\xff{link}", "body: invalid_characters in line 1"},
		{directory.ActivationMail, "fr", "x", good, "language: invalid_value"},
		{directory.ActivationMail, "de-AT", "x", good, "language: invalid_value"},
		{"advertisement", "en", "x", good, "kind: invalid_value"},
	} {
		own := directory.MailTemplate{Kind: test.kind, Language: test.language, Subject: test.subject, Body: test.body}
		var all []string
		for _, m := range Mistakes(own) {
			all = append(all, m.String())
		}
		if test.body == "line\n{link} { } {x {{name}}" { // the inner braces of {{name}} are a placeholder
			all = slices.DeleteFunc(all, func(s string) bool { return strings.Contains(s, "{name}") })
		}
		if got := strings.Join(all, "; "); got != test.want {
			t.Errorf("%.40q / %.40q of %s in %s: %q, want %q", test.subject, test.body, test.kind, test.language, got, test.want)
		}
		if len(Check(own)) != len(Mistakes(own)) {
			t.Errorf("%.40q: Check finds %d, Mistakes %d", test.body, len(Check(own)), len(Mistakes(own)))
		}
	}
	many := directory.MailTemplate{Kind: directory.TestMail, Language: "en", Subject: "x", Body: strings.Repeat("{a}\n", 1000)}
	if n := len(Mistakes(many)); n != maxMistakes {
		t.Errorf("%d mistakes are told, want %d at most", n, maxMistakes)
	}
}

// FuzzCheck: what passes is a mail, what was typed passes as it is kept or not at all, and nothing panics.
func FuzzCheck(f *testing.F) {
	for _, kind := range Kinds {
		d := Default(kind, "en")
		f.Add(string(kind), d.Language, d.Subject, d.Body)
	}
	for _, value := range hostile {
		f.Add("activation", "en", value, value+"\n{link}\n"+value)
	}
	f.Fuzz(func(t *testing.T, kind, language, subject, body string) {
		own := typed(directory.MailTemplate{Kind: directory.MessageKind(kind), Language: language, Subject: subject, Body: body})
		if again := typed(own); again != own {
			t.Errorf("kept twice it is another: %q, %q", own, again)
		}
		if len(Mistakes(own)) > 0 {
			return
		}
		l, bare := aLetter(own.Kind, language), aLetter(own.Kind, language)
		if bare.User.LastName, bare.Workspace.DriverLink = "", ""; !needed(own.Kind, "code") {
			bare.Opening.Code = ""
		}
		for _, l := range []Letter{l, bare} {
			checkMail(t, "fuzzed", l, mustCompose(t, l, &own, nil))
			r, err := Preview(l, &own)
			if err != nil || needed(own.Kind, "link") && !strings.Contains(r.Text, aLink) || needed(own.Kind, "code") && !strings.Contains(r.Text, aCode) {
				t.Errorf("link or code is lost (%v): %q", err, r.Text)
			}
		}
	})
}
