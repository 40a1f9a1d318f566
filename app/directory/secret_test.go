package directory_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tapstation/app/directory"
	"tapstation/storage/seal"
)

func openSealed(t *testing.T) *directory.Directory {
	d := open(t)
	d.Seal = seal.New(t.TempDir(), seal.Options{FileOnly: true})
	return d
}

func keyPEM(t *testing.T, kind string, der []byte, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func pkcs8(t *testing.T, key any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return keyPEM(t, "PRIVATE KEY", der, err)
}

func TestSecretIsKeptSealedAndOnRecordWithoutItsValue(t *testing.T) {
	d := openSealed(t)
	const password = "correct horse battery staple"
	if has, err := d.HasSecret(t.Context(), directory.SMTPPassword); has || err != nil {
		t.Fatalf("there is a password before any was set: %v, %v", has, err)
	}
	if _, err := d.OpenSecret(t.Context(), directory.SMTPPassword); !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("a password that was never set: %v, want ErrNotFound", err)
	}
	if err := d.SetSecret(t.Context(), by, directory.SMTPPassword, password); err != nil {
		t.Fatal(err)
	}
	if got, err := d.OpenSecret(t.Context(), directory.SMTPPassword); string(got) != password || err != nil {
		t.Errorf("the password is %q (%v), want %q", got, err, password)
	}
	if has, err := d.HasSecret(t.Context(), directory.SMTPPassword); !has || err != nil {
		t.Errorf("a password that was set is not there: %v", err)
	}
	err := d.Store.View(t.Context(), func(tx directory.Tx) error {
		sealed, err := tx.Secret(directory.SMTPPassword)
		if bytes.Contains(sealed, []byte(password)) {
			t.Error("the store has the password in the clear")
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if err := d.SetSecret(t.Context(), by, directory.SMTPPassword, ""); err != nil {
		t.Fatal(err)
	}
	if has, err := d.HasSecret(t.Context(), directory.SMTPPassword); has || err != nil {
		t.Errorf("a password that was taken back is still there (%v)", err)
	}
	if err := d.SetSecret(t.Context(), by, directory.SMTPPassword, ""); err != nil {
		t.Errorf("taking back what is not there: %v", err)
	}
	all := acts(t, d)
	if want := []string{"secret_changed", "secret_changed"}; len(all) != len(want) {
		t.Fatalf("the audit log has %q, want one entry each for setting and taking back", all)
	}
	for _, act := range all {
		if !strings.Contains(act, "secret_changed") || strings.Contains(act, password) {
			t.Errorf("the audit log has %q, want that a secret was changed, and not its value", act)
		}
	}
	for _, s := range directory.Settings() {
		if s.Kind != directory.SecretSetting {
			continue
		}
		w := directory.DefaultWorkspace()
		if got := s.Get(w); got != "" {
			t.Errorf("%s tells %q", s.Name, got)
		}
		if err := s.Set(&w, "x"); err == nil {
			t.Errorf("%s is set as if it were part of the workspace", s.Name)
		}
	}
}

func TestSecretsThatMakeNoSense(t *testing.T) {
	d := openSealed(t)
	strong, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		what, name, value string
		wrong             directory.Problem
	}{
		{"a password", directory.SMTPPassword, "pass wörd", ""},
		{"a password of two lines", directory.SMTPPassword, "a\r\nb", directory.InvalidCharacters},
		{"a password with NUL", directory.SMTPPassword, "a\x00b", directory.InvalidCharacters},
		{"a password that is no UTF-8", directory.SMTPPassword, "\xff", directory.InvalidCharacters},
		{"a password without end", directory.SMTPPassword, strings.Repeat("x", directory.MaxSecret+1), directory.TooLong},
		{"RSA by PKCS #8", directory.DKIMKey, pkcs8(t, strong), ""},
		{"RSA by PKCS #1", directory.DKIMKey, keyPEM(t, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(strong), nil) + "\n\n", ""},
		{"Ed25519", directory.DKIMKey, pkcs8(t, edwards), ""},
		{"a short RSA key", directory.DKIMKey, shortRSA, directory.WeakKey},
		{"an elliptic curve", directory.DKIMKey, pkcs8(t, curve), directory.InvalidKey},
		{"two keys", directory.DKIMKey, pkcs8(t, edwards) + pkcs8(t, edwards), directory.InvalidKey},
		{"a certificate", directory.DKIMKey, authority, directory.InvalidKey},
		{"rubbish in PEM", directory.DKIMKey, keyPEM(t, "PRIVATE KEY", []byte("rubbish"), nil), directory.InvalidKey},
		{"no PEM", directory.DKIMKey, "AAAA", directory.InvalidKey},
		{"the key of the tickets", directory.TicketKey, "x", directory.InvalidValue},
		{"another setting", "name", "x", directory.InvalidValue},
		{"no setting", "nonsense", "x", directory.InvalidValue},
	} {
		err := d.SetSecret(t.Context(), by, test.name, test.value)
		var invalid *directory.InvalidError
		got := directory.Problem("")
		if errors.As(err, &invalid) {
			got = invalid.Fields[0].Problem
		} else if err != nil {
			t.Errorf("%s: %v", test.what, err)
		}
		if got != test.wrong {
			t.Errorf("%s: %q, want %q", test.what, got, test.wrong)
		}
		if err != nil && strings.Contains(err.Error(), "AAAA") {
			t.Errorf("%s: the error tells the secret: %v", test.what, err)
		}
	}
	if _, err := d.OpenSecret(t.Context(), directory.TicketKey); !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("the key of the tickets can be had as if it were a setting: %v", err)
	}
}

// TestOnlyTheSenderOpensSecrets reads the code: nobody but app/mail, and main, which gives it to app/mail, has a use for them.
func TestOnlyTheSenderOpensSecrets(t *testing.T) {
	const root = "../.."
	seen := 0
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		place, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		seen++
		place = filepath.ToSlash(place)
		if place == "app/directory/secret.go" || strings.HasPrefix(place, "app/mail/") || !strings.Contains(place, "/") {
			return nil
		}
		code, err := os.ReadFile(path)
		if bytes.Contains(code, []byte(".OpenSecret")) {
			t.Errorf("%s opens secrets", place)
		}
		return err
	})
	if err != nil || seen < 100 {
		t.Errorf("read %d files: %v", seen, err)
	}
}

