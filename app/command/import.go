package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"tapstation/app"
	"tapstation/app/activation"
	"tapstation/app/bulk"
	"tapstation/app/directory"
	"tapstation/app/sheet"
)

type usersImportCommand struct {
	File      string   `arg:"" help:"CSV file as spreadsheets write it; - takes it from standard input." type:"path"`
	DryRun    bool     `help:"Tell what would be done, and do nothing."`
	Group     []string `help:"Group that every user of the file joins; may be given more than once. A group that is not there is made." placeholder:"NAME" sep:"none"`
	Column    []string `help:"Which column holds what, where its name does not say so: FIELD is user_id, user_name, first_name, last_name, email, groups or language; HEADER is the column's name or its number. FIELD= leaves it out. May be given more than once." placeholder:"FIELD=HEADER" sep:"none"`
	Existing  string   `help:"What becomes of users who are there already: update, skip or refuse. With refuse the whole file is refused." enum:"update,skip,refuse" default:"update" placeholder:"WHAT"`
	Delimiter string   `help:"What stands between cells: comma, semicolon, tab, bar or the character itself; without it the file's look decides." placeholder:"CHARACTER"`
	Encoding  string   `help:"utf-8, utf-16le, utf-16be or windows-1252; without it the file's look decides." enum:"utf-8,utf-16le,utf-16be,windows-1252," default:"" placeholder:"NAME"`

	ActivateByMail bool `help:"Afterwards assign a card to each user of the file who has none, to be activated by a link that is mailed to them." name:"activate-by-mail"`
}

// importDocument is what users import --json prints. When lines are refused it is printed with the error.
type importDocument struct {
	File      string            `json:"file"`
	DryRun    bool              `json:"dry_run"`
	Encoding  string            `json:"encoding"`
	Delimiter string            `json:"delimiter"`
	Columns   map[string]string `json:"columns"` // field: name of its column
	Created   int               `json:"created"`
	Changed   int               `json:"changed"`
	Unchanged int               `json:"unchanged"`
	Refused   int               `json:"refused"`
	// ShortLines end before the last column: what they do not tell of is left as it is.
	ShortLines int               `json:"short_lines"`
	NewGroups  []string          `json:"new_groups"`
	Refusals   []refusalDocument `json:"refusals"` // the first thousand
	// Assigned is what became of --activate-by-mail.
	Assigned *assignedDocument `json:"assigned,omitempty"`
	Error    *failureDocument  `json:"error,omitempty"`
}

// refusalDocument is one reason why a line is refused.
type refusalDocument struct {
	Line      int    `json:"line"`       // of the file, from 1
	Column    string `json:"column"`     // its name; empty where it has none
	Cell      int    `json:"cell"`       // its place in the line, from 1; 0: none in particular
	Field     string `json:"field"`      // empty where the column is none of ours
	Problem   string `json:"problem"`    // a stable word
	Limit     int    `json:"limit"`      // of too_long and too_many
	OtherLine int    `json:"other_line"` // of duplicate
	Value     string `json:"value"`      // the beginning of what stands there
	Message   string `json:"message"`
}

// Run imports users.
func (c *usersImportCommand) Run(r *run) error {
	by, err := actor()
	if err != nil {
		return err
	}
	format := sheet.Format{Encoding: sheet.Encoding(c.Encoding)}
	if format.Delimiter, err = delimiter(c.Delimiter); err != nil {
		return err
	}
	file, done, err := r.input(c.File)
	if err != nil {
		return err
	}
	defer done()
	file.Format = format
	return r.directory(func(ctx context.Context, s *app.Station) error {
		if err := c.mayMail(ctx, s); err != nil {
			return err
		}
		layout, err := s.Import.Inspect(ctx, file)
		if err != nil {
			return err
		}
		opts := bulk.Options{Groups: c.Group, Existing: directory.Existing(c.Existing)}
		if opts.Columns, err = c.columns(layout); err != nil {
			return err
		}
		doc := newImportDocument(file, layout, opts)
		doc.DryRun = c.DryRun
		plan, err := s.Import.Plan(ctx, by, file, opts, r.progress("Looked at"))
		if err != nil {
			return err
		}
		doc.plan(plan)
		if plan.Refused > 0 {
			return r.refuseImport(doc, &bulk.RefusedError{Plan: plan})
		}
		if !c.DryRun {
			res, err := s.Import.Apply(ctx, by, file, opts, plan, r.progress("Imported"))
			if err != nil {
				return err
			}
			doc.Created, doc.Changed, doc.Unchanged = res.Created, res.Changed, res.Unchanged
		}
		if c.ActivateByMail && !c.DryRun {
			order := activation.BulkAssignment{Users: s.Import.Users(ctx, file, plan), Actor: by}
			assigned, err := r.assignAll(ctx, s, order)
			if err != nil {
				return fmt.Errorf("the users are imported, but not all of them have got keys: %w", err)
			}
			doc.Assigned = &assigned
		}
		return r.print(doc, func(w io.Writer) { doc.human(w) })
	})
}

