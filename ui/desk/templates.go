package desk

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/directory"
	"tapstation/app/mail/letter"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// templatesPage is what mails say: each kind in each language, in the program's words or in the workspace's own.
type templatesPage struct {
	desk   *Desk
	list   []letter.Listed
	failed error
	asked  int

	rows   *widget.List
	holder *fyne.Container
	all    fyne.CanvasObject
}

// ShowTemplates goes to the page of all mail texts, if one may change them.
func (d *Desk) ShowTemplates() {
	if d.may(directory.ChangeSettings) {
		d.show(newTemplatesPage(d))
	}
}

func newTemplatesPage(d *Desk) *templatesPage {
	p := &templatesPage{desk: d, holder: container.NewStack()}
	column := func(title string, weight float32, words func(letter.Listed) string) widget.Col {
		return widget.NewCol(text.T(title), weight, func() *widget.Text { return clipped("") },
			func(t *widget.Text, row int) { t.SetText(words(p.list[row])) })
	}
	p.rows = widget.NewList(func() int { return len(p.list) },
		column("template.column.mail", 1.2, func(l letter.Listed) string { return kindWords(l.Kind) }),
		column("settings.language.label", 0.8, func(l letter.Listed) string { return text.T("settings.language." + l.Language) }),
		column("template.subject", 2.2, func(l letter.Listed) string { return l.Subject }),
		widget.NewCol(text.T("template.column.words"), 1.1, func() *widget.Badge { return widget.NewStatus(widget.Sign{}) },
			func(b *widget.Badge, row int) { b.Set(ownSign(p.list[row])) }),
		column("template.column.changed", 1, func(l letter.Listed) string { return timeWords(l.Changed) }))
	p.rows.OnOpen = func(row int) { d.show(newTemplatePage(d, p.list[row].Kind, p.list[row].Language)) }
	back := widget.NewQuiet(text.T("settings.title"), "", theme.BackIcon, p.goBack)
	p.all = widget.PadXY(theme.Space32, theme.Space24, widget.Above(theme.Space12, p.holder,
		container.NewHBox(container.New(outdentLayout{}, back)), widget.Heading(text.T("template.title")), widget.Hint(text.T("template.text"))))
	return p
}

// kindWords is what a mail is about.
func kindWords(k directory.MessageKind) string { return text.T("outbox.kind." + string(k)) }

// ownSign tells whose words a mail has.
func ownSign(l letter.Listed) widget.Sign {
	if l.Own {
		return widget.Sign{Icon: theme.EditIcon, Color: theme.Primary, Word: text.T("template.own")}
	}
	return widget.Sign{Icon: theme.CheckIcon, Color: theme.Muted, Word: text.T("template.original")}
}

func (p *templatesPage) content() fyne.CanvasObject { return p.all }

func (p *templatesPage) keys() *widget.Keys { return &widget.Keys{Escape: p.goBack} }

func (p *templatesPage) place() string { return settingsPlace }

func (p *templatesPage) goBack() { p.desk.open(settingsPlace) }

func (p *templatesPage) shown() { p.ask() }

func (p *templatesPage) left() { p.asked++ }

func (p *templatesPage) ask() {
	p.asked++
	n := p.asked
	p.desk.beside(p.desk.ctx, func(ctx context.Context) {
		list, err := p.desk.station.Letters.List(ctx)
		p.desk.do(func() {
			if n != p.asked {
				return
			}
			p.list, p.failed = list, err
			p.render()
			if err == nil {
				p.desk.focus(p.rows.Rows())
			}
		})
	})
}

func (p *templatesPage) render() {
	o := widget.Panel(p.rows)
	if p.failed != nil {
		o = failedView(p.failed, p.ask)
	}
	p.holder.Objects = []fyne.CanvasObject{o}
	p.holder.Refresh()
	p.rows.Changed()
}
