package main

import (
	"io"
	"log"
	"net"
	"net/mail"
	"strconv"
	"strings"
	"sync"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/rogpeppe/go-internal/testscript"
)

// scriptPost is a mail server for scripts: go-smtp's, on loopback.
type scriptPost struct {
	server *smtp.Server

	mu      sync.Mutex
	refuses *smtp.SMTPError // what it says to every recipient; nil: nothing
	arrived map[string]int  // by Message-ID
	logins  int
}

type postKey struct{}

// postCommand is: post start, which puts the port into POST_PORT; post stop; post refuse CODE TEXT …; post take;
// post arrived COUNT: so many different messages have arrived, each once; post known COUNT: so many log-ins.
func postCommand(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) == 0 {
		ts.Fatalf("usage: post start|stop|refuse|take|arrived|known")
	}
	if args[0] == "start" {
		startPost(ts)
		return
	}
	p, ok := ts.Value(postKey{}).(*scriptHolder)
	if !ok || p.post == nil {
		ts.Fatalf("there is no mail server: post start")
	}
	p.post.do(ts, args)
}

// scriptHolder is what a script keeps its mail server in.
type scriptHolder struct{ post *scriptPost }

func startPost(ts *testscript.TestScript) {
	holder := ts.Value(postKey{}).(*scriptHolder)
	p := &scriptPost{arrived: map[string]int{}}
	p.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &scriptVisit{p}, nil }))
	p.server.Domain, p.server.AllowInsecureAuth = "post.example.org", true
	p.server.ErrorLog = log.New(io.Discard, "", 0)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	var serving sync.WaitGroup
	serving.Go(func() { _ = p.server.Serve(l) }) // ends with Close
	ts.Defer(func() { _ = p.server.Close(); serving.Wait() })
	ts.Setenv("POST_PORT", strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
	holder.post = p
}

func (p *scriptPost) do(ts *testscript.TestScript, args []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case args[0] == "stop":
		ts.Check(p.server.Close())
	case args[0] == "take":
		p.refuses = nil
	case args[0] == "refuse" && len(args) > 2:
		code, err := strconv.Atoi(args[1])
		ts.Check(err)
		p.refuses = &smtp.SMTPError{Code: code, EnhancedCode: smtp.NoEnhancedCode, Message: strings.Join(args[2:], " ")}
	case args[0] == "arrived" && len(args) == 2:
		for id, times := range p.arrived {
			if times != 1 {
				ts.Fatalf("%s arrived %d times", id, times)
			}
		}
		if strconv.Itoa(len(p.arrived)) != args[1] {
			ts.Fatalf("%d messages arrived, want %s", len(p.arrived), args[1])
		}
	case args[0] == "known" && len(args) == 2:
		if strconv.Itoa(p.logins) != args[1] {
			ts.Fatalf("%d log-ins, want %s", p.logins, args[1])
		}
	default:
		ts.Fatalf("usage: post start|stop|refuse|take|arrived|known")
	}
}

// scriptVisit is a session with it.
type scriptVisit struct{ *scriptPost }

var _ smtp.AuthSession = (*scriptVisit)(nil)

func (v *scriptVisit) AuthMechanisms() []string { return []string{sasl.Plain} }

func (v *scriptVisit) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "station" || password != "open sesame" {
			return smtp.ErrAuthFailed
		}
		v.mu.Lock()
		defer v.mu.Unlock()
		v.logins++
		return nil
	}), nil
}

func (v *scriptVisit) Mail(string, *smtp.MailOptions) error { return nil }

func (v *scriptVisit) Rcpt(string, *smtp.RcptOptions) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.refuses != nil {
		return v.refuses
	}
	return nil
}

func (v *scriptVisit) Data(r io.Reader) error {
	m, err := mail.ReadMessage(r)
	if err == nil {
		_, err = io.Copy(io.Discard, m.Body)
	}
	if err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.arrived[m.Header.Get("Message-ID")]++
	return nil
}

func (v *scriptVisit) Reset()        {}
func (v *scriptVisit) Logout() error { return nil }
