package pcsc

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// newTestWait waits for a service at path, with the pauses all used up, so that only an event ends a wait in time.
func newTestWait(t *testing.T, path string) *serviceWait {
	t.Helper()
	w := &serviceWait{path: path, pause: firstPause}
	t.Cleanup(w.close)
	if err := w.wait(t.Context()); err != nil || w.inotify == nil {
		t.Fatalf("the first wait ends with %v and no watch, want a watch and a try at once", err)
	}
	w.pause = longestPause
	return w
}

func TestServiceWaitEndsWhenTheSocketComes(t *testing.T) {
	for _, tt := range []struct {
		name  string
		there string // folders that exist
		make  string // folders made while waiting
	}{
		{"its folder exists", "run/pcscd", ""},
		{"its folder does not", "run", "run/pcscd"},
		{"nothing exists", "", "run/pcscd"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root := t.TempDir()
			if err := os.MkdirAll(filepath.Join(root, tt.there), 0o700); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(root, "run/pcscd/pcscd.comm")
			w := newTestWait(t, path)
			made := make(chan error, 1)
			go func() {
				err := os.MkdirAll(filepath.Join(root, tt.make), 0o700)
				made <- errors.Join(err, os.WriteFile(path, nil, 0o600))
			}()
			start := time.Now()
			for {
				if err := w.wait(t.Context()); err != nil {
					t.Fatal(err)
				}
				if _, err := os.Stat(path); err == nil {
					break
				}
			}
			if err := <-made; err != nil {
				t.Fatal(err)
			}
			if took := time.Since(start); took > time.Second {
				t.Errorf("it took %v to notice", took)
			}
			if w.pause > 2*firstPause {
				t.Errorf("the next pause is %v: a socket does not accept at once, so it should be tried again soon", w.pause)
			}
		})
	}
}

func TestServiceWaitEndsWithItsContext(t *testing.T) {
	w := newTestWait(t, filepath.Join(t.TempDir(), "pcscd.comm"))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	start := time.Now()
	if err := w.wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want context.DeadlineExceeded", err)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("it took %v to end", took)
	}
}

func TestServiceWaitGrows(t *testing.T) {
	w := &serviceWait{path: filepath.Join(t.TempDir(), "pcscd.comm"), pause: firstPause}
	defer w.close()
	start := time.Now()
	for range 5 { // at once, 10, 20, 40, 80 ms
		if err := w.wait(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(start); took < 140*time.Millisecond || took > time.Second {
		t.Errorf("five tries took %v, want some 150 ms", took)
	}
}
