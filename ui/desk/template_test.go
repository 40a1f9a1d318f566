package desk

import (
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"tapstation/app/directory"
	"tapstation/app/mail/letter"
	"tapstation/assets/text"
	"tapstation/ui/widget"
)

// template goes to a mail text and waits for what it shows.
func (b *bench) template(kind directory.MessageKind, language string) *templatePage {
	b.t.Helper()
	p := newTemplatePage(b.Desk, kind, language)
	b.show(p)
	b.until("the mail text", func() bool { return p.state.Known && p.state.Shown.Subject != "" })
	return p
}

// text is what mails of a kind say now.
func (b *bench) text(kind directory.MessageKind, language string) letter.Listed {
	b.t.Helper()
	l, err := b.station.Letters.Template(b.t.Context(), kind, language)
	if err != nil {
		b.t.Fatal(err)
	}
	return l
}

func TestEveryMailTextIsListedAndOpensByKeyboard(t *testing.T) {
	b := newBench(t, 1)
	b.ShowTemplates()
	list, ok := b.page.(*templatesPage)
	if !ok {
		t.Fatalf("%T is shown, want the mail texts", b.page)
	}
	b.until("the list", func() bool { return list.list != nil })
	if got, want := len(list.list), len(letter.Kinds)*len(text.Languages()); got != want {
		t.Errorf("it lists %d texts, want %d", got, want)
	}
	b.press(fyne.KeyDown, fyne.KeyReturn)
	p, ok := b.page.(*templatePage)
	if !ok || p.state.Kind != directory.ActivationMail || p.state.Language != "de" {
		t.Fatalf("%T is shown, want the activation in German", b.page)
	}
	b.until("the text", func() bool { return p.state.Known })
	b.press(fyne.KeyEscape)
	if _, ok := b.page.(*templatesPage); !ok {
		t.Errorf("Escape leads to %T, want back to the mail texts", b.page)
	}
}

func TestMailTextIsChangedPreviewedAndSaved(t *testing.T) {
	b := newBench(t, 1)
	p := b.template(directory.ActivationMail, "en")
	if !p.save.Disabled() || !p.reset.Hidden {
		t.Error("there is something to save, or to reset, before anything was changed")
	}
	p.subject.Entry.SetText("Your key for {workspace}")
	p.body.Entry.SetText("Dear {name},\n\n{link}\n\nYours")
	b.until("the preview", func() bool {
		return p.state.Shown.Subject != "" && !strings.HasPrefix(p.state.Shown.Subject, "Activate")
	})
	name := b.kept().Name
	if !b.says("Your key for " + name) {
		t.Errorf("the subject of the preview is %q", p.state.Shown.Subject)
	}
	if !b.says("Dear Ada Lovelace,") || !b.says("Activate now") {
		t.Error("the preview does not show the text, or no button in the place of the link")
	}
	b.focusOn(p.subject.Entry)
	b.press(fyne.KeyReturn)
	b.until("the save", func() bool { return p.state.Done })
	if got := b.text(directory.ActivationMail, "en"); !got.Own || got.Subject != "Your key for {workspace}" {
		t.Errorf("kept is %+v, want what was typed", got)
	}
	if b.text(directory.ActivationMail, "de").Own {
		t.Error("the German text was changed too")
	}
	b.tap("Reset to the original")
	b.tap("Reset to the original")
	b.until("the reset", func() bool { return p.state.Done && !p.state.Kept.Own })
	if got := b.text(directory.ActivationMail, "en"); got.Own || p.body.Text() != letter.Default(directory.ActivationMail, "en").Body {
		t.Error("the original is not back")
	}
}

func TestMailTextWithMistakesSaysThemAndIsNotSaved(t *testing.T) {
	for _, c := range []struct{ subject, body, field, say string }{
		{"", "Hello, {link}", "subject", "Write something here."},
		{"Your {code}", "Hello, {link}", "subject", "Take {code} out: others can read subjects."},
		{"Hello", "One\n\nHello {frist_name}, {link}", "body", "Line 3: There is no {frist_name}. Insert one of those below."},
		{"Hello", "Hello {first_name}", "body", "Insert {link}: the mail is of no use without it."},
		{"Hello", "Hello {frist_name}", "body", "Line 1: There is no {frist_name}. Insert one of those below. (+1)"},
		{strings.Repeat("x", letter.MaxSubject+1), "{link}", "subject", "Use at most 150 characters."},
	} {
		b := newBench(t, 1)
		p := b.template(directory.ActivationMail, "en")
		p.subject.Entry.SetText(c.subject)
		p.body.Entry.SetText(c.body)
		p.trySave()
		field := map[string]*widget.Field{"subject": p.subject, "body": p.body}[c.field]
		if got := field.Problem(); got != c.say {
			t.Errorf("%q, %q: beside the %s stands %q, want %q", c.subject, c.body, c.field, got, c.say)
		}
		if b.window.Canvas().Focused() != fyne.Focusable(field.Entry) {
			t.Errorf("%q, %q: the focus is not where something is to be mended", c.subject, c.body)
		}
		b.Close()
		b.Wait()
		if b.text(directory.ActivationMail, "en").Own {
			t.Errorf("%q, %q was saved", c.subject, c.body)
		}
	}
}

