package virtual

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
)

const rp = "example.org"

func exclude(ids ...[]byte) func(map[int]any) {
	return func(m map[int]any) {
		var list []any
		for _, id := range ids {
			list = append(list, map[string]any{"id": id, "type": "public-key"})
		}
		m[5] = list
	}
}

func extension(name string, value any) func(map[int]any) {
	return func(m map[int]any) { m[6] = map[string]any{name: value} }
}

func notDiscoverable(m map[int]any) { delete(m, 7) }

func TestExcludeList(t *testing.T) {
	p := newPlatform(t, Options{})
	id := p.register(p.creationOf(rp, "alice", nil))
	server := p.register(p.creationOf(rp, "bob", nil, notDiscoverable))
	stranger := make([]byte, credentialIDLength)
	p.want(errCredentialExcluded, cmdMakeCredential, p.creationOf(rp, "carol", nil, exclude(stranger, id)))
	p.want(errCredentialExcluded, cmdMakeCredential, p.creationOf(rp, "carol", nil, exclude(server)))
	p.must(cmdMakeCredential, p.creationOf(rp, "carol", nil, exclude(stranger, []byte{1})))
	p.must(cmdMakeCredential, p.creationOf("example.com", "carol", nil, exclude(id, server))) // another relying party's
	otherType := func(m map[int]any) { m[5] = []any{map[string]any{"id": id, "type": "something-else"}} }
	p.must(cmdMakeCredential, p.creationOf(rp, "dave", nil, otherType))
}

// CTAP 2.1 §6.1.2 step 12: a protected credential does not show itself to whoever has not given the PIN.
func TestProtectedCredentialIsExcludedForItsOwnerOnly(t *testing.T) {
	p := withPIN(t, Options{UVNotRequired: true})
	token := func() []byte { return p.token("1234", 1, rp) }
	id := p.register(p.creationOf(rp, "alice", token(), extension("credProtect", 3)))
	p.must(cmdMakeCredential, p.creationOf(rp, "bob", nil, exclude(id), notDiscoverable))
	p.want(errCredentialExcluded, cmdMakeCredential, p.creationOf(rp, "bob", token(), exclude(id)))
}

func TestCredProtect(t *testing.T) {
	for _, tt := range []struct {
		level                    int
		listed, discovered       status // without the PIN
		listedPIN, discoveredPIN status
	}{
		{0, statusOK, statusOK, statusOK, statusOK},
		{1, statusOK, statusOK, statusOK, statusOK},
		{2, statusOK, errNoCredentials, statusOK, statusOK},
		{3, errNoCredentials, errNoCredentials, statusOK, statusOK},
	} {
		p := withPIN(t, Options{})
		m := p.creationOf(rp, "alice", p.token("1234", 1, rp))
		if tt.level > 0 {
			extension("credProtect", tt.level)(m)
		}
		object := p.registered(rp, m, true)
		id := object.AuthData.AttData.CredentialID
		checkExtension(t, object.AuthData.ExtData, "credProtect", tt.level)
		p.want(tt.listed, cmdGetAssertion, p.assertionOf(rp, nil, id))
		p.want(tt.discovered, cmdGetAssertion, p.assertionOf(rp, nil))
		p.want(tt.listedPIN, cmdGetAssertion, p.assertionOf(rp, p.token("1234", 2, rp), id))
		p.want(tt.discoveredPIN, cmdGetAssertion, p.assertionOf(rp, p.token("1234", 2, rp)))
	}
}

func checkExtension(t *testing.T, raw []byte, name string, want int) {
	t.Helper()
	got := map[string]int{}
	if len(raw) > 0 {
		if err := webauthncbor.Unmarshal(raw, &got); err != nil {
			t.Fatalf("extensions: %v", err)
		}
	}
	if got[name] != want {
		t.Errorf("extensions %v, want %s %d", got, name, want)
	}
}

