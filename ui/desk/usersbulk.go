package desk

import (
	"context"
	"errors"
	"fmt"

	"fyne.io/fyne/v2"

	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/widget"
)

// person is one of those that something is done with.
type person struct{ ID, Name string }

// batch is how many are done at once.
const batch = 500

// eachChosen goes through the users chosen, at most a batch at a time.
func eachChosen(ctx context.Context, dir *directory.Directory, c chosen, q directory.UserQuery, do func([]person) error) error {
	if !c.All {
		var people []person
		for _, id := range c.ids() {
			people = append(people, person{id, c.named[id]})
		}
		return inBatches(ctx, people, do)
	}
	return dir.EachUser(ctx, q, func(users []directory.User) error {
		var people []person
		for _, u := range users {
			if c.has(u.ID) {
				people = append(people, person{u.ID, u.DisplayName()})
			}
		}
		return inBatches(ctx, people, do)
	})
}

func inBatches(ctx context.Context, people []person, do func([]person) error) error {
	for len(people) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(len(people), batch)
		if err := do(people[:n]); err != nil {
			return err
		}
		people = people[n:]
	}
	return nil
}

// fewNames is how many are named in a question.
const fewNames = 5

// target is those chosen, as they were when something was to be done with them.
type target struct {
	chosen
	query directory.UserQuery
	n     int // how many they are
}

// about asks a question about those chosen: how many they are, and who. Where that is not known yet, they are counted
// first.
func (p *usersPage) about(ask func(t target, q widget.QuestionText)) {
	t := target{chosen: p.state.Chosen, query: p.state.Query}
	n, known := p.state.chosenCount()
	if known {
		t.n = n
		ask(t, p.question(t))
		return
	}
	p.job = p.desk.start(text.T("users.counting"), -1, func(int) string { return "" }, func() {
		if j := p.job; j != nil && j.state.Over && j.state.Err == nil {
			p.job = nil
			if !j.state.Stopped && p.desk.page == page(p) { // nobody is asked about it who has gone elsewhere
				t.n = j.state.Done
				ask(t, p.question(t))
			}
		}
		p.renderBar()
	}, func(ctx context.Context, done report) error {
		return eachChosen(ctx, p.desk.station.Directory, t.chosen, t.query, func(people []person) error {
			done(len(people))
			return nil
		})
	})
}

// question is what a question says of those chosen.
func (p *usersPage) question(t target) widget.QuestionText {
	names := t.names()
	if t.All {
		names = nil
		for i := 0; len(names) < fewNames && i < p.state.Rows.count(); i++ {
			if r, ok := p.state.Rows.at(i); ok && t.has(r.User.ID) {
				names = append(names, called(r.User.DisplayName(), r.User.ID))
			}
		}
	}
	return someOf(names, t.n)
}

// someOf is the first few names, and how many more there are of n.
func someOf(names []string, n int) widget.QuestionText {
	q := widget.QuestionText{Items: names[:min(len(names), fewNames)]}
	if more := n - len(q.Items); more > 0 {
		q.More = text.N("users.and_more", more, "Number", text.Number(more))
	}
	return q
}

// do begins something with those chosen. What is listed is asked for anew when it has ended.
func (p *usersPage) do(doing string, t target, said func(int) string, work func(context.Context, []person, report) error) {
	p.job = p.desk.start(doing, t.n, said, p.jobChanged, func(ctx context.Context, done report) error {
		return eachChosen(ctx, p.desk.station.Directory, t.chosen, t.query, func(people []person) error { return work(ctx, people, done) })
	})
	p.renderBar()
}

// jobChanged shows how far it is with those chosen, or what came of it.
func (p *usersPage) jobChanged() {
	if p.job == nil || !p.job.state.Over {
		p.renderBar()
		return
	}
	p.state.Chosen = chosen{}
	p.state.again()
	p.send()
	p.askAround()
	p.render()
}

// askDisable disables those chosen, after a question.
func (p *usersPage) askDisable() {
	p.about(func(t target, q widget.QuestionText) {
		q.Title = text.N("users.disable.title", t.n, "Number", text.Number(t.n))
		q.Text = text.T("users.disable.text")
		q.Act, q.Cancel = text.T("users.disable.act"), text.T("user.key.cancel")
		q.Danger = true
		p.desk.ask(q, func() { p.disable(t) })
	})
}

func (p *usersPage) disable(t target) {
	dir, by := p.desk.station.Directory, p.desk.actor()
	said := func(done int) string { return text.N("users.disable.done", done, "Number", text.Number(done)) }
	p.do(text.T("users.disable.doing"), t, said, func(ctx context.Context, people []person, done report) error {
		for _, who := range people {
			if err := ctx.Err(); err != nil {
				return err
			}
			_, err := dir.SetUserDisabled(ctx, by, who.ID, true)
			if err := oneOf(err, who, done); err != nil {
				return err
			}
		}
		return nil
	})
}

