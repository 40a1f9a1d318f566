package fido

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/fxamacker/cbor/v2"

	"tapstation/device"
)

// What a getInfo answer does not say counts as this (CTAP 2.1 §6.4).
const (
	defaultMaxMsgSize   = 1024 // bytes
	defaultMinPINLength = 4    // Unicode code points
)

// longestInfo is how much libfido2 takes for an answer to getInfo (FIDO_MAXMSG), status included, in bytes.
const longestInfo = 2048

// infoAnswer is the answer to authenticatorGetInfo (CTAP 2.1 §6.4), as far as the station uses it.
type infoAnswer struct {
	Versions             []string                   `cbor:"1,keyasint"`
	Extensions           []string                   `cbor:"2,keyasint,omitempty"`
	AAGUID               []byte                     `cbor:"3,keyasint"`
	Options              map[string]cbor.RawMessage `cbor:"4,keyasint,omitempty"`
	MaxMsgSize           *uint64                    `cbor:"5,keyasint,omitempty"`
	PINProtocols         []uint64                   `cbor:"6,keyasint,omitempty"`
	MaxCredentialsInList uint64                     `cbor:"7,keyasint,omitempty"`
	MaxCredentialIDLen   uint64                     `cbor:"8,keyasint,omitempty"`
	Transports           []string                   `cbor:"9,keyasint,omitempty"`
	Algorithms           []struct {
		Type string `cbor:"type"`
		Alg  int64  `cbor:"alg"`
	} `cbor:"10,keyasint,omitempty"`
	ForcePINChange       bool    `cbor:"12,keyasint,omitempty"`
	MinPINLength         uint64  `cbor:"13,keyasint,omitempty"`
	FirmwareVersion      uint64  `cbor:"14,keyasint,omitempty"`
	RemainingCredentials *uint64 `cbor:"20,keyasint,omitempty"`
}

// parseInfo reads a getInfo answer, without its status. It takes what it does not know for granted: further members,
// options that are no booleans, algorithms and PIN protocols of any number.
func parseInfo(answer []byte) (device.Info, error) {
	var a infoAnswer
	if err := unmarshal("getInfo", answer, &a); err != nil {
		return device.Info{}, err
	}
	malformed := func(format string, args ...any) (device.Info, error) {
		return device.Info{}, &device.MalformedError{What: "getInfo", Err: fmt.Errorf(format, args...)}
	}
	if len(a.Versions) == 0 {
		return malformed("no versions")
	}
	if len(a.AAGUID) != 16 {
		return malformed("an AAGUID of %d bytes", len(a.AAGUID))
	}
	if a.MinPINLength > 63 {
		return malformed("a minimum PIN length of %d", a.MinPINLength)
	}
	info := device.Info{
		Versions:             a.Versions,
		Extensions:           a.Extensions,
		AAGUID:               [16]byte(a.AAGUID),
		Options:              make(map[string]bool, len(a.Options)),
		MaxMsgSize:           defaultMaxMsgSize,
		Transports:           a.Transports,
		MinPINLength:         defaultMinPINLength,
		ForcePIN:             a.ForcePINChange,
		FirmwareMajor:        a.FirmwareVersion,
		RemainingCredentials: -1,
		MaxCredentialsInList: clamp(a.MaxCredentialsInList),
		MaxCredentialIDLen:   clamp(a.MaxCredentialIDLen),
	}
	for name, raw := range a.Options {
		var on bool
		if err := decoder.Unmarshal(raw, &on); err == nil {
			info.Options[name] = on
		}
	}
	for _, p := range a.PINProtocols {
		info.PINProtocols = append(info.PINProtocols, clamp(p))
	}
	for _, alg := range a.Algorithms {
		if alg.Type == "public-key" && alg.Alg >= math.MinInt32 && alg.Alg <= math.MaxInt32 {
			info.Algorithms = append(info.Algorithms, int(alg.Alg))
		}
	}
	if a.MaxMsgSize != nil && *a.MaxMsgSize > 0 {
		info.MaxMsgSize = clamp(*a.MaxMsgSize)
	}
	if a.MinPINLength > 0 {
		info.MinPINLength = int(a.MinPINLength)
	}
	if a.RemainingCredentials != nil {
		info.RemainingCredentials = clamp(*a.RemainingCredentials)
	}
	return info, nil
}

// speaksFIDO2 tells whether the key has CTAP2 at all: one may answer the selection with U2F_V2 and have it.
func speaksFIDO2(info device.Info) bool {
	return slices.ContainsFunc(info.Versions, func(v string) bool { return strings.HasPrefix(v, "FIDO_2_") })
}

// digest is the getInfo answer, status included, that libfido2 is given: what it looks at, in the encoding it reads,
// so that a peculiarity in a member nobody needs does not make it fall back to U2F.
func digest(info device.Info) ([]byte, error) {
	a := struct {
		Versions     []string        `cbor:"1,keyasint"`
		Extensions   []string        `cbor:"2,keyasint,omitempty"`
		AAGUID       []byte          `cbor:"3,keyasint"`
		Options      map[string]bool `cbor:"4,keyasint,omitempty"`
		MaxMsgSize   int             `cbor:"5,keyasint"`
		PINProtocols []int           `cbor:"6,keyasint,omitempty"`
	}{info.Versions, info.Extensions, info.AAGUID[:], info.Options, info.MaxMsgSize, nil}
	for _, p := range info.PINProtocols {
		if p == 1 || p == 2 {
			a.PINProtocols = append(a.PINProtocols, p)
		}
	}
	body, err := encoder.Marshal(a)
	if err != nil {
		return nil, &device.MalformedError{What: "getInfo", Err: err}
	}
	if len(body) >= longestInfo {
		return nil, &device.MalformedError{What: "getInfo", Err: errors.New("too long")}
	}
	return append([]byte{0}, body...), nil
}

func clamp(n uint64) int { return int(min(n, math.MaxInt32)) }
