package virtual

import (
	"bytes"
	"slices"
	"testing"
)

// managing is a credential management request, authenticated.
func (p *platform) managing(sub int, parameters map[int]any, token []byte) map[int]any {
	m := map[int]any{1: sub, 3: p.protocol}
	message := []byte{byte(sub)}
	if parameters != nil {
		m[2] = parameters
		message = append(message, encode(parameters)...)
	}
	m[4] = mac(p.protocol, token, message)
	return m
}

// configuring is an authenticatorConfig request, authenticated.
func (p *platform) configuring(sub int, parameters map[int]any, token []byte) map[int]any {
	m := map[int]any{1: sub, 3: p.protocol}
	message := append(bytes.Repeat([]byte{0xFF}, 32), 0x0D, byte(sub))
	if parameters != nil {
		m[2] = parameters
		message = append(message, encode(parameters)...)
	}
	m[4] = mac(p.protocol, token, message)
	return m
}

func id(b []byte) map[string]any { return map[string]any{"id": b, "type": "public-key"} }

func TestCredentialManagement(t *testing.T) {
	for _, tt := range []struct {
		name    string
		options Options
		command byte
		token   int // permissions
	}{
		{"CTAP 2.1", Options{}, cmdCredMgmt, mayManage},
		{"CTAP 2.1, old command", Options{}, cmdCredMgmtPreview, mayManage},
		{"drafts of 2.1", Options{Version: FIDO21Pre}, cmdCredMgmtPreview, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := withPIN(t, tt.options)
			manage := func() []byte { return p.token("1234", tt.token, "") }
			creating := func(rpID string) []byte {
				if tt.token == 0 {
					return manage()
				}
				return p.token("1234", mayMakeCredential, rpID)
			}
			p.want(errNoCredentials, tt.command, p.managing(2, nil, manage()))
			alice := p.register(p.creationOf("example.org", "alice", creating("example.org")))
			bob := p.register(p.creationOf("example.org", "bob", creating("example.org")))
			p.register(p.creationOf("example.com", "carol", creating("example.com")))

			metadata := p.must(tt.command, p.managing(1, nil, manage()))
			if n, left := field[int](p, metadata, 1), field[int](p, metadata, 2); n != 3 || left != 22 {
				t.Errorf("%d credentials and room for %d, want 3 and 22", n, left)
			}
			answer := p.must(tt.command, p.managing(2, nil, manage()))
			if n := field[int](p, answer, 5); n != 2 {
				t.Errorf("%d relying parties, want 2", n)
			}
			names := []string{field[map[string]string](p, answer, 3)["id"]}
			answer = p.must(tt.command, map[int]any{1: 3})
			names = append(names, field[map[string]string](p, answer, 3)["id"])
			if want := []string{"example.org", "example.com"}; !slices.Equal(names, want) {
				t.Errorf("relying parties %q, want %q", names, want)
			}
			if got := field[[]byte](p, answer, 4); !bytes.Equal(got, rpIDHash("example.com")) {
				t.Errorf("hash %X, want that of example.com", got)
			}
			p.want(errNotAllowed, tt.command, map[int]any{1: 3})

			of := map[int]any{1: rpIDHash("example.org")}
			answer = p.must(tt.command, p.managing(4, of, manage()))
			if n := field[int](p, answer, 9); n != 2 {
				t.Errorf("%d credentials, want 2", n)
			}
			if u := field[map[string]any](p, answer, 6); u["name"] != "alice" || u["displayName"] != "Display alice" {
				t.Errorf("user %v, want alice", u)
			}
			answer = p.must(tt.command, map[int]any{1: 5})
			if got := as[[]byte](t, field[map[string]any](p, answer, 7)["id"]); !bytes.Equal(got, bob) {
				t.Errorf("second credential %X, want bob's %X", got, bob)
			}
			p.want(errNotAllowed, tt.command, map[int]any{1: 5})
			p.want(errNoCredentials, tt.command, p.managing(4, map[int]any{1: rpIDHash("example.net")}, manage()))

			p.must(tt.command, p.managing(6, map[int]any{2: id(alice)}, manage()))
			p.want(errNoCredentials, tt.command, p.managing(6, map[int]any{2: id(alice)}, manage()))
			if n := p.card.Credentials(); n != 2 {
				t.Errorf("%d credentials left, want 2", n)
			}
		})
	}
}

