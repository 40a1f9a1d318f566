// Package rp is the relying party's side of a registration and of a log-in: options and a challenge at the
// beginning, verification at the end. Verification is go-webauthn's; this package plays the client in between,
// because at a station nobody else does: it makes the client data and puts the attestation object together.
package rp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"tapstation/app/directory"
)

// ErrVerification is a response that does not hold; it comes wrapped with the reason.
var ErrVerification = errors.New("verification failed")

// Workspace is the workspace's own relying party.
type Workspace struct {
	web       *webauthn.WebAuthn
	origin    string
	workspace directory.Workspace
}

// NewWorkspace is the relying party w describes. Origins are those of web pages on which its keys may be registered,
// besides its own. It fails when the relying party ID is no domain name.
func NewWorkspace(w directory.Workspace, origins ...string) (*Workspace, error) {
	name := w.RPName
	if name == "" {
		name = w.Name
	}
	origin := Origin(w.RPID)
	web, err := webauthn.New(&webauthn.Config{
		RPID:                  w.RPID,
		RPDisplayName:         name,
		RPOrigins:             append([]string{origin}, origins...),
		AttestationPreference: conveyance(w),
	})
	if err != nil {
		return nil, fmt.Errorf("relying party %q: %w", w.RPID, err)
	}
	return &Workspace{web: web, origin: origin, workspace: w}, nil
}

// Origin is the web origin a relying party ID stands for where no web page is involved.
func Origin(rpID string) string { return "https://" + rpID }

// Creation is one registration under way: what the key is asked for, and what the relying party will check.
type Creation struct {
	RPID, RPName string
	Challenge    []byte
	Origin       string
	User         directory.User
	Algorithms   []int // COSE identifiers the relying party takes, the preferred first
	Exclude      [][]byte

	session webauthn.SessionData
	options protocol.PublicKeyCredentialCreationOptions
}

// Registration is the client's answer to a Creation.
type Registration struct {
	CredentialID      []byte
	ClientDataJSON    []byte
	AttestationObject []byte
	Transports        []string
}

// Begin opens the registration of a discoverable credential for user. Exclude is the credentials that must not
// be on the same key. With verification PIN the relying party takes no credential made without it.
func (p *Workspace) Begin(_ context.Context, user directory.User, v directory.Verification, exclude [][]byte) (Creation, error) {
	verification := protocol.VerificationDiscouraged
	if v == directory.PIN {
		verification = protocol.VerificationRequired
	}
	required := true
	creation, session, err := p.web.BeginRegistration(account{user},
		webauthn.WithAuthenticatorSelection(protocol.AuthenticatorSelection{
			AuthenticatorAttachment: protocol.CrossPlatform,
			RequireResidentKey:      &required,
			ResidentKey:             protocol.ResidentKeyRequirementRequired,
			UserVerification:        verification,
		}),
		webauthn.WithExclusions(descriptors(exclude)))
	if err != nil {
		return Creation{}, fmt.Errorf("begin registration: %w", err)
	}
	c := Creation{
		RPID: creation.Response.RelyingParty.ID, RPName: creation.Response.RelyingParty.Name,
		Challenge: creation.Response.Challenge, Origin: p.origin, User: user, Exclude: exclude,
		session: *session, options: creation.Response,
	}
	for _, param := range creation.Response.Parameters {
		c.Algorithms = append(c.Algorithms, int(param.Algorithm))
	}
	return c, nil
}

// Finish verifies the answer to c and returns what is kept of it. A credential the relying party does not take is
// an error that wraps ErrVerification, or, where it is genuine and the policy refuses it, ErrAttestation or ErrModel.
func (p *Workspace) Finish(_ context.Context, c Creation, r Registration) (directory.Credential, error) {
	parsed, err := protocol.CredentialCreationResponse{
		PublicKeyCredential: protocol.PublicKeyCredential{
			Credential: protocol.Credential{ID: encode(r.CredentialID), Type: string(protocol.PublicKeyCredentialType)},
			RawID:      r.CredentialID,
		},
		AttestationResponse: protocol.AuthenticatorAttestationResponse{
			AuthenticatorResponse: protocol.AuthenticatorResponse{ClientDataJSON: r.ClientDataJSON},
			Transports:            r.Transports,
			AttestationObject:     r.AttestationObject,
		},
	}.Parse()
	if err != nil {
		return directory.Credential{}, refusal(err)
	}
	made, err := p.web.CreateCredential(account{c.User}, c.session, parsed)
	if err != nil {
		return directory.Credential{}, refusal(err)
	}
	cred := directory.Credential{
		ID: made.ID, PublicKey: made.PublicKey, SignCount: made.Authenticator.SignCount,
		Attestation: parsed.Response.AttestationObject.Format,
	}
	copy(cred.AAGUID[:], made.Authenticator.AAGUID)
	if err := p.checkPolicy(parsed.Response.AttestationObject, cred); err != nil {
		return directory.Credential{}, err
	}
	return cred, nil
}

// refusal keeps go-webauthn's developer detail, which says what did not hold.
func refusal(err error) error {
	var detailed *protocol.Error
	if errors.As(err, &detailed) && detailed.DevInfo != "" {
		return fmt.Errorf("%w: %s (%s)", ErrVerification, detailed.Details, detailed.DevInfo)
	}
	return fmt.Errorf("%w: %w", ErrVerification, err)
}

func descriptors(ids [][]byte) []protocol.CredentialDescriptor {
	list := make([]protocol.CredentialDescriptor, len(ids))
	for i, id := range ids {
		list[i] = protocol.CredentialDescriptor{Type: protocol.PublicKeyCredentialType, CredentialID: id}
	}
	return list
}

// account shows a user to go-webauthn.
type account struct{ directory.User }

func (a account) WebAuthnID() []byte                         { return a.Handle }
func (a account) WebAuthnName() string                       { return a.ID }
func (a account) WebAuthnDisplayName() string                { return a.DisplayName() }
func (a account) WebAuthnCredentials() []webauthn.Credential { return nil }

// clientData is CollectedClientData (WebAuthn §5.8.1), members in the order of its serialisation.
type clientData struct {
	Type        string `json:"type"`
	Challenge   string `json:"challenge"`
	Origin      string `json:"origin"`
	CrossOrigin bool   `json:"crossOrigin"`
}

// Ceremony types of client data.
const (
	Create = "webauthn.create"
	Get    = "webauthn.get"
)

// ClientData is clientDataJSON as a client makes it (WebAuthn §5.8.1.1).
func ClientData(ceremony string, challenge []byte, origin string) []byte {
	b, err := json.Marshal(clientData{Type: ceremony, Challenge: encode(challenge), Origin: origin})
	if err != nil {
		panic(err) // strings always marshal
	}
	return b
}
