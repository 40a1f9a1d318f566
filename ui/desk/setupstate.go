package desk

import (
	"slices"

	"tapstation/app/admin"
	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/wording"
)

// setupStep is one of the two pages of the set-up.
type setupStep int

const (
	setupWorkspace setupStep = iota
	setupOwner
)

// setupState is the set-up as far as it has come. Its transitions are plain functions from one state to the next.
type setupState struct {
	Step      setupStep
	Workspace directory.Workspace // as it was found, with what was typed
	Keys      bool                // there are security keys already, which hold for the relying party they were made for
	RPID      string              // that one

	Owner    directory.User
	Password string
	Again    string
	Known    directory.User // who has the owner's User ID already; zero: nobody

	Saving bool
	Failed error
}

// found takes in what the directory holds already.
func (s setupState) found(l firstLook) setupState {
	s.Workspace, s.Keys, s.RPID = l.workspace, l.keys, l.workspace.RPID
	if l.workspace.Name == directory.DefaultWorkspace().Name {
		s.Workspace.Name = "" // nobody called it that
	}
	return s
}

// looked takes in who has a User ID already, if it is still the one that is typed.
func (s setupState) looked(id string, u directory.User) setupState {
	if id == s.Owner.ID {
		s.Known = u
	}
	return s
}

// kept is the workspace as it will be.
func (s setupState) kept() directory.Workspace {
	w := s.Workspace
	w.RPName = w.Name // what a person is shown beside the relying party ID
	return w
}

// owner is the owner as they will be. Where they are a user already, only what was typed is changed.
func (s setupState) owner() directory.User {
	o := s.Owner
	if s.Known.ID != "" {
		o.ID, o.Groups = s.Known.ID, s.Known.Groups
	}
	return o
}

// wrong is what is wrong with a field of the set-up, in words; "" if nothing is.
func (s setupState) wrong(field string) string {
	var all []directory.FieldError
	switch field {
	case "name", "rp_id", "logo":
		all = directory.ValidateWorkspace(s.kept())
	case "password":
		all = admin.CheckPassword(s.Password, s.owner())
	case "again":
		if s.Again != s.Password {
			return text.T("setup.again_differs")
		}
		return ""
	default:
		all = directory.Validate(s.owner())
		if field == "user_id" && s.Known.Disabled {
			return text.T("setup.disabled")
		}
	}
	if i := slices.IndexFunc(all, func(e directory.FieldError) bool { return e.Field == field }); i >= 0 {
		return wording.Field(all[i])
	}
	return ""
}

// fieldsOf are the fields of a step, as one reads.
func fieldsOf(step setupStep) []string {
	if step == setupWorkspace {
		return []string{"name", "logo", "rp_id"}
	}
	return []string{"user_id", "first_name", "last_name", "email", "password", "again"}
}

// moved tells whether the relying party is another than that of keys that are there.
func (s setupState) moved() bool { return s.Keys && s.Workspace.RPID != s.RPID }
