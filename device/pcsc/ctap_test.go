package pcsc

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"testing"
	"time"

	"tapstation/device"
)

// TestExtendedLengthTakesOneAPDUEach is the budget of design.md: SELECT, getInfo, makeCredential, getAssertion.
func TestExtendedLengthTakesOneAPDUEach(t *testing.T) {
	request := makeCredential(400)
	answer := "00" + fill(700)
	s := newScript(t, selected, settledExtended,
		step{want: "80108000000190" + hex.EncodeToString(request) + "0000", answer: answer + "9000"},
		step{want: "8010800000000302aabb0000", answer: "00a0" + "9000"},
	).session()
	if got, err := s.CTAP2(t.Context(), []byte{authGetInfo}); err != nil || hex.EncodeToString(got)+"9000" != infoAnswer {
		t.Fatalf("getInfo answers %x, %v", got, err)
	}
	if got, err := s.CTAP2(t.Context(), request); err != nil || hex.EncodeToString(got) != answer {
		t.Fatalf("makeCredential answers %x, %v", got, err)
	}
	if got, err := s.CTAP2(t.Context(), []byte{2, 0xAA, 0xBB}); err != nil || !bytes.Equal(got, []byte{0, 0xA0}) {
		t.Fatalf("getAssertion answers %x, %v", got, err)
	}
	if c := s.Cost(); c.APDUs != 4 {
		t.Errorf("%d APDUs, want 4", c.APDUs)
	}
}

// TestFramingIsSettledByGetInfo: whatever refuses or loses the first form, the next is tried, and used from then on.
func TestFramingIsSettledByGetInfo(t *testing.T) {
	const infoPlain = "80100000000001040000"
	for _, tt := range []struct {
		name  string
		steps []step
		want  framing
	}{
		{"extended", []step{settledExtended}, framing{extended: true}},
		{"wrong length", []step{refusedExtended, settledShort}, framing{}},
		{"instruction not supported", []step{{want: infoExtended, answer: "6d00"}, settledShort}, framing{}},
		{"class not supported", []step{{want: infoExtended, answer: "6e00"}, settledShort}, framing{}},
		{"internal error", []step{{want: infoExtended, answer: "6f00"}, settledShort}, framing{}},
		{"lost by the reader", []step{{want: infoExtended, err: device.ErrExchange}, settledShort}, framing{}},
		{"lost twice", []step{{want: infoExtended, err: device.ErrExchange}, {want: infoShort, err: device.ErrExchange}, {want: "801080000104f0", answer: infoAnswer}}, framing{small: true}},
		{"wrong length, however short", []step{refusedExtended, {want: infoShort, answer: "6700"}, {want: "801080000104f0", answer: infoAnswer}}, framing{small: true}},
		{"P1 refused", []step{{want: infoExtended, answer: "6a86"}, {want: infoPlain, answer: infoAnswer}}, framing{extended: true, plainP1: true}},
		{"P1 refused another way", []step{{want: infoExtended, answer: "6b00"}, {want: infoPlain, answer: infoAnswer}}, framing{extended: true, plainP1: true}},
		{"length, then P1", []step{refusedExtended, {want: infoShort, answer: "6a86"}, {want: "80100000010400", answer: infoAnswer}}, framing{plainP1: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newScript(t, append([]step{selected}, tt.steps...)...).session()
			if _, err := s.CTAP2(t.Context(), []byte{authGetInfo}); err != nil {
				t.Fatal(err)
			}
			if s.framing != tt.want {
				t.Errorf("framing is %+v, want %+v", s.framing, tt.want)
			}
		})
	}
}

func TestCardWithoutCTAP2(t *testing.T) {
	for _, sw := range []string{"6d00", "6e00", "6a81"} {
		s := newScript(t, selected, step{want: infoExtended, answer: sw}, step{want: infoShort, answer: sw}).session()
		if _, err := s.CTAP2(t.Context(), []byte{authGetInfo}); !errors.Is(err, device.ErrNotFIDO) {
			t.Errorf("status %s gives %v, want ErrNotFIDO: the card knows U2F only", sw, err)
		}
	}
	s := newScript(t, selected, step{want: infoExtended, answer: "6982"}, step{want: infoShort, answer: "6982"}).session()
	var status *device.StatusError
	if _, err := s.CTAP2(t.Context(), []byte{authGetInfo}); !errors.As(err, &status) || status.SW != 0x6982 || errors.Is(err, device.ErrNotFIDO) {
		t.Errorf("status 6982 gives %v, want a StatusError and nothing more", err)
	}
}

