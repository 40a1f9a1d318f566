package directory_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/storage/storagetest"
)

const by = "os:ada"

// open is a directory over a new store, with a clock that goes on by a second at each look.
func open(t *testing.T) *directory.Directory {
	t.Helper()
	now := time.Date(2026, 3, 1, 9, 0, 0, 999, time.FixedZone("", 3600))
	return &directory.Directory{Store: storagetest.Open(t), Now: func() time.Time { now = now.Add(time.Second); return now }}
}

func mustAdd(t *testing.T, d *directory.Directory, u directory.User) directory.User {
	t.Helper()
	kept, err := d.AddUser(t.Context(), by, u)
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

// putKey keeps a key as enrollment would.
func putKey(t *testing.T, d *directory.Directory, k directory.SecurityKey) {
	t.Helper()
	if err := d.Store.Update(t.Context(), func(tx directory.Tx) error { return tx.PutKey(k) }); err != nil {
		t.Fatal(err)
	}
}

// acts is what the audit log says, one line an entry.
func acts(t *testing.T, d *directory.Directory) []string {
	t.Helper()
	if err := d.VerifyAudit(t.Context(), by); err != nil {
		t.Errorf("VerifyAudit: %v", err)
	}
	entries, err := d.Audit(t.Context(), by, directory.AuditQuery{})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, e := range entries {
		line := fmt.Sprintf("%s %s %s%s", e.Actor, e.Act, e.User, e.Key)
		for _, name := range []string{"group", "fields", "from", "to"} {
			if v := e.Detail[name]; v != "" {
				line += " " + name + "=" + v
			}
		}
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	return lines
}

func wantActs(t *testing.T, d *directory.Directory, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, acts(t, d)); diff != "" {
		t.Errorf("the audit log differs (-want +got):\n%s", diff)
	}
}

func TestAddedUserIsCompleteAndOnRecord(t *testing.T) {
	d := open(t)
	u := mustAdd(t, d, directory.User{ID: "ada", UserName: " Ada ", LastName: "Lovelace\t ", Email: " ada@example.org", Handle: []byte("not the caller's to choose"),
		Groups: []string{"Staff", "Math", "STAFF"}})
	if len(u.Handle) != 32 || u.Created.IsZero() || !u.Created.Equal(u.Changed) || u.Created.Location() != time.UTC || u.Created.Nanosecond()%1000 != 0 {
		t.Errorf("added %+v, want a handle of 32 bytes and times in UTC to the microsecond", u)
	}
	if u.UserName != "Ada" || u.LastName != "Lovelace" || u.Email != "ada@example.org" {
		t.Errorf("added %+v, want the spaces at the ends gone", u)
	}
	if !slices.Equal(u.Groups, []string{"Math", "Staff"}) {
		t.Errorf("groups %q, want each once, sorted, written as they were first", u.Groups)
	}
	got, keys, err := d.User(t.Context(), "ADA")
	if err != nil || len(keys) != 0 {
		t.Errorf("User: %v, %d keys", err, len(keys))
	}
	if diff := cmp.Diff(u, got); diff != "" {
		t.Errorf("what AddUser returned and what is kept differ:\n%s", diff)
	}
	other := mustAdd(t, d, directory.User{ID: "bob", Groups: []string{"math"}})
	if string(other.Handle) == string(u.Handle) {
		t.Error("two users have the same handle")
	}
	if !slices.Equal(other.Groups, []string{"Math"}) {
		t.Errorf("groups %q, want the group as it is written", other.Groups)
	}
	wantActs(t, d, by+" group_added group=Staff", by+" group_added group=Math", by+" user_added ada", by+" user_added bob")
}

func TestRefusedUserLeavesNothing(t *testing.T) {
	d := open(t)
	mustAdd(t, d, directory.User{ID: "Ada"})
	before := acts(t, d)
	var invalid *directory.InvalidError
	if _, err := d.AddUser(t.Context(), by, directory.User{ID: "", Email: "x", Groups: []string{"new"}}); !errors.As(err, &invalid) || len(invalid.Fields) != 2 {
		t.Errorf("AddUser of a user with two wrong fields: %v", err)
	}
	if _, err := d.AddUser(t.Context(), by, directory.User{ID: "aDA", Groups: []string{"new"}}); !errors.Is(err, directory.ErrExists) {
		t.Errorf("AddUser of a taken ID: %v, want ErrExists", err)
	}
	if _, err := d.AddUser(t.Context(), "", directory.User{ID: "bob"}); err == nil {
		t.Error("a user was added by nobody")
	}
	groups, err := d.Groups(t.Context())
	if err != nil || len(groups) != 0 {
		t.Errorf("groups %v, %v, want none", groups, err)
	}
	wantActs(t, d, before...)
	for id, want := range map[string]bool{"ADA": true, "bob": false, "": false} {
		if taken, err := d.Taken(t.Context(), id); taken != want || err != nil {
			t.Errorf("Taken(%q) = %v, %v, want %v", id, taken, err, want)
		}
	}
	if _, _, err := d.User(t.Context(), "bob"); !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("User of nobody: %v, want ErrNotFound", err)
	}
}

