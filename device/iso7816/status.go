package iso7816

import "encoding/binary"

// SW is a status word (ISO 7816-4 §5.6).
type SW uint16

// The status words this project sends or tells apart.
const (
	OK                   SW = 0x9000
	KeepAlive            SW = 0x9100 // NFCCTAP_MSG still at work (CTAP 2.1 §11.3.7.1)
	WrongLength          SW = 0x6700
	ChainingNotSupported SW = 0x6884
	LastCommandExpected  SW = 0x6883
	SecurityNotSatisfied SW = 0x6982
	ConditionsNotMet     SW = 0x6985
	WrongData            SW = 0x6A80
	FunctionNotSupported SW = 0x6A81
	FileNotFound         SW = 0x6A82
	WrongP1P2            SW = 0x6A86
	INSNotSupported      SW = 0x6D00
	CLANotSupported      SW = 0x6E00
	NoDiagnosis          SW = 0x6F00
)

// More is how many bytes GET RESPONSE can still fetch, and whether sw says so at all (61xx; 6100: 256 or more).
func (sw SW) More() (int, bool) {
	if sw>>8 != 0x61 {
		return 0, false
	}
	return ne(int(sw&0xFF), MaxShortNe), true
}

// ExactLength is the Ne the card wants instead, and whether sw says so at all (6Cxx).
func (sw SW) ExactLength() (int, bool) {
	if sw>>8 != 0x6C {
		return 0, false
	}
	return ne(int(sw&0xFF), MaxShortNe), true
}

// Response is a response APDU.
type Response struct {
	Data []byte
	SW   SW
}

// ParseResponse splits an answer into data and status word. Data aliases b.
func ParseResponse(b []byte) (Response, error) {
	if len(b) < 2 {
		return Response{}, ErrMalformed
	}
	n := len(b) - 2
	return Response{Data: b[:n:n], SW: SW(binary.BigEndian.Uint16(b[n:]))}, nil
}

// Bytes is the answer as it goes over the wire.
func (r Response) Bytes() []byte {
	return binary.BigEndian.AppendUint16(append(make([]byte, 0, len(r.Data)+2), r.Data...), uint16(r.SW))
}
