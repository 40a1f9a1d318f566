package directory

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Limits of the settings of mail and portal.
const (
	MaxSMTPCA    = 64 << 10 // bytes of PEM
	MaxPortalURL = 255
	MaxPath      = 4096
	MaxLinkDays  = 90
	MaxCodeHours = 720
	MaxSecret    = 16 << 10 // bytes; access tokens are long
)

// mailSettings are those of mail and portal, by the names of Settings. What needs another one comes after it, so that they
// can be set one by one in this order.
var mailSettings = []Setting{
	line("smtp_host", 253, func(w *Workspace) *string { return &w.Mail.Host }),
	number("smtp_port", 0, 65535, func(w *Workspace) *int { return &w.Mail.Port }),
	toggle("smtp_allow_plain", func(w *Workspace) *bool { return &w.Mail.AllowPlain }),
	choice("smtp_security", func(w *Workspace) *MailSecurity { return &w.Mail.Security },
		word[MailSecurity]{STARTTLS, "starttls"}, word[MailSecurity]{TLS, "tls"}, word[MailSecurity]{Plain, "plain"}),
	choice("smtp_auth", func(w *Workspace) *MailAuth { return &w.Mail.Auth }, word[MailAuth]{AuthAuto, "auto"},
		word[MailAuth]{AuthPlain, "plain"}, word[MailAuth]{AuthLogin, "login"}, word[MailAuth]{AuthXOAUTH2, "xoauth2"}),
	line("smtp_user", MaxEmail, func(w *Workspace) *string { return &w.Mail.User }),
	secret(SMTPPassword),
	file("smtp_ca", MaxSMTPCA, InvalidCertificate, func(w *Workspace) *[]byte { return &w.Mail.CA }),
	line("smtp_hello", 253, func(w *Workspace) *string { return &w.Mail.Hello }),
	line("mail_from", MaxEmail, func(w *Workspace) *string { return &w.Mail.From }),
	line("mail_from_name", MaxName, func(w *Workspace) *string { return &w.Mail.FromName }),
	line("mail_reply_to", MaxEmail, func(w *Workspace) *string { return &w.Mail.ReplyTo }),
	line("dkim_selector", 253, func(w *Workspace) *string { return &w.Mail.DKIMSelector }),
	line("dkim_domain", 253, func(w *Workspace) *string { return &w.Mail.DKIMDomain }),
	secret(DKIMKey),
	{Name: "portal_url", Kind: TextSetting, Max: MaxPortalURL,
		get: func(w Workspace) string { return w.Portal.URL },
		set: func(w *Workspace, value string) Problem {
			w.Portal.URL = strings.TrimRight(strings.TrimSpace(value), "/")
			return ""
		}},
	line("portal_listen", 300, func(w *Workspace) *string { return &w.Portal.Listen }),
	line("portal_key", MaxPath, func(w *Workspace) *string { return &w.Portal.Key }),
	line("portal_certificate", MaxPath, func(w *Workspace) *string { return &w.Portal.Certificate }),
	number("link_days", 1, MaxLinkDays, func(w *Workspace) *int { return &w.LinkDays }),
	number("code_hours", 1, MaxCodeHours, func(w *Workspace) *int { return &w.CodeHours }),
}

// line is a text that nobody wants spaces around.
func line(name string, limit int, of func(*Workspace) *string) Setting {
	s := textual(name, limit, of)
	s.set = func(w *Workspace, value string) Problem { *of(w) = strings.TrimSpace(value); return "" }
	return s
}

// secret is a setting that is not in the Workspace.
func secret(name string) Setting {
	return Setting{Name: name, Kind: SecretSetting, Max: MaxSecret,
		get: func(Workspace) string { return "" },
		set: func(*Workspace, string) Problem { return InvalidValue }}
}

var (
	// portalForm has no path: the pages are at the root of their host.
	portalForm = regexp.MustCompile(`^https?://[A-Za-z0-9.:\[\]-]+/?$`)
	// dkimNameForm is a domain name or a selector, of which the labels may have underscores (RFC 6376 §3.1).
	dkimNameForm = regexp.MustCompile(`^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$`)
)

