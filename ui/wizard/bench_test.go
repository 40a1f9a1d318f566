package wizard

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"go.uber.org/goleak"

	"tapstation/app/activation"
	"tapstation/app/directory"
	"tapstation/app/enroll"
	"tapstation/app/rp"
	"tapstation/assets/text"
	"tapstation/device"
	"tapstation/device/fido"
	"tapstation/device/pcsc"
	"tapstation/device/virtual"
	"tapstation/storage/bolt"
	"tapstation/storage/offline"
	"tapstation/storage/seal"
	"tapstation/ui/tap"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

func TestMain(m *testing.M) {
	if err := text.Use("en"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

const readerName = "Test Reader"

// bench is a wizard on a test window, over a real directory, a real ceremony and a card in software. The window's
// goroutine is the test's own: what the wizard hands to it waits until the test runs it.
type bench struct {
	*Wizard
	t       *testing.T
	window  fyne.Window
	service *virtual.Service
	reader  *virtual.Reader
	store   *failingStore
	dir     *directory.Directory
	tickets *activation.Tickets
	queue   chan func()
	links   []string
	ended   []string
}

// failingStore is a store that can be told to fail.
type failingStore struct {
	directory.Store
	mu   sync.Mutex
	fail error
}

func (s *failingStore) set(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = err
}

func (s *failingStore) Update(ctx context.Context, do func(directory.Tx) error) error {
	s.mu.Lock()
	err := s.fail
	s.mu.Unlock()
	if err != nil {
		return err
	}
	return s.Store.Update(ctx, do)
}

// newBench shows the wizard for user, or for somebody new where it is nil; more says how else it is before it begins.
func newBench(t *testing.T, user *directory.User, more ...func(*bench, *Config)) *bench {
	t.Helper()
	a := test.NewTempApp(t)
	a.Settings().SetTheme(theme.New(theme.Light))
	ignore := goleak.IgnoreCurrent()
	folder := t.TempDir()
	b := &bench{t: t, service: virtual.NewService(), queue: make(chan func(), 1000)}
	b.reader = b.service.AddReader(readerName)
	b.store = &failingStore{Store: bolt.New(filepath.Join(folder, bolt.Name))}
	cache := offline.New(filepath.Join(folder, offline.Name))
	b.dir = &directory.Directory{Store: b.store, Offline: cache}
	board := device.NewBoard(fido.Cards(b.service.Watch, func(ctx context.Context, reader string) (fido.Session, error) {
		card, err := b.service.Connect(ctx, reader)
		if err != nil {
			return nil, err
		}
		return pcsc.NewSession(reader, card), nil
	}))
	ctx, cancel := context.WithCancel(context.Background())
	var watch sync.WaitGroup
	watch.Go(func() { _ = board.Run(ctx) })
	box := seal.New(folder, seal.Options{FileOnly: true})
	b.tickets = &activation.Tickets{Directory: b.dir, Seal: box}
	e := &enroll.Enroller{
		Directory: b.dir, Board: board, Seal: box,
		RelyingParty: func(w directory.Workspace) (enroll.RelyingParty, error) { return rp.NewWorkspace(w) },
	}
	for _, g := range []string{"Finance", "Staff"} {
		b.must(b.dir.AddGroup(ctx, "os:test", directory.Group{Name: g}))
	}
	w := directory.DefaultWorkspace()
	w.DriverLink = "https://example.org/driver"
	b.must(b.dir.SetWorkspace(ctx, "os:test", w))
	if user != nil {
		kept, err := b.dir.AddUser(ctx, "os:test", *user)
		b.must(err)
		user = &kept
	}

	config := Config{
		Directory: b.dir, Board: board, Enroll: e.Enroll, GiveUp: e.GiveUp, Actor: "os:test", User: user, Activation: b.tickets, EditsUsers: true,
		Do:       func(f func()) { b.queue <- f },
		OpenLink: func(link string) { b.links = append(b.links, link) },
		OnEnd:    func(id string) { b.ended = append(b.ended, id) },
	}
	for _, m := range more {
		m(b, &config)
	}
	b.Wizard = New(config)
	b.window = test.NewTempWindow(t, b.Content())
	b.window.Resize(fyne.NewSize(1040, 800))
	detach := b.Keys().Attach(b.window.Canvas())
	b.Shown(b.window.Canvas())
	t.Cleanup(func() {
		detach()
		b.Close()
		b.Wait()
		cancel()
		watch.Wait()
		goleak.VerifyNone(t, ignore)
	})
	b.until("the groups to be known", func() bool { return len(b.State().Known) > 0 })
	return b
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// until runs what waits for the window's goroutine until ok holds.
func (b *bench) until(what string, ok func() bool) {
	b.t.Helper()
	deadline := time.After(patience)
	for !ok() {
		select {
		case f := <-b.queue:
			f()
		case <-deadline:
			s := b.Ceremony().State()
			b.t.Fatalf("waiting for %s: it did not come; page %d, phase %d, step %q, %v", what, b.State().Page, s.Phase, s.Step.Kind, s.Err)
		}
	}
}

func (b *bench) page(p Page) {
	b.t.Helper()
	b.until(fmt.Sprintf("page %d", p), func() bool { return b.State().Page == p && !b.State().Saving })
}

func (b *bench) phase(p tap.Phase) {
	b.t.Helper()
	b.until(fmt.Sprintf("phase %d", p), func() bool { return b.Ceremony().State().Phase == p })
}

func (b *bench) step(k enroll.StepKind) {
	b.t.Helper()
	b.until("step "+string(k), func() bool {
		s := b.Ceremony().State()
		return s.Phase == tap.Running && s.Step.Kind == k
	})
}

// key presses a key where the focus is.
func (b *bench) key(name fyne.KeyName) {
	e := &fyne.KeyEvent{Name: name}
	if f := b.window.Canvas().Focused(); f != nil {
		f.TypedKey(e)
	} else {
		b.window.Canvas().OnTypedKey()(e)
	}
}

func (b *bench) enter()  { b.key(fyne.KeyReturn) }
func (b *bench) escape() { b.key(fyne.KeyEscape) }
func (b *bench) tab()    { b.window.Canvas().FocusNext() }
func (b *bench) back()   { b.window.Canvas().FocusPrevious() }

// types types where the focus is.
func (b *bench) types(s string) {
	b.t.Helper()
	f := b.window.Canvas().Focused()
	if f == nil {
		b.t.Fatalf("type %q: nothing has the focus", s)
	}
	for _, r := range s {
		f.TypedRune(r)
	}
}

// focused is the name of what has the focus.
func (b *bench) focused() string {
	if f, ok := b.window.Canvas().Focused().(fyne.Accessible); ok {
		return f.AccessibilityLabel()
	}
	return ""
}

// wantFocus fails the test unless what says label has the focus.
func (b *bench) wantFocus(label string) {
	b.t.Helper()
	if got := b.focused(); got != label {
		b.t.Errorf("the focus is on %q, want %q", got, label)
	}
}

// entry is the line of this name.
func (b *bench) entry(label string) *widget.Entry {
	b.t.Helper()
	e := widget.Find[*widget.Entry](b.Content(), label)
	if e == nil {
		b.t.Fatalf("there is no line called %q", label)
	}
	return e
}

// button is the button that says label; nil where there is none.
func (b *bench) button(label string) *widget.Button {
	return widget.Find[*widget.Button](b.Content(), label)
}

// problem is what stands below the field of this name.
func (b *bench) problem(label string) string {
	f := widget.Find[*widget.Field](b.Content(), label)
	if f == nil {
		return ""
	}
	return f.Problem()
}

// addUser goes through the first page for a user of this ID.
func (b *bench) addUser(id string) {
	b.t.Helper()
	b.types(id)
	b.enter()
	b.page(KindPage)
}

// toTap goes from the kind of key to the tap, with the default settings.
func (b *bench) toTap() {
	b.t.Helper()
	b.enter()
	b.page(SettingsPage)
	b.enter()
	b.page(HowPage)
	b.enter()
	b.page(ActivationPage)
	b.until("the ceremony to wait", func() bool { return b.Ceremony().State().Waiting() })
}

func newCard(t *testing.T, o virtual.Options) *virtual.Card {
	t.Helper()
	c, err := virtual.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// blank is a card with a UID of its own.
func blank(t *testing.T, uid byte) *virtual.Card {
	return newCard(t, virtual.Options{UID: []byte{4, 1, 2, 3, 4, 5, uid}})
}

// choosePIN types a new PIN twice and goes on.
func (b *bench) choosePIN(pin string) {
	b.t.Helper()
	b.phase(tap.Asking)
	b.types(pin)
	b.tab()
	b.types(pin)
	b.enter()
}

// user is the user as the directory has them, with their keys.
func (b *bench) user(id string) (directory.User, []directory.SecurityKey) {
	b.t.Helper()
	u, keys, err := b.dir.User(b.t.Context(), id)
	b.must(err)
	return u, keys
}
