package mail_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"tapstation/app/directory"
	"tapstation/app/mail"
)

// protected is a server that has a certificate, for STARTTLS or from the beginning.
func protected(t *testing.T, security directory.MailSecurity, certificate *tls.Config) *post {
	t.Helper()
	if security == directory.STARTTLS {
		return newPost(t, func(p *post) { p.server.TLSConfig = certificate })
	}
	return newPost(t, func(p *post) { p.wrap = func(l net.Listener) net.Listener { return tls.NewListener(l, certificate) } })
}

// TestServerMustProveWhoItIs has the server show certificates of many kinds.
func TestServerMustProveWhoItIs(t *testing.T) {
	ca, other := newAuthority(t), newAuthority(t)
	old := ca.server("localhost", time.Hour)
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	for name, test := range map[string]struct {
		certificate *tls.Config
		trouble     mail.TroubleKind
		answer      string
	}{
		"valid":             {ca.server("localhost", time.Hour), "", ""},
		"of another name":   {ca.server("mail.example.com", time.Hour), mail.BadCertificate, "mail.example.com"},
		"expired":           {ca.server("localhost", -time.Hour), mail.BadCertificate, "expired"},
		"of an unknown CA":  {other.server("localhost", time.Hour), mail.BadCertificate, "unknown authority"},
		"TLS 1.1 at most":   {old, mail.TLSFailed, "protocol version"},
		"signed by nobody":  {selfSigned(t, "localhost"), mail.BadCertificate, "unknown authority"},
		"for an IP address": {ca.server("127.0.0.1", time.Hour), mail.BadCertificate, "localhost"},
	} {
		for _, security := range []directory.MailSecurity{directory.STARTTLS, directory.TLS} {
			t.Run(name+" "+string(security), func(t *testing.T) {
				t.Parallel()
				p := protected(t, security, test.certificate)
				o := newOffice(t, p.port)
				o.workspace(func(w *directory.Workspace) {
					w.Mail.Security, w.Mail.Host, w.Mail.CA = security, "localhost", ca.pem
				})
				o.users(1)
				r := o.deliver()
				if test.trouble == "" {
					if r.Sent != 1 {
						t.Errorf("%+v (%v), want it sent", r, r.Trouble)
					}
					p.once(1)
					for _, hello := range p.seen().hellos {
						if hello != "station.example.org" {
							t.Errorf("said EHLO %s, want EHLO station.example.org", hello)
						}
					}
					return
				}
				o.wants(r, want{state: directory.Queued, trouble: test.trouble, answer: test.answer})
				p.once(0)
			})
		}
	}
}

func TestCertificateForTheAddressDoesWhereTheServerIsNamedByIt(t *testing.T) {
	ca := newAuthority(t)
	p := protected(t, directory.STARTTLS, ca.server("127.0.0.1", time.Hour))
	o := newOffice(t, p.port)
	o.workspace(func(w *directory.Workspace) { w.Mail.Security, w.Mail.CA = directory.STARTTLS, ca.pem })
	o.users(1)
	if r := o.deliver(); r.Sent != 1 {
		t.Errorf("%+v, want it sent", r)
	}
}

