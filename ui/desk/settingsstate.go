package desk

import (
	"bytes"
	"errors"
	"maps"
	"slices"

	"tapstation/app/directory"
)

// section is a part of the settings that is saved at once.
type section string

// Sections.
const (
	workspaceSection section = "workspace"
	partySection     section = "party"
	cardSection      section = "cards"
	pinSection       section = "pin"
	offlineSection   section = "offline"
	mailSection      section = "mail"
	portalSection    section = "portal"
	ticketSection    section = "activation"
	backupSection    section = "backup"
)

// settingsOf are the settings of a section, by name, in the order they are shown.
var settingsOf = map[section][]string{
	workspaceSection: {"name", "logo", "language", "appearance", "lock_after"},
	partySection:     {"rp_id", "rp_name", "require_pin"},
	cardSection: {"verification", "offline_login", "driver_link", "attestation", "allowed_aaguids",
		"denied_aaguids"},
	pinSection:     {"pin_min_length", "pin_max_length", "pin_digit", "pin_lower", "pin_upper", "pin_special"},
	offlineSection: {"offline_logins", "offline_days"},
	mailSection: {"smtp_host", "smtp_security", "smtp_allow_plain", "smtp_port", "smtp_auth", "smtp_user", directory.SMTPPassword,
		"smtp_ca", "smtp_hello", "mail_from", "mail_from_name", "mail_reply_to", "dkim_domain", "dkim_selector", directory.DKIMKey},
	portalSection: {"portal_url", "portal_listen", "portal_certificate", "portal_key"},
	ticketSection: {"pin_chooser", "link_days", "code_hours"},
}

// settingParts are the titles within a section, by the setting that they stand above.
var settingParts = map[string]string{"smtp_host": "server", "mail_from": "sender", "dkim_domain": "signature"}

// settingsState is the settings as they are kept, and what has been typed since.
type settingsState struct {
	Section  section
	Saved    directory.Workspace
	Keys     int // enrolled, of any state but pending: what a change of the relying party ID makes useless
	Known    bool
	Failed   error                           // why they could not be shown
	Draft    map[string]string               // what was typed otherwise, by the setting's name
	Logo     []byte                          // where Draft has "logo": the picture, which was looked at when it was chosen
	Secrets  map[string]bool                 // which there are, by the setting's name
	Hidden   map[string]secretDraft          // what becomes of them, likewise
	Problems map[string]directory.FieldError // likewise
	Saving   bool
	Wrong    error // why they could not be saved
	Done     bool  // they have just been saved
}

// value is what stands in a setting now.
func (s settingsState) value(name string) string {
	if typed, ok := s.Draft[name]; ok {
		return typed
	}
	if setting, ok := directory.FindSetting(name); ok {
		return setting.Get(s.Saved)
	}
	return ""
}

// typed takes in what was typed. What is as it was before is not a change.
func (s settingsState) typed(name, value string) settingsState {
	draft := maps.Clone(s.Draft)
	if draft == nil {
		draft = map[string]string{}
	}
	draft[name] = value
	if setting, ok := directory.FindSetting(name); ok && setting.Get(s.Saved) == value {
		delete(draft, name)
	}
	s.Draft, s.Done, s.Wrong = draft, false, nil
	if _, wrong := s.Problems[name]; wrong {
		_, problems := s.draft()
		if _, still := problems[name]; !still {
			s.Problems = maps.Clone(s.Problems)
			delete(s.Problems, name)
		}
	}
	return s
}

// logoSetting is the setting that is a picture.
const logoSetting = "logo"

// chosenLogo takes in another picture, or none, which was found to be one.
func (s settingsState) chosenLogo(logo []byte) settingsState {
	s.Draft, s.Problems = maps.Clone(s.Draft), maps.Clone(s.Problems)
	if s.Draft == nil {
		s.Draft = map[string]string{}
	}
	s.Draft[logoSetting], s.Logo, s.Done, s.Wrong = "", logo, false, nil
	delete(s.Problems, logoSetting)
	if bytes.Equal(logo, s.Saved.Logo) {
		delete(s.Draft, logoSetting)
	}
	return s
}

// logo is the picture that stands there now; nil: the program's own.
func (s settingsState) logo() []byte {
	if _, chosen := s.Draft[logoSetting]; chosen {
		return s.Logo
	}
	return s.Saved.Logo
}

