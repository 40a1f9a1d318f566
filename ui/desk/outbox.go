package desk

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// outboxPage is Mail: what waits to leave, what has left and what could not, and how sending stands.
type outboxPage struct {
	desk   *Desk
	state  outboxState
	cancel context.CancelFunc // of what is being asked
	job    *job               // nil: nothing is being done with those chosen

	search      *widget.Search
	standing    *widget.Filter
	made        *widget.Filter  // only another page asks for it
	find        *fyne.Container // search and filters
	meant       *fyne.Container // who the search may mean
	sending     *sendingView
	count       *widget.Text
	again       *widget.Button
	list        *widget.List
	bar, middle *fyne.Container
	drawn       string // what stands in middle
	body        *fyne.Container
	all         fyne.CanvasObject
}

func newOutboxPage(d *Desk) *outboxPage {
	p := &outboxPage{desk: d, cancel: func() {}, count: widget.Small(""), meant: newOffers()}
	p.state.Query.Desc = true
	p.count.Clip = true
	p.search = widget.NewSearch(text.T("outbox.search"), text.T("outbox.search_clear"))
	p.search.OnChanged = p.mean
	p.search.Entry.OnDown = func() { p.list.Focus() }
	p.search.Entry.OnEnter = func() { p.list.Focus() }
	var states []widget.Pick
	for _, s := range messageStates {
		sign := widget.MessageSign(s)
		states = append(states, widget.Pick{ID: string(s), Title: sign.Word, Icon: sign.Icon, Color: sign.Color})
	}
	p.standing = widget.NewFilter(text.T("outbox.filter"), func(id string) {
		q := p.state.Query
		q.State = directory.MessageState(id)
		p.ask(q)
	}, states...)
	p.made = widget.NewFilter(text.T("outbox.made_before"), func(id string) {
		q := p.state.Query
		if id == "" {
			q.MadeBefore = time.Time{}
		}
		p.ask(q)
	})
	p.buildList()
	p.again = widget.NewQuiet(text.T("page.again"), "", theme.AgainIcon, func() { p.state.retry(); p.send() })
	p.middle, p.bar = container.NewStack(), container.NewStack()
	p.sending = newSendingView(d, func() { p.body.Refresh() })
	p.sending.now.OnTapped = p.sendNow
	var acts []fyne.CanvasObject
	if d.may(directory.EnrollKeys) {
		acts = append(acts, p.sending.now)
	}
	p.find = container.New(&filterLayout{}, p.search, p.standing, p.made)
	p.body = widget.Above(theme.Space16, container.NewBorder(nil, p.bar, nil, nil, p.middle),
		countedTitle(text.T("outbox.title"), p.count, p.again, acts...), p.sending.all, p.find, p.meant)
	p.all = widget.PadXY(theme.Space32, theme.Space24, p.body)
	p.render()
	return p
}

func (p *outboxPage) buildList() {
	words := func(title string, weight float32, of func(directory.MessageRow) string) widget.Col {
		return widget.NewCol(text.T(title), weight, func() *widget.Text { return clipped("") },
			func(t *widget.Text, row int) {
				r, ok := p.state.Rows.at(row)
				if !ok {
					t.SetText("")
					return
				}
				t.SetText(of(r))
			})
	}
	p.list = widget.NewList(func() int { return p.state.Rows.count() },
		words("outbox.column.to", 1.2, func(r directory.MessageRow) string { return r.User.DisplayName() }),
		words("outbox.column.about", 1.25, aboutWords),
		widget.NewCol(text.T("outbox.column.state"), 1.15, func() *widget.Badge { return widget.NewStatus(widget.Sign{}) },
			func(b *widget.Badge, row int) {
				s := widget.Sign{}
				if r, ok := p.state.Rows.at(row); ok {
					s = widget.MessageSign(r.Message.State)
				}
				b.Set(s)
			}),
		words("outbox.column.answer", 1.5, func(r directory.MessageRow) string { return answerWords(r.Message) }),
		words("outbox.column.attempts", 0.55, func(r directory.MessageRow) string { return text.Number(r.Message.Attempts) }),
		words("outbox.column.when", 1.05, func(r directory.MessageRow) string { return whenWords(r.Message, p.desk.now()) }))
	if p.desk.may(directory.EnrollKeys) {
		p.list.SetMarks(widget.Marks{
			Is:     func(row int) bool { return p.state.Chosen.has(p.state.Rows.id(row)) },
			All:    func() widget.Marking { return p.state.Chosen.marking() },
			OnMark: p.mark,
			OnAll: func(on bool) {
				p.state.Chosen = chosen{All: on}
				p.job = p.job.read()
				p.render()
			},
		})
	}
	p.list.OnOpen = func(row int) {
		if r, ok := p.state.Rows.at(row); ok {
			p.desk.show(newMessagePage(p.desk, r, p))
		}
	}
	p.list.OnTop = p.search.Focus
	p.list.OnSeen = func(row int) {
		if p.state.see(row) {
			p.send()
		}
	}
	p.list.OnNearEnd = p.more
}

