package command

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tapstation/app"
	"tapstation/app/admin"
	"tapstation/app/bulk"
	"tapstation/app/directory"
	"tapstation/app/doctor"
	"tapstation/app/enroll"
	"tapstation/app/login"
	"tapstation/app/mail/letter"
	"tapstation/app/rp"
	"tapstation/device"
	"tapstation/device/fido"
	"tapstation/device/pcsc"
	"tapstation/device/virtual"
	"tapstation/storage/bolt"
	"tapstation/storage/claim"
	"tapstation/storage/offline"
	"tapstation/storage/seal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// desk is a machine with a reader and cards in software, on which commands are run in this process.
type desk struct {
	t       *testing.T
	folder  string
	service *virtual.Service
	reader  *virtual.Reader
	stdin   io.Reader
	before  func()                                                      // runs when a command opens the station
	link    func(ctx context.Context, folder, actor, link string) error // nil: no window can be opened
}

const readerName = "Test Reader"

func newDesk(t *testing.T) *desk {
	service := virtual.NewService(readerName)
	return &desk{
		t: t, folder: t.TempDir(), service: service, reader: service.AddReader(readerName),
		stdin: strings.NewReader(""), before: func() {},
	}
}

// open is what main.go does, with the reader in software.
func (d *desk) open(folder string) (*app.Station, func() error) {
	d.before()
	cache := offline.New(filepath.Join(folder, offline.Name))
	store := bolt.New(filepath.Join(folder, bolt.Name))
	box := seal.New(folder, seal.Options{FileOnly: true})
	dir := &directory.Directory{Store: store, Offline: cache, Seal: box}
	board := device.NewBoard(fido.Cards(d.service.Watch, func(ctx context.Context, name string) (fido.Session, error) {
		card, err := d.service.Connect(ctx, name)
		if err != nil {
			return nil, err
		}
		return pcsc.NewSession(name, card), nil
	}))
	proof := &login.Login{Directory: dir, Cache: cache, Board: board}
	return &app.Station{
		Board: board, Directory: dir,
		Enroller: &enroll.Enroller{Directory: dir, Board: board, Seal: box,
			RelyingParty: func(w directory.Workspace) (enroll.RelyingParty, error) { return rp.NewWorkspace(w) }},
		Login:   proof,
		Admins:  &admin.Admins{Directory: dir, Login: proof, Cost: admin.Cost{Memory: 8, Passes: 1, Threads: 1}},
		Doctor:  &doctor.Doctor{Board: board, Directory: dir, Cache: cache, Seal: box, Folder: folder},
		Letters: &letter.Letters{Directory: dir},
		Import:  &bulk.Import{Directory: dir, Claim: func() (func() error, error) { return claim.Take(folder, "import") }},
	}, func() error { return errors.Join(store.Close(), cache.Close()) }
}

// outcome is what a command left.
type outcome struct {
	t              *testing.T
	status         int
	stdout, stderr string
}

// run runs one command line on the desk's data folder.
func (d *desk) run(args ...string) outcome {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), 30*time.Second)
	defer cancel()
	return d.runWithin(ctx, args...)
}

func (d *desk) runWithin(ctx context.Context, args ...string) outcome {
	d.t.Helper()
	var stdout bytes.Buffer
	stderr := &watched{}
	status := Main(ctx, append([]string{"--data", d.folder}, args...), Parts{
		Version: "1.2.3", Stdin: d.stdin, Stdout: &stdout, Stderr: stderr, Open: d.open, Link: d.link,
	})
	return outcome{d.t, status, stdout.String(), stderr.String()}
}

// must run and be done.
func (d *desk) must(args ...string) outcome {
	d.t.Helper()
	o := d.run(args...)
	if o.status != Done {
		d.t.Fatalf("tapstation %s: status %d\n%s%s", strings.Join(args, " "), o.status, o.stdout, o.stderr)
	}
	return o
}

// tap lays a card on the reader as a new tap.
func (d *desk) tap(card *virtual.Card) {
	d.reader.Remove()
	d.reader.Insert(card)
}

// fails checks the exit status and the code of the JSON error.
func (o outcome) fails(status int, code string) {
	o.t.Helper()
	var doc struct {
		Error *failureDocument `json:"error"`
	}
	o.decode(&doc)
	if o.status != status || doc.Error == nil || doc.Error.Code != code {
		o.t.Errorf("status %d and %s\n%swant status %d and code %s", o.status, o.stdout, o.stderr, status, code)
	}
}

// decode reads standard output, which must be one JSON document and nothing else.
func (o outcome) decode(doc any) {
	o.t.Helper()
	dec := json.NewDecoder(strings.NewReader(o.stdout))
	if err := dec.Decode(doc); err != nil {
		o.t.Fatalf("standard output is no JSON document: %v\n%s%s", err, o.stdout, o.stderr)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		o.t.Fatalf("standard output goes on after its JSON document:\n%s", o.stdout)
	}
}

// watched is a buffer that tells when something is written to it.
type watched struct {
	mu   sync.Mutex
	text strings.Builder
	on   func(all string)
}

func (w *watched) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n, err := w.text.Write(b)
	if w.on != nil {
		w.on(w.text.String())
	}
	return n, err
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
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
	return newCard(t, virtual.Options{UID: []byte{0x04, 1, 2, 3, 4, 5, uid}})
}
