package desk

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/admin"
	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// adminsPage is who may open the panel, and as what.
type adminsPage struct {
	desk   *Desk
	list   []admin.Listed
	failed error
	asked  int

	add    *widget.Button
	rows   *widget.List
	holder *fyne.Container
	all    fyne.CanvasObject
}

// ShowAdmins goes to the page of all admins, if one may manage them.
func (d *Desk) ShowAdmins() {
	if d.may(directory.ManageAdmins) {
		d.show(newAdminsPage(d))
	}
}

func newAdminsPage(d *Desk) *adminsPage {
	p := &adminsPage{desk: d, holder: container.NewStack()}
	column := func(title string, weight float32, words func(admin.Listed) string) widget.Col {
		return widget.NewCol(text.T(title), weight, func() *widget.Text { return clipped("") },
			func(t *widget.Text, row int) { t.SetText(words(p.list[row])) })
	}
	p.rows = widget.NewList(func() int { return len(p.list) },
		column("users.column.id", 1.2, func(l admin.Listed) string { return l.User.ID }),
		column("users.column.name", 1.6, func(l admin.Listed) string { return l.User.DisplayName() }),
		column("admins.role", 1.1, func(l admin.Listed) string { return roleWords(l.Admin.Role) }),
		column("admins.last_login", 1.4, func(l admin.Listed) string { return lastLogin(l.Admin) }),
		widget.NewCol(text.T("admins.state"), 1.6, func() *widget.Badge { return widget.NewBadge(widget.Sign{}) },
			func(b *widget.Badge, row int) { b.Set(adminSign(p.list[row])) }))
	p.rows.OnOpen = func(row int) { d.show(newAdminPage(d, p.list[row])) }
	p.add = widget.NewPrimary(text.T("admins.add"), p.new).WithIcon(theme.AddIcon)
	back := widget.NewQuiet(text.T("settings.title"), "", theme.BackIcon, p.goBack)
	p.all = widget.PadXY(theme.Space32, theme.Space24, widget.Above(theme.Space12, p.holder,
		container.NewHBox(container.New(outdentLayout{}, back)), widget.TitleLine(text.T("admins.title"), p.add),
		widget.Hint(text.T("admins.text"))))
	return p
}

// lastLogin is when an admin logged in last.
func lastLogin(a directory.Admin) string {
	if a.LastLogin.IsZero() {
		return text.T("user.key.never_used")
	}
	return text.DateTime(a.LastLogin)
}

// adminSign is what is to be known of an admin besides their role.
func adminSign(l admin.Listed) widget.Sign {
	switch {
	case l.Admin.Locked:
		return widget.Sign{Icon: theme.CrossCircleIcon, Color: theme.Danger, Word: text.T("admins.locked")}
	case l.User.Disabled:
		return widget.Sign{Icon: theme.PauseIcon, Color: theme.Warning, Word: text.T("whois.disabled")}
	case l.TapOnly:
		return widget.Sign{Icon: theme.CardIcon, Color: theme.Muted, Word: text.T("admins.card_only")}
	}
	return widget.Sign{Icon: theme.CheckCircleIcon, Color: theme.Success, Word: text.T("admins.can")}
}

func (p *adminsPage) content() fyne.CanvasObject { return p.all }

func (p *adminsPage) keys() *widget.Keys {
	return &widget.Keys{Escape: p.goBack, Shortcuts: []widget.Shortcut{{Key: fyne.KeyN, Do: p.new}}}
}

func (p *adminsPage) place() string { return settingsPlace }

func (p *adminsPage) goBack() { p.desk.open(settingsPlace) }

func (p *adminsPage) new() { p.desk.show(newAdminNewPage(p.desk)) }

func (p *adminsPage) shown() { p.ask() }

func (p *adminsPage) left() { p.asked++ }

func (p *adminsPage) ask() {
	p.asked++
	n := p.asked
	p.desk.beside(p.desk.ctx, func(ctx context.Context) {
		list, err := p.desk.station.Admins.List(ctx)
		p.desk.do(func() {
			if n != p.asked {
				return
			}
			p.list, p.failed = list, err
			p.render()
			p.rows.Focus()
		})
	})
}

func (p *adminsPage) render() {
	o := widget.Panel(p.rows)
	if p.failed != nil {
		o = failedView(p.failed, p.ask)
	}
	p.holder.Objects = []fyne.CanvasObject{o}
	p.holder.Refresh()
	p.rows.Changed()
}
