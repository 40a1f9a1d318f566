package desk

import (
	"context"
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/admin"
	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
	"tapstation/ui/wording"
)

// adminPage is one admin: their role, their password, and the end of their being one.
type adminPage struct {
	desk   *Desk
	who    admin.Listed
	role   *widget.Choice
	form   *passwordForm
	result *note
	busy   bool

	save, set, unlock, remove *widget.Button
	state                     *widget.Badge
	all                       fyne.CanvasObject
}

func newAdminPage(d *Desk, who admin.Listed) *adminPage {
	p := &adminPage{desk: d, who: who, form: newPasswordForm(d, false, false), result: newNote()}
	p.form.user = who.User
	name := who.User.DisplayName()
	p.role = widget.NewChoice(text.T("admins.role"), 2, func(string) { p.render() }, roleOptions()...)
	p.role.Select(string(who.Admin.Role))
	p.save = widget.NewPrimary(text.T("admins.save_role"), p.saveRole)
	p.set = widget.NewButton(text.T("admins.set_password"), p.setPassword)
	p.unlock = widget.NewButton(text.T("admins.unlock"), p.unlocks)
	p.remove = widget.NewDanger(text.T("admins.remove"), p.askToRemove)
	p.state = widget.NewStatus(widget.Sign{})
	facts := widget.Facts(
		widget.Fact{Label: text.T("user.id"), Value: widget.NewCopyable(text.T("user.id"), who.User.ID)},
		widget.Fact{Label: text.T("admins.last_login"), Value: clipped(lastLogin(who.Admin))},
		widget.Fact{Label: text.T("admins.state"), Value: widget.Line(theme.Space16, p.state, p.unlock)})
	body := widget.Column(theme.Space16, p.result.content, widget.Panel(widget.PadXY(theme.Space24, theme.Space12, facts)),
		widget.Title(text.T("admins.role")), p.role, container.NewHBox(p.save),
		widget.Title(text.T("admins.password")), widget.Hint(text.T("admins.password_text", "Name", name)),
		widget.AtMost(groupFormWidth, p.form.content), container.NewHBox(p.set))
	open := widget.NewButton(text.T("admins.open_user"), func() { d.ShowUser(who.User.ID) })
	p.all = formPage(widget.NewQuiet(text.T("admins.title"), "", theme.BackIcon, d.ShowAdmins),
		widget.TitleLine(name, widget.Line(theme.Space12, open, p.remove)), widget.Form(body))
	p.render()
	return p
}

func (p *adminPage) content() fyne.CanvasObject { return p.all }

func (p *adminPage) keys() *widget.Keys {
	return &widget.Keys{Escape: p.desk.ShowAdmins, Enter: func() {
		if p.form.typed() {
			p.setPassword()
		} else {
			p.saveRole()
		}
	}}
}

func (p *adminPage) place() string { return settingsPlace }

func (p *adminPage) shown() { p.desk.focus(p.role) }

func (p *adminPage) left() { p.form.clear() }

// leave asks before what was chosen or typed is lost.
func (p *adminPage) leave(then func()) {
	if p.form.typed() || p.role.Selected() != string(p.who.Admin.Role) {
		p.desk.askToLeave(then)
		return
	}
	then()
}

func (p *adminPage) render() {
	p.state.Set(adminSign(p.who))
	p.unlock.Hidden = !p.who.Admin.Locked && p.who.Admin.Failures == 0
	p.save.SetEnabled(!p.busy && p.role.Selected() != string(p.who.Admin.Role))
	p.set.SetEnabled(!p.busy)
	p.remove.SetEnabled(!p.busy)
	p.all.Refresh()
}

func (p *adminPage) saveRole() {
	role := directory.Role(p.role.Selected())
	if p.busy || role == p.who.Admin.Role {
		return
	}
	p.act(text.T("admins.role_saved"), func(ctx context.Context, by string) error {
		return p.desk.station.Admins.SetRole(ctx, by, p.who.User.ID, role)
	}, func() { p.who.Admin.Role = role })
}

func (p *adminPage) setPassword() {
	if p.busy || !p.form.right() {
		return
	}
	word := p.form.first.Text()
	p.act(text.T("admins.password_set"), func(ctx context.Context, by string) error {
		return p.desk.station.Admins.SetPassword(ctx, by, p.who.User.ID, "", word)
	}, func() {
		p.form.clear()
		p.who.TapOnly, p.who.Admin.Locked, p.who.Admin.Failures = false, false, 0
	})
}

func (p *adminPage) unlocks() {
	p.act(text.T("admins.unlocked"), func(ctx context.Context, by string) error {
		return p.desk.station.Admins.Unlock(ctx, by, p.who.User.ID)
	}, func() { p.who.Admin.Locked, p.who.Admin.Failures = false, 0 })
}

func (p *adminPage) askToRemove() {
	name := p.who.User.DisplayName()
	p.desk.ask(widget.QuestionText{
		Title: text.T("admins.remove_title", "Name", name), Text: text.T("admins.remove_text", "Name", name),
		Act: text.T("admins.remove"), Cancel: text.T("admins.keep"), Danger: true,
	}, func() {
		p.act("", func(ctx context.Context, by string) error {
			return p.desk.station.Admins.Remove(ctx, by, p.who.User.ID)
		}, func() {
			p.role.Select(string(p.who.Admin.Role))
			p.form.clear()
			p.desk.ShowAdmins()
		})
	})
}

// act does something with the admin, beside the window, and says how it ended.
func (p *adminPage) act(said string, do func(ctx context.Context, by string) error, done func()) {
	p.busy = true
	p.result.tell("")
	p.render()
	by := p.desk.actor()
	p.desk.beside(p.desk.ctx, func(ctx context.Context) {
		err := do(context.WithoutCancel(ctx), by)
		p.desk.do(func() {
			p.busy = false
			switch {
			case err == nil:
				p.result.say(theme.CheckCircleIcon, theme.Success, said)
				done()
			case p.desk.refused(err) || p.form.refused(err):
			default:
				p.result.warn(adminWords(err))
			}
			p.render()
		})
	})
}

// adminWords say why something was not done with an admin.
func adminWords(err error) string {
	if errors.Is(err, admin.ErrNoAdmin) {
		return text.T("admins.gone")
	}
	w := wording.Error(err)
	return w.Title + ". " + w.Remedy
}
