package bulk

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// childLimit, when set, is the size in bytes that no file of the program may grow beyond: its disk is full then.
const childLimit = "TAPSTATION_TEST_IMPORT_LIMIT"

// limitFiles makes the disk as small as it was asked to be.
func limitFiles() error {
	n := number(childLimit)
	if n == 0 {
		return nil
	}
	signal.Ignore(syscall.SIGXFSZ) // a write beyond it fails, as on a full disk
	return unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: uint64(n), Max: uint64(n)})
}

// TestFullDiskLeavesNothing imports on disks that are full at different moments: at once, in the middle, and so late that
// taking back has no room either and has to wait for more.
func TestFullDiskLeavesNothing(t *testing.T) {
	model := t.TempDir()
	o := officeIn(t, model)
	o.populate()
	before := o.state()
	if err := os.WriteFile(filepath.Join(model, "people.csv"), []byte(mixed()), 0o600); err != nil {
		t.Fatal(err)
	}
	failed := 0
	for limit := 64 << 10; limit <= 4<<20; limit *= 2 {
		folder := copyOf(t, model)
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childFolder+"="+folder, childLimit+"="+strconv.Itoa(limit))
		out, err := cmd.CombinedOutput()
		var ended *exec.ExitError
		if err != nil && !errors.As(err, &ended) {
			t.Fatal(err)
		}
		if strings.Contains(string(out), "done <nil>") {
			continue // all of it had room
		}
		failed++
		t.Logf("%d bytes: %s", limit, out)
		if !strings.Contains(string(out), "done ") {
			t.Errorf("with %d bytes the program says\n%s\nwant that it failed", limit, out)
		}
		recovered(t, folder, before)
	}
	if failed < 3 {
		t.Errorf("%d imports failed, want several disks too small", failed)
	}
}
