package activation_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"tapstation/app/activation"
	"tapstation/app/audit"
	"tapstation/app/directory"
)

func TestActivatingByLinkMakesTheKeyWork(t *testing.T) {
	d := newDesk(t)
	k := d.assign("ada")
	o, err := d.tickets.ByLink(t.Context(), d.token(k.ID))
	if err != nil {
		t.Fatal(err)
	}
	if o.User.ID != "ada" || o.Key.ID != k.ID || o.Workspace.Name != "Example GmbH" || o.Ticket.Purpose != directory.Activate {
		t.Errorf("behind the link is %+v, want ada's pending key", o)
	}
	d.wait(time.Hour)
	got, err := d.tickets.Activate(t.Context(), o.Ticket.ID, made("ada"))
	if err != nil {
		t.Fatal(err)
	}
	if got.State != directory.Active || string(got.Credential.ID) != "credential of ada" || got.Model != "A browser's key" ||
		!got.Activated.Equal(begin.Add(time.Hour)) || !got.CardPIN || got.TemporaryPIN || got.Name != k.Name {
		t.Errorf("the key is %+v, want it active with the credential and a PIN of the user's own", got)
	}
	if kept := d.key(k.ID); kept.State != directory.Active {
		t.Errorf("kept is a key that is %s, want active", kept.State)
	}
	if e := d.acts(audit.KeyActivated); len(e) != 1 || e[0].Actor != "user:ada" || e[0].Key != k.ID {
		t.Errorf("on record is %+v, want that ada did it", e)
	}
	if m := d.messages(); len(m) != 1 || m[0].State != directory.Dropped {
		t.Errorf("mails are %+v, want the pointless one dropped and none about a PIN", m)
	}
}

func TestLookingChangesNothing(t *testing.T) {
	d := newDesk(t)
	k := d.assign("ada")
	o := d.mailed(k.ID)
	before := d.ticket(k.ID)
	entries := len(d.acts(""))
	for range 20 {
		if _, err := d.tickets.ByLink(t.Context(), tokenOf(t, o)); err != nil {
			t.Fatal(err)
		}
		if _, err := d.tickets.ByCode(t.Context(), "192.0.2.1", o.Code); err != nil {
			t.Fatal(err)
		}
	}
	after := d.ticket(k.ID)
	if after.State != before.State || after.Serial != before.Serial || after.WrongCodes != 0 || len(d.acts("")) != entries {
		t.Errorf("after looks the ticket is %+v, was %+v, want nothing changed and nothing on record", after, before)
	}
}

func TestOfTwoThatActivateAtOnceOneDoes(t *testing.T) {
	d := newDesk(t)
	for range 5 {
		k := d.assign("ada")
		ticket := d.ticket(k.ID)
		const many = 8
		errs := make([]error, many)
		var all sync.WaitGroup
		for i := range many {
			all.Go(func() { _, errs[i] = d.tickets.Activate(t.Context(), ticket.ID, made(k.ID+string(rune('a'+i)))) })
		}
		all.Wait()
		did := 0
		for _, err := range errs {
			if err == nil {
				did++
				continue
			}
			is(t, "one of several at once", err, directory.ErrTicketUsed)
		}
		if did != 1 {
			t.Errorf("%d of %d at once activated the key, want one", did, many)
		}
	}
}

