package theme

import (
	"image/color"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"
)

// Names of the colours, for fynetheme.Color and for Icon.In. Text, Muted, Primary, Success, Warning and Danger have a
// contrast of at least 4.5 to 1 on Background, Surface and Rail; the On colours have it on the colour they
// are named for.
const (
	Background fyne.ThemeColorName = fynetheme.ColorNameBackground
	Surface    fyne.ThemeColorName = fynetheme.ColorNameInputBackground // fields, lists, cards
	Rail       fyne.ThemeColorName = "tapstation.rail"
	Text       fyne.ThemeColorName = fynetheme.ColorNameForeground
	Muted      fyne.ThemeColorName = fynetheme.ColorNamePlaceHolder
	Primary    fyne.ThemeColorName = fynetheme.ColorNamePrimary
	Success    fyne.ThemeColorName = fynetheme.ColorNameSuccess
	Warning    fyne.ThemeColorName = fynetheme.ColorNameWarning
	Danger     fyne.ThemeColorName = fynetheme.ColorNameError
	OnPrimary  fyne.ThemeColorName = fynetheme.ColorNameForegroundOnPrimary
	OnDanger   fyne.ThemeColorName = fynetheme.ColorNameForegroundOnError
	OnWarning  fyne.ThemeColorName = fynetheme.ColorNameForegroundOnWarning
	// Disabled is text of what cannot be used now. It can still be read.
	Disabled fyne.ThemeColorName = fynetheme.ColorNameDisabled
	// Border is around what is typed into or pressed, at least 3 to 1; Line parts one thing from the next.
	Border fyne.ThemeColorName = fynetheme.ColorNameInputBorder
	Line   fyne.ThemeColorName = fynetheme.ColorNameSeparator
	// Hover, Pressed and Selected are laid over a surface.
	Hover    fyne.ThemeColorName = fynetheme.ColorNameHover
	Pressed  fyne.ThemeColorName = fynetheme.ColorNamePressed
	Selected fyne.ThemeColorName = fynetheme.ColorNameSelection
)

// palette is one set of colours: the table in the description of the windows, and what follows from it.
type palette struct {
	background, surface, rail, text, muted, primary, success, warning, danger color.NRGBA

	onPrimary, onDanger, onWarning color.NRGBA
	disabled, border, line         color.NRGBA
	hover, pressed, selected       color.NRGBA
	shadow                         color.NRGBA
}

var light = palette{
	background: rgb(0xF6F7F9), surface: rgb(0xFFFFFF), rail: rgb(0xFFFFFF),
	text: rgb(0x1B2430), muted: rgb(0x566170),
	primary: rgb(0x1D55C8), success: rgb(0x0F7A55), warning: rgb(0x8A5A00), danger: rgb(0xBC2634),
	onPrimary: rgb(0xFFFFFF), onDanger: rgb(0xFFFFFF), onWarning: rgb(0xFFFFFF),
	disabled: rgb(0x667180), border: rgb(0x848E9C), line: rgb(0xE1E5EA),
	hover: tint(0x1B2430, 0x0A), pressed: tint(0x1B2430, 0x1F), selected: tint(0x1D55C8, 0x10),
	shadow: tint(0x1B2430, 0x1C),
}

var dark = palette{
	background: rgb(0x11151B), surface: rgb(0x1A2029), rail: rgb(0x161B22),
	text: rgb(0xE8ECF1), muted: rgb(0x9CA8B6),
	primary: rgb(0x7AA7FF), success: rgb(0x4FC58F), warning: rgb(0xE5B04A), danger: rgb(0xFF8089),
	onPrimary: rgb(0x11151B), onDanger: rgb(0x11151B), onWarning: rgb(0x11151B),
	disabled: rgb(0x8D99A8), border: rgb(0x6B7787), line: rgb(0x2C3440),
	hover: tint(0xE8ECF1, 0x0F), pressed: tint(0xE8ECF1, 0x24), selected: tint(0x7AA7FF, 0x22),
	shadow: tint(0x000000, 0x50),
}

func (p *palette) color(name fyne.ThemeColorName) (color.Color, bool) {
	switch name {
	case Background:
		return p.background, true
	case Surface, fynetheme.ColorNameMenuBackground, fynetheme.ColorNameOverlayBackground:
		return p.surface, true
	case Rail, fynetheme.ColorNameHeaderBackground:
		return p.rail, true
	case Text:
		return p.text, true
	case Muted:
		return p.muted, true
	case Primary, fynetheme.ColorNameHyperlink, fynetheme.ColorNameFocus:
		return p.primary, true
	case Success:
		return p.success, true
	case Warning:
		return p.warning, true
	case Danger:
		return p.danger, true
	case OnPrimary, fynetheme.ColorNameForegroundOnSuccess:
		return p.onPrimary, true
	case OnDanger:
		return p.onDanger, true
	case OnWarning:
		return p.onWarning, true
	case Disabled:
		return p.disabled, true
	case Border:
		return p.border, true
	case Line, fynetheme.ColorNameButton, fynetheme.ColorNameDisabledButton:
		return p.line, true
	case Hover:
		return p.hover, true
	case Pressed:
		return p.pressed, true
	case Selected:
		return p.selected, true
	case fynetheme.ColorNameShadow:
		return p.shadow, true
	case fynetheme.ColorNameScrollBar:
		c := p.muted
		c.A = 0x99
		return c, true
	case fynetheme.ColorNameScrollBarBackground:
		return color.Transparent, true
	}
	return nil, false
}

func rgb(hex uint32) color.NRGBA { return tint(hex, 0xFF) }

func tint(hex uint32, alpha uint8) color.NRGBA {
	return color.NRGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: alpha}
}
