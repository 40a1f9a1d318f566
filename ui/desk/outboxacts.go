package desk

import (
	"context"
	"maps"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// mailAct is something that can be done with mails.
type mailAct string

const (
	sendAgain    mailAct = "again"
	withdrawMail mailAct = "withdraw"
)

// doWithMail does something with one mail.
func (d *Desk) doWithMail(ctx context.Context, a mailAct, by, id string) (err error) {
	if a == withdrawMail {
		_, err = d.station.Mail.Withdraw(ctx, by, id)
	} else {
		_, err = d.station.Mail.Retry(ctx, by, id)
	}
	return err
}

// mark chooses the mails of some rows, or no longer.
func (p *outboxPage) mark(from, to int, on bool) {
	rows := map[string]string{}
	for i := from; i <= to; i++ {
		id := p.state.Rows.id(i)
		rows[id] = id
		if r, ok := p.state.Rows.at(i); ok {
			rows[id] = messageWords(r)
		}
	}
	p.state.Chosen = p.state.Chosen.mark(rows, on)
	p.job = p.job.read()
	p.renderBar()
}

// renderBar shows what can be done with those chosen, how far that is, and what came of it.
func (p *outboxPage) renderBar() {
	var shown fyne.CanvasObject
	switch {
	case p.job != nil && (p.job.state.Over || p.job.state.Shown):
		shown = p.job.view(func() { p.job = nil; p.renderBar() })
	case p.job != nil, p.state.Chosen.none():
	default:
		shown = p.chosenBar()
	}
	p.bar.Objects = nil
	if shown != nil {
		p.bar.Objects = []fyne.CanvasObject{container.New(aboveOnly{theme.Space12}, shown)}
	}
	p.bar.Refresh()
	p.all.Refresh()
}

func (p *outboxPage) chosenBar() fyne.CanvasObject {
	n, known := p.state.chosenCount()
	words := text.T("users.chosen_all")
	if known {
		words = text.N("outbox.chosen", n, "Number", text.Number(n))
	}
	said := widget.NewText(words)
	said.Bold = true
	again := widget.NewButton(text.T("outbox.again"), func() { p.about(sendAgain) }).WithIcon(theme.SendIcon)
	withdraw := widget.NewButton(text.T("outbox.withdraw"), func() { p.about(withdrawMail) })
	clear := widget.NewQuiet("", text.T("users.act.clear"), theme.CrossIcon, p.escape)
	return widget.Panel(widget.PadXY(theme.Space16, theme.Space8,
		widget.Between(widget.Line(theme.Space8, said, again, withdraw), clear)))
}

// mailTarget is the mails chosen, as they were when something was to be done with them.
type mailTarget struct {
	chosen
	query directory.MessageQuery
	n     int // how many they are
}

// eachMail goes through the mails chosen, some at a time. ID and Name of a person are here those of a mail.
func (p *outboxPage) eachMail(ctx context.Context, t mailTarget, do func([]person) error) error {
	if !t.All {
		var mails []person
		for _, id := range t.ids() {
			mails = append(mails, person{id, t.named[id]})
		}
		return inBatches(ctx, mails, do)
	}
	q := t.query
	q.Limit = batch
	for {
		list, err := p.desk.station.Directory.MessageRows(ctx, q)
		if err != nil {
			return err
		}
		var mails []person
		for _, r := range list.Rows {
			if t.has(r.Message.ID) {
				mails = append(mails, person{r.Message.ID, messageWords(r)})
			}
		}
		if err := inBatches(ctx, mails, do); err != nil {
			return err
		}
		if q.After = list.Next; q.After == "" {
			return nil
		}
	}
}

// about does something with the mails chosen: after a question, and after they were counted where that is not known.
func (p *outboxPage) about(a mailAct) {
	t := mailTarget{chosen: p.state.Chosen, query: p.state.Query}
	n, known := p.state.chosenCount()
	if known {
		t.n = n
		p.question(a, t)
		return
	}
	p.job = p.desk.start(text.T("users.counting"), -1, func(int) string { return "" }, func() {
		if j := p.job; j != nil && j.state.Over && j.state.Err == nil {
			p.job = nil
			if !j.state.Stopped && p.desk.page == page(p) {
				t.n = j.state.Done
				p.question(a, t)
			}
		}
		p.renderBar()
	}, func(ctx context.Context, done report) error {
		return p.eachMail(ctx, t, func(mails []person) error {
			done(len(mails))
			return nil
		})
	})
}

func (p *outboxPage) question(a mailAct, t mailTarget) {
	names := slices.Sorted(maps.Values(t.named))
	if t.All {
		names = nil
		for i := 0; len(names) < fewNames && i < p.state.Rows.count(); i++ {
			if r, ok := p.state.Rows.at(i); ok && t.has(r.Message.ID) {
				names = append(names, messageWords(r))
			}
		}
	}
	q := someOf(names, t.n)
	number := text.Number(t.n)
	q.Title, q.Text = text.N("outbox.again.title", t.n, "Number", number), text.T("outbox.again.text")
	q.Act, q.Cancel = text.T("outbox.again"), text.T("user.key.cancel")
	if a == withdrawMail {
		q.Title, q.Text = text.N("outbox.withdraw.title", t.n, "Number", number), text.T("outbox.withdraw.text")
		q.Act, q.Cancel, q.Danger = text.T("outbox.withdraw"), text.T("outbox.withdraw.keep"), true
	}
	p.desk.ask(q, func() { p.do(a, t) })
}

// sendNow has what waits sent at once, also what was to be tried again later only, and where sending pauses.
func (p *outboxPage) sendNow() {
	p.desk.station.Mail.Wake()
	if p.job != nil && !p.job.state.Over {
		return
	}
	by, now := p.desk.actor(), p.desk.now()
	said := func(done int) string { return text.N("outbox.done.again", done, "Number", text.Number(done)) }
	p.job = p.desk.start(text.T("outbox.doing.again"), -1, said, func() {
		if j := p.job; j != nil && j.state.Over {
			if j.state.Done == 0 && j.state.Err == nil { // all that waits is next in line anyway
				p.job = nil
			}
			p.state.again()
			p.send()
		}
		p.renderBar()
	}, func(ctx context.Context, done report) error {
		q := directory.MessageQuery{State: directory.Queued, Limit: batch}
		for {
			list, err := p.desk.station.Directory.MessageRows(ctx, q)
			if err != nil {
				return err
			}
			for _, r := range list.Rows {
				if !now.Before(r.Message.Due) || now.Before(r.Message.LeasedUntil) {
					continue
				}
				if err := ctx.Err(); err != nil {
					return err
				}
				name := messageWords(r)
				if err := oneOf(p.desk.doWithMail(ctx, sendAgain, by, r.Message.ID), person{Name: name, ID: name}, done); err != nil {
					return err
				}
			}
			if q.After = list.Next; q.After == "" {
				return nil
			}
		}
	})
	p.renderBar()
}

// do does it. A mail it cannot be done with is told at the end.
func (p *outboxPage) do(a mailAct, t mailTarget) {
	by := p.desk.actor()
	said := func(done int) string { return text.N("outbox.done."+string(a), done, "Number", text.Number(done)) }
	p.job = p.desk.start(text.T("outbox.doing."+string(a)), t.n, said, func() {
		if p.job != nil && p.job.state.Over {
			p.state.Chosen = chosen{}
			p.state.again()
			p.send()
			p.render()
			return
		}
		p.renderBar()
	}, func(ctx context.Context, done report) error {
		return p.eachMail(ctx, t, func(mails []person) error {
			for _, m := range mails {
				if err := ctx.Err(); err != nil {
					return err
				}
				err := p.desk.doWithMail(ctx, a, by, m.ID)
				if err := oneOf(err, person{Name: m.Name, ID: m.Name}, done); err != nil {
					return err
				}
			}
			return nil
		})
	})
	p.renderBar()
}
