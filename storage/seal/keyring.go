package seal

import (
	"errors"
	"fmt"
	"time"

	"github.com/zalando/go-keyring"
)

// service is the name entries of this program have in the keyring.
const service = "tapstation"

const defaultTimeout = 3 * time.Second

// Keyring keeps secrets for the person who is logged in.
type Keyring interface {
	// Get is the secret of an entry; keyring.ErrNotFound (go-keyring) when there is none.
	Get(service, name string) (string, error)
	Set(service, name, secret string) error
}

// systemKeyring is the keyring of the operating system.
type systemKeyring struct{}

func (systemKeyring) Get(service, name string) (string, error) {
	if !keyringHere() {
		return "", errNoKeyring
	}
	return keyring.Get(service, name)
}

func (systemKeyring) Set(service, name, secret string) error {
	if !keyringHere() {
		return errNoKeyring
	}
	return keyring.Set(service, name, secret)
}

var errNoKeyring = errors.New("there is no keyring in this session")

// ring is the keyring to use, or nil.
func (b *Box) ring() Keyring {
	if b.opts.FileOnly {
		return nil
	}
	r := patientKeyring{ring: b.opts.Keyring, timeout: b.opts.Timeout}
	if r.ring == nil {
		r.ring = systemKeyring{}
	}
	if r.timeout == 0 {
		r.timeout = defaultTimeout
	}
	return r
}

// patientKeyring waits a bounded time for a keyring. One that asks its owner for a password, or hangs, keeps its
// goroutine for as long as it takes; there is no way to call it back.
type patientKeyring struct {
	ring    Keyring
	timeout time.Duration
}

func (p patientKeyring) Get(service, name string) (string, error) {
	secret, err := p.ask(func() (string, error) { return p.ring.Get(service, name) })
	switch {
	case errors.Is(err, keyring.ErrNotFound):
		return "", fmt.Errorf("%w: the keyring has no entry %q", ErrKeyMissing, name)
	case err != nil:
		return "", fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return secret, nil
}

func (p patientKeyring) Set(service, name, secret string) error {
	_, err := p.ask(func() (string, error) { return "", p.ring.Set(service, name, secret) })
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return nil
}

func (p patientKeyring) ask(question func() (string, error)) (string, error) {
	type answer struct {
		secret string
		err    error
	}
	answered := make(chan answer, 1)
	go func() {
		secret, err := question()
		answered <- answer{secret, err}
	}()
	timeout := time.NewTimer(p.timeout)
	defer timeout.Stop()
	select {
	case a := <-answered:
		return a.secret, a.err
	case <-timeout.C:
		return "", fmt.Errorf("no answer after %v", p.timeout)
	}
}
