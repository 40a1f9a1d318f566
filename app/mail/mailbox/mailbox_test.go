package mailbox_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tapstation/app/directory"
	"tapstation/app/mail/letter"
	"tapstation/app/mail/mailbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// run is a mailbox that runs until the test is over, and where it takes mail.
func run(t *testing.T, b *mailbox.Mailbox) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var served sync.WaitGroup
	served.Go(func() {
		if err := b.Run(ctx, l); err != nil {
			t.Errorf("Run: %v, want it to end with its context", err)
		}
	})
	t.Cleanup(func() { cancel(); served.Wait() })
	return l.Addr().String()
}

var begin = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// activation is a real letter.
func activation(t *testing.T) []byte {
	t.Helper()
	w := directory.DefaultWorkspace()
	w.Name, w.Mail.From, w.Portal.URL = "Beispiel AG", "keys@example.org", "http://localhost:8470"
	raw, err := letter.Compose(letter.Letter{
		Kind: directory.ActivationMail, Language: "de", Workspace: w,
		User: directory.User{ID: "ada", FirstName: "Ada", LastName: "Löwe"}, Key: directory.SecurityKey{Name: "Karte", Verification: directory.PIN},
		Opening:   letter.Opening{Link: "http://localhost:8470/activate/TOKEN_-1", Code: "ABCDE-FGHJK", Expires: begin.AddDate(0, 0, 7), CodeExpires: begin.AddDate(0, 0, 2)},
		MessageID: "1@example.org", Date: begin, To: "ada@example.org",
	}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestDeliveredLetterIsRead(t *testing.T) {
	b := &mailbox.Mailbox{Now: func() time.Time { return begin }}
	address := run(t, b)
	_, changed := b.Mails()
	raw := activation(t)
	if err := smtp.SendMail(address, nil, "keys@example.org", []string{"ada@example.org"}, raw); err != nil {
		t.Fatal(err)
	}
	<-changed
	all, _ := b.Mails()
	if len(all) != 1 {
		t.Fatalf("there are %d mails, want the one that was delivered", len(all))
	}
	m := all[0]
	if m.Broken != nil || m.Number != 1 || !m.Arrived.Equal(begin) || m.EnvelopeFrom != "keys@example.org" || !slices.Equal(m.EnvelopeTo, []string{"ada@example.org"}) {
		t.Errorf("the mail arrived as %+v", m)
	}
	if !strings.Contains(m.From, "Beispiel AG <keys@example.org>") || !strings.Contains(m.To, "ada@example.org") || m.Subject == "" ||
		m.MessageID != "1@example.org" || !m.Date.Equal(begin) {
		t.Errorf("its head is read as %q, %q, %q, %q, %v", m.From, m.To, m.Subject, m.MessageID, m.Date)
	}
	if !strings.Contains(m.Text, "ABCDE-FGHJK") || strings.Contains(m.Text, "\r") || !strings.Contains(m.HTML, "<html") {
		t.Errorf("its text is %q, its HTML %d bytes, want both decoded", m.Text, len(m.HTML))
	}
	if got := m.Links(); !slices.Contains(got, "http://localhost:8470/activate/TOKEN_-1") {
		t.Errorf("its links are %q, want the one that activates", got)
	}
	var kinds []string
	for _, p := range m.Parts {
		kinds = append(kinds, p.Type)
	}
	if len(kinds) < 3 || kinds[0] != "multipart/alternative" || kinds[1] != "text/plain" || !slices.Contains(kinds, "text/html") {
		t.Errorf("its parts are %q, want text and HTML in one", kinds)
	}
}

func TestAddressThatIsNotHereIsRefused(t *testing.T) {
	b := &mailbox.Mailbox{Takes: func(to string) bool { return strings.HasSuffix(to, "@example.org") }}
	address := run(t, b)
	err := smtp.SendMail(address, nil, "keys@example.org", []string{"ada@example.com"}, activation(t))
	if err == nil || !strings.Contains(err.Error(), "550") {
		t.Errorf("mail to an address that is not here: %v, want 550", err)
	}
	if all, _ := b.Mails(); len(all) != 0 {
		t.Errorf("what was refused was kept: %+v", all)
	}
}

func TestOldestMailsGiveWay(t *testing.T) {
	b := &mailbox.Mailbox{}
	address := run(t, b)
	const n = mailbox.MaxMails + 3
	c, err := smtp.Dial(address)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		w, err := send(c)
		if err != nil {
			t.Fatal(err)
		}
		_, err = fmt.Fprintf(w, "Subject: %d\r\n\r\nhello\r\n", i+1)
		if err := errors.Join(err, w.Close()); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Quit(); err != nil {
		t.Fatal(err)
	}
	all, _ := b.Mails()
	if len(all) != mailbox.MaxMails || all[0].Subject != fmt.Sprint(n) || all[len(all)-1].Number != 4 {
		t.Errorf("after %d mails there are %d, from %q down to number %d, want the last %d", n, len(all), all[0].Subject, all[len(all)-1].Number, mailbox.MaxMails)
	}
}

func send(c *smtp.Client) (interface {
	Write([]byte) (int, error)
	Close() error
}, error) {
	if err := errors.Join(c.Mail("keys@example.org"), c.Rcpt("ada@example.org")); err != nil {
		return nil, err
	}
	return c.Data()
}

func TestMailThatIsTooLargeIsRefused(t *testing.T) {
	b := &mailbox.Mailbox{}
	address := run(t, b)
	huge := append([]byte("Subject: huge\r\n\r\n"), strings.Repeat("a line that says nothing at all\r\n", mailbox.MaxMail/30)...)
	if err := smtp.SendMail(address, nil, "keys@example.org", []string{"ada@example.org"}, huge); err == nil {
		t.Error("a mail beyond the limit is taken, want it refused")
	}
	if all, _ := b.Mails(); len(all) != 0 {
		t.Errorf("it was kept: %d mails", len(all))
	}
}
