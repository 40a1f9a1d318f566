package bolt

import (
	"time"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/storage/boltfile"
)

// The records as they are kept; see boltfile for the rules.

type instant = boltfile.Instant

var instantOf = boltfile.InstantOf

type userRecord struct {
	ID        string   `cbor:"1,keyasint"`
	UserName  string   `cbor:"2,keyasint,omitempty"`
	FirstName string   `cbor:"3,keyasint,omitempty"`
	LastName  string   `cbor:"4,keyasint,omitempty"`
	Email     string   `cbor:"5,keyasint,omitempty"`
	Groups    []string `cbor:"6,keyasint,omitempty"`
	Handle    []byte   `cbor:"7,keyasint,omitempty"`
	Disabled  bool     `cbor:"8,keyasint,omitempty"`
	Created   instant  `cbor:"9,keyasint,omitempty"`
	Changed   instant  `cbor:"10,keyasint,omitempty"`
	Language  string   `cbor:"11,keyasint,omitempty"`
}

func keepUser(u directory.User) userRecord {
	return userRecord{u.ID, u.UserName, u.FirstName, u.LastName, u.Email, u.Groups, u.Handle, u.Disabled,
		instantOf(u.Created), instantOf(u.Changed), u.Language}
}

func (r userRecord) user() directory.User {
	return directory.User{ID: r.ID, UserName: r.UserName, FirstName: r.FirstName, LastName: r.LastName, Email: r.Email,
		Groups: r.Groups, Handle: r.Handle, Disabled: r.Disabled, Created: r.Created.Time(), Changed: r.Changed.Time(),
		Language: r.Language}
}

type groupRecord struct {
	Name         string  `cbor:"1,keyasint"`
	Description  string  `cbor:"2,keyasint,omitempty"`
	Created      instant `cbor:"3,keyasint,omitempty"`
	Verification string  `cbor:"4,keyasint,omitempty"`
	OfflineLogin string  `cbor:"5,keyasint,omitempty"`
	PINChooser   string  `cbor:"6,keyasint,omitempty"`
	Was          string  `cbor:"7,keyasint,omitempty"`
}

func keepGroup(g directory.Group) groupRecord {
	return groupRecord{g.Name, g.Description, instantOf(g.Created),
		string(g.Defaults.Verification), string(g.Defaults.OfflineLogin), string(g.Defaults.PINChooser), g.Was}
}

func (r groupRecord) group() directory.Group {
	return directory.Group{Name: r.Name, Description: r.Description, Created: r.Created.Time(), Was: r.Was,
		Defaults: directory.KeyDefaults{Verification: directory.Verification(r.Verification),
			OfflineLogin: directory.Choice(r.OfflineLogin), PINChooser: directory.PINChooser(r.PINChooser)}}
}

type adminRecord struct {
	UserID    string  `cbor:"1,keyasint"`
	Role      string  `cbor:"2,keyasint,omitempty"`
	Password  string  `cbor:"3,keyasint,omitempty"`
	Failures  int     `cbor:"4,keyasint,omitempty"`
	Attempted instant `cbor:"5,keyasint,omitempty"`
	Locked    bool    `cbor:"6,keyasint,omitempty"`
	LastLogin instant `cbor:"7,keyasint,omitempty"`
	Created   instant `cbor:"8,keyasint,omitempty"`
	Changed   instant `cbor:"9,keyasint,omitempty"`
}

func keepAdmin(a directory.Admin) adminRecord {
	return adminRecord{a.UserID, string(a.Role), a.Password, a.Failures, instantOf(a.Attempted), a.Locked,
		instantOf(a.LastLogin), instantOf(a.Created), instantOf(a.Changed)}
}

func (r adminRecord) admin() directory.Admin {
	return directory.Admin{UserID: r.UserID, Role: directory.Role(r.Role), Password: r.Password, Failures: r.Failures,
		Attempted: r.Attempted.Time(), Locked: r.Locked, LastLogin: r.LastLogin.Time(), Created: r.Created.Time(),
		Changed: r.Changed.Time()}
}

