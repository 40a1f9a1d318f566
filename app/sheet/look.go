package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// Look completes a format by what is in the file. It reads all of the file for the encoding, unless that is given or
// written at its beginning, and a little for the delimiter. It fails with ErrEmpty.
func Look(open func() (io.ReadCloser, error), f Format) (Format, error) {
	if f.Encoding == "" {
		err := within(open, func(r io.Reader) (err error) {
			f.Encoding, err = lookEncoding(r)
			return err
		})
		if err != nil {
			return Format{}, err
		}
	}
	if f.Delimiter == 0 {
		err := within(open, func(r io.Reader) (err error) {
			f.Delimiter, err = lookDelimiter(r, f.Encoding)
			return err
		})
		if err != nil {
			return Format{}, err
		}
	}
	return f, nil
}

func within(open func() (io.ReadCloser, error), do func(io.Reader) error) (err error) {
	r, err := open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return do(r)
}

// lookEncoding goes by the byte order mark, else by what the bytes would be as UTF-8. A file with a few bytes that are
// no UTF-8 among many that are is damaged UTF-8 and not something else.
func lookEncoding(r io.Reader) (Encoding, error) {
	buf := make([]byte, 64<<10)
	n, err := io.ReadFull(r, buf)
	switch {
	case n == 0 && errors.Is(err, io.EOF):
		return "", ErrEmpty
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return "", fmt.Errorf("read the file: %w", err)
	}
	head := buf[:n]
	switch {
	case bytes.HasPrefix(head, []byte(utf8BOM)):
		return UTF8, nil
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}):
		return UTF16LE, nil
	case bytes.HasPrefix(head, []byte{0xFE, 0xFF}):
		return UTF16BE, nil
	}
	if e := looksUTF16(head[:min(n, 4096)]); e != "" {
		return e, nil
	}
	var c census
	for {
		rest := c.add(buf[:n])
		copy(buf, buf[n-rest:n])
		m, err := r.Read(buf[rest:])
		n = rest + m
		if m == 0 && errors.Is(err, io.EOF) {
			c.bad += rest
			return c.encoding(), nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return "", fmt.Errorf("read the file: %w", err)
		}
	}
}

// looksUTF16 knows UTF-16 without a byte order mark by its Latin letters: nearly every other byte is zero.
func looksUTF16(head []byte) Encoding {
	var zeros [2]int
	for i, b := range head {
		if b == 0 {
			zeros[i%2]++
		}
	}
	units := len(head) / 2
	switch {
	case units < 4:
	case zeros[1] > units/2 && zeros[0] < units/8:
		return UTF16LE
	case zeros[0] > units/2 && zeros[1] < units/8:
		return UTF16BE
	}
	return ""
}

// census counts what bytes are beyond ASCII.
type census struct {
	good      int  // characters in UTF-8
	bad       int  // bytes that are none
	undefined bool // some of those are nothing in Windows-1252 either
}

// add counts, and tells how many bytes at the end may be the beginning of a character.
func (c *census) add(b []byte) (rest int) {
	for len(b) > 0 {
		if b[0] < utf8.RuneSelf {
			b = b[1:]
			continue
		}
		if !utf8.FullRune(b) {
			return len(b)
		}
		r, size := utf8.DecodeRune(b)
		if r == utf8.RuneError && size == 1 {
			c.bad++
			c.undefined = c.undefined || charmap.Windows1252.DecodeByte(b[0]) == utf8.RuneError
		} else {
			c.good++
		}
		b = b[size:]
	}
	return 0
}

func (c *census) encoding() Encoding {
	if c.bad > c.good && !c.undefined {
		return Windows1252
	}
	return UTF8
}

// lookDelimiter goes by a line "sep=;", as Excel writes and heeds it, else by what makes most cells of the first line.
func lookDelimiter(r io.Reader, e Encoding) (byte, error) {
	text, err := decoded(r, e)
	if err != nil {
		return 0, err
	}
	head, err := io.ReadAll(io.LimitReader(text, 64<<10))
	if err != nil {
		return 0, fmt.Errorf("read the file: %w", err)
	}
	if len(head) == 0 {
		return 0, ErrEmpty
	}
	line, _, _ := strings.Cut(string(head), "\n")
	if d, ok := saidDelimiter(strings.TrimSuffix(line, "\r")); ok {
		return d, nil
	}
	best, most := Delimiters[0], 0
	for _, d := range Delimiters {
		rec, err := (&Reader{r: bytes.NewReader(head), delimiter: d, line: 1}).Read()
		if err != nil {
			continue // all of it is blank to this one
		}
		if n := len(rec.Cells); n > most {
			best, most = d, n
		}
	}
	return best, nil
}

// saidDelimiter is the delimiter that a first line "sep=;" names.
func saidDelimiter(line string) (byte, bool) {
	rest, ok := strings.CutPrefix(line, "sep=")
	if !ok || len(rest) != 1 || !ValidDelimiter(rest[0]) {
		return 0, false
	}
	return rest[0], true
}

// ValidDelimiter tells whether a byte can stand between cells.
func ValidDelimiter(d byte) bool {
	letter := d >= '0' && d <= '9' || d >= 'A' && d <= 'Z' || d >= 'a' && d <= 'z'
	return d == '\t' || d > ' ' && d < utf8.RuneSelf && d != 0x7F && d != '"' && d != '\'' && !letter
}
