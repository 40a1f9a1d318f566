package letter

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"

	"tapstation/app/directory"
)

// hostile is what somebody could write into a field: the rules of the directory refuse most of it, and this does not count
// on them.
var hostile = map[string]string{
	"CRLF":             "Ada\r\nBcc: evil@example.com\r\n\r\n<script>alert(1)</script>",
	"CR":               "Ada\rBcc: evil@example.com",
	"LF":               "Ada\nBcc: evil@example.com\n\nbody",
	"folding":          "Ada\r\n Bcc: evil@example.com",
	"NUL":              "Ada\x00Bcc: evil@example.com",
	"line separator":   "Ada\u2028Bcc: evil@example.com\u2029\u0085x",
	"vertical":         "Ada\v\f\x1b[31m\x7f",
	"a script":         "<script>alert(1)</script>",
	"out of attribute": `"><img src=x onerror=alert(1)>`,
	"single quotes":    `' onmouseover='alert(1)`,
	"closing":          "</p></div></body></html><a href=https://evil.example>x</a>",
	"a style":          "</style><style>*{display:none}</style>",
	"a title":          "</title><script>alert(1)</script>",
	"a comment":        "<!-- ]]> --><![CDATA[",
	"entities":         "&lt;script&gt; &#60;script&#62; &amp;",
	"an encoded word":  "=?utf-8?B?DQpCY2M6IGV2aWxAZXhhbXBsZS5jb20=?=",
	"encoded in parts": "=?utf-8?Q?=0D=0ABcc:_evil@example.com?= =?x?",
	"an address":       `"Evil" <evil@example.com>, Ada`,
	"end of quotes":    `Ada" <evil@example.com> "\`,
	"a comment in it":  "Ada (comment \\",
	"a placeholder":    "{link}{code}{nonsense}",
	"a template":       "{{.Link}} {{printf `%s` .}} ${x} %s%n",
	"right to left":    "\u202eadA\u202c \u2066x\u2069 \u200f\u061c",
	"invisible":        "A\u200b\u2060\ufeffd\u00ada\U000e0041",
	"Arabic":           "ليلى عبد الله",
	"long":             strings.Repeat("x", 10_000),
	"long in words":    strings.Repeat("ä <b>", 2_000),
	"no UTF-8":         "Ada\xff\xfe\xc0\xaf\xed\xa0\x80",
	"only that":        "\xff",
	"a boundary":       "--boundary\r\n--\r\nContent-Type: text/html\r\n\r\n<b>",
	"a dot":            ".\r\n.",
	"an encoding":      "=\r\n=3Cscript=3E=",
	"a link":           "https://evil.example/activate/x",
	"a script link":    "javascript:alert(document.domain)",
	"data":             "data:text/html,<script>alert(1)</script>",
	"link and more":    `https://example.org/"onclick="alert(1)`,
	"link to markup":   "https://example.org/?q=<script>'\"&#",
	"link of two":      "https://example.org/\r\nBcc: evil@example.com",
	"link beyond":      "https://example.org/ü ?ü=\u202e#ü",
	"nothing":          "",
	"spaces":           " \t ",
}

