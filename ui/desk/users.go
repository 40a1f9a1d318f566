package desk

import (
	"context"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynetheme "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

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

	search *widget.Search
	group  *widget.Button // says which group is shown; hidden where there is none
	status *widget.Text
	list   *widget.List
	notice *fyne.Container // who has just been saved
	middle *fyne.Container // the list, or what stands in its place
	drawn  string          // what stands in middle
	all    fyne.CanvasObject
}

// slowAfter is how long a page may take before it says that it does.
const slowAfter = 300 * time.Millisecond

func newUsersPage(d *Desk) *usersPage {
	p := &usersPage{desk: d, cancel: func() {}, status: widget.Small("")}
	p.search = widget.NewSearch(text.T("users.search"), text.T("users.search_clear"))
	p.search.OnChanged = func(q string) { p.ask(p.state.search(strings.TrimSpace(q))) }
	p.search.Entry.OnDown = func() { p.list.Focus() }
	p.search.Entry.OnEnter = func() { p.list.Focus() }

	p.list = widget.NewList(func() int { return len(p.state.Rows) },
		p.column("users.column.id", 1.1, func(r directory.UserRow) string { return r.User.ID }),
		p.column("users.column.name", 1.5, nameWords),
		p.column("users.column.email", 1.9, func(r directory.UserRow) string { return r.User.Email }),
		p.column("users.column.groups", 1.2, func(r directory.UserRow) string { return strings.Join(r.User.Groups, ", ") }),
		widget.NewCol(text.T("users.column.keys"), 2.4, newKeyCell,
			func(c *keyCell, row int) { c.set(p.state.Rows[row].Keys) }))
	p.list.OnOpen = func(row int) { d.ShowUser(p.state.Rows[row].User.ID) }
	p.list.OnTop = p.search.Focus
	p.list.OnNearEnd = func() {
		if next, ok := p.state.more(); ok {
			p.ask(next)
		}
	}

	newUser := widget.NewPrimary(text.T("users.new"), d.NewUser).WithIcon(theme.AddIcon)
	p.notice = container.NewStack()
	p.middle = container.NewStack()
	p.group = widget.NewButton("", p.chooseGroup).WithIcon(theme.GroupIcon)
	find := container.New(searchLayout{}, p.search, p.group, p.status)
	p.all = widget.PadXY(theme.Space32, theme.Space24, widget.Above(theme.Space16, p.middle,
		widget.TitleLine(text.T("users.title"), newUser), p.notice, find))
	p.render()
	return p
}

// column is a column of plain words.
func (p *usersPage) column(title string, weight float32, words func(directory.UserRow) string) widget.Col {
	return widget.NewCol(text.T(title), weight, func() *widget.Text { return clipped("") },
		func(t *widget.Text, row int) { t.SetText(words(p.state.Rows[row])) })
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
	return &widget.Keys{
		Runes: map[rune]func(){'/': p.search.Focus},
		Shortcuts: []widget.Shortcut{
			{Key: fyne.KeyF, Do: p.search.Focus},
			{Key: fyne.KeyN, Do: p.desk.NewUser},
		},
	}
}

func (p *usersPage) shown() {
	p.ask(p.state.again())
	p.askGroups()
	p.desk.focus(p.search.Entry)
}

func (p *usersPage) left() {
	p.cancel()
	p.state.Asking, p.state.Saved = false, nil
	p.state.Asked++ // what is still on its way is stale
}

// saved says who has just been saved, until another page is shown.
func (p *usersPage) saved(u *directory.User) {
	p.state.Saved = u
	p.render()
}

// ask puts the question that next holds to the directory. One that is still open is given up: who types on no
// longer wants to know.
func (p *usersPage) ask(next usersState) {
	p.cancel()
	elsewhere := next.Query != p.state.Query || next.Group != p.state.Group
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
	p.speakOfWaiting(n, 0, slowAfter)
	p.render()
}

// askGroups asks which groups there are. Where that fails, no group can be chosen; the list says why.
func (p *usersPage) askGroups() {
	p.desk.beside(p.desk.ctx, func(ctx context.Context) {
		groups, err := p.desk.station.Directory.Groups(ctx)
		if err != nil {
			return
		}
		p.desk.do(func() {
			p.state.Groups = nil
			for _, g := range groups {
				p.state.Groups = append(p.state.Groups, g.Name)
			}
			p.render()
		})
	})
}

// chooseGroup offers all groups under the button.
func (p *usersPage) chooseGroup() {
	item := func(label, group string) *fyne.MenuItem {
		i := fyne.NewMenuItem(label, func() { p.ask(p.state.only(group)) })
		i.Checked = group == p.state.Group
		return i
	}
	items := []*fyne.MenuItem{item(text.T("users.all_groups"), ""), fyne.NewMenuItemSeparator()}
	for _, g := range p.state.Groups {
		items = append(items, item(g, g))
	}
	menu := fynewidget.NewPopUpMenu(fyne.NewMenu("", items...), p.desk.window.Canvas())
	menu.ShowAtRelativePosition(fyne.NewPos(0, p.group.Size().Height+theme.Space4), p.group)
}

