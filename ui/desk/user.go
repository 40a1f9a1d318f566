package desk

import (
	"context"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/activation"
	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
	"tapstation/ui/wizard"
)

// userPage is one user: who they are, which keys they hold, what happened to them, and what can be done about it.
type userPage struct {
	desk     *Desk
	back     page // where it was opened, if that is another list than All Users
	state    userState
	asked    int
	watched  int // counts the looks at mails that have not left
	cancel   context.CancelFunc
	rename   *renameForm   // while a key's name is being changed
	settings *settingsForm // while a key's settings are

	assign, edit, more *widget.Button
	panels             map[string]*keyPanel // by the ID of the key
	scroll             *container.Scroll
	holder             *fyne.Container
}

func newUserPage(d *Desk, id string) *userPage {
	p := &userPage{desk: d, state: userState{ID: id}, cancel: func() {}, holder: container.NewStack(), panels: map[string]*keyPanel{}}
	p.assign = widget.NewPrimary(text.T("user.assign"), func() {
		u := p.state.User
		d.openWizard(&u, p)
	}).WithIcon(theme.AddIcon)
	p.edit = widget.NewButton(text.T("user.edit"), p.openEdit).WithIcon(theme.EditIcon)
	p.more = widget.NewButton("", p.offerActs).WithIcon(theme.MoreIcon)
	p.more.Label = text.T("user.more")
	p.render()
	return p
}

// ShowUserKey goes to the page of one user, with one of their keys in view. The way back leads to where one is.
func (d *Desk) ShowUserKey(userID, keyID string) {
	p := newUserPage(d, userID)
	p.back, p.state.Key = d.page, keyID
	d.show(p)
}

func (p *userPage) content() fyne.CanvasObject { return p.holder }

func (p *userPage) place() string {
	if p.back != nil {
		return p.desk.placeOf(p.back)
	}
	return usersPlace
}

func (p *userPage) keys() *widget.Keys {
	k := &widget.Keys{
		Escape: func() {
			if p.state.Renaming != "" || p.state.Setting != "" {
				p.stopForms()
				return
			}
			p.goBack()
		},
		Shortcuts: []widget.Shortcut{{Key: fyne.KeyF, Do: p.desk.ShowUsers}}, // whose focus is on the search
	}
	if p.desk.may(directory.EnrollKeys) {
		k.Shortcuts = append(k.Shortcuts, widget.Shortcut{Key: fyne.KeyN, Do: p.desk.NewUser})
	}
	return k
}

func (p *userPage) goBack() {
	if p.back != nil {
		p.desk.show(p.back)
		return
	}
	p.desk.ShowUsers()
}

func (p *userPage) shown() { p.ask() }

func (p *userPage) left() {
	p.cancel()
	p.asked++
	p.watched++
	p.state.Renaming, p.rename = "", nil
	p.state.Setting, p.settings = "", nil
	p.state.Said, p.state.Trouble = "", nil
}

func (p *userPage) ask() {
	p.cancel()
	ctx, cancel := context.WithCancel(p.desk.ctx)
	p.cancel = cancel
	p.asked++
	n, id := p.asked, p.state.ID
	p.state.Failed, p.state.Slow = nil, false
	p.desk.beside(ctx, func(ctx context.Context) {
		u, keys, err := p.desk.station.Directory.User(ctx, id)
		var waiting map[string]activation.Waiting
		if err == nil {
			waiting, err = lookUpWaiting(ctx, p.desk.station.Activation, keys)
		}
		var defaults directory.KeyDefaults
		if err == nil {
			defaults, err = p.desk.station.Directory.KeyDefaults(ctx, id)
		}
		p.desk.do(func() {
			if n != p.asked {
				return
			}
			p.asked++ // answered: nothing is awaited any more
			p.state.Failed = err
			if err == nil {
				p.state.User, p.state.Keys, p.state.Waiting, p.state.Defaults, p.state.Known = u, keys, waiting, defaults, true
				p.watchMail()
			}
			p.render()
			if err == nil {
				p.askActs(ctx, 0)
				p.lookAtKey()
			}
			if err == nil && p.desk.window.Canvas().Focused() == nil && p.desk.page == page(p) {
				p.focusFirst()
			}
		})
	})
	p.desk.opts.After(slowAfter, func() {
		p.desk.do(func() {
			if n == p.asked {
				p.state.Slow = true
				p.render()
			}
		})
	})
}

// focusFirst gives the focus to what one most likely came for.
func (p *userPage) focusFirst() {
	panel := p.panels[p.state.Key]
	switch {
	case panel != nil:
		p.desk.focus(panel.more)
	case p.desk.may(directory.EnrollKeys):
		p.desk.focus(p.assign)
	}
}

// lookAtKey brings the key that is asked for into view.
func (p *userPage) lookAtKey() {
	if p.state.Key != "" {
		p.inView(p.state.Key)
	}
}

