package bench

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"tapstation/app/directory"
	"tapstation/bench/display"
	"tapstation/storage/bolt"
)

// BenchmarkWindow is the memory of the desk's window while its owner logs in with a password and searches among a million
// users, letter by letter: the most that is seen between the log-in, whose hashing takes 64 MiB for a moment by design, and
// the end, looked at every 20 ms.
func BenchmarkWindow(b *testing.B) {
	const budget = 300 // MB
	ctx, cancel := context.WithTimeout(b.Context(), 5*time.Minute)
	defer cancel()
	data := crowded(b)
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
	path := build(b, folder, "tapstation")
	most := 0.0
	for b.Loop() {
		most = max(most, searchInWindow(ctx, b, screen, exec.CommandContext(ctx, path, "--data", data), folder))
	}
	b.ReportMetric(0, "ns/op") // says nothing here
	b.ReportMetric(most, "MB-peak")
	b.ReportMetric(budget, "MB-peak-budget")
	if most > budget {
		b.Errorf("the window takes up to %.0f MB while it searches, over the budget of %d", most, budget)
	}
}

// searchInWindow shows the program's window, logs in, searches, and tells the most memory it took.
func searchInWindow(ctx context.Context, b *testing.B, screen *display.Display, program *exec.Cmd, folder string) float64 {
	b.Helper()
	program.Env = append(os.Environ(), "DISPLAY="+screen.Name, "WAYLAND_DISPLAY=", "XDG_RUNTIME_DIR="+folder,
		"XDG_CONFIG_HOME="+folder, "DBUS_SESSION_BUS_ADDRESS=", "LIBGL_ALWAYS_SOFTWARE=1", "LANG=en_US.UTF-8")
	if err := program.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() {
		_ = program.Process.Kill()
		_ = program.Wait() // it says that it was killed
	}()
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	pace := time.NewTicker(letterEvery)
	defer pace.Stop()
	typed := func(keys ...rune) {
		b.Helper()
		for _, k := range keys {
			<-pace.C
			must(screen.Type(k))
		}
	}
	before := lastLogin(ctx, b)
	must(screen.Lit(ctx))
	for range 10 {
		<-pace.C // somebody looks at the page first
	}
	typed([]rune(ownerID)...)
	typed(display.Tab)
	typed([]rune(ownerPassword)...)
	typed(display.Enter)
	for !lastLogin(ctx, b).After(before) {
		<-pace.C
		must(ctx.Err())
	}
	watched, stop := context.WithCancel(ctx)
	defer stop()
	peak := make(chan float64, 1)
	go func() { peak <- watch(watched, program.Process.Pid) }()
	for _, text := range asTyped {
		<-pace.C
		must(screen.Control('f'))
		typed([]rune(text)...)
		for range text {
			typed(display.BackSpace)
		}
	}
	stop()
	return <-peak
}

// letterEvery is how fast somebody types who is good at it.
const letterEvery = 150 * time.Millisecond

// lastLogin is when the owner logged in last, by the directory.
func lastLogin(ctx context.Context, b *testing.B) (at time.Time) {
	b.Helper()
	s := bolt.New(filepath.Join(crowd.folder, bolt.Name))
	err := s.View(ctx, func(tx directory.Tx) error {
		owner, err := tx.Admin(ownerID)
		at = owner.LastLogin
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return at
}

// watch is the most memory a process has until ctx ends, in MB; 0 when it has none.
func watch(ctx context.Context, pid int) float64 {
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	most := 0.0
	for {
		if now, err := resident(pid, "VmRSS"); err == nil {
			most = max(most, now)
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return most
		}
	}
}
