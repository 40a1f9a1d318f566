package letter

import (
	"bytes"
	"errors"
	netmail "net/mail"
	"strings"
	"testing"

	"tapstation/app/directory"
)

func TestInternationalAddresses(t *testing.T) {
	for _, test := range []struct {
		address, written string
		utf8             bool
	}{
		{"ada@example.org", "ada@example.org", false},
		{"ada@bücher.example", "ada@xn--bcher-kva.example", false},
		{"ada@BÜCHER.example", "ada@xn--bcher-kva.example", false},
		{"josé@example.org", "josé@example.org", true},
		{"jøran@blåbærsyltetøy.example", "jøran@blåbærsyltetøy.example", true},
		{"用户@例子.example", "用户@例子.example", true},
		{"o'neil+keys@example.org", "o'neil+keys@example.org", false},
	} {
		l := aLetter(directory.ActivationMail, "en")
		l.To = test.address
		raw := mustCompose(t, l, nil, nil)
		head, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
		if want := `To: "Ada Lovelace" <` + test.written + ">"; !bytes.Contains(head, []byte(want)) {
			t.Errorf("%s: want %s in\n%s", test.address, want, head)
		}
		p := parse5322(t, raw)
		if all, err := p.header.AddressList("To"); err != nil || len(all) != 1 || all[0].Address != test.written {
			t.Errorf("%s is read as %v (%v)", test.address, all, err)
		}
		if got := l.SMTPUTF8(); got != test.utf8 {
			t.Errorf("%s needs SMTPUTF8: %v, want %v", test.address, got, test.utf8)
		}
		if !test.utf8 && !ascii(string(head)) {
			t.Errorf("%s: the headers are not ASCII, though nobody needs SMTPUTF8:\n%s", test.address, head)
		}
	}
	l := aLetter(directory.ActivationMail, "en")
	l.Workspace.Mail.From = "schlüssel@example.org"
	if !l.SMTPUTF8() {
		t.Error("a sender beyond ASCII needs SMTPUTF8")
	}
	if got := aLetter(directory.ActivationMail, "de").SMTPUTF8(); got {
		t.Error("a mail in German needs no SMTPUTF8")
	}
}

func TestNamesInHeadersComeBackAsTheyAre(t *testing.T) {
	for _, name := range []string{
		"Example Ltd", "Müller & Söhne", `"Quoted" \ Ltd`, "Doe, Jane (IT)", "=?utf-8?Q?x?=", "日本電気株式会社", strings.Repeat("Straße ", 18),
		"Ltd <keys@example.com>", "a;b:c", "...", "x@y",
	} {
		l := aLetter(directory.ActivationMail, "en")
		l.Workspace.Mail.FromName = name
		p := parse5322(t, mustCompose(t, l, nil, nil))
		all, err := p.header.AddressList("From")
		if err != nil || len(all) != 1 || all[0].Name != strings.TrimSpace(name) || all[0].Address != "keys@example.org" {
			t.Errorf("%q is read as %v (%v) from %s", name, all, err, p.header.Get("From"))
		}
	}
}

func TestSubjectsComeBackAsTheyAre(t *testing.T) {
	for _, subject := range []string{
		"Short", "Schlüssel", "=?utf-8?B?eA==?=", strings.Repeat("long ", 29) + "x", strings.Repeat("lang und ü ", 13) + "x", strings.Repeat("あ", 150), "a  b",
	} {
		own := directory.MailTemplate{Kind: directory.TestMail, Language: "en", Subject: subject, Body: "x"}
		raw := mustCompose(t, aLetter(directory.TestMail, "en"), &own, nil)
		m, err := netmail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		got, err := decode(m.Header.Get("Subject"))
		if want := strings.Join(strings.Fields(subject), " "); err != nil || got != want {
			t.Errorf("%q comes back as %q (%v)", want, got, err)
		}
		for line := range bytes.SplitSeq(raw, []byte("\r\n")) {
			if len(line) > 78 {
				t.Errorf("%.20q makes a line of %d characters: %s", subject, len(line), line)
			}
		}
	}
}

func TestAddressesThatAreNone(t *testing.T) {
	for _, address := range []string{"", "ada", "@example.org", "ada@", "a b@example.org", "a@b@c", "<a@example.org>", "a@example.org,", "a@exa mple.org", "a@-.ü", "a\u202e@example.org"} {
		if got, err := wireAddress(address); !errors.Is(err, ErrAddress) {
			t.Errorf("%q is written %q (%v), want ErrAddress", address, got, err)
		}
	}
}
