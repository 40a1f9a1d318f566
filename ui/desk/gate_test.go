package desk

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"tapstation/app/admin"
	"tapstation/app/directory"
	"tapstation/device/virtual"
	"tapstation/ui/widget"
)

// fill types words into the line called label.
func (b *bench) fill(label, words string) {
	b.t.Helper()
	e := widget.Find[*widget.Entry](b.window.Content(), label)
	if e == nil {
		b.t.Fatalf("there is no line %q", label)
	}
	e.SetText("")
	test.Type(e, words)
}

// gated waits for a gate.
func (b *bench) gated(want Gate) {
	b.t.Helper()
	b.until(fmt.Sprintf("gate %d", want), func() bool { return b.Gate() == want })
}

// logIn fills in the log-in.
func (b *bench) logIn(id, word string) {
	b.t.Helper()
	b.fill("User ID", id)
	b.fill("Password", word)
	b.press(fyne.KeyReturn)
}

// problem is what is said under the line called label.
func (b *bench) problem(label string) string {
	b.t.Helper()
	f := widget.Find[*widget.Field](b.window.Content(), label)
	if f == nil {
		b.t.Fatalf("there is no line %q", label)
	}
	return f.Problem()
}

// prepare changes the directory before the window opens.
func (b *bench) prepare(do func(directory.Tx) error) {
	b.t.Helper()
	if err := b.store.Update(b.t.Context(), do); err != nil {
		b.t.Fatal(err)
	}
}

// nobodyYet is a window in which nobody has logged in.
func nobodyYet(b *bench) { b.loggedOut = true }

// unfounded is a data folder of the time before there were admins.
func unfounded(b *bench) {
	nobodyYet(b)
	b.prepare(func(tx directory.Tx) error {
		admins, err := tx.Admins()
		for _, a := range admins {
			err = errors.Join(err, tx.DeleteAdmin(a.UserID))
		}
		return err
	})
}

// withAdmin makes a user an admin.
func withAdmin(id string, role directory.Role) func(*bench) {
	return func(b *bench) {
		b.t.Helper()
		admins := &admin.Admins{Directory: &directory.Directory{Store: b.store}, Cost: cheap}
		if err := admins.Add(b.t.Context(), "os:test", id, role, password); err != nil {
			b.t.Fatal(err)
		}
	}
}

// at gives the window a clock.
func at(now *time.Time) func(*bench) {
	return func(b *bench) { b.clock = func() time.Time { return *now } }
}

// login is the log-in page that the window shows.
func (b *bench) login() *loginPage {
	b.t.Helper()
	p, ok := b.gate.(*loginPage)
	if !ok {
		b.t.Fatalf("gate %d is no log-in", b.Gate())
	}
	return p
}

func TestFirstStartMakesTheOwnerAndOpensThePanel(t *testing.T) {
	b := newBench(t, 0, unfounded)
	b.gated(SetupGate)
	b.press(fyne.KeyReturn)
	if got := b.problem("Name"); got != "Write something here." {
		t.Errorf("of a workspace without a name it says %q", got)
	}
	b.fill("Name", "Example Works")
	b.fill("Relying party ID", "login.example.org")
	b.press(fyne.KeyReturn)
	b.fill("User ID", "robin")
	b.fill("Password", "robin")
	b.fill("The same password again", "rob")
	b.press(fyne.KeyReturn)
	for label, want := range map[string]string{
		"Password": "Use at least 12 characters.", "The same password again": "The two passwords differ. Type this one again.",
	} {
		if got := b.problem(label); got != want {
			t.Errorf("under %q it says %q, want %q", label, got, want)
		}
	}
	b.press(fyne.KeyEscape)
	b.press(fyne.KeyReturn)
	if got := widget.Find[*widget.Entry](b.Page(), "User ID"); got == nil || got.Text != "robin" {
		t.Error("what was typed is gone after a step back and forth")
	}
	b.fill("Password", password)
	b.fill("The same password again", password)
	setup, _ := b.gate.(*setupPage)
	b.press(fyne.KeyReturn)
	b.gated(NoGate)
	if s := setup.state; s.Password != "" || s.Again != "" || setup.fields["password"].Text() != "" || setup.fields["again"].Text() != "" {
		t.Error("the set-up still holds the password once the panel is open")
	}
	if b.session.UserID != "robin" || b.session.Role != directory.Owner {
		t.Errorf("logged in is %+v, want robin, the owner", b.session)
	}
	w, err := b.station.Directory.Workspace(t.Context())
	if err != nil || w.Name != "Example Works" || w.RPID != "login.example.org" || w.RPName != "Example Works" {
		t.Errorf("the workspace is %q for %q (%v), want Example Works for login.example.org", w.Name, w.RPID, err)
	}
}

