package pcsc

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tapstation/device"
	"tapstation/device/iso7816"
)

// Commands and parameters of CTAP over ISO 7816 (CTAP 2.1 §11.3).
const (
	claCTAP        = 0x80
	insMessage     = 0x10 // NFCCTAP_MSG, §11.3.7.1
	insGetResponse = 0x11 // NFCCTAP_GETRESPONSE, §11.3.7.2
	p1Polling      = 0x80 // in NFCCTAP_MSG: the client knows NFCCTAP_GETRESPONSE
	p1Cancel       = 0x11 // in NFCCTAP_GETRESPONSE: end the command
	insMore        = 0xC0 // GET RESPONSE, ISO 7816-4 §11.7.1
	authGetInfo    = 0x04 // authenticatorGetInfo, §6.4
	authReset      = 0x07 // authenticatorReset, §6.6
)

// Bounds on what a card may answer.
const (
	maxAnswer    = iso7816.MaxExtendedNe // bytes of one whole answer
	maxFragments = 1024                  // GET RESPONSE commands for one answer

	// keepAliveLimit is how long a card may say that it is still at work. A person gets 30 seconds to touch or
	// move a finger (CTAP 2.1 §6.5, §6.10.4); twice that and more is a card that hangs.
	keepAliveLimit = 2 * time.Minute
)

// How often a working card is asked: the first few times at once, because the card answers late by itself, then with
// a pause, so that it has time to work. And how often it is told to stop, should it go on.
const (
	keepAliveAtOnce = 4
	keepAlivePause  = 20 * time.Millisecond
	cancelTries     = 3
)

// CTAP2 carries one request, a command byte and its CBOR, to the authenticator and returns its answer, a status byte
// and its CBOR; it selects the FIDO application first. A card that is still at work is asked again until it is done,
// or told to stop when ctx ends.
//
// It fails with device.ErrNotFIDO on a card that does not know CTAP2, with a *device.StatusError on any other status
// word, with a *device.MalformedError on an answer that cannot be one, and with device.ErrExchange where the reader lost the
// command. No command is sent twice unless the card has refused it unread.
func (s *Session) CTAP2(ctx context.Context, request []byte) ([]byte, error) {
	if len(request) == 0 || len(request) > iso7816.MaxExtendedNc {
		return nil, fmt.Errorf("a CTAP request of %d bytes", len(request))
	}
	if _, err := s.Select(ctx); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	isGetInfo := len(request) == 1 && request[0] == authGetInfo
	if !s.settled {
		// getInfo changes nothing on the card, so it alone may be repeated to find out which framing works.
		answer, err := s.settle(ctx)
		if err != nil || isGetInfo {
			return answer, err
		}
	}
	answer, err := s.request(ctx, request)
	if request[0] == authReset {
		s.tried = false // FIDO2Applet wants to be selected again after it
	}
	if err != nil {
		return nil, fmt.Errorf("CTAP command 0x%02X: %w", request[0], err)
	}
	return answer, nil
}

// settle finds the framing that reader and card take, by getInfo, and returns its answer.
func (s *Session) settle(ctx context.Context) ([]byte, error) {
	for {
		r, _, err := s.message(ctx, []byte{authGetInfo}, s.framing)
		lower, more := s.framing.next()
		switch {
		case errors.Is(err, device.ErrExchange) && more:
		case err != nil:
			return nil, fmt.Errorf("ask for the authenticator's info: %w", err)
		case r.SW == iso7816.OK:
			answer, err := ctapAnswer(r)
			if err != nil {
				return nil, fmt.Errorf("ask for the authenticator's info: %w", err)
			}
			s.settled = true
			s.memory.keep(s.reader, s.card.ATR(), s.framing)
			return answer, nil
		case wrongP1(r.SW) && !s.framing.plainP1:
			s.framing.plainP1 = true
			continue
		case s.framing.extended, more && r.SW == iso7816.WrongLength:
		default:
			return nil, fmt.Errorf("ask for the authenticator's info: %w", infoRefused(r.SW))
		}
		s.refused = s.refused || s.framing.extended
		s.framing = lower
	}
}

