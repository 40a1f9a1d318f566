package text

import "testing"

func TestLanguagesAreChosenByWhatIsThere(t *testing.T) {
	t.Cleanup(func() { current.Store(nil) })
	for _, c := range []struct{ wanted, got string }{
		{"en", "en"}, {"de", "de"}, {"de-AT", "de"}, {"en-GB", "en"},
	} {
		if err := Use(c.wanted); err != nil {
			t.Errorf("Use(%q): %v", c.wanted, err)
			continue
		}
		if Language() != c.got {
			t.Errorf("Use(%q) chose %q, want %q", c.wanted, Language(), c.got)
		}
	}
	for _, wanted := range []string{"fr", "not a language"} {
		if err := Use(wanted); err == nil {
			t.Errorf("Use(%q) succeeded, want an error: there is no such translation", wanted)
		}
		if Language() != "en" {
			t.Errorf("after the refused Use(%q) the language is %q, want the one before, en", wanted, Language())
		}
	}
}

func TestUnknownKeyIsShownAsItIs(t *testing.T) {
	if got := T("no.such.key"); got != "no.such.key" {
		t.Errorf("T of an unknown key is %q, want the key", got)
	}
	if got := N("no.such.key", 2); got != "no.such.key" {
		t.Errorf("N of an unknown key is %q, want the key", got)
	}
}

func TestWordsInAnotherLanguageThanTheOneInUse(t *testing.T) {
	t.Cleanup(func() { current.Store(nil) })
	if err := Use("en"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		language, got string
		speaks        bool
	}{
		{"", "en", true}, {"de", "de", true}, {"de", "de", true}, {"de-AT", "de", true}, {"en-GB", "en", true}, {"fr", "en", false}, {"\x00", "en", false},
	} {
		if got := In(c.language).Language(); got != c.got {
			t.Errorf("In(%q) speaks %q, want %q", c.language, got, c.got)
		}
		if got := Speaks(c.language); got != c.speaks {
			t.Errorf("Speaks(%q) is %v, want %v", c.language, got, c.speaks)
		}
	}
	if Language() != "en" {
		t.Errorf("the language in use is %q by now, want en", Language())
	}
}
