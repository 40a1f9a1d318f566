package widget

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	fynetheme "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"
)

// Entry is a line to type into. Unlike Fyne's it tells when it is left, and passes on Enter, Escape and shortcuts
// that are not its own.
type Entry struct {
	fynewidget.Entry
	Label     string // its accessible name
	OnFocus   func(has bool)
	OnEnter   func()      // nil: Enter is for the page
	OnEscape  func() bool // true: taken; else Escape is for the page
	OnDown    func()      // nil: Down moves the cursor
	readsOnly bool
}

// NewEntry is an empty line.
func NewEntry(label string) *Entry {
	e := &Entry{Label: label}
	e.Wrapping = fyne.TextWrap(fyne.TextTruncateClip)
	e.ExtendBaseWidget(e)
	return e
}

// AccessibilityLabel is the entry's name.
func (e *Entry) AccessibilityLabel() string { return e.Label }

// AccessibilityRole is that of text.
func (e *Entry) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// AcceptsTab tells that Tab goes on to what comes next, also from several lines.
func (e *Entry) AcceptsTab() bool { return false }

// FocusGained is for Fyne.
func (e *Entry) FocusGained() {
	Stir(e)
	e.Entry.FocusGained()
	if e.OnFocus != nil {
		e.OnFocus(true)
	}
}

// FocusLost is for Fyne.
func (e *Entry) FocusLost() {
	e.Entry.FocusLost()
	if e.OnFocus != nil {
		e.OnFocus(false)
	}
}

// TypedKey edits, or passes the key on.
func (e *Entry) TypedKey(k *fyne.KeyEvent) {
	Stir(e)
	spent = false
	switch {
	case k.Name == fyne.KeyEscape:
		if e.OnEscape == nil || !e.OnEscape() {
			Pass(e, k)
		}
	case isEnter(k) && !e.MultiLine:
		if e.OnEnter != nil {
			e.OnEnter()
		} else {
			Pass(e, k)
		}
	case k.Name == fyne.KeyDown && e.OnDown != nil:
		e.OnDown()
	default:
		e.Entry.TypedKey(k)
	}
}

// TypedRune edits.
func (e *Entry) TypedRune(r rune) {
	Stir(e)
	if !takeSpent(r) {
		e.Entry.TypedRune(r)
	}
}

// TypedShortcut edits (copy, paste, …), or passes the shortcut on.
func (e *Entry) TypedShortcut(s fyne.Shortcut) {
	Stir(e)
	if c, ok := s.(*desktop.CustomShortcut); ok && c.Modifier == fyne.KeyModifierShortcutDefault {
		passShortcut(e, s)
	}
	if e.readsOnly {
		switch s.(type) {
		case *fyne.ShortcutCopy, *fyne.ShortcutSelectAll:
		default:
			return
		}
	}
	e.Entry.TypedShortcut(s)
}

// plain is a theme in which an entry looks like words on the page: otherwise it is that of the app, whichever that is by now.
type plain struct{}

func (plain) app() fyne.Theme { return fyne.CurrentApp().Settings().Theme() }

func (p plain) Color(n fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	switch n {
	case fynetheme.ColorNameInputBackground, fynetheme.ColorNameInputBorder:
		return color.Transparent
	case fynetheme.ColorNameDisabled: // an entry that cannot be changed can still be read and copied
		return p.app().Color(fynetheme.ColorNameForeground, v)
	}
	return p.app().Color(n, v)
}

func (p plain) Font(s fyne.TextStyle) fyne.Resource { return p.app().Font(s) }

func (p plain) Icon(n fyne.ThemeIconName) fyne.Resource { return p.app().Icon(n) }

func (p plain) Size(n fyne.ThemeSizeName) float32 {
	switch n {
	case fynetheme.SizeNameInnerPadding, fynetheme.SizeNameInputBorder:
		return 0
	}
	return p.app().Size(n)
}

func plainly(o fyne.CanvasObject) *container.ThemeOverride {
	return container.NewThemeOverride(o, plain{})
}
