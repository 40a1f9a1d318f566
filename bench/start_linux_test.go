// Package bench measures the whole program from outside.
package bench

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"tapstation/bench/display"
)

// BenchmarkStart prints how long it takes from the start of the process to the first frame of the desk's window, beside
// a window with nothing in it: medians of as many starts of each, taken in turns.
func BenchmarkStart(b *testing.B) {
	const budget = 1.5 // times the empty window
	ctx, cancel := context.WithTimeout(b.Context(), 5*time.Minute)
	defer cancel()
	screen, err := display.Open(ctx)
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := screen.Close(); err != nil {
			b.Error(err)
		}
	}()
	folder := b.TempDir()
	desk, empty := build(b, folder, "tapstation"), build(b, folder, "tapstation/bench/empty")
	data := filepath.Join(folder, "data")

	first := func(path string, arguments ...string) time.Duration {
		program := exec.CommandContext(ctx, path, arguments...)
		program.Env = append(os.Environ(), "DISPLAY="+screen.Name, "WAYLAND_DISPLAY=", "XDG_RUNTIME_DIR="+folder,
			"XDG_CONFIG_HOME="+folder, "DBUS_SESSION_BUS_ADDRESS=", "LIBGL_ALWAYS_SOFTWARE=1", "LANG=en_US.UTF-8")
		took, err := screen.FirstFrame(ctx, program)
		if err != nil {
			b.Fatal(err)
		}
		return took
	}
	first(desk, "--data", data) // from here on the files are in memory, and the data folder is there
	first(empty)

	var desks, empties []time.Duration
	for b.Loop() {
		for range 5 {
			desks = append(desks, first(desk, "--data", data))
			empties = append(empties, first(empty))
		}
	}
	ratio := float64(median(desks)) / float64(median(empties))
	b.ReportMetric(0, "ns/op") // says nothing here
	b.ReportMetric(float64(median(desks).Milliseconds()), "ms/start")
	b.ReportMetric(float64(median(empties).Milliseconds()), "ms/empty-window")
	b.ReportMetric(ratio, "ratio")
	b.ReportMetric(budget, "ratio-budget")
	if ratio > budget {
		b.Errorf("the window starts in %v, %.2f times the %v of an empty one, over the budget of %.1f",
			median(desks), ratio, median(empties), budget)
	}
}

func build(b *testing.B, folder, what string) string {
	b.Helper()
	path := filepath.Join(folder, filepath.Base(what))
	command := exec.CommandContext(b.Context(), "go", "build", "-tags=migrated_fynedo", "-o", path, what)
	if said, err := command.CombinedOutput(); err != nil {
		b.Fatalf("%v: %v\n%s", command, err, said)
	}
	return path
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}
