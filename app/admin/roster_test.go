package admin_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"tapstation/app/admin"
	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/app/login"
)

func TestFirstStartIsOnlyOnceAndAllOrNothing(t *testing.T) {
	d := &desk{t: t, path: t.TempDir() + "/station.db", now: begin}
	first := admin.FirstStart{Workspace: directory.DefaultWorkspace(), Owner: directory.User{ID: "ada"}, Password: password}
	d.with(func(a *admin.Admins) {
		if needed, err := a.Needed(t.Context()); err != nil || !needed {
			t.Errorf("a new folder needs a first start: %v, %v", needed, err)
		}
		bad := first
		bad.Workspace.RPID, bad.Owner.ID, bad.Password = "Not A Domain", "", "short"
		_, err := a.FirstStart(t.Context(), bad)
		var invalid *directory.InvalidError
		if !errors.As(err, &invalid) {
			t.Fatalf("a first start in which all is wrong: %v", err)
		}
		for _, field := range []string{"rp_id", "user_id", "password"} {
			if !slices.ContainsFunc(invalid.Fields, func(f directory.FieldError) bool { return f.Field == field }) {
				t.Errorf("told is %v, want %s too", invalid, field)
			}
		}
		if there, err := a.Directory.Exists(t.Context()); there || err != nil {
			t.Errorf("there is a directory after it: %v, %v", there, err)
		}
	})
	var group sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for _, id := range []string{"ada", "bob", "carol", "dora"} {
		group.Go(func() {
			a, end := d.admins()
			defer end()
			f := first
			f.Owner.ID = id
			_, err := a.FirstStart(t.Context(), f)
			if err != nil && !errors.Is(err, directory.ErrHasAdmins) {
				t.Errorf("a first start of several at once: %v", err)
			}
			if err == nil {
				mu.Lock()
				won++
				mu.Unlock()
			}
		})
	}
	group.Wait()
	d.with(func(a *admin.Admins) {
		list, err := a.List(t.Context())
		if err != nil || won != 1 || len(list) != 1 || list[0].Admin.Role != directory.Owner || list[0].Admin.Password != "" || list[0].TapOnly {
			t.Errorf("%d first starts were done, the admins are %+v (%v); want one owner", won, list, err)
		}
		users, err := a.Directory.Users(t.Context(), directory.UserQuery{})
		if err != nil || len(users.Rows) != 1 {
			t.Errorf("there are %d users (%v), want the owner only", len(users.Rows), err)
		}
		if needed, err := a.Needed(t.Context()); err != nil || needed {
			t.Errorf("it is still needed: %v, %v", needed, err)
		}
	})
}

func TestUserWhoIsThereBecomesTheOwner(t *testing.T) {
	d := &desk{t: t, path: t.TempDir() + "/station.db", now: begin}
	d.addUser(directory.User{ID: "Ada", LastName: "Lovelace", Email: "ada@example.org"})
	d.addUser(directory.User{ID: "off"})
	d.disable("off")
	d.with(func(a *admin.Admins) {
		first := admin.FirstStart{Workspace: directory.DefaultWorkspace(), Owner: directory.User{ID: "off"}, Password: password}
		var invalid *directory.InvalidError
		if _, err := a.FirstStart(t.Context(), first); !errors.As(err, &invalid) {
			t.Errorf("a disabled user as owner: %v, want it refused", err)
		}
		first.Owner = directory.User{ID: "ADA", FirstName: "Ada"}
		s, err := a.FirstStart(t.Context(), first)
		if err != nil || s.UserID != "Ada" || s.Name != "Ada Lovelace" {
			t.Fatalf("first start: %+v, %v; want Ada Lovelace", s, err)
		}
		u, _, err := a.Directory.User(t.Context(), "ada")
		if err != nil || u.Email != "ada@example.org" {
			t.Errorf("the user is %+v (%v), want what was known before", u, err)
		}
	})
}

func TestNeverWithoutAnOwner(t *testing.T) {
	lose := map[string]func(*desk, *admin.Admins) error{
		"removed": func(d *desk, a *admin.Admins) error { return a.Remove(d.t.Context(), by, "ADA") },
		"demoted": func(d *desk, a *admin.Admins) error { return a.SetRole(d.t.Context(), by, "ada", directory.Auditor) },
		"disabled": func(d *desk, a *admin.Admins) error {
			_, err := a.Directory.SetUserDisabled(d.t.Context(), by, "Ada", true)
			return err
		},
		"deleted": func(d *desk, a *admin.Admins) error { return a.Directory.DeleteUser(d.t.Context(), by, "ada") },
		"by update": func(d *desk, a *admin.Admins) error {
			_, err := a.Directory.UpdateUser(d.t.Context(), by, directory.User{ID: "ada", Disabled: true})
			return err
		},
	}
	for name, do := range lose {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.addAdmin("bob", directory.Administrator)
			d.with(func(a *admin.Admins) { wantErr(t, "the only owner", do(d, a), directory.ErrLastOwner) })
			d.addAdmin("eve", directory.Owner)
			d.disable("eve")
			d.with(func(a *admin.Admins) { wantErr(t, "beside a disabled owner", do(d, a), directory.ErrLastOwner) })
			if _, err := d.logIn("ada", password); err != nil {
				t.Fatalf("the owner after that: %v", err)
			}
			d.addAdmin("dora", directory.Owner)
			d.with(func(a *admin.Admins) { wantErr(t, "beside another owner", do(d, a), nil) })
			d.with(func(a *admin.Admins) {
				wantErr(t, "the one that is left", a.Remove(t.Context(), by, "dora"), directory.ErrLastOwner)
			})
		})
	}
}

