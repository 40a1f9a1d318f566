package fido

import (
	"errors"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/google/go-cmp/cmp"

	"tapstation/device"
)

// encode is v in CTAP2 canonical CBOR.
func encode(t testing.TB, v any) []byte {
	t.Helper()
	b, err := encoder.Marshal(v)
	if err != nil {
		t.Fatalf("encode %v: %v", v, err)
	}
	return b
}

type publicKeyParameter struct {
	Alg  int    `cbor:"alg"`
	Type string `cbor:"type"`
}

var someAAGUID = []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}

func TestInfoIsReadWhole(t *testing.T) {
	answer := encode(t, map[int]any{
		1: []string{"U2F_V2", "FIDO_2_1"}, 2: []string{"credProtect"}, 3: someAAGUID,
		4: map[string]bool{"rk": true, "clientPin": false, "up": false}, 5: 1200, 6: []int{2, 1}, 7: 8, 8: 96,
		9: []string{"nfc"}, 10: []publicKeyParameter{{-48, "public-key"}, {-7, "public-key"}},
		12: true, 13: 6, 14: 0x050403, 20: 12,
	})
	got, err := parseInfo(answer)
	if err != nil {
		t.Fatal(err)
	}
	want := device.Info{
		Versions: []string{"U2F_V2", "FIDO_2_1"}, Extensions: []string{"credProtect"}, AAGUID: [16]byte(someAAGUID),
		Options:    map[string]bool{"rk": true, "clientPin": false, "up": false},
		MaxMsgSize: 1200, PINProtocols: []int{2, 1}, Algorithms: []int{-48, -7}, Transports: []string{"nfc"},
		MinPINLength: 6, ForcePIN: true, FirmwareMajor: 0x050403, RemainingCredentials: 12,
		MaxCredentialsInList: 8, MaxCredentialIDLen: 96,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("info (-want +got):\n%s", diff)
	}
}

func TestInfoTakesWhatRealCardsAnswer(t *testing.T) {
	bare := func() map[any]any { return map[any]any{1: []string{"FIDO_2_0"}, 3: make([]byte, 16)} }
	with := func(key, value any) map[any]any { m := bare(); m[key] = value; return m }
	tests := map[string]struct {
		answer []byte
		check  func(device.Info) bool
	}{
		"almost nothing": {encode(t, bare()), func(i device.Info) bool {
			return i.MaxMsgSize == 1024 && i.MinPINLength == 4 && i.RemainingCredentials == -1 && !i.PINCapable()
		}},
		"zero AAGUID":            {encode(t, bare()), func(i device.Info) bool { return i.AAGUID == [16]byte{} }},
		"zero message size":      {encode(t, with(5, 0)), func(i device.Info) bool { return i.MaxMsgSize == 1024 }},
		"enormous message size":  {encode(t, with(5, uint64(1)<<63)), func(i device.Info) bool { return i.MaxMsgSize > 0 }},
		"unknown member":         {encode(t, with(99, []any{"x", map[any]any{1: 2}})), func(device.Info) bool { return true }},
		"member named by text":   {encode(t, with("vendor", true)), func(device.Info) bool { return true }},
		"member named by bytes":  {encode(t, with(cbor.ByteString("v"), 1)), func(device.Info) bool { return true }},
		"option that is no bool": {encode(t, with(4, map[string]any{"rk": true, "x": "y"})), func(i device.Info) bool { return i.Option("rk") && len(i.Options) == 1 }},
		"protocols backwards":    {encode(t, with(6, []int{2, 1})), func(i device.Info) bool { return len(i.PINProtocols) == 2 }},
		"protocol of the future": {encode(t, with(6, []int{70000, 1})), func(i device.Info) bool { return len(i.PINProtocols) == 2 }},
		"algorithm of a new type": {encode(t, with(10, []publicKeyParameter{{-7, "new"}, {-7, "public-key"}})),
			func(i device.Info) bool { return len(i.Algorithms) == 1 }},
		"no room left": {encode(t, with(20, 0)), func(i device.Info) bool { return i.RemainingCredentials == 0 }},
		"bytes follow": {append(encode(t, bare()), 0, 0), func(device.Info) bool { return true }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			info, err := parseInfo(test.answer)
			if err != nil {
				t.Fatalf("parseInfo(%x) = %v, want it taken", test.answer, err)
			}
			if !test.check(info) {
				t.Errorf("parseInfo(%x) = %+v", test.answer, info)
			}
			if _, err := digest(info); err != nil {
				t.Errorf("libfido2 cannot be told: %v", err)
			}
		})
	}
}

func TestHostileInfoIsMalformed(t *testing.T) {
	aaguid := make([]byte, 16)
	tests := map[string][]byte{
		"nothing":           nil,
		"not CBOR":          {0xFF},
		"not a map":         encode(t, []int{1}),
		"cut short":         encode(t, map[int]any{1: []string{"FIDO_2_0"}, 3: aaguid})[:20],
		"no versions":       encode(t, map[int]any{3: aaguid}),
		"no AAGUID":         encode(t, map[int]any{1: []string{"FIDO_2_0"}}),
		"short AAGUID":      encode(t, map[int]any{1: []string{"FIDO_2_0"}, 3: aaguid[:15]}),
		"versions a number": encode(t, map[int]any{1: 5, 3: aaguid}),
		"huge PIN minimum":  encode(t, map[int]any{1: []string{"FIDO_2_0"}, 3: aaguid, 13: 1 << 40}),
		"a key twice":       {0xA2, 0x05, 0x01, 0x05, 0x02},
		"endless map":       {0xBF, 0x01, 0x80, 0xFF},
		"a promise of 2^60": {0xA1, 0x01, 0x9B, 0x10, 0, 0, 0, 0, 0, 0, 0},
		"nested too deep":   {0xA1, 0x18, 0x63, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x00},
	}
	for name, answer := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := parseInfo(answer)
			var malformed *device.MalformedError
			if !errors.As(err, &malformed) || malformed.What != "getInfo" {
				t.Errorf("parseInfo(%x) = %v, want a malformed getInfo", answer, err)
			}
		})
	}
}

func FuzzInfo(f *testing.F) {
	f.Add(encode(f, map[int]any{1: []string{"FIDO_2_0"}, 3: someAAGUID, 4: map[string]bool{"rk": true}, 6: []int{1, 2}}))
	f.Add(encode(f, map[int]any{1: []string{"FIDO_2_1"}, 3: someAAGUID,
		10: []publicKeyParameter{{-7, "public-key"}}, 12: true, 13: 4, 14: 1, 20: 3}))
	f.Add([]byte{0xBF, 0xFF})
	f.Fuzz(func(t *testing.T, answer []byte) {
		info, err := parseInfo(answer)
		if err != nil {
			var malformed *device.MalformedError
			if !errors.As(err, &malformed) {
				t.Fatalf("parseInfo(%x) = %v, want a *device.MalformedError", answer, err)
			}
			return
		}
		told, err := digest(info)
		if err != nil {
			return
		}
		// What libfido2 is told must say the same.
		again, err := parseInfo(told[1:])
		if err != nil {
			t.Fatalf("parseInfo(digest) of %x: %v", answer, err)
		}
		if again.MaxMsgSize != info.MaxMsgSize || again.AAGUID != info.AAGUID || !cmp.Equal(again.Options, info.Options) {
			t.Fatalf("digest of %x says %+v, want %+v", answer, again, info)
		}
	})
}
