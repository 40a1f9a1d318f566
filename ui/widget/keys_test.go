package widget

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"tapstation/ui/theme"
)

func TestEnterAndEscapeReachThePageWhereverTheFocusIs(t *testing.T) {
	var entered, escaped, pressed int
	field := NewField("Name", "")
	toggle := NewToggle("Offline Login", "", nil)
	choice := NewChoice("Kind", 1, nil, Option{ID: "card", Title: "Card"}, Option{ID: "later", Title: "Later"})
	button := NewButton("Stop", count(&pressed))
	c := onPage(t, &Keys{Enter: count(&entered), Escape: count(&escaped)},
		container.NewVBox(field, toggle, choice, button))

	for _, where := range []struct {
		name  string
		focus fyne.Focusable
	}{{"nothing", nil}, {"a field", field.Entry}, {"a toggle", toggle}, {"a choice", choice}} {
		entered, escaped = 0, 0
		c.Focus(where.focus)
		press(c, fyne.KeyReturn, fyne.KeyEnter, fyne.KeyEscape)
		if entered != 2 || escaped != 1 {
			t.Errorf("with the focus on %s the page got Enter %d times and Escape %d times, want 2 and 1",
				where.name, entered, escaped)
		}
	}

	entered, escaped = 0, 0
	c.Focus(button)
	press(c, fyne.KeyReturn, fyne.KeySpace, fyne.KeyEscape)
	if pressed != 2 || entered != 0 || escaped != 1 {
		t.Errorf("with the focus on a button Enter and Space pressed it %d times, want 2; the page got Enter %d times, "+
			"want 0, and Escape %d times, want 1", pressed, entered, escaped)
	}
	button.Disable()
	press(c, fyne.KeyReturn)
	if pressed != 2 {
		t.Error("Enter pressed a button that is disabled")
	}
}

func TestShortcutsActWhileTyping(t *testing.T) {
	var found, slashed int
	field := NewField("Name", "")
	button := NewButton("Stop", nil)
	keys := &Keys{
		Runes:     map[rune]func(){'/': count(&slashed)},
		Shortcuts: []Shortcut{{fyne.KeyF, count(&found)}},
	}
	c := onPage(t, keys, container.NewVBox(field, button))

	c.Focus(field.Entry)
	field.Entry.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyF, Modifier: fyne.KeyModifierShortcutDefault})
	if found != 1 {
		t.Errorf("the shortcut acted %d times while typing, want once", found)
	}
	write(c, "a/b")
	if slashed != 0 || field.Text() != "a/b" {
		t.Errorf("while typing, the key that acts elsewhere acted %d times and the field holds %q, want 0 and a/b",
			slashed, field.Text())
	}
	c.Focus(button)
	write(c, "/")
	c.Unfocus()
	write(c, "/")
	if slashed != 2 {
		t.Errorf("'/' acted %d times outside of a field, want twice", slashed)
	}

	keys.Attach(c)() // another page came and went
	c.Focus(field.Entry)
	field.Entry.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyF, Modifier: fyne.KeyModifierShortcutDefault})
	if found != 1 {
		t.Error("a shortcut acted after its page was left")
	}
}

func TestEveryKeyTellsThatSomebodyIsThere(t *testing.T) {
	entry := NewEntry("Name")
	for name, w := range map[string]interface {
		fyne.CanvasObject
		fyne.Focusable
	}{
		"entry": entry, "button": NewButton("Stop", nil), "toggle": NewToggle("Offline Login", "", nil),
		"choice": NewChoice("Which?", 1, nil, Option{ID: "a", Title: "A"}), "rail item": NewRailItem(theme.UsersIcon, "Users", nil),
	} {
		t.Run(name, func(t *testing.T) {
			test.NewTempApp(t)
			c := test.NewTempWindow(t, w).Canvas()
			stirred := 0
			defer (&Keys{Stirred: func() { stirred++ }}).Attach(c)()
			acts := map[string]func(){
				"focus": func() { c.Focus(w) },
				"Down":  func() { w.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown}) },
				"Space": func() { w.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace}) },
				"Home":  func() { w.TypedKey(&fyne.KeyEvent{Name: fyne.KeyHome}) },
				"a":     func() { w.TypedRune('a') },
			}
			for key, act := range acts {
				before := stirred
				act()
				if stirred == before {
					t.Errorf("%s on it went by unnoticed", key)
				}
			}
		})
	}
}

func TestPointerIsNoticedOverEverything(t *testing.T) {
	moves := 0
	w := NewWatcher(func() { moves++ })
	if got := w.Cursor(); got != desktop.DefaultCursor || moves != 1 {
		t.Errorf("asked for its cursor it says %v and has noticed %d moves, want the default and 1", got, moves)
	}
}

func TestSpaceThatPressesIsNotTypedAsWell(t *testing.T) {
	entry := NewEntry("Name")
	button := NewButton("Next", func() { Focus(entry) })
	c := onPage(t, &Keys{}, container.NewVBox(button, entry))
	c.Focus(button)
	c.Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	c.Focused().TypedRune(' ') // as Fyne gives it to whatever has the focus by then
	if entry.Text != "" {
		t.Errorf("the line that got the focus holds %q, want nothing", entry.Text)
	}
	c.Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	c.Focused().TypedRune(' ')
	if entry.Text != " " {
		t.Errorf("a space typed into the line gives %q", entry.Text)
	}
}