// fields are where a person can write something.
var fields = map[string]func(*Letter, string){
	"User ID":             func(l *Letter, s string) { l.User.ID = s },
	"User ID alone":       func(l *Letter, s string) { l.User = directory.User{ID: s} },
	"user name":           func(l *Letter, s string) { l.User.UserName = s },
	"user name alone":     func(l *Letter, s string) { l.User = directory.User{ID: "a", UserName: s} },
	"first name":          func(l *Letter, s string) { l.User.FirstName = s },
	"last name":           func(l *Letter, s string) { l.User.LastName = s },
	"e-mail of the user":  func(l *Letter, s string) { l.User.Email = s },
	"group":               func(l *Letter, s string) { l.User.Groups = []string{s} },
	"language":            func(l *Letter, s string) { l.User.Language, l.Workspace.Language = s, s },
	"language of it":      func(l *Letter, s string) { l.Language = s },
	"key's name":          func(l *Letter, s string) { l.Key.Name = s },
	"workspace":           func(l *Letter, s string) { l.Workspace.Name = s },
	"relying party":       func(l *Letter, s string) { l.Workspace.RPName = s },
	"driver link":         func(l *Letter, s string) { l.Workspace.DriverLink = s },
	"sender's name":       func(l *Letter, s string) { l.Workspace.Mail.FromName = s },
	"code":                func(l *Letter, s string) { l.Opening.Code = s },
	"recipient":           func(l *Letter, s string) { l.To = s },
	"sender":              func(l *Letter, s string) { l.Workspace.Mail.From = s },
	"address for answers": func(l *Letter, s string) { l.Workspace.Mail.ReplyTo = s },
	"link":                func(l *Letter, s string) { l.Opening.Link = s },
	"Message-ID":          func(l *Letter, s string) { l.MessageID = s },
	"logo":                func(l *Letter, s string) { l.Workspace.Logo = []byte(s) },
}

// refusing are the fields a mail cannot be made without: what makes no sense there is an error, never another mail.
var refusing = []string{"recipient", "sender", "address for answers", "link", "Message-ID"}

// everything names all placeholders there are, in all forms.
func everything(kind directory.MessageKind) *directory.MailTemplate {
	t := directory.MailTemplate{Kind: kind, Language: "en", Subject: "{workspace}"}
	for _, p := range Placeholders(kind) {
		t.Body += fmt.Sprintf("%s: {%s}\n- {%s}\n1. {%s}\n\n{%s}\n\n", p.Name, p.Name, p.Name, p.Name, p.Name)
		if p.Name == "name" || p.Name == "key_name" {
			t.Subject += " {" + p.Name + "}"
		}
	}
	return &t
}

func TestNothingIsInjectedThroughAnyField(t *testing.T) {
	for field, put := range fields {
		for what, value := range hostile {
			for _, own := range []*directory.MailTemplate{
				nil, everything(directory.ActivationMail), everything(directory.EmailProofMail), everything(directory.TestMail),
			} {
				kind := directory.PINMail
				if own != nil {
					kind = own.Kind
				}
				l := aLetter(kind, "en")
				put(&l, value)
				raw, err := Compose(l, own, nil)
				if err == nil {
					checkMail(t, fmt.Sprintf("%s in %s of %s", what, field, kind), l, raw)
				} else if !slices.Contains(refusing, field) && (field != "code" || tidy(value) != "" || !errors.Is(err, ErrCode)) {
					t.Errorf("%s in %s: no mail at all: %v", what, field, err)
				}
			}
		}
	}
}

// checkMail fails unless a message has our headers and parts, goes to whom it should, and says only what can be seen.
func checkMail(t testing.TB, what string, l Letter, raw []byte) {
	t.Helper()
	p := parse5322(t, raw)
	want := map[string]string{"From": "", "To": "", "Reply-To": "", "Date": "", "Message-Id": "<" + l.MessageID + ">", "Auto-Submitted": "auto-generated", "Mime-Version": "1.0"}
	if l.Workspace.Mail.ReplyTo == "" {
		delete(want, "Reply-To")
	}
	checkHeaders(t, what, p, want)
	for name, address := range map[string]string{"From": l.Workspace.Mail.From, "To": l.To, "Reply-To": l.Workspace.Mail.ReplyTo} {
		if address == "" && name == "Reply-To" {
			continue
		}
		all, err := p.header.AddressList(name)
		if want, wrong := wireAddress(address); err != nil || wrong != nil || len(all) != 1 || all[0].Address != want {
			t.Errorf("%s: %s is %q, read as %v (%v), want %q alone", what, name, p.header.Get(name), all, err, want)
			continue
		}
		if strings.ContainsFunc(all[0].Name, unwanted) {
			t.Errorf("%s: %s has the name %q", what, name, all[0].Name)
		}
	}
	subject, err := decode(p.header.Get("Subject"))
	if err != nil || subject == "" || strings.ContainsFunc(subject, unwanted) {
		t.Errorf("%s: the subject is %q (%v)", what, subject, err)
	}
	if want := []string{"multipart/alternative", "text/plain", "text/html"}; !slices.Equal(p.kinds, want) {
		t.Errorf("%s: parts %v, want %v", what, p.kinds, want)
	}
	links := []string{l.Opening.Link}
	if driver, err := checkLink(l.Workspace.DriverLink, directory.MaxDriverLink); err == nil {
		links = append(links, driver)
	}
	if err := checkPage(p.html, links...); err != nil {
		t.Errorf("%s: %v", what, err)
	}
	for name, part := range map[string]string{"text": p.text, "page": p.html} {
		if strings.ContainsFunc(part, func(r rune) bool { return r != '\r' && r != '\n' && unwanted(r) }) {
			t.Errorf("%s: the %s holds what cannot be seen: %.300q", what, name, part)
		}
		if len(part) > 100_000 {
			t.Errorf("%s: the %s is %d bytes", what, name, len(part))
		}
	}
	if strings.Contains(p.text, "{link}") && l.Opening.Link != "" && allowed(l.Kind, "link") && !strings.Contains(p.text, l.Opening.Link) {
		t.Errorf("%s: the link is not in the text", what)
	}
}

