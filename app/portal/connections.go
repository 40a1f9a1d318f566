package portal

import (
	"net"
	"net/netip"
	"sync"
)

// Bounds of open connections. A browser holds one with HTTP/2 and six without; many people may share an address.
const (
	maxConnections = 2048
	maxPerSource   = 256
)

// connections hangs up on who comes when there are too many, from one source or altogether: a connection costs memory and a
// goroutine as long as it says nothing.
type connections struct {
	net.Listener
	proxies []netip.Prefix // who come for many

	mu      sync.Mutex
	all     int
	sources map[netip.Prefix]int
}

// Accept is the next connection that there is room for.
func (c *connections) Accept() (net.Conn, error) {
	for {
		conn, err := c.Listener.Accept()
		if err != nil {
			return nil, err
		}
		at := remote(conn.RemoteAddr().String())
		source := network(at)
		if c.enter(source, trusted(c.proxies, at)) {
			return &connection{Conn: conn, leave: sync.OnceFunc(func() { c.leave(source) })}, nil
		}
		conn.Close()
	}
}

func (c *connections) enter(source netip.Prefix, proxy bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all >= maxConnections || !proxy && c.sources[source] >= maxPerSource {
		return false
	}
	if c.sources == nil {
		c.sources = map[netip.Prefix]int{}
	}
	c.all++
	c.sources[source]++
	return true
}

func (c *connections) leave(source netip.Prefix) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all--
	if c.sources[source]--; c.sources[source] == 0 {
		delete(c.sources, source)
	}
}

// connection makes room when it is closed.
type connection struct {
	net.Conn
	leave func()
}

func (c *connection) Close() error {
	defer c.leave()
	return c.Conn.Close()
}
