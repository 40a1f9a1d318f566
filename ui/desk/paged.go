package desk

import "sort"

// paged is the rows of a list whose pages come one after the other, each asked for by where the one before ended. Only
// those near what was seen last are kept whole, so that one can walk along a million; of the others it is known how
// many rows they have and whose, and they are asked for again when they come into view.
type paged[T any] struct {
	sheets []sheet[T]
	next   string // where the page after the last begins
	end    bool   // there is none
}

// sheet is one page.
type sheet[T any] struct {
	after string
	first int      // its first row
	ids   []string // of all of its rows
	rows  []T      // nil: not kept
	stale bool     // perhaps no longer as it is now
}

// kept is how many pages are kept whole.
const kept = 30

// count is how many rows there are so far.
func (p *paged[T]) count() int {
	if len(p.sheets) == 0 {
		return 0
	}
	last := p.sheets[len(p.sheets)-1]
	return last.first + len(last.ids)
}

// sheetOf is the page that a row is on.
func (p *paged[T]) sheetOf(row int) int {
	return sort.Search(len(p.sheets), func(i int) bool { return p.sheets[i].first+len(p.sheets[i].ids) > row })
}

// at is a row, if it is at hand.
func (p *paged[T]) at(row int) (r T, ok bool) {
	i := p.sheetOf(row)
	if row < 0 || i == len(p.sheets) || p.sheets[i].rows == nil {
		return r, false
	}
	return p.sheets[i].rows[row-p.sheets[i].first], true
}

// id is whose a row is; "" where there is none.
func (p *paged[T]) id(row int) string {
	i := p.sheetOf(row)
	if row < 0 || i == len(p.sheets) {
		return ""
	}
	return p.sheets[i].ids[row-p.sheets[i].first]
}

// lacks tells whether a row is to be asked for, and by which page.
func (p *paged[T]) lacks(row int) (sheet int, yes bool) {
	i := p.sheetOf(row)
	if i == len(p.sheets) {
		return 0, false
	}
	return i, p.sheets[i].rows == nil || p.sheets[i].stale
}

// after is where a page begins; that after the last is the one to come.
func (p *paged[T]) after(sheet int) string {
	if sheet < len(p.sheets) {
		return p.sheets[sheet].after
	}
	return p.next
}

// outdate says that any row may have changed.
func (p *paged[T]) outdate() {
	for i := range p.sheets {
		p.sheets[i].stale = true
	}
}

// put puts a page in its place, and says where the one after it begins; "" where there is none.
func (p *paged[T]) put(at int, rows []T, id func(T) string, next string) {
	s := sheet[T]{after: p.after(at), rows: rows}
	if s.rows == nil {
		s.rows = []T{}
	}
	for _, r := range rows {
		s.ids = append(s.ids, id(r))
	}
	switch {
	case at == len(p.sheets):
		p.sheets = append(p.sheets, s)
	default:
		p.sheets[at] = s
	}
	switch {
	case next == "":
		p.sheets, p.next, p.end = p.sheets[:at+1], "", true
	case at == len(p.sheets)-1:
		p.next, p.end = next, false
	case p.sheets[at+1].after != next:
		p.sheets[at+1].after, p.sheets[at+1].stale = next, true
	}
	for i := range p.sheets {
		if i > 0 {
			p.sheets[i].first = p.sheets[i-1].first + len(p.sheets[i-1].ids)
		}
		if i < at-kept/2 || i > at+kept/2 {
			p.sheets[i].rows = nil
		}
	}
}
