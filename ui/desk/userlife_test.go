package desk

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"

	"tapstation/app/admin"
	"tapstation/app/directory"
	"tapstation/app/enroll"
	"tapstation/ui/tap"
	"tapstation/ui/widget"
)

func (b *bench) done(p *userPage) {
	b.t.Helper()
	b.until("what is done", func() bool { return !p.state.Doing && (p.state.Said != "" || p.state.Trouble != nil) })
	b.settle()
}

func TestUserIsDisabledAfterAQuestionAndEnabledAtOnce(t *testing.T) {
	b, p := openUser(t)
	p.askDisable()
	if !b.says("User Number0 holds one active security key. Until they are enabled again, it does not log in.") {
		t.Error("the question does not say what the user loses")
	}
	b.tap("Disable user")
	b.done(p)
	b.until("the state", func() bool { return p.state.User.Disabled })
	if !b.says("Disabled") || !b.says("User Number0 is disabled.") {
		t.Error("the page does not say that the user is disabled")
	}
	if !p.assign.Disabled() {
		t.Error("a disabled user can be assigned a key")
	}
	p.setDisabled(false)
	b.done(p)
	b.until("the state", func() bool { return !p.state.User.Disabled })
	b.until("the acts", func() bool { return len(p.state.Acts) >= 2 })
	if !b.says("User enabled") || !b.says("User disabled") {
		t.Error("what happened to the user is not listed")
	}
}

func TestUserIsDeletedOnceTheirIDWasTyped(t *testing.T) {
	b, p := openUser(t)
	p.askDelete()
	for _, words := range []string{"Delete User Number0 (u000)?", "Card · Active", "Old card · Revoked"} {
		if !b.says(words) {
			t.Errorf("the question does not say %q", words)
		}
	}
	b.write("u00")
	b.press(fyne.KeyReturn)
	if b.question == nil {
		t.Fatal("a part of the User ID is enough")
	}
	b.write("0")
	b.press(fyne.KeyReturn)
	b.until("All Users", func() bool { return b.page == page(b.users) })
	b.listed()
	if taken, err := b.station.Directory.Taken(t.Context(), "u000"); taken || err != nil {
		t.Errorf("u000 is still there (%v)", err)
	}
}

func TestWhatARoleMayNotDoIsNotShown(t *testing.T) {
	may := func(r directory.Role) func(directory.Right) bool { return r.May }
	active := directory.SecurityKey{State: directory.Active, Kind: directory.Card}
	for _, c := range []struct {
		role directory.Role
		key  directory.KeyState
		want string
	}{
		{directory.Owner, directory.Active, "[pin replace settings disable revoke copy]"},
		{directory.Owner, directory.Disabled, "[pin replace settings enable revoke copy]"},
		{directory.Owner, directory.Pending, "[settings copy]"},
		{directory.Owner, directory.Revoked, "[copy]"},
		{directory.Operator, directory.Active, "[pin replace copy]"},
		{directory.Auditor, directory.Active, "[copy]"},
	} {
		k := active
		k.State = c.key
		if got := fmt.Sprint(actsOn(k, false, may(c.role))); got != c.want {
			t.Errorf("%s, a key that is %s: %s, want %s", c.role, c.key, got, c.want)
		}
	}
	if got := fmt.Sprint(actsOn(active, true, may(directory.Operator))); got != "[copy]" {
		t.Errorf("of a disabled user: %s, want no card to be enrolled", got)
	}
}

func TestAuditorSeesNoButtonThatChangesAnything(t *testing.T) {
	b := newBench(t, 2, withKeys, func(b *bench) {
		err := b.store.Update(t.Context(), func(tx directory.Tx) error {
			return tx.PutAdmin(directory.Admin{UserID: "u000", Role: directory.Auditor})
		})
		if err != nil {
			t.Fatal(err)
		}
	})
	b.listed()
	b.begin(admin.Session{UserID: "u000", Role: directory.Auditor})
	b.listed()
	b.ShowUser("u000")
	p, _ := b.page.(*userPage)
	b.until("the user", func() bool { return p.state.Known })
	for _, words := range []string{"Edit", "Assign security key", "Further acts", "Rename “Card”"} {
		if widget.Find[*widget.Button](b.Page(), words) != nil {
			t.Errorf("an auditor is offered %q", words)
		}
	}
	b.ShowUsers()
	b.listed()
	b.users.list.Mark(0, 1)
	for words, want := range map[string]bool{"New User": false, "Disable": false, "Assign group …": false, "Enroll one after another": false, "Export …": true} {
		if got := widget.Find[*widget.Button](b.Page(), words) != nil; got != want {
			t.Errorf("an auditor is offered %q: %v, want %v", words, got, want)
		}
	}
}

