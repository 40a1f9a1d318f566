package widget

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

func TestDropdownIsAnsweredByKeyboardAndKeepsTheFocus(t *testing.T) {
	for _, opens := range []fyne.KeyName{fyne.KeyReturn, fyne.KeySpace, fyne.KeyDown} {
		t.Run(string(opens), func(t *testing.T) {
			test.NewTempApp(t)
			var told []string
			d := NewDropdown("Verification", "", func(id string) { told = append(told, id) },
				Option{ID: "", Title: "As the workspace says"}, Option{ID: "pin", Title: "PIN"}, Option{ID: "pinless", Title: "PINless"})
			w := test.NewTempWindow(t, d)
			w.Resize(fyne.NewSize(400, 400))
			w.Canvas().Focus(d)
			press(w.Canvas(), opens, fyne.KeyDown, fyne.KeyReturn) // the present answer is the current one
			if d.Selected() != "pin" || len(told) != 1 || told[0] != "pin" {
				t.Errorf("the answer is %q, told were %q; want pin, told once", d.Selected(), told)
			}
			if w.Canvas().Focused() != fyne.Focusable(d) {
				t.Errorf("after the answer %T has the focus, want the drop-down", w.Canvas().Focused())
			}
			press(w.Canvas(), opens, fyne.KeyDown, fyne.KeyEscape)
			if d.Selected() != "pin" {
				t.Errorf("after Escape the answer is %q, want it as it was, pin", d.Selected())
			}
		})
	}
}

func TestDropdownKeepsAnAnswerThatIsStillThere(t *testing.T) {
	test.NewTempApp(t)
	d := NewDropdown("Column", "", nil, Option{ID: "a", Title: "A"}, Option{ID: "b", Title: "B"})
	d.Select("b")
	d.SetOptions(Option{ID: "c", Title: "C"}, Option{ID: "b", Title: "B"})
	if got := d.Selected(); got != "b" {
		t.Errorf("with b still offered the answer is %q, want b", got)
	}
	d.SetOptions(Option{ID: "c", Title: "C"})
	if got := d.Selected(); got != "c" {
		t.Errorf("with b gone the answer is %q, want the first, c", got)
	}
	d.Select("nonsense")
	if got := d.Selected(); got != "c" {
		t.Errorf("an unknown answer made it %q, want c", got)
	}
}

func TestDisabledDropdownStaysShut(t *testing.T) {
	test.NewTempApp(t)
	d := NewDropdown("Column", "", func(string) { t.Error("it was answered") }, Option{ID: "a", Title: "A"}, Option{ID: "b", Title: "B"})
	w := test.NewTempWindow(t, d)
	d.SetEnabled(false)
	test.Tap(d)
	if w.Canvas().Overlays().Top() != nil {
		t.Error("a drop-down that is disabled opened")
	}
}

func TestLinesOfAFieldTakeEnterAndLetTabGoOn(t *testing.T) {
	test.NewTempApp(t)
	f := NewLines("Models", "", 3)
	w := test.NewTempWindow(t, f)
	w.Canvas().Focus(f.Entry)
	test.Type(f.Entry, "one")
	f.Entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	test.Type(f.Entry, "two")
	if got := f.Text(); got != "one\ntwo" {
		t.Errorf("the field holds %q, want two lines", got)
	}
	if f.Entry.AcceptsTab() {
		t.Error("Tab would be typed into the lines, and not go on")
	}
}
