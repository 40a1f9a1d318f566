package virtual

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// retries are the attempts the card says are left, and whether it wants to be power-cycled first.
func (p *platform) retries() (left int, powerCycle bool) {
	p.Helper()
	answer := p.must(cmdClientPIN, map[int]any{1: p.protocol, 2: 1})
	if raw, ok := answer[4]; ok {
		if err := cbor.Unmarshal(raw, &powerCycle); err != nil {
			p.Fatal(err)
		}
	}
	return field[int](p, answer, 3), powerCycle
}

func withPIN(t testing.TB, o Options) *platform {
	t.Helper()
	p := newPlatform(t, o)
	if st := p.setPIN("1234"); st != statusOK {
		t.Fatalf("set PIN: %v", st)
	}
	return p
}

func TestWrongPINs(t *testing.T) {
	p := withPIN(t, Options{})
	type try struct {
		pin  string
		want status
		left int
	}
	check := func(tries ...try) {
		t.Helper()
		for _, tt := range tries {
			_, st := p.tokenFor(tt.pin, 0, "")
			left, cycle := p.retries()
			if st != tt.want || left != tt.left || cycle != (st == errPINAuthBlocked) {
				t.Fatalf("%s: %v, %d left, power cycle %v; want %v and %d", tt.pin, st, left, cycle, tt.want, tt.left)
			}
		}
	}
	check(try{"0000", errPINInvalid, 7}, try{"0000", errPINInvalid, 6}, try{"1234", statusOK, 8})
	check(try{"0000", errPINInvalid, 7}, try{"0000", errPINInvalid, 6}, try{"0000", errPINAuthBlocked, 5})
	check(try{"1234", errPINAuthBlocked, 5}) // the right one is not even looked at
	if st := p.changePIN("1234", "4321"); st != errPINAuthBlocked {
		t.Errorf("change PIN: %v, want %v", st, errPINAuthBlocked)
	}
	p.tap()
	check(try{"0000", errPINInvalid, 4}, try{"0000", errPINInvalid, 3}, try{"0000", errPINAuthBlocked, 2})
	p.tap()
	check(try{"0000", errPINInvalid, 1}, try{"0000", errPINBlocked, 0}, try{"1234", errPINBlocked, 0})
	if st := p.changePIN("1234", "4321"); st != errPINBlocked {
		t.Errorf("change PIN: %v, want %v", st, errPINBlocked)
	}
	p.tap()
	p.must(cmdReset, nil)
	if st := p.setPIN("1234"); st != statusOK {
		t.Errorf("set PIN after reset: %v", st)
	}
}

func TestWrongPINRenewsTheKeyAgreementKey(t *testing.T) {
	p := withPIN(t, Options{})
	before := p.must(cmdClientPIN, map[int]any{1: 2, 2: 2})
	if again := p.must(cmdClientPIN, map[int]any{1: 2, 2: 2}); !bytes.Equal(before[1], again[1]) {
		t.Error("the key changes without a reason")
	}
	p.wrongPIN()
	if after := p.must(cmdClientPIN, map[int]any{1: 2, 2: 2}); bytes.Equal(before[1], after[1]) {
		t.Error("the key is the same after a wrong PIN")
	}
	p.tap()
	if after := p.must(cmdClientPIN, map[int]any{1: 2, 2: 2}); bytes.Equal(before[1], after[1]) {
		t.Error("the key is the same after power-up")
	}
}

// A client that keeps a key agreement key across a wrong PIN spends an attempt with the right one.
func TestStaleKeyAgreementSpendsAnAttempt(t *testing.T) {
	p := withPIN(t, Options{})
	s := p.agree()
	p.wrongPIN()
	p.want(errPINInvalid, cmdClientPIN, map[int]any{1: 2, 2: 5, 3: s.key, 6: s.seal(hashed("1234"))})
	if left, _ := p.retries(); left != 6 {
		t.Errorf("%d attempts left, want 6", left)
	}
}

func TestNewPINs(t *testing.T) {
	for _, tt := range []struct {
		name, pin string
		want      status
	}{
		{"four digits", "1234", statusOK},
		{"three digits", "123", errPINPolicy},
		{"four characters of more bytes", "äöüß", statusOK},
		{"three characters of four bytes", "aöü", errPINPolicy},
		{"63 bytes", strings.Repeat("x", 63), statusOK},
		{"64 bytes", strings.Repeat("x", 64), errPINPolicy},
		{"no UTF-8", "\xFF\xFF\xFF\xFF", errPINPolicy},
		{"empty", "", errPINPolicy},
		{"unpadded", strings.Repeat("x", 80), errInvalidParameter},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPlatform(t, Options{})
			if st := p.setPIN(tt.pin); st != tt.want {
				t.Errorf("set: %v, want %v", st, tt.want)
			}
			p = withPIN(t, Options{})
			if st := p.changePIN("1234", tt.pin); st != tt.want {
				t.Errorf("change: %v, want %v", st, tt.want)
			}
			if left, _ := p.retries(); left != 8 {
				t.Errorf("%d attempts left after the right PIN, want 8", left)
			}
		})
	}
}

