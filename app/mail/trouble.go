package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/emersion/go-smtp"
)

// Trouble is what keeps all mail from leaving, whatever the message: the server, the way to it, or this station. It is no
// attempt of any message.
type Trouble struct {
	Kind TroubleKind
	// Answer is what the server said, or the system, as it can be shown: one line without secrets.
	Answer string
	err    error
}

func (t *Trouble) Error() string {
	if t.Answer == "" {
		return troubles[t.Kind]
	}
	return troubles[t.Kind] + ": " + t.Answer
}

func (t *Trouble) Unwrap() error { return t.err }

// TroubleKind says what is in the way, a stable word that windows translate.
type TroubleKind string

// What can be in the way.
const (
	UnknownServer  TroubleKind = "unknown_server"  // its name leads nowhere
	Unreachable    TroubleKind = "unreachable"     // nothing answers, or not in time
	CutOff         TroubleKind = "cut_off"         // it hung up, or said nothing sensible, before it took any message
	TLSMissing     TroubleKind = "tls_missing"     // it offers no STARTTLS, which is required
	TLSFailed      TroubleKind = "tls_failed"      // no protected connection came about
	BadCertificate TroubleKind = "bad_certificate" // it is not proven to be the server that is meant
	Unprotected    TroubleKind = "unprotected"     // the connection would be readable on its way
	AuthMissing    TroubleKind = "auth_missing"    // it offers no way to log in that is wanted here
	AuthRefused    TroubleKind = "auth_refused"    // user or password are wrong
	ServerBusy     TroubleKind = "server_busy"     // later, it says
	ServerRefuses  TroubleKind = "server_refuses"  // it wants no mail from here
	SenderRefused  TroubleKind = "sender_refused"  // it takes no mail with this sender
	BadSettings    TroubleKind = "bad_settings"    // what is set cannot be used, or a secret not be opened
	StationFault   TroubleKind = "station_fault"   // the data folder cannot be written, say
)

var troubles = map[TroubleKind]string{
	UnknownServer:  "the mail server is not found",
	Unreachable:    "the mail server does not answer",
	CutOff:         "the mail server ended the conversation",
	TLSMissing:     "the mail server offers no STARTTLS",
	TLSFailed:      "no protected connection to the mail server came about",
	BadCertificate: "the certificate of the mail server is not valid for it",
	Unprotected:    "the connection to the mail server would not be protected",
	AuthMissing:    "the mail server offers no way to log in that can be used",
	AuthRefused:    "the mail server refuses user or password",
	ServerBusy:     "the mail server takes no mail now",
	ServerRefuses:  "the mail server takes no mail from here",
	SenderRefused:  "the mail server refuses the sender",
	BadSettings:    "the settings of mail cannot be used",
	StationFault:   "the station cannot keep what it sends",
}

// troubled makes the trouble of a kind out of what went wrong.
func troubled(kind TroubleKind, err error, secrets ...string) *Trouble {
	return &Trouble{Kind: kind, Answer: told(err, secrets...), err: err}
}

// unreachable tells what is wrong where no connection comes about.
func unreachable(err error) *Trouble {
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound {
		return troubled(UnknownServer, err)
	}
	return troubled(Unreachable, err)
}

// untrusted tells what is wrong with a handshake.
func untrusted(err error) *Trouble {
	var certificate *tls.CertificateVerificationError
	var host x509.HostnameError
	var authority x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	if errors.As(err, &certificate) || errors.As(err, &host) || errors.As(err, &authority) || errors.As(err, &invalid) {
		return troubled(BadCertificate, err)
	}
	return troubled(TLSFailed, err)
}

// refused tells what is wrong where the server said something, or nothing, before it was asked to take a message; kind is
// what it is when the server says no for good.
func refused(kind TroubleKind, err error, secrets ...string) *Trouble {
	var said *smtp.SMTPError
	switch {
	case !errors.As(err, &said):
		if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) {
			return troubled(Unreachable, err)
		}
		return troubled(CutOff, err, secrets...)
	case said.Code == 421 || said.Code/100 == 4 && said.Code != 432:
		return troubled(ServerBusy, err, secrets...)
	}
	return troubled(kind, err, secrets...)
}

// told is an error as it can be shown.
func told(err error, secrets ...string) string {
	var said *smtp.SMTPError
	if errors.As(err, &said) {
		return line(answerOf(said), secrets...)
	}
	return line(err.Error(), secrets...)
}

// answerOf is the server's answer as it came.
func answerOf(e *smtp.SMTPError) string {
	if e.EnhancedCode == smtp.EnhancedCodeNotSet || e.EnhancedCode == smtp.NoEnhancedCode {
		return fmt.Sprintf("%d %s", e.Code, e.Message)
	}
	return fmt.Sprintf("%d %d.%d.%d %s", e.Code, e.EnhancedCode[0], e.EnhancedCode[1], e.EnhancedCode[2], e.Message)
}
