package desk

import (
	"context"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// groupPage is one group: what it is for, what the keys of its members are to be, and who they are.
type groupPage struct {
	desk  *Desk
	name  string
	group directory.Group
	known bool
	asked int

	cancel context.CancelFunc
	failed error  // why the group could not be shown
	wrong  error  // why the last act was not done
	done   string // what has just been done
	warned string // why something cannot be done with these members

	members *people
	adding  *people    // while members are being chosen
	form    *groupForm // while the group is being changed
	working bool       // members are being added or removed

	add, remove, queue, mail *widget.Button
	holder                   *fyne.Container
}

// ShowGroup goes to the page of one group.
func (d *Desk) ShowGroup(name string) { d.show(newGroupPage(d, name)) }

// ShowGroups goes to Groups.
func (d *Desk) ShowGroups() { d.open(groupsPlace) }

func newGroupPage(d *Desk, name string) *groupPage {
	p := &groupPage{desk: d, name: name, cancel: func() {}, holder: container.NewStack()}
	p.members = newPeople(d, name, text.T("group.search"), false)
	p.members.empty = func() fyne.CanvasObject {
		var act *widget.Button
		if d.may(directory.ManageUsers) {
			act = widget.NewButton(text.T("group.add"), p.choose).WithIcon(theme.AddIcon)
		}
		return widget.Empty(theme.UsersIcon, text.T("group.empty.title"), text.T("group.empty.text"), act)
	}
	p.add = widget.NewPrimary(text.T("group.add"), p.choose).WithIcon(theme.AddIcon)
	p.remove = widget.NewButton("", p.removeChosen).WithIcon(theme.CrossIcon)
	p.queue = widget.NewButton(text.T("users.act.enroll"), func() { d.askQueue(p.enroll) })
	p.queue.Hidden = !d.may(directory.EnrollKeys)
	p.mail = widget.NewButton(text.T("assign.button"), p.assign)
	p.mail.Hidden = !d.offersAssign()
	p.members.beside(p.remove, p.queue, p.mail)
	if d.may(directory.ManageUsers) {
		p.members.choosable(p.renderRemove)
	}
	p.render()
	return p
}

func (p *groupPage) content() fyne.CanvasObject { return p.holder }

func (p *groupPage) place() string { return groupsPlace }

func (p *groupPage) keys() *widget.Keys {
	return &widget.Keys{
		Enter: func() {
			switch {
			case p.form != nil:
				p.save()
			case p.adding != nil:
				p.addChosen()
			}
		},
		Escape: p.back,
		Runes: map[rune]func(){'/': func() {
			if p.form == nil {
				p.searched().search.Focus()
			}
		}},
		Shortcuts: []widget.Shortcut{{Key: fyne.KeyF, Do: func() {
			if p.form == nil {
				p.searched().search.Focus()
			}
		}}},
	}
}

// searched is the users that are listed now.
func (p *groupPage) searched() *people {
	if p.adding != nil {
		return p.adding
	}
	return p.members
}

func (p *groupPage) shown() {
	p.ask()
	p.members.again()
	p.focusFirst()
}

func (p *groupPage) left() {
	p.cancel()
	p.asked++
	p.members.stop()
	p.done, p.wrong, p.warned = "", nil, ""
	p.form = nil
	p.stopChoosing()
}

// leave asks before what was typed or chosen is lost.
func (p *groupPage) leave(then func()) {
	if p.form != nil && p.form.draft.differs(p.group) || p.adding != nil && len(p.adding.state.Chosen) > 0 {
		p.desk.askToLeave(then)
		return
	}
	then()
}

// back goes from what is being done to the group, and from there to all groups.
func (p *groupPage) back() {
	switch {
	case p.form != nil && p.form.draft.differs(p.group):
		p.desk.askToLeave(p.stopEditing)
	case p.form != nil:
		p.stopEditing()
	case p.adding != nil && len(p.adding.state.Chosen) > 0:
		p.desk.askToLeave(func() { p.stopChoosing(); p.render(); p.focusFirst() })
	case p.adding != nil:
		p.stopChoosing()
		p.render()
		p.focusFirst()
	default:
		p.desk.ShowGroups()
	}
}

func (p *groupPage) focusFirst() {
	switch {
	case p.form != nil:
		p.desk.focus(p.form.name.Entry)
	default:
		p.desk.focus(p.searched().search.Entry)
	}
}

// ask asks for the group.
func (p *groupPage) ask() {
	p.cancel()
	ctx, cancel := context.WithCancel(p.desk.ctx)
	p.cancel = cancel
	p.asked++
	n, name := p.asked, p.name
	p.failed = nil
	p.desk.beside(ctx, func(ctx context.Context) {
		g, err := p.desk.station.Directory.Group(ctx, name)
		p.desk.do(func() {
			if n != p.asked {
				return
			}
			if p.failed = err; err == nil {
				p.group, p.name, p.known = g, g.Name, true
			}
			p.render()
			if p.desk.page == page(p) && p.desk.question == nil && p.desk.window.Canvas().Focused() == nil {
				p.focusFirst()
			}
		})
	})
}

// render shows the state.
func (p *groupPage) render() {
	where := text.T("groups.title")
	if p.form != nil || p.adding != nil {
		where = p.group.Name
	}
	back := widget.NewQuiet(where, "", theme.BackIcon, p.back)
	var content fyne.CanvasObject
	switch {
	case p.failed != nil:
		content = detailPage(back, container.NewStack(), failedView(p.failed, p.ask))
	case !p.known:
		content = detailPage(back, container.NewStack(), container.NewStack())
	case p.form != nil:
		content = formPage(back, widget.Heading(text.T("group.edit_title", "Group", p.group.Name)), p.form.object)
	case p.adding != nil:
		content = p.choosing(back)
	default:
		content = p.shownGroup(back)
	}
	p.holder.Objects = []fyne.CanvasObject{content}
	p.holder.Refresh()
}

// detailPage is a page with a way back, a title, and a body that takes what is left of the height.
func detailPage(back *widget.Button, title, body fyne.CanvasObject, tops ...fyne.CanvasObject) fyne.CanvasObject {
	head := widget.Column(theme.Space8, container.NewHBox(container.New(outdentLayout{}, back)), title)
	return widget.PadXY(theme.Space32, theme.Space24, widget.Above(theme.Space12, body, append([]fyne.CanvasObject{head}, tops...)...))
}

// shownGroup is the group and its members.
func (p *groupPage) shownGroup(back *widget.Button) fyne.CanvasObject {
	g := p.group
	var acts []fyne.CanvasObject
	if p.desk.may(directory.ManageUsers) {
		acts = append(acts, widget.NewButton(text.T("group.edit"), p.edit).WithIcon(theme.EditIcon),
			widget.NewButton(text.T("group.delete"), p.delete), p.add)
	}
	facts := []widget.Fact{}
	if g.Description != "" {
		facts = append(facts, widget.Fact{Label: text.T("group.description"), Value: clipped(g.Description)})
	}
	facts = append(facts, widget.Fact{Label: text.T("groups.column.defaults"), Value: clipped(defaultsWords(g.Defaults))})
	notice := widget.NewStatus(widget.Sign{Icon: theme.CheckCircleIcon, Color: theme.Success, Word: p.done})
	notice.Hidden = p.done == ""
	switch {
	case p.wrong != nil:
		notice.Set(problemSign(p.wrong))
		notice.Hidden = false
	case p.warned != "":
		notice.Set(widget.Sign{Icon: theme.WarningIcon, Color: theme.Warning, Word: p.warned})
		notice.Hidden = false
	}
	p.renderRemove()
	head := widget.Title(text.T("group.members"))
	return detailPage(back, widget.TitleLine(g.Name, widget.Line(theme.Space8, acts...)), p.members.all,
		notice, widget.Panel(widget.PadXY(theme.Space24, theme.Space8, widget.Facts(facts...))), head)
}

// renderRemove shows how many of the members are chosen, to be removed.
func (p *groupPage) renderRemove() {
	n := len(p.members.state.Chosen)
	p.remove.Hidden = n == 0
	p.remove.SetText(text.N("group.remove", n))
	p.remove.SetEnabled(!p.working)
	p.holder.Refresh()
}

// choosing is the users to choose new members from.
func (p *groupPage) choosing(back *widget.Button) fyne.CanvasObject {
	n := len(p.adding.state.Chosen)
	act := widget.NewPrimary(text.N("group.add_count", n), p.addChosen)
	act.SetEnabled(n > 0 && !p.working)
	if n == 0 {
		act.SetText(text.T("group.add"))
	}
	cancel := widget.NewButton(text.T("user.key.cancel"), p.back)
	said := widget.NewText(chosenWords(p.adding.state.Chosen))
	said.Clip = true
	foot := container.NewBorder(nil, nil, cancel, act, widget.PadXY(theme.Space16, 0, container.New(besideLayout{}, container.NewStack(), said)))
	if p.wrong != nil {
		foot = container.NewVBox(widget.NewStatus(problemSign(p.wrong)), foot)
	}
	return detailPage(back, widget.Heading(text.T("group.add_title", "Group", p.group.Name)),
		container.NewBorder(nil, widget.PadXY(0, theme.Space8, foot), nil, nil, p.adding.all))
}

// chosenWords names those chosen, as many as there is room for.
func chosenWords(chosen []directory.User) string {
	if len(chosen) == 0 {
		return text.T("group.choose_hint")
	}
	words := strconv.Itoa(len(chosen)) + ": "
	const most = 20
	for i, u := range chosen {
		if i == most {
			return words + ", …"
		}
		if i > 0 {
			words += ", "
		}
		words += u.DisplayName()
	}
	return words
}

// choose begins to choose new members.
func (p *groupPage) choose() {
	p.wrong, p.done, p.warned = nil, "", ""
	p.members.state.Chosen = nil
	p.adding = newPeople(p.desk, "", text.T("users.search"), true)
	p.adding.taken = func(u directory.User) string {
		if isMember(u, p.group.Name) {
			return text.T("group.member")
		}
		return ""
	}
	p.adding.choosable(p.render)
	p.adding.again()
	p.render()
	p.focusFirst()
}

func (p *groupPage) stopChoosing() {
	if p.adding != nil {
		p.adding.stop()
		p.adding = nil
	}
}

func (p *groupPage) addChosen() {
	if p.adding == nil || p.working || len(p.adding.state.Chosen) == 0 {
		return
	}
	ids := p.adding.state.ids()
	p.act(func(ctx context.Context) (int, error) {
		return p.desk.station.Directory.AddMembers(ctx, p.desk.actor(), p.group.Name, ids)
	}, func(changed int) {
		p.stopChoosing()
		p.done = text.N("group.added", changed)
	})
}

func (p *groupPage) removeChosen() {
	ids := p.members.state.ids()
	if len(ids) == 0 || p.working {
		return
	}
	p.act(func(ctx context.Context) (int, error) {
		return p.desk.station.Directory.RemoveMembers(ctx, p.desk.actor(), p.group.Name, ids)
	}, func(changed int) {
		p.members.state.Chosen = nil
		p.done = text.N("group.removed", changed)
	})
}

// act changes the members, and shows them as they are then.
func (p *groupPage) act(do func(context.Context) (int, error), done func(changed int)) {
	p.working, p.wrong, p.done, p.warned = true, nil, "", ""
	p.render()
	p.desk.beside(p.desk.ctx, func(ctx context.Context) {
		changed, err := do(ctx)
		p.desk.do(func() {
			p.working = false
			if err != nil {
				p.wrong = err
			} else {
				done(changed)
			}
			p.render()
			if p.desk.page == page(p) {
				p.members.again()
				p.focusFirst()
			}
		})
	})
}

// edit begins to change the group.
func (p *groupPage) edit() {
	p.wrong, p.done, p.warned = nil, "", ""
	p.form = newGroupForm(draftOf(p.group), p.desk.workspace, text.T("group.save"), p.save, p.back)
	p.render()
	p.focusFirst()
}

func (p *groupPage) stopEditing() {
	p.form = nil
	p.render()
	p.focusFirst()
}

func (p *groupPage) save() {
	f := p.form
	if f == nil || f.draft.Saving {
		return
	}
	f.saving()
	old, g := p.group.Name, f.draft.group()
	p.desk.beside(p.desk.ctx, func(ctx context.Context) {
		err := p.desk.station.Directory.UpdateGroup(ctx, p.desk.actor(), old, g)
		p.desk.do(func() {
			if err != nil {
				f.refused(err)
				return
			}
			p.name, p.form = g.Name, nil
			p.group.Name, p.group.Description, p.group.Defaults = g.Name, g.Description, g.Defaults
			p.done = text.T("group.saved")
			p.members.state.Group = g.Name
			p.render()
			if p.desk.page == page(p) {
				p.ask()
				p.members.again()
				p.focusFirst()
			}
		})
	})
}

// delete asks, then deletes the group.
func (p *groupPage) delete() {
	name := p.group.Name
	p.desk.ask(widget.QuestionText{
		Title: text.T("group.delete_title", "Group", name), Text: text.T("group.delete_text"),
		Act: text.T("group.delete"), Cancel: text.T("group.keep"), Danger: true,
	}, func() {
		p.working = true
		p.desk.beside(p.desk.ctx, func(ctx context.Context) {
			err := p.desk.station.Directory.DeleteGroup(ctx, p.desk.actor(), name)
			p.desk.do(func() {
				p.working = false
				if err != nil {
					p.wrong = err
					p.render()
					return
				}
				if p.desk.page == page(p) {
					p.desk.ShowGroups()
					if all, ok := p.desk.at(groupsPlace).(*groupsPage); ok {
						all.said(text.T("group.deleted", "Group", name))
					}
				}
			})
		})
	})
}
