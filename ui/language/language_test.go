package language

import (
	"testing"

	"fyne.io/fyne/v2/lang"

	"tapstation/assets/text"
)

func TestWindowsAndFyneSpeakTheLanguageChosen(t *testing.T) {
	t.Cleanup(func() {
		if err := Use("en"); err != nil {
			t.Error(err)
		}
	})
	for _, c := range []struct{ language, paste, users string }{
		{"de", "Einfügen", "Alle Benutzer"},
		{"en", "Paste", "All Users"},
	} {
		if err := Use(c.language); err != nil {
			t.Fatal(err)
		}
		if got := lang.L("Paste"); got != c.paste {
			t.Errorf("in %s Fyne says %q for Paste, want %q whatever the system's language", c.language, got, c.paste)
		}
		if got := text.T("users.title"); got != c.users {
			t.Errorf("in %s the page is titled %q, want %q", c.language, got, c.users)
		}
	}
	if err := Use("xx"); err == nil {
		t.Error("Use(xx) succeeded, want an error: there is no such translation")
	}
}
