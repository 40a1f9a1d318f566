package desk

import (
	"slices"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"tapstation/app/bulk"
	"tapstation/app/directory"
	csv "tapstation/app/sheet"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
	"tapstation/ui/wording"
)

// importColumnsView is what the file is, its first lines, what its columns hold, and what becomes of its users.
type importColumnsView struct {
	page   *importPage
	fields map[bulk.Field]*widget.Dropdown
	delim  *widget.Dropdown
	enc    *widget.Dropdown
	there  *widget.Dropdown // what becomes of users who are there already
	table  *fyne.Container
	chips  *fyne.Container // the groups for all
	add    *widget.Button
	wrong  *widget.Badge
	all    fyne.CanvasObject
}

func newImportColumnsView(p *importPage) *importColumnsView {
	v := &importColumnsView{page: p, fields: map[bulk.Field]*widget.Dropdown{}, table: container.NewStack(),
		chips: container.New(layout.NewRowWrapLayoutWithCustomPadding(theme.Space8, theme.Space8)), wrong: widget.NewStatus(widget.Sign{})}
	v.add = widget.NewButton(text.T("import.add_group"), func() { v.chooseGroup(v.add) }).WithIcon(theme.AddIcon)
	s := p.state
	name := widget.Title(p.fileName())
	name.Clip = true
	facts := widget.Small(text.N("import.facts", len(s.Layout.Header), "Size", bytesWords(s.File.Size), "Number", text.Number(len(s.Layout.Header))))
	v.buildFormat()
	v.there = widget.NewDropdown(text.T("import.there"), text.T("import.there_hint"), func(id string) {
		p.state.Options.Existing, p.state.Touched = directory.Existing(id), true
	},
		widget.Option{ID: string(directory.Update), Title: text.T("import.there.update")},
		widget.Option{ID: string(directory.Skip), Title: text.T("import.there.skip")},
		widget.Option{ID: string(directory.Refuse), Title: text.T("import.there.refuse")})
	v.there.Select(string(s.Options.Existing))
	var fields []fyne.CanvasObject
	for _, f := range bulk.Fields {
		v.fields[f] = v.newField(f)
		fields = append(fields, v.fields[f])
	}
	label := widget.Small(text.T("import.groups"))
	label.Bold, label.Color = true, theme.Text
	v.all = container.NewVScroll(roomForRings(widget.Column(theme.Space12,
		widget.Column(theme.Space4, name, widget.Between(facts, widget.Line(theme.Space8, wideBox(v.delim), wideBox(v.enc)))),
		v.table,
		widget.Title(text.T("import.columns")),
		widget.Across(theme.Space16, fields[:3]...), widget.Across(theme.Space16, fields[3:]...),
		widget.Across(theme.Space16, widget.Column(theme.Space4, label, v.chips, v.wrong), v.there))))
	return v
}

// wideBox gives a drop-down without label room for its words.
func wideBox(d *widget.Dropdown) fyne.CanvasObject {
	const width = 190
	return container.NewGridWrap(fyne.NewSize(width, theme.Control), d)
}

// buildFormat offers other ways to read the file, for one that looks wrong.
func (v *importColumnsView) buildFormat() {
	p := v.page
	var delims, encs []widget.Option
	for _, d := range csv.Delimiters {
		delims = append(delims, widget.Option{ID: string(rune(d)), Title: delimiterWords(d)})
	}
	for _, e := range csv.Encodings {
		encs = append(encs, widget.Option{ID: string(e), Title: encodingWords(e)})
	}
	v.delim = widget.NewBareDropdown(text.T("import.delimiter"), func(id string) {
		p.state.Format.Delimiter = id[0]
		p.inspect()
	}, delims...)
	v.enc = widget.NewBareDropdown(text.T("import.encoding"), func(id string) {
		p.state.Format.Encoding = csv.Encoding(id)
		p.inspect()
	}, encs...)
	v.delim.Select(p.state.Layout.Delimiter)
	v.enc.Select(string(p.state.Layout.Encoding))
	if f := p.state.Format; f.Delimiter != 0 {
		v.delim.Select(string(rune(f.Delimiter)))
	}
	if f := p.state.Format; f.Encoding != "" {
		v.enc.Select(string(f.Encoding))
	}
}

