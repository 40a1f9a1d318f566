package virtual

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"slices"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"tapstation/device/iso7816"
)

// platform is the other side of a card: what a client does in CTAP 2.1, written against the specification and not
// against the card.
type platform struct {
	testing.TB
	card     *Card
	protocol int
	clock    *clock
}

// clock is a time that stands still until it is moved.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time          { return c.now }
func (c *clock) advance(d time.Duration) { c.now = c.now.Add(d) }

// newPlatform has a powered and selected card of this kind.
func newPlatform(t testing.TB, o Options) *platform {
	t.Helper()
	k := &clock{now: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}
	o.Clock = k.Now
	card, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	p := &platform{TB: t, card: card, protocol: card.options.PINProtocols[0], clock: k}
	p.tap()
	return p
}

// tap powers the card off and on and selects the applet.
func (p *platform) tap() {
	p.Helper()
	p.card.PowerOff()
	p.card.PowerOn()
	p.selectFIDO()
}

func (p *platform) selectFIDO() {
	p.Helper()
	r := p.apdu("00A4040008A0000006472F000100")
	if r.SW != iso7816.OK {
		p.Fatalf("SELECT answered %04X, want 9000", uint16(r.SW))
	}
}

// apdu sends a command given in hexadecimal.
func (p *platform) apdu(hexadecimal string) iso7816.Response {
	p.Helper()
	return p.send(unhex(p, hexadecimal))
}

func (p *platform) send(apdu []byte) iso7816.Response {
	p.Helper()
	r, err := iso7816.ParseResponse(p.card.Transmit(apdu))
	if err != nil {
		p.Fatalf("answer to %X: %v", apdu, err)
	}
	return r
}

// ctap sends a command in one extended APDU and returns status and answer.
func (p *platform) ctap(command byte, parameters any) (status, map[int]cbor.RawMessage) {
	p.Helper()
	var body []byte
	if parameters != nil {
		body = encode(parameters)
	}
	st, raw := p.raw(command, body)
	if len(raw) == 0 {
		return st, nil
	}
	var answer map[int]cbor.RawMessage
	if err := cbor.Unmarshal(raw, &answer); err != nil {
		p.Fatalf("answer to command %02X: %v", command, err)
	}
	if _, err := decodeMap(raw); err != nil {
		p.Fatalf("answer to command %02X is not canonical: %X", command, raw)
	}
	return st, answer
}

func (p *platform) raw(command byte, body []byte) (status, []byte) {
	p.Helper()
	apdu, err := iso7816.Command{
		CLA: 0x80, INS: 0x10, Data: append([]byte{command}, body...), Ne: iso7816.MaxExtendedNe,
	}.Extended()
	if err != nil {
		p.Fatal(err)
	}
	r := p.send(apdu)
	if r.SW != iso7816.OK || len(r.Data) == 0 {
		p.Fatalf("command %02X answered %X %04X, want a status and 9000", command, r.Data, uint16(r.SW))
	}
	return status(r.Data[0]), r.Data[1:]
}

// must is ctap for what has to succeed.
func (p *platform) must(command byte, parameters any) map[int]cbor.RawMessage {
	p.Helper()
	st, answer := p.ctap(command, parameters)
	if st != statusOK {
		p.Fatalf("command %02X: %v, want success", command, st)
	}
	return answer
}

// want is ctap for what has to fail in a certain way.
func (p *platform) want(s status, command byte, parameters any) {
	p.Helper()
	if got, _ := p.ctap(command, parameters); got != s {
		p.Fatalf("command %02X: %v, want %v", command, got, s)
	}
}

func field[T any](p *platform, m map[int]cbor.RawMessage, key int) T {
	p.Helper()
	var v T
	raw, ok := m[key]
	if !ok {
		p.Fatalf("answer has no member %d: %v", key, m)
	}
	if err := cbor.Unmarshal(raw, &v); err != nil {
		p.Fatalf("member %d: %v", key, err)
	}
	return v
}

// as is v, which has to be of that type.
func as[T any](t testing.TB, v any) T {
	t.Helper()
	x, ok := v.(T)
	if !ok {
		t.Fatalf("%v is a %T, want a %T", v, v, x)
	}
	return x
}

// wrongPIN spends an attempt.
func (p *platform) wrongPIN() {
	p.Helper()
	if _, st := p.tokenFor("0000", 0, ""); st != errPINInvalid {
		p.Fatalf("wrong PIN: %v, want %v", st, errPINInvalid)
	}
}

// secret is the platform's half of a PIN protocol.
type secret struct {
	protocol int
	aes, mac []byte
	key      map[int]any // the platform's public key
}

