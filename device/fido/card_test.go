package fido_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"tapstation/device"
	"tapstation/device/fido"
	"tapstation/device/iso7816"
	"tapstation/device/pcsc"
	"tapstation/device/virtual"
)

// The budgets of a tap, from SELECT to a proven credential (design.md).
const (
	apdusWithoutPIN = 4 // SELECT, getInfo, makeCredential, getAssertion
	// SELECT, getInfo, key agreement, setPIN, getInfo, key agreement, PIN token, makeCredential, getAssertion
	apdusWithNewPIN = 9
)

func TestBudgetWithoutPIN(t *testing.T) {
	for name, o := range map[string]virtual.Options{
		"self attestation":  {},
		"certificates":      {Attestation: virtual.CertAttestation},
		"long certificates": {Attestation: virtual.LongAttestation},
		"CTAP 2.0":          {Version: virtual.FIDO20},
		"answers U2F_V2":    {SelectAnswer: "U2F_V2", MaxMsgSize: virtual.MaxMsgSizeUntold},
	} {
		t.Run(name, func(t *testing.T) {
			c := tap(t, newCard(t, o))
			info, err := c.Info(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if !info.PINCapable() || info.PINSet() {
				t.Errorf("info %+v, want a card without its PIN", info)
			}
			cred := mustMake(t, c, alice)
			proveWith(t, c, cred)
			if cost := c.Cost(); cost.APDUs != apdusWithoutPIN {
				t.Errorf("%d APDUs, want %d", cost.APDUs, apdusWithoutPIN)
			}
		})
	}
}

func TestBudgetWithNewPIN(t *testing.T) {
	for name, o := range map[string]virtual.Options{
		"protocol 1":         {PINProtocols: []int{1}},
		"protocol 2":         {PINProtocols: []int{2}},
		"both, 1 told first": {PINProtocols: []int{1, 2}},
		"CTAP 2.0":           {Version: virtual.FIDO20, PINProtocols: []int{1}},
		"CTAP 2.1 preview":   {Version: virtual.FIDO21Pre},
	} {
		t.Run(name, func(t *testing.T) {
			c := tap(t, newCard(t, o))
			if _, err := c.Info(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := c.SetPIN(t.Context(), "258014"); err != nil {
				t.Fatal(err)
			}
			if info, err := c.Info(t.Context()); err != nil || !info.PINSet() {
				t.Errorf("info after the PIN was set: %+v, %v", info, err)
			}
			req := alice
			req.PIN = "258014"
			cred := mustMake(t, c, req)
			if flags := cred.AuthData[32]; flags&0x04 == 0 {
				t.Errorf("flags %#x, want the user verified", flags)
			}
			proveWith(t, c, cred)
			if cost := c.Cost(); cost.APDUs != apdusWithNewPIN {
				t.Errorf("%d APDUs, want %d", cost.APDUs, apdusWithNewPIN)
			}
		})
	}
}

// proveWith asserts with one credential and checks the signature.
func proveWith(t *testing.T, k device.Key, cred device.Credential) {
	t.Helper()
	req := prove
	req.Allow = [][]byte{cred.ID}
	got, err := k.GetAssertion(t.Context(), req)
	if err != nil {
		t.Fatalf("prove %x: %v", cred.ID, err)
	}
	if len(got) != 1 || !bytes.Equal(got[0].CredentialID, cred.ID) {
		t.Fatalf("assertions %+v, want one by %x", got, cred.ID)
	}
	checkSignature(t, cred, got[0])
}

// Every method, on every kind of card, over every kind of APDU.
func TestWholeLifeOfACard(t *testing.T) {
	versions := map[string]virtual.Version{"2.0": virtual.FIDO20, "2.1 preview": virtual.FIDO21Pre, "2.1": virtual.FIDO21}
	for version, v := range versions {
		for _, protocol := range []int{1, 2} {
			for name, o := range map[string]virtual.Options{
				"extended":        {},
				"short":           {ShortOnly: true},
				"chained answers": {ChainAnswers: true, Attestation: virtual.LongAttestation},
				"keep-alive":      {KeepAlive: 2, Attestation: virtual.CertAttestation},
			} {
				o.Version, o.PINProtocols = v, []int{protocol}
				t.Run(fmt.Sprintf("%s, protocol %d, %s", version, protocol, name), func(t *testing.T) {
					live(t, newCard(t, o), v)
				})
			}
		}
	}
}

func live(t *testing.T, card *virtual.Card, v virtual.Version) {
	c := tap(t, card)
	info, err := c.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if info.Options["rk"] != true || info.MaxMsgSize != 2048 {
		t.Errorf("info %+v, want that of the card", info)
	}
	room := info.RemainingCredentials
	if err := c.SetPIN(t.Context(), "1234"); err != nil {
		t.Fatal(err)
	}
	if err := c.SetPIN(t.Context(), "4321"); !errors.Is(err, device.ErrNotAllowed) {
		t.Errorf("set a second first PIN: %v, want %v", err, device.ErrNotAllowed)
	}
	with := func(user string) device.CredentialRequest {
		req := of(user)
		req.PIN = "1234"
		return req
	}
	first := mustMake(t, c, with("alice"))
	second := mustMake(t, c, with("bob"))
	if info, err = c.Info(t.Context()); err != nil || room >= 0 && info.RemainingCredentials != room-2 {
		t.Errorf("room for %d more (%v), want %d", info.RemainingCredentials, err, room-2)
	}

	again := with("alice")
	again.Exclude = [][]byte{bytes.Repeat([]byte{1}, 48), first.ID}
	if _, err := c.MakeCredential(t.Context(), again); !errors.Is(err, device.ErrExcluded) {
		t.Errorf("registered again: %v, want %v", err, device.ErrExcluded)
	}

	all := prove
	all.PIN = "1234"
	checkAssertions(t, c, all, second, first)
	listed := all
	listed.PIN, listed.Allow = "", [][]byte{bytes.Repeat([]byte{1}, 48), second.ID}
	checkAssertions(t, c, listed, second)
	listed.Silent = true
	got := checkAssertions(t, c, listed, second)
	if flags := got[0].AuthData[32]; flags&0x01 != 0 {
		t.Errorf("flags %#x of a silent assertion, want the user not present", flags)
	}
	listed.Allow = listed.Allow[:1]
	if _, err := c.GetAssertion(t.Context(), listed); !errors.Is(err, device.ErrNoCredentials) {
		t.Errorf("assertion by none: %v, want %v", err, device.ErrNoCredentials)
	}

	var wrong *device.PINError
	if err := c.ChangePIN(t.Context(), "0000", "5678"); !errors.As(err, &wrong) || wrong.Retries != 7 || wrong.Blocked {
		t.Errorf("change with a wrong PIN: %v, want 7 attempts left", err)
	}
	if err := c.ChangePIN(t.Context(), "1234", "5678"); err != nil {
		t.Error(err)
	}
	left, err := c.PINRetries(t.Context())
	if err != nil || left != (device.PINRetries{Left: 8}) {
		t.Errorf("attempts left: %+v, %v, want all 8", left, err)
	}

	configure(t, c, v)

	err = c.DeleteCredential(t.Context(), first.ID, "567890")
	if v == virtual.FIDO20 {
		if !errors.Is(err, device.ErrUnsupported) {
			t.Errorf("delete on a card that cannot: %v, want %v", err, device.ErrUnsupported)
		}
	} else if err != nil {
		t.Error(err)
	} else {
		checkAssertions(t, c, prove, second)
		if err := c.DeleteCredential(t.Context(), first.ID, "567890"); !errors.Is(err, device.ErrNoCredentials) {
			t.Errorf("deleted again: %v, want %v", err, device.ErrNoCredentials)
		}
	}

	if err := c.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	if info, err = c.Info(t.Context()); err != nil || info.PINSet() || info.RemainingCredentials != room {
		t.Errorf("info after the reset: %+v, %v, want the card blank", info, err)
	}
}

// configure raises the minimum PIN length and has the PIN changed by force; the PIN is 567890 afterwards.
func configure(t *testing.T, c device.Card, v virtual.Version) {
	t.Helper()
	if v != virtual.FIDO21 {
		if err := c.ForcePINChange(t.Context(), "5678"); !errors.Is(err, device.ErrUnsupported) {
			t.Errorf("force a change on a card that cannot: %v, want %v", err, device.ErrUnsupported)
		}
		if err := c.ChangePIN(t.Context(), "5678", "567890"); err != nil {
			t.Error(err)
		}
		return
	}
	if err := c.SetMinPINLength(t.Context(), "5678", 6); err != nil {
		t.Error(err)
	}
	info, err := c.Info(t.Context())
	if err != nil || info.MinPINLength != 6 || !info.ForcePIN {
		t.Errorf("info %+v, %v, want a minimum of 6 and, the PIN being shorter, a forced change", info, err)
	}
	if _, err := c.MakeCredential(t.Context(), func() device.CredentialRequest { r := of("carol"); r.PIN = "5678"; return r }()); !errors.Is(err, device.ErrPINChange) {
		t.Errorf("register while a change is forced: %v, want %v", err, device.ErrPINChange)
	}
	if err := c.ChangePIN(t.Context(), "5678", "12345"); !errors.Is(err, device.ErrPINPolicy) {
		t.Errorf("change to one too short: %v, want %v", err, device.ErrPINPolicy)
	}
	if err := c.ChangePIN(t.Context(), "5678", "098765"); err != nil {
		t.Error(err)
	}
	if err := c.ForcePINChange(t.Context(), "098765"); err != nil {
		t.Error(err)
	}
	if info, err = c.Info(t.Context()); err != nil || !info.ForcePIN {
		t.Errorf("info %+v, %v, want a forced change", info, err)
	}
	if err := c.ChangePIN(t.Context(), "098765", "567890"); err != nil {
		t.Error(err)
	}
	if info, err = c.Info(t.Context()); err != nil || info.ForcePIN {
		t.Errorf("info %+v, %v, want the forced change done", info, err)
	}
}

// checkAssertions asserts and checks that it is by these credentials, in this order.
func checkAssertions(t *testing.T, k device.Key, req device.AssertionRequest, by ...device.Credential) []device.Assertion {
	t.Helper()
	got, err := k.GetAssertion(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(by) {
		t.Fatalf("%d assertions, want %d", len(got), len(by))
	}
	for i, cred := range by {
		if !bytes.Equal(got[i].CredentialID, cred.ID) {
			t.Errorf("assertion %d is by %x, want %x", i, got[i].CredentialID, cred.ID)
		}
		checkSignature(t, cred, got[i])
		if len(req.Allow) == 0 && len(got[i].UserHandle) == 0 {
			t.Errorf("assertion %d has no user handle", i)
		}
	}
	return got
}

func TestWholeCertificateChain(t *testing.T) {
	for _, a := range []virtual.Attestation{virtual.CertAttestation, virtual.LongAttestation} {
		for _, short := range []bool{false, true} {
			c := tap(t, newCard(t, virtual.Options{Attestation: a, ShortOnly: short}))
			cred := mustMake(t, c, alice)
			var statement struct {
				X5C [][]byte `cbor:"x5c"`
			}
			if err := cbor.Unmarshal(cred.Statement, &statement); err != nil {
				t.Fatal(err)
			}
			if cred.Format != "packed" || len(statement.X5C) != 2 {
				t.Errorf("format %q with %d certificates, want packed with leaf and issuer", cred.Format, len(statement.X5C))
			}
		}
	}
}

// ceremony is a tap from beginning to end, with a PIN set or without.
func ceremony(ctx context.Context, c device.Card, pin device.PIN) error {
	if _, err := c.Info(ctx); err != nil {
		return err
	}
	if pin != "" {
		if err := c.SetPIN(ctx, pin); err != nil {
			return err
		}
	}
	req := alice
	req.PIN = pin
	cred, err := c.MakeCredential(ctx, req)
	if err != nil {
		return err
	}
	proof := prove
	proof.Allow = [][]byte{cred.ID}
	_, err = c.GetAssertion(ctx, proof)
	return err
}

func TestSourceOpensCards(t *testing.T) {
	card := newCard(t, virtual.Options{UID: []byte{4, 5, 6, 7}})
	card.PowerOn()
	events := []device.Event{{Kind: device.ServiceUp}, {Kind: device.ReaderAdded, Reader: "virtual"}, {Kind: device.AllReported}}
	source := fido.Cards(
		func(ctx context.Context, report func(device.Event)) error {
			for _, e := range events {
				report(e)
			}
			return ctx.Err()
		},
		func(_ context.Context, reader string) (fido.Session, error) {
			if reader != "virtual" {
				return nil, device.ErrNoReader
			}
			return pcsc.NewSession(reader, &field{card: card}), nil
		},
	)
	var got []device.EventKind
	if err := source.Watch(t.Context(), func(e device.Event) { got = append(got, e.Kind) }); err != nil {
		t.Error(err)
	}
	if !slices.Equal(got, []device.EventKind{device.ServiceUp, device.ReaderAdded, device.AllReported}) {
		t.Errorf("events %v", got)
	}
	if _, err := source.Open(t.Context(), "other"); !errors.Is(err, device.ErrNoReader) {
		t.Errorf("open a reader that is not there: %v, want %v", err, device.ErrNoReader)
	}
	c, err := source.Open(t.Context(), "virtual")
	if err != nil {
		t.Fatal(err)
	}
	if c.Reader() != "virtual" || !bytes.Equal(c.ATR(), card.ATR()) {
		t.Errorf("card on %q with ATR %x", c.Reader(), c.ATR())
	}
	if uid, err := c.UID(t.Context()); err != nil || !bytes.Equal(uid, []byte{4, 5, 6, 7}) {
		t.Errorf("UID %x, %v", uid, err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if _, err := c.Info(t.Context()); err == nil {
		t.Error("a closed card told its info")
	}
}

// libfido2 before 1.15 knows only the prototype of authenticatorCredentialManagement.
func TestCredentialManagementByItsOwnCommand(t *testing.T) {
	for v, want := range map[virtual.Version]byte{virtual.FIDO21: 0x0A, virtual.FIDO21Pre: 0x41} {
		var got []byte
		c, _ := tapField(t, &field{card: newCard(t, virtual.Options{Version: v}), seen: func(apdu []byte) {
			if cmd, _, err := iso7816.Parse(apdu); err == nil && cmd.CLA == 0x80 && len(cmd.Data) > 0 {
				got = append(got, cmd.Data[0])
			}
		}})
		if err := c.SetPIN(t.Context(), "1234"); err != nil {
			t.Fatal(err)
		}
		req := alice
		req.PIN = "1234"
		cred := mustMake(t, c, req)
		if err := c.DeleteCredential(t.Context(), cred.ID, "1234"); err != nil {
			t.Error(err)
		}
		if len(got) == 0 || got[len(got)-1] != want {
			t.Errorf("commands % X, want the last to be %02X", got, want)
		}
	}
}