func TestKeyIsRevokedAfterAQuestion(t *testing.T) {
	b, p := openUser(t)
	k, _ := p.state.key("01")
	p.act(revokeKey, k)
	if !b.says("Revoke “Card” for good?") {
		t.Fatal("it does not ask")
	}
	b.press(fyne.KeyReturn) // the safe choice
	if b.question != nil {
		t.Fatal("the safe choice does not have the focus")
	}
	p.act(revokeKey, k)
	b.tap("Revoke key")
	b.done(p)
	b.until("the state", func() bool { k, _ := p.state.key("01"); return k.State == directory.Revoked })
	p.act(revokeKey, k) // as it was shown before somebody else revoked it
	b.tap("Revoke key")
	b.done(p)
	if p.state.Trouble == nil || !b.says("The security key has another state by now. Look at it again.") {
		t.Errorf("revoking a revoked key is told as %q, %v", p.state.Said, p.state.Trouble)
	}
}

func TestSettingsOfAKeyAreChangedWhereItStands(t *testing.T) {
	b, p := openUser(t)
	k, _ := p.state.key("01") // PINless, and no PIN is known of its card
	p.act(changeSettings, k)
	p.settings.toggle.Tapped(nil)
	p.settings.choice.OnChanged(string(directory.PIN))
	if !b.says("The card is needed: a PIN is set on it in the next step.") {
		t.Error("it does not say that the card is needed")
	}
	p.settings.choice.OnChanged(string(directory.PINless))
	b.tap("Save settings")
	b.done(p)
	b.until("the settings", func() bool { k, _ := p.state.key("01"); return k.OfflineLogin })
	if p.settings != nil || !b.says("The settings of “Card” are changed.") {
		t.Error("the form stays, or it does not say what was done")
	}
	p.act(changeSettings, k)
	b.press(fyne.KeyEscape)
	if p.settings != nil || b.page != page(p) {
		t.Error("Escape does not give the form up")
	}
}

func TestPINlessKeyGetsAPINByItsCard(t *testing.T) {
	b, reader := queueBench(t, 1)
	card := blankCard(t, 1)
	b.ShowUser("u000")
	p, _ := b.page.(*userPage)
	b.until("the user", func() bool { return p.state.Known })
	b.tap("Assign security key")
	b.press(fyne.KeyReturn, fyne.KeyReturn)
	reader.Insert(card)
	b.until("the key", func() bool { return b.Wizard() != nil && b.Wizard().State().Key.ID != "" })
	b.press(fyne.KeyReturn)
	b.until("the user again", func() bool { return b.page == page(p) && len(p.state.Keys) == 1 })
	k := p.state.Keys[0]
	if k.Verification != directory.PINless || k.HasPIN() {
		t.Fatalf("the key is %s: this test means a PINless one", k.Verification)
	}

	p.act(changeSettings, k)
	p.settings.choice.OnChanged(string(directory.PIN))
	b.tap("Save and set PIN")
	b.until("the page of the tap", func() bool { _, ok := b.page.(*cardPage); return ok })
	pp, _ := b.page.(*cardPage)
	b.until("a new PIN", func() bool { return pp.stand.Ceremony.State().Phase == tap.Asking })
	if got := pp.stand.Ceremony.State().PIN.Purpose; got != enroll.ChoosePIN {
		t.Fatalf("asked is for the PIN %q, want a first one", got)
	}
	b.write("314159")
	b.window.Canvas().FocusNext()
	b.write("314159")
	b.press(fyne.KeyReturn)
	b.until("the end", func() bool { return pp.stand.Ceremony.State().Phase == tap.Enrolled })
	if !b.says("User Number0 has a new PIN") {
		t.Error("the page does not say that the PIN is changed")
	}
	b.press(fyne.KeyReturn)
	b.until("the user again", func() bool {
		return b.page == page(p) && len(p.state.Keys) == 1 && p.state.Keys[0].Verification == directory.PIN
	})
	reader.Remove()

	// And another PIN, with the old one forgotten at first, then remembered.
	p.act(setPIN, p.state.Keys[0])
	pp, _ = b.page.(*cardPage)
	reader.Insert(card)
	b.until("the PIN", func() bool { return pp.stand.Ceremony.State().Phase == tap.Asking })
	b.tap("The PIN is forgotten")
	b.until("the question", func() bool { return pp.stand.Ceremony.State().Phase == tap.Choosing })
	if q := pp.stand.Ceremony.State().Question; q.Kind != enroll.ResetCard || !b.says("Reset the card?") {
		t.Errorf("asked is %q, want whether to reset the card", q.Kind)
	}
	b.press(fyne.KeyReturn) // the safe choice
	b.until("the end", func() bool { return pp.stand.Ceremony.State().Ended() })
	b.press(fyne.KeyEscape)
	b.until("the user again", func() bool { return b.page == page(p) })
	if k, err := b.station.Directory.Key(t.Context(), k.ID); err != nil || k.State != directory.Active {
		t.Errorf("the key is %s (%v), want that nothing was changed", k.State, err)
	}
}