func TestSameAccountIsOverwritten(t *testing.T) {
	p := newPlatform(t, Options{Capacity: 2})
	first := p.register(p.creationOf(rp, "alice", nil))
	p.register(p.creationOf("example.com", "alice", nil))
	second := p.register(p.creationOf(rp, "alice", nil)) // fits although the card is full
	if n := p.card.Credentials(); n != 2 {
		t.Errorf("%d credentials, want 2", n)
	}
	p.want(errNoCredentials, cmdGetAssertion, p.assertionOf(rp, nil, first))
	p.must(cmdGetAssertion, p.assertionOf(rp, nil, second))
	p.want(errKeyStoreFull, cmdMakeCredential, p.creationOf(rp, "bob", nil))
	p.must(cmdMakeCredential, p.creationOf(rp, "bob", nil, notDiscoverable))
}

func TestCredentialThatIsNotDiscoverable(t *testing.T) {
	p := newPlatform(t, Options{})
	object := p.registered(rp, p.creationOf(rp, "alice", nil, notDiscoverable), false)
	id := object.AuthData.AttData.CredentialID
	if n := p.card.Credentials(); n != 0 {
		t.Errorf("%d discoverable credentials, want none", n)
	}
	p.want(errNoCredentials, cmdGetAssertion, p.assertionOf(rp, nil))
	p.want(errNoCredentials, cmdGetAssertion, p.assertionOf("example.com", nil, id))
	answer := p.must(cmdGetAssertion, p.assertionOf(rp, nil, id))
	if _, ok := answer[4]; ok {
		t.Error("the answer has a user, whom the card cannot know")
	}
	p.checkAssertion(p.assert(p.assertionOf(rp, nil, id)), rp, object.AuthData.AttData.CredentialPublicKey, true, false)
	bad := bytes.Clone(id)
	bad[20] ^= 1
	p.want(errNoCredentials, cmdGetAssertion, p.assertionOf(rp, nil, bad))
	p.tap()
	p.must(cmdReset, nil)
	p.want(errNoCredentials, cmdGetAssertion, p.assertionOf(rp, nil, id))
}

func TestSeveralAccounts(t *testing.T) {
	p := withPIN(t, Options{})
	var keys [][]byte
	for _, account := range []string{"alice", "bob", "carol"} {
		object := p.registered(rp, p.creationOf(rp, account, p.token("1234", 1, rp)), true)
		keys = append(keys, object.AuthData.AttData.CredentialPublicKey)
	}
	p.register(p.creationOf("example.com", "dave", p.token("1234", 1, "example.com")))
	for _, verified := range []bool{true, false} {
		var token []byte
		if verified {
			token = p.token("1234", 2, rp)
		}
		command, m := byte(cmdGetAssertion), any(p.assertionOf(rp, token))
		for i, account := range []string{"carol", "bob", "alice"} { // the latest first
			answer := p.must(command, m)
			command, m = cmdGetNextAssertion, nil
			u := field[map[string]any](p, answer, 4)
			if id := as[[]byte](t, u["id"]); string(id) != account {
				t.Errorf("assertion %d is of %q, want %q", i, id, account)
			}
			if _, named := u["name"]; named != verified {
				t.Errorf("verified %v: the user is %v", verified, u)
			}
			if _, counted := answer[5]; counted != (i == 0) {
				t.Errorf("assertion %d: numberOfCredentials %v", i, counted)
			} else if counted && field[int](p, answer, 5) != 3 {
				t.Errorf("%d credentials, want 3", field[int](p, answer, 5))
			}
			raw := map[int][]byte{2: field[[]byte](p, answer, 2), 3: field[[]byte](p, answer, 3)}
			p.checkAssertion(raw, rp, keys[2-i], true, verified)
		}
		p.want(errNotAllowed, cmdGetNextAssertion, nil)
	}
}

func TestNextAssertionIsForgotten(t *testing.T) {
	for name, meanwhile := range map[string]func(p *platform){
		"another command": func(p *platform) { p.must(cmdGetInfo, nil) },
		"30 seconds":      func(p *platform) { p.clock.advance(31 * time.Second) },
		"power-off":       func(p *platform) { p.tap() },
		"another applet":  func(p *platform) { p.apdu("00A4040007A000000308000000"); p.selectFIDO() },
	} {
		p := newPlatform(t, Options{})
		p.register(p.creationOf(rp, "alice", nil))
		p.register(p.creationOf(rp, "bob", nil))
		p.must(cmdGetAssertion, p.assertionOf(rp, nil))
		meanwhile(p)
		if st, _ := p.ctap(cmdGetNextAssertion, nil); st != errNotAllowed {
			t.Errorf("after %s: %v, want %v", name, st, errNotAllowed)
		}
	}
}

