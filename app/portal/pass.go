package portal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"sync"
	"time"
)

// passLife is how long a page reached by a code can be used before the code is asked for again.
const passLife = 20 * time.Minute

// passMark begins a pass, so that it is told from the token of a link, which has the same alphabet but another length.
const passMark = "c."

// passes lead from the page that takes a code to the page of its ticket. The address of that page must hold neither the code
// nor the link's token, which live for days: it holds a pass, the ticket's ID and a time sealed with a key that this process
// made and nobody else has. So there is no cookie, no list that could be filled, and what a log of addresses on the way (a
// proxy's, a browser's history) keeps is worth nothing twenty minutes later.
type passes struct {
	once sync.Once
	aead cipher.AEAD
}

func (p *passes) sealer() cipher.AEAD {
	p.once.Do(func() {
		key := make([]byte, 32)
		_, _ = rand.Read(key) // never fails (crypto/rand)
		block, err := aes.NewCipher(key)
		if err == nil {
			p.aead, err = cipher.NewGCMWithRandomNonce(block)
		}
		if err != nil {
			panic(err) // a key of 32 bytes is one of AES-256
		}
	})
	return p.aead
}

// issue is a pass for a ticket.
func (p *passes) issue(now time.Time, ticketID string) (string, error) {
	id, err := hex.DecodeString(ticketID)
	if err != nil {
		return "", err
	}
	plain := binary.BigEndian.AppendUint64(nil, uint64(now.Add(passLife).Unix()))
	sealed := p.sealer().Seal(nil, nil, append(plain, id...), []byte(passMark))
	return passMark + base64.RawURLEncoding.EncodeToString(sealed), nil
}

// isPass tells a pass from the token of a link.
func isPass(token string) bool { return strings.HasPrefix(token, passMark) }

// open is the ticket of a pass that still holds.
func (p *passes) open(now time.Time, pass string) (ticketID string, ok bool) {
	sealed, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(pass, passMark))
	if err != nil || len(sealed) > 100 {
		return "", false
	}
	plain, err := p.sealer().Open(nil, nil, sealed, []byte(passMark))
	if err != nil || len(plain) < 8 || now.Unix() >= int64(binary.BigEndian.Uint64(plain)) {
		return "", false
	}
	return hex.EncodeToString(plain[8:]), true
}
