package fido

import (
	"context"
	"testing"

	"tapstation/device"
)

// scripted is a session with a card that answers as it is told.
type scripted struct {
	selected error
	info     func() ([]byte, error)
	answer   func(request []byte) ([]byte, error)
}

func (s *scripted) Reader() string                         { return "scripted" }
func (s *scripted) ATR() []byte                            { return nil }
func (s *scripted) UID(context.Context) ([]byte, error)    { return nil, nil }
func (s *scripted) Select(context.Context) ([]byte, error) { return []byte("U2F_V2"), s.selected }
func (s *scripted) Cost() device.Cost                      { return device.Cost{} }
func (s *scripted) Close() error                           { return nil }

func (s *scripted) CTAP2(_ context.Context, request []byte) ([]byte, error) {
	if request[0] == cmdGetInfo {
		return s.info()
	}
	return s.answer(request)
}

// capable is the getInfo of a card that can do everything this package asks of one and has a PIN.
func capable(t testing.TB) func() ([]byte, error) {
	answer := append([]byte{0}, encode(t, map[int]any{
		1: []string{"FIDO_2_1"}, 3: someAAGUID, 6: []int{1},
		4: map[string]bool{"rk": true, "clientPin": true, "credMgmt": true, "authnrCfg": true, "setMinPINLength": true},
	})...)
	return func() ([]byte, error) { return answer, nil }
}

var (
	someHash    = make([]byte, hashLen)
	someRequest = device.CredentialRequest{ClientDataHash: someHash, RPID: "example.org", UserHandle: []byte{1}, UserName: "u"}
)
