package widget

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
)

func TestProblemComesWhenTheFieldIsLeftNotWhileTyping(t *testing.T) {
	field, next := NewField("User ID", "for example a staff number"), NewField("Name", "")
	field.Validate = func(s string) string {
		if strings.Contains(s, " ") {
			return "Leave out the space."
		}
		return ""
	}
	left := ""
	field.OnLeave = func(s string) { left = s }
	c := onPage(t, &Keys{}, container.NewVBox(field, next))

	c.Focus(field.Entry)
	write(c, "a b")
	if got := field.Problem(); got != "" {
		t.Errorf("while typing the problem %q is shown, want none before the field is left", got)
	}
	c.Focus(next.Entry)
	if got := field.Problem(); got != "Leave out the space." {
		t.Errorf("the field was left and the problem is %q, want what to write instead", got)
	}
	if left != "a b" {
		t.Errorf("OnLeave was told %q, want what was typed", left)
	}
	c.Focus(field.Entry)
	press(c, fyne.KeyEnd)
	write(c, "c")
	if field.Problem() == "" {
		t.Error("the problem went although it is not solved")
	}
	press(c, fyne.KeyBackspace, fyne.KeyBackspace, fyne.KeyBackspace)
	if got := field.Problem(); got != "" {
		t.Errorf("what was typed is well now, but the problem %q stays", got)
	}
}

func TestFieldThatNobodyTypedIntoIsNotBlamed(t *testing.T) {
	field, next := NewField("User ID", ""), NewField("Name", "")
	field.Validate = func(s string) string {
		if s == "" {
			return "Write something here."
		}
		return ""
	}
	c := onPage(t, &Keys{}, container.NewVBox(field, next))
	c.Focus(field.Entry)
	c.Focus(next.Entry)
	if got := field.Problem(); got != "" {
		t.Errorf("the field was only passed through and shows %q, want nothing", got)
	}
	field.SetText("")
	c.Focus(field.Entry)
	c.Focus(next.Entry)
	if got := field.Problem(); got != "" {
		t.Errorf("the field was filled by the program and shows %q, want nothing", got)
	}
	if field.Check() || field.Problem() != "Write something here." {
		t.Errorf("Check shows %q, want what is missing", field.Problem())
	}
}

func TestSecretIsNeverShown(t *testing.T) {
	secret := NewSecret("PIN", "")
	c := onPage(t, &Keys{}, secret)
	c.Focus(secret.Entry)
	write(c, "246810")
	if secret.Text() != "246810" {
		t.Fatalf("the field holds %q, want what was typed", secret.Text())
	}
	markup := test.RenderToMarkup(c)
	if strings.Contains(markup, "246810") {
		t.Error("the PIN can be read on the screen")
	}
	if strings.Contains(markup, "visibility") {
		t.Error("there is an eye that reveals the PIN")
	}
}

func TestEscapeEmptiesTheSearchFirst(t *testing.T) {
	escaped, asked := 0, []string{}
	search := NewSearch("Search", "Clear")
	search.OnChanged = func(s string) { asked = append(asked, s) }
	c := onPage(t, &Keys{Escape: count(&escaped)}, search)
	search.Focus()
	write(c, "ad")
	press(c, fyne.KeyEscape)
	if search.Text() != "" || escaped != 0 {
		t.Errorf("after Escape the search holds %q and the page got it %d times, want it empty and 0", search.Text(), escaped)
	}
	press(c, fyne.KeyEscape)
	if escaped != 1 {
		t.Errorf("Escape in an empty search reached the page %d times, want once", escaped)
	}
	if got := strings.Join(asked, ","); got != "a,ad," {
		t.Errorf("the page was told %q, want a, then ad, then nothing", got)
	}
	write(c, "x")
	Find[*Button](search, "Clear").Tapped(nil)
	if search.Text() != "" || c.Focused() != search.Entry {
		t.Error("the cross does not empty the search and leave the cursor in it")
	}
}

func TestCopyableCanBeCopiedButNotChanged(t *testing.T) {
	value := NewCopyable("Credential ID", "q83v")
	c := onPage(t, &Keys{}, value)
	Find[*Button](value, value.copy.Label).Tapped(nil)
	if got := fyne.CurrentApp().Clipboard().Content(); got != "q83v" {
		t.Errorf("the button copied %q, want q83v", got)
	}
	c.Focus(value.words)
	write(c, "x")
	press(c, fyne.KeyBackspace)
	value.words.TypedShortcut(&fyne.ShortcutSelectAll{})
	fyne.CurrentApp().Clipboard().SetContent("")
	value.words.TypedShortcut(&fyne.ShortcutCut{Clipboard: fyne.CurrentApp().Clipboard()})
	value.words.TypedShortcut(&fyne.ShortcutPaste{Clipboard: fyne.CurrentApp().Clipboard()})
	if value.Text() != "q83v" {
		t.Errorf("the words were changed to %q", value.Text())
	}
	value.words.TypedShortcut(&fyne.ShortcutCopy{Clipboard: fyne.CurrentApp().Clipboard()})
	if got := fyne.CurrentApp().Clipboard().Content(); got != "q83v" {
		t.Errorf("selecting all and copying gives %q, want q83v", got)
	}
}
