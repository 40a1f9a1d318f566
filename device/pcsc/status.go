package pcsc

import (
	"errors"
	"fmt"

	"tapstation/device"
	"tapstation/device/iso7816"
)

// lengthRefused tells whether sw refuses a command for its form, unread.
func lengthRefused(sw iso7816.SW) bool {
	switch sw {
	case iso7816.WrongLength, iso7816.INSNotSupported, iso7816.CLANotSupported:
		return true
	}
	return false
}

// wrongP1 tells whether sw refuses the parameters P1 and P2, which a card looks at before it does anything.
func wrongP1(sw iso7816.SW) bool {
	return sw == iso7816.WrongP1P2 || sw == iso7816.WrongParameters
}

// ctapAnswer is the status byte and CBOR in r.
func ctapAnswer(r iso7816.Response) ([]byte, error) {
	if len(r.Data) == 0 {
		return nil, &device.MalformedError{What: "answer", Err: errors.New("it has no CTAP status")}
	}
	return r.Data, nil
}

// ctapStatus is the CTAP error in a status word, and whether there is one. It belongs into the data of an answer with
// status word 9000 (CTAP 2.1 §11.3.7.1), but Pico FIDO puts it into 64xx, which says that nothing was changed.
func ctapStatus(sw iso7816.SW) (byte, bool) {
	return byte(sw), sw>>8 == 0x64 && byte(sw) != 0
}

// executionFailed tells whether sw is a failure in carrying a command out, which says nothing of what the card knows.
func executionFailed(sw iso7816.SW) bool {
	return sw == iso7816.NoDiagnosis || sw>>8 == 0x64 || sw>>8 == 0x65
}

// infoRefused is the error for a card that has the FIDO application but refuses getInfo.
func infoRefused(sw iso7816.SW) error {
	switch sw {
	case iso7816.INSNotSupported, iso7816.CLANotSupported, iso7816.FunctionNotSupported:
		return fmt.Errorf("%w: it knows U2F only: %w", device.ErrNotFIDO, statusError(sw))
	}
	return statusError(sw)
}

// statusError is the error for a status word, with its meaning where ISO 7816-4 gives one.
func statusError(sw iso7816.SW) error {
	err := &device.StatusError{SW: uint16(sw)}
	if m := sw.Meaning(); m != "" {
		return fmt.Errorf("%w (%s)", err, m)
	}
	return err
}

// errAnswerTooLong is a card that never stops talking.
var errAnswerTooLong = errors.New("the answer does not end")

// errNoProgress is a card that announces data and sends none.
var errNoProgress = fmt.Errorf("%w: more is announced but nothing comes", errAnswerTooLong)
