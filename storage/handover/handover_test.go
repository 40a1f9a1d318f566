package handover

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tapstation/app/mail"
)

// id is the ID of message n.
func id(n int) string { return fmt.Sprintf("%032x", n) }

// open is a program that has just started on the journal, which is not closed: it is killed.
func open(t *testing.T, path string) (*Journal, string, []mail.Handed) {
	t.Helper()
	j := New(path)
	sender, left, err := j.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j, sender, left
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func TestWhatWasHandedOverOutlivesTheProgram(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", Name)
	j, first, left := open(t, path)
	if len(left) > 0 || len(first) != 32 {
		t.Errorf("a new journal has %v left, and the sender %q; want nothing, and a name", left, first)
	}
	must(t, j.Begin(id(1)), j.Begin(id(2)), j.Answer(id(1), 250, "250 ok: queued"), j.Begin(id(3)), j.Answer(id(3), 451, "451 a\nb\x00"),
		j.Begin(id(4)), j.Answer(id(4), 250, ""), j.Forget([]string{id(4)}), j.Begin(id(5)), j.Answer(id(5), 250, "first"), j.Begin(id(5)))
	_, second, left := open(t, path)
	if second != first {
		t.Errorf("the sender is %q now, and was %q", second, first)
	}
	want := []mail.Handed{{MessageID: id(1), Code: 250, Answer: "250 ok: queued"}, {MessageID: id(2)}, {MessageID: id(3), Code: 451, Answer: "451 ab"}, {MessageID: id(5)}}
	if d := cmp.Diff(want, left); d != "" {
		t.Errorf("what is left differs (-want +got):\n%s", d)
	}
	if runtime.GOOS != "windows" {
		for name, mode := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700} {
			if info, err := os.Stat(name); err != nil || info.Mode().Perm() != mode {
				t.Errorf("%s has mode %v (%v), want %v", filepath.Base(name), info.Mode().Perm(), err, mode)
			}
		}
	}
}

// TestJournalStaysSmall sends very many, with some always on their way.
func TestJournalStaysSmall(t *testing.T) {
	path := filepath.Join(t.TempDir(), Name)
	j, _, _ := open(t, path)
	for n := range 20_000 {
		must(t, j.Begin(id(n)), j.Answer(id(n), 250, "250 2.0.0 OK: queued as 4bXyZ"))
		if n >= 10 {
			must(t, j.Forget([]string{id(n - 10)}))
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Size() > 2*anew {
		t.Errorf("the journal has %d bytes (%v), want %d at most", info.Size(), err, 2*anew)
	}
	_, _, left := open(t, path)
	if len(left) != 10 || left[0].MessageID != id(19_990) {
		t.Errorf("%d are left, from %v, want the last 10", len(left), left)
	}
}

// TestDamagedLinesCountAsNotWritten cuts the journal at every byte, as a machine that loses power may, and has garbage in
// it.
func TestDamagedLinesCountAsNotWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), Name)
	j, sender, _ := open(t, path)
	must(t, j.Begin(id(1)), j.Answer(id(1), 250, "ok"), j.Begin(id(2)))
	whole, err := os.ReadFile(path)
	must(t, err)
	for n := range len(whole) + 1 {
		cut := filepath.Join(t.TempDir(), Name)
		must(t, os.WriteFile(cut, whole[:n], 0o600))
		_, got, left := open(t, cut)
		lines := strings.Count(string(whole[:n]), "\n")
		want := []mail.Handed{{MessageID: id(1), Code: 250, Answer: "ok"}, {MessageID: id(2)}}
		switch {
		case lines < 2:
			want = nil
		case lines < 3:
			want = []mail.Handed{{MessageID: id(1)}}
		case lines < 4:
			want = want[:1]
		}
		if d := cmp.Diff(want, left); d != "" || lines > 0 && got != sender {
			t.Errorf("cut after %d bytes the sender is %q, and what is left differs (-want +got):\n%s", n, got, d)
		}
	}
	garbage := strings.Repeat("x", 3*maxLine) + "\n\x00\x00\n< \n> " + id(7) + " more\n< " + id(7) + " 99\n< " + id(7) + " x\n> " + strings.ToUpper(id(0xabc)) + "\n> 1\n- \n"
	must(t, os.WriteFile(path, append(whole, garbage...), 0o600))
	_, got, left := open(t, path)
	if got != sender || len(left) != 2 {
		t.Errorf("with garbage at its end the sender is %q, and left is %v; want it to make no difference", got, left)
	}
}

