package bulk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"tapstation/app/directory"
	"tapstation/app/sheet"
)

// table is a file being read line by line.
type table struct {
	file    *metered
	sheet   *sheet.Reader
	format  sheet.Format
	header  []string
	columns map[Field]int // nil: nothing but the header is wanted
	lines   int
}

// openTable opens a file and reads the names of its columns. It fails with ErrEmpty, *HeaderError and ErrColumns.
func openTable(ctx context.Context, f File, columns map[Field]int) (t *table, err error) {
	format, err := sheet.Look(func() (io.ReadCloser, error) { return meter(ctx, f) }, f.Format)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	file, err := meter(ctx, f)
	if err != nil {
		return nil, err
	}
	t = &table{file: file, format: format, columns: columns}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("%s: %w", f.Name, err), file.Close())
		}
	}()
	if t.sheet, err = sheet.NewReader(file, format); err != nil {
		return nil, err
	}
	first, err := t.sheet.Read()
	switch {
	case errors.Is(err, io.EOF):
		return nil, ErrEmpty
	case err != nil:
		return nil, err
	}
	for i, c := range first.Cells {
		if c.Problem != "" {
			return nil, &HeaderError{Refusal{Line: c.Line, Cell: i + 1, Problem: directory.Problem(c.Problem), Value: shorten(c.Text)}}
		}
		t.header = append(t.header, strings.TrimSpace(c.Text))
	}
	return t, t.checkColumns()
}

// checkColumns: each field has a column of its own that is there.
func (t *table) checkColumns() error {
	used := map[int]Field{}
	for _, field := range Fields {
		i, ok := t.columns[field]
		if !ok {
			continue
		}
		if i < 0 || i >= len(t.header) {
			return fmt.Errorf("%w: there is no column %d for %s", ErrColumns, i+1, field)
		}
		if other, twice := used[i]; twice {
			return fmt.Errorf("%w: column %q is for %s and for %s", ErrColumns, t.header[i], other, field)
		}
		used[i] = field
	}
	for field := range t.columns {
		if !slices.Contains(Fields, field) {
			return fmt.Errorf("%w: there is no field %q", ErrColumns, field)
		}
	}
	return nil
}

func (t *table) close() { _ = t.file.Close() } // only read

// failed is why reading ended.
func (t *table) failed(err error) error { return fmt.Errorf("read the file: %w", err) }

// line is one user of the file.
type line struct {
	number   int
	row      directory.ImportRow
	cells    []sheet.Cell
	refusals []Refusal
	short    bool
}

// next is the next line; io.EOF after the last. It fails with ErrTooMany.
func (t *table) next() (line, error) {
	rec, err := t.sheet.Read()
	if errors.Is(err, io.EOF) {
		return line{}, io.EOF
	}
	if err != nil {
		return line{}, t.failed(err)
	}
	if t.lines++; t.lines > MaxLines {
		return line{}, ErrTooMany
	}
	l := line{number: rec.Line, cells: rec.Cells, short: len(rec.Cells) < len(t.header)}
	for i, c := range rec.Cells {
		switch {
		case c.Problem != "":
			l.refusals = append(l.refusals, t.refusal(c.Line, i, directory.Problem(c.Problem), c.Text))
		case i >= len(t.header) && strings.TrimSpace(c.Text) != "":
			l.refusals = append(l.refusals, t.refusal(c.Line, i, ExtraCells, c.Text))
		default:
			continue
		}
		break // what follows only follows from it
	}
	if n := len(rec.Cells); rec.Cut && l.short && len(l.refusals) == 0 {
		l.refusals = append(l.refusals, t.refusal(rec.Line, n-1, CutOff, rec.Cells[n-1].Text))
	}
	t.fill(&l)
	return l, nil
}

// fill takes the user out of the cells.
func (t *table) fill(l *line) {
	u := &l.row.User
	for _, field := range Fields {
		i, ok := t.columns[field]
		if !ok || i >= len(l.cells) {
			continue
		}
		text := l.cells[i].Text
		if field != UserID {
			l.row.Has = append(l.row.Has, string(field))
		}
		switch field {
		case UserID:
			u.ID = text
		case UserName:
			u.UserName = text
		case FirstName:
			u.FirstName = text
		case LastName:
			u.LastName = text
		case Email:
			u.Email = text
		case Groups:
			u.Groups = splitGroups(text)
		case Language:
			u.Language = strings.ReplaceAll(strings.TrimSpace(text), "_", "-")
		}
	}
}

// splitGroups are the names of groups in a cell. More than a user may have are not looked at one by one.
func splitGroups(text string) []string {
	var groups []string
	for name := range strings.SplitSeq(text, ";") {
		if name = strings.TrimSpace(name); name != "" {
			groups = append(groups, name)
		}
		if len(groups) > directory.MaxGroups {
			break
		}
	}
	return groups
}

func (t *table) refusal(line, cell int, p directory.Problem, value string) Refusal {
	r := Refusal{Line: line, Cell: cell + 1, Problem: p, Value: shorten(value)}
	if cell < len(t.header) {
		r.Column = t.header[cell]
	}
	for field, i := range t.columns {
		if i == cell {
			r.Field = field
		}
	}
	return r
}

// wrong are the refusals of a line by the rules of the directory.
func (t *table) wrong(l line, all []directory.FieldError) []Refusal {
	refusals := make([]Refusal, len(all))
	for n, e := range all {
		field := Field(e.Field)
		refusals[n] = Refusal{Line: l.number, Field: field, Problem: e.Problem, Limit: e.Limit}
		if i, ok := t.columns[field]; ok {
			refusals[n].Cell, refusals[n].Column = i+1, t.header[i]
			if i < len(l.cells) {
				refusals[n].Line, refusals[n].Value = l.cells[i].Line, shorten(l.cells[i].Text)
			}
		}
	}
	return refusals
}

// shown is how many characters of a value are told.
const shown = 60

func shorten(s string) string {
	n := 0
	for i := range s {
		if n++; n > shown {
			return strings.Clone(s[:i]) + "…"
		}
	}
	return strings.Clone(s) // not all of the line it stands in
}
