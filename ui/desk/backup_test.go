package desk

import (
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"

	"tapstation/app/admin"
	"tapstation/app/backup"
	"tapstation/app/directory"
	"tapstation/ui/widget"
)

// openBackup shows the section of the settings about backups.
func openBackup(t *testing.T) (*bench, *backupView) {
	t.Helper()
	b := newBench(t, 3)
	store, ok := b.store.Store.(directory.Portable)
	if !ok {
		t.Fatalf("%T cannot be copied", b.store.Store)
	}
	b.station.Backup = &backup.Backup{Directory: b.station.Directory, Store: store, Folder: b.station.Doctor.Folder, Version: "test"}
	b.listed()
	b.ShowSettings()
	p, ok := b.page.(*settingsPage)
	if !ok {
		t.Fatalf("%T is shown, want the settings", b.page)
	}
	b.until("the settings", func() bool { return p.state.Known })
	p.choose(backupSection)
	v, ok := p.view().(*backupView)
	if !ok {
		t.Fatalf("%T is shown, want the backups", p.view())
	}
	if b.window.Canvas().Focused() != fyne.Focusable(v.save) {
		t.Error("the focus is not on the first act")
	}
	return b, v
}

// typePath answers the question for a file.
func (b *bench) typePath(path string) {
	b.t.Helper()
	if b.question == nil {
		b.t.Fatal("it does not ask for a file")
	}
	b.settle()
	e, ok := b.window.Canvas().Focused().(*widget.Entry)
	if !ok {
		b.t.Fatal("the focus is not where the path is typed")
	}
	e.SetText(path)
	b.press(fyne.KeyReturn)
}

func (b *bench) rest(v *backupView, path string) {
	b.t.Helper()
	b.until("the end of it", func() bool { return v.state.Path == path && v.state.Work == backupIdle })
}

func TestBackupIsMadeAndRestoredFromTheWindow(t *testing.T) {
	b, v := openBackup(t)
	path := filepath.Join(t.TempDir(), "copy.zip")
	b.press(fyne.KeyReturn)
	b.typePath(path)
	b.rest(v, path)
	if !b.says("“copy.zip” holds everything, with 3 users.") {
		t.Fatalf("it does not say what was made: %v", v.state.Err)
	}
	if _, err := b.station.Directory.AddUser(t.Context(), b.actor(), directory.User{ID: "later"}); err != nil {
		t.Fatal(err)
	}

	b.tap("Choose a backup")
	b.typePath(path)
	b.until("the question", func() bool { return b.says("Put this backup in the place of everything?") })
	if !b.says("3 users") || !b.says("Workspace “Tapstation”") {
		t.Fatalf("it does not ask, naming what is in the backup: %v", v.state.Err)
	}
	b.press(fyne.KeyReturn)
	if v.state.Work != backupIdle {
		t.Fatal("it restores before that was typed")
	}
	b.write("restore")
	b.press(fyne.KeyReturn)
	b.until("the log-in", func() bool { return b.gate != nil })
	if b.session.UserID != "" {
		t.Error("who was logged in before still is")
	}
	if _, there := b.user("later"); there {
		t.Error("what happened since the backup is still there")
	}
	if _, there := b.user("u000"); !there {
		t.Error("what is in the backup is not there")
	}
}

func TestFileThatIsNoBackupChangesNothingAndSaysSo(t *testing.T) {
	b, v := openBackup(t)
	path := filepath.Join(t.TempDir(), "other.zip")
	if err := os.WriteFile(path, []byte("not a zip"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.tap("Choose a backup")
	b.typePath(path)
	b.rest(v, path)
	if b.question != nil || !b.says("This is no backup of Tapstation. Nothing was changed. Choose another file.") {
		t.Errorf("it asks, or does not say that this is none: %v", v.state.Err)
	}
}

func TestBackupsAreOfferedOnlyToThoseWhoMay(t *testing.T) {
	b := newBench(t, 3)
	b.listed()
	for role, want := range map[directory.Role]struct{ section, restore bool }{
		directory.Owner: {true, true}, directory.Administrator: {true, false}, directory.Auditor: {false, false},
	} {
		b.begin(admin.Session{UserID: "u002", Name: "U", Role: role})
		b.ShowSettings()
		p, ok := b.page.(*settingsPage)
		if !ok {
			t.Fatalf("%s: %T is shown, want the settings", role, b.page)
		}
		b.until("the settings", func() bool { return p.state.Known })
		if got := p.items[backupSection] != nil; got != want.section {
			t.Errorf("%s: the section is there: %t, want %t", role, got, want.section)
		}
		if !want.section {
			continue
		}
		p.choose(backupSection)
		if got := widget.Find[*widget.Button](b.Page(), "Choose a backup") != nil; got != want.restore {
			t.Errorf("%s: restoring is offered: %t, want %t", role, got, want.restore)
		}
	}
}

func TestBackupThatIsStoppedHasNotFailed(t *testing.T) {
	s := backupState{}.begin(backupSaving, "x.zip")
	s.Stopping = true
	s = s.ended(backup.Summary{}, os.ErrClosed)
	if s.Err != nil || s.Saved || s.Work != backupIdle {
		t.Errorf("after a stop the state is %+v, want neither a failure nor a backup", s)
	}
}
