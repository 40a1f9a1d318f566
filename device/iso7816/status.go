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
	WrongParameters      SW = 0x6B00
	INSNotSupported      SW = 0x6D00
	CLANotSupported      SW = 0x6E00
	NoDiagnosis          SW = 0x6F00
)

// Meaning is what ISO 7816-4 §5.6 and CTAP 2.1 §11.3 say of sw, in a few words; empty where they say nothing.
func (sw SW) Meaning() string {
	if m, exact := meanings[sw]; exact {
		return m
	}
	return families[byte(sw>>8)]
}

var meanings = map[SW]string{
	OK:                   "done",
	KeepAlive:            "still at work",
	0x6281:               "part of the answer may be corrupted",
	0x6283:               "the application is deactivated",
	0x6285:               "the application is terminated",
	0x6581:               "memory failure",
	WrongLength:          "wrong length",
	0x6881:               "logical channel not supported",
	0x6882:               "secure messaging not supported",
	LastCommandExpected:  "the last command of a chain was expected",
	ChainingNotSupported: "command chaining not supported",
	SecurityNotSatisfied: "security status not satisfied",
	0x6983:               "authentication method blocked",
	0x6984:               "reference data not usable",
	ConditionsNotMet:     "conditions of use not satisfied",
	0x6986:               "command not allowed",
	0x6999:               "application cannot be selected",
	WrongData:            "wrong data",
	FunctionNotSupported: "function not supported",
	FileNotFound:         "application not found",
	0x6A84:               "not enough memory",
	WrongP1P2:            "wrong parameters P1-P2",
	0x6A87:               "length inconsistent with P1-P2",
	0x6A88:               "referenced data not found",
	WrongParameters:      "wrong parameters",
	INSNotSupported:      "instruction not supported",
	CLANotSupported:      "class not supported",
	NoDiagnosis:          "internal error",
}

var families = map[byte]string{
	0x61: "more data available",
	0x62: "warning, nothing changed",
	0x63: "warning, something changed",
	0x64: "execution error, nothing changed",
	0x65: "execution error, something changed",
	0x66: "security problem",
	0x68: "function in the class not supported",
	0x69: "command not allowed",
	0x6A: "wrong parameters",
	0x6C: "wrong expected length",
}

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
