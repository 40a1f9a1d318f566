//go:build unix

package enroll_test

import (
	"bytes"
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
		child := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestChildThatIsKilled$")
		child.Env = append(os.Environ(), killFolder+"="+folder, killAt+"="+at, killPIN+"="+pin)
		var said bytes.Buffer
		child.Stdout, child.Stderr = &said, &said
		err := child.Run()
		var ended *exec.ExitError
		if errors.As(err, &ended) {
			status, ok := ended.Sys().(syscall.WaitStatus)
			was = ok && status.Signal() == syscall.SIGKILL
		}
		if err != nil && !was {
			t.Fatalf("the child: %v\n%s", err, said.String())
		}
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
