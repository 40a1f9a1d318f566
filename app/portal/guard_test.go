package portal_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"tapstation/app/directory"
)

// pagesOf are the addresses of the portal that a ticket's holder, or a scanner of their mail, may come to.
func pagesOf(d *desk) (activation, pin ticket, paths []string) {
	activation, pin = d.assign(directory.PIN), d.enrolled()
	for _, link := range []ticket{activation, pin} {
		paths = append(paths, link.path(), link.path()+"/", link.path()+"/code")
	}
	return activation, pin, append(paths,
		activation.path()+"/begin", activation.path()+"/end", pin.path()+"/show", pin.path()+"/chosen",
		"/", "/code", "/logo", "/favicon.ico", "/portal.css", "/activate.js", "/nothing", "/activate/", "/pin/")
}

// TestFetchingChangesNothing does what scanners of mail do, and worse: only a POST acts, and not one from another site.
func TestFetchingChangesNothing(t *testing.T) {
	d := newDesk(t)
	activation, pin, paths := pagesOf(d)
	before := d.stored()
	for _, path := range paths {
		for _, method := range []string{"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND"} {
			for _, purpose := range []string{"", "prefetch"} {
				w := d.ask(request{method: method, path: path, header: map[string]string{"Sec-Purpose": purpose, "Purpose": purpose}})
				if w.Code >= 500 {
					t.Errorf("%s %s: status %d", method, path, w.Code)
				}
			}
		}
		for _, header := range []map[string]string{
			{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "none"},
			{"Sec-Fetch-Site": "", "Origin": "https://elsewhere.example"}, {"Sec-Fetch-Site": "", "Origin": "null"},
		} {
			if w := d.ask(request{method: "POST", path: path, header: header}); w.Code != http.StatusForbidden {
				t.Errorf("POST %s with %v: status %d, want 403", path, header, w.Code)
			}
		}
	}
	if d.stored() != before {
		t.Fatal("something was changed by fetching")
	}
	wants(t, "the activation afterwards", d.get(activation.path()), http.StatusOK, "Activate your card")
	wants(t, "the PIN afterwards", d.post(pin.path()+"/show", ""), http.StatusOK, temporaryPIN)
}

// TestEveryAnswerIsGuarded looks for the headers that keep a secret address secret and a page ours.
func TestEveryAnswerIsGuarded(t *testing.T) {
	d := newDesk(t)
	_, _, paths := pagesOf(d)
	for _, path := range paths {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT"} {
			w := d.ask(request{method: method, path: path})
			h := w.Header()
			for name, want := range map[string]string{
				"Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff", "Cross-Origin-Opener-Policy": "same-origin",
			} {
				if h.Get(name) != want {
					t.Errorf("%s %s: %s is %q, want %q", method, path, name, h.Get(name), want)
				}
			}
			for _, rule := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} {
				if !strings.Contains(h.Get("Content-Security-Policy"), rule) {
					t.Errorf("%s %s: the policy %q lacks %s", method, path, h.Get("Content-Security-Policy"), rule)
				}
			}
			if strings.Contains(h.Get("Content-Security-Policy"), "unsafe") {
				t.Errorf("%s %s: the policy %q allows what is unsafe", method, path, h.Get("Content-Security-Policy"))
			}
			if len(h.Values("Set-Cookie")) > 0 {
				t.Errorf("%s %s sets a cookie", method, path)
			}
			if strings.Contains(path, "/activate/") || strings.Contains(path, "/pin/") {
				if h.Get("Cache-Control") != "no-store" {
					t.Errorf("%s %s: Cache-Control is %q, want no-store", method, path, h.Get("Cache-Control"))
				}
			}
		}
	}
}

// TestGuessedCodesGetNowhere tries ten thousand codes within a minute, while the person they are meant for is at the same
// address.
func TestGuessedCodesGetNowhere(t *testing.T) {
	d := newDesk(t)
	link := d.assign(directory.PIN)
	const guesses = 10_000
	statuses := map[int]int{}
	for i := range guesses {
		if i%(guesses/10) == guesses/20 {
			wants(t, "the page of the link meanwhile", d.get(link.path()), http.StatusOK, "Activate your card")
			if w := d.postCode(link.code); w.Code != http.StatusSeeOther {
				t.Fatalf("after %d guesses the right code from the same address leads to status %d, want 303", i, w.Code)
			}
		}
		guess := fmt.Sprintf("%05d-%05d", i%100_000, (i*7919)%100_000)
		from := "192.0.2.1:4711"
		if i%2 == 1 {
			from = fmt.Sprintf("198.51.100.%d:4711", i%250)
		}
		w := d.ask(request{method: "POST", path: "/code", body: url.Values{"code": {guess}}.Encode(), from: from,
			header: map[string]string{"X-Forwarded-For": fmt.Sprintf("203.0.113.%d", i%250)}})
		statuses[w.Code]++
		switch w.Code {
		case http.StatusUnprocessableEntity:
		case http.StatusTooManyRequests:
			if w.Header().Get("Retry-After") == "" {
				t.Fatal("a guess too many is answered without Retry-After")
			}
		default:
			t.Fatalf("the guess %s is answered with status %d", guess, w.Code)
		}
		if i%100 == 0 {
			d.wait(time.Minute / (guesses / 100))
		}
	}
	if asked := statuses[http.StatusUnprocessableEntity]; asked > 5000 {
		t.Errorf("%d guesses were looked at with patience, want most of them told to wait: %v", asked, statuses)
	}
	if w := d.postCode(link.code); w.Code != http.StatusSeeOther {
		t.Errorf("afterwards the right code leads to status %d, want 303", w.Code)
	}
}

// TestWhatIsNoBrowserMayPost: scripts say no Sec-Fetch-Site and no Origin.
func TestWhatIsNoBrowserMayPost(t *testing.T) {
	d := newDesk(t)
	link := d.assign(directory.PIN)
	w := d.ask(request{method: "POST", path: "/code", body: url.Values{"code": {link.code}}.Encode(), header: map[string]string{"Sec-Fetch-Site": ""}})
	if w.Code != http.StatusSeeOther || strings.Contains(w.Header().Get("Location"), link.token) {
		t.Errorf("a right code leads to status %d at %s, want 303 and an address without the link's token", w.Code, w.Header().Get("Location"))
	}
}
