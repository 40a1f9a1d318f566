package desk

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"tapstation/app/directory"
	"tapstation/app/mail/letter"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
	"tapstation/ui/wording"
)

// templatePage is what one kind of mail says in one language: its words to be changed, beside what comes of them.
type templatePage struct {
	desk  *Desk
	state templateState
	asked int
	open  func(*url.URL) error // shows a page in the browser
	page  string               // the file that was shown there last

	subject, body         *widget.Field
	into                  *widget.Field // the one that was typed into last
	back, discard, save   *widget.Button
	reset, browse         *widget.Button
	notice                *widget.Badge
	stale                 *widget.Badge
	failure               *widget.Paragraph
	as                    *widget.Dropdown // how the preview is shown
	preview, form, holder *fyne.Container
}

// How the preview is shown.
const (
	asSheet = "sheet"
	asPlain = "plain"
)

func newTemplatePage(d *Desk, kind directory.MessageKind, language string) *templatePage {
	p := &templatePage{desk: d, state: templateState{Kind: kind, Language: language}, open: d.app.OpenURL,
		notice: widget.NewStatus(widget.Sign{}), preview: container.NewStack(), holder: container.NewStack()}
	p.stale = widget.NewBadge(widget.Sign{Icon: theme.WarningIcon, Color: theme.Warning, Word: text.T("template.stale")})
	p.failure = widget.NewParagraph("")
	p.failure.SetColor(theme.Danger)
	p.subject = widget.NewField(text.T("template.subject"), "")
	p.body = widget.NewLines(text.T("template.body"), text.T("template.body_hint"), 8)
	p.body.Fills = true
	for name, f := range map[string]*widget.Field{"subject": p.subject, "body": p.body} {
		f.Validate = func(string) string { return p.state.mistake(name) }
		f.OnChanged = func(string) { p.changed() }
		focus := f.Entry.OnFocus
		f.Entry.OnFocus = func(has bool) {
			if has {
				p.into = f
			}
			focus(has)
		}
	}
	p.into = p.body
	p.save = widget.NewPrimary(text.T("settings.save"), p.trySave)
	p.discard = widget.NewButton(text.T("settings.discard"), p.forget)
	p.reset = widget.NewButton(text.T("template.reset"), p.askReset)
	p.browse = widget.NewButton(text.T("template.browse"), p.showInBrowser).WithIcon(theme.GlobeIcon)
	p.back = widget.NewQuiet(text.T("template.title"), "", theme.BackIcon, p.goBack)
	p.as = widget.NewBareDropdown(text.T("template.preview"), func(string) { p.renderPreview() },
		widget.Option{ID: asSheet, Title: text.T("template.sheet")}, widget.Option{ID: asPlain, Title: text.T("template.plain")})
	p.build()
	p.render()
	return p
}

func (p *templatePage) build() {
	chips := container.New(&wrapLayout{})
	for _, of := range letter.Placeholders(p.state.Kind) {
		chip := widget.NewButton(text.T("template.placeholder."+of.Name), func() { p.insert(of.Name) })
		chip.Label = text.T("template.insert", "What", chip.Text)
		chips.Add(chip)
	}
	label := widget.Small(text.T("template.placeholders"))
	label.Bold, label.Color = true, theme.Text
	left := container.NewBorder(p.subject, widget.Column(theme.Space4, label, chips), nil, nil, p.body)
	title := widget.Small(text.T("template.preview"))
	title.Bold, title.Color = true, theme.Text
	right := widget.Above(theme.Space8, container.NewVScroll(p.preview),
		widget.Between(title, widget.Line(theme.Space8, p.as, p.browse)), p.stale)
	foot := container.NewVBox(widget.PadXY(0, theme.Space8, widget.Rule()), p.failure,
		container.NewBorder(nil, nil, widget.Line(theme.Space8, p.discard, p.reset), p.save, container.NewCenter(p.notice)))
	p.form = container.NewBorder(nil, foot, nil, nil, widget.Across(theme.Space24, left, right))
}

func (p *templatePage) content() fyne.CanvasObject { return p.holder }

func (p *templatePage) place() string { return settingsPlace }

func (p *templatePage) keys() *widget.Keys {
	return &widget.Keys{Enter: p.trySave, Escape: p.goBack, Shortcuts: []widget.Shortcut{{Key: fyne.KeyS, Do: p.trySave}}}
}

func (p *templatePage) goBack() { p.desk.ShowTemplates() }

func (p *templatePage) shown() { p.ask() }

func (p *templatePage) left() {
	p.asked++
	p.state.Asked++
	if p.page != "" {
		_ = os.RemoveAll(filepath.Dir(p.page)) // a made-up mail in the folder for such files
		p.page = ""
	}
}

