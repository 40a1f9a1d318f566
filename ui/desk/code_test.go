package desk

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"tapstation/app/activation"
	"tapstation/app/admin"
	"tapstation/app/directory"
	"tapstation/ui/tap"
	"tapstation/ui/widget"
)

// opening is what opens the ticket of a key.
func (b *bench) opening(keyID string) activation.Opening {
	b.t.Helper()
	o, err := b.station.Activation.Show(b.t.Context(), "os:test", keyID)
	if err != nil {
		b.t.Fatal(err)
	}
	return o
}

// code goes to the page for a code.
func (b *bench) code() *codePage {
	b.t.Helper()
	b.ShowCode()
	p, ok := b.page.(*codePage)
	if !ok {
		b.t.Fatalf("%T is shown, want the page for a code", b.page)
	}
	if b.window.Canvas().Focused() != fyne.Focusable(p.field.Entry) {
		b.t.Error("the cursor is not where the code goes")
	}
	return p
}

// looked waits for what was found.
func (b *bench) looked(p *codePage) {
	b.t.Helper()
	b.until("the answer", func() bool { return !p.state.Asking && (p.state.Opened != nil || p.state.Failed != nil) })
}

func TestCodeLeadsToTheTapAndWorksOnce(t *testing.T) {
	b, reader, _, k := assigned(t)
	code := b.opening(k.ID).Code
	p := b.code()
	b.write(code)
	b.press(fyne.KeyReturn)
	b.looked(p)
	for _, words := range []string{"A security key of User Number0 is to be activated", "u000", "Blue", "PINless"} {
		if !b.says(words) {
			t.Errorf("the page does not say %q", words)
		}
	}
	if p.state.Typed != "" || p.field.Text() != "" {
		t.Error("the code still stands there once it is looked up")
	}
	b.press(fyne.KeyReturn) // the way on has the focus
	tapped, ok := b.page.(*cardPage)
	if !ok {
		t.Fatalf("%T is shown, want the page of the tap", b.page)
	}
	reader.Insert(blankCard(t, 1))
	b.until("the end", func() bool { return tapped.stand.Ceremony.State().Phase == tap.Enrolled })
	if got, err := b.station.Directory.Key(t.Context(), k.ID); err != nil || got.State != directory.Active {
		t.Errorf("the key is %s (%v), want active", got.State, err)
	}
	b.press(fyne.KeyReturn)
	if b.page != page(p) || p.state.Opened != nil {
		t.Fatal("afterwards there is no room for the next code")
	}
	b.write(code)
	b.press(fyne.KeyReturn)
	b.looked(p)
	if !errors.Is(p.state.Failed, directory.ErrTicketUsed) ||
		!b.says("This link or code was used already. There is nothing more to do with it.") {
		t.Errorf("the second time it fails with %v, want that it was used", p.state.Failed)
	}
}

func TestScannedLinkIsTakenLikeACode(t *testing.T) {
	b, _, _, k := assigned(t)
	p := b.code()
	b.write(b.opening(k.ID).Link)
	b.press(fyne.KeyReturn)
	b.looked(p)
	if p.state.Opened == nil || p.state.Opened.Key.ID != k.ID {
		t.Fatalf("a link opens %+v (%v), want the key's ticket", p.state.Opened, p.state.Failed)
	}
	b.write("AAAAA-BBBBB") // scanned for the next, while the way on has the focus
	if p.state.Opened != nil || p.state.Typed != "AAAAA-BBBBB" {
		t.Errorf("the next code comes out as %q, want all of it, and nothing of the one before", p.state.Typed)
	}
	b.press(fyne.KeyEscape)
	if p.state.Typed != "" || b.window.Canvas().Focused() != fyne.Focusable(p.field.Entry) {
		t.Error("Escape does not make room for another code")
	}
}

