package virtual

import "errors"

// CTAP commands (CTAP 2.1 §6, table of command codes).
const (
	cmdMakeCredential   = 0x01
	cmdGetAssertion     = 0x02
	cmdGetInfo          = 0x04
	cmdClientPIN        = 0x06
	cmdReset            = 0x07
	cmdGetNextAssertion = 0x08
	cmdCredMgmt         = 0x0A
	cmdSelection        = 0x0B
	cmdConfig           = 0x0D
	cmdCredMgmtPreview  = 0x41
)

// execute runs one CTAP message: a command byte and, with most commands, one CBOR map. The answer is a status and, on
// success, perhaps one CBOR map.
func (c *Card) execute(message []byte) []byte {
	command, parameters := message[0], message[1:]
	result, err := c.run(command, parameters)
	if err != nil {
		var s status
		if !errors.As(err, &s) {
			s = errOther
		}
		return []byte{byte(s)}
	}
	answer := []byte{byte(statusOK)}
	if result != nil {
		answer = append(answer, encode(result)...)
	}
	return answer
}

// run finds the command. Stateful commands go on only when nothing else comes in between (CTAP 2.1 §6).
func (c *Card) run(command byte, parameters []byte) (any, error) {
	if command != cmdGetNextAssertion {
		c.power.assertions = nil
	}
	if command != cmdCredMgmt && command != cmdCredMgmtPreview {
		c.power.listing = nil
	}
	switch c.parametersOf(command) {
	case unknown:
		return nil, errInvalidCommand
	case without:
		if len(parameters) != 0 {
			return nil, errInvalidLength
		}
	case with:
		m, err := decodeMap(parameters)
		if err != nil {
			return nil, err
		}
		return c.runWith(command, m)
	}
	switch command {
	case cmdGetInfo:
		return c.getInfo(), nil
	case cmdGetNextAssertion:
		return c.getNextAssertion()
	case cmdReset:
		return nil, c.reset()
	default:
		return nil, c.selection()
	}
}

func (c *Card) runWith(command byte, m cmap) (any, error) {
	switch command {
	case cmdMakeCredential:
		return c.makeCredential(m)
	case cmdGetAssertion:
		return c.getAssertion(m)
	case cmdClientPIN:
		return c.clientPIN(m)
	case cmdConfig:
		return nil, c.config(m)
	default:
		return c.manageCredentials(m)
	}
}

// What a command takes.
const (
	unknown = iota
	without
	with
)

// parametersOf tells what this kind of card takes with a command, if it knows it at all.
func (c *Card) parametersOf(command byte) int {
	v, pin := c.options.Version, !c.options.NoPIN
	known := true
	switch command {
	case cmdGetInfo, cmdReset, cmdGetNextAssertion:
		return without
	case cmdSelection:
		if v != FIDO21 {
			return unknown
		}
		return without
	case cmdMakeCredential, cmdGetAssertion:
	case cmdClientPIN:
		known = pin
	case cmdCredMgmt, cmdConfig:
		known = pin && v == FIDO21
	case cmdCredMgmtPreview:
		known = pin && v != FIDO20
	default:
		known = false
	}
	if !known {
		return unknown
	}
	return with
}

// selection is authenticatorSelection (CTAP 2.1 §6.9).
func (c *Card) selection() error {
	if !c.takePresence() {
		return errOperationDenied
	}
	return nil
}

// reset is authenticatorReset (CTAP 2.1 §6.6).
func (c *Card) reset() error {
	if c.sincePowerUp() > resetWindow {
		return errNotAllowed
	}
	if !c.takePresence() {
		return errOperationDenied
	}
	next, err := c.blank(c.state)
	if err != nil {
		return err
	}
	if err := c.change(func(s *state) { *s = next }); err != nil {
		return err
	}
	c.power.token, c.power.misses = nil, 0
	clear(c.power.agreement)
	return nil
}