func TestPINIsSetOnce(t *testing.T) {
	p := withPIN(t, Options{})
	if st := p.setPIN("4321"); st != errPINAuthInvalid {
		t.Errorf("%v, want %v", st, errPINAuthInvalid)
	}
}

func TestPINCommandsWithoutPIN(t *testing.T) {
	p := newPlatform(t, Options{})
	if _, st := p.tokenFor("1234", 0, ""); st != errPINNotSet {
		t.Errorf("token: %v, want %v", st, errPINNotSet)
	}
	if st := p.changePIN("1234", "4321"); st != errPINNotSet {
		t.Errorf("change: %v, want %v", st, errPINNotSet)
	}
	p.want(errPINNotSet, cmdMakeCredential, p.creationOf("example.org", "alice", nil, func(m map[int]any) { m[8] = []byte{} }))
	p.want(errPINAuthInvalid, cmdMakeCredential, p.creationOf("example.org", "alice", make([]byte, 32)))
}

func TestTamperedPINMessages(t *testing.T) {
	for _, protocol := range []int{1, 2} {
		p := withPIN(t, Options{})
		p.protocol = protocol
		s := p.agree()
		enc, hash := s.seal(pad("4321")), s.seal(hashed("1234"))
		m := map[int]any{1: protocol, 2: 4, 3: s.key, 4: mac(protocol, s.mac, slices.Concat(enc, hash)), 5: enc, 6: hash}
		for key := 4; key <= 6; key++ {
			good := as[[]byte](t, m[key])
			bad := slices.Clone(good)
			bad[len(bad)-1] ^= 1
			m[key] = bad
			p.want(errPINAuthInvalid, cmdClientPIN, m)
			m[key] = good[:len(good)-1]
			p.want(errPINAuthInvalid, cmdClientPIN, m)
			m[key] = good
		}
		m[3] = map[int]any{1: 2, 3: -25, -1: 1, -2: make([]byte, 32), -3: make([]byte, 32)} // not on the curve
		p.want(errInvalidParameter, cmdClientPIN, m)
		m[3], m[1] = s.key, 3
		p.want(errInvalidParameter, cmdClientPIN, m)
		if left, _ := p.retries(); left != 8 {
			t.Errorf("protocol %d: %d attempts left, want 8: no PIN was looked at", protocol, left)
		}
	}
}

func TestTokenPermissions(t *testing.T) {
	p := withPIN(t, Options{})
	for _, tt := range []struct {
		name        string
		permissions int
		rpID        string
		want        status
	}{
		{"none", 0x40, "", statusOK}, // unknown ones are ignored
		{"negative", -1, "", errInvalidParameter},
		{"make without relying party", 1, "", errMissingParameter},
		{"get without relying party", 2, "", errMissingParameter},
		{"manage", 4, "", statusOK},
		{"fingerprints, which it has not", 8, "", errUnauthorized},
		{"blobs, which it has not", 16, "", errUnauthorized},
		{"configure", 32, "", statusOK},
		{"all it has", 1 | 2 | 4 | 32, "example.org", statusOK},
	} {
		if _, st := p.tokenFor("1234", tt.permissions, tt.rpID); st != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, st, tt.want)
		}
	}
	if _, st := p.tokenFor("1234", 0, "example.org"); st != errInvalidParameter {
		t.Errorf("the old way with a relying party: %v, want %v", st, errInvalidParameter)
	}
}

func TestTokenAllowsNoMoreThanItsPermissions(t *testing.T) {
	p := withPIN(t, Options{})
	id := p.register(p.creationOf("example.org", "alice", p.token("1234", 1, "example.org")))
	for _, tt := range []struct {
		name        string
		permissions int
		rpID        string
		creation    bool
		want        status
	}{
		{"make with get", 2, "example.org", true, errPINAuthInvalid},
		{"get with make", 1, "example.org", false, errPINAuthInvalid},
		{"make for another", 1, "example.com", true, errPINAuthInvalid},
		{"get for another", 2, "example.com", false, errPINAuthInvalid},
		{"make with manage", 4, "", true, errPINAuthInvalid},
		{"make", 1, "example.org", true, statusOK},
		{"get", 2, "example.org", false, statusOK},
		{"make the old way", 0, "", true, statusOK},
		{"get the old way", 0, "", false, statusOK},
	} {
		token := p.token("1234", tt.permissions, tt.rpID)
		if tt.creation {
			p.want(tt.want, cmdMakeCredential, p.creationOf("example.org", "bob", token))
		} else {
			p.want(tt.want, cmdGetAssertion, p.assertionOf("example.org", token, id))
		}
	}
}