type guessesRecord struct {
	Key   []byte                 `cbor:"1,keyasint,omitempty"`
	Slots map[uint16]guessRecord `cbor:"2,keyasint,omitempty"`
	Count uint64                 `cbor:"3,keyasint,omitempty"`
}

type guessRecord struct {
	Failures  int     `cbor:"1,keyasint,omitempty"`
	Attempted instant `cbor:"2,keyasint,omitempty"`
}

func keepGuesses(g directory.Guesses) guessesRecord {
	r := guessesRecord{Key: g.Key, Slots: make(map[uint16]guessRecord, len(g.Slots)), Count: g.Count}
	for slot, guess := range g.Slots {
		r.Slots[slot] = guessRecord{guess.Failures, instantOf(guess.Attempted)}
	}
	return r
}

func (r guessesRecord) guesses() directory.Guesses {
	g := directory.Guesses{Key: r.Key, Slots: make(map[uint16]directory.Guess, len(r.Slots)), Count: r.Count}
	for slot, guess := range r.Slots {
		g.Slots[slot] = directory.Guess{Failures: guess.Failures, Attempted: guess.Attempted.Time()}
	}
	return g
}

type credentialRecord struct {
	ID          []byte   `cbor:"1,keyasint,omitempty"`
	PublicKey   []byte   `cbor:"2,keyasint,omitempty"`
	SignCount   uint32   `cbor:"3,keyasint,omitempty"`
	AAGUID      [16]byte `cbor:"4,keyasint"`
	Attestation string   `cbor:"5,keyasint,omitempty"`
}

func keepCredential(c directory.Credential) *credentialRecord {
	r := credentialRecord{c.ID, c.PublicKey, c.SignCount, c.AAGUID, c.Attestation}
	if len(c.ID)+len(c.PublicKey) == 0 && c.SignCount == 0 && c.AAGUID == [16]byte{} && c.Attestation == "" {
		return nil
	}
	return &r
}

func (r *credentialRecord) credential() directory.Credential {
	if r == nil {
		return directory.Credential{}
	}
	return directory.Credential{ID: r.ID, PublicKey: r.PublicKey, SignCount: r.SignCount, AAGUID: r.AAGUID,
		Attestation: r.Attestation}
}

type markRecord struct {
	ATR    []byte   `cbor:"1,keyasint,omitempty"`
	UID    []byte   `cbor:"2,keyasint,omitempty"`
	AAGUID [16]byte `cbor:"3,keyasint"`
}

func keepMark(m directory.CardMark) *markRecord {
	if len(m.ATR)+len(m.UID) == 0 && m.AAGUID == [16]byte{} {
		return nil
	}
	return &markRecord{m.ATR, m.UID, m.AAGUID}
}

func (r *markRecord) mark() directory.CardMark {
	if r == nil {
		return directory.CardMark{}
	}
	return directory.CardMark{ATR: r.ATR, UID: r.UID, AAGUID: r.AAGUID}
}

type keyRecord struct {
	ID           string            `cbor:"1,keyasint"`
	UserID       string            `cbor:"2,keyasint"`
	Name         string            `cbor:"3,keyasint,omitempty"`
	Kind         string            `cbor:"4,keyasint,omitempty"`
	State        string            `cbor:"5,keyasint,omitempty"`
	Verification string            `cbor:"6,keyasint,omitempty"`
	OfflineLogin bool              `cbor:"7,keyasint,omitempty"`
	RPID         string            `cbor:"8,keyasint,omitempty"`
	Credential   *credentialRecord `cbor:"9,keyasint,omitempty"`
	Mark         *markRecord       `cbor:"10,keyasint,omitempty"`
	Model        string            `cbor:"11,keyasint,omitempty"`
	TemporaryPIN bool              `cbor:"12,keyasint,omitempty"`
	SealedPIN    []byte            `cbor:"13,keyasint,omitempty"`
	Created      instant           `cbor:"14,keyasint,omitempty"`
	Activated    instant           `cbor:"15,keyasint,omitempty"`
	LastUsed     instant           `cbor:"16,keyasint,omitempty"`
	Changed      instant           `cbor:"17,keyasint,omitempty"`
	NextPIN      []byte            `cbor:"18,keyasint,omitempty"`
	CardPIN      bool              `cbor:"19,keyasint,omitempty"`
}

