package letter

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	netmail "net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-message"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"tapstation/app/directory"
)

// at is a moment of the tests, and berlin where they are.
var (
	at     = time.Date(2026, 11, 24, 14, 30, 59, 0, time.UTC)
	berlin = time.FixedZone("CET", 3600)
)

const (
	aLink = "https://keys.example.org/activate/q3V8yZ2kC1w7xN0bT5rJmH9aLsE4uGfD6oPiKvQeXzM"
	aCode = "K7QPM-3TXWD"
)

// aLetter is one as the outbox has it.
func aLetter(kind directory.MessageKind, language string) Letter {
	w := directory.DefaultWorkspace()
	w.Name, w.RPID, w.RPName, w.Portal.URL, w.DriverLink = "Example Ltd", "example.org", "Example", "https://keys.example.org", "https://example.org/driver?a=1&b=2"
	w.Mail.From, w.Mail.ReplyTo = "keys@example.org", "help@example.org"
	return Letter{
		Kind: kind, Language: language, Workspace: w, MessageID: "0123456789abcdef@example.org", Date: at, To: "ada@example.org", Zone: berlin,
		User:    directory.User{ID: "ada.l", UserName: "ada", FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.org", Groups: []string{"Staff"}},
		Key:     directory.SecurityKey{Name: "Blue card", Kind: directory.Card},
		Opening: Opening{Link: aLink, Code: aCode, Expires: at.AddDate(0, 0, 7), CodeExpires: at.Add(48 * time.Hour)},
	}
}

func mustCompose(t testing.TB, l Letter, tpl *directory.MailTemplate, s *Signer) []byte {
	t.Helper()
	m, err := Compose(l, tpl, s)
	if err != nil {
		t.Fatalf("Compose: %v", err)
	}
	return m
}

// parsed is a message as mail programs read it.
type parsed struct {
	header     netmail.Header
	text, html string
	picture    []byte
	kinds      []string // of the parts, in their order
}

// parse reads a message by net/mail and by go-message, and fails where a line is not as RFC 5322 wants it.
func parse5322(t testing.TB, raw []byte) parsed {
	t.Helper()
	for i, line := range bytes.Split(raw, []byte("\r\n")) {
		if len(line) > 998 || bytes.ContainsAny(line, "\r\n\x00") {
			t.Fatalf("line %d is no line of RFC 5322: %.200q", i+1, line)
		}
	}
	m, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("net/mail: %v", err)
	}
	e, err := message.Read(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("go-message: %v", err)
	}
	p := parsed{header: m.Header}
	err = e.Walk(func(_ []int, e *message.Entity, err error) error {
		if err != nil {
			return err
		}
		kind, _, err := e.Header.ContentType()
		if err != nil {
			return err
		}
		p.kinds = append(p.kinds, kind)
		if strings.HasPrefix(kind, "multipart/") {
			return nil
		}
		content, err := io.ReadAll(e.Body)
		switch kind {
		case "text/plain":
			p.text = string(content)
		case "text/html":
			p.html = string(content)
		case "image/png":
			p.picture = content
		}
		return err
	})
	if err != nil {
		t.Fatalf("read the parts: %v", err)
	}
	return p
}

// ours is what may stand in a page: the attributes of each element.
var ours = map[string][]string{
	"html": {"lang"}, "head": nil, "meta": {"charset", "name", "content"}, "title": nil, "style": nil, "body": {"class", "style"},
	"div": {"class", "style"}, "p": {"class", "style"}, "a": {"href", "class", "style"}, "code": {"class", "style"}, "bdi": nil, "br": nil,
	"ul": {"style"}, "ol": {"start", "style"}, "li": {"style"}, "img": {"src", "alt", "width", "height", "class", "style"},
}

