package desk

import (
	"context"
	"errors"

	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
	"tapstation/ui/wizard"
)

// openEdit opens the form with what is known of the user.
func (p *userPage) openEdit() {
	u := p.state.User
	p.desk.openWizardWith(wizard.Config{User: &u, Edit: true}, p)
}

// offerActs offers what else can be done with the user.
func (p *userPage) offerActs() {
	disable := widget.Pick{ID: "disable", Title: text.T("user.disable"), Icon: theme.PauseIcon}
	if p.state.User.Disabled {
		disable = widget.Pick{ID: "enable", Title: text.T("user.enable"), Icon: theme.CheckCircleIcon}
	}
	widget.ShowPicker(p.more, widget.Picks{
		Options: []widget.Pick{disable,
			{ID: "delete", Title: text.T("user.delete"), Icon: theme.CrossCircleIcon, Color: theme.Danger}},
		OnPicked: func(id string) {
			switch id {
			case "disable":
				p.askDisable()
			case "enable":
				p.setDisabled(false)
			case "delete":
				p.askDelete()
			}
		},
	})
}

func (p *userPage) askDisable() {
	u := p.state.User
	_, active := goesAlong(p.state.Keys)
	p.desk.ask(widget.QuestionText{
		Title: text.T("user.disable_title", "Name", u.DisplayName()),
		Text:  text.N("user.disable_text", active, "Name", u.DisplayName()),
		Act:   text.T("user.disable"), Cancel: text.T("user.key.cancel"), Danger: true,
	}, func() { p.setDisabled(true) })
}

func (p *userPage) setDisabled(disabled bool) {
	u := p.state.User
	said := text.T("user.enabled_done", "Name", u.DisplayName())
	if disabled {
		said = text.T("user.disabled_done", "Name", u.DisplayName())
	}
	p.do(said, func(ctx context.Context) error {
		_, err := p.desk.station.Directory.SetUserDisabled(ctx, p.desk.actor(), u.ID, disabled)
		return err
	})
}

// askDelete deletes the user once their User ID was typed.
func (p *userPage) askDelete() {
	u := p.state.User
	names, active := goesAlong(p.state.Keys)
	q := someOf(names, len(names))
	if q.More != "" {
		q.More = text.N("user.delete_more", len(names)-len(q.Items))
	}
	q.Title = text.T("user.delete_title", "Name", called(u.DisplayName(), u.ID))
	q.Text = text.T("user.delete_text")
	if len(names) > 0 {
		q.Text += " " + text.N("user.delete_keys", active)
	}
	q.Act, q.Cancel, q.Danger = text.T("user.delete_act"), text.T("user.delete_keep"), true
	q.Typed, q.Label = u.ID, text.T("user.delete_type", "ID", u.ID)
	p.desk.ask(q, p.delete)
}

func (p *userPage) delete() {
	u, by := p.state.User, p.desk.actor()
	p.state.Doing, p.state.Said, p.state.Trouble = true, "", nil
	p.desk.beside(p.desk.ctx, func(ctx context.Context) {
		err := unlessCache(p.desk.station.Directory.DeleteUser(ctx, by, u.ID))
		p.desk.do(func() {
			p.state.Doing = false
			switch {
			case err != nil:
				p.state.Trouble = err
				p.ask()
			case p.desk.page == page(p):
				p.goBack()
			}
		})
	})
}

// unlessCache is err, unless all that failed is this machine's offline cache, which is made good at the next start.
func unlessCache(err error) error {
	if errors.Is(err, directory.ErrOfflineCache) {
		return nil
	}
	return err
}

// do does something with the user or a key, beside the window's goroutine, and shows what came of it. One thing is done at
// a time.
func (p *userPage) do(said string, act func(context.Context) error) { p.doThen(said, act, func() {}) }

// doThen does what do does, and then more where it went well.
func (p *userPage) doThen(said string, act func(context.Context) error, then func()) {
	if p.state.Doing {
		return
	}
	p.state.Doing, p.state.Said, p.state.Trouble = true, "", nil
	p.desk.beside(p.desk.ctx, func(ctx context.Context) {
		err := unlessCache(act(ctx))
		p.desk.do(func() {
			p.state.Doing = false
			if p.desk.page != page(p) {
				return // asked for anew when one comes back
			}
			p.state.Trouble = err
			if err == nil {
				p.state.Said = said
			}
			p.refresh()
			p.ask()
			if err == nil {
				then()
			}
		})
	})
}
