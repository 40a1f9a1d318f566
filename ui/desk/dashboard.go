package desk

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/device"
	"tapstation/ui/chart"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// dashboardPage is how things stand, at a glance. Every figure opens the list behind it.
type dashboardPage struct {
	desk   *Desk
	state  dashboardState
	cancel context.CancelFunc

	tiles   []*widget.Tile
	counts  []count
	mail    []*widget.Tile // hidden where nothing is mailed
	mails   []mailCount
	bars    *chart.Bars
	said    *widget.Text // of the bars
	readers *fyne.Container
	figures fyne.CanvasObject
	holder  *fyne.Container
	drawn   string
}

func newDashboardPage(d *Desk) *dashboardPage {
	p := &dashboardPage{desk: d, cancel: func() {}, holder: container.NewStack(), said: widget.Small("")}
	p.said.Clip = true
	p.bars = chart.NewBars(text.T("dashboard.chart"), fyne.NewSize(360, 150))
	p.bars.OnCurrent = func(int) { p.renderSaid() }
	p.bars.OnOpen = func(day int) {
		days := p.state.Query.Days
		d.ShowKeysWith(directory.KeyQuery{ActivatedFrom: days[day], ActivatedBefore: days[day+1]})
	}
	p.readers = widget.Column(theme.Space8)

	counts, keys := p.row(userCounts()), p.row(keyCounts())
	body := widget.Above(theme.Space12,
		container.New(chartLayout{},
			widget.Column(theme.Space12, widget.Title(text.T("dashboard.look")), p.stack(lookCounts(d.now))),
			widget.Above(theme.Space12, widget.Panel(widget.PadXY(theme.Space8, theme.Space8,
				widget.Above(0, p.bars, widget.PadXY(theme.Space8, 0, p.said)))), widget.Title(text.T("dashboard.chart"))),
			widget.Above(theme.Space12, widget.Panel(widget.PadXY(theme.Space16, theme.Space12, p.readers)),
				widget.Title(text.T("dashboard.readers")))),
		counts, widget.Title(text.T("dashboard.keys")), keys)
	p.figures = container.NewVScroll(widget.Pad(theme.Space4, body))
	p.render()
	return p
}

// row puts figures beside each other, stack under each other.
func (p *dashboardPage) row(counts []count) fyne.CanvasObject {
	return widget.Across(theme.Space12, p.add(counts)...)
}

func (p *dashboardPage) stack(counts []count) fyne.CanvasObject {
	return widget.Column(theme.Space12, append(p.add(counts), p.addMail(mailCounts(p.desk.now))...)...)
}

func (p *dashboardPage) addMail(counts []mailCount) (tiles []fyne.CanvasObject) {
	for _, c := range counts {
		t := widget.NewTile(c.sign, func() { p.desk.ShowMailWith(c.mails()) })
		p.mail, p.mails, tiles = append(p.mail, t), append(p.mails, c), append(tiles, t)
	}
	return tiles
}

func (p *dashboardPage) add(counts []count) (tiles []fyne.CanvasObject) {
	for _, c := range counts {
		t := widget.NewTile(c.sign, func() {
			if c.users != nil {
				p.desk.ShowUsersWith(c.users())
			} else {
				p.desk.ShowKeysWith(c.keys())
			}
		})
		p.tiles, p.counts, tiles = append(p.tiles, t), append(p.counts, c), append(tiles, t)
	}
	return tiles
}

func userCounts() []count {
	users := func(icon *theme.Icon, key string, q directory.UserQuery, of func(directory.Statistics) int) count {
		return count{sign: widget.Sign{Icon: icon, Color: theme.Muted, Word: text.T(key)}, of: of,
			users: func() directory.UserQuery { return q }}
	}
	return []count{
		users(theme.UsersIcon, "dashboard.users", directory.UserQuery{}, func(s directory.Statistics) int { return s.Users }),
		users(theme.CheckCircleIcon, "dashboard.active_users", directory.UserQuery{Keys: directory.HoldsActive},
			func(s directory.Statistics) int { return s.ActiveUsers }),
		users(theme.LaterIcon, "dashboard.inactive_users", directory.UserQuery{Keys: directory.HoldsNoActive},
			func(s directory.Statistics) int { return s.Users - s.ActiveUsers }),
		users(theme.PauseIcon, "dashboard.disabled_users", directory.UserQuery{Disabled: directory.On},
			func(s directory.Statistics) int { return s.DisabledUsers }),
	}
}

