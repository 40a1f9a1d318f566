package portal_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"tapstation/app/directory"
	"tapstation/app/portal"
)

// brokenStore panics with what it is told, as often as it is told.
type brokenStore struct {
	directory.Store
	panics atomic.Int32
	says   string
}

func (s *brokenStore) View(ctx context.Context, do func(directory.Tx) error) error {
	if s.panics.Add(-1) >= 0 {
		panic(s.says)
	}
	return s.Store.View(ctx, do)
}

// written is what is written to the log and to standard error while do runs.
func written(t *testing.T, do func()) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "stderr")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var (
		mu     sync.Mutex
		logged bytes.Buffer
	)
	stderr, out := os.Stderr, log.Writer()
	os.Stderr = f
	log.SetOutput(writerFunc(func(b []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return logged.Write(b)
	}))
	defer func() { os.Stderr = stderr; log.SetOutput(out) }()
	do()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	return string(b) + logged.String()
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// TestNothingOfALinkIsWritten makes everything go wrong that a server writes lines about: no line comes, because the
// addresses of pages are secrets.
func TestNothingOfALinkIsWritten(t *testing.T) {
	if said := written(t, func() { log.Print("control") }); !strings.Contains(said, "control") {
		t.Fatalf("the test does not see what is logged: %q", said)
	}
	d := newDesk(t)
	activation, pin := d.assign(directory.PIN), d.enrolled()
	store := &brokenStore{Store: d.dir.Store, says: "at " + activation.path()}
	d.dir.Store = store
	f := newFiles(t)
	f.write(t, newPair(t, 1, begin.AddDate(1, 0, 0)))
	said := written(t, func() {
		s := d.run(portal.Listen{Address: "127.0.0.1:0", Certificate: f.chain, Key: f.key})
		transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}
		defer transport.CloseIdleConnections()
		one := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}
		defer one.CloseIdleConnections()
		for _, client := range []*http.Client{{Transport: transport}, {Transport: one}} {
			for _, times := range []int32{0, 1, 2, 3} { // the page that says so may fail too
				store.panics.Store(times)
				if r, err := client.Get(s.url + activation.path()); err == nil {
					answer := body(t, r)
					want := http.StatusInternalServerError
					if times == 0 {
						want = http.StatusOK
					}
					if r.StatusCode != want || times > 0 && strings.Contains(answer, activation.token) {
						t.Errorf("after %d panics: status %d, want %d and nothing of the link:\n%s", times, r.StatusCode, want, answer)
					}
				} else if times < 2 {
					t.Errorf("after %d panics: %v", times, err)
				}
				store.panics.Store(0)
			}
			for _, q := range []string{activation.path() + "/end", activation.path() + "/begin", pin.path() + "/show", pin.path() + "/chosen", "/code"} {
				r, err := client.Post(s.url+q, form, strings.NewReader(url.Values{"code": {activation.code}}.Encode()))
				if err != nil {
					t.Fatal(err)
				}
				_ = body(t, r)
			}
		}
		// Somebody who does not trust the certificate, who speaks no TLS, and whose TLS is broken.
		r, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Get(s.url + activation.path())
		if err == nil {
			_ = r.Body.Close()
			t.Error("a certificate that nobody vouches for was trusted")
		}
		for _, sent := range []string{
			"GET " + activation.path() + " HTTP/1.1\r\nHost: localhost\r\n\r\n", "\x16\x03\x01\x00\x05hello" + activation.path(), "\x80",
		} {
			c := s.dial()
			if _, err := io.WriteString(c, sent); err != nil {
				t.Fatal(err)
			}
			if err := c.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
				t.Fatal(err)
			}
			_, _ = io.ReadAll(c) // hung up on, however
		}
		c := tls.Client(s.dial(), &tls.Config{InsecureSkipVerify: true})
		if _, err := io.WriteString(c, "GET "+activation.path()+" HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "+pin.token+"\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		_, _ = io.ReadAll(c)
		s.stop()
		s.ended()
	})
	if said != "" {
		t.Errorf("it is written:\n%s\nwant nothing", said)
	}
}

// TestNothingLeadsElsewhere looks at every Location: it stays here, and holds no more than who asked had already.
func TestNothingLeadsElsewhere(t *testing.T) {
	d := newDesk(t)
	activation, pin := d.assign(directory.PIN), d.enrolled()
	typed := func(s string) request {
		return request{method: "POST", path: "/code", body: url.Values{"code": {s}}.Encode()}
	}
	for _, test := range []struct {
		name string
		ask  request
		want string // what the address begins with
		has  string // the token that it may have: who asks has it
	}{
		{"a code", typed(activation.code), "/activate/c.", ""},
		{"a code for a PIN", typed(pin.code), "/pin/c.", ""},
		{"a link", typed(publicURL + activation.path()), activation.path(), activation.token},
		{"a link of another site", typed("https://evil.example" + activation.path()), activation.path(), activation.token},
		{"a link for the program", typed("tapstation://pin/" + pin.token), pin.path(), pin.token},
		{"a bare token", typed(pin.token), pin.path(), pin.token},
		{"another code", request{method: "POST", path: activation.path() + "/code"}, activation.path() + "#code", activation.token},
		{"another code, in German", request{method: "POST", path: pin.path() + "/code?lang=de"}, pin.path() + "?lang=de#code", pin.token},
		{"another code, in nonsense", request{method: "POST", path: pin.path() + "/code?lang=//evil.example"}, pin.path() + "#code", pin.token},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.ask.header = map[string]string{"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "ftp"}
			w := d.ask(test.ask)
			to := w.Header().Get("Location")
			if w.Code != http.StatusSeeOther || !strings.HasPrefix(to, test.want) {
				t.Fatalf("it leads, with status %d, to %q, want 303 to %s…", w.Code, to, test.want)
			}
			for _, secret := range []string{activation.token, pin.token, activation.code, pin.code, strings.ReplaceAll(activation.code, "-", "")} {
				if secret != test.has && strings.Contains(to, secret) {
					t.Errorf("%q has %q in it", to, secret)
				}
			}
			if strings.Contains(w.Body.String(), temporaryPIN) {
				t.Error("the answer has the temporary PIN in it")
			}
		})
	}
}
