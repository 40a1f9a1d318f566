package enroll_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"tapstation/app/directory"
	"tapstation/app/enroll"
	"tapstation/device"
	"tapstation/device/fido"
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

// newOddStation is a station all of whose cards are odd in the same way.
func newOddStation(t testing.TB, transmit exchange) *station {
	t.Helper()
	service := virtual.NewService()
	reader := service.AddReader(readerName)
	s := buildStation(t, t.TempDir(), fido.Cards(service.Watch, func(ctx context.Context, reader string) (fido.Session, error) {
		card, err := service.Connect(ctx, reader)
		if err != nil {
			return nil, err
		}
		return pcsc.NewSession(reader, oddCard{card, transmit}), nil
	}))
	s.service, s.reader = service, reader
	return s
}

// assertion is a getAssertion request (CTAP 2.1 §6.2) as far as odd cards look at it.
type assertion struct {
	Allow   []any           `cbor:"3,keyasint"`
	Options map[string]bool `cbor:"5,keyasint"`
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

// onCommand answers a CTAP command in the card's place.
func onCommand(command byte, answer []byte) exchange {
	return func(apdu []byte, card func([]byte) ([]byte, error)) ([]byte, error) {
		c, _, err := iso7816.Parse(apdu)
		if err != nil || c.INS != 0x10 || len(c.Data) == 0 || c.Data[0] != command {
			return card(apdu)
		}
		return iso7816.Response{Data: answer, SW: iso7816.OK}.Bytes(), nil
	}
}

// TestLostCommandAsksForAnotherTap loses each APDU of the ceremony, or its answer, between the reader and a card that
// stays where it is.
func TestLostCommandAsksForAnotherTap(t *testing.T) {
	for _, verification := range []directory.Verification{directory.PINless, directory.PIN} {
		for _, executed := range []bool{false, true} {
			for n := 1; loseAPDU(t, verification, n, executed); n++ {
			}
		}
	}
}

// loseAPDU runs one ceremony; false: it has fewer than n APDUs.
func loseAPDU(t *testing.T, v directory.Verification, n int, executed bool) (lost bool) {
	t.Helper()
	t.Run(fmt.Sprintf("%s, APDU %d, executed %v", v, n, executed), func(t *testing.T) {
		count := 0
		s := newOddStation(t, func(apdu []byte, card func([]byte) ([]byte, error)) ([]byte, error) {
			if apdu[0] == 0xFF {
				return card(apdu)
			}
			if count++; count != n {
				return card(apdu)
			}
			lost = true
			if executed {
				if _, err := card(apdu); err != nil {
					return nil, err
				}
			}
			return nil, fmt.Errorf("%w: by this test", device.ErrExchange)
		})
		card := blank(t, 1)
		who := &person{t: t}
		who.progress = func(step enroll.Step) {
			if step.Kind == enroll.WaitAgain && errors.Is(step.Problem, device.ErrExchange) {
				go func() {
					s.reader.Remove()
					s.reader.Insert(card)
				}()
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		s.reader.Insert(card)
		if _, err := s.Enroll(ctx, request(v), who); err != nil {
			t.Fatalf("go on after another tap: %v", err)
		}
		want := device.PIN("")
		if v == directory.PIN {
			want = chosenPIN
		}
		s.holds(card, s.user, v, want)
	})
	return lost && !t.Failed()
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
	s := newOddStation(t, onAssertion(func(req assertion) []byte {
		if up, told := req.Options["up"]; told && !up && len(req.Allow) > 0 {
			return append([]byte{0}, madeUp...)
		}
		return nil
	}))
	bob := s.addUser("bob")
	if _, err := s.enroll(blank(t, 1), request(directory.PINless), &person{t: t}); err != nil {
		t.Fatal(err)
	}
	req := request(directory.PINless)
	req.UserID = bob.ID
	// The same card after a reset, as far as can be seen: what made it ada's is gone.
	if _, err := s.enroll(blank(t, 1), req, &person{t: t}); err != nil {
		t.Errorf("enroll a card that is nobody's any more: %v", err)
	}
}

// TestCardThatCannotProveHoldsNobodyUp: FIDO2Applet registers and then has no such credential, with some of the options it
// can be installed with.
func TestCardThatCannotProveHoldsNobodyUp(t *testing.T) {
	const noCredentials = 0x2E
	useless := true
	s := newOddStation(t, onAssertion(func(req assertion) []byte {
		if _, quiet := req.Options["up"]; useless && !quiet {
			return []byte{noCredentials}
		}
		return nil
	}))
	card := blank(t, 1)
	if _, err := s.enroll(card, request(directory.PIN), &person{t: t}); !errors.Is(err, enroll.ErrNotProven) {
		t.Fatalf("enroll a card that cannot prove: %v, want %v", err, enroll.ErrNotProven)
	}
	if n := card.Credentials(); n != 0 {
		t.Errorf("%d credentials that do not work are left on the card, want none", n)
	}
	s.noJournal()
	useless = false
	next := blank(t, 2)
	if _, err := s.enroll(next, request(directory.PIN), &person{t: t}); err != nil {
		t.Fatalf("enroll another card: %v", err)
	}
	s.holds(next, s.user, directory.PIN, chosenPIN)
}

func TestCardThatNamesAnotherUserIsNotProven(t *testing.T) {
	var handle []byte
	s := newOddStation(t, func(apdu []byte, card func([]byte) ([]byte, error)) ([]byte, error) {
		answer, err := card(apdu)
		if i := bytes.Index(answer, handle); handle != nil && i >= 0 {
			answer[i] ^= 1
		}
		return answer, err
	})
	handle = s.user.Handle
	if _, err := s.enroll(blank(t, 1), request(directory.PINless), &person{t: t}); !errors.Is(err, enroll.ErrNotProven) {
		t.Fatalf("enroll: %v, want %v, for log-in would refuse it", err, enroll.ErrNotProven)
	}
	s.noJournal()
}
