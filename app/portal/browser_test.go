package portal_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
	"go.uber.org/goleak"

	"tapstation/app/directory"
	"tapstation/app/portal"
)

// chromium is the one browser of all tests, started by the first that needs it.
var chromium struct {
	once   sync.Once
	ctx    context.Context
	folder string
	close  func()
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(withBrowser{m}) }

// withBrowser ends the browser after the tests and before the search for goroutines.
type withBrowser struct{ *testing.M }

func (m withBrowser) Run() int {
	status := m.M.Run()
	if chromium.close != nil {
		chromium.close()
	}
	return status
}

// startChromium starts a browser that reaches nothing but this machine.
func startChromium() {
	folder, err := os.MkdirTemp("", "portal-chromium-")
	if err != nil {
		panic(err)
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(folder),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE localhost"),
		chromedp.Flag("force-color-profile", "srgb"),
	)...)
	ctx, cancel := chromedp.NewContext(allocator)
	chromium.ctx, chromium.folder = ctx, folder
	chromium.close = func() {
		_ = chromedp.Cancel(ctx) // it is thrown away with its folder
		cancel()
		stop()
		_ = os.RemoveAll(folder)
	}
	if err := chromedp.Do(ctx); err != nil {
		panic(fmt.Sprintf("start Chromium: %v", err))
	}
}

// tab is a page in a browser of its own person: nothing is shared with other tabs but by child.
type tab struct {
	t      testing.TB
	ctx    context.Context
	origin string // all that it may ask

	mu       sync.Mutex
	asked    []*network.Request
	trouble  []string
	expected []string // trouble that a test makes on purpose
}

// newTab opens one on the desk's portal, which is served from here on, and keeps watch over what it does.
func (d *desk) newTab() *tab {
	d.t.Helper()
	chromium.once.Do(startChromium)
	ctx, cancel := chromedp.NewContext(chromium.ctx, chromedp.WithNewBrowserContext())
	d.t.Cleanup(cancel)
	return d.watch(ctx)
}

// child is another tab of the same person.
func (b *tab) child(d *desk) *tab {
	d.t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx)
	d.t.Cleanup(cancel)
	return d.watch(ctx)
}

func (d *desk) watch(ctx context.Context) *tab {
	d.t.Helper()
	b := &tab{t: d.t, ctx: ctx, origin: d.serve()}
	if err := chromedp.Do(ctx); err != nil { // opens it: from here on its life is no matter of ours
		d.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	d.t.Cleanup(cancel)
	b.ctx = ctx
	if err := chromedp.Listen(ctx, b.see); err != nil {
		d.t.Fatal(err)
	}
	order(b, network.Enable, network.EnableParams{})
	order(b, log.Enable, cdp.Empty{})
	order(b, runtime.Enable, cdp.Empty{})
	d.t.Cleanup(b.behaved)
	return b
}

// see notes what must not be.
func (b *tab) see(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		b.asked = append(b.asked, e.Request)
	case *log.EventEntryAdded:
		// That a request was answered with an error status is the page's to handle.
		if e.Entry.Source != log.EntrySourceNetwork {
			b.trouble = append(b.trouble, fmt.Sprintf("%s: %s", e.Entry.Source, e.Entry.Text))
		}
	case *runtime.EventConsoleAPICalled:
		b.trouble = append(b.trouble, fmt.Sprintf("console: %s", e.Type))
	case *runtime.EventExceptionThrown:
		b.trouble = append(b.trouble, fmt.Sprintf("exception: %s", e.ExceptionDetails.Text))
	}
}

// behaved checks that nothing was asked of anybody else, nothing told where it came from, and nothing broke the policy.
func (b *tab) behaved() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range b.asked {
		if u, err := url.Parse(r.URL); err != nil || u.Scheme+"://"+u.Host != b.origin {
			b.t.Errorf("the page asked %s, want nothing but %s", r.URL, b.origin)
		}
		for name, value := range r.Headers {
			if strings.EqualFold(name, "Referer") && value != "" {
				b.t.Errorf("the request to %s told its referrer, %v", r.URL, value)
			}
		}
	}
	for _, s := range b.trouble {
		if !containsAny(s, b.expected) {
			b.t.Errorf("the browser complained: %s", s)
		}
	}
}

