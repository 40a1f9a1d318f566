package mail_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"tapstation/app/directory"
	"tapstation/app/mail"
)

// FuzzAnswer has servers say anything: what is kept is one short line, and has nothing of a secret in it.
func FuzzAnswer(f *testing.F) {
	const token, code = "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE", "K7PMX-R3TQW"
	for _, said := range []string{
		"250 ok", "550-5.1.1 no\n550 such user", "\x00\x1b[2J\r\n\u2028\u202e", strings.Repeat("ä", 5000),
		"see https://keys.example.org/activate/" + token, token[3:30], code, "K7PMXR3TQW", "k7pmx", "spam=(" + token + ")", "open sesame", "\xff\xfe",
		"tapstation://pin/" + token, "https://keys.example.org/pin/x y",
	} {
		f.Add(said)
	}
	secrets := append(mail.OfOpening("https://keys.example.org/activate/"+token, code), "open sesame")
	f.Fuzz(func(t *testing.T, said string) {
		got := mail.Line(said, secrets...)
		if len(got) > directory.MaxAnswer || !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%q is kept as %q, want one short line", said, got)
		}
		lower := strings.ToLower(got)
		for i := 0; i+8 <= len(token); i++ {
			if strings.Contains(lower, strings.ToLower(token[i:i+8])) {
				t.Errorf("%q is kept as %q, with a part of the link", said, got)
			}
		}
		for _, part := range []string{"k7pmx", "r3tqw", "open sesame", "/activate/", "/pin/"} {
			if strings.Contains(lower, part) {
				t.Errorf("%q is kept as %q, with %q in it", said, got, part)
			}
		}
		if again := mail.Line(got, secrets...); again != got {
			t.Errorf("%q is kept as %q, and that as %q", said, got, again)
		}
	})
}

func TestAnswersThatAreHarmlessAreKept(t *testing.T) {
	for said, want := range map[string]string{
		"550 5.1.1 <ada@example.com>: unknown\tuser":     "550 5.1.1 <ada@example.com>: unknown user",
		"554 see https://help.example.net/?p=NoSuchUser": "554 see https://help.example.net/?p=NoSuchUser",
		"550 a\r\n250 b": "550 a 250 b",
		"":               "",
	} {
		if got := mail.Line(said, mail.OfOpening("", "")...); got != want {
			t.Errorf("%q is kept as %q, want %q", said, got, want)
		}
	}
}
