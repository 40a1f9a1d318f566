package activation_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"tapstation/app/activation"
	"tapstation/app/audit"
	"tapstation/app/directory"
)

func TestAssigningLeavesKeyTicketAndMailTogether(t *testing.T) {
	d := newDesk(t)
	k, err := d.tickets.Assign(t.Context(), activation.Assignment{UserID: "ADA", NameBase: "Karte", OfflineLogin: true, Actor: by})
	if err != nil {
		t.Fatal(err)
	}
	if k.UserID != "ada" || k.Name != "Karte" || k.State != directory.Pending || k.Kind != directory.Card ||
		k.Verification != directory.PIN || !k.OfflineLogin || k.RPID != "login.example.org" || d.key(k.ID).State != directory.Pending {
		t.Errorf("assigned %+v, want a pending card of ada by the workspace's defaults", k)
	}
	waiting, err := d.tickets.Waiting(t.Context(), k.ID)
	if err != nil {
		t.Fatal(err)
	}
	ticket, m := waiting.Ticket, waiting.Message
	if ticket.State != directory.Open || ticket.Purpose != directory.Activate || ticket.UserID != "ada" ||
		!ticket.Expires.Equal(begin.AddDate(0, 0, 7)) || !ticket.CodeExpires.Equal(begin.Add(48*time.Hour)) {
		t.Errorf("the ticket is %+v, want an open one for 7 days, its code for 48 hours", ticket)
	}
	if m == nil || m.State != directory.Queued || m.Kind != directory.ActivationMail || m.To != "ada@example.org" ||
		m.TicketID != ticket.ID || m.KeyID != k.ID || !m.Due.Equal(begin) || !strings.HasSuffix(m.MessageID, "@example.org") {
		t.Errorf("the mail is %+v, want one to ada about the ticket, due now", m)
	}
	if e := d.acts(audit.KeyAssigned); len(e) != 1 || e[0].Actor != by || e[0].User != "ada" || e[0].Key != k.ID {
		t.Errorf("on record is %+v, want the assignment", e)
	}
	o := d.mailed(k.ID)
	if !strings.HasPrefix(o.Link, "https://keys.example.org/activate/") || len(o.Code) != 11 || o.Code[5] != '-' {
		t.Errorf("the mail brings %+v, want a link of the portal and a code XXXXX-XXXXX", o)
	}
	if again := d.mailed(k.ID); again != o {
		t.Errorf("composed again it brings %+v, want the same: %+v", again, o)
	}
}

func TestWhatCannotBeAssignedLeavesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(*desk)
		a       activation.Assignment
		want    error
	}{
		"no mail server":  {func(d *desk) { d.change(func(w *directory.Workspace) { w.Mail.Host = "" }) }, activation.Assignment{}, activation.ErrMailNotSetUp},
		"no portal":       {func(d *desk) { d.change(func(w *directory.Workspace) { w.Portal.URL = "" }) }, activation.Assignment{}, activation.ErrMailNotSetUp},
		"no such user":    {nil, activation.Assignment{UserID: "bob"}, directory.ErrNotFound},
		"nobody acts":     {nil, activation.Assignment{Actor: "admin:bob"}, directory.ErrForbidden},
		"a user acts":     {nil, activation.Assignment{Actor: "user:ada"}, directory.ErrForbidden},
		"PIN is demanded": {func(d *desk) { d.change(func(w *directory.Workspace) { w.RequirePIN = true }) }, activation.Assignment{Verification: directory.PINless}, directory.ErrPINDemanded},
		"no address": {func(d *desk) {
			_, err := d.dir.ChangeUser(d.ctx(), by, "ada", func(u *directory.User) { u.Email = "" })
			if err != nil {
				d.t.Fatal(err)
			}
		}, activation.Assignment{}, activation.ErrNoEmail},
		"disabled": {func(d *desk) {
			if _, err := d.dir.SetUserDisabled(d.ctx(), by, "ada", true); err != nil {
				d.t.Fatal(err)
			}
		}, activation.Assignment{}, activation.ErrUserDisabled},
		"the sealing key is gone": {func(d *desk) { d.tickets.Seal = noSeal{} }, activation.Assignment{}, activation.ErrTicketKey},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			if c.prepare != nil {
				c.prepare(d)
			}
			if c.a.UserID == "" {
				c.a.UserID = "ada"
			}
			if c.a.Actor == "" {
				c.a.Actor = by
			}
			_, err := d.tickets.Assign(t.Context(), c.a)
			is(t, "assign", err, c.want)
			d.empty()
		})
	}
	t.Run("invalid", func(t *testing.T) {
		d := newDesk(t)
		_, err := d.tickets.Assign(t.Context(), activation.Assignment{UserID: "ada", KeyName: " \x00", Kind: "wand", Verification: "nose", Actor: by})
		var invalid *directory.InvalidError
		if !errors.As(err, &invalid) || len(invalid.Fields) != 3 {
			t.Errorf("assign: %v, want what is wrong with name, kind and verification", err)
		}
		d.empty()
	})
}

