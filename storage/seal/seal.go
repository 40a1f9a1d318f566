// Package seal keeps small secrets, like temporary PINs, unreadable at rest. A Box seals them with a key that is kept
// apart from the data: in the system keyring, or in a file of mode 0600 in the data folder where there is no keyring.
//
// A sealed secret is
//
//	"TS1"  key ID (8 bytes)  nonce (24 bytes)  XChaCha20-Poly1305 of the secret
//
// (draft-irtf-cfrg-xchacha-03), with everything before the ciphertext and the purpose as associated data: a secret
// sealed for one purpose does not open for another. The key ID, the beginning of a hash of the key, tells a secret
// that was sealed with another key from one that was tampered with.
//
// Which key a data folder uses is written down in it (seal.json). From then on no other key is ever made for it: when
// the key is gone, that is an error, because what was sealed with it would be lost silently otherwise.
package seal

import (
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/crypto/chacha20poly1305"
)

// How sealing and opening can fail.
var (
	// ErrUnavailable: the keyring that has the key does not answer, or is locked. Later it may.
	ErrUnavailable = errors.New("the system keyring is not available")
	// ErrKeyMissing: the key this data folder uses is not where it was.
	ErrKeyMissing = errors.New("the key that seals the secrets of this data folder is missing")
	// ErrOtherKey: sealed with another key than this data folder uses now.
	ErrOtherKey = errors.New("the secret was sealed with another key")
	// ErrTampered: not what was sealed, or not for this purpose.
	ErrTampered = errors.New("the sealed secret was changed, or is for something else")
	// ErrTooLarge: longer than MaxSecret.
	ErrTooLarge = errors.New("the secret is too long to be sealed")
	// ErrKeyFile: the file with the key, or seal.json, makes no sense or can be read by others.
	ErrKeyFile = errors.New("the file with the sealing key cannot be used")
)

// MaxSecret is the longest secret in bytes.
const MaxSecret = 64 << 10

const (
	magic     = "TS1"
	keyIDSize = 8
	headSize  = len(magic) + keyIDSize + chacha20poly1305.NonceSizeX
	overhead  = headSize + chacha20poly1305.Overhead
)

// Options say where the key is kept.
type Options struct {
	// FileOnly leaves the system keyring alone, for a throw-away data folder and for services without a session.
	FileOnly bool
	// Keyring is used in place of the system's.
	Keyring Keyring
	// Timeout is how long the keyring may take; 0: three seconds. It may ask its owner for a password meanwhile.
	Timeout time.Duration
}

// Box seals and opens. It may be used by several goroutines at once.
type Box struct {
	dir  string
	opts Options

	mu  sync.Mutex
	key *key // once it was needed
}

// New is the box of a data folder. Nothing is touched, made or asked before it is used.
func New(dir string, opts Options) *Box {
	return &Box{dir: dir, opts: opts}
}

// Seal seals a secret for a purpose, which must be told again to open it: the ID of the key it belongs to, for
// instance. The first use in a data folder makes its key. Errors: ErrUnavailable, ErrKeyMissing, ErrKeyFile,
// ErrTooLarge.
func (b *Box) Seal(secret []byte, purpose string) ([]byte, error) {
	if len(secret) > MaxSecret {
		return nil, fmt.Errorf("%w: %d bytes", ErrTooLarge, len(secret))
	}
	k, err := b.unlock()
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	sealed := make([]byte, headSize, overhead+len(secret))
	copy(sealed, magic)
	copy(sealed[len(magic):], k.id[:])
	nonce := sealed[len(magic)+keyIDSize:]
	rand.Read(nonce) // never fails (crypto/rand)
	return k.aead.Seal(sealed, nonce, secret, associated(sealed, purpose)), nil
}

// Open opens what Seal made for the same purpose. Errors: those of Seal, ErrOtherKey, ErrTampered.
func (b *Box) Open(sealed []byte, purpose string) ([]byte, error) {
	if len(sealed) < overhead || len(sealed) > overhead+MaxSecret || string(sealed[:len(magic)]) != magic {
		return nil, fmt.Errorf("open a sealed secret: %w", ErrTampered)
	}
	k, err := b.unlock()
	if err != nil {
		return nil, fmt.Errorf("open a sealed secret: %w", err)
	}
	if string(sealed[len(magic):len(magic)+keyIDSize]) != string(k.id[:]) {
		return nil, fmt.Errorf("open a sealed secret: %w", ErrOtherKey)
	}
	head := sealed[:headSize]
	secret, err := k.aead.Open(nil, head[len(magic)+keyIDSize:], sealed[headSize:], associated(head, purpose))
	if err != nil {
		return nil, fmt.Errorf("open a sealed secret: %w", ErrTampered)
	}
	return secret, nil
}

// associated is what is protected along with the secret. The head has a fixed length, so the two cannot be mistaken.
func associated(head []byte, purpose string) []byte {
	return append(head[:headSize:headSize], purpose...)
}

// unlock finds the key, or makes it, the first time.
func (b *Box) unlock() (*key, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.key != nil {
		return b.key, nil
	}
	k, err := b.find()
	if err != nil {
		return nil, err
	}
	b.key = k
	return k, nil
}
