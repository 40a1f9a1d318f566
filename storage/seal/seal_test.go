package seal

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zalando/go-keyring"
)

// ring is a keyring in memory that does as it is told.
type ring struct {
	mu      sync.Mutex
	entries map[string]string
	fail    error
	hang    chan struct{} // answers come when it is closed
	asked   int
}

func (r *ring) Get(service, name string) (string, error) {
	r.answer()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail != nil {
		return "", r.fail
	}
	secret, there := r.entries[service+"/"+name]
	if !there {
		return "", keyring.ErrNotFound
	}
	return secret, nil
}

func (r *ring) Set(service, name, secret string) error {
	r.answer()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail != nil {
		return r.fail
	}
	if r.entries == nil {
		r.entries = map[string]string{}
	}
	r.entries[service+"/"+name] = secret
	return nil
}

// questions is how often the keyring was asked.
func (r *ring) questions() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asked
}

func (r *ring) answer() {
	r.mu.Lock()
	r.asked++
	hang := r.hang
	r.mu.Unlock()
	if hang != nil {
		<-hang
	}
}

func mustSeal(t *testing.T, b *Box, secret, purpose string) []byte {
	t.Helper()
	sealed, err := b.Seal([]byte(secret), purpose)
	if err != nil {
		t.Fatalf("Seal: %v", err)
	}
	return sealed
}

func wantOpen(t *testing.T, b *Box, sealed []byte, purpose, want string) {
	t.Helper()
	got, err := b.Open(sealed, purpose)
	if err != nil || string(got) != want {
		t.Errorf("Open = %q, %v, want %q", got, err, want)
	}
}

func wantFailure(t *testing.T, what string, b *Box, sealed []byte, want error) {
	t.Helper()
	if _, err := b.Open(sealed, "p"); !errors.Is(err, want) {
		t.Errorf("%s: Open: %v, want %v", what, err, want)
	}
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

func TestSealedSecretOpensForItsPurposeOnly(t *testing.T) {
	for name, opts := range map[string]Options{"file": {FileOnly: true}, "keyring": {Keyring: &ring{}}} {
		dir := filepath.Join(t.TempDir(), "data")
		b := New(dir, opts)
		for _, secret := range []string{"", "493817", strings.Repeat("x", MaxSecret)} {
			sealed := mustSeal(t, b, secret, "key 1")
			if len(secret) > 3 && bytes.Contains(sealed, []byte(secret)) {
				t.Errorf("%s: the secret can be read", name)
			}
			wantOpen(t, b, sealed, "key 1", secret)
			wantOpen(t, New(dir, opts), sealed, "key 1", secret) // after a restart
			for _, purpose := range []string{"", "key 2", "key 11", "key "} {
				if got, err := b.Open(sealed, purpose); !errors.Is(err, ErrTampered) {
					t.Errorf("%s: Open for %q = %.20q, %v, want ErrTampered", name, purpose, got, err)
				}
			}
		}
		if a, b := mustSeal(t, b, "same", "p"), mustSeal(t, b, "same", "p"); bytes.Equal(a, b) {
			t.Errorf("%s: the same secret is sealed the same twice", name)
		}
		if _, err := b.Seal(make([]byte, MaxSecret+1), "p"); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: Seal of too much: %v, want ErrTooLarge", name, err)
		}
	}
}

func TestEveryChangedBitIsFound(t *testing.T) {
	b := New(t.TempDir(), Options{FileOnly: true})
	sealed := mustSeal(t, b, "493817", "p")
	for i := range sealed {
		for bit := range 8 {
			changed := bytes.Clone(sealed)
			changed[i] ^= 1 << bit
			want := ErrTampered
			if i >= len(magic) && i < len(magic)+keyIDSize {
				want = ErrOtherKey
			}
			wantFailure(t, "a bit changed", b, changed, want)
		}
	}
	for n := range sealed {
		wantFailure(t, "cut off", b, sealed[:n], ErrTampered)
	}
	wantFailure(t, "longer", b, append(bytes.Clone(sealed), 0), ErrTampered)
	wantFailure(t, "nothing", b, nil, ErrTampered)
	wantFailure(t, "too long", b, append(bytes.Clone(sealed), make([]byte, 2*MaxSecret)...), ErrTampered)
}

