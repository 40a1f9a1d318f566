package portal

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// source is where a request comes from, for the limits on guessing. What a request says of that itself counts only where a
// trusted proxy said it.
func (p *Portal) source(r *http.Request) string { return p.client(r).String() }

// client is the address of whoever asks. Each proxy appends to X-Forwarded-For whom it was asked by, so the last address that
// is no trusted proxy is the one that was seen, and all before it is hearsay.
func (p *Portal) client(r *http.Request) netip.Addr {
	at := remote(r.RemoteAddr)
	var proxies []netip.Prefix
	if all := p.proxies.Load(); all != nil {
		proxies = *all
	}
	if !trusted(proxies, at) {
		return at
	}
	said := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(said) - 1; i >= 0; i-- {
		a, err := netip.ParseAddr(strings.TrimSpace(said[i]))
		if err != nil {
			return at
		}
		at = a.Unmap().WithZone("")
		if !trusted(proxies, at) {
			return at
		}
	}
	return at
}

func trusted(proxies []netip.Prefix, a netip.Addr) bool {
	for _, proxy := range proxies {
		if proxy.Contains(a) {
			return true
		}
	}
	return false
}

// remote is the address part of an address and port as net.Conn tells it.
func remote(address string) netip.Addr {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap().WithZone("")
}

// network is what counts as one source of connections: an IPv4 address, or the /64 that an IPv6 user has for themselves.
func network(a netip.Addr) netip.Prefix {
	bits := 64
	if a.Is4() || !a.IsValid() {
		bits = 32
	}
	prefix, err := a.Prefix(bits)
	if err != nil {
		return netip.Prefix{} // everybody whose address cannot be told is one
	}
	return prefix
}