// TestNothingIsSentInAnUnknownFraming: a first command that changes the card waits for getInfo to find out.
func TestNothingIsSentInAnUnknownFraming(t *testing.T) {
	s := newScript(t, selected, step{want: infoExtended, err: device.ErrExchange}, settledShort,
		step{want: "8010800003" + "01cccc" + "00", answer: "00" + "9000"}).session()
	if _, err := s.CTAP2(t.Context(), makeCredential(3)); err != nil {
		t.Fatal(err)
	}
}

func TestReaderWithShortAPDUsOnly(t *testing.T) {
	card := newScript(t, selected, settledShort, step{want: "9010800…", answer: "9000"}, step{want: "8010800…", answer: "009000"})
	card.limit = shortLimit
	if _, err := card.session().CTAP2(t.Context(), makeCredential(300)); err != nil {
		t.Fatal(err)
	}
}

func TestReaderWithALimit(t *testing.T) {
	card := newScript(t, selected, settledExtended,
		step{want: "801080000001f7…", answer: "009000"}, // 503 bytes and 9 around them
		step{want: "90108000ff…", answer: "9000"}, step{want: "8010800…", answer: "009000"},
		step{want: "801080000001f7…", answer: "009000"})
	card.limit = 512
	s := card.session()
	for _, n := range []int{503, 504, 503} {
		if _, err := s.CTAP2(t.Context(), makeCredential(n)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestCommandChaining is where the chain is cut.
func TestCommandChaining(t *testing.T) {
	for _, tt := range []struct{ length, links int }{{1, 0}, {254, 0}, {255, 0}, {256, 1}, {510, 1}, {511, 2}, {1024, 4}} {
		t.Run(fmt.Sprint(tt.length), func(t *testing.T) {
			request := makeCredential(tt.length)
			steps := []step{selected, refusedExtended, settledShort}
			rest := request
			for range tt.links {
				steps = append(steps, step{want: "90108000ff" + hex.EncodeToString(rest[:255]), answer: "9000"})
				rest = rest[255:]
			}
			steps = append(steps, step{want: "80108000" + fmt.Sprintf("%02x", len(rest)) + hex.EncodeToString(rest) + "00", answer: "00a0" + "9000"})
			s := newScript(t, steps...).session()
			if got, err := s.CTAP2(t.Context(), request); err != nil || !bytes.Equal(got, []byte{0, 0xA0}) {
				t.Errorf("answer %x, %v", got, err)
			}
		})
	}
}

// TestLongCommandFallsBack: a card that took a short getInfo in extended form may still refuse what is long.
func TestLongCommandFallsBack(t *testing.T) {
	m := &memory{}
	s := newScript(t, selected, settledExtended,
		step{want: "8010800000012c…", answer: "6700"},
		step{want: "90108000ff…", answer: "9000"}, step{want: "801080002d…", answer: "009000"},
		step{want: "90108000ff…", answer: "9000"}, step{want: "801080002d…", answer: "009000"},
	).sessionWith(m)
	for range 2 {
		if _, err := s.CTAP2(t.Context(), makeCredential(300)); err != nil {
			t.Fatal(err)
		}
	}
	next := newScript(t, selected, settledShort).sessionWith(m)
	if _, err := next.CTAP2(t.Context(), []byte{authGetInfo}); err != nil {
		t.Fatalf("the next session does not begin with what was learnt: %v", err)
	}
}

// TestRefusedChainGoesInExtendedForm: what was learnt from one lost command need not hold.
func TestRefusedChainGoesInExtendedForm(t *testing.T) {
	m := &memory{}
	m.keep("Reader 0", unhex(t, "3b80800101"), framing{})
	s := newScript(t, selected, settledShort,
		step{want: "90108000ff…", answer: "6884"},
		step{want: "8010800000012c…", answer: "009000"},
		step{want: "8010800000012c…", answer: "009000"}).sessionWith(m)
	for range 2 {
		if _, err := s.CTAP2(t.Context(), makeCredential(300)); err != nil {
			t.Fatal(err)
		}
	}
	if f, _ := m.recall("Reader 0", s.ATR()); !f.extended {
		t.Errorf("remembered is %+v, want extended length", f)
	}

	refusesBoth := newScript(t, selected, refusedExtended, settledShort, step{want: "90108000ff…", answer: "6884"}).session()
	var status *device.StatusError
	if _, err := refusesBoth.CTAP2(t.Context(), makeCredential(300)); !errors.As(err, &status) || status.SW != 0x6884 {
		t.Errorf("error %v, want a StatusError with 6884", err)
	}
}

// TestLostCommandIsNotRepeated: the card may have carried it out. The next session asks less of the reader.
func TestLostCommandIsNotRepeated(t *testing.T) {
	m := &memory{}
	for _, tt := range []struct {
		name  string
		steps []step
	}{
		{"extended", []step{selected, settledExtended, {want: "8010800000012c…", err: device.ErrExchange}}},
		{"short", []step{selected, settledShort, {want: "90108000ff…", answer: "9000"}, {want: "801080002d…", err: device.ErrExchange}}},
		{"small", []step{selected, {want: "801080000104f0", answer: infoAnswer}, {want: "90108000f0…", answer: "9000"},
			{want: "801080003c…", answer: fill(240) + "61f1"}, {want: "80c00000f0", answer: fill(240) + "6101"}, {want: "80c0000001", answer: "dd9000"}}},
	} {
		s := newScript(t, tt.steps...).sessionWith(m)
		_, err := s.CTAP2(t.Context(), makeCredential(300))
		if lost := tt.name != "small"; errors.Is(err, device.ErrExchange) != lost {
			t.Fatalf("%s: error %v, want device.ErrExchange: %v", tt.name, err, lost)
		}
	}
}

// TestRefusedRestOfAnAnswerIsNoRefusal: the command itself was carried out.
func TestRefusedRestOfAnAnswerIsNoRefusal(t *testing.T) {
	for _, sw := range []string{"6700", "6d00", "6e00"} {
		steps := []step{selected, settledExtended, {want: "8010800000012c…", answer: "006110"}, {want: "80c0000010", answer: sw}}
		if sw != "6700" {
			steps = append(steps, step{want: "00c0000010", answer: sw})
		}
		var status *device.StatusError
		if _, err := newScript(t, steps...).session().CTAP2(t.Context(), makeCredential(300)); !errors.As(err, &status) {
			t.Errorf("status %s gives %v, want a StatusError", sw, err)
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	var m memory
	for i := range 10 * memoryLimit {
		m.keep("Reader 0", []byte(fmt.Sprint(i)), framing{})
		if len(m.known) > memoryLimit {
			t.Fatalf("%d cards are remembered, want at most %d", len(m.known), memoryLimit)
		}
	}
}

// TestResponseChaining has the ways in which cards hand out a long answer.
func TestResponseChaining(t *testing.T) {
	for _, tt := range []struct {
		name  string
		steps []step // after the command
		want  string
		first string // the command's answer
	}{
		{"in one piece", nil, "00a0", "00a09000"},
		{"256 and one", []step{{want: "80c0000001", answer: "ee9000"}}, fill(256) + "ee", fill(256) + "6101"},
		{"256 and 256", []step{{want: "80c0000000", answer: fill(256) + "9000"}}, fill(512), fill(256) + "6100"},
		{"nothing, then all", []step{{want: "80c0000004", answer: "00a1a2a39000"}}, "00a1a2a3", "6104"},
		{"small pieces", []step{{want: "80c0000010", answer: "a16105"}, {want: "80c0000005", answer: "a29000"}}, "00a1a2", "006110"},
		{"wrong Le at first", []step{{want: "8010800003020202" + "05", answer: "00a0a0a0a09000"}}, "00a0a0a0a0", "6c05"},
		{"wrong Le on the way", []step{{want: "80c0000010", answer: "6c03"}, {want: "80c0000003", answer: "a1a2a39000"}}, "00a1a2a3", "006110"},
		{"of class 00 only", []step{{want: "80c0000002", answer: "6e00"}, {want: "00c0000002", answer: "a1a26101"}, {want: "00c0000001", answer: "a39000"}}, "00a1a2a3", "006102"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			steps := append([]step{selected, refusedExtended, settledShort, {want: "801080000302020200", answer: tt.first}}, tt.steps...)
			got, err := newScript(t, steps...).session().CTAP2(t.Context(), []byte{2, 2, 2})
			if err != nil || hex.EncodeToString(got) != tt.want {
				t.Errorf("answer %x, %v, want %s", got, err, tt.want)
			}
		})
	}
}

func TestWrongLengthInExtendedForm(t *testing.T) {
	s := newScript(t, selected, settledExtended,
		step{want: "801080000000030202020000", answer: "6c10"},
		step{want: "801080000000030202020010", answer: "00" + fill(15) + "9000"}).session()
	if got, err := s.CTAP2(t.Context(), []byte{2, 2, 2}); err != nil || len(got) != 16 {
		t.Errorf("answer of %d bytes, %v, want 16", len(got), err)
	}
}

func TestLastLinkIsNotRepeated(t *testing.T) {
	s := newScript(t, selected, refusedExtended, settledShort,
		step{want: "90108000ff…", answer: "9000"}, step{want: "801080002d…", answer: "6c10"}).session()
	var status *device.StatusError
	if _, err := s.CTAP2(t.Context(), makeCredential(300)); !errors.As(err, &status) || status.SW != 0x6C10 {
		t.Errorf("error %v, want a StatusError with 6C10", err)
	}
}

func TestStatusWordsOfCommands(t *testing.T) {
	for _, sw := range []uint16{0x6982, 0x6985, 0x6A80, 0x6F00, 0x6300, 0x9001, 0x6581} {
		s := newScript(t, selected, settledExtended, step{want: "80108000…", answer: fmt.Sprintf("%04x", sw)}).session()
		var status *device.StatusError
		if _, err := s.CTAP2(t.Context(), makeCredential(3)); !errors.As(err, &status) || status.SW != sw {
			t.Errorf("status %04X gives %v, want a StatusError with it", sw, err)
		}
	}
}

// TestCTAPErrorInTheStatusWord: as Pico FIDO has it.
func TestCTAPErrorInTheStatusWord(t *testing.T) {
	s := newScript(t, selected, settledExtended, step{want: "80108000…", answer: "642e"},
		step{want: "80108000…", answer: "6400"}).session()
	if answer, err := s.CTAP2(t.Context(), makeCredential(3)); err != nil || !bytes.Equal(answer, []byte{0x2E}) {
		t.Errorf("status 642E gives %x (%v), want CTAP status 2E", answer, err)
	}
	var status *device.StatusError
	if answer, err := s.CTAP2(t.Context(), makeCredential(3)); !errors.As(err, &status) || status.SW != 0x6400 {
		t.Errorf("status 6400 gives %x (%v), want a StatusError: it is no CTAP success", answer, err)
	}
}

const (
	keepAlive = "02" + "9100" // up needed
	poll      = "80110000000000"
	cancel    = "80111100000000"
)

func TestKeepAliveIsPolled(t *testing.T) {
	steps := []step{selected, settledExtended, {want: "80108000…", answer: keepAlive}}
	for range 50 {
		steps = append(steps, step{want: poll, answer: keepAlive})
	}
	steps = append(steps, step{want: poll, answer: "00a09000"})
	card := newScript(t, steps...)
	start := card.clock.Now()
	if got, err := card.session().CTAP2(t.Context(), makeCredential(3)); err != nil || !bytes.Equal(got, []byte{0, 0xA0}) {
		t.Fatalf("answer %x, %v", got, err)
	}
	if took := card.clock.Now().Sub(start); took < 40*keepAlivePause {
		t.Errorf("51 polls took %v: the card is given no time to work", took)
	}
}

func TestKeepAliveWithShortAPDUs(t *testing.T) {
	s := newScript(t, selected, refusedExtended, settledShort,
		step{want: "80108000…", answer: keepAlive},
		step{want: "8011000000", answer: fill(256) + "6101"},
		step{want: "80c0000001", answer: "ee9000"}).session()
	if got, err := s.CTAP2(t.Context(), makeCredential(3)); err != nil || len(got) != 257 {
		t.Fatalf("answer of %d bytes, %v, want 257", len(got), err)
	}
}

func TestCancelIsToldToTheCard(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	s := newScript(t, selected, settledExtended,
		step{want: "80108000…", answer: keepAlive},
		step{want: poll, answer: keepAlive, before: stop},
		step{want: cancel, answer: keepAlive},
		step{want: cancel, answer: "2d9000"}, // CTAP2_ERR_KEEPALIVE_CANCEL
		step{want: "80108000…", answer: "009000"},
	).session()
	if _, err := s.CTAP2(ctx, makeCredential(3)); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want context.Canceled", err)
	}
	if _, err := s.CTAP2(t.Context(), makeCredential(3)); err != nil {
		t.Errorf("the session cannot be used after a cancel: %v", err)
	}
}

func TestCancelOfACardThatLeaves(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	s := newScript(t, selected, settledExtended,
		step{want: "80108000…", answer: keepAlive, before: stop},
		step{want: cancel, err: device.ErrRemoved}).session()
	if _, err := s.CTAP2(ctx, makeCredential(3)); !errors.Is(err, context.Canceled) || !errors.Is(err, device.ErrRemoved) {
		t.Errorf("error %v, want both context.Canceled and ErrRemoved", err)
	}
}

func TestEndedContextSendsNothing(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := newScript(t).session().CTAP2(ctx, makeCredential(3)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}

// TestChainIsNotLeftHalfSent: the card would take the next command for the rest of it.
func TestChainIsNotLeftHalfSent(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	s := newScript(t, selected, refusedExtended, settledShort,
		step{want: "90108000ff…", answer: "9000", before: stop}, step{want: "801080002d…", answer: "009000"}).session()
	if _, err := s.CTAP2(ctx, makeCredential(300)); err != nil {
		t.Errorf("error %v, want the answer that had come", err)
	}
}

func TestRequestsThatAreNone(t *testing.T) {
	for _, n := range []int{0, 65536} {
		if _, err := newScript(t).session().CTAP2(t.Context(), make([]byte, n)); err == nil {
			t.Errorf("a request of %d bytes gives no error", n)
		}
	}
}

// endless is a card that answers everything but SELECT and getInfo with the same.
type endless struct {
	answer []byte
	clock  *stoppedClock
	sent   int
}

func (e *endless) ATR() []byte  { return nil }
func (e *endless) Close() error { return nil }
func (e *endless) Transmit(apdu []byte) ([]byte, error) {
	e.clock.advance(time.Millisecond)
	switch {
	case apdu[1] == 0xA4:
		return []byte{0x90, 0}, nil
	case bytes.HasPrefix(apdu, []byte{0x80, 0x10, 0x80, 0, 0, 0, 1, authGetInfo}):
		return []byte{0, 0x90, 0}, nil
	}
	e.sent++
	return e.answer, nil
}

func TestHostileCards(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer string
		most   int // APDUs
		word   string
	}{
		{"announces more for ever", fill(1) + "6101", maxFragments + 1, ""},
		{"announces more and sends nothing", "6110", 3, ""},
		{"sends without end", fill(60000) + "6100", 3, ""},
		{"is at work for ever", keepAlive, int(keepAliveLimit / keepAlivePause), ""},
		{"takes no length", "6c10", 2, ""},
		{"takes no length when fetched", "006c10", 2, ""},
		{"answers nothing", "9000", 1, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			card := &endless{answer: unhex(t, tt.answer), clock: &stoppedClock{now: time.Unix(1000, 0)}}
			s := NewSession("Reader 0", card)
			s.clock = card.clock
			got, err := s.CTAP2(t.Context(), makeCredential(300))
			var malformed *device.MalformedError
			var status *device.StatusError
			if !errors.As(err, &malformed) && !errors.As(err, &status) {
				t.Errorf("answer of %d bytes, %v, want a MalformedError or StatusError", len(got), err)
			}
			if card.sent > tt.most {
				t.Errorf("%d APDUs were sent, want at most %d", card.sent, tt.most)
			}
		})
	}
}
