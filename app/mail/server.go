package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"golang.org/x/net/idna"

	"tapstation/app/directory"
)

// patience is how long the server may take. RFC 5321 §4.5.3.2 has minutes for each, for the sake of machines that wait by
// themselves; here somebody may be looking.
type patience struct {
	connect time.Duration // to connect, and for the handshake of TLS
	command time.Duration // each command
	body    time.Duration // taking a message
	// answer is for the end of a message. It is long: a server that has taken the message and is given up would get it again.
	answer time.Duration
	leave  time.Duration // saying goodbye; and what it is given to answer to a whole message when the program ends
}

var patient = patience{connect: 15 * time.Second, command: 30 * time.Second, body: time.Minute, answer: 5 * time.Minute, leave: 5 * time.Second}

// longest is how long one message can take at most, with the connection made for it.
func (p patience) longest() time.Duration { return 3*p.connect + 10*p.command + p.body + p.answer }

// server is where mail is handed in, and how.
type server struct {
	directory.MailSettings
	password string
	hello    string
	roots    *x509.CertPool
	patience patience
	dial     func(ctx context.Context, network, address string) (net.Conn, error)
}

// secrets are what must not be told of what is said with the server.
func (s server) secrets() []string { return ofLogin(s.User, s.password) }

func (s server) address() string {
	port := s.Port
	if port == 0 {
		port = map[directory.MailSecurity]int{directory.STARTTLS: 587, directory.TLS: 465, directory.Plain: 25}[s.Security]
	}
	return net.JoinHostPort(strings.Trim(s.Host, "[]"), strconv.Itoa(port))
}

// prepare makes what every connection needs. It fails with *Trouble.
func (s server) prepare() (server, error) {
	if s.Security != directory.Plain {
		roots, err := x509.SystemCertPool()
		if err != nil {
			roots = x509.NewCertPool() // a system without any; those of the settings may do
		}
		if len(s.CA) > 0 && !roots.AppendCertsFromPEM(s.CA) {
			return s, &Trouble{Kind: BadSettings, Answer: "smtp_ca holds no certificate"}
		}
		s.roots = roots
	}
	s.hello = s.Hello
	if s.hello == "" {
		s.hello = helloName()
	}
	if s.dial == nil {
		s.dial = (&net.Dialer{}).DialContext
	}
	return s, nil
}

// helloName is the name of this machine as EHLO may have it.
func helloName() string {
	name, err := os.Hostname()
	if err != nil {
		return "localhost"
	}
	if name, err = idna.Lookup.ToASCII(name); err != nil || name == "" {
		return "localhost"
	}
	return name
}

// session is a connection to the server that takes messages.
type session struct {
	server
	wire      *wire
	client    *smtp.Client
	protected bool
	delivered int
	unwatch   func() bool
}

