package admin

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"tapstation/app/directory"
)

// Cost is what an argon2id hash costs (RFC 9106 §3.1).
type Cost struct {
	Memory  uint32 // KiB
	Passes  uint32
	Threads uint8
}

// DefaultCost is the second of the options RFC 9106 §4 recommends, for where memory is short: 64 MiB.
var DefaultCost = Cost{Memory: 64 << 10, Passes: 3, Threads: 4}

func (a *Admins) cost() Cost {
	if a.Cost == (Cost{}) {
		return DefaultCost
	}
	return a.Cost
}

// What a hash in the store may ask for: a damaged or a planted one must not take all memory, nor for ever.
var (
	leastCost = Cost{Memory: 8, Passes: 1, Threads: 1} // RFC 9106 §3.1
	mostCost  = Cost{Memory: 256 << 10, Passes: 10, Threads: 16}
)

const (
	saltSize = 16 // bytes, RFC 9106 §3.1
	tagSize  = 32
)

// maxInput is the longest User ID or password looked at, in bytes. A longer one is wrong, and takes as long.
const maxInput = 4096

// hash is a password as it is kept.
type hash struct {
	cost      Cost
	salt, tag []byte
}

// newPassword is the PHC string of a password.
func newPassword(cost Cost, password string) string {
	h := hash{cost: cost, salt: make([]byte, saltSize)}
	rand.Read(h.salt) // never fails (crypto/rand)
	h.tag = h.sum(password, tagSize)
	return h.String()
}

// outdated tells whether a password is kept at another cost than is asked for now.
func outdated(phc string, cost Cost) bool {
	h, err := parseHash(phc)
	return err == nil && h.cost != cost
}

// dummy is what a password is compared with where there is none.
func dummy(cost Cost) hash {
	return hash{cost: cost, salt: make([]byte, saltSize), tag: make([]byte, tagSize)}
}

func (h hash) matches(password string) bool {
	long := len(password) > maxInput
	if long {
		password = password[:maxInput]
	}
	same := subtle.ConstantTimeCompare(h.sum(password, len(h.tag)), h.tag) == 1
	return same && !long
}

func (h hash) sum(password string, size int) []byte {
	b := []byte(normal(password))
	defer clear(b)
	return argon2.IDKey(b, h.salt, h.cost.Passes, h.cost.Memory, h.cost.Threads, uint32(size))
}

// normal is a password in the form it is measured and hashed in: whichever keyboard or system composed it, it is the same
// one. NIST SP 800-63B §5.1.1.2 asks for NFKC or NFKD.
func normal(password string) string { return norm.NFKC.String(password) }

// String is the PHC string format, as argon2's reference implementation writes it.
func (h hash) String() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.cost.Memory, h.cost.Passes, h.cost.Threads,
		b64.EncodeToString(h.salt), b64.EncodeToString(h.tag))
}

// parseHash reads what String writes, and nothing else; directory.ErrDamaged.
func parseHash(s string) (hash, error) {
	var h hash
	parts := strings.Split(s, "$")
	if len(parts) != 6 {
		return h, fmt.Errorf("%w: no PHC string", directory.ErrDamaged)
	}
	_, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.cost.Memory, &h.cost.Passes, &h.cost.Threads)
	if err == nil {
		h.salt, err = base64.RawStdEncoding.Strict().DecodeString(parts[4])
	}
	if err == nil {
		h.tag, err = base64.RawStdEncoding.Strict().DecodeString(parts[5])
	}
	switch {
	case err != nil:
		return h, fmt.Errorf("%w: a PHC string: %w", directory.ErrDamaged, err)
	case h.String() != s:
		return h, fmt.Errorf("%w: a PHC string not of argon2id", directory.ErrDamaged)
	case !h.bounded():
		return h, fmt.Errorf("%w: a PHC string beyond its bounds", directory.ErrDamaged)
	}
	return h, nil
}

func (h hash) bounded() bool {
	return h.cost.Memory >= leastCost.Memory*uint32(h.cost.Threads) && h.cost.Memory <= mostCost.Memory &&
		h.cost.Passes >= leastCost.Passes && h.cost.Passes <= mostCost.Passes &&
		h.cost.Threads >= leastCost.Threads && h.cost.Threads <= mostCost.Threads &&
		len(h.salt) >= 8 && len(h.salt) <= 64 && len(h.tag) >= 16 && len(h.tag) <= 64
}
