// Package bulk takes users from files that spreadsheets make, and gives them back as such a file.
//
// An import is looked at first (Inspect: which columns there are), then tried (Plan: what would become of each line,
// without changing anything), then done (Apply). All of a file is imported or nothing: an import that is cancelled,
// fails or whose process dies is taken back, at the latest when the next program starts (Recover). What stays of one
// that was taken back, because somebody has worked with it meanwhile, directory.UndoImport says.
//
// However long a file is, a few hundred lines of it are in memory at a time, and a fingerprint of each User ID.
package bulk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"tapstation/app/directory"
	"tapstation/app/sheet"
)

// Field is what a column holds.
type Field string

// Fields. They are named as in directory.FieldError, and so are the columns of an export.
const (
	UserID    Field = "user_id"
	UserName  Field = "user_name"
	FirstName Field = "first_name"
	LastName  Field = "last_name"
	Email     Field = "email"
	Groups    Field = "groups"   // separated by ;
	Language  Field = "language" // of mails, a BCP 47 tag; "de_AT" is taken for "de-AT"
)

// Fields are all fields, in the order of an export's columns, which has Language only where it is asked for.
var Fields = []Field{UserID, UserName, FirstName, LastName, Email, Groups, Language}

// MaxLines is how many users a file may hold.
const MaxLines = 2_000_000

// What is said of a whole file.
var (
	ErrEmpty    = sheet.ErrEmpty
	ErrNoUsers  = errors.New("there is nothing below the line with the names of the columns")
	ErrNoID     = errors.New("no column is known to hold the User ID")
	ErrTooMany  = fmt.Errorf("the file holds more than %d users", MaxLines)
	ErrChanged  = errors.New("the file has changed since it was looked at")
	ErrNotAFile = errors.New("it is not a file")
	ErrColumns  = errors.New("the columns do not fit the file")
	errPlan     = errors.New("the plan was made for other options")
)

// Problems of a line besides those of directory.Problem and sheet.Problem, which are said of it too.
const (
	Duplicate  directory.Problem = "duplicate"   // the User ID stands in an earlier line (Refusal.Other)
	ExtraCells directory.Problem = "extra_cells" // text beyond the last column
	CutOff     directory.Problem = "cut_off"     // the file ends in the middle of the line
)

// File is what is imported.
type File struct {
	Name string // for people
	Size int64  // in bytes; for progress only
	// Open gives its bytes from the beginning, each time it is called.
	Open func() (io.ReadCloser, error)
	// Format says how it is written where that is not to be found by look.
	Format sheet.Format
}

// Layout is how a file looks.
type Layout struct {
	Encoding  sheet.Encoding
	Delimiter string
	Header    []string
	Columns   map[Field]int // those recognised by name, by their place in Header
	Sample    [][]string    // the first lines, each as long as Header
}

// Options say what an import does.
type Options struct {
	// Columns says where in a line each field is, from 0; what is not there is left as it is. Nil: as recognised.
	Columns map[Field]int
	// Groups are joined by every user of the file.
	Groups []string
	// Existing is what becomes of users who are there already; "": they are updated.
	Existing directory.Existing
}

// Progress is how far something has come.
type Progress struct {
	Lines       int   // users
	Bytes, Size int64 // of the file; Size 0: not known
	// Undoing: what was done is being taken back; Lines is how many users are left to go.
	Undoing bool
}

// Refusal is one reason why a line cannot be imported.
type Refusal struct {
	Line    int    // of the file, from 1
	Column  string // its name in the file; empty where it has none
	Cell    int    // its place in the line, from 1; 0: none in particular
	Field   Field  // empty: none
	Problem directory.Problem
	Limit   int    // see directory.FieldError
	Other   int    // of Duplicate: the earlier line
	Value   string // the beginning of what stands there
}

// maxRefusals is how many refusals a plan tells in full, and maxSamples how many lines.
const (
	maxRefusals = 1000
	maxSamples  = 10
)

// Sample is what would become of one line.
type Sample struct {
	Line    int
	Outcome directory.Outcome
	User    directory.User // as they would be
	Fields  []string       // that would change
}

