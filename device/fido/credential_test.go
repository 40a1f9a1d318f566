package fido

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/fxamacker/cbor/v2"

	"tapstation/device"
)

func ids(n, length int) [][]byte {
	ids := make([][]byte, n)
	for i := range ids {
		ids[i] = bytes.Repeat([]byte{byte(i + 1)}, length)
	}
	return ids
}

func TestListsFitTheKey(t *testing.T) {
	tests := []struct {
		name string
		ids  [][]byte
		info device.Info
		want []int // lengths of the lists
	}{
		{"none", nil, device.Info{MaxMsgSize: 1024}, nil},
		{"all in one", ids(4, 48), device.Info{MaxMsgSize: 1024}, []int{4}},
		{"by number", ids(5, 16), device.Info{MaxMsgSize: 2048, MaxCredentialsInList: 2}, []int{2, 2, 1}},
		{"by size", ids(5, 128), device.Info{MaxMsgSize: 1024}, []int{2, 2, 1}},
		{"too long ones are not on this key", append(ids(2, 64), ids(2, 65)...), device.Info{MaxMsgSize: 2048, MaxCredentialIDLen: 64}, []int{2}},
		{"empty ones are on none", [][]byte{nil, {1}, {}}, device.Info{MaxMsgSize: 2048}, []int{1}},
		{"a key that says it takes next to nothing", ids(3, 64), device.Info{MaxMsgSize: 1}, []int{1, 1, 1}},
	}
	for _, test := range tests {
		got := lists(test.ids, test.info)
		var lengths []int
		for _, l := range got {
			lengths = append(lengths, len(l))
		}
		if len(lengths) != len(test.want) {
			t.Errorf("%s: lists of %v, want %v", test.name, lengths, test.want)
			continue
		}
		for i := range lengths {
			if lengths[i] != test.want[i] {
				t.Errorf("%s: lists of %v, want %v", test.name, lengths, test.want)
				break
			}
		}
	}
}

func TestAlgorithmIsTheFirstWantedAndOffered(t *testing.T) {
	tests := []struct {
		wanted, offered []int
		want            int
	}{
		{nil, nil, -7},
		{[]int{-257, -7}, nil, -257},
		{[]int{-8, -7}, []int{-48, -7}, -7},
		{[]int{-48, -7}, []int{-48, -7}, -7}, // libfido2 does not know −48
		{[]int{-8}, []int{-7}, 0},
	}
	for _, test := range tests {
		got, err := choose(test.wanted, test.offered)
		if got != test.want || (test.want == 0) != errors.Is(err, device.ErrUnsupported) {
			t.Errorf("choose(%v, %v) = %d, %v, want %d", test.wanted, test.offered, got, err, test.want)
		}
	}
}

func TestNamesAreCutAtACharacter(t *testing.T) {
	for _, name := range []string{"", "short", strings.Repeat("a", 64), strings.Repeat("a", 65), strings.Repeat("é", 40),
		strings.Repeat("a", 63) + "é", strings.Repeat("語", 30)} {
		got := shorten(name)
		if len(got) > longestName || !utf8.ValidString(got) || !strings.HasPrefix(name, got) || len(name)-len(got) > 0 && len(got) < 61 {
			t.Errorf("shorten(%q) = %q", name, got)
		}
	}
}

