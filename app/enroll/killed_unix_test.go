//go:build unix

package enroll_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"tapstation/app/directory"
	"tapstation/app/enroll"
	"tapstation/device/fido"
	"tapstation/device/pcsc"
	"tapstation/device/virtual"
)

// The environment of a child process that enrolls and is killed on the way.
const (
	killFolder = "TAPSTATION_TEST_KILL_FOLDER"
	killAt     = "TAPSTATION_TEST_KILL_AT" // "before 3", "after 3": an APDU; "step register": a step
	killPIN    = "TAPSTATION_TEST_KILL_PIN"
	killTicket = "TAPSTATION_TEST_KILL_TICKET" // to activate killKey
)

func die() { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL) }

// fatal is a connection to a card during which the process is killed.
type fatal struct {
	virtual.Transmitter
	when string
	left *int
}

func (f fatal) Transmit(apdu []byte) ([]byte, error) {
	if apdu[0] != 0xFF {
		*f.left--
	}
	if *f.left == 0 && f.when == "before" {
		die()
	}
	answer, err := f.Transmitter.Transmit(apdu)
	if *f.left == 0 && f.when == "after" {
		die()
	}
	return answer, err
}

// TestChildThatIsKilled is the child's part of TestKilledEnrollmentGoesOnAfterARestart.
func TestChildThatIsKilled(t *testing.T) {
	folder := os.Getenv(killFolder)
	if folder == "" {
		return // there is nothing to do without a parent
	}
	when, what, _ := strings.Cut(os.Getenv(killAt), " ")
	left, _ := strconv.Atoi(what) // a step is no number
	card, err := virtual.Open(filepath.Join(folder, "card"), virtual.Options{UID: []byte{4, 1, 2, 3, 4, 5, 6}})
	if err != nil {
		t.Fatal(err)
	}
	reader := virtual.NewReader(readerName)
	s := buildStation(t, folder, fido.Cards(reader.Watch, func(ctx context.Context, name string) (fido.Session, error) {
		conn, err := reader.Connect(ctx, name)
		if err != nil {
			return nil, err
		}
		return pcsc.NewSession(name, fatal{conn, when, &left}), nil
	}))
	reader.Insert(card)
	who := &person{t: t, progress: func(step enroll.Step) {
		if when == "step" && string(step.Kind) == what {
			die()
		}
	}}
	if _, err := s.Enroll(t.Context(), killedRequest(os.Getenv(killPIN)), who); err != nil {
		t.Fatal(err)
	}
}

// killedRequest is an enrollment without PIN, with the user's, or with one that only the station knows.
func killedRequest(pin string) enroll.Request {
	switch pin {
	case "activation":
		return activate(directory.SecurityKey{ID: os.Getenv(killKey)}, os.Getenv(killTicket))
	case "chosen":
		return request(directory.PIN)
	case "temporary":
		req := request(directory.PIN)
		req.PINChooser = directory.UserMail
		return req
	}
	return request(directory.PINless)
}

// TestKilledEnrollmentGoesOnAfterARestart kills the process with SIGKILL before and after every APDU and at every
// step, and enrolls again with the same data folder: another card is refused where anything may have been written, and
// the same card ends enrolled.
func TestKilledEnrollmentGoesOnAfterARestart(t *testing.T) {
	for _, pin := range []string{"", "chosen", "temporary"} {
		t.Run("PIN "+pin, func(t *testing.T) {
			for _, step := range []enroll.StepKind{enroll.Inspect, enroll.SetPIN, enroll.Register, enroll.Prove, enroll.Save, enroll.Done} {
				killed(t, pin, "step "+string(step))
			}
			for _, when := range []string{"before", "after"} {
				for n := 1; killed(t, pin, fmt.Sprint(when, " ", n)); n++ {
				}
			}
		})
	}
}

// killed runs one child and goes on after it; false: it came to its end before it was to be killed.
func killed(t *testing.T, pin, at string) (was bool) {
	t.Helper()
	t.Run(at, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		folder := t.TempDir()
		was = killedChild(ctx, t, "^TestChildThatIsKilled$", killFolder+"="+folder, killAt+"="+at, killPIN+"="+pin)
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
		card, err := virtual.Open(filepath.Join(folder, "card"), virtual.Options{UID: []byte{4, 1, 2, 3, 4, 5, 6}})
		if err != nil {
			t.Fatal(err)
		}
		_, keys, err := s.Directory.User(ctx, "ada")
		if err != nil {
			t.Fatal(err)
		}
		begun := s.begun()
		if len(keys) == 0 {
			other := blank(t, 9)
			refused := false
			who := &person{t: t, progress: func(step enroll.Step) {
				if errors.Is(step.Problem, enroll.ErrOtherCard) {
					refused = true
					go s.reader.Insert(card)
				}
			}}
			if begun {
				s.reader.Insert(other)
			} else {
				s.reader.Insert(card)
			}
			result, err := s.Enroll(ctx, killedRequest(pin), who)
			if err != nil {
				t.Fatalf("enroll again: %v", err)
			}
			if refused != begun || result.Resumed != begun {
				t.Errorf("begun %t: another card refused %t, resumed %t; want both as begun", begun, refused, result.Resumed)
			}
			keys = []directory.SecurityKey{result.Key}
		}
		s.reader.Remove()
		want := chosenPIN
		switch pin {
		case "":
			want = ""
		case "temporary":
			s.insists(card, s.temporary(keys[0]), want)
		}
		s.holds(card, s.user, keys[0].Verification, want)
	})
	return was
}

