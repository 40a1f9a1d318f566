package desk

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"tapstation/app/directory"
	"tapstation/ui/widget"
)

// pemFile is a file with one block of PEM.
func pemFile(t *testing.T, kind string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// certificate is a certificate in DER that its own key has signed.
func certificate(t *testing.T, name string) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2031, 5, 1, 12, 0, 0, 0, time.UTC)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// secret tells what the directory has of a secret.
func (b *bench) secret(name string) string {
	b.t.Helper()
	there, err := b.station.Directory.HasSecret(b.t.Context(), name)
	if err != nil {
		b.t.Fatal(err)
	}
	if !there {
		return ""
	}
	value, err := b.station.Directory.OpenSecret(b.t.Context(), name)
	if err != nil {
		b.t.Fatal(err)
	}
	return string(value)
}

// tapIn presses a button of one setting.
func tapIn(b *bench, p *settingsPage, name, label string) {
	b.t.Helper()
	button := widget.Find[*widget.Button](p.controls[name].object, label)
	if button == nil {
		b.t.Fatalf("%s has no button %q", name, label)
	}
	test.Tap(button)
}

// reads tells of an object whether words can be read on it.
func reads(words string) func(fyne.CanvasObject) bool {
	return func(o fyne.CanvasObject) bool {
		switch o := o.(type) {
		case *widget.Text:
			return strings.Contains(o.Content, words)
		case *widget.Paragraph:
			return strings.Contains(o.Text(), words)
		case *widget.Entry:
			return strings.Contains(o.Text, words)
		}
		return false
	}
}

func TestPasswordIsSetReplacedAndRemovedAndNeverShown(t *testing.T) {
	b := newBench(t, 1)
	p := b.settings(mailSection)
	if !b.says("Not set") {
		t.Error("there is no password, and the page does not say so")
	}
	save := func(words string) {
		t.Helper()
		b.write(words)
		p.trySave()
		b.until("the save", func() bool { return p.state.Done })
	}
	kept := func(want string) {
		t.Helper()
		if got := b.secret(directory.SMTPPassword); got != want {
			t.Errorf("the password is %q, want %q", got, want)
		}
	}
	tapIn(b, p, directory.SMTPPassword, "Set")
	save("first secret")
	kept("first secret")
	if !b.says("Set") || p.state.changed() {
		t.Error("after the save the page does not say that the password is set")
	}
	if widget.Walk(b.Page(), reads("first secret")) {
		t.Error("the password can be read on the page")
	}
	tapIn(b, p, directory.SMTPPassword, "Replace")
	save("second secret")
	kept("second secret")
	tapIn(b, p, directory.SMTPPassword, "Remove")
	if !b.says("Is removed when you save") {
		t.Error("it is not said when the password goes")
	}
	kept("second secret")
	save("")
	kept("")
	if !b.says("Not set") {
		t.Error("the password is gone, and the page does not say so")
	}
}

func TestSecretThatIsKeptAsItIsIsNoChange(t *testing.T) {
	b := newBench(t, 1)
	p := b.settings(mailSection)
	tapIn(b, p, directory.SMTPPassword, "Set")
	b.write("half")
	if !p.state.changed() {
		t.Fatal("a password was typed, and there is nothing to save")
	}
	tapIn(b, p, directory.SMTPPassword, "Keep as it is")
	if p.state.changed() || p.state.Hidden[directory.SMTPPassword] != (secretDraft{}) {
		t.Errorf("what was typed is still there: %+v", p.state.Hidden)
	}
}

func TestSecretThatCannotBeUsedIsToldUnderItsFieldAndNothingElseIsSaved(t *testing.T) {
	b := newBench(t, 1)
	p := b.settings(mailSection)
	p.set(p.state.typed("smtp_host", "mail.example.org").withSecret(directory.SMTPPassword, secretDraft{Open: true, Value: "two\nlines"}))
	p.trySave()
	b.until("the answer", func() bool { return !p.state.Saving })
	if got := settingProblem(p.state, directory.SMTPPassword); got != "Type it in one line, without control characters." {
		t.Errorf("under the password stands %q", got)
	}
	if got := b.kept().Mail.Host; got != "" {
		t.Errorf("the server was saved all the same: %q", got)
	}
	if got := p.state.value("smtp_host"); got != "mail.example.org" {
		t.Errorf("what was typed is lost: the server is %q", got)
	}
}

func TestDKIMKeyComesFromAFile(t *testing.T) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t, 1)
	p := b.settings(mailSection)
	p.readKey(directory.DKIMKey, pemFile(t, "CERTIFICATE", certificate(t, "no key")))
	b.until("the refusal", func() bool { return len(p.state.Problems) > 0 })
	if got := settingProblem(p.state, directory.DKIMKey); !strings.HasPrefix(got, "Choose a PEM file with a private key") {
		t.Errorf("of a certificate is said %q", got)
	}
	p.readKey(directory.DKIMKey, pemFile(t, "PRIVATE KEY", der))
	b.until("the key", func() bool { return p.state.changed() })
	if !b.says("test.pem, set when you save") {
		t.Error("it is not said which key was chosen, and when it holds")
	}
	p.trySave()
	b.until("the save", func() bool { return p.state.Done })
	if got := b.secret(directory.DKIMKey); !strings.Contains(got, "PRIVATE KEY") {
		t.Errorf("the key kept is %q", got)
	}
}

