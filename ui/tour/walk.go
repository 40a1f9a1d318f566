package tour

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/app/enroll"
	"tapstation/assets/text"
	"tapstation/ui/desk"
	"tapstation/ui/tap"
	"tapstation/ui/wizard"
	"tapstation/ui/wording"
)

// walkByKeyboard and walkByMouse go the whole way of a new admin, who has never read anything: from the first start to
// what is on record of it.
func (g *guide) walkByKeyboard() { g.walk(keyboard{g}, g.picture) }
func (g *guide) walkByMouse()    { g.walk(mouse{g}, func(string) {}) }

// walk goes the way with one kind of hands, and leaves pictures by picture.
func (g *guide) walk(h hands, picture func(name string)) {
	g.atHome(func() {
		g.firstStart(h, picture)
		g.logIn(h, picture)
		g.importStaff(h, picture)
		g.group(h, picture, "north", "Northern site")
		g.group(h, picture, "south", "Southern site")
		g.enrollOne(h, picture)
		g.revoke(h, picture)
		g.findAll(h, picture)
	})
}

// staff is how many users the file holds.
const staff = 50

// staffFile is the file of users that the walk imports.
const staffFile = "staff.csv"

// atHome does something in a home folder with nothing in it but the file of users.
func (g *guide) atHome(do func()) {
	folder, err := os.MkdirTemp("", "tapstation-tour-")
	if err != nil {
		g.fail(fmt.Errorf("make a home for the tour: %w", err))
		return
	}
	const variable = "HOME" // where the window begins to look for a file
	before := os.Getenv(variable)
	g.fail(os.Setenv(variable, folder))
	defer func() {
		g.fail(os.Setenv(variable, before))
		g.fail(os.RemoveAll(folder))
	}()
	if err := writeStaff(filepath.Join(folder, staffFile)); err != nil {
		g.fail(fmt.Errorf("write the users to be imported: %w", err))
		return
	}
	do()
}

