package desk

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"tapstation/app/directory"
	"tapstation/ui/widget"
)

func (b *bench) jobEnds() {
	b.t.Helper()
	b.until("the end", func() bool { return b.users.job != nil && b.users.job.state.Over && !b.users.state.Asking })
}

func (b *bench) disabledUsers() (ids []string) {
	b.t.Helper()
	err := b.station.Directory.EachUser(b.t.Context(), directory.UserQuery{Disabled: directory.On}, func(users []directory.User) error {
		for _, u := range users {
			ids = append(ids, u.ID)
		}
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return ids
}

func TestSeveralUsersAreDisabledAfterOneQuestion(t *testing.T) {
	b := newBench(t, 12)
	b.listed()
	b.users.list.Focus()
	b.press(fyne.KeyDown, fyne.KeySpace, fyne.KeyDown, fyne.KeyDown, fyne.KeySpace) // u001 and u003
	if !b.says("2 users selected") {
		t.Fatal("the page does not say how many are selected")
	}
	b.tap("Disable")
	if !b.says("Disable 2 users?") || !b.says("User Number1 (u001)") || !b.says("User Number3 (u003)") {
		t.Fatal("it does not ask, naming how many and who")
	}
	b.press(fyne.KeyReturn) // the safe choice has the focus
	if len(b.disabledUsers()) != 0 || b.users.state.Chosen.none() {
		t.Fatal("the safe choice disables, or loses the selection")
	}
	b.tap("Disable")
	b.tap("Disable users")
	b.jobEnds()
	if got, want := fmt.Sprint(b.disabledUsers()), "[u001 u003]"; got != want {
		t.Errorf("disabled are %s, want %s", got, want)
	}
	if !b.says("2 users are disabled.") || !b.users.state.Chosen.none() {
		t.Error("it does not say what was done, or keeps the selection")
	}
}

func TestAllThatMatchAreDoneThoughTheyAreNotListed(t *testing.T) {
	b := newBench(t, 250)
	b.listed()
	b.users.search.Entry.SetText("u1") // u100 to u199
	b.until("the answer", func() bool { return !b.users.state.Asking && b.users.state.Query.Text == "u1" })
	b.users.list.Focus()
	b.window.Canvas().Focused().(fyne.Shortcutable).TypedShortcut(&fyne.ShortcutSelectAll{})
	b.users.list.Mark(0, 0)
	b.press(fyne.KeyHome, fyne.KeySpace) // but u100
	b.users.askDisable()
	b.until("the question", func() bool { return b.question != nil })
	if !b.says("Disable 99 users?") || !b.says("User Number101 (u101)") || !b.says("and 94 more") {
		t.Error("it does not ask about 99 of them, with the first by name")
	}
	b.tap("Disable users")
	b.jobEnds()
	got := b.disabledUsers()
	if len(got) != 99 || got[0] != "u101" || got[98] != "u199" {
		t.Errorf("%d are disabled: %v, want u101 to u199", len(got), got)
	}
}

func TestWhatWasAskedAboutIsDoneWhateverIsChosenMeanwhile(t *testing.T) {
	b := newBench(t, 250)
	b.listed()
	b.users.search.Entry.SetText("u1")
	b.until("the answer", func() bool { return !b.users.state.Asking && b.users.state.Query.Text == "u1" })
	b.users.state.Chosen = chosen{All: true}
	b.users.askDisable() // begins to count
	b.users.search.Entry.SetText("u2")
	b.users.list.Mark(0, 0)
	b.until("the question", func() bool { return b.question != nil })
	b.tap("Disable users")
	b.jobEnds()
	if got := b.disabledUsers(); len(got) != 100 || got[0] != "u100" {
		t.Errorf("%d users are disabled, want the 100 that the question was about", len(got))
	}
}

func TestSelectionOfAllIsGivenUpWithAnotherSearch(t *testing.T) {
	b := newBench(t, 3)
	b.listed()
	b.users.list.Mark(0, 0)
	b.users.search.Entry.SetText("u00")
	if n, _ := b.users.state.Chosen.count(-1); n != 1 {
		t.Error("a user chosen by hand is forgotten when one searches for others")
	}
	b.users.state.Chosen = chosen{All: true}
	b.users.search.Entry.SetText("u0")
	if !b.users.state.Chosen.none() {
		t.Error("all that matched before are still chosen, though others match now")
	}
	b.users.state.Chosen = chosen{All: true}
	b.users.list.OnSort("by name")
	if !b.users.state.Chosen.All {
		t.Error("putting them in another order gives the selection up")
	}
	b.until("the answer", func() bool { return !b.users.state.Asking })
}

func TestUsersGetAGroupThatIsMadeOnTheWay(t *testing.T) {
	b := newBench(t, 4)
	b.listed()
	b.users.list.Mark(1, 2)
	b.tap("Assign group …")
	b.write("Laboratory")
	b.press(fyne.KeyReturn)
	if !b.says("Put 2 users into “Laboratory”?") {
		t.Fatal("it does not ask")
	}
	b.tap("Assign group")
	b.jobEnds()
	if !b.says("2 users are in “Laboratory”.") {
		t.Errorf("it says %q", b.users.job.state.Said)
	}
	for i, want := range []int{0, 1, 1, 0} {
		u, _, err := b.station.Directory.User(t.Context(), fmt.Sprintf("u%03d", i))
		if err != nil || len(u.Groups) != want {
			t.Errorf("u%03d is in %v (%v), want %d groups", i, u.Groups, err, want)
		}
	}
}

func TestUserThatIsGoneMeanwhileIsTold(t *testing.T) {
	b := newBench(t, 3)
	b.listed()
	b.users.list.Mark(0, 1)
	if err := b.station.Directory.DeleteUser(t.Context(), "os:test", "u000"); err != nil {
		t.Fatal(err)
	}
	b.users.assign("Laboratory", target{chosen: b.users.state.Chosen, n: 2}, true)
	b.jobEnds()
	words, well := b.users.job.state.words()
	if well || words != "1 user is in “Laboratory”. With 1 it could not be done." {
		t.Errorf("it says %q, want that one could not be", words)
	}
	details := widget.Find[*widget.Copyable](b.Page(), "Details")
	if details == nil || !strings.Contains(details.Text(), "u000") {
		t.Error("who it was is not there to be copied")
	}
	b.tap("Got it")
	if b.users.job != nil {
		t.Error("what came of it is still shown")
	}
}

func TestChosenUsersAreExported(t *testing.T) {
	b := newBench(t, 30)
	b.listed()
	path := filepath.Join(t.TempDir(), "users.csv")
	b.users.list.Mark(3, 4)
	b.users.export(path)
	b.jobEnds()
	if !b.says("2 users are in users.csv.") {
		t.Errorf("it says %q", b.users.job.state.Said)
	}
	written, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(written), "u003,") || !strings.Contains(string(written), "u004,") || strings.Contains(string(written), "u005,") {
		t.Errorf("the file holds %q (%v), want u003 and u004", written, err)
	}
	b.users.state.Chosen = chosen{All: true}.mark(map[string]string{"u007": ""}, false)
	b.users.export(path)
	b.jobEnds()
	written, err = os.ReadFile(path)
	if lines := strings.Count(string(written), "\n"); err != nil || lines != 30 || strings.Contains(string(written), "u007,") {
		t.Errorf("the file holds %d lines (%v), want a heading and all but u007", lines, err)
	}
}

func TestExportThatCannotBeWrittenLeavesTheSelection(t *testing.T) {
	b := newBench(t, 3)
	b.listed()
	b.users.list.Mark(0, 1)
	b.users.export(filepath.Join(t.TempDir(), "missing", "users.csv"))
	b.jobEnds()
	if _, well := b.users.job.state.words(); well || b.users.state.Chosen.none() {
		t.Error("a file that could not be written is told as written, or the selection is lost")
	}
}

func TestJobIsSpokenOfAfterAWhileAndCanBeStopped(t *testing.T) {
	b := newBench(t, 3)
	b.listed()
	b.users.list.Mark(0, 2)
	b.store.close()
	b.users.export(filepath.Join(t.TempDir(), "users.csv"))
	if b.says("Exporting users …  0 of 3") {
		t.Error("it says at once that it is under way")
	}
	b.pass()
	if !b.says("Exporting users …  0 of 3") {
		t.Error("after a while it does not say that it is under way")
	}
	b.tap("Stop")
	b.store.open()
	b.jobEnds()
	if words, _ := b.users.job.state.words(); !strings.Contains(words, "Stopped") {
		t.Errorf("it says %q, want that it was stopped", words)
	}
}

func TestUsersAreSortedByTheTitlesOfTheColumns(t *testing.T) {
	b := newBench(t, 3)
	b.listed()
	for _, c := range []struct {
		title string
		want  string
	}{
		{"User ID", "[u002 u001 u000]"}, {"User ID", "[u000 u001 u002]"}, {"Name", "[u000 u001 u002]"}, {"Name", "[u002 u001 u000]"},
		{"E-mail", "[u000 u001 u002]"}, {"Added", "[u000 u001 u002]"},
	} {
		var heading fyne.Focusable
		widget.Walk(b.Page(), func(o fyne.CanvasObject) bool {
			if f, ok := o.(fyne.Focusable); ok && heading == nil {
				if a, named := o.(fyne.Accessible); named && a.AccessibilityLabel() == c.title {
					heading = f
				}
			}
			return heading != nil
		})
		if heading == nil {
			t.Fatalf("there is no title %q to press", c.title)
		}
		b.focusOn(heading)
		b.press(fyne.KeyReturn)
		b.listed()
		if got := fmt.Sprint(ids(b)); got != c.want {
			t.Errorf("%s pressed: %s, want %s", c.title, got, c.want)
		}
	}
}

func TestFiltersOfUsersAreTakenAwayWithOneAct(t *testing.T) {
	b := newBench(t, 5, withKeys)
	b.ShowUsersWith(directory.UserQuery{Keys: directory.HoldsActive, Disabled: directory.Off})
	b.listed()
	if got := fmt.Sprint(ids(b)); got != "[u000]" {
		t.Errorf("with an active key: %s, want u000", got)
	}
	if got := b.users.holding.Words(); got != "Keys: With an active key" {
		t.Errorf("the filter says %q", got)
	}
	b.tap("Clear filters")
	b.listed()
	if got := len(ids(b)); got != 5 {
		t.Errorf("without filters %d users are listed, want 5", got)
	}
	b.users.holding.OnChanged(string(directory.HoldsNoActive))
	b.listed()
	b.focusOn(b.users.holding)
	b.press(fyne.KeyDelete)
	b.listed()
	if got := len(ids(b)); got != 5 {
		t.Errorf("after Delete on the filter %d users are listed, want 5", got)
	}
}

func TestChoosingAnewTakesAwayWhatWasSaidOfTheLastAct(t *testing.T) {
	b := newBench(t, 3)
	b.listed()
	p := b.users
	p.job = &job{state: jobState{Over: true, Shown: true}}
	p.renderBar()
	p.mark(0, 0, true)
	if p.job != nil || !b.says("1 user selected") {
		t.Error("what came of the last act stands in the way of the next")
	}
}