// CTAP 2.1 §6.1.2 step 14: presence spends what the token allowed.
func TestTokenIsSpentByPresence(t *testing.T) {
	p := withPIN(t, Options{})
	token := p.token("1234", 3, "example.org")
	id := p.register(p.creationOf("example.org", "alice", token))
	p.want(errPINAuthInvalid, cmdGetAssertion, p.assertionOf("example.org", token, id))

	token = p.token("1234", 2, "example.org")
	silent := p.assertionOf("example.org", token, id)
	silent[5] = map[string]any{"up": false}
	p.must(cmdGetAssertion, silent)
	p.must(cmdGetAssertion, p.assertionOf("example.org", token, id))
	p.want(errPINAuthInvalid, cmdGetAssertion, p.assertionOf("example.org", token, id))
}

func TestTokensLapse(t *testing.T) {
	p := withPIN(t, Options{})
	id := p.register(p.creationOf("example.org", "alice", p.token("1234", 1, "example.org")))
	silently := func(token []byte) map[int]any {
		m := p.assertionOf("example.org", token, id)
		m[5] = map[string]any{"up": false}
		return m
	}
	token := p.token("1234", 2, "example.org")
	p.clock.advance(20 * time.Second)
	p.want(errPINAuthInvalid, cmdGetAssertion, silently(token))

	token = p.token("1234", 2, "example.org")
	p.clock.advance(19 * time.Second)
	p.must(cmdGetAssertion, silently(token))
	p.clock.advance(9 * time.Minute)
	p.must(cmdGetAssertion, silently(token))
	p.clock.advance(time.Minute)
	p.want(errPINAuthInvalid, cmdGetAssertion, silently(token))

	token = p.token("1234", 2, "example.org")
	p.tap()
	p.want(errPINAuthInvalid, cmdGetAssertion, silently(token))

	token = p.token("1234", 2, "example.org")
	p.token("1234", 2, "example.org")
	p.want(errPINAuthInvalid, cmdGetAssertion, silently(token))

	token = p.token("1234", 2, "example.org")
	if st := p.changePIN("1234", "4321"); st != statusOK {
		t.Fatal(st)
	}
	p.want(errPINAuthInvalid, cmdGetAssertion, silently(token))
}

// Before CTAP 2.1 a token lasts as long as the power and allows everything.
func TestOldTokens(t *testing.T) {
	p := withPIN(t, Options{Version: FIDO21Pre, PINProtocols: []int{1}})
	p.protocol = 1
	token := p.token("1234", 0, "")
	id := p.register(p.creationOf("example.org", "alice", token))
	p.clock.advance(time.Minute)
	p.must(cmdGetAssertion, p.assertionOf("example.org", token, id))
	if again := p.token("1234", 0, ""); !bytes.Equal(again, token) {
		t.Error("a second token of one power-up differs from the first")
	}
	if _, st := p.tokenFor("1234", 3, "example.org"); st != errInvalidParameter {
		t.Errorf("token with permissions: %v, want %v", st, errInvalidParameter)
	}
}

func TestCardThatCannotHaveAPIN(t *testing.T) {
	p := newPlatform(t, Options{NoPIN: true})
	p.want(errInvalidCommand, cmdClientPIN, map[int]any{1: 2, 2: 1})
	p.want(errInvalidCommand, cmdConfig, map[int]any{1: 2})
	p.want(errInvalidCommand, cmdCredMgmt, map[int]any{1: 1})
	options := field[map[string]bool](p, p.must(cmdGetInfo, nil), 4)
	if _, ok := options["clientPin"]; ok {
		t.Errorf("options %v, want no clientPin", options)
	}
	p.register(p.creationOf("example.org", "alice", nil))
}

func TestRetriesAreSpentBeforeThePINIsLookedAt(t *testing.T) {
	p := withPIN(t, Options{})
	s := p.agree()
	p.card.save = func(st state) error {
		if st.PINRetries != 7 {
			t.Errorf("%d attempts saved first, want 7", st.PINRetries)
		}
		return errOther // as if the power went
	}
	p.want(errOther, cmdClientPIN, map[int]any{1: 2, 2: 5, 3: s.key, 6: s.seal(hashed("1234"))})
}
