package desk

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/bulk"
	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// render shows the state.
func (p *importPage) render() {
	s := p.state
	at := int(s.Step)
	if s.done() {
		at++
	}
	p.steps.Set(at, text.T("import.step.file"), text.T("import.step.columns"), text.T("import.step.check"), text.T("import.step.run"))
	p.renderBody()
	p.renderFoot()
}

// renderBody shows the step.
func (p *importPage) renderBody() {
	s := p.state
	switch {
	case s.Step == importFile || s.Step == importColumns && p.columns == nil && s.Layout.Header == nil:
		p.put(fmt.Sprint("file:", s.Path, s.Working, s.Err), p.fileView)
	case s.Step == importColumns:
		if p.columns == nil {
			p.columns = newImportColumnsView(p)
			p.drawn = ""
		}
		p.columns.fill()
		p.put("columns", func() fyne.CanvasObject { return p.columns.all })
	case s.Working:
		p.renderProgress()
		p.put(fmt.Sprint("working:", s.Step, s.Slow, s.Stopping), p.workingView)
	case s.Step == importCheck && s.Err == nil, s.Step == importCheck && s.Planned:
		p.put(fmt.Sprint("plan:", s.Asked), p.planView)
	case s.Err != nil:
		p.put(fmt.Sprint("failed:", s.Asked), p.failureView)
	default:
		if p.job != nil {
			p.drawn = "" // how far it is changes
		}
		p.put(fmt.Sprint("done:", s.Asked), p.doneView)
	}
}

func (p *importPage) put(name string, make func() fyne.CanvasObject) {
	if p.drawn == name {
		return
	}
	p.drawn = name
	p.body.Objects = []fyne.CanvasObject{make()}
	p.body.Refresh()
}

// renderFoot shows what can be done now, and says what is still to be done first.
func (p *importPage) renderFoot() {
	s := p.state
	back, next, can, sign := text.T("wizard.back"), text.T("wizard.next"), !s.Working, widget.Sign{}
	switch {
	case p.importing():
		back, next = text.T("import.cancel"), ""
	case s.done():
		back, next = text.T("import.another"), text.T("import.show_users")
		can = !p.mailing()
	case s.Step == importFile:
		next = ""
		if s.Err != nil && s.Path != "" {
			next = text.T("page.again")
		} else if s.Layout.Header != nil {
			next = text.T("wizard.next")
		}
	case s.Step == importColumns:
		can = s.ready()
		sign = p.columnsSign()
	case s.Working:
		next = ""
	case s.importable():
		n := s.Plan.Created + s.Plan.Changed
		next = text.N("import.act", n, "Number", text.Number(n))
	case s.Step == importCheck && s.Planned && s.Plan.Refused > 0:
		next = text.T("import.check_again")
	case s.Step == importCheck && s.Planned:
		next = text.T("import.show_users")
	default:
		next = text.T("page.again")
	}
	p.back.SetText(back)
	p.back.SetEnabled(!s.Stopping && !p.mailing())
	p.next.Hidden = next == ""
	p.next.SetText(next)
	p.next.SetEnabled(can)
	p.notice.Hidden = sign.Word == ""
	p.notice.Set(sign)
	p.all.Refresh()
}

// columnsSign says what keeps the columns from being taken as they are.
func (p *importPage) columnsSign() widget.Sign {
	s := p.state
	bad := widget.Sign{Icon: theme.WarningIcon, Color: theme.Danger}
	_, id := s.Options.Columns[bulk.UserID]
	_, wrong := s.groupProblem()
	switch {
	case s.Err != nil:
		bad.Word = importErrorWords(s.Err).Title
	case !id:
		bad.Word = text.T("import.need_id")
	case wrong:
		bad.Word = text.T("import.need_groups")
	default:
		return widget.Sign{}
	}
	return bad
}

// fileView asks for the file, or says why the one chosen cannot be imported.
func (p *importPage) fileView() fyne.CanvasObject {
	s := p.state
	p.choose = widget.NewPrimary(text.T("import.choose"), p.chooseFile).WithIcon(theme.FileIcon)
	if s.Path != "" {
		p.choose.SetText(text.T("import.choose_other"))
		p.choose.Rank = widget.Secondary
	}
	if s.Err == nil {
		more := text.T("import.file.text")
		if s.Path != "" {
			more = p.fileName()
		}
		drop := widget.Small(text.T("import.file.drop"))
		drop.Align = fyne.TextAlignCenter
		return container.NewCenter(widget.Column(theme.Space8,
			widget.Empty(theme.FileIcon, text.T("import.file.title"), more, p.choose), drop))
	}
	words := importErrorWords(s.Err)
	return container.NewCenter(widget.Column(theme.Space16,
		widget.Empty(theme.WarningIcon, words.Title, words.Remedy, p.choose),
		widget.NewCopyableLines(text.T("page.details"), s.Err.Error())))
}

