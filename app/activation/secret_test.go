package activation_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tapstation/app/activation"
	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/storage/bolt"
	"tapstation/storage/seal"
)

// TestNothingThatOpensATicketIsKeptOrSaid does everything there is to be done with tickets, and then looks for what opens
// them in the bytes of the store, in the audit log and in the errors.
func TestNothingThatOpensATicketIsKeptOrSaid(t *testing.T) {
	d := newDesk(t)
	const pin = "8675309-sesame"
	var said []string
	fails := func(err error) {
		t.Helper()
		if err == nil {
			t.Error("what should fail does not")
		}
		said = append(said, fmt.Sprint(err), fmt.Sprintf("%+v %#v", err, err))
	}
	var secrets []activation.Opening
	remember := func(o activation.Opening, err error) activation.Opening {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		secrets = append(secrets, o)
		return o
	}

	first := d.assign("ada")
	o := remember(d.mailed(first.ID), nil)
	_, err := d.tickets.ByCode(t.Context(), "a", wrongProof(o.Code))
	fails(err)
	_, err = d.tickets.Resend(t.Context(), by, first.ID)
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.tickets.ByCode(t.Context(), "a", o.Code)
	fails(err)
	_, err = d.tickets.ByLink(t.Context(), tokenOf(t, o))
	fails(err)
	o = remember(d.tickets.Show(t.Context(), by, first.ID))
	opened, err := d.tickets.ByCode(t.Context(), "a", o.Code)
	if err != nil {
		t.Fatal(err)
	}
	o = remember(d.tickets.NewCode(t.Context(), opened.Ticket.ID))
	for range 20 {
		_, err = d.tickets.ByCode(t.Context(), "a", wrongProof(o.Code))
		fails(err)
	}
	_, err = d.tickets.ByCode(t.Context(), "a", o.Code)
	fails(err)
	if _, err := d.tickets.Activate(t.Context(), opened.Ticket.ID, made("ada")); err != nil {
		t.Fatal(err)
	}
	_, err = d.tickets.Activate(t.Context(), opened.Ticket.ID, made("again"))
	fails(err)
	_, err = d.tickets.ByLink(t.Context(), tokenOf(t, o))
	fails(err)

	d.addUser("bob")
	second := d.temporary("bob", pin)
	o = remember(d.mailed(second.ID), nil)
	opened, err = d.tickets.ByLink(t.Context(), tokenOf(t, o))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.tickets.ShowPIN(t.Context(), opened.Ticket.ID); err != nil {
		t.Fatal(err)
	}
	_, err = d.tickets.ShowPIN(t.Context(), opened.Ticket.ID)
	fails(err)
	remember(d.mailed(second.ID), nil)
	if err := d.tickets.PINChosen(t.Context(), opened.Ticket.ID); err != nil {
		t.Fatal(err)
	}
	d.wait(time.Second) // so that its mail is the last
	if err := d.tickets.AskProof(t.Context(), by, "bob"); err != nil {
		t.Fatal(err)
	}
	all := d.messages()
	d.view(func(tx directory.Tx) error {
		o, err := d.tickets.Opening(tx, all[len(all)-1].TicketID)
		secrets = append(secrets, o)
		return err
	})
	if _, err := d.tickets.Prove(t.Context(), "a", secrets[len(secrets)-1].Code); err != nil {
		t.Fatal(err)
	}
	third := d.assign("bob")
	remember(d.mailed(third.ID), nil)
	if _, err := d.tickets.Withdraw(t.Context(), by, third.ID); err != nil {
		t.Fatal(err)
	}
	fourth := d.assign("bob")
	remember(d.mailed(fourth.ID), nil)

	needles := map[string]string{"the PIN": pin}
	for i, o := range secrets {
		if o.Link != "" {
			token := tokenOf(t, o)
			raw, err := base64.RawURLEncoding.DecodeString(token)
			if err != nil {
				t.Fatal(err)
			}
			needles[fmt.Sprintf("token %d", i)], needles[fmt.Sprintf("token %d, decoded", i)] = token, string(raw)
			needles[fmt.Sprintf("link %d", i)] = o.Link
			needles[fmt.Sprintf("token %d, cut", i)] = token[:20]
		}
		code := strings.ReplaceAll(o.Code, "-", "")
		needles[fmt.Sprintf("code %d", i)], needles[fmt.Sprintf("code %d as written", i)] = code, o.Code
		needles[fmt.Sprintf("handle %d", i)], needles[fmt.Sprintf("proof %d", i)] = code[:5], code[5:]
	}
	d.view(func(tx directory.Tx) error {
		sealed, err := tx.Secret(directory.TicketKey)
		if err != nil {
			return err
		}
		key, err := d.tickets.Seal.Open(sealed, "links and codes of tickets")
		if err != nil || len(key) != 32 {
			t.Fatalf("the key has %d bytes, %v, want 32", len(key), err)
		}
		needles["the key"] = string(key)
		return nil
	})

	file, err := os.ReadFile(filepath.Join(d.folder, bolt.Name))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(file, []byte("ada@example.org")) {
		t.Fatal("not even an address is found in the store: this test looks in the wrong place")
	}
	var log strings.Builder
	for _, e := range d.acts("") {
		fmt.Fprintf(&log, "%+v\n", e)
	}
	haystacks := map[string]string{"the store": string(file), "the audit log": log.String(), "an error": strings.Join(said, "\n")}
	for what, needle := range needles {
		for where, haystack := range haystacks {
			// Five symbols are found in random bytes now and then: they count where they stand by themselves.
			if len(needle) == 5 && where == "the store" {
				if alone(haystack, needle) {
					t.Errorf("%s stands in %s", what, where)
				}
				continue
			}
			if strings.Contains(haystack, needle) {
				t.Errorf("%s stands in %s", what, where)
			}
		}
	}
}