func TestWhatBecameOfATicketIsSaid(t *testing.T) {
	must := func(t *testing.T, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		happens func(t *testing.T, d *desk, k directory.SecurityKey)
		want    error
	}{
		"used": {func(t *testing.T, d *desk, k directory.SecurityKey) {
			_, err := d.tickets.Activate(t.Context(), d.ticket(k.ID).ID, made("ada"))
			must(t, err)
		}, directory.ErrTicketUsed},
		"expired": {func(_ *testing.T, d *desk, _ directory.SecurityKey) { d.wait(7 * 24 * time.Hour) }, directory.ErrTicketExpired},
		"withdrawn": {func(t *testing.T, d *desk, k directory.SecurityKey) {
			_, err := d.tickets.Withdraw(t.Context(), by, k.ID)
			must(t, err)
		}, directory.ErrTicketWithdrawn},
		"key revoked": {func(t *testing.T, d *desk, k directory.SecurityKey) {
			_, err := d.dir.RevokeKey(t.Context(), by, k.ID)
			must(t, err)
		}, directory.ErrTicketWithdrawn},
		"key active by another way": {func(_ *testing.T, d *desk, k directory.SecurityKey) {
			k.State, k.Credential = directory.Active, credential("desk")
			d.update(func(tx directory.Tx) error { return tx.PutKey(k) })
		}, directory.ErrTicketUsed},
		"user disabled": {func(t *testing.T, d *desk, _ directory.SecurityKey) {
			_, err := d.dir.SetUserDisabled(t.Context(), by, "ada", true)
			must(t, err)
		}, directory.ErrTicketWithdrawn},
		"user disabled and enabled": {func(t *testing.T, d *desk, _ directory.SecurityKey) {
			_, err := d.dir.ChangeUser(t.Context(), by, "ada", func(u *directory.User) { u.Disabled = true })
			must(t, err)
			_, err = d.dir.SetUserDisabled(t.Context(), by, "ada", false)
			must(t, err)
		}, directory.ErrTicketWithdrawn},
		"user deleted": {func(t *testing.T, d *desk, _ directory.SecurityKey) {
			must(t, d.dir.DeleteUser(t.Context(), by, "ada"))
		}, directory.ErrTicketWithdrawn},
		"user deleted and another of this ID added": {func(t *testing.T, d *desk, _ directory.SecurityKey) {
			must(t, d.dir.DeleteUser(t.Context(), by, "ada"))
			d.addUser("ada")
		}, directory.ErrTicketWithdrawn},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			k := d.assign("ada")
			o, ticket := d.mailed(k.ID), d.ticket(k.ID)
			c.happens(t, d, k)
			opened, err := d.tickets.ByLink(t.Context(), tokenOf(t, o))
			is(t, "the link", err, c.want)
			is(t, "the link", err, directory.ErrTicket)
			if opened.Workspace.Name != "Example GmbH" {
				t.Error("with a link that cannot be used the workspace is not told")
			}
			if opened.User.ID != "" || opened.Key.ID != "" {
				t.Errorf("a link that cannot be used tells of %q and %q, want nobody", opened.User.ID, opened.Key.ID)
			}
			_, err = d.tickets.ByCode(t.Context(), "192.0.2.1", o.Code)
			is(t, "the code", err, c.want)
			_, err = d.tickets.ByID(t.Context(), ticket.ID)
			is(t, "the ticket opened before", err, c.want)
			_, err = d.tickets.Activate(t.Context(), ticket.ID, made("late"))
			is(t, "activate", err, c.want)
			_, err = d.tickets.NewCode(t.Context(), ticket.ID)
			is(t, "another code", err, c.want)
			for _, m := range d.messages() {
				if m.State == directory.Queued && name != "expired" && name != "key active by another way" {
					t.Errorf("mail %+v still waits, want what is pointless dropped", m)
				}
			}
			d.view(func(tx directory.Tx) error {
				_, err := tx.KeyByCredential(credential("late").ID)
				is(t, "the late credential", err, directory.ErrNotFound)
				return nil
			})
		})
	}
}

func TestDeletingAUserForgetsTheirMails(t *testing.T) {
	d := newDesk(t)
	k := d.assign("ada")
	d.sent()
	if _, err := d.tickets.Resend(t.Context(), by, k.ID); err != nil {
		t.Fatal(err)
	}
	if err := d.dir.DeleteUser(t.Context(), by, "ada"); err != nil {
		t.Fatal(err)
	}
	if m := d.messages(); len(m) != 0 {
		t.Errorf("mails of a user who was deleted: %+v, want none", m)
	}
}