// connect makes a connection that is ready to take messages, and ends with ctx. It fails with *Trouble.
func (s server) connect(ctx context.Context) (*session, error) {
	dialing, cancel := context.WithTimeout(ctx, s.patience.connect)
	defer cancel()
	conn, err := s.dial(dialing, "tcp", s.address())
	if err != nil {
		return nil, unreachable(err)
	}
	if s.Security == directory.Plain && !s.AllowPlain && !isLoopback(conn) {
		conn.Close()
		return nil, &Trouble{Kind: Unprotected, Answer: "smtp_security is plain, and " + conn.RemoteAddr().String() + " is not this machine"}
	}
	c := &session{server: s, wire: &wire{Conn: conn}}
	c.unwatch = context.AfterFunc(ctx, func() { c.wire.end(s.patience.leave) })
	if err := c.introduce(dialing); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// introduce is all that is said before the first message.
func (c *session) introduce(ctx context.Context) error {
	var conn net.Conn = c.wire
	switch c.Security {
	case directory.TLS:
		protected, err := c.handshake(ctx)
		if err != nil {
			return err
		}
		conn = protected
	case directory.STARTTLS:
		protected, err := c.startTLS(ctx)
		if err != nil {
			return err
		}
		// The greeting was said before; RFC 3207 §4.2 begins anew with EHLO.
		conn = &greeted{Conn: protected, left: []byte("220 \r\n")}
	}
	c.protected = conn != net.Conn(c.wire)
	c.client = c.newClient(conn)
	if err := c.client.Hello(c.hello); err != nil {
		return refused(ServerRefuses, err)
	}
	return c.logIn()
}

func (c *session) newClient(conn net.Conn) *smtp.Client {
	client := smtp.NewClient(conn)
	client.CommandTimeout, client.SubmissionTimeout = c.patience.command, c.patience.answer
	return client
}

func (c *session) handshake(ctx context.Context) (*tls.Conn, error) {
	if err := c.wire.within(c.patience.connect); err != nil {
		return nil, unreachable(err)
	}
	protected := tls.Client(c.wire, &tls.Config{ServerName: strings.Trim(c.Host, "[]"), RootCAs: c.roots, MinVersion: tls.VersionTLS12})
	if err := protected.HandshakeContext(ctx); err != nil {
		return nil, untrusted(err)
	}
	if err := c.wire.within(0); err != nil {
		return nil, unreachable(err)
	}
	return protected, nil
}

// startTLS is RFC 3207. It is not go-smtp's, which says localhost in the first EHLO and goes on with what came in plain
// text behind the server's answer.
func (c *session) startTLS(ctx context.Context) (*tls.Conn, error) {
	plain := c.newClient(c.wire)
	if err := plain.Hello(c.hello); err != nil {
		return nil, refused(ServerRefuses, err)
	}
	if offered, _ := plain.Extension("STARTTLS"); !offered {
		return nil, &Trouble{Kind: TLSMissing}
	}
	if err := c.wire.within(c.patience.command); err != nil {
		return nil, unreachable(err)
	}
	if _, err := io.WriteString(c.wire, "STARTTLS\r\n"); err != nil {
		return nil, refused(TLSFailed, err)
	}
	code, answer, err := readAnswer(c.wire)
	if err != nil {
		return nil, refused(TLSFailed, err)
	}
	if code != 220 {
		return nil, &Trouble{Kind: TLSFailed, Answer: line(answer)}
	}
	return c.handshake(ctx)
}

var errMalformed = errors.New("the server's answer is none of SMTP")

// maxAnswer is how long the answer to STARTTLS may be in bytes.
const maxAnswer = 4096

// readAnswer reads an answer to its end and not one byte further: what follows in plain text must not be taken for what
// is said under protection.
func readAnswer(r io.Reader) (code int, answer string, err error) {
	var all, text []byte
	for one := make([]byte, 1); len(all) < maxAnswer; {
		if _, err := io.ReadFull(r, one); err != nil {
			return 0, "", err
		}
		all, text = append(all, one[0]), append(text, one[0])
		if one[0] != '\n' {
			continue
		}
		if len(text) < 4 {
			break
		}
		if text[3] == '-' {
			text = text[:0]
			continue
		}
		if code, err = strconv.Atoi(string(text[:3])); err != nil || code < 200 || code > 599 {
			break
		}
		return code, string(all), nil
	}
	return 0, "", fmt.Errorf("%w: %q", errMalformed, cut(string(all), 100))
}

// greeted is a connection on which something was said before.
type greeted struct {
	net.Conn
	left []byte
}

func (g *greeted) Read(p []byte) (int, error) {
	if len(g.left) > 0 {
		n := copy(p, g.left)
		g.left = g.left[n:]
		return n, nil
	}
	return g.Conn.Read(p)
}

// logIn says who sends, where the settings have a user.
func (c *session) logIn() error {
	if c.User == "" {
		return nil
	}
	if !c.protected && !isLoopback(c.wire) {
		return &Trouble{Kind: Unprotected, Answer: "a password is not sent to another machine without TLS"}
	}
	var mechanism sasl.Client
	offers := c.client.SupportsAuth
	switch auth := c.Auth; {
	case auth == directory.AuthXOAUTH2 && offers("XOAUTH2"):
		mechanism = &xoauth2{user: c.User, token: c.password}
	case (auth == directory.AuthAuto || auth == directory.AuthPlain) && offers(sasl.Plain):
		mechanism = sasl.NewPlainClient("", c.User, c.password)
	case (auth == directory.AuthAuto || auth == directory.AuthLogin) && offers(sasl.Login):
		mechanism = newLogin(c.User, c.password)
	default:
		_, offered := c.client.Extension("AUTH")
		return &Trouble{Kind: AuthMissing, Answer: line("it offers: " + offered)}
	}
	if err := c.client.Auth(mechanism); err != nil {
		return refused(AuthRefused, err, c.secrets()...)
	}
	return nil
}

func isLoopback(conn net.Conn) bool {
	a, ok := conn.RemoteAddr().(*net.TCPAddr)
	return ok && a.IP.IsLoopback()
}

// quit says goodbye and hangs up.
func (c *session) quit() {
	c.client.CommandTimeout = c.patience.leave
	_ = c.client.Quit() // what matters was answered before
	c.close()
}

func (c *session) close() {
	c.unwatch()
	c.wire.Close()
}
