package virtual

import (
	"bytes"
	"slices"
)

// Subcommands of authenticatorConfig (CTAP 2.1 §6.11).
const (
	configAlwaysUV = 0x02
	configMinPIN   = 0x03
)

// config is authenticatorConfig; the steps are those of CTAP 2.1 §6.11.
func (c *Card) config(m cmap) error {
	sub, err := required[int64](m, 0x01)
	if err != nil {
		return err
	}
	parameters, given, err := optional[cmap](m, 0x02)
	if err != nil {
		return err
	}
	if sub != configAlwaysUV && sub != configMinPIN {
		return errInvalidSubcommand
	}
	// A card without a PIN takes configuration from anyone; alwaysUv can then be switched off but bars the rest.
	if c.state.pinSet() || c.state.AlwaysUV && sub != configAlwaysUV {
		if _, ok := m[int64(0x04)]; !ok {
			return errPUATRequired
		}
		a, err := c.authOf(m, 0x04, 0x03)
		if err != nil {
			return err
		}
		message := append(bytes.Repeat([]byte{0xFF}, 32), cmdConfig, byte(sub))
		if given {
			message = append(message, encode(parameters)...) // canonical, so what was sent
		}
		if err := c.verifyToken(a, message, mayConfigure, ""); err != nil {
			return err
		}
	}
	if sub == configAlwaysUV {
		return c.change(func(s *state) { s.AlwaysUV = !s.AlwaysUV })
	}
	return c.setMinPINLength(parameters)
}

// setMinPINLength is §6.11.4.
func (c *Card) setMinPINLength(m cmap) error {
	length, lengthGiven, err1 := optional[int64](m, 0x01)
	list, listGiven, err2 := optional[[]any](m, 0x02)
	force, _, err3 := optional[bool](m, 0x03)
	if err := firstOf(err1, err2, err3); err != nil {
		return err
	}
	if !lengthGiven {
		length = int64(c.state.MinPINLength)
	}
	var rpIDs []string
	for _, item := range list {
		id, ok := item.(string)
		if !ok {
			return errUnexpectedType
		}
		rpIDs = append(rpIDs, id)
	}
	switch {
	case length < int64(c.state.MinPINLength), length > maxPINBytes:
		return errPINPolicy
	case force && !c.state.pinSet():
		return errPINNotSet
	case len(rpIDs) > maxMinPINRPs:
		return errKeyStoreFull
	}
	err := c.change(func(s *state) {
		s.MinPINLength = int(length)
		if force || s.pinSet() && s.PINLength < s.MinPINLength {
			s.ForcePIN = true
		}
		if listGiven {
			s.MinPINRPIDs = slices.Clone(rpIDs)
		}
	})
	if err == nil && c.state.ForcePIN {
		c.power.token = nil // a PIN that must be changed vouches for nothing any more
	}
	return err
}
