// Package device is the contract between the station and what a person taps: readers, cards and the FIDO2
// keys on them. It is pure Go and knows no driver; device/pcsc, device/fido and device/virtual stand behind it.
//
// A Source tells which readers and cards there are and opens a Card. A Card is one session: it lives from the
// moment it is opened until it is closed or the card leaves the reader, and never reconnects by itself,
// because a card's rules on presence and PIN attempts count per power-up.
package device

import (
	"context"
	"time"
)

// Source is where taps come from: the PC/SC service of this machine, or a reader in software.
type Source interface {
	// Watch reports what is there as events, first the present state and then every change, until ctx ends;
	// it then returns ctx.Err(). The present state is ServiceDown, or ServiceUp, the readers and cards that are
	// there and AllReported, so that whoever only wants to know what is there need not wait for a change. It
	// survives a restart of the reader service. Reports come one at a time, in order, and must not block.
	Watch(ctx context.Context, report func(Event)) error

	// Open begins a session with the card on the named reader and keeps other programs out until the session
	// is closed. It fails with ErrReaderHeld while another program has the reader, ErrNoCard on an empty
	// reader, ErrNoReader and ErrServiceDown where those are missing. It does not yet talk to the card.
	Open(ctx context.Context, reader string) (Card, error)
}

// Card is a session with one card, from tap to removal. Its methods are not safe for concurrent use, but Close
// may be called at any time.
//
// Every method that talks to the card can fail with ErrRemoved, ErrCardReset, ErrNotFIDO and ctx.Err(); a
// cancelled ctx cancels the command on the card where the card can be told.
type Card interface {
	Key

	Reader() string
	// ATR is the answer to reset as PC/SC reports it (ISO 7816-3 §8.2; PC/SC part 3 §3.1.3.2.3 for contactless).
	ATR() []byte
	// UID is the contactless identifier (PC/SC part 3 §3.2.2.1.3), asked from the reader once. It is nil where
	// the reader or the card does not tell one.
	UID(ctx context.Context) ([]byte, error)
	// Cost is what this session has exchanged with the card so far.
	Cost() Cost
	Close() error
}

// Key is a FIDO2 authenticator (CTAP 2.1). Where a method takes a PIN, the empty PIN means: without user
// verification.
type Key interface {
	// Info is the answer to authenticatorGetInfo (CTAP 2.1 §6.4), asked once and again after what can change it.
	Info(ctx context.Context) (Info, error)

	// PINRetries asks for the attempts left (CTAP 2.1 §6.5.5.2).
	PINRetries(ctx context.Context) (PINRetries, error)
	// SetPIN gives a key without a PIN its first one.
	SetPIN(ctx context.Context, pin PIN) error
	// ChangePIN replaces old by new. A wrong old PIN is a *PINError.
	ChangePIN(ctx context.Context, old, new PIN) error
	// ForcePINChange makes the key refuse everything but a PIN change until the PIN is changed
	// (authenticatorConfig, setMinPINLength with forceChangePin, CTAP 2.1 §6.11.4). ErrUnsupported where the
	// key cannot.
	ForcePINChange(ctx context.Context, pin PIN) error
	// SetMinPINLength raises the shortest PIN the key accepts, in Unicode code points. ErrUnsupported likewise.
	SetMinPINLength(ctx context.Context, pin PIN, length int) error

	// MakeCredential registers. ErrExcluded: one of the excluded credentials is on this key. ErrKeyFull: no room.
	MakeCredential(ctx context.Context, req CredentialRequest) (Credential, error)
	// GetAssertion signs with the allowed credentials, or, with none given, with every discoverable one of the
	// relying party, the most recent first. ErrNoCredentials: none is on this key.
	GetAssertion(ctx context.Context, req AssertionRequest) ([]Assertion, error)
	// DeleteCredential removes a discoverable credential (CTAP 2.1 §6.8.5). ErrUnsupported where the key cannot.
	DeleteCredential(ctx context.Context, id []byte, pin PIN) error
	// Reset destroys every credential and the PIN. ErrNotAllowed: the key wants to be power-cycled first (it
	// takes a reset only within ten seconds of power-up, CTAP 2.1 §6.6).
	Reset(ctx context.Context) error
}

