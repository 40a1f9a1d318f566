package bulk

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
)

// The budgets of design.md: users a second, and megabytes of heap however long the file is.
const (
	speedBudget = 20_000
	heapBudget  = 150
)

// benchUsers is how many users are imported unless TAPSTATION_BENCH_USERS says otherwise.
func benchUsers() int {
	if n, err := strconv.Atoi(os.Getenv("TAPSTATION_BENCH_USERS")); err == nil {
		return n
	}
	return 1_000_000
}

// peak is the largest heap seen at the moments it was asked at.
type peak uint64

func (p *peak) look() {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	*p = max(*p, peak(m.HeapInuse))
}

// report prints what was measured beside its budget.
func (p *peak) report(b *testing.B, users int) {
	speed, heap := float64(users)*float64(b.N)/b.Elapsed().Seconds(), float64(*p)/(1<<20)
	b.ReportMetric(speed, "users/s")
	b.ReportMetric(speedBudget, "users/s-budget")
	b.ReportMetric(heap, "MB-heap")
	b.ReportMetric(heapBudget, "MB-heap-budget")
	if speed < speedBudget || heap > heapBudget {
		b.Errorf("%.0f users a second in %.0f MB, want at least %d in %d", speed, heap, speedBudget, heapBudget)
	}
}

// BenchmarkImport plans a file of new users, imports it, plans it again, exports them, and takes back an import that is
// cancelled at its end.
func BenchmarkImport(b *testing.B) {
	n := benchUsers()
	folder := b.TempDir()
	path := filepath.Join(folder, "people.csv")
	writePeople(b, path, n)
	file, err := OnDisk(path)
	if err != nil {
		b.Fatal(err)
	}
	o := officeIn(b, folder)
	plan, err := o.im.Plan(context.Background(), by, file, Options{}, nil)
	if err != nil {
		b.Fatal(err)
	}
	tries := func(b *testing.B, name string, want func(Plan) int) {
		b.Run(name, func(b *testing.B) {
			var p peak
			for b.Loop() {
				got, err := o.im.Plan(context.Background(), by, file, Options{}, func(Progress) { p.look() })
				if err != nil || want(got) != n {
					b.Fatalf("of %d users %d are as wanted: %v", got.Users(), want(got), err)
				}
			}
			p.report(b, n)
		})
	}
	tries(b, fmt.Sprint("plan_", n), func(p Plan) int { return p.Created })
	b.Run(fmt.Sprint("apply_", n), func(b *testing.B) {
		var p peak
		for b.Loop() {
			o = officeIn(b, inside(b, folder))
			if res, err := o.im.Apply(context.Background(), by, file, Options{}, plan, func(Progress) { p.look() }); err != nil || res.Created != n {
				b.Fatalf("the result is %+v, %v", res, err)
			}
		}
		p.report(b, n)
	})
	tries(b, fmt.Sprint("plan_unchanged_", n), func(p Plan) int { return p.Unchanged })
	b.Run(fmt.Sprint("export_", n), func(b *testing.B) {
		var p peak
		for b.Loop() {
			var out bytes.Buffer
			e := &Export{Directory: o.dir}
			if got, err := e.Write(context.Background(), by, discard{&out}, func(Progress) { p.look() }); err != nil || got != n {
				b.Fatalf("exported %d, %v", got, err)
			}
		}
		p.report(b, n)
	})
	b.Run(fmt.Sprint("take_back_", n), func(b *testing.B) {
		var p peak
		for b.Loop() {
			b.StopTimer()
			o = officeIn(b, inside(b, folder))
			ctx, cancel := context.WithCancel(context.Background())
			_, err := o.im.Apply(ctx, by, file, Options{}, plan, func(pr Progress) {
				if pr.Undoing {
					p.look()
				} else if pr.Lines > n-1000 {
					cancel()
					b.StartTimer()
				}
			})
			cancel()
			if err == nil {
				b.Fatal("it was not cancelled")
			}
		}
		p.report(b, n)
	})
}

// inside is a new folder in one that outlives a part of a benchmark.
func inside(b *testing.B, folder string) string {
	b.Helper()
	dir, err := os.MkdirTemp(folder, "")
	if err != nil {
		b.Fatal(err)
	}
	return dir
}

// discard keeps nothing of what is written.
type discard struct{ *bytes.Buffer }

func (d discard) Write(p []byte) (int, error) { return len(p), nil }

func writePeople(b *testing.B, path string, n int) {
	b.Helper()
	first := []string{"Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Frances", "Ken", "Dennis", "Radia"}
	last := []string{"Lovelace", "Hopper", "Turing", "Dijkstra", "Liskov", "Knuth", "Allen", "Thompson", "Ritchie", "Perlman"}
	var out bytes.Buffer
	out.WriteString("user_id,user_name,first_name,last_name,email,groups\n")
	for i := range n {
		f, l := first[i*7%10], fmt.Sprintf("%s%c%c", last[i*3/7%10], 'a'+rune(i%26), 'a'+rune(i/26%26))
		fmt.Fprintf(&out, "u%07d,%s.%s,%s,%s,%s.%s@example.org,Staff;Floor %d\n", i, f, l, f, l, f, l, i%20)
	}
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		b.Fatal(err)
	}
}
