package directory

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

func TestValidateTellsEveryField(t *testing.T) {
	long := func(n int) string { return strings.Repeat("é", n) }
	groups := make([]string, MaxGroups+1)
	for i := range groups {
		groups[i] = "g"
	}
	for _, c := range []struct {
		name string
		u    User
		want []FieldError
	}{
		{"plain", User{ID: "ada"}, nil},
		{"everything", User{ID: "ada.l-1 x", UserName: "Ada", FirstName: "Augusta Ada", LastName: "King-Noël", Email: "ada@example.org", Groups: []string{"Staff", "Math & Co."}}, nil},
		{"at the limits", User{ID: long(64), UserName: long(128), FirstName: long(128), LastName: long(128), Groups: []string{long(64)}}, nil},
		{"scripts", User{ID: "山田太郎", FirstName: "محمد\u200cرضا", LastName: "Σίσυφος"}, nil}, // with a zero-width non-joiner
		{"local mail", User{ID: "a", Email: "root@localhost"}, nil},
		{"mail beyond ASCII", User{ID: "a", Email: "käthe@müller.example"}, nil},
		{"spaces around names are taken off later", User{ID: "a", FirstName: " Ada "}, nil},

		{"no ID", User{}, []FieldError{{"user_id", Required, 0}}},
		{"long ID", User{ID: long(65)}, []FieldError{{"user_id", TooLong, 64}}},
		{"space before", User{ID: " ada"}, []FieldError{{"user_id", SurroundingSpace, 0}}},
		{"space behind", User{ID: "ada\u00a0"}, []FieldError{{"user_id", SurroundingSpace, 0}}},
		{"line break in ID", User{ID: "a\nb"}, []FieldError{{"user_id", InvalidCharacters, 0}}},
		{"NUL in ID", User{ID: "a\x00b"}, []FieldError{{"user_id", InvalidCharacters, 0}}},
		{"invisible in ID", User{ID: "a\u200bb"}, []FieldError{{"user_id", InvalidCharacters, 0}}},
		{"reversed ID", User{ID: "a\u202eb"}, []FieldError{{"user_id", InvalidCharacters, 0}}},
		{"odd space in ID", User{ID: "a\u00a0b"}, []FieldError{{"user_id", InvalidCharacters, 0}}},
		{"broken ID", User{ID: "a\xff"}, []FieldError{{"user_id", InvalidCharacters, 0}}},
		{"long names", User{ID: "a", UserName: long(129), FirstName: long(129), LastName: long(129)},
			[]FieldError{{"user_name", TooLong, 128}, {"first_name", TooLong, 128}, {"last_name", TooLong, 128}}},
		{"control characters in names", User{ID: "a", UserName: "a\tb", FirstName: "a\x7f", LastName: "a\u0085"},
			[]FieldError{{"user_name", InvalidCharacters, 0}, {"first_name", InvalidCharacters, 0}, {"last_name", InvalidCharacters, 0}}},
		{"broken name", User{ID: "a", LastName: "\xc3"}, []FieldError{{"last_name", InvalidCharacters, 0}}},
		{"mail without at", User{ID: "a", Email: "ada"}, []FieldError{{"email", InvalidEmail, 0}}},
		{"mail without domain", User{ID: "a", Email: "ada@"}, []FieldError{{"email", InvalidEmail, 0}}},
		{"mail with a name", User{ID: "a", Email: "Ada <ada@example.org>"}, []FieldError{{"email", InvalidEmail, 0}}},
		{"mail in brackets", User{ID: "a", Email: "<ada@example.org>"}, []FieldError{{"email", InvalidEmail, 0}}},
		{"mail with a comment", User{ID: "a", Email: "ada@example.org (Ada)"}, []FieldError{{"email", InvalidEmail, 0}}},
		{"two mails", User{ID: "a", Email: "a@example.org, b@example.org"}, []FieldError{{"email", InvalidEmail, 0}}},
		{"mail with a header", User{ID: "a", Email: "a@example.org\r\nBcc: b@example.org"}, []FieldError{{"email", InvalidCharacters, 0}}},
		{"long mail", User{ID: "a", Email: strings.Repeat("a", 250) + "@b.de"}, []FieldError{{"email", TooLong, 254}}},
		{"group without a name", User{ID: "a", Groups: []string{"Staff", ""}}, []FieldError{{"groups", Required, 0}}},
		{"group with a semicolon", User{ID: "a", Groups: []string{"a;b"}}, []FieldError{{"groups", InvalidCharacters, 0}}},
		{"group with a space behind", User{ID: "a", Groups: []string{"a "}}, []FieldError{{"groups", SurroundingSpace, 0}}},
		{"group of a long name", User{ID: "a", Groups: []string{long(65)}}, []FieldError{{"groups", TooLong, 64}}},
		{"many groups", User{ID: "a", Groups: groups}, []FieldError{{"groups", TooMany, 100}}},
		{"everything wrong", User{UserName: "\x01", Email: "x"},
			[]FieldError{{"user_id", Required, 0}, {"user_name", InvalidCharacters, 0}, {"email", InvalidEmail, 0}}},
	} {
		if got := Validate(c.u); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: Validate = %v, want %v", c.name, got, c.want)
		}
	}
}

