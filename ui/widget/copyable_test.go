package widget

import (
	"testing"

	"fyne.io/fyne/v2/test"
	fynetheme "fyne.io/fyne/v2/theme"

	"tapstation/ui/theme"
)

func TestWordsToCopyFollowTheAppearance(t *testing.T) {
	a := test.NewTempApp(t)
	a.Settings().SetTheme(theme.New(theme.Light))
	look := plain{}
	for _, variant := range []theme.Variant{theme.Dark, theme.Light} {
		a.Settings().SetTheme(theme.New(variant))
		want := a.Settings().Theme().Color(fynetheme.ColorNameForeground, fynetheme.VariantDark)
		if got := look.Color(fynetheme.ColorNameDisabled, fynetheme.VariantDark); got != want {
			t.Errorf("in variant %v the words have the colour %v, want %v as all words", variant, got, want)
		}
	}
}