// TestWriteThatFailsSpoilsNothingElse has a disk that is full in the middle of a line.
func TestWriteThatFailsSpoilsNothingElse(t *testing.T) {
	path := filepath.Join(t.TempDir(), Name)
	j, _, _ := open(t, path)
	full := errors.New("no space left on device")
	j.write = func(f *os.File, b []byte) (int, error) {
		if len(b) < 10 {
			return f.Write(b)
		}
		n, _ := f.Write(b[:10])
		return n, full
	}
	if err := j.Begin(id(1)); !errors.Is(err, full) {
		t.Errorf("on a full disk: %v, want %v", err, full)
	}
	j.write = (*os.File).Write
	must(t, j.Begin(id(2)))
	_, _, left := open(t, path)
	if d := cmp.Diff([]mail.Handed{{MessageID: id(2)}}, left); d != "" {
		t.Errorf("what is left differs (-want +got):\n%s", d)
	}
}

// TestRewriteThatFailsKeepsTheOldOne: there is always a whole file.
func TestRewriteThatFailsKeepsTheOldOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), Name)
	j, sender, _ := open(t, path)
	must(t, j.Begin(id(1)))
	full := errors.New("no space left on device")
	j.write = func(*os.File, []byte) (int, error) { return 0, full }
	if err := j.Close(); !errors.Is(err, full) {
		t.Errorf("close on a full disk: %v, want %v", err, full)
	}
	_, got, left := open(t, path)
	if got != sender || len(left) != 1 {
		t.Errorf("after that the sender is %q, and left is %v; want all that was there", got, left)
	}
}

func TestMisuse(t *testing.T) {
	path := filepath.Join(t.TempDir(), Name)
	j := New(path)
	if err := j.Begin(id(1)); !errors.Is(err, errClosed) {
		t.Errorf("before it is open: %v, want errClosed", err)
	}
	j, _, _ = open(t, path)
	if _, _, err := j.Open(); err == nil {
		t.Error("opened twice, want it refused")
	}
	for _, bad := range []string{"", "x", "../../etc/passwd", id(1) + "\n", strings.Repeat("g", 32), strings.Repeat("A", 32)} {
		if err := errors.Join(j.Begin(bad)); !errors.Is(err, errNoLine) {
			t.Errorf("message %q: %v, want errNoLine", bad, err)
		}
		if err := j.Answer(bad, 250, ""); !errors.Is(err, errNoLine) {
			t.Errorf("answer to message %q: %v, want errNoLine", bad, err)
		}
	}
	if err := j.Answer(id(1), 7, ""); !errors.Is(err, errNoLine) {
		t.Errorf("answer 7: %v, want errNoLine", err)
	}
	must(t, j.Close(), j.Close())

	link := filepath.Join(t.TempDir(), Name)
	must(t, os.Symlink(path, link))
	if _, _, err := New(link).Open(); !errors.Is(err, errFile) {
		t.Errorf("a link in its place: %v, want errFile", err)
	}
}

func TestManyAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), Name)
	j, _, _ := open(t, path)
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for n := range 500 {
				m := id(g*1000 + n)
				if err := errors.Join(j.Begin(m), j.Answer(m, 250, "ok")); err != nil {
					t.Error(err)
				}
				if n%2 == 0 {
					if err := j.Forget([]string{m}); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	_, _, left := open(t, path)
	if len(left) != 8*250 {
		t.Errorf("%d are left, want %d", len(left), 8*250)
	}
}

// FuzzJournal opens any file: it takes what makes sense, and what it writes then says the same.
func FuzzJournal(f *testing.F) {
	f.Add([]byte(title + id(9) + "\n> " + id(1) + "\n< " + id(1) + " 250 ok\n- " + id(1) + "\n> " + id(2) + "\n"))
	f.Add([]byte("\n\n\x00"))
	f.Add([]byte(title + "\n" + title + id(1) + "\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		path := filepath.Join(t.TempDir(), Name)
		must(t, os.WriteFile(path, raw, 0o600))
		j := New(path)
		sender, left, err := j.Open()
		must(t, err, j.Close())
		if !isID(sender) {
			t.Errorf("the sender is %q", sender)
		}
		for _, h := range left {
			if !isID(h.MessageID) || h.Code != 0 && (h.Code < 100 || h.Code > 999) {
				t.Errorf("left is %+v", h)
			}
		}
		again, same, err := j.Open()
		must(t, err, j.Close())
		if d := cmp.Diff(left, same); d != "" || again != sender {
			t.Errorf("written and read it differs (-first +second), sender %q, then %q:\n%s", sender, again, d)
		}
	})
}
