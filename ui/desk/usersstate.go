package desk

import "tapstation/app/directory"

// usersState is All Users as it is now. Its transitions are plain functions from one state to the next.
type usersState struct {
	Query  string
	Group  string   // "" for all
	Groups []string // there are, by name
	Rows   []directory.UserRow
	Next   string          // for the page after Rows; "" at the end
	Limit  int             // of users to come at once
	Asked  int             // the number of the last question; answers to earlier ones are stale
	Asking bool            // Asked is not answered yet
	Waited int             // seconds, while Asking; -1 while it is too short to speak of
	Known  bool            // Rows answer some question
	Failed error           // why Asked was not answered
	Saved  *directory.User // who has just been saved in the wizard
}

// pageSize is how many users come at once; mostPerPage is how many a store gives at most.
const (
	pageSize    = 100
	mostPerPage = 1000
)

// search asks for the first page of what matches query.
func (s usersState) search(query string) usersState {
	s.Query, s.Next, s.Limit = query, "", pageSize
	return s.ask()
}

// again asks anew for what is listed already.
func (s usersState) again() usersState {
	s.Next, s.Limit = "", min(max(len(s.Rows), pageSize), mostPerPage)
	return s.ask()
}

// only asks for the members of a group, or of all with "".
func (s usersState) only(group string) usersState {
	s.Group = group
	return s.search(s.Query)
}

// more asks for the next page, if there is one and nothing is being asked already.
func (s usersState) more() (next usersState, ok bool) {
	if s.Asking || s.Failed != nil || s.Next == "" {
		return s, false
	}
	s.Limit = pageSize
	return s.ask(), true
}

func (s usersState) ask() usersState {
	s.Asked++
	s.Asking, s.Waited, s.Failed = true, -1, nil
	return s
}

// question is what is being asked.
func (s usersState) question() directory.UserQuery {
	return directory.UserQuery{Text: s.Query, Group: s.Group, After: s.Next, Limit: s.Limit}
}

// waited tells that question n has been waiting for seconds (0: long enough to say so).
func (s usersState) waited(n, seconds int) usersState {
	if n == s.Asked && s.Asking {
		s.Waited = seconds
	}
	return s
}

// answer takes in the answer to question n.
func (s usersState) answer(n int, list directory.Listing, err error) usersState {
	if n != s.Asked {
		return s
	}
	first := s.Next == ""
	s.Asking, s.Waited, s.Failed = false, -1, err
	if err != nil {
		return s
	}
	if first {
		s.Rows = nil
	}
	s.Rows = append(s.Rows, list.Rows...)
	s.Next, s.Known = list.Next, true
	return s
}
