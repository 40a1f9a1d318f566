package portal_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"tapstation/app/directory"
)

// TestTemporaryPINIsShownOnce presses the button many times at once.
func TestTemporaryPINIsShownOnce(t *testing.T) {
	d := newDesk(t)
	pin := d.enrolled()
	var (
		mu       sync.Mutex
		pressed  sync.WaitGroup
		statuses = map[int]int{}
		seen     int
	)
	for range 8 {
		pressed.Go(func() {
			w := d.post(pin.path()+"/show", "")
			mu.Lock()
			defer mu.Unlock()
			statuses[w.Code]++
			if strings.Contains(w.Body.String(), temporaryPIN) {
				seen++
			}
			if w.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("Cache-Control is %q, want no-store", w.Header().Get("Cache-Control"))
			}
		})
	}
	pressed.Wait()
	if seen != 1 || statuses[http.StatusOK] != 1 || statuses[http.StatusConflict] != 7 {
		t.Errorf("it was shown %d times, with statuses %v; want it once, and 409 for the others", seen, statuses)
	}
	wants(t, "the page afterwards", d.get(pin.path()), http.StatusOK, "The temporary PIN was shown on", "tell the help desk at once")
}

// TestChosenPINLeavesNothingOfTheTemporaryOne goes the whole way.
func TestChosenPINLeavesNothingOfTheTemporaryOne(t *testing.T) {
	d := newDesk(t)
	pin := d.enrolled()
	before := d.stored()
	wants(t, "who has seen nothing", d.post(pin.path()+"/chosen", ""), http.StatusConflict, "Choose your PIN")
	if d.stored() != before {
		t.Error("who has seen nothing changed something")
	}
	wants(t, "the button", d.post(pin.path()+"/show", ""), http.StatusOK, temporaryPIN, "Change this PIN now", "I have chosen my PIN")
	wants(t, "who has changed it", d.post(pin.path()+"/chosen", ""), http.StatusOK, "Your PIN is set")
	if k := d.key(pin.key.ID); k.TemporaryPIN || k.SealedPIN != nil || k.NextPIN != nil || !k.CardPIN || k.State != directory.Active {
		t.Errorf("the key is %s, its PIN temporary %t, kept %x; want it active with a PIN that nobody else knows", k.State, k.TemporaryPIN, k.SealedPIN)
	}
	wants(t, "the link afterwards", d.get(pin.path()), http.StatusGone, "This link was used already", "your PIN is set")
	wants(t, "the code afterwards", d.postCode(pin.code), http.StatusGone, "This link was used already")
	for _, what := range []string{"/show", "/chosen"} {
		w := d.post(pin.path()+what, "")
		wants(t, what+" afterwards", w, http.StatusGone, "This link was used already")
		if strings.Contains(w.Body.String(), temporaryPIN) {
			t.Errorf("%s still tells the temporary PIN", what)
		}
	}
}

