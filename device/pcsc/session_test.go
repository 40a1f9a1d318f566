package pcsc

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"tapstation/device"
)

func TestSelectAsksTheCardOnce(t *testing.T) {
	s := newScript(t, selected).session()
	for range 3 {
		got, err := s.Select(t.Context())
		if err != nil || string(got) != "U2F_V2" {
			t.Fatalf("SELECT answers %q, %v, want U2F_V2", got, err)
		}
		got[0] = 'X' // the caller's own copy
	}
}

func TestSelectFetchesALongAnswer(t *testing.T) {
	s := newScript(t,
		step{want: selectAPDU, answer: "6108"},
		step{want: "00c0000008", answer: "4649444f5f325f30" + "9000"},
	).session()
	if got, err := s.Select(t.Context()); err != nil || string(got) != "FIDO_2_0" {
		t.Fatalf("SELECT answers %q, %v, want FIDO_2_0", got, err)
	}
}

func TestCardIsSelectedAgainAfterItsReset(t *testing.T) {
	s := newScript(t, selected, settledExtended, step{want: "80108000000001070000", answer: "00" + "9000"},
		selected, settledExtended).session()
	if _, err := s.CTAP2(t.Context(), []byte{authReset}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.CTAP2(t.Context(), []byte{authGetInfo}); err != nil {
		t.Errorf("getInfo after a reset: %v", err)
	}
}

func TestSelectThatTakesNoLe(t *testing.T) {
	s := newScript(t, step{want: selectAPDU, answer: "6700"}, step{want: "00a4040008a0000006472f0001", answer: "9000"}).session()
	if _, err := s.Select(t.Context()); err != nil {
		t.Fatalf("SELECT without Le: %v", err)
	}
}

func TestSelectRefusedIsNotFIDO(t *testing.T) {
	for _, sw := range []string{"6a82", "6a81", "6999", "6d00", "6e00", "6985", "6283", "6300"} {
		t.Run(sw, func(t *testing.T) {
			s := newScript(t, step{want: selectAPDU, answer: sw}).session()
			for range 2 {
				_, err := s.CTAP2(t.Context(), []byte{authGetInfo})
				var status *device.StatusError
				if !errors.Is(err, device.ErrNotFIDO) || !errors.As(err, &status) || !strings.Contains(err.Error(), strings.ToUpper(sw)) {
					t.Fatalf("error %v, want ErrNotFIDO with status %s", err, sw)
				}
			}
		})
	}
}

func TestFailedSelectDoesNotSayWhatTheCardIs(t *testing.T) {
	for _, sw := range []string{"6f00", "6400", "6581"} {
		s := newScript(t, step{want: selectAPDU, answer: sw}).session()
		for range 2 { // it is asked once
			var status *device.StatusError
			if _, err := s.Select(t.Context()); !errors.As(err, &status) || errors.Is(err, device.ErrNotFIDO) {
				t.Errorf("status %s gives %v, want a StatusError and not ErrNotFIDO", sw, err)
			}
		}
	}
}

func TestStorageCardIsNotFIDO(t *testing.T) {
	card := newScript(t, step{want: selectAPDU, err: device.ErrExchange})
	card.atr = unhex(t, "3b8f8001804f0ca000000306030001000000006a")
	if _, err := card.session().Select(t.Context()); !errors.Is(err, device.ErrNotFIDO) {
		t.Fatalf("error %v, want ErrNotFIDO: the ATR is that of a storage card", err)
	}
}

func TestSelectCanBeTriedAgainAfterALostCommand(t *testing.T) {
	s := newScript(t, step{want: selectAPDU, err: device.ErrExchange}, selected).session()
	if _, err := s.Select(t.Context()); !errors.Is(err, device.ErrExchange) {
		t.Fatalf("error %v, want device.ErrExchange", err)
	}
	if _, err := s.Select(t.Context()); err != nil {
		t.Fatalf("second SELECT: %v", err)
	}
}

func TestUID(t *testing.T) {
	const get = "ffca000000"
	for _, tt := range []struct {
		name string
		step step
		want []byte
	}{
		{"four bytes", step{want: get, answer: "01020304" + "9000"}, []byte{1, 2, 3, 4}},
		{"function not supported", step{want: get, answer: "6a81"}, nil},
		{"instruction not supported", step{want: get, answer: "6d00"}, nil},
		{"class not supported", step{want: get, answer: "6e00"}, nil},
		{"empty", step{want: get, answer: "9000"}, nil},
		{"with a warning", step{want: get, answer: "01026282"}, nil},
		{"the reader does not carry it", step{want: get, err: device.ErrExchange}, nil},
		{"no status word", step{want: get, answer: "00"}, nil},
		{"longer than any UID", step{want: get, answer: strings.Repeat("ab", longestUID+1) + "9000"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newScript(t, tt.step).session()
			for range 2 {
				got, err := s.UID(t.Context())
				if err != nil || !bytes.Equal(got, tt.want) || (got == nil) != (tt.want == nil) {
					t.Fatalf("UID is %x, %v, want %x", got, err, tt.want)
				}
			}
			if c := s.Cost(); c != (device.Cost{}) {
				t.Errorf("cost is %+v, want none: the reader answers", c)
			}
		})
	}
	s := newScript(t, step{want: get, err: device.ErrRemoved}).session()
	if _, err := s.UID(t.Context()); !errors.Is(err, device.ErrRemoved) {
		t.Errorf("error %v, want ErrRemoved", err)
	}
}

func TestCostCountsEveryAPDU(t *testing.T) {
	card := newScript(t,
		selected, refusedExtended,
		step{want: infoShort, answer: "aabb6102"},
		step{want: "80c0000002", answer: "ccdd9000"},
	)
	s := card.session()
	if _, err := s.CTAP2(t.Context(), []byte{authGetInfo}); err != nil {
		t.Fatal(err)
	}
	want := device.Cost{APDUs: 4, BytesToCard: 14 + 10 + 7 + 5, BytesFromCard: 8 + 2 + 4 + 4, Card: 4 * time.Millisecond}
	if got := s.Cost(); got != want {
		t.Errorf("cost is %+v, want %+v", got, want)
	}
}

// TestLostCardStaysLost: a session never reconnects.
func TestLostCardStaysLost(t *testing.T) {
	for _, lost := range []error{device.ErrRemoved, device.ErrCardReset, device.ErrServiceDown, device.ErrNoReader, device.ErrMute} {
		t.Run(lost.Error(), func(t *testing.T) {
			s := newScript(t, selected, settledExtended, step{want: "80108000…", err: lost}).session()
			if _, err := s.CTAP2(t.Context(), makeCredential(300)); !errors.Is(err, lost) {
				t.Fatalf("error %v, want %v", err, lost)
			}
			if _, err := s.CTAP2(t.Context(), makeCredential(300)); !errors.Is(err, lost) {
				t.Errorf("afterwards error %v, want %v still", err, lost)
			}
			if _, err := s.UID(t.Context()); !errors.Is(err, lost) {
				t.Errorf("afterwards the UID gives error %v, want %v still", err, lost)
			}
		})
	}
}

func TestMalformedAnswers(t *testing.T) {
	for _, answer := range []string{"", "90"} {
		s := newScript(t, step{want: selectAPDU, answer: answer}).session()
		var malformed *device.MalformedError
		if _, err := s.Select(t.Context()); !errors.As(err, &malformed) {
			t.Errorf("answer %q gives error %v, want a MalformedError", answer, err)
		}
	}
}

func TestCloseIsIdempotentAndFinal(t *testing.T) {
	card := newScript(t)
	s := card.session()
	for range 3 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if card.closed != 1 {
		t.Errorf("the card was let go of %d times, want once", card.closed)
	}
	if _, err := s.Select(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("SELECT afterwards gives %v, want ErrClosed", err)
	}
}

// hanging is a card that answers nothing until it is cut off.
type hanging struct {
	transmitting chan struct{}
	cut          chan struct{}
	once         sync.Once
}

func (h *hanging) Transmit([]byte) ([]byte, error) {
	close(h.transmitting)
	<-h.cut
	return nil, errCut
}
func (h *hanging) ATR() []byte  { return nil }
func (h *hanging) Close() error { return nil }
func (h *hanging) Interrupt()   { h.once.Do(func() { close(h.cut) }) }

func TestHangingCardIsCutOff(t *testing.T) {
	t.Run("when the context ends", func(t *testing.T) {
		h := &hanging{transmitting: make(chan struct{}), cut: make(chan struct{})}
		s := NewSession("Reader 0", h)
		s.hang = 10 * time.Millisecond
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-h.transmitting
			cancel()
		}()
		if _, err := s.Select(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want context.Canceled", err)
		}
		if _, err := s.Select(t.Context()); !errors.Is(err, device.ErrMute) {
			t.Errorf("afterwards error %v, want ErrMute", err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Run("when the session is closed", func(t *testing.T) {
		h := &hanging{transmitting: make(chan struct{}), cut: make(chan struct{})}
		s := NewSession("Reader 0", h)
		s.hang = 10 * time.Millisecond
		closed := make(chan error)
		go func() {
			<-h.transmitting
			closed <- s.Close()
		}()
		if _, err := s.Select(t.Context()); !errors.Is(err, errCut) {
			t.Errorf("error %v, want errCut", err)
		}
		if err := <-closed; err != nil {
			t.Error(err)
		}
	})
}
