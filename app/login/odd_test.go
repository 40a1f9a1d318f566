package login_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"tapstation/app/directory"
	"tapstation/app/login"
	"tapstation/device"
	"tapstation/device/iso7816"
	"tapstation/device/pcsc"
	"tapstation/device/virtual"
)

// oddCard is a card, or the way to it, that does what no specification has.
type oddCard struct {
	pcsc.Transmitter
	transmit exchange
}

// exchange carries an APDU, by card or otherwise.
type exchange func(apdu []byte, card func([]byte) ([]byte, error)) ([]byte, error)

func (o oddCard) Transmit(apdu []byte) ([]byte, error) {
	return o.transmit(apdu, o.Transmitter.Transmit)
}

// assertion is a getAssertion request (CTAP 2.1 §6.2) as far as odd cards look at it.
type assertion struct {
	Allow   []any           `cbor:"3,keyasint"`
	Options map[string]bool `cbor:"5,keyasint"`
	PINAuth []byte          `cbor:"6,keyasint"`
}

// onAssertion lets odd answer requests for assertions, with a status byte and CBOR; nil: the card itself does.
func onAssertion(odd func(assertion) []byte) exchange {
	return func(apdu []byte, card func([]byte) ([]byte, error)) ([]byte, error) {
		const getAssertion = 0x02
		c, _, err := iso7816.Parse(apdu)
		if err != nil || c.INS != 0x10 || len(c.Data) == 0 || c.Data[0] != getAssertion {
			return card(apdu)
		}
		var req assertion
		if err := cbor.Unmarshal(c.Data[1:], &req); err != nil {
			return nil, err
		}
		if answer := odd(req); answer != nil {
			return iso7816.Response{Data: answer, SW: iso7816.OK}.Bytes(), nil
		}
		return card(apdu)
	}
}

// alwaysPIN is a card that asserts nothing without its PIN, not even quietly, as FIDO2Applet is when so installed.
var alwaysPIN = onAssertion(func(req assertion) []byte {
	const pinRequired = 0x36 // CTAP2_ERR_PUAT_REQUIRED
	if req.PINAuth == nil {
		return []byte{pinRequired}
	}
	return nil
})

func TestWhoseCardThatAlwaysWantsItsPIN(t *testing.T) {
	s := newStation(t)
	s.odd = alwaysPIN
	s.addUser("ada")
	s.addUser("bob")
	always := func(uid byte) *virtual.Card {
		return newCard(t, virtual.Options{AlwaysUV: true, UID: []byte{4, 1, 2, 3, 4, 5, uid}})
	}
	card, other, nobodys := always(1), always(2), always(3)
	key := s.enroll(card, "ada", directory.PIN)
	s.enroll(other, "bob", directory.PIN)

	s.tap(card)
	if found, err := s.whois(); err != nil || found.Key.ID != key.ID || !found.ByUID {
		t.Errorf("it is %s of %q, by UID %v (%v); want %s of ada by its UID", found.Key.ID, found.User.ID, found.ByUID, err, key.ID)
	}
	s.tap(nobodys)
	if found, err := s.whois(); !errors.Is(err, login.ErrUnknownCard) {
		t.Errorf("a card nobody has is %q's (%v), want %v", found.User.ID, err, login.ErrUnknownCard)
	}
	s.tap(card)
	if _, _, err := s.prove("ada", rightPIN); err != nil {
		t.Errorf("log in with it: %v", err)
	}
	s.tap(other)
	var others *login.OtherUserError
	if _, _, err := s.prove("ada", rightPIN); !errors.As(err, &others) || others.Owner != "bob" {
		t.Errorf("log in with bob's card: %v, want to be told that it is bob's", err)
	}
}

// TestMadeUpCredentialIsNone: Pico FIDO answers a quiet question for credentials it does not have with one it makes up.
func TestMadeUpCredentialIsNone(t *testing.T) {
	canonical, err := cbor.CTAP2EncOptions().EncMode()
	if err != nil {
		t.Fatal(err)
	}
	madeUp, err := canonical.Marshal(map[int]any{
		1: map[string]any{"id": bytes.Repeat([]byte{0, 1}, 8), "type": "public-key"},
		2: make([]byte, 37),
		3: bytes.Repeat([]byte{0x0B}, 64),
	})
	if err != nil {
		t.Fatal(err)
	}
	s := newStation(t)
	s.addUser("ada")
	s.addUser("bob")
	s.enroll(blank(t, 1), "ada", directory.PIN)
	s.enroll(blank(t, 2), "bob", directory.PIN)
	s.odd = onAssertion(func(req assertion) []byte {
		if up, told := req.Options["up"]; told && !up && len(req.Allow) > 0 {
			return append([]byte{0}, madeUp...)
		}
		return nil
	})
	s.tap(blank(t, 3))
	_, asked, err := s.prove("ada", rightPIN)
	if !errors.Is(err, login.ErrUnknownCard) {
		t.Errorf("log in with a card nobody has: %v, want %v", err, login.ErrUnknownCard)
	}
	if len(asked) != 0 {
		t.Errorf("the PIN was asked for %d times, for a card that is not the user's", len(asked))
	}
	s.tap(blank(t, 1)) // another card that says the same UID
	if found, err := s.whois(); !errors.Is(err, login.ErrUnknownCard) {
		t.Errorf("it is %q's (%v), want nobody's", found.User.ID, err)
	}
}

func TestLostCommandIsTriedWithTheNextTap(t *testing.T) {
	for n := 1; n <= 3; n++ {
		t.Run(fmt.Sprint("APDU ", n), func(t *testing.T) {
			s := newStation(t)
			s.addUser("ada")
			card := newCard(t, virtual.Options{})
			s.enroll(card, "ada", directory.PINless)
			count := 0
			s.odd = func(apdu []byte, next func([]byte) ([]byte, error)) ([]byte, error) {
				if apdu[0] == 0xFF {
					return next(apdu)
				}
				if count++; count != n {
					return next(apdu)
				}
				go s.tap(card)
				return nil, fmt.Errorf("%w: by this test", device.ErrExchange)
			}
			s.tap(card)
			if _, _, err := s.prove("ada"); err != nil {
				t.Errorf("log in with the next tap: %v", err)
			}
		})
	}
}
