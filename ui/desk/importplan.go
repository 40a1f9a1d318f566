package desk

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/bulk"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// planView says what would come of the import: how many users, and which lines keep it from being done.
func (p *importPage) planView() fyne.CanvasObject {
	plan := p.state.Plan
	tops := []fyne.CanvasObject{
		widget.Across(theme.Space12, figure(plan.Created, text.T("import.created"), theme.Success),
			figure(plan.Changed, text.T("import.changed"), theme.Text), figure(plan.Unchanged, text.T("import.unchanged"), theme.Text),
			figure(plan.Refused, text.T("import.refused"), theme.Danger)),
		p.planSays(),
	}
	if len(plan.NewGroups) > 0 {
		tops = append(tops, widget.NewParagraph(text.N("import.new_groups", len(plan.NewGroups), "Groups", fewWords(plan.NewGroups))))
	}
	if plan.Short > 0 {
		tops = append(tops, widget.Hint(text.N("import.short", plan.Short, "Number", text.Number(plan.Short))))
	}
	if plan.Refused > 0 {
		return widget.Above(theme.Space12, widget.Panel(p.refusalList()), append(tops, p.refusalTitle())...)
	}
	if len(plan.Samples) == 0 {
		return widget.Above(theme.Space12, container.NewStack(), tops...)
	}
	return widget.Above(theme.Space12, widget.Panel(sampleList(plan.Samples)), append(tops, widget.Title(text.T("import.samples")))...)
}

// planSays is what the figures mean, and what to do now.
func (p *importPage) planSays() fyne.CanvasObject {
	plan := p.state.Plan
	sign, words := widget.Sign{Icon: theme.CheckCircleIcon, Color: theme.Success}, text.T("import.fine")
	switch {
	case plan.Refused > 0:
		sign = widget.Sign{Icon: theme.WarningIcon, Color: theme.Danger}
		words = text.N("import.mend", plan.Refused, "Number", text.Number(plan.Refused), "File", p.fileName())
	case plan.Created+plan.Changed == 0:
		words = text.T("import.nothing")
	}
	return widget.IconBeside(sign, widget.NewParagraph(words))
}

// refusalTitle stands above the refusals, with a way to take them all along.
func (p *importPage) refusalTitle() fyne.CanvasObject {
	plan := p.state.Plan
	title := text.T("import.refusals")
	if n := len(plan.Refusals); n < plan.Refused {
		title = text.N("import.refusals_first", n, "Number", text.Number(n))
	}
	var all *widget.Button
	all = widget.NewButton(text.T("import.copy"), func() {
		p.desk.app.Clipboard().SetContent(refusalLines(plan))
		all.WithIcon(theme.CheckIcon)
	}).WithIcon(theme.CopyIcon)
	return widget.Between(widget.Title(title), all)
}

func (p *importPage) refusalList() *widget.List {
	refusals := p.state.Plan.Refusals
	column := func(title string, weight float32, words func(bulk.Refusal) string) widget.Col {
		return widget.NewCol(title, weight, func() *widget.Text { return clipped("") }, func(t *widget.Text, row int) {
			if row < len(refusals) {
				t.SetText(words(refusals[row]))
			}
		})
	}
	return widget.NewList(func() int { return len(refusals) },
		column(text.T("import.refusal.line"), 0.45, func(r bulk.Refusal) string { return text.Number(r.Line) }),
		column(text.T("import.refusal.column"), 0.8, columnWords),
		column(text.T("import.refusal.value"), 1, func(r bulk.Refusal) string { return oneLine(r.Value) }),
		column(text.T("import.refusal.reason"), 3.2, refusalWords))
}

// sampleList is what would become of the first lines.
func sampleList(samples []bulk.Sample) *widget.List {
	column := func(title string, weight float32, words func(bulk.Sample) string) widget.Col {
		return widget.NewCol(title, weight, func() *widget.Text { return clipped("") },
			func(t *widget.Text, row int) { t.SetText(words(samples[row])) })
	}
	return widget.NewList(func() int { return len(samples) },
		widget.NewCol(text.T("import.outcome"), 0.9, func() *widget.Badge { return widget.NewStatus(widget.Sign{}) },
			func(b *widget.Badge, row int) { b.Set(outcomeSign(samples[row].Outcome)) }),
		column(text.T("user.id"), 0.8, func(s bulk.Sample) string { return s.User.ID }),
		column(text.T("users.column.name"), 1.2, func(s bulk.Sample) string { return s.User.DisplayName() }),
		column(text.T("user.email"), 1.4, func(s bulk.Sample) string { return s.User.Email }),
		column(text.T("user.groups"), 1.2, func(s bulk.Sample) string { return strings.Join(s.User.Groups, ", ") }))
}

// grid is rows of cells that line up, on a surface; nothing in it can be chosen.
func grid(rows [][]fyne.CanvasObject) fyne.CanvasObject {
	lines := widget.Column(theme.Space4)
	for _, cells := range rows {
		lines.Add(widget.Across(theme.Space16, cells...))
	}
	return widget.Panel(widget.PadXY(theme.Space16, theme.Space12, lines))
}

func small(words string) *widget.Text {
	t := widget.Small(words)
	t.Clip = true
	return t
}

// fewWords names the first few of many.
func fewWords(names []string) string {
	const few = 6
	if len(names) <= few {
		return strings.Join(names, ", ")
	}
	return text.N("import.and_more", len(names)-few, "Names", strings.Join(names[:few], ", "), "Number", text.Number(len(names)-few))
}

// oneLine is what stands in a cell, without the line breaks in it.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
