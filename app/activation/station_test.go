package activation_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tapstation/app/activation"
	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/storage/bolt"
	"tapstation/storage/seal"
)

func TestMain(m *testing.M) {
	if folder := os.Getenv(childFolder); folder != "" {
		assignUntilKilled(folder)
		return
	}
	goleak.VerifyTestMain(m)
}

const by = "os:test"

// begin is the clock of a new desk.
var begin = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// desk is a data folder whose workspace can mail, with a user, ada, and a clock that stands until it is moved.
type desk struct {
	t       testing.TB
	folder  string
	dir     *directory.Directory
	tickets *activation.Tickets

	mu   sync.Mutex
	time time.Time
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	d := openDesk(t, t.TempDir())
	w := directory.DefaultWorkspace()
	w.Name, w.RPID, w.PINChooser = "Example GmbH", "login.example.org", directory.UserMail
	w.Mail.Host, w.Mail.From = "mail.example.org", "keys@example.org"
	w.Portal.URL = "https://keys.example.org"
	d.update(func(tx directory.Tx) error { return tx.PutWorkspace(w) })
	d.addUser("ada")
	return d
}

// openDesk is a program that has just started on a data folder.
func openDesk(t testing.TB, folder string) *desk {
	t.Helper()
	d := &desk{t: t, folder: folder, time: begin}
	store := bolt.New(filepath.Join(folder, bolt.Name))
	t.Cleanup(func() {
		if err := errors.Join(store.Check(context.Background()), store.Close()); err != nil {
			t.Errorf("the store after the test: %v", err)
		}
	})
	d.dir = &directory.Directory{Store: store, Now: d.now}
	d.tickets = &activation.Tickets{Directory: d.dir, Seal: seal.New(folder, seal.Options{FileOnly: true})}
	return d
}

func (d *desk) now() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.time
}

func (d *desk) wait(long time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.time = d.time.Add(long)
}

func (d *desk) ctx() context.Context { return d.t.Context() }

func (d *desk) update(do func(directory.Tx) error) {
	d.t.Helper()
	if err := d.dir.Store.Update(d.ctx(), do); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) view(do func(directory.Tx) error) {
	d.t.Helper()
	if err := d.dir.Store.View(d.ctx(), do); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) addUser(id string, groups ...string) {
	d.t.Helper()
	_, err := d.dir.AddUser(d.ctx(), by, directory.User{ID: id, FirstName: strings.ToUpper(id), Email: id + "@example.org", Groups: groups})
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) change(do func(*directory.Workspace)) {
	d.t.Helper()
	d.update(func(tx directory.Tx) error {
		w, err := tx.Workspace()
		if err != nil {
			return err
		}
		do(&w)
		return tx.PutWorkspace(w)
	})
}

// assign gives a user a pending key.
func (d *desk) assign(userID string) directory.SecurityKey {
	d.t.Helper()
	k, err := d.tickets.Assign(d.ctx(), activation.Assignment{UserID: userID, Actor: by})
	if err != nil {
		d.t.Fatal(err)
	}
	return k
}

// mailed is what the last mail about a key brings.
func (d *desk) mailed(keyID string) (o activation.Opening) {
	d.t.Helper()
	ticket := d.ticket(keyID)
	d.view(func(tx directory.Tx) (err error) {
		o, err = d.tickets.Opening(tx, ticket.ID)
		return err
	})
	return o
}

func (d *desk) ticket(keyID string) directory.Ticket {
	d.t.Helper()
	waiting, err := d.tickets.Waiting(d.ctx(), keyID)
	if err != nil {
		d.t.Fatal(err)
	}
	return waiting.Ticket
}

// token is the one in the link of a key's ticket.
func (d *desk) token(keyID string) string {
	d.t.Helper()
	return tokenOf(d.t, d.mailed(keyID))
}

func tokenOf(t testing.TB, o activation.Opening) string {
	t.Helper()
	token, ok := activation.ParseLink(o.Link)
	if !ok {
		t.Fatalf("%q is no link", o.Link)
	}
	return token
}

// temporary gives a user an active key with a temporary PIN, and has the PIN mail queued.
func (d *desk) temporary(userID, pin string) directory.SecurityKey {
	d.t.Helper()
	sealed, err := d.tickets.Seal.Seal([]byte(pin), directory.PINPurpose(userID))
	if err != nil {
		d.t.Fatal(err)
	}
	k := directory.SecurityKey{ID: "temporary-of-" + userID, UserID: userID, Name: "Card", Kind: directory.Card, State: directory.Active,
		Verification: directory.PIN, RPID: "login.example.org", Credential: credential(userID), TemporaryPIN: true, SealedPIN: sealed,
		CardPIN: true, Created: d.now(), Activated: d.now(), Changed: d.now()}
	d.update(func(tx directory.Tx) error {
		w, err := tx.Workspace()
		if err != nil {
			return err
		}
		u, err := tx.User(userID)
		if err == nil {
			err = tx.PutKey(k)
		}
		if err == nil {
			err = d.tickets.QueuePINMail(tx, d.now(), by, w, u, k)
		}
		return err
	})
	return k
}

// credential is one that only name has.
func credential(name string) directory.Credential {
	return directory.Credential{ID: []byte("credential of " + name), PublicKey: []byte{0xa5}, AAGUID: [16]byte{7}, Attestation: "none"}
}

func made(name string) activation.Made {
	return activation.Made{Credential: credential(name), Model: "A browser's key", Transports: []string{"nfc"}}
}

func (d *desk) messages() []directory.Message {
	d.t.Helper()
	var page directory.MessagePage
	d.view(func(tx directory.Tx) (err error) {
		page, err = tx.Messages(directory.MessageQuery{Limit: 1000})
		return err
	})
	return page.Messages
}

func (d *desk) key(id string) directory.SecurityKey {
	d.t.Helper()
	k, err := d.dir.Key(d.ctx(), id)
	if err != nil {
		d.t.Fatal(err)
	}
	return k
}

// acts are the entries of the audit log of one kind.
func (d *desk) acts(act audit.Act) []audit.Entry {
	d.t.Helper()
	page, err := d.dir.Activities(d.ctx(), by, directory.ActivityQuery{Act: act, Limit: 1000})
	if err != nil {
		d.t.Fatal(err)
	}
	return page.Entries
}

// wrongProof is a code with the handle of a right one and another proof.
func wrongProof(code string) string {
	last := code[len(code)-1]
	i := strings.IndexByte(activation.Symbols, last)
	return code[:len(code)-1] + string(activation.Symbols[(i+1)%len(activation.Symbols)])
}

// is fails the test unless err is want.
func is(t testing.TB, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}
