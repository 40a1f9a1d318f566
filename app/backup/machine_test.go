package backup_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tapstation/app/activation"
	"tapstation/app/backup"
	"tapstation/app/directory"
	"tapstation/storage/bolt"
	"tapstation/storage/seal"
)

// machine is a station on a computer of its own, with a sealing key of its own.
type machine struct {
	*backup.Backup
	tickets *activation.Tickets
}

func newMachine(t *testing.T) machine {
	t.Helper()
	b := open(t, 0)
	box := seal.New(b.Folder, seal.Options{FileOnly: true})
	b.Directory.Seal = box
	tickets := &activation.Tickets{Directory: b.Directory, Seal: box}
	b.Seal, b.Tickets = box, tickets
	return machine{b, tickets}
}

// token is what a link ends with.
func token(t *testing.T, link string) string {
	t.Helper()
	_, token, found := strings.Cut(link, "/activate/")
	if !found {
		t.Fatalf("%q is no activation link", link)
	}
	return token
}

// TestBackupOnAnotherMachineLeavesAWorkingStation: the sealing key is not in a backup, so the password of the mail server
// has to be entered again; all else works at once.
func TestBackupOnAnotherMachineLeavesAWorkingStation(t *testing.T) {
	old, next := newMachine(t), newMachine(t)
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := old.Directory.AddUser(ctx, by, directory.User{ID: "ada", Email: "ada@example.org"})
	must(err)
	_, err = old.Directory.ChangeWorkspace(ctx, by, func(w *directory.Workspace) error {
		w.RPID, w.Portal.URL, w.Mail.Host, w.Mail.From = "example.org", "https://keys.example.org", "mail.example.org", "keys@example.org"
		return nil
	})
	must(err)
	must(old.Directory.SetSecret(ctx, by, directory.SMTPPassword, "correct horse"))
	k, err := old.tickets.Assign(ctx, activation.Assignment{UserID: "ada", Kind: directory.Card, Verification: directory.PIN, Actor: by})
	must(err)
	mailed, err := old.tickets.Show(ctx, by, k.ID)
	must(err)
	path := filepath.Join(t.TempDir(), "tapstation.backup")
	_, err = old.Save(ctx, by, path, nil)
	must(err)

	_, err = old.Restore(ctx, by, path)
	must(err)
	if lost, err := old.Lost(ctx); len(lost) > 0 || err != nil {
		t.Errorf("restored where it was made, %v (%v) cannot be opened, want all to be", lost, err)
	}
	if again, err := old.tickets.Show(ctx, by, k.ID); err != nil || again.Link != mailed.Link || again.Code != mailed.Code {
		t.Errorf("restored where it was made, the link and code are %+v, %v, want those of before", again, err)
	}

	_, err = next.Restore(ctx, by, path)
	must(err)
	if lost, err := next.Lost(ctx); !slices.Equal(lost, []string{directory.SMTPPassword}) || err != nil {
		t.Errorf("restored on another machine, %v (%v) have to be entered again, want the password alone", lost, err)
	}
	if opened, err := next.tickets.ByLink(ctx, token(t, mailed.Link)); err != nil || opened.Key.ID != k.ID {
		t.Errorf("the link that was mailed opens %+v, %v, want the pending key", opened.Key, err)
	}
	if _, err := next.tickets.ByCode(ctx, "test", mailed.Code); !errors.Is(err, activation.ErrWrongCode) {
		t.Errorf("the code that was mailed: %v, want ErrWrongCode, as it comes from a key that is gone", err)
	}
	if _, err := next.Directory.OpenSecret(ctx, directory.SMTPPassword); !errors.Is(err, seal.ErrOtherKey) {
		t.Errorf("the password of the mail server: %v, want ErrOtherKey", err)
	}

	must(next.Directory.SetSecret(ctx, by, directory.SMTPPassword, "battery staple"))
	if lost, err := next.Lost(ctx); len(lost) > 0 || err != nil {
		t.Errorf("after the password was entered, %v (%v) are still to be", lost, err)
	}
	if password, err := next.Directory.OpenSecret(ctx, directory.SMTPPassword); string(password) != "battery staple" || err != nil {
		t.Errorf("the password is %q, %v, want the one that was entered", password, err)
	}
	_, err = next.tickets.Resend(ctx, by, k.ID)
	must(err)
	anew, err := next.tickets.Show(ctx, by, k.ID)
	must(err)
	if opened, err := next.tickets.ByCode(ctx, "test", anew.Code); err != nil || opened.Key.ID != k.ID {
		t.Errorf("the new code opens %+v, %v, want the pending key", opened.Key, err)
	}
	store := next.Store.(*bolt.Store)
	must(store.Check(ctx))
}
