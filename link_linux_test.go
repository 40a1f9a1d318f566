package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestLinkIsHandedToTheWindowThatIsOpen runs real processes, as a browser does that is asked to open a link.
func TestLinkIsHandedToTheWindowThatIsOpen(t *testing.T) {
	o := newOnScreen(t)
	window := o.window()
	token := strings.Repeat("aB3_-", 8) + "xyw"
	link := "tapstation://activate/" + token
	if said, err := o.command("open", link).CombinedOutput(); err != nil || len(said) != 0 {
		t.Fatalf("open while a window is open: %v\n%s", err, said)
	}
	arguments, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", window.Process.Pid))
	if err != nil || bytes.Contains(arguments, []byte(token)) {
		t.Errorf("the window's arguments are %q (%v), want no ticket in them", arguments, err)
	}
	err = filepath.WalkDir(o.folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		if bytes.Contains(raw, []byte(token)) {
			t.Errorf("the ticket is in %s", e.Name())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	said, err := o.command("open", "--json", link+"?").CombinedOutput()
	if status(err) != 1 || !bytes.Contains(said, []byte("bad_link")) || bytes.Contains(said, []byte(token)) {
		t.Errorf("a hostile link: %v\n%s", err, said)
	}
	if err := window.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = window.Wait() // killed, which is an error, and its socket stays

	opens := o.command("open", link)
	if err := opens.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = opens.Process.Kill(); _ = opens.Wait() })
	o.holds(opens)
	if said, err := o.command("open", link).CombinedOutput(); err != nil || len(said) != 0 {
		t.Errorf("open while the window of another open is open: %v\n%s", err, said)
	}
	if err := opens.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := opens.Wait(); err != nil {
		t.Errorf("the window that open opened ended with %v", err)
	}
}
