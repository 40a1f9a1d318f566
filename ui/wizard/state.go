package wizard

import (
	"slices"
	"strings"

	"tapstation/app/directory"
	"tapstation/app/enroll"
)

// Page is a step of the wizard.
type Page int

// Pages, in their order.
const (
	UserPage Page = iota
	KindPage
	SettingsPage
	HowPage        // now, or by the user
	ActivationPage // now: the tap
	NamePage
	AssignPage // by the user: the key's name
	MailedPage // the mail is on its way
	pages
)

// step is which of the steps beside the pages one belongs to.
func (p Page) step() int {
	switch p {
	case HowPage, ActivationPage:
		return 3
	case NamePage, AssignPage, MailedPage:
		return 4
	}
	return int(p)
}

// Field is an input of the first page; its values are those of directory.FieldError.Field.
type Field string

// Fields, in their order.
const (
	UserID    Field = "user_id"
	UserName  Field = "user_name"
	FirstName Field = "first_name"
	LastName  Field = "last_name"
	Email     Field = "email"
	Groups    Field = "groups"
)

// fields are all of them, as a person goes through them.
var fields = []Field{UserID, UserName, FirstName, LastName, Email, Groups}

// State is the whole wizard. Its transitions are plain functions from one State to the next.
type State struct {
	Page Page
	Edit bool // there is no page after the first

	Draft    directory.User // as typed
	Saved    directory.User // as the directory has it; no ID until it does
	Problems map[Field]directory.FieldError
	Checked  string   // the User ID last looked up in the directory
	Taken    bool     // Checked belongs to somebody
	Known    []string // names of groups, sorted
	Group    string   // typed, but not joined yet
	Saving   bool
	Failure  error // of the last save

	Later        bool // no key now
	Workspace    directory.Workspace
	KeyDefaults  directory.KeyDefaults // as the user's groups and the workspace say
	UseDefaults  bool
	Verification directory.Verification
	OfflineLogin bool

	ByMail bool // the user activates the key by a mailed link, where that can be
	Mailed Mailed

	Suggested string                 // what the new key is called if nobody says otherwise
	Replaces  *directory.SecurityKey // to be revoked when the new key is there; nil: none

	Key     directory.SecurityKey // the new key, once it is proven
	KeyName string
	Leaving bool // asked whether what was typed may be lost
}

// Begin is the wizard for a user the directory has, or for a new one where user is nil.
func Begin(user *directory.User) State {
	s := State{UseDefaults: true}.Defaults(directory.DefaultWorkspace())
	if user != nil {
		s.Page, s.Draft, s.Saved, s.Checked = KindPage, *user, *user, user.ID
	}
	return s
}

// BeginEdit is the wizard's first page, for a user whom the directory has.
func BeginEdit(user directory.User) State {
	s := Begin(&user)
	s.Page, s.Edit = UserPage, true
	return s
}

// BeginReplace is the wizard for a key that takes the place of old, with its settings: a card is all that is asked for.
func BeginReplace(user directory.User, old directory.SecurityKey) State {
	s := Begin(&user)
	s.Page, s.Replaces, s.UseDefaults = ActivationPage, &old, false
	s.Verification, s.OfflineLogin = old.Verification, old.OfflineLogin
	return s
}

// Defaults takes the workspace's settings in. What was chosen against them stays.
func (s State) Defaults(w directory.Workspace) State {
	s.Workspace = w
	offline := directory.Off
	if w.OfflineLogin {
		offline = directory.On
	}
	chooser := directory.EffectivePINChooser(w.PINChooser, w, s.Saved)
	return s.SetKeyDefaults(directory.KeyDefaults{Verification: w.Verification, OfflineLogin: offline, PINChooser: chooser})
}

// SetKeyDefaults takes in what the user's groups say too. What was chosen against it stays, but for what the workspace
// takes no more.
func (s State) SetKeyDefaults(d directory.KeyDefaults) State {
	s.KeyDefaults = d
	if s.UseDefaults {
		s.Verification, s.OfflineLogin = d.Verification, d.OfflineLogin == directory.On
	}
	if s.Workspace.RequirePIN {
		s.Verification, s.KeyDefaults.Verification = directory.PIN, directory.PIN
	}
	return s
}

