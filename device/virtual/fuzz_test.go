package virtual

import (
	"encoding/binary"
	"testing"

	"tapstation/device/iso7816"
)

// FuzzTransmit sends a card with a credential and a PIN one APDU after the other: two bytes of length each.
func FuzzTransmit(f *testing.F) {
	seed := func(apdus ...[]byte) {
		var b []byte
		for _, a := range apdus {
			b = append(binary.BigEndian.AppendUint16(b, uint16(len(a))), a...)
		}
		f.Add(b)
	}
	p := &platform{TB: f, protocol: 2}
	message := func(command byte, m any) []byte {
		apdu, err := iso7816.Command{CLA: 0x80, INS: 0x10, P1: 0x80, Data: append([]byte{command}, encode(m)...), Ne: 65536}.Extended()
		if err != nil {
			f.Fatal(err)
		}
		return apdu
	}
	seed(selectFIDO, []byte{0x80, 0x10, 0x80, 0, 1, 4, 0}, []byte{0x80, 0x11, 0, 0, 0}, []byte{0x80, 0x11, 0x11, 0, 0})
	seed(selectFIDO[:13], []byte{0, 0xC0, 0, 0, 0}, []byte{0x90, 0x10, 0, 0, 1, 4}, []byte{0x80, 0x10, 0, 0, 0})
	seed(selectFIDO, message(cmdMakeCredential, p.creationOf(rp, "alice", make([]byte, 32), exclude([]byte{1}), extension("credProtect", 3))))
	seed(selectFIDO, message(cmdGetAssertion, p.assertionOf(rp, nil)), message(cmdClientPIN, map[int]any{1: 2, 2: 2}))
	seed(selectFIDO, message(cmdCredMgmt, map[int]any{1: 2, 3: 2, 4: make([]byte, 32)}), message(cmdConfig, map[int]any{1: 3, 2: map[int]any{1: 4}}))
	seed([]byte{0xFF, 0xCA, 0, 0, 0}, selectFIDO, []byte{0x80, 0x10, 0, 0, 1, 7, 0}, []byte{0x80, 0x12, 1, 0})

	f.Fuzz(func(t *testing.T, script []byte) {
		card := newCard(t, Options{KeepAlive: 1, UID: []byte{4, 1, 2, 3}})
		if err := card.change(func(s *state) { s.PINHash, s.PINLength = hashed("1234"), 4 }); err != nil {
			t.Fatal(err)
		}
		card.PowerOn()
		for n := 0; len(script) >= 2 && n < 32; n++ {
			length := min(int(binary.BigEndian.Uint16(script)), len(script)-2)
			apdu := script[2 : 2+length]
			script = script[2+length:]
			answer := card.Transmit(apdu)
			if len(answer) < 2 || len(answer) > maxAnswer+2 {
				t.Fatalf("%X answered by %d bytes", apdu, len(answer))
			}
		}
	})
}

// FuzzCTAP sends one CTAP message to the selected applet, whose answer has to be canonical.
func FuzzCTAP(f *testing.F) {
	p := &platform{TB: f, protocol: 2}
	for command, m := range map[byte]any{
		cmdMakeCredential: p.creationOf(rp, "alice", nil),
		cmdGetAssertion:   p.assertionOf(rp, nil, make([]byte, credentialIDLength)),
		cmdClientPIN:      map[int]any{1: 1, 2: 2},
		cmdCredMgmt:       map[int]any{1: 4, 2: map[int]any{1: rpIDHash(rp)}, 3: 2, 4: make([]byte, 32)},
		cmdConfig:         map[int]any{1: 3, 2: map[int]any{1: 6, 2: []string{rp}, 3: false}},
	} {
		f.Add(append([]byte{command}, encode(m)...))
	}
	f.Add([]byte{cmdGetInfo})
	f.Fuzz(func(t *testing.T, message []byte) {
		if len(message) == 0 {
			return
		}
		card := newCard(t, Options{})
		card.PowerOn()
		answer := card.execute(message)
		if len(answer) == 0 || answer[0] != 0 && len(answer) > 1 {
			t.Fatalf("answered %X", answer)
		}
		if len(answer) > 1 {
			if _, err := decodeMap(answer[1:]); err != nil {
				t.Fatalf("answered %X: %v", answer, err)
			}
		}
	})
}

// FuzzFile reads card files; what is read can be used and written again.
func FuzzFile(f *testing.F) {
	card := newCard(f, Options{Attestation: CertAttestation})
	good, err := encodeFile(card.state)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := decodeFile(b)
		if err != nil {
			return
		}
		again, err := encodeFile(s)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decodeFile(again); err != nil {
			t.Fatalf("written again, it is no card: %v", err)
		}
	})
}
