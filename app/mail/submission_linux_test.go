package mail_test

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset"
	"github.com/emersion/go-msgauth/dkim"

	"tapstation/app/directory"
	"tapstation/app/mail"
)

// submits has an office hand its mail to Postfix, with STARTTLS and a log-in.
func (o *office) submits(p *postfix) {
	o.t.Helper()
	o.setUp(p.port)
	o.workspace(func(w *directory.Workspace) {
		w.Mail.Security, w.Mail.Host, w.Mail.CA, w.Mail.User = directory.STARTTLS, "localhost", p.ca.pem, postfixUser
	})
	o.must(o.dir.SetSecret(o.t.Context(), by, directory.SMTPPassword, postfixPassword))
}

// parts are the texts of a message by their types.
func parts(t *testing.T, raw []byte) map[string]string {
	t.Helper()
	e, err := message.Read(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("what arrived does not parse: %v", err)
	}
	texts := map[string]string{}
	err = e.Walk(func(_ []int, part *message.Entity, err error) error {
		if err != nil {
			return err
		}
		kind, _, err := part.Header.ContentType()
		if err != nil || strings.HasPrefix(kind, "multipart/") {
			return err
		}
		text, err := io.ReadAll(part.Body)
		texts[kind] = string(text)
		return err
	})
	if err != nil {
		t.Fatalf("what arrived does not parse: %v", err)
	}
	return texts
}

// TestPostfixDeliversActivationAndPINMail is the whole way: queued, handed in, delivered into a mailbox, read there.
func TestPostfixDeliversActivationAndPINMail(t *testing.T) {
	p := newPostfix(t)
	o := newOffice(t, p.port)
	o.time = time.Now()
	o.submits(p)
	lookUp := o.signs("example.org", "station2026")
	o.users(2)
	_, err := o.dir.AddUser(t.Context(), by, directory.User{ID: "jürgen", FirstName: "Jürgen", Email: "jürgen@example.com"})
	o.must(err)
	o.assign("jürgen")
	card := directory.SecurityKey{ID: "card", UserID: "u0000", Name: "Blue card", Kind: directory.Card, State: directory.Active, Verification: directory.PIN,
		RPID: "example.org", Credential: directory.Credential{ID: []byte("c"), PublicKey: []byte{1}}, TemporaryPIN: true, Created: begin}
	o.update(func(tx directory.Tx) error {
		w, err := tx.Workspace()
		if err != nil {
			return err
		}
		u, err := tx.User("u0000")
		if err != nil {
			return err
		}
		if err := tx.PutKey(card); err != nil {
			return err
		}
		return o.tickets.QueuePINMail(tx, o.now().Add(time.Second), by, w, u, card)
	})
	o.later(2 * time.Second)
	r := o.deliver()
	if r.Sent != 4 || r.Trouble != nil {
		t.Fatalf("%+v (%v), want 4 sent", r, r.Trouble)
	}
	arrived := p.arrived(4)
	found := map[string]arrival{}
	for _, a := range arrived {
		found[a.id()] = a
	}
	if len(arrived) != 4 || len(found) != 4 {
		t.Errorf("%d mails arrived, %d different ones, want 4", len(arrived), len(found))
	}
	for _, m := range o.messages() {
		a := found[m.MessageID]
		texts := parts(t, a.content)
		opening, err := o.opening(m)
		o.must(err)
		for _, kind := range []string{"text/plain", "text/html"} {
			if !strings.Contains(texts[kind], opening.Link) || !strings.Contains(texts[kind], opening.Code) {
				t.Errorf("%s for %s has not link and code in its %s", m.Kind, m.UserID, kind)
			}
		}
		if way := map[directory.MessageKind]string{directory.ActivationMail: "/activate/", directory.PINMail: "/pin/"}[m.Kind]; !strings.Contains(opening.Link, way) {
			t.Errorf("the link in %s is %s, want %s in it", m.Kind, opening.Link, way)
		}
		if to := a.header.Get("To"); !strings.Contains(to, m.To) || a.to != m.To || m.To != m.UserID+"@example.com" {
			t.Errorf("%s for %s is to %q, and was delivered to %s", m.Kind, m.UserID, to, a.to)
		}
		signatures, err := dkim.VerifyWithOptions(bytes.NewReader(a.content), &dkim.VerifyOptions{LookupTXT: lookUp})
		if err != nil || len(signatures) != 1 || signatures[0].Err != nil || signatures[0].Domain != "example.org" {
			t.Errorf("the signature of %s: %+v, %v; want one of example.org that holds", m.Kind, signatures, err)
		}
		if received := a.header.Get("Received"); !strings.Contains(received, "ESMTPSA") && !strings.Contains(received, "UTF8SMTPSA") {
			t.Errorf("it was handed in as %q, want with TLS and a log-in (ESMTPSA)", received)
		}
	}
}

