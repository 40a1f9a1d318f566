package desk

import (
	"errors"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"tapstation/app/directory"
	"tapstation/ui/widget"
)

// ids are the users listed, in their order.
func ids(b *bench) (all []string) {
	for i := range b.users.state.Rows.count() {
		all = append(all, b.users.state.Rows.id(i))
	}
	return all
}

func TestUsersAreFoundAsOneTypes(t *testing.T) {
	b := newBench(t, 30)
	b.listed()
	if got := b.users.state.Rows.count(); got != 30 {
		t.Fatalf("%d users are listed, want 30", got)
	}
	b.press(fyne.KeyEscape)
	b.window.Canvas().Unfocus()
	b.write("/")
	b.write("u02")
	b.until("the answer to the last letter", func() bool { return !b.users.state.Asking && b.users.state.Query.Text == "u02" })
	if got := ids(b); len(got) != 10 || got[0] != "u020" {
		t.Errorf("u02 found %v, want u020 to u029", got)
	}
	b.press(fyne.KeyEscape)
	b.until("everyone again", func() bool { return !b.users.state.Asking && b.users.state.Rows.count() == 30 })
}

func TestStaleAnswersAreDropped(t *testing.T) {
	b := newBench(t, 30)
	b.listed()
	b.store.close()
	b.write("u01")
	release := b.store.detach()
	b.write("7")
	b.until("the answer to the last letter", func() bool { return !b.users.state.Asking })
	release() // the answers to u, u0 and u01 come only now
	b.Close()
	b.Wait()
	b.settle()
	if got := ids(b); len(got) != 1 || got[0] != "u017" {
		t.Errorf("after the late answers %v is listed, want u017 alone, which was asked for last", got)
	}
}

func TestFurtherPagesComeNearTheEnd(t *testing.T) {
	b := newBench(t, 250)
	b.listed()
	if got := b.users.state.Rows.count(); got != 100 {
		t.Fatalf("%d users came with the first page, want 100", got)
	}
	b.press(fyne.KeyDown) // from the search to the rows
	for _, want := range []int{200, 250, 250} {
		b.press(fyne.KeyEnd)
		b.listed()
		if got := b.users.state.Rows.count(); got != want {
			t.Errorf("after going to the end %d users are there, want %d", got, want)
		}
	}
	if got := b.users.state.Rows.id(249); got != "u249" {
		t.Errorf("the last user is %s, want u249", got)
	}
}

func TestWayBackLeadsToWhereOneWas(t *testing.T) {
	b := newBench(t, 250)
	b.listed()
	b.press(fyne.KeyDown, fyne.KeyEnd)
	b.until("the second page", func() bool { return !b.users.state.Asking && b.users.state.Rows.count() == 200 })
	b.press(fyne.KeyEnd, fyne.KeyReturn)
	b.press(fyne.KeyEscape)
	b.listed()
	if got := b.users.state.Rows.count(); got < 200 {
		t.Errorf("back from a user %d users are listed, want those that were there", got)
	}
	b.users.list.Focus()
	b.press(fyne.KeyReturn)
	if p, ok := b.page.(*userPage); !ok || p.state.ID != "u199" {
		t.Errorf("the current row is not the one that was opened, u199")
	}
}

func TestEmptyDirectoryOffersTheFirstAct(t *testing.T) {
	b := newBench(t, 0)
	b.listed()
	b.users.state = usersState{} // a workspace has its owner at the least
	b.users.state.first()
	b.users.state.answer(b.users.state.Asked, nil, nil, "", nil)
	b.users.render()
	if !b.says("No users yet") {
		t.Error("an empty directory does not say that there are no users yet")
	}
	b.tap("New User")
	if b.Wizard() == nil {
		t.Error("New User does not open the wizard")
	}
}

func TestSearchThatFindsNobodyCanBeCleared(t *testing.T) {
	b := newBench(t, 3)
	b.listed()
	b.write("zz")
	b.until("the answer", func() bool { return b.says("Nobody found") })
	b.tap("Show all users")
	b.until("everyone again", func() bool { return !b.users.state.Asking && b.users.state.Rows.count() == 3 })
	if b.says("Nobody found") {
		t.Error("it still says that nobody is found")
	}
}