// checkPage fails when a page holds an element, an attribute or a link that is not ours, or loads anything.
func checkPage(page string, links ...string) error {
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return err
	}
	sheets := 0
	for n := range root.Descendants() {
		switch n.Type {
		case html.DocumentNode, html.TextNode, html.DoctypeNode:
			continue
		case html.CommentNode, html.ErrorNode, html.RawNode:
			return fmt.Errorf("there is a comment: %.100q", n.Data)
		case html.ElementNode:
		}
		may, known := ours[n.Data]
		if !known || n.Namespace != "" {
			return fmt.Errorf("there is an element <%s>", n.Data)
		}
		for _, a := range n.Attr {
			switch {
			case !slices.Contains(may, a.Key):
				return fmt.Errorf("<%s> has the attribute %s=%.100q", n.Data, a.Key, a.Val)
			case a.Key == "href" && !slices.Contains(links, a.Val):
				return fmt.Errorf("there is a link to %.100q", a.Val)
			case a.Key == "src" && a.Val != "cid:"+pictureID:
				return fmt.Errorf("there is a picture from %.100q", a.Val)
			case a.Key == "style" && strings.Contains(a.Val, "url("):
				return fmt.Errorf("a style loads something: %.100q", a.Val)
			}
		}
		if n.Data == "style" {
			if sheets++; sheets > 1 || n.FirstChild.Data != darkSheet {
				return fmt.Errorf("there is a sheet %d: %.100q", sheets, n.FirstChild.Data)
			}
		}
	}
	return nil
}

// words is what a person reads of a page.
func words(t testing.TB, page string) string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var s strings.Builder
	for n := range root.Descendants() {
		if n.Type == html.TextNode && n.Parent.Data != "style" && n.Parent.Data != "title" {
			s.WriteString(n.Data)
		}
	}
	return s.String()
}

// TestMailsAreReadable: what both mails say, in both languages. The files are what a person has read and found good.
func TestMailsAreReadable(t *testing.T) {
	for _, kind := range []directory.MessageKind{directory.ActivationMail, directory.PINMail} {
		for _, language := range []string{"en", "de"} {
			p := parse5322(t, mustCompose(t, aLetter(kind, language), nil, nil))
			subject, err := decode(p.header.Get("Subject"))
			if err != nil {
				t.Error(err)
			}
			want, err := os.ReadFile(filepath.Join("testdata", string(kind)+"."+language+".txt"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), subject+"\n\n"+strings.ReplaceAll(p.text, "\r\n", "\n")); diff != "" {
				t.Errorf("%s in %s (-want +got):\n%s", kind, language, diff)
			}
			page := strings.Join(strings.Fields(words(t, p.html)), " ")
			for line := range strings.SplitSeq(p.text, "\r\n") {
				if line = strings.TrimSpace(line); line != "" && !strings.Contains(page, line) {
					t.Errorf("%s in %s: the HTML does not say %q, as the text does", kind, language, line)
				}
			}
			if strings.Count(p.html, `href="`+aLink+`"`) != 2 {
				t.Errorf("%s in %s: want the link as a button and in words:\n%s", kind, language, p.html)
			}
		}
	}
}

func decode(s string) (string, error) {
	var h message.Header
	h.Set("Subject", s)
	return h.Text("Subject")
}

func TestHeadersAndParts(t *testing.T) {
	for _, kind := range Kinds {
		p := parse5322(t, mustCompose(t, aLetter(kind, "de"), nil, nil))
		want := map[string]string{
			"From": `"Example Ltd" <keys@example.org>`, "To": `"Ada Lovelace" <ada@example.org>`, "Reply-To": "<help@example.org>",
			"Date": "Tue, 24 Nov 2026 14:30:59 +0000", "Message-Id": "<0123456789abcdef@example.org>", "Auto-Submitted": "auto-generated", "Mime-Version": "1.0",
		}
		if kind == directory.TestMail {
			want["To"] = "<ada@example.org>"
		}
		checkHeaders(t, string(kind), p, want)
		if want := []string{"multipart/alternative", "text/plain", "text/html"}; !slices.Equal(p.kinds, want) {
			t.Errorf("%s: parts %v, want %v", kind, p.kinds, want)
		}
	}
	l := aLetter(directory.ActivationMail, "en")
	l.Workspace.Mail.FromName, l.Workspace.Mail.ReplyTo = "Schlüsseldienst", ""
	p := parse5322(t, mustCompose(t, l, nil, nil))
	if from, err := p.header.AddressList("From"); err != nil || from[0].Name != "Schlüsseldienst" {
		t.Errorf("From is %v (%v), want the name that is set", from, err)
	}
	if _, there := p.header["Reply-To"]; there {
		t.Error("there is a Reply-To, though none is set")
	}
}

