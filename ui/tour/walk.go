package tour

import "tapstation/ui/desk"

// walkByKeyboard and walkByMouse go the whole way of a new admin, who has never read anything: from the first start to
// what is on record.
func (g *guide) walkByKeyboard() { g.walk(keyboard{g}, g.picture) }
func (g *guide) walkByMouse()    { g.walk(mouse{g}, func(string) {}) }

// walk goes the way with one kind of hands, and leaves pictures by picture.
func (g *guide) walk(h hands, picture func(name string)) {
	g.firstStart(h, picture)
}

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
	picture("set-up-owner")
	h.press(t("setup.open"))
	g.gate(desk.NoGate)
	g.loaded("All Users")
}
