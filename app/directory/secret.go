package directory

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"tapstation/app/audit"
)

// Sealer keeps a secret unreadable at rest. The purpose must be the same at both ends.
type Sealer interface {
	Seal(secret []byte, purpose string) ([]byte, error)
	Open(sealed []byte, purpose string) ([]byte, error)
}

// ErrNoSeal is a secret where nothing can seal or open it.
var ErrNoSeal = errors.New("there is nothing to seal secrets with")

// purposeOf is what the secret of this name is sealed for.
func purposeOf(name string) string { return "setting " + name }

// SetSecret keeps the value of a SecretSetting, sealed; an empty one takes it back. It fails with *InvalidError. That it
// was changed is on record, never what it is.
func (d *Directory) SetSecret(ctx context.Context, by, name, value string) error {
	value, p := checkSecret(name, value)
	if p != "" {
		return invalid([]FieldError{{name, p, secretLimit(p)}})
	}
	var sealed []byte
	if value != "" {
		if err := d.Look(ctx, by, ChangeSettings); err != nil { // before a key to seal with is made
			return err
		}
		if d.Seal == nil {
			return ErrNoSeal
		}
		var err error
		if sealed, err = d.Seal.Seal([]byte(value), purposeOf(name)); err != nil {
			return fmt.Errorf("seal %s: %w", name, err)
		}
	}
	return d.change(ctx, by, ChangeSettings, func(tx Tx, now time.Time) error {
		entry := audit.Entry{Time: now, Actor: by, Act: audit.SecretChanged, Detail: map[string]string{"setting": name, "value": "set"}}
		if value != "" {
			if err := tx.PutSecret(name, sealed); err != nil {
				return err
			}
			return tx.AppendAudit(entry)
		}
		if _, err := tx.Secret(name); errors.Is(err, ErrNotFound) {
			return nil
		} else if err != nil {
			return err
		}
		if err := tx.DeleteSecret(name); err != nil {
			return err
		}
		entry.Detail["value"] = "removed"
		return tx.AppendAudit(entry)
	})
}

// HasSecret tells whether there is a value of a SecretSetting.
func (d *Directory) HasSecret(ctx context.Context, name string) (bool, error) {
	there := false
	err := d.Store.View(ctx, func(tx Tx) error {
		_, err := tx.Secret(name)
		there = err == nil
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		return err
	})
	return there, err
}

// OpenSecret is the value of a SecretSetting, for whoever sends mail; ErrNotFound where there is none. It is not to be
// shown.
func (d *Directory) OpenSecret(ctx context.Context, name string) ([]byte, error) {
	if s, ok := FindSetting(name); !ok || s.Kind != SecretSetting {
		return nil, fmt.Errorf("secret %q: %w", name, ErrNotFound)
	}
	if d.Seal == nil {
		return nil, ErrNoSeal
	}
	var sealed []byte
	err := d.Store.View(ctx, func(tx Tx) (err error) {
		sealed, err = tx.Secret(name)
		return err
	})
	if err != nil {
		return nil, err
	}
	value, err := d.Seal.Open(sealed, purposeOf(name))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", name, err)
	}
	return value, nil
}

// minRSA is the shortest RSA key that verifiers have to take (RFC 8301 §3.2).
const minRSA = 1024

func secretLimit(p Problem) int {
	switch p {
	case TooLong:
		return MaxSecret
	case WeakKey:
		return minRSA
	}
	return 0
}

// checkSecret is the value as it is kept, and what is wrong with it.
func checkSecret(name, value string) (string, Problem) {
	switch s, ok := FindSetting(name); {
	case !ok || s.Kind != SecretSetting:
		return "", InvalidValue
	case value == "":
		return "", ""
	case len(value) > MaxSecret:
		return "", TooLong
	case name == DKIMKey:
		value = strings.TrimSpace(value)
		_, err := ParseDKIMKey([]byte(value))
		if errors.Is(err, errWeakKey) {
			return "", WeakKey
		}
		if err != nil {
			return "", InvalidKey
		}
		return value, ""
	case !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl): // no line of SMTP could hold it
		return "", InvalidCharacters
	}
	return value, ""
}

var (
	errNoKey   = errors.New("not a private key in PEM, RSA or Ed25519, by PKCS #8 or PKCS #1")
	errWeakKey = fmt.Errorf("the RSA key is shorter than %d bits", minRSA)
)

// ParseDKIMKey is the key that signs mail, from the value of the secret DKIMKey: *rsa.PrivateKey or ed25519.PrivateKey.
// Its errors hold nothing of the key.
func ParseDKIMKey(text []byte) (crypto.Signer, error) {
	block, rest := pem.Decode(text)
	if block == nil || len(strings.TrimSpace(string(rest))) > 0 {
		return nil, errNoKey
	}
	var (
		key any
		err error
	)
	switch block.Type {
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	default:
		err = errNoKey
	}
	if err != nil {
		return nil, errNoKey
	}
	switch key := key.(type) {
	case *rsa.PrivateKey:
		if key.N.BitLen() < minRSA {
			return nil, errWeakKey
		}
		return key, nil
	case ed25519.PrivateKey:
		return key, nil
	}
	return nil, errNoKey
}