// noSeal is a data folder whose sealing key is gone.
type noSeal struct{}

var errNoSeal = errors.New("the sealing key is missing")

func (noSeal) Seal([]byte, string) ([]byte, error) { return nil, errNoSeal }
func (noSeal) Open([]byte, string) ([]byte, error) { return nil, errNoSeal }

// empty fails the test where there is a key, a ticket or a message.
func (d *desk) empty() {
	d.t.Helper()
	d.view(func(tx directory.Tx) error {
		keys, err := tx.Keys(directory.KeyQuery{})
		if err != nil {
			return err
		}
		tickets, err := tx.Tickets(directory.TicketQuery{ExpiresBefore: begin.AddDate(10, 0, 0)})
		if err != nil {
			return err
		}
		messages, err := tx.Messages(directory.MessageQuery{})
		if len(keys.Keys)+len(tickets)+len(messages.Messages) > 0 {
			d.t.Errorf("left behind are %d keys, %d tickets, %d messages, want none", len(keys.Keys), len(tickets), len(messages.Messages))
		}
		return err
	})
}

func TestGroupsSayHowAnAssignedKeyIsVerified(t *testing.T) {
	d := newDesk(t)
	if err := d.dir.AddGroup(t.Context(), by, directory.Group{Name: "Staff", Defaults: directory.KeyDefaults{Verification: directory.PINless}}); err != nil {
		t.Fatal(err)
	}
	d.addUser("bob", "Staff")
	if k := d.assign("bob"); k.Verification != directory.PINless {
		t.Errorf("the key is %s, want the group's PINless", k.Verification)
	}
}

func TestResendingMakesTheOldLinkAndCodeUseless(t *testing.T) {
	d := newDesk(t)
	k := d.assign("ada")
	old := d.mailed(k.ID)
	d.wait(time.Minute)
	if _, err := d.tickets.Resend(t.Context(), by, k.ID); err != nil {
		t.Fatal(err)
	}
	fresh := d.mailed(k.ID)
	if fresh.Link == old.Link || fresh.Code == old.Code {
		t.Error("the new mail brings the old link or code, want new ones")
	}
	_, err := d.tickets.ByLink(t.Context(), tokenOf(t, old))
	is(t, "the old link", err, directory.ErrTicketWithdrawn)
	_, err = d.tickets.ByCode(t.Context(), "192.0.2.1", old.Code)
	is(t, "the old code", err, directory.ErrTicketWithdrawn)
	if _, err := d.tickets.ByLink(t.Context(), tokenOf(t, fresh)); err != nil {
		t.Errorf("the new link: %v", err)
	}
	if _, err := d.tickets.ByCode(t.Context(), "192.0.2.1", fresh.Code); err != nil {
		t.Errorf("the new code: %v", err)
	}
	states := map[directory.MessageState]int{}
	for _, m := range d.messages() {
		states[m.State]++
	}
	if states[directory.Dropped] != 1 || states[directory.Queued] != 1 {
		t.Errorf("mails are %v, want the first dropped and the second queued", states)
	}
	if len(d.acts(audit.ActivationResent)) != 1 {
		t.Error("that it was resent is not on record")
	}
}

// sent marks all mails as gone.
func (d *desk) sent() {
	d.t.Helper()
	for _, m := range d.messages() {
		if m.State == directory.Queued {
			m.State, m.Done = directory.Sent, d.now()
			d.update(func(tx directory.Tx) error { return tx.PutMessage(m) })
		}
	}
}

func TestNobodyIsMailedTooOften(t *testing.T) {
	for name, resend := range map[string]func(d *desk) func() error{
		"activation": func(d *desk) func() error {
			k := d.assign("ada")
			return func() error { _, err := d.tickets.Resend(d.ctx(), by, k.ID); return err }
		},
		"temporary PIN": func(d *desk) func() error {
			k := d.temporary("ada", "314159")
			return func() error { _, err := d.tickets.Resend(d.ctx(), by, k.ID); return err }
		},
		"proof of an address": func(d *desk) func() error {
			ask := func() error { return d.tickets.AskProof(d.ctx(), by, "ada") }
			if err := ask(); err != nil {
				d.t.Fatal(err)
			}
			return ask
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			again := resend(d)
			d.sent()
			mails := []time.Time{d.now()}
			for len(mails) < 45 {
				d.wait(time.Minute)
				err := again()
				var often *activation.TooOftenError
				switch {
				case err == nil:
					mails = append(mails, d.now())
					d.sent()
				case errors.As(err, &often) && often.Until.After(d.now()):
					is(t, "resend", err, activation.ErrTooOften)
					d.wait(often.Until.Sub(d.now()) - time.Minute) // so that it is until then and no longer
				default:
					t.Fatalf("resend: %v, want it done or *TooOftenError with a time to come", err)
				}
			}
			for i, at := range mails {
				if i >= 5 && at.Sub(mails[i-5]) < time.Hour {
					t.Errorf("six mails within %v, want at most five an hour", at.Sub(mails[i-5]))
				}
				if i >= 20 && at.Sub(mails[i-20]) < 24*time.Hour {
					t.Errorf("21 mails within %v, want at most 20 a day", at.Sub(mails[i-20]))
				}
			}
			if took := mails[44].Sub(begin); took > 50*time.Hour {
				t.Errorf("45 mails took %v, want 20 on each of two days and five on the third", took)
			}
		})
	}
}