// mayMail tells before anything is done that nothing could be mailed afterwards.
func (c *usersImportCommand) mayMail(ctx context.Context, s *app.Station) error {
	if !c.ActivateByMail {
		return nil
	}
	w, err := s.Directory.Workspace(ctx)
	if err == nil && !w.CanMail() {
		err = activation.ErrMailNotSetUp
	}
	return err
}

// refuseImport prints what is wrong with the lines of a file, and fails.
func (r *run) refuseImport(doc importDocument, err error) error {
	if r.JSON {
		f := explain(err)
		doc.Error = &f
		if err := r.document(doc); err != nil {
			return err
		}
		return errShown
	}
	rows := make([][]string, len(doc.Refusals))
	for i, f := range doc.Refusals {
		column := f.Column
		if column == "" && f.Cell > 0 {
			column = strconv.Itoa(f.Cell)
		}
		rows[i] = []string{strconv.Itoa(f.Line), orDash(column), f.Message, orDash(oneLine(f.Value))}
	}
	if err := r.print(doc, func(w io.Writer) { table(w, []string{"LINE", "COLUMN", "PROBLEM", "VALUE"}, rows) }); err != nil {
		return err
	}
	return err
}

// oneLine is a value as a table has it.
func oneLine(s string) string {
	return strings.NewReplacer("\r\n", "⏎", "\n", "⏎", "\r", "⏎", "\t", " ").Replace(s)
}

func (d importDocument) human(w io.Writer) {
	said := "Imported"
	if d.DryRun {
		said = "Would import"
	}
	_, _ = fmt.Fprintf(w, "%s %s: %d created, %d changed, %d unchanged.\n", said, clean(d.File), d.Created, d.Changed, d.Unchanged)
	if len(d.NewGroups) > 0 {
		_, _ = fmt.Fprintf(w, "New groups: %s.\n", clean(strings.Join(d.NewGroups, ", ")))
	}
	if d.ShortLines > 0 {
		_, _ = fmt.Fprintf(w, "%d lines end before the last column; what they do not tell of stays as it is.\n", d.ShortLines)
	}
	if d.Assigned != nil {
		d.Assigned.human(w)
	}
}

func newImportDocument(f bulk.File, l bulk.Layout, o bulk.Options) importDocument {
	d := importDocument{File: f.Name, Encoding: string(l.Encoding), Delimiter: l.Delimiter, Columns: map[string]string{},
		NewGroups: []string{}, Refusals: []refusalDocument{}}
	for field, i := range o.Columns {
		d.Columns[string(field)] = l.Header[i]
	}
	return d
}

func (d *importDocument) plan(p bulk.Plan) {
	d.Created, d.Changed, d.Unchanged, d.Refused, d.ShortLines = p.Created, p.Changed, p.Unchanged, p.Refused, p.Short
	d.NewGroups = append(d.NewGroups, p.NewGroups...)
	for _, f := range p.Refusals {
		d.Refusals = append(d.Refusals, refusalDocument{Line: f.Line, Column: f.Column, Cell: f.Cell, Field: string(f.Field),
			Problem: string(f.Problem), Limit: f.Limit, OtherLine: f.Other, Value: f.Value, Message: refusalInWords(f)})
	}
}

// problemsInWords say what is wrong with a cell.
var problemsInWords = map[directory.Problem]string{
	directory.Required:          "is missing",
	directory.InvalidCharacters: "holds characters that cannot be in it",
	directory.SurroundingSpace:  "begins or ends with a space",
	directory.InvalidEmail:      "is no e-mail address",
	directory.Taken:             "is there already",
	directory.NotAllowed:        "is an admin whom you may not change",
	bulk.ExtraCells:             "stands beyond the last column",
	bulk.CutOff:                 "the file ends in the middle of the line",

	directory.Problem(sheet.NUL):           "holds a zero byte",
	directory.Problem(sheet.InvalidText):   "holds bytes that are no characters",
	directory.Problem(sheet.CellTooLong):   "is too long for a cell",
	directory.Problem(sheet.StrayQuote):    "goes on after its closing quote",
	directory.Problem(sheet.UnclosedQuote): "begins with a quote that is never closed",
	directory.Problem(sheet.TooManyCells):  "has too many cells",
}

