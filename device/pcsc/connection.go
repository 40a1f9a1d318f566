package pcsc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/ebfe/scard"

	"tapstation/device"
)

// connection is a card connected through the PC/SC service, in a transaction. It is the Transmitter of the sessions
// Service.Open makes.
type connection struct {
	reader   string
	context  *scard.Context
	card     *scard.Card
	atr      []byte
	longest  int
	lifeline *lifeline
}

var (
	_ Transmitter = (*connection)(nil)
	_ lengthLimit = (*connection)(nil)
	_ interrupter = (*connection)(nil)
)

func (c *connection) ATR() []byte      { return c.atr }
func (c *connection) LongestAPDU() int { return c.longest }
func (c *connection) Interrupt()       { c.lifeline.cut() }

func (c *connection) Transmit(apdu []byte) ([]byte, error) {
	answer, err := c.card.Transmit(apdu)
	switch {
	case err == nil && len(answer) > 0:
		return answer, nil
	case c.lifeline.wasCut():
		return nil, errCut
	case err == nil: // a driver's way to say that the card did not answer
		err = device.ErrExchange
	}
	err = fromPCSC(err)
	switch {
	case errors.Is(err, device.ErrNoCard):
		return nil, fmt.Errorf("%w: %w", device.ErrRemoved, err)
	case errors.Is(err, device.ErrExchange):
		// A card on its way out of the field loses commands before the reader notices that it is gone.
		if gone := presence(c.reader); gone != nil {
			return nil, fmt.Errorf("%w: %w", gone, err)
		}
	}
	return nil, err
}

// Close ends the transaction, disconnects without touching the card, and releases the context, whatever fails on the
// way. A service that hangs is cut off.
func (c *connection) Close() error {
	hang := time.AfterFunc(hangLimit, c.Interrupt)
	defer hang.Stop()
	var errs []error
	if c.card != nil && !c.lifeline.wasCut() {
		errs = append(errs, c.card.EndTransaction(scard.LeaveCard), c.card.Disconnect(scard.LeaveCard))
	}
	errs = append(errs, c.context.Release())
	c.lifeline.drop()
	for _, err := range errs {
		err = fromPCSC(err)
		switch {
		case err == nil, c.lifeline.wasCut(),
			errors.Is(err, device.ErrRemoved), errors.Is(err, device.ErrCardReset), errors.Is(err, device.ErrNoCard),
			errors.Is(err, device.ErrNoReader), errors.Is(err, device.ErrServiceDown), errors.Is(err, device.ErrExchange):
			// What was to be let go of is gone already.
		default:
			return err
		}
	}
	return nil
}

// open connects to the card and begins a transaction. It may block for as long as another program holds one.
// A connection that fails half-way is closed.
func (c *connection) open(began func()) error {
	err := c.lifeline.establish(func() (err error) {
		c.context, err = scard.EstablishContext()
		return err
	})
	if err != nil {
		c.lifeline.drop()
		return fromPCSC(err)
	}
	began()
	err = c.connect()
	if err != nil {
		err = fromPCSC(err)
		_ = c.Close() // why it cannot be opened says more
	}
	return err
}

func (c *connection) connect() (err error) {
	c.card, err = c.context.Connect(c.reader, scard.ShareShared, scard.ProtocolAny)
	if err != nil {
		return err
	}
	if err = c.card.BeginTransaction(); errors.Is(err, scard.ErrResetCard) {
		// Another program reset the card in between; this connection has not used it yet, so nothing is lost.
		if err = c.card.Reconnect(scard.ShareShared, scard.ProtocolAny, scard.LeaveCard); err == nil {
			err = c.card.BeginTransaction()
		}
	}
	if err != nil {
		return err
	}
	status, err := c.card.Status()
	if err != nil {
		return err
	}
	c.atr = status.Atr
	c.longest = longestAPDU(c.card)
	return nil
}

// Where the reader driver tells its properties (PC/SC part 10 §2.2, §2.6.14).
const (
	getFeatureRequest    = 3400 // CM_IOCTL_GET_FEATURE_REQUEST
	featureTLVProperties = 0x12 // FEATURE_GET_TLV_PROPERTIES
	propertyMaxAPDU      = 0x0A // dwMaxAPDUDataSize
)

// longestAPDU is the longest command APDU the reader and its driver carry, in bytes; 0 where they do not tell. The
// answer comes from the driver, not from the card.
func longestAPDU(card *scard.Card) int {
	if card.ActiveProtocol() == scard.ProtocolT0 {
		return shortLimit // ISO 7816-3 §12.1: T=0 has no extended length
	}
	features, err := card.Control(scard.CtlCode(getFeatureRequest), nil)
	if err != nil {
		return 0
	}
	code, known := tlv(features, featureTLVProperties)
	if !known || len(code) != 4 {
		return 0
	}
	properties, err := card.Control(binary.BigEndian.Uint32(code), nil)
	if err != nil {
		return 0
	}
	size, known := tlv(properties, propertyMaxAPDU)
	if !known || len(size) != 4 {
		return 0
	}
	return dataSizeLimit(binary.LittleEndian.Uint32(size))
}

// dataSizeLimit turns dwMaxAPDUDataSize into a length. Drivers say 0 or 256 for short APDUs only and 65536 for no limit.
func dataSizeLimit(size uint32) int {
	const extendedFrame = 9 // header, Lc and Le
	switch {
	case size <= 256:
		return shortLimit
	case size >= 1<<16:
		return 0
	}
	return int(size) + extendedFrame
}

// tlv finds a tag among simple TLVs of one byte tag and one byte length.
func tlv(b []byte, tag byte) ([]byte, bool) {
	for len(b) >= 2 && len(b) >= 2+int(b[1]) {
		value := b[2 : 2+int(b[1])]
		if b[0] == tag {
			return value, true
		}
		b = b[2+len(value):]
	}
	return nil, false
}
