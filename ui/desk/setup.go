package desk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/admin"
	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
	"tapstation/ui/wording"
)

// setupPage founds the workspace: what it is called, which relying party its keys are for, and who owns it. It comes
// when there is no admin yet.
type setupPage struct {
	desk   *Desk
	state  setupState
	fields map[string]*widget.Field

	steps     *widget.Steps
	holder    *fyne.Container
	emblem    *fyne.Container
	pages     [2]fyne.CanvasObject
	moved     *note // beside the relying party
	known     *note // beside the User ID
	noLogo    *widget.Button
	back      *widget.Button
	next      *widget.Button
	problem   *note
	noPicture *note // why a picture cannot be the logo
	all       fyne.CanvasObject
	lookedUp  string // User ID that was asked for last
}

func newSetupPage(d *Desk, l firstLook) *setupPage {
	p := &setupPage{desk: d, state: setupState{}.found(l), fields: map[string]*widget.Field{},
		moved: newNote(), known: newNote(), problem: newNote(), noPicture: newNote()}
	p.build()
	p.render()
	return p
}

func (p *setupPage) build() {
	s := &p.state
	name := p.field("name", text.T("setup.name"), text.T("setup.name_hint"), &s.Workspace.Name)
	rp := p.field("rp_id", text.T("setup.rp_id"), text.T("setup.rp_id_hint"), &s.Workspace.RPID)
	p.emblem = container.NewStack()
	p.noLogo = widget.NewQuiet(text.T("setup.logo_none"), "", theme.CrossIcon, func() { p.logo(nil) })
	choose := widget.NewButton(text.T("setup.logo_choose"), p.chooseLogo)
	logo := container.New(besideLayout{theme.Space16}, p.emblem, widget.Column(theme.Space4,
		widget.Line(theme.Space8, choose, p.noLogo), widget.Small(text.T("setup.logo_hint")), p.noPicture.content))
	logoLabel := widget.NewText(text.T("setup.logo"))
	logoLabel.TextSize, logoLabel.Bold = theme.TextSmall, true
	p.pages[setupWorkspace] = p.page(text.T("setup.workspace"), text.T("setup.workspace_text"),
		name, widget.Column(theme.Space8, logoLabel, logo),
		widget.Column(theme.Space4, rp, widget.Hint(text.T("setup.rp_id_text")), p.moved.content))

	id := p.field("user_id", text.T("user.id"), text.T("setup.user_id_hint"), &s.Owner.ID)
	id.OnLeave = func(string) { p.lookUp() }
	names := container.New(pairLayout{}, p.field("first_name", text.T("user.first_name"), "", &s.Owner.FirstName),
		p.field("last_name", text.T("user.last_name"), "", &s.Owner.LastName))
	email := p.field("email", text.T("user.email"), "", &s.Owner.Email)
	first, again := p.secret("password", text.T("login.password"), &s.Password), p.secret("again", text.T("setup.again"), &s.Again)
	p.pages[setupOwner] = p.page(text.T("setup.owner"), text.T("setup.owner_text"),
		widget.Column(theme.Space4, id, p.known.content), names, email,
		widget.Column(theme.Space4, first, widget.Hint(text.T("setup.password_text"))), again)

	p.steps = widget.NewSteps(text.T("setup.workspace"), text.T("setup.owner"))
	p.holder = container.NewStack()
	p.back, p.next = widget.NewButton(text.T("wizard.back"), p.goBack), widget.NewPrimary("", p.goOn)
	footer := container.NewVBox(widget.PadXY(0, theme.Space8, widget.Rule()),
		container.NewBorder(nil, nil, p.back, p.next, p.problem.content))
	head := container.NewVBox(container.New(besideLayout{theme.Space16}, widget.Picture(theme.AppIcon, 40),
		widget.Heading(text.T("setup.title"))), widget.PadXY(0, theme.Space8, widget.Rule()))
	side := container.New(sideLayout{}, container.NewVBox(widget.PadXY(0, theme.Space4, p.steps)))
	p.all = widget.PadXY(theme.Space32, theme.Space24, container.NewBorder(head, footer, side, nil, p.holder))
}

// page is one step: what it is about, and what is asked.
func (p *setupPage) page(title, words string, rows ...fyne.CanvasObject) fyne.CanvasObject {
	all := append([]fyne.CanvasObject{widget.Title(title), widget.Hint(words)}, rows...)
	return container.NewVScroll(widget.PadXY(theme.Space8, theme.Space4, widget.AtMost(setupWidth, widget.Column(theme.Space12, all...))))
}

// setupWidth is how wide what is asked is at most, in units.
const setupWidth float32 = 640

