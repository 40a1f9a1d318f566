package desk

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"tapstation/app/directory"
	"tapstation/app/portal"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// postOffice is a mail server in this process, which keeps what it takes.
type postOffice struct {
	server *smtp.Server
	port   int
	refuse *smtp.SMTPError // of recipients; nil: none

	mu    sync.Mutex
	mails []string
}

func newPostOffice(t *testing.T, refuse *smtp.SMTPError) *postOffice {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o := &postOffice{port: port(t, l), refuse: refuse}
	o.server = smtp.NewServer(o)
	o.server.ReadTimeout, o.server.WriteTimeout = patience, patience
	var work sync.WaitGroup
	work.Go(func() { _ = o.server.Serve(l) }) // until Close
	t.Cleanup(func() {
		if err := o.server.Close(); err != nil {
			t.Error(err)
		}
		work.Wait()
	})
	return o
}

func port(t *testing.T, l net.Listener) int {
	t.Helper()
	at, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		t.Fatalf("%s is no TCP address", l.Addr())
	}
	return at.Port
}

func (o *postOffice) NewSession(*smtp.Conn) (smtp.Session, error) { return counter{o}, nil }

// counter is one conversation.
type counter struct{ office *postOffice }

func (counter) Reset()                               {}
func (counter) Logout() error                        { return nil }
func (counter) Mail(string, *smtp.MailOptions) error { return nil }

func (c counter) Rcpt(string, *smtp.RcptOptions) error {
	if c.office.refuse != nil {
		return c.office.refuse
	}
	return nil
}

func (c counter) Data(r io.Reader) error {
	content, err := io.ReadAll(r)
	c.office.mu.Lock()
	defer c.office.mu.Unlock()
	c.office.mails = append(c.office.mails, string(content))
	return err
}

func (o *postOffice) taken() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.mails
}

// sendBy has mail leave by a server on this machine.
func sendBy(port int, change func(*directory.MailSettings)) func(*bench) {
	return func(b *bench) {
		b.change(func(tx directory.Tx) error {
			w, err := tx.Workspace()
			if err != nil {
				return err
			}
			w.Mail = directory.MailSettings{Host: "127.0.0.1", Port: port, Security: directory.Plain, From: "keys@example.org"}
			w.Portal.URL = "http://localhost:8080"
			if change != nil {
				change(&w.Mail)
			}
			return tx.PutWorkspace(w)
		})
	}
}

// testMessage sends a test message and waits for what comes of it.
func (b *bench) testMessage(p *settingsPage) mailTestState {
	b.t.Helper()
	b.tap("Send a test message")
	b.until("the end of the test", func() bool { return p.test.state.Done })
	return p.test.state
}

func TestTestMessageIsSentAndTheServersAnswerShown(t *testing.T) {
	o := newPostOffice(t, nil)
	b := newBench(t, 1, sendBy(o.port, nil))
	p := b.settings(mailSection)
	if got := p.test.to.Text(); got != "u000@example.org" {
		t.Errorf("suggested is %q, want the admin's own address", got)
	}
	if s := b.testMessage(p); s.Err != nil {
		t.Fatalf("it fails: %v", s.Err)
	}
	if !b.says("The server has taken the message. Look whether it arrives at u000@example.org, and not in the junk mail.") {
		t.Error("it is not said that the server has taken it")
	}
	if len(o.taken()) != 1 || !strings.Contains(o.taken()[0], "To: <u000@example.org>") && !strings.Contains(o.taken()[0], "To: u000@example.org") {
		t.Errorf("the server has %q", o.taken())
	}
}

func TestTestMessageThatIsRefusedSaysWhyAndWhatToDo(t *testing.T) {
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := port(t, gone)
	if err := gone.Close(); err != nil {
		t.Fatal(err)
	}
	refuses := newPostOffice(t, &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox"})
	plain := newPostOffice(t, nil)
	expired, ca := securedServer(t, time.Now().AddDate(-1, 0, 0))
	unknown, _ := securedServer(t, time.Now().AddDate(1, 0, 0))
	for _, c := range []struct {
		name     string
		port     int
		change   func(*directory.MailSettings)
		say, die string // what is said, and a part of the details
	}{
		{"nobody there", closed, nil, "The mail server does not answer. Check server and port in the settings, and whether a firewall is in between. What waits leaves by itself when it answers.", "refused"},
		{"no such address", refuses.port, nil, "The mail server does not take this message. Its answer says why. Often the address it goes to does not exist.", "550 5.1.1 no such mailbox"},
		{"no STARTTLS", plain.port, func(m *directory.MailSettings) { m.Security = directory.STARTTLS },
			"The mail server offers no STARTTLS. Tapstation sends nothing unprotected. Choose TLS in the settings if the server speaks that, or have STARTTLS turned on there.", ""},
		{"expired", expired, func(m *directory.MailSettings) { m.Security, m.CA = directory.TLS, ca },
			"The certificate of the mail server has expired. Have it renewed by who runs the server. What waits leaves by itself afterwards. If it is not expired, check the clock of this machine.", "expired"},
		{"unknown", unknown, func(m *directory.MailSettings) { m.Security = directory.TLS },
			"Nobody vouches for the certificate of the mail server. If it is your own, add your certificate authority in the settings. Else have it looked at by who runs the server.", "authority"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, 1, sendBy(c.port, c.change))
			p := b.settings(mailSection)
			s := b.testMessage(p)
			if !b.says(c.say) {
				t.Errorf("of %v it does not say %q", s.Err, c.say)
			}
			if details := widget.Find[*widget.Copyable](b.Page(), "Details"); details == nil || !strings.Contains(details.Text(), c.die) {
				t.Errorf("the details are not there, or do not hold %q", c.die)
			}
		})
	}
}

