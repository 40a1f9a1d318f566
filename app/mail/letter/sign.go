package letter

import (
	"bytes"
	"crypto"
	"fmt"

	"github.com/emersion/go-msgauth/dkim"

	"tapstation/app/directory"
)

// Signer signs messages with DKIM (RFC 6376): relaxed canonicalization both ways, RSA-SHA256 or Ed25519 (RFC 8463).
type Signer struct {
	domain, selector string
	key              crypto.Signer
}

// NewSigner takes the key from PEM, as the secret directory.DKIMKey has it.
func NewSigner(domain, selector string, key []byte) (*Signer, error) {
	parsed, err := directory.ParseDKIMKey(key)
	if err != nil {
		return nil, fmt.Errorf("key that signs mail: %w", err)
	}
	return &Signer{domain, selector, parsed}, nil
}

// signed are the headers under the signature. Each stands once more than it is there, so that none can be added
// (§8.15); Cc, Bcc and Sender are not there at all.
var signed = []string{
	"From", "From", "To", "To", "Reply-To", "Reply-To", "Subject", "Subject", "Date", "Date", "Message-ID", "Message-ID",
	"MIME-Version", "MIME-Version", "Content-Type", "Content-Type", "Auto-Submitted", "Auto-Submitted", "Cc", "Bcc", "Sender",
	"Content-Transfer-Encoding", "In-Reply-To", "References",
}

func (s *Signer) sign(message []byte) ([]byte, error) {
	keys := signed
	if head, _, _ := bytes.Cut(message, []byte("\r\n\r\n")); !bytes.Contains(head, []byte("\r\nReply-To:")) {
		keys = append([]string{}, signed[:5]...)
		keys = append(keys, signed[6:]...)
	}
	var b bytes.Buffer
	err := dkim.Sign(&b, bytes.NewReader(message), &dkim.SignOptions{
		Domain: s.domain, Selector: s.selector, Signer: s.key, Hash: crypto.SHA256,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed, HeaderKeys: keys,
	})
	if err != nil {
		return nil, fmt.Errorf("sign the message: %w", err)
	}
	return b.Bytes(), nil
}
