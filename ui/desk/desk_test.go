package desk

import (
	"cmp"
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

	"tapstation/app"
	"tapstation/app/activation"
	"tapstation/app/admin"
	"tapstation/app/directory"
	"tapstation/app/doctor"
	"tapstation/app/enroll"
	"tapstation/app/login"
	"tapstation/app/mail"
	"tapstation/app/mail/letter"
	"tapstation/app/portal"
	"tapstation/app/rp"
	"tapstation/assets/text"
	"tapstation/device"
	"tapstation/device/fido"
	"tapstation/device/pcsc"
	"tapstation/device/virtual"
	"tapstation/storage/bolt"
	"tapstation/storage/handover"
	"tapstation/storage/offline"
	"tapstation/storage/seal"
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
const patience = 10 * time.Second

// bench is a desk on a test window, with a real directory, and a window's goroutine that is the test's own: what the
// desk hands to it waits until the test runs it.
type bench struct {
	*Desk
	t       *testing.T
	service *virtual.Service
	source  *source
	store   *gatedStore
	queue   chan func()

	loggedOut bool             // nobody is logged in when the window opens
	clock     func() time.Time // nil: the system's

	mu     sync.Mutex
	alarms []alarm // set by Options.After
}

type alarm struct {
	after time.Duration
	do    func()
}

// newBench shows a desk over a directory with users u000, u001, …, the last of whom, or the only one, is its owner and
// logged in; more says how else the station is before the window opens.
func newBench(t *testing.T, users int, more ...func(*bench)) *bench {
	t.Helper()
	test.NewTempApp(t)
	ignore := goleak.IgnoreCurrent()
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, service: virtual.NewService(), queue: make(chan func(), 1000)}
	b.store = &gatedStore{Store: bolt.New(filepath.Join(dir, bolt.Name))}
	b.source = &source{Service: b.service}
	d := &directory.Directory{Store: b.store}
	addUsers(t, d, users)
	owner := addOwner(t, d, max(users, 1)-1)
	for _, m := range more {
		m(b)
	}
	if d.Now = b.clock; b.loggedOut {
		owner = admin.Session{}
	}

	board := device.NewBoard(b.source)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = board.Run(ctx) // ends with ctx
	}()
	box := seal.New(dir, seal.Options{FileOnly: true})
	d.Seal = box
	cache := offline.New(filepath.Join(dir, offline.Name))
	tickets := &activation.Tickets{Directory: d, Seal: box}
	who := &login.Login{Directory: d, Cache: cache, Board: board}
	s := &app.Station{Board: board, Directory: d, Admins: &admin.Admins{Directory: d, Login: who, Cost: cheap}, Login: who, Enroller: &enroll.Enroller{Directory: d, Board: board, Seal: box,
		RelyingParty: func(w directory.Workspace) (enroll.RelyingParty, error) { return rp.NewWorkspace(w) }},
		Doctor:     &doctor.Doctor{Board: board, Directory: d, Cache: cache, Seal: box, Folder: dir},
		Activation: tickets, Letters: &letter.Letters{Directory: d}, Portal: &portal.Portal{Directory: d, Tickets: tickets},
		Mail: &mail.Outbox{Directory: d, Tickets: tickets, Handover: handover.New(filepath.Join(dir, handover.Name))}}
	b.Desk = New(fyne.CurrentApp(), s, Options{Session: owner, Do: b.enqueue, After: b.after})
	b.Show()
	t.Cleanup(func() {
		b.Close()
		b.store.open()
		b.Wait()
		cancel()
		<-ended
		if err := goleak.Find(ignore); err != nil {
			t.Errorf("the window has gone, but something of it still runs: %v", err)
		}
	})
	return b
}

func (b *bench) enqueue(f func()) { b.queue <- f }

func (b *bench) after(d time.Duration, do func()) func() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.alarms = append(b.alarms, alarm{d, do})
	return func() bool { return true }
}

// pass rings the alarms set so far, as if their time had come.
func (b *bench) pass() {
	b.mu.Lock()
	alarms := b.alarms
	b.alarms = nil
	b.mu.Unlock()
	for _, a := range alarms {
		a.do()
	}
	b.settle()
}

// until runs what is handed to the window until ok holds.
func (b *bench) until(what string, ok func() bool) {
	b.t.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for !ok() {
		select {
		case f := <-b.queue:
			f()
		case <-limit.C:
			b.t.Fatalf("%s did not come", what)
		}
	}
}

// settle runs what has been handed to the window so far.
func (b *bench) settle() {
	for {
		select {
		case f := <-b.queue:
			f()
		default:
			return
		}
	}
}