// SetDefaults turns the toggle "Use default settings".
func (s State) SetDefaults(on bool) State {
	s.UseDefaults = on
	return s
}

// Settings are those of the key to come.
func (s State) Settings() (directory.Verification, bool) {
	if s.UseDefaults {
		return s.KeyDefaults.Verification, s.KeyDefaults.OfflineLogin == directory.On
	}
	return s.Verification, s.OfflineLogin
}

// Request is the enrollment that was chosen, on behalf of actor.
func (s State) Request(actor string) enroll.Request {
	v, offline := s.Settings()
	req := enroll.Request{
		UserID: s.Saved.ID, KeyName: s.Suggested, Verification: v, OfflineLogin: offline, PINChooser: s.KeyDefaults.PINChooser, Actor: actor,
	}
	if s.Replaces != nil {
		req.Replaces = []string{s.Replaces.ID}
	}
	return req
}

// Value is what a field holds; groups are joined.
func (s State) Value(f Field) string {
	switch f {
	case UserID:
		return s.Draft.ID
	case UserName:
		return s.Draft.UserName
	case FirstName:
		return s.Draft.FirstName
	case LastName:
		return s.Draft.LastName
	case Email:
		return s.Draft.Email
	}
	return strings.Join(s.Draft.Groups, ", ")
}

// Type is the wizard after a field other than the groups was changed. A problem shown goes as soon as it is
// mended; a new one is not shown before the field is left.
func (s State) Type(f Field, value string) State {
	switch f {
	case UserID:
		s.Draft.ID = value
	case UserName:
		s.Draft.UserName = value
	case FirstName:
		s.Draft.FirstName = value
	case LastName:
		s.Draft.LastName = value
	case Email:
		s.Draft.Email = value
	}
	s.Leaving = false
	return s.mended(f)
}

// Leave is the wizard after a field was left: what is wrong with it is shown from now on.
func (s State) Leave(f Field) State { return s.show(s.found(), f) }

// Looked takes in whether a User ID belongs to somebody.
func (s State) Looked(id string, is bool) State {
	s.Checked, s.Taken = id, is
	if same(id, s.Draft.ID) {
		return s.show(s.found(), UserID)
	}
	return s
}

// LookUp is the User ID to be looked up in the directory, if there is one.
func (s State) LookUp() (string, bool) {
	id := strings.TrimSpace(s.Draft.ID)
	return id, id != "" && s.Saved.ID == "" && !same(id, s.Checked)
}

// found is all that is wrong now, shown or not.
func (s State) found() map[Field]directory.FieldError {
	found := map[Field]directory.FieldError{}
	for _, e := range directory.Validate(s.user()) {
		found[Field(e.Field)] = e
	}
	if _, wrong := found[UserID]; !wrong && s.Taken && s.Saved.ID == "" && same(s.Checked, s.Draft.ID) {
		found[UserID] = directory.FieldError{Field: string(UserID), Problem: directory.Taken}
	}
	return found
}

// show shows what was found in some fields, and nothing where nothing was.
func (s State) show(found map[Field]directory.FieldError, fs ...Field) State {
	shown := map[Field]directory.FieldError{}
	for f, p := range s.Problems {
		shown[f] = p
	}
	for _, f := range fs {
		delete(shown, f)
		if p, wrong := found[f]; wrong {
			shown[f] = p
		}
	}
	s.Problems = shown
	return s
}

// mended stops showing what is no longer wrong with f.
func (s State) mended(f Field) State {
	if _, shown := s.Problems[f]; !shown {
		return s
	}
	found := s.found()
	if _, still := found[f]; still {
		return s
	}
	return s.show(found, f)
}

// user is the draft as the directory shall have it.
func (s State) user() directory.User {
	u := s.Draft
	for _, p := range []*string{&u.ID, &u.UserName, &u.FirstName, &u.LastName, &u.Email} {
		*p = strings.TrimSpace(*p)
	}
	return u
}

