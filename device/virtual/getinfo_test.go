package virtual

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/fxamacker/cbor/v2"
)

func TestGetInfo(t *testing.T) {
	aaguid := [16]byte{1, 2, 3}
	for _, tt := range []struct {
		name    string
		options Options
		want    map[int]any
	}{
		{"CTAP 2.1", Options{AAGUID: aaguid}, map[int]any{
			1: []string{"FIDO_2_0", "FIDO_2_1_PRE", "FIDO_2_1"},
			2: []string{"credProtect", "hmac-secret", "minPinLength"},
			3: aaguid[:],
			4: map[string]bool{
				"plat": false, "rk": true, "up": true, "clientPin": false, "credMgmt": true, "credentialMgmtPreview": true,
				"authnrCfg": true, "setMinPINLength": true, "pinUvAuthToken": true, "alwaysUv": false, "makeCredUvNotRqd": false,
			},
			5: 2048, 6: []int{2, 1}, 7: 8, 8: 62, 9: []string{"nfc"},
			10: []any{map[string]any{"alg": -7, "type": "public-key"}},
			12: false, 13: 4, 14: 1, 16: 4, 20: 25,
		}},
		{"CTAP 2.0", Options{Version: FIDO20, PINProtocols: []int{1}, MaxMsgSize: MaxMsgSizeUntold}, map[int]any{
			1: []string{"FIDO_2_0"}, 2: []string{"hmac-secret"}, 3: make([]byte, 16),
			4: map[string]bool{"plat": false, "rk": true, "up": true, "clientPin": false},
			6: []int{1},
		}},
		{"drafts of 2.1", Options{Version: FIDO21Pre, MaxMsgSize: 1200}, map[int]any{
			1: []string{"FIDO_2_0", "FIDO_2_1_PRE"}, 2: []string{"credProtect", "hmac-secret"}, 3: make([]byte, 16),
			4: map[string]bool{"plat": false, "rk": true, "up": true, "clientPin": false, "credentialMgmtPreview": true},
			5: 1200, 6: []int{2, 1}, 7: 8, 8: 62, 9: []string{"nfc"},
			10: []any{map[string]any{"alg": -7, "type": "public-key"}},
		}},
		{"no PIN", Options{NoPIN: true, Capacity: 3}, map[int]any{
			1: []string{"FIDO_2_0", "FIDO_2_1_PRE", "FIDO_2_1"}, 2: []string{"credProtect"}, 3: make([]byte, 16),
			4: map[string]bool{"plat": false, "rk": true, "up": true, "makeCredUvNotRqd": false},
			5: 2048, 7: 8, 8: 62, 9: []string{"nfc"},
			10: []any{map[string]any{"alg": -7, "type": "public-key"}},
			14: 1, 20: 3,
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPlatform(t, tt.options)
			_, raw := p.raw(cmdGetInfo, nil)
			if want := encode(tt.want); !bytes.Equal(raw, want) {
				var got any
				if err := cbor.Unmarshal(raw, &got); err != nil {
					t.Fatal(err)
				}
				t.Errorf("answered\n%v, want\n%v", got, tt.want)
			}
		})
	}
}

func TestGetInfoFollowsTheCard(t *testing.T) {
	p := withPIN(t, Options{Capacity: 2})
	p.register(p.creationOf("example.org", "alice", p.token("1234", 1, "example.org")))
	answer := p.must(cmdGetInfo, nil)
	if left := field[int](p, answer, 0x14); left != 1 {
		t.Errorf("room for %d, want 1", left)
	}
	if options := field[map[string]bool](p, answer, 4); !options["clientPin"] {
		t.Errorf("options %v, want clientPin", options)
	}
}

func TestOptionsThatMakeNoCard(t *testing.T) {
	for _, o := range []Options{
		{Version: 9}, {Attestation: 9}, {SelectAnswer: "U2F"}, {MaxMsgSize: 100}, {MinPINLength: 3}, {MinPINLength: 64},
		{Capacity: -1}, {KeepAlive: -1}, {PINProtocols: []int{3}}, {PINProtocols: []int{1, 1}},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("a card of %+v", reflect.ValueOf(o))
		}
	}
}