// checkHeaders fails unless there are these headers, a Subject and a Content-Type, each once, and no others.
func checkHeaders(t testing.TB, what string, p parsed, want map[string]string) {
	t.Helper()
	for name, values := range p.header {
		w, known := want[name]
		switch {
		case len(values) != 1:
			t.Errorf("%s: %s is there %d times", what, name, len(values))
		case name == "Subject", name == "Content-Type":
		case !known:
			t.Errorf("%s: there is a header %s: %.200q", what, name, values)
		case w != "" && values[0] != w:
			t.Errorf("%s: %s is %q, want %q", what, name, values[0], w)
		}
	}
	if len(p.header) != len(want)+2 {
		t.Errorf("%s: there are %d headers, want %d", what, len(p.header), len(want)+2)
	}
}

func TestParagraphsWithoutTheirValueAreLeftOut(t *testing.T) {
	l := aLetter(directory.ActivationMail, "en")
	l.Workspace.DriverLink, l.Opening.Code = "", ""
	r, err := Preview(l, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, left := range []string{"driver", "code", "kiosk", "{"} {
		for name, part := range map[string]string{"text": r.Text, "page": words(t, r.HTML)} {
			if strings.Contains(part, left) {
				t.Errorf("the %s speaks of a %s that there is not:\n%s", name, left, part)
			}
		}
	}
}

// TestWhatAMailMustTellIsNeverLeftOut: whatever else stands in its paragraph and has no value.
func TestWhatAMailMustTellIsNeverLeftOut(t *testing.T) {
	l := aLetter(directory.ActivationMail, "en")
	l.Workspace.DriverLink, l.Opening.Code, l.User.LastName = "", "", ""
	own := directory.MailTemplate{Kind: l.Kind, Language: "en", Subject: "x",
		Body: "Dear {first_name} {last_name}\n\nopen {link} or take {code} ({driver_link}):\n{code}\n{link}\n\nUntil {code_expires}\n{code}"}
	r, err := Preview(l, &own)
	if want := "Dear Ada\n\nopen " + aLink + " or take  ():\n\n    " + aLink + "\n"; err != nil || r.Text != want {
		t.Errorf("%v, %q, want %q", err, r.Text, want)
	}
	if err := checkPage(r.HTML, aLink); err != nil || strings.Contains(r.HTML, "<code") {
		t.Errorf("%v\n%s\nwant no box without a code", err, r.HTML)
	}
}

func TestLettersThatCannotBe(t *testing.T) {
	for _, test := range []struct {
		what   string
		change func(*Letter)
		want   error
	}{
		{"no recipient", func(l *Letter) { l.To = "" }, ErrAddress},
		{"two recipients", func(l *Letter) { l.To = "a@example.org, b@example.org" }, ErrAddress},
		{"a recipient with a name", func(l *Letter) { l.To = "Ada <a@example.org>" }, ErrAddress},
		{"a recipient of two lines", func(l *Letter) { l.To = "a@example.org\r\nBcc: b@example.org" }, ErrAddress},
		{"a recipient with a comment", func(l *Letter) { l.To = "a@example.org (x)" }, ErrAddress},
		{"a recipient that is no UTF-8", func(l *Letter) { l.To = "a\xff@example.org" }, ErrAddress},
		{"a domain that is none", func(l *Letter) { l.To = "a@exämple\u2060.org" }, ErrAddress},
		{"no sender", func(l *Letter) { l.Workspace.Mail.From = "" }, ErrAddress},
		{"a sender of two lines", func(l *Letter) { l.Workspace.Mail.From = "a@example.org\nX: y" }, ErrAddress},
		{"two addresses for answers", func(l *Letter) { l.Workspace.Mail.ReplyTo = "a@example.org,b@example.org" }, ErrAddress},
		{"no link", func(l *Letter) { l.Opening.Link = "" }, ErrLink},
		{"a script for a link", func(l *Letter) { l.Opening.Link = "javascript:alert(1)" }, ErrLink},
		{"a link that ends early", func(l *Letter) { l.Opening.Link = "https://example.org/\nx" }, ErrLink},
		{"a link with a password", func(l *Letter) { l.Opening.Link = "https://a:b@example.org/" }, ErrLink},
		{"a link without end", func(l *Letter) { l.Opening.Link = "https://example.org/" + strings.Repeat("x", 1000) }, ErrLink},
		{"no code to prove an address with", func(l *Letter) { l.Kind, l.Opening.Code = directory.EmailProofMail, "" }, ErrCode},
		{"no Message-ID", func(l *Letter) { l.MessageID = "" }, ErrMessageID},
		{"a Message-ID of two lines", func(l *Letter) { l.MessageID = "a@example.org>\r\nBcc: <x" }, ErrMessageID},
		{"no kind", func(l *Letter) { l.Kind = "advertisement" }, ErrKind},
	} {
		l := aLetter(directory.ActivationMail, "en")
		test.change(&l)
		if m, err := Compose(l, nil, nil); !errors.Is(err, test.want) || m != nil {
			t.Errorf("%s: %v and %d bytes, want %v and none", test.what, err, len(m), test.want)
		}
	}
}

func TestOwnTemplateIsUsedWhereItIsGood(t *testing.T) {
	own := directory.MailTemplate{Kind: directory.PINMail, Language: "en", Subject: "{name}: PIN & more",
		Body: "Do this:\n- first <b>\n- then {key_name}\n \n\n1. one\n2. two\n\nLook at {link} now.\n\n  {link}  \n\n{code}\nis the code. {braces are kept"}
	r, err := Preview(aLetter(directory.PINMail, "en"), &own)
	if err != nil {
		t.Fatal(err)
	}
	const want = "Do this:\n- first <b>\n- then Blue card\n\n1. one\n2. two\n\nLook at " + aLink + " now.\n\n    " + aLink + "\n\n    " + aCode + "\n\nis the code. {braces are kept\n"
	if r.Text != want || r.Subject != "Ada Lovelace: PIN & more" {
		t.Errorf("subject %q, text\n%s\nwant\n%s", r.Subject, r.Text, want)
	}
	for _, part := range []string{">Do this:</p>\n<ul", ">first &lt;b&gt;</li>", "<bdi>Blue card</bdi></li></ul>", `<ol start="1"`, ">one</li>", `class="button"`, "Set PIN"} {
		if !strings.Contains(r.HTML, part) {
			t.Errorf("the page has no %s:\n%s", part, r.HTML)
		}
	}
	if err := checkPage(r.HTML, aLink); err != nil {
		t.Error(err)
	}
	for what, t2 := range map[string]directory.MailTemplate{
		"one without the link": {Kind: directory.PINMail, Language: "en", Subject: "x", Body: "nothing"},
		"one of another kind":  {Kind: directory.TestMail, Language: "en", Subject: "x", Body: "nothing"},
	} {
		r, err := Preview(aLetter(directory.PINMail, "en"), &t2)
		if err != nil || !strings.Contains(r.Text, aLink) {
			t.Errorf("%s, as only a damaged store has it: %v\n%s\nwant the program's own in its place", what, err, r.Text)
		}
	}
}

func TestLanguageOfALetter(t *testing.T) {
	for _, test := range []struct{ user, workspace, want string }{
		{"de", "en", "de"}, {"", "de", "de"}, {"de-AT", "", "de"}, {"fr", "de", "de"}, {"", "", "en"}, {"fr", "fr", "en"},
	} {
		if got := LanguageOf(directory.Workspace{Language: test.workspace}, directory.User{Language: test.user}); got != test.want {
			t.Errorf("a user of %q in a workspace of %q is written to in %q, want %q", test.user, test.workspace, got, test.want)
		}
	}
}

func TestTimesAreTheSameEverywhere(t *testing.T) {
	l := aLetter(directory.ActivationMail, "en")
	for _, test := range []struct {
		language string
		zone     *time.Location
		want     string
	}{
		{"en", time.UTC, "Tuesday, 1 December 2026, 14:30 (UTC)"},
		{"en", berlin, "Tuesday, 1 December 2026, 15:30 (UTC+1)"},
		{"de", berlin, "Dienstag, 1. Dezember 2026, 15:30 Uhr (UTC+1)"},
		{"en", time.FixedZone("", 5*3600+30*60), "Tuesday, 1 December 2026, 20:00 (UTC+5:30)"},
		{"de", time.FixedZone("", -(3*3600 + 30*60)), "Dienstag, 1. Dezember 2026, 11:00 Uhr (UTC−3:30)"},
	} {
		l.Language, l.Zone = test.language, test.zone
		r, err := Preview(l, nil)
		if err != nil || !strings.Contains(r.Text, test.want) {
			t.Errorf("%v\n%s\nwant until %s", err, r.Text, test.want)
		}
	}
}
