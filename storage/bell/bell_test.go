package bell

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// listen hangs a bell up and tells what is said to it.
func listen(t *testing.T, folder string) <-chan string {
	t.Helper()
	b, err := Hang(folder)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	said, ended := make(chan string, 100), make(chan error, 1)
	go func() { ended <- b.Run(ctx, func(words string) { said <- words }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run ended with %v", err)
		}
	})
	return said
}

func TestWhatIsSaidIsHeardAndAnswered(t *testing.T) {
	folder := t.TempDir()
	said := listen(t, folder)
	for _, words := range []string{"tapstation://activate/x", strings.Repeat("a", MaxWords)} {
		if err := Ring(t.Context(), folder, words); err != nil {
			t.Fatalf("Ring: %v", err)
		}
		if got := <-said; got != words {
			t.Errorf("heard %.40q, want %.40q", got, words)
		}
	}
}

func TestNobodyListens(t *testing.T) {
	folder := t.TempDir()
	if err := Ring(t.Context(), folder, "x"); !errors.Is(err, ErrNobody) {
		t.Errorf("in an empty folder: %v, want ErrNobody", err)
	}
	leaveBehind(t, folder)
	if err := Ring(t.Context(), folder, "x"); !errors.Is(err, ErrNobody) {
		t.Errorf("where somebody died: %v, want ErrNobody", err)
	}
	said := listen(t, folder)
	if err := Ring(t.Context(), folder, "y"); err != nil || <-said != "y" {
		t.Errorf("what was left behind keeps a new bell from being hung up: %v", err)
	}
}

// leaveBehind leaves a socket as a process that was killed does.
func leaveBehind(t *testing.T, folder string) {
	t.Helper()
	b, err := Hang(folder)
	if err != nil {
		t.Fatal(err)
	}
	l, ok := b.listener.(*net.UnixListener)
	if !ok {
		t.Fatalf("the bell is a %T", b.listener)
	}
	l.SetUnlinkOnClose(false)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestWhatMakesNoSenseIsNotSaid(t *testing.T) {
	folder := t.TempDir()
	said := listen(t, folder)
	for _, words := range []string{"", "a\nb", "a\rb", "a\x00b", strings.Repeat("a", MaxWords+1)} {
		if err := Ring(t.Context(), folder, words); !errors.Is(err, errWords) {
			t.Errorf("Ring(%.20q): %v, want that it is refused", words, err)
		}
	}
	for _, raw := range []string{"\n", "\x00\n", strings.Repeat("a", 1<<20), "no end"} {
		c, err := net.Dial("unix", filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(c, raw) // it may be hung up on amid it
		_ = c.(*net.UnixConn).CloseWrite()
		if got, _ := io.ReadAll(c); len(got) != 0 {
			t.Errorf("after %.20q it answers %q, want nothing", raw, got)
		}
		_ = c.Close()
	}
	if err := Ring(t.Context(), folder, "fine"); err != nil || <-said != "fine" || len(said) != 0 {
		t.Errorf("after nonsense it does not listen any more, or nonsense was heard: %v", err)
	}
}

func TestBellIsForItsOwnerAndGoesWithIt(t *testing.T) {
	folder := t.TempDir()
	b, err := Hang(folder)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); runtime.GOOS != "windows" && mode != 0o600 {
		t.Errorf("the socket has mode %o, want 600", mode)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(filepath.Join(folder, name)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after Close the socket is still there: %v", err)
	}
}

func TestWhatIsNoBellIsLeftAlone(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path, []byte("gold"), 0o600); err != nil {
		t.Fatal(err)
	}
	if b, err := Hang(folder); err == nil {
		t.Error("a bell was hung up in the place of a file")
		_ = b.Close()
	}
	if raw, err := os.ReadFile(path); string(raw) != "gold" {
		t.Errorf("the file is now %q (%v)", raw, err)
	}
}

func TestWaitingForAnAnswerEndsWithItsContext(t *testing.T) {
	folder := t.TempDir()
	b, err := Hang(folder) // and nobody comes to the door
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = b.Close() }()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Ring(ctx, folder, "x"); err == nil {
		t.Error("Ring succeeded, want that it is given up")
	}
}
