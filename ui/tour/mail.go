package tour

import (
	"fmt"
	"regexp"
	"strings"

	"fyne.io/fyne/v2"

	"tapstation/app/directory"
	"tapstation/ui/demo"
	"tapstation/ui/tap"
	"tapstation/ui/widget"
	"tapstation/ui/wizard"
)

// newcomer activates her key herself, by what is mailed to her.
var newcomer = directory.User{ID: "ada.lovelace", FirstName: "Ada", LastName: "Lovelace", Email: "ada.lovelace@example.org"}

// byMail is what happens by mail: a key that its user activates, a PIN that its user chooses, and what it takes.
func (g *guide) byMail() {
	activation := g.assignByMail(func(name string) { g.both(name) })
	g.mailbox(func(name string) { g.bothOf(name, g.mail.Window) })
	g.webPages(activation, looks...)
	g.mailPlaces()
	g.activateByCode(activation)
	g.web("web-used", g.link(activation), looks[0], looks[2])
	g.setPINByCode()
}

func (g *guide) byMailInGerman() {
	german := func(name string) { g.picture(name + "-de") }
	activation := g.assignByMail(german)
	g.mailbox(func(name string) { g.pictureOf(name+"-de", g.mail.Window) })
	g.open("Mail", g.desk.ShowMail)
	german("panel-mail")
	g.mailSettings(german)
	g.open("the mail texts", g.desk.ShowTemplates)
	german("mail-texts")
	g.openRow(0)
	g.loaded("the mail text")
	german("mail-text")
	g.web("web-activate-de", g.link(activation)+"?lang=de", looks[0], looks[2])
}

// assignByMail makes a user who is to activate her key herself, and returns the mail that she gets.
func (g *guide) assignByMail(picture func(name string)) demo.Mail {
	g.open("All Users", g.desk.ShowUsers)
	g.press(t("users.new"))
	g.page(wizard.UserPage)
	g.groupsKnown()
	g.typeIn(newcomer.ID)
	g.fill(t("user.first_name"), newcomer.FirstName)
	g.fill(t("user.last_name"), newcomer.LastName)
	g.fill(t("user.email"), newcomer.Email)
	g.enter()
	g.page(wizard.KindPage)
	g.enter()
	g.page(wizard.SettingsPage)
	g.enter()
	g.page(wizard.HowPage)
	g.press(t("wizard.how.mail"))
	picture("by-mail")
	g.enter()
	g.page(wizard.AssignPage)
	picture("by-mail-name")
	g.enter()
	g.page(wizard.MailedPage)
	mail := g.mailTo(newcomer.Email)
	g.until("the mail to be on record as sent", func() bool {
		counts, err := g.set.Station.Mail.Counts(g.ctx)
		g.fail(err)
		return counts[directory.Queued] == 0
	})
	picture("by-mail-done")
	g.enter()
	g.loaded("All Users")
	g.open("the page of Ada", func() { g.desk.ShowUser(newcomer.ID) })
	picture("pending-key")
	return mail
}