func keyCounts() (counts []count) {
	for _, state := range []directory.KeyState{directory.Active, directory.Pending, directory.Disabled, directory.Revoked} {
		counts = append(counts, count{sign: widget.StateSign(state),
			of:   func(s directory.Statistics) int { return s.Keys[state] },
			keys: func() directory.KeyQuery { return directory.KeyQuery{State: state} }})
	}
	return counts
}

// lookCounts are what somebody should look into before it becomes a problem.
func lookCounts(now func() time.Time) []count {
	sign := func(s widget.Sign, key string) widget.Sign { s.Word = text.T(key); return s }
	return []count{
		{sign: sign(widget.VerificationSign(directory.PINless), "dashboard.pinless"),
			of: func(s directory.Statistics) int { return s.Verification[directory.PINless] },
			keys: func() directory.KeyQuery {
				return directory.KeyQuery{State: directory.Active, Verification: directory.PINless}
			}},
		{sign: sign(widget.StateSign(directory.Pending), "dashboard.pending_long"),
			of: func(s directory.Statistics) int { return s.PendingLong },
			keys: func() directory.KeyQuery {
				return directory.KeyQuery{State: directory.Pending, MadeBefore: now().Add(-pendingLong)}
			}},
		{sign: sign(widget.TemporaryPINSign(), "dashboard.temporary"),
			of:   func(s directory.Statistics) int { return s.TemporaryPINs },
			keys: func() directory.KeyQuery { return directory.KeyQuery{State: directory.Active, TemporaryPIN: true} }},
	}
}

// mailCounts are the mails that somebody should look into.
func mailCounts(now func() time.Time) []mailCount {
	sign := func(s widget.Sign, key string) widget.Sign { s.Word = text.T(key); return s }
	return []mailCount{
		{sign: sign(widget.MessageSign(directory.Failed), "dashboard.mail_failed"),
			of:    func(f directory.MailFigures) int { return f.States[directory.Failed] },
			mails: func() directory.MessageQuery { return directory.MessageQuery{State: directory.Failed, Desc: true} }},
		{sign: sign(widget.MessageSign(directory.Queued), "dashboard.mail_waiting"),
			of: func(f directory.MailFigures) int { return f.WaitingLong },
			mails: func() directory.MessageQuery {
				return directory.MessageQuery{State: directory.Queued, MadeBefore: now().Add(-mailLong), Desc: true}
			}},
	}
}

func (p *dashboardPage) content() fyne.CanvasObject { return p.holder }

func (p *dashboardPage) keys() *widget.Keys {
	return &widget.Keys{Shortcuts: []widget.Shortcut{
		{Key: fyne.KeyF, Do: p.desk.ShowUsers}, // whose focus is on the search
		{Key: fyne.KeyN, Do: p.desk.NewUser},
	}}
}

func (p *dashboardPage) shown() {
	p.changed()
	p.ask()
}

func (p *dashboardPage) left() {
	p.cancel()
	p.state.Asked++ // what is still on its way is stale
}

// ask counts now, and again after a while for as long as the page is there.
func (p *dashboardPage) ask() {
	p.cancel()
	ctx, cancel := context.WithCancel(p.desk.ctx)
	p.cancel = cancel
	p.state.Asked++
	p.state.Slow = false
	n, q, long := p.state.Asked, statisticsOn(p.desk.now()), p.desk.now().Add(-mailLong)
	p.desk.beside(ctx, func(ctx context.Context) {
		figures, err := p.desk.station.Directory.Statistics(ctx, q)
		var mails directory.MailFigures
		if err == nil {
			mails, err = p.desk.station.Directory.MailFigures(ctx, long)
		}
		p.desk.do(func() {
			if n != p.state.Asked {
				return
			}
			p.state.Failed = err
			if err == nil {
				p.state.Known, p.state.Query, p.state.Figures, p.state.Mail = true, q, figures, mails
			}
			p.render()
		})
	})
	p.desk.opts.After(slowAfter, func() {
		p.desk.do(func() {
			if n == p.state.Asked && !p.state.Known && p.state.Failed == nil {
				p.state.Slow = true
				p.render()
			}
		})
	})
	p.desk.opts.After(countAgain, func() {
		p.desk.do(func() {
			if n == p.state.Asked {
				p.ask()
			}
		})
	})
}

