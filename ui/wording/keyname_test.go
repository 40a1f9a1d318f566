package wording

import (
	"testing"

	"tapstation/app/directory"
	"tapstation/assets/text"
)

func TestNextKeyIsNamedInTheLanguageInUseAndUnlikeTheOthers(t *testing.T) {
	t.Cleanup(func() { _ = text.Use("en") })
	for _, c := range []struct {
		language string
		had      []string
		want     string
	}{
		{"en", nil, "Card"},
		{"en", []string{"card", "Blue"}, "Card 2"},
		{"en", []string{"Card", "CARD 2"}, "Card 3"},
		{"de", nil, "Karte"},
		{"de", []string{"Card", "Karte"}, "Karte 2"},
	} {
		if err := text.Use(c.language); err != nil {
			t.Fatal(err)
		}
		var keys []directory.SecurityKey
		for _, name := range c.had {
			keys = append(keys, directory.SecurityKey{Name: name, State: directory.Revoked})
		}
		if got := KeyName(keys, directory.Card); got != c.want {
			t.Errorf("%s, after %v: %q, want %q", c.language, c.had, got, c.want)
		}
	}
}
