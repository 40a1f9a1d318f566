package desk

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// groupNewPage asks what a new group is to be.
type groupNewPage struct {
	desk *Desk
	form *groupForm
	all  fyne.CanvasObject
	over bool // nothing on it can be lost any more
}

// NewGroup goes to the page that makes a group.
func (d *Desk) NewGroup() {
	p := &groupNewPage{desk: d}
	p.form = newGroupForm(groupDraft{}, d.workspace, text.T("group.create"), p.save, d.ShowGroups)
	back := widget.NewQuiet(text.T("groups.title"), "", theme.BackIcon, d.ShowGroups)
	p.all = formPage(back, widget.Heading(text.T("groups.new")), p.form.object)
	d.show(p)
}

// formPage is a page with a way back, a title, and what scrolls below it.
func formPage(back *widget.Button, title, body fyne.CanvasObject) fyne.CanvasObject {
	// Room for the rings of focus, which stand out by a little.
	return widget.PadXY(theme.Space32-theme.Space4, theme.Space24, widget.Above(theme.Space8,
		container.NewVScroll(widget.PadXY(theme.Space4, theme.Space4, body)),
		widget.PadXY(theme.Space4, 0, widget.Column(theme.Space8, container.NewHBox(container.New(outdentLayout{}, back)), title))))
}

func (p *groupNewPage) content() fyne.CanvasObject { return p.all }

func (p *groupNewPage) place() string { return groupsPlace }

func (p *groupNewPage) keys() *widget.Keys {
	return &widget.Keys{Enter: p.save, Escape: p.desk.ShowGroups}
}

func (p *groupNewPage) shown() { p.desk.focus(p.form.name.Entry) }

func (p *groupNewPage) left() {}

// leave asks before what was typed is lost.
func (p *groupNewPage) leave(then func()) {
	if p.over || !p.form.draft.differs(directory.Group{}) {
		then()
		return
	}
	p.desk.askToLeave(func() { p.over = true; then() })
}

// askToLeave asks before something typed is lost.
func (d *Desk) askToLeave(then func()) {
	d.ask(widget.QuestionText{
		Title: text.T("leave.title"), Text: text.T("leave.text"),
		Act: text.T("leave.act"), Cancel: text.T("leave.cancel"), Danger: true,
	}, then)
}

func (p *groupNewPage) save() {
	if p.form.draft.Saving {
		return
	}
	p.form.saving()
	g := p.form.draft.group()
	p.desk.beside(p.desk.ctx, func(ctx context.Context) {
		err := p.desk.station.Directory.AddGroup(ctx, p.desk.actor(), g)
		p.desk.do(func() {
			if err != nil {
				p.form.refused(err)
				return
			}
			p.over = true
			if p.desk.page == page(p) {
				p.desk.ShowGroup(g.Name)
			}
		})
	})
}
