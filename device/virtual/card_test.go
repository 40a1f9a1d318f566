package virtual

import (
	"encoding/hex"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestFourAPDUsMakeAProvenCredential(t *testing.T) {
	p := newPlatform(t, Options{})
	p.must(cmdGetInfo, nil)
	id := p.register(p.creationOf("example.org", "alice", nil))
	p.must(cmdGetAssertion, p.assertionOf("example.org", nil, id))
	if n := p.card.Credentials(); n != 1 {
		t.Errorf("%d credentials on the card, want 1", n)
	}
}

func TestPINProtocols(t *testing.T) {
	for _, protocol := range []int{1, 2} {
		p := newPlatform(t, Options{})
		p.protocol = protocol
		if st := p.setPIN("1234"); st != statusOK {
			t.Fatalf("protocol %d: set PIN: %v", protocol, st)
		}
		p.want(errPUATRequired, cmdMakeCredential, p.creationOf("example.org", "alice", nil))
		id := p.register(p.creationOf("example.org", "alice", p.token("1234", 3, "example.org")))
		p.must(cmdGetAssertion, p.assertionOf("example.org", p.token("1234", 0, ""), id))
		if st := p.changePIN("1234", "123456"); st != statusOK {
			t.Fatalf("protocol %d: change PIN: %v", protocol, st)
		}
		if _, st := p.tokenFor("1234", 0, ""); st != errPINInvalid {
			t.Errorf("protocol %d: old PIN: %v, want %v", protocol, st, errPINInvalid)
		}
	}
}