// agree asks for the card's key and agrees on a secret.
func (p *platform) agree() secret {
	p.Helper()
	answer := p.must(cmdClientPIN, map[int]any{1: p.protocol, 2: 2})
	key := field[map[int]any](p, answer, 1)
	point := slices.Concat([]byte{4}, as[[]byte](p, key[-2]), as[[]byte](p, key[-3]))
	peer, err := ecdh.P256().NewPublicKey(point)
	if err != nil {
		p.Fatalf("key agreement key: %v", err)
	}
	own, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		p.Fatal(err)
	}
	z, err := own.ECDH(peer)
	if err != nil {
		p.Fatal(err)
	}
	pub := own.PublicKey().Bytes()
	s := secret{protocol: p.protocol, key: map[int]any{1: 2, 3: -25, -1: 1, -2: pub[1:33], -3: pub[33:]}}
	if p.protocol == 1 {
		h := sha256.Sum256(z)
		s.aes, s.mac = h[:], h[:]
		return s
	}
	s.aes, _ = hkdf.Key(sha256.New, z, make([]byte, 32), "CTAP2 AES key", 32)
	s.mac, _ = hkdf.Key(sha256.New, z, make([]byte, 32), "CTAP2 HMAC key", 32)
	return s
}

func (s secret) seal(plain []byte) []byte {
	iv := make([]byte, 16)
	if s.protocol == 2 {
		_, _ = rand.Read(iv)
	}
	block, _ := aes.NewCipher(s.aes)
	out := make([]byte, len(plain))
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(out, plain)
	if s.protocol == 2 {
		return append(iv, out...)
	}
	return out
}

func (s secret) open(b []byte) []byte {
	iv := make([]byte, 16)
	if s.protocol == 2 {
		iv, b = b[:16], b[16:]
	}
	block, _ := aes.NewCipher(s.aes)
	out := make([]byte, len(b))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(out, b)
	return out
}

func mac(protocol int, key, message []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(message)
	if protocol == 1 {
		return h.Sum(nil)[:16]
	}
	return h.Sum(nil)
}

func pad(pin string) []byte { return append([]byte(pin), make([]byte, max(0, 64-len(pin)))...) }

func hashed(pin string) []byte { h := sha256.Sum256([]byte(pin)); return h[:16] }

func (p *platform) setPIN(pin string) status {
	p.Helper()
	s := p.agree()
	enc := s.seal(pad(pin))
	st, _ := p.ctap(cmdClientPIN, map[int]any{1: p.protocol, 2: 3, 3: s.key, 4: mac(p.protocol, s.mac, enc), 5: enc})
	return st
}

func (p *platform) changePIN(old, new string) status {
	p.Helper()
	s := p.agree()
	enc, hash := s.seal(pad(new)), s.seal(hashed(old))
	st, _ := p.ctap(cmdClientPIN, map[int]any{
		1: p.protocol, 2: 4, 3: s.key, 4: mac(p.protocol, s.mac, slices.Concat(enc, hash)), 5: enc, 6: hash,
	})
	return st
}

// tokenFor asks for a token, with permissions or, when they are 0, in the old way.
func (p *platform) tokenFor(pin string, permissions int, rpID string) ([]byte, status) {
	p.Helper()
	s := p.agree()
	req := map[int]any{1: p.protocol, 2: 5, 3: s.key, 6: s.seal(hashed(pin))}
	if permissions != 0 {
		req[2], req[9] = 9, permissions
	}
	if rpID != "" {
		req[10] = rpID
	}
	st, answer := p.ctap(cmdClientPIN, req)
	if st != statusOK {
		return nil, st
	}
	return s.open(field[[]byte](p, answer, 2)), statusOK
}

func (p *platform) token(pin string, permissions int, rpID string) []byte {
	p.Helper()
	t, st := p.tokenFor(pin, permissions, rpID)
	if st != statusOK {
		p.Fatalf("token: %v, want one", st)
	}
	return t
}

var testHash = bytes.Repeat([]byte{0x5A}, 32)

// creationOf is a makeCredential request for a discoverable credential; edit changes it.
func (p *platform) creationOf(rpID, account string, token []byte, edit ...func(map[int]any)) map[int]any {
	m := map[int]any{
		1: testHash,
		2: map[string]any{"id": rpID, "name": "A relying party"},
		3: map[string]any{"id": []byte(account), "name": account, "displayName": "Display " + account},
		4: []any{map[string]any{"alg": -48, "type": "public-key"}, map[string]any{"alg": -7, "type": "public-key"}},
		7: map[string]any{"rk": true},
	}
	if token != nil {
		m[8], m[9] = mac(p.protocol, token, testHash), p.protocol
	}
	for _, f := range edit {
		f(m)
	}
	return m
}

// assertionOf is a getAssertion request.
func (p *platform) assertionOf(rpID string, token []byte, allow ...[]byte) map[int]any {
	m := map[int]any{1: rpID, 2: testHash}
	var list []any
	for _, id := range allow {
		list = append(list, map[string]any{"id": id, "type": "public-key"})
	}
	if len(list) > 0 {
		m[3] = list
	}
	if token != nil {
		m[6], m[7] = mac(p.protocol, token, testHash), p.protocol
	}
	return m
}

// register makes a credential and returns its ID.
func (p *platform) register(m map[int]any) []byte {
	p.Helper()
	return credentialID(p, field[[]byte](p, p.must(cmdMakeCredential, m), 2))
}

// credentialID is the credential ID in attested credential data (WebAuthn §6.5.1).
func credentialID(p *platform, authData []byte) []byte {
	p.Helper()
	if len(authData) < 55 {
		p.Fatalf("authenticator data of %d bytes holds no credential", len(authData))
	}
	n := int(authData[53])<<8 | int(authData[54])
	return authData[55 : 55+n]
}
