package claim

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// holderFolder, when set, makes the test binary a process that claims that folder, says so, and keeps it until its
// standard input ends.
const holderFolder = "TAPSTATION_TEST_CLAIM_FOLDER"

func TestMain(m *testing.M) {
	folder := os.Getenv(holderFolder)
	if folder == "" {
		os.Exit(m.Run())
	}
	release, err := Take(folder, "window")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("claimed")
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := release(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// process is another process that has the claim.
type process struct {
	*exec.Cmd
	in io.Closer
}

func start(t *testing.T, folder string) *process {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), holderFolder+"="+folder)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "claimed\n" {
		t.Fatalf("the other process says %q (%v), want that it has the claim", line, err)
	}
	return &process{cmd, in}
}

func TestSecondProcessIsToldWhoHoldsTheFolder(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "data")
	before := time.Now().Add(-time.Second)
	p := start(t, folder)
	_, err := Take(folder, "window")
	var held *HeldError
	if !errors.As(err, &held) {
		t.Fatalf("Take while another process has it: %v, want a *HeldError", err)
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	if held.PID != p.Process.Pid || held.Program != filepath.Base(os.Args[0]) || held.Host != host || held.Claim != "window" ||
		held.Since.Before(before) || held.Since.After(time.Now()) {
		t.Errorf("held by %+v, want process %d of %s on %s, since a moment ago", held, p.Process.Pid, filepath.Base(os.Args[0]), host)
	}
	if text := held.Error(); !strings.Contains(text, fmt.Sprintf("process %d ", p.Process.Pid)) {
		t.Errorf("the error says %q, want it to name process %d", text, p.Process.Pid)
	}
	release, err := Take(folder, "import")
	if err != nil {
		t.Fatalf("Take for other work: %v", err)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
}

func TestClaimEndsWithItsProcess(t *testing.T) {
	for name, end := range map[string]func(*process) error{
		"killed":        func(p *process) error { return p.Process.Kill() },
		"ended in time": func(p *process) error { return p.in.Close() },
	} {
		folder := t.TempDir()
		p := start(t, folder)
		if err := end(p); err != nil {
			t.Fatal(err)
		}
		_ = p.Wait() // killed, which is an error
		release, err := Take(folder, "window")
		if err != nil {
			t.Errorf("%s: Take after it: %v", name, err)
			continue
		}
		if err := release(); err != nil {
			t.Errorf("%s: release: %v", name, err)
		}
	}
}

func TestProcessKeepsItselfOut(t *testing.T) {
	folder := t.TempDir()
	release, err := Take(folder, "window")
	if err != nil {
		t.Fatal(err)
	}
	_, err = Take(folder, "window")
	var held *HeldError
	if !errors.As(err, &held) || held.PID != os.Getpid() {
		t.Errorf("Take for the second time: %v, want that process %d has it", err, os.Getpid())
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	if release, err = Take(folder, "window"); err != nil {
		t.Fatalf("Take after release: %v", err)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
}

// TestOneOfManyHasIt lets many take the same claim again and again.
func TestOneOfManyHasIt(t *testing.T) {
	folder := t.TempDir()
	var inside, taken atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				release, err := Take(folder, "window")
				var held *HeldError
				if errors.As(err, &held) {
					continue
				}
				if err != nil {
					t.Errorf("Take: %v", err)
					return
				}
				if inside.Add(1) != 1 {
					t.Error("two have the same claim")
				}
				taken.Add(1)
				inside.Add(-1)
				if err := release(); err != nil {
					t.Errorf("release: %v", err)
				}
			}
		})
	}
	wg.Wait()
	if taken.Load() == 0 {
		t.Error("nobody ever had it")
	}
}

func TestFileThatMakesNoSenseKeepsNobodyOut(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "window.lock")
	for _, content := range []string{"", "{", `{"pid":-1}`, strings.Repeat("x", 100_000), `{"pid":1,"since":"never"}`, "\x00\xff"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		release, err := Take(folder, "window")
		if err != nil {
			t.Fatalf("%.20q: %v", content, err)
		}
		raw, err := os.ReadFile(path)
		var r record
		if err := errors.Join(err, json.Unmarshal(raw, &r)); err != nil || r.PID != os.Getpid() {
			t.Errorf("%.20q: the file says %q (%v), want this process", content, raw, err)
		}
		if err := release(); err != nil {
			t.Error(err)
		}
	}
}

func TestHolderThatDoesNotSayIsStillTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "window.lock")
	release, err := take(path, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := release(); err != nil {
			t.Error(err)
		}
	}()
	for content, want := range map[string]HeldError{
		"":                                 {},
		`{"pid":7,"program":"a\u0007\nb"}`: {PID: 7, Program: "ab"},
		`{"pid":7,"host":"` + strings.Repeat("h", 1000) + `"}`: {PID: 7, Host: strings.Repeat("h", maxText) + "…"},
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		at := time.Now()
		clock := func() time.Time { at = at.Add(settle); return at }
		_, err := take(path, clock)
		var held *HeldError
		if !errors.As(err, &held) || *held != want {
			t.Errorf("%.20q: got %+v (%v), want %+v", content, held, err, want)
		}
	}
}
