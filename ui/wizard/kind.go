package wizard

import (
	"fyne.io/fyne/v2"

	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// later is the answer that assigns no key.
const later = "later"

// kindPage asks what kind of security key to assign. Kinds that cannot be enrolled yet say so.
type kindPage struct {
	wizard *Wizard
	choice *widget.Choice
	object fyne.CanvasObject
}

func newKindPage(w *Wizard) *kindPage {
	p := &kindPage{wizard: w}
	not := text.T("wizard.kind.not_yet")
	p.choice = widget.NewChoice(text.T("wizard.kind.title"), 1, func(id string) {
		s := w.state
		s.Later = id == later
		w.set(s)
	},
		widget.Option{ID: string(directory.Card), Icon: theme.CardIcon, Title: text.T("key.kind.card"), Text: text.T("wizard.kind.card_text")},
		widget.Option{ID: later, Icon: theme.LaterIcon, Title: text.T("wizard.kind.later"), Text: text.T("wizard.kind.later_text")},
		widget.Option{ID: string(directory.Smartphone), Icon: theme.SmartphoneIcon, Title: text.T("key.kind.smartphone"), Refused: not},
		widget.Option{ID: string(directory.Fingerprint), Icon: theme.FingerprintIcon, Title: text.T("key.kind.fingerprint"), Refused: not},
		widget.Option{ID: string(directory.USBKey), Icon: theme.USBKeyIcon, Title: text.T("key.kind.usb_key"), Refused: not},
	)
	p.object = form(text.T("wizard.kind.title"), p.choice)
	return p
}

func (p *kindPage) content() fyne.CanvasObject { return p.object }
func (p *kindPage) first() fyne.Focusable      { return p.choice }

func (p *kindPage) fill(s State) {
	if s.Later {
		p.choice.Select(later)
	} else {
		p.choice.Select(string(directory.Card))
	}
}
