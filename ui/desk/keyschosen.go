package desk

import (
	"context"
	"maps"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// mark chooses the keys of some rows, or no longer.
func (p *keysPage) mark(from, to int, on bool) {
	rows := map[string]string{}
	for i := from; i <= to; i++ {
		id := p.state.Rows.id(i)
		rows[id] = id
		if r, ok := p.state.Rows.at(i); ok {
			rows[id] = keyWords(r)
		}
	}
	p.state.Chosen = p.state.Chosen.mark(rows, on)
	p.job = p.job.read()
	p.renderBar()
}

// keyWords is a key and whose it is.
func keyWords(r directory.KeyRow) string {
	return text.T("keys.of", "Key", r.Key.Name, "Owner", called(r.User.DisplayName(), r.Key.UserID))
}

// renderBar shows what can be done with those chosen, how far that is, and what came of it.
func (p *keysPage) renderBar() {
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

func (p *keysPage) chosenBar() fyne.CanvasObject {
	n, known := p.state.chosenCount()
	words := text.T("users.chosen_all")
	if known {
		words = text.N("keys.chosen", n, "Number", text.Number(n))
	}
	said := widget.NewText(words)
	said.Bold = true
	line := widget.Line(theme.Space8, said)
	for _, a := range p.state.acts() {
		line.Add(widget.NewButton(wordsOf(a).act, func() { p.askAct(a) }))
	}
	clear := widget.NewQuiet("", text.T("users.act.clear"), theme.CrossIcon, p.escape)
	return widget.Panel(widget.PadXY(theme.Space16, theme.Space8,
		widget.Between(line, clear)))
}

// keyTarget is the keys chosen, as they were when something was to be done with them.
type keyTarget struct {
	chosen
	query directory.KeyQuery
	words string
	n     int // how many they are
}

// eachKey goes through the keys chosen, some at a time. ID and Name of a person are here those of a key.
func (p *keysPage) eachKey(ctx context.Context, t keyTarget, do func([]person) error) error {
	if !t.All {
		var keys []person
		for _, id := range t.ids() {
			keys = append(keys, person{id, t.named[id]})
		}
		return inBatches(ctx, keys, do)
	}
	for after := ""; ; {
		list, err := keyRows(ctx, p.desk.station.Directory, t.query, t.words, after)
		if err != nil {
			return err
		}
		var keys []person
		for _, r := range list.Rows {
			if t.has(r.Key.ID) {
				keys = append(keys, person{r.Key.ID, keyWords(r)})
			}
		}
		if err := inBatches(ctx, keys, do); err != nil {
			return err
		}
		if after = list.Next; after == "" {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// askAct does something with the keys chosen, after a question that says how many and which.
func (p *keysPage) askAct(a keyAct) {
	t := keyTarget{chosen: p.state.Chosen, query: p.state.Query, words: p.state.Text}
	n, known := p.state.chosenCount()
	if known {
		t.n = n
		p.question(a, t)
		return
	}
	p.job = p.desk.start(text.T("users.counting"), -1, func(int) string { return "" }, func() {
		if j := p.job; j != nil && j.state.Over && j.state.Err == nil {
			p.job = nil
			if !j.state.Stopped && p.desk.page == page(p) {
				t.n = j.state.Done
				p.question(a, t)
			}
		}
		p.renderBar()
	}, func(ctx context.Context, done report) error {
		return p.eachKey(ctx, t, func(keys []person) error {
			done(len(keys))
			return nil
		})
	})
}

func (p *keysPage) question(a keyAct, t keyTarget) {
	names := slices.Sorted(maps.Values(t.named))
	if t.All {
		names = nil
		for i := 0; len(names) < fewNames && i < p.state.Rows.count(); i++ {
			if r, ok := p.state.Rows.at(i); ok && t.has(r.Key.ID) {
				names = append(names, keyWords(r))
			}
		}
	}
	q := someOf(names, t.n)
	words := wordsOf(a)
	q.Title, q.Text, q.Act, q.Cancel = words.title(t.n), words.text, words.act, words.keep
	q.Danger = a != resendMail
	p.desk.ask(q, func() { p.do(a, t) })
}

// do does something with the keys chosen. One with which it cannot be done, as it is so already, is told at the end.
func (p *keysPage) do(a keyAct, t keyTarget) {
	dir, tickets, by := p.desk.station.Directory, p.desk.station.Activation, p.desk.actor()
	act := map[keyAct]func(ctx context.Context, by, id string) (directory.SecurityKey, error){
		disableKey: dir.DisableKey, revokeKey: dir.RevokeKey, resendMail: tickets.Resend, withdrawKey: tickets.Withdraw,
	}[a]
	words := wordsOf(a)
	p.job = p.desk.start(words.doing, t.n, words.done, func() {
		if p.job != nil && p.job.state.Over {
			p.state.Chosen = chosen{}
			p.state.again()
			p.send()
			p.render()
			p.desk.wakeMail()
			return
		}
		p.renderBar()
	}, func(ctx context.Context, done report) error {
		return p.eachKey(ctx, t, func(keys []person) error {
			for _, k := range keys {
				if err := ctx.Err(); err != nil {
					return err
				}
				_, err := act(ctx, by, k.ID)
				if err := oneOf(err, person{Name: k.Name, ID: k.Name}, done); err != nil {
					return err
				}
			}
			return nil
		})
	})
	p.renderBar()
}

// acts is what can be done with the keys chosen: with those that wait for their users something else than with those in use.
func (s keysState) acts() []keyAct {
	pending := s.chosenAre(s.Query.State == directory.Pending, func(k directory.SecurityKey) bool { return k.State == directory.Pending })
	switch {
	case pending:
		return []keyAct{resendMail, withdrawKey}
	case s.chosenAre(s.Query.TemporaryPIN && s.Query.State == directory.Active, waits):
		return []keyAct{resendMail, disableKey, revokeKey}
	}
	return []keyAct{disableKey, revokeKey}
}

// chosenAre tells whether all keys chosen are such: because only such are listed, or because each of those named is known to
// be one.
func (s keysState) chosenAre(listed bool, such func(directory.SecurityKey) bool) bool {
	if listed || s.Chosen.All {
		return listed
	}
	n := 0
	for i := range s.Rows.count() {
		if r, ok := s.Rows.at(i); ok && s.Chosen.has(r.Key.ID) && such(r.Key) {
			n++
		}
	}
	return n == len(s.Chosen.named)
}

// manyWords are what is said of an act on several keys.
type manyWords struct {
	act, text, keep, doing string
	title, done            func(n int) string
}

func wordsOf(a keyAct) manyWords {
	count := func(key string) func(int) string {
		return func(n int) string { return text.N(key, n, "Number", text.Number(n)) }
	}
	switch a {
	case resendMail:
		return manyWords{text.T("keys.act.resend"), text.T("keys.resend.text"), text.T("user.key.cancel"), text.T("keys.resend.doing"),
			count("keys.resend.title"), count("keys.resend.done")}
	case withdrawKey:
		return manyWords{text.T("keys.act.withdraw"), text.T("keys.withdraw.text"), text.T("keys.revoke.keep"), text.T("keys.withdraw.doing"),
			count("keys.withdraw.title"), count("keys.withdraw.done")}
	case revokeKey:
		return manyWords{text.T("keys.act.revoke"), text.T("keys.revoke.text"), text.T("keys.revoke.keep"), text.T("keys.revoke.doing"),
			count("keys.revoke.title"), count("keys.revoke.done")}
	}
	return manyWords{text.T("keys.act.disable"), text.T("keys.disable.text"), text.T("user.key.cancel"), text.T("keys.disable.doing"),
		count("keys.disable.title"), count("keys.disable.done")}
}