// field is a line for one member of the state.
func (p *setupPage) field(name, label, hint string, into *string) *widget.Field {
	return p.line(name, widget.NewField(label, hint), into)
}

func (p *setupPage) secret(name, label string, into *string) *widget.Field {
	return p.line(name, widget.NewSecret(label, ""), into)
}

func (p *setupPage) line(name string, f *widget.Field, into *string) *widget.Field {
	f.SetText(*into)
	f.OnChanged = func(typed string) {
		*into = typed
		p.typed(name)
	}
	f.Validate = func(string) string { return p.state.wrong(name) }
	p.fields[name] = f
	return f
}

// typed takes away what no longer holds of what was said.
func (p *setupPage) typed(name string) {
	p.state.Failed = nil
	switch name {
	case "user_id":
		p.state.Known = directory.User{}
	case "password":
		if again := p.fields["again"]; again.Problem() != "" {
			again.SetProblem(p.state.wrong("again"))
		}
	}
	p.renderNotes()
}

func (p *setupPage) content() fyne.CanvasObject { return p.all }

func (p *setupPage) keys() *widget.Keys { return &widget.Keys{Enter: p.goOn, Escape: p.goBack} }

func (p *setupPage) shown() { p.first() }

// left forgets the password: the page may be kept for longer than it is seen.
func (p *setupPage) left() {
	p.fields["password"].SetText("")
	p.fields["again"].SetText("")
}

func (p *setupPage) changed() {}

// first puts the cursor where the step begins.
func (p *setupPage) first() {
	p.desk.window.Canvas().Focus(p.fields[fieldsOf(p.state.Step)[0]].Entry)
}

// goBack goes to the step before.
func (p *setupPage) goBack() {
	if p.state.Step == setupOwner && !p.state.Saving {
		p.state.Step = setupWorkspace
		p.render()
		p.first()
	}
}

// goOn goes to the next step, or founds the workspace.
func (p *setupPage) goOn() {
	if p.state.Saving || !p.right() {
		return
	}
	if p.state.Step == setupWorkspace {
		p.state.Step = setupOwner
		p.render()
		p.first()
		return
	}
	p.save()
}

// right shows what is wrong on this step, and goes to the first of it.
func (p *setupPage) right() bool {
	right := true
	for _, name := range fieldsOf(p.state.Step) {
		f := p.fields[name]
		if f == nil || f.Check() {
			continue
		}
		if right {
			p.desk.window.Canvas().Focus(f.Entry)
		}
		right = false
	}
	return right
}

// lookUp asks whether the User ID is somebody's who is here already. A failure shows when it is saved.
func (p *setupPage) lookUp() {
	id := p.state.Owner.ID
	if id == "" || id == p.lookedUp {
		return
	}
	p.lookedUp = id
	p.desk.beside(p.desk.ctx, func(ctx context.Context) {
		u, _, err := p.desk.station.Directory.User(ctx, id)
		p.desk.do(func() {
			if err != nil && !errors.Is(err, directory.ErrNotFound) {
				return
			}
			p.state = p.state.looked(id, u)
			for name, typed := range map[string]*string{"first_name": &p.state.Owner.FirstName, "last_name": &p.state.Owner.LastName,
				"email": &p.state.Owner.Email} {
				if known := map[string]string{"first_name": u.FirstName, "last_name": u.LastName, "email": u.Email}[name]; *typed == "" && known != "" {
					p.fields[name].SetText(known)
				}
			}
			p.renderNotes()
		})
	})
}

// save founds the workspace, and opens the panel for its owner.
func (p *setupPage) save() {
	p.state.Saving, p.state.Failed = true, nil
	p.render()
	first := admin.FirstStart{Workspace: p.state.kept(), Owner: p.state.owner(), Password: p.state.Password}
	p.desk.beside(p.desk.ctx, func(ctx context.Context) {
		s, err := p.desk.station.Admins.FirstStart(context.WithoutCancel(ctx), first)
		p.desk.do(func() {
			p.state.Saving = false
			var invalid *directory.InvalidError
			switch {
			case err == nil:
				p.desk.setWorkspace(first.Workspace)
				p.desk.loggedIn(s)
				return
			case errors.Is(err, directory.ErrHasAdmins): // made by a command meanwhile
				p.desk.cover(newLoginPage(p.desk, nil))
				return
			case errors.As(err, &invalid):
				p.refused(invalid)
			default:
				p.state.Failed = err
			}
			p.render()
		})
	})
}

