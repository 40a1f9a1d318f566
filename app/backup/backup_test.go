package backup_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tapstation/app/audit"
	"tapstation/app/backup"
	"tapstation/app/directory"
	"tapstation/storage/bolt"
	"tapstation/storage/offline"
)

const by = "os:alice"

// open is a backup of a directory with some users and keys.
func open(t *testing.T, users int) *backup.Backup {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "data")
	store := bolt.New(filepath.Join(folder, bolt.Name))
	cache := offline.New(filepath.Join(folder, offline.Name))
	b := &backup.Backup{Directory: &directory.Directory{Store: store, Offline: cache}, Store: store, Folder: folder, Version: "1.2.3"}
	for i := range users {
		add(t, b, fmt.Sprintf("u%03d", i))
	}
	t.Cleanup(func() {
		if err := store.Check(context.Background()); err != nil {
			t.Errorf("the directory is not sound after the test: %v", err)
		}
		if left, _ := filepath.Glob(filepath.Join(folder, ".backup-*")); len(left) > 0 {
			t.Errorf("left in the data folder: %v", left)
		}
	})
	return b
}

func add(t *testing.T, b *backup.Backup, id string) {
	t.Helper()
	if _, err := b.Directory.AddUser(t.Context(), by, directory.User{ID: id, FirstName: "Ada", LastName: "Byron " + id}); err != nil {
		t.Fatal(err)
	}
	k := directory.SecurityKey{ID: "key of " + id, UserID: id, Name: "Card", Kind: directory.Card, State: directory.Active,
		Verification: directory.PIN, Created: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
	if err := b.Store.Update(t.Context(), func(tx directory.Tx) error { return tx.PutKey(k) }); err != nil {
		t.Fatal(err)
	}
}

func there(t *testing.T, b *backup.Backup, id string) bool {
	t.Helper()
	taken, err := b.Directory.Taken(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return taken
}

func TestRestoredDirectoryIsTheOneBackedUp(t *testing.T) {
	b := open(t, 5)
	path := filepath.Join(t.TempDir(), "tapstation.backup")
	saved, err := b.Save(t.Context(), by, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if saved.Users != 5 || saved.Keys != 5 || saved.Entries != 5 || saved.Version != "1.2.3" || saved.Workspace == "" {
		t.Errorf("Save tells %+v, want 5 users, keys and entries", saved)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup has the mode %v (%v), want one for its owner only", info.Mode(), err)
	}
	add(t, b, "later")
	if err := b.Directory.DeleteUser(t.Context(), by, "u001"); err != nil {
		t.Fatal(err)
	}
	before, err := b.Directory.Audit(t.Context(), by, directory.AuditQuery{Last: 1})
	if err != nil {
		t.Fatal(err)
	}

	if checked, err := b.Check(t.Context(), path); err != nil || checked != saved {
		t.Errorf("Check = %+v, %v, want %+v", checked, err, saved)
	}
	if !there(t, b, "later") {
		t.Error("Check changed the directory")
	}
	if restored, err := b.Restore(t.Context(), by, path); err != nil || restored != saved {
		t.Fatalf("Restore = %+v, %v, want %+v", restored, err, saved)
	}
	if there(t, b, "later") || !there(t, b, "u001") {
		t.Error("the directory is not the one that was backed up")
	}
	last, err := b.Directory.Audit(t.Context(), by, directory.AuditQuery{Last: 1})
	if err != nil || len(last) != 1 || last[0].Act != audit.Restored || last[0].Actor != by {
		t.Fatalf("the last entry is %+v, %v, want that of the restore", last, err)
	}
	if got, want := last[0].Detail["replaced_hash"], fmt.Sprintf("%x", before[0].Hash); got != want {
		t.Errorf("on record is %s as the end of the log that was replaced, want %s", got, want)
	}
	if err := b.Directory.VerifyAudit(t.Context(), by); err != nil {
		t.Errorf("the restored audit log: %v", err)
	}
	replaced := b.Store.At(filepath.Join(b.Folder, bolt.Name+".replaced"))
	if err := replaced.View(t.Context(), func(tx directory.Tx) error { _, err := tx.User("later"); return err }); err != nil {
		t.Errorf("the directory that was replaced is not kept: %v", err)
	}
}

// TestBackupsAreOfOneMomentWhileOthersWrite writes pairs of users all the time: a backup with half a pair is none.
func TestBackupsAreOfOneMomentWhileOthersWrite(t *testing.T) {
	b := open(t, 1)
	ctx, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	for w := range 2 {
		work.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				err := b.Store.Update(ctx, func(tx directory.Tx) error {
					for _, half := range []string{"a", "b"} {
						id := fmt.Sprintf("w%d-%06d-%s", w, i, half)
						if err := tx.PutUser(directory.User{ID: id, Handle: []byte(id)}); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil && ctx.Err() == nil && !errors.Is(err, directory.ErrBusy) {
					t.Errorf("a writer during backups: %v", err)
					return
				}
			}
		})
	}
	path := filepath.Join(t.TempDir(), "backup")
	for range 5 {
		saved, err := b.Save(ctx, by, path, nil)
		if err != nil {
			t.Errorf("Save while others write: %v", err)
			continue
		}
		if saved.Users%2 != 1 {
			t.Errorf("a backup has %d users: half a pair is among them", saved.Users)
		}
		if _, err := b.Check(ctx, path); err != nil {
			t.Errorf("a backup made while others write: %v", err)
		}
	}
	cancel()
	work.Wait()
}

// TestNobodyWritesIntoWhatWasReplaced has writers go on during restores: what they were told is kept is in the
// directory, or was kept before it was replaced.
func TestNobodyWritesIntoWhatWasReplaced(t *testing.T) {
	b := open(t, 3)
	path := filepath.Join(t.TempDir(), "backup")
	if _, err := b.Save(t.Context(), by, path, nil); err != nil {
		t.Fatal(err)
	}
	for round := range 5 {
		ctx, cancel := context.WithCancel(t.Context())
		var work sync.WaitGroup
		restored := make(chan struct{})
		var kept []string
		work.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				id := fmt.Sprintf("r%d-%06d", round, i)
				after := false
				select {
				case <-restored:
					after = true
				default:
				}
				err := b.Store.Update(ctx, func(tx directory.Tx) error { return tx.PutUser(directory.User{ID: id, Handle: []byte(id)}) })
				if err == nil && after {
					kept = append(kept, id)
				}
				if len(kept) > 5 {
					return
				}
			}
		})
		if _, err := b.Restore(t.Context(), by, path); err != nil {
			t.Errorf("Restore while others write: %v", err)
		}
		close(restored)
		work.Wait()
		cancel()
		for _, id := range kept {
			if !there(t, b, id) {
				t.Errorf("%s was kept after the restore and is lost", id)
			}
		}
	}
}

