package desk

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"tapstation/app/directory"
	"tapstation/ui/widget"
)

// withKeys gives u000 an active PINless card and a revoked one.
func withKeys(b *bench) {
	now := time.Date(2026, 3, 4, 5, 6, 0, 0, time.UTC)
	err := b.store.Update(b.t.Context(), func(tx directory.Tx) error {
		for _, k := range []directory.SecurityKey{
			{ID: "00", UserID: "u000", Name: "Old card", Kind: directory.Card, State: directory.Revoked,
				Verification: directory.PIN, Created: now},
			{ID: "01", UserID: "u000", Name: "Card", Kind: directory.Card, State: directory.Active,
				Verification: directory.PINless, Created: now.Add(time.Hour), Activated: now,
				Credential: directory.Credential{ID: []byte{0xAB, 0xCD, 0xEF}}},
		} {
			if err := tx.PutKey(k); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

func openUser(t *testing.T) (*bench, *userPage) {
	t.Helper()
	b := newBench(t, 2, withKeys)
	b.listed()
	b.ShowUser("u000")
	p, ok := b.page.(*userPage)
	if !ok {
		t.Fatalf("%T is shown, want the user's page", b.page)
	}
	b.until("the user", func() bool { return p.state.Known })
	return b, p
}

func TestUserPageShowsTheKeysWithTheirSigns(t *testing.T) {
	b, _ := openUser(t)
	for _, words := range []string{"User Number0", "Card", "Active", "PINless", "Old card", "Revoked"} {
		if !b.says(words) {
			t.Errorf("the page does not say %q", words)
		}
	}
	id := widget.Find[*widget.Copyable](b.Page(), "Credential ID")
	if id == nil || id.Text() != "q83v" {
		t.Error("the credential ID is not there to be copied, in base64url")
	}
	if widget.Find[*widget.Button](b.Page(), "Rename “Old card”") != nil {
		t.Error("a revoked key can be renamed")
	}
}

func TestKeyIsRenamedWhereItStands(t *testing.T) {
	b, p := openUser(t)
	b.tap("Rename “Card”")
	field := p.rename.field
	if b.window.Canvas().Focused() != fyne.Focusable(field.Entry) {
		t.Error("the cursor is not in the name")
	}
	field.Entry.SetText("")
	b.press(fyne.KeyReturn)
	if field.Problem() == "" {
		t.Error("an empty name is taken without a word")
	}
	b.press(fyne.KeyEscape)
	if p.rename != nil || b.page != page(p) {
		t.Fatal("Escape does not end renaming and stay on the page")
	}

	b.tap("Rename “Card”")
	p.rename.field.Entry.SetText("Blue card")
	b.press(fyne.KeyReturn)
	b.until("the new name", func() bool { return b.says("Blue card") })
	k, err := b.station.Directory.Key(t.Context(), "01")
	if err != nil || k.Name != "Blue card" {
		t.Errorf("the directory has the name %q (%v), want Blue card", k.Name, err)
	}
	acts, err := b.station.Directory.Audit(t.Context(), "os:test", directory.AuditQuery{Last: 1})
	if err != nil || len(acts) != 1 || acts[0].Actor != b.actor() {
		t.Errorf("the last act on record is %v (%v), want one by %s", acts, err, b.actor())
	}
}

func TestUserWhoIsGoneIsTold(t *testing.T) {
	b := newBench(t, 1)
	b.listed()
	b.ShowUser("nobody")
	b.until("the failure", func() bool { return b.says("This is not in the directory any more") })
	b.press(fyne.KeyEscape)
	b.listed()
}

func TestAssignOpensTheWizardForTheUser(t *testing.T) {
	b, p := openUser(t)
	b.press(fyne.KeyReturn) // the main action has the focus
	if b.Wizard() == nil || b.Wizard().State().Saved.ID != "u000" {
		t.Fatal("Enter does not open the wizard for u000")
	}
	if w, ok := b.page.(*wizardPage); ok {
		w.ended("u000")
	}
	if b.page != page(p) {
		t.Errorf("after the wizard %T is shown, want the user's page again", b.page)
	}
}

func TestKeysInARowAreThoseThatMatterFirst(t *testing.T) {
	b := newBench(t, 1, withKeys)
	b.listed()
	cell := newKeyCell()
	row, _ := b.users.state.Rows.at(0)
	cell.set(row.Keys)
	for _, c := range []struct {
		width float32
		shown int
		more  bool
	}{{500, 2, false}, {220, 1, true}} {
		cell.Resize(fyne.NewSize(c.width, 40))
		cell.Refresh()
		shown := 0
		for _, k := range cell.shown {
			if k.name.Visible() {
				shown++
			}
		}
		if shown != c.shown || cell.more.Visible() != c.more {
			t.Errorf("%v units wide: %d keys, count shown: %v; want %d, %v", c.width, shown, cell.more.Visible(), c.shown, c.more)
		}
	}
	if got := cell.shown[0].name.Content; got != "Card" {
		t.Errorf("the first key is %q, want the active one", got)
	}
	if !cell.shown[0].pinless.Visible() {
		t.Error("the PINless key has no warning sign")
	}
}
