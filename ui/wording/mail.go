package wording

import (
	"crypto/x509"
	"errors"

	"tapstation/app/mail"
	"tapstation/assets/text"
)

// Trouble is what is said of what keeps all mail from leaving, and what to do about it.
func Trouble(t *mail.Trouble) Words {
	name := "trouble." + troubleName(t)
	return Words{text.T(name + ".title"), text.T(name + ".remedy")}
}

// troubleName tells besides its kind what is wrong with a certificate: each has a way out of its own.
func troubleName(t *mail.Trouble) string {
	var (
		invalid x509.CertificateInvalidError
		unknown x509.UnknownAuthorityError
		other   x509.HostnameError
	)
	switch {
	case t.Kind != mail.BadCertificate:
	case errors.As(t, &invalid) && invalid.Reason == x509.Expired:
		return "certificate_expired"
	case errors.As(t, &unknown):
		return "certificate_unknown"
	case errors.As(t, &other):
		return "certificate_name"
	}
	return string(t.Kind)
}

// ofMail is what keeps a mail from leaving, or from being withdrawn.
func ofMail(err error) (Words, bool) {
	var trouble *mail.Trouble
	var refused *mail.RefusedError
	switch {
	case errors.As(err, &trouble):
		return Trouble(trouble), true
	case errors.As(err, &refused) && refused.Later:
		return Words{text.T("trouble.message_later.title"), text.T("trouble.message_later.remedy")}, true
	case errors.As(err, &refused):
		return Words{text.T("trouble.message_refused.title"), text.T("trouble.message_refused.remedy")}, true
	case errors.Is(err, mail.ErrNotSetUp):
		return Words{text.T("trouble.not_set_up.title"), text.T("trouble.not_set_up.remedy")}, true
	case errors.Is(err, mail.ErrLeaving):
		return Words{text.T("trouble.leaving.title"), text.T("trouble.leaving.remedy")}, true
	case errors.Is(err, mail.ErrGone):
		return Words{text.T("trouble.gone.title"), text.T("trouble.gone.remedy")}, true
	}
	return Words{}, false
}
