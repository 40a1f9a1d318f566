package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// guessCommand tries wrong passwords, each in a process of its own, every third of which is killed on its way. At most MOST
// may have been told that they were wrong. A long run tries ten thousand, by which time it must be locked.
func guessCommand(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: guess USER-ID COUNT MOST")
	}
	count, err := strconv.Atoi(args[1])
	ts.Check(err)
	most, err := strconv.Atoi(args[2])
	ts.Check(err)
	if os.Getenv("TAPSTATION_SOAK") != "" {
		count = 10_000
	}
	codes := map[string]int{}
	for n := range count {
		var alive time.Duration
		if n%3 == 2 {
			alive = time.Duration(n*37%400) * time.Millisecond
		}
		code, err := guess(ts, args[0], fmt.Sprintf("guess number %08d", n), alive)
		ts.Check(err)
		codes[code]++
	}
	ts.Logf("%d guesses: %v", count, codes)
	if codes["password_wrong"] > most {
		ts.Fatalf("%d guesses were compared, want at most %d: %v", codes["password_wrong"], most, codes)
	}
	if count > 5000 && codes["admin_locked"] == 0 {
		ts.Fatalf("after %d guesses nothing is locked: %v", count, codes)
	}
	if told := codes["password_wrong"] + codes["password_wait"] + codes["admin_locked"] + codes["killed"]; told != count {
		ts.Fatalf("the answers were %v, want each guess refused", codes)
	}
}

// guess is the code of the answer to one wrong password; "killed" when the process was not given the time to answer.
func guess(ts *testscript.TestScript, userID, password string, alive time.Duration) (string, error) {
	program, err := exec.LookPath("tapstation")
	if err != nil {
		return "", err
	}
	cmd := exec.Command(program, "admins", "check", userID, "--password-stdin", "--json")
	cmd.Env = append(os.Environ(), "TAPSTATION_DATA="+ts.Getenv("TAPSTATION_DATA"), "DBUS_SESSION_BUS_ADDRESS=")
	cmd.Stdin = strings.NewReader(password + "\n")
	var out bytes.Buffer
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		return "", err
	}
	if alive > 0 {
		kill := time.AfterFunc(alive, func() { _ = cmd.Process.Kill() })
		defer kill.Stop()
	}
	var ended *exec.ExitError
	if err := cmd.Wait(); err == nil {
		return "", errors.New("a wrong password logged in")
	} else if !errors.As(err, &ended) {
		return "", err
	} else if !ended.Exited() {
		return "killed", nil
	}
	var doc struct {
		Error struct{ Code string }
	}
	err = json.Unmarshal(out.Bytes(), &doc)
	return doc.Error.Code, err
}