// refused shows what the directory finds wrong with a field, on the step where it is.
func (p *setupPage) refused(invalid *directory.InvalidError) {
	for _, e := range invalid.Fields {
		f := p.fields[e.Field]
		if f == nil {
			p.state.Failed = invalid
			continue
		}
		f.SetProblem(wording.Field(e))
		if f == p.fields["name"] || f == p.fields["rp_id"] {
			p.state.Step = setupWorkspace
		}
	}
}

// render shows the state.
func (p *setupPage) render() {
	s := p.state
	p.steps.Set(int(s.Step), text.T("setup.workspace"), text.T("setup.owner"))
	p.holder.Objects = []fyne.CanvasObject{p.pages[s.Step]}
	p.holder.Refresh()
	p.emblem.Objects = []fyne.CanvasObject{emblem(s.Workspace, 56)}
	p.emblem.Refresh()
	p.noLogo.Hidden = len(s.Workspace.Logo) == 0
	p.back.Hidden = s.Step == setupWorkspace
	p.back.SetEnabled(!s.Saving)
	p.next.SetEnabled(!s.Saving)
	switch {
	case s.Saving:
		p.next.SetText(text.T("setup.saving"))
	case s.Step == setupWorkspace:
		p.next.SetText(text.T("wizard.next"))
	default:
		p.next.SetText(text.T("setup.open"))
	}
	p.renderNotes()
}

// renderNotes shows what is to be known of what was typed.
func (p *setupPage) renderNotes() {
	s := p.state
	moved := text.T("setup.rp_id_warning")
	if s.moved() {
		moved = text.T("setup.rp_moved", "RPID", s.RPID)
	}
	p.moved.say(theme.WarningIcon, theme.Warning, moved)
	known := ""
	if s.Known.ID != "" && !s.Known.Disabled {
		known = text.T("setup.known", "Name", s.Known.DisplayName())
	}
	p.known.tell(known)
	problem := ""
	if s.Failed != nil {
		w := wording.Error(s.Failed)
		problem = w.Title + ". " + w.Remedy
	}
	p.problem.warn(problem)
	p.all.Refresh()
}

// chooseLogo asks for a picture.
func (p *setupPage) chooseLogo() {
	p.desk.pickFile(pick{Title: text.T("setup.logo_choose_title"), Act: text.T("setup.logo_take"),
		Extensions: []string{".png", ".jpg", ".jpeg", ".svg"}}, func(path string) {
		p.desk.beside(p.desk.ctx, func(context.Context) {
			logo, err := readLogo(path)
			p.desk.do(func() {
				if err != nil {
					p.logoProblem(err)
					return
				}
				p.logo(logo)
			})
		})
	})
}

// logo takes a picture; nil takes it away.
func (p *setupPage) logo(picture []byte) {
	p.state.Workspace.Logo = picture
	p.noPicture.warn("")
	p.render()
}

func (p *setupPage) logoProblem(err error) {
	var invalid *directory.InvalidError
	words := wording.Error(err).Title
	if errors.As(err, &invalid) {
		words = wording.Field(invalid.Fields[0])
	} else if errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission) {
		words = text.T("setup.logo_unreadable")
	}
	p.noPicture.warn(words)
	p.render()
}

// readLogo reads a picture that can be a logo. What is wrong with it comes as *directory.InvalidError.
func readLogo(path string) (picture []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the logo: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	picture, err = io.ReadAll(io.LimitReader(f, directory.MaxLogo+1))
	if err != nil {
		return nil, fmt.Errorf("read the logo: %w", err)
	}
	if wrong := directory.CheckLogo(picture); len(wrong) > 0 {
		return nil, &directory.InvalidError{Fields: wrong}
	}
	return picture, nil
}

// pairLayout puts two objects beside each other, each half as wide as there is room.
type pairLayout struct{}

func (pairLayout) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	w := (s.Width - theme.Space16) / 2
	for i, o := range objects {
		o.Move(fyne.NewPos(float32(i)*(w+theme.Space16), 0))
		o.Resize(fyne.NewSize(w, s.Height))
	}
}

func (pairLayout) MinSize(objects []fyne.CanvasObject) (s fyne.Size) {
	for _, o := range objects {
		s.Width += o.MinSize().Width
		s.Height = max(s.Height, o.MinSize().Height)
	}
	return s.AddWidthHeight(theme.Space16, 0)
}

// sideLayout is the column of steps.
type sideLayout struct{}

func (sideLayout) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	objects[0].Resize(fyne.NewSize(s.Width-theme.Space24, s.Height))
}

func (sideLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	const width = 200 + theme.Space24
	return fyne.NewSize(width, objects[0].MinSize().Height)
}
