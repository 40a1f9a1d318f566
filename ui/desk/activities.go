package desk

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
	"tapstation/ui/wording"
)

// activitiesPage is the record of every act: who did what, when, to whom.
type activitiesPage struct {
	desk   *Desk
	state  activitiesState
	cancel context.CancelFunc

	search *widget.Search
	act    *widget.Filter
	by     *widget.Filter
	back   *widget.Filter
	status *widget.Text
	meant  *fyne.Container // who the search may mean
	proof  *proof
	list   *widget.List
	middle *fyne.Container // the list, or what stands in its place
	drawn  string
	body   *fyne.Container
	all    fyne.CanvasObject
}

func newActivitiesPage(d *Desk) *activitiesPage {
	p := &activitiesPage{desk: d, cancel: func() {}, status: widget.Small(""), middle: container.NewStack(),
		meant: newOffers()}
	p.search = widget.NewSearch(text.T("activities.search"), text.T("activities.search_clear"))
	p.search.OnChanged = p.mean
	p.search.Entry.OnDown = func() { p.list.Focus() }
	p.search.Entry.OnEnter = func() { p.list.Focus() }
	p.act = widget.NewFilter(text.T("activities.act"), func(id string) {
		p.state.Query.Act = audit.Act(id)
		p.first()
	}, actPicks()...)
	p.by = widget.NewFilter(text.T("activities.by"), func(id string) {
		p.state.Query.Actor = id
		p.first()
	})
	p.back = widget.NewFilter(text.T("activities.when"), func(id string) {
		p.state.Back, p.state.Fixed = period(id), false
		p.state.Query.Since, p.state.Query.Until = time.Time{}, time.Time{}
		p.first()
	}, periodPicks()...)

	words := func(title string, weight float32, of func(audit.Entry) string) widget.Col {
		return widget.NewCol(text.T(title), weight, func() *widget.Text { return clipped("") },
			func(t *widget.Text, row int) {
				e, _ := p.state.Rows.at(row)
				t.SetText(of(e))
				p.seen(row)
			})
	}
	p.list = widget.NewList(func() int { return p.state.Rows.count() },
		words("activities.column.time", 1.1, func(e audit.Entry) string { return text.DateTime(e.Time) }),
		words("activities.column.act", 1.7, func(e audit.Entry) string { return wording.Act(e.Act) }),
		words("activities.column.user", 1.2, func(e audit.Entry) string { return e.User }),
		words("activities.column.particulars", 2, wording.Particulars),
		words("activities.column.by", 1.2, func(e audit.Entry) string { return wording.Actor(e.Actor) }))
	p.list.OnOpen = func(row int) {
		if e, ok := p.state.Rows.at(row); ok {
			d.show(newActivityPage(d, e, p))
		}
	}
	p.list.OnTop = p.search.Focus
	p.list.OnNearEnd = func() {
		if p.state.more() {
			p.ask()
		}
	}

	p.proof = newProof(d, func() { p.body.Refresh() })
	export := widget.NewButton(text.T("activities.export"), p.export)
	find := container.New(&filterLayout{}, p.search, p.by, p.act, p.back, p.status)
	p.body = widget.Above(theme.Space12, p.middle,
		widget.TitleLine(text.T("activities.title"), widget.Line(theme.Space8, p.proof.button, export)),
		p.proof.said, find, p.meant)
	p.all = widget.PadXY(theme.Space32, theme.Space24, p.body)
	p.render()
	return p
}

func actPicks() (picks []widget.Pick) {
	for _, a := range audit.Acts {
		picks = append(picks, widget.Pick{ID: string(a), Title: wording.Act(a)})
	}
	return picks
}

func periodPicks() (picks []widget.Pick) {
	for _, b := range periods {
		picks = append(picks, widget.Pick{ID: string(b), Title: text.T("activities.period." + string(b))})
	}
	return picks
}

// ShowActivitiesWith goes to Activities and shows those that q asks for.
func (d *Desk) ShowActivitiesWith(q directory.ActivityQuery) {
	p, ok := d.at(activitiesPlace).(*activitiesPage)
	if !ok {
		return // not for this role
	}
	p.state.Query, p.state.Back, p.state.Fixed = q, everPeriod, !q.Since.IsZero() || !q.Until.IsZero()
	p.state.Typed, p.state.Users = q.User, nil
	p.setSearch(q.User)
	p.act.Choose(string(q.Act))
	p.by.Choose(q.Actor)
	p.back.Choose("")
	p.state.first()
	d.open(activitiesPlace)
}

func (p *activitiesPage) content() fyne.CanvasObject { return p.all }

func (p *activitiesPage) keys() *widget.Keys {
	return &widget.Keys{
		Runes:     map[rune]func(){'/': p.search.Focus},
		Shortcuts: []widget.Shortcut{{Key: fyne.KeyF, Do: p.search.Focus}},
	}
}

func (p *activitiesPage) shown() {
	p.state.again()
	p.ask()
	p.askAdmins()
	p.desk.focus(p.search.Entry)
}

func (p *activitiesPage) left() {
	p.cancel()
	p.proof.left()
	p.state.drop()
}

// first asks for what is now to be listed.
func (p *activitiesPage) first() {
	p.state.first()
	p.ask()
}

