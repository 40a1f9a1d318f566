package desk

import (
	"context"
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
	"tapstation/ui/wizard"
	"tapstation/ui/wording"
)

// renameForm changes the name of a key, in the place where it stands.
type renameForm struct {
	field   *widget.Field
	content fyne.CanvasObject
}

func (p *userPage) startRenaming(k directory.SecurityKey) {
	f := &renameForm{field: widget.NewField(text.T("user.key.name"), "")}
	f.field.SetText(k.Name)
	f.field.Validate = func(name string) string {
		if wrong := directory.ValidateKeyName(name); len(wrong) > 0 {
			return wording.Field(wrong[0])
		}
		return ""
	}
	save := func() { p.saveName(k) }
	f.field.Entry.OnEnter = save
	buttons := widget.Line(theme.Space8, widget.NewPrimary(text.T("user.key.save"), save),
		widget.NewButton(text.T("user.key.cancel"), p.stopForms))
	f.content = widget.AtMost(640, container.New(renameLayout{}, f.field, buttons))
	p.settings, p.state.Setting = nil, ""
	p.rename, p.state.Renaming = f, k.ID
	p.render()
	p.inView(k.ID)
	p.desk.focus(f.field.Entry)
}

func (p *userPage) saveName(k directory.SecurityKey) {
	f := p.rename
	if f == nil || !f.field.Check() {
		return
	}
	name := f.field.Text()
	if name == k.Name {
		p.stopForms()
		return
	}
	p.desk.beside(p.desk.ctx, func(ctx context.Context) {
		_, err := p.desk.station.Directory.RenameKey(ctx, p.desk.actor(), k.ID, name)
		err = unlessCache(err)
		p.desk.do(func() {
			if p.rename != f {
				return // given up meanwhile
			}
			var invalid *directory.InvalidError
			switch {
			case errors.As(err, &invalid):
				f.field.SetProblem(wording.Field(invalid.Fields[0]))
			case err != nil:
				f.field.SetProblem(wording.Error(err).Title)
			default:
				p.stopForms()
				p.ask()
			}
		})
	})
}

// renameLayout is a field with buttons beside its entry.
type renameLayout struct{}

func (renameLayout) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	field, buttons := objects[0], objects[1]
	w := buttons.MinSize()
	field.Resize(fyne.NewSize(max(s.Width-w.Width-theme.Space12, 0), s.Height))
	entry := field.MinSize().Height - theme.Control
	// The entry stands between the label above it and the line below, which are of the same height.
	buttons.Move(fyne.NewPos(s.Width-w.Width, entry/2))
	buttons.Resize(fyne.NewSize(w.Width, theme.Control))
}

func (renameLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	field, buttons := objects[0].MinSize(), objects[1].MinSize()
	return fyne.NewSize(field.Width+theme.Space12+buttons.Width, field.Height)
}

// settingsForm changes what a key asks of its holder and whether it logs in offline.
type settingsForm struct {
	verification directory.Verification
	offline      bool
	toggle       *widget.Toggle
	choice       *widget.Choice
	hint         *widget.Paragraph
	save         *widget.Button
	content      *fyne.Container
}

// needsCard tells whether a PIN has to be set on the key's card before it can be asked for.
func needsCard(k directory.SecurityKey, to directory.Verification) bool {
	return to == directory.PIN && k.Verification != directory.PIN && !k.HasPIN() && k.State != directory.Pending
}

func (p *userPage) startSetting(k directory.SecurityKey) {
	f := &settingsForm{verification: k.Verification, offline: k.OfflineLogin, hint: widget.Hint("")}
	f.toggle = widget.NewToggle(text.T("key.offline_login"), text.T("wizard.settings.offline_text"), func(on bool) { f.offline = on })
	f.toggle.Set(k.OfflineLogin)
	f.choice = widget.NewChoice(text.T("user.key.verification"), 2, func(id string) {
		f.verification = directory.Verification(id)
		f.fill(k)
		p.render()
		p.inView(k.ID)
	}, wizard.Verifications(p.desk.workspace.RequirePIN && k.Verification == directory.PIN)...)
	f.choice.Select(string(k.Verification))
	f.save = widget.NewPrimary("", func() { p.saveSettings(k) })
	label := widget.Small(text.T("user.key.verification"))
	label.Bold, label.Color = true, theme.Text
	f.content = widget.Column(theme.Space12, f.toggle, widget.Column(theme.Space8, label, f.choice), f.hint,
		widget.PadXY(0, theme.Space4, widget.Line(theme.Space8, widget.NewButton(text.T("user.key.cancel"), p.stopForms), f.save)))
	f.fill(k)
	p.rename, p.state.Renaming = nil, ""
	p.settings, p.state.Setting = f, k.ID
	p.render()
	p.inView(k.ID)
	p.desk.focus(f.toggle)
}

func (f *settingsForm) fill(k directory.SecurityKey) {
	card := needsCard(k, f.verification)
	f.hint.Hidden = !card
	f.hint.SetText(text.T("user.key.needs_card"))
	words := text.T("user.key.save_settings")
	if card {
		words = text.T("user.key.save_and_tap")
	}
	f.save.SetText(words)
}

// saveSettings keeps what was chosen; where that takes a PIN on the card, the card is asked for next.
func (p *userPage) saveSettings(k directory.SecurityKey) {
	f := p.settings
	if f == nil {
		return
	}
	s := directory.KeySettings{Verification: f.verification, OfflineLogin: f.offline}
	card := needsCard(k, s.Verification)
	if card {
		s.Verification = k.Verification
	}
	next := func() {
		if card {
			p.desk.show(newPINPage(p.desk, p.state.User, k, directory.PIN, "", p))
		}
	}
	p.stopForms()
	if s == (directory.KeySettings{Verification: k.Verification, OfflineLogin: k.OfflineLogin}) {
		next()
		return
	}
	p.doThen(text.T("user.key.settings_done", "Name", k.Name), func(ctx context.Context) error {
		_, err := p.desk.station.Directory.ChangeKeySettings(ctx, p.desk.actor(), k.ID, s)
		return err
	}, next)
}
