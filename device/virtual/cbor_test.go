package virtual

import (
	"strings"
	"testing"
)

func TestCBORIsReadStrictly(t *testing.T) {
	for _, tt := range []struct {
		name, body string // of clientPIN
		want       status
	}{
		{"nothing", "", errInvalidCBOR},
		{"no map", "80", errUnexpectedType},
		{"an integer", "01", errUnexpectedType},
		{"an empty map", "A0", errMissingParameter},
		{"getPINRetries", "A10201", statusOK},
		{"with an unknown member", "A302010418630418", errInvalidCBOR},
		{"trailing byte", "A1020100", errInvalidCBOR},
		{"cut short", "A102", errInvalidCBOR},
		{"subcommand as text", "A1026131", errUnexpectedType},
		{"subcommand as bytes", "A1024101", errUnexpectedType},
		{"subcommand as truth", "A102F5", errUnexpectedType},
		{"subcommand as null", "A102F6", errUnexpectedType},
		{"subcommand undefined", "A102F7", errInvalidCBOR},
		{"subcommand as a float", "A102FB3FF8000000000000", errUnexpectedType},
		{"negative subcommand", "A10220", errInvalidSubcommand},
		{"integer longer than it need be", "A1021801", errInvalidCBOR},
		{"key longer than it need be", "A1180201", errInvalidCBOR},
		{"keys out of order", "A202010102", errInvalidCBOR},
		{"the same key twice", "A202010201", errInvalidCBOR},
		{"map of indefinite length", "BF0201FF", errInvalidCBOR},
		{"tagged", "A102C101", errInvalidCBOR},
		{"text that is no UTF-8", "A2020161FF01", errInvalidCBOR},
		{"too deep", "A202010381818181818100", errInvalidCBOR},
		{"array with the length of all memory", "A202010A9BFFFFFFFFFFFFFFFF", errInvalidCBOR},
		{"integer that fits nothing", "A1021BFFFFFFFFFFFFFFFF", errInvalidCBOR},
		{"integer far out of range", "A1021B7FFFFFFFFFFFFFFF", errInvalidSubcommand},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPlatform(t, Options{})
			if got, _ := p.raw(cmdClientPIN, unhex(t, tt.body)); got != tt.want {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
}

func TestMissingAndMistypedParameters(t *testing.T) {
	for _, command := range []struct {
		name string
		code byte
		make func(p *platform) map[int]any
		// required are the members that must be there; all of them, and optional ones, must have their type.
		required, optional []int
	}{
		{"makeCredential", cmdMakeCredential,
			func(p *platform) map[int]any { return p.creationOf("example.org", "alice", nil) },
			[]int{1, 2, 3, 4}, []int{5, 6, 7, 8}},
		{"getAssertion", cmdGetAssertion,
			func(p *platform) map[int]any { return p.assertionOf("example.org", nil) },
			[]int{1, 2}, []int{3, 4, 5, 6}},
		{"setPIN", cmdClientPIN,
			func(p *platform) map[int]any {
				s := p.agree()
				return map[int]any{1: 2, 2: 3, 3: s.key, 4: make([]byte, 32), 5: make([]byte, 80)}
			},
			[]int{1, 2, 3, 4, 5}, nil},
		{"config", cmdConfig,
			func(p *platform) map[int]any { return map[int]any{1: 3, 2: map[int]any{1: 4}} },
			[]int{1}, []int{2}},
	} {
		p := newPlatform(t, Options{})
		for _, key := range command.required {
			m := command.make(p)
			delete(m, key)
			if got, _ := p.ctap(command.code, m); got != errMissingParameter {
				t.Errorf("%s without member %d: %v, want %v", command.name, key, got, errMissingParameter)
			}
		}
		for _, key := range append(command.required, command.optional...) {
			m := command.make(p)
			m[key] = 1.5
			if got, _ := p.ctap(command.code, m); got != errUnexpectedType {
				t.Errorf("%s with a number in member %d: %v, want %v", command.name, key, got, errUnexpectedType)
			}
		}
	}
}

func TestMistypedMembersOfMakeCredential(t *testing.T) {
	long := strings.Repeat("x", 65)
	for _, tt := range []struct {
		name string
		key  int
		with any
		want status
	}{
		{"hash too short", 1, make([]byte, 31), errInvalidLength},
		{"relying party without ID", 2, map[string]any{"name": "x"}, errMissingParameter},
		{"relying party ID of bytes", 2, map[string]any{"id": []byte("x")}, errUnexpectedType},
		{"relying party name of bytes", 2, map[string]any{"id": "x", "name": []byte("x")}, errUnexpectedType},
		{"user without ID", 3, map[string]any{"name": "x"}, errMissingParameter},
		{"user ID of text", 3, map[string]any{"id": "x"}, errUnexpectedType},
		{"empty user ID", 3, map[string]any{"id": []byte{}}, errInvalidLength},
		{"user ID of 65 bytes", 3, map[string]any{"id": []byte(long)}, errInvalidLength},
		{"user name of bytes", 3, map[string]any{"id": []byte("x"), "name": []byte("x")}, errUnexpectedType},
		{"no algorithms", 4, []any{}, errUnsupportedAlgorithm},
		{"unknown algorithm", 4, []any{map[string]any{"alg": -48, "type": "public-key"}}, errUnsupportedAlgorithm},
		{"known algorithm of another type", 4, []any{map[string]any{"alg": -7, "type": "secret"}}, errUnsupportedAlgorithm},
		{"algorithm without type", 4, []any{map[string]any{"alg": -7}}, errInvalidCBOR},
		{"something wrong behind the right algorithm", 4,
			[]any{map[string]any{"alg": -7, "type": "public-key"}, map[string]any{"alg": "ES256", "type": "public-key"}}, errUnexpectedType},
		{"algorithm that is no map", 4, []any{-7}, errUnexpectedType},
		{"excluded without ID", 5, []any{map[string]any{"type": "public-key"}}, errMissingParameter},
		{"excluded that is no map", 5, []any{[]byte{1}}, errUnexpectedType},
		{"nine excluded", 5, repeat(9, map[string]any{"id": []byte{1}, "type": "public-key"}), errLimitExceeded},
		{"credProtect of text", 6, map[string]any{"credProtect": "3"}, errUnexpectedType},
		{"credProtect 4", 6, map[string]any{"credProtect": 4}, errInvalidOption},
		{"hmac-secret of a number", 6, map[string]any{"hmac-secret": 1}, errUnexpectedType},
		{"rk of a number", 7, map[string]any{"rk": 1}, errUnexpectedType},
		{"uv", 7, map[string]any{"uv": true}, errInvalidOption},
		{"without presence", 7, map[string]any{"up": false}, errInvalidOption},
		{"no uv", 7, map[string]any{"uv": false}, statusOK},
		{"unknown option", 7, map[string]any{"xx": true}, statusOK},
		{"PIN without protocol", 8, make([]byte, 32), errMissingParameter},
		{"PIN protocol without PIN", 9, 2, statusOK},
		{"enterprise attestation", 10, 1, errInvalidParameter},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPlatform(t, Options{})
			m := p.creationOf("example.org", "alice", nil)
			m[tt.key] = tt.with
			p.want(tt.want, cmdMakeCredential, m)
			if want := 0; tt.want != statusOK && p.card.Credentials() != want {
				t.Errorf("a refused command left a credential")
			}
		})
	}
}

func repeat(n int, v any) (list []any) {
	for range n {
		list = append(list, v)
	}
	return list
}