// Submit leaves the first page: the user to be saved, or else the first field that is wrong.
func (s State) Submit() (next State, user directory.User, wrong Field) {
	if known, create := s.Suggest(); create == "" || len(known) == 0 {
		s = s.Join(s.Group)
	}
	found := s.found()
	if s.Group != "" {
		found[Groups] = directory.FieldError{Field: string(Groups), Problem: Which}
	}
	s = s.show(found, fields...)
	for _, f := range fields {
		if _, bad := found[f]; bad {
			return s, directory.User{}, f
		}
	}
	s.Saving, s.Failure, s.Leaving = true, nil, false
	return s, s.user(), ""
}

// Changed tells whether the draft holds what the directory does not.
func (s State) Changed() bool {
	u, old := s.user(), s.Saved
	return strings.TrimSpace(s.Group) != "" || u.ID != old.ID || u.UserName != old.UserName || u.FirstName != old.FirstName || u.LastName != old.LastName ||
		u.Email != old.Email || u.Language != old.Language || !slices.Equal(u.Groups, old.Groups)
}

// Kept is the wizard after the user was saved: the next page.
func (s State) Kept(u directory.User) State {
	s.Saving, s.Saved, s.Draft, s.Problems, s.Checked, s.Taken = false, u, u, nil, u.ID, false
	for _, g := range u.Groups {
		if !slices.Contains(s.Known, g) {
			s.Known = append(slices.Clone(s.Known), g)
		}
	}
	slices.SortFunc(s.Known, compareFold)
	if !s.Edit {
		s.Page = KindPage
	}
	return s
}

// NotKept is the wizard after the directory did not take the user: the field it says is wrong, or Failure.
func (s State) NotKept(err error, invalid []directory.FieldError) State {
	s.Saving = false
	if len(invalid) == 0 {
		s.Failure = err
		return s
	}
	found := map[Field]directory.FieldError{}
	for _, e := range invalid {
		found[Field(e.Field)] = e
		if Field(e.Field) == UserID && e.Problem == directory.Taken {
			s.Checked, s.Taken = strings.TrimSpace(s.Draft.ID), true
		}
	}
	return s.show(found, fields...)
}

// Back is one page back; nothing typed is lost. There is no way back from where the key is there, or its mail on its way. A
// key that takes the place of another is a card like it, and its user is known.
func (s State) Back() State {
	switch s.Page {
	case UserPage, NamePage, MailedPage:
	case AssignPage:
		s.Page = HowPage
	case ActivationPage:
		s.Page = HowPage
		if s.Replaces != nil {
			s.Page = SettingsPage
		}
	default:
		s.Page--
	}
	s.Failure = nil
	return s
}

// Next is the page after what was chosen. A key that takes the place of another begins with the card.
func (s State) Next() State {
	switch s.Page {
	case KindPage:
		if !s.Later {
			s.Page = SettingsPage
		}
	case SettingsPage:
		s.Page = HowPage
		if s.Replaces != nil {
			s.Page = ActivationPage
		}
	case HowPage:
		s.Page = ActivationPage
		if s.Mails() {
			s = s.toAssign()
		}
	}
	return s
}

// Enrolled is the wizard when the key is there and can be named.
func (s State) Enrolled(k directory.SecurityKey) State {
	s.Page, s.Key, s.KeyName = NamePage, k, k.Name
	return s
}

// Rename is what the key is to be called, if that is another name than it has.
func (s State) Rename() (string, bool) {
	name := strings.TrimSpace(s.KeyName)
	return name, name != s.Key.Name
}

// NameProblem is what is wrong with the name typed for the key; false where nothing is.
func (s State) NameProblem() (directory.FieldError, bool) {
	wrong := directory.ValidateKeyName(strings.TrimSpace(s.KeyName))
	if len(wrong) == 0 {
		return directory.FieldError{}, false
	}
	return wrong[0], true
}

func same(a, b string) bool { return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b)) }

func compareFold(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) }