// TestKilledActivationQueuesOneMail kills the process with SIGKILL before and after every APDU and at every step by which a
// pending key becomes active with a temporary PIN. Brought to its end after a restart, there is one mail about the PIN, the
// ticket is used up, and the card has the PIN the station knows and insists on another.
func TestKilledActivationQueuesOneMail(t *testing.T) {
	for _, step := range []enroll.StepKind{enroll.SetPIN, enroll.Register, enroll.Prove, enroll.Save, enroll.Done} {
		if !killedActivation(t, "step "+string(step)) {
			t.Errorf("there is no step %s", step)
		}
	}
	for _, when := range []string{"before", "after"} {
		n := 1
		for killedActivation(t, fmt.Sprint(when, " ", n)) {
			n++
		}
		if n <= 12 {
			t.Errorf("killed %s only %d APDUs", when, n-1)
		}
	}
}

func killedActivation(t *testing.T, at string) (was bool) {
	t.Helper()
	t.Run(at, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		folder := t.TempDir()
		pending, ticket := openStation(t, folder).assign(directory.PIN)
		was = killedChild(ctx, t, "^TestChildThatIsKilled$", killFolder+"="+folder, killAt+"="+at, killPIN+"=activation",
			killKey+"="+pending.ID, killTicket+"="+ticket.ID)
		if !was {
			return
		}
		s := openStation(t, folder)
		if err := s.Recover(ctx); err != nil {
			t.Fatal(err)
		}
		card := cardOnDisk(t, folder)
		got := enroll.Result{Key: s.key(pending.ID)}
		if got.Key.State == directory.Pending {
			s.mailed(got, false)
			begun, refused := s.begun(), false
			who := &person{t: t, progress: func(step enroll.Step) {
				if errors.Is(step.Problem, enroll.ErrOtherCard) {
					refused = true
					go s.reader.Insert(card)
				}
			}}
			if begun {
				s.reader.Insert(blank(t, 9))
			} else {
				s.reader.Insert(card)
			}
			var err error
			if got, err = s.Enroll(ctx, activate(pending, ticket.ID), who); err != nil {
				t.Fatalf("activate again: %v", err)
			}
			if refused != begun || got.Resumed != begun || len(who.asked) != 0 {
				t.Errorf("begun %t: another card refused %t, resumed %t, asked for %+v", begun, refused, got.Resumed, who.asked)
			}
		} else if mails := s.mails(directory.PINMail, ""); len(mails) == 1 {
			got.Mail = mails[0] // of the process that was killed
		}
		s.mailed(got, true)
		if used := s.ticketsOf(pending.ID, directory.Activate, directory.Redeemed); len(used) != 1 || got.Key.ID != pending.ID {
			t.Errorf("key %s of pending %s, %d tickets used up", got.Key.ID, pending.ID, len(used))
		}
		s.opens(card, got.Key, true)
	})
	return was
}

// killedChild runs a test of this package in a process of its own and tells whether that was killed.
func killedChild(ctx context.Context, t *testing.T, name string, env ...string) bool {
	t.Helper()
	child := exec.CommandContext(ctx, os.Args[0], "-test.run="+name)
	child.Env = append(os.Environ(), env...)
	said, err := child.CombinedOutput()
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		if status, ok := ended.Sys().(syscall.WaitStatus); ok && status.Signal() == syscall.SIGKILL {
			return true
		}
	}
	if err != nil {
		t.Fatalf("the child: %v\n%s", err, said)
	}
	return false
}

// begun tells whether the journal has a ceremony.
func (s *station) begun() (is bool) {
	s.t.Helper()
	if err := s.Directory.Store.View(s.t.Context(), func(tx directory.Tx) error {
		all, err := tx.Enrollments()
		is = len(all) > 0
		return err
	}); err != nil {
		s.t.Fatal(err)
	}
	return is
}
