package desk

import (
	"context"
	"errors"

	"tapstation/app/directory"
	"tapstation/assets/text"
)

// enroll opens the queue for the members, or for those of them that are chosen.
func (p *groupPage) enroll() {
	if p.working {
		return
	}
	var people []person
	for _, u := range p.members.state.Chosen {
		people = append(people, person{u.ID, u.DisplayName()})
	}
	if len(people) > 0 {
		p.begin(people)
		return
	}
	p.working, p.wrong, p.done, p.warned = true, nil, "", ""
	n, query := p.asked, directory.UserQuery{Group: p.group.Name}
	errMany := errors.New("more than can be queued")
	p.desk.beside(p.desk.ctx, func(ctx context.Context) {
		err := p.desk.station.Directory.EachUser(ctx, query, func(users []directory.User) error {
			if len(people)+len(users) > mostQueued {
				return errMany
			}
			for _, u := range users {
				people = append(people, person{u.ID, u.DisplayName()})
			}
			return nil
		})
		p.desk.do(func() {
			p.working = false
			switch {
			case errors.Is(err, errMany):
				p.warned = text.N("users.queue_most", mostQueued, "Number", text.Number(mostQueued))
			case err != nil:
				p.wrong = err
			case len(people) == 0:
				p.warned = text.T("group.empty.title")
			case n == p.asked && p.desk.question == nil: // nobody has gone elsewhere
				p.begin(people)
				return
			}
			p.render()
		})
	})
}

// assign sends activation mails to the members, or to those of them that are chosen: in All Users, where one sees how far it is.
func (p *groupPage) assign() {
	c := chosen{All: true}
	if some := p.members.state.Chosen; len(some) > 0 {
		rows := map[string]string{}
		for _, u := range some {
			rows[u.ID] = u.DisplayName()
		}
		c = chosen{}.mark(rows, true)
	}
	p.desk.assignThose(directory.UserQuery{Group: p.group.Name}, c)
}

func (p *groupPage) begin(people []person) {
	p.members.state.Chosen = nil
	p.desk.openQueue(people)
}
