package directory_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/storage/storagetest"
)

// importRows imports rows of User ID and first name, in one batch that ends the import or not.
func importRows(t *testing.T, d *directory.Directory, i directory.Import, last bool, rows ...[2]string) (directory.Import, error) {
	t.Helper()
	var all []directory.ImportRow
	for _, r := range rows {
		all = append(all, directory.ImportRow{User: directory.User{ID: r[0], FirstName: r[1]}, Has: []string{"first_name"}})
	}
	return d.ImportRows(t.Context(), "os:ada", i, all, directory.ImportRules{Groups: []string{"Imported"}}, last)
}

func TestImportThatEndsCannotBeTakenBack(t *testing.T) {
	d := &directory.Directory{Store: storagetest.Open(t)}
	i, err := importRows(t, d, directory.NewImport("os:ada", "people.csv"), false, [2]string{"ada", "Ada"})
	if err != nil {
		t.Fatal(err)
	}
	if under, err := d.ImportUnderWay(t.Context()); err != nil || under.ID != i.ID || under.Created != 1 {
		t.Errorf("under way is %+v, %v, want the import with one user", under, err)
	}
	if i, err = importRows(t, d, i, true, [2]string{"grace", "Grace"}, [2]string{"ADA", "Ada"}); err != nil || i.Created != 2 || i.Unchanged != 1 {
		t.Errorf("the last batch: %+v, %v, want two created and one unchanged", i, err)
	}
	if _, err := d.UndoImport(t.Context(), "os:ada", i.ID, directory.ImportFailed, nil); !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("taken back after its end: %v, want ErrNotFound", err)
	}
	if _, err := importRows(t, d, i, true, [2]string{"late", "Late"}); !errors.Is(err, directory.ErrImportLost) {
		t.Errorf("another batch after its end: %v, want ErrImportLost", err)
	}
}

func TestOneImportKeepsAnotherOut(t *testing.T) {
	d := &directory.Directory{Store: storagetest.Open(t)}
	first, err := importRows(t, d, directory.NewImport("os:ada", "people.csv"), false, [2]string{"ada", "Ada"})
	if err != nil {
		t.Fatal(err)
	}
	var importing *directory.ImportingError
	_, err = importRows(t, d, directory.NewImport("os:grace", "others.csv"), true, [2]string{"bob", "Bob"})
	if !errors.As(err, &importing) || importing.Import.ID != first.ID || !strings.Contains(err.Error(), "os:ada imports \"people.csv\"") {
		t.Errorf("another import: %v, want whose is under way", err)
	}
	if _, err := d.UndoImport(t.Context(), "station", "another", directory.ImportAbandoned, nil); !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("taken back by another ID: %v, want ErrNotFound", err)
	}
	undone, err := d.UndoImport(t.Context(), "station", first.ID, directory.ImportAbandoned, nil)
	if err != nil || undone.Removed != 1 || undone.Reason != directory.ImportAbandoned {
		t.Errorf("taken back: %+v, %v, want one user removed", undone, err)
	}
	if _, err := importRows(t, d, first, true, [2]string{"bob", "Bob"}); !errors.Is(err, directory.ErrImportLost) {
		t.Errorf("going on after it was taken back: %v, want ErrImportLost", err)
	}
}

