package desk

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"

	"tapstation/app/directory"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// settings goes to a section of the settings and waits for what it shows.
func (b *bench) settings(of section) *settingsPage {
	b.t.Helper()
	b.ShowSettings()
	p, ok := b.page.(*settingsPage)
	if !ok {
		b.t.Fatalf("Settings leads to %T", b.page)
	}
	b.until("the settings", func() bool { return p.state.Known })
	p.choose(of)
	return p
}

// kept are the settings as the directory has them.
func (b *bench) kept() directory.Workspace {
	b.t.Helper()
	w, err := b.station.Directory.Workspace(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	return w
}

func TestEverySettingIsOnSomePage(t *testing.T) {
	shown := map[string]bool{}
	for _, names := range settingsOf {
		for _, name := range names {
			shown[name] = true
			if _, ok := directory.FindSetting(name); !ok {
				t.Errorf("the page shows %q, which is no setting", name)
			}
		}
	}
	for _, s := range directory.Settings() {
		if !shown[s.Name] {
			t.Errorf("no page shows %q", s.Name)
		}
	}
}

func TestSettingIsSavedByKeyboard(t *testing.T) {
	b := newBench(t, 1)
	p := b.settings(workspaceSection)
	name := widget.Find[*widget.Field](b.Page(), "Name")
	b.focusOn(name.Entry)
	name.Entry.SetText("Analytical Engines")
	b.press(fyne.KeyReturn)
	b.until("the save", func() bool { return p.state.Done })
	if got := b.kept().Name; got != "Analytical Engines" {
		t.Errorf("the workspace is called %q, want Analytical Engines", got)
	}
	if b.workspace.Name != "Analytical Engines" {
		t.Error("the window does not have the new name at once")
	}
	if !p.save.Disabled() {
		t.Error("after saving there is still something to save")
	}
}

func TestWrongSettingIsToldUnderItsFieldAndNothingIsSaved(t *testing.T) {
	for _, c := range []struct {
		of               section
		name, typed, say string
	}{
		{workspaceSection, "name", "", "Write something here."},
		{partySection, "rp_id", "Example.org", "Write a domain name in small letters, such as login.example.org."},
		{cardSection, "driver_link", "javascript:alert(1)", "Write an address that begins with https:// or http://."},
		{cardSection, "allowed_aaguids", "xyz", "Write AAGUIDs like 2fc0579f-8113-47ea-b116-bb5a8db9202a, one a line."},
		{pinSection, "pin_min_length", "3", "Write a number from 4 to 63."},
		{pinSection, "pin_min_length", "many", "Write a number in digits."},
		{pinSection, "pin_max_length", "5", "Write a number from 6, the least length, to 63."},
		{offlineSection, "offline_days", "99999", "Write a number from 0 to 3,650."},
	} {
		t.Run(c.name+" "+c.typed, func(t *testing.T) {
			b := newBench(t, 1)
			before := b.kept()
			p := b.settings(c.of)
			p.set(p.state.typed(c.name, c.typed))
			p.trySave()
			if got := settingProblem(p.state, c.name); got != c.say {
				t.Errorf("under the field stands %q, want %q", got, c.say)
			}
			b.Close()
			b.Wait()
			if after := b.kept(); after.Changed != before.Changed {
				t.Error("something was saved")
			}
		})
	}
}

func TestSavingASectionKeepsWhatOthersHaveChangedMeanwhile(t *testing.T) {
	b := newBench(t, 1)
	p := b.settings(pinSection)
	p.set(p.state.typed("pin_min_length", "8"))
	w := b.kept()
	w.Name = "Changed elsewhere"
	if err := b.station.Directory.SetWorkspace(t.Context(), "os:test", w); err != nil {
		t.Fatal(err)
	}
	p.trySave()
	b.until("the save", func() bool { return p.state.Done })
	if got := b.kept(); got.Name != "Changed elsewhere" || got.PINPolicy.MinLength != 8 {
		t.Errorf("kept are the name %q and the length %d; want what was changed elsewhere, and 8", got.Name, got.PINPolicy.MinLength)
	}
}

func TestUnsavedSettingsAreNotLostUnasked(t *testing.T) {
	b := newBench(t, 1)
	p := b.settings(workspaceSection)
	p.set(p.state.typed("name", "Half"))
	b.ShowUsers()
	if b.page != page(p) || b.question == nil {
		t.Fatal("going to Users threw the changes away without a question")
	}
	b.press(fyne.KeyEscape)
	if p.state.value("name") != "Half" {
		t.Error("the safe answer did not keep what was typed")
	}
	p.choose(cardSection)
	if p.state.Section != workspaceSection || b.question == nil {
		t.Error("another section came without a question")
	}
	b.tap("Leave")
	if p.state.Section != cardSection || p.state.changed() {
		t.Error("Leave does not lead to the other section, without the changes")
	}
}

func TestRelyingPartyIDWithKeysIsChangedAfterItWasTypedAgain(t *testing.T) {
	b := newBench(t, 2, func(b *bench) {
		err := b.store.Store.Update(b.t.Context(), func(tx directory.Tx) error {
			return tx.PutKey(directory.SecurityKey{ID: "00112233445566778899aabbccddeeff", UserID: "u000", Name: "Blue card", Kind: directory.Card,
				State: directory.Active, Verification: directory.PIN, Credential: directory.Credential{ID: []byte("credential")}})
		})
		if err != nil {
			b.t.Fatal(err)
		}
	})
	p := b.settings(partySection)
	if !b.says("1 enrolled key would become useless if you change this.") {
		t.Error("it is not said what a change does to the key")
	}
	p.set(p.state.typed("rp_id", "login.example.org"))
	p.trySave()
	if b.question == nil {
		t.Fatal("the ID is changed without a question")
	}
	b.write("login.example.org")
	b.press(fyne.KeyReturn)
	b.until("the save", func() bool { return p.state.Done })
	if got := b.kept().RPID; got != "login.example.org" {
		t.Errorf("the relying party ID is %q, want login.example.org", got)
	}
}

func TestAppearanceTakesEffectAtOnceAndGoesWithTheChange(t *testing.T) {
	b := newBench(t, 1)
	p := b.settings(workspaceSection)
	p.set(p.state.typed("appearance", "dark"))
	if b.variant != theme.Dark {
		t.Error("dark was chosen, but the window is not dark")
	}
	p.forget()
	if b.variant != theme.System {
		t.Error("the change was discarded, but the window stays dark")
	}
}

func TestLogoIsLookedAtBeforeItIsTaken(t *testing.T) {
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	b := newBench(t, 1)
	p := b.settings(workspaceSection)
	for _, c := range []struct {
		name    string
		content []byte
		say     string
	}{
		{"none.png", []byte("no picture"), "Choose a PNG, JPEG or SVG picture. This file cannot be shown."},
		{"large.png", make([]byte, directory.MaxLogo+1), "Choose a picture of at most 262 kB."},
		{"good.png", picture.Bytes(), ""},
	} {
		p.set(p.state.discard())
		p.readLogo(write(c.name, c.content))
		b.until("the answer to "+c.name, func() bool { return p.state.changed() || len(p.state.Problems) > 0 })
		if got := settingProblem(p.state, logoSetting); got != c.say {
			t.Errorf("of %s is said %q, want %q", c.name, got, c.say)
		}
	}
	p.trySave()
	b.until("the save", func() bool { return p.state.Done })
	if !bytes.Equal(b.kept().Logo, picture.Bytes()) {
		t.Error("the logo was not kept")
	}
}

func TestModelsAreOneALine(t *testing.T) {
	const one, two = "2fc0579f-8113-47ea-b116-bb5a8db9202a", "00000000-0000-0000-0000-000000000001"
	b := newBench(t, 1)
	p := b.settings(cardSection)
	field := widget.Find[*widget.Field](b.Page(), "Only these models")
	field.Entry.SetText(one + "\n" + two + "\n")
	p.trySave()
	b.until("the save", func() bool { return p.state.Done })
	if got := b.kept().AllowedAAGUIDs; len(got) != 2 || directory.FormatAAGUID(got[1]) != two {
		t.Errorf("allowed are %x, want the two that were typed", got)
	}
}

func TestMayOnlyReadSettingsIsShownWordsOnly(t *testing.T) {
	b := newBench(t, 2)
	b.asAuditor()
	p := b.settings(workspaceSection)
	for s := range settingsOf {
		p.choose(s)
		if widget.Find[*widget.Button](b.Page(), "Save") != nil {
			t.Errorf("an auditor is offered to save %s", s)
		}
	}
	if !b.says("Your role may read the settings, but not change them.") {
		t.Error("it is not said why nothing can be changed")
	}
}

func TestSettingsThatCannotBeSavedSayWhyAndKeepWhatWasTyped(t *testing.T) {
	b := newBench(t, 1)
	p := b.settings(workspaceSection)
	p.set(p.state.typed("name", "Analytical Engines"))
	b.station.Directory.Store = busyStore{b.store}
	p.trySave()
	b.until("the answer", func() bool { return !p.state.Saving })
	if !b.says("Another program is using the directory. Nothing was lost. Try again in a moment.") {
		t.Error("it is not said why it could not be saved")
	}
	if got := p.state.value("name"); got != "Analytical Engines" {
		t.Errorf("the name is %q now, want what was typed", got)
	}
	b.station.Directory.Store = b.store
	p.trySave()
	b.until("the save", func() bool { return p.state.Done })
}

// busyStore can be looked at, but another program keeps it from being changed.
type busyStore struct{ directory.Store }

func (busyStore) Update(context.Context, func(directory.Tx) error) error { return directory.ErrBusy }
