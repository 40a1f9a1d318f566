package bolt_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
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
		all.Head, err = tx.AuditHead()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// version1 is a copy of the file that version 1 wrote, and what that version read from it. What came later is as it is
// by default.
func version1(t *testing.T) (path string, want held) {
	t.Helper()
	raw, err := os.ReadFile("testdata/v1/station.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	w := directory.DefaultWorkspace()
	want.Workspace.LockAfter, want.Workspace.OfflineLogins, want.Workspace.OfflineDays = w.LockAfter, w.OfflineLogins, w.OfflineDays
	want.Workspace.Mail, want.Workspace.LinkDays, want.Workspace.CodeHours = w.Mail, w.LinkDays, w.CodeHours
	db, err := os.ReadFile("testdata/v1/station.db")
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
		t.Errorf("%s the directory differs from what version 1 read (-want +got):\n%s", when, diff)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Errorf("%s the store is not sound: %v", when, err)
	}
}

func TestFileOfVersion1ReadsAsItWas(t *testing.T) {
	path, want := version1(t)
	if len(want.Users) < 9 || len(want.Keys) < 6 || len(want.Enrollments) < 4 || len(want.Entries) < 20 {
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

	path, want = version1(t)
	s := bolt.New(path)
	ada := want.Users[0]
	if err := s.Update(t.Context(), func(tx directory.Tx) error { return tx.PutUser(ada) }); err != nil {
		t.Fatal(err)
	}
	wantHeld(t, "opened by a writer,", s, want)
}

func TestFileOfVersion1IsFoundIn(t *testing.T) {
	path, want := version1(t)
	s := bolt.New(path)
	err := s.View(t.Context(), func(tx directory.Tx) error {
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
		for state, n := range map[directory.KeyState]int{directory.Pending: 1, directory.Active: 3, directory.Disabled: 1, directory.Revoked: 1} {
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
}

// TestContractOnSchemaOfVersion1 runs the contract on files that version 1 made, emptied.
func TestContractOnSchemaOfVersion1(t *testing.T) {
	storagetest.RunUpgraded(t, func(t *testing.T) directory.Store {
		path, _ := version1(t)
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
			var all [][]byte
			if err := b.ForEach(func(k, _ []byte) error { all = append(all, bytes.Clone(k)); return nil }); err != nil {
				return err
			}
			for _, k := range all {
				if err := b.Delete(k); err != nil {
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

// TestKilledMigrationLeavesTheFileWhole kills a program that brings a file of version 1 up to date: in the middle, and
// while it is written.
func TestKilledMigrationLeavesTheFileWhole(t *testing.T) {
	if path := os.Getenv(migratedFile); path != "" {
		bolt.InLastStep(func() { fmt.Println("migrating") })
		err := bolt.New(path).View(context.Background(), func(directory.Tx) error { return nil })
		fmt.Println("migrated", err)
		_, _ = bufio.NewReader(os.Stdin).ReadString('\n') // to be killed even now
		return
	}
	before, after := 0, 0
	for round := range 25 {
		path, want := version1(t)
		killMigration(t, path, round)
		if isVersion1(t, path) {
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

// isVersion1 tells whether a file is as it was.
func isVersion1(t *testing.T, path string) (old bool) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.View(func(tx *bbolt.Tx) error {
		old = tx.Bucket([]byte("admins")) == nil
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return old
}
