// Package directory holds who there is and which security keys they hold: the records, the rules they keep, and
// the Store that keeps them. The words are those of mission.md; a record never knows how it is stored.
package directory

import "time"

// User is a person who holds keys.
type User struct {
	ID        string // User ID: unique, upper and lower case are one
	UserName  string
	FirstName string
	LastName  string
	Email     string
	Groups    []string // names of groups, sorted
	Language  string   // of mails and pages for this user, a BCP 47 tag; empty: the workspace's
	Handle    []byte   // WebAuthn user.id: 32 random bytes, for life, telling nothing about the person
	Disabled  bool
	Created   time.Time
	Changed   time.Time
}

// DisplayName is what a person calls this user.
func (u User) DisplayName() string {
	switch {
	case u.FirstName != "" && u.LastName != "":
		return u.FirstName + " " + u.LastName
	case u.FirstName+u.LastName != "":
		return u.FirstName + u.LastName
	case u.UserName != "":
		return u.UserName
	}
	return u.ID
}

// Group is a named set of users.
type Group struct {
	Name        string // unique, upper and lower case are one
	Description string
	Defaults    KeyDefaults // of the keys of its members
	Created     time.Time
	// Was is the name it had before, while not all of its members follow it yet.
	Was string
}

// KeyDefaults are settings of a key that nobody has chosen otherwise. What is empty is left to the workspace. Where
// the groups of a user differ, the stricter one holds: PIN before PINless, no Offline Login before Offline Login.
type KeyDefaults struct {
	Verification Verification
	OfflineLogin Choice
	PINChooser   PINChooser
}

// Choice is yes, no, or not chosen.
type Choice string

// Choices.
const (
	Unset Choice = ""
	On    Choice = "on"
	Off   Choice = "off"
)

// Kind is what a security key is.
type Kind string

// Kinds of security key.
const (
	Card        Kind = "card"
	USBKey      Kind = "usb_key"
	Fingerprint Kind = "fingerprint"
	Smartphone  Kind = "smartphone"
)

// KeyState is where a security key stands in its life.
type KeyState string

// States of a security key.
const (
	Pending  KeyState = "pending"
	Active   KeyState = "active"
	Disabled KeyState = "disabled"
	Revoked  KeyState = "revoked"
)

// Verification is what a key asks of its holder.
type Verification string

// Kinds of verification.
const (
	PINless Verification = "pinless" // possession only
	PIN     Verification = "pin"     // CTAP user verification
)

// SecurityKey is what is assigned to a user.
type SecurityKey struct {
	ID           string // 16 random bytes in hex
	UserID       string
	Name         string
	Kind         Kind
	State        KeyState
	Verification Verification
	OfflineLogin bool

	RPID       string     // relying party the credential is for
	Credential Credential // zero while pending
	Mark       CardMark   // what is known of the card itself
	Model      string     // for people; may be empty

	// TemporaryPIN is set while the card has a PIN its holder has not chosen; SealedPIN is that PIN, sealed.
	// It stays with a key that is revoked, so that the station can open the card for whoever gets it next.
	TemporaryPIN bool
	SealedPIN    []byte
	// NextPIN, sealed, is the PIN the card is about to get, or has got already where that was never written down.
	NextPIN []byte
	// CardPIN: the card had a PIN when it was last seen at a station.
	CardPIN bool

	Created   time.Time
	Activated time.Time
	LastUsed  time.Time
	Changed   time.Time
}

// Credential is the public half of a FIDO2 credential.
type Credential struct {
	ID          []byte
	PublicKey   []byte // COSE_Key
	SignCount   uint32
	AAGUID      [16]byte
	Attestation string // attestation statement format
}

// CardMark is what tells one card from another before any credential on it is asked.
type CardMark struct {
	ATR    []byte
	UID    []byte // nil where the reader does not tell it, or the card gives a new one at each tap
	AAGUID [16]byte
}

