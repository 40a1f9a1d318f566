package virtual

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// onFile is a platform with the card in the file.
func onFile(t *testing.T, path string, o Options) *platform {
	t.Helper()
	c, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	p := &platform{TB: t, card: c, protocol: 2, clock: &clock{}}
	p.tap()
	return p
}

func TestCardRemembers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "card")
	p := onFile(t, path, Options{AAGUID: [16]byte{7}, UID: []byte{4, 1, 2, 3}, Attestation: CertAttestation})
	if st := p.setPIN("1234"); st != statusOK {
		t.Fatal(st)
	}
	key := p.registered(rp, p.creationOf(rp, "alice", p.token("1234", 1, rp)), true).AuthData.AttData.CredentialPublicKey
	server := p.registered(rp, p.creationOf(rp, "bob", p.token("1234", 1, rp), notDiscoverable), true).AuthData.AttData
	p.wrongPIN()

	again := onFile(t, path, Options{})
	if left, _ := again.retries(); left != 7 {
		t.Errorf("%d attempts left, want 7", left)
	}
	data := again.checkAssertion(again.assert(again.assertionOf(rp, nil)), rp, key, true, false)
	if data.Counter != 3 {
		t.Errorf("signature counter %d, want 3", data.Counter)
	}
	again.checkAssertion(again.assert(again.assertionOf(rp, nil, server.CredentialID)), rp, server.CredentialPublicKey, true, false)
	if uid := again.apdu("FFCA000000").Data; !bytes.Equal(uid, []byte{4, 1, 2, 3}) {
		t.Errorf("UID %X, want that of the file", uid)
	}
	object := again.registered(rp, again.creationOf(rp, "carol", again.token("1234", 1, rp)), true)
	if object.AuthData.AttData.AAGUID[0] != 7 || !bytes.Equal(again.card.AttestationRoot(), p.card.AttestationRoot()) {
		t.Error("model and attestation are not those of the file")
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("file mode %o, want 600", info.Mode().Perm())
	}
	if files, err := os.ReadDir(filepath.Dir(path)); err != nil || len(files) != 1 {
		t.Errorf("files %v, %v, want the card alone", files, err)
	}
}

func TestDamagedFileIsRefusedAndKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "card")
	p := onFile(t, path, Options{})
	p.register(p.creationOf(rp, "alice", nil))
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string][]byte{
		"empty":           nil,
		"cut short":       good[:len(good)/2],
		"something else":  []byte("a letter"),
		"a changed digit": bytes.Replace(good, []byte(`"counter":1`), []byte(`"counter":9`), 1),
		"a later version": bytes.Replace(good, []byte(`"virtual_card":1`), []byte(`"virtual_card":2`), 1),
		"endless":         bytes.Repeat([]byte(" "), fileMaxBytes+1),
	} {
		if bytes.Equal(bad, good) {
			t.Fatalf("%s: nothing was changed", name)
		}
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Open(path, Options{})
		if !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, want %v with the path", name, err, ErrCorrupt)
		}
		if kept, err := os.ReadFile(path); err != nil || !bytes.Equal(kept, bad) {
			t.Errorf("%s: the file was touched", name)
		}
	}
	var spaced bytes.Buffer
	spaced.Write(bytes.ReplaceAll(good, []byte(`,"`), []byte(",\n \"")))
	if err := os.WriteFile(path, spaced.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, Options{}); err != nil {
		t.Errorf("a file with other white space: %v", err)
	}
}

func TestStatesThatAreNoCard(t *testing.T) {
	for name, spoil := range map[string]func(*state){
		"secret":     func(s *state) { s.Secret = s.Secret[:63] },
		"PIN hash":   func(s *state) { s.PINHash = []byte{1} },
		"attempts":   func(s *state) { s.PINRetries = 9 },
		"minimum":    func(s *state) { s.MinPINLength = 3 },
		"key":        func(s *state) { s.Credentials[0].Key = make([]byte, 32) },
		"protection": func(s *state) { s.Credentials[0].Protect = 0 },
		"ID":         func(s *state) { s.Credentials[0].ID = nil },
		"vouching":   func(s *state) { s.Attestation = &attestation{} },
	} {
		p := newPlatform(t, Options{})
		p.register(p.creationOf(rp, "alice", nil))
		s := p.card.state.clone()
		spoil(&s)
		b, err := encodeFile(s)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decodeFile(b); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v, want %v", name, err, ErrCorrupt)
		}
	}
}

func TestFileThatCannotBeWrittenChangesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "folder")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	p := onFile(t, filepath.Join(dir, "card"), Options{})
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	p.want(errOther, cmdMakeCredential, p.creationOf(rp, "alice", nil))
	if n := p.card.Credentials(); n != 0 {
		t.Errorf("%d credentials, want none: it was not saved", n)
	}
	if !errors.Is(p.card.Err(), os.ErrNotExist) {
		t.Errorf("the reason is %v, want %v", p.card.Err(), os.ErrNotExist)
	}
}

func TestCardWithPINCannotBecomeOneWithout(t *testing.T) {
	path := filepath.Join(t.TempDir(), "card")
	if st := onFile(t, path, Options{}).setPIN("1234"); st != statusOK {
		t.Fatal(st)
	}
	if _, err := Open(path, Options{NoPIN: true}); err == nil {
		t.Error("the PIN was dropped silently")
	}
}