func keepKey(k directory.SecurityKey) keyRecord {
	return keyRecord{k.ID, k.UserID, k.Name, string(k.Kind), string(k.State), string(k.Verification), k.OfflineLogin,
		k.RPID, keepCredential(k.Credential), keepMark(k.Mark), k.Model, k.TemporaryPIN, k.SealedPIN,
		instantOf(k.Created), instantOf(k.Activated), instantOf(k.LastUsed), instantOf(k.Changed), k.NextPIN, k.CardPIN}
}

func (r keyRecord) key() directory.SecurityKey {
	return directory.SecurityKey{ID: r.ID, UserID: r.UserID, Name: r.Name, Kind: directory.Kind(r.Kind),
		State: directory.KeyState(r.State), Verification: directory.Verification(r.Verification),
		OfflineLogin: r.OfflineLogin, RPID: r.RPID, Credential: r.Credential.credential(), Mark: r.Mark.mark(),
		Model: r.Model, TemporaryPIN: r.TemporaryPIN, SealedPIN: r.SealedPIN, Created: r.Created.Time(),
		Activated: r.Activated.Time(), LastUsed: r.LastUsed.Time(), Changed: r.Changed.Time(),
		NextPIN: r.NextPIN, CardPIN: r.CardPIN}
}

type pinPolicyRecord struct {
	MinLength int  `cbor:"1,keyasint,omitempty"`
	MaxLength int  `cbor:"2,keyasint,omitempty"`
	Digit     bool `cbor:"3,keyasint,omitempty"`
	Lower     bool `cbor:"4,keyasint,omitempty"`
	Upper     bool `cbor:"5,keyasint,omitempty"`
	Special   bool `cbor:"6,keyasint,omitempty"`
}

type workspaceRecord struct {
	Name         string          `cbor:"1,keyasint,omitempty"`
	RPID         string          `cbor:"2,keyasint,omitempty"`
	RPName       string          `cbor:"3,keyasint,omitempty"`
	Verification string          `cbor:"4,keyasint,omitempty"`
	OfflineLogin bool            `cbor:"5,keyasint,omitempty"`
	PINChooser   string          `cbor:"6,keyasint,omitempty"`
	PINPolicy    pinPolicyRecord `cbor:"7,keyasint"`
	DriverLink   string          `cbor:"8,keyasint,omitempty"`
	Language     string          `cbor:"9,keyasint,omitempty"`
	Changed      instant         `cbor:"10,keyasint,omitempty"`

	// From version 2 of the bucket on.
	Logo           []byte        `cbor:"11,keyasint,omitempty"`
	Appearance     string        `cbor:"12,keyasint,omitempty"`
	LockAfter      time.Duration `cbor:"13,keyasint,omitempty"`
	RequirePIN     bool          `cbor:"14,keyasint,omitempty"`
	Attestation    string        `cbor:"15,keyasint,omitempty"`
	AllowedAAGUIDs [][16]byte    `cbor:"16,keyasint,omitempty"`
	DeniedAAGUIDs  [][16]byte    `cbor:"17,keyasint,omitempty"`
	OfflineLogins  int           `cbor:"18,keyasint,omitempty"`
	OfflineDays    int           `cbor:"19,keyasint,omitempty"`

	// From version 3 of the bucket on.
	Mail      *mailRecord   `cbor:"20,keyasint,omitempty"`
	Portal    *portalRecord `cbor:"21,keyasint,omitempty"`
	LinkDays  int           `cbor:"22,keyasint,omitempty"`
	CodeHours int           `cbor:"23,keyasint,omitempty"`
}

