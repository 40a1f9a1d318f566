package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"tapstation/bench/display"
)

// onScreen starts the program, in processes of their own, on a display without a screen and on one data folder.
type onScreen struct {
	*testing.T
	ctx    context.Context
	name   string // of the display
	folder string
}

func newOnScreen(t *testing.T) *onScreen {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute) // that of t ends before the display can be closed
	screen, err := display.Open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := screen.Close(); err != nil { // before its context ends: Xlib ends the process of who loses a server
			t.Error(err)
		}
		cancel()
	})
	return &onScreen{t, ctx, screen.Name, t.TempDir()}
}

func (o *onScreen) command(arguments ...string) *exec.Cmd {
	o.Helper()
	program, err := exec.LookPath("tapstation") // testscript.Main put it there
	if err != nil {
		o.Fatal(err)
	}
	command := exec.CommandContext(o.ctx, program, append(arguments, "--data", filepath.Join(o.folder, "data"))...)
	command.Env = append(os.Environ(), "DISPLAY="+o.name, "WAYLAND_DISPLAY=", "XDG_RUNTIME_DIR="+o.folder,
		"XDG_CONFIG_HOME="+o.folder, "HOME="+o.folder, "DBUS_SESSION_BUS_ADDRESS=", "LIBGL_ALWAYS_SOFTWARE=1", "LANG=en_US.UTF-8",
		"PCSCLITE_CSOCK_NAME="+filepath.Join(o.folder, "no-service"))
	return command
}

// window starts the program with its window, and returns when it has the data folder.
func (o *onScreen) window() *exec.Cmd {
	o.Helper()
	command := o.command()
	if err := command.Start(); err != nil {
		o.Fatal(err)
	}
	o.Cleanup(func() { _ = command.Process.Kill(); _ = command.Wait() })
	o.holds(command)
	return command
}

// holds returns when a process has the data folder.
func (o *onScreen) holds(command *exec.Cmd) {
	o.Helper()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for {
		var holder struct{ PID int }
		raw, err := os.ReadFile(filepath.Join(o.folder, "data", "window.lock"))
		if err == nil && json.Unmarshal(raw, &holder) == nil && holder.PID == command.Process.Pid {
			return
		}
		select {
		case <-again.C:
		case <-o.ctx.Done():
			o.Fatalf("process %d never took the data folder: %q, %v", command.Process.Pid, raw, err)
		}
	}
}

func status(err error) int {
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		return ended.ExitCode()
	}
	return 0
}

// TestSecondWindowSaysWhichProcessHoldsTheFolder runs real processes on one data folder, as an impatient person does
// who clicks twice.
func TestSecondWindowSaysWhichProcessHoldsTheFolder(t *testing.T) {
	o := newOnScreen(t)
	first := o.window()
	named := fmt.Sprintf("process %d ", first.Process.Pid)

	printed, err := o.command("--json").Output()
	var answer struct {
		Error struct{ Code, Message, Hint string }
	}
	if broken := json.Unmarshal(printed, &answer); broken != nil || status(err) != 1 || answer.Error.Code != "window_open" ||
		!strings.Contains(answer.Error.Message, named) {
		t.Errorf("the second window printed %s and ended with %v, want exit status 1 and window_open by %s", printed, err, named)
	}
	for _, arguments := range [][]string{{"users", "add", "ada"}, {"users", "list"}} {
		if said, err := o.command(arguments...).CombinedOutput(); err != nil {
			t.Errorf("%v while the window is open: %v\n%s", arguments, err, said)
		}
	}

	// As started by an icon: what it says, it says at once; then it shows a notice, until that is closed.
	second := o.command()
	stderr, err := second.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stderr).ReadString('\n')
	if err != nil || !strings.Contains(line, named) {
		t.Errorf("the second window says %q (%v), want that %s has it", line, err, named)
	}
	if err := second.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	if err := second.Wait(); status(err) != 1 {
		t.Errorf("the second window ended with %v, want exit status 1", err)
	}

	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.Wait() // killed, which is an error
	third := o.window()
	if err := third.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := third.Wait(); err != nil {
		t.Errorf("the window after a killed one: %v", err)
	}
	if left, err := os.ReadFile(filepath.Join(o.folder, "data", "window.lock")); len(left) != 0 {
		t.Errorf("a window that has ended still has the folder: %q (%v)", left, err)
	}
}
