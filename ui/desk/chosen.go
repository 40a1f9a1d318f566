package desk

import (
	"maps"
	"slices"
	"strings"

	"tapstation/ui/widget"
)

// chosen is which of a list's rows something is to be done with: those named, or, with All, all that the query matches
// but those named. So it stays small however many match.
type chosen struct {
	All   bool
	named map[string]string // what to call each, by ID
}

// has tells whether the row with this ID is chosen.
func (c chosen) has(id string) bool {
	_, named := c.named[id]
	return named != c.All
}

// none tells whether nothing is chosen.
func (c chosen) none() bool { return !c.All && len(c.named) == 0 }

// mark is c with more rows chosen, or no longer; rows are what to call each, by ID.
func (c chosen) mark(rows map[string]string, on bool) chosen {
	named := maps.Clone(c.named)
	if named == nil {
		named = map[string]string{}
	}
	for id, name := range rows {
		if on != c.All {
			named[id] = name
		} else {
			delete(named, id)
		}
	}
	delete(named, "") // a row that is not there
	return chosen{All: c.All, named: named}
}

// count is how many are chosen, where total match; known is false where total is needed and less than zero.
func (c chosen) count(total int) (n int, known bool) {
	if !c.All {
		return len(c.named), true
	}
	return max(total-len(c.named), 0), total >= 0
}

// marking is how much is chosen, for the box above all rows.
func (c chosen) marking() widget.Marking {
	switch {
	case c.none():
		return widget.Unmarked
	case c.All && len(c.named) == 0:
		return widget.Marked
	}
	return widget.SomeMarked
}

// ids are the IDs of those named, in order.
func (c chosen) ids() []string { return slices.Sorted(maps.Keys(c.named)) }

// names are what those named are called, in order, each followed by its ID where that says more.
func (c chosen) names() []string {
	var all []string
	for id, name := range c.named {
		all = append(all, called(name, id))
	}
	slices.SortFunc(all, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	return all
}

// called is what somebody is called, with their ID where that is something else.
func called(name, id string) string {
	if name == "" || name == id {
		return id
	}
	return name + " (" + id + ")"
}
