package desk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"tapstation/app/admin"
	"tapstation/app/bulk"
	"tapstation/app/directory"
	"tapstation/ui/widget"
)

// openImport shows the import of a station with a few users, and writes a file for it.
func openImport(t *testing.T, lines ...string) (b *bench, p *importPage, path string) {
	t.Helper()
	b = newBench(t, 3)
	b.station.Import = &bulk.Import{Directory: b.station.Directory}
	b.listed()
	path = filepath.Join(t.TempDir(), "people.csv")
	writeLines(t, path, lines...)
	b.tap("Import users …")
	p, ok := b.page.(*importPage)
	if !ok {
		t.Fatalf("%T is shown, want the import", b.page)
	}
	return b, p, path
}

func writeLines(t *testing.T, path string, lines ...string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// take chooses a file by keyboard, as it is typed.
func (b *bench) take(p *importPage, path string) {
	b.t.Helper()
	b.press(fyne.KeyReturn)
	if b.question == nil {
		b.t.Fatal("Enter does not ask for a file")
	}
	b.settle()
	b.write(path)
	b.press(fyne.KeyReturn)
	b.until("the file", func() bool { return p.state.Path == path && !p.state.Working })
}

func (b *bench) atRest(p *importPage) {
	b.t.Helper()
	b.until("the end of it", func() bool { return !p.state.Working })
}

func (b *bench) user(id string) (directory.User, bool) {
	b.t.Helper()
	u, _, err := b.station.Directory.User(b.t.Context(), id)
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		b.t.Fatal(err)
	}
	return u, err == nil
}

func TestUsersAreImportedByKeyboardAlone(t *testing.T) {
	b, p, path := openImport(t, "Personalnummer;Vorname;Nachname;E-Mail;Gruppen",
		"1001;Ada;Lovelace;ada@example.org;Engine", "1002;Grace;Hopper;grace@example.org;Engine", "u000;User;Number0;u000@example.org;")
	b.take(p, path)
	for _, words := range []string{"people.csv", "Personalnummer", "Lovelace", "ada@example.org"} {
		if !b.says(words) {
			t.Errorf("the first lines do not say %q", words)
		}
	}
	if got := p.columns.delim.Selected(); got != ";" {
		t.Errorf("between the columns stands %q, want the semicolon", got)
	}
	if got, want := p.columns.fields[bulk.UserID].Selected()+" "+p.columns.fields[bulk.UserName].Selected()+" "+p.columns.fields[bulk.Groups].Selected(),
		"0 -1 4"; got != want {
		t.Errorf("User ID, user name and groups are in columns %s, want %s", got, want)
	}
	b.press(fyne.KeyReturn)
	b.atRest(p)
	for _, words := range []string{"2 will be created", "0 will be changed", "1 stay as they are", "0 refused", "A new group is made: Engine."} {
		if !b.says(words) {
			t.Errorf("the check does not say %q", words)
		}
	}
	if _, there := b.user("1001"); there {
		t.Fatal("the check imports")
	}
	b.press(fyne.KeyReturn)
	b.atRest(p)
	if u, there := b.user("1001"); !there || u.LastName != "Lovelace" || fmt.Sprint(u.Groups) != "[Engine]" {
		t.Errorf("the user is %+v, want Ada Lovelace in Engine", u)
	}
	if !b.says("2 users are imported. All of “people.csv” is in the directory.") {
		t.Error("it does not say how many are imported")
	}
	b.press(fyne.KeyReturn)
	if b.page != page(b.users) {
		t.Errorf("Enter leads to %T, want the users", b.page)
	}
}

