package portal_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tapstation/app/directory"
	"tapstation/app/portal"
)

// pair is a certificate for localhost, as PEM, by whose serial number it is known.
type pair struct{ chain, key []byte }

func newPair(t testing.TB, serial int64, ends time.Time) pair {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(serial), DNSNames: []string{"localhost"}, NotBefore: begin.Add(-time.Hour), NotAfter: ends}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pair{
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
	}
}

// files are where a certificate and its key are.
type files struct{ chain, key string }

func newFiles(t testing.TB) files {
	folder := t.TempDir()
	return files{filepath.Join(folder, "chain.pem"), filepath.Join(folder, "key.pem")}
}

func (f files) write(t testing.TB, p pair) {
	t.Helper()
	if err := errors.Join(os.WriteFile(f.chain, p.chain, 0o600), os.WriteFile(f.key, p.key, 0o600)); err != nil {
		t.Fatal(err)
	}
}

// running is a portal that is served until the test ends, or stop is called.
type running struct {
	t    testing.TB
	url  string
	at   string // address and port
	stop context.CancelFunc
	done chan error
}

func (d *desk) run(l portal.Listen) *running {
	d.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s := &running{t: d.t, stop: cancel, done: make(chan error, 1)}
	ready := make(chan string, 1)
	l.Ready = func(url string) { ready <- url }
	go func() { s.done <- d.portal.Run(ctx, l); close(s.done) }()
	select {
	case s.url = <-ready:
	case err := <-s.done:
		cancel()
		d.t.Fatalf("serve the portal: %v", err)
	}
	u, err := url.Parse(s.url)
	if err != nil {
		d.t.Fatal(err)
	}
	s.at = net.JoinHostPort("127.0.0.1", u.Port())
	d.t.Cleanup(func() { cancel(); s.ended() })
	return s
}

// ended waits until it is not served any more.
func (s *running) ended() {
	s.t.Helper()
	select {
	case err := <-s.done:
		if err != nil {
			s.t.Errorf("the portal ended with %v", err)
		}
	case <-time.After(20 * time.Second):
		s.t.Fatal("the portal does not end")
	}
}

// dial opens a connection that is closed with the test.
func (s *running) dial() net.Conn {
	s.t.Helper()
	c, err := net.Dial("tcp", s.at)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		s.t.Fatal(err)
	}
	return c
}

// handshake opens a TLS connection of at most this version, and tells the serial number of the certificate.
func (s *running) handshake(most uint16) (serial int64, err error) {
	s.t.Helper()
	c := tls.Client(s.dial(), &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: most})
	if err := c.Handshake(); err != nil {
		return 0, err
	}
	return c.ConnectionState().PeerCertificates[0].SerialNumber.Int64(), c.Close()
}

func (s *running) serves(what string, want int64) {
	s.t.Helper()
	if got, err := s.handshake(tls.VersionTLS13); err != nil || got != want {
		s.t.Errorf("%s certificate %d is served, %v; want %d", what, got, err, want)
	}
}

// TestRenewedCertificateIsServedWithoutRestart renews the files as programs for it do, also one file after the other.
func TestRenewedCertificateIsServedWithoutRestart(t *testing.T) {
	d := newDesk(t)
	year := begin.AddDate(1, 0, 0)
	f := newFiles(t)
	f.write(t, newPair(t, 1, year))
	s := d.run(portal.Listen{Address: "127.0.0.1:0", Certificate: f.chain, Key: f.key})
	if !strings.HasPrefix(s.url, "https://") {
		t.Errorf("with a certificate it is at %s, want https", s.url)
	}
	s.serves("at first", 1)

	second := newPair(t, 2, year)
	f.write(t, second)
	d.wait(2 * time.Second)
	s.serves("after the renewal", 2)
	if status, _ := d.portal.Status(); status.Err != nil || status.URL != s.url {
		t.Errorf("after the renewal the status is %+v, want no error at %s", status, s.url)
	}

	third := newPair(t, 3, year)
	for _, bad := range []struct {
		what string
		pair pair
	}{
		{"with a new certificate whose key has not come yet", pair{third.chain, second.key}},
		{"with half a certificate", pair{third.chain[:100], third.key}},
		{"with a certificate that has expired", newPair(t, 4, begin)},
		{"with an empty key", pair{third.chain, nil}},
	} {
		f.write(t, bad.pair)
		d.wait(2 * time.Second)
		s.serves(bad.what, 2)
		if status, _ := d.portal.Status(); !errors.Is(status.Err, portal.ErrCertificate) || status.URL != s.url {
			t.Errorf("%s the status is %+v, want it to tell the certificate's trouble", bad.what, status)
		}
	}
	if err := os.Remove(f.key); err != nil {
		t.Fatal(err)
	}
	d.wait(2 * time.Second)
	s.serves("without a key file", 2)

	f.write(t, third)
	d.wait(2 * time.Second)
	s.serves("once both are there", 3)
	if status, _ := d.portal.Status(); status.Err != nil {
		t.Errorf("once both are there the status still tells %v", status.Err)
	}
}

