package wizard

import (
	"context"
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/activation"
	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/tap"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
	"tapstation/ui/wording"
)

// assignPage names a key that its user will activate.
type assignPage struct {
	field  *widget.Field
	warn   *widget.Badge
	object fyne.CanvasObject
}

func newAssignPage(w *Wizard) *assignPage {
	p := &assignPage{
		field: widget.NewField(text.T("wizard.name.label"), text.T("wizard.assign.hint")),
		warn:  widget.NewStatus(widget.Sign{Icon: theme.WarningIcon, Color: theme.Warning, Word: text.T("wizard.name.pinless")}),
	}
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
	p.object = form(text.T("wizard.assign.title"), widget.AtMost(formWidth/2, p.field), p.warn)
	return p
}

func (p *assignPage) content() fyne.CanvasObject { return p.object }
func (p *assignPage) first() fyne.Focusable      { return p.field.Entry }

func (p *assignPage) fill(s State) {
	if p.field.Text() != s.KeyName {
		p.field.SetText(s.KeyName)
	}
	verification, _ := s.Settings()
	p.warn.Hidden = verification != directory.PINless
}

// mailedPage says that a mail is on its way, and offers what it brings for whom it does not reach.
type mailedPage struct {
	wizard *Wizard
	title  *widget.Paragraph
	words  *widget.Paragraph
	said   *widget.Badge // of what was copied last
	stage  *fyne.Container
}

func newMailedPage(w *Wizard) *mailedPage {
	p := &mailedPage{wizard: w, title: widget.NewParagraph(""), words: widget.Hint(""), said: widget.NewStatus(widget.Sign{})}
	p.title.SetSize(theme.TextHeading)
	p.title.SetBold(true)
	p.title.SetAlign(fyne.TextAlignCenter)
	p.words.SetAlign(fyne.TextAlignCenter)
	link := widget.NewButton(text.T("activation.copy_link"), func() {
		w.copy(func(o activation.Opening) (string, string) {
			return o.Link, text.T("activation.link_copied")
		})
	}).WithIcon(theme.LinkIcon)
	code := widget.NewButton(text.T("activation.copy_code"), func() {
		w.copy(func(o activation.Opening) (string, string) {
			return o.Code, text.T("activation.code_copied", "Code", o.Code, "Until", text.DateTime(o.CodeExpires))
		})
	}).WithIcon(theme.CopyIcon)
	body := widget.Column(theme.Space12, container.NewCenter(widget.Line(theme.Space8, link, code)), container.NewCenter(p.said))
	p.stage = tap.Stage(container.NewCenter(widget.Picture(theme.MailIcon.In(theme.Primary), 176)), p.title, p.words, body)
	return p
}

func (p *mailedPage) content() fyne.CanvasObject { return p.stage }
func (p *mailedPage) first() fyne.Focusable      { return nil }

func (p *mailedPage) fill(s State) {
	m := s.Mailed
	to := s.Saved.Email
	if m.Waiting.Message != nil {
		to = m.Waiting.Message.To
	}
	p.title.SetText(text.T("wizard.mailed.title", "Name", s.Saved.DisplayName()))
	words := text.T("wizard.mailed.text", "To", to, "Key", m.Key.Name)
	if !m.Waiting.Ticket.Expires.IsZero() {
		words += " " + text.T("wizard.mailed.until", "Until", text.DateTime(m.Waiting.Ticket.Expires))
	}
	p.words.SetText(words)
	p.said.Set(widget.Sign{Icon: theme.CheckCircleIcon, Color: theme.Success, Word: m.Copied})
	p.said.Hidden = m.Copied == ""
	p.stage.Refresh()
}

// assign keeps the key and puts the mail about it into the outbox.
func (w *Wizard) assign() {
	if _, wrong := w.state.NameProblem(); wrong {
		if p, ok := w.pages[AssignPage].(*assignPage); ok {
			p.field.Check()
			p.field.Focus()
		}
		return
	}
	s := w.state
	s.Saving, s.Failure = true, nil
	w.set(s)
	what, tickets := s.Assignment(w.config.Actor), w.config.Activation
	w.run(func(ctx context.Context) func() {
		ctx = context.WithoutCancel(ctx) // Done assigns it, whatever comes next
		k, err := tickets.Assign(ctx, what)
		var waiting activation.Waiting
		if err == nil {
			waiting, _ = tickets.Waiting(ctx, k.ID) // only says until when; the user's page asks again
		}
		return func() {
			var invalid *directory.InvalidError
			switch {
			case err == nil:
				if w.config.OnMail != nil {
					w.config.OnMail()
				}
				w.set(w.state.Sent(k, waiting))
			case errors.As(err, &invalid) && invalid.Fields[0].Field == "key_name":
				w.set(w.state.NotKept(nil, nil))
				if p, ok := w.pages[AssignPage].(*assignPage); ok {
					p.field.SetProblem(wording.Field(invalid.Fields[0]))
				}
			default:
				w.set(w.state.NotKept(err, nil))
			}
		}
	})
}

// copy copies what opens the key's ticket. That it was shown is put on record.
func (w *Wizard) copy(of func(activation.Opening) (words, said string)) {
	id, by, tickets := w.state.Mailed.Key.ID, w.config.Actor, w.config.Activation
	w.run(func(ctx context.Context) func() {
		o, err := tickets.Show(ctx, by, id)
		return func() {
			s := w.state
			s.Failure, s.Mailed.Copied = err, ""
			if err == nil {
				var words string
				words, s.Mailed.Copied = of(o)
				fyne.CurrentApp().Clipboard().SetContent(words)
			}
			w.set(s)
		}
	})
}
