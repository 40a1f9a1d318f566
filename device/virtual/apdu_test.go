package virtual

import (
	"bytes"
	"slices"
	"testing"

	"tapstation/device/iso7816"
)

func TestAPDUs(t *testing.T) {
	const selectFIDO = "00A4040008A0000006472F000100"
	for _, tt := range []struct {
		name     string
		options  Options
		commands []string // in hexadecimal, to a card with power
		want     string   // the last answer
	}{
		{"select", Options{}, []string{selectFIDO}, "4649444F5F325F309000"},
		{"select of a card that says U2F", Options{SelectAnswer: "U2F_V2"}, []string{selectFIDO}, "5532465F56329000"},
		{"select without Le", Options{}, []string{"00A4040008A0000006472F0001"}, "6108"},
		{"select another application", Options{}, []string{"00A4040007A000000308000000"}, "6A82"},
		{"select on another card", Options{NotFIDO: true}, []string{selectFIDO}, "6A82"},
		{"select by other means", Options{}, []string{"00A40000023F00"}, "6A86"},
		{"CTAP before select", Options{}, []string{"80100000010400"}, "6D00"},
		{"CTAP after another select", Options{}, []string{selectFIDO, "00A4040007A000000308000000", "80100000010400"}, "6D00"},
		{"U2F version", Options{SelectAnswer: "U2F_V2"}, []string{selectFIDO, "0003000000"}, "5532465F56329000"},
		{"U2F version in extended form", Options{SelectAnswer: "U2F_V2"}, []string{selectFIDO, "00030000000000"}, "5532465F56329000"},
		{"U2F version of a CTAP card", Options{}, []string{selectFIDO, "0003000000"}, "6D00"},
		{"unknown class", Options{}, []string{selectFIDO, "84100000010400"}, "6E00"},
		{"unknown instruction", Options{}, []string{selectFIDO, "80130000"}, "6D00"},
		{"no message", Options{}, []string{selectFIDO, "8010000000"}, "6700"},
		{"wrong P1", Options{}, []string{selectFIDO, "80104000010400"}, "6A86"},
		{"wrong P2", Options{}, []string{selectFIDO, "80100001010400"}, "6A86"},
		{"lengths that do not add up", Options{}, []string{selectFIDO, "801000000504"}, "6700"},
		{"three bytes", Options{}, []string{"00A404"}, "6700"},
		{"nothing", Options{}, []string{""}, "6700"},
		{"unknown CTAP command", Options{}, []string{selectFIDO, "80100000013F00"}, "019000"},
		{"getInfo with something behind", Options{}, []string{selectFIDO, "8010000002040000"}, "039000"},
		{"extended to a short card", Options{ShortOnly: true}, []string{selectFIDO, "80100000000001040000"}, "6700"},
		{"end", Options{}, []string{selectFIDO, "80120100", "80100000010400"}, "6D00"},
		{"end in other words", Options{}, []string{selectFIDO, "80120000"}, "6A86"},
		{"GET RESPONSE for nothing", Options{}, []string{selectFIDO, "00C0000000"}, "6985"},
		{"GET RESPONSE", Options{}, []string{"00A4040008A0000006472F0001", "00C0000008"}, "4649444F5F325F309000"},
		{"GET RESPONSE of CTAP's class", Options{}, []string{"00A4040008A0000006472F0001", "80C0000000"}, "4649444F5F325F309000"},
		{"GET RESPONSE in parts", Options{}, []string{"00A4040008A0000006472F0001", "00C0000005", "00C0000003"}, "325F309000"},
		{"GET RESPONSE of a part", Options{}, []string{"00A4040008A0000006472F0001", "00C0000005"}, "4649444F5F6103"},
		{"GET RESPONSE too late", Options{}, []string{"00A4040008A0000006472F0001", "80120100", "00C0000000"}, "6985"},
		{"UID", Options{UID: []byte{4, 1, 2, 3}}, []string{"FFCA000000"}, "040102039000"},
		{"UID of known length", Options{UID: []byte{4, 1, 2, 3}}, []string{"FFCA000004"}, "040102039000"},
		{"UID with little room", Options{UID: []byte{4, 1, 2, 3}}, []string{"FFCA000002"}, "6C04"},
		{"no UID", Options{}, []string{"FFCA000000"}, "6A81"},
		{"historical bytes", Options{UID: []byte{4, 1, 2, 3}}, []string{"FFCA010000"}, "6A81"},
		{"another command of the reader", Options{}, []string{"FF82000000"}, "6D00"},
		{"chain that another command breaks", Options{}, []string{selectFIDO, "901000000104", "801200000104"}, "6883"},
		{"chain whose parts differ", Options{}, []string{selectFIDO, "901000000104", "901080000104"}, "6883"},
		{"chain given up by select", Options{}, []string{selectFIDO, "901000000104", selectFIDO}, "4649444F5F325F309000"},
		{"chain of something else", Options{}, []string{selectFIDO, "90C0000001FF"}, "6884"},
		{"chain before select", Options{}, []string{"901000000104"}, "6884"},
		{"chained getInfo with a byte too many", Options{}, []string{selectFIDO, "901000000104", "80100000010000"}, "039000"},
		{"keep-alive", Options{KeepAlive: 1}, []string{selectFIDO, "80108000013F00"}, "019100"},
		{"keep-alive again", Options{KeepAlive: 2}, []string{selectFIDO, "80108000013F00", "8011000000"}, "019100"},
		{"keep-alive and the result", Options{KeepAlive: 1}, []string{selectFIDO, "80108000013F00", "8011000000"}, "019000"},
		{"keep-alive to those who do not take it", Options{KeepAlive: 1}, []string{selectFIDO, "80100000013F00"}, "019000"},
		{"cancel", Options{KeepAlive: 3}, []string{selectFIDO, "80108000013F00", "8011110000"}, "2D9000"},
		{"result after cancel", Options{KeepAlive: 3}, []string{selectFIDO, "80108000013F00", "8011110000", "8011000000"}, "6985"},
		{"cancel of nothing", Options{}, []string{selectFIDO, "8011110000"}, "6985"},
		{"result that was given up", Options{KeepAlive: 1}, []string{selectFIDO, "80108000013F00", "80100000013F00", "8011000000"}, "6985"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			card, err := New(tt.options)
			if err != nil {
				t.Fatal(err)
			}
			card.PowerOn()
			var got []byte
			for _, command := range tt.commands {
				got = card.Transmit(unhex(t, command))
			}
			if !bytes.Equal(got, unhex(t, tt.want)) {
				t.Errorf("answered %X, want %s", got, tt.want)
			}
		})
	}
}

