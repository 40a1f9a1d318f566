package desk

import (
	"tapstation/app/activation"
	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// userState is what is known of one user.
type userState struct {
	ID       string
	User     directory.User
	Keys     []directory.SecurityKey
	Known    bool
	Slow     bool // waiting long enough to say so
	Failed   error
	Key      string                        // ID of the key that is to be in view; "" if none
	Waiting  map[string]activation.Waiting // where the keys stand that wait for their user, by ID
	Defaults directory.KeyDefaults         // of this user's keys
	Renaming string                        // ID of the key whose name is being changed; "" if none
	Setting  string                        // ID of the key whose settings are being changed; "" if none

	Doing   bool   // something is being done with the user or a key
	Said    string // what was done last; "" if nothing is to be said of it
	Trouble error  // why it was not

	Acts     []audit.Entry // about this user, the newest first
	ActsNext uint64        // where further ones begin; 0: there are none
	ActsRead bool          // Acts answer some question
	ActsLost error         // why the last question was not answered
}

// notice is what came of the last act; false where nothing is to be said.
func (s userState) notice() (widget.Sign, bool) {
	switch {
	case s.Trouble != nil:
		return problemSign(s.Trouble), true
	case s.Said != "":
		return widget.Sign{Icon: theme.CheckCircleIcon, Color: theme.Success, Word: s.Said}, true
	}
	return widget.Sign{}, false
}

// key is one of the user's keys.
func (s userState) key(id string) (directory.SecurityKey, bool) {
	for _, k := range s.Keys {
		if k.ID == id {
			return k, true
		}
	}
	return directory.SecurityKey{}, false
}

// keyAct is something that can be done with a key.
type keyAct string

// Acts.
const (
	activateKey    keyAct = "activate"
	resendMail     keyAct = "resend"
	copyLink       keyAct = "copy_link"
	copyCode       keyAct = "copy_code"
	withdrawKey    keyAct = "withdraw"
	copyKeyID      keyAct = "copy"
	setPIN         keyAct = "pin"
	changeSettings keyAct = "settings"
	replaceKey     keyAct = "replace"
	disableKey     keyAct = "disable"
	enableKey      keyAct = "enable"
	revokeKey      keyAct = "revoke"
)

// actsOn is what may be done with a key by somebody with these rights, as it stands; renaming is a button of its own.
func actsOn(k directory.SecurityKey, userDisabled bool, may func(directory.Right) bool) []keyAct {
	var acts []keyAct
	inUse := k.State == directory.Active || k.State == directory.Disabled
	if may(directory.EnrollKeys) && inUse && !userDisabled && k.Kind == directory.Card {
		acts = append(acts, setPIN, replaceKey)
	}
	if may(directory.ManageKeys) {
		if k.State != directory.Revoked {
			acts = append(acts, changeSettings)
		}
		switch k.State {
		case directory.Active:
			acts = append(acts, disableKey)
		case directory.Disabled:
			acts = append(acts, enableKey)
		}
		if inUse { // a pending key is withdrawn
			acts = append(acts, revokeKey)
		}
	}
	return append(acts, copyKeyID)
}

// pick is an act as it is offered.
func (a keyAct) pick(k directory.SecurityKey) widget.Pick {
	p := widget.Pick{ID: string(a)}
	switch a {
	case activateKey:
		p.Title, p.Icon = text.T("activation.now"), theme.CardIcon
	case resendMail:
		p.Title, p.Icon = text.T("activation.resend"), theme.SendIcon
	case copyLink:
		p.Title, p.Icon = text.T("activation.copy_link"), theme.LinkIcon
	case copyCode:
		p.Title, p.Icon = text.T("activation.copy_code"), theme.CopyIcon
	case withdrawKey:
		p.Title, p.Icon = text.T("activation.withdraw"), theme.CrossIcon
	case copyKeyID:
		p.Title, p.Icon = text.T("user.key.copy_id"), theme.CopyIcon
	case setPIN:
		p.Title, p.Icon = text.T("user.key.change_pin"), theme.PINIcon
		if !k.HasPIN() || k.TemporaryPIN {
			p.Title = text.T("user.key.set_pin")
		}
	case changeSettings:
		p.Title, p.Icon = text.T("user.key.settings"), theme.SettingsIcon
	case replaceKey:
		p.Title, p.Icon = text.T("user.key.replace"), theme.AgainIcon
	case disableKey:
		p.Title, p.Icon = text.T("user.key.disable"), theme.PauseIcon
	case enableKey:
		p.Title, p.Icon = text.T("user.key.enable"), theme.CheckCircleIcon
	case revokeKey:
		p.Title, p.Icon, p.Color = text.T("user.key.revoke"), theme.CrossCircleIcon, theme.Danger
	}
	return p
}

// goesAlong is what a user's deletion takes along.
func goesAlong(keys []directory.SecurityKey) (names []string, active int) {
	for _, k := range inRank(keys) {
		names = append(names, k.Name+" · "+text.T("key.state."+string(k.State)))
		if k.State == directory.Active {
			active++
		}
	}
	return names, active
}