// alone tells whether five symbols stand in a file the way a record would have them: as a text of that length (CBOR
// major type 3 and 2).
func alone(file, symbols string) bool {
	return strings.Contains(file, "\x65"+symbols) || strings.Contains(file, "\x45"+symbols)
}

// TestABackupWithoutItsSealingKeyTakesLinksAndSaysWhyItTakesNoCodes opens the copy of a store in another data folder.
func TestABackupWithoutItsSealingKeyTakesLinksAndSaysWhyItTakesNoCodes(t *testing.T) {
	d := newDesk(t)
	d.addUser("bob")
	sent, waiting := d.assign("ada"), d.assign("bob")
	mailed, notYet := d.mailed(sent.ID), d.ticket(waiting.ID)

	elsewhere := t.TempDir()
	if err := d.dir.Store.(directory.Portable).CopyTo(t.Context(), filepath.Join(elsewhere, bolt.Name), nil); err != nil {
		t.Fatal(err)
	}
	e := openDesk(t, elsewhere)
	if _, err := e.tickets.Seal.Seal([]byte("something"), "a sealing key of its own"); err != nil {
		t.Fatal(err)
	}
	if o, err := e.tickets.ByLink(t.Context(), tokenOf(t, mailed)); err != nil || o.User.ID != "ada" {
		t.Errorf("the mailed link opens for %q, %v, want ada", o.User.ID, err)
	}
	_, err := e.tickets.ByCode(t.Context(), "a", mailed.Code)
	is(t, "the mailed code", err, activation.ErrTicketKey)
	is(t, "the mailed code", err, seal.ErrOtherKey)
	_, err = e.tickets.Show(t.Context(), by, sent.ID)
	is(t, "show a link", err, activation.ErrTicketKey)
	_, err = e.tickets.Assign(t.Context(), activation.Assignment{UserID: "ada", Actor: by})
	is(t, "assign a key", err, activation.ErrTicketKey)
	compose := func() error {
		return e.dir.Store.View(t.Context(), func(tx directory.Tx) error { _, err := e.tickets.Opening(tx, notYet.ID); return err })
	}
	is(t, "compose a mail that had not left", compose(), activation.ErrTicketKey)

	if err := e.tickets.RenewKey(t.Context(), by); err != nil {
		t.Fatal(err)
	}
	if e := e.acts(audit.SecretChanged); len(e) != 1 || e[0].Actor != by {
		t.Errorf("on record is %+v, want the new key", e)
	}
	_, err = e.tickets.ByCode(t.Context(), "a", mailed.Code)
	is(t, "the mailed code after that", err, activation.ErrWrongCode)
	is(t, "compose a mail that had not left, after that", compose(), activation.ErrLinkLost)
	_, err = e.tickets.Show(t.Context(), by, sent.ID)
	is(t, "show a link that was mailed before", err, activation.ErrLinkLost)
	o, err := e.tickets.ByLink(t.Context(), tokenOf(t, mailed))
	if err != nil {
		t.Fatalf("the mailed link after that: %v", err)
	}
	fresh, err := e.tickets.NewCode(t.Context(), o.Ticket.ID)
	if err != nil {
		t.Fatalf("another code for who holds the link: %v", err)
	}
	if _, err := e.tickets.ByCode(t.Context(), "a", fresh.Code); err != nil {
		t.Errorf("that code: %v", err)
	}
	if _, err := e.tickets.Activate(t.Context(), o.Ticket.ID, made("ada")); err != nil {
		t.Errorf("activate by the mailed link: %v", err)
	}
	if _, err := e.tickets.Resend(t.Context(), by, waiting.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := e.tickets.ByCode(t.Context(), "a", e.mailed(waiting.ID).Code); err != nil {
		t.Errorf("the code that was resent: %v", err)
	}
}

func TestAnotherProgramOnTheSameFolderDerivesTheSame(t *testing.T) {
	d := newDesk(t)
	k := d.assign("ada")
	o := d.mailed(k.ID)
	e := openDesk(t, d.folder)
	if again := e.mailed(k.ID); again != o {
		t.Errorf("another program derives %+v, want %+v", again, o)
	}
	if _, err := e.tickets.ByCode(t.Context(), "a", o.Code); err != nil {
		t.Errorf("the code in another program: %v", err)
	}
	if err := e.tickets.RenewKey(t.Context(), by); err != nil {
		t.Fatal(err)
	}
	if _, err := d.tickets.ByCode(t.Context(), "a", o.Code); !errors.Is(err, activation.ErrWrongCode) {
		t.Errorf("an old code, after another program made another key: %v, want it wrong", err)
	}
	d.addUser("bob")
	k = d.assign("bob")
	if _, err := e.tickets.ByCode(t.Context(), "a", d.mailed(k.ID).Code); err != nil {
		t.Errorf("a code of the first program, in the other one: %v", err)
	}
}

func TestWhatNeedsNoKeyWorksWithoutOne(t *testing.T) {
	d := newDesk(t)
	k := d.assign("ada")
	link := d.token(k.ID)
	d.tickets = &activation.Tickets{Directory: d.dir, Seal: noSeal{}}
	if _, err := d.tickets.ByLink(t.Context(), link); err != nil {
		t.Errorf("a link: %v", err)
	}
	if _, err := d.tickets.Waiting(t.Context(), k.ID); err != nil {
		t.Errorf("what a key waits for: %v", err)
	}
	_, err := d.tickets.ByCode(t.Context(), "a", "ABCDE-FGHJK")
	is(t, "a code", err, activation.ErrTicketKey)
	if _, err := d.tickets.Withdraw(t.Context(), by, k.ID); err != nil {
		t.Errorf("withdraw: %v", err)
	}
}
