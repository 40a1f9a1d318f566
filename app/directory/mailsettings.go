package directory

// MailSettings say how mail leaves: by submission (RFC 6409) to a server.
type MailSettings struct {
	Host     string // empty: there is no mail
	Port     int    // 0: the usual one of Security
	Security MailSecurity
	// AllowPlain lets mail leave without TLS to a server that is not on this machine.
	AllowPlain bool
	Auth       MailAuth
	User       string
	CA         []byte // PEM; certificates that are trusted besides the system's
	Hello      string // the name given in EHLO; empty: the machine's

	From     string // address
	FromName string // empty: the workspace's name
	ReplyTo  string

	DKIMDomain   string // empty: messages are not signed
	DKIMSelector string
}

// MailSecurity is how the connection to the server is protected.
type MailSecurity string

// Ways to protect it.
const (
	STARTTLS MailSecurity = "starttls" // required: RFC 3207; port 587
	TLS      MailSecurity = "tls"      // from the beginning: RFC 8314; port 465
	Plain    MailSecurity = "plain"    // not at all; port 25
)

// MailAuth is how the station says who it is (RFC 4954).
type MailAuth string

// Mechanisms. AuthAuto is PLAIN or LOGIN, as the server offers, and none without a user.
const (
	AuthAuto    MailAuth = ""
	AuthPlain   MailAuth = "plain"
	AuthLogin   MailAuth = "login"
	AuthXOAUTH2 MailAuth = "xoauth2" // the password is an access token
)

// Names of secrets (Tx.Secret).
const (
	SMTPPassword = "smtp_password"
	DKIMKey      = "dkim_key" // PEM: PKCS #8 or PKCS #1, RSA or Ed25519
	TicketKey    = "ticket_key"
)

// PortalSettings say where the pages behind the links are.
type PortalSettings struct {
	URL         string // as users reach it: "https://keys.example.org"; empty: there are no links
	Listen      string // address and port it is served on; empty: it is not served by the window
	Certificate string // path of the certificate chain, PEM; empty only on loopback or behind a proxy
	Key         string // path of its key, PEM
}

// CanMail tells whether links can be mailed: there is a server, a sender and a portal.
func (w Workspace) CanMail() bool {
	return w.Mail.Host != "" && w.Mail.From != "" && w.Portal.URL != ""
}