// Info is what the station uses of authenticatorGetInfo. Absent members have their zero value.
type Info struct {
	Versions   []string // "FIDO_2_0", "FIDO_2_1", "U2F_V2", …
	Extensions []string
	AAGUID     [16]byte // model; all zero on keys that keep it to themselves
	Options    map[string]bool
	// MaxMsgSize is in bytes; 1024 when the key does not say (CTAP 2.1 §6.4).
	MaxMsgSize    int
	PINProtocols  []int
	Algorithms    []int // COSE identifiers; empty: the key does not say
	Transports    []string
	MinPINLength  int // Unicode code points; 4 when the key does not say
	ForcePIN      bool
	FirmwareMajor uint64
	// RemainingCredentials is the room left for discoverable credentials; -1 when the key does not say.
	RemainingCredentials int
	// MaxCredentialsInList is how many credential IDs fit into one allow or exclude list; 0: no limit told.
	MaxCredentialsInList int
	MaxCredentialIDLen   int // bytes; 0: no limit told
}

// PINSet tells whether the key has a PIN; PINCapable whether it could have one.
func (i Info) PINSet() bool { return i.Options["clientPin"] }

// PINCapable tells whether the key can have a PIN at all.
func (i Info) PINCapable() bool { _, known := i.Options["clientPin"]; return known }

// Option tells whether the key has the named option switched on (CTAP 2.1 §6.4, options).
func (i Info) Option(name string) bool { return i.Options[name] }

// PINRetries are the attempts a key still takes.
type PINRetries struct {
	Left       int
	PowerCycle bool // none is taken before the key is taken away and tapped again
}

// CredentialRequest is authenticatorMakeCredential (CTAP 2.1 §6.1) for a discoverable credential.
type CredentialRequest struct {
	ClientDataHash []byte // SHA-256, 32 bytes
	RPID, RPName   string
	UserHandle     []byte // user.id, 1 to 64 bytes
	UserName       string
	UserDisplay    string
	Algorithms     []int    // COSE identifiers, the preferred first
	Exclude        [][]byte // credential IDs
	PIN            PIN
}

// Credential is a new credential as the key answered it. Its parts are those of an attestation object
// (WebAuthn §6.5.4), not yet verified.
type Credential struct {
	ID        []byte
	AuthData  []byte // authenticator data, not wrapped
	Format    string // attestation statement format: "packed", "none", …
	Statement []byte // attestation statement, one CBOR map, whole certificate chain included
}

// AssertionRequest is authenticatorGetAssertion (CTAP 2.1 §6.2).
type AssertionRequest struct {
	ClientDataHash []byte // SHA-256, 32 bytes
	RPID           string
	Allow          [][]byte // credential IDs; empty: discoverable ones
	PIN            PIN
	// Silent asks without user presence, which only tells that a credential is there and does not use up the
	// presence of this tap.
	Silent bool
}

// Assertion is one signature by one credential, not yet verified.
type Assertion struct {
	CredentialID []byte
	AuthData     []byte // not wrapped
	Signature    []byte
	UserHandle   []byte // nil where the key does not tell
}

// Cost is what a session has exchanged with its card. Commands the reader answers itself (class FF) do not count.
type Cost struct {
	APDUs         int
	BytesToCard   int
	BytesFromCard int
	Card          time.Duration // waiting for the card
}

// Add is the cost of both.
func (c Cost) Add(d Cost) Cost {
	return Cost{c.APDUs + d.APDUs, c.BytesToCard + d.BytesToCard, c.BytesFromCard + d.BytesFromCard, c.Card + d.Card}
}