func TestRefusedLinesAreToldAndNothingIsImportedUntilTheyAreMended(t *testing.T) {
	b, p, path := openImport(t, "user_id,email", "1001,ada", "1002,grace@example.org", "1002,again@example.org")
	b.take(p, path)
	b.press(fyne.KeyReturn)
	b.atRest(p)
	for _, words := range []string{"2 refused",
		"2 lines cannot be imported, so nothing of the file is. Mend them in “people.csv”, save the file, and check again."} {
		if !b.says(words) {
			t.Errorf("the check does not say %q", words)
		}
	}
	if p.next.Text != "Check again" {
		t.Errorf("the button says %q, want that it can be checked again, and no import", p.next.Text)
	}
	b.tap("Copy all")
	want := "Line 2, email: Write an address like name@example.org. (ada)\nLine 4, user_id: This User ID stands in line 3 already. (1002)"
	if got := b.app.Clipboard().Content(); got != want {
		t.Errorf("copied is %q, want %q", got, want)
	}
	writeLines(t, path, "user_id,email", "1001,ada@example.org", "1002,grace@example.org")
	b.focusOn(p.next)
	b.press(fyne.KeyReturn)
	b.atRest(p)
	if p.next.Text != "Import 2 users" {
		t.Errorf("the button says %q, want the import of the mended file", p.next.Text)
	}
}

func TestColumnsAreMappedByHandWhereTheirNamesSayNothing(t *testing.T) {
	b, p, path := openImport(t, "A,B", "1001,Ada")
	b.take(p, path)
	if !p.next.Disabled() || !b.says("Choose the column with the User ID.") {
		t.Fatal("without a User ID one can go on, or is not told why not")
	}
	if b.window.Canvas().Focused() != fyne.Focusable(p.columns.fields[bulk.UserID]) {
		t.Error("the focus is not where the User ID is chosen")
	}
	p.columns.fields[bulk.UserID].OnChanged("0")
	p.columns.fields[bulk.FirstName].OnChanged("1")
	if p.next.Disabled() {
		t.Fatal("with the User ID mapped one cannot go on")
	}
	b.press(fyne.KeyEscape) // the choice stays
	b.focusOn(p.next)
	b.press(fyne.KeyReturn, fyne.KeyReturn)
	b.atRest(p)
	b.press(fyne.KeyReturn)
	b.atRest(p)
	if u, _ := b.user("1001"); u.FirstName != "Ada" {
		t.Errorf("the user is %+v, want Ada of the second column", u)
	}
}

func TestGroupsForAllAreJoinedByEveryUserOfTheFile(t *testing.T) {
	b, p, path := openImport(t, "user_id", "1001", "u001")
	b.take(p, path)
	p.state = p.state.join(" New   hires ").join("new hires")
	p.render()
	if !b.says("New hires") {
		t.Fatal("the group is not shown")
	}
	b.press(fyne.KeyReturn)
	b.atRest(p)
	b.press(fyne.KeyReturn)
	b.atRest(p)
	for _, id := range []string{"1001", "u001"} {
		if u, _ := b.user(id); fmt.Sprint(u.Groups) != "[New hires]" {
			t.Errorf("%s is in %q, want the group for all", id, u.Groups)
		}
	}
}

func TestFilesThatCannotBeImportedSayWhy(t *testing.T) {
	for name, c := range map[string]struct{ content, want string }{
		"empty":       {"", "The file is empty"},
		"header only": {"user_id,email\n", "The file has no users"},
		"zero byte":   {"user_id\x00,email\n1,2\n", "The first line cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			b, p, path := openImport(t)
			if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
				t.Fatal(err)
			}
			b.take(p, path)
			if p.state.Step == importColumns {
				b.press(fyne.KeyReturn)
				b.atRest(p)
			}
			if !b.says(c.want) {
				t.Errorf("the page does not say %q", c.want)
			}
			if p.state.importable() {
				t.Error("it can be imported all the same")
			}
		})
	}
}

func TestImportThatIsStoppedLeavesNothing(t *testing.T) {
	lines := []string{"user_id"}
	for i := range 3000 {
		lines = append(lines, fmt.Sprint("n", i))
	}
	b, p, path := openImport(t, lines...)
	b.take(p, path)
	b.press(fyne.KeyReturn)
	b.atRest(p)
	b.press(fyne.KeyReturn)
	b.until("the first users", func() bool { return p.state.Progress.Lines > 0 })
	if b.window.Canvas().Focused() != nil {
		t.Error("something has the focus that Enter would press")
	}
	b.press(fyne.KeyEscape)
	if b.question == nil {
		t.Fatal("Escape stops without a question")
	}
	b.tap("Stop the import")
	b.atRest(p)
	if !b.says("The import was stopped") || !b.says("Nothing of the file was imported.") {
		t.Error("it does not say that nothing was imported")
	}
	if _, there := b.user("n0"); there {
		t.Error("a user of the file is there")
	}
	if p.back.Disabled() {
		t.Error("there is no way back")
	}
	b.press(fyne.KeyEscape)
	if p.state.Step != importColumns || !b.says("people.csv") {
		t.Errorf("Escape leads to step %d, want back to the columns", p.state.Step)
	}
}

