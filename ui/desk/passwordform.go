package desk

import (
	"errors"
	"math"

	"fyne.io/fyne/v2"

	"tapstation/app/admin"
	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
	"tapstation/ui/wording"
)

// passwordForm asks for a new password twice, and for the old one where it is one's own.
type passwordForm struct {
	desk              *Desk
	user              directory.User // whose it is: it must not be made of what everybody knows of them
	optional          bool           // none at all is an answer too: who has none logs in by card only
	old, first, again *widget.Field  // old is nil where nobody has to know it
	content           *fyne.Container
}

func newPasswordForm(d *Desk, own, optional bool) *passwordForm {
	f := &passwordForm{desk: d, optional: optional, content: widget.Column(theme.Space8)}
	if own {
		f.old = widget.NewSecret(text.T("password.old"), "")
		f.old.Validate = required
		f.content.Add(f.old)
	}
	f.first = widget.NewSecret(text.T("password.new"), text.T("password.rules"))
	f.first.Validate = func(typed string) string {
		if typed == "" && f.optional {
			return ""
		}
		if wrong := admin.CheckPassword(typed, f.user); len(wrong) > 0 {
			return wording.Field(wrong[0])
		}
		return ""
	}
	f.again = widget.NewSecret(text.T("setup.again"), "")
	f.again.Validate = func(typed string) string {
		if typed != f.first.Text() {
			return text.T("setup.again_differs")
		}
		return ""
	}
	f.content.Add(f.first)
	f.content.Add(f.again)
	return f
}

func required(typed string) string {
	if typed == "" {
		return text.T("field.required")
	}
	return ""
}

// fields are those of the form, as one reads.
func (f *passwordForm) fields() []*widget.Field {
	if f.old != nil {
		return []*widget.Field{f.old, f.first, f.again}
	}
	return []*widget.Field{f.first, f.again}
}

// right shows what is wrong, and goes to the first of it.
func (f *passwordForm) right() bool {
	right := true
	for _, field := range f.fields() {
		if !field.Check() && right {
			right = false
			f.desk.focus(field.Entry)
		}
	}
	return right
}

// typed tells whether anything stands in it.
func (f *passwordForm) typed() bool {
	for _, field := range f.fields() {
		if field.Text() != "" {
			return true
		}
	}
	return false
}

// clear empties it.
func (f *passwordForm) clear() {
	for _, field := range f.fields() {
		field.SetText("")
		field.SetProblem("")
	}
}

// refused shows why the password was not taken, if that belongs to one of the lines.
func (f *passwordForm) refused(err error) bool {
	var invalid *directory.InvalidError
	var wait *admin.WaitError
	switch {
	case errors.As(err, &invalid) && invalid.Fields[0].Field == "password":
		f.first.SetProblem(wording.Field(invalid.Fields[0]))
		f.desk.focus(f.first.Entry)
	case f.old == nil:
		return false
	case errors.As(err, &wait):
		f.old.SetProblem(text.N("login.wait", int(math.Ceil(wait.Until.Sub(f.desk.now()).Seconds()))))
	case errors.Is(err, admin.ErrWrong):
		f.old.SetText("")
		f.old.SetProblem(text.T("password.old_wrong"))
		f.desk.focus(f.old.Entry)
	case errors.Is(err, admin.ErrLocked):
		f.old.SetProblem(text.T("password.locked"))
	default:
		return false
	}
	return true
}
