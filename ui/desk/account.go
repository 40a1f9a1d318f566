package desk

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
	"tapstation/ui/wording"
)

// accountPage is the admin's own: who they are here, their password, and the way out.
type accountPage struct {
	desk   *Desk
	back   page
	form   *passwordForm
	change *widget.Button
	result *note
	saving bool
	all    fyne.CanvasObject
}

// ShowAccount goes to the page of whoever has logged in.
func (d *Desk) ShowAccount() {
	if _, there := d.page.(*accountPage); !there {
		d.show(newAccountPage(d, d.page))
	}
}

func newAccountPage(d *Desk, back page) *accountPage {
	p := &accountPage{desk: d, back: back, form: newPasswordForm(d, true, false), result: newNote()}
	s := d.session
	p.form.user.ID = s.UserID
	p.change = widget.NewPrimary(text.T("account.change"), p.save)
	out := widget.NewButton(text.T("account.log_out"), d.LogOut)
	lock := widget.NewButton(text.T("account.lock"), d.Lock)
	facts := widget.Facts(widget.Fact{Label: text.T("user.id"), Value: widget.NewCopyable(text.T("user.id"), s.UserID)},
		widget.Fact{Label: text.T("admins.role"), Value: clipped(roleWords(s.Role))},
		widget.Fact{Label: text.T("account.may"), Value: clipped(roleText(s.Role))})
	body := widget.Column(theme.Space16, widget.Panel(widget.PadXY(theme.Space24, theme.Space12, facts)),
		widget.Title(text.T("account.password")), widget.AtMost(groupFormWidth, p.form.content), p.result.content,
		container.NewHBox(p.change))
	p.all = formPage(widget.NewQuiet(text.T("wizard.back"), "", theme.BackIcon, p.goBack),
		widget.TitleLine(s.Name, widget.Line(theme.Space12, lock, out)), widget.Form(body))
	return p
}

func (p *accountPage) content() fyne.CanvasObject { return p.all }

func (p *accountPage) keys() *widget.Keys { return &widget.Keys{Enter: p.save, Escape: p.goBack} }

func (p *accountPage) place() string { return "" }

func (p *accountPage) shown() {
	p.desk.focus(p.form.old.Entry)
	id := p.desk.session.UserID
	p.desk.beside(p.desk.ctx, func(ctx context.Context) {
		u, _, err := p.desk.station.Directory.User(ctx, id)
		p.desk.do(func() {
			if err == nil {
				p.form.user = u
			}
		})
	})
}

func (p *accountPage) left() { p.form.clear() }

func (p *accountPage) goBack() {
	if p.back == nil {
		p.desk.open(home)
		return
	}
	p.desk.show(p.back)
}

// save changes the password, beside the window: that takes its time by design.
func (p *accountPage) save() {
	if p.saving || !p.form.right() {
		return
	}
	p.busy(true)
	old, next := p.form.old.Text(), p.form.first.Text()
	s := p.desk.session
	p.desk.beside(p.desk.ctx, func(ctx context.Context) {
		err := p.desk.station.Admins.SetPassword(context.WithoutCancel(ctx), s.Actor(), s.UserID, old, next)
		p.desk.do(func() {
			p.busy(false)
			switch {
			case err == nil:
				p.form.clear()
				p.result.say(theme.CheckCircleIcon, theme.Success, text.T("account.changed"))
			case p.desk.refused(err) || p.form.refused(err):
				p.result.tell("")
			default:
				w := wording.Error(err)
				p.result.warn(w.Title + ". " + w.Remedy)
			}
		})
	})
}

func (p *accountPage) busy(on bool) {
	p.saving = on
	p.change.SetEnabled(!on)
}