func TestCardWithoutPowerIsMute(t *testing.T) {
	p := newPlatform(t, Options{})
	p.card.PowerOff()
	if r := p.apdu("00A4040008A0000006472F000100"); r.SW != iso7816.NoDiagnosis {
		t.Errorf("answered %04X, want 6F00", uint16(r.SW))
	}
	p.card.PowerOn()
	if r := p.apdu("80100000010400"); r.SW != iso7816.INSNotSupported {
		t.Errorf("the applet is selected after power-up: %04X", uint16(r.SW))
	}
}

func TestRandomUIDChangesWithEveryTap(t *testing.T) {
	p := newPlatform(t, Options{RandomUID: true})
	seen := map[string]bool{}
	for range 3 {
		uid := p.apdu("FFCA000000").Data
		if len(uid) != 4 || uid[0] != 8 {
			t.Fatalf("UID %X, want four bytes that begin with 08", uid)
		}
		if again := p.apdu("FFCA000000").Data; !bytes.Equal(again, uid) {
			t.Errorf("UID %X and then %X during one tap", uid, again)
		}
		seen[string(uid)] = true
		p.tap()
	}
	if len(seen) != 3 {
		t.Errorf("%d different UIDs in three taps", len(seen))
	}
}

// short sends a CTAP message in short APDUs, chained, and fetches the answer with GET RESPONSE.
func (p *platform) short(message []byte, part int) iso7816.Response {
	p.Helper()
	for len(message) > part {
		apdu := slices.Concat([]byte{0x90, 0x10, 0, 0, byte(part)}, message[:part])
		if r := p.send(apdu); r.SW != iso7816.OK || len(r.Data) != 0 {
			p.Fatalf("part of a chain answered %X %04X, want 9000", r.Data, uint16(r.SW))
		}
		message = message[part:]
	}
	r := p.send(slices.Concat([]byte{0x80, 0x10, 0, 0, byte(len(message))}, message, []byte{0}))
	data := r.Data
	for {
		n, more := r.SW.More()
		if !more {
			return iso7816.Response{Data: data, SW: r.SW}
		}
		if len(r.Data) > 256 {
			p.Fatalf("%d bytes in one short answer", len(r.Data))
		}
		r = p.send([]byte{0, 0xC0, 0, 0, byte(n)})
		data = append(data, r.Data...)
	}
}

