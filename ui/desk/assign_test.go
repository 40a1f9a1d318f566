package desk

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"tapstation/app/bulk"
	"tapstation/app/directory"
	"tapstation/ui/widget"
)

// pendingUsers are those who have a card that waits to be activated, in the order of their User IDs.
func (b *bench) pendingUsers() (ids []string) {
	b.t.Helper()
	err := b.station.Directory.EachUser(b.t.Context(), directory.UserQuery{Keys: directory.HoldsPending}, func(users []directory.User) error {
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

// workspaceKnown waits until the window knows that mail is set up.
func (b *bench) workspaceKnown() {
	b.t.Helper()
	b.until("the workspace", func() bool { return b.workspace.CanMail() })
}

func TestSeveralUsersGetActivationMailsAndTheReportSaysWhoWasLeftOut(t *testing.T) {
	b := newBench(t, 6, sendBy(1, nil), func(b *bench) {
		b.change(func(tx directory.Tx) error {
			homeless, err := tx.User("u001")
			if err != nil {
				return err
			}
			homeless.Email = ""
			disabled, err := tx.User("u002")
			if err != nil {
				return err
			}
			disabled.Disabled = true
			for _, u := range []directory.User{homeless, disabled} {
				if err := tx.PutUser(u); err != nil {
					return err
				}
			}
			return tx.PutKey(directory.SecurityKey{ID: "aa", UserID: "u003", Name: "Card", Kind: directory.Card, State: directory.Active, Verification: directory.PIN})
		})
	})
	b.listed()
	b.workspaceKnown()
	b.users.list.Focus()
	b.press(fyne.KeySpace)
	b.users.list.Mark(0, 4) // u000 to u004
	b.tap("Send activation mails")
	if b.question == nil || !b.says("Send activation mails to 5 users?") || !b.says("User Number4 (u004)") {
		t.Fatal("it does not ask, naming how many and who")
	}
	b.press(fyne.KeyReturn) // the safe choice has the focus
	if got := b.pendingUsers(); len(got) != 0 {
		t.Fatalf("the safe choice sends to %v", got)
	}
	b.tap("Send activation mails")
	b.tap("Send")
	b.jobEnds()
	if got, want := fmt.Sprint(b.pendingUsers()), "[u000 u004]"; got != want {
		t.Errorf("a card waits for %s, want for %s", got, want)
	}
	if words := "2 users are assigned a card each, and the mails are on their way. 1 has a card already. 1 has no e-mail address. 1 is disabled."; !b.says(words) {
		said, _ := b.users.job.state.words()
		t.Errorf("it says %q, want %q", said, words)
	}
	details := widget.Find[*widget.Copyable](b.Page(), "Details")
	if details == nil || !strings.Contains(details.Text(), "u001: has no e-mail address") || !strings.Contains(details.Text(), "u003: has a card already") {
		t.Error("it cannot be copied who was left out, and why")
	}
	figures, err := b.station.Directory.MailFigures(t.Context(), b.now())
	if err != nil || figures.States[directory.Queued] != 2 {
		t.Errorf("%d mails wait (%v), want 2", figures.States[directory.Queued], err)
	}
}

func TestMembersOfAGroupGetActivationMails(t *testing.T) {
	b := newBench(t, 8, sendBy(1, nil), func(b *bench) { b.withGroup(directory.Group{Name: "Finance"}, "u001", "u003", "u005") })
	b.listed()
	b.workspaceKnown()
	b.group("Finance")
	b.tap("Send activation mails")
	if b.page != page(b.users) || b.users.state.Query.Group != "Finance" {
		t.Fatalf("%T is shown, want All Users with the members", b.page)
	}
	b.until("the question", func() bool { return b.question != nil })
	if !b.says("Send activation mails to 3 users?") {
		t.Fatal("it does not ask about the three members")
	}
	b.tap("Send")
	b.jobEnds()
	if got, want := fmt.Sprint(b.pendingUsers()), "[u001 u003 u005]"; got != want {
		t.Errorf("a card waits for %s, want for %s", got, want)
	}
}

func TestOneMemberThatIsChosenGetsAnActivationMail(t *testing.T) {
	b := newBench(t, 8, sendBy(1, nil), func(b *bench) { b.withGroup(directory.Group{Name: "Finance"}, "u001", "u003", "u005") })
	b.listed()
	b.workspaceKnown()
	p := b.group("Finance")
	p.members.choose(1, 1, true)
	b.tap("Send activation mails")
	if b.question == nil || !b.says("Send an activation mail to 1 user?") {
		t.Fatal("it does not ask about the one that is chosen")
	}
	b.tap("Send")
	b.jobEnds()
	if got, want := fmt.Sprint(b.pendingUsers()), "[u003]"; got != want {
		t.Errorf("a card waits for %s, want for %s", got, want)
	}
}

func TestActivationMailsAreStoppedAndGoneOnWith(t *testing.T) {
	b := newBench(t, 450, sendBy(1, nil))
	b.listed()
	b.workspaceKnown()
	p := b.users
	p.state.Chosen = chosen{All: true}
	stopAt := 100
	b.station.Directory.Store = &countingStore{Store: b.store, after: stopAt / 100, then: func() { p.job.cancel() }}
	p.assignMail(target{chosen: p.state.Chosen, query: p.state.Query, n: 450})
	b.jobEnds()
	first := len(b.pendingUsers())
	if first == 0 || first >= 450 || !p.job.state.Stopped {
		t.Fatalf("%d have a card, stopped: %v; want some and not all", first, p.job.state.Stopped)
	}
	if said, _ := p.job.state.words(); !strings.HasPrefix(said, fmt.Sprintf("%d users are assigned", first)) {
		t.Errorf("it says %q, want that %d were assigned", said, first)
	}
	b.station.Directory.Store = b.store
	p.assignMail(target{chosen: chosen{All: true}, query: p.state.Query, n: 450})
	b.jobEnds()
	if got := len(b.pendingUsers()); got != 450 {
		t.Errorf("gone on with, %d have a card, want all 450", got)
	}
	if said, _ := p.job.state.words(); !strings.Contains(said, fmt.Sprintf("%d have a card already", first)) {
		t.Errorf("it says %q, want that %d had a card already", said, first)
	}
}

// countingStore does something after some changes.
type countingStore struct {
	directory.Store
	after int
	then  func()
}

func (s *countingStore) Update(ctx context.Context, do func(directory.Tx) error) error {
	if s.after--; s.after == -1 {
		s.then()
	}
	return s.Store.Update(ctx, do)
}

func TestActivationMailsWithoutMailLeadToTheSettings(t *testing.T) {
	b := newBench(t, 3)
	b.listed()
	b.users.list.Mark(0, 1)
	b.tap("Send activation mails")
	if b.question == nil || !b.says("Mail is not set up") {
		t.Fatal("it is not said that mail is not set up")
	}
	b.tap("Set up mail")
	if p, ok := b.page.(*settingsPage); !ok || p.state.Section != mailSection {
		t.Errorf("it leads to %T, want the settings of mail", b.page)
	}
	b.change(func(tx directory.Tx) error {
		return tx.PutAdmin(directory.Admin{UserID: "u001", Role: directory.Operator})
	})
	b.begin(session{UserID: "u001", Role: directory.Operator})
	b.listed()
	b.users.list.Mark(0, 1)
	if widget.Find[*widget.Button](b.Page(), "Send activation mails") != nil {
		t.Error("an operator is offered what cannot be done, and what they cannot mend")
	}
}

func TestUsersOfAnImportGetActivationMails(t *testing.T) {
	b, p, path := openImport(t, "user_id,first_name,email", "1001,Ada,ada@example.org", "1002,Grace,", "1003,Edith,edith@example.org")
	sendBy(1, nil)(b)
	b.loadWorkspace()
	b.workspaceKnown()
	b.take(p, path)
	b.press(fyne.KeyReturn)
	b.atRest(p)
	b.press(fyne.KeyReturn)
	b.atRest(p)
	b.tap("Send activation mails")
	if b.question == nil || !b.says("Send activation mails to 3 users?") {
		t.Fatal("it does not ask about the three of the file")
	}
	b.tap("Send")
	b.until("the end", func() bool { return p.job != nil && p.job.state.Over })
	if got, want := fmt.Sprint(b.pendingUsers()), "[1001 1003]"; got != want {
		t.Errorf("a card waits for %s, want for %s", got, want)
	}
	if !b.says("2 users are assigned a card each, and the mails are on their way. 1 has no e-mail address.") {
		t.Error("it is not said what came of it")
	}
}

func TestImportIsNotLeftUnaskedWhileMailsAreQueued(t *testing.T) {
	b := newBench(t, 3, sendBy(1, nil))
	b.station.Import = &bulk.Import{Directory: b.station.Directory}
	b.listed()
	p := newImportPage(b.Desk, b.users)
	b.show(p)
	p.job = b.start("Assigning", 2, func(int) string { return "" }, p.mailed, func(ctx context.Context, _ report) error {
		<-ctx.Done()
		return ctx.Err()
	})
	b.open(groupsPlace)
	if b.page != page(p) || b.question == nil {
		t.Fatal("the page is left without a question")
	}
	b.tap("Stop and leave")
	if _, ok := b.page.(*groupsPage); !ok {
		t.Errorf("%T is shown, want Groups", b.page)
	}
	b.until("the end", func() bool { return p.job.state.Over })
}

// TestWindowStaysSmoothWhileManyAreAssignedAndMailed measures how long the window's goroutine is kept by what it is handed:
// while it is, nothing moves.
func TestWindowStaysSmoothWhileManyAreAssignedAndMailed(t *testing.T) {
	users := 1000
	if os.Getenv("TAPSTATION_SOAK") != "" {
		users = 10_000
	}
	o := newPostOffice(t, nil)
	b := newBench(t, users, sendBy(o.port, nil))
	b.listed()
	b.workspaceKnown()
	ctx, stop := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() { b.station.Mail.Run(ctx) })
	p := b.users
	p.assignMail(target{chosen: chosen{All: true}, query: p.state.Query, n: users})
	b.open(mailPlace)
	longest := time.Duration(0)
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	limit := time.After(10 * time.Minute)
	for len(o.taken()) < users {
		select {
		case f := <-b.queue:
			began := time.Now()
			f()
			longest = max(longest, time.Since(began))
		case <-look.C:
			b.pass()
		case <-limit:
			t.Fatalf("%d of %d mails have left", len(o.taken()), users)
		}
	}
	stop()
	work.Wait()
	const smooth = 250 * time.Millisecond // with the race detector, on a busy machine
	if longest > smooth {
		t.Errorf("the window stood still for %v, want at most %v", longest, smooth)
	}
	t.Logf("%d assigned and mailed; the window was kept for %v at most", users, longest)
}
