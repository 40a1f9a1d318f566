package portal_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"tapstation/app/directory"
)

// TestWhoIsNotVerifiedTriesAgain: the PIN is not typed, or the window closed, which browsers do not tell apart; at the
// second press it works.
func TestWhoIsNotVerifiedTriesAgain(t *testing.T) {
	d := newDesk(t)
	b := d.newTab()
	link := d.assign(directory.PIN)
	careless := card(true)
	careless.IsUserVerified = false
	key := b.authenticator(careless)
	b.open(link.path())
	before := d.stored()
	b.press("#start")
	b.says("The window was closed, it took too long, or nothing was found on the reader.")
	if label := eval[string](b, `document.querySelector("#start").textContent`); label != "Try again" {
		t.Errorf("the button says %q, want Try again", label)
	}
	if focused := eval[string](b, "document.activeElement.id"); focused != "problem-cancelled" {
		t.Errorf("the focus is on %q, want it on what is said, so that it is read out", focused)
	}
	if k := d.key(link.key.ID); k.State != directory.Pending || d.stored() != before {
		t.Errorf("the key is %s, want it pending and nothing changed", k.State)
	}
	order(b, webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{AuthenticatorID: key, IsUserVerified: true})
	b.press("#start")
	b.says("Your card is active")
}

// TestMistakeOfOursIsNotCalledALostConnection: the portal itself fails once, and the person is told to try again.
func TestMistakeOfOursIsNotCalledALostConnection(t *testing.T) {
	d := newDesk(t)
	store := &brokenStore{Store: d.dir.Store, says: "broken"}
	d.dir.Store = store
	b := d.newTab()
	link := d.assign(directory.PIN)
	b.authenticator(card(true))
	b.open(link.path())
	store.panics.Store(1)
	b.press("#start")
	b.says("That did not work.")
	b.press("#start")
	b.says("Your card is active")
}

// TestCardThatIsActiveAlreadyIsTold: the second link is for the second card.
func TestCardThatIsActiveAlreadyIsTold(t *testing.T) {
	d := newDesk(t)
	b := d.newTab()
	one, two := d.assign(directory.PIN), d.assign(directory.PIN)
	first := b.authenticator(card(true))
	b.open(one.path())
	b.press("#start")
	b.says("Your card is active")
	b.open(two.path())
	b.press("#start")
	b.says("This card or key is yours and active already.")
	if k := d.key(two.key.ID); k.State != directory.Pending {
		t.Errorf("the second key is %s, want it pending", k.State)
	}
	order(b, webauthn.RemoveVirtualAuthenticator, webauthn.RemoveVirtualAuthenticatorParams{AuthenticatorID: first})
	b.authenticator(card(true))
	b.press("#start")
	b.says("Your card is active")
}

// TestKeyboardAloneActivatesByCode types a code, mistypes it first, and touches no mouse.
func TestKeyboardAloneActivatesByCode(t *testing.T) {
	d := newDesk(t)
	b := d.newTab()
	link := d.assign(directory.PIN)
	b.authenticator(card(true))
	b.open("/")
	if focused := eval[string](b, "document.activeElement.id"); focused != "code" {
		t.Fatalf("on the first page the focus is on %q, want it where the code is typed", focused)
	}
	b.run(chromedp.KeyEvent("22222-22222\r"))
	b.says("This code does not open anything.")
	if typed := eval[string](b, `document.querySelector("#code").value`); typed != "22222-22222" {
		t.Errorf("what was mistyped is now %q, want it left to be mended", typed)
	}
	b.run(chromedp.KeyEvent(kb.End + strings.Repeat(kb.Backspace, 11) + strings.ToLower(link.code) + "\r"))
	b.says("Activate your card")
	if at := eval[string](b, "location.href"); strings.Contains(at, link.token) {
		t.Errorf("the address %s has the link's token in it", at)
	}
	b.tabTo("#start")
	b.run(chromedp.KeyEvent("\r"))
	b.says("Your card is active")
}

// tabTo goes with the tabulator key from the top of the page to what a selector finds, and checks that it can be seen
// where the focus is.
func (b *tab) tabTo(selector string) {
	b.t.Helper()
	for range 30 {
		b.run(chromedp.KeyEvent("\t"))
		where := eval[string](b, `document.activeElement.outerHTML.slice(0, 80)`)
		if outline := eval[string](b, `getComputedStyle(document.activeElement).outlineStyle`); outline == "none" {
			b.t.Errorf("nobody sees that the focus is on %s", where)
		}
		if eval[bool](b, fmt.Sprintf(`document.activeElement.matches(%q)`, selector)) {
			return
		}
	}
	b.t.Fatalf("the tabulator key does not lead to %s", selector)
}

