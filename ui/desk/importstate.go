package desk

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"tapstation/app/bulk"
	"tapstation/app/directory"
	csv "tapstation/app/sheet"
	"tapstation/assets/text"
)

// importStep is one of the steps of an import, in their order.
type importStep int

const (
	importFile    importStep = iota // which file
	importColumns                   // what its columns hold, and what becomes of its users
	importCheck                     // what would come of it
	importRun                       // it is done, or has been
)

// importState is an import of users from a file.
type importState struct {
	Step    importStep
	Asked   int  // the number of the last thing begun; what earlier ones say is stale
	Working bool // the file is being looked at, tried or imported
	Slow    bool // long enough to be spoken of

	Path    string
	File    bulk.File
	Format  csv.Format // as chosen by hand; zero: by look
	Layout  bulk.Layout
	Options bulk.Options
	Touched bool // something was chosen by hand

	Known []string // the groups there are

	Progress bulk.Progress
	Plan     bulk.Plan
	Planned  bool
	Result   bulk.Result
	Stopping bool // somebody has stopped the import, which is being taken back
	Err      error
}

// begin is the state when something is begun.
func (s importState) begin() importState {
	s.Asked++
	s.Working, s.Slow, s.Err, s.Progress, s.Stopping = true, false, nil, bulk.Progress{}, false
	return s
}

// end is the state when what was begun ends unasked.
func (s importState) end() importState {
	s.Asked++
	s.Working, s.Slow, s.Stopping = false, false, false
	return s
}

// inspected takes in how the file looks. What was mapped by hand stays where the columns are the same.
func (s importState) inspected(f bulk.File, l bulk.Layout) importState {
	same := s.Touched && slices.Equal(s.Layout.Header, l.Header)
	s.Working, s.Slow, s.Stopping = false, false, false
	s.File, s.Layout, s.Plan, s.Planned = f, l, bulk.Plan{}, false
	if !same {
		s.Options.Columns = maps.Clone(l.Columns)
	}
	s.Step = importColumns
	return s
}

// mapped is the state when a field was given another column; -1: none. A column holds one field.
func (s importState) mapped(field bulk.Field, column int) importState {
	columns := map[bulk.Field]int{}
	for f, c := range s.Options.Columns {
		if f != field && c != column {
			columns[f] = c
		}
	}
	if column >= 0 {
		columns[field] = column
	}
	s.Options.Columns = columns
	s.Touched, s.Err = true, nil
	return s
}

// join has all users of the file join a group; quit has them not.
func (s importState) join(group string) importState {
	group = strings.Join(strings.Fields(group), " ")
	same := func(g string) bool { return directory.Fold(g) == directory.Fold(group) }
	if group == "" || slices.ContainsFunc(s.Options.Groups, same) {
		return s
	}
	if i := slices.IndexFunc(s.Known, same); i >= 0 {
		group = s.Known[i]
	}
	s.Options.Groups = append(slices.Clone(s.Options.Groups), group)
	s.Touched = true
	return s
}

func (s importState) quit(group string) importState {
	s.Options.Groups = slices.DeleteFunc(slices.Clone(s.Options.Groups), func(g string) bool { return g == group })
	return s
}

// groupProblem is what is wrong with the groups for all.
func (s importState) groupProblem() (directory.FieldError, bool) {
	for _, e := range directory.Validate(directory.User{ID: "x", Groups: s.Options.Groups}) {
		if e.Field == "groups" {
			return e, true
		}
	}
	return directory.FieldError{}, false
}

// ready tells whether it can be tried what would come of it.
func (s importState) ready() bool {
	_, id := s.Options.Columns[bulk.UserID]
	_, wrong := s.groupProblem()
	return id && !wrong && !s.Working
}

// tried takes in what would come of it.
func (s importState) tried(p bulk.Plan, err error) importState {
	s.Working, s.Slow, s.Stopping = false, false, false
	s.Err = err
	if err == nil {
		s.Plan, s.Planned = p, true
	}
	return s
}

// importable tells whether there is something that can be imported.
func (s importState) importable() bool {
	return s.Step == importCheck && s.Planned && !s.Working && s.Plan.Refused == 0 && s.Plan.Created+s.Plan.Changed > 0
}

// imported takes in what came of the import.
func (s importState) imported(r bulk.Result, err error) importState {
	s.Working, s.Slow, s.Stopping = false, false, false
	s.Result, s.Err = r, err
	var refused *bulk.RefusedError
	if errors.As(err, &refused) { // the directory has changed since it was tried
		s.Step, s.Plan, s.Planned = importCheck, refused.Plan, true
	}
	return s
}

// stopped tells whether the import ended because somebody stopped it.
func (s importState) stopped() bool { return s.Err != nil && errors.Is(s.Err, context.Canceled) }

// done tells whether the users of the file are in the directory.
func (s importState) done() bool { return s.Step == importRun && !s.Working && s.Err == nil }

// atRisk tells whether something would be lost by going elsewhere.
func (s importState) atRisk() bool { return s.Touched && !s.done() }

// mostColumns is how many columns of a file are offered and shown: files for people have fewer.
const (
	mostColumns = 100
	mostShown   = 6
)

// columnName is what a column of the file is called.
func (s importState) columnName(i int) string {
	name := s.Layout.Header[i]
	if name == "" {
		return text.T("import.column_unnamed", "Number", text.Number(i+1))
	}
	for j, other := range s.Layout.Header {
		if j != i && other == name {
			return text.T("import.column_twice", "Name", name, "Number", text.Number(i+1))
		}
	}
	return name
}

// offered are the columns that a field can be in: the first ones, and those that are recognised or chosen.
func (s importState) offered() []int {
	var columns []int
	for i := range s.Layout.Header {
		if i >= mostColumns && !s.holds(s.Options.Columns, i) && !s.holds(s.Layout.Columns, i) {
			continue
		}
		columns = append(columns, i)
	}
	return columns
}

func (importState) holds(columns map[bulk.Field]int, column int) bool {
	for _, c := range columns {
		if c == column {
			return true
		}
	}
	return false
}

// shownColumns are the columns of which the first lines are shown: those that hold something, then others, in the order
// of the file.
func (s importState) shownColumns() []int {
	var columns []int
	for _, c := range s.Options.Columns {
		columns = append(columns, c)
	}
	for i := range s.Layout.Header {
		if len(columns) >= mostShown {
			break
		}
		if !slices.Contains(columns, i) {
			columns = append(columns, i)
		}
	}
	slices.Sort(columns)
	return columns
}

// fieldOf is what a column holds; empty: nothing that is imported.
func (s importState) fieldOf(column int) bulk.Field {
	for f, c := range s.Options.Columns {
		if c == column {
			return f
		}
	}
	return ""
}

// example is what the first line has in a column that is not empty there.
func (s importState) example(column int) string {
	for _, row := range s.Layout.Sample {
		if column < len(row) && strings.TrimSpace(row[column]) != "" {
			return row[column]
		}
	}
	return ""
}
