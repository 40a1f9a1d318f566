package widget

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"tapstation/app/directory"
	"tapstation/ui/theme"
)

func TestArrowsGoPastAnswersThatAreRefused(t *testing.T) {
	var told []string
	choice := NewChoice("Kind", 2, func(id string) { told = append(told, id) },
		Option{ID: "phone", Title: "Smartphone", Refused: "Not in this version yet."},
		Option{ID: "card", Title: "Card"},
		Option{ID: "usb", Title: "USB key", Refused: "Not in this version yet."},
		Option{ID: "later", Title: "Later"})
	c := onPage(t, &Keys{}, container.NewVBox(choice))
	c.Focus(choice)
	press(c, fyne.KeyDown, fyne.KeyDown, fyne.KeyDown, fyne.KeyUp, fyne.KeyUp)
	if got, want := fmt.Sprint(told), "[card later card]"; got != want {
		t.Errorf("the arrows chose %s, want %s", got, want)
	}
	test.Tap(Find[*optionCard](choice, "USB key"))
	choice.Select("usb")
	if choice.Selected() != "card" {
		t.Errorf("an answer that is refused was chosen: %q", choice.Selected())
	}
	test.Tap(Find[*optionCard](choice, "Later"))
	if choice.Selected() != "later" {
		t.Errorf("a click on Later chose %q", choice.Selected())
	}
	choice.SetOptions(Option{ID: "later", Title: "Later", Refused: "The relying party wants a key."})
	if choice.Selected() != "" {
		t.Errorf("the answer is %q although it is refused now, want none", choice.Selected())
	}
}

func TestToggleTellsWhatAPersonDoesAndNotWhatTheProgramDoes(t *testing.T) {
	var told []bool
	toggle := NewToggle("Offline Login", "", func(on bool) { told = append(told, on) })
	c := onPage(t, &Keys{}, toggle)
	toggle.Set(true)
	c.Focus(toggle)
	press(c, fyne.KeySpace)
	test.Tap(toggle)
	toggle.Disable()
	test.Tap(toggle)
	if got, want := fmt.Sprint(told, toggle.On), "[false true] true"; got != want {
		t.Errorf("the toggle told %s, want %s", got, want)
	}
}

func TestEveryStateHasAWordAndASignOfItsOwn(t *testing.T) {
	test.NewTempApp(t)
	icons, words := map[*theme.Icon]string{}, map[string]bool{}
	add := func(what string, s Sign) {
		if other, taken := icons[s.Icon]; taken {
			t.Errorf("%s has the sign of %s: only colour would tell them apart", what, other)
		}
		if s.Word == "" || words[s.Word] {
			t.Errorf("%s is called %q, want a word of its own", what, s.Word)
		}
		icons[s.Icon], words[s.Word] = what, true
	}
	for _, state := range []directory.KeyState{directory.Pending, directory.Active, directory.Disabled, directory.Revoked} {
		add(string(state), StateSign(state))
	}
	add("PINless", VerificationSign(directory.PINless))
	add("PIN", VerificationSign(directory.PIN))
	add("PIN temporary", TemporaryPINSign())
	for _, kind := range []directory.Kind{directory.Card, directory.USBKey, directory.Fingerprint, directory.Smartphone} {
		add(string(kind), KindSign(kind))
	}
}

func TestTabGoesAsOneReads(t *testing.T) {
	field, choice := NewField("Name", ""), NewChoice("Kind", 1, nil, Option{ID: "card", Title: "Card"})
	value := NewCopyable("User ID", "ada")
	back, next := NewButton("Back", nil), NewPrimary("Next", nil)
	c := onPage(t, &Keys{}, container.NewVBox(field, choice, value, container.NewHBox(back, next)))
	for i, want := range []fyne.Focusable{field.Entry, choice, value.copy, back, next, field.Entry} {
		c.FocusNext()
		if c.Focused() != want {
			t.Errorf("Tab %d goes to %T, want %T", i+1, c.Focused(), want)
		}
	}
}
