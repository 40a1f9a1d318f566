package tour

import (
	"fyne.io/fyne/v2"

	"tapstation/app/enroll"
	"tapstation/ui/tap"
	"tapstation/ui/widget"
	"tapstation/ui/wizard"
)

// Cards of the tray.
const (
	newCard     = 0
	anotherCard = 1
	cardWithPIN = 2
	notFIDO     = 3
)

// chosenPIN is the PIN of the tour's user.
const chosenPIN = "271828"

// mainPath is from an empty directory to a user with a named security key.
func (g *guide) mainPath() {
	g.loaded("All Users")
	g.both("all-users-empty")
	g.prepare(colleagues)

	g.press(t("users.new"))
	g.page(wizard.UserPage)
	g.groupsKnown()
	g.both("new-user")
	g.typeIn("ada.lovelace")
	g.tab()
	g.typeIn("ada")
	g.tab()
	g.typeIn("Ada")
	g.tab()
	g.typeIn("Lovelace")
	g.tab()
	g.typeIn("ada.lovelace@example")
	g.typeIn(" org")
	g.tab()
	g.typeIn("r")
	g.picture("user-information-problem")
	g.key(fyne.KeyBackspace)
	g.typeIn("research")
	g.enter()
	g.fill(t("user.email"), "ada.lovelace@example.org")
	g.picture("user-information")
	g.enter()

	g.page(wizard.KindPage)
	g.both("security-key")
	g.enter()
	g.page(wizard.SettingsPage)
	g.picture("settings-default")
	g.press(t("wizard.settings.defaults"))
	g.press(t("key.offline_login"))
	g.both("settings-own")
	g.enter()
	g.page(wizard.HowPage)
	g.both("activation")
	g.enter()

	g.step(enroll.WaitCard)
	g.both("tap-waiting")
	g.large("tap-waiting")
	g.put(newCard)
	g.phase(tap.Asking)
	g.both("pin-new")
	g.typeIn("2718")
	g.tab()
	g.typeIn("2817")
	g.enter()
	g.picture("pin-new-problem")
	g.typeIn(chosenPIN) // over what is there
	g.tab()
	g.clear()
	g.typeIn("271829")
	g.enter()
	g.picture("pin-new-mismatch")
	g.typeIn(chosenPIN)
	g.hold(true)
	g.enter()
	g.step(enroll.Register)
	g.both("tap-in-progress")
	g.hold(false)

	g.page(wizard.NamePage)
	g.both("name")
	g.fill(t("wizard.name.label"), "Blue card")
	g.enter()
	g.loaded("All Users")
	g.both("all-users")
	g.take()
	g.large("all-users")
	g.typeIn("lov")
	g.loaded("All Users")
	g.picture("search")
	g.open("the page of Ada", func() { g.desk.ShowUser("ada.lovelace") })
	g.both("user")
}

// groupsKnown waits until the wizard has the groups to choose from.
func (g *guide) groupsKnown() {
	g.until("the groups to choose from", func() bool {
		w := g.desk.Wizard()
		return w != nil && len(w.State().Known) > 0
	})
}

// fill puts words into the line of this name, as if they were typed over what is there.
func (g *guide) fill(label, words string) {
	g.do(func() error {
		e := widget.Find[*widget.Entry](g.desk.Page(), label)
		g.desk.Window().Canvas().Focus(e)
		e.SetText("")
		return nil
	})
	g.typeIn(words)
}

// hold keeps a card from being registered.
func (g *guide) hold(on bool) {
	g.tray(func(t Tray) {
		t.Hold(on)
		g.held = on
	})
}

// german is the main screens in another language, with long names.
func (g *guide) german() {
	g.prepare(colleagues)
	g.open("All Users", g.desk.ShowUsers)
	g.picture("all-users-de")
	g.press(t("users.new"))
	g.page(wizard.UserPage)
	g.groupsKnown()
	g.typeIn("hannelore.schulze-marmeling")
	g.tab()
	g.tab()
	g.typeIn("Hannelore Friederike")
	g.tab()
	g.typeIn("Schulze-Marmeling-Wittgenstein")
	g.tab()
	g.typeIn("hannelore")
	g.tab()
	g.typeIn("safety")
	g.enter()
	g.picture("user-information-problem-de")
	g.fill(t("user.email"), "hannelore.schulze-marmeling@example.org")
	g.enter()
	g.page(wizard.KindPage)
	g.picture("security-key-de")
	g.enter()
	g.page(wizard.SettingsPage)
	g.press(t("wizard.settings.defaults"))
	g.picture("settings-own-de")
	g.press(t("wizard.settings.defaults"))
	g.enter()
	g.page(wizard.HowPage)
	g.picture("activation-de")
	g.enter()
	g.step(enroll.WaitCard)
	g.picture("tap-waiting-de")
	g.put(notFIDO)
	g.phase(tap.Failed)
	g.picture("not-fido-de")
	g.put(newCard)
	g.phase(tap.Asking)
	g.typeIn("1234")
	g.enter()
	g.picture("pin-new-problem-de")
	g.typeIn(chosenPIN)
	g.tab()
	g.typeIn(chosenPIN)
	g.enter()
	g.page(wizard.NamePage)
	g.picture("name-de")
	g.enter()
	g.loaded("All Users")
	g.open("the user's page", func() { g.desk.ShowUser("hannelore.schulze-marmeling") })
	g.picture("user-de")
}