// securedServer speaks TLS with a certificate that is valid until a time. ca is who has signed it.
func securedServer(t *testing.T, until time.Time) (at int, ca []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().AddDate(-2, 0, 0), NotAfter: until, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})
	if err != nil {
		t.Fatal(err)
	}
	server := smtp.NewServer(&postOffice{})
	server.ReadTimeout, server.WriteTimeout = patience, patience
	server.ErrorLog = silence{}
	var work sync.WaitGroup
	work.Go(func() { _ = server.Serve(l) }) // until Close
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		work.Wait()
	})
	return port(t, l), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// silence is a log that nobody reads.
type silence struct{}

func (silence) Printf(string, ...any) {}
func (silence) Println(...any)        {}

func TestTestMessageWaitsForTheSettingsToBeSaved(t *testing.T) {
	b := newBench(t, 1, sendBy(1, nil))
	p := b.settings(mailSection)
	p.set(p.state.typed("smtp_port", "2525"))
	if !p.test.send.Disabled() {
		t.Error("a test is offered that does not try what stands in the fields")
	}
}

func TestTestMessageToNoAddressIsToldBesideTheField(t *testing.T) {
	b := newBench(t, 1, sendBy(1, nil))
	p := b.settings(mailSection)
	p.test.to.Entry.SetText("nobody")
	b.testMessage(p)
	if got, want := p.test.to.Problem(), "Write an address like name@example.org."; got != want {
		t.Errorf("beside the address stands %q, want %q", got, want)
	}
}

func TestPortalIsSaidToStandAsItDoes(t *testing.T) {
	held := &directory.HeldError{Claim: directory.ClaimPortal, PID: 4711}
	for _, c := range []struct {
		status portal.Status
		listen string
		say    string
	}{
		{portal.Status{URL: "https://keys.example.org"}, ":8443", "This window serves the portal."},
		{portal.Status{URL: "https://keys.example.org", Err: portal.ErrCertificate}, ":8443", "with the certificate it had before"},
		{portal.Status{Err: portal.ErrPlain}, ":8443", "without a certificate"},
		{portal.Status{Err: portal.ErrAddressTaken}, ":8443", "Another program listens on this address"},
		{portal.Status{Err: errors.Join(errors.New("serve the portal"), held)}, ":8443", "Another process on this data folder serves the portal."},
		{portal.Status{}, "", "Start tapstation serve on the machine that is to."},
		{portal.Status{}, ":8443", "is about to serve the portal"},
	} {
		if got := portalWords(c.status, c.listen); !strings.Contains(got.Words, c.say) {
			t.Errorf("of %+v it says %q, want %q in it", c.status, got.Words, c.say)
		}
	}
}

func TestCertificateOfThePortalThatRunsOutIsWarnedOf(t *testing.T) {
	path := pemFile(t, "CERTIFICATE", certificate(t, "keys.example.org"))
	until := time.Date(2031, 5, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		path string
		now  time.Time
		say  string
		warn bool
	}{
		{"", until, "", false},
		{path, until.AddDate(-1, 0, 0), "Certificate for keys.example.org, valid until 2031-05-01", false},
		{path, until.AddDate(0, 0, -3), "Certificate for keys.example.org, valid until 2031-05-01", true},
		{path, until.AddDate(0, 0, 1), "The certificate has expired on 2031-05-01. Browsers refuse the pages.", true},
		{path + ".gone", until, "The certificate cannot be read. Choose a PEM file.", true},
	} {
		got := certificateSign(c.path, c.now)
		if warns := got.Icon == theme.WarningIcon; got.Word != c.say || warns != c.warn {
			t.Errorf("at %v it says %q with a warning %v, want %q with %v", c.now, got.Word, warns, c.say, c.warn)
		}
	}
}