// refuse shows why something is wrong with a setting, found out elsewhere.
func (s settingsState) refuse(f directory.FieldError) settingsState {
	s.Problems = maps.Clone(s.Problems)
	if s.Problems == nil {
		s.Problems = map[string]directory.FieldError{}
	}
	s.Problems[f.Field] = f
	return s
}

// changed tells whether anything was typed that is not kept yet.
func (s settingsState) changed() bool { return len(s.Draft) > 0 || len(s.newSecrets()) > 0 }

// secretDraft is what becomes of a secret when the section is saved. Its zero value leaves it as it is.
type secretDraft struct {
	Open   bool   // another one is being typed
	Value  string // takes its place, unless empty
	File   string // that Value came from
	Remove bool
}

// withSecret is the state with another draft of a secret.
func (s settingsState) withSecret(name string, d secretDraft) settingsState {
	s.Hidden, s.Problems = maps.Clone(s.Hidden), maps.Clone(s.Problems)
	if s.Hidden == nil {
		s.Hidden = map[string]secretDraft{}
	}
	s.Hidden[name], s.Done, s.Wrong = d, false, nil
	if d == (secretDraft{}) {
		delete(s.Hidden, name)
	}
	delete(s.Problems, name)
	return s
}

// newSecrets are the secrets that are to be kept otherwise, by the setting's name; an empty one is to be removed.
func (s settingsState) newSecrets() map[string]string {
	secrets := map[string]string{}
	for name, d := range s.Hidden {
		if d.Value != "" || d.Remove {
			secrets[name] = d.Value
		}
	}
	return secrets
}

// draft is the settings as they would be kept, and what is wrong with them.
func (s settingsState) draft() (directory.Workspace, map[string]directory.FieldError) {
	return s.onto(s.Saved)
}

// onto puts what was typed onto other settings, which somebody else may have changed meanwhile.
func (s settingsState) onto(w directory.Workspace) (directory.Workspace, map[string]directory.FieldError) {
	problems := map[string]directory.FieldError{}
	late := s.set(&w, settingsOf[s.Section], nil)
	s.set(&w, late, problems) // what was wrong only as long as others were as before is right now
	alone := w
	alone.Logo = nil // looking at a picture takes its time, and this is asked while one types
	for _, f := range directory.ValidateWorkspace(alone) {
		if _, told := problems[f.Field]; !told && slices.Contains(settingsOf[s.Section], f.Field) {
			problems[f.Field] = f
		}
	}
	return w, problems
}

// set sets what was typed of the settings named. Those that could not be are returned, and why in problems.
func (s settingsState) set(w *directory.Workspace, names []string, problems map[string]directory.FieldError) (wrong []string) {
	for _, name := range names {
		setting, ok := directory.FindSetting(name)
		value, typed := s.Draft[name]
		if !ok || !typed {
			continue
		}
		if name == logoSetting {
			w.Logo = s.Logo
			continue
		}
		var invalid *directory.InvalidError
		if err := setting.Set(w, value); errors.As(err, &invalid) && len(invalid.Fields) > 0 {
			wrong = append(wrong, name)
			if problems != nil {
				problems[name] = invalid.Fields[0]
			}
		}
	}
	return wrong
}

// left shows what is wrong with a setting whose field was left.
func (s settingsState) left(name string) settingsState {
	_, problems := s.draft()
	s.Problems = maps.Clone(s.Problems)
	if s.Problems == nil {
		s.Problems = map[string]directory.FieldError{}
	}
	delete(s.Problems, name)
	if f, wrong := problems[name]; wrong {
		s.Problems[name] = f
	}
	return s
}

// discard forgets what was typed.
func (s settingsState) discard() settingsState {
	s.Draft, s.Hidden, s.Problems, s.Wrong, s.Done = nil, nil, nil, nil, false
	return s
}

// open goes to a section.
func (s settingsState) open(to section) settingsState {
	s = s.discard()
	s.Section = to
	return s
}

// movesAway tells whether what was typed makes the keys that are there useless.
func (s settingsState) movesAway() bool {
	w, _ := s.draft()
	return s.Keys > 0 && w.RPID != s.Saved.RPID
}