// TestNothingIsSaidInPlainTextWhereTLSIsWanted takes STARTTLS out of the conversation in every way somebody on the wire
// can.
func TestNothingIsSaidInPlainTextWhereTLSIsWanted(t *testing.T) {
	ca := newAuthority(t)
	for name, test := range map[string]struct {
		at      string
		fault   fault
		trouble mail.TroubleKind
	}{
		"not offered":       {"EHLO", fault{say: "250-post.example.org\r\n250 AUTH PLAIN\r\n"}, mail.TLSMissing},
		"refused":           {"STARTTLS", fault{say: "454 4.7.0 not now\r\n"}, mail.TLSFailed},
		"refused for good":  {"STARTTLS", fault{say: "502 5.5.1 no such thing\r\n"}, mail.TLSFailed},
		"cut":               {"STARTTLS", fault{cut: true}, mail.CutOff},
		"stalled":           {"STARTTLS", fault{stall: true}, mail.Unreachable},
		"never ending":      {"STARTTLS", fault{say: strings.Repeat("220-x\r\n", 2000)}, mail.CutOff},
		"nonsense":          {"STARTTLS", fault{say: "what?\r\n"}, mail.CutOff},
		"no answer of TLS":  {"STARTTLS", fault{say: "220 go\r\n250 still plain\r\n"}, mail.TLSFailed},
		"injected answers":  {"STARTTLS", fault{say: "220 go\r\n250-evil\r\n250 AUTH PLAIN\r\n235 in\r\n250 ok\r\n250 ok\r\n354 go\r\n250 taken\r\n"}, mail.TLSFailed},
		"HELO in the place": {"EHLO", fault{say: "502 5.5.1 no EHLO\r\n"}, mail.TLSMissing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPost(t, func(p *post) { p.server.TLSConfig = ca.server("localhost", time.Hour) })
			w := newWay(t, p, func(step, _ string) *fault {
				if step == test.at {
					return &test.fault
				}
				return nil
			})
			o := newOffice(t, w.port)
			mail.Hurry(o.box, quick)
			o.workspace(func(w *directory.Workspace) {
				w.Mail.Security, w.Mail.Host, w.Mail.CA = directory.STARTTLS, "localhost", ca.pem
				w.Mail.User = "station"
			})
			o.must(o.dir.SetSecret(t.Context(), by, directory.SMTPPassword, "open sesame"))
			o.users(1)
			o.wants(o.deliver(), want{state: directory.Queued, trouble: test.trouble})
			p.once(0)
			for _, said := range w.heard() {
				verb, _, _ := strings.Cut(strings.TrimSpace(said), " ")
				if verb != "" && verb != "EHLO" && verb != "HELO" && verb != "STARTTLS" && verb != "QUIT" && !strings.HasPrefix(said, "\x16\x03") {
					t.Errorf("in plain text it said %q", said)
				}
			}
		})
	}
}

// TestTextInjectedBeforeTLSIsNotTakenForTheServers puts answers between the one to STARTTLS and the server's handshake,
// so that a client that buffers would take them for protected ones.
func TestTextInjectedBeforeTLSIsNotTakenForTheServers(t *testing.T) {
	ca := newAuthority(t)
	p := newPost(t, func(p *post) { p.server.TLSConfig = ca.server("localhost", time.Hour) })
	w := newWay(t, p, func(step, _ string) *fault {
		if step == "STARTTLS" {
			return &fault{then: "250-evil.example.org\r\n250 SMTPUTF8\r\n"}
		}
		return nil
	})
	o := newOffice(t, w.port)
	mail.Hurry(o.box, quick)
	o.workspace(func(w *directory.Workspace) {
		w.Mail.Security, w.Mail.Host, w.Mail.CA = directory.STARTTLS, "localhost", ca.pem
	})
	o.users(1)
	o.wants(o.deliver(), want{state: directory.Queued, trouble: mail.TLSFailed})
	p.once(0)
}

// TestPlainOnlyOnThisMachineUnlessAllowed reaches the server under an address of another machine.
func TestPlainOnlyOnThisMachineUnlessAllowed(t *testing.T) {
	for _, test := range []struct {
		allowed bool
		user    string
		trouble mail.TroubleKind
	}{
		{false, "", mail.Unprotected},
		{true, "", ""},
		{true, "station", mail.Unprotected},
	} {
		t.Run(fmt.Sprintf("allowed %v user %q", test.allowed, test.user), func(t *testing.T) {
			p := newPost(t, func(p *post) { p.user, p.password, p.mechanisms = test.user, "open sesame", []string{"PLAIN"} })
			w := newWay(t, p, nil)
			o := newOffice(t, w.port)
			// Its name says that it is this machine, its address does not.
			mail.Dial(o.box, func(ctx context.Context, network, address string) (net.Conn, error) {
				c, err := (&net.Dialer{}).DialContext(ctx, network, address)
				return elsewhere{c}, err
			})
			o.workspace(func(w *directory.Workspace) {
				w.Mail.Host, w.Mail.AllowPlain, w.Mail.User = "localhost", test.allowed, test.user
			})
			o.must(o.dir.SetSecret(t.Context(), by, directory.SMTPPassword, "open sesame"))
			o.users(1)
			r := o.deliver()
			if test.trouble == "" {
				if p.once(1); r.Sent != 1 {
					t.Errorf("%+v, want it sent", r)
				}
				return
			}
			o.wants(r, want{state: directory.Queued, trouble: test.trouble})
			for _, said := range w.heard() {
				if strings.HasPrefix(said, "AUTH") || strings.HasPrefix(said, "MAIL") {
					t.Errorf("it said %q to another machine, unprotected", said)
				}
			}
		})
	}
}