func TestChainingBothWays(t *testing.T) {
	for _, part := range []int{1, 100, 255} {
		p := newPlatform(t, Options{ShortOnly: true, Attestation: LongAttestation})
		message := append([]byte{cmdMakeCredential}, encode(p.creationOf("example.org", "alice", nil))...)
		r := p.short(message, part)
		if r.SW != iso7816.OK || len(r.Data) < 1024 || r.Data[0] != 0 {
			t.Fatalf("parts of %d: %d bytes and %04X, want success in more than 1,024 bytes", part, len(r.Data), uint16(r.SW))
		}
		if _, err := decodeMap(r.Data[1:]); err != nil {
			t.Errorf("parts of %d: the answer did not come back whole: %v", part, err)
		}
	}
}

func TestExtendedAnswerInParts(t *testing.T) {
	p := newPlatform(t, Options{ChainAnswers: true, Attestation: LongAttestation})
	apdu, err := iso7816.Command{
		CLA: 0x80, INS: 0x10, Ne: iso7816.MaxExtendedNe,
		Data: append([]byte{cmdMakeCredential}, encode(p.creationOf("example.org", "alice", nil))...),
	}.Extended()
	if err != nil {
		t.Fatal(err)
	}
	r := p.send(apdu)
	if n, more := r.SW.More(); !more || n != 256 || len(r.Data) != 256 {
		t.Fatalf("%d bytes and %04X, want 256 and 6100", len(r.Data), uint16(r.SW))
	}
	rest := p.apdu("80C00000000000")
	if n, more := rest.SW.More(); !more || n != 256 || len(rest.Data) != 256 {
		t.Errorf("%d further bytes and %04X, want 256 and 6100", len(rest.Data), uint16(rest.SW))
	}
}

func TestMessageTooLong(t *testing.T) {
	long := append([]byte{cmdMakeCredential}, make([]byte, 1024)...)
	p := newPlatform(t, Options{MaxMsgSize: MaxMsgSizeUntold})
	apdu, err := iso7816.Command{CLA: 0x80, INS: 0x10, Data: long, Ne: 256}.Extended()
	if err != nil {
		t.Fatal(err)
	}
	if r := p.send(apdu); !bytes.Equal(r.Data, []byte{byte(errRequestTooLarge)}) {
		t.Errorf("answered %X %04X, want %v", r.Data, uint16(r.SW), errRequestTooLarge)
	}
	part := slices.Concat([]byte{0x90, 0x10, 0, 0, 255}, make([]byte, 255))
	for i := range 4 {
		if r := p.send(part); r.SW != iso7816.OK {
			t.Fatalf("part %d: %04X, want 9000", i, uint16(r.SW))
		}
	}
	if r := p.send(part); r.SW != iso7816.WrongLength {
		t.Errorf("a chain of 1,275 bytes: %04X, want 6700", uint16(r.SW))
	}
	if r := p.apdu("80100000010400"); r.SW == iso7816.LastCommandExpected {
		t.Error("the chain goes on although it was refused")
	}
}

func TestCancelledCommandHasChangedNothing(t *testing.T) {
	p := newPlatform(t, Options{KeepAlive: 2})
	body := append([]byte{cmdMakeCredential}, encode(p.creationOf("example.org", "alice", nil))...)
	apdu, err := iso7816.Command{CLA: 0x80, INS: 0x10, P1: 0x80, Data: body, Ne: 65536}.Extended()
	if err != nil {
		t.Fatal(err)
	}
	if r := p.send(apdu); r.SW != iso7816.KeepAlive {
		t.Fatalf("answered %04X, want 9100", uint16(r.SW))
	}
	if r := p.apdu("8011110000"); !bytes.Equal(r.Data, []byte{byte(errKeepAliveCancel)}) {
		t.Errorf("cancel answered %X, want %v", r.Data, errKeepAliveCancel)
	}
	if n := p.card.Credentials(); n != 0 {
		t.Errorf("%d credentials on the card, want none", n)
	}
}
