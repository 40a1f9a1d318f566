package bolt_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.etcd.io/bbolt"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/storage/bolt"
	"tapstation/storage/storagetest"
)

// held is everything in a directory. Its names are those of testdata/*/station.json.
type held struct {
	Users       []directory.User
	Groups      []directory.Group
	Keys        []directory.SecurityKey
	Workspace   directory.Workspace
	Enrollments []directory.Enrollment
	Entries     []audit.Entry
	Head        audit.Head
	Admins      []directory.Admin
	Guesses     directory.Guesses
	Import      directory.Import
	Steps       []directory.ImportStep
}

func readAll(t *testing.T, s directory.Store) (all held) {
	t.Helper()
	err := s.View(t.Context(), func(tx directory.Tx) error {
		users, err := tx.Users(directory.UserQuery{Limit: 1000})
		if err != nil {
			return err
		}
		all.Users = users.Users
		if all.Groups, err = tx.Groups(); err != nil {
			return err
		}
		keys, err := tx.Keys(directory.KeyQuery{Limit: 1000})
		if err != nil {
			return err
		}
		all.Keys = keys.Keys
		if all.Workspace, err = tx.Workspace(); err != nil {
			return err
		}
		if all.Enrollments, err = tx.Enrollments(); err != nil {
			return err
		}
		if all.Entries, err = tx.Audit(directory.AuditQuery{Limit: 10_000}); err != nil {
			return err
		}
		if all.Head, err = tx.AuditHead(); err != nil {
			return err
		}
		if all.Admins, err = tx.Admins(); err != nil {
			return err
		}
		if all.Guesses, err = tx.Guesses(); err != nil {
			return err
		}
		if all.Import, err = tx.Import(); err != nil && !errors.Is(err, directory.ErrNotFound) {
			return err
		}
		all.Steps, err = tx.LastImportSteps(1000)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// older are versions whose files are kept (see testdata/README.md).
var older = []struct {
	name string
	// what is at least in the file
	users, enrollments, entries int
	keys                        map[directory.KeyState]int
	// upgrade sets what that version did not know as it is by default.
	upgrade func(*directory.Workspace)
}{
	{"v1", 9, 4, 20, map[directory.KeyState]int{directory.Pending: 1, directory.Active: 3, directory.Disabled: 1, directory.Revoked: 1},
		func(w *directory.Workspace) {
			def := directory.DefaultWorkspace()
			w.LockAfter, w.OfflineLogins, w.OfflineDays = def.LockAfter, def.OfflineLogins, def.OfflineDays
			mails(w)
		}},
	{"v2", 12, 3, 40, map[directory.KeyState]int{directory.Pending: 1, directory.Active: 4, directory.Disabled: 1, directory.Revoked: 2}, mails},
}

func mails(w *directory.Workspace) {
	def := directory.DefaultWorkspace()
	w.Mail, w.LinkDays, w.CodeHours = def.Mail, def.LinkDays, def.CodeHours
}

// written is a copy of the file that a version wrote, and what that version read from it.
func written(t *testing.T, version string) (path string, want held) {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + version + "/station.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	for _, v := range older {
		if v.name == version {
			v.upgrade(&want.Workspace)
		}
	}
	db, err := os.ReadFile("testdata/" + version + "/station.db")
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), bolt.Name)
	if err := os.WriteFile(path, db, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, want
}

func wantHeld(t *testing.T, when string, s *bolt.Store, want held) {
	t.Helper()
	emptyIsNil := cmp.FilterValues(func(a, b []byte) bool { return len(a) == 0 && len(b) == 0 }, cmp.Ignore())
	noneIsEmpty := cmp.FilterValues(func(a, b map[string]string) bool { return len(a) == 0 && len(b) == 0 }, cmp.Ignore())
	if diff := cmp.Diff(want, readAll(t, s), emptyIsNil, noneIsEmpty); diff != "" {
		t.Errorf("%s the directory differs from what the older version read (-want +got):\n%s", when, diff)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Errorf("%s the store is not sound: %v", when, err)
	}
}

func TestFileOfAnOlderVersionReadsAsItWas(t *testing.T) {
	for _, v := range older {
		t.Run(v.name, func(t *testing.T) {
			path, want := written(t, v.name)
			if len(want.Users) < v.users || len(want.Enrollments) < v.enrollments || len(want.Entries) < v.entries {
				t.Fatalf("there is not much in the file: %+v", want)
			}
			wantHeld(t, "opened by a reader,", bolt.New(path), want)
			migrated, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			wantHeld(t, "opened again,", bolt.New(path), want)
			if again, err := os.ReadFile(path); err != nil || !bytes.Equal(again, migrated) {
				t.Errorf("the file was brought up to date twice (%v)", err)
			}

			path, want = written(t, v.name)
			s := bolt.New(path)
			if err := s.Update(t.Context(), func(tx directory.Tx) error { return tx.PutUser(want.Users[0]) }); err != nil {
				t.Fatal(err)
			}
			wantHeld(t, "opened by a writer,", s, want)
		})
	}
}

func TestFileOfAnOlderVersionIsFoundIn(t *testing.T) {
	for _, v := range older {
		t.Run(v.name, func(t *testing.T) {
			path, want := written(t, v.name)
			err := bolt.New(path).View(t.Context(), func(tx directory.Tx) error {
				for _, u := range want.Users {
					for _, q := range []directory.UserQuery{{Text: u.ID}, {Text: u.ID, Sort: directory.ByName}} {
						page, err := tx.Users(q)
						if err != nil || len(page.Users) != 1 || page.Users[0].ID != u.ID {
							t.Errorf("Users(%+v) = %+v, %v, want %s", q, page, err, u.ID)
						}
					}
					page, err := tx.Activities(directory.ActivityQuery{User: strings.ToUpper(u.ID)})
					if err != nil || len(page.Entries) == 0 {
						t.Errorf("activities of %s: %d, %v, want some", u.ID, len(page.Entries), err)
					}
				}
				for state, n := range v.keys {
					page, err := tx.Keys(directory.KeyQuery{State: state})
					if err != nil || len(page.Keys) != n {
						t.Errorf("%d keys are %s (%v), want %d", len(page.Keys), state, err, n)
					}
				}
				found, err := tx.Statistics(directory.StatisticsQuery{})
				if err != nil || found.Users != len(want.Users) || found.TemporaryPINs != 1 || found.DisabledUsers != 1 {
					t.Errorf("Statistics = %+v, %v", found, err)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestContractOnOldestSchema runs the contract on files that the oldest version made, emptied: their way goes by every step.
func TestContractOnOldestSchema(t *testing.T) {
	storagetest.RunUpgraded(t, func(t *testing.T) directory.Store {
		path, _ := written(t, older[0].name)
		empty(t, path)
		return bolt.New(path)
	})
}

// empty takes everything out of a file but its schema.
func empty(t *testing.T, path string) {
	t.Helper()
	edit(t, path, func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
			if string(name) == "schema" {
				return nil
			}
			remove := map[string]func([]byte) error{} // by key
			if err := b.ForEach(func(k, v []byte) error {
				remove[string(k)] = b.Delete
				if v == nil {
					remove[string(k)] = b.DeleteBucket
				}
				return nil
			}); err != nil {
				return err
			}
			for k, remove := range remove {
				if err := remove([]byte(k)); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// edit changes a file behind the program's back.
func edit(t *testing.T, path string, do func(*bbolt.Tx) error) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Update(do); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// migratedFile, when set, makes the test binary a program that brings that file up to date and is killed meanwhile.
const migratedFile = "TAPSTATION_TEST_MIGRATED_FILE"

// TestKilledMigrationLeavesTheFileWhole kills a program that brings a file of an older version up to date: in the middle,
// and while it is written.
func TestKilledMigrationLeavesTheFileWhole(t *testing.T) {
	if path := os.Getenv(migratedFile); path != "" {
		bolt.InLastStep(func() { fmt.Println("migrating") })
		err := bolt.New(path).View(context.Background(), func(directory.Tx) error { return nil })
		fmt.Println("migrated", err)
		_, _ = bufio.NewReader(os.Stdin).ReadString('\n') // to be killed even now
		return
	}
	for _, v := range older {
		t.Run(v.name, func(t *testing.T) {
			before, after := 0, 0
			for round := range 25 {
				path, want := written(t, v.name)
				killMigration(t, path, round)
				if isOlder(t, path) {
					before++
				} else {
					after++
				}
				wantHeld(t, fmt.Sprintf("after kill %d", round), bolt.New(path), want)
			}
			if before == 0 || after == 0 {
				t.Errorf("%d programs were killed before they had brought the file up to date, %d after: want both", before, after)
			}
			t.Logf("killed %d times before the file was kept, %d times after", before, after)
		})
	}
}

func killMigration(t *testing.T, path string, round int) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilledMigrationLeavesTheFileWhole$", "-test.count=1")
	cmd.Env = append(os.Environ(), migratedFile+"="+path)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "migrating" {
		t.Errorf("the program says %q, want that it is migrating", lines.Text())
	}
	switch {
	case round%5 == 0: // at once
	case round%5 == 4: // when it is done
		lines.Scan()
	default:
		wait := time.NewTimer(time.Duration(rand.IntN(3000)) * time.Microsecond)
		<-wait.C
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait() // killed, which is an error
}

// isOlder tells whether a file is as it was.
func isOlder(t *testing.T, path string) (old bool) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.View(func(tx *bbolt.Tx) error {
		old = tx.Bucket([]byte("secrets")) == nil
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return old
}