// Plan is what an import would do.
type Plan struct {
	Created, Changed, Unchanged, Refused int // users; that is, lines
	// Short counts the lines that end before the last column: what they do not tell of is left as it is.
	Short     int
	NewGroups []string  // that would be made, sorted
	Refusals  []Refusal // the first of them, in the order of the file
	Samples   []Sample  // of the first lines that are not refused

	digest  [32]byte // of the file
	format  sheet.Format
	options Options
}

// Users is how many users the file tells of.
func (p Plan) Users() int { return p.Created + p.Changed + p.Unchanged + p.Refused }

// Result is what an import did.
type Result struct {
	Created, Changed, Unchanged int
}

// RefusedError is a file some of whose lines cannot be imported, so that none is.
type RefusedError struct {
	Plan Plan
}

func (e *RefusedError) Error() string {
	s := fmt.Sprintf("%d of %d lines cannot be imported, so nothing was", e.Plan.Refused, e.Plan.Users())
	if len(e.Plan.Refusals) > 0 {
		s += "; first " + e.Plan.Refusals[0].String()
	}
	return s
}

// String is a refusal in one line.
func (r Refusal) String() string {
	s := fmt.Sprintf("line %d", r.Line)
	switch {
	case r.Column != "":
		s += fmt.Sprintf(", column %q", r.Column)
	case r.Cell > 0:
		s += fmt.Sprintf(", column %d", r.Cell)
	}
	s += ": " + string(r.Problem)
	switch {
	case r.Other > 0:
		s += fmt.Sprintf(" (line %d)", r.Other)
	case r.Limit > 0:
		s += fmt.Sprintf(" (at most %d)", r.Limit)
	}
	return s
}

// HeaderError is a first line that cannot be read.
type HeaderError struct {
	Refusal
}

func (e *HeaderError) Error() string { return "the names of the columns: " + e.String() }

// UndoneError is an import that did not come to its end and was taken back.
type UndoneError struct {
	Cause  error
	Import directory.Import // what became of its users
	Undo   error            // why it is not all taken back yet; nil: it is
}

func (e *UndoneError) Error() string {
	switch {
	case e.Undo != nil:
		return fmt.Sprintf("%v; what was imported is not all taken back yet, the next start goes on with it: %v", e.Cause, e.Undo)
	case e.Import.Kept > 0:
		return fmt.Sprintf("%v; what was imported was taken back, but for %d users somebody has worked with meanwhile", e.Cause, e.Import.Kept)
	}
	return fmt.Sprintf("%v; what was imported was taken back", e.Cause)
}

func (e *UndoneError) Unwrap() []error {
	if e.Undo == nil {
		return []error{e.Cause}
	}
	return []error{e.Cause, e.Undo}
}

// Import imports users.
type Import struct {
	Directory *directory.Directory
	// Claim keeps other processes from importing, or from taking back what this one imports, until release; it fails with
	// *directory.HeldError. Nil: an import counts as abandoned when it has not moved for two minutes.
	Claim func() (release func() error, err error)
	// Now is the clock; nil: time.Now.
	Now func() time.Time
}

func (im *Import) now() time.Time {
	if im.Now != nil {
		return im.Now()
	}
	return time.Now()
}

// Inspect looks at a file: how it is written, which columns it has, and what its first lines say. It fails with
// ErrEmpty and *HeaderError.
func (im *Import) Inspect(ctx context.Context, f File) (Layout, error) {
	const lines = 5
	t, err := openTable(ctx, f, nil)
	if err != nil {
		return Layout{}, err
	}
	defer t.close()
	l := Layout{Encoding: t.format.Encoding, Delimiter: string(rune(t.format.Delimiter)), Header: t.header, Columns: recognise(t.header)}
	for len(l.Sample) < lines {
		rec, err := t.sheet.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Layout{}, t.failed(err)
		}
		row := make([]string, len(l.Header))
		for i, c := range rec.Cells[:min(len(row), len(rec.Cells))] {
			row[i] = c.Text
		}
		l.Sample = append(l.Sample, row)
	}
	return l, nil
}
