package desk

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
	"tapstation/ui/wizard"
)

// keyPanel is one security key on its user's page.
type keyPanel struct {
	object       fyne.CanvasObject
	rename, more *widget.Button
	acts         map[keyAct]*widget.Button // on a key that waits for its user
}

// buttons are all of a key's, by what tells them apart.
func (k *keyPanel) buttons() map[keyAct]*widget.Button {
	all := map[keyAct]*widget.Button{"rename": k.rename, "more": k.more}
	maps.Copy(all, k.acts)
	return all
}

// key shows a key, or what is being changed of it.
func (p *userPage) key(k directory.SecurityKey) *keyPanel {
	panel := &keyPanel{acts: map[keyAct]*widget.Button{}}
	kind := widget.KindSign(k.Kind)
	icon := widget.Picture(kind.Icon.In(theme.Muted), 24)
	if p.state.Renaming == k.ID && p.rename != nil {
		panel.object = keyFrame(p.rename.content, keyFacts(k, kind.Word))
		return panel
	}
	name := clipped(k.Name)
	name.Bold = true
	marks := widget.Line(theme.Space16, widget.NewBadge(widget.StateSign(k.State)))
	if k.Verification == directory.PINless {
		marks.Add(widget.NewBadge(widget.VerificationSign(k.Verification)))
	}
	if k.TemporaryPIN {
		marks.Add(widget.NewBadge(widget.TemporaryPINSign()))
	}
	acts := widget.Line(theme.Space4)
	if k.State != directory.Revoked && p.desk.may(directory.EnrollKeys) {
		panel.rename = widget.NewQuiet(text.T("user.key.rename"), text.T("user.key.rename_label", "Name", k.Name),
			theme.EditIcon, func() { p.startRenaming(k) })
		acts.Add(panel.rename)
	}
	panel.more = widget.NewQuiet("", text.T("user.key.more_label", "Name", k.Name), theme.MoreIcon, func() { p.offerKeyActs(k, panel.more) })
	acts.Add(panel.more)
	head := container.NewBorder(nil, nil, widget.Line(0, icon), widget.Line(theme.Space16, marks, acts), widget.PadXY(theme.Space8, 8, name))
	below := keyFacts(k, kind.Word)
	if waits(k) {
		below = widget.Column(0, below, p.ticket(k, panel))
	}
	if p.state.Setting == k.ID && p.settings != nil {
		below = p.settings.content
	}
	panel.object = keyFrame(head, below)
	return panel
}

func keyFrame(head, below fyne.CanvasObject) fyne.CanvasObject {
	return widget.Panel(widget.PadXY(theme.Space24, theme.Space12, widget.Column(theme.Space4, head, below)))
}

// keyFacts is what is known of a key.
func keyFacts(k directory.SecurityKey, kind string) fyne.CanvasObject {
	facts := []widget.Fact{}
	add := func(label string, value fyne.CanvasObject) {
		facts = append(facts, widget.Fact{Label: label, Value: value})
	}
	add(text.T("user.key.kind"), clipped(model(k, kind)))
	add(text.T("user.key.verification"), clipped(widget.VerificationSign(k.Verification).Word))
	add(text.T("user.key.offline"), clipped(onOff(k.OfflineLogin)))
	if len(k.Credential.ID) > 0 {
		label := text.T("user.key.credential")
		add(label, widget.NewCopyableLines(label, base64.RawURLEncoding.EncodeToString(k.Credential.ID)))
	}
	if !k.Activated.IsZero() {
		add(text.T("user.key.activated"), clipped(text.DateTime(k.Activated)))
	}
	if k.State != directory.Pending {
		add(text.T("user.key.last_used"), clipped(lastUsed(k)))
	}
	return widget.Facts(facts...)
}

// lastUsed is when a key logged somebody in last.
func lastUsed(k directory.SecurityKey) string {
	if k.LastUsed.IsZero() {
		return text.T("user.key.never_used")
	}
	return text.DateTime(k.LastUsed)
}

