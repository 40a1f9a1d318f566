package language

import (
	"testing"

	"tapstation/assets/text"
)

// The environment tells the language on Linux; other systems are asked otherwise.
func TestSystemLanguageIsFollowed(t *testing.T) {
	t.Cleanup(func() {
		if err := Use("en"); err != nil {
			t.Error(err)
		}
	})
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANGUAGE"} {
		t.Setenv(name, "")
	}
	for _, c := range []struct{ lang, got string }{
		{"de_DE.UTF-8", "de"}, {"en_US.UTF-8", "en"}, {"ja_JP.UTF-8", "en"}, {"C", "en"},
	} {
		t.Setenv("LANG", c.lang)
		if err := Use(""); err != nil {
			t.Errorf("Use(\"\") with LANG=%s: %v", c.lang, err)
		}
		if text.Language() != c.got {
			t.Errorf("with LANG=%s the language is %q, want %q", c.lang, text.Language(), c.got)
		}
	}
}