func TestImportOnRecordTellsOfEachUser(t *testing.T) {
	d := &directory.Directory{Store: storagetest.Open(t)}
	if _, err := d.AddUser(t.Context(), "os:ada", directory.User{ID: "ada"}); err != nil {
		t.Fatal(err)
	}
	i, err := importRows(t, d, directory.NewImport("os:ada", "people.csv"), false, [2]string{"ADA", "Ada"}, [2]string{"bob", ""})
	if err == nil {
		_, err = d.UndoImport(t.Context(), "os:ada", i.ID, directory.ImportCancelled, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	entries, err := d.Audit(t.Context(), "os:ada", directory.AuditQuery{From: 2})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		if e.Act != audit.GroupAdded && e.Detail["import"] != i.ID {
			t.Errorf("%s does not tell which import it belongs to: %v", e.Act, e.Detail)
		}
		got = append(got, strings.TrimSpace(string(e.Act)+" "+e.User+" "+e.Detail["fields"]+e.Detail["reason"]))
	}
	want := []string{"import_begun", "group_added", "user_changed ada first_name,groups", "user_added bob",
		"user_deleted bob", "user_changed ada first_name,groups", "group_deleted", "import_undone  cancelled"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("on record (-want +got):\n%s", diff)
	}
}

// TestWhatWasEditedSinceIsNotPutBack is a user whom an import changed and somebody then edited, before the import was
// taken back.
func TestWhatWasEditedSinceIsNotPutBack(t *testing.T) {
	before := directory.User{ID: "ada", UserName: "al", FirstName: "Ada", LastName: "Byron", Email: "a@example.org", Groups: []string{"A", "B"}}
	row := directory.ImportRow{
		User: directory.User{ID: "ada", UserName: "al2", FirstName: "Augusta", LastName: "Lovelace", Email: "b@example.org", Groups: []string{"B", "C"}},
		Has:  []string{"user_name", "first_name", "last_name", "email", "groups"},
	}
	for _, c := range []struct {
		name string
		edit func(*directory.User)
		want func(*directory.User)
	}{
		{"a name", func(u *directory.User) { u.LastName = "King" }, func(u *directory.User) { u.LastName = "King" }},
		{"all names", func(u *directory.User) { u.UserName, u.FirstName, u.LastName = "x", "y", "z" },
			func(u *directory.User) { u.UserName, u.FirstName, u.LastName = "x", "y", "z" }},
		{"disabled", func(u *directory.User) { u.Disabled = true }, func(u *directory.User) { u.Disabled = true }},
		{"a group more", func(u *directory.User) { u.Groups = []string{"B", "C", "D"} }, func(u *directory.User) { u.Groups = []string{"A", "B", "D"} }},
		{"a group less", func(u *directory.User) { u.Groups = []string{"C"} }, func(u *directory.User) { u.Groups = []string{"A"} }},
		{"the group back", func(u *directory.User) { u.Groups = []string{"A", "B", "C"} }, func(*directory.User) {}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := &directory.Directory{Store: storagetest.Open(t)}
			if _, err := d.AddUser(t.Context(), "os:ada", before); err != nil {
				t.Fatal(err)
			}
			i, err := d.ImportRows(t.Context(), "os:ada", directory.NewImport("os:ada", "f"), []directory.ImportRow{row}, directory.ImportRules{}, false)
			if err != nil {
				t.Fatal(err)
			}
			u, _, err := d.User(t.Context(), "ada")
			if err != nil {
				t.Fatal(err)
			}
			c.edit(&u)
			if _, err := d.UpdateUser(t.Context(), "os:ada", u); err != nil {
				t.Fatal(err)
			}
			if _, err := d.UndoImport(t.Context(), "os:ada", i.ID, directory.ImportFailed, nil); err != nil {
				t.Fatal(err)
			}
			got, _, err := d.User(t.Context(), "ada")
			if err != nil {
				t.Fatal(err)
			}
			want := before
			want.Groups = slices.Clone(before.Groups)
			c.want(&want)
			got.Handle, got.Created, got.Changed = nil, time.Time{}, time.Time{}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("afterwards (-want +got):\n%s", diff)
			}
		})
	}
}

func TestGroupsAreWrittenAsTheyAre(t *testing.T) {
	d := &directory.Directory{Store: storagetest.Open(t)}
	if err := d.AddGroup(t.Context(), "os:ada", directory.Group{Name: "Staff"}); err != nil {
		t.Fatal(err)
	}
	row := func(id string, groups ...string) directory.ImportRow {
		return directory.ImportRow{User: directory.User{ID: id, Groups: groups}, Has: []string{"groups"}}
	}
	rows := []directory.ImportRow{row("ada", "STAFF", "New"), row("bob", "new", "staff", "NEW")}
	var book directory.GroupBook
	compared, err := d.CompareImport(t.Context(), "os:ada", rows, directory.ImportRules{}, &book)
	if err != nil || !slices.Equal(book.NewGroups(), []string{"New"}) {
		t.Fatalf("new groups are %q, %v, want New", book.NewGroups(), err)
	}
	if _, err := d.ImportRows(t.Context(), "os:ada", directory.NewImport("os:ada", "f"), rows, directory.ImportRules{}, true); err != nil {
		t.Fatal(err)
	}
	for n, id := range []string{"ada", "bob"} {
		u, _, err := d.User(t.Context(), id)
		if err != nil || !slices.Equal(u.Groups, []string{"New", "Staff"}) || !slices.Equal(compared[n].User.Groups, u.Groups) {
			t.Errorf("%s is in %q, %v, and was to be in %q, want New and Staff", id, u.Groups, err, compared[n].User.Groups)
		}
	}
}
