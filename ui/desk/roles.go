package desk

import (
	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/widget"
)

// roleWords is what a role is called.
func roleWords(r directory.Role) string { return text.T("role." + string(r)) }

// roleText is what a role may do, in a line.
func roleText(r directory.Role) string { return text.T("role_text." + string(r)) }

// roleOptions are the roles to choose from.
func roleOptions() []widget.Option {
	var all []widget.Option
	for _, r := range directory.Roles {
		all = append(all, widget.Option{ID: string(r), Title: roleWords(r), Text: roleText(r)})
	}
	return all
}
