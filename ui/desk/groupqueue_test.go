package desk

import (
	"testing"

	"fyne.io/fyne/v2"

	"tapstation/app/directory"
)

// openGroup shows a group with u000 and u001 in it.
func openGroup(t *testing.T) (*bench, *groupPage) {
	t.Helper()
	b := newBench(t, 4)
	d := b.station.Directory
	if err := d.AddGroup(t.Context(), b.actor(), directory.Group{Name: "Engine"}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.AddMembers(t.Context(), b.actor(), "Engine", []string{"u000", "u001"}); err != nil {
		t.Fatal(err)
	}
	b.listed()
	b.ShowGroup("Engine")
	p, ok := b.page.(*groupPage)
	if !ok {
		t.Fatalf("%T is shown, want the group", b.page)
	}
	b.until("the group", func() bool { return p.known && len(p.members.state.Rows) == 2 })
	return b, p
}

func TestMembersOfAGroupAreEnrolledOneAfterAnother(t *testing.T) {
	b, p := openGroup(t)
	b.tap("Enroll one after another")
	b.until("the queue", func() bool { return b.page != page(p) })
	q, ok := b.page.(*queuePage)
	if !ok || len(q.state.People) != 2 || q.state.People[0].ID != "u000" {
		t.Fatalf("%T is shown, want the queue of both members", b.page)
	}
}

func TestOnlyChosenMembersAreEnrolledWhereSomeAre(t *testing.T) {
	b, p := openGroup(t)
	p.members.list.Focus()
	b.press(fyne.KeyDown, fyne.KeySpace)
	b.tap("Enroll one after another")
	q, ok := b.page.(*queuePage)
	if !ok || len(q.state.People) != 1 || q.state.People[0].ID != "u001" {
		t.Fatalf("%T is shown, want the queue of the one chosen", b.page)
	}
}

func TestGroupWithoutMembersSaysThatThereIsNobodyToEnroll(t *testing.T) {
	b, p := openGroup(t)
	if _, err := b.station.Directory.RemoveMembers(t.Context(), b.actor(), "Engine", []string{"u000", "u001"}); err != nil {
		t.Fatal(err)
	}
	b.tap("Enroll one after another")
	b.until("the answer", func() bool { return !p.working })
	if b.page != page(p) || p.warned != "No members yet" || !b.says("No members yet") {
		t.Error("it does not stay and say that there is nobody")
	}
}
