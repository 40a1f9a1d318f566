package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"tapstation/app/directory"
	"tapstation/app/mail/mailbox"
	"tapstation/ui/demo"
)

// postOffice is the demo's mail server, which keeps what it is given. Nothing leaves this machine.
type postOffice struct {
	box     *mailbox.Mailbox
	address *net.TCPAddr
	folder  string // of the demo
	close   func() error
}

var _ demo.Mailbox = (*postOffice)(nil)

// goneDomain is that of addresses that the demo's mail server refuses, so that a mail that failed can be seen.
const goneDomain = "old.example.org"

// openPostOffice starts the server. What it returns has to be closed also where it failed.
func openPostOffice(ctx context.Context, folder string, now func() time.Time) (*postOffice, error) {
	p := &postOffice{folder: folder, close: func() error { return nil }, box: &mailbox.Mailbox{
		Takes: func(address string) bool { return !strings.HasSuffix(address, "@"+goneDomain) }, Now: now}}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return p, fmt.Errorf("take mail: %w", err)
	}
	p.address = l.Addr().(*net.TCPAddr)
	ctx, cancel := context.WithCancel(ctx)
	served := make(chan error, 1)
	go func() { served <- p.box.Run(ctx, l) }()
	p.close = sync.OnceValue(func() error { cancel(); return <-served })
	return p, nil
}

// settings has a workspace send its mail here, and serve the pages behind the links on an address of this machine that is
// free.
func (p *postOffice) settings(ctx context.Context, w *directory.Workspace) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("find an address for the pages: %w", err)
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err := errors.Join(err, l.Close()); err != nil {
		return fmt.Errorf("find an address for the pages: %w", err)
	}
	w.Mail = directory.MailSettings{Host: "127.0.0.1", Port: p.address.Port, Security: directory.Plain, Hello: "localhost",
		From: "security-keys@example.org"}
	w.Portal = directory.PortalSettings{URL: "http://localhost:" + port, Listen: "127.0.0.1:" + port}
	return nil
}

// Mails are those that have arrived.
func (p *postOffice) Mails() ([]demo.Mail, <-chan struct{}) {
	all, changed := p.box.Mails()
	mails := make([]demo.Mail, len(all))
	for i, m := range all {
		mails[i] = demo.Mail{Number: m.Number, Arrived: m.Arrived, From: m.From, To: m.To, Subject: m.Subject, Text: m.Text,
			Links: m.Links(), HTML: m.HTML != ""}
	}
	return mails, changed
}

var errMailGone = errors.New("the mail has given way to later ones")

// Page writes the mail into the demo's folder, with which it goes.
func (p *postOffice) Page(number int) (*url.URL, error) {
	all, _ := p.box.Mails()
	for _, m := range all {
		if m.Number != number {
			continue
		}
		path := filepath.Join(p.folder, fmt.Sprintf("mail-%d.html", number))
		if err := os.WriteFile(path, []byte(m.Page()), 0o600); err != nil {
			return nil, fmt.Errorf("write the mail as a page: %w", err)
		}
		return &url.URL{Scheme: "file", Path: "/" + strings.TrimPrefix(filepath.ToSlash(path), "/")}, nil
	}
	return nil, fmt.Errorf("show mail %d: %w", number, errMailGone)
}