func TestRequestsThatNoKeyShouldSee(t *testing.T) {
	c := NewCard(&scripted{info: capable(t), answer: func([]byte) ([]byte, error) {
		t.Error("the card was asked")
		return []byte{0x7F}, nil
	}})
	with := func(change func(*device.CredentialRequest)) device.CredentialRequest {
		req := someRequest
		change(&req)
		return req
	}
	for name, req := range map[string]device.CredentialRequest{
		"no hash":           with(func(r *device.CredentialRequest) { r.ClientDataHash = nil }),
		"no RP ID":          with(func(r *device.CredentialRequest) { r.RPID = "" }),
		"no user handle":    with(func(r *device.CredentialRequest) { r.UserHandle = nil }),
		"long user handle":  with(func(r *device.CredentialRequest) { r.UserHandle = make([]byte, 65) }),
		"no user name":      with(func(r *device.CredentialRequest) { r.UserName = "" }),
		"NUL in a name":     with(func(r *device.CredentialRequest) { r.UserDisplay = "a\x00b" }),
		"a name not UTF-8":  with(func(r *device.CredentialRequest) { r.RPName = "\xff" }),
		"unknown algorithm": with(func(r *device.CredentialRequest) { r.Algorithms = []int{-48} }),
		"NUL in the PIN":    with(func(r *device.CredentialRequest) { r.PIN = "12\x0034" }),
		"a PIN not UTF-8":   with(func(r *device.CredentialRequest) { r.PIN = "1234\xff" }),
		"too long a PIN":    with(func(r *device.CredentialRequest) { r.PIN = device.PIN(strings.Repeat("1", 64)) }),
	} {
		if _, err := c.MakeCredential(t.Context(), req); err == nil {
			t.Errorf("%s: it was taken", name)
		}
	}
	for name, req := range map[string]device.AssertionRequest{
		"no hash":        {RPID: "example.org"},
		"no RP ID":       {ClientDataHash: someHash},
		"NUL in the RP":  {ClientDataHash: someHash, RPID: "a\x00"},
		"only empty IDs": {ClientDataHash: someHash, RPID: "example.org", Allow: [][]byte{nil}},
	} {
		if _, err := c.GetAssertion(t.Context(), req); err == nil {
			t.Errorf("%s: it was taken", name)
		}
	}
	if err := c.DeleteCredential(t.Context(), nil, "1234"); !errors.Is(err, device.ErrNoCredentials) {
		t.Errorf("delete no credential: %v, want %v", err, device.ErrNoCredentials)
	}
	for _, pin := range []device.PIN{"", "123", "1\x00234", "12\xff34"} {
		if err := c.ChangePIN(t.Context(), "1234", pin); !errors.Is(err, device.ErrPINPolicy) {
			t.Errorf("a new PIN of %d bytes: %v, want %v", len(pin), err, device.ErrPINPolicy)
		}
	}
}

// An attestation that libfido2 cannot read, for its format or its length, is not its to refuse.
func TestAttestationBeyondLibfido2(t *testing.T) {
	id := []byte{1, 2, 3}
	for name, answer := range map[string]map[int]any{
		"format":    {1: "compound", 2: authDataWith(t, id), 3: map[string]any{}},
		"algorithm": {1: "packed", 2: authDataWith(t, id), 3: map[string]any{"alg": -48, "sig": []byte{1}}},
		"length": {1: "packed", 2: authDataWith(t, id), 3: map[string]any{"alg": -7, "sig": []byte{1},
			"x5c": [][]byte{make([]byte, 3000), make([]byte, 3000)}}},
	} {
		c := NewCard(&scripted{info: capable(t), answer: func([]byte) ([]byte, error) {
			return append([]byte{0}, encode(t, answer)...), nil
		}})
		cred, err := c.MakeCredential(t.Context(), someRequest)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if want := encode(t, answer[3]); !bytes.Equal(cred.ID, id) || !bytes.Equal(cred.Statement, want) {
			t.Errorf("%s: credential %x with statement %.40x…, want %x and %.40x…", name, cred.ID, cred.Statement, id, want)
		}
	}
}

// A longer exclude list than the key takes is asked about in portions, silently, before anything is made.
func TestLongExcludeListIsAskedInPortions(t *testing.T) {
	excluded := ids(5, 20)
	var asked [][]byte
	var made int
	session := &scripted{
		info: func() ([]byte, error) {
			return append([]byte{0}, encode(t, map[int]any{1: []string{"FIDO_2_0"}, 3: someAAGUID, 7: 2})...), nil
		},
		answer: func(request []byte) ([]byte, error) {
			if request[0] == cmdMakeCredential {
				made++
				return append([]byte{0}, encode(t, map[int]any{1: "none", 2: authDataWith(t, []byte{9}), 3: map[string]any{}})...), nil
			}
			var r struct {
				Allow []struct {
					ID []byte `cbor:"id"`
				} `cbor:"3,keyasint"`
				Options map[string]bool `cbor:"5,keyasint"`
			}
			if err := cbor.Unmarshal(request[1:], &r); err != nil {
				t.Errorf("request %x: %v", request, err)
			}
			if up, told := r.Options["up"]; !told || up || len(r.Allow) > 2 {
				t.Errorf("request with %v and %d IDs, want it silent and of at most 2", r.Options, len(r.Allow))
			}
			for _, a := range r.Allow {
				asked = append(asked, a.ID)
			}
			return []byte{statusNoCredentials}, nil
		},
	}
	req := someRequest
	req.Exclude = excluded
	if _, err := NewCard(session).MakeCredential(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(bytes.Join(asked, nil), bytes.Join(excluded, nil)) || made != 1 {
		t.Errorf("asked about %x and made %d, want %x and 1", asked, made, excluded)
	}
}
