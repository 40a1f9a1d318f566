package portal

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// maxHeader bounds what a request says before its body, in bytes.
const maxHeader = 16 << 10

// limits are those of a connection.
type limits struct {
	header, read, write, idle time.Duration
	end                       time.Duration // that requests under way have when Run ends
}

// usual limits. A browser on a slow line sends a page's request in well under a second.
var usual = limits{
	header: 5 * time.Second, read: 15 * time.Second, idle: time.Minute,
	write: 20 * time.Second, // a store that is busy is waited for a few seconds
	end:   10 * time.Second,
}

// What keeps the pages from being served.
var (
	// ErrPlain is an address that others could listen in on, without a certificate.
	ErrPlain = errors.New("pages are served without TLS only on this machine itself or behind a trusted proxy: give a certificate and its key")
	// ErrCertificate is a certificate and key that cannot be used.
	ErrCertificate = errors.New("the certificate cannot be used")
	// ErrAddress is an address that is none, or not this machine's.
	ErrAddress = errors.New("the address cannot be listened on")
	// ErrAddressTaken is an address that another program, or another portal, listens on.
	ErrAddressTaken = errors.New("another program listens on this address")
)

// Listen says where the pages are served.
type Listen struct {
	Address          string // "127.0.0.1:8080", ":443"; port 0: any that is free
	Certificate, Key string // paths of PEM files; they are read again when they change. Empty: plain HTTP
	// URL is where browsers reach the pages, where that is not (only) the workspace's Portal.URL. Keys are registered there too.
	URL string
	// Proxies are those whose X-Forwarded-For is believed. Behind them plain HTTP is allowed on any address.
	Proxies []netip.Prefix
	// Ready is called once the pages can be fetched, with the address of the first of them; nil: nobody waits.
	Ready func(url string)
}

// Status is how the serving goes, for a window.
type Status struct {
	URL string // empty: not served
	Err error  // why it is not served, or why new certificate files were not taken
}

// Status is the state now, and a channel that is closed when it is not so any more.
func (p *Portal) Status() (Status, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.changed == nil {
		p.changed = make(chan struct{})
	}
	return p.status, p.changed
}

func (p *Portal) setStatus(change func(*Status)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	was := p.status
	change(&p.status)
	if p.status == was {
		return
	}
	if p.changed != nil {
		close(p.changed)
	}
	p.changed = make(chan struct{})
}

// Run serves the pages until ctx ends, then lets requests under way come to their end, and returns nil. It fails with
// ErrPlain, ErrCertificate, ErrAddress, ErrAddressTaken, and with *directory.HeldError where another process has the claim.
func (p *Portal) Run(ctx context.Context, l Listen) error {
	err := p.run(ctx, l)
	p.setStatus(func(s *Status) { *s = Status{Err: err} })
	return err
}

func (p *Portal) run(ctx context.Context, l Listen) (err error) {
	host, _, err := net.SplitHostPort(l.Address)
	if err != nil {
		return fmt.Errorf("serve the portal: %w: %w", ErrAddress, err)
	}
	var certificates *certificate
	if l.Certificate != "" || l.Key != "" {
		certificates = &certificate{chain: l.Certificate, key: l.Key, now: p.now, failed: p.certificateFailed}
		if err := certificates.load(); err != nil {
			return fmt.Errorf("serve the portal: %w", err)
		}
	} else if !loopback(ctx, host) && len(l.Proxies) == 0 {
		return fmt.Errorf("serve the portal on %s: %w", l.Address, ErrPlain)
	}
	if p.Claim != nil {
		release, err := p.Claim()
		if err != nil {
			return fmt.Errorf("serve the portal: %w", err)
		}
		defer func() { err = errors.Join(err, release()) }()
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", l.Address)
	if err != nil {
		kind := ErrAddress
		if errors.Is(err, syscall.EADDRINUSE) || inUse(err) {
			kind = ErrAddressTaken
		}
		return fmt.Errorf("serve the portal on %s: %w: %w", l.Address, kind, err)
	}
	p.proxies.Store(&l.Proxies)
	p.address.Store(&l.URL)
	limits := usual
	if p.limits != nil {
		limits = *p.limits
	}
	server := &http.Server{
		Handler:           p.Handler(),
		ReadHeaderTimeout: limits.header, ReadTimeout: limits.read, WriteTimeout: limits.write, IdleTimeout: limits.idle,
		MaxHeaderBytes: maxHeader,
		ErrorLog:       silent,
	}
	bounded := &connections{Listener: listener, proxies: l.Proxies}
	served := make(chan error, 1)
	scheme := "http"
	if certificates != nil {
		scheme = "https"
		server.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: certificates.get}
		go func() { served <- server.ServeTLS(bounded, "", "") }()
	} else {
		go func() { served <- server.Serve(bounded) }()
	}
	url := l.URL
	if url == "" {
		url = reachedAt(scheme, host, listener.Addr())
	}
	p.setStatus(func(s *Status) { *s = Status{URL: url} })
	if l.Ready != nil {
		l.Ready(url)
	}
	select {
	case err := <-served:
		return fmt.Errorf("serve the portal: %w", err)
	case <-ctx.Done():
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), limits.end)
	defer cancel()
	if err := server.Shutdown(end); err != nil {
		_ = server.Close() // whoever is still there has had their time
	}
	<-served // that it was closed
	return nil
}

// certificateFailed shows that new certificate files were not taken, or, with nil, that they were.
func (p *Portal) certificateFailed(err error) {
	p.setStatus(func(s *Status) {
		if s.URL != "" {
			s.Err = err
		}
	})
}

// loopback tells whether only this machine itself reaches a host.
func loopback(ctx context.Context, host string) bool {
	if host == "" {
		return false
	}
	if a, err := netip.ParseAddr(host); err == nil {
		return a.Unmap().IsLoopback()
	}
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil || len(addresses) == 0 {
		return false
	}
	for _, a := range addresses {
		if !a.Unmap().IsLoopback() {
			return false
		}
	}
	return true
}

// reachedAt is the address of the first page as this machine reaches it. Keys can be registered at localhost, but at no
// number (WebAuthn §5.1.3 wants a domain).
func reachedAt(scheme, host string, at net.Addr) string {
	port := ""
	if tcp, ok := at.(*net.TCPAddr); ok {
		port = fmt.Sprint(tcp.Port)
		if host == "" || tcp.IP.IsLoopback() || tcp.IP.IsUnspecified() {
			host = "localhost"
		}
	}
	if scheme == "https" && port == "443" || scheme == "http" && port == "80" {
		if a, err := netip.ParseAddr(host); err == nil && a.Is6() {
			return scheme + "://[" + host + "]"
		}
		return scheme + "://" + host
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}
