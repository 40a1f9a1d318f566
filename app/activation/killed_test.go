package activation_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"tapstation/app/activation"
	"tapstation/app/directory"
	"tapstation/storage/bolt"
	"tapstation/storage/seal"
)

// childFolder is the data folder of the test binary where it is the program that assigns keys and is killed.
const childFolder = "TAPSTATION_TEST_ASSIGN_FOLDER"

// assignUntilKilled assigns keys to everybody and says how far it has come.
func assignUntilKilled(folder string) {
	ctx := context.Background()
	tickets := &activation.Tickets{Directory: &directory.Directory{Store: bolt.New(filepath.Join(folder, bolt.Name))},
		Seal: seal.New(folder, seal.Options{FileOnly: true})}
	_, err := tickets.AssignAll(ctx, activation.BulkAssignment{Users: tickets.UsersOf(ctx, directory.UserQuery{}), Actor: by},
		func(done int) { fmt.Println(done) })
	fmt.Println("ended", err)
}

func TestAssigningThatWasKilledIsGoneOnWith(t *testing.T) {
	const many = 1500
	d := newDesk(t)
	d.fill(many - 1) // and ada
	for _, after := range []int{1, 4, 3} {
		program := exec.CommandContext(t.Context(), os.Args[0])
		program.Env = append(os.Environ(), childFolder+"="+d.folder)
		out, err := program.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := program.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for range after {
			if !lines.Scan() {
				t.Fatal("the program ended too early")
			}
		}
		if err := program.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for lines.Scan() { // what it said before it was killed
		}
		if err := program.Wait(); err == nil {
			t.Fatal("the program came to its end before it was killed")
		}
		d.whole(many)
	}
	if _, err := d.tickets.AssignAll(t.Context(), activation.BulkAssignment{Users: d.tickets.UsersOf(t.Context(), directory.UserQuery{}), Actor: by}, nil); err != nil {
		t.Fatal(err)
	}
	if n := d.whole(many); n != many {
		t.Errorf("in the end %d users have a key, want %d", n, many)
	}
}

// whole counts who has a key, and fails the test unless each of them has one, with one ticket and one mail of it.
func (d *desk) whole(most int) (holders int) {
	d.t.Helper()
	d.view(func(tx directory.Tx) error {
		holders = 0
		q := directory.KeyQuery{State: directory.Pending, Limit: 1000}
		met := map[string]bool{}
		for {
			page, err := tx.Keys(q)
			if err != nil {
				return err
			}
			for _, k := range page.Keys {
				holders++
				tickets, err := tx.Tickets(directory.TicketQuery{KeyID: k.ID})
				if err != nil {
					return err
				}
				mails, err := tx.Messages(directory.MessageQuery{KeyID: k.ID})
				if err != nil {
					return err
				}
				if met[k.UserID] || len(tickets) != 1 || len(mails.Messages) != 1 || mails.Messages[0].TicketID != tickets[0].ID {
					d.t.Fatalf("%s has a second key: %v; %d tickets and %d mails of one, want one of each",
						k.UserID, met[k.UserID], len(tickets), len(mails.Messages))
				}
				met[k.UserID] = true
			}
			if page.Next == "" {
				return nil
			}
			q.After = page.Next
		}
	})
	if holders > most {
		d.t.Errorf("%d keys for %d users", holders, most)
	}
	return holders
}
