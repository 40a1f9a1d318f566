package wizard

import (
	"fyne.io/fyne/v2"

	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// settingsPage asks what the key is to do: as the workspace says, or otherwise.
type settingsPage struct {
	defaults     *widget.Toggle
	summary      *widget.Badge // of the verification
	offlineSaid  *widget.Badge
	own          *fyne.Container
	offline      *widget.Toggle
	verification *widget.Choice
	requirePIN   bool // what verification offers
	chooser      *widget.Paragraph
	object       fyne.CanvasObject
}

func newSettingsPage(w *Wizard) *settingsPage {
	p := &settingsPage{
		summary: widget.NewStatus(widget.Sign{}), offlineSaid: widget.NewStatus(widget.Sign{}), chooser: widget.Hint(""),
	}
	p.defaults = widget.NewToggle(text.T("wizard.settings.defaults"), "", func(on bool) { w.set(w.state.SetDefaults(on)) })
	p.offline = widget.NewToggle(text.T("key.offline_login"), text.T("wizard.settings.offline_text"), func(on bool) {
		s := w.state
		s.OfflineLogin = on
		w.set(s)
	})
	p.verification = widget.NewChoice(text.T("user.key.verification"), 1, func(id string) {
		s := w.state
		s.Verification = directory.Verification(id)
		w.set(s)
	}, Verifications(false)...)
	label := widget.Small(text.T("user.key.verification"))
	label.Bold, label.Color = true, theme.Text
	p.own = widget.Column(theme.Space16, p.offline, widget.Column(theme.Space8, label, p.verification))
	p.object = form(text.T("wizard.settings.title"), p.defaults, p.summary, p.offlineSaid, p.own, p.chooser)
	return p
}

// Verifications are the answers to what is asked of a key's holder. Where the workspace takes no PINless key, that one says
// so.
func Verifications(requirePIN bool) []widget.Option {
	pinless := widget.Option{ID: string(directory.PINless), Icon: theme.CardIcon, Title: text.T("key.verification.pinless"),
		Text: text.T("wizard.settings.pinless_text"), Warn: true}
	if requirePIN {
		pinless.Refused = text.T("wizard.settings.pinless_refused")
	}
	return []widget.Option{
		{ID: string(directory.PIN), Icon: theme.PINIcon, Title: text.T("key.verification.pin"), Text: text.T("wizard.settings.pin_text")},
		pinless,
	}
}

func (p *settingsPage) content() fyne.CanvasObject { return p.object }
func (p *settingsPage) first() fyne.Focusable      { return p.defaults }

func (p *settingsPage) fill(s State) {
	verification, offline := s.Settings()
	p.defaults.Set(s.UseDefaults)
	p.own.Hidden = s.UseDefaults
	p.summary.Hidden, p.offlineSaid.Hidden = !s.UseDefaults, !s.UseDefaults
	p.summary.Set(widget.Sign{Icon: theme.PINIcon, Color: theme.Muted, Word: text.T("wizard.settings.verification_pin")})
	if verification == directory.PINless {
		p.summary.Set(widget.Sign{Icon: theme.WarningIcon, Color: theme.Warning, Word: text.T("wizard.settings.verification_pinless")})
	}
	word := text.T("wizard.settings.offline_off")
	if offline {
		word = text.T("wizard.settings.offline_on")
	}
	p.offlineSaid.Set(widget.Sign{Icon: theme.OfflineIcon, Color: theme.Muted, Word: word})
	p.offline.Set(s.OfflineLogin)
	if p.requirePIN != s.Workspace.RequirePIN {
		p.requirePIN = s.Workspace.RequirePIN
		p.verification.SetOptions(Verifications(p.requirePIN)...)
	}
	p.verification.Select(string(s.Verification))
	p.chooser.Hidden = verification == directory.PINless
	p.chooser.SetText(s.chooserWords())
	p.object.Refresh()
}

// chooserWords says who chooses the PIN, and why it is not as the workspace wants it.
func (s State) chooserWords() string {
	chooser, why := s.Whose()
	switch {
	case chooser == directory.UserMail:
		return text.T("wizard.settings.chooser_mail", "To", s.Saved.Email)
	case why == NoMail:
		return text.T("wizard.settings.chooser_no_mail")
	case why == NoAddress:
		return text.T("wizard.settings.chooser_no_address", "Name", s.Saved.DisplayName())
	}
	return text.T("wizard.settings.chooser_here")
}