// inView scrolls to a key, as far as it takes to see all of it, or else its beginning.
func (p *userPage) inView(id string) {
	panel := p.panels[id]
	if panel == nil || p.scroll == nil {
		return
	}
	top, height := panel.object.Position().Y, panel.object.Size().Height
	y, room := p.scroll.Offset.Y, p.scroll.Size().Height
	switch {
	case top < y:
		y = top
	case top+height+theme.Space8 > y+room:
		y = min(top, top+height+theme.Space8-room)
	}
	p.scroll.Offset = fyne.NewPos(0, y)
	p.scroll.Refresh()
}

// render shows the state.
func (p *userPage) render() {
	s := p.state
	backWords := text.T("user.back")
	if p.back != nil {
		backWords = text.T("user.back_elsewhere")
	}
	back := widget.NewQuiet(backWords, "", theme.BackIcon, p.goBack)
	var title, body fyne.CanvasObject
	switch {
	case s.Failed != nil:
		title, body = container.NewStack(), failedView(s.Failed, p.ask)
	case !s.Known:
		words := widget.Small("")
		if s.Slow {
			words.SetText(text.T("user.loading"))
		}
		title, body = words, container.NewStack()
	default:
		title = p.title()
		offset := fyne.Position{}
		if p.scroll != nil {
			offset = p.scroll.Offset
		}
		p.scroll = container.NewVScroll(widget.PadXY(theme.Space4, theme.Space4, widget.Form(p.parts())))
		p.scroll.Offset = offset
		body = p.scroll
	}
	p.holder.Objects = []fyne.CanvasObject{widget.PadXY(theme.Space32-theme.Space4, theme.Space24,
		widget.Above(theme.Space8, body, widget.PadXY(theme.Space4, 0,
			widget.Column(theme.Space8, container.NewHBox(container.New(outdentLayout{}, back)), title))))}
	p.holder.Refresh()
}

// title is the user's name, with what can be done, and below it that they are disabled and what was done last.
func (p *userPage) title() fyne.CanvasObject {
	var acts []fyne.CanvasObject
	d := p.desk
	if d.may(directory.ManageUsers) {
		acts = append(acts, p.edit, p.more)
	}
	if d.may(directory.EnrollKeys) {
		p.assign.SetEnabled(!p.state.User.Disabled)
		acts = append(acts, p.assign)
	}
	lines := []fyne.CanvasObject{widget.TitleLine(p.state.User.DisplayName(), widget.Line(theme.Space8, acts...))}
	if p.state.User.Disabled {
		lines = append(lines, widget.NewStatus(widget.Sign{Icon: theme.PauseIcon, Color: theme.Warning, Word: text.T("user.disabled")}))
	}
	if sign, ok := p.state.notice(); ok {
		lines = append(lines, widget.Form(widget.Panel(widget.PadXY(theme.Space16, theme.Space8, widget.NewStatus(sign)))))
	}
	return widget.Column(theme.Space8, lines...)
}

// parts are the user information, the keys, and what happened.
func (p *userPage) parts() fyne.CanvasObject {
	s := p.state
	facts := []widget.Fact{{Label: text.T("user.id"), Value: widget.NewCopyable(text.T("user.id"), s.User.ID)}}
	add := func(label, value string, copyable bool) {
		switch {
		case value == "":
		case copyable:
			facts = append(facts, widget.Fact{Label: label, Value: widget.NewCopyable(label, value)})
		default:
			facts = append(facts, widget.Fact{Label: label, Value: clipped(value)})
		}
	}
	add(text.T("user.user_name"), s.User.UserName, true)
	add(text.T("user.first_name"), s.User.FirstName, false)
	add(text.T("user.last_name"), s.User.LastName, false)
	add(text.T("user.email"), s.User.Email, true)
	add(text.T("user.groups"), strings.Join(s.User.Groups, ", "), false)
	if s.User.Language != "" {
		add(text.T("user.language"), wizard.LanguageName(s.User.Language), false)
	}
	add(text.T("user.created"), date(s.User.Created), false)

	parts := []fyne.CanvasObject{
		widget.Panel(widget.PadXY(theme.Space24, theme.Space12, widget.Facts(facts...))),
		widget.PadXY(0, theme.Space8, widget.Title(text.T("user.keys"))),
	}
	if len(s.Keys) == 0 {
		parts = append(parts, widget.Hint(text.T("user.no_keys", "Name", s.User.DisplayName())))
	}
	p.panels = map[string]*keyPanel{}
	for _, k := range inRank(s.Keys) {
		panel := p.key(k)
		p.panels[k.ID] = panel
		parts = append(parts, panel.object)
	}
	if p.desk.may(directory.SeeActivities) {
		parts = append(parts, widget.PadXY(0, theme.Space8, widget.Title(text.T("user.acts"))), p.acts())
	}
	return widget.Column(theme.Space12, parts...)
}

func clipped(words string) *widget.Text {
	t := widget.NewText(words)
	t.Clip = true
	return t
}

func date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return text.Date(t)
}

// outdentLayout lets the words of a quiet button, which has a frame only when the pointer is over it, begin where
// all else on the page does.
type outdentLayout struct{}

func (outdentLayout) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	objects[0].Move(fyne.NewPos(-theme.Space8, 0))
	objects[0].Resize(s.AddWidthHeight(theme.Space8, 0))
}

func (outdentLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return objects[0].MinSize().SubtractWidthHeight(theme.Space8, 0)
}
