package fido_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"tapstation/device"
	"tapstation/device/fido"
	"tapstation/device/pcsc"
	"tapstation/device/virtual"
)

// Commands and lengths of CTAPHID (CTAP 2.1 §11.2).
const (
	hidReport    = 64
	hidInit      = 0x06
	hidCBOR      = 0x10
	hidCancel    = 0x11
	hidKeepalive = 0x3B
	hidFirst     = 0x80 // bit of the first packet of a message
	hidChannel   = 0x01020304
	hidBroadcast = 0xFFFFFFFF
)

// stick is a USB key in software: the CTAPHID protocol on a pseudo-terminal, which libfido2 takes for a hidraw device,
// around a virtual card.
type stick struct {
	t         *testing.T
	path      string
	master    *os.File
	session   *pcsc.Session
	untouched bool // it waits for a touch that does not come

	mu      sync.Mutex // held while a message is written
	working sync.WaitGroup
	cancel  chan struct{}
	waiting chan struct{} // closed when it waits for a touch
}

func plugIn(t *testing.T, o virtual.Options, untouched bool) *stick {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	var number int
	var slave *os.File
	err = errors.Join(
		control(master, func(fd int) error { return unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0) }),
		control(master, func(fd int) (err error) { number, err = unix.IoctlGetInt(fd, unix.TIOCGPTN); return err }),
	)
	if err != nil {
		t.Fatal(err)
	}
	path := fmt.Sprintf("/dev/pts/%d", number)
	// Kept open, or the master would read an error between two times that libfido2 opens it.
	if slave, err = os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY, 0); err != nil {
		t.Fatal(err)
	}
	if err := control(slave, makeRaw); err != nil {
		t.Fatal(err)
	}
	card := newCard(t, o)
	card.PowerOn()
	s := &stick{t: t, path: path, master: master, session: pcsc.NewSession("stick", &field{card: card}),
		untouched: untouched,
		cancel:    make(chan struct{}, 1), waiting: make(chan struct{})}
	done := make(chan struct{})
	go func() { defer close(done); s.serve() }()
	t.Cleanup(func() {
		s.pull()
		slave.Close()
		<-done
	})
	return s
}

// pull takes the key out.
func (s *stick) pull() { s.master.Close() }

func control(f *os.File, do func(fd int) error) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	return errors.Join(raw.Control(func(fd uintptr) { inner = do(int(fd)) }), inner)
}

// makeRaw makes a terminal pass every byte as it is, as cfmakeraw(3) does.
func makeRaw(fd int) error {
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return err
	}
	t.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
	t.Oflag &^= unix.OPOST
	t.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
	t.Cflag = t.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	return unix.IoctlSetTermios(fd, unix.TCSETS, t)
}

// serve answers until the key is pulled.
func (s *stick) serve() {
	defer s.working.Wait()
	packet := make([]byte, 1+hidReport) // with the report number, as hidraw takes it
	var message []byte
	var cmd byte
	var want int
	for {
		if !s.read(packet) {
			return
		}
		channel, body := binary.BigEndian.Uint32(packet[1:]), packet[5:]
		if body[0]&hidFirst != 0 {
			cmd, want = body[0]&^hidFirst, int(binary.BigEndian.Uint16(body[1:]))
			message = bytes.Clone(body[3:])
		} else {
			message = append(message, body[1:]...)
		}
		if len(message) < want {
			continue
		}
		message = message[:want]
		switch cmd {
		case hidInit:
			answer := binary.BigEndian.AppendUint32(bytes.Clone(message), hidChannel)
			s.write(channel, cmd, append(answer, 2, 5, 4, 3, 0x04|0x08))
		case hidCancel:
			select {
			case s.cancel <- struct{}{}:
			default:
			}
		case hidCBOR:
			s.working.Add(1)
			go s.work(channel, message)
		}
	}
}

func (s *stick) read(packet []byte) bool {
	for n := 0; n < len(packet); {
		m, err := s.master.Read(packet[n:])
		if err != nil {
			return false
		}
		n += m
	}
	return true
}

// work answers one request, with a keep-alive before.
func (s *stick) work(channel uint32, request []byte) {
	defer s.working.Done()
	s.write(channel, hidKeepalive, []byte{2}) // user presence needed
	if s.untouched && request[0] == 0x01 {
		select {
		case <-s.cancel: // of an operation before
		default:
		}
		close(s.waiting)
		<-s.cancel
		s.write(channel, hidCBOR, []byte{0x2D})
		return
	}
	answer, err := s.session.CTAP2(context.Background(), request)
	if err != nil {
		s.t.Errorf("the card in the key: %v", err)
	}
	s.write(channel, hidCBOR, answer)
}