func TestOneAccountShowsItsHandleOnly(t *testing.T) {
	p := withPIN(t, Options{})
	id := p.register(p.creationOf(rp, "alice", p.token("1234", 1, rp)))
	for _, allow := range [][][]byte{nil, {id}} {
		answer := p.must(cmdGetAssertion, p.assertionOf(rp, p.token("1234", 2, rp), allow...))
		if u := field[map[string]any](p, answer, 4); len(u) != 1 || string(as[[]byte](t, u["id"])) != "alice" {
			t.Errorf("the user is %v, want the handle alone", u)
		}
		if _, ok := answer[5]; ok {
			t.Error("numberOfCredentials for one")
		}
	}
}

func TestAssertionOptions(t *testing.T) {
	p := newPlatform(t, Options{})
	id := p.register(p.creationOf(rp, "alice", nil))
	for _, tt := range []struct {
		options map[string]any
		want    status
	}{
		{map[string]any{"up": true}, statusOK},
		{map[string]any{"up": false}, statusOK},
		{map[string]any{"uv": false}, statusOK},
		{map[string]any{"uv": true}, errInvalidOption},
		{map[string]any{"rk": true}, errUnsupportedOption},
		{map[string]any{"rk": false}, errUnsupportedOption},
		{map[string]any{"up": 1}, errUnexpectedType},
		{map[string]any{"xx": true}, statusOK},
	} {
		m := p.assertionOf(rp, nil, id)
		m[5] = tt.options
		if st, _ := p.ctap(cmdGetAssertion, m); st != tt.want {
			t.Errorf("%v: %v, want %v", tt.options, st, tt.want)
		}
	}
}

func TestHMACSecret(t *testing.T) {
	for _, protocol := range []int{1, 2} {
		p := withPIN(t, Options{})
		p.protocol = protocol
		id := p.register(p.creationOf(rp, "alice", p.token("1234", 1, rp), extension("hmac-secret", true)))
		plain := p.register(p.creationOf(rp, "bob", p.token("1234", 1, rp)))
		one, two := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
		secrets := func(id []byte, verified bool, salts ...[]byte) []byte {
			t.Helper()
			var token []byte
			if verified {
				token = p.token("1234", 2, rp)
			}
			s := p.agree()
			enc := s.seal(bytes.Join(salts, nil))
			m := p.assertionOf(rp, token, id)
			in := map[int]any{1: s.key, 2: enc, 3: mac(protocol, s.mac, enc)}
			if protocol != 1 {
				in[4] = protocol
			}
			m[4] = map[string]any{"hmac-secret": in}
			data := field[[]byte](p, p.must(cmdGetAssertion, m), 2)
			if len(data) == 37 {
				return nil
			}
			var out map[string][]byte
			if err := webauthncbor.Unmarshal(data[37:], &out); err != nil {
				t.Fatalf("extensions: %v", err)
			}
			return s.open(out["hmac-secret"])
		}
		a, b := secrets(id, false, one), secrets(id, false, one, two)
		if len(a) != 32 || len(b) != 64 || !bytes.Equal(a, b[:32]) || bytes.Equal(b[:32], b[32:]) {
			t.Errorf("protocol %d: secrets %X and %X, want the same for the same salt, others for others", protocol, a, b)
		}
		if verified := secrets(id, true, one); bytes.Equal(a, verified) {
			t.Errorf("protocol %d: the same secret with and without verification", protocol)
		}
		if p.tap(); !bytes.Equal(a, secrets(id, false, one)) {
			t.Errorf("protocol %d: another secret at the next tap", protocol)
		}
		if out := secrets(plain, false, one); out != nil {
			t.Errorf("protocol %d: secret %X of a credential made without", protocol, out)
		}
	}
}