// ShowMail goes to Mail.
func (d *Desk) ShowMail() { d.open(mailPlace) }

// ShowMailSettings goes to the settings by which mail leaves.
func (d *Desk) ShowMailSettings() {
	if p, ok := d.at(settingsPlace).(*settingsPage); ok {
		d.leave(func() {
			p.state = p.state.open(mailSection)
			p.drawn = ""
			d.put(p)
		})
	}
}

// ShowMailWith goes to Mail with those that match q; its After and Limit do not count.
func (d *Desk) ShowMailWith(q directory.MessageQuery) {
	p, ok := d.at(mailPlace).(*outboxPage)
	if !ok {
		return
	}
	p.state = p.state.ask(q)
	p.state.drop()
	p.state.Known = false // shown asks for it
	p.state.Typed, p.state.Users = q.UserID, nil
	p.search.Set(q.UserID)
	d.open(mailPlace)
}

func (p *outboxPage) content() fyne.CanvasObject { return p.all }

func (p *outboxPage) keys() *widget.Keys {
	return &widget.Keys{
		Runes:     map[rune]func(){'/': p.search.Focus},
		Shortcuts: []widget.Shortcut{{Key: fyne.KeyF, Do: p.search.Focus}},
		Escape:    p.escape,
	}
}

// escape takes back what was chosen.
func (p *outboxPage) escape() {
	if !p.state.Chosen.none() && p.job == nil {
		p.state.Chosen = chosen{}
		p.list.Changed()
		p.render()
	}
}

func (p *outboxPage) shown() {
	p.state.again()
	p.send()
	p.sending.shown()
	p.desk.focus(p.search.Entry)
	p.lookAgain()
}

func (p *outboxPage) left() {
	p.cancel()
	p.state.drop()
	p.sending.left()
	if p.job != nil && p.job.state.Over {
		p.job = nil
	}
}

// mailLong is how long a mail may wait before somebody should look into it.
const mailLong = time.Hour

// outboxAgain is how long what is listed stands before it is asked for anew: mails leave while one looks.
const outboxAgain = 5 * time.Second

// lookAgain asks anew for what is seen for as long as the page is there.
func (p *outboxPage) lookAgain() {
	n := p.sending.asked
	p.desk.opts.After(outboxAgain, func() {
		p.desk.do(func() {
			if n != p.sending.asked || p.desk.page != page(p) {
				return
			}
			if !p.state.Asking && p.state.Failed == nil && p.job == nil {
				p.state.again()
				p.send()
			}
			p.lookAgain()
		})
	})
}

// ask lists what matches instead. A question that is still open is given up.
func (p *outboxPage) ask(q directory.MessageQuery) {
	p.state = p.state.ask(q)
	p.send()
	p.render()
}

// mean finds out whom the words typed mean.
func (p *outboxPage) mean(words string) {
	p.state.find(p.desk, words, func(users []directory.User) {
		q := p.state.Query
		if q.UserID = p.state.meant(users, q.UserID); q.UserID != p.state.Query.UserID {
			p.ask(q)
			return
		}
		p.render()
	})
}

func (p *outboxPage) more() {
	if p.state.more() {
		p.send()
	}
}

