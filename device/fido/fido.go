// Package fido is device.Key and device.Card on libfido2, through go-libfido2, both unmodified.
//
// libfido2 as distributions build it has no PC/SC. A card is therefore given to it as a path, "card:" and a number,
// for which a small C file (hook.c) has the linker put a transport of ours under libfido2 (fido_dev_set_io_functions,
// fido_dev_set_transport_functions). That transport hands every CTAP request to a Session, which knows how to carry
// it in APDUs. A USB key goes by libfido2's own path and transport. Whatever stands above, the same code (key) does
// it for both.
//
// The transport is also where this package learns what go-libfido2 does not tell: the status a card answered, where
// libfido2 has flattened it; the whole attestation statement; every assertion. It answers libfido2's getInfo from
// what is known, asks a card once and again after what can change the answer, and never keeps a key agreement, which
// a card may renew at any time.
//
// go-libfido2 does not free the C strings it makes, among them PINs. The same C file wipes those after the call that
// took them.
package fido

import (
	"context"

	"tapstation/device"
)

// Session is a card session: one connection from tap to removal. device/pcsc has one.
type Session interface {
	Reader() string
	ATR() []byte
	UID(ctx context.Context) ([]byte, error)
	// Select makes the FIDO application the selected one and returns its answer. It talks to the card once; later
	// calls return the same.
	Select(ctx context.Context) ([]byte, error)
	// CTAP2 carries an authenticator request, command byte and CBOR, to the card and returns its answer, status
	// byte and CBOR. A status that is not zero is an answer, not an error. It returns ctx.Err() when ctx ends, and
	// tells the card to stop where it can be told.
	CTAP2(ctx context.Context, request []byte) ([]byte, error)
	Cost() device.Cost
	Close() error
}

// Cards makes a source of cards from what watches readers and what opens a session with the card on one, such as
// the methods of a pcsc.Service.
func Cards[S Session](
	watch func(ctx context.Context, report func(device.Event)) error,
	open func(ctx context.Context, reader string) (S, error),
) device.Source {
	return &source[S]{watch: watch, open: open}
}

type source[S Session] struct {
	watch func(ctx context.Context, report func(device.Event)) error
	open  func(ctx context.Context, reader string) (S, error)
}

func (s *source[S]) Watch(ctx context.Context, report func(device.Event)) error {
	return s.watch(ctx, report)
}

func (s *source[S]) Open(ctx context.Context, reader string) (device.Card, error) {
	session, err := s.open(ctx, reader)
	if err != nil {
		return nil, err
	}
	return NewCard(session), nil
}

// NewCard is the card behind a session, which it closes when it is closed.
func NewCard(s Session) device.Card {
	return &card{key: key{name: s.Reader(), link: cardLink(s)}, session: s}
}

type card struct {
	key
	session Session
}

var _ device.Card = (*card)(nil)

func (c *card) Reader() string                          { return c.session.Reader() }
func (c *card) ATR() []byte                             { return c.session.ATR() }
func (c *card) UID(ctx context.Context) ([]byte, error) { return c.session.UID(ctx) }
func (c *card) Cost() device.Cost                       { return c.session.Cost() }
func (c *card) Close() error                            { return c.session.Close() }

// ExtendedLength tells whether the session, where it knows, sends extended APDUs. It is beyond device.Card: a thing to
// show, and nothing to rely on.
func (c *card) ExtendedLength() bool {
	s, ok := c.session.(interface{ ExtendedLength() bool })
	return ok && s.ExtendedLength()
}