func (s *stick) write(channel uint32, cmd byte, message []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	head := binary.BigEndian.AppendUint32(nil, channel)
	packet := binary.BigEndian.AppendUint16(append(head, cmd|hidFirst), uint16(len(message)))
	for seq := byte(0); ; seq++ {
		n := copy(make([]byte, hidReport-len(packet)), message)
		packet = append(packet, message[:n]...)
		packet = append(packet, make([]byte, hidReport-len(packet))...)
		if _, err := s.master.Write(packet); err != nil {
			return // pulled
		}
		if message = message[n:]; len(message) == 0 {
			return
		}
		packet = append(binary.BigEndian.AppendUint32(nil, channel), seq)
	}
}

func TestUSBKey(t *testing.T) {
	s := plugIn(t, virtual.Options{Attestation: virtual.CertAttestation}, false)
	k := fido.USBKey{Path: s.path, Manufacturer: "Tapstation", Product: "Stick"}.Key()
	info, err := k.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !info.PINCapable() || info.PINSet() || info.MaxMsgSize != 1024 || info.RemainingCredentials != -1 {
		t.Errorf("info %+v, want a key without its PIN, and what go-libfido2 does not tell left open", info)
	}
	if err := k.SetPIN(t.Context(), "2580"); err != nil {
		t.Fatal(err)
	}
	with := of("alice")
	with.PIN = "2580"
	first := mustMake(t, k, with)
	if first.Format != "packed" {
		t.Errorf("format %q, want packed", first.Format)
	}
	again := with
	again.Exclude = [][]byte{first.ID}
	if _, err := k.MakeCredential(t.Context(), again); !errors.Is(err, device.ErrExcluded) {
		t.Errorf("registered again: %v, want %v", err, device.ErrExcluded)
	}
	bob := of("bob")
	bob.PIN = "2580"
	second := mustMake(t, k, bob)
	got, err := k.GetAssertion(t.Context(), prove)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || !bytes.Equal(got[0].CredentialID, second.ID) || !bytes.Equal(got[1].CredentialID, first.ID) {
		t.Fatalf("%d assertions, want bob's and alice's: %x", len(got), got)
	}
	checkSignature(t, second, got[0])
	checkSignature(t, first, got[1])

	var wrong *device.PINError
	if err := k.ChangePIN(t.Context(), "0000", "1111"); !errors.As(err, &wrong) || wrong.Retries != 7 {
		t.Errorf("change with a wrong PIN: %v, want 7 attempts left", err)
	}
	if left, err := k.PINRetries(t.Context()); err != nil || left.Left != 7 {
		t.Errorf("attempts left: %v, %v, want 7", left, err)
	}
	if err := k.ForcePINChange(t.Context(), "2580"); err != nil {
		t.Error(err)
	}
	if err := k.ChangePIN(t.Context(), "2580", "1470"); err != nil {
		t.Error(err)
	}
	if err := k.DeleteCredential(t.Context(), first.ID, "1470"); err != nil {
		t.Error(err)
	}
}

func TestUSBKeyIsToldToStop(t *testing.T) {
	s := plugIn(t, virtual.Options{}, true)
	k := fido.USBKey{Path: s.path}.Key()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-s.waiting
		cancel()
	}()
	if _, err := k.MakeCredential(ctx, alice); !errors.Is(err, context.Canceled) {
		t.Errorf("register on a key that nobody touches: %v, want %v", err, context.Canceled)
	}
	if _, err := k.GetAssertion(t.Context(), prove); !errors.Is(err, device.ErrNoCredentials) {
		t.Errorf("afterwards: %v, want it at work again and %v", err, device.ErrNoCredentials)
	}
}

func TestUSBKeyPulledOut(t *testing.T) {
	s := plugIn(t, virtual.Options{}, false)
	k := fido.USBKey{Path: s.path}.Key()
	if _, err := k.Info(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.pull()
	if _, err := k.MakeCredential(t.Context(), alice); !errors.Is(err, device.ErrRemoved) {
		t.Errorf("register on a key that was pulled out: %v, want %v", err, device.ErrRemoved)
	}
	if _, err := (fido.USBKey{Path: "/dev/null/none"}).Key().Info(t.Context()); !errors.Is(err, device.ErrRemoved) {
		t.Errorf("a key that is not there: %v, want %v", err, device.ErrRemoved)
	}
}
