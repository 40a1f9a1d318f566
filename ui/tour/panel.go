package tour

import (
	"tapstation/ui/desk"
)

// panel is every place of the admin panel as it is after some weeks.
func (g *guide) panel() {
	g.places(func(name string) {
		g.both(name)
		switch name {
		case "panel-users", "panel-keys", "panel-activities":
			g.large(name)
		}
	})
	mouse{g}.press(t("admins.title")) // a place in Settings
	g.loaded("the admins")
	g.both("admins")
	g.open("the account", g.desk.ShowAccount)
	g.picture("account")
	g.whose()
	g.lock()
}

// panelInGerman is the same in another language.
func (g *guide) panelInGerman() {
	g.places(func(name string) { g.picture(name + "-de") })
	g.open("the admins", g.desk.ShowAdmins)
	g.picture("admins-de")
	g.do(func() error { g.desk.Lock(); return nil })
	g.gate(desk.LockGate)
	g.picture("locked-de")
}

// places goes from place to place along the rail.
func (g *guide) places(picture func(name string)) {
	for _, p := range []struct{ label, name string }{
		{t("desk.dashboard"), "panel-dashboard"}, {t("desk.users"), "panel-users"}, {t("desk.keys"), "panel-keys"},
		{t("desk.groups"), "panel-groups"}, {t("desk.activities"), "panel-activities"}, {t("desk.settings"), "panel-settings"},
	} {
		mouse{g}.press(p.label)
		g.loaded(p.label)
		picture(p.name)
	}
}

// whose lays cards on the reader while nobody waits for one.
func (g *guide) whose() {
	g.open("All Users", g.desk.ShowUsers)
	g.put(newCard)
	g.until("whose card it is", func() bool { return named(g.desk.Page(), t("whois.nobody")) })
	g.both("whose-card")
	g.take()
	g.until("the end of the notice", func() bool { return !named(g.desk.Page(), t("whois.nobody")) })
}

// lock locks the window while something is typed.
func (g *guide) lock() {
	g.press(t("users.new"))
	g.groupsKnown()
	g.typeIn("half.typed")
	g.do(func() error { g.desk.Lock(); return nil })
	g.gate(desk.LockGate)
	g.both("locked")
}