func TestWhatAcodeIsNotIsSaidPlainly(t *testing.T) {
	b, _, _, k := assigned(t)
	p := b.code()
	fails := func(typed string, want error, words string) {
		t.Helper()
		p.clear()
		b.write(typed)
		b.press(fyne.KeyReturn)
		b.looked(p)
		if !errors.Is(p.state.Failed, want) || !b.says(words) {
			t.Errorf("%q fails with %v, want %v and %q", p.state.Typed, p.state.Failed, want, words)
		}
		if b.window.Canvas().Focused() != fyne.Focusable(p.field.Entry) {
			t.Error("the cursor is not where the next code goes")
		}
	}
	fails("AAAAA-BBBBB", activation.ErrWrongCode,
		"This code is not right. Compare it with the mail, or use the link in it. After a new mail only the new code works.")
	fails("https://localhost/activate/"+fmt.Sprintf("%043d", 0), directory.ErrNotFound,
		"This link is not known here. Copy it again, all of it, or use the code beside it.")
	code := b.opening(k.ID).Code
	if _, err := b.station.Activation.Withdraw(t.Context(), "os:test", k.ID); err != nil {
		t.Fatal(err)
	}
	fails(code, directory.ErrTicketWithdrawn,
		"This link or code was withdrawn. Use the one of the newest mail, or have a new one sent from the page of the user.")
	for range 100 {
		p.clear()
		b.write("AAAAA-CCCCC")
		b.press(fyne.KeyReturn)
		b.looked(p)
		if errors.Is(p.state.Failed, activation.ErrTooMany) {
			return
		}
	}
	t.Error("a hundred wrong codes are answered with the same patience")
}

func TestCodeThatRanOutIsSaidSo(t *testing.T) {
	b, _, _, k := assigned(t)
	link := b.opening(k.ID).Link
	w, err := b.station.Activation.Waiting(t.Context(), k.ID)
	if err != nil {
		t.Fatal(err)
	}
	w.Ticket.Expires = time.Now().Add(-time.Minute)
	if err := b.store.Update(t.Context(), func(tx directory.Tx) error { return tx.PutTicket(w.Ticket) }); err != nil {
		t.Fatal(err)
	}
	p := b.code()
	b.write(link)
	b.press(fyne.KeyReturn)
	b.looked(p)
	if !errors.Is(p.state.Failed, directory.ErrTicketExpired) || !b.says("This link or code has run out. Send a new mail from the page of the user.") {
		t.Errorf("it fails with %v, want that it has run out", p.state.Failed)
	}
}

func TestHolderOfATemporaryPINChoosesTheirOwn(t *testing.T) {
	b, reader := queueBench(t, 1)
	b.setUpMail(directory.PIN)
	b.station.Enroller.PINMail = b.station.Activation
	b.ShowUser("u000")
	user, _ := b.page.(*userPage)
	b.until("the user", func() bool { return user.state.Known })
	b.tap("Assign security key")
	b.until("what the keys are by default", func() bool { return b.Wizard().State().Suggested != "" })
	b.press(fyne.KeyReturn, fyne.KeyReturn)
	card := blankCard(t, 1)
	reader.Insert(card)
	b.until("the key", func() bool { return b.Wizard() != nil && b.Wizard().State().Key.ID != "" })
	b.press(fyne.KeyReturn)
	b.until("the user again", func() bool { return b.page == page(user) && len(user.state.Waiting) == 1 })
	k := user.state.Keys[0]
	if !k.TemporaryPIN || !b.says("PIN temporary") || !b.says("Mail about the PIN") {
		t.Fatalf("the page does not say that the PIN is temporary, and where its mail stands; the key is %+v", k)
	}
	reader.Remove()

	p := b.code()
	b.write(b.opening(k.ID).Code)
	b.press(fyne.KeyReturn)
	b.looked(p)
	if !b.says("User Number0 is to choose a PIN") {
		t.Error("it is not said what the code is for")
	}
	b.press(fyne.KeyReturn)
	tapped, ok := b.page.(*cardPage)
	if !ok {
		t.Fatalf("%T is shown, want the page of the tap", b.page)
	}
	reader.Insert(card)
	b.until("a new PIN", func() bool { return tapped.stand.Ceremony.State().Phase == tap.Asking })
	b.write("314159")
	b.window.Canvas().FocusNext()
	b.write("314159")
	b.press(fyne.KeyReturn)
	b.until("the end", func() bool { return tapped.stand.Ceremony.State().Phase == tap.Enrolled })
	if got, err := b.station.Directory.Key(t.Context(), k.ID); err != nil || got.TemporaryPIN || len(got.SealedPIN) > 0 {
		t.Errorf("the PIN is still temporary, or still kept (%v)", err)
	}
}

