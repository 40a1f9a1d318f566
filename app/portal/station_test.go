package portal_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

	"tapstation/app/activation"
	"tapstation/app/directory"
	"tapstation/app/portal"
	"tapstation/storage/bolt"
	"tapstation/storage/seal"
)

const by = "os:test"

// begin is the clock of a new desk.
var begin = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// desk is a data folder whose workspace can mail, with a user, ada, a portal over it, and a clock that stands until it is
// moved.
type desk struct {
	t       testing.TB
	path    string // of the store
	box     *seal.Box
	dir     *directory.Directory
	tickets *activation.Tickets
	portal  *portal.Portal
	origin  string // where it is served; empty: not yet
	handler func() http.Handler

	mu   sync.Mutex
	time time.Time
}

// publicURL is that of the portal in the links, where a test does not serve it elsewhere.
const publicURL = "https://keys.login.example.org"

func newDesk(t testing.TB) *desk {
	t.Helper()
	folder := t.TempDir()
	d := &desk{t: t, time: begin, path: filepath.Join(folder, bolt.Name), box: seal.New(folder, seal.Options{FileOnly: true})}
	store := bolt.New(d.path)
	t.Cleanup(func() {
		if err := errors.Join(store.Check(context.Background()), store.Close()); err != nil {
			t.Errorf("the store after the test: %v", err)
		}
	})
	d.dir = &directory.Directory{Store: store, Now: d.now}
	d.tickets = &activation.Tickets{Directory: d.dir, Seal: d.box}
	d.portal = &portal.Portal{Directory: d.dir, Tickets: d.tickets}
	d.handler = sync.OnceValue(d.portal.Handler)
	d.settings(func(w *directory.Workspace) {
		w.Name, w.RPID, w.PINChooser = "Example GmbH", "login.example.org", directory.UserMail
		w.Mail.Host, w.Mail.From = "mail.example.org", "keys@example.org"
		w.Portal.URL = publicURL
	})
	if _, err := d.dir.AddUser(t.Context(), by, directory.User{
		ID: "ada", FirstName: "Ada", LastName: "Lovelace", UserName: "ada.l", Email: "ada@example.org",
	}); err != nil {
		t.Fatal(err)
	}
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

func (d *desk) update(do func(directory.Tx) error) {
	d.t.Helper()
	if err := d.dir.Store.Update(d.t.Context(), do); err != nil {
		d.t.Fatal(err)
	}
}

// settings changes those of the workspace.
func (d *desk) settings(change func(*directory.Workspace)) {
	d.t.Helper()
	d.update(func(tx directory.Tx) error {
		w, err := tx.Workspace()
		if err != nil {
			return err
		}
		change(&w)
		return tx.PutWorkspace(w)
	})
}

// ticket is one with what opens it.
type ticket struct {
	key                directory.SecurityKey
	token, code, place string
}

// path is that of its page.
func (t ticket) path() string { return t.place + t.token }

// assign gives ada a pending card.
func (d *desk) assign(v directory.Verification) ticket { return d.assignKind(directory.Card, v) }

func (d *desk) assignKind(kind directory.Kind, v directory.Verification) ticket {
	d.t.Helper()
	k, err := d.tickets.Assign(d.t.Context(), activation.Assignment{UserID: "ada", Kind: kind, Verification: v, Actor: by})
	if err != nil {
		d.t.Fatal(err)
	}
	return d.opening(k, "/activate/")
}

func (d *desk) opening(k directory.SecurityKey, place string) ticket {
	d.t.Helper()
	o, err := d.tickets.Show(d.t.Context(), by, k.ID)
	if err != nil {
		d.t.Fatal(err)
	}
	token, ok := activation.ParseLink(o.Link)
	if !ok {
		d.t.Fatalf("the link %q is none", o.Link)
	}
	return ticket{k, token, o.Code, place}
}

const temporaryPIN = "482915"

// enrolled gives ada an active card with a temporary PIN, and a ticket to choose hers.
func (d *desk) enrolled() ticket {
	d.t.Helper()
	sealed, err := d.box.Seal([]byte(temporaryPIN), directory.PINPurpose("ada"))
	if err != nil {
		d.t.Fatal(err)
	}
	k := directory.SecurityKey{
		ID: strings.Repeat("ab", 16), UserID: "ada", Name: "Card", Kind: directory.Card, State: directory.Active,
		Verification: directory.PIN, RPID: "login.example.org", Credential: directory.Credential{ID: []byte("cred"), PublicKey: []byte("key")},
		TemporaryPIN: true, SealedPIN: sealed, CardPIN: true, Created: d.now(), Activated: d.now(),
	}
	d.update(func(tx directory.Tx) error {
		if err := tx.PutKey(k); err != nil {
			return err
		}
		w, err := tx.Workspace()
		if err != nil {
			return err
		}
		u, err := tx.User("ada")
		if err != nil {
			return err
		}
		return d.tickets.QueuePINMail(tx, d.now(), by, w, u, k)
	})
	return d.opening(k, "/pin/")
}

// stored is every byte of the store.
func (d *desk) stored() string {
	d.t.Helper()
	b, err := os.ReadFile(d.path)
	if err != nil {
		d.t.Fatal(err)
	}
	return string(b)
}

// key is ada's key as it is now.
func (d *desk) key(id string) directory.SecurityKey {
	d.t.Helper()
	k, err := d.dir.Key(d.t.Context(), id)
	if err != nil {
		d.t.Fatal(err)
	}
	return k
}

// request is one as a browser makes it.
type request struct {
	method, path string
	body         string
	header       map[string]string
	from         string // address; empty: 192.0.2.1
}

// ask answers a request by the portal's handler, without a server.
func (d *desk) ask(q request) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(d.t.Context(), q.method, q.path, strings.NewReader(q.body))
	r.RemoteAddr = "192.0.2.1:4711"
	if q.from != "" {
		r.RemoteAddr = q.from
	}
	if q.method == http.MethodPost {
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range q.header {
		if value == "" {
			r.Header.Del(name)
			continue
		}
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	d.handler().ServeHTTP(w, r)
	return w
}

func (d *desk) get(path string) *httptest.ResponseRecorder {
	return d.ask(request{method: http.MethodGet, path: path})
}

func (d *desk) post(path, body string) *httptest.ResponseRecorder {
	return d.ask(request{method: http.MethodPost, path: path, body: body})
}

// postCode types a code on the page for it.
func (d *desk) postCode(code string) *httptest.ResponseRecorder {
	return d.post("/code", url.Values{"code": {code}}.Encode())
}

// wants checks the status of an answer and that its page says something.
func wants(t testing.TB, what string, w *httptest.ResponseRecorder, status int, words ...string) {
	t.Helper()
	if w.Code != status {
		t.Errorf("%s: status %d, want %d\n%s", what, w.Code, status, w.Body)
	}
	page := textOf(t, w.Body.String())
	for _, s := range words {
		if !strings.Contains(page, s) {
			t.Errorf("%s: the page does not say %q:\n%s", what, s, page)
		}
	}
}

// textOf is what a page says.
func textOf(t testing.TB, page string) string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for n := range doc.Descendants() {
		if n.Type == html.TextNode {
			b.WriteString(strings.TrimSpace(n.Data) + "\n")
		}
	}
	return b.String()
}

func body(t testing.TB, r *http.Response) string {
	t.Helper()
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
