package bolt_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"path/filepath"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/storage/bolt"
)

// childFolder, when set, makes the test binary the program that is killed.
const childFolder = "TAPSTATION_TEST_CRASH_FOLDER"

// TestKilledWriterLosesNothing kills a program in the middle of its writes, again and again on the same file. Whatever it
// said it had kept must be there, and the store must be sound, indexes and audit log included.
func TestKilledWriterLosesNothing(t *testing.T) {
	if dir := os.Getenv(childFolder); dir != "" {
		writeUntilKilled(dir)
		return
	}
	dir := t.TempDir()
	kept := 0
	for round := range 40 {
		kept = killWriter(t, dir, kept, round)
		s := bolt.New(filepath.Join(dir, bolt.Name))
		if err := s.Check(t.Context()); err != nil {
			t.Fatalf("after kill %d: %v", round, err)
		}
		n := 0
		if err := s.View(t.Context(), func(tx directory.Tx) error {
			head, err := tx.AuditHead()
			n = int(head.Seq)
			for i := range n {
				u, err := tx.User(crashUser(i).ID)
				if err != nil || string(u.Handle) != string(crashUser(i).Handle) {
					return fmt.Errorf("user %d: %w", i, err)
				}
				k, err := tx.KeyByCredential([]byte(u.ID))
				if err != nil || k.UserID != u.ID {
					return fmt.Errorf("key of user %d: %w", i, err)
				}
				if k, err := tx.TicketByLink([]byte(u.ID)); err != nil || k.UserID != u.ID {
					return fmt.Errorf("ticket of user %d: %w", i, err)
				}
				if m, err := tx.Message(fmt.Sprint("message", i)); err != nil || m.UserID != u.ID {
					return fmt.Errorf("message to user %d: %w", i, err)
				}
			}
			return err
		}); err != nil {
			t.Fatalf("after kill %d: %v", round, err)
		}
		// One more may have been kept without the program living to say so.
		if n != kept && n != kept+1 {
			t.Fatalf("after kill %d there are %d users, want %d, which the program said were kept, or one more", round, n, kept)
		}
		kept = n
	}
	if kept < 40 {
		t.Errorf("only %d writes in 40 rounds: the program was hardly ever killed while writing", kept)
	}
	t.Logf("%d writes kept through 40 kills", kept)
}

// killWriter starts the program, kills it at a moment that differs from round to round, and returns the number of users
// it last said were kept.
func killWriter(t *testing.T, dir string, kept, round int) int {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilledWriterLosesNothing$", "-test.count=1")
	cmd.Env = append(os.Environ(), childFolder+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	started := time.Now()
	for lines.Scan() {
		n, err := strconv.Atoi(strings.TrimSpace(lines.Text()))
		if err != nil {
			t.Fatalf("the program says %q", lines.Text())
		}
		kept = n
		if n%7 == round%7 {
			// A write takes about half a millisecond: the delay goes through all of it.
			time.AfterFunc(time.Duration(round)*20*time.Microsecond, func() { _ = cmd.Process.Kill() })
			break
		}
		if time.Since(started) > time.Minute {
			t.Fatal("the program is too slow")
		}
	}
	for lines.Scan() { // what it still said before it died
		if n, err := strconv.Atoi(strings.TrimSpace(lines.Text())); err == nil {
			kept = n
		}
	}
	_ = cmd.Wait() // killed, which is an error
	if cmd.ProcessState.Success() {
		t.Fatal("the program ended by itself")
	}
	return kept
}

func crashUser(i int) directory.User {
	return directory.User{ID: fmt.Sprintf("user%05d", i), FirstName: fmt.Sprintf("first%d", i), Groups: []string{fmt.Sprint("group", i%5)},
		Handle: fmt.Appendf(nil, "handle%d", i)}
}

// writeUntilKilled adds a user, a key, its ticket and mail and an audit entry at a time, and says each time how many there are now.
func writeUntilKilled(dir string) {
	s := bolt.New(filepath.Join(dir, bolt.Name))
	for {
		n := 0
		err := s.Update(context.Background(), func(tx directory.Tx) error {
			head, err := tx.AuditHead()
			if err != nil {
				return err
			}
			n = int(head.Seq)
			u := crashUser(n)
			if err := tx.PutUser(u); err != nil {
				return err
			}
			k := directory.SecurityKey{ID: fmt.Sprint("key", n), UserID: u.ID, State: directory.Active,
				Credential: directory.Credential{ID: []byte(u.ID), PublicKey: make([]byte, 200)}}
			if err := tx.PutKey(k); err != nil {
				return err
			}
			if err := tx.PutTicket(directory.Ticket{ID: fmt.Sprint("ticket", n), UserID: u.ID, KeyID: k.ID, Link: []byte(u.ID), State: directory.Open}); err != nil {
				return err
			}
			if err := tx.PutMessage(directory.Message{ID: fmt.Sprint("message", n), UserID: u.ID, KeyID: k.ID, State: directory.Queued}); err != nil {
				return err
			}
			return tx.AppendAudit(audit.Entry{Time: time.Now(), Act: audit.UserAdded, User: u.ID})
		})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(3)
		}
		fmt.Println(n + 1)
	}
}
