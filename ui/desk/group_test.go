package desk

import (
	"errors"
	"slices"
	"testing"

	"fyne.io/fyne/v2"

	"tapstation/app/directory"
	"tapstation/ui/widget"
)

// withGroup makes a group with members before the window opens.
func (b *bench) withGroup(g directory.Group, members ...string) {
	b.t.Helper()
	d := &directory.Directory{Store: b.store}
	if err := d.AddGroup(b.t.Context(), "os:test", g); err != nil {
		b.t.Fatal(err)
	}
	if _, err := d.AddMembers(b.t.Context(), "os:test", g.Name, members); err != nil {
		b.t.Fatal(err)
	}
}

// asAuditor has the user u000 log in as somebody who only reads.
func (b *bench) asAuditor() {
	b.t.Helper()
	err := b.store.Store.Update(b.t.Context(), func(tx directory.Tx) error {
		return tx.PutAdmin(directory.Admin{UserID: "u000", Role: directory.Auditor})
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.begin(session{UserID: "u000", Name: "Ada", Role: directory.Auditor})
}

// groups goes to Groups and waits for what it shows.
func (b *bench) groups() *groupsPage {
	b.t.Helper()
	b.ShowGroups()
	p, ok := b.page.(*groupsPage)
	if !ok {
		b.t.Fatalf("Groups leads to %T", b.page)
	}
	b.until("the groups", func() bool { return p.state.Known && len(p.state.Members) == len(p.state.Groups) })
	return p
}

// group goes to the page of a group and waits for what it shows.
func (b *bench) group(name string) *groupPage {
	b.t.Helper()
	b.ShowGroup(name)
	p, ok := b.page.(*groupPage)
	if !ok {
		b.t.Fatalf("the group leads to %T", b.page)
	}
	b.until("the group", func() bool { return p.known && p.members.state.Known && !p.members.state.Asking })
	return p
}

// members are the User IDs in a group, as the directory has them.
func (b *bench) members(group string) []string {
	b.t.Helper()
	list, err := b.station.Directory.Users(b.t.Context(), directory.UserQuery{Group: group})
	if err != nil {
		b.t.Fatal(err)
	}
	var ids []string
	for _, r := range list.Rows {
		ids = append(ids, r.User.ID)
	}
	return ids
}

func TestGroupsAreListedWithTheirMembers(t *testing.T) {
	b := newBench(t, 5, func(b *bench) {
		b.withGroup(directory.Group{Name: "Laboratory", Description: "First floor"}, "u001", "u002")
		b.withGroup(directory.Group{Name: "Night shift"})
	})
	p := b.groups()
	if got := p.state.Members; got["Laboratory"] != 2 || got["Night shift"] != 0 {
		t.Errorf("the groups have %v members, want 2 in Laboratory and none in Night shift", got)
	}
	b.write("flo")
	if got := p.state.rows(); len(got) != 1 || got[0].Name != "Laboratory" {
		t.Errorf("“flo” finds %v, want Laboratory, whose description has the word", got)
	}
	b.press(fyne.KeyDown, fyne.KeyReturn)
	if g, ok := b.page.(*groupPage); !ok || g.name != "Laboratory" {
		t.Errorf("Enter on the first row does not open Laboratory, but %T", b.page)
	}
}

func TestGroupIsMadeByKeyboard(t *testing.T) {
	b := newBench(t, 3)
	b.groups()
	b.tap("New group")
	b.write("Laboratory")
	b.press(fyne.KeyReturn)
	b.until("the page of the new group", func() bool { _, ok := b.page.(*groupPage); return ok })
	g, err := b.station.Directory.Group(t.Context(), "Laboratory")
	if err != nil || g.Defaults != (directory.KeyDefaults{}) {
		t.Errorf("the group is %+v, %v; want one whose keys are as the workspace says", g, err)
	}
}

func TestGroupThatIsThereAlreadyIsToldBesideItsName(t *testing.T) {
	b := newBench(t, 3, func(b *bench) { b.withGroup(directory.Group{Name: "Laboratory"}) })
	b.NewGroup()
	b.write("LABORATORY")
	b.press(fyne.KeyReturn)
	p, _ := b.page.(*groupNewPage)
	b.until("the answer", func() bool { return !p.form.draft.Saving })
	if got, want := p.form.name.Problem(), "There is a group of this name already. Choose another name."; got != want {
		t.Errorf("beside the name stands %q, want %q", got, want)
	}
	if got := p.form.name.Text(); got != "LABORATORY" {
		t.Errorf("what was typed is %q now, want it kept", got)
	}
}

func TestWhatWasTypedOfAGroupIsNotLostUnasked(t *testing.T) {
	b := newBench(t, 3)
	b.NewGroup()
	b.write("Lab")
	b.press(fyne.KeyEscape)
	if _, there := b.page.(*groupNewPage); !there || b.question == nil {
		t.Fatal("Escape left the page without a question")
	}
	b.press(fyne.KeyEscape) // stays
	if p, there := b.page.(*groupNewPage); !there || p.form.name.Text() != "Lab" {
		t.Error("the safe answer did not keep what was typed")
	}
	b.press(fyne.KeyEscape)
	b.tap("Leave")
	if _, there := b.page.(*groupsPage); !there {
		t.Errorf("Leave leads to %T, want Groups", b.page)
	}
}

func TestMembersAreAddedByKeyboard(t *testing.T) {
	b := newBench(t, 5, func(b *bench) { b.withGroup(directory.Group{Name: "Laboratory"}, "u001") })
	p := b.group("Laboratory")
	b.tap("Add members")
	b.until("the users", func() bool { return p.adding != nil && p.adding.state.Known })
	b.press(fyne.KeyDown)                               // to the rows
	b.press(fyne.KeySpace, fyne.KeyDown, fyne.KeySpace) // u000, and u001, who is in it
	b.press(fyne.KeyDown, fyne.KeySpace)                // u002
	if got, want := p.adding.state.ids(), []string{"u000", "u002"}; !slices.Equal(got, want) {
		t.Fatalf("%v are chosen, want %v: u001 is a member already", got, want)
	}
	b.tap("Add 2 members")
	b.until("the new members", func() bool { return p.done != "" })
	if got, want := b.members("Laboratory"), []string{"u000", "u001", "u002"}; !slices.Equal(got, want) {
		t.Errorf("the members are %v, want %v", got, want)
	}
	if !b.says("2 members added.") {
		t.Error("it is not said that two members were added")
	}
}

func TestChosenUsersStayChosenWhileOneSearches(t *testing.T) {
	b := newBench(t, 20, func(b *bench) { b.withGroup(directory.Group{Name: "Laboratory"}) })
	p := b.group("Laboratory")
	p.choose()
	for _, id := range []string{"u007", "u012"} {
		p.adding.search.Entry.SetText(id)
		b.until("the answer", func() bool { s := p.adding.state; return !s.Asking && s.Query == id && len(s.Rows) == 1 })
		p.adding.list.Open(0)
	}
	if got, want := p.adding.state.ids(), []string{"u007", "u012"}; !slices.Equal(got, want) {
		t.Errorf("%v are chosen, want %v", got, want)
	}
}

func TestMembersAreRemoved(t *testing.T) {
	b := newBench(t, 5, func(b *bench) { b.withGroup(directory.Group{Name: "Laboratory"}, "u001", "u002", "u003") })
	p := b.group("Laboratory")
	b.press(fyne.KeyDown, fyne.KeySpace)
	b.tap("Remove 1 from the group")
	b.until("the removal", func() bool { return p.done != "" })
	if got, want := b.members("Laboratory"), []string{"u002", "u003"}; !slices.Equal(got, want) {
		t.Errorf("the members are %v, want %v", got, want)
	}
}

func TestRenamedGroupKeepsItsMembers(t *testing.T) {
	b := newBench(t, 5, func(b *bench) { b.withGroup(directory.Group{Name: "Laboratory"}, "u001") })
	p := b.group("Laboratory")
	b.tap("Edit group")
	p.form.name.Entry.SetText("Research")
	p.form.draft.Defaults.Verification = directory.PIN
	b.press(fyne.KeyReturn)
	b.until("the change", func() bool { return p.form == nil })
	if got, want := b.members("Research"), []string{"u001"}; !slices.Equal(got, want) {
		t.Errorf("the members of Research are %v, want %v", got, want)
	}
	if g, err := b.station.Directory.Group(t.Context(), "research"); err != nil || g.Defaults.Verification != directory.PIN {
		t.Errorf("the group is %+v, %v; want PIN for new keys", g, err)
	}
}

func TestGroupIsDeletedAfterAQuestionThatNamesWhatHappens(t *testing.T) {
	b := newBench(t, 5, func(b *bench) { b.withGroup(directory.Group{Name: "Laboratory"}, "u001") })
	b.group("Laboratory")
	b.tap("Delete group")
	if !b.says("The group and its settings will be gone. Its members stay as users, with their security keys; they only lose this group.") {
		t.Error("the question does not say what becomes of the members")
	}
	b.press(fyne.KeyReturn) // the safe choice has the focus
	if _, err := b.station.Directory.Group(t.Context(), "Laboratory"); err != nil {
		t.Fatalf("Enter on the question: %v, want the group kept", err)
	}
	b.tap("Delete group")
	button := widget.Find[*widget.Button](b.Page(), "Delete group")
	button.Tapped(nil)
	b.until("Groups", func() bool { _, ok := b.page.(*groupsPage); return ok })
	if _, err := b.station.Directory.Group(t.Context(), "Laboratory"); !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("the deleted group: %v, want ErrNotFound", err)
	}
	if u, _, err := b.station.Directory.User(t.Context(), "u001"); err != nil || len(u.Groups) > 0 {
		t.Errorf("its member is %+v, %v; want them kept, in no group", u, err)
	}
}

func TestMayOnlyReadGroupsIsOfferedNoChange(t *testing.T) {
	b := newBench(t, 5, func(b *bench) { b.withGroup(directory.Group{Name: "Laboratory"}, "u001") })
	b.asAuditor()
	b.groups()
	if widget.Find[*widget.Button](b.Page(), "New group") != nil {
		t.Error("an auditor is offered to make a group")
	}
	b.group("Laboratory")
	for _, label := range []string{"Add members", "Edit group", "Delete group"} {
		if widget.Find[*widget.Button](b.Page(), label) != nil {
			t.Errorf("an auditor is offered %q", label)
		}
	}
}

func TestGroupThatIsGoneIsTold(t *testing.T) {
	b := newBench(t, 3)
	b.ShowGroup("Nowhere")
	p, _ := b.page.(*groupPage)
	b.until("the answer", func() bool { return p.failed != nil })
	if !b.says("This is not in the directory any more") {
		t.Error("it is not said that the group is gone")
	}
}

func TestWordsOfGroupDefaults(t *testing.T) {
	for _, c := range []struct {
		defaults directory.KeyDefaults
		want     string
	}{
		{directory.KeyDefaults{}, "As the workspace says"},
		{directory.KeyDefaults{Verification: directory.PIN}, "PIN"},
		{directory.KeyDefaults{Verification: directory.PINless, OfflineLogin: directory.Off}, "PINless · Offline Login: off"},
		{directory.KeyDefaults{OfflineLogin: directory.On, PINChooser: directory.UserMail}, "Offline Login: on · PIN chosen by mail"},
	} {
		if got := defaultsWords(c.defaults); got != c.want {
			t.Errorf("%+v is %q, want %q", c.defaults, got, c.want)
		}
	}
}
