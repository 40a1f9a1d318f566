package widget

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// asked is a question on a window, with what has been answered.
func asked(t *testing.T, text QuestionText) (q *Question, c fyne.Canvas, answer *string) {
	t.Helper()
	test.NewTempApp(t)
	answer = new(string)
	q = NewQuestion(text, func() { *answer = "act" }, func() { *answer = "cancel" })
	c = test.NewTempWindow(t, q).Canvas()
	q.Keys().Attach(c)
	c.Focus(q.First())
	return q, c, answer
}

func TestSafeChoiceHasTheFocus(t *testing.T) {
	for _, key := range []fyne.KeyName{fyne.KeyReturn, fyne.KeySpace, fyne.KeyEscape} {
		_, c, answer := asked(t, QuestionText{Title: "Revoke?", Act: "Revoke key", Cancel: "Keep key", Danger: true})
		c.Focused().TypedKey(&fyne.KeyEvent{Name: key})
		if *answer != "cancel" {
			t.Errorf("%s answers %q, want the safe choice", key, *answer)
		}
	}
}

func TestActIsOneTabAway(t *testing.T) {
	_, c, answer := asked(t, QuestionText{Title: "Revoke?", Act: "Revoke key", Cancel: "Keep key"})
	c.FocusNext()
	c.Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if *answer != "act" {
		t.Errorf("the button beside the safe choice answers %q, want the act", *answer)
	}
}

func TestNothingHappensUntilTheWordIsTyped(t *testing.T) {
	q, c, answer := asked(t, QuestionText{Title: "Delete?", Act: "Delete user", Cancel: "Keep", Typed: "ada", Label: "User ID"})
	enter := func() { c.Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn}) }
	enter()
	q.act.Tapped(nil)
	test.Type(q.typed.Entry, "ad")
	enter()
	if *answer != "" || !q.act.Disabled() {
		t.Fatalf("it answered %q before the word was typed (button disabled: %v)", *answer, q.act.Disabled())
	}
	test.Type(q.typed.Entry, "a")
	enter()
	if *answer != "act" || q.act.Disabled() {
		t.Errorf("with the word typed, Enter answers %q (button disabled: %v), want the act", *answer, q.act.Disabled())
	}
}
