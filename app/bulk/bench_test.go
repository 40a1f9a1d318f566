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

// benchUsers is how many users are imported; TAPSTATION_BENCH_USERS says otherwise.
func benchUsers(b *testing.B) int {
	n, err := strconv.Atoi(os.Getenv("TAPSTATION_BENCH_USERS"))
	if err != nil {
		return 100_000
	}
	return n
}

// peak is the largest heap seen at the moments it was asked at.
type peak uint64

func (p *peak) look() {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	*p = max(*p, peak(m.HeapInuse))
}

func (p *peak) report(b *testing.B) { b.ReportMetric(float64(*p)/(1<<20), "MB-heap") }

// BenchmarkImport plans and imports a file of new users. Its budget is 20,000 users a second, in bounded memory.
func BenchmarkImport(b *testing.B) {
	n := benchUsers(b)
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
	perSecond := func(b *testing.B) {
		b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "users/s")
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
			perSecond(b)
			p.report(b)
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
		perSecond(b)
		p.report(b)
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
		perSecond(b)
		p.report(b)
	})
	b.Run(fmt.Sprint("cancel_", n), func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			o = officeIn(b, inside(b, folder))
			ctx, cancel := context.WithCancel(context.Background())
			_, err := o.im.Apply(ctx, by, file, Options{}, plan, func(pr Progress) {
				if !pr.Undoing && pr.Lines > n-1000 {
					cancel()
					b.StartTimer()
				}
			})
			cancel()
			if err == nil {
				b.Fatal("it was not cancelled")
			}
		}
		perSecond(b)
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