type mailRecord struct {
	Host         string `cbor:"1,keyasint,omitempty"`
	Port         int    `cbor:"2,keyasint,omitempty"`
	Security     string `cbor:"3,keyasint,omitempty"`
	AllowPlain   bool   `cbor:"4,keyasint,omitempty"`
	Auth         string `cbor:"5,keyasint,omitempty"`
	User         string `cbor:"6,keyasint,omitempty"`
	CA           []byte `cbor:"7,keyasint,omitempty"`
	Hello        string `cbor:"8,keyasint,omitempty"`
	From         string `cbor:"9,keyasint,omitempty"`
	FromName     string `cbor:"10,keyasint,omitempty"`
	ReplyTo      string `cbor:"11,keyasint,omitempty"`
	DKIMDomain   string `cbor:"12,keyasint,omitempty"`
	DKIMSelector string `cbor:"13,keyasint,omitempty"`
}

func keepMail(m directory.MailSettings) *mailRecord {
	return &mailRecord{m.Host, m.Port, string(m.Security), m.AllowPlain, string(m.Auth), m.User, m.CA, m.Hello, m.From, m.FromName,
		m.ReplyTo, m.DKIMDomain, m.DKIMSelector}
}

func (r *mailRecord) mail() directory.MailSettings {
	if r == nil {
		return directory.MailSettings{}
	}
	return directory.MailSettings{Host: r.Host, Port: r.Port, Security: directory.MailSecurity(r.Security), AllowPlain: r.AllowPlain,
		Auth: directory.MailAuth(r.Auth), User: r.User, CA: r.CA, Hello: r.Hello, From: r.From, FromName: r.FromName,
		ReplyTo: r.ReplyTo, DKIMDomain: r.DKIMDomain, DKIMSelector: r.DKIMSelector}
}

type portalRecord struct {
	URL         string `cbor:"1,keyasint,omitempty"`
	Listen      string `cbor:"2,keyasint,omitempty"`
	Certificate string `cbor:"3,keyasint,omitempty"`
	Key         string `cbor:"4,keyasint,omitempty"`
}

func keepPortal(p directory.PortalSettings) *portalRecord {
	r := portalRecord(p)
	return &r
}

func (r *portalRecord) portal() directory.PortalSettings {
	if r == nil {
		return directory.PortalSettings{}
	}
	return directory.PortalSettings(*r)
}

func keepWorkspace(w directory.Workspace) workspaceRecord {
	return workspaceRecord{w.Name, w.RPID, w.RPName, string(w.Verification), w.OfflineLogin, string(w.PINChooser),
		pinPolicyRecord(w.PINPolicy), w.DriverLink, w.Language, instantOf(w.Changed), w.Logo, string(w.Appearance),
		w.LockAfter, w.RequirePIN, string(w.Attestation), w.AllowedAAGUIDs, w.DeniedAAGUIDs, w.OfflineLogins, w.OfflineDays,
		keepMail(w.Mail), keepPortal(w.Portal), w.LinkDays, w.CodeHours}
}

func (r workspaceRecord) workspace() directory.Workspace {
	return directory.Workspace{Name: r.Name, RPID: r.RPID, RPName: r.RPName,
		Verification: directory.Verification(r.Verification), OfflineLogin: r.OfflineLogin,
		PINChooser: directory.PINChooser(r.PINChooser), PINPolicy: directory.PINPolicy(r.PINPolicy),
		DriverLink: r.DriverLink, Language: r.Language, Changed: r.Changed.Time(), Logo: r.Logo,
		Appearance: directory.Appearance(r.Appearance), LockAfter: r.LockAfter, RequirePIN: r.RequirePIN,
		Attestation: directory.Attestation(r.Attestation), AllowedAAGUIDs: r.AllowedAAGUIDs, DeniedAAGUIDs: r.DeniedAAGUIDs,
		OfflineLogins: r.OfflineLogins, OfflineDays: r.OfflineDays, Mail: r.Mail.mail(), Portal: r.Portal.portal(), LinkDays: r.LinkDays, CodeHours: r.CodeHours}
}

