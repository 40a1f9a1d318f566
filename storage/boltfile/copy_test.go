package boltfile

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.etcd.io/bbolt"
	"go.uber.org/goleak"

	"tapstation/app/directory"
)

// writerFile, when set, makes the test binary a program that writes pairs into that file until it is killed.
const writerFile = "TAPSTATION_TEST_WRITER_FILE"

func TestMain(m *testing.M) {
	path := os.Getenv(writerFile)
	if path == "" {
		goleak.VerifyTestMain(m)
		return
	}
	for n := 0; ; n++ {
		if err := putPair(context.Background(), New(path, testSchema), "process", n); err != nil && !errors.Is(err, directory.ErrBusy) {
			fmt.Println(err)
			os.Exit(1)
		}
		if n == 0 {
			fmt.Println("writing")
		}
	}
}

// putPair keeps one value at both ends of the file.
func putPair(ctx context.Context, f *File, who string, n int) error {
	return f.Update(ctx, func(tx *bbolt.Tx) (bool, error) {
		b := tx.Bucket(things)
		value := []byte(strings.Repeat(fmt.Sprint(n, " "), 300))
		return true, errors.Join(b.Put([]byte("a "+who), value), b.Put([]byte("z "+who), value))
	})
}

// large fills a file with some megabytes.
func large(t testing.TB, f *File, megabytes int) {
	t.Helper()
	for i := range megabytes {
		if err := f.Update(context.Background(), func(tx *bbolt.Tx) (bool, error) {
			for j := range 256 {
				if err := tx.Bucket(things).Put(fmt.Appendf(nil, "m %06d", i*256+j), make([]byte, 4000)); err != nil {
					return false, err
				}
			}
			return true, nil
		}); err != nil {
			t.Fatal(err)
		}
	}
}

func copyOf(t *testing.T, f *File, progress func(done, size int64)) (*File, error) {
	t.Helper()
	to, err := os.CreateTemp(t.TempDir(), "copy")
	if err != nil {
		t.Fatal(err)
	}
	err = f.Copy(t.Context(), to, progress)
	if closed := to.Close(); closed != nil {
		t.Fatal(closed)
	}
	return New(to.Name(), testSchema), err
}

// TestCopyIsOfOneMoment copies a file that goroutines and a process of its own write into without a pause.
func TestCopyIsOfOneMoment(t *testing.T) {
	f := newFile(t)
	large(t, f, 6)
	ctx, cancel := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	for w := range 1 {
		writers.Go(func() {
			own := New(f.path, testSchema) // like a program of its own
			for n := 0; ctx.Err() == nil; n++ {
				if err := putPair(ctx, own, fmt.Sprint(w), n); err != nil && ctx.Err() == nil {
					t.Errorf("a writer during copies: %v", err)
				}
			}
		})
	}
	process := startWriter(t, f.path)
	moments := map[string]bool{}
	for range 4 {
		c, err := copyOf(t, f, nil)
		if err != nil {
			t.Errorf("Copy: %v", err)
			continue
		}
		if err := c.Check(t.Context()); err != nil {
			t.Errorf("the copy: %v", err)
		}
		for _, who := range []string{"0", "process"} {
			a, err := get(c, "a "+who)
			z, err2 := get(c, "z "+who)
			if err := errors.Join(err, err2); err != nil || a != z {
				t.Errorf("the copy has one half of what writer %s kept together: %.20q and %.20q (%v)", who, a, z, err)
			}
			moments[who+a] = true
		}
	}
	if err := process.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = process.Wait() // killed, which is an error
	cancel()
	writers.Wait()
	if len(moments) < 4 {
		t.Errorf("%d different values in 4 copies: nobody wrote meanwhile", len(moments))
	}
}

func startWriter(t *testing.T, path string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), writerFile+"="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "writing" {
		t.Fatalf("the other process says %q, want that it writes", lines.Text())
	}
	return cmd
}

