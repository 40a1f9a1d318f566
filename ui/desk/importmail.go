package desk

import (
	"context"
	"iter"

	"fyne.io/fyne/v2"

	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// mailing tells whether activation mails are being sent to those imported.
func (p *importPage) mailing() bool { return p.job != nil && !p.job.state.Over }

// mailView offers to send activation mails to those imported, and says how far that is or what came of it; nil where that
// is not offered.
func (p *importPage) mailView() fyne.CanvasObject {
	switch {
	case p.job != nil && (p.job.state.Over || p.job.state.Shown):
		return p.job.view(func() { p.job = nil; p.drawn = ""; p.render() })
	case p.job != nil || !p.desk.offersAssign():
		return nil
	}
	send := widget.NewButton(text.T("assign.button"), p.askMail).WithIcon(theme.MailIcon)
	return widget.Panel(widget.PadXY(theme.Space16, theme.Space12,
		widget.IconBeside(widget.Sign{Icon: theme.CardIcon, Color: theme.Primary}, widget.NewParagraph(text.T("import.mail")), send)))
}

// askMail sends activation mails to those imported, after a question.
func (p *importPage) askMail() {
	if !p.desk.workspace.CanMail() {
		p.desk.tellMailUnset()
		return
	}
	r := p.state.Result
	p.desk.askAssignByMail(r.Created+r.Changed+r.Unchanged, widget.QuestionText{}, p.mail)
}

func (p *importPage) mail() {
	s := p.state
	p.job = p.desk.assignByMail(func(ctx context.Context) iter.Seq2[string, error] {
		return p.desk.station.Import.Users(ctx, s.File, s.Plan)
	}, s.Plan.Users(), p.mailed)
	p.render()
}

// mailed shows how far it is.
func (p *importPage) mailed() {
	p.render()
	if !p.mailing() && p.desk.page == page(p) && p.desk.question == nil {
		p.focusMain()
	}
}

// askStopMail asks before one leaves while mails are being queued: who has not got one then gets none.
func (p *importPage) askStopMail(then func()) {
	p.desk.ask(widget.QuestionText{
		Title: text.T("assign.stop.title"), Text: text.T("assign.stop.text"),
		Act: text.T("assign.stop.act"), Cancel: text.T("assign.stop.cancel"), Danger: true,
	}, func() {
		if p.job != nil {
			p.job.cancel()
		}
		then()
	})
}
