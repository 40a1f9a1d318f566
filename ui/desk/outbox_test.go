package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"tapstation/app/activation"
	"tapstation/app/directory"
	"tapstation/app/mail"
	"tapstation/ui/widget"
)

// mailsMade is when the first of the mails of withMails was made.
var mailsMade = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// withMails puts mails to u000, u001, … into the outbox, in these states.
func withMails(states ...directory.MessageState) func(*bench) {
	return func(b *bench) {
		b.change(func(tx directory.Tx) error {
			for i, state := range states {
				user := fmt.Sprintf("u%03d", i)
				m := directory.Message{ID: mailID(i), Kind: directory.ActivationMail, UserID: user, To: user + "@example.org", State: state,
					MessageID: mailID(i) + "@example.org", Created: mailsMade.Add(time.Duration(i) * time.Minute), Due: mailsMade}
				if state != directory.Queued {
					m.Attempts, m.Done, m.Answer = 1, mailsMade.Add(time.Hour), "550 5.1.1 no such mailbox"
				}
				if err := tx.PutMessage(m); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

func mailID(i int) string { return fmt.Sprintf("%032x", i+1) }

// inTime runs what is handed to the window, and rings alarms, until ok holds.
func (b *bench) inTime(what string, ok func() bool) {
	b.t.Helper()
	limit, look := time.NewTimer(patience), time.NewTicker(10*time.Millisecond)
	defer limit.Stop()
	defer look.Stop()
	for !ok() {
		select {
		case f := <-b.queue:
			f()
		case <-look.C:
			b.pass()
		case <-limit.C:
			b.t.Fatalf("%s did not come", what)
		}
	}
}

func openMail(t *testing.T, users int, more ...func(*bench)) (*bench, *outboxPage) {
	t.Helper()
	b := newBench(t, users, more...)
	b.listed()
	b.open(mailPlace)
	p, ok := b.page.(*outboxPage)
	if !ok {
		t.Fatalf("%T is shown, want Mail", b.page)
	}
	b.mailListed(p)
	return b, p
}

func (b *bench) mailListed(p *outboxPage) {
	b.t.Helper()
	b.until("the answer to Mail", func() bool { return p.state.Known && !p.state.Asking })
}

// mailsTo is to whom the mails listed are.
func mailsTo(p *outboxPage) (all []string) {
	for i := range p.state.Rows.count() {
		r, _ := p.state.Rows.at(i)
		all = append(all, r.Message.UserID)
	}
	return all
}

// message is a mail as the directory has it.
func (b *bench) message(i int) directory.Message {
	b.t.Helper()
	row, err := b.station.Directory.MessageRow(b.t.Context(), mailID(i))
	if err != nil {
		b.t.Fatal(err)
	}
	return row.Message
}

func TestMailsAreListedTheNewestFirstWithTheirState(t *testing.T) {
	b, p := openMail(t, 5, withMails(directory.Queued, directory.Sent, directory.Failed, directory.Unconfirmed, directory.Dropped))
	if got, want := fmt.Sprint(mailsTo(p)), "[u004 u003 u002 u001 u000]"; got != want {
		t.Errorf("it lists mails to %s, want to %s", got, want)
	}
	if !b.says("5 mails") {
		t.Error("it is not said how many there are")
	}
	for row, want := range []string{"Activation Withdrawn 550 5.1.1 no such mailbox", "Activation Unconfirmed Tapstation ended before the server answered",
		"Activation Failed 550 5.1.1 no such mailbox", "Activation Sent 550 5.1.1 no such mailbox", "Activation Waiting "} {
		r, _ := p.state.Rows.at(row)
		if got := aboutWords(r) + " " + widget.MessageSign(r.Message.State).Word + " " + answerWords(r.Message); got != want {
			t.Errorf("row %d says %q, want %q", row, got, want)
		}
	}
}

func TestTimeToTheNextAttemptIsSaidInWords(t *testing.T) {
	now := mailsMade
	for _, c := range []struct {
		m    directory.Message
		want string
	}{
		{directory.Message{State: directory.Queued, Due: now}, "Next in line"},
		{directory.Message{State: directory.Queued, Due: now.Add(time.Hour), LeasedUntil: now.Add(time.Minute)}, "Being sent"},
		{directory.Message{State: directory.Queued, Due: now.Add(time.Second)}, "In 1 second"},
		{directory.Message{State: directory.Queued, Due: now.Add(61 * time.Second)}, "In 2 minutes"},
		{directory.Message{State: directory.Queued, Due: now.Add(2 * time.Hour)}, "In 2 hours"},
		{directory.Message{State: directory.Queued, Due: now.Add(72 * time.Hour)}, "In 3 days"},
	} {
		if got := whenWords(c.m, now); got != c.want {
			t.Errorf("of %+v it says %q, want %q", c.m, got, c.want)
		}
	}
}

func TestMailsAreFilteredByStateAndUser(t *testing.T) {
	b, p := openMail(t, 25, withMails(slices.Repeat([]directory.MessageState{directory.Failed, directory.Sent}, 10)...))
	p.standing.OnChanged(string(directory.Failed))
	b.mailListed(p)
	if got := p.state.Rows.count(); got != 10 {
		t.Errorf("%d have failed, want 10", got)
	}
	p.search.Entry.SetText("u004")
	b.until("the user", func() bool { return p.state.Query.UserID == "u004" && !p.state.Asking })
	if got, want := fmt.Sprint(mailsTo(p)), "[u004]"; got != want {
		t.Errorf("failed to u004 have %s, want %s", got, want)
	}
	p.search.Entry.SetText("u01")
	b.until("those it may mean", func() bool { return len(p.state.Users) == 5 })
	if !b.says("User Number11") && !b.says("u011") {
		t.Error("it is not offered whom the search may mean")
	}
	p.search.Entry.SetText("u003") // to whom one was sent
	b.until("nothing", func() bool { return p.state.Query.UserID == "u003" && !p.state.Asking })
	if !b.says("No mail found") {
		t.Error("nothing matches, and the page does not say so")
	}
	b.tap("Show all mails")
	b.mailListed(p)
	if got := p.state.Rows.count(); got != 20 {
		t.Errorf("Show all lists %d, want 20", got)
	}
}

func TestMailsComeInPagesAsTheyComeIntoView(t *testing.T) {
	b, p := openMail(t, 1, withMails(slices.Repeat([]directory.MessageState{directory.Sent}, 3*pageSize)...))
	if got := p.state.Rows.count(); got >= 3*pageSize {
		t.Fatalf("%d rows are there at once, want a page or two", got)
	}
	if !b.says(fmt.Sprintf("%d mails", 3*pageSize)) {
		t.Error("it is not said how many there are before all were seen")
	}
	for p.state.Rows.count() < 3*pageSize {
		p.more()
		b.mailListed(p)
	}
	p.more()
	b.mailListed(p)
	if !p.state.Rows.end {
		t.Error("the end was not found")
	}
}

func TestMailOpensByKeyboardAndIsSentAgain(t *testing.T) {
	b, p := openMail(t, 3, withMails(directory.Sent, directory.Failed, directory.Sent))
	b.press(fyne.KeyDown, fyne.KeyDown, fyne.KeyReturn)
	m, ok := b.page.(*messagePage)
	if !ok || m.row.Message.ID != mailID(1) {
		t.Fatalf("%T is shown, want the mail to u001", b.page)
	}
	answer := widget.Find[*widget.Copyable](b.Page(), "Last answer")
	if answer == nil || answer.Text() != "550 5.1.1 no such mailbox" {
		t.Error("the server's answer cannot be copied")
	}
	if !b.says("The server refused it for good, or for too long. Mend what the answer says, then send it again.") {
		t.Error("it is not said what can be done")
	}
	b.press(fyne.KeyReturn) // Send again has the focus
	b.until("that it waits", func() bool { return m.row.Message.State == directory.Queued })
	if !b.says("1 mail is queued and leaves at once.") || b.message(1).State != directory.Queued {
		t.Error("it does not wait again, or that is not said")
	}
	b.tap("Show user")
	if _, ok := b.page.(*userPage); !ok {
		t.Errorf("Show user leads to %T", b.page)
	}
	b.show(m)
	b.press(fyne.KeyEscape)
	if b.page != page(p) {
		t.Errorf("Escape leads to %T, want back to Mail", b.page)
	}
}

func TestWhatIsToBeTriedLaterIsSentNow(t *testing.T) {
	later := time.Now().Add(time.Hour)
	b, p := openMail(t, 3, sendBy(1, nil), withMails(directory.Queued, directory.Failed), func(b *bench) {
		b.change(func(tx directory.Tx) error {
			m, err := tx.Message(mailID(0))
			m.Due, m.Attempts, m.Answer = later, 3, "451 come back"
			if err != nil {
				return err
			}
			return tx.PutMessage(m)
		})
	})
	b.until("that something waits", func() bool { return !p.sending.now.Disabled() })
	b.tap("Send now")
	b.until("the end", func() bool { return p.job != nil && p.job.state.Over })
	if got := b.message(0); !got.Due.Before(later) || got.Attempts != 0 {
		t.Errorf("it is due at %v, after %d attempts; want now, anew", got.Due, got.Attempts)
	}
	if got := b.message(1).State; got != directory.Failed {
		t.Errorf("what had failed is %s now, want it left alone", got)
	}
}

func TestMailSetUpElsewhereIsNoticed(t *testing.T) {
	b, p := openMail(t, 2)
	w := b.kept()
	w.Mail.Host, w.Mail.From, w.Portal.URL = "mail.example.org", "keys@example.org", "https://localhost"
	if err := b.station.Directory.SetWorkspace(t.Context(), "os:test", w); err != nil {
		t.Fatal(err)
	}
	b.inTime("that mail is set up", func() bool { return p.sending.all.Hidden })
}

func TestMailThatLeavesWhileOneLooksIsShownSo(t *testing.T) {
	b, p := openMail(t, 2, withMails(directory.Queued))
	p.list.Open(0)
	m, ok := b.page.(*messagePage)
	if !ok {
		t.Fatalf("%T is shown", b.page)
	}
	b.change(func(tx directory.Tx) error {
		kept := m.row.Message
		kept.State, kept.Attempts, kept.Answer, kept.Done = directory.Sent, 1, "250 ok", mailsMade
		return tx.PutMessage(kept)
	})
	b.inTime("that it was sent", func() bool { return m.row.Message.State == directory.Sent })
	if !b.says("Sent") {
		t.Error("the page does not say that it was sent")
	}
}

func TestMailsAreWithdrawnTogetherAndThoseThatCannotBeAreTold(t *testing.T) {
	b, p := openMail(t, 3, withMails(directory.Queued, directory.Sent, directory.Queued))
	p.list.Mark(0, 1) // u002 and u001
	b.tap("Withdraw")
	if b.question == nil || !b.says("Withdraw 2 mails?") || !b.says("Activation, to User Number2 (u002@example.org)") {
		t.Fatal("it does not ask, naming how many and which")
	}
	b.press(fyne.KeyReturn) // the safe choice has the focus
	if b.message(2).State != directory.Queued {
		t.Fatal("the safe choice withdraws")
	}
	b.tap("Withdraw")
	b.tap("Withdraw")
	b.until("the end", func() bool { return p.job != nil && p.job.state.Over && !p.state.Asking })
	if words, well := p.job.state.words(); well || words != "1 mail is withdrawn. With 1 it could not be done." {
		t.Errorf("it says %q", words)
	}
	for i, want := range []directory.MessageState{directory.Queued, directory.Sent, directory.Dropped} {
		if got := b.message(i).State; got != want {
			t.Errorf("the mail to u%03d is %s, want %s", i, got, want)
		}
	}
}

func TestAllMailsThatMatchAreSentAgain(t *testing.T) {
	b, p := openMail(t, 30, withMails(slices.Repeat([]directory.MessageState{directory.Failed, directory.Sent}, 12)...))
	b.ShowMailWith(directory.MessageQuery{State: directory.Failed})
	b.mailListed(p)
	p.state.Chosen = chosen{All: true}.mark(map[string]string{mailID(0): ""}, false)
	p.about(sendAgain)
	if !b.says("Send 11 mails again?") {
		t.Fatal("it does not ask about the 11 that failed and are not left out")
	}
	b.tap("Send again")
	b.until("the end", func() bool { return p.job != nil && p.job.state.Over && !p.state.Asking })
	if got, want := fmt.Sprint(mailsTo(p)), "[u000]"; got != want {
		t.Errorf("failed are still those to %s, want %s", got, want)
	}
}

func TestMailThatIsNotSetUpSaysSoAndLeadsToTheSettings(t *testing.T) {
	b, _ := openMail(t, 2)
	if !b.says("Mail is not set up. Nothing can be sent until the mail server, the sender and the address of the portal are known.") {
		t.Error("it is not said that nothing can be sent")
	}
	if !b.says("No mail yet") {
		t.Error("an empty outbox does not say what it will hold")
	}
	b.tap("Set up mail")
	p, ok := b.page.(*settingsPage)
	if !ok || p.state.Section != mailSection {
		t.Errorf("it leads to %T, want the settings of mail", b.page)
	}
	b.asAuditor()
	b.open(mailPlace)
	if !b.says("Mail is not set up. Nothing can be sent yet. Ask an administrator to set up the mail server and the portal.") {
		t.Error("who may not set it up is not told whom to ask")
	}
	if widget.Find[*widget.Button](b.Page(), "Set up mail") != nil {
		t.Error("who may not set it up is offered to")
	}
}

func TestWhoMayOnlyReadIsOfferedNoActs(t *testing.T) {
	b, _ := openMail(t, 2, withMails(directory.Failed, directory.Queued))
	b.asAuditor()
	b.open(mailPlace)
	p, ok := b.page.(*outboxPage)
	if !ok {
		t.Fatalf("%T is shown, want Mail", b.page)
	}
	b.mailListed(p)
	p.list.Open(0)
	for _, label := range []string{"Send now", "Send again", "Withdraw"} {
		if widget.Find[*widget.Button](b.Page(), label) != nil {
			t.Errorf("an auditor is offered %q on the page of a mail", label)
		}
	}
	b.press(fyne.KeyEscape)
	p.list.Focus()
	b.press(fyne.KeySpace)
	for _, label := range []string{"Send now", "Send again", "Withdraw"} {
		if widget.Find[*widget.Button](b.Page(), label) != nil {
			t.Errorf("an auditor is offered %q in the list", label)
		}
	}
}

func TestSendingIsSaidToStandAsItDoes(t *testing.T) {
	now := mailsMade
	w := directory.DefaultWorkspace()
	w.Mail.Host, w.Mail.From, w.Portal.URL = "mail.example.org", "keys@example.org", "https://localhost"
	paused := func(kind mail.TroubleKind, in time.Duration) mail.Status {
		return mail.Status{Doing: mail.Paused, Trouble: &mail.Trouble{Kind: kind, Answer: "535 no"}, Until: now.Add(in)}
	}
	for _, c := range []struct {
		name   string
		status mail.Status
		queued int
		may    bool
		say    string
		mend   bool
		detail string
	}{
		{"waiting", mail.Status{Doing: mail.Waiting}, 0, true, "", false, ""},
		{"nothing left", mail.Status{Doing: mail.Sending}, 0, true, "", false, ""},
		{"sending", mail.Status{Doing: mail.Sending}, 1200, true, "Mail is being sent. 1,200 still wait.", false, ""},
		{"password", paused(mail.AuthRefused, 90*time.Second), 3, true, "The mail server refuses user or password. Set both anew in the settings. " +
			"Some servers want a password made for programs. Next attempt in 2 minutes.", true, "535 no"},
		{"password, for an operator", paused(mail.AuthRefused, 30*time.Second), 3, false, "Next attempt in 30 seconds.", false, "535 no"},
		{"busy", paused(mail.ServerBusy, 3*time.Hour), 3, true, "Next attempt in 3 hours.", false, "535 no"},
		{"over", paused(mail.Unreachable, -time.Second), 3, true, "It is tried again right now.", true, "535 no"},
		{"elsewhere", mail.Status{Doing: mail.Elsewhere, Holder: &directory.HeldError{Program: "tapstation serve", Host: "desk-2"}}, 3, true,
			"Another Tapstation sends. Mail leaves from tapstation serve on desk-2.", false, ""},
	} {
		got := sendingWords(w, c.status, c.queued, now, c.may)
		if words := got.Sign.Word + ". " + got.Text; c.say == "" && got != (sendingNotice{}) || !strings.Contains(words, c.say) {
			t.Errorf("%s: it says %q, want %q", c.name, words, c.say)
		}
		if got.Mend != c.mend || got.Detail != c.detail {
			t.Errorf("%s: settings are offered: %v, with details %q; want %v, %q", c.name, got.Mend, got.Detail, c.mend, c.detail)
		}
	}
}

func TestMailLeavesAndThePageFollows(t *testing.T) {
	o := newPostOffice(t, nil)
	b, p := openMail(t, 3, sendBy(o.port, nil))
	_, err := b.station.Activation.Assign(t.Context(), activation.Assignment{UserID: "u001", Kind: directory.Card, Verification: directory.PIN, Actor: b.actor()})
	if err != nil {
		t.Fatal(err)
	}
	b.inTime("the mail in the list", func() bool { return p.state.Rows.count() == 1 && !p.sending.now.Disabled() })
	ctx, stop := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() { b.station.Mail.Run(ctx) })
	test.Tap(p.sending.now)
	b.inTime("that it was sent", func() bool {
		r, ok := p.state.Rows.at(0)
		return ok && r.Message.State == directory.Sent
	})
	if len(o.taken()) != 1 {
		t.Errorf("the server has %d mails, want one", len(o.taken()))
	}
	stop()
	work.Wait()
}

// TestEveryFigureOfMailIsThatOfItsList holds the number on a tile to the list that the tile opens.
func TestEveryFigureOfMailIsThatOfItsList(t *testing.T) {
	b := newBench(t, 9, withMails(directory.Failed, directory.Queued, directory.Failed, directory.Queued, directory.Failed, directory.Sent), func(b *bench) {
		b.change(func(tx directory.Tx) error { // and one that has just been queued
			return tx.PutMessage(directory.Message{ID: mailID(100), Kind: directory.PINMail, UserID: "u000", State: directory.Queued, Created: time.Now()})
		})
	})
	b.open(dashboardPlace)
	d, ok := b.page.(*dashboardPage)
	if !ok {
		t.Fatalf("%T is shown, want the dashboard", b.page)
	}
	b.until("the figures", func() bool { return d.state.Known })
	for i, want := range []struct {
		label, number string
		users         string
	}{{"Mails that failed", "3", "[u004 u002 u000]"}, {"Mails waiting for over an hour", "2", "[u003 u001]"}} {
		tile := widget.Find[*widget.Tile](b.Page(), want.label)
		if tile == nil || tile.Number() != want.number {
			t.Fatalf("%q is not shown with %s", want.label, want.number)
		}
		tile.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
		p, ok := b.page.(*outboxPage)
		if !ok {
			t.Fatalf("%q leads to %T, want Mail", want.label, b.page)
		}
		b.mailListed(p)
		if got := fmt.Sprint(mailsTo(p)); got != want.users {
			t.Errorf("%q leads to mails to %s, want to %s", want.label, got, want.users)
		}
		if i == 1 {
			p.made.OnChanged("")
			b.mailListed(p)
			if got := p.state.Rows.count(); got != 3 {
				t.Errorf("%d wait, however long; want 3", got)
			}
		}
		b.open(dashboardPlace)
	}
}

func TestDashboardSaysNothingOfMailWhereThereIsNone(t *testing.T) {
	b := newBench(t, 3)
	b.open(dashboardPlace)
	d, ok := b.page.(*dashboardPage)
	if !ok {
		t.Fatalf("%T is shown, want the dashboard", b.page)
	}
	b.until("the figures", func() bool { return d.state.Known })
	if widget.Find[*widget.Tile](b.Page(), "Mails that failed") != nil {
		t.Error("it counts mails that nobody sends")
	}
}
