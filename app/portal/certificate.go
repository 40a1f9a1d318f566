package portal

import (
	"crypto/tls"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"
)

// lookEach is how often the files are looked at, at most.
const lookEach = time.Second

// certificate is a pair of files that are read again when they change, so that a renewal needs no restart. A pair that cannot
// be used, because only one of them is new yet say, leaves the one before in use; the next handshake tries again.
type certificate struct {
	chain, key string
	now        func() time.Time
	failed     func(error) // is told why new files were not taken, and nil when they were; nil: nobody

	mu     sync.Mutex
	looked time.Time
	seen   [2]stamp
	bad    bool
	inUse  *tls.Certificate
}

// stamp is by what a file is known to be another one.
type stamp struct {
	size int64
	time time.Time
}

// get is the certificate for a handshake.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.now(); now.Sub(c.looked) >= lookEach || now.Before(c.looked) {
		c.looked = now
		c.renew()
	}
	return c.inUse, nil
}

// renew takes the files where they are not those in use.
func (c *certificate) renew() {
	seen, err := c.stamps()
	if err == nil && seen == c.seen && !c.bad {
		return
	}
	if err == nil {
		err = c.take(seen)
	}
	c.bad = err != nil
	if c.failed != nil {
		c.failed(err)
	}
}

// load reads the files for the first time.
func (c *certificate) load() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	seen, err := c.stamps()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCertificate, err)
	}
	return c.take(seen)
}

func (c *certificate) take(seen [2]stamp) error {
	pair, err := tls.LoadX509KeyPair(c.chain, c.key)
	if err != nil {
		return fmt.Errorf("%w: %s and %s: %w", ErrCertificate, c.chain, c.key, err)
	}
	if pair.Leaf != nil && c.now().After(pair.Leaf.NotAfter) {
		return fmt.Errorf("%w: %s: it expired on %s", ErrCertificate, c.chain, pair.Leaf.NotAfter.UTC().Format(time.DateOnly))
	}
	c.inUse, c.seen = &pair, seen
	return nil
}

func (c *certificate) stamps() (all [2]stamp, err error) {
	for i, path := range []string{c.chain, c.key} {
		info, err := os.Stat(path)
		if err != nil {
			return all, err
		}
		if !info.Mode().IsRegular() {
			return all, &fs.PathError{Op: "read", Path: path, Err: fs.ErrInvalid}
		}
		all[i] = stamp{info.Size(), info.ModTime()}
	}
	return all, nil
}
