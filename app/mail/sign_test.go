package mail_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"

	"tapstation/app/directory"
)

// signs has mail signed, and is how the key is looked up in the DNS.
func (o *office) signs(domain, selector string) func(string) ([]string, error) {
	o.t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	o.must(err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	o.must(err)
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	o.must(err)
	o.workspace(func(w *directory.Workspace) { w.Mail.DKIMDomain, w.Mail.DKIMSelector = domain, selector })
	o.must(o.dir.SetSecret(o.t.Context(), by, directory.DKIMKey, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))))
	return func(name string) ([]string, error) {
		if name != selector+"._domainkey."+domain {
			return nil, fmt.Errorf("no such name: %s", name)
		}
		return []string{"v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(public)}, nil
	}
}
