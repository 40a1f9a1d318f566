package sheet

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// utf8BOM is the byte order mark in UTF-8.
const utf8BOM = "\xEF\xBB\xBF"

// noCharacter stands in decoded text for what is no character: a byte that never occurs in UTF-8.
const noCharacter = 0xFF

// decoded is r in UTF-8 without a byte order mark. What is no character becomes bytes that are no UTF-8, so that it is
// found where it stands.
func decoded(r io.Reader, e Encoding) (io.Reader, error) {
	b := bufio.NewReaderSize(r, 64<<10)
	switch e {
	case UTF8:
		if head, err := b.Peek(len(utf8BOM)); err == nil && string(head) == utf8BOM {
			_, _ = b.Discard(len(utf8BOM)) // it is there already
		}
		return b, nil
	case UTF16LE, UTF16BE:
		return &decoder{next: (&utf16Source{r: b, big: e == UTF16BE, first: true}).next}, nil
	case Windows1252:
		return &decoder{next: func(to []byte) ([]byte, error) {
			c, err := b.ReadByte()
			if err != nil {
				return to, err
			}
			return appendWindows1252(to, c), nil
		}}, nil
	}
	return nil, fmt.Errorf("encoding %q is not known", e)
}

// appendWindows1252 takes the five bytes that Windows-1252 leaves free for what they are: no characters.
func appendWindows1252(to []byte, c byte) []byte {
	if c < utf8.RuneSelf {
		return append(to, c)
	}
	r := charmap.Windows1252.DecodeByte(c)
	if r == utf8.RuneError || r == rune(c) && c < 0xA0 {
		return append(to, noCharacter)
	}
	return utf8.AppendRune(to, r)
}

// decoder reads what next gives, a character at a time.
type decoder struct {
	next func(to []byte) ([]byte, error)
	left []byte // decoded and not yet taken
	room [8]byte
	err  error
}

func (d *decoder) Read(p []byte) (int, error) {
	n := copy(p, d.left)
	d.left = d.left[n:]
	for n < len(p) && d.err == nil {
		var some []byte
		some, d.err = d.next(d.room[:0])
		m := copy(p[n:], some)
		n += m
		d.left = some[m:]
	}
	if n == 0 && len(p) > 0 {
		return 0, d.err
	}
	return n, nil
}

type utf16Source struct {
	r     *bufio.Reader
	big   bool
	first bool
	held  rune // a unit read ahead, with its bit above the 16 set
}

const unitHeld = 1 << 16

func (s *utf16Source) unit() (rune, error) {
	if s.held != 0 {
		u := s.held &^ unitHeld
		s.held = 0
		return u, nil
	}
	a, err := s.r.ReadByte()
	if err != nil {
		return 0, err
	}
	b, err := s.r.ReadByte()
	if errors.Is(err, io.EOF) {
		return -1, nil // half a unit
	}
	if err != nil {
		return 0, err
	}
	if s.big {
		return rune(a)<<8 | rune(b), nil
	}
	return rune(b)<<8 | rune(a), nil
}

func (s *utf16Source) next(to []byte) ([]byte, error) {
	u, err := s.unit()
	if err != nil {
		return to, err
	}
	first := s.first
	s.first = false
	switch {
	case first && u == '\uFEFF':
		return s.next(to)
	case u < 0:
		return append(to, noCharacter), nil
	case !utf16.IsSurrogate(u):
		return utf8.AppendRune(to, u), nil
	}
	low, err := s.unit()
	if err != nil && !errors.Is(err, io.EOF) {
		return to, err
	}
	if err == nil && low >= 0 {
		if r := utf16.DecodeRune(u, low); r != utf8.RuneError {
			return utf8.AppendRune(to, r), nil
		}
		s.held = low | unitHeld
	}
	return append(to, noCharacter), nil
}
