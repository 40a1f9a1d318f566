// Package pcscdtest runs a private PC/SC service (pcscd) with virtual readers (vpcd) for tests of the real path. It
// needs the packages pcscd and vsmartcard-vpcd, and nothing of the system's own service.
//
// libpcsclite reads the address of its service once per process, at its first use. So a test process has one Service,
// which Start starts when it is first called, before anything else uses PC/SC; and Main ends it.
//
//	func TestMain(m *testing.M) { os.Exit(pcscdtest.Main(m)) }
package pcscdtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tapstation/device/virtual"
)

// driver is where Debian and Ubuntu put vpcd's.
const driver = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"

// addressVariable names the service's socket to libpcsclite.
const addressVariable = "PCSCLITE_CSOCK_NAME"

// startLimit bounds the wait for pcscd: it serves after some 50 ms and sees a card come or go within a second.
const startLimit = 20 * time.Second

// Service is a pcscd of its own with two empty readers.
type Service struct {
	dir   string
	slots [2]*virtual.Slot

	mu   sync.Mutex
	pid  int
	done chan struct{} // closed when pcscd has ended; nil: not running
}

var process struct {
	sync.Mutex
	service *Service
}

// Start returns this process's service, running and with empty readers; it starts it the first time. Cards that the
// test puts in are taken out when it ends.
func Start(t testing.TB) *Service {
	t.Helper()
	process.Lock()
	defer process.Unlock()
	if process.service == nil {
		s, err := New()
		if err != nil {
			t.Fatal(err)
		}
		process.service = s
		if err := os.Setenv(addressVariable, s.Address()); err != nil {
			t.Fatal(err)
		}
	}
	s := process.service
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Empty(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Main runs the tests of a package, ends the service and fails when goroutines are left over. What it returns is for
// os.Exit.
func Main(m *testing.M, ignore ...goleak.Option) int {
	code := m.Run()
	process.Lock()
	defer process.Unlock()
	if process.service != nil {
		if err := process.service.Close(); err != nil {
			fmt.Fprintln(os.Stderr, "end pcscd:", err)
			code = max(code, 1)
		}
		process.service = nil
	}
	if code == 0 {
		if err := goleak.Find(ignore...); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	return code
}

// New prepares a service that does not run yet, for programs that are no tests, or for tests of other processes
// (see Env). Close it.
func New() (*Service, error) {
	for _, part := range []string{"pcscd", driver} {
		if _, err := lookUp(part); err != nil {
			return nil, fmt.Errorf("the packages pcscd and vsmartcard-vpcd are needed: %w", err)
		}
	}
	dir, err := os.MkdirTemp("", "pcscd")
	if err != nil {
		return nil, err
	}
	s := &Service{dir: dir}
	if err := s.configure(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

func lookUp(name string) (string, error) {
	if filepath.IsAbs(name) {
		_, err := os.Stat(name)
		return name, err
	}
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	return exec.LookPath("/usr/sbin/" + name) // not on everybody's PATH
}

// configure chooses free ports and writes the reader definition.
func (s *Service) configure() error {
	port, err := freePorts()
	if err != nil {
		return err
	}
	for i := range s.slots {
		s.slots[i] = &virtual.Slot{Addr: fmt.Sprintf("127.0.0.1:%d", port+i)}
	}
	config := filepath.Join(s.dir, "readers")
	if err := os.Mkdir(config, 0o700); err != nil {
		return err
	}
	definition := fmt.Sprintf("FRIENDLYNAME \"Virtual PCD\"\nDEVICENAME /dev/null:0x%04X\nLIBPATH %s\nCHANNELID 0x%04X\n",
		port, driver, port)
	return os.WriteFile(filepath.Join(config, "vpcd"), []byte(definition), 0o600)
}

// freePorts is the first of two free ports in a row: one vpcd definition makes two slots.
func freePorts() (int, error) {
	for range 100 {
		first, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return 0, err
		}
		address, err := netip.ParseAddrPort(first.Addr().String())
		if err != nil {
			return 0, err
		}
		port := int(address.Port())
		second, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port+1))
		_ = first.Close()
		if err == nil {
			return port, second.Close()
		}
	}
	return 0, errors.New("no two free ports in a row")
}

// Address is the service's socket; Env points another process to it.
func (s *Service) Address() string { return filepath.Join(s.dir, "pcscd.comm") }

// Env is the environment variable that makes a process use this service.
func (s *Service) Env() string { return addressVariable + "=" + s.Address() }

// ReaderName is the name of the first reader.
func (s *Service) ReaderName() string { return s.ReaderNames()[0] }

// ReaderNames are both, as PC/SC tells them.
func (s *Service) ReaderNames() []string { return []string{"Virtual PCD 00 00", "Virtual PCD 00 01"} }

// Slot is where cards for the reader of that index go.
func (s *Service) Slot(i int) *virtual.Slot { return s.slots[i] }

// Insert puts a card on the first reader, waiting until PC/SC knows that it was empty before, and returns the card
// that lies there (see Slot.Insert). PC/SC sees it within 0.4 seconds.
func (s *Service) Insert(t testing.TB, card *virtual.Card) *virtual.Card {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	card, err := s.slots[0].Insert(ctx, card)
	if err != nil {
		t.Fatal(err)
	}
	return card
}

// Remove takes the card off the first reader. PC/SC sees it within 0.4 seconds.
func (s *Service) Remove() { s.slots[0].Remove() }

// Empty takes the cards off both readers and waits until PC/SC has seen it.
func (s *Service) Empty() error {
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	var all []error
	for i, slot := range s.slots {
		if err := slot.Vacate(ctx); err != nil {
			all = append(all, fmt.Errorf("empty reader %d: %w", i, err))
		}
	}
	return errors.Join(all...)
}

// Start starts pcscd and waits until it serves. It does nothing where it runs.
func (s *Service) Start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done != nil {
		select {
		case <-s.done: // it ended by itself
		default:
			return nil
		}
	}
	if err := s.launch(); err != nil {
		return fmt.Errorf("start pcscd: %w", err)
	}
	return s.awaitReaders()
}

// launch runs pcscd the way systemd would: with the listening socket as descriptor 3.
func (s *Service) launch() error {
	pcscd, err := lookUp("pcscd")
	if err != nil {
		return err
	}
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: s.Address(), Net: "unix"})
	if err != nil {
		return err
	}
	listener.SetUnlinkOnClose(false)
	defer listener.Close()
	socket, err := listener.File()
	if err != nil {
		return err
	}
	defer socket.Close()
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	// The shell tells pcscd its own process number, as LISTEN_PID wants it. From 2.0 on pcscd lets nobody in without
	// polkit's word, root neither, and polkit knows nobody in a container or over SSH; but it can be told not to ask.
	cmd := exec.Command("/bin/sh", "-c", `case $("$0" --help) in *--disable-polkit*) set -- "$@" --disable-polkit ;; esac
		LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" -f -c "$@"`,
		pcscd, filepath.Join(s.dir, "readers"))
	cmd.ExtraFiles = []*os.File{socket}
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}

	started, done := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(done)
		// Pdeathsig counts the life of the thread that started the process.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // it ends by a signal
		}
	}()
	if err := <-started; err != nil {
		return err
	}
	s.pid, s.done = cmd.Process.Pid, done
	return nil
}

// awaitReaders waits until vpcd listens, which is when pcscd knows the readers.
func (s *Service) awaitReaders() error {
	limit := time.NewTimer(startLimit)
	defer limit.Stop()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for {
		if listening(s.slots[1].Addr) {
			return nil
		}
		select {
		case <-again.C:
		case <-s.done:
			return fmt.Errorf("pcscd ended at once: %s", s.Log())
		case <-limit.C:
			return fmt.Errorf("pcscd does not serve after %v: %s", startLimit, s.Log())
		}
	}
}

// Log is what pcscd has said so far.
func (s *Service) Log() string {
	b, err := os.ReadFile(filepath.Join(s.dir, "log"))
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// Stop ends pcscd; cards are taken off. Start starts it again, with the same address and readers.
func (s *Service) Stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done == nil {
		return nil
	}
	err := syscall.Kill(s.pid, syscall.SIGKILL)
	if errors.Is(err, syscall.ESRCH) {
		err = nil
	}
	<-s.done
	s.done = nil
	return errors.Join(err, s.Empty(), os.Remove(s.Address()))
}

// Close ends pcscd and removes its files.
func (s *Service) Close() error {
	return errors.Join(s.Stop(), os.RemoveAll(s.dir))
}
