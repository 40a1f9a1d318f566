package mail_test

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	netmail "net/mail"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// post is a mail server: go-smtp's, on loopback.
type post struct {
	t      testing.TB
	server *smtp.Server
	host   string
	port   int

	mu      sync.Mutex
	arrived map[string]int // by Message-ID
	order   []arrival
	guests  guests
	// User and password that are taken; empty: nobody has to log in, nor can.
	user, password string
	mechanisms     []string
	// judge, when set, is asked before a message is taken.
	judge func(a arrival) error
	// wrap, when set, changes what the server listens on.
	wrap func(net.Listener) net.Listener
	// forgets: what arrives is only counted.
	forgets bool
	count   int
	came    chan struct{} // closed when the next message arrives
}

// guests are who connected.
type guests struct {
	hellos   []string
	logins   []string // "MECHANISM user"
	sessions int
}

func (p *post) seen() guests {
	p.mu.Lock()
	defer p.mu.Unlock()
	return guests{slices.Clone(p.guests.hellos), slices.Clone(p.guests.logins), p.guests.sessions}
}

// arrival is a message that arrived.
type arrival struct {
	from, to string
	utf8     bool
	content  []byte
	header   netmail.Header
}

func (a arrival) id() string { return strings.Trim(a.header.Get("Message-ID"), "<>") }

func newPost(t testing.TB, change func(*post)) *post {
	t.Helper()
	p := &post{t: t, arrived: map[string]int{}, host: "127.0.0.1", came: make(chan struct{})}
	p.server = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.guests.hellos = append(p.guests.hellos, c.Hostname())
		p.guests.sessions++
		return &visit{p: p}, nil
	}))
	p.server.Domain = "post.example.org"
	p.server.AllowInsecureAuth = true
	p.server.EnableSMTPUTF8 = true
	p.server.MaxMessageBytes = 1 << 20
	p.server.ErrorLog = log.New(io.Discard, "", 0)
	if change != nil {
		change(p)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.port = l.Addr().(*net.TCPAddr).Port
	if p.wrap != nil {
		l = p.wrap(l)
	}
	p.serve(l)
	return p
}

func (p *post) serve(l net.Listener) {
	var done sync.WaitGroup
	done.Go(func() { _ = p.server.Serve(l) })
	p.t.Cleanup(func() {
		_ = p.server.Close()
		done.Wait()
	})
}

func (p *post) arrivals() []arrival {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]arrival(nil), p.order...)
}

// next is closed when another message arrives.
func (p *post) next() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.came
}

// once wants each of so many messages to have arrived exactly once.
func (p *post) once(n int) {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, times := range p.arrived {
		if times != 1 {
			p.t.Errorf("message %s arrived %d times, want once", id, times)
		}
	}
	if len(p.arrived) != n {
		p.t.Errorf("%d messages arrived, want %d", len(p.arrived), n)
	}
}

// visit is a session with the server.
type visit struct {
	p       *post
	known   bool
	arrival arrival
}

var _ smtp.AuthSession = (*visit)(nil)

func (v *visit) AuthMechanisms() []string { return v.p.mechanisms }

func (v *visit) Auth(mechanism string) (sasl.Server, error) {
	check := func(user, password string) error {
		if user != v.p.user || password != v.p.password {
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "bad credentials " + password}
		}
		v.known = true
		v.p.mu.Lock()
		defer v.p.mu.Unlock()
		v.p.guests.logins = append(v.p.guests.logins, mechanism+" "+user)
		return nil
	}
	switch mechanism {
	case sasl.Plain:
		return sasl.NewPlainServer(func(_, user, password string) error { return check(user, password) }), nil
	case sasl.Login:
		return &asking{check: check}, nil
	case "XOAUTH2":
		return &bearing{check: check}, nil
	}
	return nil, smtp.ErrAuthUnknownMechanism
}

// asking is the server's half of LOGIN.
type asking struct {
	said  []string
	check func(user, password string) error
}