// request carries a request in the framing that settle has found.
func (s *Session) request(ctx context.Context, request []byte) ([]byte, error) {
	f := s.framing
	if f.extended && s.tooLong(request) {
		f.extended = false
	}
	r, unread, err := s.message(ctx, request, f)
	if err == nil && unread {
		// Refused before it was carried out: the other form may be taken.
		switch {
		case f.extended:
			s.refused = true
			f.extended = false
			r, _, err = s.again(ctx, request, f)
		case !s.refused && !s.tooLong(request):
			f.extended = true
			r, _, err = s.again(ctx, request, f)
		}
	}
	if errors.Is(err, device.ErrExchange) {
		// The card may have carried it out, so it is not repeated; the next session starts with what asks less of
		// the reader.
		if lower, more := f.next(); more {
			s.memory.keep(s.reader, s.card.ATR(), lower)
		}
	}
	if err != nil {
		return nil, err
	}
	if status, told := ctapStatus(r.SW); told {
		return []byte{status}, nil
	}
	if r.SW != iso7816.OK {
		return nil, statusError(r.SW)
	}
	return ctapAnswer(r)
}

// again carries a refused request in another framing, and stays with that when it is taken.
func (s *Session) again(ctx context.Context, request []byte, f framing) (iso7816.Response, bool, error) {
	r, unread, err := s.message(ctx, request, f)
	if err == nil && !unread {
		s.framing = f
		s.memory.keep(s.reader, s.card.ATR(), f)
	}
	return r, unread, err
}

// tooLong tells whether the reader does not carry the request in one APDU.
func (s *Session) tooLong(request []byte) bool {
	l, ok := s.card.(lengthLimit)
	if !ok {
		return false
	}
	const overhead = 4 + 3 + 2 // header, extended Lc, extended Le
	n := l.LongestAPDU()
	return n > 0 && len(request)+overhead > n
}

// message carries a request by NFCCTAP_MSG and waits until the card is done. unread tells that the card refused it
// before it could have carried it out.
func (s *Session) message(ctx context.Context, request []byte, f framing) (r iso7816.Response, unread bool, err error) {
	c := iso7816.Command{CLA: claCTAP, INS: insMessage, P1: p1Polling, Data: request, Ne: iso7816.MaxExtendedNe}
	if f.plainP1 {
		c.P1 = 0
	}
	r, unread, err = s.deliver(ctx, c, f)
	if err == nil && r.SW == iso7816.KeepAlive {
		r, err = s.await(ctx, f)
	}
	return r, unread, err
}

// await polls a card that is at work until it is done. When ctx ends it cancels the command.
func (s *Session) await(ctx context.Context, f framing) (iso7816.Response, error) {
	poll := iso7816.Command{CLA: claCTAP, INS: insGetResponse, Ne: iso7816.MaxExtendedNe}
	start := s.clock.Now()
	for n := 0; ; n++ {
		var err error
		if n >= keepAliveAtOnce {
			err = s.clock.Wait(ctx, keepAlivePause)
		}
		if err == nil {
			err = ctx.Err()
		}
		if err == nil && s.clock.Now().Sub(start) > keepAliveLimit {
			err = &device.MalformedError{What: "answer", Err: fmt.Errorf("still at work after %v", keepAliveLimit)}
		}
		if err != nil {
			return iso7816.Response{}, errors.Join(err, s.cancel(f))
		}
		r, err := s.command(ctx, poll, f)
		if err != nil || r.SW != iso7816.KeepAlive {
			return r, err
		}
	}
}

// cancel tells the card to end the command it is at (CTAP 2.1 §11.3.7.2). What the card answers then does not matter,
// only that it is ready for the next command.
func (s *Session) cancel(f framing) error {
	c := iso7816.Command{CLA: claCTAP, INS: insGetResponse, P1: p1Cancel, Ne: iso7816.MaxExtendedNe}
	for range cancelTries {
		// The command's own context has ended; this short exchange still has to happen.
		r, err := s.command(context.WithoutCancel(s.life), c, f)
		if err != nil {
			return fmt.Errorf("cancel the command on the card: %w", err)
		}
		if r.SW != iso7816.KeepAlive {
			return nil
		}
	}
	return nil
}

