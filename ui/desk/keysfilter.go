package desk

import (
	"strconv"
	"time"

	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// buildFilters makes what narrows the list down.
func (p *keysPage) buildFilters() {
	change := func(with func(directory.KeyQuery, string) directory.KeyQuery) func(string) {
		return func(id string) { p.ask(with(p.state.Query, id), p.state.Text) }
	}
	pick := func(id string, s widget.Sign) widget.Pick {
		return widget.Pick{ID: id, Title: s.Word, Icon: s.Icon, Color: s.Color}
	}
	var states, kinds []widget.Pick
	for _, s := range []directory.KeyState{directory.Pending, directory.Active, directory.Disabled, directory.Revoked} {
		states = append(states, pick(string(s), widget.StateSign(s)))
	}
	for _, k := range []directory.Kind{directory.Card, directory.USBKey, directory.Fingerprint, directory.Smartphone} {
		kinds = append(kinds, pick(string(k), widget.KindSign(k)))
	}
	p.standing = widget.NewFilter(text.T("keys.filter.state"), change(func(q directory.KeyQuery, id string) directory.KeyQuery {
		q.State = directory.KeyState(id)
		return q
	}), states...)
	p.verifies = widget.NewFilter(text.T("keys.filter.verification"), change(withVerifies),
		pick(string(directory.PINless), widget.VerificationSign(directory.PINless)),
		pick(string(directory.PIN), widget.VerificationSign(directory.PIN)),
		pick(temporaryPIN, widget.TemporaryPINSign()))
	p.unused = widget.NewFilter(text.T("keys.filter.unused"), change(func(q directory.KeyQuery, id string) directory.KeyQuery {
		days, _ := strconv.Atoi(id) // "" is 0: whether used or not
		return withUnused(q, days, p.desk.now())
	}), unusedPicks(0)...)
	p.unused.Search = text.T("keys.filter.unused_own")
	p.unused.Own = func(words string) (widget.Pick, bool) {
		days, ok := daysTyped(words)
		if !ok {
			return widget.Pick{}, false
		}
		return daysPick(days), true
	}
	p.kind = widget.NewFilter(text.T("user.key.kind"), change(func(q directory.KeyQuery, id string) directory.KeyQuery {
		q.Kind = directory.Kind(id)
		return q
	}), kinds...)
	// What only another page asks for can be taken away here, and is offered nowhere.
	p.made = widget.NewFilter(text.T("keys.filter.made_before"), change(func(q directory.KeyQuery, id string) directory.KeyQuery {
		if id == "" {
			q.MadeBefore = time.Time{}
		}
		return q
	}))
	p.activated = widget.NewFilter(text.T("keys.filter.activated"), change(func(q directory.KeyQuery, id string) directory.KeyQuery {
		if id == "" {
			q.ActivatedFrom, q.ActivatedBefore = time.Time{}, time.Time{}
		}
		return q
	}))
	p.clear = widget.NewQuiet(text.T("users.filter.clear"), "", theme.CrossIcon, func() {
		p.ask(directory.KeyQuery{Desc: p.state.Query.Desc}, p.state.Text)
		p.search.Focus()
	})
}

func daysPick(days int) widget.Pick {
	return widget.Pick{ID: strconv.Itoa(days), Title: text.N("keys.filter.days", days)}
}

// unusedPicks are the times without use that are offered, with the one that holds, if it is none of them.
func unusedPicks(own int) []widget.Pick {
	picks := []widget.Pick{daysPick(30), daysPick(90), daysPick(180)}
	if own != 0 && own != 30 && own != 90 && own != 180 {
		picks = append(picks, daysPick(own))
	}
	return picks
}

// renderFilters shows which filters hold. With a single one its own cross takes it away.
func (p *keysPage) renderFilters() {
	q := p.state.Query
	p.standing.Choose(string(q.State))
	p.verifies.Choose(verifies(q))
	p.kind.Choose(string(q.Kind))
	days := unusedDays(q, p.desk.now())
	p.unused.SetOptions(unusedPicks(days)...)
	p.unused.Choose("")
	if days > 0 {
		p.unused.Choose(strconv.Itoa(days))
	}
	p.made.Choose(date(q.MadeBefore))
	p.made.Hidden = p.made.Chosen() == ""
	p.activated.Choose(daysWords(q.ActivatedFrom, q.ActivatedBefore))
	p.activated.Hidden = p.activated.Chosen() == ""
	on := 0
	for _, f := range []*widget.Filter{p.standing, p.verifies, p.unused, p.kind, p.made, p.activated} {
		if f.Chosen() != "" {
			on++
		}
	}
	p.clear.Hidden = on < 2
	p.find.Refresh()
}

// daysWords is a time from one day up to, but not with, another.
func daysWords(from, before time.Time) string {
	if !before.IsZero() {
		before = before.Add(-time.Nanosecond)
	}
	switch a, b := date(from), date(before); {
	case a == b:
		return a
	case b == "":
		return a + " –"
	default:
		return a + " – " + b
	}
}
