package boltfile

import (
	"errors"
	"fmt"
	"time"

	"github.com/fxamacker/cbor/v2"

	"tapstation/app/directory"
)

// Records are kept as CBOR maps with small integer keys: a third of the size of JSON and several times as fast, and
// a field can be added or dropped without touching the others. A key is never used again for something else.
//
// A record with a field this version does not know is refused as damaged, and not read without it: writing it back
// would lose the field. A version that adds a field therefore raises the version of the bucket (see Schema).
//
// Times are microseconds since the zero time, January 1 of year 1, which therefore is 0.

// MaxRecord is the size in bytes of the largest record kept. What people can type stays far below.
const MaxRecord = 1 << 20

// ErrTooLarge is a record that is more than can be kept.
var ErrTooLarge = errors.New("the record is too large")

var (
	encoding = must(cbor.CoreDetEncOptions().EncMode())
	decoding = must(cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		IndefLength:       cbor.IndefLengthForbidden,
		TagsMd:            cbor.TagsForbidden,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
		UTF8:              cbor.UTF8RejectInvalid,
		MaxNestedLevels:   8,
		MaxArrayElements:  MaxRecord, // cannot be more than bytes
		MaxMapPairs:       MaxRecord,
	}.DecMode())
)

func must[T any](mode T, err error) T {
	if err != nil {
		panic(err) // options are constants
	}
	return mode
}

// Encode makes the bytes of a record. It fails with ErrTooLarge, and on what Decode would not take back, like a string
// that is not UTF-8.
func Encode[R any](r R) ([]byte, error) {
	raw, err := encoding.Marshal(r)
	if err != nil {
		return nil, err
	}
	if len(raw) > MaxRecord {
		return nil, fmt.Errorf("%w: %d bytes", ErrTooLarge, len(raw))
	}
	if err := decoding.Unmarshal(raw, new(R)); err != nil {
		return nil, fmt.Errorf("a record that could not be read again: %w", err)
	}
	return raw, nil
}

// Decode is the record in raw, which may come from a damaged file; directory.ErrDamaged.
func Decode[R any](raw []byte) (R, error) {
	var r R
	if len(raw) > MaxRecord {
		return r, fmt.Errorf("%w: a record of %d bytes", directory.ErrDamaged, len(raw))
	}
	if err := decoding.Unmarshal(raw, &r); err != nil {
		return r, fmt.Errorf("%w: %w", directory.ErrDamaged, err)
	}
	return r, nil
}

// Instant is a time as it is kept.
type Instant int64

// year1 is the zero time in microseconds since 1970.
var year1 = time.Time{}.UnixMicro()

// InstantOf is t to the microsecond.
func InstantOf(t time.Time) Instant { return Instant(t.UnixMicro() - year1) }

// Time is the instant in UTC.
func (i Instant) Time() time.Time { return time.UnixMicro(int64(i) + year1).UTC() }
