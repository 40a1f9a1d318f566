// Package mailbox is a mail server in this process that keeps what it is given, for people to look at: the demo has one, so
// that its mails are real ones, delivered by SMTP, and nobody outside of it ever gets them. It speaks SMTP with go-smtp and
// reads messages with go-message, as somebody else's server and mail program would.
//
// It is for loopback: whoever reaches its listener can hand mail in, without TLS and without logging in. What it keeps
// is bounded, and gone when it ends.
package mailbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// Limits.
const (
	// MaxMails is how many mails are kept; the oldest give way.
	MaxMails = 200
	// MaxMail is the largest mail taken, in bytes.
	MaxMail = 4 << 20

	maxRecipients = 10
	patience      = 30 * time.Second // for a command, and for each part of a message
)

// Mailbox takes mail for everybody whose address Takes. The zero Mailbox takes all.
type Mailbox struct {
	// Takes tells whether there is such an address here; nil: every one is.
	Takes func(address string) bool
	// Now is when a mail arrives; nil: time.Now.
	Now func() time.Time

	mu      sync.Mutex
	arrived int
	mails   []Mail
	changed chan struct{}
}

// Mails are all that are kept, the last to arrive first, and a channel that is closed when they are others.
func (b *Mailbox) Mails() ([]Mail, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.changed == nil {
		b.changed = make(chan struct{})
	}
	all := slices.Clone(b.mails)
	slices.Reverse(all)
	return all, b.changed
}

// Run serves whoever connects to l until ctx ends, and then returns nil. It closes l.
func (b *Mailbox) Run(ctx context.Context, l net.Listener) error {
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &visit{box: b}, nil }))
	s.Domain = "localhost"
	s.EnableSMTPUTF8 = true
	s.MaxMessageBytes, s.MaxRecipients = MaxMail, maxRecipients
	s.ReadTimeout, s.WriteTimeout = patience, patience
	s.ErrorLog = log.New(io.Discard, "", 0) // who breaks off is no news
	end := context.AfterFunc(ctx, func() { _ = s.Close() })
	defer end()
	if err := s.Serve(l); err != nil && !errors.Is(err, smtp.ErrServerClosed) && ctx.Err() == nil {
		return fmt.Errorf("take mail on %s: %w", l.Addr(), err)
	}
	return nil
}

// keep keeps a mail.
func (b *Mailbox) keep(m Mail) {
	now := time.Now
	if b.Now != nil {
		now = b.Now
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.arrived++
	m.Number, m.Arrived = b.arrived, now()
	if b.mails = append(b.mails, m); len(b.mails) > MaxMails {
		b.mails = slices.Delete(b.mails, 0, 1)
	}
	if b.changed != nil {
		close(b.changed)
		b.changed = nil
	}
}

// visit is one connection.
type visit struct {
	box  *Mailbox
	from string
	to   []string
}

var _ smtp.Session = (*visit)(nil)

// nobody is the answer for an address that is none here (RFC 5321 §4.2.3, RFC 3463 §3.2).
var nobody = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "There is no such mailbox here"}

// Mail begins a message.
func (v *visit) Mail(from string, _ *smtp.MailOptions) error {
	v.Reset()
	v.from = from
	return nil
}

// Rcpt takes one recipient, or says that there is none such.
func (v *visit) Rcpt(to string, _ *smtp.RcptOptions) error {
	if v.box.Takes != nil && !v.box.Takes(to) {
		return nobody
	}
	v.to = append(v.to, to)
	return nil
}

// Data takes the message.
func (v *visit) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m := read(raw)
	m.EnvelopeFrom, m.EnvelopeTo = v.from, v.to
	v.box.keep(m)
	return nil
}

// Reset ends a message.
func (v *visit) Reset() { v.from, v.to = "", nil }

// Logout ends the connection.
func (*visit) Logout() error { return nil }
