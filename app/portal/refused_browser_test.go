package portal_test

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/webauthn"

	"tapstation/app/directory"
)

// TestLinkThatIsOverGetsAPlainPage opens in a browser what a person may still have in their mail.
func TestLinkThatIsOverGetsAPlainPage(t *testing.T) {
	for _, test := range []struct {
		name string
		do   func(d *desk, link ticket) (path string)
		says string
	}{
		{"expired", func(d *desk, link ticket) string {
			d.wait(8 * 24 * time.Hour)
			return link.path()
		}, "This link or code has run out"},
		{"withdrawn", func(d *desk, link ticket) string {
			if _, err := d.tickets.Withdraw(d.t.Context(), by, link.key.ID); err != nil {
				d.t.Fatal(err)
			}
			return link.path()
		}, "This link was withdrawn"},
		{"of a deleted user", func(d *desk, link ticket) string {
			if err := d.dir.DeleteUser(d.t.Context(), by, "ada"); err != nil {
				d.t.Fatal(err)
			}
			return link.path()
		}, "withdrawn"},
		{"mistyped", func(_ *desk, link ticket) string {
			end := "A"
			if strings.HasSuffix(link.token, "A") {
				end = "Q"
			}
			return link.place + link.token[:len(link.token)-1] + end
		}, "This link or page does not exist"},
		{"cut off", func(_ *desk, link ticket) string { return link.path()[:30] }, "This link or page does not exist"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDesk(t)
			b := d.newTab()
			path := test.do(d, d.assign(directory.PIN))
			before := d.stored()
			b.open(path)
			b.says(test.says)
			if n := eval[int](b, `document.querySelectorAll("button, form").length`); n > 1 {
				t.Errorf("the page has %d buttons and forms, want at most the way to a code", n)
			}
			if d.stored() != before {
				t.Error("opening the link changed something")
			}
		})
	}
}

// TestKeyThatDoesNotFitIsNotTaken: what the key does not do is found before anything is kept, and another key may come.
func TestKeyThatDoesNotFitIsNotTaken(t *testing.T) {
	d := newDesk(t)
	b := d.newTab()
	link := d.assign(directory.PIN)
	wrong := b.authenticator(card(false))
	b.open(link.path())
	before := d.stored()
	b.press("#start")
	b.says("Nothing was activated")
	if k := d.key(link.key.ID); k.State != directory.Pending || d.stored() != before {
		t.Fatalf("after a key that verifies nobody the key is %s, want it pending and nothing changed", k.State)
	}
	order(b, webauthn.RemoveVirtualAuthenticator, webauthn.RemoveVirtualAuthenticatorParams{AuthenticatorID: wrong})
	b.authenticator(card(true))
	b.press("#start")
	b.says("Your card is active")
}

// TestTwoTabsActivateOnce: the button is pressed in two tabs at once.
func TestTwoTabsActivateOnce(t *testing.T) {
	d := newDesk(t)
	one := d.newTab()
	two := one.child(d)
	link := d.assign(directory.PIN)
	for _, b := range []*tab{one, two} {
		b.authenticator(card(true))
		b.open(link.path())
	}
	for _, b := range []*tab{one, two} {
		eval[bool](b, `document.querySelector("#start").click(); true`)
	}
	deadline := time.Now().Add(20 * time.Second)
	active, over := 0, 0
	for active+over < 2 && time.Now().Before(deadline) {
		active, over = 0, 0
		for _, b := range []*tab{one, two} {
			switch said := b.page(); {
			case strings.Contains(said, "Your card is active"):
				active++
			case strings.Contains(said, "This link was used already"):
				over++
			}
		}
	}
	if active != 1 || over != 1 {
		t.Errorf("%d tabs say that the card is active and %d that the link was used, want one of each", active, over)
	}
}

// TestWithoutScriptsThePageOffersTheCode: all but the one act works without JavaScript.
func TestWithoutScriptsThePageOffersTheCode(t *testing.T) {
	d := newDesk(t)
	b := d.newTab()
	link := d.assign(directory.PIN)
	b.withoutScripts()
	b.open(link.path())
	page := b.page()
	for _, words := range []string{"Activate your card", "JavaScript", link.code} {
		if !strings.Contains(page, words) {
			t.Errorf("without JavaScript the page does not say %q; it says:\n%s", words, page)
		}
	}
}
