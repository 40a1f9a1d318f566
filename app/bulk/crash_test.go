package bulk

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/storage/bolt"
)

// When these are set, the test binary is the program that imports and is killed: it stops for ever after so many batches,
// or after so many steps back of an import cancelled after its third batch; 0: it does not stop.
const (
	childFolder = "TAPSTATION_TEST_IMPORT_FOLDER"
	childStop   = "TAPSTATION_TEST_IMPORT_STOP"
	childBack   = "TAPSTATION_TEST_IMPORT_BACK"
)

func TestMain(m *testing.M) {
	if folder := os.Getenv(childFolder); folder != "" {
		importUntilKilled(folder)
		return
	}
	os.Exit(m.Run())
}

func officeIn(t testing.TB, folder string) *office {
	dir := &directory.Directory{Store: bolt.New(filepath.Join(folder, bolt.Name))}
	return &office{t: t, dir: dir, im: &Import{Directory: dir, Claim: claimOf(folder)}}
}

func importUntilKilled(folder string) {
	stop, back := number(childStop), number(childBack)
	o := officeIn(nil, folder)
	ctx, cancel := context.WithCancel(context.Background())
	file, err := OnDisk(filepath.Join(folder, "people.csv"))
	var p Plan
	err = errors.Join(err, limitFiles())
	if err == nil {
		p, err = o.im.Plan(ctx, by, file, Options{}, nil)
	}
	fmt.Println("begun")
	batch, step := 0, 0
	if err == nil {
		_, err = o.im.Apply(ctx, by, file, Options{}, p, func(pr Progress) {
			if pr.Undoing {
				step++
			} else {
				batch++
			}
			if back > 0 && batch == 3 {
				cancel()
			}
			if stop > 0 && batch == stop || back > 0 && step == back {
				fmt.Println("stopped")
				_, _ = io.Copy(io.Discard, os.Stdin) // until it is killed
			}
		})
	}
	fmt.Println("done", err)
	cancel()
}

func number(name string) int {
	n := 0
	_, _ = fmt.Sscan(os.Getenv(name), &n) // not set: 0
	return n
}

// TestKilledImportIsAllOrNothing kills the program that imports at every boundary of a batch, in the middle of taking
// back, and at moments of no choice. Whatever was there before must be there afterwards, or all of the file.
func TestKilledImportIsAllOrNothing(t *testing.T) {
	model := t.TempDir()
	o := officeIn(t, model)
	o.populate()
	before := o.state()
	untouched := o.users()
	if err := os.WriteFile(filepath.Join(model, "people.csv"), []byte(mixed()), 0o600); err != nil {
		t.Fatal(err)
	}

	for stop := 1; stop < batches; stop++ {
		folder := copyOf(t, model)
		killAt(t, folder, "stopped", 0, fmt.Sprint(childStop, "=", stop))
		half := officeIn(t, folder)
		if slices.Equal(half.users(), untouched) {
			t.Errorf("killed after batch %d there is nothing of the import: it was killed too early", stop)
		}
		recovered(t, folder, before)
	}
	for back := 1; back <= 3; back++ {
		folder := copyOf(t, model)
		killAt(t, folder, "stopped", 0, fmt.Sprint(childBack, "=", back))
		recovered(t, folder, before)
	}

	// How long it takes, to kill it at any moment of that.
	whole := copyOf(t, model)
	started := time.Now()
	killAt(t, whole, "done <nil>", 0)
	all := officeIn(t, whole).users()
	takes := time.Since(started)
	finished := 0
	const rounds = 15
	for round := range rounds {
		folder := copyOf(t, model)
		killAt(t, folder, "begun", time.Duration(rand.Int64N(int64(takes))))
		o := officeIn(t, folder)
		if err := o.im.Recover(t.Context(), nil); err != nil {
			t.Fatalf("round %d: Recover: %v", round, err)
		}
		if slices.Equal(o.users(), all) {
			finished++
			o.idle()
			continue
		}
		recovered(t, folder, before)
	}
	t.Logf("of %d killed at any moment %d had finished", rounds, finished)
}

// recovered puts a folder in order, as the next start does, and wants it as it was before.
func recovered(t *testing.T, folder string, before state) {
	t.Helper()
	o := officeIn(t, folder)
	if err := o.im.Recover(t.Context(), nil); err != nil {
		t.Fatalf("Recover: %v", err)
	}
	o.unchanged(before)
	o.idle()
	if acts := o.acts(); acts[audit.ImportBegun] != acts[audit.ImportUndone] || acts[audit.UsersImported] != 0 {
		t.Errorf("on record are %v, want every import that began undone", acts)
	}
	if err := bolt.New(filepath.Join(folder, bolt.Name)).Check(t.Context()); err != nil {
		t.Errorf("the store is not sound: %v", err)
	}
}

// killAt runs the program until it says a line, waits, and kills it.
func killAt(t *testing.T, folder, line string, wait time.Duration, env ...string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), append(env, childFolder+"="+folder)...)
	cmd.Stderr = os.Stderr
	in, inErr := cmd.StdinPipe()
	out, outErr := cmd.StdoutPipe()
	if err := errors.Join(inErr, outErr, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	guard := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer guard.Stop()
	lines := bufio.NewScanner(out)
	said := ""
	for said != line && lines.Scan() {
		said = lines.Text()
	}
	if said != line {
		t.Errorf("the program says %q, want %q", said, line)
	}
	ended := make(chan struct{})
	go func() {
		for lines.Scan() {
		}
		close(ended)
	}()
	kill := time.NewTimer(wait)
	select {
	case <-kill.C:
	case <-ended:
	}
	_ = cmd.Process.Kill()
	<-ended
	_ = in.Close()
	_ = cmd.Wait() // killed, which is an error
}

func copyOf(t *testing.T, folder string) string {
	t.Helper()
	to := t.TempDir()
	for _, name := range []string{bolt.Name, "people.csv"} {
		raw, err := os.ReadFile(filepath.Join(folder, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(to, name), raw, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return to
}
