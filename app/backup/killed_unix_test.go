//go:build unix

package backup_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"tapstation/app/backup"
	"tapstation/app/directory"
	"tapstation/storage/bolt"
	"tapstation/storage/offline"
)

// victimFolder, when set, makes this test binary save and restore in that data folder until it is killed.
const victimFolder = "TAPSTATION_TEST_BACKUP_VICTIM"

func TestMain(m *testing.M) {
	if folder := os.Getenv(victimFolder); folder != "" {
		b, path := at(folder), filepath.Join(folder, "..", "backup")
		for {
			_, err := b.Restore(context.Background(), by, path)
			if err == nil {
				_, err = b.Save(context.Background(), by, filepath.Join(folder, "..", "another"), nil)
			}
			if err != nil {
				_, _ = os.Stderr.WriteString(err.Error() + "\n")
				os.Exit(3)
			}
		}
	}
	os.Exit(m.Run())
}

func at(folder string) *backup.Backup {
	store := bolt.New(filepath.Join(folder, bolt.Name))
	return &backup.Backup{Store: store, Folder: folder, Version: "1.2.3",
		Directory: &directory.Directory{Store: store, Offline: offline.New(filepath.Join(folder, offline.Name))}}
}

// TestKilledAtAnyMomentLeavesADirectoryWhole kills a process that restores and saves, at moments that nobody chose.
func TestKilledAtAnyMomentLeavesADirectoryWhole(t *testing.T) {
	top := t.TempDir()
	folder := filepath.Join(top, "data")
	b := at(folder)
	for _, id := range []string{"ada", "grace"} {
		add(t, b, id)
	}
	if _, err := b.Save(t.Context(), by, filepath.Join(top, "backup"), nil); err != nil {
		t.Fatal(err)
	}
	rounds := 10
	if os.Getenv("TAPSTATION_SOAK") != "" {
		rounds = 500
	}
	for round := range rounds {
		victim := exec.CommandContext(t.Context(), os.Args[0])
		victim.Env = append(os.Environ(), victimFolder+"="+folder)
		if err := victim.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(time.Duration(rand.IntN(60_000))*time.Microsecond+20*time.Millisecond, func() {
			_ = victim.Process.Signal(syscall.SIGKILL)
		})
		err := victim.Wait()
		timer.Stop()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() == 3 {
			t.Fatalf("round %d: the process ended with %v, want to be killed", round, err)
		}
		if err := at(folder).Store.Check(t.Context()); err != nil {
			t.Fatalf("round %d: the directory is not whole: %v", round, err)
		}
		if !there(t, at(folder), "ada") || !there(t, at(folder), "grace") {
			t.Fatalf("round %d: a user is lost", round)
		}
		if made, err := filepath.Glob(filepath.Join(top, "another")); err == nil && len(made) > 0 {
			if _, err := at(folder).Check(t.Context(), made[0]); err != nil {
				t.Fatalf("round %d: there is half a backup: %v", round, err)
			}
		}
	}
}