// leave asks before what was typed is lost.
func (p *templatePage) leave(then func()) {
	if p.state.changed() {
		p.desk.askToLeave(then)
		return
	}
	then()
}

// ask asks for the text as it is kept.
func (p *templatePage) ask() {
	p.asked++
	n, kind, language := p.asked, p.state.Kind, p.state.Language
	p.state.Failed = nil
	p.desk.beside(p.desk.ctx, func(ctx context.Context) {
		l, err := p.desk.station.Letters.Template(ctx, kind, language)
		p.desk.do(func() {
			if n != p.asked {
				return
			}
			if err != nil {
				p.state.Failed = err
				p.render()
				return
			}
			p.put(l)
			p.desk.focus(p.subject.Entry)
		})
	})
}

// put puts the text as it is kept into the fields.
func (p *templatePage) put(l letter.Listed) {
	p.state = p.state.keep(l)
	p.subject.SetText(l.Subject)
	p.body.SetText(l.Body)
	p.subject.SetProblem("")
	p.body.SetProblem("")
	p.render()
	p.ponder()
}

// changed takes in what was typed.
func (p *templatePage) changed() {
	if !p.state.Known {
		return
	}
	p.state = p.state.typed(p.subject.Text(), p.body.Text())
	p.renderFoot()
	p.ponder()
}

// insert types a placeholder where one typed last.
func (p *templatePage) insert(name string) {
	for _, r := range "{" + name + "}" {
		p.into.Entry.TypedRune(r)
	}
	p.into.Focus()
}

// ponder makes the preview anew.
func (p *templatePage) ponder() {
	p.state.Asked++
	n, t, w, now := p.state.Asked, p.state.template(), p.desk.workspace, p.desk.now()
	if len(letter.Mistakes(t)) > 0 {
		p.state.Stale = true
		p.renderPreview()
		return
	}
	p.desk.beside(p.desk.ctx, func(context.Context) {
		l := letter.Sample(t.Kind, t.Language, w, now)
		r, err := letter.Preview(l, &t)
		p.desk.do(func() {
			if n != p.state.Asked {
				return
			}
			if p.state.Stale = err != nil; err == nil {
				p.state.Shown, p.state.Letter = r, l
			}
			p.renderPreview()
		})
	})
}

// trySave keeps the text, if nothing is wrong with it.
func (p *templatePage) trySave() {
	s := p.state
	if s.Saving || !s.changed() {
		return
	}
	subject, body := p.subject.Check(), p.body.Check()
	switch {
	case !subject:
		p.desk.focus(p.subject.Entry)
		return
	case !body:
		p.desk.focus(p.body.Entry)
		return
	}
	p.keep(func(ctx context.Context, by string) (letter.Listed, error) {
		t, err := p.desk.station.Letters.Save(ctx, by, s.template())
		return letter.Listed{MailTemplate: t, Own: true}, err
	})
}

// askReset goes back to the program's own words, after a question.
func (p *templatePage) askReset() {
	p.desk.ask(widget.QuestionText{
		Title: text.T("template.reset.title", "Mail", kindWords(p.state.Kind), "Language", text.T("settings.language."+p.state.Language)),
		Text:  text.T("template.reset.text"), Act: text.T("template.reset"), Cancel: text.T("template.reset.keep"), Danger: true,
	}, func() {
		kind, language := p.state.Kind, p.state.Language
		p.keep(func(ctx context.Context, by string) (letter.Listed, error) {
			t, err := p.desk.station.Letters.Reset(ctx, by, kind, language)
			return letter.Listed{MailTemplate: t}, err
		})
	})
}

func (p *templatePage) keep(do func(ctx context.Context, by string) (letter.Listed, error)) {
	p.state.Saving, p.state.Wrong, p.state.Done = true, nil, false
	p.renderFoot()
	n, by := p.asked, p.desk.actor()
	p.desk.beside(p.desk.ctx, func(ctx context.Context) {
		l, err := do(ctx, by)
		p.desk.do(func() {
			if n != p.asked || err != nil && p.desk.refused(err) {
				return
			}
			if err != nil {
				p.state = p.state.refused(err)
				p.renderFoot()
				return
			}
			p.state.Saving, p.state.Done = false, true
			p.put(l)
			p.state.Done = true
			p.renderFoot()
		})
	})
}

// forget discards what was typed.
func (p *templatePage) forget() {
	p.put(p.state.Kept)
	p.desk.focus(p.subject.Entry)
}

