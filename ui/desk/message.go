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

// messagePage is one mail of the outbox with all that is known of it.
type messagePage struct {
	desk   *Desk
	row    directory.MessageRow
	back   page
	asked  int
	said   string // what has just been done
	wrong  error  // why it was not
	holder *fyne.Container

	user, key, again, withdraw *widget.Button
}

func newMessagePage(d *Desk, row directory.MessageRow, back page) *messagePage {
	p := &messagePage{desk: d, row: row, back: back, holder: container.NewStack()}
	p.user = widget.NewButton(text.T("message.show_user"), func() { d.ShowUser(p.row.Message.UserID) }).WithIcon(theme.UserIcon)
	p.key = widget.NewButton(text.T("message.show_key"), func() {
		d.ShowUserKey(p.row.Message.UserID, p.row.Message.KeyID)
	}).WithIcon(theme.KeyIcon)
	p.again = widget.NewPrimary("", func() { p.act(sendAgain) }).WithIcon(theme.SendIcon)
	p.withdraw = widget.NewButton(text.T("outbox.withdraw"), p.askWithdraw).WithIcon(theme.CrossIcon)
	p.render()
	return p
}

// render shows the mail as it was looked at last.
func (p *messagePage) render() {
	m := p.row.Message
	facts := []widget.Fact{{Label: text.T("outbox.column.state"), Value: widget.Line(0, widget.NewStatus(widget.MessageSign(m.State)))}}
	add := func(label, value string) {
		if value != "" {
			facts = append(facts, widget.Fact{Label: label, Value: clipped(value)})
		}
	}
	copyable := func(label string, value *widget.Copyable) {
		if value.Text() != "" {
			facts = append(facts, widget.Fact{Label: label, Value: value})
		}
	}
	add(text.T("message.user"), called(p.row.User.DisplayName(), m.UserID))
	copyable(text.T("message.address"), widget.NewCopyable(text.T("message.address"), m.To))
	add(text.T("message.key"), p.row.Key.Name)
	add(text.T("message.made"), text.DateTime(m.Created))
	add(text.T("outbox.column.attempts"), text.Number(m.Attempts))
	if !m.Tried.IsZero() {
		add(text.T("message.tried"), text.DateTime(m.Tried))
	}
	if m.State == directory.Queued {
		add(text.T("message.next"), whenWords(m, p.desk.now()))
	} else if !m.Done.IsZero() {
		add(text.T("message.done"), text.DateTime(m.Done))
	}
	copyable(text.T("message.answer"), widget.NewCopyableLines(text.T("message.answer"), answerWords(m)))
	copyable(text.T("message.id"), widget.NewCopyable(text.T("message.id"), m.MessageID))

	acts := []fyne.CanvasObject{p.user}
	if p.row.Key.Name != "" {
		acts = append(acts, p.key)
	}
	if p.desk.may(directory.EnrollKeys) {
		if canWithdraw(m) {
			acts = append(acts, p.withdraw)
		}
		if canSendAgain(m) {
			p.again.SetText(text.T("outbox.again"))
			if m.State == directory.Queued {
				p.again.SetText(text.T("outbox.now"))
			}
			acts = append(acts, p.again)
		}
	}
	about := widget.NewParagraph(stateText(m.State))
	notice := widget.NewStatus(widget.Sign{Icon: theme.CheckCircleIcon, Color: theme.Success, Word: p.said})
	notice.Hidden = p.said == "" && p.wrong == nil
	if p.wrong != nil {
		notice.Set(problemSign(p.wrong))
	}
	back := widget.NewQuiet(text.T("message.back"), "", theme.BackIcon, p.goBack)
	body := container.NewVScroll(container.NewVBox(widget.Form(widget.Panel(widget.PadXY(theme.Space24, theme.Space12, widget.Facts(facts...))))))
	p.holder.Objects = []fyne.CanvasObject{detailPage(back,
		widget.TitleLine(text.T("outbox.kind."+string(m.Kind)), widget.Line(theme.Space8, acts...)), body, notice, widget.Form(about))}
	p.holder.Refresh()
}

// stateText says what a state means for the one who waits for the mail, and what can be done.
func stateText(s directory.MessageState) string { return text.T("message.text." + string(s)) }

func (p *messagePage) content() fyne.CanvasObject { return p.holder }

func (p *messagePage) place() string {
	if at := p.desk.placeOf(p.back); at != "" {
		return at
	}
	return mailPlace
}

func (p *messagePage) goBack() { p.desk.show(p.back) }

func (p *messagePage) keys() *widget.Keys { return &widget.Keys{Escape: p.goBack} }

func (p *messagePage) shown() {
	p.ask()
	p.focusFirst()
}

// focusFirst goes to what one most likely came for: to send it again where it has not arrived.
func (p *messagePage) focusFirst() {
	if m := p.row.Message; p.desk.may(directory.EnrollKeys) && canSendAgain(m) && m.State != directory.Queued {
		p.desk.focus(p.again)
		return
	}
	p.desk.focus(p.user)
}

func (p *messagePage) left() {
	p.asked++
	p.said, p.wrong = "", nil
}

// ask looks at the mail anew, and again after a while for as long as the page is there.
func (p *messagePage) ask() {
	p.asked++
	n, id := p.asked, p.row.Message.ID
	p.desk.beside(p.desk.ctx, func(ctx context.Context) {
		row, err := p.desk.station.Directory.MessageRow(ctx, id)
		p.desk.do(func() {
			if n != p.asked || err != nil && p.wrong != nil {
				return
			}
			if err != nil {
				p.wrong = err
			} else if row.Message == p.row.Message {
				return // nothing moves under whoever reads
			} else {
				p.row = row
			}
			p.draw()
		})
	})
	p.desk.opts.After(outboxAgain, func() {
		p.desk.do(func() {
			if n == p.asked {
				p.ask()
			}
		})
	})
}

// draw renders, with the focus where it was if that is still there.
func (p *messagePage) draw() {
	p.render()
	if p.desk.page == page(p) && p.desk.question == nil {
		p.focusFirst()
	}
}

// askWithdraw withdraws the mail, after a question.
func (p *messagePage) askWithdraw() {
	p.desk.ask(widget.QuestionText{
		Title: text.N("outbox.withdraw.title", 1, "Number", text.Number(1)), Text: text.T("outbox.withdraw.text"),
		Items: []string{messageWords(p.row)},
		Act:   text.T("outbox.withdraw"), Cancel: text.T("outbox.withdraw.keep"), Danger: true,
	}, func() { p.act(withdrawMail) })
}

// act does something with the mail, and shows it as it is then.
func (p *messagePage) act(a mailAct) {
	p.asked++
	n := p.asked
	by, id := p.desk.actor(), p.row.Message.ID
	p.said, p.wrong = "", nil
	p.desk.beside(p.desk.ctx, func(ctx context.Context) {
		err := p.desk.doWithMail(ctx, a, by, id)
		p.desk.do(func() {
			if n != p.asked || err != nil && p.desk.refused(err) {
				return
			}
			if p.wrong = err; err == nil {
				p.said = text.N("outbox.done."+string(a), 1, "Number", text.Number(1))
			}
			p.draw()
			p.ask()
		})
	})
}

// messageWords is whom and what a mail is about, in a line.
func messageWords(r directory.MessageRow) string {
	return text.T("outbox.to", "About", aboutWords(r), "To", called(r.User.DisplayName(), r.Message.To))
}
