package wizard

import (
	"strings"

	"tapstation/app/activation"
	"tapstation/app/directory"
)

// MailProblem is why a key cannot be activated by its user through a mailed link.
type MailProblem int

// Problems, the one that lies deeper first.
const (
	NoProblem MailProblem = iota
	NoMail                // mail or the pages behind the links are not set up
	NoAddress             // the user has no e-mail address
)

// Mailed is a key whose user was sent a link to activate it.
type Mailed struct {
	Key     directory.SecurityKey
	Waiting activation.Waiting // may lack what could not be read
	Copied  string             // what is said of what was copied last; empty: nothing was
}

// MailProblem is why the user cannot activate the key through a mailed link.
func (s State) MailProblem() MailProblem {
	switch {
	case !s.Workspace.CanMail():
		return NoMail
	case s.Saved.Email == "":
		return NoAddress
	}
	return NoProblem
}

// Mails tells whether the user is to activate the key through a mailed link.
func (s State) Mails() bool { return s.ByMail && s.MailProblem() == NoProblem }

// SetByMail chooses who activates the key.
func (s State) SetByMail(on bool) State {
	s.ByMail = on
	return s
}

// toAssign is the page that names a key which its user activates.
func (s State) toAssign() State {
	s.Page = AssignPage
	if s.KeyName == "" {
		s.KeyName = s.Suggested
	}
	return s
}

// Assignment is the key that was chosen, for its user to activate, on behalf of actor.
func (s State) Assignment(actor string) activation.Assignment {
	v, offline := s.Settings()
	return activation.Assignment{
		UserID: s.Saved.ID, KeyName: strings.TrimSpace(s.KeyName), Kind: directory.Card, Verification: v, OfflineLogin: offline, Actor: actor,
	}
}

// Sent is the wizard when the key waits for its user.
func (s State) Sent(k directory.SecurityKey, w activation.Waiting) State {
	s.Page, s.Saving, s.Failure, s.Mailed = MailedPage, false, nil, Mailed{Key: k, Waiting: w}
	return s
}

// Whose is who chooses the PIN of a card that has none, and why it is not as the workspace wants it.
func (s State) Whose() (chooser directory.PINChooser, why MailProblem) {
	chooser = directory.EffectivePINChooser(s.KeyDefaults.PINChooser, s.Workspace, s.Saved)
	if chooser == directory.UserHere && s.Workspace.PINChooser == directory.UserMail {
		why = s.MailProblem()
	}
	return chooser, why
}

// Speak is the wizard after the language of mails to the user was chosen; empty: the workspace's.
func (s State) Speak(language string) State {
	s.Draft.Language, s.Leaving = language, false
	return s
}