func (a *asking) Next(response []byte) ([]byte, bool, error) {
	if response != nil {
		a.said = append(a.said, string(response))
	}
	switch len(a.said) {
	case 0:
		return []byte("User Name\x00"), false, nil
	case 1:
		return []byte("Password\x00"), false, nil
	}
	return nil, true, a.check(a.said[0], a.said[1])
}

// bearing is the server's half of XOAUTH2: it tells what is wrong with a token in a challenge of its own.
type bearing struct {
	check   func(user, token string) error
	refused error
}

func (b *bearing) Next(response []byte) ([]byte, bool, error) {
	if b.refused != nil {
		return nil, true, b.refused
	}
	user, token, _ := strings.Cut(strings.TrimSuffix(string(response), "\x01\x01"), "\x01auth=Bearer ")
	if b.refused = b.check(strings.TrimPrefix(user, "user="), token); b.refused != nil {
		return []byte(`{"status":"400"}`), false, nil //nolint:nilerr // it refuses in the next answer
	}
	return nil, true, nil
}

func (v *visit) Mail(from string, opts *smtp.MailOptions) error {
	if v.p.user != "" && !v.known {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "log in first"}
	}
	v.arrival = arrival{from: from, utf8: opts.UTF8}
	return nil
}

func (v *visit) Rcpt(to string, _ *smtp.RcptOptions) error { v.arrival.to = to; return nil }

func (v *visit) Data(r io.Reader) error {
	content, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	v.arrival.content = content
	m, err := netmail.ReadMessage(bytes.NewReader(content))
	if err != nil {
		v.p.t.Errorf("what arrived for %s is no message: %v", v.arrival.to, err)
		return err
	}
	v.arrival.header = m.Header
	v.p.mu.Lock()
	defer v.p.mu.Unlock()
	if v.p.judge != nil {
		if err := v.p.judge(v.arrival); err != nil {
			return err
		}
	}
	close(v.p.came)
	v.p.came = make(chan struct{})
	v.p.count++
	if v.p.forgets {
		return nil
	}
	v.p.arrived[v.arrival.id()]++
	v.p.order = append(v.p.order, v.arrival)
	return nil
}

func (v *visit) Reset()        {}
func (v *visit) Logout() error { return nil }

// Certificates of servers.

// authority signs certificates.
type authority struct {
	t    testing.TB
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	a := &authority{t: t}
	a.cert, a.key, a.pem = sign(t, &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Example CA"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign}, nil, nil)
	return a
}

// server is a certificate for a host, and how long it is valid from now.
func (a *authority) server(host string, valid time.Duration) *tls.Config {
	a.t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(valid), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	if ip := net.ParseIP(host); ip != nil {
		template.DNSNames, template.IPAddresses = nil, []net.IP{ip}
	}
	cert, key, _ := sign(a.t, template, a.cert, a.key)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Raw}, PrivateKey: key}}}
}

// selfSigned is a certificate that vouches for itself.
func selfSigned(t testing.TB, host string) *tls.Config {
	t.Helper()
	cert, key, _ := sign(t, &x509.Certificate{SerialNumber: big.NewInt(3), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}, nil, nil)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Raw}, PrivateKey: key}}}
}