func TestOldTLSIsRefused(t *testing.T) {
	d := newDesk(t)
	f := newFiles(t)
	f.write(t, newPair(t, 1, begin.AddDate(1, 0, 0)))
	s := d.run(portal.Listen{Address: "127.0.0.1:0", Certificate: f.chain, Key: f.key})
	for version, want := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		if _, err := s.handshake(version); (err == nil) != want {
			t.Errorf("%s: %v, want it taken: %t", tls.VersionName(version), err, want)
		}
	}
}

// TestPortalThatCannotBeServedSaysWhy lists what may be wrong with where it is to be served.
func TestPortalThatCannotBeServedSaysWhy(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	good, expired := newFiles(t), newFiles(t)
	good.write(t, newPair(t, 1, begin.AddDate(1, 0, 0)))
	expired.write(t, newPair(t, 2, begin.Add(-time.Minute)))
	other := newPair(t, 3, begin.AddDate(1, 0, 0))
	mixed := newFiles(t)
	mixed.write(t, pair{newPair(t, 4, begin.AddDate(1, 0, 0)).chain, other.key})
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for _, test := range []struct {
		name string
		l    portal.Listen
		want error
	}{
		{"plain on all addresses", portal.Listen{Address: "0.0.0.0:0"}, portal.ErrPlain},
		{"plain on all addresses, IPv6", portal.Listen{Address: "[::]:0"}, portal.ErrPlain},
		{"plain on all addresses, unsaid", portal.Listen{Address: ":0"}, portal.ErrPlain},
		{"plain on an address of the network", portal.Listen{Address: "192.0.2.1:80"}, portal.ErrPlain},
		{"a port that is taken", portal.Listen{Address: taken.Addr().String()}, portal.ErrAddressTaken},
		{"no port", portal.Listen{Address: "127.0.0.1"}, portal.ErrAddress},
		{"nothing", portal.Listen{}, portal.ErrAddress},
		{"a port too high", portal.Listen{Address: "127.0.0.1:99999"}, portal.ErrAddress},
		{"an address that is not here", portal.Listen{Address: "192.0.2.1:0", Proxies: proxies}, portal.ErrAddress},
		{"no such certificate", portal.Listen{Address: "127.0.0.1:0", Certificate: good.chain + ".old", Key: good.key}, portal.ErrCertificate},
		{"a certificate without its key", portal.Listen{Address: "127.0.0.1:0", Certificate: good.chain}, portal.ErrCertificate},
		{"a key without its certificate", portal.Listen{Address: "127.0.0.1:0", Key: good.key}, portal.ErrCertificate},
		{"a folder for a certificate", portal.Listen{Address: "127.0.0.1:0", Certificate: t.TempDir(), Key: good.key}, portal.ErrCertificate},
		{"a certificate that has expired", portal.Listen{Address: "127.0.0.1:0", Certificate: expired.chain, Key: expired.key}, portal.ErrCertificate},
		{"the key of another", portal.Listen{Address: "127.0.0.1:0", Certificate: mixed.chain, Key: mixed.key}, portal.ErrCertificate},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDesk(t)
			test.l.Ready = func(url string) { t.Errorf("it is served at %s", url) }
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			if err := d.portal.Run(ctx, test.l); !errors.Is(err, test.want) {
				t.Fatalf("it ends with %v, want %v", err, test.want)
			}
			if s, _ := d.portal.Status(); s.URL != "" || !errors.Is(s.Err, test.want) {
				t.Errorf("the status is %+v, want why it is not served", s)
			}
		})
	}
	d := newDesk(t)
	d.run(portal.Listen{Address: "0.0.0.0:0", Proxies: proxies}) // behind a proxy it may be plain
}

