// Package sheet reads and writes the tables that spreadsheets open and save as text: CSV in all its kinds.
//
// Reading takes what there is: UTF-8 with or without a byte order mark, UTF-16 of either order, Windows-1252; comma,
// semicolon, tab or bar between the cells; line ends of every system, mixed as they may be; quotes with anything
// inside them. It is bounded whatever the file holds, and what is wrong with a cell is told with its line and column,
// while the rest is read on.
//
// Writing follows RFC 4180 and besides keeps a spreadsheet from running what somebody typed as a name: a cell, or a
// part of one that a spreadsheet with other settings would take for a cell, that begins like a formula gets an
// apostrophe in front. Reading takes exactly that apostrophe off again, so that a round trip changes nothing.
package sheet

import "errors"

// Limits of what is read.
const (
	MaxCell  = 128 << 10 // bytes of UTF-8; the 32,767 characters a cell of Excel can hold are never more
	MaxLine  = 1 << 20   // bytes of UTF-8 in all cells of a line
	MaxCells = 16_384    // in a line; the columns of Excel
)

// ErrEmpty is a file with nothing in it.
var ErrEmpty = errors.New("the file is empty")

// Encoding is how characters stand in a file.
type Encoding string

// Encodings.
const (
	UTF8        Encoding = "utf-8"
	UTF16LE     Encoding = "utf-16le"
	UTF16BE     Encoding = "utf-16be"
	Windows1252 Encoding = "windows-1252"
)

// Encodings are all of them, the likeliest first.
var Encodings = []Encoding{UTF8, UTF16LE, UTF16BE, Windows1252}

// Delimiters are those that are known by look, the likeliest first.
var Delimiters = []byte{',', ';', '\t', '|'}

// Format is how a file is written. What is zero is found by look.
type Format struct {
	Encoding  Encoding
	Delimiter byte
}

// Problem is what is wrong with a cell, a stable word.
type Problem string

// Problems of cells.
const (
	NUL           Problem = "nul"            // a zero byte
	InvalidText   Problem = "invalid_text"   // bytes that are no characters in the file's encoding
	CellTooLong   Problem = "cell_too_long"  // more than MaxCell, or more than MaxLine with those before it
	StrayQuote    Problem = "stray_quote"    // text goes on after the closing quote
	UnclosedQuote Problem = "unclosed_quote" // the file ends before the closing quote
	TooManyCells  Problem = "too_many_cells" // more than MaxCells in the line
)

// Cell is one cell.
type Cell struct {
	Text    string // the beginning of it only, where there is a Problem
	Line    int    // where it begins, from 1
	Problem Problem
}

// Record is one line of a table, which may be several of the file.
type Record struct {
	Line  int // where it begins, from 1
	Cells []Cell
	// Cut: the file ends in this record without a line end, as one does that was cut off, but also many that are whole.
	Cut bool
}