// Workspace is the organisation and its policies.
type Workspace struct {
	Name         string
	RPID         string // relying party ID, a domain name
	RPName       string
	Verification Verification // default of a new card
	OfflineLogin bool         // default of a new card
	PINChooser   PINChooser   // default of who chooses the PIN
	PINPolicy    PINPolicy
	DriverLink   string // where a reader's driver is found
	Language     string // "" follows the system

	Logo       []byte        // PNG, JPEG or SVG, at most MaxLogo bytes; nil: the program's own
	Appearance Appearance    // "" follows the system
	LockAfter  time.Duration // of nobody doing anything, a window locks; 0: never

	RequirePIN     bool // the relying party takes no PINless key
	Attestation    Attestation
	AllowedAAGUIDs [][16]byte // only these models; empty: any
	DeniedAAGUIDs  [][16]byte

	// How long a machine may log somebody in without the directory; 0: without limit.
	OfflineLogins int // log-ins since the last one with the directory
	OfflineDays   int // days since the last contact

	Mail   MailSettings
	Portal PortalSettings

	// How long what is mailed can be used.
	LinkDays  int
	CodeHours int

	Changed time.Time
}

// Appearance is light or dark.
type Appearance string

// Appearances.
const (
	AppearanceSystem Appearance = ""
	Light            Appearance = "light"
	Dark             Appearance = "dark"
)

// Attestation is what the relying party wants to be told of a key's make.
type Attestation string

// Rules of attestation.
const (
	AttestationAny      Attestation = ""         // verified where there is one, not missed where there is none
	AttestationRequired Attestation = "required" // a key that does not say, signed by its maker's key, what it is, is refused
)

// PINChooser says who chooses the PIN of a card that has none.
type PINChooser string

// Who chooses.
const (
	UserHere PINChooser = "user_here" // types it twice at the station
	UserMail PINChooser = "user_mail" // sets it later, behind a mailed link; the card gets a temporary PIN until then
)

// PINPolicy is what a PIN must be. Lengths are in Unicode code points.
type PINPolicy struct {
	MinLength int
	MaxLength int
	Digit     bool // at least one of each that is set
	Lower     bool
	Upper     bool
	Special   bool
}

// DefaultWorkspace is what a new data folder works with at once.
func DefaultWorkspace() Workspace {
	return Workspace{
		Name: "Tapstation", RPID: "localhost", RPName: "Tapstation",
		Verification: PIN, OfflineLogin: false, PINChooser: UserMail,
		PINPolicy: PINPolicy{MinLength: 6, MaxLength: 63},
		LockAfter: 10 * time.Minute, OfflineLogins: 50, OfflineDays: 30,
		Mail:     MailSettings{Security: STARTTLS},
		LinkDays: 7, CodeHours: 48,
	}
}

// Enrollment is the journal of a ceremony under way: what must be known to go on with it, or to undo it, when the
// card or the process was lost. There is at most one for a user.
type Enrollment struct {
	UserID       string
	KeyID        string // of the key it will become, chosen at the beginning
	KeyName      string
	Verification Verification
	OfflineLogin bool
	PINChooser   PINChooser
	Replaces     []string // IDs of keys to revoke when it succeeds

	Stage      Stage
	Mark       CardMark
	SealedPIN  []byte     // PIN the card has or is about to get; nil while none is known
	PINMade    bool       // the station generated that PIN; nobody has seen it
	OldPIN     []byte     // sealed; PIN the card has until it gets SealedPIN in its place; nil: none that the station knows
	Credential Credential // from Registered on
	Started    time.Time
	Changed    time.Time
}

// Stage is the last step written down before it changes the card.
type Stage string

// Stages, in order.
const (
	Resetting   Stage = "resetting"   // the card may have lost all that was on it
	SettingPIN  Stage = "setting_pin" // the card may have SealedPIN, or still none
	Registering Stage = "registering" // the card may hold a credential for the user that nobody knows
	Registered  Stage = "registered"  // the card holds Credential
	Forcing     Stage = "forcing"     // Credential is proven; the card may insist that its PIN be changed
)