func TestCertificatesOfTheServerAreNamed(t *testing.T) {
	b := newBench(t, 1)
	p := b.settings(mailSection)
	setting, _ := directory.FindSetting("smtp_ca")
	p.readCertificates(setting, pemFile(t, "CERTIFICATE", []byte("no certificate")))
	b.until("the refusal", func() bool { return len(p.state.Problems) > 0 })
	if got := settingProblem(p.state, "smtp_ca"); !strings.HasPrefix(got, "Choose a PEM file with certificates.") {
		t.Errorf("of a file without a certificate is said %q", got)
	}
	der := certificate(t, "Analytical Engines CA")
	p.readCertificates(setting, pemFile(t, "CERTIFICATE", der))
	b.until("the certificate", func() bool { return len(p.state.Problems) == 0 })
	if words := "Analytical Engines CA, until 2031-05-01"; !b.says(words) {
		t.Errorf("the page does not say %q", words)
	}
	p.trySave()
	b.until("the save", func() bool { return p.state.Done })
	if block, _ := pem.Decode(b.kept().Mail.CA); block == nil || !bytes.Equal(block.Bytes, der) {
		t.Error("the certificate was not kept")
	}
}

func TestWrongMailSettingIsToldUnderItsField(t *testing.T) {
	for _, c := range []struct {
		of    section
		typed map[string]string
		name  string
		say   string
	}{
		{mailSection, map[string]string{"smtp_host": "mail server"}, "smtp_host", "Write the name of a server, such as mail.example.org, or an IP address."},
		{mailSection, map[string]string{"smtp_port": "99999"}, "smtp_port", "Write a number from 0 to 65,535."},
		{mailSection, map[string]string{"smtp_host": "mail.example.org", "smtp_security": "plain"}, "smtp_security", "Choose STARTTLS or TLS, or allow unprotected mail below."},
		{mailSection, map[string]string{"smtp_host": "mail.example.org", "smtp_security": "plain", "smtp_allow_plain": "on"}, "smtp_security", ""},
		{mailSection, map[string]string{"smtp_host": "127.0.0.1", "smtp_security": "plain"}, "smtp_security", ""},
		{mailSection, map[string]string{"mail_from": "keys"}, "mail_from", "Write an address like name@example.org."},
		{mailSection, map[string]string{"dkim_domain": "example.org"}, "dkim_selector", "Write something here."},
		{mailSection, map[string]string{"dkim_domain": "example.org", "dkim_selector": "mail2026"}, "dkim_selector", ""},
		{mailSection, map[string]string{"dkim_domain": "Example org"}, "dkim_domain", "Write a name in small letters, such as example.org or mail2026."},
		{portalSection, map[string]string{"portal_url": "keys.example.org"}, "portal_url", "Write an address such as https://keys.example.org, without question marks or spaces."},
		{portalSection, map[string]string{"portal_url": "http://keys.example.org"}, "portal_url", "Begin it with https://. Browsers make keys over http:// only on this machine."},
		{portalSection, map[string]string{"portal_url": "https://keys.example.org"}, "portal_url", "It must be localhost, the relying party ID, or end in .localhost: browsers take keys for no other."},
		{portalSection, map[string]string{"portal_listen": "8443"}, "portal_listen", "Write address and port, such as :8443 or 127.0.0.1:8080."},
		{portalSection, map[string]string{"portal_certificate": "/etc/portal.pem"}, "portal_key", "Write something here."},
		{ticketSection, map[string]string{"link_days": "0"}, "link_days", "Write a number from 1 to 90."},
		{ticketSection, map[string]string{"code_hours": "721"}, "code_hours", "Write a number from 1 to 720."},
	} {
		s := settingsState{Section: c.of, Saved: directory.DefaultWorkspace(), Known: true}
		for name, value := range c.typed {
			s = s.typed(name, value)
		}
		_, s.Problems = s.draft()
		if got := settingProblem(s, c.name); got != c.say {
			t.Errorf("%v: under %s stands %q, want %q", c.typed, c.name, got, c.say)
		}
	}
}

func TestSignatureIsTakenAwayInOneGo(t *testing.T) {
	s := settingsState{Section: mailSection, Saved: directory.DefaultWorkspace(), Known: true}
	s.Saved.Mail.DKIMDomain, s.Saved.Mail.DKIMSelector = "example.org", "mail2026"
	s = s.typed("dkim_selector", "").typed("dkim_domain", "")
	if w, problems := s.draft(); len(problems) > 0 || w.Mail.DKIMDomain != "" || w.Mail.DKIMSelector != "" {
		t.Errorf("domain and selector are %q and %q, with the problems %v; want both gone", w.Mail.DKIMDomain, w.Mail.DKIMSelector, problems)
	}
}

func TestWhoChoosesThePINIsSaidAsItHoldsNow(t *testing.T) {
	w := directory.DefaultWorkspace()
	w.PINChooser = directory.UserMail
	if got := chooserWords(w); !strings.Contains(got, "because mail is not set up yet") {
		t.Errorf("without mail it says %q", got)
	}
	w.Mail.Host, w.Mail.From, w.Portal.URL = "mail.example.org", "keys@example.org", "https://localhost"
	if got := chooserWords(w); !strings.Contains(got, "a mail with a link") {
		t.Errorf("with mail it says %q", got)
	}
	w.PINChooser = directory.UserHere
	if got := chooserWords(w); !strings.Contains(got, "here at the station, before") {
		t.Errorf("chosen here it says %q", got)
	}
}
