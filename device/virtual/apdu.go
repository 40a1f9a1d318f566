package virtual

import (
	"bytes"

	"tapstation/device/iso7816"
)

// Classes and instructions the card knows (CTAP 2.1 §11.3.5 to §11.3.7, ISO 7816-4, PC/SC part 3 for the reader's own).
const (
	claISO    = 0x00
	claCTAP   = 0x80
	claReader = 0xFF

	insU2FVersion  = 0x03
	insMsg         = 0x10
	insGetResponse = 0x11 // NFCCTAP_GETRESPONSE
	insControl     = 0x12 // NFCCTAP_CONTROL
	insSelect      = 0xA4
	insISOResponse = 0xC0
	insGetData     = 0xCA

	p1TakesKeepAlive = 0x80
	p1Cancel         = 0x11
	p1End            = 0x01

	keepAliveProcessing = 0x01 // CTAP 2.1 §11.2.9.2.1
)

// maxAnswer is the longest data field of one answer; with its status word it still fits a vpcd message.
const maxAnswer = 65533

// fidoAID selects the FIDO applet (CTAP 2.1 §11.3.3).
var fidoAID = []byte{0xA0, 0x00, 0x00, 0x06, 0x47, 0x2F, 0x00, 0x01}

// chain is a command coming in parts (ISO 7816-4 §5.3.3).
type chain struct {
	cla, ins, p1, p2 byte
	data             []byte
}

func (ch *chain) continuedBy(c iso7816.Command) bool {
	return ch.cla == c.CLA && ch.ins == c.INS && ch.p1 == c.P1 && ch.p2 == c.P2
}

// waiting is a CTAP command whose result is held back behind 9100.
type waiting struct {
	message []byte
	polls   int // answers 9100 still to give
}

func fail(sw iso7816.SW) iso7816.Response { return iso7816.Response{SW: sw} }

// interpret is the card's side of ISO 7816-4.
func (c *Card) interpret(apdu []byte) iso7816.Response {
	if c.power == nil {
		return fail(iso7816.NoDiagnosis)
	}
	cmd, extended, err := iso7816.Parse(apdu)
	if err != nil || extended && c.options.ShortOnly {
		return fail(iso7816.WrongLength)
	}
	if cmd.CLA == claReader {
		return c.readerCommand(cmd)
	}
	if cmd.INS == insISOResponse && (cmd.CLA == claISO || cmd.CLA == claCTAP) {
		return c.getResponse(cmd)
	}
	c.power.pending = nil
	if cmd.CLA&iso7816.Chained != 0 {
		return c.chained(cmd)
	}
	if ch := c.power.chain; ch != nil {
		c.power.chain = nil
		switch {
		case ch.continuedBy(cmd):
			if len(ch.data)+len(cmd.Data) > c.options.messageLimit() {
				return fail(iso7816.WrongLength)
			}
			cmd.Data = append(ch.data, cmd.Data...)
		case cmd.INS != insSelect:
			return fail(iso7816.LastCommandExpected)
		}
	}
	return c.dispatch(cmd)
}

// readerCommand answers what a reader would answer itself: FF CA 00 00, the UID (PC/SC part 3 §3.2.2.1.3).
func (c *Card) readerCommand(cmd iso7816.Command) iso7816.Response {
	if cmd.INS != insGetData {
		return fail(iso7816.INSNotSupported)
	}
	if cmd.P1 != 0 || cmd.P2 != 0 || len(c.power.uid) == 0 {
		return fail(iso7816.FunctionNotSupported)
	}
	if cmd.Ne < len(c.power.uid) {
		return fail(0x6C00 | iso7816.SW(len(c.power.uid)))
	}
	return iso7816.Response{Data: c.power.uid, SW: iso7816.OK}
}

// chained takes a part that is not the last. What does not fit one CTAP message is refused as soon as that shows.
func (c *Card) chained(cmd iso7816.Command) iso7816.Response {
	cmd.CLA &^= iso7816.Chained
	if cmd.CLA != claCTAP || cmd.INS != insMsg || !c.power.selected {
		c.power.chain = nil
		return fail(iso7816.ChainingNotSupported)
	}
	ch := c.power.chain
	if ch == nil {
		ch = &chain{cla: cmd.CLA, ins: cmd.INS, p1: cmd.P1, p2: cmd.P2}
		c.power.chain = ch
		c.power.waiting = nil
	}
	if !ch.continuedBy(cmd) {
		c.power.chain = nil
		return fail(iso7816.LastCommandExpected)
	}
	if len(ch.data)+len(cmd.Data) > c.options.messageLimit() {
		c.power.chain = nil
		return fail(iso7816.WrongLength)
	}
	ch.data = append(ch.data, cmd.Data...)
	return fail(iso7816.OK)
}