func TestUserOfAnOlderVersionBecomesTheOwner(t *testing.T) {
	b := newBench(t, 3, unfounded)
	b.gated(SetupGate)
	b.fill("Name", "Example Works")
	b.press(fyne.KeyReturn)
	b.fill("User ID", "U001")
	b.window.Canvas().FocusNext()
	b.until("who that is", func() bool { return b.says("User Number1 is a user already, and becomes the owner.") })
	b.fill("Password", password)
	b.fill("The same password again", password)
	b.press(fyne.KeyReturn)
	b.gated(NoGate)
	if b.session.UserID != "u001" || b.session.Name != "User Number1" {
		t.Errorf("logged in is %+v, want u001 as they were", b.session)
	}
}

func TestLogInIsCalmAndCountsDown(t *testing.T) {
	now := time.Now()
	b := newBench(t, 1, nobodyYet, at(&now))
	b.gated(LoginGate)
	for range 3 {
		b.logIn("u000", "wrong")
		b.until("the answer", func() bool { return !b.login().state.Checking })
		if !b.says("User ID and password do not belong together. Type them again.") {
			t.Fatalf("of a wrong password it says %q", b.login().problemWords())
		}
	}
	b.logIn("u000", password)
	b.until("the answer", func() bool { return !b.login().state.Checking })
	enter := widget.Find[*widget.Button](b.Page(), "Log in")
	if !b.says("Too many wrong passwords. You can try again in 1 second.") || !enter.Disabled() {
		t.Errorf("it says %q, and the button can be pressed: %v", b.login().problemWords(), !enter.Disabled())
	}
	now = now.Add(2 * time.Second)
	b.pass()
	if enter.Disabled() {
		t.Fatal("the button stays disabled after the wait")
	}
	b.press(fyne.KeyReturn) // what was typed is still there
	b.gated(NoGate)
}

func TestLockedPasswordSaysWhatToDo(t *testing.T) {
	b := newBench(t, 1, nobodyYet, func(b *bench) {
		b.prepare(func(tx directory.Tx) error {
			a, err := tx.Admin("u000")
			if err != nil {
				return err
			}
			a.Failures, a.Locked = admin.LockedAfter, true
			return tx.PutAdmin(a)
		})
	})
	b.gated(LoginGate)
	b.logIn("u000", password)
	b.until("the answer", func() bool { return b.login().state.Locked })
}

func TestCardOfAnAdminLogsIn(t *testing.T) {
	var reader *virtual.Reader
	card := newVirtual(t, virtual.Options{UID: []byte{4, 1, 2, 3, 4, 5, 6}})
	b := newBench(t, 2, withCards(&reader))
	b.listed()
	b.enrolled(reader, card, "u001", directory.PIN)
	b.LogOut()
	b.gated(LoginGate)
	b.lay(reader, newVirtual(t, virtual.Options{UID: []byte{4, 9, 9, 9, 9, 9, 9}}))
	b.until("what it says of a card of nobody", func() bool { return b.says("This card is nobody's here.") })
	b.lay(reader, card)
	p := b.login()
	b.until("the PIN", func() bool { return p.state.PIN != nil })
	b.write("000000")
	b.press(fyne.KeyReturn)
	b.until("the PIN again", func() bool { return p.state.PIN != nil && p.state.PIN.Refused != nil })
	b.write(cardPIN.Reveal())
	b.press(fyne.KeyReturn)
	b.gated(NoGate)
	if b.session.UserID != "u001" {
		t.Errorf("logged in is %q, want u001", b.session.UserID)
	}
}