func TestCredentialManagementAsksForThePIN(t *testing.T) {
	p := withPIN(t, Options{})
	alice := p.register(p.creationOf("example.org", "alice", p.token("1234", 1, "example.org")))
	remove := map[int]any{2: id(alice)}
	p.want(errPUATRequired, cmdCredMgmt, map[int]any{1: 1})
	p.want(errPINAuthInvalid, cmdCredMgmt, p.managing(1, nil, make([]byte, 32)))
	p.want(errPINAuthInvalid, cmdCredMgmt, p.managing(1, nil, p.token("1234", 0, "")))
	p.want(errPINAuthInvalid, cmdCredMgmt, p.managing(6, remove, p.token("1234", mayConfigure, "")))

	// A token bound to a relying party manages its credentials alone.
	bound := p.token("1234", mayManage|mayGetAssertion, "example.com")
	p.want(errPINAuthInvalid, cmdCredMgmt, p.managing(1, nil, bound))
	p.want(errPINAuthInvalid, cmdCredMgmt, p.managing(6, remove, bound))
	p.want(errPINAuthInvalid, cmdCredMgmt, p.managing(4, map[int]any{1: rpIDHash("example.org")}, bound))
	bound = p.token("1234", mayManage|mayGetAssertion, "example.org")
	p.must(cmdCredMgmt, p.managing(4, map[int]any{1: rpIDHash("example.org")}, bound))
	m := p.managing(6, remove, bound)
	m[2] = map[int]any{2: id([]byte("another"))} // what was not authenticated
	p.want(errPINAuthInvalid, cmdCredMgmt, m)
	p.want(errMissingParameter, cmdCredMgmt, p.managing(6, nil, bound))
	p.want(errInvalidSubcommand, cmdCredMgmt, p.managing(9, nil, bound))
	p.must(cmdCredMgmt, p.managing(6, remove, bound))
}

func TestEnumerationIsForgotten(t *testing.T) {
	p := withPIN(t, Options{})
	for _, rpID := range []string{"example.org", "example.com"} {
		p.register(p.creationOf(rpID, "alice", p.token("1234", 1, rpID)))
	}
	p.must(cmdCredMgmt, p.managing(2, nil, p.token("1234", mayManage, "")))
	p.must(cmdGetInfo, nil)
	p.want(errNotAllowed, cmdCredMgmt, map[int]any{1: 3})
}

func TestUpdateUser(t *testing.T) {
	p := withPIN(t, Options{})
	alice := p.register(p.creationOf("example.org", "alice", p.token("1234", 1, "example.org")))
	manage := p.token("1234", mayManage, "")
	update := func(handle string) map[int]any {
		return p.managing(7, map[int]any{2: id(alice), 3: map[string]any{"id": []byte(handle), "name": "Alice B."}}, manage)
	}
	p.want(errInvalidParameter, cmdCredMgmt, update("bob"))
	p.must(cmdCredMgmt, update("alice"))
	answer := p.must(cmdCredMgmt, p.managing(4, map[int]any{1: rpIDHash("example.org")}, manage))
	if u := field[map[string]any](p, answer, 6); u["name"] != "Alice B." || u["displayName"] != nil {
		t.Errorf("user %v, want the new name and no other", u)
	}
}

func TestForcedPINChange(t *testing.T) {
	p := withPIN(t, Options{})
	p.must(cmdConfig, p.configuring(3, map[int]any{3: true}, p.token("1234", mayConfigure, "")))
	if forced := field[bool](p, p.must(cmdGetInfo, nil), 0x0C); !forced {
		t.Error("getInfo does not tell")
	}
	if _, st := p.tokenFor("1234", 0, ""); st != errPINInvalid {
		t.Errorf("token the old way: %v, want %v", st, errPINInvalid)
	}
	if _, st := p.tokenFor("1234", 3, "example.org"); st != errPINPolicy {
		t.Errorf("token: %v, want %v", st, errPINPolicy)
	}
	if st := p.changePIN("1234", "1234"); st != errPINPolicy {
		t.Errorf("change to the same: %v, want %v", st, errPINPolicy)
	}
	if st := p.changePIN("1234", "4321"); st != statusOK {
		t.Fatalf("change: %v", st)
	}
	if forced := field[bool](p, p.must(cmdGetInfo, nil), 0x0C); forced {
		t.Error("still forced after the change")
	}
	p.token("4321", 3, "example.org")
}