// TestCodeTypedWithoutScriptsIsGoneOnWithThem: the form needs none, and the page that it leads to says what does.
func TestCodeTypedWithoutScriptsIsGoneOnWithThem(t *testing.T) {
	d := newDesk(t)
	b := d.newTab()
	link := d.assign(directory.PIN)
	b.authenticator(card(true))
	b.withoutScripts()
	b.open("/")
	b.run(chromedp.SendKeys(chromedp.CSS("#code"), link.code), chromedp.Click(chromedp.CSS("main button")))
	b.says("This page cannot activate it with JavaScript turned off.")
	order(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{})
	b.run(chromedp.Reload())
	b.press("#start")
	b.says("Your card is active")
}

// TestPINPageShowsItOnce goes through the page as a person with a Windows computer.
func TestPINPageShowsItOnce(t *testing.T) {
	d := newDesk(t)
	b := d.newTab()
	pin := d.enrolled()
	b.agent("Mozilla/5.0 (Windows NT 10.0; Win64; x64)")
	b.withoutScripts() // it needs none
	b.open(pin.path())
	b.says("Show the temporary PIN")
	b.tabTo("form[action$='/show'] button")
	b.run(chromedp.KeyEvent("\r"))
	b.says(temporaryPIN)
	b.says("Open Settings, then Accounts, then Sign-in options.")
	other := b.child(d)
	other.open(pin.path())
	other.says("The temporary PIN was shown on")
	if page := other.page(); strings.Contains(page, temporaryPIN) || strings.Contains(page, "Show the temporary PIN") {
		t.Errorf("in another tab it is shown again:\n%s", page)
	}
	b.tabTo("form[action$='/chosen'] button")
	b.run(chromedp.KeyEvent("\r"))
	b.says("Your PIN is set")
	if k := d.key(pin.key.ID); k.TemporaryPIN || k.SealedPIN != nil {
		t.Errorf("afterwards the PIN of the key counts as temporary: %t, kept: %t", k.TemporaryPIN, k.SealedPIN != nil)
	}
	other.run(chromedp.Reload())
	other.says("This link was used already")
}

// agent has the browser say that it is another.
func (b *tab) agent(is string) {
	b.t.Helper()
	order(b, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: is})
}

// TestPagesFitAPhone looks at every page, in both languages and with long names, 390 and 320 units wide: nothing has to be
// scrolled sideways or is cut off, and what is pressed is large enough for a thumb.
func TestPagesFitAPhone(t *testing.T) {
	d := newDesk(t)
	b := d.newTab()
	d.settings(func(w *directory.Workspace) {
		w.Name, w.DriverLink = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft", "https://driver.example"
	})
	activation, pin := d.assign(directory.PIN), d.enrolled()
	if _, err := d.dir.RenameKey(t.Context(), by, activation.key.ID, strings.Repeat("W", 60)); err != nil {
		t.Fatal(err)
	}
	b.agent("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X)")
	b.authenticator(card(true))
	fits := func(what string) {
		t.Helper()
		for _, width := range []int64{390, 320} {
			order(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 844, DeviceScaleFactor: 2, Mobile: true})
			if wide := eval[[]string](b, fmt.Sprintf(`(() => {
				const out = [];
				if (document.documentElement.scrollWidth > %[1]d) out.push("the page");
				for (const e of document.querySelectorAll("body *")) {
					const at = e.getBoundingClientRect();
					if (at.width && (at.right > %[1]d + 0.5 || at.left < -0.5)) out.push(e.outerHTML.slice(0, 80));
				}
				return out;
			})()`, width)); len(wide) > 0 {
				t.Errorf("%s, %d wide: these do not fit: %q", what, width, wide)
			}
			if small := eval[[]string](b, `[...document.querySelectorAll("button, input, summary, nav a")].filter((e) => {
				const at = e.getBoundingClientRect(); return at.width && at.height < 40;
			}).map((e) => e.outerHTML.slice(0, 80))`); len(small) > 0 {
				t.Errorf("%s, %d wide: these are too small for a thumb: %q", what, width, small)
			}
		}
	}
	for _, language := range []string{"en", "de"} {
		for _, path := range []string{"/", activation.path(), pin.path(), "/nothing"} {
			b.open(path + "?lang=" + language)
			eval[int](b, `document.querySelectorAll("details").forEach((e) => e.open = true), document.querySelectorAll("[hidden]").forEach((e) => e.hidden = false), 0`)
			fits(path[:min(len(path), 6)] + " in " + language)
		}
	}
	eval[bool](b, `location.href = "`+pin.path()+`?lang=de"; true`)
	b.says("Wählen Sie Ihre PIN")
	eval[int](b, `document.querySelectorAll("details").forEach((e) => e.open = true), 0`)
	b.press("form[action*='/show'] button")
	b.says(temporaryPIN)
	eval[int](b, `document.querySelectorAll("details").forEach((e) => e.open = true), 0`)
	fits("the temporary PIN")
	b.press("form[action*='/chosen'] button")
	b.says("Ihre PIN ist gesetzt")
	fits("the chosen PIN")
	b.open(activation.path())
	b.press("#start")
	b.says("Your card is active")
	fits("the active card")
}