func TestNothingIsMadeUntilUsed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	r := &ring{}
	b := New(dir, Options{Keyring: r})
	if made, err := b.Made(); made || err != nil {
		t.Errorf("a new folder has a key: %v, %v", made, err)
	}
	if exists(dir) || r.questions() != 0 {
		t.Errorf("New or Made made the folder (%v) or asked the keyring %d times", exists(dir), r.questions())
	}
	sealed := mustSeal(t, b, "1", "p")
	asked := r.questions()
	wantOpen(t, b, sealed, "p", "1")
	if r.questions() != asked {
		t.Error("the keyring was asked again for a key that was known")
	}
	if made, err := New(dir, Options{Keyring: r}).Made(); !made || err != nil {
		t.Errorf("there is no key after its first use: %v, %v", made, err)
	}
	if exists(filepath.Join(dir, KeyFile)) {
		t.Error("the key is in a file although there is a keyring")
	}
	note, err := os.ReadFile(filepath.Join(dir, NoteFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range r.entries {
		if bytes.Contains(note, []byte(secret)) {
			t.Error("the key is in the note")
		}
	}
}

func TestWithoutAKeyringTheKeyIsInAFile(t *testing.T) {
	hang := make(chan struct{})
	defer close(hang)
	for name, r := range map[string]*ring{"fails": {fail: errors.New("no such bus")}, "hangs": {hang: hang}} {
		dir := t.TempDir()
		opts := Options{Keyring: r, Timeout: 20 * time.Millisecond}
		sealed := mustSeal(t, New(dir, opts), "1", "p")
		if !exists(filepath.Join(dir, KeyFile)) {
			t.Errorf("%s: there is no key file", name)
		}
		wantOpen(t, New(dir, opts), sealed, "p", "1")
		asked := r.questions()
		wantOpen(t, New(dir, Options{Keyring: r}), sealed, "p", "1")
		if r.questions() != asked {
			t.Errorf("%s: the keyring was asked although there is a key file", name)
		}
	}
}

// TestLostKeyIsNeverReplaced: what was sealed would be lost silently.
func TestLostKeyIsNeverReplaced(t *testing.T) {
	gone, other := &ring{}, &ring{}
	hang := make(chan struct{})
	defer close(hang)
	for _, c := range []struct {
		name  string
		opts  Options
		spoil func(t *testing.T, dir string, opts *Options)
		want  error
	}{
		{"key file removed", Options{FileOnly: true}, func(t *testing.T, dir string, _ *Options) {
			if err := os.Remove(filepath.Join(dir, KeyFile)); err != nil {
				t.Fatal(err)
			}
		}, ErrKeyMissing},
		{"key file of another folder", Options{FileOnly: true}, func(t *testing.T, dir string, _ *Options) {
			write(t, filepath.Join(dir, KeyFile), strings.Repeat("00", 32))
		}, ErrKeyMissing},
		{"key file empty", Options{FileOnly: true}, func(t *testing.T, dir string, _ *Options) {
			write(t, filepath.Join(dir, KeyFile), "")
		}, ErrKeyFile},
		{"key file too large", Options{FileOnly: true}, func(t *testing.T, dir string, _ *Options) {
			write(t, filepath.Join(dir, KeyFile), strings.Repeat("0", 1<<20))
		}, ErrKeyFile},
		{"note makes no sense", Options{FileOnly: true}, func(t *testing.T, dir string, _ *Options) {
			write(t, filepath.Join(dir, NoteFile), "{")
		}, ErrKeyFile},
		{"note names no key", Options{FileOnly: true}, func(t *testing.T, dir string, _ *Options) {
			write(t, filepath.Join(dir, NoteFile), "{}")
		}, ErrKeyFile},
		{"keyring entry removed", Options{Keyring: gone}, func(*testing.T, string, *Options) { clear(gone.entries) }, ErrKeyMissing},
		{"keyring entry of another", Options{Keyring: other}, func(*testing.T, string, *Options) {
			for name := range other.entries {
				other.entries[name] = strings.Repeat("00", 32)
			}
		}, ErrKeyMissing},
		{"keyring fails", Options{Keyring: &ring{}}, func(_ *testing.T, _ string, o *Options) {
			o.Keyring = &ring{fail: errors.New("locked")}
		}, ErrUnavailable},
		{"keyring hangs", Options{Keyring: &ring{}}, func(_ *testing.T, _ string, o *Options) {
			o.Keyring, o.Timeout = &ring{hang: hang}, 20*time.Millisecond
		}, ErrUnavailable},
		{"keyring not to be used", Options{Keyring: &ring{}}, func(_ *testing.T, _ string, o *Options) { o.FileOnly = true }, ErrUnavailable},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			sealed := mustSeal(t, New(dir, c.opts), "1", "p")
			c.spoil(t, dir, &c.opts)
			b := New(dir, c.opts)
			wantFailure(t, c.name, b, sealed, c.want)
			if _, err := b.Seal([]byte("2"), "p"); !errors.Is(err, c.want) {
				t.Errorf("Seal: %v, want %v", err, c.want)
			}
		})
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestSecretOfAnotherFolderIsToldFromATamperedOne(t *testing.T) {
	sealed := mustSeal(t, New(t.TempDir(), Options{FileOnly: true}), "1", "p")
	wantFailure(t, "another folder", New(t.TempDir(), Options{FileOnly: true}), sealed, ErrOtherKey)
}

func TestCrashBetweenKeyFileAndNoteIsHealed(t *testing.T) {
	dir := t.TempDir()
	sealed := mustSeal(t, New(dir, Options{FileOnly: true}), "1", "p")
	if err := os.Remove(filepath.Join(dir, NoteFile)); err != nil {
		t.Fatal(err)
	}
	wantOpen(t, New(dir, Options{Keyring: &ring{}}), sealed, "p", "1")
	if !exists(filepath.Join(dir, NoteFile)) {
		t.Error("the note was not written again")
	}
}

// TestFirstUsesAtOnceAgree: programs that start in the same moment, some of which have a keyring, seal with one key.
func TestFirstUsesAtOnceAgree(t *testing.T) {
	for range 20 {
		dir := t.TempDir()
		r := &ring{}
		var wg sync.WaitGroup
		sealed := make([][]byte, 6)
		for i := range sealed {
			wg.Go(func() {
				opts := Options{Keyring: r}
				if i%2 == 0 {
					opts.Keyring = &ring{fail: errors.New("no keyring")}
				}
				// One without the keyring that the key ended up in has to say so, and must not make another.
				var err error
				if sealed[i], err = New(dir, opts).Seal([]byte("1"), "p"); err != nil && !errors.Is(err, ErrUnavailable) {
					t.Errorf("Seal: %v", err)
				}
			})
		}
		wg.Wait()
		for _, s := range sealed {
			if s != nil {
				wantOpen(t, New(dir, Options{Keyring: r}), s, "p", "1")
			}
		}
	}
}

// FuzzOpen opens what a damaged record may hold.
func FuzzOpen(f *testing.F) {
	b := New(f.TempDir(), Options{FileOnly: true})
	sealed, err := b.Seal([]byte("493817"), "p")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, raw []byte) {
		secret, err := b.Open(raw, "p")
		if err == nil && !bytes.Equal(raw, sealed) {
			t.Errorf("%x opened as %q", raw, secret)
		}
		if err != nil && !errors.Is(err, ErrTampered) && !errors.Is(err, ErrOtherKey) {
			t.Errorf("Open(%x): %v, want ErrTampered or ErrOtherKey", raw, err)
		}
	})
}

