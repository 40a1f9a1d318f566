//go:build unix

package enroll_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"tapstation/app/directory"
	"tapstation/app/enroll"
	"tapstation/device"
	"tapstation/device/fido"
	"tapstation/device/pcsc"
	"tapstation/device/virtual"
)

// killKey is the ID of the key whose PIN a child process changes, killForgotten that its holder does not know it.
const (
	killKey       = "TAPSTATION_TEST_KILL_KEY"
	killForgotten = "TAPSTATION_TEST_KILL_FORGOTTEN"
)

// TestChildThatIsKilledChangingThePIN is the child's part of TestKilledPINChangeGoesOnAfterARestart.
func TestChildThatIsKilledChangingThePIN(t *testing.T) {
	folder := os.Getenv(killFolder)
	if folder == "" {
		return // there is nothing to do without a parent
	}
	when, what, _ := strings.Cut(os.Getenv(killAt), " ")
	left, _ := strconv.Atoi(what) // a step is no number
	reader := virtual.NewReader(readerName)
	s := buildStation(t, folder, fido.Cards(reader.Watch, func(ctx context.Context, name string) (fido.Session, error) {
		conn, err := reader.Connect(ctx, name)
		if err != nil {
			return nil, err
		}
		return pcsc.NewSession(name, fatal{conn, when, &left}), nil
	}))
	reader.Insert(cardOnDisk(t, folder))
	who := holder(t, os.Getenv(killForgotten) != "")
	who.progress = func(step enroll.Step) {
		if when == "step" && string(step.Kind) == what {
			die()
		}
	}
	req := change(os.Getenv(killKey))
	if ticket := os.Getenv(killTicket); ticket != "" {
		req = byTicket(req.KeyID, ticket)
	}
	if _, err := s.ChangePIN(t.Context(), req, who); err != nil {
		t.Fatal(err)
	}
}

func cardOnDisk(t *testing.T, folder string) *virtual.Card {
	t.Helper()
	card, err := virtual.Open(filepath.Join(folder, "card"), virtual.Options{UID: []byte{4, 1, 2, 3, 4, 5, 6}})
	if err != nil {
		t.Fatal(err)
	}
	return card
}

// TestKilledPINChangeGoesOnAfterARestart kills the process with SIGKILL before and after every APDU and at every step of a
// change, and changes the PIN again: the card always opens, either by the PIN it had or by one the station knows.
func TestKilledPINChangeGoesOnAfterARestart(t *testing.T) {
	for _, test := range pinChanges {
		if test.options.ShortOnly || test.options.AlwaysUV || test.options.RandomUID || test.reset {
			continue
		}
		t.Run(test.name, func(t *testing.T) {
			for _, step := range []enroll.StepKind{enroll.Inspect, enroll.SetPIN, enroll.Save, enroll.Done} {
				killedChanging(t, test.enroll(), test.forgotten, "step "+string(step))
			}
			for _, when := range []string{"before", "after"} {
				for n := 1; killedChanging(t, test.enroll(), test.forgotten, fmt.Sprint(when, " ", n)); n++ {
				}
			}
		})
	}
}

// killedChanging runs one child and goes on after it; false: it came to its end before it was to be killed.
func killedChanging(t *testing.T, req enroll.Request, forgotten bool, at string) (was bool) {
	t.Helper()
	t.Run(at, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		folder := t.TempDir()
		before := openStation(t, folder).mustEnroll(cardOnDisk(t, folder), req).Key

		env := []string{killFolder + "=" + folder, killAt + "=" + at, killKey + "=" + before.ID}
		if forgotten {
			env = append(env, killForgotten+"=1")
		}
		was = killedChild(ctx, t, "^TestChildThatIsKilledChangingThePIN$", env...)
		if !was {
			return
		}

		s := openStation(t, folder)
		if err := s.Recover(ctx); err != nil {
			t.Fatal(err)
		}
		if err := s.Directory.Reconcile(ctx); err != nil {
			t.Fatal(err)
		}
		card := cardOnDisk(t, folder)
		who := holder(t, forgotten)
		answer := who.answer
		who.answer = func(req enroll.PINRequest) (device.PIN, error) {
			if req.Refused != nil {
				t.Errorf("a PIN was refused (%v): the station should know which one the card has", req.Refused)
			}
			return answer(req)
		}
		now, err := s.Directory.Key(ctx, before.ID)
		if err != nil {
			t.Fatal(err)
		}
		saved := now.Changed.After(before.Changed) // or another is in its place already
		if !saved {
			if _, err := s.changePIN(card, before.ID, who); err != nil {
				t.Fatalf("change it again: %v", err)
			}
		}
		s.settled(card, before, forgotten)
	})
	return was
}

// TestKilledPINSetByTicketGoesOnAfterARestart kills the process before and after every APDU and at every step of a PIN set by
// ticket. After a restart the ticket still does it, unless it was done.
func TestKilledPINSetByTicketGoesOnAfterARestart(t *testing.T) {
	for _, step := range []enroll.StepKind{enroll.Inspect, enroll.SetPIN, enroll.Save, enroll.Done} {
		killedSetting(t, "step "+string(step))
	}
	for _, when := range []string{"before", "after"} {
		n := 1
		for killedSetting(t, fmt.Sprint(when, " ", n)) {
			n++
		}
		if n <= 5 {
			t.Errorf("killed %s only %d APDUs", when, n-1)
		}
	}
}

func killedSetting(t *testing.T, at string) (was bool) {
	t.Helper()
	t.Run(at, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		folder := t.TempDir()
		key, ticket := openStation(t, folder).mailedKey(cardOnDisk(t, folder))
		was = killedChild(ctx, t, "^TestChildThatIsKilledChangingThePIN$", killFolder+"="+folder, killAt+"="+at, killKey+"="+key.ID,
			killTicket+"="+ticket.ID)
		if !was {
			return
		}
		s := openStation(t, folder)
		card := cardOnDisk(t, folder)
		who := holder(t, false)
		_, err := s.setPIN(card, byTicket(key.ID, ticket.ID), who)
		if s.key(key.ID).Changed.After(key.Changed) && errors.Is(err, directory.ErrTicketUsed) {
			err = nil // the process that was killed had done it
		}
		if err != nil {
			t.Fatalf("set it again: %v", err)
		}
		for _, asked := range who.asked {
			if asked.Purpose != enroll.NewPIN || asked.Refused != nil {
				t.Errorf("asked for %+v, want at most a new PIN: the station knows which one the card has", asked)
			}
		}
		s.settled(card, key, false)
		s.redeemed(key, ticket)
	})
	return was
}
