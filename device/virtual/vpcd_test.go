package virtual

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tapstation/device"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// vpcd is the other end of a vpcd connection.
type vpcd struct {
	testing.TB
	net.Conn
}

func (v vpcd) tell(message ...byte) {
	v.Helper()
	if err := writeMessage(v, message); err != nil {
		v.Fatalf("tell %X: %v", message, err)
	}
}

func (v vpcd) ask(message ...byte) []byte {
	v.Helper()
	v.tell(message...)
	answer, err := readMessage(v)
	if err != nil {
		v.Fatalf("ask %X: %v", message, err)
	}
	return answer
}

// serve plays a card over a pipe; the channel has the end.
func serve(ctx context.Context, t *testing.T, c *Card) (vpcd, <-chan error) {
	t.Helper()
	ours, theirs := net.Pipe()
	if err := ours.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	end := make(chan error, 1)
	go func() { end <- ServeVPCD(ctx, theirs, c) }()
	return vpcd{t, ours}, end
}

func TestVPCDMessages(t *testing.T) {
	c := newCard(t, Options{})
	v, end := serve(context.Background(), t, c)
	if atr := v.ask(vpcdATR); !bytes.Equal(atr, contactlessATR) {
		t.Errorf("ATR %X, want %X", atr, contactlessATR)
	}
	if answer := v.ask(selectFIDO...); !bytes.Equal(answer, []byte{0x6F, 0}) {
		t.Errorf("without power: %X, want 6F00", answer)
	}
	v.tell(vpcdPowerOn)
	if answer := v.ask(selectFIDO...); !bytes.Equal(answer, []byte("FIDO_2_0\x90\x00")) {
		t.Errorf("select: %X", answer)
	}
	v.tell(vpcdReset)
	v.tell(9) // unknown
	v.tell()  // nothing
	getInfo := []byte{0x80, 0x10, 0, 0, 1, 4, 0}
	if answer := v.ask(getInfo...); !bytes.Equal(answer, []byte{0x6D, 0}) {
		t.Errorf("after reset the applet answered %X, want 6D00", answer)
	}
	v.tell(vpcdPowerOff)
	if answer := v.ask(selectFIDO...); !bytes.Equal(answer, []byte{0x6F, 0}) {
		t.Errorf("after power-off: %X, want 6F00", answer)
	}
	v.Close()
	if err := <-end; !errors.Is(err, io.EOF) {
		t.Errorf("ended with %v, want %v", err, io.EOF)
	}
}

func TestVPCDEnds(t *testing.T) {
	c := newCard(t, Options{})
	ctx, cancel := context.WithCancel(context.Background())
	v, end := serve(ctx, t, c)
	v.tell(vpcdPowerOn)
	cancel()
	if err := <-end; !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v, want %v", err, context.Canceled)
	}

	v, end = serve(context.Background(), t, c)
	v.tell(vpcdPowerOn)
	c.Faults().RemoveBefore(1)
	v.tell(selectFIDO...)
	if err := <-end; !errors.Is(err, device.ErrRemoved) {
		t.Errorf("ended with %v, want %v", err, device.ErrRemoved)
	}
	if answer := c.Transmit(selectFIDO); !bytes.Equal(answer, []byte{0x6F, 0}) {
		t.Errorf("the card has power after its removal: %X", answer)
	}

	v, end = serve(context.Background(), t, c)
	if _, err := v.Write([]byte{0, 5, 1}); err != nil {
		t.Fatal(err)
	}
	v.Close()
	if err := <-end; !errors.Is(err, errCutShort) {
		t.Errorf("ended with %v, want %v", err, errCutShort)
	}
}

func TestSlotWithoutVPCD(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := Slot{Addr: l.Addr().String()}
	l.Close()
	if _, err := s.Insert(context.Background(), newCard(t, Options{})); err == nil {
		t.Error("a card in the slot of no reader")
	}
	s.Remove()
	s.Close()
	if s.Card() != nil {
		t.Error("a card in an empty slot")
	}
	<-s.Removed()
}

// pollingVPCD is a vpcd that looks for the card once for every token in looks, and twice where it does not find it, as
// pcscd has it do. It tells what it saw.
func pollingVPCD(t *testing.T, looks <-chan struct{}) (addr string, seen <-chan bool) {
	t.Helper()
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	var conn net.Conn
	look := func() bool {
		if conn == nil {
			_ = l.SetDeadline(time.Now().Add(50 * time.Millisecond))
			c, err := l.Accept()
			if err != nil {
				return false
			}
			conn = c
		}
		if writeMessage(conn, []byte{vpcdATR}) == nil {
			if _, err := readMessage(conn); err == nil {
				return true
			}
		}
		conn.Close()
		conn = nil
		return false
	}
	results := make(chan bool)
	go func() {
		defer close(results)
		for range looks {
			present := look()
			if !present {
				present = look()
			}
			results <- present
		}
		if conn != nil {
			conn.Close()
		}
	}()
	return l.Addr().String(), results
}

func TestSlotWaitsUntilAbsenceIsSeen(t *testing.T) {
	looks := make(chan struct{})
	addr, seen := pollingVPCD(t, looks)
	s := Slot{Addr: addr}
	defer s.Close()
	look := func() bool { looks <- struct{}{}; return <-seen }
	one, other := newCard(t, Options{}), newCard(t, Options{})
	insert := func(c *Card) <-chan error {
		done := make(chan error, 1)
		go func() {
			_, err := s.Insert(context.Background(), c)
			done <- err
		}()
		return done
	}
	inserted := insert(one)
	for !look() { // until the connection is there
	}
	if err := <-inserted; err != nil {
		t.Fatal(err)
	}
	removed := s.Removed()
	s.Remove()
	<-removed
	if s.Card() != nil {
		t.Error("the card is still in the slot")
	}
	inserted = insert(other)
	if look() {
		t.Error("the reader never looked empty between two cards")
	}
	for !look() {
	}
	if err := <-inserted; err != nil {
		t.Fatal(err)
	}
	if s.Card() != other {
		t.Error("the second card is not in the slot")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.Insert(ctx, one); !errors.Is(err, context.Canceled) {
		t.Errorf("insert with an ended context: %v, want %v", err, context.Canceled)
	}
	s.Close()
	close(looks)
	for range seen {
	}
}
