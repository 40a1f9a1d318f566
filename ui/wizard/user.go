package wizard

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
	"tapstation/ui/wording"
)

// userPage asks who the user is.
type userPage struct {
	wizard *Wizard
	fields map[Field]*widget.Field
	chips  *fyne.Container  // of groups: those chosen, then those offered
	shown  string           // what the chips were made from
	speaks *widget.Dropdown // the language of mails
	object fyne.CanvasObject
}

func newUserPage(w *Wizard) *userPage {
	p := &userPage{wizard: w, fields: map[Field]*widget.Field{}}
	for _, f := range fields {
		p.fields[f] = p.newField(f)
	}
	groups := p.fields[Groups].Entry
	groups.SetPlaceHolder(text.T("wizard.user.groups_hint"))
	groups.OnEnter = func() {
		if w.state.Group == "" {
			w.next()
			return
		}
		w.set(w.state.EnterGroup())
	}
	p.chips = container.New(layout.NewRowWrapLayoutWithCustomPadding(theme.Space8, theme.Space8))
	two := func(a, b Field) fyne.CanvasObject {
		return container.New(pairLayout{theme.Space16}, p.fields[a], p.fields[b])
	}
	p.speaks = widget.NewDropdown(text.T("user.language"), text.T("wizard.user.language_hint"), func(id string) { w.set(w.state.Speak(id)) })
	p.object = form(text.T("user.details"),
		two(UserID, UserName), two(FirstName, LastName), p.fields[Email],
		widget.Column(theme.Space4, p.fields[Groups], p.chips), container.New(pairLayout{theme.Space16}, p.speaks, layout.NewSpacer()))
	return p
}

// form is a page of a title and what is asked below it, with room around it and as wide as is good to read.
func form(title string, rows ...fyne.CanvasObject) fyne.CanvasObject {
	all := append([]fyne.CanvasObject{widget.Title(title)}, rows...)
	column := widget.AtMost(formWidth, widget.Column(theme.Space12, all...))
	// Room for the rings of focus, which stand out by a little.
	return container.NewVScroll(container.New(layout.NewCustomPaddedLayout(theme.Space4, theme.Space8, theme.Space8, theme.Space16), column))
}

// formWidth is how wide a page of the wizard is at most, in units.
const formWidth float32 = 720

func (p *userPage) newField(f Field) *widget.Field {
	field := widget.NewField(label(f), "")
	w := p.wizard
	if f == Groups {
		field.OnChanged = func(typed string) { w.set(w.state.TypeGroup(typed)) }
		return field
	}
	field.OnChanged = func(typed string) { w.set(w.state.Type(f, typed)) }
	field.OnLeave = func(string) {
		w.set(w.state.Leave(f))
		if f == UserID {
			w.lookUp()
		}
	}
	return field
}

func label(f Field) string {
	switch f {
	case UserID:
		return text.T("user.id")
	case UserName:
		return text.T("user.user_name")
	case FirstName:
		return text.T("user.first_name")
	case LastName:
		return text.T("user.last_name")
	case Email:
		return text.T("user.email")
	}
	return text.T("user.groups")
}

func (p *userPage) content() fyne.CanvasObject { return p.object }

func (p *userPage) first() fyne.Focusable {
	if p.wizard.state.Saved.ID != "" {
		return p.fields[UserName].Entry
	}
	return p.fields[UserID].Entry
}

func (p *userPage) focusOn(f Field) { p.fields[f].Focus() }

func (p *userPage) fill(s State) {
	for f, field := range p.fields {
		value := s.Value(f)
		if f == Groups {
			value = s.Group
		}
		if field.Text() != value {
			field.SetText(value)
		}
		problem := ""
		if e, wrong := s.Problems[f]; wrong {
			problem = wording.Field(e)
			if e.Problem == Which {
				problem = text.T("wizard.user.group_which")
			}
		}
		field.SetProblem(problem)
	}
	if id := p.fields[UserID]; s.Saved.ID != "" && !id.Entry.Disabled() {
		id.Entry.Disable()
		id.SetHint(text.T("wizard.user.id_fixed"))
	}
	p.speaks.SetOptions(languages(s)...)
	p.speaks.Select(s.Draft.Language)
	p.fillGroups(s)
}

// LanguageName is what a language is called in itself, where there is a translation into it; else its tag.
func LanguageName(tag string) string {
	if slices.Contains(text.Languages(), tag) {
		return text.T("settings.language." + tag)
	}
	return tag
}

// languages are the answers to which language the user is written to in.
func languages(s State) []widget.Option {
	workspace := s.Workspace.Language
	if workspace == "" {
		workspace = text.Language()
	}
	options := []widget.Option{{ID: "", Title: text.T("wizard.user.language_workspace", "Language", LanguageName(workspace))}}
	for _, l := range text.Languages() {
		options = append(options, widget.Option{ID: l, Title: LanguageName(l)})
	}
	if own := s.Draft.Language; own != "" && !slices.Contains(text.Languages(), own) {
		options = append(options, widget.Option{ID: own, Title: LanguageName(own)}) // from a file, say: "de-AT"
	}
	return options
}

// fillGroups shows the groups chosen, each to be taken away again, and those that may be chosen.
func (p *userPage) fillGroups(s State) {
	known, create := s.Suggest()
	if shown := text.Language() + "\x00" + s.Value(Groups) + "\x00" + join(known) + "\x00" + create; shown == p.shown {
		return
	} else {
		p.shown = shown
	}
	w := p.wizard
	p.chips.Objects = nil
	for _, g := range s.Draft.Groups {
		chip := widget.NewButton(g, func() { w.set(w.state.Quit(g)); p.focusOn(Groups) })
		p.chips.Add(chip.WithIcon(theme.CrossIcon))
	}
	for _, g := range known {
		p.chips.Add(widget.NewQuiet(g, "", theme.AddIcon, func() { p.choose(g) }))
	}
	if create != "" {
		p.chips.Add(widget.NewQuiet(text.T("wizard.user.group_new", "Group", create), "", theme.AddIcon, func() { p.choose(create) }))
	}
	p.chips.Refresh()
}

func (p *userPage) choose(group string) {
	p.wizard.set(p.wizard.state.Join(group))
	p.focusOn(Groups)
}

func join(names []string) string {
	all := ""
	for _, n := range names {
		all += n + "\x00"
	}
	return all
}
