package enroll_test

import (
	"context"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"tapstation/app/directory"
	"tapstation/app/enroll"
	"tapstation/device"
	"tapstation/device/fido"
	"tapstation/device/pcsc"
	"tapstation/device/virtual"
	"tapstation/device/virtual/pcscdtest"
)

func TestMain(m *testing.M) { os.Exit(pcscdtest.Main(m)) }

// realStation is a station whose cards come through pcscd.
func realStation(t testing.TB) (*station, *pcscdtest.Service) {
	t.Helper()
	pcscd := pcscdtest.Start(t)
	service := new(pcsc.Service)
	return buildStation(t, t.TempDir(), fido.Cards(service.Watch, func(ctx context.Context, reader string) (fido.Session, error) {
		return service.Open(ctx, reader)
	})), pcscd
}

// BenchmarkEnrollment prints what an enrollment takes from tap to proven and kept key, through pcscd, beside the
// budgets of design.md. Own time is the total less the time in the card.
func BenchmarkEnrollment(b *testing.B) {
	const ownBudget = 10 * time.Millisecond
	for _, test := range []struct {
		name         string
		verification directory.Verification
		apdus        int
	}{{"PINless", directory.PINless, 4}, {"PIN on a blank card", directory.PIN, 9}} {
		b.Run(test.name, func(b *testing.B) {
			s, pcscd := realStation(b)
			var own, card time.Duration
			apdus, rounds := 0, 0
			for b.Loop() {
				rounds++
				req := request(test.verification)
				req.UserID = s.addUser("user" + strconv.Itoa(rounds)).ID
				pcscd.Insert(b, blank(b, byte(rounds)))
				got, err := s.Enroll(b.Context(), req, &person{t: b})
				if err != nil {
					b.Fatal(err)
				}
				own += got.Total - got.Cost.Card
				card += got.Cost.Card
				apdus = max(apdus, got.Cost.APDUs)
				pcscd.Remove()
			}
			milliseconds := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
			mean := own / time.Duration(rounds)
			b.ReportMetric(float64(apdus), "APDUs")
			b.ReportMetric(float64(test.apdus), "APDUs-budget")
			b.ReportMetric(milliseconds(mean), "own-ms")
			b.ReportMetric(milliseconds(ownBudget), "own-ms-budget")
			b.ReportMetric(milliseconds(card/time.Duration(rounds)), "card-ms")
			if apdus > test.apdus || mean > ownBudget {
				b.Errorf("%d APDUs and %v of its own, over the budget of %d and %v", apdus, mean, test.apdus, ownBudget)
			}
		})
	}
}

// resident is the memory of this process in bytes that is in RAM (proc(5), statm).
func resident(t testing.TB) int {
	t.Helper()
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(b))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}

func descriptors(t testing.TB) int {
	t.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(open)
}

// TestNothingIsLeftAfterManyRounds enrolls and removes cards, 1,000 times in process and, behind make soak, as often
// through pcscd; then goroutines, descriptors (PC/SC contexts and card handles are among them) and memory are what
// they were after the first rounds.
func TestNothingIsLeftAfterManyRounds(t *testing.T) {
	t.Run("in process", func(t *testing.T) {
		s := newStation(t)
		rounds(t, s, 1000, func(c *virtual.Card) { s.reader.Insert(c) }, func() { s.reader.Remove() })
	})
	t.Run("through pcscd", func(t *testing.T) {
		n := 10
		if os.Getenv("TAPSTATION_SOAK") != "" {
			n = 1000
		}
		s, pcscd := realStation(t)
		rounds(t, s, n, func(c *virtual.Card) { pcscd.Insert(t, c) }, pcscd.Remove)
	})
}

func rounds(t *testing.T, s *station, n int, insert func(*virtual.Card), remove func()) {
	t.Helper()
	card := blank(t, 1)
	who := &person{t: t, confirm: map[enroll.QuestionKind]bool{enroll.ReplaceKey: true}}
	empty := func(st device.State) bool { _, on := st.Card(""); return !on }
	var memory, files, goroutines int
	warm := min(n/5, 100)
	for i := range n {
		insert(card)
		if _, err := s.Enroll(t.Context(), request(directory.PINless), who); err != nil {
			t.Fatalf("round %d: %v", i, err)
		}
		remove()
		if _, err := s.Board.Wait(t.Context(), empty); err != nil {
			t.Fatal(err)
		}
		who.steps, who.questions = nil, nil
		if i == warm {
			runtime.GC()
			memory, files, goroutines = resident(t), descriptors(t), runtime.NumGoroutine()
		}
	}
	runtime.GC()
	grown := resident(t) - memory
	t.Logf("%d rounds: %d KiB more than after round %d, %d descriptors, %d goroutines", n, grown>>10, warm, descriptors(t), runtime.NumGoroutine())
	if got := descriptors(t); got > files {
		t.Errorf("%d descriptors are open, %d after round %d", got, files, warm)
	}
	if got := runtime.NumGoroutine(); got > goroutines {
		t.Errorf("%d goroutines run, %d after round %d", got, goroutines, warm)
	}
	const slack = 16 << 20 // the heap's own ups and downs; one leaked session a round would be more
	if grown > slack {
		t.Errorf("memory grew by %d MiB in %d rounds", grown>>20, n-warm)
	}
}