func TestPageForACodeIsOneKeyAwayForWhoMayEnroll(t *testing.T) {
	b := newBench(t, 2, withKeys, withAdmin("u000", directory.Auditor))
	b.listed()
	b.users.search.Entry.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyK, Modifier: fyne.KeyModifierShortcutDefault})
	if _, ok := b.page.(*codePage); !ok {
		t.Errorf("Ctrl+K leads to %T, want the page for a code", b.page)
	}
	b.open(keysPlace)
	b.ShowCode()
	if got := b.where(); got != keysPlace {
		t.Errorf("one is in %q, want still where one was", got)
	}
	b.press(fyne.KeyEscape)
	if _, ok := b.page.(*keysPage); !ok {
		t.Errorf("Escape leads to %T, want back", b.page)
	}
	b.ShowUsers()
	b.tap("Enter a code")
	if _, ok := b.page.(*codePage); !ok {
		t.Errorf("the button leads to %T, want the page for a code", b.page)
	}
	b.begin(admin.Session{UserID: "u000", Role: directory.Auditor})
	b.listed()
	b.ShowCode()
	if _, ok := b.page.(*codePage); ok || widget.Find[*widget.Button](b.Page(), "Enter a code") != nil {
		t.Error("an auditor is offered the page for a code")
	}
}

func TestLinkFromElsewhereIsShownOnceSomebodyHasLoggedIn(t *testing.T) {
	b, _, _, k := assigned(t)
	link := "tapstation://activate/" + tokenOf(t, b.opening(k.ID).Link)
	b.Follow(link)
	p, ok := b.page.(*codePage)
	if !ok {
		t.Fatalf("%T is shown, want the page for a code", b.page)
	}
	b.looked(p)
	if p.state.Opened == nil || p.state.Opened.Key.ID != k.ID {
		t.Fatalf("the link opens %+v (%v)", p.state.Opened, p.state.Failed)
	}
	b.ShowUsers()
	b.Lock()
	b.Follow(link)
	if _, ok := b.page.(*codePage); ok {
		t.Fatal("behind the lock the ticket is looked up")
	}
	b.logIn("u001", password)
	b.until("the page for a code", func() bool { return b.page == page(p) })
	b.looked(p)
	if p.state.Opened == nil || b.link != "" {
		t.Errorf("once unlocked it shows %v, and still keeps the link: %v", p.state.Failed, b.link != "")
	}
}

func TestLinkTheWindowWasOpenedWithAndThoseThatCome(t *testing.T) {
	b := newBench(t, 2, func(b *bench) { b.loggedOut = true })
	come := make(chan string)
	b.opts.Link = "tapstation://activate/x"
	b.opts.Links = func(ctx context.Context, heard func(string)) {
		for {
			select {
			case link := <-come:
				heard(link)
			case <-ctx.Done():
				return
			}
		}
	}
	b.listen()
	if b.link != b.opts.Link {
		t.Fatal("the link the window was opened with is not kept")
	}
	come <- "tapstation://activate/y"
	b.until("the link that came later", func() bool { return b.link == "tapstation://activate/y" })
	b.gated(LoginGate)
	b.logIn("u001", password)
	b.until("the page for a code", func() bool { _, ok := b.page.(*codePage); return ok })
	if p, _ := b.page.(*codePage); p.state.Typed != "tapstation://activate/y" {
		t.Errorf("looked up is %q, want the link that came last", p.state.Typed)
	}
}

func tokenOf(t *testing.T, link string) string {
	t.Helper()
	token, ok := activation.ParseLink(link)
	if !ok {
		t.Fatalf("%q is no link", link)
	}
	return token
}

func TestSomethingTypedIsNotLostToALink(t *testing.T) {
	b := newBench(t, 2)
	b.listed()
	b.NewUser()
	b.write("carol")
	b.Follow("tapstation://activate/x")
	if b.Wizard() == nil || !b.Wizard().State().Leaving {
		t.Error("a link threw away what was typed without asking")
	}
	if widget.Find[*widget.Button](b.Page(), "Keep typing") == nil {
		t.Error("there is no safe choice")
	}
}