// workingView says how far it is.
func (p *importPage) workingView() fyne.CanvasObject {
	s := p.state
	title := text.T("import.trying")
	switch {
	case s.Stopping:
		title = text.T("import.undoing")
	case s.Step == importRun:
		title = text.T("import.running")
	case !s.Slow:
		return container.NewStack()
	}
	parts := []fyne.CanvasObject{widget.Title(title), clipped(p.fileName()), p.bar, p.far}
	if s.Step == importRun && !s.Stopping {
		parts = append(parts, widget.Hint(text.T("import.running_text")))
	}
	return widget.AtMost(settingsWidth, widget.Column(theme.Space12, parts...))
}

// renderProgress shows how far it is, without touching anything else: it is called often.
func (p *importPage) renderProgress() {
	s := p.state
	lines := s.Progress.Lines
	switch {
	case s.Progress.Undoing:
		p.bar.Set(lines, s.Plan.Users())
		p.far.SetText(text.N("import.left", lines, "Number", text.Number(lines)))
		if !s.Stopping && p.importing() { // it failed: what was imported is taken back by itself
			p.state.Stopping = true
			p.render()
		}
	case s.Step == importRun:
		of := s.Plan.Users()
		p.bar.Set(lines, of)
		p.far.SetText(text.T("import.far", "Done", text.Number(lines), "Of", text.Number(of)))
	default:
		const parts = 10_000
		done := 0
		if s.Progress.Size > 0 {
			done = int(s.Progress.Bytes * parts / s.Progress.Size)
		}
		p.bar.Set(done, parts)
		p.far.SetText(text.N("import.lines", lines, "Number", text.Number(lines)))
	}
}

// failureView says why nothing was imported, or could be tried.
func (p *importPage) failureView() fyne.CanvasObject {
	s := p.state
	words, icon := importErrorWords(s.Err), theme.WarningIcon
	if s.stopped() {
		words.Title, words.Remedy = text.T("import.stopped"), ""
		icon = theme.PauseIcon
	}
	more := strings.TrimSpace(undoneWords(s.Err) + " " + words.Remedy)
	parts := []fyne.CanvasObject{widget.Empty(icon, words.Title, more, nil)}
	if !s.stopped() {
		parts = append(parts, widget.NewCopyableLines(text.T("page.details"), s.Err.Error()))
	}
	return container.NewCenter(widget.Column(theme.Space16, parts...))
}

// doneView says what was imported.
func (p *importPage) doneView() fyne.CanvasObject {
	r := p.state.Result
	n := r.Created + r.Changed
	words := text.N("import.done", n, "Number", text.Number(n)) + " " + text.T("import.done_text", "File", p.fileName())
	parts := widget.Column(theme.Space12,
		widget.Across(theme.Space12, figure(r.Created, text.T("import.done.created"), theme.Success),
			figure(r.Changed, text.T("import.done.changed"), theme.Text), figure(r.Unchanged, text.T("import.done.unchanged"), theme.Text)),
		widget.IconBeside(widget.Sign{Icon: theme.CheckCircleIcon, Color: theme.Success}, widget.NewParagraph(words)))
	if next := p.mailView(); next != nil {
		parts.Add(next)
	}
	return parts
}

// figure is how many users something becomes of; none is nothing to look at.
func figure(n int, words string, color fyne.ThemeColorName) fyne.CanvasObject {
	if n == 0 {
		color = theme.Muted
	}
	return widget.NewFigure(text.Number(n), words, color)
}

// outcomeSign is what becomes of one user.
func outcomeSign(o directory.Outcome) widget.Sign {
	switch o {
	case directory.WillCreate:
		return widget.Sign{Icon: theme.AddIcon, Color: theme.Success, Word: text.T("import.outcome.created")}
	case directory.WillChange:
		return widget.Sign{Icon: theme.EditIcon, Color: theme.Primary, Word: text.T("import.outcome.changed")}
	}
	return widget.Sign{Icon: theme.CheckIcon, Color: theme.Muted, Word: text.T("import.outcome.unchanged")}
}
