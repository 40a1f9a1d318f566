package desk

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"tapstation/app/admin"
	"tapstation/app/directory"
	"tapstation/ui/widget"
)

// admins shows all admins and waits until they are listed.
func (b *bench) admins() *adminsPage {
	b.t.Helper()
	b.ShowAdmins()
	p, ok := b.page.(*adminsPage)
	if !ok {
		b.t.Fatal("the admins are not shown")
	}
	b.until("the admins", func() bool { return p.list != nil })
	return p
}

// role is the role a user has by now; empty: none.
func (b *bench) role(id string) directory.Role {
	b.t.Helper()
	s, err := b.station.Admins.Renew(b.t.Context(), admin.Session{UserID: id})
	if err != nil {
		return ""
	}
	return s.Role
}

func TestUserBecomesAdminAndGetsAnotherRole(t *testing.T) {
	b := newBench(t, 3)
	b.listed()
	b.admins()
	b.tap("Add admin")
	p := b.page.(*adminNewPage)
	b.until("the users", func() bool { return len(p.users.state.Rows) == 3 })
	p.users.list.Open(0)
	b.fill("New password", "short")
	b.press(fyne.KeyReturn)
	if got := b.problem("New password"); got != "Use at least 12 characters." {
		t.Errorf("of a short password it says %q", got)
	}
	b.fill("New password", password)
	b.fill("The same password again", password)
	b.tap("Make admin")
	b.until("the admins", func() bool { _, ok := b.page.(*adminsPage); return ok })
	if got := b.role("u000"); got != directory.Operator {
		t.Fatalf("the new admin is %q, want the role that may least change: operator", got)
	}
	if s, err := b.station.Admins.LogIn(t.Context(), "u000", password); err != nil || s.Role != directory.Operator {
		t.Errorf("with the password given, %+v, %v; want u000 to log in", s, err)
	}
	list := b.admins()
	list.rows.Open(0)
	widget.Find[*widget.Choice](b.Page(), "Role").TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
	b.tap("Change role")
	b.until("the change", func() bool { return b.says("The role is changed.") })
	if got := b.role("u000"); got != directory.Auditor {
		t.Errorf("the role is %q, want auditor", got)
	}
}

func TestLastOwnerCannotBeRemoved(t *testing.T) {
	b := newBench(t, 1)
	b.listed()
	b.admins().rows.Open(0)
	b.tap("Remove from admins")
	b.press(fyne.KeyReturn)
	if b.role("u000") != directory.Owner {
		t.Fatal("the safe choice removes")
	}
	b.tap("Remove from admins")
	test.Tap(widget.Find[*widget.Button](widget.Find[*widget.Question](b.Page(), "Remove User Number0 from the admins?"), "Remove from admins"))
	p := b.page.(*adminPage)
	b.until("the answer", func() bool { return !p.busy })
	if b.role("u000") != directory.Owner || !p.result.content.Visible() {
		t.Errorf("the last owner is %q and it says nothing of it: %v", b.role("u000"), !p.result.content.Visible())
	}
}

func TestOwnerUnlocks(t *testing.T) {
	b := newBench(t, 2, withAdmin("u000", directory.Operator), func(b *bench) {
		b.prepare(func(tx directory.Tx) error {
			a, err := tx.Admin("u000")
			if err != nil {
				return err
			}
			a.Failures, a.Locked = admin.LockedAfter, true
			return tx.PutAdmin(a)
		})
	})
	b.listed()
	list := b.admins()
	if got := adminSign(list.list[0]).Word; got != "Locked" {
		t.Errorf("the list says %q of a locked admin", got)
	}
	list.rows.Open(0)
	b.tap("Unlock")
	b.until("the unlocking", func() bool { return b.says("The password can be tried again.") })
	if _, err := b.station.Admins.LogIn(t.Context(), "u000", password); err != nil {
		t.Errorf("unlocked, the admin still cannot log in: %v", err)
	}
}

func TestWhoMayNotManageAdminsIsNotShownThem(t *testing.T) {
	b := newBench(t, 2, withAdmin("u000", directory.Administrator))
	b.listed()
	s, err := b.station.Admins.LogIn(t.Context(), "u000", password)
	if err != nil {
		t.Fatal(err)
	}
	b.begin(s)
	b.ShowAdmins()
	if _, shown := b.page.(*adminsPage); shown {
		t.Error("an administrator is shown the admins")
	}
}

func TestOwnPasswordIsChangedWithTheOldOne(t *testing.T) {
	const next = "another five rooms"
	b := newBench(t, 1)
	b.listed()
	b.tapRail("User Number0")
	b.fill("Password now", "wrong")
	b.fill("New password", next)
	b.fill("The same password again", next)
	b.press(fyne.KeyReturn)
	b.until("the refusal", func() bool { return b.problem("Password now") == "This is not your password. Type it again." })
	b.fill("Password now", password)
	b.press(fyne.KeyReturn)
	b.until("the change", func() bool { return b.says("Your password is changed.") })
	if _, err := b.station.Admins.LogIn(t.Context(), "u000", next); err != nil {
		t.Errorf("log in with the new password: %v", err)
	}
	b.tap("Log out")
	if b.Gate() != LoginGate || b.session.UserID != "" {
		t.Errorf("after Log out gate %d is shown and %q is logged in", b.Gate(), b.session.UserID)
	}
}

// tapRail presses an entry of the rail.
func (b *bench) tapRail(label string) {
	b.t.Helper()
	item := widget.Find[*widget.RailItem](b.window.Content(), label)
	if item == nil {
		b.t.Fatalf("there is no %q in the rail", label)
	}
	test.Tap(item)
}