func TestMinimumPINLength(t *testing.T) {
	p := withPIN(t, Options{})
	set := func(length int) map[int]any {
		return p.configuring(3, map[int]any{1: length, 2: []string{"example.org"}}, p.token("1234", mayConfigure, ""))
	}
	p.want(errPINPolicy, cmdConfig, set(3))
	p.want(errPINPolicy, cmdConfig, set(64))
	p.must(cmdConfig, set(4))
	if forced := field[bool](p, p.must(cmdGetInfo, nil), 0x0C); forced {
		t.Error("a PIN that is long enough must be changed")
	}
	for rpID, want := range map[string]int{"example.org": 4, "example.com": 0} {
		m := p.creationOf(rpID, "alice", p.token("1234", 1, rpID), extension("minPinLength", true))
		checkExtension(t, p.registered(rpID, m, true).AuthData.ExtData, "minPinLength", want)
	}
	p.must(cmdConfig, set(6))
	answer := p.must(cmdGetInfo, nil)
	if length, forced := field[int](p, answer, 0x0D), field[bool](p, answer, 0x0C); length != 6 || !forced {
		t.Errorf("minimum %d, forced change %v, want 6 and true: the PIN is shorter", length, forced)
	}
	if st := p.changePIN("1234", "54321"); st != errPINPolicy {
		t.Errorf("change to five digits: %v, want %v", st, errPINPolicy)
	}
	if st := p.changePIN("1234", "654321"); st != statusOK {
		t.Errorf("change to six digits: %v", st)
	}
}

func TestConfigAsksForThePIN(t *testing.T) {
	p := newPlatform(t, Options{})
	p.want(errPINNotSet, cmdConfig, map[int]any{1: 3, 2: map[int]any{3: true}})
	p.must(cmdConfig, map[int]any{1: 3, 2: map[int]any{1: 5}}) // nothing to protect yet
	if st := p.setPIN("12345"); st != statusOK {
		t.Fatal(st)
	}
	p.want(errPUATRequired, cmdConfig, map[int]any{1: 3, 2: map[int]any{1: 5}})
	p.want(errPINAuthInvalid, cmdConfig, p.configuring(3, map[int]any{1: 5}, p.token("12345", mayManage, "")))
	p.want(errInvalidSubcommand, cmdConfig, p.configuring(1, nil, p.token("12345", mayConfigure, "")))
	m := p.configuring(3, map[int]any{1: 5}, p.token("12345", mayConfigure, ""))
	m[2] = map[int]any{1: 6} // what was not authenticated
	p.want(errPINAuthInvalid, cmdConfig, m)
	many := map[int]any{2: []string{"a", "b", "c", "d", "e"}}
	p.want(errKeyStoreFull, cmdConfig, p.configuring(3, many, p.token("12345", mayConfigure, "")))
	p.want(errUnexpectedType, cmdConfig, p.configuring(3, map[int]any{2: []any{1}}, p.token("12345", mayConfigure, "")))
}

func TestAlwaysUV(t *testing.T) {
	p := newPlatform(t, Options{AlwaysUV: true, UVNotRequired: true})
	p.want(errPUATRequired, cmdMakeCredential, p.creationOf("example.org", "alice", nil))
	p.want(errPUATRequired, cmdMakeCredential, p.creationOf("example.org", "alice", nil, notDiscoverable))
	if st := p.setPIN("1234"); st != statusOK {
		t.Fatal(st)
	}
	alice := p.register(p.creationOf("example.org", "alice", p.token("1234", 1, "example.org")))
	p.want(errPUATRequired, cmdGetAssertion, p.assertionOf("example.org", nil, alice))
	p.must(cmdGetAssertion, p.assertionOf("example.org", p.token("1234", 2, "example.org"), alice))
	options := func() map[string]bool { return field[map[string]bool](p, p.must(cmdGetInfo, nil), 4) }
	if o := options(); !o["alwaysUv"] || o["makeCredUvNotRqd"] {
		t.Errorf("options %v, want alwaysUv and not makeCredUvNotRqd", o)
	}
	bound := p.token("1234", mayConfigure|mayGetAssertion, "example.org") // which is no matter here
	p.must(cmdConfig, p.configuring(2, nil, bound))
	if o := options(); o["alwaysUv"] || !o["makeCredUvNotRqd"] {
		t.Errorf("options %v, want makeCredUvNotRqd and not alwaysUv", o)
	}
	p.must(cmdGetAssertion, p.assertionOf("example.org", nil, alice))
}
