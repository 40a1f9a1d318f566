package mail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/textproto"
	"os"
	"strings"

	"github.com/emersion/go-smtp"
	"golang.org/x/net/idna"

	"tapstation/app/directory"
)

// fate is what became of a message at an attempt.
type fate int

// Fates.
const (
	given     fate = iota // back: it was not tried, for no reason of its own
	sent                  // the server has taken it
	later                 // tried, to be tried again
	postponed             // not tried for a reason of the server's, which came up at this message: others go first
	failed                // refused for good
	dropped               // pointless
	uncertain             // with the server, and this program could not wait for the answer
)

// outcome is what became of a message.
type outcome struct {
	message directory.Message
	fate    fate
	answer  string
	// trouble: nothing can be sent for now.
	trouble *Trouble
	// broken: the connection is of no use any more.
	broken bool
}

// parcel is a message ready to be sent.
type parcel struct {
	message  directory.Message
	from, to string
	content  []byte
	secrets  []string
}

// send makes one attempt. What becomes of a message that was handed over whole is in the journal before anything else.
func (c *session) send(ctx context.Context, p parcel, journal Handover) outcome {
	o := outcome{message: p.message}
	secrets := append(c.secrets(), p.secrets...)
	utf8, err := c.envelope(&p)
	if err != nil {
		o.fate, o.answer = failed, line(err.Error(), secrets...)
		return o
	}
	opts := &smtp.MailOptions{Size: int64(len(p.content)), UTF8: utf8}
	if err := c.client.Mail(p.from, opts); !positive(err) {
		return c.refusedAt(ctx, o, atMail, err, secrets)
	}
	if err := c.client.Rcpt(p.to, nil); !positive(err) {
		return c.refusedAt(ctx, o, atRcpt, err, secrets)
	}
	data, err := c.client.Data()
	if err != nil {
		return c.refusedAt(ctx, o, atData, err, secrets)
	}
	if err := c.wire.within(c.patience.body); err != nil {
		return c.refusedAt(ctx, o, atBody, err, secrets)
	}
	if _, err := data.Write(p.content); err != nil {
		return c.refusedAt(ctx, o, atBody, err, secrets)
	}
	// From here on the server may have all of it.
	if !c.wire.hand() {
		o.fate, o.broken = given, true
		return o
	}
	if err := journal.Begin(p.message.ID); err != nil {
		o.trouble, o.broken = troubled(StationFault, err), true
		return o
	}
	if err := c.wire.within(c.patience.body + c.patience.answer); err != nil {
		return c.refusedAt(ctx, o, atBody, err, secrets)
	}
	response, err := data.CloseWithResponse()
	code, answer := 250, ""
	var said *smtp.SMTPError
	switch {
	case err == nil:
		answer = line("250 "+response.StatusText, secrets...)
	case errors.As(err, &said):
		code, answer = said.Code, line(answerOf(said), secrets...)
	default:
		if ctx.Err() != nil && errors.Is(err, os.ErrDeadlineExceeded) {
			o.fate, o.answer, o.broken = uncertain, line("this program ended before the server answered"), true
			return o
		}
		return c.refusedAt(ctx, o, atBody, err, secrets)
	}
	// A journal that cannot be written leaves a message unconfirmed if the program is killed now, and no worse.
	journalErr := journal.Answer(p.message.ID, code, answer)
	c.wire.answered()
	if err := c.wire.within(0); err != nil {
		o.broken = true
	}
	if code/100 == 2 {
		c.delivered++
		o.fate, o.answer = sent, answer
	} else {
		o = c.refusedAt(ctx, o, atAnswer, said, secrets)
	}
	if journalErr != nil && o.trouble == nil {
		o.trouble = troubled(StationFault, journalErr)
	}
	return o
}

// place is where in the sending of a message something was said.
type place int

const (
	atMail place = iota
	atRcpt
	atData
	atBody
	atAnswer
)

// refusedAt judges what went wrong with a message.
func (c *session) refusedAt(ctx context.Context, o outcome, at place, err error, secrets []string) outcome {
	o.answer = told(err, secrets...)
	var said *smtp.SMTPError
	if !errors.As(err, &said) {
		o.broken = true
		var malformed textproto.ProtocolError
		switch {
		case ctx.Err() != nil: // cut by this program
			o.fate, o.answer = given, ""
		case at == atMail && c.delivered > 0 && !errors.As(err, &malformed):
			o.fate, o.answer = given, "" // some servers hang up after so many messages: a new connection takes it
		default:
			o.fate = later
		}
		return o
	}
	switch {
	case said.Code == 421: // RFC 5321 §3.8: it is closing the connection
		o.broken, o.fate = true, postponed
		if at == atMail && c.delivered > 0 {
			o.fate, o.answer = given, ""
			return o
		}
		o.trouble = troubled(ServerBusy, err, secrets...)
	case said.Code/100 != 4 && said.Code/100 != 5: // what it means is anybody's guess
		o.broken, o.fate = true, later
	case at == atMail && !aboutMessage(said):
		o.fate, o.trouble = postponed, refused(SenderRefused, err, secrets...)
	case said.Code == 530 || said.Code == 535 || said.Code == 538: // RFC 4954 §6
		o.fate, o.trouble = postponed, troubled(AuthRefused, err, secrets...)
	case said.Code/100 == 4:
		o.fate = later
	default:
		o.fate = failed
	}
	if !o.broken && at != atAnswer && c.client.Reset() != nil {
		o.broken = true
	}
	return o
}

// aboutMessage tells whether what was said to MAIL is about the message rather than about who sends it: its size (RFC
// 1870 §6), or that it needs SMTPUTF8 (RFC 6531 §3.5).
func aboutMessage(e *smtp.SMTPError) bool {
	return e.Code == 552 || e.EnhancedCode[0] == 5 && (e.EnhancedCode[1] == 3 && e.EnhancedCode[2] == 4 || e.EnhancedCode[1] == 6)
}

// positive tells whether an answer was a yes, also where it is another one than the client library wants.
func positive(err error) bool {
	var said *smtp.SMTPError
	return err == nil || errors.As(err, &said) && said.Code/100 == 2
}

var errNoUTF8 = errors.New("the mail server takes no addresses with letters beyond ASCII (SMTPUTF8)")

// envelope makes the addresses fit for the server, and tells whether the message needs SMTPUTF8 (RFC 6531).
func (c *session) envelope(p *parcel) (utf8 bool, err error) {
	if offers, _ := c.client.Extension("SMTPUTF8"); offers {
		return !ascii(p.from) || !ascii(p.to) || !asciiHeader(p.content), nil
	}
	for _, address := range []*string{&p.from, &p.to} {
		if *address, err = asciiDomain(*address); err != nil {
			return false, fmt.Errorf("address %q: %w", *address, err)
		}
		if !ascii(*address) {
			return false, errNoUTF8
		}
	}
	if !asciiHeader(p.content) {
		return false, errNoUTF8
	}
	return false, nil
}

// asciiDomain is an address with its domain in the form that every server understands (RFC 5890).
func asciiDomain(address string) (string, error) {
	i := strings.LastIndexByte(address, '@')
	if i < 0 || ascii(address[i:]) {
		return address, nil
	}
	domain, err := idna.Lookup.ToASCII(address[i+1:])
	if err != nil {
		return address, err
	}
	return address[:i+1] + domain, nil
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

func asciiHeader(content []byte) bool {
	header, _, _ := bytes.Cut(content, []byte("\r\n\r\n"))
	return ascii(string(header))
}
