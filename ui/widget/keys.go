package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// Keys is what the keyboard does on a page, wherever the focus is. Fyne hands a key to the widget that has the
// focus and to nobody else; the widgets of this package pass on what they have no use for, so that Enter does the
// page's main action even while one types in a Field, and Escape goes back. A focused Button takes Enter for
// itself.
type Keys struct {
	Enter  func() // the page's main action; nil: none
	Escape func() // back, or cancel; nil: none
	// Runes are keys that act while nothing is typed into, such as '/' for search.
	Runes map[rune]func()
	// Shortcuts act everywhere, while something is typed into as well.
	Shortcuts []Shortcut
	// Stirred is told of every key and every move of the focus, whoever takes it: somebody is there.
	Stirred func()
}

// Shortcut is a key held together with Ctrl, or with Command on macOS.
type Shortcut struct {
	Key fyne.KeyName
	Do  func()
}

// Attach puts the keys in force on c, in place of those before, and returns what takes them off again.
func (k *Keys) Attach(c fyne.Canvas) (detach func()) {
	c.SetOnTypedKey(k.typedKey)
	c.SetOnTypedRune(func(r rune) {
		k.stirred()
		spent = false
		if do := k.Runes[r]; do != nil {
			do()
		}
	})
	for _, s := range k.Shortcuts {
		c.AddShortcut(s.shortcut(), func(fyne.Shortcut) { k.stirred(); s.Do() })
	}
	inForce[c] = k
	return func() {
		delete(inForce, c)
		c.SetOnTypedKey(nil)
		c.SetOnTypedRune(nil)
		for _, s := range k.Shortcuts {
			c.RemoveShortcut(s.shortcut())
		}
	}
}

// inForce are the keys of the page that each canvas shows. Fyne has no way to hand a canvas a shortcut that the widget
// with the focus did not take.
var inForce = map[fyne.Canvas]*Keys{}

func (k *Keys) typedKey(e *fyne.KeyEvent) {
	k.stirred()
	switch {
	case isEnter(e) && k.Enter != nil:
		k.Enter()
	case e.Name == fyne.KeyEscape && k.Escape != nil:
		k.Escape()
	}
}

func (k *Keys) stirred() {
	if k.Stirred != nil {
		k.Stirred()
	}
}

// Stir tells the page that w is on that somebody uses it. Every widget that takes keys for itself calls it.
func Stir(w fyne.CanvasObject) {
	if keys := inForce[canvasOf(w)]; keys != nil {
		keys.stirred()
	}
}

func (s Shortcut) shortcut() fyne.Shortcut {
	return &desktop.CustomShortcut{KeyName: s.Key, Modifier: fyne.KeyModifierShortcutDefault}
}

func isEnter(e *fyne.KeyEvent) bool { return e.Name == fyne.KeyReturn || e.Name == fyne.KeyEnter }

// isPress tells whether a key presses what has the focus.
func isPress(e *fyne.KeyEvent) bool {
	spent = e.Name == fyne.KeySpace
	return spent || isEnter(e)
}

// spent is true while the letter of a space is yet to come whose key has pressed something. A line that has got the focus
// by that must not get the letter too: Fyne gives a key and its letter to whatever has the focus then.
var spent bool

// takeSpent tells whether r is the letter of a key that was used already.
func takeSpent(r rune) bool {
	was := spent
	spent = false
	return was && r == ' '
}

// Pass gives a key that w has no use for to the page that w is on.
func Pass(w fyne.CanvasObject, e *fyne.KeyEvent) {
	if c := canvasOf(w); c != nil && c.OnTypedKey() != nil {
		c.OnTypedKey()(e)
	}
}

func passRune(w fyne.CanvasObject, r rune) {
	if takeSpent(r) {
		return
	}
	if c := canvasOf(w); c != nil && c.OnTypedRune() != nil {
		c.OnTypedRune()(r)
	}
}

// passShortcut gives a shortcut that w has no use for to the page.
func passShortcut(w fyne.CanvasObject, taken fyne.Shortcut) {
	Stir(w)
	keys := inForce[canvasOf(w)]
	if keys == nil {
		return
	}
	for _, s := range keys.Shortcuts {
		if s.shortcut().ShortcutName() == taken.ShortcutName() {
			s.Do()
			return
		}
	}
}

func canvasOf(w fyne.CanvasObject) fyne.Canvas {
	return fyne.CurrentApp().Driver().CanvasForObject(w)
}

// Focus gives w the focus, if it is on a window.
func Focus(w fyne.Focusable) {
	o, ok := w.(fyne.CanvasObject)
	if !ok {
		return
	}
	if c := canvasOf(o); c != nil {
		c.Focus(w)
	}
}
