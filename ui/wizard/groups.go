package wizard

import (
	"slices"
	"strings"

	"tapstation/app/directory"
)

// TypeGroup is the wizard after something was typed where groups are chosen.
func (s State) TypeGroup(typed string) State {
	s.Group, s.Leaving = typed, false
	if s.Problems[Groups].Problem == Which {
		return s.show(nil, Groups)
	}
	return s
}

// suggestions is how many groups are offered at once.
const suggestions = 8

// Suggest is the known groups that what is typed may mean and that are not chosen yet, and the group it would
// create, if it is none of the known ones.
func (s State) Suggest() (known []string, create string) {
	typed := strings.Join(strings.Fields(s.Group), " ")
	create = typed
	for _, k := range s.Known {
		if strings.EqualFold(k, typed) {
			create = ""
		}
		if !slices.Contains(s.Draft.Groups, k) && matches(k, typed) && len(known) < suggestions {
			known = append(known, k)
		}
	}
	if slices.ContainsFunc(s.Draft.Groups, func(g string) bool { return strings.EqualFold(g, typed) }) {
		create = ""
	}
	return known, create
}

// matches tells whether a word of name begins with what is typed.
func matches(name, typed string) bool {
	name, typed = strings.ToLower(name), strings.ToLower(typed)
	return strings.HasPrefix(name, typed) || strings.Contains(name, " "+typed)
}

// Join puts the user into a group, one that is known or a new one.
func (s State) Join(group string) State {
	s.Group = ""
	group = strings.Join(strings.Fields(group), " ")
	if group == "" || slices.ContainsFunc(s.Draft.Groups, func(g string) bool { return strings.EqualFold(g, group) }) {
		return s
	}
	for _, k := range s.Known {
		if strings.EqualFold(k, group) {
			group = k
		}
	}
	s.Draft.Groups = append(slices.Clone(s.Draft.Groups), group)
	slices.SortFunc(s.Draft.Groups, compareFold)
	s.Leaving = false
	return s.Leave(Groups)
}

// Quit takes the user out of a group.
func (s State) Quit(group string) State {
	s.Draft.Groups = slices.DeleteFunc(slices.Clone(s.Draft.Groups), func(g string) bool { return g == group })
	s.Leaving = false
	return s.mended(Groups)
}

// Which is the problem of a group typed that may be one of several: no choice was made yet.
const Which directory.Problem = "which"

// EnterGroup joins the group that what is typed most likely means: the known one of that name, else the first that
// is suggested, else a new one.
func (s State) EnterGroup() State {
	known, create := s.Suggest()
	switch {
	case create == "":
		return s.Join(s.Group)
	case len(known) > 0:
		return s.Join(known[0])
	}
	return s.Join(create)
}
