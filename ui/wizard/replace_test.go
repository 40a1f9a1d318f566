package wizard

import (
	"testing"

	"tapstation/app/directory"
	"tapstation/app/enroll"
	"tapstation/assets/text"
	"tapstation/ui/tap"
	"tapstation/ui/widget"
)

// oldKey gives the wizard's user an active key, and has the wizard replace it.
func oldKey(b *bench, c *Config) {
	old := directory.SecurityKey{ID: "0123", UserID: c.User.ID, Name: "Card", Kind: directory.Card, State: directory.Active,
		Verification: directory.PINless, OfflineLogin: true}
	b.must(b.store.Store.Update(b.t.Context(), func(tx directory.Tx) error { return tx.PutKey(old) }))
	c.Replaces = &old
}

func TestReplacedKeyIsRevokedOnceTheNewOneIsThere(t *testing.T) {
	b := newBench(t, ada(), oldKey)
	b.step(enroll.WaitCard)
	if b.State().Page != ActivationPage {
		t.Fatalf("page %d is shown, want the card to be asked for at once", b.State().Page)
	}
	if _, keys := b.user("ada"); len(keys) != 1 || keys[0].State != directory.Active {
		t.Fatal("the old key does not work any more before there is a new one")
	}
	b.reader.Insert(blank(t, 1))
	b.page(NamePage)
	if got := b.State().KeyName; got != "Card 2" {
		t.Errorf("the new key is called %q, want a name the user has not had", got)
	}
	_, keys := b.user("ada")
	for _, k := range keys {
		want := directory.Active
		if k.ID == "0123" {
			want = directory.Revoked
		}
		if k.State != want {
			t.Errorf("%s is %s, want %s", k.Name, k.State, want)
		}
		if k.Verification != directory.PINless || !k.OfflineLogin {
			t.Errorf("%s is %s, offline %v; want the settings of the old one", k.Name, k.Verification, k.OfflineLogin)
		}
	}
	b.enter()
	if len(b.ended) != 1 {
		t.Error("Done does not end the wizard")
	}
}

func TestGivenUpReplacementLeavesTheOldKey(t *testing.T) {
	b := newBench(t, ada(), oldKey)
	b.step(enroll.WaitCard)
	b.escape() // to the settings
	b.escape() // and away
	if len(b.ended) != 1 {
		t.Fatal("Escape twice does not leave the wizard")
	}
	if _, keys := b.user("ada"); len(keys) != 1 || keys[0].State != directory.Active {
		t.Errorf("the keys are %v, want the old one, active", keys)
	}
}

func TestEditSavesAndEnds(t *testing.T) {
	b := newBench(t, ada(), func(_ *bench, c *Config) { c.Edit = true })
	b.wantFocus(text.T("user.user_name"))
	b.entry(text.T("user.email")).SetText("not an address")
	b.enter()
	if b.problem(text.T("user.email")) == "" || len(b.ended) != 0 {
		t.Fatal("an e-mail address that is none is taken")
	}
	b.entry(text.T("user.email")).SetText("ada@example.org")
	b.enter()
	b.until("the end", func() bool { return len(b.ended) == 1 })
	if u, _ := b.user("ada"); u.Email != "ada@example.org" {
		t.Errorf("the e-mail address is %q, want what was typed", u.Email)
	}
}

func TestEditAsksBeforeWhatWasTypedIsLost(t *testing.T) {
	b := newBench(t, ada(), func(_ *bench, c *Config) { c.Edit = true })
	b.entry(text.T("user.last_name")).SetText("Lovelace")
	b.escape()
	if len(b.ended) != 0 || !b.State().Leaving {
		t.Fatal("Escape threw away what was typed without asking")
	}
	b.escape() // keeps typing
	if b.State().Draft.LastName != "Lovelace" || b.State().Leaving {
		t.Error("Escape at the question does not lead back to what was typed")
	}
}

func TestGroupsSayWhatAKeyIsByDefault(t *testing.T) {
	u := ada()
	u.Groups, u.Email = []string{"Finance"}, "ada@example.org"
	b := newBench(t, u, withMail, func(b *bench, _ *Config) {
		b.must(b.dir.UpdateGroup(b.t.Context(), "os:test", "Finance", directory.Group{Name: "Finance",
			Defaults: directory.KeyDefaults{Verification: directory.PINless, OfflineLogin: directory.On, PINChooser: directory.UserMail}}))
	})
	b.until("the defaults of the group", func() bool { return b.ready })
	if v, offline := b.State().Settings(); v != directory.PINless || !offline {
		t.Errorf("the default settings are %s, offline %v; want those of the group", v, offline)
	}
	if got := b.State().Request("os:test").PINChooser; got != directory.UserMail {
		t.Errorf("%s chooses the PIN, want as the group says", got)
	}
}

func TestPINlessIsRefusedWhereTheWorkspaceWantsAPIN(t *testing.T) {
	b := newBench(t, ada(), func(b *bench, _ *Config) {
		w := directory.DefaultWorkspace()
		w.RequirePIN = true
		b.must(b.dir.SetWorkspace(b.t.Context(), "os:test", w))
	})
	b.until("the workspace", func() bool { return b.State().Workspace.RequirePIN })
	b.enter() // to the settings
	b.set(b.State().SetDefaults(false))
	choice := widget.Find[*widget.Choice](b.Content(), text.T("user.key.verification"))
	choice.Select(string(directory.PINless))
	if got := choice.Selected(); got != string(directory.PIN) {
		t.Errorf("%q can be chosen, want PIN alone", got)
	}
	if b.Ceremony().State().Phase != tap.Running {
		t.Error("a ceremony has begun")
	}
}
