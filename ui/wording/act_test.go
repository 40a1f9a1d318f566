package wording

import (
	"testing"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/assets/text"
)

func TestWhoDidSomethingIsNamedForPeople(t *testing.T) {
	if err := text.Use("en"); err != nil {
		t.Fatal(err)
	}
	for by, want := range map[string]string{
		directory.AdminActor + "robin": "robin", directory.SystemActor + "root": "root · command line",
		directory.UserActor + "ada": "ada · by link or code", directory.StationActor: "Tapstation itself",
	} {
		if got := Actor(by); got != want {
			t.Errorf("%s is called %q, want %q", by, got, want)
		}
	}
}

func TestActsAboutMailSayWhich(t *testing.T) {
	if err := text.Use("en"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		act    audit.Act
		detail map[string]string
		want   string
	}{
		{audit.MailRetried, map[string]string{"kind": "activation"}, "Activation"},
		{audit.MailWithdrawn, map[string]string{"kind": "newer"}, "newer"},
		{audit.TemplateChanged, map[string]string{"mail": "pin_setup", "language": "de", "change": "saved"}, "PIN set-up, de"},
		{audit.SecretChanged, map[string]string{"setting": "smtp_password", "value": "set"}, "Password at the server"},
		{audit.SecretChanged, map[string]string{"setting": "newer"}, "newer"},
		{audit.SecretChanged, map[string]string{"name": directory.TicketKey}, "“ticket_key”"},
	} {
		if got := Particulars(audit.Entry{Act: c.act, Detail: c.detail}); got != c.want {
			t.Errorf("%s %v says %q, want %q", c.act, c.detail, got, c.want)
		}
	}
}