// unwanted is what moves or hides text.
func unwanted(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) && r != '\u200c' && r != '\u200d' || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r)
}

// TestNothingIsInjectedThroughATemplate: what passes the check makes no mail but ours, and what does not is not used.
func TestNothingIsInjectedThroughATemplate(t *testing.T) {
	for what, value := range hostile {
		for _, kind := range []directory.MessageKind{directory.PINMail, directory.TestMail} {
			for _, own := range []directory.MailTemplate{
				{Kind: kind, Language: "en", Subject: value, Body: everything(kind).Body},
				{Kind: kind, Language: "en", Subject: "x", Body: value + "\n\n" + everything(kind).Body},
				{Kind: kind, Language: "en", Subject: "x", Body: everything(kind).Body + "- " + value + "\n" + value + " {workspace}"},
			} {
				for _, l := range []Letter{aLetter(kind, "en"), func() Letter { l := aLetter(kind, "en"); l.User.FirstName = value; return l }()} {
					checkMail(t, what+" in the template of "+string(kind), l, mustCompose(t, l, &own, nil))
				}
			}
		}
	}
}

func TestValuesAreValuesAndNoPlaceholders(t *testing.T) {
	l := aLetter(directory.ActivationMail, "en")
	l.User.FirstName, l.Key.Name = "{link}", "{code}"
	own := directory.MailTemplate{Kind: l.Kind, Language: "en", Subject: "{key_name}", Body: "{first_name}\n\n{key_name}\n\n{link}"}
	r, err := Preview(l, &own)
	if err != nil {
		t.Fatal(err)
	}
	if want := "{link}\n\n{code}\n\n    " + aLink + "\n"; r.Text != want || r.Subject != "{code}" {
		t.Errorf("subject %q, text %q, want {code} and %q", r.Subject, r.Text, want)
	}
}

func FuzzCompose(f *testing.F) {
	for _, value := range hostile {
		f.Add(value, "Card", "Example Ltd", "https://example.org/driver", "{name}", "{link}\n\n{code}")
		f.Add("Ada", value, value, value, value, value+"{link}{code}")
	}
	f.Fuzz(func(t *testing.T, name, key, workspace, driver, subject, body string) {
		for _, kind := range Kinds {
			l := aLetter(kind, "de")
			l.User.FirstName, l.User.LastName, l.User.ID, l.Key.Name, l.Workspace.Name, l.Workspace.DriverLink = name, key, workspace, key, workspace, driver
			own := directory.MailTemplate{Kind: kind, Language: "de", Subject: subject, Body: body}
			checkMail(t, "fuzzed", l, mustCompose(t, l, &own, nil))
		}
		l := aLetter(directory.TestMail, "en")
		if l.To, l.MessageID = name, key; true {
			if raw, err := Compose(l, nil, nil); err == nil {
				checkMail(t, "fuzzed", l, raw)
			}
		}
	})
}
