package desk

import (
	"testing"

	"fyne.io/fyne/v2"

	"tapstation/app/admin"
	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/widget"
	"tapstation/ui/wizard"
)

// how opens the wizard for a further key of u000, at the question how it is activated.
func (b *bench) how() {
	b.t.Helper()
	u, _, err := b.station.Directory.User(b.t.Context(), "u000")
	if err != nil {
		b.t.Fatal(err)
	}
	b.openWizard(&u, b.at(usersPlace))
	b.until("what the keys are by default", func() bool { return b.Wizard().State().Suggested != "" })
	b.press(fyne.KeyReturn, fyne.KeyReturn)
	if got := b.Wizard().State().Page; got != wizard.HowPage {
		b.t.Fatalf("page %d is shown, want how it is activated", got)
	}
}

func TestWayFromTheWizardToTheSettingsOfMail(t *testing.T) {
	b := newBench(t, 2, withAdmin("u000", directory.Operator))
	b.listed()
	b.how()
	b.tap(text.T("wizard.how.set_up_mail"))
	p, ok := b.page.(*settingsPage)
	if !ok || p.state.Section != mailSection {
		t.Fatalf("%T is shown, want the settings of mail", b.page)
	}

	b.begin(admin.Session{UserID: "u000", Role: directory.Operator})
	b.listed()
	b.how()
	if widget.Find[*widget.Button](b.Page(), text.T("wizard.how.set_up_mail")) != nil || !b.says(text.T("wizard.how.ask_mail")) {
		t.Error("an operator is led to settings that they may not change, or not told who may")
	}
}

func TestKeyAssignedInTheWizardWaitsOnThePageOfItsUser(t *testing.T) {
	b := newBench(t, 2)
	b.listed()
	b.setUpMail(directory.PIN)
	b.ShowUser("u000")
	p, _ := b.page.(*userPage)
	b.until("the user", func() bool { return p.state.Known })
	b.tap("Assign security key")
	b.until("what the keys are by default", func() bool { return b.Wizard().State().Suggested != "" })
	b.press(fyne.KeyReturn, fyne.KeyReturn, fyne.KeyDown, fyne.KeyReturn, fyne.KeyReturn)
	b.until("the mail", func() bool { return b.Wizard().State().Page == wizard.MailedPage })
	b.press(fyne.KeyReturn)
	b.until("the key", func() bool { return b.page == page(p) && len(p.state.Waiting) == 1 })
	if !b.says("Waiting to be sent to u000@example.org") {
		t.Error("the page does not say that a mail waits to be sent")
	}
}
