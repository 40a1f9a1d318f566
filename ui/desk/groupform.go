package desk

import (
	"errors"
	"maps"

	"fyne.io/fyne/v2"

	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
	"tapstation/ui/wording"
)

// groupForm is what a group is called, what it is for, and what the keys of its members are to be.
type groupForm struct {
	draft     groupDraft
	workspace directory.Workspace

	name, description              *widget.Field
	verification, offline, chooser *widget.Dropdown
	notice                         *widget.Badge
	save, cancel                   *widget.Button
	object                         fyne.CanvasObject
}

// newGroupForm shows draft; saveWords is what its main action says.
func newGroupForm(draft groupDraft, w directory.Workspace, saveWords string, save, cancel func()) *groupForm {
	f := &groupForm{draft: draft, workspace: w, notice: widget.NewStatus(widget.Sign{})}
	f.name = widget.NewField(text.T("group.name"), "")
	f.name.SetText(draft.Name)
	f.name.OnChanged = func(s string) { f.draft.Name = s; f.solved("name") }
	f.name.Validate = func(string) string { return f.wrong("name") }
	f.description = widget.NewField(text.T("group.description"), text.T("group.description_hint"))
	f.description.SetText(draft.Description)
	f.description.OnChanged = func(s string) { f.draft.Description = s; f.solved("description") }
	f.description.Validate = func(string) string { return f.wrong("description") }

	d := &f.draft.Defaults
	f.verification = widget.NewDropdown(text.T("user.key.verification"), "",
		func(id string) { d.Verification = directory.Verification(id) }, verificationOptions(w)...)
	f.verification.Select(string(d.Verification))
	f.offline = widget.NewDropdown(text.T("key.offline_login"), "",
		func(id string) { d.OfflineLogin = directory.Choice(id) }, offlineOptions(w)...)
	f.offline.Select(string(d.OfflineLogin))
	f.chooser = widget.NewDropdown(text.T("group.chooser"), "",
		func(id string) { d.PINChooser = directory.PINChooser(id) }, chooserOptions(w)...)
	f.chooser.Select(string(d.PINChooser))

	f.save, f.cancel = widget.NewPrimary(saveWords, save), widget.NewButton(text.T("user.key.cancel"), cancel)
	f.object = widget.AtMost(groupFormWidth, widget.Column(theme.Space8,
		f.name, f.description,
		widget.PadXY(0, theme.Space8, widget.Column(theme.Space4, widget.Title(text.T("group.defaults")),
			widget.Hint(text.T("group.defaults_text")))),
		f.verification, f.offline, f.chooser,
		f.notice, widget.PadXY(0, theme.Space8, widget.Line(theme.Space12, f.cancel, f.save))))
	f.fill()
	return f
}

// groupFormWidth is how wide the form of a group is at most, in units.
const groupFormWidth float32 = 560

// leftToWorkspace is the answer that leaves a setting to the workspace, and says what that has.
func leftToWorkspace(value string) widget.Option {
	return widget.Option{Title: text.T("group.as_workspace", "Value", value)}
}

func verificationOptions(w directory.Workspace) []widget.Option {
	words := map[directory.Verification]string{
		directory.PIN: text.T("key.verification.pin"), directory.PINless: text.T("key.verification.pinless"),
	}
	return []widget.Option{leftToWorkspace(words[w.Verification]),
		{ID: string(directory.PIN), Title: words[directory.PIN]}, {ID: string(directory.PINless), Title: words[directory.PINless]}}
}

func offlineOptions(w directory.Workspace) []widget.Option {
	on, off := text.T("user.key.on"), text.T("user.key.off")
	now := off
	if w.OfflineLogin {
		now = on
	}
	return []widget.Option{leftToWorkspace(now),
		{ID: string(directory.On), Title: on}, {ID: string(directory.Off), Title: off}}
}

func chooserOptions(w directory.Workspace) []widget.Option {
	words := map[directory.PINChooser]string{
		directory.UserHere: text.T("group.chooser.user_here"), directory.UserMail: text.T("group.chooser.user_mail"),
	}
	return []widget.Option{leftToWorkspace(words[w.PINChooser]),
		{ID: string(directory.UserHere), Title: words[directory.UserHere]}, {ID: string(directory.UserMail), Title: words[directory.UserMail]}}
}

// saving shows that the draft is being kept, which nothing may change meanwhile.
func (f *groupForm) saving() {
	f.draft.Saving, f.draft.Failed, f.draft.Problems = true, nil, nil
	f.fill()
}

// refused shows why the draft was not kept, and puts the cursor where that can be mended.
func (f *groupForm) refused(err error) {
	f.draft.Saving = false
	f.draft.Problems, f.draft.Failed = groupProblems(err)
	f.fill()
	switch {
	case f.name.Problem() != "":
		f.name.Focus()
	case f.description.Problem() != "":
		f.description.Focus()
	}
}

// groupProblems are what is wrong with the fields of a group, or what else went wrong.
func groupProblems(err error) (map[string]directory.FieldError, error) {
	var invalid *directory.InvalidError
	switch {
	case errors.Is(err, directory.ErrExists):
		return map[string]directory.FieldError{"name": {Field: "name", Problem: directory.Taken}}, nil
	case errors.As(err, &invalid):
		problems := map[string]directory.FieldError{}
		for _, f := range invalid.Fields {
			problems[f.Field] = f
		}
		return problems, nil
	}
	return nil, err
}

// wrong is what is wrong with a field as it is typed.
func (f *groupForm) wrong(field string) string {
	problems := maps.Clone(f.draft.Problems)
	if problems == nil {
		problems = map[string]directory.FieldError{}
	}
	for _, e := range directory.ValidateGroup(f.draft.group()) {
		problems[e.Field] = e
	}
	return groupProblemWords(problems, field)
}

func (f *groupForm) solved(field string) { delete(f.draft.Problems, field) }

func (f *groupForm) fill() {
	d := f.draft
	f.name.SetProblem(groupProblemWords(d.Problems, "name"))
	f.description.SetProblem(groupProblemWords(d.Problems, "description"))
	f.save.SetEnabled(!d.Saving)
	f.notice.Hidden = d.Failed == nil
	if d.Failed != nil {
		f.notice.Set(problemSign(d.Failed))
	}
	f.object.Refresh()
}

func groupProblemWords(problems map[string]directory.FieldError, field string) string {
	e, wrong := problems[field]
	switch {
	case !wrong:
		return ""
	case e.Problem == directory.Taken:
		return text.T("group.name_taken")
	case e.Field == "name" && e.Problem == directory.Required:
		return text.T("group.name_required")
	case e.Field == "name" && e.Problem == directory.InvalidCharacters:
		return text.T("field.invalid_group")
	}
	return wording.Field(e)
}

// problemSign says what went wrong, and what to do about it, in one line.
func problemSign(err error) widget.Sign {
	words := wording.Error(err)
	return widget.Sign{Icon: theme.WarningIcon, Color: theme.Danger, Word: words.Title + ". " + words.Remedy}
}
