package directory_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tapstation/app/directory"
)

func mustGroup(t *testing.T, d *directory.Directory, g directory.Group) {
	t.Helper()
	if err := d.AddGroup(t.Context(), by, g); err != nil {
		t.Fatal(err)
	}
}

// membersOf is the IDs of the users in a group, in order.
func membersOf(t *testing.T, d *directory.Directory, group string) []string {
	t.Helper()
	ids := []string{}
	for after := ""; ; {
		list, err := d.Users(t.Context(), directory.UserQuery{Group: group, After: after, Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range list.Rows {
			ids = append(ids, row.User.ID)
		}
		if after = list.Next; after == "" {
			return ids
		}
	}
}

func groupNames(t *testing.T, d *directory.Directory) []string {
	t.Helper()
	groups, err := d.Groups(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, g := range groups {
		names = append(names, g.Name)
		if g.Was != "" {
			t.Errorf("group %q still is being renamed from %q", g.Name, g.Was)
		}
	}
	return names
}

func TestMembersJoinAndLeave(t *testing.T) {
	d := open(t)
	mustGroup(t, d, directory.Group{Name: "Staff"})
	mustAdd(t, d, directory.User{ID: "ada"})
	mustAdd(t, d, directory.User{ID: "bob", Groups: []string{"Guests"}})
	before := len(acts(t, d))
	for _, step := range []struct {
		change func(context.Context, string, string, []string) (int, error)
		ids    []string
		want   int
		left   []string
	}{
		{d.AddMembers, []string{"ADA", "bob"}, 2, []string{"ada", "bob"}},
		{d.AddMembers, []string{"ada"}, 0, []string{"ada", "bob"}},
		{d.RemoveMembers, []string{"Bob", "bob"}, 1, []string{"ada"}},
		{d.RemoveMembers, nil, 0, []string{"ada"}},
	} {
		n, err := step.change(t.Context(), by, "STAFF", step.ids)
		if n != step.want || err != nil {
			t.Errorf("%v: %d changed, %v; want %d", step.ids, n, err, step.want)
		}
		if got := membersOf(t, d, "staff"); !slices.Equal(got, step.left) {
			t.Errorf("after %v the members are %v, want %v", step.ids, got, step.left)
		}
	}
	if diff := cmp.Diff([]string{by + " members_added ada group=Staff", by + " members_added bob group=Staff",
		by + " members_removed bob group=Staff"}, acts(t, d)[before:]); diff != "" {
		t.Errorf("the audit log differs (-want +got):\n%s", diff)
	}
	if u, _, _ := d.User(t.Context(), "bob"); !slices.Equal(u.Groups, []string{"Guests"}) {
		t.Errorf("bob is in %v, want the other group untouched", u.Groups)
	}

	if _, err := d.AddMembers(t.Context(), by, "nobody's", []string{"ada"}); !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("into a group that is not there: %v, want ErrNotFound", err)
	}
	if n, err := d.AddMembers(t.Context(), by, "Staff", []string{"bob", "eve"}); !errors.Is(err, directory.ErrNotFound) || n != 0 {
		t.Errorf("a user who is not there: %d, %v, want ErrNotFound", n, err)
	}
	if got := membersOf(t, d, "Staff"); !slices.Equal(got, []string{"ada"}) {
		t.Errorf("a batch that failed has left %v", got)
	}
	full := directory.User{ID: "full"}
	for i := range directory.MaxGroups {
		full.Groups = append(full.Groups, fmt.Sprintf("g%d", i))
	}
	mustAdd(t, d, full)
	var invalid *directory.InvalidError
	if _, err := d.AddMembers(t.Context(), by, "Staff", []string{"full"}); !errors.As(err, &invalid) || invalid.Fields[0].Problem != directory.TooMany {
		t.Errorf("one group too many: %v, want an InvalidError", err)
	}
}

func TestMembersFollowARenamedGroup(t *testing.T) {
	for _, to := range []string{"Crew", "STAFF"} {
		d := open(t)
		mustGroup(t, d, directory.Group{Name: "Staff", Defaults: directory.KeyDefaults{Verification: directory.PIN}})
		mustGroup(t, d, directory.Group{Name: "Taken"})
		var ids []string
		for i := range 3 {
			u := mustAdd(t, d, directory.User{ID: fmt.Sprint("user", i), Groups: []string{"Staff", "Zoo"}})
			ids = append(ids, u.ID)
		}
		if err := d.UpdateGroup(t.Context(), by, "staff", directory.Group{Name: to, Description: "All of us"}); err != nil {
			t.Fatal(err)
		}
		if got := membersOf(t, d, to); !slices.Equal(got, ids) {
			t.Errorf("members of %s: %v, want %v", to, got, ids)
		}
		u, _, err := d.User(t.Context(), "user1")
		if err != nil || !slices.Contains(u.Groups, to) || slices.Contains(u.Groups, "Staff") || len(u.Groups) != 2 {
			t.Errorf("user1 is in %v (%v), want the new name", u.Groups, err)
		}
		g, err := d.Group(t.Context(), to)
		if err != nil || g.Name != to || g.Description != "All of us" || g.Defaults != (directory.KeyDefaults{}) || g.Created.IsZero() {
			t.Errorf("the group is %+v (%v)", g, err)
		}
		if names := groupNames(t, d); len(names) != 3 {
			t.Errorf("groups %v, want three", names)
		}
		if all := acts(t, d); !strings.HasSuffix(all[len(all)-1], "group_changed group="+to+" fields=name,description,defaults from=Staff to="+to) {
			t.Errorf("the audit log ends with %q", all[len(all)-1])
		}
		n := len(acts(t, d))
		if err := d.UpdateGroup(t.Context(), by, to, directory.Group{Name: to, Description: "All of us"}); err != nil || len(acts(t, d)) != n {
			t.Errorf("no change: %v, want nothing on record", err)
		}
		if err := d.UpdateGroup(t.Context(), by, to, directory.Group{Name: "taken"}); !errors.Is(err, directory.ErrExists) {
			t.Errorf("to a name that is taken: %v, want ErrExists", err)
		}
		var invalid *directory.InvalidError
		if err := d.UpdateGroup(t.Context(), by, to, directory.Group{Name: "a;b", Defaults: directory.KeyDefaults{Verification: "x", OfflineLogin: "y", PINChooser: "z"}}); !errors.As(err, &invalid) || len(invalid.Fields) != 4 {
			t.Errorf("four wrong fields: %v", err)
		}
	}
}

// TestRenamingGoesOnAfterACrash: whatever transaction is the last that is kept, the next start finishes.
func TestRenamingGoesOnAfterACrash(t *testing.T) {
	for crash := 1; ; crash++ {
		d := open(t)
		mustGroup(t, d, directory.Group{Name: "Staff"})
		var ids []string
		for i := range 1100 { // three batches
			ids = append(ids, fmt.Sprintf("user%04d", i))
		}
		if err := d.Store.Update(t.Context(), func(tx directory.Tx) error {
			for _, id := range ids {
				if err := tx.PutUser(directory.User{ID: id, Handle: []byte(id), Groups: []string{"Staff"}}); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		failing := &failingStore{Store: d.Store, left: crash}
		d.Store = failing
		err := d.UpdateGroup(t.Context(), by, "Staff", directory.Group{Name: "Crew"})
		d.Store = failing.Store
		if err == nil {
			if crash < 4 {
				t.Errorf("renaming took %d transactions, want a batch each", crash)
			}
			return
		}
		if !errors.Is(err, errCrash) {
			t.Fatal(err)
		}
		if err := d.Reconcile(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := "Crew"
		if crash == 1 {
			want = "Staff"
		}
		if got := membersOf(t, d, want); !slices.Equal(got, ids) {
			t.Errorf("after transaction %d failed, %s has %d members, want %d", crash, want, len(got), len(ids))
		}
		if names := groupNames(t, d); !slices.Equal(names, []string{want}) {
			t.Errorf("after transaction %d failed, the groups are %v", crash, names)
		}
	}
}

var errCrash = errors.New("crash")

// failingStore keeps nothing any more once some transactions are through.
type failingStore struct {
	directory.Store
	left int
}

func (s *failingStore) Update(ctx context.Context, do func(directory.Tx) error) error {
	if s.left--; s.left <= 0 {
		return errCrash
	}
	return s.Store.Update(ctx, do)
}

func TestDeletedGroupTakesNobodyAlong(t *testing.T) {
	d := open(t)
	mustAdd(t, d, directory.User{ID: "ada", Groups: []string{"Staff", "Math"}})
	mustAdd(t, d, directory.User{ID: "bob", Groups: []string{"Staff"}})
	before := len(acts(t, d))
	if err := d.DeleteGroup(t.Context(), by, "STAFF"); err != nil {
		t.Fatal(err)
	}
	if names := groupNames(t, d); !slices.Equal(names, []string{"Math"}) {
		t.Errorf("groups %v, want the other one", names)
	}
	u, _, err := d.User(t.Context(), "ada")
	if err != nil || !slices.Equal(u.Groups, []string{"Math"}) {
		t.Errorf("ada is in %v (%v), want only the other group", u.Groups, err)
	}
	if diff := cmp.Diff([]string{by + " members_removed ada group=Staff", by + " members_removed bob group=Staff",
		by + " group_deleted group=Staff"}, acts(t, d)[before:]); diff != "" {
		t.Errorf("the audit log differs (-want +got):\n%s", diff)
	}
	if err := d.DeleteGroup(t.Context(), by, "Staff"); !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("again: %v, want ErrNotFound", err)
	}
}

func TestKeyDefaultsOfGroupsAndWorkspace(t *testing.T) {
	pin := directory.KeyDefaults{Verification: directory.PIN, OfflineLogin: directory.Off, PINChooser: directory.UserHere}
	for _, test := range []struct {
		name   string
		groups []directory.KeyDefaults
		change func(*directory.Workspace)
		want   directory.KeyDefaults
	}{
		{"no group", nil, nil, directory.KeyDefaults{Verification: directory.PIN, OfflineLogin: directory.Off, PINChooser: directory.UserMail}},
		{"no mail", nil, func(w *directory.Workspace) { w.Mail.Host = "" }, pin},
		{"a group wants mail and there is none", []directory.KeyDefaults{{PINChooser: directory.UserMail}},
			func(w *directory.Workspace) { w.Portal.URL = "" }, pin},
		{"groups without defaults", []directory.KeyDefaults{{}, {}}, func(w *directory.Workspace) { w.PINChooser = directory.UserHere }, pin},
		{"one group", []directory.KeyDefaults{{Verification: directory.PINless, OfflineLogin: directory.On, PINChooser: directory.UserMail}}, nil,
			directory.KeyDefaults{Verification: directory.PINless, OfflineLogin: directory.On, PINChooser: directory.UserMail}},
		{"the stricter wins", []directory.KeyDefaults{
			{Verification: directory.PINless, OfflineLogin: directory.On, PINChooser: directory.UserMail}, pin, {}}, nil, pin},
		{"the stricter wins, first", []directory.KeyDefaults{pin,
			{Verification: directory.PINless, OfflineLogin: directory.On, PINChooser: directory.UserMail}}, nil, pin},
		{"a part each", []directory.KeyDefaults{{Verification: directory.PINless}, {OfflineLogin: directory.On}}, nil,
			directory.KeyDefaults{Verification: directory.PINless, OfflineLogin: directory.On, PINChooser: directory.UserMail}},
		{"the workspace's", nil, func(w *directory.Workspace) {
			w.Verification, w.OfflineLogin, w.PINChooser = directory.PINless, true, directory.UserMail
		}, directory.KeyDefaults{Verification: directory.PINless, OfflineLogin: directory.On, PINChooser: directory.UserMail}},
		{"a PIN is demanded", []directory.KeyDefaults{{Verification: directory.PINless}}, func(w *directory.Workspace) { w.RequirePIN = true },
			directory.KeyDefaults{Verification: directory.PIN, OfflineLogin: directory.Off, PINChooser: directory.UserMail}},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := open(t)
			u := directory.User{ID: "ada", Email: "ada@example.org"}
			for i, defaults := range test.groups {
				name := fmt.Sprint("group", i)
				mustGroup(t, d, directory.Group{Name: name, Defaults: defaults})
				u.Groups = append(u.Groups, name)
			}
			mustAdd(t, d, u)
			w := directory.DefaultWorkspace()
			w.Mail.Host, w.Mail.From, w.Portal.URL = "mail.example.org", "keys@example.org", "https://localhost"
			if test.change != nil {
				test.change(&w)
			}
			if err := d.SetWorkspace(t.Context(), by, w); err != nil {
				t.Fatal(err)
			}
			if got, err := d.KeyDefaults(t.Context(), "ADA"); got != test.want || err != nil {
				t.Errorf("KeyDefaults = %+v, %v, want %+v", got, err, test.want)
			}
		})
	}
	d := open(t)
	w := directory.DefaultWorkspace()
	w.Mail.Host, w.Mail.From, w.Portal.URL = "mail.example.org", "keys@example.org", "https://localhost"
	if err := d.SetWorkspace(t.Context(), by, w); err != nil {
		t.Fatal(err)
	}
	mustAdd(t, d, directory.User{ID: "bob"})
	if got, err := d.KeyDefaults(t.Context(), "bob"); got != pin || err != nil {
		t.Errorf("of a user without an address: %+v, %v, want %+v", got, err, pin)
	}
	if _, err := d.KeyDefaults(t.Context(), "nobody"); !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("of nobody: %v, want ErrNotFound", err)
	}
}