func TestRosterIsKeptAndOnRecord(t *testing.T) {
	d := newDesk(t)
	d.addAdmin("bob", directory.Operator)
	d.addUser(directory.User{ID: "carol"})
	d.addUser(directory.User{ID: "off"})
	d.disable("off")
	owner := "admin:ada"
	d.with(func(a *admin.Admins) {
		ctx := t.Context()
		wantErr(t, "nobody as admin", a.Add(ctx, owner, "nobody", directory.Operator, password), directory.ErrNotFound)
		wantErr(t, "an admin again", a.Add(ctx, owner, "BOB", directory.Auditor, password), directory.ErrExists)
		wantErr(t, "a disabled user as admin", a.Add(ctx, owner, "off", directory.Operator, password), login.ErrUserDisabled)
		wantErr(t, "no admin's role", a.SetRole(ctx, owner, "carol", directory.Owner), admin.ErrNoAdmin)
		wantErr(t, "no admin's password", a.SetPassword(ctx, owner, "carol", "", password), admin.ErrNoAdmin)
		wantErr(t, "no admin's lock", a.Unlock(ctx, owner, "carol"), admin.ErrNoAdmin)
		wantErr(t, "no admin removed", a.Remove(ctx, owner, "carol"), admin.ErrNoAdmin)
		var invalid *directory.InvalidError
		if err := a.Add(ctx, owner, "carol", "king", password); !errors.As(err, &invalid) || invalid.Fields[0].Field != "role" {
			t.Errorf("a role there is not: %v, want it refused", err)
		}
		if err := a.Add(ctx, owner, "carol", directory.Operator, "short"); !errors.As(err, &invalid) || invalid.Fields[0].Field != "password" {
			t.Errorf("a password too short: %v, want it refused", err)
		}
		wantErr(t, "add", a.Add(ctx, owner, "Carol", directory.Operator, ""), nil)
		wantErr(t, "change the role", a.SetRole(ctx, owner, "CAROL", directory.Administrator), nil)
		wantErr(t, "change nothing", a.SetRole(ctx, owner, "carol", directory.Administrator), nil)
		wantErr(t, "give a password", a.SetPassword(ctx, owner, "carol", "", password), nil)
		wantErr(t, "unlock what is not locked", a.Unlock(ctx, owner, "carol"), nil)
		wantErr(t, "remove", a.Remove(ctx, owner, "carol"), nil)
	})
	want := []audit.Act{audit.UserAdded, audit.AdminAdded, audit.AdminChanged, audit.AdminPasswordChanged, audit.AdminRemoved}
	if got := d.acts("carol"); !slices.Equal(got, want) {
		t.Errorf("on record: %v, want %v", got, want)
	}
	for _, e := range d.entries() {
		for name, v := range e.Detail {
			if strings.Contains(v, "argon2") || strings.Contains(v, password) {
				t.Errorf("entry %d tells of a password in %s", e.Seq, name)
			}
		}
	}
}

func TestOwnPasswordNeedsTheOldOneAndGuessingItLocks(t *testing.T) {
	d := newDesk(t)
	d.addAdmin("bob", directory.Operator)
	const renewed = "quite another sentence"
	set := func(by, old string) (err error) {
		d.with(func(a *admin.Admins) { err = a.SetPassword(t.Context(), by, "bob", old, renewed) })
		return err
	}
	for _, by := range []string{"admin:bob", "admin:BOB"} {
		wantErr(t, "own without the old one as "+by, set(by, ""), admin.ErrWrong)
	}
	wantErr(t, "own with a wrong one", set("admin:bob", wrong), admin.ErrWrong)
	if waits(set("admin:bob", password)).IsZero() {
		t.Error("after three wrong ones the right one need not wait")
	}
	d.now = d.now.Add(1e9)
	wantErr(t, "own with the old one", set("admin:bob", password), nil)
	if acts := d.acts("bob"); acts[len(acts)-1] != audit.AdminPasswordChanged || slices.Contains(acts, audit.AdminLoggedIn) {
		t.Errorf("on record: %v, want the change and no log-in", acts)
	}
	if _, err := d.logIn("bob", renewed); err != nil {
		t.Errorf("log in with the new one: %v", err)
	}
	_, err := d.logIn("bob", password)
	wantErr(t, "log in with the old one", err, admin.ErrWrong)
	wantErr(t, "another's, by the owner", set("admin:ada", ""), nil)
	if adm := d.admin("bob"); adm.Failures != 0 {
		t.Errorf("%d wrong ones are counted after the owner gave a new password, want none", adm.Failures)
	}
}

func TestOwnerAndCommandLineUnlock(t *testing.T) {
	for _, who := range []string{"admin:ada", "os:root"} {
		d := newDesk(t)
		d.addAdmin("bob", directory.Operator)
		for range admin.LockedAfter {
			_, _ = d.logIn("bob", wrong)
			d.now = d.now.Add(900e9)
		}
		_, err := d.logIn("bob", password)
		wantErr(t, "locked", err, admin.ErrLocked)
		d.must(func(a *admin.Admins) error { return a.Unlock(t.Context(), who, "bob") })
		if _, err := d.logIn("bob", password); err != nil {
			t.Errorf("after %s unlocked: %v", who, err)
		}
		if n := d.count(audit.AdminUnlocked); n != 1 {
			t.Errorf("%d unlockings on record, want 1", n)
		}
	}
}