func TestIdleWindowLocksAndComesBackAsItWas(t *testing.T) {
	now := time.Now()
	b := newBench(t, 3, at(&now))
	b.listed()
	b.NewUser()
	b.write("carol")
	typed := b.window.Canvas().Focused()
	now = now.Add(6 * time.Minute)
	b.pass()
	b.write("a")
	now = now.Add(6 * time.Minute)
	b.pass()
	if b.Gate() != NoGate {
		t.Fatal("it locks although somebody typed six minutes ago")
	}
	now = now.Add(4*time.Minute + time.Second)
	b.pass()
	b.gated(LockGate)
	if widget.Walk(b.window.Content(), func(o fyne.CanvasObject) bool { return o == b.panel }) {
		t.Error("the panel is still on the window")
	}
	b.write("sneaked in")
	b.press(fyne.KeyEscape, fyne.KeyTab)
	if b.Gate() != LockGate || b.typedID() != "carola" {
		t.Errorf("with the window locked, keys come through: the wizard has %q", b.typedID())
	}
	b.logIn("u002", password)
	b.gated(NoGate)
	if b.Wizard() == nil || b.typedID() != "carola" || b.window.Canvas().Focused() != typed {
		t.Error("after unlocking, the wizard is not as it was")
	}
}

func TestPointerKeepsTheWindowOpen(t *testing.T) {
	now := time.Now()
	b := newBench(t, 1, at(&now))
	b.listed()
	now = now.Add(9 * time.Minute)
	b.watcher.Cursor() // as Fyne asks at every move
	now = now.Add(9 * time.Minute)
	b.pass()
	if b.Gate() != NoGate {
		t.Error("it locks although the pointer was moved nine minutes ago")
	}
}

func TestSomebodyElseUnlocksAfterAWarningAndStartsFresh(t *testing.T) {
	b := newBench(t, 3, withAdmin("u000", directory.Operator))
	b.listed()
	b.NewUser()
	b.write("carol")
	b.Lock()
	b.logIn("u000", password)
	b.until("the warning", func() bool { return b.says("Log in as User Number0?") })
	b.press(fyne.KeyEscape)
	if b.Gate() != LockGate || b.Wizard() == nil {
		t.Fatal("the safe answer gives up what was typed")
	}
	b.logIn("u000", password)
	b.until("the warning", func() bool { return b.says("Log in as User Number0?") })
	b.tap("Go on as User Number0")
	b.gated(NoGate)
	if b.Wizard() != nil || b.session.UserID != "u000" {
		t.Errorf("it is %q with the wizard open: %v; want u000 on a page of their own", b.session.UserID, b.Wizard() != nil)
	}
	if b.rail.items[activitiesPlace] != nil {
		t.Error("an operator is offered Activities")
	}
}

func TestRoleWithdrawnLocks(t *testing.T) {
	for name, withdraw := range map[string]func(b *bench) error{
		"changed": func(b *bench) error {
			return b.station.Admins.SetRole(t.Context(), "os:test", "u000", directory.Auditor)
		},
		"removed": func(b *bench) error { return b.station.Admins.Remove(t.Context(), "os:test", "u000") },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, 3, withAdmin("u000", directory.Administrator))
			s, err := b.station.Admins.LogIn(t.Context(), "u000", password)
			if err != nil {
				t.Fatal(err)
			}
			b.begin(s)
			b.listed()
			if err := withdraw(b); err != nil {
				t.Fatal(err)
			}
			b.ShowUser("u001")
			b.gated(LockGate)
			if !b.says("Your role was changed, or you are no admin any more. Log in to see what you may do now.") {
				t.Error("the lock does not say why")
			}
		})
	}
}

func TestRefusedActLocksOnlyWhenTheRoleIsNotWhatItWas(t *testing.T) {
	b := newBench(t, 1)
	b.listed()
	if b.refused(errors.New("else")) || b.refused(&directory.ForbiddenError{Role: directory.Owner, Right: directory.ManageKeys}) {
		t.Error("it locks for an act that was refused to the role one has")
	}
	if !b.refused(fmt.Errorf("rename: %w", &directory.ForbiddenError{Right: directory.ManageKeys})) || b.Gate() != LockGate {
		t.Error("it does not lock when one is no admin any more")
	}
}

func TestControlLLocksFromWithinALine(t *testing.T) {
	b := newBench(t, 1)
	b.listed()
	if f, ok := b.window.Canvas().Focused().(fyne.Shortcutable); ok {
		f.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyL, Modifier: fyne.KeyModifierShortcutDefault})
	}
	if b.Gate() != LockGate {
		t.Error("Ctrl+L in the search does not lock")
	}
}

// typedID is the User ID typed into the wizard.
func (b *bench) typedID() string {
	b.t.Helper()
	if b.Wizard() == nil {
		b.t.Fatal("the wizard is not open")
	}
	return b.Wizard().State().Draft.ID
}