func TestWhatIsNoBackupIsRefusedAndChangesNothing(t *testing.T) {
	b := open(t, 3)
	folder := t.TempDir()
	good := filepath.Join(folder, "good")
	if _, err := b.Save(t.Context(), by, good, nil); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	manifest, data := entries(t, whole)
	var described map[string]any
	if err := json.Unmarshal(manifest, &described); err != nil {
		t.Fatal(err)
	}
	with := func(key string, value any) []byte {
		other := maps.Clone(described)
		other[key] = value
		raw, err := json.Marshal(other)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	flipped := bytes.Clone(data)
	flipped[len(flipped)/2] ^= 1
	for name, c := range map[string]struct {
		file []byte
		want error
	}{
		"an empty file":                {nil, backup.ErrForeign},
		"text":                         {[]byte("user_id,email\n"), backup.ErrForeign},
		"the directory itself":         {data, backup.ErrForeign},
		"cut off":                      {whole[:len(whole)-40], backup.ErrForeign},
		"another archive":              {archive(t, "readme.txt", []byte("hello")), backup.ErrForeign},
		"a third entry":                {archive(t, "manifest.json", manifest, "station.db", data, "../../x", []byte("x")), backup.ErrForeign},
		"an entry twice":               {archive(t, "manifest.json", manifest, "station.db", data, "station.db", data), backup.ErrForeign},
		"a path for a name":            {archive(t, "manifest.json", manifest, "../station.db", data), backup.ErrForeign},
		"without a description":        {archive(t, "station.db", data), backup.ErrForeign},
		"a description of something":   {archive(t, "manifest.json", []byte(`{"format":"x"}`), "station.db", data), backup.ErrForeign},
		"a description without end":    {archive(t, "manifest.json", bytes.Repeat([]byte(" "), 1<<20), "station.db", data), backup.ErrForeign},
		"a newer format":               {archive(t, "manifest.json", with("version", 2), "station.db", data), backup.ErrNewer},
		"no size":                      {archive(t, "manifest.json", with("size", 0), "station.db", data), backup.ErrDamaged},
		"more than it says":            {archive(t, "manifest.json", manifest, "station.db", append(bytes.Clone(data), make([]byte, 1<<20)...)), backup.ErrDamaged},
		"less than it says":            {archive(t, "manifest.json", manifest, "station.db", data[:len(data)-4096]), backup.ErrDamaged},
		"one bit changed":              {archive(t, "manifest.json", manifest, "station.db", flipped), backup.ErrDamaged},
		"other counts":                 {archive(t, "manifest.json", with("users", 4), "station.db", data), backup.ErrDamaged},
		"another end of the audit log": {archive(t, "manifest.json", with("audit_seq", 2), "station.db", data), backup.ErrDamaged},
		"zeros that are no directory":  {describing(t, described, make([]byte, 8192)), backup.ErrDamaged},
		"a bomb":                       {archive(t, "manifest.json", manifest, "station.db", make([]byte, 32<<20)), backup.ErrDamaged},
	} {
		path := filepath.Join(folder, strings.ReplaceAll(name, " ", "-"))
		if err := os.WriteFile(path, c.file, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Restore(t.Context(), by, path); !errors.Is(err, c.want) {
			t.Errorf("%s: Restore: %v, want %v", name, err, c.want)
		}
		if !there(t, b, "u000") {
			t.Fatalf("%s: the directory was changed", name)
		}
	}
	if _, err := b.Check(t.Context(), filepath.Join(folder, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v, want ErrNotExist", err)
	}
}

// TestBackupWhoseAuditLogWasChangedIsRefused: even one that describes itself well.
func TestBackupWhoseAuditLogWasChangedIsRefused(t *testing.T) {
	b := open(t, 3)
	path := filepath.Join(t.TempDir(), "backup")
	if _, err := b.Save(t.Context(), by, path, nil); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	manifest, data := entries(t, whole)
	var described map[string]any
	if err := json.Unmarshal(manifest, &described); err != nil {
		t.Fatal(err)
	}
	tampered := bytes.ReplaceAll(data, []byte("os:alice"), []byte("os:malic"))
	if bytes.Equal(tampered, data) {
		t.Fatal("the name of who acted is not in the file")
	}
	if err := os.WriteFile(path, describing(t, described, tampered), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Restore(t.Context(), by, path); !errors.Is(err, backup.ErrDamaged) {
		t.Errorf("Restore: %v, want ErrDamaged", err)
	}
}

func TestADirectoryThatCannotBeReadIsReplaced(t *testing.T) {
	b := open(t, 3)
	path := filepath.Join(t.TempDir(), "backup")
	if _, err := b.Save(t.Context(), by, path, nil); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(b.Folder, bolt.Name), bytes.Repeat([]byte("junk"), 4096), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Restore(t.Context(), "admin:u000", path); !errors.Is(err, directory.ErrForbidden) {
		t.Errorf("Restore by an admin whom nobody can look up: %v, want ErrForbidden", err)
	}
	if _, err := b.Restore(t.Context(), by, path); err != nil {
		t.Fatalf("Restore over junk: %v", err)
	}
	if !there(t, b, "u002") {
		t.Error("the directory is not the one that was backed up")
	}
}

func TestRestoreIntoANewFolder(t *testing.T) {
	b := open(t, 3)
	path := filepath.Join(t.TempDir(), "backup")
	if _, err := b.Save(t.Context(), by, path, nil); err != nil {
		t.Fatal(err)
	}
	other := open(t, 0)
	if _, err := other.Save(t.Context(), by, filepath.Join(t.TempDir(), "x"), nil); !errors.Is(err, backup.ErrNothing) {
		t.Errorf("Save of nothing: %v, want ErrNothing", err)
	}
	if _, err := other.Restore(t.Context(), by, path); err != nil {
		t.Fatalf("Restore into a new folder: %v", err)
	}
	if !there(t, other, "u002") {
		t.Error("the directory is not the one that was backed up")
	}
}

func TestSaveThatFailsLeavesNothing(t *testing.T) {
	b := open(t, 3)
	folder := t.TempDir()
	if _, err := b.Save(t.Context(), by, filepath.Join(folder, "no", "such", "folder"), nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Save where there is no folder: %v, want ErrNotExist", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := b.Save(ctx, by, filepath.Join(folder, "backup"), func(int64, int64) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Errorf("Save that is cancelled: %v, want Canceled", err)
	}
	if left, _ := os.ReadDir(folder); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestOnlyABackupGivesWayToABackup(t *testing.T) {
	b := open(t, 2)
	folder := t.TempDir()
	letter := filepath.Join(folder, "letter.txt")
	if err := os.WriteFile(letter, []byte("Dear Ada"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{letter, filepath.Join(b.Folder, bolt.Name)} {
		if _, err := b.Save(t.Context(), by, path, nil); !errors.Is(err, backup.ErrOther) {
			t.Errorf("Save over %s: %v, want ErrOther", filepath.Base(path), err)
		}
	}
	if got, err := os.ReadFile(letter); err != nil || string(got) != "Dear Ada" {
		t.Errorf("the letter says %q, %v", got, err)
	}
	path := filepath.Join(folder, "backup")
	for range 2 {
		if _, err := b.Save(t.Context(), by, path, nil); err != nil {
			t.Errorf("Save over a backup, or nothing: %v", err)
		}
	}
}

func TestArchiveOfVeryManyEntriesIsRefusedUnread(t *testing.T) {
	b := open(t, 1)
	var parts []any
	for i := range 3_000 {
		parts = append(parts, fmt.Sprint(i), []byte(nil))
	}
	path := filepath.Join(t.TempDir(), "many")
	if err := os.WriteFile(path, archive(t, parts...), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Check(t.Context(), path); !errors.Is(err, backup.ErrForeign) {
		t.Errorf("Check: %v, want ErrForeign", err)
	}
}

// describing is an archive of data with the description that fits it, but for the counts.
func describing(t *testing.T, described map[string]any, data []byte) []byte {
	t.Helper()
	other := maps.Clone(described)
	sum := sha256.Sum256(data)
	other["size"], other["sha256"] = len(data), sum[:]
	raw, err := json.Marshal(other)
	if err != nil {
		t.Fatal(err)
	}
	return archive(t, "manifest.json", raw, "station.db", data)
}

// archive is a zip archive of names and contents.
func archive(t *testing.T, parts ...any) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for i := 0; i+1 < len(parts); i += 2 {
		w, err := z.Create(parts[i].(string))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(parts[i+1].([]byte)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func entries(t *testing.T, whole []byte) (manifest, data []byte) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(whole), int64(len(whole)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if f.Name == "manifest.json" {
			manifest = raw
		} else {
			data = raw
		}
	}
	return manifest, data
}
