package desk

import (
	"context"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// groupsPage is all groups.
type groupsPage struct {
	desk   *Desk
	state  groupsState
	asked  int
	cancel context.CancelFunc

	search *widget.Search
	status *widget.Text
	list   *widget.List
	notice *widget.Badge
	middle *fyne.Container
	drawn  string
	all    fyne.CanvasObject
}

func newGroupsPage(d *Desk) *groupsPage {
	p := &groupsPage{desk: d, cancel: func() {}, status: widget.Small(""), middle: container.NewStack(),
		notice: widget.NewStatus(widget.Sign{})}
	p.search = widget.NewSearch(text.T("groups.search"), text.T("users.search_clear"))
	p.search.OnChanged = func(q string) {
		p.state.Query = strings.TrimSpace(q)
		p.list.ToTop()
		p.render()
	}
	p.search.Entry.OnDown = func() { p.list.Focus() }
	p.search.Entry.OnEnter = func() { p.list.Focus() }

	p.list = widget.NewList(func() int { return len(p.state.rows()) },
		p.column("groups.column.name", 1.4, func(g directory.Group) string { return g.Name }),
		p.column("groups.column.description", 2.2, func(g directory.Group) string { return g.Description }),
		p.column("groups.column.members", 0.7, func(g directory.Group) string { return memberWords(p.state.Members, g.Name) }),
		p.column("groups.column.defaults", 2, func(g directory.Group) string { return defaultsWords(g.Defaults) }))
	p.list.OnOpen = func(row int) { d.ShowGroup(p.state.rows()[row].Name) }
	p.list.OnTop = p.search.Focus

	var acts []fyne.CanvasObject
	if d.may(directory.ManageUsers) {
		acts = append(acts, p.newGroup())
	}
	p.all = widget.PadXY(theme.Space32, theme.Space24, widget.Above(theme.Space16, p.middle,
		widget.TitleLine(text.T("groups.title"), widget.Line(theme.Space8, acts...)), p.notice,
		container.New(searchLayout{}, p.search, hidden(), p.status)))
	p.render()
	return p
}

func (p *groupsPage) newGroup() *widget.Button {
	return widget.NewPrimary(text.T("groups.new"), p.desk.NewGroup).WithIcon(theme.AddIcon)
}

func (p *groupsPage) column(title string, weight float32, words func(directory.Group) string) widget.Col {
	return widget.NewCol(text.T(title), weight, func() *widget.Text { return clipped("") },
		func(t *widget.Text, row int) {
			if rows := p.state.rows(); row < len(rows) {
				t.SetText(words(rows[row]))
			}
		})
}

// memberWords is how many members a group has; nothing while it is not known.
func memberWords(members map[string]int, group string) string {
	switch n, known := members[group]; {
	case !known:
		return ""
	case n >= mostCounted:
		return text.T("groups.many", "Count", strconv.Itoa(mostCounted))
	default:
		return strconv.Itoa(n)
	}
}

// defaultsWords are the settings a group has of its own.
func defaultsWords(d directory.KeyDefaults) string {
	var parts []string
	switch d.Verification {
	case directory.PIN:
		parts = append(parts, text.T("key.verification.pin"))
	case directory.PINless:
		parts = append(parts, text.T("key.verification.pinless"))
	}
	switch d.OfflineLogin {
	case directory.On:
		parts = append(parts, text.T("wizard.settings.offline_on"))
	case directory.Off:
		parts = append(parts, text.T("wizard.settings.offline_off"))
	}
	switch d.PINChooser {
	case directory.UserHere:
		parts = append(parts, text.T("groups.pin_here"))
	case directory.UserMail:
		parts = append(parts, text.T("groups.pin_mail"))
	}
	if len(parts) == 0 {
		return text.T("groups.as_workspace")
	}
	return strings.Join(parts, " · ")
}

func (p *groupsPage) content() fyne.CanvasObject { return p.all }

func (p *groupsPage) keys() *widget.Keys {
	k := &widget.Keys{
		Runes:     map[rune]func(){'/': p.search.Focus},
		Shortcuts: []widget.Shortcut{{Key: fyne.KeyF, Do: p.search.Focus}},
	}
	if p.desk.may(directory.ManageUsers) {
		k.Shortcuts = append(k.Shortcuts, widget.Shortcut{Key: fyne.KeyN, Do: p.desk.NewGroup})
	}
	return k
}

func (p *groupsPage) shown() {
	p.ask()
	p.desk.focus(p.search.Entry)
}

func (p *groupsPage) left() {
	p.cancel()
	p.asked++
	p.state.Done = ""
}

// said shows what has just been done, until another page is shown.
func (p *groupsPage) said(done string) {
	p.state.Done = done
	p.render()
}

// ask asks which groups there are, then for the members of one after the other.
func (p *groupsPage) ask() {
	p.cancel()
	ctx, cancel := context.WithCancel(p.desk.ctx)
	p.cancel = cancel
	p.asked++
	n := p.asked
	p.state.Failed, p.state.Slow = nil, false
	p.desk.beside(ctx, func(ctx context.Context) {
		groups, err := p.desk.station.Directory.Groups(ctx)
		p.desk.do(func() {
			if n == p.asked {
				p.state = p.state.answer(groups, err)
				p.render()
			}
		})
		for _, g := range groups {
			members, err := p.desk.station.Directory.Users(ctx, directory.UserQuery{Group: g.Name, Limit: mostCounted})
			if err != nil {
				return // the number stays away; the list is there
			}
			p.desk.do(func() {
				if n == p.asked {
					p.state = p.state.counted(g.Name, len(members.Rows))
					p.render()
				}
			})
		}
	})
	p.desk.opts.After(slowAfter, func() {
		p.desk.do(func() {
			if n == p.asked && !p.state.Known && p.state.Failed == nil {
				p.state.Slow = true
				p.render()
			}
		})
	})
	p.render()
}

func (p *groupsPage) render() {
	s := p.state
	words := ""
	if s.Slow {
		words = text.T("users.loading")
	}
	p.status.SetText(words)
	p.notice.Hidden = s.Done == ""
	p.notice.Set(widget.Sign{Icon: theme.CheckCircleIcon, Color: theme.Success, Word: s.Done})
	switch {
	case s.Failed != nil:
		p.put("failed:"+s.Failed.Error(), func() fyne.CanvasObject { return failedView(s.Failed, p.ask) })
	case !s.Known:
		p.put("unknown", func() fyne.CanvasObject { return container.NewStack() })
	case len(s.Groups) == 0:
		p.put("empty", func() fyne.CanvasObject {
			var act *widget.Button
			if p.desk.may(directory.ManageUsers) {
				act = p.newGroup()
			}
			return widget.Empty(theme.GroupIcon, text.T("groups.empty.title"), text.T("groups.empty.text"), act)
		})
	case len(s.rows()) == 0:
		p.put("none:"+s.Query, func() fyne.CanvasObject {
			return widget.Empty(theme.SearchIcon, text.T("groups.none.title"), text.T("groups.none.text", "Query", s.Query), nil)
		})
	default:
		p.put("list", func() fyne.CanvasObject { return widget.Panel(p.list) })
		p.list.Changed()
	}
}

func (p *groupsPage) put(name string, make func() fyne.CanvasObject) {
	if p.drawn == name {
		return
	}
	p.drawn = name
	p.middle.Objects = []fyne.CanvasObject{make()}
	p.middle.Refresh()
}