// FuzzFiles reads what may be in the data folder.
func FuzzFiles(f *testing.F) {
	f.Add(`{"key_id":"0011223344556677","keyring":"data folder X"}`)
	f.Add(strings.Repeat("ab", 32) + "\n")
	f.Fuzz(func(t *testing.T, text string) {
		if n, err := parseNote([]byte(text)); err == nil && len(n.KeyID) != 2*keyIDSize {
			t.Errorf("the note %q names the key %q", text, n.KeyID)
		}
		if secret, err := parseKey(text); err == nil && len(secret) != 32 {
			t.Errorf("%q is a key of %d bytes", text, len(secret))
		}
	})
}

func BenchmarkSeal(b *testing.B) {
	box := New(b.TempDir(), Options{FileOnly: true})
	for b.Loop() {
		if _, err := box.Seal([]byte("493817"), "key 1"); err != nil {
			b.Fatal(err)
		}
	}
}

func TestSecretOfAnotherFolderIsKnownByItsKey(t *testing.T) {
	dir := t.TempDir()
	mine, other := New(dir, Options{FileOnly: true}), New(t.TempDir(), Options{FileOnly: true})
	theirs, err := other.Seal([]byte("secret"), "p")
	if err != nil {
		t.Fatal(err)
	}
	want := func(when string, sealed []byte, want bool) {
		t.Helper()
		if got, err := New(dir, Options{FileOnly: true}).Sealed(sealed); got != want || err != nil {
			t.Errorf("%s: Sealed = %v, %v, want %v", when, got, err, want)
		}
	}
	want("another's, before there is a key", theirs, false)
	if made, err := mine.Made(); made || err != nil {
		t.Errorf("asking made a key (%v)", err)
	}
	sealed, err := mine.Seal([]byte("secret"), "p")
	if err != nil {
		t.Fatal(err)
	}
	want("its own", sealed, true)
	want("another's", theirs, false)
	want("what was never sealed", []byte("TS1"), false)
	if err := os.Remove(filepath.Join(dir, NoteFile)); err != nil {
		t.Fatal(err)
	}
	want("its own, by the key alone", sealed, true)
	want("another's, by the key alone", theirs, false)
	if err := os.WriteFile(filepath.Join(dir, NoteFile), []byte("rubbish"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := mine.Sealed(sealed); !errors.Is(err, ErrKeyFile) {
		t.Errorf("with a note that makes no sense: %v, want ErrKeyFile", err)
	}
}