func TestUpdateKeepsWhatIsForLife(t *testing.T) {
	d := open(t)
	u := mustAdd(t, d, directory.User{ID: "Ada", FirstName: "Ada", Groups: []string{"Staff"}})
	changed, err := d.UpdateUser(t.Context(), by, directory.User{ID: "ADA", FirstName: "Augusta", Email: "a@example.org", Groups: []string{"staff", "Math"}, Handle: []byte("x")})
	if err != nil {
		t.Fatal(err)
	}
	want := u
	want.FirstName, want.Email, want.Groups, want.Changed = "Augusta", "a@example.org", []string{"Math", "Staff"}, changed.Changed
	if diff := cmp.Diff(want, changed); diff != "" {
		t.Errorf("the user differs (-want +got):\n%s", diff)
	}
	if !changed.Changed.After(u.Changed) {
		t.Error("the time of the change did not go on")
	}
	if _, err := d.UpdateUser(t.Context(), by, changed); err != nil { // nothing changed: nothing on record
		t.Fatal(err)
	}
	if _, err := d.UpdateUser(t.Context(), by, directory.User{ID: "bob"}); !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("UpdateUser of nobody: %v, want ErrNotFound", err)
	}
	var invalid *directory.InvalidError
	if _, err := d.UpdateUser(t.Context(), by, directory.User{ID: "ada", Email: "x"}); !errors.As(err, &invalid) {
		t.Errorf("UpdateUser with a wrong address: %v", err)
	}
	wantActs(t, d, by+" group_added group=Staff", by+" user_added Ada", by+" group_added group=Math", by+" user_changed Ada fields=first_name,email,groups")
}

// TestFieldsChangedAtOnceAreAllKept is what several scripts do to one user.
func TestFieldsChangedAtOnceAreAllKept(t *testing.T) {
	d := open(t)
	d.Now = time.Now // the tests' own clock is for one at a time
	mustAdd(t, d, directory.User{ID: "ada"})
	var scripts sync.WaitGroup
	for _, change := range []func(*directory.User){
		func(u *directory.User) { u.UserName = "alovelace" },
		func(u *directory.User) { u.FirstName = "Ada" },
		func(u *directory.User) { u.LastName = "Lovelace" },
		func(u *directory.User) { u.Email = "ada@example.org" },
		func(u *directory.User) { u.Groups = append(u.Groups, "Staff") },
		func(u *directory.User) { u.Groups = append(u.Groups, "Engines") },
	} {
		scripts.Go(func() {
			if _, err := d.ChangeUser(t.Context(), by, "ADA", change); err != nil {
				t.Error(err)
			}
		})
	}
	scripts.Wait()
	u, _, err := d.User(t.Context(), "ada")
	if err != nil {
		t.Fatal(err)
	}
	if u.UserName != "alovelace" || u.FirstName != "Ada" || u.LastName != "Lovelace" || u.Email != "ada@example.org" || len(u.Groups) != 2 {
		t.Errorf("kept %+v, want what every script said", u)
	}
	var invalid *directory.InvalidError
	if _, err := d.ChangeUser(t.Context(), by, "ada", func(u *directory.User) { u.Email = "nonsense" }); !errors.As(err, &invalid) {
		t.Errorf("an invalid change: %v, want an InvalidError", err)
	}
}