// speakOfWaiting says that question n is still open, once it has been for a while, and then every second how long.
func (p *usersPage) speakOfWaiting(n, seconds int, after time.Duration) {
	p.desk.opts.After(after, func() {
		p.desk.do(func() {
			if n != p.state.Asked || !p.state.Asking {
				return
			}
			p.state = p.state.waited(n, seconds)
			p.render()
			p.speakOfWaiting(n, seconds+1, time.Second)
		})
	})
}

// render shows the state.
func (p *usersPage) render() {
	s := p.state
	p.status.SetText(waitingWords(s))
	p.group.Hidden = len(s.Groups) == 0
	p.group.SetText(orElse(s.Group, text.T("users.all_groups")))
	p.renderNotice()
	switch {
	case s.Failed != nil && len(s.Rows) == 0 || s.Failed != nil && s.Next == "":
		p.put("failed:"+s.Failed.Error(), func() fyne.CanvasObject {
			return failedView(s.Failed, func() { p.ask(p.state.search(p.state.Query)) })
		})
	case !s.Known:
		p.put("unknown", func() fyne.CanvasObject { return container.NewStack() })
	case len(s.Rows) == 0 && s.Query == "" && s.Group == "" && !s.Asking:
		p.put("empty", func() fyne.CanvasObject {
			return widget.Empty(theme.UsersIcon, text.T("users.empty.title"), text.T("users.empty.text"),
				widget.NewPrimary(text.T("users.new"), p.desk.NewUser).WithIcon(theme.AddIcon))
		})
	case len(s.Rows) == 0 && !s.Asking:
		p.put("nobody:"+s.Query+":"+s.Group, func() fyne.CanvasObject {
			return widget.Empty(theme.SearchIcon, text.T("users.nobody.title"), nobodyWords(s),
				widget.NewButton(text.T("users.show_all"), p.showAll))
		})
	case len(s.Rows) > 0:
		p.put("list", func() fyne.CanvasObject { return widget.Panel(p.list) })
		p.list.Changed()
	}
}

// showAll takes away what keeps users from being listed.
func (p *usersPage) showAll() {
	p.search.Entry.SetText("")
	p.ask(p.state.only(""))
	p.search.Focus()
}

// nobodyWords say what nobody matches.
func nobodyWords(s usersState) string {
	switch {
	case s.Group == "":
		return text.T("users.nobody.text", "Query", s.Query)
	case s.Query == "":
		return text.T("users.nobody.group", "Group", s.Group)
	}
	return text.T("users.nobody.both", "Query", s.Query, "Group", s.Group)
}

func orElse(words, otherwise string) string {
	if words == "" {
		return otherwise
	}
	return words
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

func (p *usersPage) renderNotice() {
	u := p.state.Saved
	p.notice.Hidden = u == nil
	if u == nil || len(p.notice.Objects) > 0 {
		if u == nil {
			p.notice.Objects = nil
		}
		return
	}
	words := widget.NewStatus(widget.Sign{Icon: theme.CheckCircleIcon, Color: theme.Success,
		Word: text.T("users.saved", "Name", u.DisplayName())})
	open := widget.NewQuiet(text.T("users.saved_open"), "", nil, func() { p.desk.ShowUser(u.ID) })
	p.notice.Objects = []fyne.CanvasObject{
		widget.Panel(widget.PadXY(theme.Space16, theme.Space4, widget.Between(words, open)))}
	p.notice.Refresh()
}

// waitingWords is what is said while a question is open, or when a further page could not be had.
func waitingWords(s usersState) string {
	switch {
	case s.Asking && s.Waited >= 2:
		return text.N("users.loading_long", s.Waited)
	case s.Asking && s.Waited >= 0:
		return text.T("users.loading")
	}
	return ""
}

// searchLayout is the search, the group beside it, and the words beside those.
type searchLayout struct{}

func (searchLayout) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	const widest = 420
	x := min(s.Width, widest)
	place(objects[0], 0, x, s.Height)
	x += theme.Space8
	if group := objects[1]; group.Visible() {
		w := min(group.MinSize().Width, max(s.Width-x, 0))
		place(group, x, w, s.Height)
		x += w + theme.Space16
	}
	place(objects[2], x, max(s.Width-x, 0), s.Height)
}

func (searchLayout) MinSize(objects []fyne.CanvasObject) fyne.Size { return objects[0].MinSize() }

func fontSize() float32 { return fynetheme.Size(theme.TextNormal) }