func TestLeavingWhileUsersAreImportedAsksFirst(t *testing.T) {
	b, p, _ := openImport(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	p.state.Step, p.state.Working, p.cancel = importRun, true, cancel
	b.ShowUsers()
	if b.page != page(p) || b.question == nil {
		t.Fatal("the page is left without a question")
	}
	b.press(fyne.KeyReturn)
	if b.page != page(p) || ctx.Err() != nil {
		t.Fatal("the safe choice stops the import")
	}
	b.ShowUsers()
	b.tap("Stop the import")
	if b.page != page(b.users) || ctx.Err() == nil {
		t.Error("the import goes on, or the page stays")
	}
}

func TestImportIsOfferedOnlyToThoseWhoMay(t *testing.T) {
	b := newBench(t, 3)
	b.listed()
	for role, want := range map[directory.Role]bool{
		directory.Owner: true, directory.Administrator: true, directory.Operator: false, directory.Auditor: false,
	} {
		b.begin(admin.Session{UserID: "u002", Name: "U", Role: role})
		if got := widget.Find[*widget.Button](b.Page(), "Import users …") != nil; got != want {
			t.Errorf("%s: offered is %t, want %t", role, got, want)
		}
		before := b.page
		b.ShowImport()
		if got := b.page != before; got != want {
			t.Errorf("%s: shown is %t, want %t", role, got, want)
		}
	}
}

func TestWhatWasChosenIsNotLostWithoutAQuestion(t *testing.T) {
	b, p, path := openImport(t, "A,B", "1001,Ada")
	b.take(p, path)
	p.columns.fields[bulk.UserID].OnChanged("1")
	b.press(fyne.KeyEscape, fyne.KeyEscape)
	if b.page != page(p) || b.question == nil {
		t.Fatal("the page is left without a question")
	}
	b.press(fyne.KeyReturn) // the safe choice
	b.press(fyne.KeyEscape)
	b.tap("Leave")
	if b.page != page(b.users) {
		t.Errorf("%T is shown, want the users, where the import was opened", b.page)
	}
}

func TestAColumnHoldsOneField(t *testing.T) {
	s := importState{}.mapped(bulk.UserID, 0).mapped(bulk.Email, 1).mapped(bulk.UserName, 0)
	if got, want := fmt.Sprint(s.Options.Columns), "map[email:1 user_name:0]"; got != want {
		t.Errorf("the columns are %s, want %s", got, want)
	}
	if s.ready() {
		t.Error("without a User ID one can go on")
	}
	if s = s.mapped(bulk.UserName, -1).mapped(bulk.UserID, 0); !s.ready() {
		t.Error("with a User ID one cannot go on")
	}
}

func TestColumnsOfOneNameAreToldApart(t *testing.T) {
	s := importState{Layout: bulk.Layout{Header: []string{"Name", "", "Name"}}}
	if got, want := fmt.Sprint(s.columnName(0), "|", s.columnName(1), "|", s.columnName(2)), "Name (column 1)|Column 2|Name (column 3)"; got != want {
		t.Errorf("the columns are called %s, want %s", got, want)
	}
}

func TestHandMadeMappingStaysWhenTheSameFileIsCheckedAgain(t *testing.T) {
	l := bulk.Layout{Header: []string{"A", "B"}, Columns: map[bulk.Field]int{}}
	s := importState{}.inspected(bulk.File{}, l).mapped(bulk.UserID, 1).inspected(bulk.File{}, l)
	if got := s.Options.Columns[bulk.UserID]; got != 1 {
		t.Errorf("the User ID is in column %d, want 1 as chosen", got)
	}
	l.Header = []string{"B", "A"}
	if s = s.inspected(bulk.File{}, l); len(s.Options.Columns) != 0 {
		t.Errorf("the columns are %v, want what was chosen forgotten with other columns", s.Options.Columns)
	}
}