func sign(t testing.TB, template, parent *x509.Certificate, by *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if parent == nil {
		parent, by = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, by)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert, key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// The way to a server, with what can go wrong on it.

// step is a moment in a conversation: a verb of SMTP, or one of these.
const (
	greeting = "greeting"
	body     = "body" // in the middle of a message
	dot      = "dot"  // its end
)

// fault is what happens at a step in place of what should.
type fault struct {
	say   string // this is answered, and the server hears nothing
	cut   bool   // the connection is cut before the server hears of it
	lose  bool   // the server hears of it, and the connection is cut before its answer
	stall bool   // nothing is answered
	then  string // sent behind the server's own answer
}

// way relays between clients and a server. fault is asked at every step, with what the client says; nil: nothing happens.
type way struct {
	t     testing.TB
	to    string
	port  int
	mu    sync.Mutex
	fault func(step, said string) *fault
	said  []string // the verbs of all connections
	lines []string // that clients said
	conns map[net.Conn]bool
	l     net.Listener
	done  sync.WaitGroup
}

func newWay(t testing.TB, p *post, f func(step, said string) *fault) *way {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &way{t: t, l: l, port: l.Addr().(*net.TCPAddr).Port, fault: f, conns: map[net.Conn]bool{}}
	w.to = net.JoinHostPort(p.host, itoa(p.port))
	w.done.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			w.done.Go(func() { w.relay(c) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		w.mu.Lock()
		for c := range w.conns {
			c.Close()
		}
		w.mu.Unlock()
		w.done.Wait()
	})
	return w
}

func (w *way) at(step, said string) fault {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.said = append(w.said, step)
	w.lines = append(w.lines, said)
	if w.fault == nil {
		return fault{}
	}
	if f := w.fault(step, said); f != nil {
		return *f
	}
	return fault{}
}

// heard is what clients said.
func (w *way) heard() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.lines)
}

func (w *way) counted(step string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, s := range w.said {
		if s == step {
			n++
		}
	}
	return n
}

func (w *way) keep(c net.Conn) func() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.conns[c] = true
	return func() {
		c.Close()
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.conns, c)
	}
}

var errCut = errors.New("cut")

// relay is one conversation.
func (w *way) relay(client net.Conn) {
	defer w.keep(client)()
	server, err := net.Dial("tcp", w.to)
	if err != nil {
		return
	}
	defer w.keep(server)()
	c, s := bufio.NewReader(client), bufio.NewReader(server)
	// answer relays the server's answer to what was said.
	answer := func(f fault) (code string, err error) {
		switch {
		case f.cut:
			return "", errCut
		case f.stall:
			_, _ = io.Copy(io.Discard, client) // until it hangs up
			return "", errCut
		}
		var all strings.Builder
		for f.say == "" {
			text, err := s.ReadString('\n')
			if err != nil {
				return "", err
			}
			all.WriteString(text)
			if len(text) < 4 || text[3] != '-' {
				break
			}
		}
		if f.lose {
			return "", errCut
		}
		said := f.say + all.String() + f.then
		_, err = io.WriteString(client, said)
		return said[:min(3, len(said))], err
	}
	f := w.at(greeting, "")
	if f.say != "" {
		_, _ = s.ReadString('\n')
	}
	if _, err := answer(f); err != nil {
		return
	}
	for {
		said, err := c.ReadString('\n')
		if err != nil {
			return
		}
		verb := strings.ToUpper(strings.Fields(said + " -")[0])
		f := w.at(verb, said)
		if f.say == "" && !f.cut && !f.stall {
			if _, err := io.WriteString(server, said); err != nil {
				return
			}
		}
		code, err := answer(f)
		if err != nil {
			return
		}
		if verb == "STARTTLS" && code == "220" {
			go func() { _, _ = io.Copy(server, c); server.Close() }()
			_, _ = io.Copy(client, s)
			return
		}
		if verb != "DATA" || code != "354" {
			continue
		}
		if err := w.message(c, server, answer); err != nil {
			return
		}
	}
}

// message relays a message to its end.
func (w *way) message(c *bufio.Reader, server io.Writer, answer func(fault) (string, error)) error {
	for n := 0; ; n++ {
		text, err := c.ReadString('\n')
		if err != nil {
			return err
		}
		if n == 3 {
			if f := w.at(body, text); f.cut || f.stall {
				_, err := answer(f)
				return err
			}
		}
		last := text == ".\r\n"
		var f fault
		if last {
			f = w.at(dot, text)
		}
		if !f.cut && !f.stall && f.say == "" {
			if _, err := io.WriteString(server, text); err != nil {
				return err
			}
		}
		if last {
			if _, err := answer(f); err != nil {
				return err
			}
			if f.say != "" {
				return errCut // the server still waits for the end
			}
			return nil
		}
	}
}
