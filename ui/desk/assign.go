package desk

import (
	"context"
	"iter"
	"strings"

	"tapstation/app/activation"
	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/widget"
)

// skipReasons are why users get no card, in the order they are told.
var skipReasons = []activation.SkipReason{activation.HasKey, activation.NoAddress, activation.SkipDisabled, activation.NotAllowed, activation.NoSuchUser}

// assignByMail gives each of many users a card that waits to be activated, and queues the mails that say so. of is how
// many they are, -1 where that is not known. changed is called at every change, on the window's goroutine.
func (d *Desk) assignByMail(users func(context.Context) iter.Seq2[string, error], of int, changed func()) *job {
	var (
		j    *job
		came activation.BulkReport // what came of it
	)
	by := d.actor()
	said := func(int) string { return assignedWords(came) }
	j = d.start(text.T("assign.doing"), of, said, func() {
		if j.state.Over {
			j.state.Notes = skippedLines(came)
		}
		changed()
	}, func(ctx context.Context, done report) (err error) {
		before := 0
		came, err = d.station.Activation.AssignAll(ctx, activation.BulkAssignment{
			Users: users(ctx), Kind: directory.Card, NameBase: text.T("key.kind.card"), Actor: by,
		}, func(n int) {
			done(n - before)
			before = n
		})
		return err
	})
	return j
}

// assignedWords is what came of it: how many were assigned, and why others were not.
func assignedWords(r activation.BulkReport) string {
	words := []string{text.N("assign.done", r.Assigned, "Number", text.Number(r.Assigned))}
	for _, reason := range skipReasons {
		if n := r.Skipped[reason]; n > 0 {
			words = append(words, skipWords(reason, n))
		}
	}
	return strings.Join(words, " ")
}

func skipWords(reason activation.SkipReason, n int) string {
	return text.N("assign.skipped."+string(reason), n, "Number", text.Number(n))
}

// skippedLines are those who got no card, one by one, to be copied.
func skippedLines(r activation.BulkReport) []string {
	var lines []string
	for _, s := range r.Users {
		lines = append(lines, text.T("assign.line", "User", s.UserID, "Reason", text.T("assign.reason."+string(s.Reason))))
	}
	all := 0
	for _, n := range r.Skipped {
		all += n
	}
	if more := all - len(lines); more > 0 {
		lines = append(lines, text.N("job.more", more))
	}
	return lines
}

// askAssignByMail asks before n users get a card each by mail; q says which.
func (d *Desk) askAssignByMail(n int, q widget.QuestionText, begin func()) {
	q.Title = text.N("assign.title", n, "Number", text.Number(n))
	q.Text = text.T("assign.text")
	q.Act, q.Cancel = text.T("assign.act"), text.T("user.key.cancel")
	d.ask(q, begin)
}

// tellMailUnset says that nothing can be mailed yet, and leads to where that is mended.
func (d *Desk) tellMailUnset() {
	d.ask(widget.QuestionText{Title: text.T("outbox.unset.title"), Text: text.T("outbox.unset.text"),
		Act: text.T("outbox.unset.act"), Cancel: text.T("user.key.cancel")}, d.ShowMailSettings)
}

// offersAssign tells whether sending activation mails is offered: to those who may, where it can be done, or where they
// can do something about that.
func (d *Desk) offersAssign() bool {
	return d.may(directory.EnrollKeys) && (d.workspace.CanMail() || d.may(directory.ChangeSettings))
}

// askAssignKeys sends activation mails to those chosen, after a question.
func (p *usersPage) askAssignKeys() {
	if !p.desk.workspace.CanMail() {
		p.desk.tellMailUnset()
		return
	}
	p.about(func(t target, q widget.QuestionText) {
		p.desk.askAssignByMail(t.n, q, func() { p.assignMail(t) })
	})
}

// assignMail sends activation mails to those chosen.
func (p *usersPage) assignMail(t target) {
	p.job = p.desk.assignByMail(func(ctx context.Context) iter.Seq2[string, error] {
		return chosenIDs(ctx, p.desk.station.Activation, t)
	}, t.n, p.jobChanged)
	p.renderBar()
}

// chosenIDs are the User IDs of those chosen.
func chosenIDs(ctx context.Context, of *activation.Tickets, t target) iter.Seq2[string, error] {
	if !t.All {
		return activation.Users(t.ids())
	}
	return func(yield func(string, error) bool) {
		for id, err := range of.UsersOf(ctx, t.query) {
			if (err != nil || t.has(id)) && !yield(id, err) {
				return
			}
		}
	}
}

// assignThose goes to All Users with the users of a query, of which those chosen are to get activation mails.
func (d *Desk) assignThose(q directory.UserQuery, c chosen) {
	p, ok := d.at(usersPlace).(*usersPage)
	if !ok {
		return
	}
	idle := p.job.read() == nil
	if idle {
		p.job = nil
		p.state = p.state.ask(q)
		p.state.drop()
		p.state.Known = false // shown asks for it
		p.state.Chosen = c
		p.search.Set(q.Text)
	}
	d.open(usersPlace)
	if idle && d.page == page(p) {
		p.askAssignKeys()
	}
}