func refusalInWords(f bulk.Refusal) string {
	switch f.Problem {
	case bulk.Duplicate:
		return fmt.Sprintf("stands in line %d already", f.Other)
	case directory.TooLong:
		return fmt.Sprintf("is longer than %d characters", f.Limit)
	case directory.TooMany:
		if f.Limit == directory.MaxNewGroups {
			return fmt.Sprintf("makes more than %d new groups", f.Limit)
		}
		return fmt.Sprintf("is more than %d", f.Limit)
	}
	if words, ok := problemsInWords[f.Problem]; ok {
		return words
	}
	return strings.ReplaceAll(string(f.Problem), "_", " ")
}

// columns are those recognised by name, and those that --column names.
func (c *usersImportCommand) columns(l bulk.Layout) (map[bulk.Field]int, error) {
	columns := map[bulk.Field]int{}
	for _, said := range c.Column {
		name, header, ok := strings.Cut(said, "=")
		field := bulk.Field(strings.TrimSpace(name))
		if !ok || !slices.Contains(bulk.Fields, field) {
			return nil, misuse("--column %s: want FIELD=HEADER, where FIELD is one of %s", said, fieldNames())
		}
		if header == "" {
			columns[field] = -1
			continue
		}
		i := l.Column(header)
		if n, err := strconv.Atoi(header); i < 0 && err == nil && n >= 1 && n <= len(l.Header) {
			i = n - 1
		}
		if i < 0 {
			return nil, misuse("--column %s: the file has no such column; it has %s", said, strings.Join(l.Header, ", "))
		}
		columns[field] = i
	}
	taken := map[int]bool{}
	for _, i := range columns {
		taken[i] = true
	}
	for field, i := range l.Columns {
		if _, said := columns[field]; !said && !taken[i] {
			columns[field] = i
		}
	}
	for field, i := range columns {
		if i < 0 {
			delete(columns, field)
		}
	}
	return columns, nil
}

func fieldNames() string {
	names := make([]string, len(bulk.Fields))
	for i, f := range bulk.Fields {
		names[i] = string(f)
	}
	return strings.Join(names, ", ")
}

// delimiter is the character that a flag names; 0: none is named.
func delimiter(said string) (byte, error) {
	if d, ok := map[string]byte{"": 0, "comma": ',', "semicolon": ';', "tab": '\t', "bar": '|'}[said]; ok {
		return d, nil
	}
	if len(said) != 1 || !sheet.ValidDelimiter(said[0]) {
		return 0, misuse("--delimiter %q: want comma, semicolon, tab, bar or one character", said)
	}
	return said[0], nil
}

// input is the file at a path; "-" is standard input, kept in a file meanwhile because an import reads it more than
// once. done forgets that file.
func (r *run) input(path string) (f bulk.File, done func(), err error) {
	if path != "-" {
		f, err = bulk.OnDisk(path)
		return f, func() {}, err
	}
	spool, err := os.CreateTemp("", "tapstation-*.csv") // 0600
	if err != nil {
		return f, nil, fmt.Errorf("keep standard input: %w", err)
	}
	done = func() { _ = os.Remove(spool.Name()) }
	_, err = within(r.ctx, func() (int64, error) { return io.Copy(spool, r.Stdin) })
	if err = errors.Join(err, spool.Close()); err == nil {
		f, err = bulk.OnDisk(spool.Name())
	}
	if err != nil {
		done()
		return f, nil, fmt.Errorf("keep standard input: %w", err)
	}
	f.Name = "standard input"
	return f, done, nil
}

// progress says now and then how far something has come, to whoever waits for more than a moment.
func (r *run) progress(did string) func(bulk.Progress) {
	const pause = 2 * time.Second
	last := time.Now()
	return func(p bulk.Progress) {
		if time.Since(last) < pause {
			return
		}
		last = time.Now()
		switch {
		case p.Undoing:
			r.say("Taking back an import that did not come to its end: %d users left …", p.Lines)
		case p.Size > 0:
			r.say("%s %d users (%d%%) …", did, p.Lines, min(100, 100*p.Bytes/p.Size))
		default:
			r.say("%s %d users …", did, p.Lines)
		}
	}
}