// TestPostfixSaysNo has it refuse the log-in, a recipient, and a sender that is not logged in.
func TestPostfixSaysNo(t *testing.T) {
	p := newPostfix(t)
	o := newOffice(t, p.port)
	o.time = time.Now()
	o.submits(p)
	o.must(o.dir.SetSecret(t.Context(), by, directory.SMTPPassword, "wrong"))
	o.users(2)
	if r := o.deliver(); r.Trouble == nil || r.Trouble.Kind != mail.AuthRefused || r.Waiting != 2 {
		t.Errorf("with a wrong password: %+v (%v), want the log-in refused", r, r.Trouble)
	}
	o.workspace(func(w *directory.Workspace) { w.Mail.User = "" })
	o.deliver()
	for _, m := range o.messages() {
		if m.State != directory.Failed || !strings.HasPrefix(m.Answer, "554 5.7.1 ") {
			t.Errorf("without a log-in: %s (%s), want the recipient refused", m.State, m.Answer)
		}
	}
	o.submits(p)
	for _, m := range o.messages() {
		if _, err := o.box.Retry(t.Context(), by, m.ID); err != nil {
			t.Fatal(err)
		}
	}
	if r := o.deliver(); r.Sent != 2 {
		t.Errorf("set right: %+v (%v), want both sent", r, r.Trouble)
	}
	if n := len(p.arrived(2)); n != 2 {
		t.Errorf("%d mails arrived, want 2", n)
	}
}

// TestKilledSenderHandsEachToPostfixOnce kills the program at random moments, as TestKilledSenderSendsEachOnce does; a
// thousand mails with TAPSTATION_SOAK.
func TestKilledSenderHandsEachToPostfixOnce(t *testing.T) {
	mails := 200
	if os.Getenv("TAPSTATION_SOAK") != "" {
		mails = 1000
	}
	p := newPostfix(t)
	folder := t.TempDir()
	o := openOffice(t, folder)
	o.time = time.Now().Add(-time.Minute)
	o.submits(p)
	o.users(mails)
	kills, most := 0, mostKills(10)
	for killed := true; killed; {
		s := startSender(t, folder)
		if kills%2 > 0 {
			s.until(s.sent)
		}
		var err error
		if killed, err = s.killAfter(moment(kills < most)); err != nil {
			t.Fatal(err)
		}
		if killed {
			kills++
		}
	}
	var missing []string
	states := map[directory.MessageState]int{}
	n := 0
	for _, m := range o.messages() {
		if states[m.State]++; m.State == directory.Sent {
			n++
		}
	}
	times := byID(p.arrived(n))
	for _, m := range o.messages() {
		switch n := times[m.MessageID]; {
		case n == 0 && m.State == directory.Unconfirmed:
			missing = append(missing, m.ID)
		case n != 1:
			t.Errorf("%s (%s) arrived %d times, want once", m.MessageID, m.State, n)
		}
	}
	t.Logf("killed %d times: %v, of those unconfirmed %d had not arrived", kills, states, len(missing))
	if kills == 0 || len(missing) > states[directory.Unconfirmed] {
		t.Errorf("killed %d times, %d missing; want it killed more often, and nothing lost", kills, len(missing))
	}
}
