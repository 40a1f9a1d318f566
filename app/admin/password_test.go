package admin_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"tapstation/app/admin"
	"tapstation/app/directory"
)

func TestPasswordRules(t *testing.T) {
	ada := directory.User{ID: "ada.lovelace", UserName: "enchantress", FirstName: "Augusta-Ada", LastName: "Lovelace", Email: "countess.of@example.org"}
	for password, want := range map[string]directory.Problem{
		"blue whale over Lisbon":       "",
		"aaaaaaaaaaab":                 "",
		"847261930475":                 "",                  // no rule of composition
		"ＡＢＣＤ ｅｆｇｈ ｉｊｋｌ":               directory.TooCommon, // wide letters are plain ones
		"пароль для Ады":               "",
		strings.Repeat("xy ", 42):      "",
		"":                             directory.Required,
		"eleven char":                  directory.TooShort,
		"ﬃﬃﬃﬃ":                         directory.TooShort, // four ligatures, though twelve letters
		strings.Repeat("xyz", 43):      directory.TooLong,
		strings.Repeat("ﷺ", 8):         directory.TooLong, // 18 letters each
		strings.Repeat("a", 1<<20):     directory.TooLong,
		"tab\tin the middle":           directory.InvalidCharacters,
		"line\nin the middle":          directory.InvalidCharacters,
		"\xffnot UTF-8 at all":         directory.InvalidCharacters,
		"aaaaaaaaaaaa":                 directory.Repeated,
		"ÄÄÄÄÄÄÄÄÄÄÄÄÄÄ":               directory.Repeated,
		"ADA.Lovelace":                 directory.OwnName,
		"ada_lovelace_1815":            directory.OwnName,
		"Enchantress!1":                directory.OwnName,
		"augusta ada lovelace":         directory.OwnName,
		"LovelaceAugustaAda":           directory.OwnName,
		"Countess.Of@example.org":      directory.OwnName,
		"countess of 99":               directory.OwnName,
		"password1234":                 directory.TooCommon,
		"PasswordPassword":             directory.TooCommon,
		"123456789012":                 directory.TooCommon,
		"210987654321":                 directory.TooCommon,
		"qwertzuiopasdf":               directory.TooCommon,
		"1q2w3e4r5t6y7u8i":             directory.TooCommon,
		"Administrator1!":              directory.TooCommon,
		"Sommer2026Sommer":             directory.TooCommon,
		"iloveyou-forever":             directory.TooCommon,
		"correct horse battery staple": directory.TooCommon,
	} {
		wrong := admin.CheckPassword(password, ada)
		var got directory.Problem
		if len(wrong) > 0 {
			got = wrong[0].Problem
			if wrong[0].Field != "password" || len(wrong) > 1 {
				t.Errorf("%.40q: %v, want one problem of the field password", password, wrong)
			}
		}
		if got != want {
			t.Errorf("%.40q: %q, want %q", password, got, want)
		}
	}
	if wrong := admin.CheckPassword("blue whale over Lisbon", directory.User{}); wrong != nil {
		t.Errorf("for a user of whom nothing is known: %v", wrong)
	}
}

func TestHashIsOfTheCostAskedForAndSalted(t *testing.T) {
	a, b := admin.NewPassword(cheap, password), admin.NewPassword(cheap, password)
	if a == b || !strings.HasPrefix(a, "$argon2id$v=19$m=8,t=1,p=1$") {
		t.Errorf("kept as %s and %s, want argon2id with a salt of its own each", a, b)
	}
	if c := admin.DefaultCost; c.Memory != 65536 || c.Passes != 3 || c.Threads != 4 {
		t.Errorf("the cost is %+v, want the second choice of RFC 9106", c)
	}
}

func TestHashBeyondItsBoundsIsNotWorkedOut(t *testing.T) {
	const salt, tag = "c29tZXNhbHRzb21lc2FsdA", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"
	good := "$argon2id$v=19$m=8,t=1,p=1$" + salt + "$" + tag
	if _, err := admin.ParseHash(good); err != nil {
		t.Fatalf("%s: %v", good, err)
	}
	for name, phc := range map[string]string{
		"empty":             "",
		"another algorithm": strings.Replace(good, "argon2id", "argon2i", 1),
		"another version":   strings.Replace(good, "v=19", "v=16", 1),
		"a terabyte":        strings.Replace(good, "m=8", "m=1073741824", 1),
		"too little":        strings.Replace(good, "m=8", "m=7", 1),
		"no passes":         strings.Replace(good, "t=1", "t=0", 1),
		"endless passes":    strings.Replace(good, "t=1", "t=4000000000", 1),
		"no threads":        strings.Replace(good, "p=1", "p=0", 1),
		"many threads":      strings.Replace(good, "m=8,t=1,p=1", "m=65536,t=1,p=200", 1),
		"overflow":          strings.Replace(good, "m=8", "m=99999999999999", 1),
		"a sign":            strings.Replace(good, "m=8", "m=+8", 1),
		"zeros before":      strings.Replace(good, "m=8", "m=008", 1),
		"short salt":        strings.Replace(good, salt, "c2FsdA", 1),
		"short tag":         strings.Replace(good, tag, "MDEy", 1),
		"no base64":         strings.Replace(good, tag, "!!!", 1),
		"more behind":       good + "$x",
		"padding":           strings.Replace(good, salt, salt+"==", 1),
	} {
		if _, err := admin.ParseHash(phc); !errors.Is(err, directory.ErrDamaged) {
			t.Errorf("%s, %q: %v, want it refused as damaged", name, phc, err)
		}
	}
}

func FuzzParseHash(f *testing.F) {
	f.Add(admin.NewPassword(cheap, password))
	f.Add("$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$MDEyMzQ1Njc4OWFiY2RlZg")
	f.Fuzz(func(t *testing.T, phc string) {
		h, err := admin.ParseHash(phc)
		if err == nil && h.String() != phc {
			t.Errorf("%q is read as %q", phc, h)
		}
	})
}

func FuzzCheckPassword(f *testing.F) {
	f.Add("blue whale over Lisbon", "ada")
	f.Add("\xff", "")
	f.Fuzz(func(t *testing.T, password, id string) {
		wrong := admin.CheckPassword(password, directory.User{ID: id, UserName: id, Email: id})
		if len(wrong) == 0 && (len([]rune(password)) < admin.MinPassword || !utf8.ValidString(password)) {
			t.Errorf("%q is taken", password)
		}
	})
}
