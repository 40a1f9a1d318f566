package wizard

import (
	"errors"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"github.com/google/go-cmp/cmp"

	"tapstation/app/directory"
	"tapstation/app/enroll"
	"tapstation/assets/text"
	"tapstation/ui/tap"
	"tapstation/ui/widget"
)

func TestWholeWizardByKeyboardAlone(t *testing.T) {
	b := newBench(t, nil)
	b.wantFocus(text.T("user.id"))
	b.types("ada")
	for _, words := range []string{"ada.l", "Ada", "Lovelace", "ada@example.org", "sta"} {
		b.tab()
		b.types(words)
	}
	b.enter() // chooses the group
	b.wantFocus(text.T("user.groups"))
	b.enter()
	b.page(KindPage)
	b.wantFocus(text.T("wizard.kind.title"))
	b.enter()
	b.page(SettingsPage)
	b.wantFocus(text.T("wizard.settings.defaults"))
	b.key(fyne.KeySpace)
	b.tab()
	b.wantFocus(text.T("key.offline_login"))
	b.key(fyne.KeySpace)
	b.enter()
	b.page(HowPage)
	b.wantFocus(text.T("wizard.how.title"))
	b.enter()
	b.step(enroll.WaitCard)
	if f := b.focused(); f != "" {
		t.Errorf("while a card is awaited %q has the focus, want nothing that could be pressed by chance", f)
	}
	b.reader.Insert(blank(t, 1))
	b.phase(tap.Asking)
	b.wantFocus(text.T("tap.pin.new_label"))
	b.choosePIN("271828")
	b.page(NamePage)
	b.wantFocus(text.T("wizard.done"))
	b.back()
	b.wantFocus(text.T("wizard.name.label"))
	b.key(fyne.KeyEnd)
	b.types(" (blue)")
	b.enter()
	b.until("the end", func() bool { return b.ended != nil })

	if diff := cmp.Diff([]string{"ada"}, b.ended); diff != "" {
		t.Error("told at the end: ", diff)
	}
	u, keys := b.user("ada")
	want := directory.User{ID: "ada", UserName: "ada.l", FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.org", Groups: []string{"Staff"}}
	got := u
	got.Handle, got.Created, got.Changed = nil, want.Created, want.Changed
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(keys) != 1 || keys[0].State != directory.Active || keys[0].Name != "Card (blue)" || !keys[0].OfflineLogin || keys[0].Verification != directory.PIN {
		t.Errorf("keys are %+v; want one, active, named, with a PIN and Offline Login", keys)
	}
}

func TestGoingBackAndForthLosesNothingAndSavesTheChange(t *testing.T) {
	b := newBench(t, nil)
	b.types("ada")
	b.tab()
	b.types("ada.l")
	b.enter()
	b.page(KindPage)
	if u, _ := b.user("ada"); u.UserName != "ada.l" {
		t.Fatalf("the user is not in the directory after the first page: %+v", u)
	}
	b.enter()
	b.page(SettingsPage)
	widget.Find[*widget.Toggle](b.Content(), text.T("wizard.settings.defaults")).Tapped(nil)
	choice := widget.Find[*widget.Choice](b.Content(), text.T("user.key.verification"))
	b.window.Canvas().Focus(choice)
	b.key(fyne.KeyDown) // PINless
	b.enter()
	b.page(HowPage)
	b.enter()
	b.step(enroll.WaitCard)

	for _, page := range []Page{HowPage, SettingsPage, KindPage, UserPage} {
		b.escape()
		b.page(page)
	}
	if e := b.entry(text.T("user.id")); e.Text != "ada" || !e.Disabled() {
		t.Errorf("User ID %q, disabled %v; want it as it was saved, and fixed", e.Text, e.Disabled())
	}
	if got := b.entry(text.T("user.user_name")).Text; got != "ada.l" {
		t.Errorf("user name %q, want what was typed", got)
	}
	b.wantFocus(text.T("user.user_name"))
	b.key(fyne.KeyEnd)
	b.types(".v2")
	b.enter()
	b.page(KindPage)
	if u, _ := b.user("ada"); u.UserName != "ada.l.v2" {
		t.Errorf("user name %q in the directory, want the change", u.UserName)
	}
	b.enter()
	b.page(SettingsPage)
	if got := widget.Find[*widget.Choice](b.Content(), text.T("user.key.verification")).Selected(); got != string(directory.PINless) {
		t.Errorf("verification %q after going back and forth, want what was chosen", got)
	}
	if s := b.State(); s.Request("x").Verification != directory.PINless {
		t.Errorf("the enrollment asks for %q", s.Request("x").Verification)
	}
}

func TestProblemsStandBesideTheirFieldAndGetTheFocus(t *testing.T) {
	b := newBench(t, nil)
	b.tab() // nothing typed, nothing wrong yet
	if got := b.problem(text.T("user.id")); got != "" {
		t.Errorf("a field that was only passed says %q", got)
	}
	b.enter()
	b.wantFocus(text.T("user.id"))
	if got := b.problem(text.T("user.id")); got != text.T("field.user_id_required") {
		t.Errorf("below the empty User ID stands %q", got)
	}
	b.types("ada")
	if got := b.problem(text.T("user.id")); got != "" {
		t.Errorf("mended, but below it still stands %q", got)
	}
	b.window.Canvas().Focus(b.entry(text.T("user.email")))
	b.types("ada")
	b.tab()
	if got := b.problem(text.T("user.email")); got != text.T("field.invalid_email") {
		t.Errorf("below the e-mail stands %q when it is left", got)
	}
	b.enter()
	b.wantFocus(text.T("user.email"))
	if b.State().Page != UserPage {
		t.Error("a user with a problem was let through")
	}
}

func TestTakenUserIDIsNoticedInTheBackground(t *testing.T) {
	b := newBench(t, nil)
	_, err := b.dir.AddUser(t.Context(), "os:test", directory.User{ID: "Ada"})
	b.must(err)
	b.types("ada")
	b.tab()
	b.until("the answer", func() bool { return b.problem(text.T("user.id")) != "" })
	if got := b.problem(text.T("user.id")); got != text.T("field.taken") {
		t.Errorf("below the User ID stands %q", got)
	}
}

func TestTakenMeanwhile(t *testing.T) {
	b := newBench(t, nil)
	b.types("ada")
	_, err := b.dir.AddUser(t.Context(), "os:test", directory.User{ID: "ada"})
	b.must(err)
	b.enter()
	b.until("the answer", func() bool { return !b.State().Saving })
	if got := b.problem(text.T("user.id")); got != text.T("field.taken") || b.State().Page != UserPage {
		t.Errorf("page %d, below the User ID stands %q; want the first page and that it is taken", b.State().Page, got)
	}
}

func TestFailedSaveKeepsWhatWasTypedAndCanBeTriedAgain(t *testing.T) {
	b := newBench(t, nil)
	b.types("ada")
	b.store.set(directory.ErrBusy)
	b.enter()
	b.until("the failure", func() bool { return b.State().Failure != nil })
	if notice := b.footer.notice; !notice.Visible() || !strings.Contains(notice.AccessibilityLabel(), text.T("problem.busy.title")) {
		t.Errorf("the failure is not told: %q", notice.AccessibilityLabel())
	}
	if got := b.entry(text.T("user.id")).Text; got != "ada" {
		t.Errorf("User ID %q, want what was typed", got)
	}
	b.store.set(nil)
	b.enter()
	b.page(KindPage)
	if b.State().Failure != nil {
		t.Error("the failure is still told")
	}
}

func TestLeavingWithUnsavedWordsAsksFirst(t *testing.T) {
	b := newBench(t, nil)
	b.types("ada")
	b.escape()
	b.wantFocus(text.T("wizard.user.leave_no"))
	if b.ended != nil {
		t.Fatal("left without a question")
	}
	b.enter() // the safe choice
	if b.State().Leaving || b.ended != nil {
		t.Error("the safe choice did not stay")
	}
	b.wantFocus(text.T("user.id"))
	b.escape()
	b.tab()
	b.wantFocus(text.T("wizard.user.leave_yes"))
	b.enter()
	if diff := cmp.Diff([]string{""}, b.ended); diff != "" {
		t.Error("told at the end: ", diff)
	}
}

func TestLeavingElsewhereGoesThereAfterTheQuestion(t *testing.T) {
	b := newBench(t, nil)
	b.types("ada")
	gone := false
	b.Leave(func() { gone = true })
	if gone {
		t.Fatal("left without a question")
	}
	b.next()
	if !gone || b.ended != nil {
		t.Errorf("gone %v, ended %v; want to be where one wanted to go", gone, b.ended)
	}
}

func TestLeavingNothingTypedIsAtOnce(t *testing.T) {
	b := newBench(t, nil)
	b.escape()
	if diff := cmp.Diff([]string{""}, b.ended); diff != "" {
		t.Error("told at the end: ", diff)
	}
}

func TestUserIsSavedEvenIfTheWizardIsLeftMeanwhile(t *testing.T) {
	b := newBench(t, nil)
	b.types("ada")
	b.enter()
	gone := false
	b.Leave(func() { gone = true })
	if !gone {
		t.Error("one cannot leave while it saves")
	}
	b.Wait()
	b.user("ada")
}

func TestLaterEndsWithoutAKey(t *testing.T) {
	b := newBench(t, nil)
	b.addUser("ada")
	b.key(fyne.KeyDown)
	if b.button(text.T("wizard.done")) == nil {
		t.Fatal("with Later the button does not say that it ends here")
	}
	b.enter()
	if diff := cmp.Diff([]string{"ada"}, b.ended); diff != "" {
		t.Error("told at the end: ", diff)
	}
	if _, keys := b.user("ada"); len(keys) != 0 {
		t.Errorf("%d keys, want none", len(keys))
	}
}

func TestKindsThatCannotBeEnrolledCannotBeChosen(t *testing.T) {
	b := newBench(t, nil)
	b.addUser("ada")
	for range 5 {
		b.key(fyne.KeyDown)
	}
	choice := widget.Find[*widget.Choice](b.Content(), text.T("wizard.kind.title"))
	if got := choice.Selected(); got != later {
		t.Errorf("chosen: %q, want to stop at the last that can be", got)
	}
}

func TestFurtherKeyBeginsWithItsKind(t *testing.T) {
	b := newBench(t, &directory.User{ID: "ada", FirstName: "Ada"})
	if b.State().Page != KindPage {
		t.Fatalf("page %d, want the kind of key", b.State().Page)
	}
	b.toTap()
	b.reader.Insert(blank(t, 1))
	b.choosePIN("271828")
	b.page(NamePage)
	b.enter()
	b.until("the end", func() bool { return b.ended != nil })
	if _, keys := b.user("ada"); len(keys) != 1 || keys[0].State != directory.Active {
		t.Errorf("keys are %+v, want one that is active", keys)
	}
}

func TestNameThatCannotBeIsRefusedBesideItsField(t *testing.T) {
	b := newBench(t, &directory.User{ID: "ada"})
	b.toTap()
	b.reader.Insert(blank(t, 1))
	b.choosePIN("271828")
	b.page(NamePage)
	b.entry(text.T("wizard.name.label")).SetText(" ")
	b.enter()
	if got := b.problem(text.T("wizard.name.label")); got != text.T("field.required") || b.ended != nil {
		t.Errorf("below the name stands %q, ended %v; want that it is required", got, b.ended)
	}
	b.wantFocus(text.T("wizard.name.label"))
	b.entry(text.T("wizard.name.label")).SetText("Blue card")
	b.store.set(errors.New("disk full"))
	b.enter()
	b.until("the failure", func() bool { return b.State().Failure != nil })
	b.store.set(nil)
	b.enter()
	b.until("the end", func() bool { return b.ended != nil })
	if _, keys := b.user("ada"); keys[0].Name != "Blue card" {
		t.Errorf("the key is called %q", keys[0].Name)
	}
}

func TestPINlessWarnsWhereItIsNamed(t *testing.T) {
	b := newBench(t, &directory.User{ID: "ada"})
	s := b.State()
	s.UseDefaults, s.Verification = false, directory.PINless
	b.set(s)
	b.toTap()
	b.reader.Insert(blank(t, 1))
	b.page(NamePage)
	if widget.Find[*widget.Badge](b.Content(), text.T("wizard.name.pinless")) == nil {
		t.Error("a PINless key has no warning sign")
	}
}
