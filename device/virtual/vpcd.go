package virtual

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"tapstation/device"
)

// Control messages of vpcd, the virtual PC/SC reader of the vsmartcard project. Every message is two bytes of length,
// big-endian, and that many bytes; one byte alone is one of these, anything longer an APDU. ATR and APDUs are
// answered by a message, the others are not.
const (
	vpcdPowerOff = 0
	vpcdPowerOn  = 1
	vpcdReset    = 2
	vpcdATR      = 4
)

// ServeVPCD plays the card to the vpcd at the other end of conn until ctx ends, vpcd hangs up (io.EOF) or a fault
// takes the card away (device.ErrRemoved). It closes conn and leaves the card without power.
func ServeVPCD(ctx context.Context, conn net.Conn, card *Card) error {
	defer card.PowerOff()
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	err := play(conn, card, make(chan struct{}), ctx.Done())
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// play answers messages until reading fails or the card is taken away. It closes met at the first one.
func play(conn net.Conn, card *Card, met chan<- struct{}, gone <-chan struct{}) error {
	for first := true; ; first = false {
		acknowledgeAtOnce(conn)
		message, err := readMessage(conn)
		if err != nil {
			return err
		}
		if first {
			close(met)
		}
		var answer []byte
		switch {
		case len(message) == 0:
			continue
		case len(message) > 1:
			var there bool
			if answer, there = card.exchange(message, gone); !there {
				return device.ErrRemoved
			}
		default:
			answer = control(card, message[0])
		}
		if answer == nil {
			continue
		}
		if err := writeMessage(conn, answer); err != nil {
			return err
		}
	}
}

// control obeys a control message; one that is not known does nothing.
func control(card *Card, c byte) []byte {
	switch c {
	case vpcdPowerOff:
		card.PowerOff()
	case vpcdPowerOn:
		card.PowerOn()
	case vpcdReset:
		card.Reset()
	case vpcdATR:
		return card.ATR()
	}
	return nil
}

// errCutShort is a message of which only a part came.
var errCutShort = errors.New("vpcd message cut short")

func readMessage(r io.Reader) ([]byte, error) {
	var length [2]byte
	if n, err := io.ReadFull(r, length[:]); err != nil {
		if n > 0 {
			err = fmt.Errorf("%w: %w", errCutShort, err)
		}
		return nil, err
	}
	message := make([]byte, binary.BigEndian.Uint16(length[:]))
	if _, err := io.ReadFull(r, message); err != nil {
		return nil, fmt.Errorf("%w: %w", errCutShort, err)
	}
	return message, nil
}

func writeMessage(w io.Writer, message []byte) error {
	if len(message) > 0xFFFF {
		return fmt.Errorf("answer of %d bytes does not fit a vpcd message", len(message))
	}
	_, err := w.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(message))), message...))
	return err
}

// pastDeadline ends a read that waits.
var pastDeadline = time.Unix(1, 0)
