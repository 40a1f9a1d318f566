package desk

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
	"tapstation/ui/wording"
)

// key is one security key on its user's page.
func (p *userPage) key(k directory.SecurityKey) fyne.CanvasObject {
	kind := widget.KindSign(k.Kind)
	icon := widget.Picture(kind.Icon.In(theme.Muted), 24)
	var head fyne.CanvasObject
	if p.state.Renaming == k.ID && p.rename != nil {
		head = p.rename.content
	} else {
		name := clipped(k.Name)
		name.Bold = true
		marks := widget.Line(theme.Space16, widget.NewBadge(widget.StateSign(k.State)))
		if k.Verification == directory.PINless {
			marks.Add(widget.NewBadge(widget.VerificationSign(k.Verification)))
		}
		if k.TemporaryPIN {
			marks.Add(widget.NewBadge(widget.TemporaryPINSign()))
		}
		if k.State != directory.Revoked {
			rename := widget.NewQuiet(text.T("user.key.rename"), text.T("user.key.rename_label", "Name", k.Name),
				theme.EditIcon, func() { p.startRenaming(k) })
			marks.Add(rename)
		}
		head = container.NewBorder(nil, nil, widget.Line(0, icon), marks, widget.PadXY(theme.Space8, 8, name))
	}

	facts := []widget.Fact{}
	add := func(label string, value fyne.CanvasObject) {
		facts = append(facts, widget.Fact{Label: label, Value: value})
	}
	add(text.T("user.key.kind"), clipped(model(k, kind.Word)))
	add(text.T("user.key.verification"), clipped(widget.VerificationSign(k.Verification).Word))
	add(text.T("user.key.offline"), clipped(onOff(k.OfflineLogin)))
	if len(k.Credential.ID) > 0 {
		label := text.T("user.key.credential")
		add(label, widget.NewCopyableLines(label, base64.RawURLEncoding.EncodeToString(k.Credential.ID)))
	}
	if !k.Activated.IsZero() {
		add(text.T("user.key.activated"), clipped(text.DateTime(k.Activated)))
	}
	used := text.T("user.key.never_used")
	if !k.LastUsed.IsZero() {
		used = text.DateTime(k.LastUsed)
	}
	add(text.T("user.key.last_used"), clipped(used))
	return widget.Panel(widget.PadXY(theme.Space24, theme.Space12,
		widget.Column(theme.Space4, head, widget.Facts(facts...))))
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
		widget.NewButton(text.T("user.key.cancel"), p.stopRenaming))
	f.content = widget.AtMost(640, container.New(renameLayout{}, f.field, buttons))
	p.rename, p.state.Renaming = f, k.ID
	p.render()
	p.desk.focus(f.field.Entry)
}

func (p *userPage) stopRenaming() {
	p.rename, p.state.Renaming = nil, ""
	p.render()
	p.desk.focus(p.assign)
}

func (p *userPage) saveName(k directory.SecurityKey) {
	f := p.rename
	if f == nil || !f.field.Check() {
		return
	}
	name := f.field.Text()
	if name == k.Name {
		p.stopRenaming()
		return
	}
	p.desk.beside(p.desk.ctx, func(ctx context.Context) {
		_, err := p.desk.station.Directory.RenameKey(ctx, p.desk.actor(), k.ID, name)
		if errors.Is(err, directory.ErrOfflineCache) {
			err = nil // the name is kept; the cache is made good at the next start
		}
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
				p.stopRenaming()
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
