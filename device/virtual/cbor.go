package virtual

import (
	"bytes"

	"github.com/fxamacker/cbor/v2"
)

// cmap is a decoded CBOR map. Its integer keys are int64, its text keys string; its values are int64, string,
// []byte, bool, []any and cmap.
type cmap = map[any]any

var (
	encMode = must(cbor.CTAP2EncOptions().EncMode())
	decMode = must(cbor.DecOptions{
		DupMapKey:        cbor.DupMapKeyEnforcedAPF,
		IndefLength:      cbor.IndefLengthForbidden,
		TagsMd:           cbor.TagsForbidden,
		IntDec:           cbor.IntDecConvertSignedOrFail,
		MaxNestedLevels:  4, // CTAP 2.1 §8
		MaxArrayElements: 256,
		MaxMapPairs:      64,
	}.DecMode())
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err) // constant options of this package: wrong only if this file is
	}
	return v
}

// encode is v in the CTAP2 canonical CBOR encoding form (CTAP 2.1 §8).
func encode(v any) []byte { return must(encMode.Marshal(v)) }

// decodeMap reads the parameters of a command: one map in canonical form and nothing behind it.
func decodeMap(b []byte) (cmap, error) {
	var v any
	if err := decMode.Unmarshal(b, &v); err != nil {
		return nil, errInvalidCBOR
	}
	// There is one canonical form, so whatever encodes to other bytes did not have it.
	if again, err := encMode.Marshal(v); err != nil || !bytes.Equal(again, b) {
		return nil, errInvalidCBOR
	}
	m, ok := v.(cmap)
	if !ok {
		return nil, errUnexpectedType
	}
	return m, nil
}

// optional is the member of m under key, an int or a string, and whether there is one. A member of another type
// is CTAP2_ERR_CBOR_UNEXPECTED_TYPE.
func optional[T any](m cmap, key any) (T, bool, error) {
	var none T
	if i, ok := key.(int); ok {
		key = int64(i)
	}
	v, ok := m[key]
	if !ok {
		return none, false, nil
	}
	t, ok := v.(T)
	if !ok {
		return none, false, errUnexpectedType
	}
	return t, true, nil
}

// required is the member of m under key; without one it is CTAP2_ERR_MISSING_PARAMETER.
func required[T any](m cmap, key any) (T, error) {
	v, ok, err := optional[T](m, key)
	if err == nil && !ok {
		err = errMissingParameter
	}
	return v, err
}
