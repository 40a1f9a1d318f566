package desk

import (
	"context"

	"fyne.io/fyne/v2"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
	"tapstation/ui/wording"
)

// fewActs is how many acts about a user are shown at first; moreActs how many more at a time.
const (
	fewActs  = 8
	moreActs = 25
)

// askActs asks what happened to the user, from the newest on, or, with before, further back.
func (p *userPage) askActs(ctx context.Context, before uint64) {
	if !p.desk.may(directory.SeeActivities) {
		return
	}
	by, user, limit := p.desk.actor(), p.state.User.ID, moreActs
	if before == 0 {
		limit = max(fewActs, min(len(p.state.Acts), 1000))
	}
	p.desk.beside(ctx, func(ctx context.Context) {
		var entries []audit.Entry
		var err error
		next := before
		for { // a page may hold less than is asked for, even nothing, and not be the last
			var page directory.ActivityPage
			page, err = p.desk.station.Directory.Activities(ctx, by,
				directory.ActivityQuery{User: user, Before: next, Limit: limit - len(entries)})
			entries, next = append(entries, page.Entries...), page.Next
			if err != nil || next == 0 || len(entries) >= limit {
				break
			}
		}
		p.desk.do(func() {
			if p.state.User.ID != user || ctx.Err() != nil {
				return
			}
			p.state.ActsLost = err
			if err == nil {
				if before == 0 {
					p.state.Acts = nil
				}
				p.state.Acts, p.state.ActsNext, p.state.ActsRead = append(p.state.Acts, entries...), next, true
			}
			p.refresh()
		})
	})
}

// acts are what happened to the user and their keys.
func (p *userPage) acts() fyne.CanvasObject {
	s := p.state
	if s.ActsLost != nil {
		again := widget.NewButton(text.T("page.again"), func() { p.askActs(p.desk.ctx, 0) }).WithIcon(theme.AgainIcon)
		return widget.Line(theme.Space16, widget.NewStatus(problemSign(s.ActsLost)), again)
	}
	if !s.ActsRead {
		return widget.Small("")
	}
	if len(s.Acts) == 0 {
		return widget.Hint(text.T("user.no_acts"))
	}
	rows := widget.Column(theme.Space4)
	for _, e := range s.Acts {
		when := widget.NewText(text.DateTime(e.Time))
		when.Color, when.Clip = theme.Muted, true
		what := wording.Act(e.Act)
		if more := wording.Particulars(e); more != "" {
			what += " · " + more
		}
		by := clipped(wording.Actor(e.Actor))
		by.Color = theme.Muted
		rows.Add(newActRow(when, clipped(what), by))
	}
	buttons := widget.Line(theme.Space8)
	if s.ActsNext != 0 {
		buttons.Add(widget.NewButton(text.T("user.more_acts"), func() { p.askActs(p.desk.ctx, p.state.ActsNext) }))
	}
	buttons.Add(widget.NewQuiet(text.T("user.all_acts"), "", theme.ActivitiesIcon, func() {
		p.desk.ShowActivitiesWith(directory.ActivityQuery{User: s.User.ID})
	}))
	return widget.Panel(widget.PadXY(theme.Space24, theme.Space12, widget.Column(theme.Space8, rows, buttons)))
}

func newActRow(when, what, by fyne.CanvasObject) *fyne.Container {
	return &fyne.Container{Layout: actLayout{}, Objects: []fyne.CanvasObject{when, what, by}}
}

// actLayout is when, what, and by whom, in columns that line up from row to row.
type actLayout struct{}

func (actLayout) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	const when, by, gap = 152, 160, theme.Space16
	place(objects[0], 0, when, s.Height)
	place(objects[1], when+gap, max(s.Width-when-by-2*gap, 0), s.Height)
	place(objects[2], s.Width-by, by, s.Height)
}

func (actLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(400, 28) }
