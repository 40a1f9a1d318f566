package mail_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"tapstation/app/directory"
	"tapstation/storage/handover"
)

// The budgets: mails a second to a server on this machine, megabytes of heap however many wait, and how long a page of
// users takes meanwhile, which the window asks for at every letter typed.
const (
	mailBudget  = 500
	heapBudget  = 64
	queryBudget = 50 * time.Millisecond
)

// benchMails is how many mails wait unless TAPSTATION_BENCH_MAILS says otherwise.
func benchMails() int {
	if n, err := strconv.Atoi(os.Getenv("TAPSTATION_BENCH_MAILS")); err == nil {
		return n
	}
	return 10_000
}

// BenchmarkOutbox sends activation mails that wait, while somebody looks for users and somebody changes them.
func BenchmarkOutbox(b *testing.B) {
	b.Run("plain", func(b *testing.B) { sendAll(b, mailBudget, func(*office) {}) })
	// A signature by RSA takes longer than all the rest together: how many a second, with that many looking and writing, is
	// the machine's affair. It is printed, and not judged.
	b.Run("signed_with_logo", func(b *testing.B) {
		sendAll(b, 0, func(o *office) {
			o.signs("example.org", "station")
			o.workspace(func(w *directory.Workspace) { w.Logo = logo(b) })
		})
	})
}

// logo is a picture of noise, which does not get smaller by being packed.
func logo(b *testing.B) []byte {
	b.Helper()
	picture := image.NewNRGBA(image.Rect(0, 0, 120, 60))
	_, _ = rand.Read(picture.Pix) // never fails (crypto/rand)
	var packed bytes.Buffer
	if err := png.Encode(&packed, picture); err != nil {
		b.Fatal(err)
	}
	return packed.Bytes()
}

func sendAll(b *testing.B, budget float64, prepare func(*office)) {
	n := benchMails()
	var rate, heap, read, write float64
	for b.Loop() {
		b.StopTimer()
		p := newPost(b, nil)
		p.forgets = true
		o := newOffice(b, p.port)
		o.box.Handover = handover.New(filepath.Join(b.TempDir(), handover.Name))
		prepare(o)
		o.users(n)
		runtime.GC()
		watching, stop := context.WithCancel(context.Background())
		looks, changes := watch(watching, b, o), change(watching, b, o)
		b.StartTimer()
		began := time.Now()
		r, err := o.box.Deliver(context.Background())
		took := time.Since(began)
		b.StopTimer()
		stop()
		seen, changed := <-looks, <-changes
		if err != nil || r.Sent != n || p.count != n {
			b.Fatalf("%+v, %v: %d arrived, want %d sent", r, err, p.count, n)
		}
		rate, heap, read, write = float64(n)/took.Seconds(), float64(seen.heap)/(1<<20), seen.p99(), changed.p99()
		b.Logf("%d mails in %v: %.0f/s, heap %.0f MB; %d pages of users meanwhile, p99 %.1f ms; %d changes of users, p99 %.1f ms",
			n, took.Round(time.Millisecond), rate, heap, len(seen.took), read, len(changed.took), write)
		b.StartTimer()
	}
	b.ReportMetric(rate, "mails/s")
	b.ReportMetric(budget, "mails/s-budget")
	b.ReportMetric(heap, "MB-heap")
	b.ReportMetric(heapBudget, "MB-heap-budget")
	b.ReportMetric(read, "ms-p99-query")
	b.ReportMetric(float64(queryBudget.Milliseconds()), "ms-p99-query-budget")
	b.ReportMetric(write, "ms-p99-change")
	if budget > 0 && (rate < budget || heap > heapBudget || read > float64(queryBudget.Milliseconds())) {
		b.Errorf("%.0f mails a second in %.0f MB, a page of users in %.1f ms; want at least %.0f in %d, and %v", rate, heap, read, budget, heapBudget, queryBudget)
	}
}

// waits are how long somebody waited, again and again.
type waits struct {
	took []time.Duration
	heap uint64 // the largest seen
}

// p99 is how many milliseconds 99 of 100 waited at most.
func (w waits) p99() float64 {
	if len(w.took) == 0 {
		return 0
	}
	slices.Sort(w.took)
	return float64(w.took[len(w.took)*99/100].Microseconds()) / 1000
}

// again does something 50 times a second until ctx ends.
func again(ctx context.Context, b *testing.B, do func(n int) error) <-chan waits {
	done := make(chan waits, 1)
	go func() {
		var w waits
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		defer func() { done <- w }()
		for n := 0; ; n++ {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
			began := time.Now()
			if err := do(n); err != nil {
				b.Error(err)
				return
			}
			w.took = append(w.took, time.Since(began))
			if n%10 == 0 {
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				w.heap = max(w.heap, m.HeapInuse)
			}
		}
	}()
	return done
}

// watch is somebody who looks for users.
func watch(ctx context.Context, b *testing.B, o *office) <-chan waits {
	return again(ctx, b, func(n int) error {
		_, err := o.dir.Users(context.Background(), directory.UserQuery{Text: "user " + itoa(n%10), Limit: 50})
		return err
	})
}

// change is somebody who changes users.
func change(ctx context.Context, b *testing.B, o *office) <-chan waits {
	return again(ctx, b, func(n int) error {
		_, err := o.dir.ChangeUser(context.Background(), by, "u0000", func(u *directory.User) { u.LastName = "Changed " + itoa(n) })
		return err
	})
}