// showInBrowser shows the mail as mail programs do: a file of its own, until one goes elsewhere.
func (p *templatePage) showInBrowser() {
	before, content := p.page, p.state.Shown.HTML
	n := p.asked
	p.desk.beside(p.desk.ctx, func(context.Context) {
		path, err := previewFile(before, content)
		p.desk.do(func() {
			if n != p.asked {
				_ = os.RemoveAll(filepath.Dir(path))
				return
			}
			if p.page = path; err == nil {
				err = p.open(&url.URL{Scheme: "file", Path: filepath.ToSlash(path)})
			}
			if err != nil {
				p.state.Wrong = fmt.Errorf("show the mail in the browser: %w", err)
				p.renderFoot()
			}
		})
	})
}

// previewFile writes a page to the file of before, or to a new one in a folder of its own.
func previewFile(before, content string) (path string, err error) {
	path = before
	if path == "" {
		dir, err := os.MkdirTemp("", "tapstation-mail-")
		if err != nil {
			return "", err
		}
		path = filepath.Join(dir, "mail.html")
	}
	return path, os.WriteFile(path, []byte(content), 0o600)
}

// render shows the state.
func (p *templatePage) render() {
	s := p.state
	title := widget.Heading(text.T("template.heading", "Mail", kindWords(s.Kind), "Language", text.T("settings.language."+s.Language)))
	var body fyne.CanvasObject = container.NewStack()
	switch {
	case s.Failed != nil:
		body = failedView(s.Failed, p.ask)
	case s.Known:
		body = p.form
	}
	p.holder.Objects = []fyne.CanvasObject{detailPage(p.back, title, body)}
	p.renderFoot()
	p.renderPreview()
}

func (p *templatePage) renderFoot() {
	s := p.state
	can := s.changed() && !s.Saving
	p.save.SetEnabled(can)
	p.discard.SetEnabled(can)
	p.reset.Hidden = !s.Kept.Own
	p.reset.SetEnabled(!s.Saving)
	p.failure.Hidden = s.Wrong == nil
	if s.Wrong != nil {
		w := wording.Error(s.Wrong)
		p.failure.SetText(w.Title + ". " + w.Remedy)
	}
	sign := widget.Sign{}
	switch {
	case s.Saving:
		sign = widget.Sign{Icon: theme.ClockIcon, Color: theme.Muted, Word: text.T("settings.saving")}
	case s.changed() && !s.ready():
		sign = widget.Sign{Icon: theme.WarningIcon, Color: theme.Warning, Word: text.T("template.unready")}
	case s.changed():
		sign = widget.Sign{Icon: theme.EditIcon, Color: theme.Muted, Word: text.T("settings.changed")}
	case s.Done:
		sign = widget.Sign{Icon: theme.CheckCircleIcon, Color: theme.Success, Word: text.T("settings.saved")}
	}
	p.notice.Hidden = sign.Word == ""
	p.notice.Set(sign)
	p.holder.Refresh()
}

func (p *templatePage) renderPreview() {
	s := p.state
	if hidden := !s.Stale || s.Shown.Subject == ""; hidden != p.stale.Hidden {
		p.stale.Hidden = hidden
		p.form.Refresh()
	}
	p.browse.SetEnabled(s.Shown.HTML != "")
	p.preview.Objects = nil
	if s.Shown.Subject != "" {
		subject := widget.NewParagraph(s.Shown.Subject)
		subject.SetBold(true)
		mail := mailSheet(s, p.desk.workspace)
		if p.as.Selected() == asPlain {
			mail = mailText(s)
		}
		// With room for what scrolls it.
		p.preview.Objects = []fyne.CanvasObject{container.New(layout.NewCustomPaddedLayout(0, 0, 0, theme.Space16), widget.Column(theme.Space8, subject, mail))}
	}
	p.preview.Refresh()
}

// wrapLayout puts objects beside each other, and those that have no room in further lines.
type wrapLayout struct{ height float32 }

func (l *wrapLayout) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	const gap = theme.Space8
	x, y, line := float32(0), float32(0), float32(0)
	for _, o := range objects {
		m := o.MinSize()
		if x > 0 && x+m.Width > s.Width {
			x, y = 0, y+line+gap
		}
		o.Move(fyne.NewPos(x, y))
		o.Resize(m)
		x, line = x+m.Width+gap, max(line, m.Height)
	}
	l.height = y + line
}

// MinSize is as high as the lines were last: how many they are is known only with the width.
func (l *wrapLayout) MinSize(objects []fyne.CanvasObject) (s fyne.Size) {
	for _, o := range objects {
		s = s.Max(o.MinSize())
	}
	s.Height = max(s.Height, l.height)
	return s
}
