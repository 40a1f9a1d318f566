package letter

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"

	"tapstation/app/directory"
)

// signers are one of each kind, and the record in DNS that says its key.
func signers(t *testing.T) map[string]struct {
	signer *Signer
	record string
} {
	t.Helper()
	long, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(&long.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	edPublic, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]struct {
		signer *Signer
		record string
	}{}
	for name, k := range map[string]struct {
		key    any
		record string
	}{
		"RSA":     {long, "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(public)},
		"Ed25519": {edwards, "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(edPublic)},
	} {
		der, err := x509.MarshalPKCS8PrivateKey(k.key)
		if err != nil {
			t.Fatal(err)
		}
		s, err := NewSigner("example.org", "s2026", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
		if err != nil {
			t.Fatal(err)
		}
		all[name] = struct {
			signer *Signer
			record string
		}{s, k.record}
	}
	return all
}

// verify is what a server makes of the signature of a message.
func verify(raw []byte, record string) error {
	all, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
		if name != "s2026._domainkey.example.org" {
			return nil, errors.New("no such name: " + name)
		}
		return []string{record}, nil
	}})
	switch {
	case err != nil:
		return err
	case len(all) != 1:
		return errors.New("not one signature")
	case all[0].Domain != "example.org":
		return errors.New("signed by " + all[0].Domain)
	}
	return all[0].Err
}

func TestSignatureHoldsAndCoversWhatMatters(t *testing.T) {
	for name, s := range signers(t) {
		for _, kind := range Kinds {
			l := aLetter(kind, "de")
			if kind == directory.PINMail {
				l.Workspace.Mail.ReplyTo = ""
			}
			raw := mustCompose(t, l, nil, s.signer)
			if err := verify(raw, s.record); err != nil {
				t.Errorf("%s, %s: %v\n%s", name, kind, err, raw[:1500])
			}
			if !bytes.Contains(raw, []byte("c=relaxed/relaxed")) {
				t.Errorf("%s: want relaxed/relaxed:\n%.600s", name, raw)
			}
			p := parse5322(t, raw)
			if len(p.header["Dkim-Signature"]) != 1 {
				t.Errorf("%s: want one signature", name)
			}
			// What a server on the way may do.
			folded := bytes.Replace(raw, []byte("\r\nFrom: "), []byte("\r\nFROM:   "), 1)
			if err := verify(folded, s.record); err != nil {
				t.Errorf("%s: other spaces break the signature: %v", name, err)
			}
			if err := verify(append([]byte("Received: from a by b; Tue, 24 Nov 2026 15:00:00 +0000\r\n"), raw...), s.record); err != nil {
				t.Errorf("%s: a Received before it breaks the signature: %v", name, err)
			}
			// What nobody may do.
			for what, changed := range map[string][]byte{
				"another body":     bytes.Replace(raw, []byte("Example"), []byte("Exampel"), -1),
				"another subject":  bytes.Replace(raw, []byte("\r\nSubject: "), []byte("\r\nSubject: Re: "), 1),
				"a second From":    append([]byte("From: evil@example.com\r\n"), raw...),
				"a second Subject": append([]byte("Subject: x\r\n"), raw...),
				"a second To":      append([]byte("To: x@example.com\r\n"), raw...),
				"another Reply-To": append([]byte("Reply-To: evil@example.com\r\n"), raw...),
				"another type":     append([]byte("Content-Type: text/html\r\n"), raw...),
				"a Cc":             append([]byte("Cc: x@example.com\r\n"), raw...),
				"another date":     bytes.Replace(raw, []byte("24 Nov 2026"), []byte("25 Nov 2026"), 1),
				"an appendix":      append(bytes.Clone(raw), "x\r\n"...),
			} {
				if verify(changed, s.record) == nil {
					t.Errorf("%s, %s: the signature still holds with %s", name, kind, what)
				}
			}
		}
	}
}

func TestNoSignerFromWhatIsNoKey(t *testing.T) {
	for _, key := range []string{"", "text", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
		if s, err := NewSigner("example.org", "s", []byte(key)); err == nil || s != nil || strings.Contains(err.Error(), "AAAA") {
			t.Errorf("%q: %v, %v, want an error without the key", key, s, err)
		}
	}
}
