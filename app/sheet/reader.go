package sheet

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Reader reads a table record by record, holding one at a time.
type Reader struct {
	r         io.Reader
	delimiter byte
	line      int // of the next byte
	begun     bool

	room     []byte
	from, to int // of what was read and not yet taken, in room
	ended    error

	text   []byte // of the cells of this record
	cells  []span
	quoted bool // some cell of this record was
}

// span is a cell in Reader.text.
type span struct {
	end     int
	line    int
	problem Problem
}

// NewReader reads a table of a format that is complete (Look).
func NewReader(r io.Reader, f Format) (*Reader, error) {
	if !ValidDelimiter(f.Delimiter) {
		return nil, fmt.Errorf("%q cannot stand between cells", f.Delimiter)
	}
	text, err := decoded(r, f.Encoding)
	if err != nil {
		return nil, err
	}
	return &Reader{r: text, delimiter: f.Delimiter, line: 1}, nil
}

// Read is the next record that is not blank; io.EOF after the last. A line "sep=;" at the beginning is no record.
func (r *Reader) Read() (Record, error) {
	for {
		rec, err := r.record()
		if err != nil {
			return Record{}, err
		}
		first := !r.begun
		r.begun = true
		if first && !r.quoted && r.saysDelimiter(rec) {
			continue
		}
		if r.quoted || !blank(rec) {
			return rec, nil
		}
	}
}

func (r *Reader) saysDelimiter(rec Record) bool {
	switch len(rec.Cells) {
	case 1:
		_, ok := saidDelimiter(rec.Cells[0].Text)
		return ok
	case 2:
		return rec.Cells[0].Text == "sep=" && rec.Cells[1].Text == ""
	}
	return false
}

func blank(rec Record) bool {
	for _, c := range rec.Cells {
		if c.Text != "" || c.Problem != "" {
			return false
		}
	}
	return true
}

// What a byte is to the cell being read.
type place int

const (
	begins     place = iota // the first byte of a cell
	plain                   // in a cell without quotes
	inQuotes                // between quotes
	afterQuote              // after a quote between quotes: the closing one, or the first of two
)

// record reads one record. What goes beyond a limit is read and thrown away.
func (r *Reader) record() (Record, error) {
	r.text, r.cells, r.quoted = r.text[:0], r.cells[:0], false
	var (
		rec   = Record{Line: r.line}
		at    = begins
		cell  = span{line: r.line}
		start int // of the cell in text
		any   bool
	)
	end := func() {
		if len(r.cells) == MaxCells {
			r.text = r.text[:start]
			r.cells[MaxCells-1].problem = TooManyCells
		} else {
			cell.end = len(r.text)
			r.cells = append(r.cells, cell)
		}
		start, at, cell = len(r.text), begins, span{line: r.line}
	}
	add := func(b byte) {
		switch {
		case cell.problem == CellTooLong:
		case len(r.text)-start == MaxCell || len(r.text) == MaxLine:
			cell.problem = CellTooLong
		default:
			r.text = append(r.text, b)
		}
	}
	for {
		b, err := r.next()
		if errors.Is(err, io.EOF) {
			if !any {
				return Record{}, io.EOF
			}
			if at == inQuotes {
				cell.problem = UnclosedQuote
			}
			end()
			rec.Cut = true
			rec.Cells = r.made()
			return rec, nil
		}
		if err != nil {
			return Record{}, fmt.Errorf("read line %d: %w", r.line, err)
		}
		any = true
		if at == inQuotes {
			if b == '"' {
				at = afterQuote
				continue
			}
			if b == '\n' || b == '\r' && !r.nextIs('\n') {
				r.line++
			}
			add(b)
			continue
		}
		switch {
		case b == '"' && at == begins:
			at, r.quoted = inQuotes, true
		case b == '"' && at == afterQuote && cell.problem != StrayQuote:
			add('"')
			at = inQuotes
		case b == r.delimiter:
			end()
		case b == '\n' || b == '\r':
			if b == '\r' && r.nextIs('\n') {
				r.from++
			}
			r.line++
			end()
			rec.Cells = r.made()
			return rec, nil
		default:
			// A quote after spaces only was meant to open the cell, but no spreadsheet takes it so.
			misplaced := b == '"' && at == plain && len(strings.Trim(string(r.text[start:]), " ")) == 0
			if (at == afterQuote || misplaced) && cell.problem == "" {
				cell.problem = StrayQuote
			}
			add(b)
			if at == begins {
				at = plain
			}
		}
	}
}

// made is the cells of the record, in memory of their own.
func (r *Reader) made() []Cell {
	all := string(r.text)
	cells := make([]Cell, len(r.cells))
	start := 0
	for i, s := range r.cells {
		text := all[start:s.end]
		start = s.end
		if s.problem == "" {
			switch {
			case strings.IndexByte(text, 0) >= 0:
				s.problem = NUL
			case !utf8.ValidString(text):
				s.problem = InvalidText
			}
		}
		if s.problem == "" {
			text = revive(text)
		} else {
			text = beginning(text)
		}
		cells[i] = Cell{Text: text, Line: s.line, Problem: s.problem}
	}
	return cells
}

// shown is how many characters are kept of a cell that has a problem.
const shown = 60

// beginning is so much of a text as tells a person which one it is.
func beginning(s string) string {
	n := 0
	for i := range s {
		if n++; n > shown {
			s = s[:i]
			break
		}
	}
	return strings.Clone(strings.ToValidUTF8(s, "\uFFFD"))
}

// next is the next byte.
func (r *Reader) next() (byte, error) {
	if err := r.fill(); err != nil {
		return 0, err
	}
	b := r.room[r.from]
	r.from++
	return b, nil
}

func (r *Reader) nextIs(b byte) bool { return r.fill() == nil && r.room[r.from] == b }

// fill sees to it that there is a byte to take.
func (r *Reader) fill() error {
	for r.from == r.to {
		if r.ended != nil {
			return r.ended
		}
		if r.room == nil {
			r.room = make([]byte, 64<<10)
		}
		n, err := r.r.Read(r.room)
		r.from, r.to = 0, n
		r.ended = err
	}
	return nil
}
