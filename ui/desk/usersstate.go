package desk

import (
	"tapstation/app/directory"
)

// usersState is All Users as it is now.
type usersState struct {
	listing[directory.UserRow]
	Query  directory.UserQuery // what is listed; After and Limit are the listing's affair
	Groups []string            // there are, by name
	Chosen chosen
	Counts *directory.Statistics // nil: not known
	Saved  *directory.User       // who has just been saved in the wizard
}

// pageSize is how many rows come at once.
const pageSize = 100

// ask is s with another query. All that matched another one is then no longer chosen; those named stay.
func (s usersState) ask(q directory.UserQuery) usersState {
	q.After, q.Limit = "", 0
	if s.Chosen.All && !sameUsers(q, s.Query) {
		s.Chosen = chosen{}
	}
	s.Query = q
	s.first()
	return s
}

// sameUsers tells whether two queries match the same users, in whatever order.
func sameUsers(a, b directory.UserQuery) bool {
	a.Sort, a.Desc, b.Sort, b.Desc = "", false, "", false
	return a == b
}

// sortBy is the query after the title of a column was pressed: the same order turned round, or another one from its
// beginning.
func (s usersState) sortBy(by directory.UserSort) directory.UserQuery {
	q := s.Query
	q.Desc = q.Sort == by && !q.Desc
	q.Sort = by
	return q
}

// filtered tells whether a filter keeps anybody from being listed.
func (s usersState) filtered() bool {
	return s.Query.Group != "" || s.Query.Keys != directory.HoldsAny || s.Query.Disabled != directory.Unset
}

// question is the page that is being asked for.
func (s usersState) question() directory.UserQuery {
	q := s.Query
	q.After, q.Limit = s.after(), pageSize
	return q
}

// took takes in the answer to question n.
func (s usersState) took(n int, list directory.Listing, err error) usersState {
	s.answer(n, list.Rows, userRowID, list.Next, err)
	return s
}

func userRowID(r directory.UserRow) string { return r.User.ID }

// total is how many users match, where that is known: at the end of the list, or where the directory has counted them.
// Where it is not, at least so many do.
func (s usersState) total() (n int, known bool) {
	q, c := s.Query, s.Counts
	q.Sort, q.Desc = "", false
	switch {
	case s.Known && s.Rows.end && !s.Asking:
		return s.Rows.count(), true
	case c == nil:
	case q == directory.UserQuery{}:
		return c.Users, true
	case q == directory.UserQuery{Disabled: directory.On}:
		return c.DisabledUsers, true
	case q == directory.UserQuery{Disabled: directory.Off}:
		return c.Users - c.DisabledUsers, true
	}
	return s.Rows.count(), false
}

// chosenCount is how many are chosen, where that is known.
func (s usersState) chosenCount() (n int, known bool) {
	total, known := s.total()
	if !known {
		total = -1
	}
	return s.Chosen.count(total)
}
