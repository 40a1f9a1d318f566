package rp

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"

	"tapstation/app/directory"
)

// ErrMalformed is an answer of a browser that is none.
var ErrMalformed = errors.New("the answer is not a registration")

// conveyance is how much of a key's make a browser is asked for. Browsers ask the person before they tell it, so it is only
// asked for where it decides something.
func conveyance(w directory.Workspace) protocol.ConveyancePreference {
	if w.Attestation == directory.AttestationRequired || len(w.AllowedAAGUIDs)+len(w.DeniedAAGUIDs) > 0 {
		return protocol.PreferDirectAttestation
	}
	return protocol.PreferNoAttestation
}

// Options are what navigator.credentials.create takes as publicKey for c, as JSON (WebAuthn Level 3 §5.1.9,
// PublicKeyCredentialCreationOptionsJSON). The browser gives up after timeout.
func (c Creation) Options(kind directory.Kind, timeout time.Duration) ([]byte, error) {
	o := c.options
	o.Timeout = int(timeout.Milliseconds())
	o.Hints = []protocol.PublicKeyCredentialHints{protocol.PublicKeyCredentialHintSecurityKey}
	if kind == directory.Smartphone {
		// The page may be open on that very phone, which then is no cross-platform key.
		o.AuthenticatorSelection.AuthenticatorAttachment = ""
		o.Hints = []protocol.PublicKeyCredentialHints{
			protocol.PublicKeyCredentialHintClientDevice, protocol.PublicKeyCredentialHintHybrid,
		}
	}
	b, err := json.Marshal(o)
	if err != nil {
		return nil, fmt.Errorf("options for a browser: %w", err)
	}
	return b, nil
}

// transports are the ways to a key that browsers tell (WebAuthn Level 3 §5.8.4). What else they say is left out.
var transports = []string{"usb", "nfc", "ble", "smart-card", "hybrid", "internal"}

// ParseRegistration reads what a browser answers (WebAuthn Level 3 §5.1.1, RegistrationResponseJSON). Nothing of it is
// believed yet: that is Finish's to decide. It fails with ErrMalformed.
func ParseRegistration(raw []byte) (Registration, error) {
	var r struct {
		RawID    protocol.URLEncodedBase64 `json:"rawId"`
		Type     string                    `json:"type"`
		Response struct {
			ClientDataJSON    protocol.URLEncodedBase64 `json:"clientDataJSON"`
			AttestationObject protocol.URLEncodedBase64 `json:"attestationObject"`
			Transports        []string                  `json:"transports"`
		} `json:"response"`
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return Registration{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	switch {
	case r.Type != string(protocol.PublicKeyCredentialType):
		return Registration{}, fmt.Errorf("%w: it is of type %.20q", ErrMalformed, r.Type)
	case len(r.RawID) == 0 || len(r.Response.ClientDataJSON) == 0 || len(r.Response.AttestationObject) == 0:
		return Registration{}, fmt.Errorf("%w: a part of it is missing", ErrMalformed)
	}
	made := Registration{
		CredentialID: r.RawID, ClientDataJSON: r.Response.ClientDataJSON, AttestationObject: r.Response.AttestationObject,
	}
	for _, way := range transports {
		if slices.Contains(r.Response.Transports, way) {
			made.Transports = append(made.Transports, way)
		}
	}
	return made, nil
}

// PageOrigin is the origin of the page at address, where keys of the relying party can be registered: that of a secure
// context (W3C Secure Contexts §3.1) whose host is the relying party ID or below it (WebAuthn §5.1.3). Elsewhere a
// browser refuses, whatever the relying party says.
func PageOrigin(rpID, address string) (string, bool) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil {
		return "", false
	}
	host := strings.ToLower(u.Hostname())
	if net.ParseIP(host) != nil || host != rpID && !strings.HasSuffix(host, "."+rpID) {
		return "", false
	}
	origin := u.Scheme + "://" + strings.ToLower(u.Host)
	switch u.Scheme {
	case "https":
		return strings.TrimSuffix(origin, ":443"), true
	case "http":
		return strings.TrimSuffix(origin, ":80"), host == "localhost" || strings.HasSuffix(host, ".localhost")
	}
	return "", false
}

// Challenge is the one that r answers, by what the browser says; Finish verifies it. It fails with ErrMalformed.
func (r Registration) Challenge() ([]byte, error) {
	var c struct {
		Challenge protocol.URLEncodedBase64 `json:"challenge"`
	}
	if err := json.Unmarshal(r.ClientDataJSON, &c); err != nil {
		return nil, fmt.Errorf("%w: client data: %w", ErrMalformed, err)
	}
	return c.Challenge, nil
}
