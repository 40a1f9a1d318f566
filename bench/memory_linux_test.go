package bench

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"tapstation/app/directory"
	"tapstation/storage/bolt"
)

// searcherFolder, when set, makes the test binary a process that does nothing but search in that folder.
const searcherFolder = "TAPSTATION_BENCH_SEARCHER"

// BenchmarkSearchMemory is the most memory a process takes that does nothing but search among a million users, sort and
// filter them, list keys and count: what the window takes beside its own. The pages of the file that it has in sight
// at a time count.
func BenchmarkSearchMemory(b *testing.B) {
	const budget = 150 // MB: what an empty window, of some 142 MB, leaves of 300
	folder := crowded(b)
	most := 0.0
	for b.Loop() {
		searcher := exec.CommandContext(b.Context(), os.Args[0])
		searcher.Env = append(os.Environ(), searcherFolder+"="+folder)
		searcher.Stderr = os.Stderr
		said, err := searcher.Output()
		if err != nil {
			b.Fatal(err)
		}
		kept, err := strconv.ParseFloat(string(bytes.TrimSpace(said)), 64)
		if err != nil {
			b.Fatalf("the process said %q: %v", said, err)
		}
		most = max(most, kept)
	}
	b.ReportMetric(0, "ns/op") // says nothing here
	b.ReportMetric(most, "MB-peak")
	b.ReportMetric(budget, "MB-peak-budget")
	if most > budget {
		b.Errorf("a search takes up to %.0f MB, over the budget of %d", most, budget)
	}
}

// search is that process. It says its peak in MB.
func search(folder string) int {
	d := &directory.Directory{Store: bolt.New(filepath.Join(folder, bolt.Name))}
	err := searchAll(context.Background(), d)
	peak, perr := resident(os.Getpid(), "VmHWM")
	if err != nil || perr != nil {
		fmt.Fprintln(os.Stderr, err, perr)
		return 1
	}
	fmt.Println(peak)
	return 0
}

func searchAll(ctx context.Context, d *directory.Directory) error {
	for _, text := range asTyped {
		for i := range text {
			for _, sort := range []directory.UserSort{directory.ByID, directory.ByName, directory.ByEmail, directory.ByCreated} {
				q := directory.UserQuery{Text: text[:i+1], Sort: sort, Desc: i%2 == 1, Keys: directory.HoldsActive, Group: "Group 07", Limit: page}
				for range 3 {
					list, err := d.Users(ctx, q)
					if err != nil {
						return err
					}
					if q.After = list.Next; q.After == "" {
						break
					}
				}
			}
		}
	}
	if _, err := d.KeyRows(ctx, directory.KeyQuery{TemporaryPIN: true, Verification: directory.PINless, Kind: directory.Fingerprint}); err != nil {
		return err
	}
	_, err := d.Statistics(ctx, directory.StatisticsQuery{})
	return err
}

// resident is how much memory a process has, or had at most, in MB: VmRSS or VmHWM (proc_pid_status(5)).
func resident(pid int, which string) (float64, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(raw)) {
		if rest, ok := strings.CutPrefix(line, which+":"); ok {
			kB, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")))
			return float64(kB) / 1000, err
		}
	}
	return 0, fmt.Errorf("process %d does not tell its %s", pid, which)
}