// listed waits until All Users has its answer.
func (b *bench) listed() {
	b.t.Helper()
	b.until("the answer to All Users", func() bool { return b.users.state.Known && !b.users.state.Asking })
}

// focusOn gives f the focus.
func (b *bench) focusOn(f fyne.Focusable) { b.window.Canvas().Focus(f) }

// press gives a key to what has the focus, or else to the page.
func (b *bench) press(names ...fyne.KeyName) {
	c := b.window.Canvas()
	for _, name := range names {
		e := &fyne.KeyEvent{Name: name}
		if f := c.Focused(); f != nil {
			f.TypedKey(e)
		} else if do := c.OnTypedKey(); do != nil {
			do(e)
		}
	}
}

// write types into what has the focus.
func (b *bench) write(words string) {
	c := b.window.Canvas()
	for _, r := range words {
		if f := c.Focused(); f != nil {
			f.TypedRune(r)
		} else if do := c.OnTypedRune(); do != nil {
			do(r)
		}
	}
}

// tap presses the button that says label.
func (b *bench) tap(label string) {
	b.t.Helper()
	button := widget.Find[*widget.Button](b.window.Content(), label)
	if button == nil {
		b.t.Fatalf("there is no button %q", label)
	}
	test.Tap(button)
}

// says tells whether words can be read on the page.
func (b *bench) says(words string) bool {
	return widget.Walk(b.Page(), func(o fyne.CanvasObject) bool {
		switch o := o.(type) {
		case *widget.Text:
			return o.Content == words
		case *widget.Paragraph:
			return o.Text() == words
		case fyne.Accessible:
			return o.AccessibilityLabel() == words
		}
		return false
	})
}

// cheap is a cost of passwords at which tests can be run; password is that of every admin.
var cheap = admin.Cost{Memory: 8, Passes: 1, Threads: 1}

const password = "four rooms and a tour"

// addOwner makes one of the users the owner.
func addOwner(t *testing.T, d *directory.Directory, number int) admin.Session {
	t.Helper()
	id := fmt.Sprintf("u%03d", number)
	s, err := (&admin.Admins{Directory: d, Cost: cheap}).FirstStart(t.Context(), admin.FirstStart{
		Workspace: directory.DefaultWorkspace(), Owner: directory.User{ID: id}, Password: password,
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func addUsers(t *testing.T, d *directory.Directory, n int) {
	t.Helper()
	err := d.Store.Update(t.Context(), func(tx directory.Tx) error {
		for i := range n {
			id := fmt.Sprintf("u%03d", i)
			u := directory.User{ID: id, UserName: id, FirstName: "User", LastName: fmt.Sprint("Number", i),
				Email: id + "@example.org", Handle: []byte(id + "-handle-of-32-bytes-0123456789")[:32]}
			if err := tx.PutUser(u); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// gatedStore is a real store whose looks wait, or fail, when a test wants them to.
type gatedStore struct {
	directory.Store
	mu   sync.Mutex
	gate chan struct{} // looks wait for it to close; nil: none waits
	fail error
}

func (s *gatedStore) View(ctx context.Context, do func(directory.Tx) error) error {
	s.mu.Lock()
	gate, fail := s.gate, s.fail
	s.mu.Unlock()
	if gate != nil {
		<-gate // whatever ctx says: the answer shall come late
		ctx = context.WithoutCancel(ctx)
	}
	if fail != nil {
		return fail
	}
	return s.Store.View(ctx, do)
}

// close makes looks wait until open.
func (s *gatedStore) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gate = make(chan struct{})
}

// detach lets later looks through, but not those that wait already; what it returns lets those go on too.
func (s *gatedStore) detach() (release func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	gate := s.gate
	s.gate = nil
	return func() { close(gate) }
}

func (s *gatedStore) open() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gate != nil {
		close(s.gate)
		s.gate = nil
	}
}

func (s *gatedStore) failWith(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = err
}

// source is the reader service in software, with cards that cannot be opened for a reason, unless real tells that they
// can.
type source struct {
	*virtual.Service
	real   bool
	refuse error
	extra  []device.EventKind // told of every reader that is there
}

func (s *source) Watch(ctx context.Context, report func(device.Event)) error {
	return s.Service.Watch(ctx, func(e device.Event) {
		report(e)
		if e.Kind == device.ReaderAdded {
			for _, kind := range s.extra {
				report(device.Event{Kind: kind, Reader: e.Reader})
			}
		}
	})
}

func (s *source) Open(ctx context.Context, reader string) (device.Card, error) {
	if s.real {
		card, err := s.Connect(ctx, reader)
		if err != nil {
			return nil, err
		}
		return fido.NewCard(pcsc.NewSession(reader, card)), nil
	}
	return nil, cmp.Or(s.refuse, device.ErrServiceDown)
}