// validateMail is the part of ValidateWorkspace about how mail leaves and where links lead to: "smtp_host", "smtp_port",
// "smtp_security", "smtp_auth", "smtp_user", "smtp_ca", "smtp_hello", "mail_from", "mail_from_name", "mail_reply_to",
// "dkim_domain", "dkim_selector", "portal_url", "portal_listen", "portal_certificate", "portal_key", "link_days",
// "code_hours".
func validateMail(w Workspace) []FieldError {
	var wrong []FieldError
	add := func(field string, p Problem, limit int) {
		if p != "" {
			wrong = append(wrong, FieldError{field, p, limit})
		}
	}
	m := w.Mail
	if m.Host != "" && !isHost(m.Host) {
		add("smtp_host", InvalidHost, 0)
	}
	switch {
	case !slices.Contains([]MailSecurity{STARTTLS, TLS, Plain}, m.Security):
		add("smtp_security", InvalidValue, 0)
	case m.Security == Plain && m.Host != "" && !m.AllowPlain && !IsLoopback(m.Host):
		add("smtp_security", NeedsTLS, 0)
	}
	if !slices.Contains([]MailAuth{AuthAuto, AuthPlain, AuthLogin, AuthXOAUTH2}, m.Auth) {
		add("smtp_auth", InvalidValue, 0)
	}
	for _, t := range []struct {
		field, text string
		limit       int
	}{
		{"smtp_user", m.User, MaxEmail}, {"mail_from_name", m.FromName, MaxName},
		{"portal_certificate", w.Portal.Certificate, MaxPath}, {"portal_key", w.Portal.Key, MaxPath},
	} {
		p := checkText(t.text, t.limit)
		add(t.field, p, limitOf(p, t.limit))
	}
	add("smtp_ca", checkCertificates(m.CA), limitOf(checkCertificates(m.CA), MaxSMTPCA))
	if m.Hello != "" && !isHost(m.Hello) {
		add("smtp_hello", InvalidHost, 0)
	}
	add("mail_from", checkEmail(m.From), limitOf(checkEmail(m.From), MaxEmail))
	add("mail_reply_to", checkEmail(m.ReplyTo), limitOf(checkEmail(m.ReplyTo), MaxEmail))
	for _, n := range []struct{ field, name, of string }{
		{"dkim_domain", m.DKIMDomain, ""}, {"dkim_selector", m.DKIMSelector, m.DKIMDomain},
	} {
		switch {
		case n.name != "" && (len(n.name) > 253 || !dkimNameForm.MatchString(n.name)):
			add(n.field, InvalidDomain, 0)
		case n.name == "" && n.of != "":
			add(n.field, Required, 0)
		}
	}
	add("portal_url", checkPortal(w.Portal.URL, w.RPID), limitOf(checkPortal(w.Portal.URL, w.RPID), MaxPortalURL))
	add("portal_listen", checkListen(w.Portal.Listen), 0)
	if w.Portal.Certificate != "" && w.Portal.Key == "" {
		add("portal_key", Required, 0)
	}
	for _, n := range []struct {
		field              string
		value, least, most int
	}{
		{"smtp_port", m.Port, 0, 65535}, {"link_days", w.LinkDays, 1, MaxLinkDays}, {"code_hours", w.CodeHours, 1, MaxCodeHours},
	} {
		if n.value < n.least || n.value > n.most {
			add(n.field, OutOfRange, n.most)
		}
	}
	return wrong
}

// isHost tells whether s is the name of a host, in whatever case, or an IP address without brackets.
func isHost(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	return len(s) <= 253 && rpIDForm.MatchString(strings.ToLower(s))
}

// IsLoopback tells whether a host is this machine, by its name or its IP address (RFC 6761 §6.3).
func IsLoopback(host string) bool {
	if a, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return a.IsLoopback()
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// checkPortal: browsers make credentials over TLS or on this machine only (Secure Contexts §3.1), and for the host they
// are on or for what it is below (WebAuthn Level 2 §5.1.3).
func checkPortal(s, rpID string) Problem {
	if s == "" {
		return ""
	}
	if len(s) > MaxPortalURL {
		return TooLong
	}
	u, err := url.Parse(s)
	if err != nil || !portalForm.MatchString(s) || !isHost(u.Hostname()) || !isPort(u) {
		return InvalidLink
	}
	host := strings.ToLower(u.Hostname())
	switch {
	case u.Scheme == "http" && !IsLoopback(host):
		return NeedsHTTPS
	case host != rpID && !strings.HasSuffix(host, "."+rpID):
		return OutsideRP
	}
	return ""
}

func isPort(u *url.URL) bool {
	if u.Port() == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	n, err := strconv.ParseUint(u.Port(), 10, 16)
	return err == nil && n > 0
}

// checkListen: HOST may be empty, for all addresses of the machine.
func checkListen(s string) Problem {
	if s == "" {
		return ""
	}
	host, port, err := net.SplitHostPort(s)
	if err != nil || host != "" && !isHost(host) {
		return InvalidAddress
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return InvalidAddress
	}
	return ""
}

func checkCertificates(content []byte) Problem {
	if len(content) == 0 {
		return ""
	}
	if len(content) > MaxSMTPCA {
		return TooLong
	}
	found := false
	for rest := content; ; {
		block, after := pem.Decode(rest)
		if block == nil {
			if !found || bytes.Contains(rest, []byte("-----BEGIN")) {
				return InvalidCertificate
			}
			return ""
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil || block.Type != "CERTIFICATE" {
			return InvalidCertificate
		}
		found, rest = true, after
	}
}