// ask puts the open question to the directory.
func (p *activitiesPage) ask() {
	p.cancel()
	ctx, cancel := context.WithCancel(p.desk.ctx)
	p.cancel = cancel
	n, q, anew := p.state.Asked, p.state.question(p.desk.now()), p.state.anew
	p.desk.beside(ctx, func(ctx context.Context) {
		page, err := p.desk.station.Directory.Activities(ctx, p.desk.actor(), q)
		p.desk.do(func() {
			fresh := n == p.state.Asked
			p.state.answer(n, page, err)
			if fresh && anew && err == nil {
				p.list.ToTop()
			}
			if fresh && err == nil && len(page.Entries) == 0 && page.Next > 0 && p.state.more() {
				p.ask() // none on this page: the search goes on
			}
			p.render()
		})
	})
	p.speakOfWaiting(n, 0, slowAfter)
	p.render()
}

// seen asks for the entries of a row that came into view without them.
func (p *activitiesPage) seen(row int) {
	if p.state.see(row) {
		p.ask()
	}
}

func (p *activitiesPage) speakOfWaiting(n, seconds int, after time.Duration) {
	p.desk.opts.After(after, func() {
		p.desk.do(func() {
			if n != p.state.Asked || !p.state.Asking {
				return
			}
			p.state.waited(n, seconds)
			p.render()
			p.speakOfWaiting(n, seconds+1, time.Second)
		})
	})
}

// setSearch puts words into the search as if they had always been there.
func (p *activitiesPage) setSearch(words string) {
	changed := p.search.OnChanged
	p.search.OnChanged = nil
	p.search.Entry.SetText(words)
	p.search.OnChanged = changed
}

// mean finds out whom the words typed mean.
func (p *activitiesPage) mean(words string) {
	p.state.find(p.desk, words, func(users []directory.User) {
		if p.state.meant(users) {
			p.first()
		}
		p.render()
	})
}

// askAdmins asks who may have done something, for the filter.
func (p *activitiesPage) askAdmins() {
	p.desk.beside(p.desk.ctx, func(ctx context.Context) {
		var actors []string
		admins, err := p.desk.station.Admins.List(ctx)
		if err != nil {
			return // those who are in the list can be chosen all the same
		}
		for _, a := range admins {
			actors = append(actors, directory.AdminActor+a.Admin.UserID)
		}
		p.desk.do(func() {
			for _, by := range append(actors, directory.StationActor) {
				p.state.knowActor(by)
			}
			p.render()
		})
	})
}

// render shows the state.
func (p *activitiesPage) render() {
	s := &p.state
	p.status.SetText(waitingWords(s.Asking, s.Waited))
	var who []widget.Pick
	for _, by := range s.Actors {
		who = append(who, widget.Pick{ID: by, Title: wording.Actor(by)})
	}
	p.by.SetOptions(who...)
	p.renderMeant()
	switch {
	case s.Failed != nil && s.Rows.count() == 0:
		p.put("failed:"+s.Failed.Error(), func() fyne.CanvasObject {
			return failedView(s.Failed, func() { s.retry(); p.ask() })
		})
	case !s.Known:
		p.put("unknown", func() fyne.CanvasObject { return container.NewStack() })
	case s.Rows.count() == 0 && !s.Asking && s.narrowed():
		p.put("none", func() fyne.CanvasObject {
			return widget.Empty(theme.SearchIcon, text.T("activities.none.title"), text.T("activities.none.text"),
				widget.NewButton(text.T("activities.show_all"), p.showAll))
		})
	case s.Rows.count() == 0 && !s.Asking:
		p.put("empty", func() fyne.CanvasObject {
			return widget.Empty(theme.ActivitiesIcon, text.T("activities.empty.title"), text.T("activities.empty.text"), nil)
		})
	case s.Rows.count() > 0:
		p.put("list", func() fyne.CanvasObject { return widget.Panel(p.list) })
		p.list.Changed()
	}
}

// renderMeant offers those the search may mean.
func (p *activitiesPage) renderMeant() {
	if p.state.offer(p.meant, func(id string) { p.search.Entry.SetText(id) }) {
		p.body.Refresh()
	}
}

// showAll takes away what keeps activities from being listed.
func (p *activitiesPage) showAll() {
	p.desk.ShowActivitiesWith(directory.ActivityQuery{})
	p.search.Focus()
}

// put replaces what stands in the middle, if that is not there already.
func (p *activitiesPage) put(name string, make func() fyne.CanvasObject) {
	if p.drawn == name {
		return
	}
	p.drawn = name
	p.middle.Objects = []fyne.CanvasObject{make()}
	p.middle.Refresh()
}

// exportName is the file that is offered; one that ends otherwise than in .csv gets lines of JSON.
const exportName = "activities.csv"

// export writes what is asked for to a file.
func (p *activitiesPage) export() {
	p.desk.pickFile(pick{Title: text.T("activities.export_title"), Act: text.T("files.save"), Save: exportName}, func(path string) {
		q := p.state.Query
		if !p.state.Fixed {
			q.Since = p.state.Back.since(p.desk.now())
		}
		p.desk.beside(p.desk.ctx, func(ctx context.Context) {
			n, err := p.desk.exportAudit(ctx, path, q)
			p.desk.do(func() {
				if err != nil {
					p.proof.show(widget.Sign{Icon: theme.WarningIcon, Color: theme.Warning, Word: wording.Error(err).Title}, err)
					return
				}
				p.proof.show(widget.Sign{Icon: theme.CheckCircleIcon, Color: theme.Success,
					Word: text.N("activities.exported", n, "File", path)}, nil)
			})
		})
	})
}
