package desk

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
	"tapstation/ui/wording"
)

// render shows the state: what is about to begin, whose turn it is, or what came of it.
func (p *queuePage) render() {
	var shown fyne.CanvasObject
	switch {
	case !p.state.Begun:
		shown = p.intro()
	case p.state.over():
		shown = p.outcome()
	default:
		p.renderHead()
		shown = p.running
	}
	if len(p.holder.Objects) != 1 || p.holder.Objects[0] != shown {
		p.holder.Objects = []fyne.CanvasObject{shown}
		p.holder.Refresh()
	}
}

// renderHead says whose turn it is, and who comes after.
func (p *queuePage) renderHead() {
	s := p.state
	who := p.whose
	if p.reader == "" {
		who, _ = s.now()
	}
	at := s.at()
	if p.reader != "" {
		at-- // theirs is done, but their card is still there
	}
	p.who.SetText(who.Name)
	p.count.SetText(text.T("queue.count", "At", text.Number(at+1), "Of", text.Number(len(s.People))) + "  ·  " + who.ID)
	p.next.SetText("")
	if at+1 < len(s.People) {
		words := text.T("queue.then", "Name", s.People[at+1].Name)
		if p.reader != "" {
			words = text.T("queue.take_away", "Name", s.People[at+1].Name)
		}
		p.next.SetText(words)
	}
	p.bar.Set(s.at(), len(s.People))
}

// intro says who will be enrolled, and asks what can be chosen.
func (p *queuePage) intro() fyne.CanvasObject {
	n := len(p.state.People)
	p.leaveOut = widget.NewToggle(text.T("queue.leave_out"), text.T("queue.leave_out_text"), func(on bool) { p.state.LeaveOut = on })
	p.leaveOut.Set(p.state.LeaveOut)
	p.start = widget.NewPrimary(text.T("queue.begin"), p.begin).WithIcon(theme.CardIcon)
	list := widget.NewList(func() int { return n },
		widget.NewCol(text.T("users.column.name"), 1.5, func() *widget.Text { return clipped("") },
			func(t *widget.Text, row int) { t.SetText(p.state.People[row].Name) }),
		widget.NewCol(text.T("users.column.id"), 1, func() *widget.Text { return clipped("") },
			func(t *widget.Text, row int) { t.SetText(p.state.People[row].ID) }))
	back := widget.NewButton(text.T("user.key.cancel"), p.desk.ShowUsers)
	return widget.PadXY(theme.Space32, theme.Space24, container.NewBorder(
		widget.Column(theme.Space16,
			widget.Heading(text.N("queue.title", n, "Number", text.Number(n))),
			widget.AtMost(720, widget.Hint(text.T("queue.text"))),
			widget.AtMost(720, p.leaveOut)),
		container.NewVBox(widget.PadXY(0, theme.Space8, widget.Rule()), container.NewBorder(nil, nil, back, p.start, container.NewStack())),
		nil, nil, widget.PadXY(0, theme.Space16, widget.AtMost(720, widget.Panel(list)))))
}

// outcome says what came of it, one by one.
func (p *queuePage) outcome() fyne.CanvasObject {
	s := p.state
	counts := s.counts()
	line := widget.Line(theme.Space24)
	for _, o := range []outcome{enrolledKey, hadOne, skipped, notEnrolled, notReached} {
		if counts[o] > 0 {
			sign := o.sign()
			sign.Word = text.Number(counts[o]) + " " + sign.Word
			line.Add(widget.NewStatus(sign))
		}
	}
	var copied *widget.Button
	copied = widget.NewButton(text.T("queue.copy"), func() {
		report, err := s.report()
		if err != nil {
			copied.WithIcon(theme.WarningIcon).SetText(wording.Error(err).Title)
			return
		}
		p.desk.app.Clipboard().SetContent(report)
		copied.WithIcon(theme.CheckIcon)
	}).WithIcon(theme.CopyIcon)
	p.done = widget.NewPrimary(text.T("wizard.done"), p.desk.ShowUsers)
	list := widget.NewList(func() int { return len(s.People) },
		widget.NewCol(text.T("users.column.name"), 1.3, func() *widget.Text { return clipped("") },
			func(t *widget.Text, row int) { t.SetText(s.People[row].Name) }),
		widget.NewCol(text.T("users.column.id"), 1, func() *widget.Text { return clipped("") },
			func(t *widget.Text, row int) { t.SetText(s.People[row].ID) }),
		widget.NewCol(text.T("queue.column.outcome"), 1.2, func() *widget.Badge { return widget.NewStatus(widget.Sign{}) },
			func(b *widget.Badge, row int) { b.Set(s.result(row).Outcome.sign()) }),
		widget.NewCol(text.T("queue.column.more"), 2.2, func() *widget.Text { return clipped("") },
			func(t *widget.Text, row int) { t.SetText(s.result(row).more()) }))
	list.OnOpen = func(row int) { p.desk.ShowUser(s.People[row].ID) }
	return widget.PadXY(theme.Space32, theme.Space24, container.NewBorder(
		widget.Column(theme.Space16, widget.Heading(text.T("queue.ended")), line),
		container.NewVBox(widget.PadXY(0, theme.Space8, widget.Rule()), container.NewBorder(nil, nil, copied, p.done, container.NewStack())),
		nil, nil, widget.PadXY(0, theme.Space16, widget.Panel(list))))
}

// sign is an outcome with its sign.
func (o outcome) sign() widget.Sign {
	s := widget.Sign{Icon: theme.LaterIcon, Color: theme.Muted, Word: o.word()}
	switch o {
	case enrolledKey:
		s.Icon, s.Color = theme.CheckCircleIcon, theme.Success
	case hadOne:
		s.Icon = theme.KeyIcon
	case skipped:
		s.Icon = theme.PauseIcon
	case notEnrolled:
		s.Icon, s.Color = theme.WarningIcon, theme.Warning
	}
	return s
}