// command exchanges one command and collects its whole answer.
func (s *Session) command(ctx context.Context, c iso7816.Command, f framing) (iso7816.Response, error) {
	r, _, err := s.deliver(ctx, c, f)
	return r, err
}

// deliver exchanges one command, in several APDUs where f wants that, and collects its whole answer. unread tells that the
// card refused the command for its form, or a link of the chain, so that the command was never complete.
func (s *Session) deliver(ctx context.Context, c iso7816.Command, f framing) (r iso7816.Response, unread bool, err error) {
	parts, err := f.parts(c)
	if err != nil {
		return r, false, err
	}
	// A chain is not left half sent when ctx ends: the card would take the next command for its continuation.
	last := parts[len(parts)-1]
	for _, link := range parts[:len(parts)-1] {
		if r, err = s.send(ctx, link); err != nil {
			return r, false, err
		}
		if r.SW != iso7816.OK {
			return iso7816.Response{SW: r.SW}, true, nil
		}
	}
	if r, err = s.send(ctx, last); err != nil {
		return r, false, err
	}
	if n, wrong := r.SW.ExactLength(); wrong && len(parts) == 1 {
		// ISO 7816-4 §5.6: nothing was carried out, and the same command with this Le is taken. The last link of a chain
		// is not repeated: a card that has forgotten the others would take it for a command of its own.
		exact, err := withLength(last, n)
		if err != nil {
			return r, false, err
		}
		if r, err = s.send(ctx, exact); err != nil {
			return r, false, err
		}
	}
	if lengthRefused(r.SW) {
		return r, true, nil
	}
	r, err = s.collect(ctx, c.CLA, r, f)
	return r, false, err
}

// collect fetches the rest of an answer by GET RESPONSE (ISO 7816-4 §5.3.4).
func (s *Session) collect(ctx context.Context, cla byte, r iso7816.Response, f framing) (iso7816.Response, error) {
	// NFCCTAP commands are of class 80, and so is the GET RESPONSE that belongs to them (CTAP 2.1 §11.3.5.2); a card
	// that refuses the class gets the one of ISO 7816.
	cla &= 0x80
	var whole []byte
	idle := 0
	for n := 0; ; n++ {
		whole = append(whole, r.Data...)
		more, unfinished := r.SW.More()
		if !unfinished {
			break
		}
		if idle++; len(r.Data) > 0 {
			idle = 0
		}
		switch {
		case len(whole) > maxAnswer || n >= maxFragments:
			return r, &device.MalformedError{What: "answer", Err: errAnswerTooLong}
		case idle > 1:
			return r, &device.MalformedError{What: "answer", Err: errNoProgress}
		}
		if err := ctx.Err(); err != nil {
			return r, err
		}
		var err error
		if r, err = s.fetch(ctx, cla, min(more, f.ne())); err != nil {
			return r, err
		}
		if n == 0 && cla != 0 && (r.SW == iso7816.CLANotSupported || r.SW == iso7816.INSNotSupported) {
			cla = 0
			if r, err = s.fetch(ctx, cla, min(more, f.ne())); err != nil {
				return r, err
			}
		}
	}
	if len(whole) > maxAnswer {
		return r, &device.MalformedError{What: "answer", Err: errAnswerTooLong}
	}
	return iso7816.Response{Data: whole, SW: r.SW}, nil
}

// fetch is one GET RESPONSE for n bytes.
func (s *Session) fetch(ctx context.Context, cla byte, n int) (iso7816.Response, error) {
	for range 2 {
		apdu, err := iso7816.Command{CLA: cla, INS: insMore, Ne: n}.Short()
		if err != nil {
			return iso7816.Response{}, err
		}
		r, err := s.send(ctx, apdu)
		if err != nil {
			return r, err
		}
		exact, wrong := r.SW.ExactLength()
		if !wrong {
			return r, nil
		}
		n = exact
	}
	return iso7816.Response{}, &device.MalformedError{What: "answer", Err: errors.New("it takes no length, not even its own")}
}

// withLength is the same APDU wanting n bytes.
func withLength(apdu []byte, n int) ([]byte, error) {
	c, extended, err := iso7816.Parse(apdu)
	if err != nil {
		return nil, err
	}
	c.Ne = n
	if extended {
		return c.Extended()
	}
	return c.Short()
}
