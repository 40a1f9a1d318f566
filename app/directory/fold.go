package directory

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Fold is the form in which User IDs and group names are compared: two are the same name exactly when their folded
// forms are equal. It is Unicode's canonical caseless matching (Unicode 15 §3.13, D145), kept in NFC. Stores key
// their records by it.
func Fold(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	return norm.NFC.String(caseless(norm.NFD.String(strings.ToValidUTF8(s, "\uFFFD"))))
}

// caseless is s with its case folded. The package cases folds Cherokee the wrong way round, capitals to small letters
// and small letters to capitals; lower case after it makes them one.
func caseless(s string) string { return strings.ToLower(cases.Fold().String(s)) }

// Words are the words a text is searched by: runs of letters, marks and digits, folded, without accents, sorted by
// no rule, each once. A query's words are made the same way, so a store never has to know what a word is.
func Words(texts ...string) []string {
	var words []string
	seen := map[string]bool{}
	for _, text := range texts {
		for _, w := range strings.FieldsFunc(searchForm(text), betweenWords) {
			if !seen[w] {
				seen[w] = true
				words = append(words, w)
			}
		}
	}
	return words
}

// SearchWords are the words this user is found by.
func (u User) SearchWords() []string {
	return Words(u.ID, u.UserName, u.FirstName, u.LastName, u.Email)
}

// searchForm is s folded and without accents: whoever types "zoe" finds Zoë.
func searchForm(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	s = norm.NFD.String(caseless(norm.NFKD.String(strings.ToValidUTF8(s, "\uFFFD"))))
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, s)
	return norm.NFC.String(s)
}

func betweenWords(r rune) bool {
	return r == utf8.RuneError || !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func compareFolded(a, b string) int { return strings.Compare(Fold(a), Fold(b)) }
