package desk

import (
	"slices"
	"strings"

	"tapstation/app/directory"
	"tapstation/ui/widget"
)

// groupsState is the list of groups as it is now.
type groupsState struct {
	Query  string
	Groups []directory.Group // all, by name
	// Members is how many users are in a group, by its name: mostCounted stands for that many or more. A group that is
	// not in it has not been counted yet.
	Members map[string]int
	Known   bool
	Slow    bool
	Failed  error
	Done    string // what has just been done, in words
}

// mostCounted is how far members are counted: nothing on a page walks along a million users.
const mostCounted = 1000

// answer takes in which groups there are.
func (s groupsState) answer(groups []directory.Group, err error) groupsState {
	s.Slow, s.Failed = false, err
	if err == nil {
		s.Groups, s.Known = groups, true
	}
	return s
}

// counted takes in how many members a group has.
func (s groupsState) counted(group string, members int) groupsState {
	all := make(map[string]int, len(s.Members)+1)
	for name, n := range s.Members {
		all[name] = n
	}
	all[group] = members
	s.Members = all
	return s
}

// rows are the groups whose name and description have words that begin as those searched for.
func (s groupsState) rows() []directory.Group {
	wanted := directory.Words(s.Query)
	if len(wanted) == 0 {
		return s.Groups
	}
	return slices.DeleteFunc(slices.Clone(s.Groups), func(g directory.Group) bool {
		words := directory.Words(g.Name, g.Description)
		return slices.ContainsFunc(wanted, func(w string) bool {
			return !slices.ContainsFunc(words, func(have string) bool { return strings.HasPrefix(have, w) })
		})
	})
}

// peopleState is users found by a search: the members of a group, or everyone, to choose from.
type peopleState struct {
	Group  string // "" for everyone
	Query  string
	Rows   []directory.UserRow
	Next   string // for the page after Rows; "" at the end
	Asked  int    // the number of the last question; answers to earlier ones are stale
	Asking bool
	Slow   bool // waiting long enough to say so
	Known  bool // Rows answer some question
	Failed error
	Chosen []directory.User // in the order they were chosen, whatever is listed now
}

// search asks for the first page of what matches query.
func (s peopleState) search(query string) peopleState {
	s.Query, s.Next = query, ""
	return s.ask()
}

// more asks for the next page, if there is one and nothing is being asked already.
func (s peopleState) more() (peopleState, bool) {
	if s.Asking || s.Failed != nil || s.Next == "" {
		return s, false
	}
	return s.ask(), true
}

func (s peopleState) ask() peopleState {
	s.Asked++
	s.Asking, s.Slow, s.Failed = true, false, nil
	return s
}

// question is what is being asked.
func (s peopleState) question() directory.UserQuery {
	return directory.UserQuery{Text: s.Query, Group: s.Group, After: s.Next, Limit: pageSize}
}

// answer takes in the answer to question n.
func (s peopleState) answer(n int, list directory.Listing, err error) peopleState {
	if n != s.Asked {
		return s
	}
	first := s.Next == ""
	s.Asking, s.Slow, s.Failed = false, false, err
	if err != nil {
		return s
	}
	if first {
		s.Rows = nil
	}
	s.Rows = append(slices.Clip(s.Rows), list.Rows...)
	s.Next, s.Known = list.Next, true
	return s
}

// choose puts a user among those chosen, or takes them out again.
func (s peopleState) choose(u directory.User, on bool) peopleState {
	i := s.chosen(u.ID)
	switch {
	case on && i < 0:
		s.Chosen = append(slices.Clone(s.Chosen), u)
	case !on && i >= 0:
		s.Chosen = slices.Delete(slices.Clone(s.Chosen), i, i+1)
	}
	return s
}

// marking is how many of those listed are chosen.
func (s peopleState) marking() widget.Marking {
	n := 0
	for _, r := range s.Rows {
		if s.chosen(r.User.ID) >= 0 {
			n++
		}
	}
	switch n {
	case 0:
		return widget.Unmarked
	case len(s.Rows):
		return widget.Marked
	}
	return widget.SomeMarked
}

// chosen is where a user stands among those chosen; -1: not among them.
func (s peopleState) chosen(id string) int {
	return slices.IndexFunc(s.Chosen, func(u directory.User) bool { return u.ID == id })
}

// ids are the User IDs of those chosen.
func (s peopleState) ids() []string {
	all := make([]string, len(s.Chosen))
	for i, u := range s.Chosen {
		all[i] = u.ID
	}
	return all
}

// isMember tells whether a user is in the group of that name, whatever the case it is written in.
func isMember(u directory.User, group string) bool {
	return slices.ContainsFunc(u.Groups, func(g string) bool { return directory.Fold(g) == directory.Fold(group) })
}

// groupDraft is what has been typed about a group.
type groupDraft struct {
	Name, Description string
	Defaults          directory.KeyDefaults
	Problems          map[string]directory.FieldError // by field
	Failed            error
	Saving            bool
}

// draftOf is a group as it is, to be changed.
func draftOf(g directory.Group) groupDraft {
	return groupDraft{Name: g.Name, Description: g.Description, Defaults: g.Defaults}
}

// group is the group that was typed, with the spaces around words taken off.
func (d groupDraft) group() directory.Group {
	return directory.Group{Name: strings.TrimSpace(d.Name), Description: strings.TrimSpace(d.Description), Defaults: d.Defaults}
}

// differs tells whether something was typed that g does not say.
func (d groupDraft) differs(g directory.Group) bool {
	return d.Name != g.Name || d.Description != g.Description || d.Defaults != g.Defaults
}
