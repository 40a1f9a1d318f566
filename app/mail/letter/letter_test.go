package letter

import (
	"testing"
	"time"

	"tapstation/app/directory"
)

// at is a moment of the tests, and berlin where they are.
var (
	at     = time.Date(2026, 11, 24, 14, 30, 59, 0, time.UTC)
	berlin = time.FixedZone("CET", 3600)
)

func aLetter(kind directory.MessageKind, language string) Letter {
	w := directory.DefaultWorkspace()
	w.Name, w.RPID, w.Portal.URL, w.DriverLink = "Example Ltd", "example.org", "https://keys.example.org", "https://example.org/driver?a=1&b=2"
	w.Mail.From, w.Mail.ReplyTo = "keys@example.org", "help@example.org"
	l := Sample(kind, language, w, at)
	l.Workspace, l.MessageID, l.To, l.Zone = w, "0123456789abcdef@example.org", "ada@example.org", berlin
	return l
}

func mustCompose(t *testing.T, l Letter, tpl *directory.MailTemplate, s *Signer) []byte {
	t.Helper()
	m, err := Compose(l, tpl, s)
	if err != nil {
		t.Fatalf("Compose: %v", err)
	}
	return m
}

func TestShow(t *testing.T) {
	for _, k := range Kinds {
		t.Logf("%s", mustCompose(t, aLetter(k, "de"), nil, nil))
	}
}
