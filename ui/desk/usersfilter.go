package desk

import (
	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// buildFilters makes what narrows the list down.
func (p *usersPage) buildFilters() {
	p.group = widget.NewFilter(text.T("users.filter.group"), func(id string) {
		q := p.state.Query
		q.Group = id
		p.ask(q)
	})
	p.holding = widget.NewFilter(text.T("users.filter.keys"), func(id string) {
		q := p.state.Query
		q.Keys = directory.Holding(id)
		p.ask(q)
	}, holdings()...)
	p.enabled = widget.NewFilter(text.T("users.filter.users"), func(id string) {
		q := p.state.Query
		q.Disabled = directory.Choice(id)
		p.ask(q)
	},
		widget.Pick{ID: string(directory.Off), Title: text.T("users.filter.enabled"), Icon: theme.CheckCircleIcon, Color: theme.Success},
		widget.Pick{ID: string(directory.On), Title: text.T("users.filter.disabled"), Icon: theme.PauseIcon, Color: theme.Warning})
	p.clear = widget.NewQuiet(text.T("users.filter.clear"), "", theme.CrossIcon, func() {
		q := p.state.Query
		p.ask(directory.UserQuery{Text: q.Text, Sort: q.Sort, Desc: q.Desc})
		p.search.Focus()
	})
}

// holdings are the answers to which keys a user holds, each with the sign of what it is about.
func holdings() []widget.Pick {
	pick := func(h directory.Holding, s widget.Sign, words string) widget.Pick {
		return widget.Pick{ID: string(h), Title: words, Icon: s.Icon, Color: s.Color}
	}
	none := widget.Sign{Icon: theme.KeyIcon, Color: theme.Muted}
	return []widget.Pick{
		pick(directory.HoldsActive, widget.StateSign(directory.Active), text.T("users.filter.holds_active")),
		pick(directory.HoldsNoActive, none, text.T("users.filter.holds_no_active")),
		pick(directory.HoldsPending, widget.StateSign(directory.Pending), text.T("users.filter.holds_pending")),
		pick(directory.HoldsDisabled, widget.StateSign(directory.Disabled), text.T("users.filter.holds_disabled")),
		pick(directory.HoldsRevoked, widget.StateSign(directory.Revoked), text.T("users.filter.holds_revoked")),
		pick(directory.HoldsPINless, widget.VerificationSign(directory.PINless), text.T("users.filter.holds_pinless")),
	}
}

// renderFilters shows which filters hold. With a single one its own cross takes it away.
func (p *usersPage) renderFilters() {
	q := p.state.Query
	var groups []widget.Pick
	for _, g := range p.state.Groups {
		groups = append(groups, widget.Pick{ID: g, Title: g})
	}
	p.group.SetOptions(groups...)
	p.group.Hidden = len(groups) == 0 && q.Group == ""
	p.group.Choose(q.Group)
	p.holding.Choose(string(q.Keys))
	p.enabled.Choose(string(q.Disabled))
	on := 0
	for _, f := range []*widget.Filter{p.group, p.holding, p.enabled} {
		if f.Chosen() != "" {
			on++
		}
	}
	p.clear.Hidden = on < 2
	p.find.Refresh()
}