func TestHMACSecretRefusals(t *testing.T) {
	p := newPlatform(t, Options{})
	id := p.register(p.creationOf(rp, "alice", nil, extension("hmac-secret", true)))
	s := p.agree()
	good := func() map[int]any {
		enc := s.seal(make([]byte, 32))
		return map[int]any{1: s.key, 2: enc, 3: mac(2, s.mac, enc), 4: 2}
	}
	odd := s.seal(make([]byte, 48))
	for name, tt := range map[string]struct {
		change func(in, m map[int]any)
		want   status
	}{
		"as it should be":  {func(in, m map[int]any) {}, statusOK},
		"without presence": {func(in, m map[int]any) { m[5] = map[string]any{"up": false} }, errUnsupportedOption},
		"wrong MAC":        {func(in, m map[int]any) { in[3] = make([]byte, 32) }, errPINAuthInvalid},
		"unknown protocol": {func(in, m map[int]any) { in[4] = 3 }, errInvalidParameter},
		"no salt":          {func(in, m map[int]any) { delete(in, 2) }, errMissingParameter},
		"no key":           {func(in, m map[int]any) { delete(in, 1) }, errMissingParameter},
		"odd length":       {func(in, m map[int]any) { in[2], in[3] = odd, mac(2, s.mac, odd) }, errInvalidLength},
	} {
		in, m := good(), p.assertionOf(rp, nil, id)
		tt.change(in, m)
		m[4] = map[string]any{"hmac-secret": in}
		if st, _ := p.ctap(cmdGetAssertion, m); st != tt.want {
			t.Errorf("%s: %v, want %v", name, st, tt.want)
		}
	}
}

func TestLongNamesAreCutAtCharacters(t *testing.T) {
	for in, want := range map[string]string{
		"":                            "",
		strings.Repeat("x", 64):       strings.Repeat("x", 64),
		strings.Repeat("x", 65):       strings.Repeat("x", 64),
		strings.Repeat("ä", 33):       strings.Repeat("ä", 32),
		"x" + strings.Repeat("ä", 32): "x" + strings.Repeat("ä", 31),
	} {
		if got := truncate(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func TestPresence(t *testing.T) {
	p := newPlatform(t, Options{})
	id := p.register(p.creationOf(rp, "alice", nil))
	p.must(cmdGetAssertion, p.assertionOf(rp, nil, id)) // the same tap
	p.must(cmdSelection, nil)
	p.clock.advance(121 * time.Second)
	p.want(errOperationDenied, cmdMakeCredential, p.creationOf(rp, "bob", nil))
	p.want(errOperationDenied, cmdGetAssertion, p.assertionOf(rp, nil, id))
	p.want(errOperationDenied, cmdSelection, nil)
	silent := p.assertionOf(rp, nil, id)
	silent[5] = map[string]any{"up": false}
	p.must(cmdGetAssertion, silent)
	p.tap()
	p.must(cmdGetAssertion, p.assertionOf(rp, nil, id))
}

func TestStrictPresenceServesOneOperation(t *testing.T) {
	p := newPlatform(t, Options{StrictPresence: true})
	id := p.register(p.creationOf(rp, "alice", nil))
	p.want(errOperationDenied, cmdGetAssertion, p.assertionOf(rp, nil, id))
	p.tap()
	p.must(cmdGetAssertion, p.assertionOf(rp, nil, id))
	p.want(errOperationDenied, cmdReset, nil)
}

func TestReset(t *testing.T) {
	p := withPIN(t, Options{Attestation: CertAttestation})
	p.register(p.creationOf(rp, "alice", p.token("1234", 1, rp)))
	root := p.card.AttestationRoot()
	p.tap()
	p.clock.advance(11 * time.Second)
	p.want(errNotAllowed, cmdReset, nil)
	if p.card.Credentials() != 1 {
		t.Error("a refused reset took the credential")
	}
	p.tap()
	p.clock.advance(9 * time.Second)
	p.must(cmdReset, nil)
	if p.card.Credentials() != 0 {
		t.Error("the credential is still there")
	}
	if options := field[map[string]bool](p, p.must(cmdGetInfo, nil), 4); options["clientPin"] {
		t.Error("the PIN is still there")
	}
	if !bytes.Equal(root, p.card.AttestationRoot()) {
		t.Error("the card vouches with another root")
	}
	p.want(errNoCredentials, cmdGetAssertion, p.assertionOf(rp, nil))
}