func TestWritersDoNotWaitForACopy(t *testing.T) {
	f := newFile(t)
	large(t, f, 4)
	wrote := 0
	c, err := copyOf(t, f, func(int64, int64) {
		if wrote++; wrote == 1 {
			mustPut(t, New(f.path, testSchema), "later", "1")
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if v, err := get(c, "later"); v != "1" || err != nil {
		t.Errorf("what was kept during the copy is %q in it (%v), want it there: the copy is of the end", v, err)
	}
}

func TestCopyComesToAnEndThoughWritersDoNotPause(t *testing.T) {
	f := newFile(t)
	large(t, f, 2)
	other := New(f.path, testSchema)
	other.patience = 5 * time.Millisecond
	n, kept := 0, 0
	c, err := copyOf(t, f, func(int64, int64) {
		n++
		if err := putPair(t.Context(), other, "w", n); err == nil {
			kept = n
		} else if !errors.Is(err, directory.ErrBusy) {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatalf("Copy: %v", err)
	}
	if kept < freePasses {
		t.Fatalf("only %d writes were kept during %d passes", kept, freePasses)
	}
	a, err := get(c, "a w")
	if want := strings.Repeat(fmt.Sprint(kept, " "), 300); a != want || err != nil {
		t.Errorf("the copy has write %.6q (%v), want the last one that was kept, %d", a, err, kept)
	}
	if err := c.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestCopyIsOfTheFileThatIsInPlace(t *testing.T) {
	f := newFile(t)
	large(t, f, 3)
	next := New(filepath.Join(filepath.Dir(f.path), "next"), testSchema)
	mustPut(t, next, "which", "next")
	replaced := false
	c, err := copyOf(t, f, func(int64, int64) {
		if replaced {
			return
		}
		replaced = true
		if err := New(f.path, testSchema).Replace(t.Context(), next.path, func(*bbolt.Tx) error { return nil }); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if v, err := get(c, "which"); v != "next" || err != nil {
		t.Errorf("the copy is of %q (%v), want of the file that came in its place", v, err)
	}
	if v, err := get(c, "m 000000"); v != "" || err != nil {
		t.Errorf("the copy has something of the file that was replaced (%v)", err)
	}
}

func TestCopyThatCannotBeMadeSaysWhy(t *testing.T) {
	if _, err := copyOf(t, newFile(t), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Copy of nothing: %v, want ErrNotExist", err)
	}
	f := newFile(t)
	large(t, f, 2)
	to, err := os.Open(f.path) // which cannot be written to, like a disk that is full
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	var path *fs.PathError
	if err := f.Copy(t.Context(), to, nil); !errors.As(err, &path) || errors.Is(err, directory.ErrDamaged) {
		t.Errorf("Copy where nothing can be written: %v, want what the system says", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	temp, err := os.CreateTemp(t.TempDir(), "copy")
	if err != nil {
		t.Fatal(err)
	}
	defer temp.Close()
	if err := f.Copy(ctx, temp, func(int64, int64) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Errorf("Copy that nobody wants any more: %v, want Canceled", err)
	}
	if err := os.Truncate(f.path, 1<<20); err != nil {
		t.Fatal(err)
	}
	if _, err := copyOf(t, f, nil); !errors.Is(err, directory.ErrDamaged) {
		t.Errorf("Copy of half a file: %v, want ErrDamaged", err)
	}
}

// BenchmarkCopy copies 512 MB while a writer goes on, and tells how long that writer waited at most. Writers have
// patience for three seconds.
func BenchmarkCopy(b *testing.B) {
	const megabytes, budget = 512, 2 * time.Second
	f := New(filepath.Join(b.TempDir(), "test.db"), testSchema)
	large(b, f, megabytes)
	for _, writing := range []bool{false, true} {
		b.Run(fmt.Sprintf("writing_%v", writing), func(b *testing.B) {
			ctx, cancel := context.WithCancel(b.Context())
			var work sync.WaitGroup
			var longest time.Duration
			kept := 0
			if writing {
				work.Go(func() {
					own := New(f.path, testSchema)
					for n := 0; ctx.Err() == nil; n++ {
						began := time.Now()
						if err := putPair(ctx, own, "w", n); err != nil && ctx.Err() == nil {
							b.Errorf("a writer during the copy: %v", err)
						}
						longest = max(longest, time.Since(began))
						kept++
					}
				})
			}
			for b.Loop() {
				to, err := os.CreateTemp(b.TempDir(), "copy")
				if err != nil {
					b.Fatal(err)
				}
				if err := errors.Join(f.Copy(b.Context(), to, nil), to.Close(), os.Remove(to.Name())); err != nil {
					b.Fatal(err)
				}
			}
			cancel()
			work.Wait()
			b.ReportMetric(megabytes*float64(b.N)/b.Elapsed().Seconds(), "MB/s")
			if writing {
				b.ReportMetric(float64(longest.Milliseconds()), "ms/longest-wait")
				b.ReportMetric(float64(budget.Milliseconds()), "ms/budget")
				b.ReportMetric(float64(kept), "writes-meanwhile")
			}
		})
	}
}