// model is what a key is, for people: its kind, and its model where that is known.
func model(k directory.SecurityKey, kind string) string {
	if k.Model != "" {
		return kind + ", " + k.Model
	}
	if a := k.Credential.AAGUID; a != [16]byte{} {
		return fmt.Sprintf("%s, %x-%x-%x-%x-%x", kind, a[:4], a[4:6], a[6:8], a[8:10], a[10:])
	}
	return kind
}

func onOff(on bool) string {
	if on {
		return text.T("user.key.on")
	}
	return text.T("user.key.off")
}

// refresh shows the state anew, with the focus where it was.
func (p *userPage) refresh() {
	focused := p.desk.window.Canvas().Focused()
	var key string
	var which keyAct
	for id, panel := range p.panels {
		for name, b := range panel.buttons() {
			if b != nil && focused == fyne.Focusable(b) {
				key, which = id, name
			}
		}
	}
	p.render()
	if panel := p.panels[key]; panel != nil {
		switch b := panel.buttons()[which]; {
		case b != nil:
			p.desk.focus(b)
		case panel.more != nil:
			p.desk.focus(panel.more)
		}
	}
}

// stopForms gives up what is being changed of a key, and shows it as it is.
func (p *userPage) stopForms() {
	id := p.state.Renaming + p.state.Setting
	p.rename, p.state.Renaming, p.settings, p.state.Setting = nil, "", nil, ""
	p.render()
	p.focusKey(id)
}

func (p *userPage) focusKey(id string) {
	switch panel := p.panels[id]; {
	case panel != nil && panel.rename != nil:
		p.desk.focus(panel.rename)
	case panel != nil && panel.more != nil:
		p.desk.focus(panel.more)
	}
}

// offerKeyActs offers what can be done with a key, below its button.
func (p *userPage) offerKeyActs(k directory.SecurityKey, below fyne.CanvasObject) {
	var options []widget.Pick
	for _, a := range actsOn(k, p.state.User.Disabled, p.desk.may) {
		options = append(options, a.pick(k))
	}
	widget.ShowPicker(below, widget.Picks{Options: options, OnPicked: func(id string) { p.act(keyAct(id), k) }})
}

// act does something with a key, after a question where it takes something away.
func (p *userPage) act(a keyAct, k directory.SecurityKey) {
	dir, by := p.desk.station.Directory, p.desk.actor()
	owner := p.state.User.DisplayName()
	switch a {
	case activateKey, resendMail, copyLink, copyCode, withdrawKey:
		p.actOnTicket(a, k)
	case copyKeyID:
		p.desk.app.Clipboard().SetContent(k.ID)
		p.state.Said, p.state.Trouble = text.T("user.key.copied", "Name", k.Name), nil
		p.refresh()
	case setPIN:
		p.desk.show(newPINPage(p.desk, p.state.User, k, "", "", p))
	case changeSettings:
		p.startSetting(k)
	case replaceKey:
		u := p.state.User
		p.desk.openWizardWith(wizard.Config{User: &u, Replaces: &k}, p)
	case disableKey:
		p.desk.ask(widget.QuestionText{
			Title: text.T("user.key.disable_title", "Name", k.Name), Text: text.T("user.key.disable_text", "Owner", owner),
			Act: text.T("user.key.disable"), Cancel: text.T("user.key.cancel"), Danger: true,
		}, func() {
			p.do(text.T("user.key.disabled_done", "Name", k.Name), func(ctx context.Context) error {
				_, err := dir.DisableKey(ctx, by, k.ID)
				return err
			})
		})
	case enableKey:
		p.do(text.T("user.key.enabled_done", "Name", k.Name), func(ctx context.Context) error {
			_, err := dir.EnableKey(ctx, by, k.ID)
			return err
		})
	case revokeKey:
		p.desk.ask(widget.QuestionText{
			Title: text.T("user.key.revoke_title", "Name", k.Name), Text: text.T("user.key.revoke_text", "Owner", owner),
			Act: text.T("user.key.revoke"), Cancel: text.T("user.key.revoke_keep"), Danger: true,
		}, func() {
			p.do(text.T("user.key.revoked_done", "Name", k.Name), func(ctx context.Context) error {
				_, err := dir.RevokeKey(ctx, by, k.ID)
				return err
			})
		})
	}
}
