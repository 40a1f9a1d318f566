package desk

import (
	"context"
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// adminNewPage makes a user an admin: first who, then as what.
type adminNewPage struct {
	desk   *Desk
	users  *people
	who    directory.User // zero: not chosen yet
	role   *widget.Choice
	form   *passwordForm
	add    *widget.Button
	result *note
	busy   bool
	over   bool
	holder *fyne.Container
}

func newAdminNewPage(d *Desk) *adminNewPage {
	p := &adminNewPage{desk: d, holder: container.NewStack(), result: newNote()}
	p.users = newPeople(d, "", text.T("users.search"), false)
	p.users.list.OnOpen = func(row int) { p.choose(p.users.state.Rows[row].User) }
	p.render()
	return p
}

func (p *adminNewPage) content() fyne.CanvasObject { return p.holder }

func (p *adminNewPage) keys() *widget.Keys {
	return &widget.Keys{Enter: p.save, Escape: p.goBack}
}

func (p *adminNewPage) place() string { return settingsPlace }

func (p *adminNewPage) shown() {
	p.users.again()
	p.first()
}

func (p *adminNewPage) left() { p.users.stop() }

// leave asks before what was typed is lost.
func (p *adminNewPage) leave(then func()) {
	if !p.over && p.form != nil && p.form.typed() {
		p.desk.askToLeave(then)
		return
	}
	then()
}

func (p *adminNewPage) first() {
	if p.form != nil {
		p.desk.focus(p.role)
		return
	}
	p.desk.focus(p.users.search.Entry)
}

// goBack goes to the choice of a user, and from there to all admins.
func (p *adminNewPage) goBack() {
	if p.form == nil {
		p.desk.ShowAdmins()
		return
	}
	back := func() {
		p.who, p.form = directory.User{}, nil
		p.render()
		p.first()
	}
	if p.form.typed() {
		p.desk.askToLeave(back)
		return
	}
	back()
}

// choose goes on with a user.
func (p *adminNewPage) choose(u directory.User) {
	p.who = u
	p.form = newPasswordForm(p.desk, false, true)
	p.form.user = u
	p.role = widget.NewChoice(text.T("admins.role"), 2, nil, roleOptions()...)
	p.role.Select(string(directory.Operator))
	p.add = widget.NewPrimary(text.T("admins.make"), p.save)
	p.result.tell("")
	p.render()
	p.first()
}

func (p *adminNewPage) render() {
	back := widget.NewQuiet(text.T("admins.title"), "", theme.BackIcon, p.goBack)
	if p.form == nil {
		p.holder.Objects = []fyne.CanvasObject{widget.PadXY(theme.Space32, theme.Space24, widget.Above(theme.Space12, p.users.all,
			container.NewHBox(container.New(outdentLayout{}, back)), widget.Heading(text.T("admins.add")), widget.Hint(text.T("admins.who"))))}
	} else {
		name := p.who.DisplayName()
		body := widget.Column(theme.Space16, widget.Title(text.T("admins.role")), p.role, widget.Title(text.T("admins.password")),
			widget.Hint(text.T("admins.password_new", "Name", name)), widget.AtMost(groupFormWidth, p.form.content),
			p.result.content, container.NewHBox(p.add))
		p.holder.Objects = []fyne.CanvasObject{formPage(back, widget.Heading(text.T("admins.make_title", "Name", name)), widget.Form(body))}
	}
	p.holder.Refresh()
}

// save makes the user an admin.
func (p *adminNewPage) save() {
	if p.form == nil || p.busy || !p.form.right() {
		return
	}
	p.busy = true
	p.add.Disable()
	by, id, role, word := p.desk.actor(), p.who.ID, directory.Role(p.role.Selected()), p.form.first.Text()
	p.desk.beside(p.desk.ctx, func(ctx context.Context) {
		err := p.desk.station.Admins.Add(context.WithoutCancel(ctx), by, id, role, word)
		p.desk.do(func() {
			p.busy = false
			p.add.Enable()
			switch {
			case err == nil:
				p.over = true
				p.desk.ShowAdmins()
			case p.desk.refused(err) || p.form.refused(err):
			case errors.Is(err, directory.ErrExists):
				p.result.warn(text.T("admins.already", "Name", p.who.DisplayName()))
			default:
				p.result.warn(adminWords(err))
			}
		})
	})
}
