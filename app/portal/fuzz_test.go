package portal_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"tapstation/app/directory"
)

// FuzzEnd sends anything as the answer of a browser: it is refused in a word, and activates nothing. An honest answer,
// whose challenge was given to nobody, is where it begins from.
func FuzzEnd(f *testing.F) {
	d := newDesk(f)
	link := d.assign(directory.PIN)
	path := link.path()
	f.Add(honest().create(f, options{Challenge: []byte(strings.Repeat("c", 32)), RP: struct{ ID, Name string }{"login.example.org", "Example"},
		User: struct {
			ID                encoded
			Name, DisplayName string
		}{ID: []byte("ada"), Name: "ada"}}))
	f.Add(`{"rawId":"AAAA","type":"public-key","response":{"clientDataJSON":"eyJjaGFsbGVuZ2UiOiJBQUFBIn0","attestationObject":"oA","transports":["usb"]}}`)
	f.Add(`{"rawId":"AAAA","type":"public-key","response":{"clientDataJSON":"bnVsbA","attestationObject":"oA","transports":[null]}}`)
	f.Add(`{}`)
	before := d.stored()
	f.Fuzz(func(t *testing.T, body string) {
		d.t = t
		w := d.ask(request{method: http.MethodPost, path: path + "/end", body: body, header: map[string]string{"Content-Type": "application/json"}})
		var answer struct{ Problem string }
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code < 400 || w.Code >= 500 || answer.Problem == "" {
			t.Fatalf("it is answered %d %s, want a refusal in a word", w.Code, w.Body)
		}
		if d.stored() != before {
			t.Fatal("something of it was kept")
		}
	})
}

// FuzzToken asks for pages with anything in the place of a token, and types it as a code: a page says that there is nothing.
func FuzzToken(f *testing.F) {
	d := newDesk(f)
	activation, pin := d.assign(directory.PIN), d.enrolled()
	for _, s := range []string{
		activation.token[:42], pin.token + "A", "c.", "c." + activation.token, "../" + activation.token, activation.token + "\x00", "%2e%2e", "c.\xff",
		"tapstation://activate/x", "https://evil.example/activate/" + strings.Repeat("A", 43), activation.code[:10] + "2", "", ".", "..",
	} {
		f.Add(s)
	}
	pass := d.postCode(activation.code).Header().Get("Location")
	f.Add(strings.TrimPrefix(pass[:len(pass)-1], "/activate/"))
	f.Fuzz(func(t *testing.T, s string) {
		d.t = t
		if strings.Contains(s, activation.token) || strings.Contains(s, pin.token) {
			return // it opens something
		}
		for _, path := range []string{"/activate/", "/pin/"} {
			for _, q := range []request{
				{method: "GET", path: path + url.PathEscape(s)}, {method: "POST", path: path + url.PathEscape(s) + "/code"},
				{method: "POST", path: path + url.PathEscape(s) + "/show"}, {method: "POST", path: path + url.PathEscape(s) + "/end"},
			} {
				w := d.ask(q)
				if w.Code < 300 || w.Code >= 500 || strings.Contains(w.Body.String(), temporaryPIN) || strings.Contains(w.Body.String(), "Ada") {
					t.Fatalf("%s %s is answered %d, want a page that says there is nothing", q.method, q.path, w.Code)
				}
			}
		}
		if w := d.postCode(s); w.Code == http.StatusSeeOther && !strings.Contains(strings.ToUpper(s), activation.code[:5]) && !strings.Contains(strings.ToUpper(s), pin.code[:5]) {
			t.Fatalf("as a code %q opens %s", s, w.Header().Get("Location"))
		}
	})
}
