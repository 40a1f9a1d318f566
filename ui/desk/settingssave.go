package desk

import (
	"context"
	"errors"
	"maps"

	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/widget"
)

// trySave keeps the section, after a question where keys become useless.
func (p *settingsPage) trySave() {
	if p.state.Saving || !p.state.changed() {
		return
	}
	w, problems := p.state.draft()
	if len(problems) > 0 {
		s := p.state
		s.Problems = problems
		p.set(s)
		p.focusProblem()
		return
	}
	if p.state.movesAway() {
		p.desk.ask(widget.QuestionText{
			Title: text.N("settings.moves.title", p.state.Keys, "Number", text.Number(p.state.Keys)),
			Text:  text.T("settings.moves.text", "Old", p.state.Saved.RPID, "New", w.RPID),
			Label: text.T("settings.moves.label", "New", w.RPID), Typed: w.RPID,
			Act: text.T("settings.moves.act"), Cancel: text.T("settings.moves.cancel"), Danger: true,
		}, p.keep)
		return
	}
	p.keep()
}

// focusProblem goes to the first setting that something is wrong with.
func (p *settingsPage) focusProblem() {
	for _, name := range settingsOf[p.state.Section] {
		if _, wrong := p.state.Problems[name]; wrong && p.controls[name].first != nil {
			p.desk.focus(p.controls[name].first)
			return
		}
	}
}

// keep keeps what was typed, on top of what somebody else may have changed in the meantime.
func (p *settingsPage) keep() {
	s := p.state
	s.Saving, s.Wrong, s.Done = true, nil, false
	p.set(s)
	by := p.desk.actor()
	p.desk.beside(p.desk.ctx, func(ctx context.Context) {
		w, err := p.desk.keepSettings(ctx, by, s)
		p.desk.do(func() { p.kept(w, err) })
	})
}

// keepSettings keeps what was typed: the secrets first, of which it is only told now whether they can be used.
func (d *Desk) keepSettings(ctx context.Context, by string, s settingsState) (directory.Workspace, error) {
	for name, value := range s.newSecrets() {
		if err := d.station.Directory.SetSecret(ctx, by, name, value); err != nil {
			return directory.Workspace{}, err
		}
	}
	if len(s.Draft) == 0 {
		return d.station.Directory.Workspace(ctx)
	}
	return d.station.Directory.ChangeWorkspace(ctx, by, func(w *directory.Workspace) error {
		*w, _ = s.onto(*w) // what is wrong only with what others have changed meanwhile is refused all the same
		return nil
	})
}

func (p *settingsPage) kept(w directory.Workspace, err error) {
	s := p.state
	s.Saving = false
	var invalid *directory.InvalidError
	switch {
	case errors.As(err, &invalid):
		for _, f := range invalid.Fields {
			s = s.refuse(f)
		}
	case err != nil:
		s.Wrong = err
	default:
		secrets := maps.Clone(s.Secrets)
		for name, value := range s.newSecrets() {
			secrets[name] = value != ""
		}
		s = s.discard()
		s.Saved, s.Secrets, s.Done = w, secrets, true
		p.desk.setWorkspace(w)
	}
	p.set(s)
	if err == nil {
		p.look()
	}
	p.focusProblem()
}
