package sheet

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// What cannot be written, because it could not be read again.
var (
	errText    = errors.New("it is no UTF-8, or holds a zero byte")
	errTooLong = errors.New("it is too long")
	errNoCells = errors.New("a line needs a cell")
)

// Writer writes a table in UTF-8.
type Writer struct {
	w         *bufio.Writer
	delimiter byte
}

// NewWriter writes cells with a delimiter between them; mark puts the byte order mark first, without which Excel takes
// UTF-8 for something else.
func NewWriter(w io.Writer, delimiter byte, mark bool) (*Writer, error) {
	if !ValidDelimiter(delimiter) {
		return nil, fmt.Errorf("%q cannot stand between cells", delimiter)
	}
	b := bufio.NewWriterSize(w, 64<<10)
	if mark {
		if _, err := b.WriteString(utf8BOM); err != nil {
			return nil, err
		}
	}
	return &Writer{w: b, delimiter: delimiter}, nil
}

// Write adds a line. It fails on text that is no UTF-8, holds a zero byte or is longer than is read again.
func (w *Writer) Write(cells ...string) error {
	if len(cells) == 0 || len(cells) > MaxCells {
		return errNoCells
	}
	size, all := 0, 0
	out := make([]string, len(cells))
	for i, c := range cells {
		if !utf8.ValidString(c) || strings.IndexByte(c, 0) >= 0 {
			return fmt.Errorf("write cell %d: %w", i+1, errText)
		}
		out[i] = defuse(c)
		size = max(size, len(out[i]))
		all += len(out[i])
	}
	if size > MaxCell || all > MaxLine {
		return fmt.Errorf("write a line: %w", errTooLong)
	}
	for i, c := range out {
		if i > 0 {
			if err := w.w.WriteByte(w.delimiter); err != nil {
				return err
			}
		}
		// A line of nothing would be passed over as blank.
		if w.needsQuotes(c) || i == 0 && all == 0 {
			c = `"` + strings.ReplaceAll(c, `"`, `""`) + `"`
		}
		if _, err := w.w.WriteString(c); err != nil {
			return err
		}
	}
	return w.w.WriteByte('\n')
}

// needsQuotes: for what would end a cell here or in a spreadsheet with other settings, for spaces that would be cut
// off, and for what means something else at the beginning of a file.
func (w *Writer) needsQuotes(s string) bool {
	return s != "" && (strings.ContainsAny(s, endings) || strings.IndexByte(s, w.delimiter) >= 0 ||
		strings.TrimFunc(s, skipped) != s || strings.HasPrefix(s, "sep="))
}

// Flush writes what is still held back.
func (w *Writer) Flush() error { return w.w.Flush() }
