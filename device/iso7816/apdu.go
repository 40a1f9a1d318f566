// Package iso7816 is the framing of ISO/IEC 7816-4 between a terminal and a card: command and response APDUs in
// short and extended length, and status words. It encodes and parses; it does not talk to anything.
package iso7816

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// The longest data fields and answers of the two forms (ISO 7816-4 §5.2).
const (
	MaxShortNc    = 255
	MaxShortNe    = 256
	MaxExtendedNc = 65535
	MaxExtendedNe = 65536
)

// Chained is the class bit of every command of a chain but the last (ISO 7816-4 §5.3.3).
const Chained = 0x10

// ErrMalformed is bytes that are no APDU.
var ErrMalformed = errors.New("not an APDU")

// Command is a command APDU.
type Command struct {
	CLA, INS, P1, P2 byte
	Data             []byte
	Ne               int // most bytes wanted in the answer; 0: none
}

// Short is the command in short form. It fails when Data or Ne do not fit.
func (c Command) Short() ([]byte, error) {
	if len(c.Data) > MaxShortNc || c.Ne > MaxShortNe {
		return nil, fmt.Errorf("%d bytes and %d wanted do not fit a short APDU", len(c.Data), c.Ne)
	}
	b := append(make([]byte, 0, 6+len(c.Data)), c.CLA, c.INS, c.P1, c.P2)
	if len(c.Data) > 0 {
		b = append(append(b, byte(len(c.Data))), c.Data...)
	}
	if c.Ne > 0 {
		b = append(b, byte(c.Ne)) // 256 is written as 0
	}
	return b, nil
}

// Extended is the command in extended form, or in short form where it has neither data nor an answer.
func (c Command) Extended() ([]byte, error) {
	if len(c.Data) > MaxExtendedNc || c.Ne > MaxExtendedNe {
		return nil, fmt.Errorf("%d bytes and %d wanted do not fit an extended APDU", len(c.Data), c.Ne)
	}
	b := append(make([]byte, 0, 9+len(c.Data)), c.CLA, c.INS, c.P1, c.P2)
	if len(c.Data) == 0 && c.Ne == 0 {
		return b, nil
	}
	b = append(b, 0)
	if len(c.Data) > 0 {
		b = append(binary.BigEndian.AppendUint16(b, uint16(len(c.Data))), c.Data...)
	}
	if c.Ne > 0 {
		b = binary.BigEndian.AppendUint16(b, uint16(c.Ne)) // 65536 is written as 0
	}
	return b, nil
}

// Parse reads a command APDU as a card does, and whether it came in extended form.
func Parse(b []byte) (c Command, extended bool, err error) {
	if len(b) < 4 {
		return c, false, ErrMalformed
	}
	c = Command{CLA: b[0], INS: b[1], P1: b[2], P2: b[3]}
	body := b[4:]
	switch {
	case len(body) == 0: // case 1
		return c, false, nil
	case len(body) == 1: // case 2 short
		c.Ne = ne(int(body[0]), MaxShortNe)
		return c, false, nil
	case body[0] != 0: // cases 3 and 4 short
		n := int(body[0])
		switch len(body) {
		case 1 + n:
		case 2 + n:
			c.Ne = ne(int(body[1+n]), MaxShortNe)
		default:
			return c, false, ErrMalformed
		}
		c.Data = body[1 : 1+n]
		return c, false, nil
	case len(body) == 3: // case 2 extended
		c.Ne = ne(int(binary.BigEndian.Uint16(body[1:])), MaxExtendedNe)
		return c, true, nil
	case len(body) > 3: // cases 3 and 4 extended
		n := int(binary.BigEndian.Uint16(body[1:]))
		switch {
		case n == 0:
			return c, true, ErrMalformed
		case len(body) == 3+n:
		case len(body) == 5+n:
			c.Ne = ne(int(binary.BigEndian.Uint16(body[3+n:])), MaxExtendedNe)
		default:
			return c, true, ErrMalformed
		}
		c.Data = body[3 : 3+n]
		return c, true, nil
	}
	return c, false, ErrMalformed
}

func ne(le, whenZero int) int {
	if le == 0 {
		return whenZero
	}
	return le
}
