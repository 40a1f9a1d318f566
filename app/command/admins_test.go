package command

import (
	"strings"
	"testing"

	"tapstation/app/admin"
)

const (
	adminPassword = "blue whale over Lisbon"
	wrongPassword = "a guess that is long enough"
)

// typed runs a command with one line on standard input.
func (d *desk) typed(line string, args ...string) outcome {
	d.t.Helper()
	d.stdin = strings.NewReader(line + "\n")
	return d.run(append(args, "--json")...)
}

func newOwner(t *testing.T) *desk {
	d := newDesk(t)
	d.must("users", "add", "ada", "--first-name", "Ada")
	if o := d.typed(adminPassword, "admins", "add", "ada", "--role", "owner", "--password-stdin"); o.status != Done {
		t.Fatalf("add the owner: %s%s", o.stdout, o.stderr)
	}
	return d
}

func TestAdminsAreAddedListedChangedAndRemoved(t *testing.T) {
	d := newOwner(t)
	d.must("users", "add", "bob")
	var doc adminDocument
	d.must("admins", "add", "BOB", "--role", "operator", "--tap-only", "--json").decode(&doc)
	if doc.UserID != "bob" || doc.Role != "operator" || !doc.TapOnly || doc.Created == nil {
		t.Errorf("added: %+v, want bob, operator, by tap only", doc)
	}
	d.must("admins", "role", "bob", "auditor", "--json").decode(&doc)
	if doc.Role != "auditor" {
		t.Errorf("changed: %+v, want an auditor", doc)
	}
	if o := d.typed("another good sentence", "admins", "password", "bob", "--password-stdin"); o.status != Done {
		t.Fatalf("give a password: %s%s", o.stdout, o.stderr)
	}
	var list adminsDocument
	d.must("admins", "list", "--json").decode(&list)
	if len(list.Admins) != 2 || list.Admins[0].UserID != "ada" || list.Admins[0].Name != "Ada" || list.Admins[1].TapOnly {
		t.Errorf("listed: %+v, want ada and bob, both with a password", list)
	}
	if o := d.must("admins", "list"); strings.Contains(o.stdout, "argon2") || !strings.Contains(o.stdout, "password or tap") {
		t.Errorf("the table:\n%s", o.stdout)
	}
	d.must("admins", "remove", "bob")
	d.run("admins", "remove", "bob", "--json").fails(Failed, "no_admin")
	d.run("admins", "role", "bob", "owner", "--json").fails(Failed, "no_admin")
}

func TestAdminsRefuseWhatWouldHarm(t *testing.T) {
	d := newDesk(t)
	d.must("users", "add", "ada")
	d.must("users", "add", "bob")
	d.run("admins", "add", "ada", "--role", "operator", "--tap-only", "--json").fails(Failed, "no_owner")
	d.run("admins", "add", "ada", "--role", "owner", "--json").fails(Failed, "password_required")
	d.run("admins", "add", "ada", "--role", "owner", "--tap-only", "--password-stdin", "--json").fails(Misused, "usage")
	d.run("admins", "add", "ada", "--role", "king", "--tap-only", "--json").fails(Misused, "usage")
	d.typed("", "admins", "add", "ada", "--role", "owner", "--password-stdin").fails(Failed, "password_required")
	d.typed("too short", "admins", "add", "ada", "--role", "owner", "--password-stdin").fails(Failed, "invalid")
	d.typed("\xff\xfe and more to come", "admins", "add", "ada", "--role", "owner", "--password-stdin").fails(Failed, "failed")
	d.typed(adminPassword, "admins", "add", "nobody", "--role", "owner", "--password-stdin").fails(Failed, "unknown_user")
	if o := d.typed(adminPassword, "admins", "add", "ada", "--role", "owner", "--password-stdin"); o.status != Done {
		t.Fatalf("add the owner: %s%s", o.stdout, o.stderr)
	}
	d.typed(adminPassword, "admins", "add", "ADA", "--role", "owner", "--password-stdin").fails(Failed, "exists")
	d.run("admins", "remove", "ada", "--json").fails(Failed, "last_owner")
	d.run("admins", "role", "ada", "operator", "--json").fails(Failed, "last_owner")
	d.run("admins", "unlock", "bob", "--json").fails(Failed, "no_admin")
}

func TestCheckSucceedsOnlyWhereALogInWould(t *testing.T) {
	d := newOwner(t)
	var doc sessionDocument
	o := d.typed(adminPassword, "admins", "check", "ADA", "--password-stdin")
	o.decode(&doc)
	if o.status != Done || doc.UserID != "ada" || doc.Role != "owner" || doc.Name != "Ada" {
		t.Errorf("check: status %d, %+v; want the owner", o.status, doc)
	}
	d.run("admins", "check", "ada", "--json").fails(Failed, "password_required")
	for range 3 {
		d.typed(wrongPassword, "admins", "check", "ada", "--password-stdin").fails(Failed, "password_wrong")
		d.typed(wrongPassword, "admins", "check", "nobody", "--password-stdin").fails(Failed, "password_wrong")
	}
	d.typed(adminPassword, "admins", "check", "ada", "--password-stdin").fails(Failed, "password_wait")
	d.typed(adminPassword, "admins", "check", "nobody", "--password-stdin").fails(Failed, "password_wait")
	if n := admin.LockedAfter; n != 10 {
		t.Errorf("locked after %d, want the 10 that the handbook tells", n)
	}
	d.must("admins", "unlock", "ada")
	if o := d.typed(adminPassword, "admins", "check", "ada", "--password-stdin"); o.status != Done {
		t.Errorf("after the command line unlocked: %s%s", o.stdout, o.stderr)
	}
}