func TestPreviewOfAMailTextWithMistakesIsWhatWasRightLast(t *testing.T) {
	b := newBench(t, 1)
	p := b.template(directory.PINMail, "en")
	before := p.state.Shown
	p.body.Entry.SetText("Nothing")
	b.settle()
	if p.state.Shown != before || !p.state.Stale || !b.says("As it was right last") {
		t.Error("it does not go on showing what was right, or does not say so")
	}
	p.body.Entry.SetText("Choose: {link}")
	b.until("the preview", func() bool { return !p.state.Stale })
	if b.says("As it was right last") {
		t.Error("it is still called stale")
	}
}

func TestPlaceholdersAreInsertedWhereOneTypedLast(t *testing.T) {
	b := newBench(t, 1)
	p := b.template(directory.ActivationMail, "en")
	for _, f := range []*widget.Field{p.subject, p.body} {
		f.Entry.SetText("ab")
		b.focusOn(f.Entry)
		f.Entry.CursorRow, f.Entry.CursorColumn = 0, 1
		button := widget.Find[*widget.Button](b.Page(), "Insert: First name")
		if button == nil {
			t.Fatal("the first name is not offered")
		}
		test.Tap(button)
		if got := f.Text(); got != "a{first_name}b" {
			t.Errorf("it says %q, want the placeholder at the cursor", got)
		}
		if b.window.Canvas().Focused() != fyne.Focusable(f.Entry) {
			t.Error("one cannot type on at once")
		}
	}
}

func TestEveryPlaceholderHasAName(t *testing.T) {
	for _, kind := range letter.Kinds {
		for _, of := range letter.Placeholders(kind) {
			key := "template.placeholder." + of.Name
			if text.T(key) == key {
				t.Errorf("%s has no name", of.Name)
			}
		}
	}
}

func TestMailTextIsNotLostUnasked(t *testing.T) {
	b := newBench(t, 1)
	p := b.template(directory.ActivationMail, "en")
	p.subject.Entry.SetText("Half")
	b.press(fyne.KeyEscape)
	if b.page != page(p) || b.question == nil {
		t.Fatal("Escape throws away what was typed")
	}
	b.press(fyne.KeyEscape)
	if p.subject.Text() != "Half" {
		t.Error("the safe answer did not keep what was typed")
	}
}

func TestMailTextIsShownInTheBrowserFromAFileThatGoesAgain(t *testing.T) {
	b := newBench(t, 1)
	p := b.template(directory.ActivationMail, "en")
	var opened *url.URL
	p.open = func(u *url.URL) error { opened = u; return nil }
	b.tap("Open in browser")
	b.until("the browser", func() bool { return opened != nil })
	path := filepath.FromSlash(opened.Path)
	content, err := os.ReadFile(path)
	if err != nil || opened.Scheme != "file" || string(content) != p.state.Shown.HTML {
		t.Fatalf("%s holds %d bytes (%v), want the mail as HTML", opened, len(content), err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("others can read the file: %v, %v", info.Mode(), err)
	}
	b.ShowUsers()
	if _, err := os.Stat(filepath.Dir(path)); !os.IsNotExist(err) {
		t.Errorf("the file is still there: %v", err)
	}
}

func TestMailTextsAreOnlyForThoseWhoMayChangeSettings(t *testing.T) {
	b := newBench(t, 2)
	b.asAuditor()
	b.settings(mailSection)
	if widget.Find[*widget.RailItem](b.Page(), "Mail texts") != nil {
		t.Error("an auditor is offered the mail texts")
	}
	before := b.page
	b.ShowTemplates()
	if b.page != before {
		t.Errorf("an auditor is led to %T", b.page)
	}
}

func TestMailIsPartedAsItsHTMLIs(t *testing.T) {
	w := directory.DefaultWorkspace()
	l := letter.Sample(directory.ActivationMail, "en", w, time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC))
	l.Zone = time.UTC
	r, err := letter.Preview(l, &directory.MailTemplate{Kind: l.Kind, Language: "en", Subject: "s",
		Body: "Hello {first_name},\nwelcome.\n\nOpen:\n{link}\nUntil {expires}.\n\n- one\n- two {code}\n\n{code}"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, b := range mailBlocks(r, l) {
		got = append(got, []string{"prose: ", "link: ", "code: "}[b.Form]+b.Words)
	}
	want := []string{"prose: Hello Ada,\nwelcome.", "prose: Open:", "link: " + l.Opening.Link, "prose: Until Monday, 9 March 2026, 09:30 (UTC).",
		"prose: - one\n- two ABCDE-FGHJK", "code: ABCDE-FGHJK"}
	if !slices.Equal(got, want) {
		t.Errorf("its parts are\n%q, want\n%q", got, want)
	}
}
