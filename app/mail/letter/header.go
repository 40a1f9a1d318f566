package letter

import (
	"encoding/base64"
	"fmt"
	"net/mail"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/emersion/go-message"
	"golang.org/x/net/idna"

	"tapstation/app/directory"
)

// longest is up to how many characters of a value are told. The rules of the directory allow no name that is longer.
const longest = 2 * directory.MaxName

// tidy is s as one line that can be seen: what moves text about, hides it or ends a line is taken out.
func tidy(s string) string {
	if len(s) > 16*longest {
		s = s[:16*longest]
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\u200c', r == '\u200d': // parts of names in Persian and Indic scripts
			return r
		case unicode.IsSpace(r), unicode.IsControl(r):
			return ' '
		case unicode.IsGraphic(r):
			return r
		}
		return -1
	}, strings.ToValidUTF8(s, "\uFFFD"))
	s = strings.Join(strings.Fields(s), " ")
	n := 0
	for i := range s {
		if n++; n > longest {
			return s[:i] + "…"
		}
	}
	return s
}

// messageIDForm is dot-atom-text on both sides (RFC 5322 §3.6.4).
var messageIDForm = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,100}@[A-Za-z0-9.-]{1,253}$")

// header is all headers but those about the body. go-message writes the one that was added last first.
func (l Letter) header(subject string) (message.Header, error) {
	var h message.Header
	if !messageIDForm.MatchString(l.MessageID) {
		return h, ErrMessageID
	}
	m := l.Workspace.Mail
	name := tidy(m.FromName)
	if name == "" {
		name = tidy(l.Workspace.Name)
	}
	from, err := mailbox(name, m.From)
	if err != nil {
		return h, fmt.Errorf("sender: %w", err)
	}
	var whose string
	if l.Kind != directory.TestMail {
		whose = tidy(l.User.DisplayName())
	}
	to, err := mailbox(whose, l.To)
	if err != nil {
		return h, fmt.Errorf("recipient: %w", err)
	}
	h.Set("MIME-Version", "1.0")
	h.Set("Auto-Submitted", "auto-generated") // RFC 3834 §5
	h.Set("Message-ID", "<"+l.MessageID+">")
	h.Set("Date", l.Date.UTC().Format(time.RFC1123Z))
	h.Set("Subject", encodeWords(subject))
	if m.ReplyTo != "" {
		reply, err := mailbox("", m.ReplyTo)
		if err != nil {
			return h, fmt.Errorf("address for answers: %w", err)
		}
		h.Set("Reply-To", reply)
	}
	h.Set("To", to)
	h.Set("From", from)
	return h, nil
}

// SMTPUTF8 tells whether the message of this letter can only be sent with that extension (RFC 6531): the part before the
// @ of one of its addresses is not ASCII.
func (l Letter) SMTPUTF8() bool {
	for _, a := range []string{l.Workspace.Mail.From, l.Workspace.Mail.ReplyTo, l.To} {
		if at := strings.LastIndexByte(a, '@'); at >= 0 && !ascii(a[:at]) {
			return true
		}
	}
	return false
}

// mailbox is a name and an address as a header has them.
func mailbox(name, address string) (string, error) {
	address, err := wireAddress(address)
	if err != nil {
		return "", err
	}
	switch {
	case name == "":
		return "<" + address + ">", nil
	case plain(name):
		return quote(name) + " <" + address + ">", nil
	}
	return encodeWords(name) + " <" + address + ">", nil
}

func quote(name string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `"`
}

// wireAddress is a bare address as headers have it. A domain beyond ASCII is written as DNS has it, unless the part
// before it is beyond ASCII too: whoever takes that takes both (RFC 6532).
func wireAddress(s string) (string, error) {
	a, err := mail.ParseAddress(s)
	if err != nil || a.Name != "" || a.Address != s || len(s) > directory.MaxEmail || strings.ContainsFunc(s, unseen) {
		return "", ErrAddress
	}
	at := strings.LastIndexByte(s, '@')
	if !ascii(s[:at]) || ascii(s) {
		return s, nil
	}
	domain, err := idna.Lookup.ToASCII(s[at+1:])
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrAddress, err)
	}
	return s[:at+1] + domain, nil
}

func unseen(r rune) bool {
	return r == unicode.ReplacementChar || unicode.IsSpace(r) || !unicode.IsGraphic(r)
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

// plain tells whether s means in a header what it says: printable ASCII that is no encoded word, nor long enough to be cut.
func plain(s string) bool {
	return len(s) <= 60 && !strings.Contains(s, "=?") && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}

// encodeWords is s as encoded words (RFC 2047 §2) where it is not plain. Package mime leaves what looks like one as it
// is, so that a name could be read as something that it is not.
func encodeWords(s string) string {
	if plain(s) {
		return s
	}
	const most = 36 // octets that make 48 in base64, and 60 with what is around them: a line begins with "Reply-To: " (RFC 2047 §2)
	var words []string
	for len(s) > 0 {
		n := 0
		for n < len(s) {
			_, size := utf8.DecodeRuneInString(s[n:])
			if n+size > most {
				break
			}
			n += size
		}
		words = append(words, "=?utf-8?B?"+base64.StdEncoding.EncodeToString([]byte(s[:n]))+"?=")
		s = s[n:]
	}
	return strings.Join(words, " ")
}
