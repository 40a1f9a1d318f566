package fido

import (
	"errors"

	"github.com/fxamacker/cbor/v2"

	"tapstation/device"
)

var errEmpty = errors.New("it is empty")

// decoder reads what a card answers: CTAP2 canonical CBOR (CTAP 2.1 §8), which has definite lengths, no tags and
// every key once. It does not insist on the order of keys nor on the shortest encodings, as libfido2 does not.
var decoder = func() cbor.DecMode {
	mode, err := cbor.DecOptions{
		DupMapKey:        cbor.DupMapKeyEnforcedAPF,
		IndefLength:      cbor.IndefLengthForbidden,
		TagsMd:           cbor.TagsForbidden,
		MaxNestedLevels:  8, // canonical CBOR has 4
		MaxArrayElements: 1024,
		MaxMapPairs:      256,
		// A key that is a byte string is an unknown member like any other.
		FieldNameByteString: cbor.FieldNameByteStringAllowed,
	}.DecMode()
	if err != nil {
		panic(err) // the options are constants
	}
	return mode
}()

var encoder = func() cbor.EncMode {
	mode, err := cbor.CTAP2EncOptions().EncMode()
	if err != nil {
		panic(err) // the options are constants
	}
	return mode
}()

// unmarshal reads what a card's answer begins with. libfido2 and others let bytes follow, so this does too.
func unmarshal(what string, answer []byte, v any) error {
	if len(answer) == 0 {
		return &device.MalformedError{What: what, Err: errEmpty}
	}
	if _, err := decoder.UnmarshalFirst(answer, v); err != nil {
		return &device.MalformedError{What: what, Err: err}
	}
	return nil
}

// wellFormed tells whether an answer is CBOR within bounds, whatever it says.
func wellFormed(what string, answer []byte) error {
	var raw cbor.RawMessage
	return unmarshal(what, answer, &raw)
}
