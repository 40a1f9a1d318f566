package rp_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"tapstation/app/directory"
	"tapstation/app/rp"
)

// TestOriginsOfPages lists where keys of a relying party may be registered: browsers allow no other.
func TestOriginsOfPages(t *testing.T) {
	for _, test := range []struct{ rpID, page, want string }{
		{"example.com", "https://example.com/", "https://example.com"},
		{"example.com", "https://keys.example.com", "https://keys.example.com"},
		{"example.com", "https://KEYS.Example.COM/activate/x?y#z", "https://keys.example.com"},
		{"example.com", "https://keys.example.com:443/", "https://keys.example.com"},
		{"example.com", "https://keys.example.com:8443", "https://keys.example.com:8443"},
		{"localhost", "http://localhost:8470", "http://localhost:8470"},
		{"localhost", "http://localhost:80", "http://localhost"},
		{"localhost", "http://app.localhost:1", "http://app.localhost:1"},
		{"example.com", "http://example.com", ""},
		{"example.com", "https://notexample.com", ""},
		{"example.com", "https://example.com.evil.example", ""},
		{"keys.example.com", "https://example.com", ""},
		{"example.com", "https://user@example.com", ""},
		{"example.com", "https://example.com@evil.example", ""},
		{"127.0.0.1", "http://127.0.0.1:8470", ""},
		{"localhost", "http://[::1]:8470", ""},
		{"example.com", "ftp://example.com", ""},
		{"example.com", "javascript://example.com", ""},
		{"example.com", "example.com", ""},
		{"example.com", "", ""},
		{"example.com", "https://%zz", ""},
		{"example.com", "https://", ""},
	} {
		got, ok := rp.PageOrigin(test.rpID, test.page)
		if ok != (test.want != "") || ok && got != test.want {
			t.Errorf("for %q the origin of %q is %q, %t; want %q", test.rpID, test.page, got, ok, test.want)
		}
	}
}

// TestOptionsFitTheKey reads what a browser is given for each kind of key.
func TestOptionsFitTheKey(t *testing.T) {
	held := []byte("held")
	for _, test := range []struct {
		kind       directory.Kind
		policy     directory.Workspace
		attachment string
		hint       string
		conveyance string
	}{
		{directory.Card, directory.Workspace{}, "cross-platform", "security-key", "none"},
		{directory.USBKey, directory.Workspace{}, "cross-platform", "security-key", "none"},
		{directory.Fingerprint, directory.Workspace{}, "cross-platform", "security-key", "none"},
		{directory.Smartphone, directory.Workspace{}, "", "client-device", "none"},
		{directory.Card, directory.Workspace{Attestation: directory.AttestationRequired}, "cross-platform", "security-key", "direct"},
		{directory.Card, directory.Workspace{DeniedAAGUIDs: [][16]byte{{1}}}, "cross-platform", "security-key", "direct"},
		{directory.Card, directory.Workspace{AllowedAAGUIDs: [][16]byte{{1}}}, "cross-platform", "security-key", "direct"},
	} {
		test.policy.Name, test.policy.RPID = "W", "example.com"
		p, err := rp.NewWorkspace(test.policy)
		if err != nil {
			t.Fatal(err)
		}
		c, err := p.Begin(t.Context(), ada, directory.PIN, [][]byte{held})
		if err != nil {
			t.Fatal(err)
		}
		raw, err := c.Options(test.kind, 5*time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		var o struct {
			Timeout                int
			Hints                  []string
			Attestation            string
			AuthenticatorSelection struct {
				AuthenticatorAttachment, ResidentKey, UserVerification string
			}
			ExcludeCredentials []struct{ ID, Type string }
		}
		if err := json.Unmarshal(raw, &o); err != nil {
			t.Fatal(err)
		}
		if o.Attestation == "" {
			o.Attestation = "none" // is what a browser takes it for
		}
		s := o.AuthenticatorSelection
		if s.AuthenticatorAttachment != test.attachment || !slices.Contains(o.Hints, test.hint) || o.Attestation != test.conveyance {
			t.Errorf("%s with %+v: attachment %q, hints %q, attestation %q; want %q, %q, %q", test.kind, test.policy,
				s.AuthenticatorAttachment, o.Hints, o.Attestation, test.attachment, test.hint, test.conveyance)
		}
		if o.Timeout != 300_000 || s.ResidentKey != "required" || s.UserVerification != "required" || len(o.ExcludeCredentials) != 1 {
			t.Errorf("%s: %s; want 300000 ms, a discoverable credential, verification, and one key excluded", test.kind, raw)
		}
	}
}

// TestTransportsOfAnAnswerAreThoseKnown: what else a browser says is left out, and nothing comes twice.
func TestTransportsOfAnAnswerAreThoseKnown(t *testing.T) {
	made, err := rp.ParseRegistration([]byte(`{"rawId":"AAAA","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":"oA",
		"transports":["nfc","<script>","usb","nfc",""]}}`))
	if err != nil || !slices.Equal(made.Transports, []string{"usb", "nfc"}) {
		t.Errorf("the transports are %q, %v; want usb and nfc", made.Transports, err)
	}
}

// FuzzParseRegistration: what is taken for an answer comes back the same, all else is ErrMalformed, and Finish refuses what
// nobody made.
func FuzzParseRegistration(f *testing.F) {
	f.Add([]byte(`{"rawId":"AAAA","type":"public-key","response":{"clientDataJSON":"eyJjaGFsbGVuZ2UiOiJBQUFBIn0","attestationObject":"o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YVgA","transports":["usb"]}}`))
	f.Add([]byte(`{"rawId":"","type":"public-key"}`))
	f.Add([]byte(`[]`))
	p, err := rp.NewWorkspace(directory.Workspace{Name: "W", RPID: "example.com"})
	if err != nil {
		f.Fatal(err)
	}
	creation, err := p.Begin(f.Context(), ada, directory.PIN, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		made, err := rp.ParseRegistration(raw)
		if err != nil {
			if !errors.Is(err, rp.ErrMalformed) {
				t.Fatalf("it fails with %v, want ErrMalformed", err)
			}
			return
		}
		if len(made.CredentialID) == 0 || len(made.ClientDataJSON) == 0 || len(made.AttestationObject) == 0 {
			t.Fatalf("%+v was taken with a part missing", made)
		}
		if challenge, err := made.Challenge(); err != nil && !errors.Is(err, rp.ErrMalformed) {
			t.Fatalf("the challenge fails with %v, want ErrMalformed", err)
		} else if bytes.Equal(challenge, creation.Challenge) {
			return // nobody guesses it
		}
		if _, err := p.Finish(t.Context(), creation, made); !errors.Is(err, rp.ErrVerification) {
			t.Fatalf("what nobody made is answered %v, want ErrVerification", err)
		}
	})
}
