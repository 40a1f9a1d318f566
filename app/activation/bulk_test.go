package activation_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"tapstation/app/activation"
	"tapstation/app/directory"
	"tapstation/storage/seal"
)

// fill adds users without further ado.
func (d *desk) fill(n int) (ids []string) {
	d.t.Helper()
	for i := range n {
		ids = append(ids, fmt.Sprintf("u%06d", i))
	}
	for part := range slices.Chunk(ids, 1000) {
		d.update(func(tx directory.Tx) error {
			for _, id := range part {
				err := tx.PutUser(directory.User{ID: id, Email: id + "@example.org", Handle: []byte("handle of " + id), Created: begin, Changed: begin})
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	return ids
}

func TestAssigningToManySkipsWhoCannotHaveAKeyAndSaysWhy(t *testing.T) {
	d := newDesk(t)
	if err := d.dir.AddGroup(t.Context(), by, directory.Group{Name: "Staff", Defaults: directory.KeyDefaults{Verification: directory.PINless, OfflineLogin: directory.On}}); err != nil {
		t.Fatal(err)
	}
	d.addUser("bob", "Staff")
	d.addUser("carol")
	d.assign("carol")
	d.addUser("dave")
	d.temporary("dave", "314159")
	d.addUser("erin")
	d.addUser("frank")
	d.addUser("grace")
	revoked := d.assign("grace")
	if _, err := d.tickets.Withdraw(t.Context(), by, revoked.ID); err != nil {
		t.Fatal(err)
	}
	d.update(func(tx directory.Tx) error {
		u, err := tx.User("erin")
		u.Email = ""
		return errors.Join(err, tx.PutUser(u))
	})
	if _, err := d.dir.SetUserDisabled(t.Context(), by, "frank", true); err != nil {
		t.Fatal(err)
	}
	d.addUser("owner")
	d.addUser("clerk")
	d.update(func(tx directory.Tx) error {
		return errors.Join(tx.PutAdmin(directory.Admin{UserID: "owner", Role: directory.Owner}),
			tx.PutAdmin(directory.Admin{UserID: "clerk", Role: directory.Operator}))
	})
	ids := []string{"ada", "bob", "carol", "dave", "erin", "frank", "grace", "owner", "nobody"}
	progressed := 0
	report, err := d.tickets.AssignAll(t.Context(), activation.BulkAssignment{Users: activation.Users(ids), NameBase: "Karte", Actor: "admin:clerk"},
		func(done int) { progressed = done })
	if err != nil {
		t.Fatal(err)
	}
	want := []activation.Skipped{
		{UserID: "carol", Reason: activation.HasKey}, {UserID: "dave", Reason: activation.HasKey}, {UserID: "erin", Reason: activation.NoAddress},
		{UserID: "frank", Reason: activation.SkipDisabled}, {UserID: "owner", Reason: activation.NotAllowed}, {UserID: "nobody", Reason: activation.NoSuchUser},
	}
	if report.Assigned != 3 || !slices.Equal(report.Users, want) || report.Skipped[activation.HasKey] != 2 || progressed != len(ids) {
		t.Errorf("the report is %+v after %d, want keys for ada, bob and grace, and skipped %+v", report, progressed, want)
	}
	_, keys, err := d.dir.User(t.Context(), "bob")
	if err != nil || len(keys) != 1 || keys[0].Verification != directory.PINless || !keys[0].OfflineLogin || keys[0].Name != "Karte" {
		t.Errorf("bob's keys are %+v, %v, want one with the settings of the group", keys, err)
	}
	if keys[0].ID == "" || d.ticket(keys[0].ID).State != directory.Open {
		t.Error("bob has no ticket")
	}
	d.wait(time.Minute)
	report, err = d.tickets.AssignAll(t.Context(), activation.BulkAssignment{Users: activation.Users([]string{"bob", "carol"}), Kind: directory.USBKey,
		Verification: directory.PIN, OfflineLogin: directory.Off, Actor: by}, nil)
	if err != nil || report.Assigned != 2 {
		t.Errorf("keys of another kind: %+v, %v, want both assigned", report, err)
	}
	if _, keys, _ = d.dir.User(t.Context(), "bob"); len(keys) != 2 || keys[1].Verification != directory.PIN || keys[1].OfflineLogin {
		t.Errorf("bob's keys are %+v, want a second one with the settings that were said", keys)
	}
}

func TestAssigningToManyNeedsLeaveAndMail(t *testing.T) {
	d := newDesk(t)
	assign := func(actor string, v directory.Verification) error {
		_, err := d.tickets.AssignAll(t.Context(), activation.BulkAssignment{Users: d.tickets.UsersOf(t.Context(), directory.UserQuery{}), Verification: v, Actor: actor}, nil)
		return err
	}
	is(t, "nobody's order", assign("admin:nobody", ""), directory.ErrForbidden)
	d.change(func(w *directory.Workspace) { w.RequirePIN = true })
	is(t, "PINless where it is not taken", assign(by, directory.PINless), directory.ErrPINDemanded)
	d.change(func(w *directory.Workspace) { w.Mail.From = "" })
	is(t, "without a sender", assign(by, ""), activation.ErrMailNotSetUp)
	_, err := d.tickets.AssignAll(t.Context(), activation.BulkAssignment{Users: activation.Users(nil), Actor: "admin:nobody"}, nil)
	is(t, "nobody's order about nobody", err, directory.ErrForbidden)
	d.empty()
}

func TestAssigningToManyThatWasStoppedIsGoneOnWith(t *testing.T) {
	d := newDesk(t)
	ids := d.fill(750)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	order := activation.BulkAssignment{Users: activation.Users(ids), Actor: by}
	report, err := d.tickets.AssignAll(ctx, order, func(done int) {
		if done >= 300 {
			stop()
		}
	})
	is(t, "a stopped order", err, context.Canceled)
	if report.Assigned < 300 || report.Assigned >= 750 {
		t.Errorf("%d keys were assigned before it stopped, want those of some batches", report.Assigned)
	}
	counts := d.counts()
	if counts[directory.Queued] != report.Assigned {
		t.Errorf("%d mails wait for %d keys", counts[directory.Queued], report.Assigned)
	}
	rest, err := d.tickets.AssignAll(t.Context(), order, nil)
	if err != nil || rest.Assigned != 750-report.Assigned || rest.Skipped[activation.HasKey] != report.Assigned {
		t.Errorf("gone on with it is %+v, %v, want the other %d", rest, err, 750-report.Assigned)
	}
	if counts := d.counts(); counts[directory.Queued] != 750 {
		t.Errorf("%d mails wait, want one for each of 750", counts[directory.Queued])
	}
}

func (d *desk) counts() (counts map[directory.MessageState]int) {
	d.t.Helper()
	d.view(func(tx directory.Tx) (err error) {
		counts, err = tx.MessageCounts()
		return err
	})
	return counts
}

func TestNoTwoOfThousandsOfTicketsAreAlike(t *testing.T) {
	d := newDesk(t)
	const many = 4000
	d.fill(many)
	report, err := d.tickets.AssignAll(t.Context(), activation.BulkAssignment{
		Users: d.tickets.UsersOf(t.Context(), directory.UserQuery{Text: "u"}), Actor: by}, nil)
	if err != nil || report.Assigned != many {
		t.Fatalf("assigned %+v, %v, want %d", report, err, many)
	}
	links, handles, codes := map[string]bool{}, map[string]bool{}, map[string]bool{}
	q := directory.TicketQuery{ExpiresBefore: begin.AddDate(1, 0, 0), Limit: 1000}
	d.view(func(tx directory.Tx) error {
		for i := range many {
			id := fmt.Sprintf("u%06d", i)
			q.UserID = id
			all, err := tx.Tickets(q)
			if err != nil || len(all) != 1 {
				t.Fatalf("user %s has tickets %v, %v, want one", id, all, err)
			}
			o, err := d.tickets.Opening(tx, all[0].ID)
			if err != nil {
				return err
			}
			links[o.Link], handles[o.Code[:5]], codes[o.Code] = true, true, true
		}
		return nil
	})
	if len(links) != many || len(handles) != many || len(codes) != many {
		t.Errorf("%d tickets have %d links, %d handles and %d codes, want as many", many, len(links), len(handles), len(codes))
	}
}

func TestWhatIsLongOverIsForgotten(t *testing.T) {
	d := newDesk(t)
	d.addUser("bob")
	d.addUser("carol")
	old, used, fresh := d.assign("ada"), d.assign("bob"), directory.SecurityKey{}
	if _, err := d.tickets.Activate(t.Context(), d.ticket(used.ID).ID, made("bob")); err != nil {
		t.Fatal(err)
	}
	d.sent()
	d.wait(60 * 24 * time.Hour)
	if err := d.tickets.Prune(t.Context()); err != nil {
		t.Fatal(err)
	}
	if m := d.messages(); len(m) != 2 {
		t.Errorf("after 60 days %d mails are known, want both", len(m))
	}
	fresh = d.assign("carol")
	link := d.token(fresh.ID)
	d.wait(45 * 24 * time.Hour)
	if err := d.tickets.Prune(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{old.ID, used.ID} {
		waiting, err := d.tickets.Waiting(t.Context(), id)
		if err != nil || waiting.Ticket.ID != "" || waiting.Message != nil {
			t.Errorf("after 105 days there is %+v, %v, want ticket and mail forgotten", waiting, err)
		}
	}
	if m := d.messages(); len(m) != 1 || m[0].State != directory.Queued {
		t.Errorf("mails after 105 days are %+v, want the one that still waits", m)
	}
	_, err := d.tickets.ByLink(t.Context(), link)
	is(t, "a link of 45 days ago", err, directory.ErrTicketExpired)
	_, err = d.tickets.Show(t.Context(), by, old.ID)
	is(t, "show a link that is forgotten", err, directory.ErrTicketExpired)
	if _, err := d.tickets.Resend(t.Context(), by, old.ID); err != nil {
		t.Errorf("resend about a key whose ticket is forgotten: %v", err)
	}
}

func TestForgettingTakesManyPages(t *testing.T) {
	d := newDesk(t)
	d.fill(650)
	if _, err := d.tickets.AssignAll(t.Context(), activation.BulkAssignment{Users: d.tickets.UsersOf(t.Context(), directory.UserQuery{}), Actor: by}, nil); err != nil {
		t.Fatal(err)
	}
	d.sent()
	d.wait(120 * 24 * time.Hour)
	d.addUser("late")
	late := d.assign("late")
	if err := d.tickets.Prune(t.Context()); err != nil {
		t.Fatal(err)
	}
	if m := d.messages(); len(m) != 1 {
		t.Errorf("%d mails are left, want the new one", len(m))
	}
	d.view(func(tx directory.Tx) error {
		all, err := tx.Tickets(directory.TicketQuery{ExpiresBefore: d.now().AddDate(1, 0, 0)})
		if len(all) != 1 || all[0].KeyID != late.ID {
			t.Errorf("%d tickets are left, want the new one", len(all))
		}
		return err
	})
}

func TestAFolderWithoutADirectoryIsLeftAlone(t *testing.T) {
	d := openDesk(t, t.TempDir())
	if err := d.tickets.Prune(t.Context()); err != nil {
		t.Error(err)
	}
	_, err := d.tickets.ByCode(t.Context(), "a", "ABCDE-FGHJK")
	is(t, "a code", err, activation.ErrWrongCode)
	_, err = d.tickets.ByLink(t.Context(), "nonsense")
	is(t, "a link", err, directory.ErrNotFound)
	if there, err := d.dir.Exists(t.Context()); err != nil || there {
		t.Errorf("afterwards there is a directory: %v, %v, want none", there, err)
	}
	if made, err := seal.New(d.folder, seal.Options{FileOnly: true}).Made(); err != nil || made {
		t.Errorf("afterwards there is a sealing key: %v, %v, want none", made, err)
	}
}