func FuzzDKIMKey(f *testing.F) {
	f.Add([]byte(shortRSA))
	f.Add([]byte("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if key, err := directory.ParseDKIMKey(text); (key == nil) == (err == nil) {
			t.Errorf("a key and an error, or neither: %v", err)
		}
	})
}

// shortRSA is a key of 512 bits, made for this test.
const shortRSA = `-----BEGIN RSA PRIVATE KEY-----
MIIBOwIBAAJBAOF157m1hJxx7kuhTRewZUidBSZwTBiRMlTui4LtCyFApAJ05Hb4
1HqvY//aXH4un+eJFZitUJ9+vuu/l3wTZ4cCAwEAAQJAWE56/YT4NOJ26E58SIwB
j6hYrQ6M745nPVbVc+luU44munyKe6rpJh+uwocQdlsCaqzFW2sYmhUfQOj2zUBW
4QIhAPJmHrr91GEXcxJUU5ZA2okW3ktlf0KrDnRI0QuUM5oXAiEA7hx6fo/RPKKG
1t5w5Lkj2fZX/iDI8mMpt+leqszitBECIQClmKY90NKaUc7HItzHtR6WsQzELV63
SOzi/Cvz4RcvmQIhAK8U96kqHMNGCnniFAbKb6csMSVme/tmmN1nVrmmb6fRAiAU
crqHZRSVWd+WPObVZhla7xO01sBKeqbY2fjax1XruQ==
-----END RSA PRIVATE KEY-----
`