// writeStaff writes a table of users as another program might have saved it.
func writeStaff(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := csv.NewWriter(f)
	w.Comma = ';'
	rows := [][]string{{"User ID", "First name", "Last name", "E-mail"}}
	first := []string{"Amara", "Bela", "Chen", "Dilara", "Emil", "Fatima", "Grace", "Hugo", "Ines", "Jonas"}
	last := []string{"Okafor", "Kovacs", "Wei", "Aydin", "Larsen"}
	for i := range staff {
		f, l, site := first[i%len(first)], last[i/len(first)], []string{"north", "south"}[i%2]
		rows = append(rows, []string{strconv.Itoa(1001 + i), f, l, fmt.Sprintf("%s.%s@%s.example.org", f, l, site)})
	}
	err = w.WriteAll(rows)
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

// holder is who gets a card: their User ID and name.
const (
	holder     = "1007"
	holderName = "Grace Okafor"
)

// firstStart is from an empty data folder to the open panel.
func (g *guide) firstStart(h hands, picture func(name string)) {
	g.gate(desk.SetupGate)
	picture("set-up-workspace")
	h.fill(t("setup.name"), "Example Works")
	h.fill(t("setup.rp_id"), "login.example.org")
	h.press(t("wizard.next"))
	h.fill(t("user.id"), owner.ID)
	h.fill(t("user.first_name"), owner.FirstName)
	h.fill(t("user.last_name"), owner.LastName)
	h.fill(t("user.email"), owner.Email)
	h.fill(t("login.password"), "robin hale")
	h.fill(t("setup.again"), "robin")
	h.fill(t("user.id"), owner.ID)
	picture("set-up-owner-problem")
	h.fill(t("login.password"), password)
	h.fill(t("setup.again"), password)
	h.press(t("setup.open"))
	g.gate(desk.NoGate)
	g.loaded("All Users")
}

// logIn logs out and in again.
func (g *guide) logIn(h hands, picture func(name string)) {
	h.press(owner.DisplayName())
	h.press(t("account.log_out"))
	g.gate(desk.LoginGate)
	h.fill(t("user.id"), owner.ID)
	h.fill(t("login.password"), "not the password")
	h.press(t("login.log_in"))
	g.until("the answer", func() bool { return named(g.desk.Page(), t("login.wrong")) })
	picture("log-in")
	h.fill(t("login.password"), password)
	h.press(t("login.log_in"))
	g.gate(desk.NoGate)
	g.loaded("All Users")
}

// importStaff imports the users.
func (g *guide) importStaff(h hands, picture func(name string)) {
	h.press(t("import.open"))
	picture("import-file")
	h.press(t("import.choose"))
	h.open(staffFile)
	g.until("the columns", func() bool {
		return named(g.desk.Page(), t("import.choose_other")) || named(g.desk.Page(), t("wizard.next"))
	})
	picture("import-columns")
	h.press(t("wizard.next"))
	begin := text.N("import.act", staff, "Number", text.Number(staff))
	g.until("the check", func() bool { return named(g.desk.Page(), begin) })
	picture("import-check")
	h.press(begin)
	g.until("the end of the import", func() bool { return named(g.desk.Page(), t("import.show_users")) })
	picture("import-done")
	h.press(t("import.show_users"))
	g.loaded("All Users")
	picture("all-users-imported")
}

// group puts into a group all whom a search finds.
func (g *guide) group(h hands, picture func(name string), search, name string) {
	h.fill(t("users.search"), search)
	g.loaded("the users found")
	h.markAll()
	g.until("the users marked", func() bool { return named(g.desk.Page(), t("users.act.group")) })
	h.press(t("users.act.group"))
	h.choose(t("wizard.user.groups_hint"), name)
	g.until("the question", func() bool { return named(g.desk.Page(), t("users.assign.act")) })
	picture("assign-group-" + search)
	h.press(t("users.assign.act"))
	g.until("the group", func() bool {
		list, err := g.set.Station.Directory.Users(g.ctx, directory.UserQuery{Group: name})
		if err != nil {
			g.fail(fmt.Errorf("list the group %q: %w", name, err))
		}
		return len(list.Rows) == staff/2
	})
	g.loaded("All Users")
	picture("group-" + search)
}

// enrollOne gives one of the users a card.
func (g *guide) enrollOne(h hands, picture func(name string)) {
	h.fill(t("users.search"), holder)
	g.loaded("the user found")
	h.open(holder)
	g.loaded("the user's page")
	h.press(t("user.assign"))
	g.page(wizard.KindPage)
	h.press(t("wizard.next"))
	g.page(wizard.SettingsPage)
	h.press(t("wizard.next"))
	g.page(wizard.HowPage)
	h.press(t("wizard.next"))
	g.step(enroll.WaitCard)
	g.put(newCard)
	g.phase(tap.Asking)
	h.fill(t("tap.pin.new_label"), chosenPIN)
	h.fill(t("tap.pin.again_label"), chosenPIN)
	h.press(t("tap.pin.set"))
	g.page(wizard.NamePage)
	h.press(t("wizard.done"))
	g.loaded("the user's page")
	g.take()
	picture("enrolled")
}

// revoke revokes the key.
func (g *guide) revoke(h hands, picture func(name string)) {
	h.press(t("user.key.more_label", "Name", "Card"))
	h.choose(t("user.key.revoke"), "")
	g.until("the question", func() bool { return named(g.desk.Page(), t("user.key.revoke_keep")) })
	picture("revoke")
	h.press(t("user.key.revoke"))
	g.until("the revocation", func() bool { return named(g.desk.Page(), t("key.state.revoked")) })
	picture("revoked")
}

// findAll finds in Activities what was done.
func (g *guide) findAll(h hands, picture func(name string)) {
	h.press(t("desk.activities"))
	g.loaded("Activities")
	picture("activities")
	for _, act := range []audit.Act{audit.UsersImported, audit.MembersAdded, audit.KeyActivated, audit.KeyRevoked} {
		h.press(t("activities.act"))
		h.choose(t("activities.act"), wording.Act(act))
		g.loaded("Activities")
		h.open(wording.Act(act))
		g.until("the particulars", func() bool { return named(g.desk.Page(), t("activity.back")) })
		picture("activity-" + string(act))
		h.press(t("activity.back"))
		g.loaded("Activities")
	}
}
