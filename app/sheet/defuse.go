package sheet

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A spreadsheet runs a cell that begins with = + - @, and some do after a tab or a line end, or with the full-width
// forms of those (OWASP, "CSV Injection"). Whoever opens the file with another delimiter than it was written with sees
// cells begin elsewhere, even within quotes: so every place after a delimiter, a quote or a line end counts as the
// beginning of a cell.
//
// The apostrophe goes before everything there that would be a formula without the apostrophes and spaces it begins
// with. So each text that is dangerous gets exactly one more than it had, and one is taken off exactly where a
// dangerous text follows: no two texts are written alike.

const apostrophe = '\''

// runs tells whether a spreadsheet may run a cell that begins with r.
func runs(r rune) bool {
	switch r {
	case '=', '+', '-', '@', '\t', '\r', '\n',
		'＝', '＋', '－', '＠', // full width
		'﹦', '﹢', '﹣', '﹫', // small
		'⁺', '⁻', '⁼', '₊', '₋', '₌', '−': // what compatibility forms make of them
		return true
	}
	return false
}

// endings are what a cell may begin after.
const endings = ",;\t|\n\r\""

// skipped is what a spreadsheet may pass over before it looks whether a cell is a formula.
func skipped(r rune) bool {
	return r == ' ' || r == '\uFEFF' || r > utf8.RuneSelf && unicode.Is(unicode.Zs, r)
}

// wouldRun tells whether s is dangerous at the beginning of a cell but for the apostrophes it begins with.
func wouldRun(s string) bool {
	s = strings.TrimLeft(s, "'")
	s = strings.TrimLeftFunc(s, skipped)
	r, size := utf8.DecodeRuneInString(s)
	return size > 0 && runs(r)
}

// defuse is s as no spreadsheet runs it.
func defuse(s string) string {
	return atBeginnings(s, func(b *strings.Builder, rest string) string {
		if wouldRun(rest) {
			b.WriteByte(apostrophe)
		}
		return rest
	})
}

// revive is what defuse made s of.
func revive(s string) string {
	if strings.IndexByte(s, apostrophe) < 0 {
		return s
	}
	return atBeginnings(s, func(_ *strings.Builder, rest string) string {
		if rest != "" && rest[0] == apostrophe && wouldRun(rest) {
			return rest[1:]
		}
		return rest
	})
}

// atBeginnings calls edit wherever in s a cell may begin, with what follows there; it returns what of that is kept.
func atBeginnings(s string, edit func(b *strings.Builder, rest string) string) string {
	var b strings.Builder
	b.Grow(len(s) + 1)
	rest := edit(&b, s)
	for rest != "" {
		i := strings.IndexAny(rest, endings)
		if i < 0 {
			break
		}
		b.WriteString(rest[:i+1])
		rest = edit(&b, rest[i+1:])
	}
	b.WriteString(rest)
	return b.String()
}