// changed shows the readers as they are now.
func (p *dashboardPage) changed() {
	state, _ := p.desk.station.Board.State()
	p.readers.Objects = nil
	for _, r := range state.Readers {
		one := device.State{Service: state.Service, Known: state.Known, Readers: []device.Reader{r}}
		sign, _ := readerSign(one, p.desk.readerInOurHands())
		name := widget.NewText(r.Name)
		name.Clip = true
		p.readers.Add(widget.Column(0, name, widget.NewBadge(sign)))
	}
	if len(state.Readers) == 0 {
		sign, _ := readerSign(state, false)
		p.readers.Add(widget.NewBadge(sign))
	}
	p.readers.Add(container.NewHBox(widget.NewButton(text.T("dashboard.check"), p.desk.ShowReader)))
	p.readers.Refresh()
}

// render shows the state.
func (p *dashboardPage) render() {
	s := p.state
	switch {
	case s.Failed != nil && !s.Known:
		p.put("failed:"+s.Failed.Error(), func() fyne.CanvasObject { return failedView(s.Failed, p.ask) })
	case !s.Known && s.Slow:
		p.put("slow", func() fyne.CanvasObject { return container.NewVBox(widget.Small(text.T("dashboard.loading"))) })
	case !s.Known:
		p.put("unknown", func() fyne.CanvasObject { return container.NewStack() })
	case s.lonely():
		p.put("empty:"+p.desk.workspace.Name, p.welcome)
	default:
		for i, t := range p.tiles {
			t.SetNumber(text.Number(p.counts[i].of(s.Figures)))
		}
		for i, t := range p.mail {
			t.Hidden = !s.mails()
			t.SetNumber(text.Number(p.mails[i].of(s.Mail)))
		}
		p.bars.Set(s.bars())
		p.renderSaid()
		p.put("figures", func() fyne.CanvasObject { return p.figures })
	}
}

// renderSaid says how many activations there were: on the day that stands out, or on all.
func (p *dashboardPage) renderSaid() {
	words := text.N("dashboard.chart_sum", p.state.activations())
	if i := p.bars.Current(); i >= 0 && i < len(p.state.Figures.Activations) {
		words = p.state.bars()[i].Words
	}
	p.said.SetText(words)
}

// welcome offers the first act in a directory without users.
func (p *dashboardPage) welcome() fyne.CanvasObject {
	var first *widget.Button
	if p.desk.may(directory.EnrollKeys) {
		first = widget.NewPrimary(text.T("dashboard.new_user"), p.desk.NewUser).WithIcon(theme.AddIcon)
	}
	return p.desk.withImport(widget.Empty(theme.UsersIcon, text.T("dashboard.empty.title", "Workspace", p.desk.workspace.Name),
		text.T("dashboard.empty.text"), first))
}

// put replaces what stands below the title, if that is not there already.
func (p *dashboardPage) put(name string, make func() fyne.CanvasObject) {
	if p.drawn == name {
		return
	}
	p.drawn = name
	p.holder.Objects = []fyne.CanvasObject{widget.PadXY(theme.Space32-theme.Space4, theme.Space24-theme.Space4,
		widget.Above(theme.Space8, make(), widget.Pad(theme.Space4, widget.Heading(text.T("dashboard.title")))))}
	p.holder.Refresh()
}

// chartLayout is a narrow column, a wide one and a narrow one, of one height.
type chartLayout struct{}

const narrow float32 = 248

func (chartLayout) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	wide := s.Width - 2*(narrow+theme.Space24)
	x := float32(0)
	for i, w := range []float32{narrow, wide, narrow} {
		objects[i].Move(fyne.NewPos(x, 0))
		objects[i].Resize(fyne.NewSize(w, s.Height))
		x += w + theme.Space24
	}
}

func (chartLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	h := float32(0)
	for _, o := range objects {
		h = max(h, o.MinSize().Height)
	}
	return fyne.NewSize(2*(narrow+theme.Space24)+objects[1].MinSize().Width, h)
}