type enrollmentRecord struct {
	UserID       string            `cbor:"1,keyasint"`
	KeyID        string            `cbor:"2,keyasint,omitempty"`
	KeyName      string            `cbor:"3,keyasint,omitempty"`
	Verification string            `cbor:"4,keyasint,omitempty"`
	OfflineLogin bool              `cbor:"5,keyasint,omitempty"`
	PINChooser   string            `cbor:"6,keyasint,omitempty"`
	Replaces     []string          `cbor:"7,keyasint,omitempty"`
	Stage        string            `cbor:"8,keyasint,omitempty"`
	Mark         *markRecord       `cbor:"9,keyasint,omitempty"`
	SealedPIN    []byte            `cbor:"10,keyasint,omitempty"`
	PINMade      bool              `cbor:"11,keyasint,omitempty"`
	Credential   *credentialRecord `cbor:"12,keyasint,omitempty"`
	Started      instant           `cbor:"13,keyasint,omitempty"`
	Changed      instant           `cbor:"14,keyasint,omitempty"`
	OldPIN       []byte            `cbor:"15,keyasint,omitempty"` // from version 2 of the bucket on
}

func keepEnrollment(e directory.Enrollment) enrollmentRecord {
	return enrollmentRecord{e.UserID, e.KeyID, e.KeyName, string(e.Verification), e.OfflineLogin, string(e.PINChooser),
		e.Replaces, string(e.Stage), keepMark(e.Mark), e.SealedPIN, e.PINMade, keepCredential(e.Credential),
		instantOf(e.Started), instantOf(e.Changed), e.OldPIN}
}

func (r enrollmentRecord) enrollment() directory.Enrollment {
	return directory.Enrollment{UserID: r.UserID, KeyID: r.KeyID, KeyName: r.KeyName,
		Verification: directory.Verification(r.Verification), OfflineLogin: r.OfflineLogin,
		PINChooser: directory.PINChooser(r.PINChooser), Replaces: r.Replaces, Stage: directory.Stage(r.Stage),
		Mark: r.Mark.mark(), SealedPIN: r.SealedPIN, PINMade: r.PINMade, Credential: r.Credential.credential(),
		Started: r.Started.Time(), Changed: r.Changed.Time(), OldPIN: r.OldPIN}
}

type auditRecord struct {
	Seq    uint64            `cbor:"1,keyasint"`
	Time   instant           `cbor:"2,keyasint,omitempty"`
	Actor  string            `cbor:"3,keyasint,omitempty"`
	Act    string            `cbor:"4,keyasint,omitempty"`
	User   string            `cbor:"5,keyasint,omitempty"`
	Key    string            `cbor:"6,keyasint,omitempty"`
	Detail map[string]string `cbor:"7,keyasint,omitempty"`
	Prev   []byte            `cbor:"8,keyasint,omitempty"`
	Hash   []byte            `cbor:"9,keyasint,omitempty"`
}

func keepEntry(e audit.Entry) auditRecord {
	return auditRecord{e.Seq, instantOf(e.Time), e.Actor, string(e.Act), e.User, e.Key, e.Detail, e.Prev, e.Hash}
}

func (r auditRecord) entry() audit.Entry {
	return audit.Entry{Seq: r.Seq, Time: r.Time.Time(), Actor: r.Actor, Act: audit.Act(r.Act), User: r.User, Key: r.Key,
		Detail: r.Detail, Prev: r.Prev, Hash: r.Hash}
}

type headRecord struct {
	Seq  uint64 `cbor:"1,keyasint,omitempty"`
	Hash []byte `cbor:"2,keyasint,omitempty"`
}