// elsewhere is a connection to another machine.
type elsewhere struct{ net.Conn }

func (elsewhere) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 25), Port: 25} }

// TestLogIn has servers with all mechanisms, and what they can refuse.
func TestLogIn(t *testing.T) {
	const password = "open sesame"
	for name, test := range map[string]struct {
		auth    directory.MailAuth
		offers  []string
		given   string // what the settings have as password
		login   string // what the server saw
		trouble mail.TroubleKind
	}{
		"PLAIN":                         {directory.AuthAuto, []string{"LOGIN", "PLAIN"}, password, "PLAIN station", ""},
		"PLAIN asked for":               {directory.AuthPlain, []string{"LOGIN", "PLAIN"}, password, "PLAIN station", ""},
		"LOGIN only":                    {directory.AuthAuto, []string{"LOGIN"}, password, "LOGIN station", ""},
		"LOGIN asked for":               {directory.AuthLogin, []string{"PLAIN", "LOGIN"}, password, "LOGIN station", ""},
		"XOAUTH2":                       {directory.AuthXOAUTH2, []string{"PLAIN", "XOAUTH2"}, password, "XOAUTH2 station", ""},
		"wrong by PLAIN":                {directory.AuthAuto, []string{"PLAIN"}, "hunter2 wrong", "", mail.AuthRefused},
		"wrong by LOGIN":                {directory.AuthAuto, []string{"LOGIN"}, "hunter2 wrong", "", mail.AuthRefused},
		"wrong by XOAUTH2":              {directory.AuthXOAUTH2, []string{"XOAUTH2"}, "hunter2 wrong", "", mail.AuthRefused},
		"nothing offered":               {directory.AuthAuto, nil, password, "", mail.AuthMissing},
		"only what is not wanted":       {directory.AuthAuto, []string{"XOAUTH2", "GSSAPI"}, password, "", mail.AuthMissing},
		"PLAIN wanted, LOGIN offered":   {directory.AuthPlain, []string{"LOGIN"}, password, "", mail.AuthMissing},
		"LOGIN wanted, PLAIN offered":   {directory.AuthLogin, []string{"PLAIN"}, password, "", mail.AuthMissing},
		"XOAUTH2 wanted, PLAIN offered": {directory.AuthXOAUTH2, []string{"PLAIN"}, password, "", mail.AuthMissing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ca := newAuthority(t)
			p := newPost(t, func(p *post) {
				p.user, p.password, p.mechanisms = "station", password, test.offers
				p.server.TLSConfig = ca.server("127.0.0.1", time.Hour)
			})
			o := newOffice(t, p.port)
			o.workspace(func(w *directory.Workspace) {
				w.Mail.Security, w.Mail.CA, w.Mail.User, w.Mail.Auth = directory.STARTTLS, ca.pem, "station", test.auth
			})
			o.must(o.dir.SetSecret(t.Context(), by, directory.SMTPPassword, test.given))
			o.users(1)
			r := o.deliver()
			if test.trouble == "" {
				if p.once(1); r.Sent != 1 {
					t.Errorf("%+v (%v), want it sent", r, r.Trouble)
				}
				if logins := p.seen().logins; len(logins) != 1 || logins[0] != test.login {
					t.Errorf("log-ins are %q, want %q", logins, test.login)
				}
				return
			}
			o.wants(r, want{state: directory.Queued, trouble: test.trouble})
			if r.Trouble != nil && strings.Contains(r.Trouble.Error(), test.given) || r.Trouble != nil && strings.Contains(r.Trouble.Error(), "hunter2") {
				t.Errorf("what is shown has the password in it: %v", r.Trouble)
			}
			p.once(0)
		})
	}
}

// TestServerThatWantsALogInThatIsNotSet: the message waits until it is.
func TestServerThatWantsALogInThatIsNotSet(t *testing.T) {
	p := newPost(t, func(p *post) { p.user, p.password, p.mechanisms = "station", "open sesame", []string{"PLAIN"} })
	o := newOffice(t, p.port)
	o.users(3)
	r := o.deliver()
	if r.Trouble == nil || r.Trouble.Kind != mail.SenderRefused || r.Waiting != 3 {
		t.Errorf("%+v (%v), want all to wait for the sender's sake", r, r.Trouble)
	}
	o.workspace(func(w *directory.Workspace) { w.Mail.User = "station" })
	o.must(o.dir.SetSecret(t.Context(), by, directory.SMTPPassword, "open sesame"))
	o.later(time.Hour)
	if r := o.deliver(); r.Sent != 3 {
		t.Errorf("%+v, want 3 sent", r)
	}
	p.once(3)
}