func TestUsersAreListedWithTheirKeys(t *testing.T) {
	d := open(t)
	for i := range 5 {
		u := mustAdd(t, d, directory.User{ID: fmt.Sprint("u", i), FirstName: "Ada"})
		for n := range i {
			putKey(t, d, directory.SecurityKey{ID: fmt.Sprintf("%d%d", i, n), UserID: u.ID, Name: "Card", State: directory.Active, Created: d.Now()})
		}
	}
	var got []string
	q := directory.UserQuery{Text: "ada", Limit: 2}
	for {
		list, err := d.Users(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range list.Rows {
			line := row.User.ID
			for _, k := range row.Keys {
				line += " " + k.ID
			}
			got = append(got, line)
		}
		if q.After = list.Next; q.After == "" {
			break
		}
	}
	want := []string{"u0", "u1 10", "u2 20 21", "u3 30 31 32", "u4 40 41 42 43"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the list differs (-want +got):\n%s", diff)
	}
}

func TestGroupsAreAddedOnce(t *testing.T) {
	d := open(t)
	if err := d.AddGroup(t.Context(), by, directory.Group{Name: "Staff", Description: "All"}); err != nil {
		t.Fatal(err)
	}
	if err := d.AddGroup(t.Context(), by, directory.Group{Name: "STAFF"}); !errors.Is(err, directory.ErrExists) {
		t.Errorf("AddGroup of one that is there: %v, want ErrExists", err)
	}
	var invalid *directory.InvalidError
	err := d.AddGroup(t.Context(), by, directory.Group{Name: "a;b", Description: strings.Repeat("x", 257)})
	if !errors.As(err, &invalid) || len(invalid.Fields) != 2 {
		t.Errorf("AddGroup with two wrong fields: %v", err)
	}
	groups, err := d.Groups(t.Context())
	if err != nil || len(groups) != 1 || groups[0].Description != "All" || groups[0].Created.IsZero() {
		t.Errorf("groups %+v, %v", groups, err)
	}
	wantActs(t, d, by+" group_added group=Staff")
}

func TestKeyStatesChangeByTheRules(t *testing.T) {
	d := open(t)
	mustAdd(t, d, directory.User{ID: "ada"})
	type change func(context.Context, string, string) (directory.SecurityKey, error)
	changes := []struct {
		name string
		do   change
		to   directory.KeyState
	}{{"disable", d.DisableKey, directory.Disabled}, {"enable", d.EnableKey, directory.Active}, {"revoke", d.RevokeKey, directory.Revoked}}
	allowed := map[directory.KeyState][]string{
		directory.Pending: {"revoke"}, directory.Active: {"disable", "revoke"}, directory.Disabled: {"enable", "revoke"}, directory.Revoked: nil,
	}
	want := []string{by + " user_added ada"}
	for _, from := range []directory.KeyState{directory.Pending, directory.Active, directory.Disabled, directory.Revoked} {
		for _, c := range changes {
			id := string(from) + "-" + c.name
			putKey(t, d, directory.SecurityKey{ID: id, UserID: "ada", Name: "Card", State: from})
			k, err := c.do(t.Context(), by, id)
			stored, storedErr := d.Key(t.Context(), id)
			if storedErr != nil {
				t.Fatal(storedErr)
			}
			if slices.Contains(allowed[from], c.name) {
				if err != nil || k.State != c.to || stored.State != c.to || k.Changed.IsZero() {
					t.Errorf("%s a key that is %s: %v, now %s, want %s", c.name, from, err, stored.State, c.to)
				}
				want = append(want, fmt.Sprintf("%s key_%sd ada%s from=%s", by, c.name, id, from))
				continue
			}
			var state *directory.StateError
			if !errors.As(err, &state) || state.From != from || state.To != c.to || !errors.Is(err, directory.ErrState) {
				t.Errorf("%s a key that is %s: %v, want a StateError", c.name, from, err)
			}
			if stored.State != from {
				t.Errorf("%s a key that is %s was refused and made it %s", c.name, from, stored.State)
			}
		}
	}
	wantActs(t, d, want...)
	if _, err := d.RevokeKey(t.Context(), by, "nothing"); !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("RevokeKey of none: %v, want ErrNotFound", err)
	}
}

func TestKeyIsRenamed(t *testing.T) {
	d := open(t)
	mustAdd(t, d, directory.User{ID: "ada"})
	putKey(t, d, directory.SecurityKey{ID: "k", UserID: "ada", Name: "Card", State: directory.Active})
	if k, err := d.RenameKey(t.Context(), by, "k", "Badge 7"); err != nil || k.Name != "Badge 7" {
		t.Errorf("RenameKey = %q, %v", k.Name, err)
	}
	for name, problem := range map[string]directory.Problem{
		"": directory.Required, " x": directory.SurroundingSpace, "a\nb": directory.InvalidCharacters, strings.Repeat("x", 65): directory.TooLong,
	} {
		var invalid *directory.InvalidError
		_, err := d.RenameKey(t.Context(), by, "k", name)
		if !errors.As(err, &invalid) || invalid.Fields[0].Field != "key_name" || invalid.Fields[0].Problem != problem {
			t.Errorf("RenameKey to %q: %v, want key_name: %s", name, err, problem)
		}
	}
	if k, err := d.Key(t.Context(), "k"); err != nil || k.Name != "Badge 7" {
		t.Errorf("the key is named %q, %v", k.Name, err)
	}
	wantActs(t, d, by+" user_added ada", by+" key_renamed adak from=Card to=Badge 7")
}

