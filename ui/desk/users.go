package desk

import (
	"context"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynetheme "fyne.io/fyne/v2/theme"

	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// usersPage is All Users: everyone, with their keys, found as one types.
type usersPage struct {
	desk   *Desk
	state  usersState
	cancel context.CancelFunc // of what is being asked
	job    *job               // nil: nothing is being done with those chosen

	search                  *widget.Search
	group, holding, enabled *widget.Filter
	clear                   *widget.Button // takes all filters away
	find                    *fyne.Container
	count                   *widget.Text
	again                   *widget.Button // where a further page could not be had
	list                    *widget.List
	notice                  *fyne.Container // who has just been saved, what was done
	bar                     *fyne.Container // what can be done with those chosen
	middle                  *fyne.Container // the list, or what stands in its place
	drawn                   string          // what stands in middle
	all                     fyne.CanvasObject
}

// slowAfter is how long a page may take before it says that it does.
const slowAfter = 300 * time.Millisecond

func newUsersPage(d *Desk) *usersPage {
	p := &usersPage{desk: d, cancel: func() {}, count: widget.Small("")}
	p.count.Clip = true
	p.search = widget.NewSearch(text.T("users.search"), text.T("users.search_clear"))
	p.search.OnChanged = func(words string) {
		q := p.state.Query
		q.Text = strings.TrimSpace(words)
		p.ask(q)
	}
	p.search.Entry.OnDown = func() { p.list.Focus() }
	p.search.Entry.OnEnter = func() { p.list.Focus() }
	p.buildFilters()
	p.buildList()

	p.again = widget.NewQuiet(text.T("page.again"), "", theme.AgainIcon, func() { p.state.retry(); p.send() })
	p.notice, p.middle, p.bar = container.NewStack(), container.NewStack(), container.NewStack()
	p.find = container.New(&filterLayout{}, p.search, p.group, p.holding, p.enabled, p.clear)
	var acts []fyne.CanvasObject
	if d.may(directory.ManageUsers) {
		acts = append(acts, d.importButton())
	}
	if d.may(directory.EnrollKeys) {
		acts = append(acts, widget.NewButton(text.T("desk.code"), d.ShowCode).WithIcon(theme.CodeIcon))
		acts = append(acts, widget.NewPrimary(text.T("users.new"), d.NewUser).WithIcon(theme.AddIcon))
	}
	p.all = widget.PadXY(theme.Space32, theme.Space24, widget.Above(theme.Space16,
		container.NewBorder(nil, p.bar, nil, nil, p.middle),
		countedTitle(text.T("users.title"), p.count, p.again, acts...), p.notice, p.find))
	p.render()
	return p
}

func (p *usersPage) buildList() {
	p.list = widget.NewList(func() int { return p.state.Rows.count() },
		p.column("users.column.id", 1.05, func(r directory.UserRow) string { return r.User.ID }).Sorted(sortName(directory.ByID)),
		p.column("users.column.name", 1.5, nameWords).Sorted(sortName(directory.ByName)),
		p.column("users.column.email", 1.8, func(r directory.UserRow) string { return r.User.Email }).Sorted(sortName(directory.ByEmail)),
		p.column("users.column.groups", 1.1, func(r directory.UserRow) string { return strings.Join(r.User.Groups, ", ") }),
		widget.NewCol(text.T("users.column.keys"), 2.4, newKeyCell, func(c *keyCell, row int) {
			if r, ok := p.state.Rows.at(row); ok {
				c.set(r.Keys)
			} else {
				c.blank()
			}
		}),
		dated(p.column("users.column.created", 0, func(r directory.UserRow) string { return date(r.User.Created) })).
			Sorted(sortName(directory.ByCreated)))
	p.list.SetMarks(widget.Marks{
		Is:     func(row int) bool { return p.state.Chosen.has(p.state.Rows.id(row)) },
		All:    func() widget.Marking { return p.state.Chosen.marking() },
		OnMark: p.mark,
		OnAll: func(on bool) {
			p.state.Chosen = chosen{All: on}
			p.job = p.job.read()
			p.render()
		},
	})
	p.list.OnOpen = func(row int) {
		if id := p.state.Rows.id(row); id != "" {
			p.desk.ShowUser(id)
		}
	}
	p.list.OnSort = func(by string) { p.ask(p.state.sortBy(sortOf(by))) }
	p.list.OnTop = p.search.Focus
	p.list.OnSeen = func(row int) {
		if p.state.see(row) {
			p.send()
		}
	}
	p.list.OnNearEnd = func() {
		if p.state.more() {
			p.send()
		}
	}
}

// The title of a column is told by a name that is never empty.
func sortName(s directory.UserSort) string { return "by " + string(s) }

func sortOf(name string) directory.UserSort {
	return directory.UserSort(strings.TrimPrefix(name, "by "))
}

// column is a column of plain words.
func (p *usersPage) column(title string, weight float32, words func(directory.UserRow) string) widget.Col {
	return widget.NewCol(text.T(title), weight, func() *widget.Text { return clipped("") },
		func(t *widget.Text, row int) {
			if r, ok := p.state.Rows.at(row); ok {
				t.SetText(words(r))
			} else {
				t.SetText("")
			}
		})
}

// dated is a column as wide as a date, or as its title with the sign of an order.
func dated(c widget.Col) widget.Col {
	const date, sign = 92, 20
	title := fyne.MeasureText(c.Title, fynetheme.Size(theme.TextSmall), fyne.TextStyle{Bold: true}).Width
	c.Width = max(date, title+sign)
	return c
}

// nameWords is the name of a user, and that they are disabled if they are.
func nameWords(r directory.UserRow) string {
	if r.User.Disabled {
		return r.User.DisplayName() + " · " + text.T("user.disabled")
	}
	return r.User.DisplayName()
}

func (p *usersPage) content() fyne.CanvasObject { return p.all }

func (p *usersPage) keys() *widget.Keys {
	k := &widget.Keys{
		Runes:     map[rune]func(){'/': p.search.Focus},
		Shortcuts: []widget.Shortcut{{Key: fyne.KeyF, Do: p.search.Focus}},
		Escape:    p.escape,
	}
	if p.desk.may(directory.EnrollKeys) {
		k.Shortcuts = append(k.Shortcuts, widget.Shortcut{Key: fyne.KeyN, Do: p.desk.NewUser})
	}
	return k
}

// escape takes back what was chosen.
func (p *usersPage) escape() {
	if !p.state.Chosen.none() && p.job == nil {
		p.state.Chosen = chosen{}
		p.list.Changed()
		p.render()
	}
}

func (p *usersPage) shown() {
	p.state.again()
	p.send()
	p.askAround()
	p.desk.focus(p.search.Entry)
}

func (p *usersPage) left() {
	p.cancel()
	p.state.drop()
	p.state.Saved = nil
	if p.job != nil && p.job.state.Over {
		p.job = nil
	}
}

// saved says who has just been saved, until another page is shown.
func (p *usersPage) saved(u *directory.User) {
	p.state.Saved = u
	p.render()
}

// ShowUsersWith goes to All Users with those that match q; its After and Limit do not count.
func (d *Desk) ShowUsersWith(q directory.UserQuery) {
	p, ok := d.at(usersPlace).(*usersPage)
	if !ok {
		return
	}
	p.state = p.state.ask(q)
	p.state.drop()
	p.state.Known = false // shown asks for it
	p.search.Set(q.Text)
	d.open(usersPlace)
}

// ask lists what matches q instead. A question that is still open is given up: who types on no longer wants to know.
func (p *usersPage) ask(q directory.UserQuery) {
	p.state = p.state.ask(q)
	p.send()
	p.render()
}

// send puts the question to the directory.
func (p *usersPage) send() {
	p.cancel()
	ctx, cancel := context.WithCancel(p.desk.ctx)
	p.cancel = cancel
	n, q, anew := p.state.Asked, p.state.question(), p.state.anew
	p.desk.beside(ctx, func(ctx context.Context) {
		list, err := p.desk.station.Directory.Users(ctx, q)
		p.desk.do(func() {
			fresh := n == p.state.Asked
			p.state = p.state.took(n, list, err)
			if !fresh {
				return
			}
			if anew && err == nil {
				p.list.ToTop()
			}
			p.render()
		})
	})
	p.speakOfWaiting(n, 0, slowAfter)
	p.renderCount()
}

// askAround asks which groups there are, and how many users. Where that fails, no group can be chosen and nothing is
// counted; the list says why.
func (p *usersPage) askAround() {
	p.desk.beside(p.desk.ctx, func(ctx context.Context) {
		groups, err := p.desk.station.Directory.Groups(ctx)
		counts, countErr := p.desk.station.Directory.Statistics(ctx, directory.StatisticsQuery{})
		p.desk.do(func() {
			if err == nil {
				p.state.Groups = nil
				for _, g := range groups {
					p.state.Groups = append(p.state.Groups, g.Name)
				}
			}
			if countErr == nil {
				p.state.Counts = &counts
			}
			p.render()
		})
	})
}

// speakOfWaiting says that question n is still open, once it has been for a while, and then every second how long.
func (p *usersPage) speakOfWaiting(n, seconds int, after time.Duration) {
	p.desk.opts.After(after, func() {
		p.desk.do(func() {
			if n != p.state.Asked || !p.state.Asking {
				return
			}
			p.state.waited(n, seconds)
			p.renderCount()
			p.speakOfWaiting(n, seconds+1, time.Second)
		})
	})
}

// render shows the state.
func (p *usersPage) render() {
	s := &p.state
	p.renderCount()
	p.renderFilters()
	p.renderNotice()
	p.renderBar()
	p.list.SetSort(sortName(s.Query.Sort), s.Query.Desc)
	rows := s.Rows.count()
	switch {
	case s.Failed != nil && (rows == 0 || s.anew):
		p.put("failed:"+s.Failed.Error(), func() fyne.CanvasObject {
			return failedView(s.Failed, func() { p.state.retry(); p.send(); p.render() })
		})
	case !s.Known:
		p.put("unknown", func() fyne.CanvasObject { return container.NewStack() })
	case rows == 0 && s.Query.Text == "" && !s.filtered() && !s.Asking:
		p.put("empty", func() fyne.CanvasObject {
			var first *widget.Button
			if p.desk.may(directory.EnrollKeys) {
				first = widget.NewPrimary(text.T("users.new"), p.desk.NewUser).WithIcon(theme.AddIcon)
			}
			return p.desk.withImport(widget.Empty(theme.UsersIcon, text.T("users.empty.title"), text.T("users.empty.text"), first))
		})
	case rows == 0 && !s.Asking:
		p.put("nobody:"+nobodyWords(p.state), func() fyne.CanvasObject {
			return widget.Empty(theme.SearchIcon, text.T("users.nobody.title"), nobodyWords(p.state),
				widget.NewButton(text.T("users.show_all"), p.showAll))
		})
	case rows > 0:
		p.put("list", func() fyne.CanvasObject { return widget.Panel(p.list) })
		p.list.Changed()
	}
}

// renderCount says how many there are, or that it is being looked, or that a further page could not be had.
func (p *usersPage) renderCount() {
	s := p.state
	broken := s.Failed != nil && s.Rows.count() > 0 && !s.anew
	p.again.Hidden = !broken
	switch words := waitingWords(s.Asking, s.Waited); {
	case broken:
		p.count.SetText(text.T("users.page_failed"))
	case words != "":
		p.count.SetText(words)
	case s.Known && s.Failed == nil && s.Rows.count() > 0:
		n, known := s.total()
		p.count.SetText(countWords("users.count", "users.count_more", n, known))
	case !s.Asking:
		p.count.SetText("")
	}
}

// showAll takes away what keeps users from being listed.
func (p *usersPage) showAll() {
	q := p.state.Query
	p.search.Set("")
	p.ask(directory.UserQuery{Sort: q.Sort, Desc: q.Desc})
	p.search.Focus()
}

// nobodyWords say what nobody matches.
func nobodyWords(s usersState) string {
	q := s.Query
	switch {
	case q.Keys != directory.HoldsAny || q.Disabled != directory.Unset:
		return text.T("users.nobody.filter")
	case q.Group == "":
		return text.T("users.nobody.text", "Query", q.Text)
	case q.Text == "":
		return text.T("users.nobody.group", "Group", q.Group)
	}
	return text.T("users.nobody.both", "Query", q.Text, "Group", q.Group)
}

// put replaces what stands in the middle, if that is not there already.
func (p *usersPage) put(name string, make func() fyne.CanvasObject) {
	if p.drawn == name {
		return
	}
	p.drawn = name
	p.middle.Objects = []fyne.CanvasObject{make()}
	p.middle.Refresh()
}

func fontSize() float32 { return fynetheme.Size(theme.TextNormal) }
