package portal_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"tapstation/app/directory"
)

// evil is what somebody may have typed or imported as a name.
var evil = []string{
	`"><script>alert(1)</script><img src=x onerror=alert(1)>`,
	`' onmouseover='alert(1)' style='x`,
	"`><svg/onload=alert(1)>",
	`{{.PIN}}{{template "way" .}}`,
	`javascript:alert(1)`,
	`</title></noscript></textarea></style><!-- <base href=//evil.example>`,
	`&lt;script&gt;&#39;&quot;`,
	"\u202e\u2066\x00\x1b[31m\r\nSet-Cookie: a=b",
	`//evil.example/`,
	`${alert(1)} </script>]]>`,
}

// TestNamesAddNothingToAPage compares every page with what it is like with harmless names: the elements, their attributes
// and their addresses are the same, whatever anybody is called, and JSON stays JSON.
func TestNamesAddNothingToAPage(t *testing.T) {
	d := newDesk(t)
	activation, pin := d.assign(directory.PIN), d.enrolled()
	withdrawn := d.assign(directory.PIN)
	if _, err := d.tickets.Withdraw(t.Context(), by, withdrawn.key.ID); err != nil {
		t.Fatal(err)
	}
	reached := d.postCode(activation.code).Header().Get("Location")
	iphone := map[string]string{"User-Agent": "iPhone"}
	asked := []request{
		{method: "GET", path: "/"}, {method: "GET", path: "/nothing"},
		{method: "GET", path: activation.path()}, {method: "GET", path: activation.path(), header: iphone}, {method: "GET", path: reached},
		{method: "GET", path: activation.path() + "?lang=de"}, {method: "GET", path: withdrawn.path()},
		{method: "GET", path: pin.path()}, {method: "GET", path: pin.path(), header: iphone},
		{method: "PUT", path: pin.path()}, {method: "POST", path: pin.path() + "/show", header: map[string]string{"Sec-Fetch-Site": "cross-site"}},
	}
	name := func(s string) {
		t.Helper()
		d.update(func(tx directory.Tx) error {
			w, err := tx.Workspace()
			if err != nil {
				return err
			}
			u, err := tx.User("ada")
			if err != nil {
				return err
			}
			w.Name, w.RPName, w.DriverLink = s, s, "https://driver.example/"+url.PathEscape(s)
			u.FirstName, u.LastName, u.UserName, u.Email = s, s, s, s+"@example.org"
			for _, link := range []ticket{activation, pin} {
				k, err := tx.Key(link.key.ID)
				if err != nil {
					return err
				}
				k.Name = s
				if err := tx.PutKey(k); err != nil {
					return err
				}
			}
			if err := tx.PutUser(u); err != nil {
				return err
			}
			return tx.PutWorkspace(w)
		})
	}
	name("Harmless")
	harmless := make([]string, len(asked))
	for i, q := range asked {
		harmless[i] = skeleton(t, d.ask(q).Body.String())
		if !strings.Contains(harmless[i], "main") {
			t.Fatalf("%s %s is no page: %s", q.method, q.path, harmless[i])
		}
	}
	for _, s := range evil {
		name(s)
		for i, q := range asked {
			page := d.ask(q).Body.String()
			if got := skeleton(t, page); got != harmless[i] {
				t.Errorf("with the name %q %s %s is made of other things:\n%s\nwant\n%s", s, q.method, q.path, got, harmless[i])
			}
		}
		if page := textOf(t, d.get(activation.path()).Body.String()); !strings.ContainsAny(s, "\x00\r") && !strings.Contains(page, s) {
			t.Errorf("the page does not call anything %q, want it as it is", s)
		}
		w := d.postJSON(activation.path()+"/begin", "{}")
		var answer struct{ PublicKey options }
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != http.StatusOK {
			t.Fatalf("with the name %q begin answers %d, %v", s, w.Code, err)
		}
		if w.Header().Get("Content-Type") != "application/json" || bytes.ContainsAny(w.Body.Bytes(), "<>&") {
			t.Errorf("with the name %q begin answers, as %s, what a browser could take for a page: %s", s, w.Header().Get("Content-Type"), w.Body)
		}
	}
}

