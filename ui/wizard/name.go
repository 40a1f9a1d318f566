package wizard

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/tap"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
	"tapstation/ui/wording"
)

// tapPage is the activation: the page of the ceremony, which renders itself.
type tapPage struct {
	page     *tap.Page
	ceremony *tap.Ceremony
}

func (p tapPage) content() fyne.CanvasObject { return p.page.Content }
func (p tapPage) fill(State)                 { p.page.Render(p.ceremony.State()) }
func (p tapPage) first() fyne.Focusable      { return p.page.First() }

// namePage says that the key is there and lets it be named.
type namePage struct {
	wizard *Wizard
	scene  *widget.Scene
	title  *widget.Paragraph
	remedy *widget.Paragraph
	field  *widget.Field
	warn   *widget.Badge
	stage  *fyne.Container
	object fyne.CanvasObject
}

func newNamePage(w *Wizard) *namePage {
	p := &namePage{
		wizard: w, scene: widget.NewScene(widget.Done), title: widget.NewParagraph(""), remedy: widget.Hint(""),
		field: widget.NewField(text.T("wizard.name.label"), ""),
		warn:  widget.NewStatus(widget.Sign{Icon: theme.WarningIcon, Color: theme.Warning, Word: text.T("wizard.name.pinless")}),
	}
	p.title.SetSize(theme.TextHeading)
	p.title.SetBold(true)
	p.title.SetAlign(fyne.TextAlignCenter)
	p.remedy.SetAlign(fyne.TextAlignCenter)
	p.field.OnChanged = func(typed string) {
		s := w.state
		s.KeyName = typed
		w.set(s)
	}
	p.field.Validate = func(string) string {
		if e, wrong := w.state.NameProblem(); wrong {
			return wording.Field(e)
		}
		return ""
	}
	p.stage = tap.Stage(p.scene, p.title, p.remedy, widget.Column(theme.Space8, p.field, p.warn))
	p.object = container.NewVScroll(p.stage)
	return p
}

func (p *namePage) content() fyne.CanvasObject { return p.object }
func (p *namePage) first() fyne.Focusable      { return nil }

// check shows what is wrong with the name and puts the cursor there.
func (p *namePage) check() {
	p.field.Check()
	p.field.Focus()
}

func (p *namePage) fill(s State) {
	words := p.wizard.ceremony.State().Words()
	p.title.SetText(words.Title)
	p.remedy.SetText(words.Remedy)
	if p.field.Text() != s.KeyName {
		p.field.SetText(s.KeyName)
	}
	p.warn.Hidden = s.Key.Verification != directory.PINless
	p.stage.Refresh()
}
