package virtual

import (
	"fmt"
	"io"
	"slices"
	"time"
)

// Version is the CTAP version a card speaks.
type Version int

// The versions there are.
const (
	FIDO21    Version = iota // CTAP 2.1, with credential management under its old command byte too
	FIDO21Pre                // CTAP 2.0 with the credential management of the 2.1 drafts (command 0x41)
	FIDO20                   // CTAP 2.0: no credential management, no configuration, no token permissions
)

// Attestation is how a card vouches for a new credential (WebAuthn §8.2).
type Attestation int

// The ways there are.
const (
	SelfAttestation Attestation = iota // signed with the credential's own key
	CertAttestation                    // a test certificate, its issuer, and a root that AttestationRoot tells
	LongAttestation                    // likewise, with a long leaf: makeCredential answers more than 1,500 bytes
	NoAttestation                      // format "none"
)

// MaxMsgSizeUntold makes a card keep its longest message to itself; it is then 1024 bytes (CTAP 2.1 §6.4).
const MaxMsgSizeUntold = -1

// What a card has where Options do not say.
const (
	defaultCapacity   = 25
	defaultMaxMsgSize = 2048
	untoldMaxMsgSize  = 1024 // CTAP 2.1 §6.4, maxMsgSize
	defaultMinPIN     = 4    // code points, CTAP 2.1 §6.4, minPINLength
	maxPINBytes       = 63   // CTAP 2.1 §6.5.1
)

// contactlessATR is what PC/SC makes up for a contactless card without historical bytes (PC/SC part 3 §3.1.3.2.3).
var contactlessATR = []byte{0x3B, 0x80, 0x80, 0x01, 0x01}

// Options say what kind of card it is. The zero value is a CTAP 2.1 card with room for 25 discoverable credentials,
// extended length, both PIN protocols, self attestation and no UID.
type Options struct {
	Version Version
	AAGUID  [16]byte // model; all zero: the card keeps it to itself

	ATR []byte // answer to reset; empty: a contactless card without historical bytes
	// UID answers FF CA 00 00 00, as the reader would; nil: 6A81, no UID to be had. With RandomUID it is four new
	// bytes at every power-up instead (ISO 14443-3 §6.4.4).
	UID       []byte
	RandomUID bool

	SelectAnswer string // answer to SELECT: "FIDO_2_0" (also when empty) or "U2F_V2"
	NotFIDO      bool   // another applet: SELECT fails with 6A82

	ShortOnly    bool // refuses extended length with 6700
	ChainAnswers bool // hands out at most 256 bytes at a time (61xx), whatever length was asked for
	KeepAlive    int  // answers 9100 that many times before each result, to those who take it
	MaxMsgSize   int  // bytes in one CTAP message; 0: 2048; MaxMsgSizeUntold

	Capacity       int   // discoverable credentials; 0: 25
	PINProtocols   []int // in the order getInfo tells them; empty: 2, 1
	NoPIN          bool  // cannot have a PIN
	MinPINLength   int   // code points, as delivered; 0: 4
	AlwaysUV       bool  // as delivered; authenticatorConfig toggles it
	UVNotRequired  bool  // makeCredUvNotRqd: a credential that is not discoverable needs no PIN
	StrictPresence bool  // one tap is presence for one operation only; otherwise for two minutes

	Attestation Attestation

	Clock func() time.Time // nil: time.Now
	// Rand is where keys and nonces come from; nil: crypto/rand. ECDSA signatures take theirs from the system.
	Rand io.Reader
}

// complete fills in what is not said, and refuses what makes no card.
func (o Options) complete() (Options, error) {
	if len(o.ATR) == 0 {
		o.ATR = contactlessATR
	}
	if o.SelectAnswer == "" {
		o.SelectAnswer = "FIDO_2_0"
	}
	if o.MaxMsgSize == 0 {
		o.MaxMsgSize = defaultMaxMsgSize
	}
	if o.Capacity == 0 {
		o.Capacity = defaultCapacity
	}
	if len(o.PINProtocols) == 0 {
		o.PINProtocols = []int{2, 1}
	}
	if o.MinPINLength == 0 {
		o.MinPINLength = defaultMinPIN
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Rand == nil {
		o.Rand = systemRandom
	}
	switch {
	case o.Version < FIDO21 || o.Version > FIDO20:
		return o, fmt.Errorf("no such CTAP version: %d", o.Version)
	case o.Attestation < SelfAttestation || o.Attestation > NoAttestation:
		return o, fmt.Errorf("no such attestation: %d", o.Attestation)
	case o.SelectAnswer != "FIDO_2_0" && o.SelectAnswer != "U2F_V2":
		return o, fmt.Errorf("answer to SELECT %q, want FIDO_2_0 or U2F_V2", o.SelectAnswer)
	case o.MaxMsgSize != MaxMsgSizeUntold && o.MaxMsgSize < untoldMaxMsgSize:
		return o, fmt.Errorf("longest message %d, want at least %d bytes", o.MaxMsgSize, untoldMaxMsgSize)
	case o.MinPINLength < defaultMinPIN || o.MinPINLength > maxPINBytes:
		return o, fmt.Errorf("shortest PIN %d, want %d to %d", o.MinPINLength, defaultMinPIN, maxPINBytes)
	case o.Capacity < 0 || o.KeepAlive < 0:
		return o, fmt.Errorf("capacity %d and keep-alive %d cannot be negative", o.Capacity, o.KeepAlive)
	}
	for i, p := range o.PINProtocols {
		if p != 1 && p != 2 || slices.Contains(o.PINProtocols[:i], p) {
			return o, fmt.Errorf("PIN protocols %v, want 1 and 2 at most once each", o.PINProtocols)
		}
	}
	return o, nil
}

// messageLimit is the longest CTAP message the card takes, in bytes.
func (o Options) messageLimit() int {
	if o.MaxMsgSize == MaxMsgSizeUntold {
		return untoldMaxMsgSize
	}
	return o.MaxMsgSize
}
