package desk

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// mark chooses the users of some rows, or no longer.
func (p *usersPage) mark(from, to int, on bool) {
	rows := map[string]string{}
	for i := from; i <= to; i++ {
		id := p.state.Rows.id(i)
		rows[id] = id
		if r, ok := p.state.Rows.at(i); ok {
			rows[id] = r.User.DisplayName()
		}
	}
	p.state.Chosen = p.state.Chosen.mark(rows, on)
	p.job = p.job.read()
	p.renderBar()
}

// renderBar shows what can be done with those chosen, how far that is, and what came of it. It stands below the list,
// so that no row moves away from under the pointer.
func (p *usersPage) renderBar() {
	var shown fyne.CanvasObject
	switch {
	case p.job != nil && (p.job.state.Over || p.job.state.Shown):
		shown = p.job.view(func() { p.job = nil; p.renderBar() })
	case p.job != nil, p.state.Chosen.none():
	default:
		shown = p.chosenBar()
	}
	p.bar.Objects = nil
	if shown != nil {
		p.bar.Objects = []fyne.CanvasObject{container.New(aboveOnly{theme.Space12}, shown)}
	}
	p.bar.Refresh()
	p.all.Refresh()
}

func (p *usersPage) chosenBar() fyne.CanvasObject {
	n, known := p.state.chosenCount()
	words := text.T("users.chosen_all")
	if known {
		words = text.N("users.chosen", n, "Number", text.Number(n))
	}
	said := widget.NewText(words)
	said.Bold = true
	var acts []*widget.Button
	d := p.desk
	if d.may(directory.ManageUsers) {
		var group *widget.Button
		group = widget.NewButton(text.T("users.act.group"), func() { p.chooseGroup(group) })
		acts = append(acts, group)
	}
	if d.may(directory.EnrollKeys) {
		acts = append(acts, widget.NewButton(text.T("users.act.enroll"), p.askEnroll))
	}
	if d.offersAssign() {
		acts = append(acts, widget.NewButton(text.T("assign.button"), p.askAssignKeys))
	}
	if d.may(directory.ManageUsers) {
		acts = append(acts, widget.NewButton(text.T("users.act.disable"), p.askDisable))
	}
	if d.may(directory.ExportUsers) {
		acts = append(acts, widget.NewButton(text.T("users.act.export"), p.askExport))
	}
	clear := widget.NewQuiet("", text.T("users.act.clear"), theme.CrossIcon, p.escape)
	room := p.all.Size().Width - 2*(theme.Space32+theme.Space16) - theme.Space16 - clear.MinSize().Width
	return widget.Panel(widget.PadXY(theme.Space16, theme.Space8, widget.Between(fitting(room, said, acts), clear)))
}

// fitting puts buttons beside words, as many as there is room for; the others are behind a button of their own.
func fitting(room float32, said *widget.Text, acts []*widget.Button) fyne.CanvasObject {
	more := widget.NewButton("", nil).WithIcon(theme.MoreIcon)
	more.Label = text.T("user.more")
	width := func(o fyne.CanvasObject) float32 { return theme.Space8 + o.MinSize().Width }
	used, all := said.MinSize().Width, said.MinSize().Width
	for _, a := range acts {
		all += width(a)
	}
	if room <= 0 { // before the page was laid out there is no room to speak of
		room = all
	}
	if all > room {
		used += width(more)
	}
	line := widget.Line(theme.Space8, said)
	for i, a := range acts {
		if used += width(a); used > room {
			offerIn(more, acts[i:])
			line.Add(more)
			break
		}
		line.Add(a)
	}
	return line
}

// offerIn has a button offer what others do.
func offerIn(more *widget.Button, acts []*widget.Button) {
	var picks []widget.Pick
	for _, a := range acts {
		picks = append(picks, widget.Pick{ID: a.Text, Title: a.Text})
	}
	more.OnTapped = func() {
		widget.ShowPicker(more, widget.Picks{Options: picks, OnPicked: func(id string) {
			for _, a := range acts {
				if a.Text == id {
					a.OnTapped()
				}
			}
		}})
	}
}

// aboveOnly keeps a distance above one object.
type aboveOnly struct{ gap float32 }

func (l aboveOnly) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	objects[0].Move(fyne.NewPos(0, l.gap))
	objects[0].Resize(fyne.NewSize(s.Width, s.Height-l.gap))
}

func (l aboveOnly) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return objects[0].MinSize().AddWidthHeight(0, l.gap)
}

// renderNotice says who has just been saved, and where a row of enrollments stands that was left.
func (p *usersPage) renderNotice() {
	var lines []fyne.CanvasObject
	if u := p.state.Saved; u != nil {
		sign := widget.Sign{Icon: theme.CheckCircleIcon, Color: theme.Success, Word: text.T("users.saved", "Name", u.DisplayName())}
		lines = append(lines, noticeLine(sign,
			widget.NewQuiet(text.T("users.saved_open"), "", nil, func() { p.desk.ShowUser(u.ID) })))
	}
	if q := p.desk.queued(); q != nil {
		words := text.T("users.queue_waits", "Done", text.Number(q.state.at()), "Of", text.Number(len(q.state.People)))
		lines = append(lines, noticeLine(widget.Sign{Icon: theme.CardIcon, Color: theme.Primary, Word: words},
			widget.NewQuiet(text.T("users.queue_open"), "", nil, func() { p.desk.show(q) })))
	}
	p.notice.Hidden = len(lines) == 0
	p.notice.Objects = []fyne.CanvasObject{widget.Column(theme.Space8, lines...)}
	p.notice.Refresh()
}

func noticeLine(sign widget.Sign, act *widget.Button) fyne.CanvasObject {
	return widget.Panel(widget.PadXY(theme.Space16, theme.Space4, widget.Between(widget.NewStatus(sign), act)))
}