func TestAnImportTakenBackTakesWhatWasMailedAlong(t *testing.T) {
	d := newDesk(t)
	i, err := d.dir.ImportRows(t.Context(), by, directory.NewImport(by, "users.csv"),
		[]directory.ImportRow{{User: directory.User{ID: "bob", Email: "bob@example.org"}, Has: []string{"email"}}}, directory.ImportRules{}, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.tickets.AskProof(t.Context(), by, "bob"); err != nil {
		t.Fatal(err)
	}
	id := d.messages()[0].TicketID
	if i, err = d.dir.UndoImport(t.Context(), by, i.ID, directory.ImportCancelled, nil); err != nil || i.Removed != 1 {
		t.Fatalf("taken back is %+v, %v, want bob", i, err)
	}
	if m := d.messages(); len(m) != 0 {
		t.Errorf("mails are %+v, want none", m)
	}
	d.view(func(tx directory.Tx) error {
		ticket, err := tx.Ticket(id)
		if ticket.State != directory.Withdrawn {
			t.Errorf("the ticket is %s, want withdrawn", ticket.State)
		}
		return err
	})
}

func TestADisabledKeyTakesNoPINUntilItIsMailedAgain(t *testing.T) {
	d := newDesk(t)
	k := d.temporary("ada", "314159")
	link := d.token(k.ID)
	if _, err := d.dir.DisableKey(t.Context(), by, k.ID); err != nil {
		t.Fatal(err)
	}
	_, err := d.tickets.ByLink(t.Context(), link)
	is(t, "the link about a disabled key", err, directory.ErrTicketWithdrawn)
	_, err = d.tickets.Resend(t.Context(), by, k.ID)
	is(t, "resend about a disabled key", err, directory.ErrState)
	if _, err := d.dir.EnableKey(t.Context(), by, k.ID); err != nil {
		t.Fatal(err)
	}
	_, err = d.tickets.ByLink(t.Context(), link)
	is(t, "the link about the key enabled again", err, directory.ErrTicketWithdrawn)
	if _, err := d.tickets.Resend(t.Context(), by, k.ID); err != nil {
		t.Fatal(err)
	}
	o, err := d.tickets.ByLink(t.Context(), d.token(k.ID))
	if err != nil {
		t.Fatal(err)
	}
	if pin, err := d.tickets.ShowPIN(t.Context(), o.Ticket.ID); err != nil || pin.Reveal() != "314159" {
		t.Errorf("the PIN by the new link: %v, want it shown", err)
	}
	if len(d.acts(audit.PINMailed)) != 2 {
		t.Error("that the PIN was mailed twice is not on record")
	}
}

func TestAMailThatIsJustLeavingIsLeftToWhoSendsIt(t *testing.T) {
	d := newDesk(t)
	k := d.assign("ada")
	m := d.messages()[0]
	m.LeasedBy, m.LeasedUntil = "a sender", d.now().Add(time.Minute)
	d.update(func(tx directory.Tx) error { return tx.PutMessage(m) })
	if _, err := d.tickets.Withdraw(t.Context(), by, k.ID); err != nil {
		t.Fatal(err)
	}
	if got := d.messages()[0]; got.State != directory.Queued || got.LeasedBy != "a sender" {
		t.Errorf("the mail is %+v, want it as its sender has it", got)
	}
	err := d.dir.Store.View(t.Context(), func(tx directory.Tx) error { _, err := d.tickets.Opening(tx, m.TicketID); return err })
	is(t, "compose it", err, directory.ErrTicketWithdrawn)
}

func TestAWorkspaceThatTakesNoPINlessKeyAsksForAPIN(t *testing.T) {
	d := newDesk(t)
	k, err := d.tickets.Assign(t.Context(), activation.Assignment{UserID: "ada", Verification: directory.PINless, Actor: by})
	if err != nil {
		t.Fatal(err)
	}
	token := d.token(k.ID)
	if o, err := d.tickets.ByLink(t.Context(), token); err != nil || o.Key.Verification != directory.PINless {
		t.Errorf("the key is %s, %v, want PINless as assigned", o.Key.Verification, err)
	}
	d.change(func(w *directory.Workspace) { w.RequirePIN = true })
	o, err := d.tickets.ByLink(t.Context(), token)
	if err != nil || o.Key.Verification != directory.PIN {
		t.Errorf("the key is %s, %v, want PIN where nothing else is taken any more", o.Key.Verification, err)
	}
	if got, err := d.tickets.Activate(t.Context(), o.Ticket.ID, made("ada")); err != nil || got.Verification != directory.PIN {
		t.Errorf("activated is %s, %v, want PIN", got.Verification, err)
	}
}

func TestACredentialIsNotTakenTwice(t *testing.T) {
	d := newDesk(t)
	d.addUser("bob")
	first, second := d.assign("ada"), d.assign("bob")
	if _, err := d.tickets.Activate(t.Context(), d.ticket(first.ID).ID, made("one")); err != nil {
		t.Fatal(err)
	}
	ticket := d.ticket(second.ID)
	_, err := d.tickets.Activate(t.Context(), ticket.ID, made("one"))
	is(t, "the same credential for another user", err, directory.ErrExists)
	for what, m := range map[string]activation.Made{"none": {}, "one for another relying party": {Credential: credential("two"), RPID: "elsewhere.example"}} {
		if _, err := d.tickets.Activate(t.Context(), ticket.ID, m); err == nil {
			t.Errorf("a credential that is %s is taken, want it refused", what)
		}
	}
	if _, err := d.tickets.Activate(t.Context(), ticket.ID, made("two")); err != nil {
		t.Errorf("after what was refused: %v, want the ticket to be open still", err)
	}
}

func TestATicketOpensOnlyWhatItIsFor(t *testing.T) {
	d := newDesk(t)
	pending, temporary := d.assign("ada"), d.temporary("ada", "314159")
	activate, setPIN := d.ticket(pending.ID).ID, d.ticket(temporary.ID).ID
	_, err := d.tickets.ShowPIN(t.Context(), activate)
	is(t, "show a PIN by the activation's ticket", err, directory.ErrTicket)
	is(t, "a PIN chosen by the activation's ticket", d.tickets.PINChosen(t.Context(), activate), directory.ErrTicket)
	_, err = d.tickets.Activate(t.Context(), setPIN, made("ada"))
	is(t, "activate by the PIN's ticket", err, directory.ErrTicket)
	_, err = d.tickets.Prove(t.Context(), "192.0.2.1", d.mailed(pending.ID).Code)
	is(t, "prove an address by the activation's code", err, activation.ErrWrongCode)
}

func TestTheTemporaryPINIsShownOnceAndErasedWhenChanged(t *testing.T) {
	d := newDesk(t)
	k := d.temporary("ada", "314159")
	o := d.mailed(k.ID)
	if !strings.HasPrefix(o.Link, "https://keys.example.org/pin/") {
		t.Errorf("the PIN mail brings %q, want a link to the page about PINs", o.Link)
	}
	opened, err := d.tickets.ByLink(t.Context(), tokenOf(t, o))
	if err != nil {
		t.Fatal(err)
	}
	is(t, "changed before it was shown", d.tickets.PINChosen(t.Context(), opened.Ticket.ID), activation.ErrPINNotShown)
	pin, err := d.tickets.ShowPIN(t.Context(), opened.Ticket.ID)
	if err != nil || pin.Reveal() != "314159" {
		t.Fatalf("shown is a PIN of %d characters, %v, want the temporary one", len(pin.Reveal()), err)
	}
	_, err = d.tickets.ShowPIN(t.Context(), opened.Ticket.ID)
	is(t, "show it again", err, activation.ErrPINShown)
	if e := d.acts(audit.PINShown); len(e) != 1 || e[0].Actor != "user:ada" {
		t.Errorf("on record is %+v, want that ada saw it once", e)
	}
	if err := d.tickets.PINChosen(t.Context(), opened.Ticket.ID); err != nil {
		t.Fatal(err)
	}
	if got := d.key(k.ID); got.TemporaryPIN || got.SealedPIN != nil || !got.CardPIN || got.State != directory.Active {
		t.Errorf("the key is %+v, want nothing left of the temporary PIN", got)
	}
	_, err = d.tickets.ByLink(t.Context(), tokenOf(t, o))
	is(t, "the link afterwards", err, directory.ErrTicketUsed)
	is(t, "changed again", d.tickets.PINChosen(t.Context(), opened.Ticket.ID), directory.ErrTicketUsed)
}

func TestAPINThatCannotBeOpenedDoesNotCountAsShown(t *testing.T) {
	d := newDesk(t)
	k := d.temporary("ada", "314159")
	id, seal := d.ticket(k.ID).ID, d.tickets.Seal
	d.tickets.Seal = noSeal{}
	_, err := d.tickets.ShowPIN(t.Context(), id)
	is(t, "show it without the sealing key", err, errNoSeal)
	d.tickets.Seal = seal
	next := d.key(k.ID)
	next.NextPIN = []byte("sealed, at a station, under way")
	d.update(func(tx directory.Tx) error { return tx.PutKey(next) })
	_, err = d.tickets.ShowPIN(t.Context(), id)
	is(t, "show it while another is being set", err, activation.ErrPINUnsure)
	next.NextPIN = nil
	d.update(func(tx directory.Tx) error { return tx.PutKey(next) })
	if _, err := d.tickets.ShowPIN(t.Context(), id); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestAnAddressIsProvenByItsCode(t *testing.T) {
	d := newDesk(t)
	proof := func() (directory.Message, string) {
		t.Helper()
		if err := d.tickets.AskProof(t.Context(), directory.StationActor, "ada"); err != nil {
			t.Fatal(err)
		}
		all := d.messages()
		m := all[len(all)-1]
		var o activation.Opening
		d.view(func(tx directory.Tx) (err error) {
			o, err = d.tickets.Opening(tx, m.TicketID)
			return err
		})
		if o.Link != "" || o.Code == "" {
			t.Errorf("the mail brings %+v, want a code and no link", o)
		}
		d.wait(time.Second)
		return m, o.Code
	}
	m, code := proof()
	if m.Kind != directory.EmailProofMail || m.State != directory.Queued {
		t.Errorf("the mail is %+v, want a proof of an address on its way", m)
	}
	u, err := d.tickets.Prove(t.Context(), "kiosk", code)
	if err != nil || u.ID != "ada" {
		t.Fatalf("proven is the address of %q, %v, want ada's", u.ID, err)
	}
	_, err = d.tickets.Prove(t.Context(), "kiosk", code)
	is(t, "prove it again", err, directory.ErrTicketUsed)
	if e := d.acts(audit.EmailProven); len(e) != 1 || e[0].Actor != "user:ada" {
		t.Errorf("on record is %+v, want one proof by ada", e)
	}

	_, old := proof()
	_, code = proof()
	_, err = d.tickets.Prove(t.Context(), "kiosk", old)
	is(t, "the code before the last", err, directory.ErrTicketWithdrawn)
	if _, err := d.dir.ChangeUser(t.Context(), by, "ada", func(u *directory.User) { u.Email = "ada@elsewhere.example" }); err != nil {
		t.Fatal(err)
	}
	_, err = d.tickets.Prove(t.Context(), "kiosk", code)
	is(t, "the code of an address that is another now", err, directory.ErrTicketWithdrawn)

	_, code = proof()
	d.wait(31 * time.Minute)
	_, err = d.tickets.Prove(t.Context(), "kiosk", code)
	is(t, "a code after half an hour", err, directory.ErrTicketExpired)
	d.wait(24 * time.Hour)
	_, code = proof()
	if err := d.dir.DeleteUser(t.Context(), by, "ada"); err != nil {
		t.Fatal(err)
	}
	d.addUser("ada")
	if _, err = d.tickets.Prove(t.Context(), "kiosk", code); !errors.Is(err, directory.ErrTicketWithdrawn) {
		t.Errorf("the code of a user who was deleted, for another of this ID: %v, want it withdrawn", err)
	}
}