// TestAddressesBeyondASCII go to servers that take them, are made ASCII where only the domain is not, and fail for good
// otherwise.
func TestAddressesBeyondASCII(t *testing.T) {
	for _, test := range []struct {
		address string
		takes   bool
		state   directory.MessageState
		to      string
		utf8    bool
	}{
		{"jürgen@example.org", true, directory.Sent, "jürgen@example.org", true},
		{"jürgen@example.org", false, directory.Failed, "", false},
		{"juergen@bücher.example", true, directory.Sent, "", true},
		{"juergen@bücher.example", false, directory.Sent, "juergen@xn--bcher-kva.example", false},
		{"ada@example.org", true, directory.Sent, "ada@example.org", false},
	} {
		t.Run(fmt.Sprintf("%s takes %v", test.address, test.takes), func(t *testing.T) {
			p := newPost(t, func(p *post) { p.server.EnableSMTPUTF8 = test.takes })
			o := newOffice(t, p.port)
			o.users(1)
			_, err := o.dir.ChangeUser(t.Context(), by, "u0000", func(u *directory.User) { u.Email = test.address })
			o.must(err)
			o.deliver()
			m := o.first()
			if m.State != test.state || m.State == directory.Failed && !strings.Contains(m.Answer, "SMTPUTF8") {
				t.Fatalf("it is %s (%s), want %s", m.State, m.Answer, test.state)
			}
			if m.State == directory.Failed {
				return
			}
			p.once(1)
			a := p.arrivals()[0]
			if test.to != "" && (a.to != test.to || a.utf8 != test.utf8) {
				t.Errorf("it went to %s, SMTPUTF8 %v; want %s, %v", a.to, a.utf8, test.to, test.utf8)
			}
		})
	}
}

// TestServerWithoutExtensions speaks HELO only.
func TestServerWithoutExtensions(t *testing.T) {
	p := newPost(t, nil)
	w := newWay(t, p, func(step, _ string) *fault {
		if step == "EHLO" {
			return &fault{say: "500 5.5.1 what is EHLO?\r\n"}
		}
		return nil
	})
	o := newOffice(t, w.port)
	o.users(2)
	if r := o.deliver(); r.Sent != 2 {
		t.Errorf("%+v (%v), want both sent", r, r.Trouble)
	}
	p.once(2)
}

// TestServerThatIsNotThere: nothing counts as tried.
func TestServerThatIsNotThere(t *testing.T) {
	for name, test := range map[string]struct {
		host    string
		trouble mail.TroubleKind
	}{
		"refuses connections": {"127.0.0.1", mail.Unreachable},
		"no such name":        {"post.invalid", mail.UnknownServer},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			l.Close()
			o := newOffice(t, l.Addr().(*net.TCPAddr).Port)
			o.workspace(func(w *directory.Workspace) { w.Mail.Host = test.host; w.Mail.AllowPlain = true })
			mail.Hurry(o.box, 5*time.Second)
			if test.trouble == mail.UnknownServer { // what a resolver says, wherever the test runs
				mail.Dial(o.box, func(context.Context, string, string) (net.Conn, error) {
					return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "post.invalid", IsNotFound: true}}
				})
			}
			o.users(20)
			o.wants(o.deliver(), want{state: directory.Queued, trouble: test.trouble})
			o.counts(map[directory.MessageState]int{directory.Queued: 20})
		})
	}
}

func TestSettingsThatCannotBeUsed(t *testing.T) {
	o := newOffice(t, 25)
	o.workspace(func(w *directory.Workspace) {
		w.Mail.Security, w.Mail.CA = directory.STARTTLS, []byte("-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n")
	})
	o.users(1)
	o.wants(o.deliver(), want{state: directory.Queued, trouble: mail.BadSettings, answer: "smtp_ca"})
	o.workspace(func(w *directory.Workspace) {
		w.Mail.Security, w.Mail.CA, w.Mail.DKIMDomain, w.Mail.DKIMSelector = directory.Plain, nil, "example.org", "s"
	})
	o.wants(o.deliver(), want{state: directory.Queued, trouble: mail.BadSettings, answer: "key that signs"})
}
