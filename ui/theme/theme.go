// Package theme is how Tapstation's windows look: colours, sizes, icons and drawings. Nothing else in ui names a
// colour or a size in numbers.
package theme

import (
	"image/color"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"
)

// Variant says which of the two sets of colours a window has.
type Variant int

// Variants.
const (
	System Variant = iota // what the operating system prefers
	Light
	Dark
)

// Sizes of text, in units. Rank is told by weight and by these four, never by capitals.
const (
	TextSmall   = fynetheme.SizeNameCaptionText    // 13
	TextNormal  = fynetheme.SizeNameText           // 15
	TextLarge   = fynetheme.SizeNameSubHeadingText // 20
	TextHeading = fynetheme.SizeNameHeadingText    // 28
)

// Steps of spacing, in units.
const (
	Space4  float32 = 4
	Space8  float32 = 8
	Space12 float32 = 12
	Space16 float32 = 16
	Space24 float32 = 24
	Space32 float32 = 32
)

// Measures of the desk, in units.
const (
	Control   float32 = 36  // height of what is pressed or typed into
	Row       float32 = 48  // height of a row in a list
	FormWidth float32 = 960 // widest content of a form
	Radius    float32 = 6
	FocusRing float32 = 2
)

// theme is Tapstation's fyne.Theme.
type theme struct {
	variant Variant
	base    fyne.Theme // fonts, and what is not said here
}

// New is the theme for a window: app.Settings().SetTheme(theme.New(theme.System)).
func New(v Variant) fyne.Theme { return &theme{v, fynetheme.DefaultTheme()} }

func (t *theme) Color(name fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	switch t.variant {
	case Light:
		v = fynetheme.VariantLight
	case Dark:
		v = fynetheme.VariantDark
	}
	p := &light
	if v == fynetheme.VariantDark {
		p = &dark
	}
	if c, ok := p.color(name); ok {
		return c
	}
	return t.base.Color(name, v)
}

func (t *theme) Font(s fyne.TextStyle) fyne.Resource { return t.base.Font(s) }

func (t *theme) Icon(name fyne.ThemeIconName) fyne.Resource { return t.base.Icon(name) }

func (t *theme) Size(name fyne.ThemeSizeName) float32 {
	switch name {
	case TextSmall:
		return 13
	case TextNormal:
		return 15
	case TextLarge:
		return 20
	case TextHeading:
		return 28
	case fynetheme.SizeNamePadding:
		return Space4
	case fynetheme.SizeNameInnerPadding:
		return 7 // a line to type into is then just below Control; one that is above it would scroll
	case fynetheme.SizeNameLineSpacing:
		return Space4
	case fynetheme.SizeNameInlineIcon:
		return 20
	case fynetheme.SizeNameInputBorder, fynetheme.SizeNameSeparatorThickness:
		return 1
	case fynetheme.SizeNameInputRadius, fynetheme.SizeNameButtonRadius, fynetheme.SizeNameSelectionRadius:
		return Radius
	case fynetheme.SizeNameScrollBar:
		return 10
	case fynetheme.SizeNameScrollBarSmall:
		return 6
	case fynetheme.SizeNameScrollBarRadius:
		return 5
	}
	return t.base.Size(name)
}