func TestResendIsForKeysThatWaitForTheirUser(t *testing.T) {
	d := newDesk(t)
	k := d.assign("ada")
	if _, err := d.tickets.Withdraw(t.Context(), by, k.ID); err != nil {
		t.Fatal(err)
	}
	_, err := d.tickets.Resend(t.Context(), by, k.ID)
	is(t, "resend about a revoked key", err, directory.ErrState)
	_, err = d.tickets.Show(t.Context(), by, k.ID)
	is(t, "show the link of a revoked key", err, directory.ErrState)
	_, err = d.tickets.Withdraw(t.Context(), by, k.ID)
	var state *directory.StateError
	if !errors.As(err, &state) || state.From != directory.Revoked {
		t.Errorf("withdraw a revoked key: %v, want *StateError", err)
	}
	_, err = d.tickets.Resend(t.Context(), by, "nothing")
	is(t, "resend about no key", err, directory.ErrNotFound)
}

func TestShowingIsOnRecordAndRenewsACodeThatRanOut(t *testing.T) {
	d := newDesk(t)
	k := d.assign("ada")
	first := d.mailed(k.ID)
	o, err := d.tickets.Show(t.Context(), by, k.ID)
	if err != nil || o != first {
		t.Errorf("shown is %+v, %v, want what was mailed: %+v", o, err, first)
	}
	if e := d.acts(audit.ActivationShown); len(e) != 1 || e[0].Actor != by || e[0].Key != k.ID {
		t.Errorf("on record is %+v, want that it was shown", e)
	}
	d.wait(49 * time.Hour)
	if o := d.mailed(k.ID); o.Code != "" || o.Link != first.Link {
		t.Errorf("after 49 hours a mail would bring %+v, want the link without a code", o)
	}
	_, err = d.tickets.ByCode(t.Context(), "192.0.2.1", first.Code)
	is(t, "a code after 49 hours", err, directory.ErrTicketExpired)
	if o, err = d.tickets.Show(t.Context(), by, k.ID); err != nil || o.Code == first.Code || o.Code == "" || o.Link != first.Link {
		t.Errorf("shown is %+v, %v, want the same link with another code", o, err)
	}
	if _, err := d.tickets.ByCode(t.Context(), "192.0.2.1", o.Code); err != nil {
		t.Errorf("the renewed code: %v", err)
	}
	d.wait(6 * 24 * time.Hour)
	_, err = d.tickets.Show(t.Context(), by, k.ID)
	is(t, "show a link after eight days", err, directory.ErrTicketExpired)
}

func TestAMailThatWaitedForLongBringsACodeThatWorks(t *testing.T) {
	d := newDesk(t)
	k := d.assign("ada")
	d.wait(72 * time.Hour)
	d.update(func(tx directory.Tx) error { return d.tickets.Freshen(tx, d.onlyTicket(tx, k.ID)) })
	o := d.mailed(k.ID)
	if _, err := d.tickets.ByCode(t.Context(), "192.0.2.1", o.Code); err != nil {
		t.Errorf("code %q: %v", o.Code, err)
	}
	d.wait(5 * 24 * time.Hour)
	ticket := d.ticket(k.ID)
	err := d.dir.Store.Update(t.Context(), func(tx directory.Tx) error { return d.tickets.Freshen(tx, ticket.ID) })
	is(t, "compose after eight days", err, directory.ErrTicketExpired)
}

// onlyTicket is the ID of a key's only ticket within a transaction.
func (d *desk) onlyTicket(tx directory.Tx, keyID string) string {
	d.t.Helper()
	all, err := tx.Tickets(directory.TicketQuery{KeyID: keyID})
	if err != nil || len(all) != 1 {
		d.t.Fatalf("tickets of the key: %v, %v, want one", all, err)
	}
	return all[0].ID
}