// TestTemporaryPINIsNotShownOnceTheKeyIsGone: what opened the page a moment ago opens nothing any more.
func TestTemporaryPINIsNotShownOnceTheKeyIsGone(t *testing.T) {
	for _, test := range []struct {
		name   string
		do     func(d *desk, id string) error
		status int
		says   string
	}{
		{"revoked", func(d *desk, id string) error { _, err := d.dir.RevokeKey(d.t.Context(), by, id); return err }, http.StatusGone, "This link was withdrawn"},
		{"disabled", func(d *desk, id string) error { _, err := d.dir.DisableKey(d.t.Context(), by, id); return err }, http.StatusGone, "This link was withdrawn"},
		{"its user deleted", func(d *desk, _ string) error { return d.dir.DeleteUser(d.t.Context(), by, "ada") }, http.StatusGone, "This link was withdrawn"},
		{"mailed anew", func(d *desk, id string) error { _, err := d.tickets.Resend(d.t.Context(), by, id); return err }, http.StatusGone, "This link was withdrawn"},
		{"its PIN being changed at a desk", func(d *desk, id string) error {
			k := d.key(id)
			k.NextPIN = []byte("sealed")
			return d.dir.Store.Update(d.t.Context(), func(tx directory.Tx) error { return tx.PutKey(k) })
		}, http.StatusConflict, "A change of the PIN was begun at a desk"},
		{"its PIN lost", func(d *desk, id string) error {
			k := d.key(id)
			k.SealedPIN = []byte("sealed by somebody else")
			return d.dir.Store.Update(d.t.Context(), func(tx directory.Tx) error { return tx.PutKey(k) })
		}, http.StatusInternalServerError, "Nothing was changed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDesk(t)
			pin := d.enrolled()
			wants(t, "the page before", d.get(pin.path()), http.StatusOK, "Show the temporary PIN")
			if err := test.do(d, pin.key.ID); err != nil {
				t.Fatal(err)
			}
			before := d.stored()
			w := d.post(pin.path()+"/show", "")
			wants(t, "the button", w, test.status, test.says)
			if strings.Contains(w.Body.String(), temporaryPIN) {
				t.Error("the temporary PIN is shown all the same")
			}
			if d.stored() != before {
				t.Error("it counts as shown, though it was not")
			}
		})
	}
}

// TestAdviceFitsTheSystem: what is said first is what can be done on the device the page is read on.
func TestAdviceFitsTheSystem(t *testing.T) {
	const (
		windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"
		mac     = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15"
		linux   = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
		android = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36"
		iphone  = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
	)
	const (
		onWindows, chrome, none = "Open Settings, then Accounts, then Sign-in options.", "chrome://settings/securityKeys", "This device cannot change it."
		reader, phone, noCards  = "A contactless card reader, plugged into this computer.", "This phone, with NFC turned on.", "browsers usually cannot use a card"
	)
	for _, test := range []struct {
		name, agent string
		// The first advice after the temporary PIN was shown, and what the activation page says and does not.
		first    string
		says     string
		saysNot  []string
		foldedIn bool // the PIN's button stands behind the code
	}{
		{"Windows", windows, onWindows, reader, []string{phone, noCards}, false},
		{"macOS", mac, "A Mac has no window of its own for this.", noCards, []string{phone}, true},
		{"Linux", linux, "Google Chrome and Chromium have a window for this", noCards, []string{phone}, true},
		{"Android", android, none, phone, []string{reader, noCards}, true},
		{"iPhone", iphone, none, phone, []string{reader, noCards}, true},
		{"unknown", "curl/8", none, reader, []string{phone, noCards}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDesk(t)
			as := map[string]string{"User-Agent": test.agent}
			link := d.assign(directory.PIN)
			page := textOf(t, d.ask(request{method: "GET", path: link.path(), header: as}).Body.String())
			if !strings.Contains(page, test.says) {
				t.Errorf("the activation page does not say %q", test.says)
			}
			for _, words := range test.saysNot {
				if strings.Contains(page, words) {
					t.Errorf("the activation page says %q, which is for others", words)
				}
			}
			pin := d.enrolled()
			page = textOf(t, d.ask(request{method: "GET", path: pin.path(), header: as}).Body.String())
			if folded := strings.Contains(page, "I have another computer at hand"); folded != test.foldedIn {
				t.Errorf("that another computer is needed is said: %t, want %t", folded, test.foldedIn)
			}
			page = textOf(t, d.ask(request{method: "POST", path: pin.path() + "/show", header: as}).Body.String())
			at := strings.Index(page, test.first)
			for _, other := range []string{onWindows, chrome, none} {
				if other != test.first && at >= 0 && strings.Contains(page[:at], other) {
					t.Errorf("%q comes before %q", other, test.first)
				}
			}
			if at < 0 || !strings.Contains(page, onWindows) {
				t.Errorf("the page of the PIN does not say %q and how it is done on Windows:\n%s", test.first, page)
			}
		})
	}
}