// dispatch takes a whole command.
func (c *Card) dispatch(cmd iso7816.Command) iso7816.Response {
	held := c.power.waiting
	c.power.waiting = nil // whatever comes now, except asking for it, gives up the command held back
	switch {
	case cmd.CLA == claISO && cmd.INS == insSelect:
		return c.selectApplet(cmd)
	case !c.power.selected:
		return fail(iso7816.INSNotSupported)
	case cmd.CLA == claISO && cmd.INS == insU2FVersion && c.options.SelectAnswer == "U2F_V2":
		return c.u2fVersion(cmd)
	case cmd.CLA == claISO:
		return fail(iso7816.INSNotSupported)
	case cmd.CLA != claCTAP:
		return fail(iso7816.CLANotSupported)
	}
	switch cmd.INS {
	case insMsg:
		return c.message(cmd)
	case insGetResponse:
		return c.keepWaiting(cmd, held)
	case insControl:
		if cmd.P1 != p1End || cmd.P2 != 0 {
			return fail(iso7816.WrongP1P2)
		}
		c.deselect()
		return fail(iso7816.OK)
	}
	return fail(iso7816.INSNotSupported)
}

func (c *Card) selectApplet(cmd iso7816.Command) iso7816.Response {
	if cmd.P1 != 0x04 || cmd.P2 != 0x00 {
		return fail(iso7816.WrongP1P2)
	}
	c.deselect()
	if c.options.NotFIDO || !bytes.Equal(cmd.Data, fidoAID) {
		return fail(iso7816.FileNotFound)
	}
	c.power.selected = true
	return c.answer([]byte(c.options.SelectAnswer), cmd.Ne)
}

// deselect ends the conversation with the applet; what holds per power-up stays.
func (c *Card) deselect() {
	c.power.selected = false
	c.power.assertions, c.power.listing = nil, nil
}

// u2fVersion is the one U2F command the card knows (FIDO U2F Raw Message Formats §6).
func (c *Card) u2fVersion(cmd iso7816.Command) iso7816.Response {
	if cmd.P1 != 0 || cmd.P2 != 0 {
		return fail(iso7816.WrongP1P2)
	}
	if len(cmd.Data) != 0 {
		return fail(iso7816.WrongLength)
	}
	return c.answer([]byte("U2F_V2"), cmd.Ne)
}

// message is NFCCTAP_MSG (CTAP 2.1 §11.3.5.1).
func (c *Card) message(cmd iso7816.Command) iso7816.Response {
	if cmd.P1 != 0 && cmd.P1 != p1TakesKeepAlive || cmd.P2 != 0 {
		return fail(iso7816.WrongP1P2)
	}
	if len(cmd.Data) == 0 {
		return fail(iso7816.WrongLength)
	}
	if len(cmd.Data) > c.options.messageLimit() {
		return c.answer([]byte{byte(errRequestTooLarge)}, cmd.Ne)
	}
	if cmd.P1 == p1TakesKeepAlive && c.options.KeepAlive > 0 {
		c.power.waiting = &waiting{message: bytes.Clone(cmd.Data), polls: c.options.KeepAlive}
		return c.keepAlive()
	}
	return c.answer(c.execute(cmd.Data), cmd.Ne)
}

// keepWaiting is NFCCTAP_GETRESPONSE (CTAP 2.1 §11.3.7.2). The command runs when its result is fetched, so that one
// that is cancelled has changed nothing.
func (c *Card) keepWaiting(cmd iso7816.Command, held *waiting) iso7816.Response {
	switch {
	case held == nil:
		return fail(iso7816.ConditionsNotMet)
	case cmd.P1 == p1Cancel && cmd.P2 == 0:
		return c.answer([]byte{byte(errKeepAliveCancel)}, cmd.Ne)
	case cmd.P1 != 0 || cmd.P2 != 0:
		c.power.waiting = held
		return fail(iso7816.WrongP1P2)
	case held.polls > 0:
		c.power.waiting = held
		return c.keepAlive()
	}
	return c.answer(c.execute(held.message), cmd.Ne)
}

func (c *Card) keepAlive() iso7816.Response {
	c.power.waiting.polls--
	return iso7816.Response{Data: []byte{keepAliveProcessing}, SW: iso7816.KeepAlive}
}

// getResponse is GET RESPONSE (ISO 7816-4 §7.6.1).
func (c *Card) getResponse(cmd iso7816.Command) iso7816.Response {
	if cmd.P1 != 0 || cmd.P2 != 0 {
		return fail(iso7816.WrongP1P2)
	}
	rest := c.power.pending
	if len(rest) == 0 {
		return fail(iso7816.ConditionsNotMet)
	}
	if cmd.Ne == 0 {
		return fail(iso7816.WrongLength)
	}
	return c.answer(rest, cmd.Ne)
}

// answer hands out data as far as ne goes and keeps the rest for GET RESPONSE.
func (c *Card) answer(data []byte, ne int) iso7816.Response {
	n := min(ne, maxAnswer)
	if c.options.ChainAnswers {
		n = min(n, iso7816.MaxShortNe)
	}
	if len(data) <= n {
		c.power.pending = nil
		return iso7816.Response{Data: data, SW: iso7816.OK}
	}
	c.power.pending = data[n:]
	more := len(c.power.pending)
	if more > 0xFF {
		more = 0 // 6100: 256 or more
	}
	return iso7816.Response{Data: data[:n], SW: 0x6100 | iso7816.SW(more)}
}
