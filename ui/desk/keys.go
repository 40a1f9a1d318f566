package desk

import (
	"context"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// keysPage is Security keys: those of all users, with their holders.
type keysPage struct {
	desk   *Desk
	state  keysState
	cancel context.CancelFunc // of what is being asked
	job    *job               // nil: nothing is being done with those chosen

	search                                            *widget.Search
	standing, verifies, unused, kind, made, activated *widget.Filter
	clear                                             *widget.Button
	find                                              *fyne.Container
	count                                             *widget.Text
	again                                             *widget.Button
	list                                              *widget.List
	bar, middle                                       *fyne.Container
	drawn                                             string // what stands in middle
	all                                               fyne.CanvasObject
}

func newKeysPage(d *Desk) *keysPage {
	p := &keysPage{desk: d, cancel: func() {}, count: widget.Small("")}
	p.state.Query.Desc = true
	p.count.Clip = true
	p.search = widget.NewSearch(text.T("keys.search"), text.T("users.search_clear"))
	p.search.OnChanged = func(words string) { p.ask(p.state.Query, strings.TrimSpace(words)) }
	p.search.Entry.OnDown = func() { p.list.Focus() }
	p.search.Entry.OnEnter = func() { p.list.Focus() }
	p.buildFilters()
	p.buildList()
	p.again = widget.NewQuiet(text.T("page.again"), "", theme.AgainIcon, func() { p.state.retry(); p.send() })
	p.middle, p.bar = container.NewStack(), container.NewStack()
	p.find = container.New(&filterLayout{}, p.search, p.standing, p.verifies, p.unused, p.kind, p.made, p.activated, p.clear)
	p.all = widget.PadXY(theme.Space32, theme.Space24, widget.Above(theme.Space16,
		container.NewBorder(nil, p.bar, nil, nil, p.middle),
		countedTitle(text.T("desk.keys"), p.count, p.again), p.find))
	p.render()
	return p
}

func (p *keysPage) buildList() {
	words := func(title string, weight float32, of func(directory.KeyRow) string) widget.Col {
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
	sign := func(title string, weight float32, of func(directory.KeyRow) widget.Sign) widget.Col {
		return widget.NewCol(text.T(title), weight, func() *widget.Badge { return widget.NewStatus(widget.Sign{}) },
			func(b *widget.Badge, row int) {
				s := widget.Sign{}
				if r, ok := p.state.Rows.at(row); ok {
					s = of(r)
				}
				b.Set(s)
			})
	}
	p.list = widget.NewList(func() int { return p.state.Rows.count() },
		sign("keys.column.name", 1.5, func(r directory.KeyRow) widget.Sign {
			s := widget.KindSign(r.Key.Kind)
			s.Word = r.Key.Name
			return s
		}),
		words("keys.column.holder", 1.7, holderWords),
		sign("keys.column.state", 0.95, func(r directory.KeyRow) widget.Sign { return widget.StateSign(r.Key.State) }),
		sign("user.key.verification", 1.15, func(r directory.KeyRow) widget.Sign {
			if r.Key.TemporaryPIN && r.Key.Verification == directory.PIN {
				return widget.TemporaryPINSign()
			}
			return widget.VerificationSign(r.Key.Verification)
		}),
		words("user.key.last_used", 0.95, func(r directory.KeyRow) string { return usedDate(r.Key) }),
		dated(words("keys.column.made", 0, func(r directory.KeyRow) string { return date(r.Key.Created) })).Sorted("made"))
	if p.desk.may(directory.ManageKeys) {
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
			p.desk.ShowUserKey(r.Key.UserID, r.Key.ID)
		}
	}
	p.list.OnSort = func(string) {
		q := p.state.Query
		q.Desc = !q.Desc
		p.ask(q, p.state.Text)
	}
	p.list.OnTop = p.search.Focus
	p.list.OnSeen = func(row int) {
		if p.state.see(row) {
			p.send()
		}
	}
	p.list.OnNearEnd = p.more
}

func holderWords(r directory.KeyRow) string { return called(r.User.DisplayName(), r.Key.UserID) }

func usedDate(k directory.SecurityKey) string {
	if k.LastUsed.IsZero() {
		return text.T("user.key.never_used")
	}
	return date(k.LastUsed)
}

func (p *keysPage) content() fyne.CanvasObject { return p.all }

func (p *keysPage) keys() *widget.Keys {
	return &widget.Keys{
		Runes:     map[rune]func(){'/': p.search.Focus},
		Shortcuts: []widget.Shortcut{{Key: fyne.KeyF, Do: p.search.Focus}},
		Escape:    p.escape,
	}
}

// escape takes back what was chosen.
func (p *keysPage) escape() {
	if !p.state.Chosen.none() && p.job == nil {
		p.state.Chosen = chosen{}
		p.list.Changed()
		p.render()
	}
}

func (p *keysPage) shown() {
	p.state.again()
	p.send()
	p.desk.focus(p.search.Entry)
}

func (p *keysPage) left() {
	p.cancel()
	p.state.drop()
	if p.job != nil && p.job.state.Over {
		p.job = nil
	}
}

// ShowKeysWith goes to Security keys with those that match q; its After and Limit do not count.
func (d *Desk) ShowKeysWith(q directory.KeyQuery) {
	p, ok := d.at(keysPlace).(*keysPage)
	if !ok {
		return
	}
	p.state = p.state.ask(q, "")
	p.state.drop()
	p.state.Known = false // shown asks for it
	p.search.Set("")
	d.open(keysPlace)
}

// ask lists what matches instead. A question that is still open is given up.
func (p *keysPage) ask(q directory.KeyQuery, words string) {
	p.state = p.state.ask(q, words)
	p.send()
	p.render()
}

func (p *keysPage) more() {
	if p.state.more() {
		p.send()
	}
}

// send puts the question to the directory.
func (p *keysPage) send() {
	p.cancel()
	ctx, cancel := context.WithCancel(p.desk.ctx)
	p.cancel = cancel
	n, q, words, after, anew := p.state.Asked, p.state.Query, p.state.Text, p.state.after(), p.state.anew
	p.desk.beside(ctx, func(ctx context.Context) {
		list, err := keyRows(ctx, p.desk.station.Directory, q, words, after)
		p.desk.do(func() {
			fresh := n == p.state.Asked
			p.state = p.state.took(n, list, err)
			if !fresh {
				return
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

// holdersAtOnce is how many holders found by what was typed are looked through for their keys at once.
const holdersAtOnce = 20

// keyRows is a page of keys: all that match q or, where words are given, those of the users whom the words find.
func keyRows(ctx context.Context, dir *directory.Directory, q directory.KeyQuery, words, after string) (directory.KeyListing, error) {
	q.After, q.Limit = after, pageSize
	if words == "" {
		return dir.KeyRows(ctx, q)
	}
	users, err := dir.Users(ctx, directory.UserQuery{Text: words, After: after, Limit: holdersAtOnce})
	if err != nil {
		return directory.KeyListing{}, err
	}
	list := directory.KeyListing{Next: users.Next}
	for _, u := range users.Rows {
		if len(u.Keys) == 0 {
			continue
		}
		of := q
		of.UserID, of.After, of.Limit = u.User.ID, "", 1000
		for {
			page, err := dir.KeyRows(ctx, of)
			if err != nil {
				return directory.KeyListing{}, err
			}
			list.Rows = append(list.Rows, page.Rows...)
			if of.After = page.Next; of.After == "" {
				break
			}
		}
	}
	return list, nil
}

// speakOfWaiting says that question n is still open, once it has been for a while, and then every second how long.
func (p *keysPage) speakOfWaiting(n, seconds int, after time.Duration) {
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
func (p *keysPage) render() {
	s := &p.state
	p.renderCount()
	p.renderFilters()
	p.renderBar()
	p.list.SetSort("made", s.Query.Desc)
	rows := s.Rows.count()
	searching := s.Asking || !s.Rows.end
	switch {
	case s.Failed != nil && (rows == 0 || s.anew):
		p.put("failed:"+s.Failed.Error(), func() fyne.CanvasObject {
			return failedView(s.Failed, func() { p.state.retry(); p.send(); p.render() })
		})
	case !s.Known:
		p.put("unknown", func() fyne.CanvasObject { return container.NewStack() })
	case rows == 0 && s.Text == "" && !s.filtered() && !searching:
		p.put("empty", func() fyne.CanvasObject {
			return widget.Empty(theme.KeyIcon, text.T("keys.empty.title"), text.T("keys.empty.text"),
				widget.NewButton(text.T("keys.empty.act"), p.desk.ShowUsers))
		})
	case rows == 0 && !searching:
		p.put("none", func() fyne.CanvasObject {
			return widget.Empty(theme.SearchIcon, text.T("keys.none.title"), text.T("keys.none.text"),
				widget.NewButton(text.T("keys.show_all"), p.showAll))
		})
	case rows > 0:
		p.put("list", func() fyne.CanvasObject { return widget.Panel(p.list) })
		p.list.Changed()
	}
}

// renderCount says how many there are, or that it is being looked, or that a further page could not be had.
func (p *keysPage) renderCount() {
	s := &p.state
	broken := s.Failed != nil && s.Rows.count() > 0 && !s.anew
	p.again.Hidden = !broken
	switch words := waitingWords(s.Asking, s.Waited); {
	case broken:
		p.count.SetText(text.T("users.page_failed"))
	case words != "":
		p.count.SetText(words)
	case s.Known && s.Failed == nil && s.Rows.count() > 0:
		p.count.SetText(countWords("keys.count", "keys.count_more", s.Rows.count(), s.Rows.end))
	case !s.Asking:
		p.count.SetText("")
	}
}

// showAll takes away what keeps keys from being listed.
func (p *keysPage) showAll() {
	p.search.Set("")
	p.ask(directory.KeyQuery{Desc: p.state.Query.Desc}, "")
	p.search.Focus()
}

// put replaces what stands in the middle, if that is not there already.
func (p *keysPage) put(name string, make func() fyne.CanvasObject) {
	if p.drawn == name {
		return
	}
	p.drawn = name
	p.middle.Objects = []fyne.CanvasObject{make()}
	p.middle.Refresh()
}