func containsAny(s string, parts []string) bool {
	for _, p := range parts {
		if strings.Contains(s, p) {
			return true
		}
	}
	return false
}

func (b *tab) run(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.t.Fatalf("in the browser: %v\nthe page says:\n%s", err, b.page())
	}
}

// page is what the page says, as far as it can be asked.
func (b *tab) page() string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(b.ctx), 5*time.Second)
	defer cancel()
	said, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector("main").innerText`))
	if err != nil {
		return err.Error()
	}
	return said
}

// order sends a command of the protocol.
func order[P, R any](b *tab, command cdp.Command[P, R], params P) R {
	b.t.Helper()
	res, err := chromedp.Call(b.ctx, command, params)
	if err != nil {
		b.t.Fatalf("order the browser: %v", err)
	}
	return res
}

// eval is the value of a script.
func eval[T any](b *tab, script string) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](script))
	if err != nil {
		b.t.Fatalf("evaluate %s: %v", script, err)
	}
	return value
}

// open goes to a page of the portal.
func (b *tab) open(path string) {
	b.t.Helper()
	b.run(chromedp.Navigate(b.origin+path), chromedp.WaitVisible(chromedp.CSS("h1")))
}

// says waits until the page's main part says something, however often it is loaded anew meanwhile.
func (b *tab) says(words string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
	defer cancel()
	script := fmt.Sprintf(`(document.querySelector("main")?.innerText ?? "").includes(%q)`, words)
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		// While a page gives way to the next nobody can be asked.
		if said, err := chromedp.Run(ctx, chromedp.Evaluate[bool](script)); err == nil && said {
			return
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			b.t.Fatalf("the page does not come to say %q; it says:\n%s", words, b.page())
		}
	}
}

// press activates what a selector finds, with the keyboard.
func (b *tab) press(selector chromedp.CSS) {
	b.t.Helper()
	b.run(chromedp.WaitVisible(selector), chromedp.Focus(selector), chromedp.KeyEvent("\r"))
}

// authenticator gives the tab a key in software.
func (b *tab) authenticator(o webauthn.VirtualAuthenticatorOptions) webauthn.AuthenticatorID {
	b.t.Helper()
	order(b, webauthn.Enable, webauthn.EnableParams{})
	return order(b, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &o}).AuthenticatorID
}

// card is an authenticator on a reader, with a PIN or without.
func card(pin bool) webauthn.VirtualAuthenticatorOptions {
	return webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Ctap2version: webauthn.Ctap2versionCtap21,
		Transport: webauthn.AuthenticatorTransportNfc, HasResidentKey: true, HasUserVerification: pin, IsUserVerified: pin,
		AutomaticPresenceSimulation: true,
	}
}

// credentials are those on an authenticator.
func (b *tab) credentials(id webauthn.AuthenticatorID) []*webauthn.Credential {
	b.t.Helper()
	return order(b, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: id}).Credentials
}

// withoutScripts is a browser whose person has turned JavaScript off.
func (b *tab) withoutScripts() {
	b.t.Helper()
	order(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
}

// serve serves the desk's portal on this machine until the test ends, and tells its origin. The relying party is that.
func (d *desk) serve() string {
	d.t.Helper()
	if d.origin != "" {
		return d.origin
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready := make(chan string, 1)
	done := make(chan error, 1)
	go func() {
		done <- d.portal.Run(ctx, portal.Listen{Address: "127.0.0.1:0", Ready: func(url string) { ready <- url }})
	}()
	select {
	case d.origin = <-ready:
	case err := <-done:
		d.t.Fatalf("serve the portal: %v", err)
	}
	d.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			d.t.Errorf("the portal ended with %v", err)
		}
	})
	d.settings(func(w *directory.Workspace) { w.RPID, w.Portal.URL = "localhost", d.origin })
	return d.origin
}