func TestValidateWorkspace(t *testing.T) {
	if wrong := ValidateWorkspace(DefaultWorkspace()); len(wrong) != 0 {
		t.Errorf("the default workspace is wrong: %v", wrong)
	}
	for _, c := range []struct {
		name   string
		change func(*Workspace)
		want   []FieldError
	}{
		{"no name", func(w *Workspace) { w.Name, w.RPName = "", " x" }, []FieldError{{"name", Required, 0}, {"rp_name", SurroundingSpace, 0}}},
		{"domain", func(w *Workspace) { w.RPID = "login.example.org" }, nil},
		{"domain with digits", func(w *Workspace) { w.RPID = "1-2.xn--mller-kva.example" }, nil},
		{"no domain", func(w *Workspace) { w.RPID = "" }, []FieldError{{"rp_id", Required, 0}}},
		{"domain in capitals", func(w *Workspace) { w.RPID = "Example.org" }, []FieldError{{"rp_id", InvalidDomain, 0}}},
		{"domain with a scheme", func(w *Workspace) { w.RPID = "https://example.org" }, []FieldError{{"rp_id", InvalidDomain, 0}}},
		{"domain with a port", func(w *Workspace) { w.RPID = "example.org:443" }, []FieldError{{"rp_id", InvalidDomain, 0}}},
		{"domain with a dot behind", func(w *Workspace) { w.RPID = "example.org." }, []FieldError{{"rp_id", InvalidDomain, 0}}},
		{"domain with a hyphen before", func(w *Workspace) { w.RPID = "-a.org" }, []FieldError{{"rp_id", InvalidDomain, 0}}},
		{"long label", func(w *Workspace) { w.RPID = strings.Repeat("a", 64) + ".org" }, []FieldError{{"rp_id", InvalidDomain, 0}}},
		{"long domain", func(w *Workspace) { w.RPID = strings.Repeat("a.", 127) + "org" }, []FieldError{{"rp_id", InvalidDomain, 0}}},
		{"verification", func(w *Workspace) { w.Verification = "face" }, []FieldError{{"verification", InvalidValue, 0}}},
		{"chooser", func(w *Workspace) { w.PINChooser = "" }, []FieldError{{"pin_chooser", InvalidValue, 0}}},
		{"shortest and longest PIN", func(w *Workspace) { w.PINPolicy = PINPolicy{MinLength: 4, MaxLength: 63} }, nil},
		{"one length only", func(w *Workspace) { w.PINPolicy = PINPolicy{MinLength: 6, MaxLength: 6} }, nil},
		{"PIN too short", func(w *Workspace) { w.PINPolicy.MinLength = 3 }, []FieldError{{"pin_min_length", OutOfRange, 63}}},
		{"PIN too long", func(w *Workspace) { w.PINPolicy.MaxLength = 64 }, []FieldError{{"pin_max_length", OutOfRange, 63}}},
		{"no PIN fits", func(w *Workspace) { w.PINPolicy = PINPolicy{MinLength: 8, MaxLength: 7} }, []FieldError{{"pin_max_length", OutOfRange, 63}}},
		{"link", func(w *Workspace) { w.DriverLink = "https://example.org/driver?x=1" }, nil},
		{"link that runs", func(w *Workspace) { w.DriverLink = "javascript:alert(1)" }, []FieldError{{"driver_link", InvalidLink, 0}}},
		{"link to a file", func(w *Workspace) { w.DriverLink = "file:///etc/passwd" }, []FieldError{{"driver_link", InvalidLink, 0}}},
		{"link without a host", func(w *Workspace) { w.DriverLink = "https:///x" }, []FieldError{{"driver_link", InvalidLink, 0}}},
		{"link with a line break", func(w *Workspace) { w.DriverLink = "https://example.org/\n" }, []FieldError{{"driver_link", InvalidLink, 0}}},
		{"language", func(w *Workspace) { w.Language = "pt-BR" }, nil},
		{"no language", func(w *Workspace) { w.Language = "../de" }, []FieldError{{"language", InvalidValue, 0}}},
	} {
		w := DefaultWorkspace()
		c.change(&w)
		if got := ValidateWorkspace(w); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: ValidateWorkspace = %v, want %v", c.name, got, c.want)
		}
	}
}

func TestErrorsSayWhatIsWrong(t *testing.T) {
	err := &InvalidError{Fields: []FieldError{{"user_id", Required, 0}, {"last_name", TooLong, 128}}}
	if got, want := err.Error(), "invalid: user_id: required; last_name: too_long (at most 128)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// FuzzFold: folding twice changes nothing, and neither does the case or the composition of what is folded.
func FuzzFold(f *testing.F) {
	for _, s := range []string{"Ada", "STRASSE", "Straße", "ΣΊΣΥΦΟΣ", "İ", "ŉ", "ᾳ\u0345", "\u0345\u0301", "\xff", "ﬁ", "Ǆ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		folded := Fold(s)
		if again := Fold(folded); again != folded {
			t.Errorf("Fold(%q) = %q, and folded again %q", s, folded, again)
		}
		if other := Fold(norm.NFD.String(s)); other != folded {
			t.Errorf("Fold(%q) = %q, decomposed %q", s, folded, other)
		}
	})
}

// FuzzWords: the words of a text are found again by themselves.
func FuzzWords(f *testing.F) {
	for _, s := range []string{"Ada Lovelace", "ada@example.org", "Zoë", "山田 太郎", "a\x00b", "\xff", "ﬁn", "한국어", "½"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		words := Words(s)
		for _, w := range words {
			if w == "" || strings.ContainsFunc(w, betweenWords) {
				t.Errorf("Words(%q) has %q, which is no word", s, w)
			}
			if again := Words(w); !slices.Equal(again, []string{w}) {
				t.Errorf("Words(%q) has %q, whose words are %q", s, w, again)
			}
		}
	})
}