// newField asks in which column a field is.
func (v *importColumnsView) newField(f bulk.Field) *widget.Dropdown {
	s := v.page.state
	none := widget.Option{ID: "-1", Title: text.T("import.column_none")}
	if f == bulk.UserID {
		none.Title = text.T("import.column_choose")
	}
	options := []widget.Option{none}
	for _, i := range s.offered() {
		options = append(options, widget.Option{ID: strconv.Itoa(i), Title: s.columnName(i)})
	}
	return widget.NewDropdown(fieldWords(f), "", func(id string) {
		if i, err := strconv.Atoi(id); err == nil {
			v.page.state = v.page.state.mapped(f, i)
			v.page.render()
		}
	}, options...)
}

// fill shows the state.
func (v *importColumnsView) fill() {
	s := v.page.state
	for f, d := range v.fields {
		column, ok := s.Options.Columns[f]
		d.SetProblem("")
		switch {
		case ok:
			d.Select(strconv.Itoa(column))
			hint := ""
			if e := s.example(column); e != "" {
				hint = text.T("import.example", "Value", oneLine(e))
			}
			d.SetHint(hint)
		default:
			d.Select("-1")
			d.SetHint(text.T("import.column_left"))
			if f == bulk.UserID {
				d.SetProblem(text.T("import.need_id"))
			}
		}
	}
	v.fillTable()
	v.fillGroups()
	v.all.Refresh()
}

// fillTable shows the first lines under what their columns hold.
func (v *importColumnsView) fillTable() {
	s := v.page.state
	columns := s.shownColumns()
	const most = 4
	sample := s.Layout.Sample[:min(len(s.Layout.Sample), most)]
	rows := make([][]fyne.CanvasObject, 2+len(sample))
	for _, c := range columns {
		head := clipped(text.T("import.column_ignored"))
		head.Color = theme.Muted
		if f := s.fieldOf(c); f != "" {
			head = clipped(fieldWords(f))
			head.Bold = true
		}
		rows[0] = append(rows[0], head)
		rows[1] = append(rows[1], small(s.columnName(c)))
		for i, line := range sample {
			rows[2+i] = append(rows[2+i], clipped(oneLine(line[c])))
		}
	}
	objects := []fyne.CanvasObject{grid(rows)}
	if more := len(s.Layout.Header) - len(columns); more > 0 {
		objects = append(objects, small(text.N("import.more_columns", more, "Number", text.Number(more))))
	}
	v.table.Objects = []fyne.CanvasObject{widget.Column(theme.Space4, objects...)}
	v.table.Refresh()
}

// fillGroups shows the groups for all, each to be taken away again, and a way to choose more.
func (v *importColumnsView) fillGroups() {
	p := v.page
	v.chips.Objects = nil
	for _, g := range p.state.Options.Groups {
		v.chips.Add(widget.NewButton(g, func() {
			p.state = p.state.quit(g)
			p.render()
			p.desk.focus(v.add)
		}).WithIcon(theme.CrossIcon))
	}
	v.chips.Add(v.add)
	v.chips.Refresh()
	problem, wrong := p.state.groupProblem()
	v.wrong.Hidden = !wrong
	if wrong {
		v.wrong.Set(widget.Sign{Icon: theme.WarningIcon, Color: theme.Danger, Word: wording.Field(problem)})
	}
}

func (v *importColumnsView) chooseGroup(below fyne.CanvasObject) {
	p := v.page
	var groups []widget.Pick
	for _, g := range p.state.Known {
		if !slices.Contains(p.state.Options.Groups, g) {
			groups = append(groups, widget.Pick{ID: g, Title: g})
		}
	}
	join := func(g string) {
		p.state = p.state.join(g)
		p.render()
		p.desk.focus(v.add)
	}
	widget.ShowPicker(below, widget.Picks{
		Options: groups, OnPicked: join, OnCreate: join,
		Search: text.T("wizard.user.groups_hint"),
		Create: func(words string) string { return text.T("wizard.user.group_new", "Group", words) },
	})
}
