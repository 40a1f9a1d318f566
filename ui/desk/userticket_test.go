package desk

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"tapstation/app/activation"
	"tapstation/app/directory"
	"tapstation/device/virtual"
	"tapstation/ui/tap"
	"tapstation/ui/widget"
)

// setUpMail sets mail and the pages behind the links up, as nobody listens to.
func (b *bench) setUpMail(v directory.Verification) {
	b.t.Helper()
	err := b.store.Update(b.t.Context(), func(tx directory.Tx) error {
		w := directory.DefaultWorkspace()
		w.Mail.Host, w.Mail.From, w.Portal.URL, w.Verification = "localhost", "keys@example.org", "https://localhost", v
		return tx.PutWorkspace(w)
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// assigned gives u000 a pending key by mail, and opens their page.
func assigned(t *testing.T) (*bench, *virtual.Reader, *userPage, directory.SecurityKey) {
	t.Helper()
	b, reader := queueBench(t, 2)
	b.setUpMail(directory.PINless)
	k, err := b.station.Activation.Assign(t.Context(), activation.Assignment{UserID: "u000", KeyName: "Blue", Actor: "os:test"})
	if err != nil {
		t.Fatal(err)
	}
	b.ShowUser("u000")
	p, _ := b.page.(*userPage)
	b.until("the user", func() bool { return p.state.Known })
	return b, reader, p, k
}

// opens tells whether what was copied opens the ticket of a key.
func (b *bench) opens(copied, keyID string) error {
	o, err := opened(b.t.Context(), b.station.Activation, "test", copied)
	if err == nil && o.Key.ID != keyID {
		err = fmt.Errorf("it opens %q", o.Key.ID)
	}
	return err
}

func TestPendingKeyShowsItsMailAndWhatCanBeDone(t *testing.T) {
	b, _, p, k := assigned(t)
	w := p.state.Waiting[k.ID]
	for _, words := range []string{"Pending", "Waiting to be sent to u000@example.org", linkSign(w, b.now()).Word} {
		if !b.says(words) {
			t.Errorf("the page does not say %q", words)
		}
	}

	b.tap("Copy link: “Blue”")
	b.done(p)
	link := b.app.Clipboard().Content()
	if err := b.opens(link, k.ID); err != nil || !strings.HasPrefix(link, "https://localhost/activate/") {
		t.Errorf("the link copied does not open the ticket: %v", err)
	}
	b.tap("Copy code: “Blue”")
	b.until("the code", func() bool { return strings.Contains(p.state.Said, b.app.Clipboard().Content()) })
	code := b.app.Clipboard().Content()
	if err := b.opens(code, k.ID); err != nil {
		t.Errorf("the code copied does not open the ticket: %v", err)
	}

	b.tap("Send again: “Blue”")
	b.until("what is said", func() bool { return strings.HasPrefix(p.state.Said, "A new mail goes to u000@example.org.") })
	for _, old := range []string{link, code} {
		if err := b.opens(old, k.ID); !errors.Is(err, directory.ErrTicketWithdrawn) {
			t.Errorf("after a new mail the old one opens the ticket: %v, want that it is withdrawn", err)
		}
	}
}

func TestPendingKeyIsWithdrawnAfterAQuestion(t *testing.T) {
	b, _, p, k := assigned(t)
	b.tap("Withdraw: “Blue”")
	if !b.says("Withdraw “Blue”?") {
		t.Fatal("it does not ask")
	}
	b.press(fyne.KeyReturn) // the safe choice
	if b.question != nil || p.state.Doing {
		t.Fatal("the safe choice does not have the focus")
	}
	b.tap("Withdraw: “Blue”")
	b.tap("Withdraw")
	b.done(p)
	b.until("the state", func() bool { k, _ := p.state.key(k.ID); return k.State == directory.Revoked })
	if widget.Find[*widget.Button](b.Page(), "Send again: “Blue”") != nil {
		t.Error("a withdrawn key can be mailed again")
	}
}

func TestPendingKeyIsActivatedNow(t *testing.T) {
	b, reader, p, k := assigned(t)
	b.tap("Activate now: “Blue”")
	tapped, ok := b.page.(*cardPage)
	if !ok {
		t.Fatalf("%T is shown, want the page of the tap", b.page)
	}
	reader.Insert(blankCard(t, 1))
	b.until("the end", func() bool { return tapped.stand.Ceremony.State().Phase == tap.Enrolled })
	b.press(fyne.KeyReturn)
	b.until("the user again", func() bool {
		return b.page == page(p) && len(p.state.Keys) == 1 && p.state.Keys[0].State == directory.Active
	})
	if got := p.state.Keys[0]; got.ID != k.ID || got.Name != "Blue" {
		t.Errorf("active is %q (%s), want the key that was pending", got.Name, got.ID)
	}
	if len(p.state.Waiting) != 0 || b.says("Valid until") {
		t.Error("the key still waits for its user")
	}
}

func TestMailIsSeenToLeave(t *testing.T) {
	b, _, p, k := assigned(t)
	m := *p.state.Waiting[k.ID].Message
	m.State, m.Done, m.Attempts = directory.Failed, b.now(), 3
	m.Answer = "550 5.1.1 no such mailbox"
	if err := b.store.Update(t.Context(), func(tx directory.Tx) error { return tx.PutMessage(m) }); err != nil {
		t.Fatal(err)
	}
	focused := widget.Find[*widget.Button](b.Page(), "Copy code: “Blue”")
	b.focusOn(focused)
	b.pass()
	b.until("the mail", func() bool { return p.state.Waiting[k.ID].Message.State == directory.Failed })
	if answer := widget.Find[*widget.Copyable](b.Page(), "Mail server"); answer == nil || answer.Text() != m.Answer {
		t.Error("the server's answer is not there to be copied")
	}
	if now := b.window.Canvas().Focused(); now != fyne.Focusable(widget.Find[*widget.Button](b.Page(), "Copy code: “Blue”")) {
		t.Errorf("the focus is on %v, want that it stays where it was", now)
	}
	if p.state.mailing() {
		t.Error("it goes on looking for a mail that has its end")
	}
}

func TestWhereAMailStandsIsSaid(t *testing.T) {
	at := time.Date(2026, 3, 4, 5, 6, 0, 0, time.Local)
	for _, c := range []struct {
		message *directory.Message
		want    string
	}{
		{nil, "No mail was sent"},
		{&directory.Message{State: directory.Queued}, "Waiting to be sent to ada@example.org"},
		{&directory.Message{State: directory.Queued, Attempts: 2, Due: at.Add(5 * time.Minute)}, "Not sent yet. Next attempt: In 5 minutes, to ada@example.org"},
		{&directory.Message{State: directory.Sent, Done: at}, "Sent on 2026-03-04 05:06 to ada@example.org"},
		{&directory.Message{State: directory.Failed, Done: at}, "Could not be sent on 2026-03-04 05:06 to ada@example.org"},
		{&directory.Message{State: directory.Unconfirmed, Done: at}, "Perhaps sent on 2026-03-04 05:06, the answer was lost: to ada@example.org"},
		{&directory.Message{State: directory.Dropped, Done: at}, "Not sent to ada@example.org"},
	} {
		if c.message != nil {
			c.message.To = "ada@example.org"
		}
		if got := mailSign(activation.Waiting{Message: c.message}, at).Word; got != c.want {
			t.Errorf("%+v is told as %q, want %q", c.message, got, c.want)
		}
	}
}

func TestWhatMayBeDoneWithAKeyThatWaits(t *testing.T) {
	now := time.Now()
	open := activation.Waiting{Ticket: directory.Ticket{ID: "1", State: directory.Open, Expires: now.Add(time.Hour)}}
	expired := activation.Waiting{Ticket: directory.Ticket{ID: "1", State: directory.Open, Expires: now}}
	pending := directory.SecurityKey{State: directory.Pending, Kind: directory.Card}
	phone := directory.SecurityKey{State: directory.Pending, Kind: directory.Smartphone}
	temporary := directory.SecurityKey{State: directory.Active, Kind: directory.Card, TemporaryPIN: true}
	for _, c := range []struct {
		name     string
		key      directory.SecurityKey
		waiting  activation.Waiting
		role     directory.Role
		disabled bool
		want     string
	}{
		{"pending", pending, open, directory.Operator, false, "[activate resend copy_link copy_code withdraw]"},
		{"a link that ran out", pending, expired, directory.Operator, false, "[activate resend withdraw]"},
		{"no card", phone, open, directory.Owner, false, "[resend copy_link copy_code withdraw]"},
		{"of a disabled user", pending, open, directory.Owner, true, "[withdraw]"},
		{"for who only reads", pending, open, directory.Auditor, false, "[]"},
		{"temporary PIN", temporary, open, directory.Operator, false, "[pin resend copy_link copy_code]"},
		{"temporary PIN of a disabled user", temporary, open, directory.Operator, true, "[]"},
		{"active", directory.SecurityKey{State: directory.Active}, open, directory.Owner, false, "[]"},
	} {
		if got := fmt.Sprint(ticketActs(c.key, c.waiting, c.disabled, c.role.May, now)); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
