package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tapstation/app/admin"
	"tapstation/app/directory"
	"tapstation/storage/bolt"
	"tapstation/storage/storagetest"
)

const million = 1_000_000

// The owner of the workspace that the million belong to.
const ownerID, ownerPassword = "station-owner", "correct horse battery"

// asTyped are a few searches, which a process and the window are made to do letter by letter.
var asTyped = strings.Fields("maria rile zzyx jo example u1")

// crowd is a data folder with a million users, each with a key, in 20 groups, and an owner who can log in. All
// benchmarks of one run share it, because making it takes minutes; TestMain removes it.
var crowd struct {
	sync.Once
	folder string
	took   time.Duration
	err    error
}

func TestMain(m *testing.M) {
	if folder := os.Getenv(searcherFolder); folder != "" {
		os.Exit(search(folder))
	}
	code := m.Run()
	if crowd.folder != "" {
		if err := os.RemoveAll(crowd.folder); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	os.Exit(code)
}

// crowded is the folder; it is made where it is not there yet.
func crowded(b *testing.B) string {
	b.Helper()
	crowd.Do(func() {
		began := time.Now()
		if crowd.folder, crowd.err = os.MkdirTemp("", "tapstation-bench-"); crowd.err == nil {
			crowd.err = gather(context.Background(), crowd.folder)
		}
		crowd.took = time.Since(began)
	})
	if crowd.err != nil {
		b.Fatal(crowd.err)
	}
	b.Logf("over %d users, each with a key, made in %v before", million, crowd.took.Round(time.Second))
	return crowd.folder
}

func gather(ctx context.Context, folder string) error {
	s := bolt.New(filepath.Join(folder, bolt.Name))
	if err := storagetest.Fill(ctx, s, million); err != nil {
		return err
	}
	admins := admin.Admins{Directory: &directory.Directory{Store: s}}
	w := directory.DefaultWorkspace()
	w.Name = "A million"
	_, err := admins.FirstStart(ctx, admin.FirstStart{Workspace: w, Owner: directory.User{ID: ownerID, FirstName: "Olive"}, Password: ownerPassword})
	return err
}

// crowdedDirectory is the directory in it.
func crowdedDirectory(b *testing.B) *directory.Directory {
	return &directory.Directory{Store: bolt.New(filepath.Join(crowded(b), bolt.Name))}
}

// reportTimes prints how long things took beside the budget of all but one in a hundred, and fails over it.
func reportTimes(b *testing.B, took []time.Duration, budget time.Duration) {
	b.Helper()
	slices.Sort(took)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	p99 := took[len(took)*99/100]
	b.ReportMetric(0, "ns/op") // says nothing here
	b.ReportMetric(ms(took[len(took)/2]), "p50-ms")
	b.ReportMetric(ms(p99), "p99-ms")
	b.ReportMetric(ms(took[len(took)-1]), "max-ms")
	b.ReportMetric(ms(budget), "p99-ms-budget")
	if p99 > budget {
		b.Errorf("99 of 100 take up to %v, over the budget of %v", p99, budget)
	}
}

// timed runs do and adds how long it took.
func timed(b *testing.B, took *[]time.Duration, do func() error) {
	began := time.Now()
	err := do()
	*took = append(*took, time.Since(began))
	if err != nil {
		b.Fatal(err)
	}
}