// TestOnePortalForADataFolder: a second one is told who has it, and the claim is given back.
func TestOnePortalForADataFolder(t *testing.T) {
	d := newDesk(t)
	held := &directory.HeldError{Claim: directory.ClaimPortal, PID: 4711, Program: "tapstation"}
	d.portal.Claim = func() (func() error, error) { return nil, held }
	var told *directory.HeldError
	if err := d.portal.Run(t.Context(), portal.Listen{Address: "127.0.0.1:0"}); !errors.As(err, &told) || told.PID != 4711 {
		t.Errorf("while another has the claim it ends with %v, want %v", err, held)
	}
	claimed := 0
	d.portal.Claim = func() (func() error, error) {
		claimed++
		return func() error { claimed--; return nil }, nil
	}
	s := d.run(portal.Listen{Address: "127.0.0.1:0"})
	if claimed != 1 {
		t.Errorf("while it is served there are %d claims, want 1", claimed)
	}
	s.stop()
	s.ended()
	if claimed != 0 {
		t.Error("afterwards the claim is not given back")
	}
	if err := d.portal.Run(t.Context(), portal.Listen{Address: "nonsense:port:0"}); !errors.Is(err, portal.ErrAddress) || claimed != 0 {
		t.Errorf("where it cannot be served it ends with %v and %d claims, want ErrAddress and none", err, claimed)
	}
}

// TestRequestUnderWayIsAnsweredBeforeTheEnd stops the portal while one request is half sent, and another never comes to
// its end.
func TestRequestUnderWayIsAnsweredBeforeTheEnd(t *testing.T) {
	d := newDesk(t)
	link := d.assign(directory.PIN)
	d.portal.Hurry(2 * time.Second)
	s := d.run(portal.Listen{Address: "127.0.0.1:0"})
	body := url.Values{"code": {link.code}}.Encode()
	head := fmt.Sprintf("POST /code HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n", s.at, len(body))
	late, never := s.dial(), s.dial()
	for _, c := range []net.Conn{late, never} {
		if _, err := io.WriteString(c, head); err != nil {
			t.Fatal(err)
		}
		// It is under way when the portal asks for the body.
		if line, err := bufio.NewReader(c).ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
			t.Fatalf("the portal says %q, %v; want 100 Continue", line, err)
		}
	}
	stopped := time.Now()
	s.stop()
	if _, err := io.WriteString(late, body); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(late)
	if err != nil || !strings.Contains(string(answer), "303 See Other") {
		t.Errorf("what was under way is answered %q, %v; want to be led on", answer, err)
	}
	s.ended()
	if long := time.Since(stopped); long > 10*time.Second {
		t.Errorf("a request that never comes to its end keeps the portal for %v, want the 2 s it is given", long)
	}
	if _, err := net.Dial("tcp", s.at); err == nil {
		t.Error("after the end somebody still listens")
	}
}

// TestSlowRequestsAreHungUpOn: a connection that says nothing, or goes on and on, is not kept.
func TestSlowRequestsAreHungUpOn(t *testing.T) {
	d := newDesk(t)
	d.portal.Hurry(100 * time.Millisecond)
	s := d.run(portal.Listen{Address: "127.0.0.1:0"})
	for _, sent := range []string{
		"", "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
		"POST /code HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\ncode=",
		"POST /activate/x/end HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{",
	} {
		c := s.dial()
		if _, err := io.WriteString(c, sent); err != nil {
			t.Fatal(err)
		}
		if answer, err := io.ReadAll(c); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("after %q it waits for more; it said %q", sent, answer)
		}
	}
}

// TestConnectionsOfOneSourceAreBounded opens more than one source may have.
func TestConnectionsOfOneSourceAreBounded(t *testing.T) {
	d := newDesk(t)
	s := d.run(portal.Listen{Address: "127.0.0.1:0"})
	conns := make([]net.Conn, portal.MaxPerSource)
	for i := range conns {
		conns[i] = s.dial()
	}
	asks := func(c net.Conn) error {
		if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"); err != nil {
			return err
		}
		r, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			return err
		}
		_ = body(t, r)
		return nil
	}
	if err := asks(s.dial()); err == nil {
		t.Errorf("the connection after %d is served, want it hung up on", len(conns))
	}
	if err := asks(conns[len(conns)-1]); err != nil {
		t.Errorf("one of those before is not served: %v", err)
	}
	// Its place is free as soon as the portal has closed it too, which it has when it hung up.
	if _, err := io.ReadAll(conns[len(conns)-1]); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(10 * time.Second)
	for err := asks(s.dial()); err != nil; err = asks(s.dial()) {
		if time.Now().After(deadline) {
			t.Fatalf("after one was closed no other is served: %v", err)
		}
	}
}
