package theme

import (
	"fmt"
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	fynetheme "fyne.io/fyne/v2/theme"
)

func TestEveryTextCanBeReadOnItsBackground(t *testing.T) {
	type pair struct{ text, ground fyne.ThemeColorName }
	var pairs []pair
	for _, ground := range []fyne.ThemeColorName{Background, Surface, Rail} {
		for _, text := range []fyne.ThemeColorName{Text, Muted, Primary, Success, Warning, Danger, Disabled} {
			pairs = append(pairs, pair{text, ground})
		}
	}
	pairs = append(pairs,
		pair{OnPrimary, Primary}, pair{OnDanger, Danger}, pair{OnWarning, Warning},
		pair{fynetheme.ColorNameForegroundOnSuccess, Success})

	for variant, name := range map[Variant]string{Light: "light", Dark: "dark"} {
		th := New(variant)
		for _, p := range pairs {
			got := contrast(th.Color(p.text, 0), th.Color(p.ground, 0))
			if got < 4.5 {
				t.Errorf("%s: %s on %s has a contrast of %.2f, want at least 4.5", name, p.text, p.ground, got)
			}
		}
		for _, ground := range []fyne.ThemeColorName{Background, Surface, Rail} {
			for _, text := range []fyne.ThemeColorName{Text, Muted, Primary, Success, Warning, Danger} {
				for _, over := range []fyne.ThemeColorName{Hover, Selected} {
					got := contrast(th.Color(text, 0), blend(th.Color(over, 0), th.Color(ground, 0)))
					if got < 4.5 {
						t.Errorf("%s: %s on %s over %s has a contrast of %.2f, want at least 4.5", name, text, over, ground, got)
					}
				}
			}
			if got := contrast(th.Color(Border, 0), th.Color(ground, 0)); got < 3 {
				t.Errorf("%s: the border of a control on %s has a contrast of %.2f, want at least 3", name, ground, got)
			}
		}
	}
}

func TestIconsTakeTheColourOfTheTheme(t *testing.T) {
	test.NewTempApp(t)
	set := fyne.CurrentApp().Settings()
	set.SetTheme(New(Light))
	i := WarningIcon.In(Danger)
	lightName, lightSVG := i.Name(), string(i.Content())
	set.SetTheme(New(Dark))
	if i.Name() == lightName {
		t.Errorf("the icon is named %q in both variants: Fyne would show the one it kept", lightName)
	}
	if string(i.Content()) == lightSVG {
		t.Error("the icon has the same content in both variants, want the colour of each")
	}
}

func contrast(a, b color.Color) float64 {
	l1, l2 := luminance(a), luminance(b)
	return (math.Max(l1, l2) + 0.05) / (math.Min(l1, l2) + 0.05)
}

// luminance is the relative luminance of WCAG 2.1.
func luminance(c color.Color) float64 {
	n := nrgba(c)
	if n.A != 0xFF {
		panic(fmt.Sprintf("%v is not opaque", n))
	}
	channel := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.03928 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(n.R) + 0.7152*channel(n.G) + 0.0722*channel(n.B)
}

func nrgba(c color.Color) color.NRGBA {
	n, _ := color.NRGBAModel.Convert(c).(color.NRGBA) // it makes nothing else
	return n
}

func blend(over, under color.Color) color.Color {
	o, u := nrgba(over), nrgba(under)
	mix := func(a, b uint8) uint8 { return uint8((int(a)*int(o.A) + int(b)*(255-int(o.A))) / 255) }
	return color.NRGBA{mix(o.R, u.R), mix(o.G, u.G), mix(o.B, u.B), 0xFF}
}
