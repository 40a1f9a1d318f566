// Package letter says what a mail says: it composes the messages of the outbox, as text and as HTML, from templates that an
// administrator can change, and signs them.
//
// A template is plain text with placeholders ({first_name}, {link}); blank lines part paragraphs. The HTML is made here
// from the same text, so that neither a template nor a name can bring an element, an attribute or a link into it. A line
// that is {link} alone becomes a button, one that is {code} alone stands out; lines that begin with "- " or with "1. ", "2. "
// are a list. A paragraph about a code or a driver that there is not is left out, with all of its lines.
//
// Whatever the fields of a letter hold, the message has exactly the headers that are listed in Compose, no line of it is
// longer than RFC 5322 §2.1.1 allows, and nothing in it is loaded from elsewhere.
package letter

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/emersion/go-message"

	"tapstation/app/directory"
	"tapstation/assets/text"
)

// Letter is what a message is about.
type Letter struct {
	Kind      directory.MessageKind
	Language  string // a BCP 47 tag (LanguageOf); empty, or one without a translation: the program's
	Workspace directory.Workspace
	User      directory.User        // nobody in a TestMail
	Key       directory.SecurityKey // only in ActivationMail and PINMail
	Opening   Opening
	MessageID string // without angle brackets
	Date      time.Time
	To        string         // address
	Zone      *time.Location // in which times are told, with its distance from UTC; nil: the machine's
}

// Opening is what opens the ticket a letter is about, as activation.Opening.
type Opening struct {
	Link        string // http or https
	Code        string // empty: there is none that can be used
	Expires     time.Time
	CodeExpires time.Time
}

// What a letter cannot be made from.
var (
	ErrAddress   = errors.New("this is no address that a mail can be sent from or to")
	ErrLink      = errors.New("this is no link that a mail can hold")
	ErrCode      = errors.New("there is no code that this mail could tell")
	ErrMessageID = errors.New("this is no Message-ID")
	ErrKind      = errors.New("there are no letters of this kind")
)

// LanguageOf is the language in which a user is written to: their own, else the workspace's, else the program's.
func LanguageOf(w directory.Workspace, u directory.User) string {
	for _, l := range []string{u.Language, w.Language} {
		if l != "" && text.Speaks(l) {
			return text.In(l).Language()
		}
	}
	return text.Language()
}

// Compose is the message in the form of RFC 5322, with lines that end in CRLF: From, To, Reply-To where there is one,
// Subject, Date, Message-ID, Auto-Submitted, MIME-Version and Content-Type; before them the signature of sign, where it
// is not nil. Its body is text and HTML, the latter with the workspace's logo where that is no SVG, which hardly any
// mail program shows.
//
// t is the workspace's own template; nil, or one that does not pass Check: the program's. It fails with ErrAddress,
// ErrLink, ErrCode, ErrMessageID and ErrKind.
func Compose(l Letter, t *directory.MailTemplate, sign *Signer) ([]byte, error) {
	says, err := render(l, t, (*picture).related)
	if err != nil {
		return nil, err
	}
	h, err := l.header(says.Subject)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := writeBody(&b, h, says, scaled(l.Workspace.Logo)); err != nil {
		return nil, fmt.Errorf("compose the message: %w", err)
	}
	if sign == nil {
		return b.Bytes(), nil
	}
	return sign.sign(b.Bytes())
}

func writeBody(to io.Writer, h message.Header, r Rendered, logo *picture) error {
	h.SetContentType("multipart/alternative", nil)
	w, err := message.CreateWriter(to, h)
	if err != nil {
		return err
	}
	if err := writePart(w, textPart("text/plain"), []byte(r.Text)); err != nil {
		return err
	}
	if logo == nil {
		if err := writePart(w, textPart("text/html"), []byte(r.HTML)); err != nil {
			return err
		}
		return w.Close()
	}
	var related message.Header
	related.SetContentType("multipart/related", map[string]string{"type": "text/html"})
	both, err := w.CreatePart(related)
	if err != nil {
		return err
	}
	if err := writePart(both, textPart("text/html"), []byte(r.HTML)); err != nil {
		return err
	}
	if err := writePart(both, picturePart(), logo.png); err != nil {
		return err
	}
	return errors.Join(both.Close(), w.Close())
}

func textPart(kind string) message.Header {
	var h message.Header
	h.SetContentType(kind, map[string]string{"charset": "utf-8"})
	h.Set("Content-Transfer-Encoding", "quoted-printable")
	return h
}

func picturePart() message.Header {
	var h message.Header
	h.SetContentType("image/png", nil)
	h.Set("Content-Transfer-Encoding", "base64")
	h.SetContentDisposition("inline", map[string]string{"filename": "logo.png"})
	h.Set("Content-ID", "<"+pictureID+">")
	return h
}

func writePart(w *message.Writer, h message.Header, content []byte) error {
	part, err := w.CreatePart(h)
	if err != nil {
		return err
	}
	_, err = part.Write(content)
	return errors.Join(err, part.Close())
}

// linkForm leaves out what would end a link in a text, or begin something else.
var linkForm = regexp.MustCompile(`^https?://[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+$`)

// checkLink is the link as it can stand in a text and, escaped, in an attribute.
func checkLink(s string, longest int) (string, error) {
	u, err := url.Parse(s)
	if err != nil || len(s) > longest || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return "", ErrLink
	}
	s = u.String()
	if !linkForm.MatchString(s) || len(s) > 3*longest {
		return "", ErrLink
	}
	return s, nil
}

// maxLink is how long the link of a ticket may be: the portal's address, a word, and a token.
const maxLink = directory.MaxPortalURL + 200

// values are what stands for the placeholders of this letter, each one line of text that can be seen.
func (l Letter) values() (map[string]string, error) {
	words := text.In(l.Language)
	first := l.User.FirstName
	if strings.TrimSpace(first) == "" {
		first = l.User.DisplayName()
	}
	v := map[string]string{
		"first_name": tidy(first), "last_name": tidy(l.User.LastName), "name": tidy(l.User.DisplayName()), "user_id": tidy(l.User.ID),
		"workspace": tidy(l.Workspace.Name), "key_name": tidy(l.Key.Name), "code": tidy(l.Opening.Code), "to": tidy(l.To),
		"expires": when(words, l.Opening.Expires, l.Zone), "code_expires": when(words, l.Opening.CodeExpires, l.Zone),
	}
	if v["code"] == "" {
		v["code_expires"] = ""
	}
	if driver, err := checkLink(l.Workspace.DriverLink, directory.MaxDriverLink); err == nil {
		v["driver_link"] = driver
	}
	if allowed(l.Kind, "link") {
		link, err := checkLink(l.Opening.Link, maxLink)
		if err != nil || link != l.Opening.Link { // another spelling could be another link
			return nil, ErrLink
		}
		v["link"] = link
	}
	if v["code"] == "" && needed(l.Kind, "code") {
		return nil, ErrCode
	}
	return v, nil
}