func TestUsersOfOneGroupAreShown(t *testing.T) {
	b := newBench(t, 3)
	b.listed()
	u, _, err := b.station.Directory.User(t.Context(), "u001")
	if err != nil {
		t.Fatal(err)
	}
	u.Groups = []string{"Laboratory"}
	if _, err := b.station.Directory.UpdateUser(t.Context(), "os:test", u); err != nil {
		t.Fatal(err)
	}
	b.users.shown()
	b.until("the group", func() bool { return b.users.group.Visible() })
	b.listed()
	b.focusOn(b.users.group)
	b.press(fyne.KeyReturn, fyne.KeyReturn)
	b.until("the members", func() bool { return !b.users.state.Asking && b.users.state.Query.Group == "Laboratory" })
	if got := ids(b); len(got) != 1 || got[0] != "u001" {
		t.Errorf("the group Laboratory lists %v, want u001", got)
	}
	b.users.search.Entry.SetText("zz")
	b.until("nobody", func() bool { return b.says("No user in “Laboratory” matches “zz”.") })
	b.tap("Show all users")
	b.until("everyone", func() bool { return !b.users.state.Asking && b.users.state.Rows.count() == 3 })
	if got := b.users.group.Words(); got != "Group" {
		t.Errorf("the filter says %q, want that it filters by nothing", got)
	}
}

func TestFailedPageOffersToTryAgainAndKeepsTheSearch(t *testing.T) {
	b := newBench(t, 12, func(b *bench) { b.store.failWith(directory.ErrBusy) })
	b.until("the failure", func() bool { return b.says("Another program is using the directory") })
	b.store.failWith(nil)
	b.users.search.Entry.SetText("u01")
	b.store.failWith(errors.New("the disk is on fire"))
	b.until("the first answer", func() bool { return !b.users.state.Asking })
	b.users.search.Entry.SetText("u011")
	b.until("the failure", func() bool { return b.users.state.Failed != nil })
	if details := widget.Find[*widget.Copyable](b.Page(), "Details"); details == nil || details.Text() != "the disk is on fire" {
		t.Error("the failure's own text is not there to be copied")
	}
	b.store.failWith(nil)
	b.tap("Try again")
	b.until("the answer", func() bool { return b.users.state.Rows.count() == 1 && b.users.state.Failed == nil })
	if got := b.users.state.Rows.id(0); got != "u011" || b.users.search.Text() != "u011" {
		t.Errorf("Try again lists %s and the search holds %q, want u011 in both", got, b.users.search.Text())
	}
}

func TestWaitingIsSpokenOfAfterAWhile(t *testing.T) {
	b := newBench(t, 1, func(b *bench) { b.store.close() })
	if got := b.users.count.Content; got != "" {
		t.Errorf("at once it says %q, want nothing yet", got)
	}
	if got := b.alarms[0].after; got != 300*time.Millisecond {
		t.Errorf("it says that it looks after %v, want 300ms", got)
	}
	for _, want := range []string{"Looking …", "Looking …", "Still looking: 2 seconds so far"} {
		b.pass()
		if got := b.users.count.Content; got != want {
			t.Errorf("after a while it says %q, want %q", got, want)
		}
	}
	b.store.open()
	b.listed()
	b.pass()
	if got := b.users.count.Content; got != "1 user" {
		t.Errorf("after the answer it says %q, want how many there are", got)
	}
}

func TestKeysLeadThroughTheDesk(t *testing.T) {
	b := newBench(t, 5)
	b.listed()
	if b.window.Canvas().Focused() != fyne.Focusable(b.users.search.Entry) {
		t.Error("the focus is not on the search")
	}
	b.press(fyne.KeyDown, fyne.KeyDown, fyne.KeyDown, fyne.KeyReturn)
	b.until("the user's page", func() bool { p, ok := b.page.(*userPage); return ok && p.state.Known })
	if p, ok := b.page.(*userPage); ok && p.state.User.ID != "u002" {
		t.Errorf("Enter on the third row opened %s, want u002", p.state.User.ID)
	}
	b.press(fyne.KeyEscape)
	b.listed()
	if b.page != page(b.users) {
		t.Errorf("Escape leads to %T, want All Users", b.page)
	}
}

func TestUserSavedInTheWizardIsTold(t *testing.T) {
	b := newBench(t, 1)
	b.listed()
	b.NewUser()
	b.until("the wizard", func() bool { return b.window.Canvas().Focused() != nil })
	b.write("ada")
	b.press(fyne.KeyReturn)
	b.until("the saved user", func() bool { return b.Wizard() != nil && b.Wizard().State().Saved.ID == "ada" })
	b.ShowUsers()
	b.listed()
	if b.Wizard() != nil {
		t.Fatal("the wizard is still there")
	}
	if got := ids(b); len(got) != 2 || got[0] != "ada" {
		t.Errorf("after the wizard %v is listed, want ada too", got)
	}
}

func TestLeavingTheWizardAsksBeforeWhatWasTypedIsLost(t *testing.T) {
	b := newBench(t, 1)
	b.listed()
	b.NewUser()
	b.until("the wizard", func() bool { return b.window.Canvas().Focused() != nil })
	b.write("ada")
	b.ShowUsers()
	if b.Wizard() == nil || !b.Wizard().State().Leaving {
		t.Error("going to Users threw away what was typed without asking")
	}
}