func TestSuggestedKeyNameIsNew(t *testing.T) {
	d := open(t)
	for i, c := range []struct {
		have string // after the suggestions before
		kind directory.Kind
		want string
	}{
		{"", directory.Card, "Card"},
		{"Card", directory.Card, "Card 2"},
		{"CARD 2", directory.Card, "Card 3"},
		{"Card 4", directory.Card, "Card 3"},
		{"Card 3", directory.Card, "Card 5"},
		{"Badge", directory.USBKey, "USB key"},
		{"x", directory.Fingerprint, "Fingerprint"},
		{"y", directory.Smartphone, "Smartphone"},
		{"z", "", "Security key"},
	} {
		if c.have != "" {
			putKey(t, d, directory.SecurityKey{ID: fmt.Sprint(i), UserID: "ada", Name: c.have, State: directory.Revoked})
		}
		if got, err := d.SuggestKeyName(t.Context(), "ADA", c.kind); got != c.want || err != nil {
			t.Errorf("after %q: SuggestKeyName = %q, %v, want %q", c.have, got, err, c.want)
		}
	}
}

func TestWorkspaceIsChangedByTheRules(t *testing.T) {
	d := open(t)
	w, err := d.Workspace(t.Context())
	if err != nil || !cmp.Equal(w, directory.DefaultWorkspace()) {
		t.Errorf("Workspace = %+v, %v, want the default one", w, err)
	}
	if err := d.SetWorkspace(t.Context(), by, w); err != nil { // nothing changed
		t.Fatal(err)
	}
	w.Name, w.OfflineLogin, w.PINPolicy.Digit = "Example", true, true
	if err := d.SetWorkspace(t.Context(), by, w); err != nil {
		t.Fatal(err)
	}
	bad := w
	bad.RPID = "Example.org"
	var invalid *directory.InvalidError
	if err := d.SetWorkspace(t.Context(), by, bad); !errors.As(err, &invalid) {
		t.Errorf("SetWorkspace with a wrong domain: %v", err)
	}
	got, err := d.Workspace(t.Context())
	if err != nil || got.Changed.IsZero() {
		t.Errorf("Workspace: %v, changed %v", err, got.Changed)
	}
	got.Changed = w.Changed
	if !cmp.Equal(got, w) {
		t.Errorf("Workspace = %+v, want %+v", got, w)
	}
	wantActs(t, d, by+" workspace_changed fields=name,offline_login,pin_digit")
}

func TestVerifyAuditGoesThroughAllPages(t *testing.T) {
	d := open(t)
	if err := d.VerifyAudit(t.Context(), by); err != nil {
		t.Errorf("VerifyAudit of an empty log: %v", err)
	}
	const n = 4500
	if err := d.Store.Update(t.Context(), func(tx directory.Tx) error {
		for range n {
			if err := tx.AppendAudit(audit.Entry{Time: d.Now(), Actor: by, Act: audit.LoginAccepted}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := d.VerifyAudit(t.Context(), by); err != nil {
		t.Errorf("VerifyAudit: %v", err)
	}
	for _, place := range []uint64{1, 2000, 2001, 4500} {
		tampered := &directory.Directory{Store: tamperedStore{d.Store, place}}
		err := tampered.VerifyAudit(t.Context(), by)
		if !errors.Is(err, audit.ErrBroken) || !strings.Contains(err.Error(), fmt.Sprintf("entry %d:", place)) {
			t.Errorf("VerifyAudit with entry %d changed: %v, want ErrBroken there", place, err)
		}
	}
}

// tamperedStore shows one entry of the audit log changed.
type tamperedStore struct {
	directory.Store
	place uint64
}

func (s tamperedStore) View(ctx context.Context, do func(directory.Tx) error) error {
	return s.Store.View(ctx, func(tx directory.Tx) error { return do(tamperedTx{tx, s.place}) })
}

type tamperedTx struct {
	directory.Tx
	place uint64
}

func (tx tamperedTx) Audit(q directory.AuditQuery) ([]audit.Entry, error) {
	entries, err := tx.Tx.Audit(q)
	for i := range entries {
		if entries[i].Seq == tx.place {
			entries[i].Actor = "os:eve"
		}
	}
	return entries, err
}
