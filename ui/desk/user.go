package desk

import (
	"context"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// userState is what is known of one user.
type userState struct {
	ID       string
	User     directory.User
	Keys     []directory.SecurityKey
	Known    bool
	Slow     bool // waiting long enough to say so
	Failed   error
	Renaming string // ID of the key whose name is being changed; "" if none
}

// userPage is one user: who they are, which keys they hold, and what can be done about it.
type userPage struct {
	desk   *Desk
	state  userState
	asked  int
	cancel context.CancelFunc
	rename *renameForm // while a key's name is being changed
	assign *widget.Button

	holder *fyne.Container
}

func newUserPage(d *Desk, id string) *userPage {
	p := &userPage{desk: d, state: userState{ID: id}, cancel: func() {}, holder: container.NewStack()}
	p.assign = widget.NewPrimary(text.T("user.assign"), func() {
		u := p.state.User
		d.openWizard(&u, p)
	}).WithIcon(theme.AddIcon)
	p.render()
	return p
}

func (p *userPage) place() string { return usersPlace }

func (p *userPage) content() fyne.CanvasObject { return p.holder }

func (p *userPage) keys() *widget.Keys {
	return &widget.Keys{
		Escape: func() {
			if p.state.Renaming != "" {
				p.stopRenaming()
				return
			}
			p.desk.ShowUsers()
		},
		Shortcuts: []widget.Shortcut{
			{Key: fyne.KeyN, Do: p.desk.NewUser},
			{Key: fyne.KeyF, Do: p.desk.ShowUsers}, // whose focus is on the search
		},
	}
}

func (p *userPage) shown() { p.ask() }

func (p *userPage) left() {
	p.cancel()
	p.asked++
	p.state.Renaming, p.rename = "", nil
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
		p.desk.do(func() {
			if n != p.asked {
				return
			}
			p.asked++ // answered: nothing is awaited any more
			p.state.Failed = err
			if err == nil {
				p.state.User, p.state.Keys, p.state.Known = u, keys, true
			}
			p.render()
			if err == nil && p.desk.window.Canvas().Focused() == nil {
				p.desk.focus(p.assign)
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

// render shows the state.
func (p *userPage) render() {
	s := p.state
	back := widget.NewQuiet(text.T("user.back"), "", theme.BackIcon, p.desk.ShowUsers)
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
		title = widget.TitleLine(s.User.DisplayName(), p.assign)
		if s.User.Disabled {
			title = widget.Column(theme.Space4, title, widget.NewStatus(
				widget.Sign{Icon: theme.PauseIcon, Color: theme.Warning, Word: text.T("user.disabled")}))
		}
		body = container.NewVScroll(widget.PadXY(theme.Space4, theme.Space4, widget.Form(p.facts())))
	}
	p.holder.Objects = []fyne.CanvasObject{widget.PadXY(theme.Space32-theme.Space4, theme.Space24,
		widget.Above(theme.Space8, body, widget.PadXY(theme.Space4, 0,
			widget.Column(theme.Space8, container.NewHBox(container.New(outdentLayout{}, back)), title))))}
	p.holder.Refresh()
}

// facts are the user information and the keys.
func (p *userPage) facts() fyne.CanvasObject {
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
	add(text.T("user.created"), date(s.User.Created), false)

	parts := []fyne.CanvasObject{
		widget.Panel(widget.PadXY(theme.Space24, theme.Space12, widget.Facts(facts...))),
		widget.PadXY(0, theme.Space8, widget.Title(text.T("user.keys"))),
	}
	if len(s.Keys) == 0 {
		parts = append(parts, widget.Hint(text.T("user.no_keys", "Name", s.User.DisplayName())))
	}
	for _, k := range inRank(s.Keys) {
		parts = append(parts, p.key(k))
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