// mailTo waits for the last mail to an address.
func (g *guide) mailTo(address string) (found demo.Mail) {
	g.until("a mail to "+address, func() bool {
		mails, _ := g.mail.Mails()
		for _, m := range mails {
			if strings.Contains(m.To, address) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

// link is the link in a mail.
func (g *guide) link(m demo.Mail) string {
	if len(m.Links) == 0 {
		g.fail(fmt.Errorf("the mail to %s has no link", m.To))
		return ""
	}
	return m.Links[0]
}

var mailedCode = regexp.MustCompile(`(?m)^\s*([0-9A-Z]{5}-[0-9A-Z]{5})\s*$`)

// code is the code in a mail.
func (g *guide) code(m demo.Mail) string {
	found := mailedCode.FindStringSubmatch(m.Text)
	if found == nil {
		g.fail(fmt.Errorf("the mail to %s has no code", m.To))
		return ""
	}
	return found[1]
}

// mailbox looks at the demo's mailbox.
func (g *guide) mailbox(picture func(name string)) {
	g.do(func() error { g.mail.Open(); return nil })
	picture("mailbox")
	open := func(row int) {
		g.do(func() error {
			g.mail.Open()
			list := listIn(g.mail.Page())
			if list == nil {
				return fmt.Errorf("open mail %d: there is no list", row)
			}
			list.Open(row)
			return nil
		})
	}
	open(0)
	picture("mailbox-activation")
	open(2)
	picture("mailbox-pin")
	g.do(func() error { g.mail.Close(); return nil })
}

// bothOf leaves a picture of a window in each variant.
func (g *guide) bothOf(name string, window func() fyne.Window) {
	g.pictureOf(name, window)
	g.dark(func() { g.pictureOf(name+"-dark", window) })
}

// webPages are the mails and the pages behind their links, as a browser shows them.
func (g *guide) webPages(activation demo.Mail, looks ...look) {
	g.until("the portal", func() bool {
		s, _ := g.set.Station.Portal.Status()
		g.fail(s.Err)
		return s.URL != ""
	})
	pin := g.mailTo("dilara.aydin@example.org")
	for _, m := range []struct {
		name string
		mail demo.Mail
	}{{"activation", activation}, {"pin", pin}} {
		page, err := g.set.Mail.Page(m.mail.Number)
		if err != nil {
			g.fail(fmt.Errorf("show mail %d as a page: %w", m.mail.Number, err))
			return
		}
		g.web("mail-"+m.name, page.String(), looks...)
	}
	g.web("web-activate", g.link(activation), looks...)
	g.web("web-pin", g.link(pin), looks...)
	g.web("web-unknown", g.link(activation)+"A", looks[0], looks[2])
}

// mailPlaces are the places about mail.
func (g *guide) mailPlaces() {
	g.open("Mail", g.desk.ShowMail)
	g.both("panel-mail")
	g.openRow(1)
	g.loaded("the failed mail")
	g.picture("mail-failed")
	g.mailSettings(g.both)
	g.open("the mail texts", g.desk.ShowTemplates)
	g.both("mail-texts")
	g.openRow(0)
	g.loaded("the mail text")
	g.both("mail-text")
}

// mailSettings are the settings by which mail leaves, and a test message.
func (g *guide) mailSettings(picture func(name string)) {
	g.open("the settings of mail", g.desk.ShowMailSettings)
	picture("mail-settings")
	g.fill(t("settings.test.to"), "robin.hale@example.org")
	g.press(t("settings.test.send"))
	g.mailTo("robin.hale@example.org")
	picture("mail-settings-test")
}

// openRow opens a row of the list on the page.
func (g *guide) openRow(row int) {
	list := g.list()
	g.do(func() error { list.Open(row); return nil })
}

// listIn is the list in what is shown.
func listIn(root fyne.CanvasObject) (found *widget.List) {
	widget.Walk(root, func(o fyne.CanvasObject) bool {
		l, ok := o.(*widget.List)
		found = l
		return ok
	})
	return found
}

// enterCode types the code of a mail where whoever brought it stands at the desk.
func (g *guide) enterCode(m demo.Mail, name string) {
	g.open("the page for a code", g.desk.ShowCode)
	g.typeIn(g.code(m))
	g.enter()
	g.loaded("what the code is for")
	g.both(name)
	g.enter()
}

// activateByCode activates the key of the newcomer with the code in her mail.
func (g *guide) activateByCode(m demo.Mail) {
	g.open("the page for a code", g.desk.ShowCode)
	g.picture("code")
	g.enterCode(m, "code-activate")
	g.put(newCard)
	g.phase(tap.Asking)
	g.picture("code-activate-pin")
	g.choosePIN()
	g.phase(tap.Enrolled)
	g.picture("code-activated")
	g.take()
}

// choosePIN types a PIN, twice.
func (g *guide) choosePIN() {
	g.typeIn(chosenPIN)
	g.tab()
	g.typeIn(chosenPIN)
	g.enter()
}

// setPINByCode gives somebody who is not there a card with a temporary PIN, and has them choose theirs with the code in
// the mail about it.
func (g *guide) setPINByCode() {
	const absent, address = "amara.okafor", "amara.okafor@example.org"
	g.assign(absent)
	g.put(anotherCard)
	g.page(wizard.NamePage)
	g.picture("temporary-pin")
	g.enter()
	g.loaded("the user's page")
	g.take()
	m := g.mailTo(address)
	g.enterCode(m, "code-set-pin")
	g.phase(tap.Running)
	g.both("set-pin-waiting")
	g.put(anotherCard)
	g.phase(tap.Asking)
	g.both("set-pin")
	g.choosePIN()
	g.phase(tap.Enrolled)
	g.picture("set-pin-done")
	g.take()
}
