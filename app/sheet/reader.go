package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
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
	cells  []span // those that have ended
	cell   span   // the one being read
	start  int    // where it begins in text
	quoted bool   // some cell of this record was
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
		line, cut, err := r.record()
		if err != nil {
			return Record{}, err
		}
		first := !r.begun
		r.begun = true
		if !r.blank() && !(first && r.saysDelimiter()) {
			return Record{Line: line, Cells: r.made(), Cut: cut}, nil
		}
	}
}

// saysDelimiter: split at the delimiter it names, the line "sep=;" is two cells.
func (r *Reader) saysDelimiter() bool {
	text := string(r.text)
	if len(r.cells) == 2 {
		return !r.quoted && text == "sep=" && r.cells[0].end == len(text)
	}
	_, ok := saidDelimiter(text)
	return !r.quoted && len(r.cells) == 1 && ok
}

// What a byte is to the cell being read.
type place int

const (
	begins     place = iota // the first byte of a cell
	plain                   // in a cell without quotes
	inQuotes                // between quotes
	afterQuote              // after a quote between quotes: the closing one, or the first of two
)

// record reads one record into text and cells, and tells where it begins and whether the file ends in it. What goes
// beyond a limit is read and thrown away.
func (r *Reader) record() (line int, cut bool, err error) {
	r.text, r.cells, r.quoted = r.text[:0], r.cells[:0], false
	r.beginCell()
	line = r.line
	for at, any := begins, false; ; any = true {
		b, err := r.next()
		if errors.Is(err, io.EOF) {
			if !any {
				return 0, false, io.EOF
			}
			if at == inQuotes {
				r.cell.problem = UnclosedQuote
			}
			r.endCell()
			return line, true, nil
		}
		if err != nil {
			return 0, false, fmt.Errorf("read line %d: %w", r.line, err)
		}
		switch {
		case at == inQuotes && b == '"':
			at = afterQuote
		case at == inQuotes:
			if b == '\n' || b == '\r' && !r.nextIs('\n') {
				r.line++
			}
			r.add(b)
			r.addRun(inQuotes)
		case b == '"' && at == begins:
			at, r.quoted = inQuotes, true
		case b == '"' && at == afterQuote && r.cell.problem != StrayQuote:
			r.add('"')
			at = inQuotes
		case b == r.delimiter:
			r.endCell()
			at = begins
		case b == '\n' || b == '\r':
			if b == '\r' && r.nextIs('\n') {
				r.from++
			}
			r.line++
			r.endCell()
			return line, false, nil
		default:
			// A quote after spaces only was meant to open the cell, but no spreadsheet takes it so.
			misplaced := b == '"' && at == plain && len(bytes.TrimLeft(r.text[r.start:], " ")) == 0
			if (at == afterQuote || misplaced) && r.cell.problem == "" {
				r.cell.problem = StrayQuote
			}
			if at == begins {
				at = plain
			}
			r.add(b)
			r.addRun(at)
		}
	}
}

func (r *Reader) beginCell() { r.start, r.cell = len(r.text), span{line: r.line} }

func (r *Reader) endCell() {
	if len(r.cells) == MaxCells {
		r.text = r.text[:r.start]
		r.cells[MaxCells-1].problem = TooManyCells
	} else {
		r.cell.end = len(r.text)
		r.cells = append(r.cells, r.cell)
	}
	r.beginCell()
}

func (r *Reader) add(some ...byte) {
	room := min(MaxCell-(len(r.text)-r.start), MaxLine-len(r.text))
	if len(some) > room {
		some = some[:room]
		r.cell.problem = CellTooLong
	}
	r.text = append(r.text, some...)
}

// addRun adds what follows up to a byte that may mean something.
func (r *Reader) addRun(at place) {
	rest := r.room[r.from:r.to]
	n := 0
	for n < len(rest) && rest[n] != '"' && rest[n] != '\n' && rest[n] != '\r' && (rest[n] != r.delimiter || at == inQuotes) {
		n++
	}
	r.from += n
	r.add(rest[:n]...)
}

// blank: no cell holds anything, nor says by quotes that it holds nothing.
func (r *Reader) blank() bool {
	return !r.quoted && len(r.text) == 0 &&
		!slices.ContainsFunc(r.cells, func(s span) bool { return s.problem != "" })
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