// TestTypedThingsAddNothingToAPage types the same as a code, a language, a token and what a browser says of itself.
func TestTypedThingsAddNothingToAPage(t *testing.T) {
	d := newDesk(t)
	activation := d.assign(directory.PIN)
	typed := func(s string) []request {
		at := url.PathEscape(s)
		return []request{
			{method: "POST", path: "/code", body: url.Values{"code": {s}}.Encode(), from: fmt.Sprintf("192.0.2.%d:1", len(s))},
			{method: "GET", path: "/" + at}, {method: "GET", path: "/activate/" + at}, {method: "GET", path: "/pin/c." + at},
			{method: "GET", path: activation.path() + "?lang=" + url.QueryEscape(s)},
			{method: "GET", path: activation.path(), header: map[string]string{"User-Agent": s, "Accept-Language": s, "Host": s, "X-Forwarded-Host": s}},
		}
	}
	var harmless []string
	for _, q := range typed("Harmless") {
		harmless = append(harmless, skeleton(t, d.ask(q).Body.String()))
	}
	for _, s := range append(slices.Clone(evil), "\xff\xfe<b>") { // which no store takes
		for i, q := range typed(s) {
			w := d.ask(q)
			if w.Code >= http.StatusMultipleChoices && w.Code < http.StatusBadRequest { // an address put straight
				if to := w.Header().Get("Location"); !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.HasPrefix(to, `/\`) {
					t.Errorf("with %q %s leads to %q, want nowhere else", s, q.path, to)
				}
				continue
			}
			if got := skeleton(t, w.Body.String()); got != harmless[i] {
				t.Errorf("with %q %s %.60s is made of other things:\n%s\nwant\n%s", s, q.method, q.path, got, harmless[i])
			}
		}
	}
}

// skeleton is what a page is made of: its elements, their attributes, and the values of those that lead somewhere or that
// a script or style sheet goes by. Of an address of somebody else, only whose it is.
func skeleton(t testing.TB, page string) string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	values := []string{"href", "src", "action", "formaction", "method", "type", "id", "class", "rel", "target", "name", "content", "http-equiv",
		"data-begin", "data-end", "lang"}
	var b strings.Builder
	for n := range doc.Descendants() {
		switch n.Type {
		case html.CommentNode:
			t.Errorf("the page has a comment: %q", n.Data)
		case html.ElementNode:
			b.WriteString(n.Data)
			for _, a := range n.Attr {
				b.WriteString(" " + a.Key)
				if slices.Contains(values, a.Key) {
					value := a.Val
					if rest, ok := strings.CutPrefix(value, "https://driver.example/"); ok && !strings.ContainsAny(rest, "\"'<> ") {
						value = "https://driver.example/…"
					}
					b.WriteString("=" + value)
				}
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

// TestDriverLinkLeadsToPagesOnly: an address that would run something leads nowhere.
func TestDriverLinkLeadsToPagesOnly(t *testing.T) {
	d := newDesk(t)
	link := d.assign(directory.PIN)
	for _, s := range []string{"javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:x", "java\tscript:alert(1)"} {
		d.settings(func(w *directory.Workspace) { w.DriverLink = s })
		page := strings.ToLower(d.get(link.path()).Body.String())
		for _, bad := range []string{`="javascript`, `=" javascript`, `="data:`, `="vbscript`, "java\tscript"} {
			if strings.Contains(page, bad) {
				t.Errorf("the driver link %q is in the page: %s", s, bad)
			}
		}
	}
}

// TestLogoRunsNothing: an SVG with a script is a picture.
func TestLogoRunsNothing(t *testing.T) {
	d := newDesk(t)
	d.settings(func(w *directory.Workspace) {
		w.Logo = []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>`)
	})
	w := d.get("/logo")
	if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "sandbox") || !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "script-src") {
		t.Errorf("opened as a page, the logo may do %q", policy)
	}
	if kind := w.Header().Get("Content-Type"); kind != "image/svg+xml" {
		t.Errorf("the logo is %s, want image/svg+xml", kind)
	}
	d.settings(func(w *directory.Workspace) { w.Logo = []byte("<html><script>alert(1)</script>") })
	if kind := d.get("/logo").Header().Get("Content-Type"); strings.Contains(kind, "html") {
		t.Errorf("a logo that is a page is served as %s", kind)
	}
}
