package desk

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// people is users under a search: those of a group, to be opened, or some of all, to be chosen.
type people struct {
	desk   *Desk
	state  peopleState
	cancel context.CancelFunc

	search *widget.Search
	status *widget.Text
	list   *widget.List
	acts   *fyne.Container // beside the search: what can be done with those chosen
	middle *fyne.Container
	drawn  string
	all    fyne.CanvasObject

	onChosen func()
	// taken says, by a word, why a user cannot be chosen; empty: they can.
	taken func(directory.User) string
	// empty is what stands where the group has no members.
	empty func() fyne.CanvasObject
}

// newPeople is the users of a group, or everyone where group is empty.
func newPeople(d *Desk, group, hint string, choose bool) *people {
	p := &people{desk: d, state: peopleState{Group: group}, cancel: func() {}, status: widget.Small(""),
		acts: container.NewStack(), middle: container.NewStack(), taken: func(directory.User) string { return "" }}
	p.search = widget.NewSearch(hint, text.T("users.search_clear"))
	p.search.OnChanged = func(q string) { p.ask(p.state.search(strings.TrimSpace(q))) }
	p.search.Entry.OnDown = func() { p.list.Focus() }
	p.search.Entry.OnEnter = func() { p.list.Focus() }

	columns := []widget.Col{
		p.column("users.column.id", 1.1, func(u directory.User) string { return u.ID }),
		p.column("users.column.name", 1.5, func(u directory.User) string { return nameWords(directory.UserRow{User: u}) }),
		p.column("users.column.email", 1.9, func(u directory.User) string { return u.Email }),
	}
	if choose {
		columns = append(columns, p.column("users.column.groups", 1.2, func(u directory.User) string {
			return orElse(p.taken(u), strings.Join(u.Groups, ", "))
		}))
	} else {
		columns = append(columns, widget.NewCol(text.T("users.column.keys"), 2, newKeyCell,
			func(c *keyCell, row int) { c.set(p.state.Rows[row].Keys) }))
	}
	p.list = widget.NewList(func() int { return len(p.state.Rows) }, columns...)
	p.list.OnOpen = func(row int) {
		if choose {
			p.choose(row, row, p.state.chosen(p.state.Rows[row].User.ID) < 0)
			return
		}
		d.ShowUser(p.state.Rows[row].User.ID)
	}
	p.list.OnTop = p.search.Focus
	p.list.OnNearEnd = func() {
		if next, ok := p.state.more(); ok {
			p.ask(next)
		}
	}
	p.all = widget.Above(theme.Space12, p.middle,
		container.NewBorder(nil, nil, nil, p.acts, container.New(searchLayout{}, p.search, hidden(), p.status)))
	p.render()
	return p
}

// beside puts buttons at the end of the line of the search.
func (p *people) beside(buttons ...fyne.CanvasObject) {
	p.acts.Objects = []fyne.CanvasObject{widget.Line(theme.Space8, buttons...)}
}

// hidden is nothing, where a layout wants something.
func hidden() fyne.CanvasObject {
	o := container.NewStack()
	o.Hide()
	return o
}

func (p *people) column(title string, weight float32, words func(directory.User) string) widget.Col {
	return widget.NewCol(text.T(title), weight, func() *widget.Text { return clipped("") },
		func(t *widget.Text, row int) { t.SetText(words(p.state.Rows[row].User)) })
}

// choosable lets rows be marked; changed is told after every change.
func (p *people) choosable(changed func()) {
	p.onChosen = changed
	p.list.SetMarks(widget.Marks{
		Is:     func(row int) bool { return row < len(p.state.Rows) && p.state.chosen(p.state.Rows[row].User.ID) >= 0 },
		All:    func() widget.Marking { return p.state.marking() },
		OnMark: p.choose,
		OnAll:  func(on bool) { p.choose(0, len(p.state.Rows)-1, on) },
	})
}

// choose marks rows, or takes their marks away; those that cannot be chosen stay as they are.
func (p *people) choose(from, to int, on bool) {
	for row := from; row <= to && row < len(p.state.Rows); row++ {
		if u := p.state.Rows[row].User; p.taken(u) == "" {
			p.state = p.state.choose(u, on)
		}
	}
	p.list.Changed()
	p.onChosen()
}

// again asks for the first page anew.
func (p *people) again() { p.ask(p.state.search(p.state.Query)) }

// stop gives up what is being asked.
func (p *people) stop() {
	p.cancel()
	p.state.Asking = false
	p.state.Asked++
}

func (p *people) ask(next peopleState) {
	p.cancel()
	elsewhere := next.Query != p.state.Query
	p.state = next
	ctx, cancel := context.WithCancel(p.desk.ctx)
	p.cancel = cancel
	n, q := next.Asked, next.question()
	p.desk.beside(ctx, func(ctx context.Context) {
		list, err := p.desk.station.Directory.Users(ctx, q)
		p.desk.do(func() {
			fresh := n == p.state.Asked
			p.state = p.state.answer(n, list, err)
			if fresh && elsewhere && err == nil {
				p.list.ToTop()
			}
			p.render()
		})
	})
	p.desk.opts.After(slowAfter, func() {
		p.desk.do(func() {
			if n == p.state.Asked && p.state.Asking {
				p.state.Slow = true
				p.render()
			}
		})
	})
	p.render()
}

func (p *people) render() {
	s := p.state
	words := ""
	if s.Asking && s.Slow {
		words = text.T("users.loading")
	}
	p.status.SetText(words)
	switch {
	case s.Failed != nil:
		p.put("failed:"+s.Failed.Error(), func() fyne.CanvasObject { return failedView(s.Failed, p.again) })
	case len(s.Rows) > 0:
		p.put("list", func() fyne.CanvasObject { return widget.Panel(p.list) })
		p.list.Changed()
	case !s.Known || s.Asking:
		p.put("unknown", func() fyne.CanvasObject { return container.NewStack() })
	case s.Query == "" && p.empty != nil:
		p.put("empty", p.empty)
	default:
		p.put("nobody:"+s.Query, func() fyne.CanvasObject {
			return widget.Empty(theme.SearchIcon, text.T("users.nobody.title"), text.T("users.nobody.text", "Query", s.Query), nil)
		})
	}
}

func (p *people) put(name string, make func() fyne.CanvasObject) {
	if p.drawn == name {
		return
	}
	p.drawn = name
	p.middle.Objects = []fyne.CanvasObject{make()}
	p.middle.Refresh()
}
