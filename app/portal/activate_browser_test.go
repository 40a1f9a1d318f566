package portal_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/webauthn"

	"tapstation/app/directory"
	"tapstation/app/login"
	"tapstation/device"
	"tapstation/device/fido"
	"tapstation/device/pcsc"
	"tapstation/device/virtual"
	"tapstation/storage/offline"
)

func TestLinkActivatesTheKeyInABrowser(t *testing.T) {
	usb := card(true)
	usb.Transport = webauthn.AuthenticatorTransportUsb
	for _, test := range []struct {
		name   string
		kind   directory.Kind
		verify directory.Verification
		key    webauthn.VirtualAuthenticatorOptions
		asked  bool // for the PIN at the log-in
		done   string
	}{
		{"card with PIN", directory.Card, directory.PIN, card(true), true, "Your card is active"},
		// Chromium asks for the PIN to make a discoverable credential, also where the relying party would rather not. The
		// credential it makes needs none.
		{"card without PIN", directory.Card, directory.PINless, card(true), false, "Your card is active"},
		{"USB key with PIN", directory.USBKey, directory.PIN, usb, true, "Your security key is active"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDesk(t)
			b := d.newTab()
			link := d.assignKind(test.kind, test.verify)
			id := b.authenticator(test.key)
			b.open(link.path())
			b.press("#start")
			b.says(test.done)
			title, focused := eval[string](b, "document.title"), eval[bool](b, `document.activeElement === document.querySelector("#done h1")`)
			if title != test.done || !focused {
				t.Errorf("afterwards the title is %q and the heading focused %t, want %q and the focus where the news is", title, focused, test.done)
			}

			k := d.key(link.key.ID)
			made := b.credentials(id)
			if len(made) != 1 || k.State != directory.Active || !bytes.Equal(k.Credential.ID, made[0].CredentialID) {
				t.Fatalf("the key is %s with credential %x, the authenticator has %d", k.State, k.Credential.ID, len(made))
			}
			if !made[0].IsResidentCredential {
				t.Errorf("the credential is not discoverable, so no tap alone could say whose it is")
			}
			d.logsIn(k, made[0], test.asked)

			b.open(link.path())
			b.says("This link was used already")
		})
	}
}

// logsIn proves that app/login takes a card with what the authenticator made, and asks for its PIN or not.
func (d *desk) logsIn(k directory.SecurityKey, made *webauthn.Credential, wantAsked bool) {
	d.t.Helper()
	reader := virtual.NewReader("R")
	const pin = "271828"
	reader.Insert(d.cardWith(made, pin))
	board := device.NewBoard(fido.Cards(reader.Watch, func(ctx context.Context, name string) (fido.Session, error) {
		conn, err := reader.Connect(ctx, name)
		if err != nil {
			return nil, err
		}
		return pcsc.NewSession(name, conn), nil
	}))
	cache := offline.New(filepath.Join(d.t.TempDir(), offline.Name))
	defer cache.Close()
	ctx, cancel := context.WithCancel(d.t.Context())
	watched := make(chan error, 1)
	go func() { watched <- board.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-watched; !errors.Is(err, context.Canceled) {
			d.t.Errorf("the readers were watched until %v", err)
		}
	}()
	l := &login.Login{Directory: d.dir, Cache: cache, Board: board, Seal: d.box}
	asked := false
	res, err := l.Prove(ctx, login.Request{UserID: "ada", Actor: by, PIN: func(context.Context, login.PINRequest) (device.PIN, error) {
		asked = true
		return pin, nil
	}})
	if err != nil || res.Key.KeyID != k.ID {
		d.t.Errorf("log in with the key that was activated: %q, %v, want key %q", res.Key.KeyID, err, k.ID)
	}
	if asked != wantAsked {
		d.t.Errorf("at the log-in a PIN was asked for: %t, want %t", asked, wantAsked)
	}
}

// cardWith is a card in software that holds what an authenticator of the browser made.
func (d *desk) cardWith(made *webauthn.Credential, pin device.PIN) *virtual.Card {
	d.t.Helper()
	path := filepath.Join(d.t.TempDir(), "card")
	if _, err := virtual.Open(path, virtual.Options{}); err != nil {
		d.t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		d.t.Fatal(err)
	}
	var file struct {
		Version int             `json:"virtual_card"`
		SHA256  string          `json:"sha256"`
		Card    json.RawMessage `json:"card"`
	}
	state := map[string]any{}
	if err := json.Unmarshal(raw, &file); err != nil {
		d.t.Fatal(err)
	}
	if err := json.Unmarshal(file.Card, &state); err != nil {
		d.t.Fatal(err)
	}
	private, err := x509.ParsePKCS8PrivateKey(made.PrivateKey)
	if err != nil {
		d.t.Fatal(err)
	}
	scalar, err := private.(*ecdsa.PrivateKey).Bytes()
	if err != nil {
		d.t.Fatal(err)
	}
	state["credentials"] = []any{map[string]any{
		"id": made.CredentialID, "key": scalar, "rp_id": made.RpID, "cred_protect": 1,
		"user": map[string]any{"id": made.UserHandle, "name": made.UserName},
	}}
	state["counter"] = int(made.SignCount) + 1
	hash := sha256.Sum256([]byte(pin))
	state["pin_hash"], state["pin_length"] = hash[:16], len(pin)
	if file.Card, err = json.Marshal(state); err != nil {
		d.t.Fatal(err)
	}
	sum := sha256.Sum256(file.Card)
	file.SHA256 = hex.EncodeToString(sum[:])
	if raw, err = json.Marshal(file); err != nil {
		d.t.Fatal(err)
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		d.t.Fatal(err)
	}
	c, err := virtual.Open(path, virtual.Options{})
	if err != nil {
		d.t.Fatal(err)
	}
	return c
}