// oneOf reports that something was done with one, or why not. An error that will be the same for all others is
// returned: it ends the whole.
func oneOf(err error, who person, done report) error {
	switch {
	case err == nil, errors.Is(err, directory.ErrOfflineCache): // kept; the cache is made good at the next start
		done(1)
	case errors.Is(err, context.Canceled), errors.Is(err, directory.ErrForbidden), errors.Is(err, directory.ErrDamaged):
		return err
	default:
		done(1, jobProblem{called(who.Name, who.ID), err})
	}
	return nil
}

// chooseGroup offers the groups, below a button; one that is typed and not there yet can be made.
func (p *usersPage) chooseGroup(below fyne.CanvasObject) {
	var groups []widget.Pick
	for _, g := range p.state.Groups {
		groups = append(groups, widget.Pick{ID: g, Title: g})
	}
	widget.ShowPicker(below, widget.Picks{
		Options: groups, OnPicked: func(g string) { p.askAssign(g, false) },
		Search:   text.T("wizard.user.groups_hint"),
		Create:   func(words string) string { return text.T("wizard.user.group_new", "Group", words) },
		OnCreate: func(words string) { p.askAssign(words, true) },
	})
}

// askAssign puts those chosen into a group, after a question.
func (p *usersPage) askAssign(group string, create bool) {
	p.about(func(t target, q widget.QuestionText) {
		q.Title = text.N("users.assign.title", t.n, "Number", text.Number(t.n), "Group", group)
		q.Text = text.T("users.assign.text")
		if create {
			q.Text = text.T("users.assign.create", "Group", group)
		}
		q.Act, q.Cancel = text.T("users.assign.act"), text.T("user.key.cancel")
		p.desk.ask(q, func() { p.assign(group, t, create) })
	})
}

func (p *usersPage) assign(group string, t target, create bool) {
	dir, by := p.desk.station.Directory, p.desk.actor()
	said := func(done int) string {
		return text.N("users.assign.done", done, "Number", text.Number(done), "Group", group)
	}
	p.do(text.T("users.assign.doing"), t, said, func(ctx context.Context, people []person, done report) error {
		if create {
			err := dir.AddGroup(ctx, by, directory.Group{Name: group})
			if err != nil && !errors.Is(err, directory.ErrExists) {
				return fmt.Errorf("make the group: %w", err)
			}
			create = false
		}
		ids := make([]string, len(people))
		for i, who := range people {
			ids[i] = who.ID
		}
		_, err := dir.AddMembers(ctx, by, group, ids)
		if err == nil {
			done(len(people))
			return nil
		}
		for _, who := range people { // which of them it is
			_, err := dir.AddMembers(ctx, by, group, []string{who.ID})
			if err := oneOf(err, who, done); err != nil {
				return err
			}
		}
		return nil
	})
}

// mostQueued is how many can be enrolled one after another in one go.
const mostQueued = 5000

// askEnroll opens the queue for those chosen.
func (p *usersPage) askEnroll() { p.desk.askQueue(p.enroll) }

// askQueue begins a queue, after a question where another one has not ended.
func (d *Desk) askQueue(begin func()) {
	q := d.queued()
	if q == nil {
		begin()
		return
	}
	d.ask(widget.QuestionText{
		Title: text.T("queue.another.title"),
		Text:  text.T("queue.another.text", "Done", text.Number(q.state.at()), "Of", text.Number(len(q.state.People))),
		Act:   text.T("queue.another.act"), Cancel: text.T("user.key.cancel"), Danger: true,
	}, begin)
}

// enroll opens the queue for those chosen.
func (p *usersPage) enroll() {
	c, query := p.state.Chosen, p.state.Query
	var people []person
	errMany := errors.New("more than can be queued")
	p.job = p.desk.start(text.T("users.counting"), -1, func(int) string { return "" }, func() {
		j := p.job
		if j == nil || !j.state.Over {
			p.renderBar()
			return
		}
		p.job = nil
		switch {
		case errors.Is(j.state.Err, errMany):
			j.state.Err, j.state.Said, j.state.Stopped = nil, text.N("users.queue_most", mostQueued, "Number", text.Number(mostQueued)), false
			p.job = j
		case j.state.Err != nil:
			p.job = j
		case !j.state.Stopped && p.desk.page == page(p):
			p.state.Chosen = chosen{}
			p.desk.openQueue(people)
			return
		}
		p.renderBar()
	}, func(ctx context.Context, done report) error {
		return eachChosen(ctx, p.desk.station.Directory, c, query, func(some []person) error {
			if len(people)+len(some) > mostQueued {
				return errMany
			}
			people = append(people, some...)
			done(len(some))
			return nil
		})
	})
}