// send puts the question to the directory.
func (p *outboxPage) send() {
	p.cancel()
	ctx, cancel := context.WithCancel(p.desk.ctx)
	p.cancel = cancel
	n, q, anew, now := p.state.Asked, p.state.question(), p.state.anew, p.desk.now()
	p.desk.beside(ctx, func(ctx context.Context) {
		list, err := p.desk.station.Directory.MessageRows(ctx, q)
		figures, figuresErr := p.desk.station.Directory.MailFigures(ctx, now.Add(-mailLong))
		w, workspaceErr := p.desk.station.Directory.Workspace(ctx)
		p.desk.do(func() {
			fresh := n == p.state.Asked
			p.state = p.state.took(n, list, err)
			if !fresh {
				return
			}
			if workspaceErr == nil && !w.Changed.Equal(p.desk.workspace.Changed) { // mail was set up elsewhere, perhaps
				p.desk.setWorkspace(w)
			}
			if figuresErr == nil {
				p.state.Figures = &figures
				p.sending.setQueued(figures.States[directory.Queued])
			}
			if anew && err == nil {
				p.list.ToTop()
			}
			p.render()
			if len(list.Rows) == 0 && list.Next != "" && err == nil {
				p.more() // a search for what is rare answers from time to time
			}
		})
	})
	p.speakOfWaiting(n, 0, slowAfter)
	p.renderCount()
}

// speakOfWaiting says that question n is still open, once it has been for a while, and then every second how long.
func (p *outboxPage) speakOfWaiting(n, seconds int, after time.Duration) {
	p.desk.opts.After(after, func() {
		p.desk.do(func() {
			if n != p.state.Asked || !p.state.Asking {
				return
			}
			p.state.waited(n, seconds)
			p.renderCount()
			p.speakOfWaiting(n, seconds+1, time.Second)
		})
	})
}

// render shows the state.
func (p *outboxPage) render() {
	s := &p.state
	p.renderCount()
	p.standing.Choose(string(s.Query.State))
	p.made.Choose(timeWords(s.Query.MadeBefore))
	if hidden := s.Query.MadeBefore.IsZero(); hidden != p.made.Hidden {
		p.made.Hidden = hidden
		p.find.Refresh()
	}
	if s.offer(p.meant, func(id string) { p.search.Entry.SetText(id) }) {
		p.body.Refresh()
	}
	p.renderBar()
	rows := s.Rows.count()
	searching := s.Asking || !s.Rows.end
	switch {
	case s.Failed != nil && (rows == 0 || s.anew):
		p.put("failed:"+s.Failed.Error(), func() fyne.CanvasObject {
			return failedView(s.Failed, func() { p.state.retry(); p.send(); p.render() })
		})
	case !s.Known:
		p.put("unknown", func() fyne.CanvasObject { return container.NewStack() })
	case rows == 0 && !s.narrowed() && !searching:
		p.put("empty", func() fyne.CanvasObject {
			return widget.Empty(theme.MailIcon, text.T("outbox.empty.title"), text.T("outbox.empty.text"), nil)
		})
	case rows == 0 && !searching:
		p.put("none", func() fyne.CanvasObject {
			return widget.Empty(theme.SearchIcon, text.T("outbox.none.title"), text.T("outbox.none.text"),
				widget.NewButton(text.T("outbox.show_all"), p.showAll))
		})
	case rows > 0:
		p.put("list", func() fyne.CanvasObject { return widget.Panel(p.list) })
		p.list.Changed()
	}
}

// renderCount says how many there are, or that it is being looked, or that a further page could not be had.
func (p *outboxPage) renderCount() {
	s := &p.state
	broken := s.Failed != nil && s.Rows.count() > 0 && !s.anew
	p.again.Hidden = !broken
	switch words := waitingWords(s.Asking, s.Waited); {
	case broken:
		p.count.SetText(text.T("users.page_failed"))
	case words != "":
		p.count.SetText(words)
	case s.Known && s.Failed == nil && s.Rows.count() > 0:
		n, known := s.total()
		p.count.SetText(countWords("outbox.count", "outbox.count_more", n, known))
	case !s.Asking:
		p.count.SetText("")
	}
}

// showAll takes away what keeps mails from being listed.
func (p *outboxPage) showAll() {
	p.state.Typed, p.state.Users = "", nil
	p.search.Set("")
	p.ask(directory.MessageQuery{Desc: true})
	p.search.Focus()
}

// put replaces what stands in the middle, if that is not there already.
func (p *outboxPage) put(name string, make func() fyne.CanvasObject) {
	if p.drawn == name {
		return
	}
	p.drawn = name
	p.middle.Objects = []fyne.CanvasObject{make()}
	p.middle.Refresh()
}
