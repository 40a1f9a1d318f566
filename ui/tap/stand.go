package tap

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// Stand is a ceremony with its page and its two buttons, for where there is no wizard around it. Put its Content on a
// window, then call Shown; call Close when it is taken off.
type Stand struct {
	Content  fyne.CanvasObject
	Ceremony *Ceremony
	// OnLeave is called when one goes away from the ceremony, which has ended then. Leave is what the button for that says
	// while there is no key yet; empty: Back.
	OnLeave func()
	Leave   string
	// OnState is called after the state has changed and is shown.
	OnState func(old State)
	// Quiet tells that no button is to be there now, as somebody else says what comes next.
	Quiet func(State) bool

	page       *Page
	back, next *widget.Button
	foot       *fyne.Container
	canvas     fyne.Canvas // nil until Shown
}

// NewStand is a stand for c, whose OnChange it takes. openLink opens the reader driver's address in a browser.
func NewStand(c *Ceremony, openLink func(string)) *Stand {
	s := &Stand{Ceremony: c, page: NewPage(c, openLink)}
	s.back, s.next = widget.NewButton("", s.Back), widget.NewPrimary("", s.Next)
	c.OnChange = s.changed
	s.foot = container.NewBorder(nil, nil, s.back, s.next, container.NewStack())
	s.Content = container.NewBorder(nil, container.NewVBox(widget.PadXY(0, theme.Space8, widget.Rule()), s.foot), nil, nil, s.page.Content)
	return s
}

// SetDriverLink says where a reader's driver is found; empty: nobody knows.
func (s *Stand) SetDriverLink(link string) { s.page.SetDriverLink(link) }

// Shown tells that the content is on the canvas, perhaps again: the focus goes where the first input goes.
func (s *Stand) Shown(on fyne.Canvas) {
	s.canvas = on
	s.page.Reopen()
	s.render()
	s.focus()
}

// Close ends what the stand has under way, without a word.
func (s *Stand) Close() {
	s.canvas = nil
	s.Ceremony.Close()
	s.page.Close()
}

// Back does what the left button says.
func (s *Stand) Back() {
	back, _ := s.actions()
	s.do(back)
}

// Leaves tells whether the left button goes away from the ceremony.
func (s *Stand) Leaves() bool {
	back, _ := s.actions()
	return back.Verb == Leave || back.Verb == None
}

// Next does what the right button says.
func (s *Stand) Next() {
	_, next := s.actions()
	s.do(next)
}

func (s *Stand) actions() (back, next Action) {
	state := s.Ceremony.State()
	if s.Quiet != nil && s.Quiet(state) {
		return Action{}, Action{}
	}
	back, next = state.Actions()
	switch {
	case state.Phase == Enrolled:
		return Action{}, Action{Verb: Leave, Text: text.T("wizard.done"), Enabled: true}
	case back.Verb == Leave && s.Leave != "":
		back.Text = s.Leave
	}
	return back, next
}

func (s *Stand) do(a Action) {
	switch {
	case !a.Enabled:
	case a.Verb == Leave:
		s.Ceremony.Close()
		if s.OnLeave != nil {
			s.OnLeave()
		}
	default:
		s.Ceremony.Act(a.Verb)
		if a.Verb == SubmitPIN && s.Ceremony.State().Phase == Asking {
			s.focus() // what is typed next takes the place of what is wrong, as dots cannot be mended
			if e, ok := s.page.First().(*widget.Entry); ok {
				e.TypedShortcut(&fyne.ShortcutSelectAll{})
			}
		}
	}
}

func (s *Stand) changed(old State) {
	s.render()
	if s.Ceremony.State().Phase != old.Phase {
		s.focus()
	}
	if s.OnState != nil {
		s.OnState(old)
	}
}

func (s *Stand) render() {
	s.page.Render(s.Ceremony.State())
	back, next := s.actions()
	set(s.back, back, widget.Secondary)
	set(s.next, next, widget.Primary)
	s.foot.Refresh() // the words on the buttons may need another width
}

func set(b *widget.Button, a Action, rank widget.Rank) {
	b.Hidden = a.Verb == None
	b.Rank = rank
	if a.Danger {
		b.Rank = widget.Danger
	}
	b.SetEnabled(a.Enabled)
	b.Text = a.Text
	b.Refresh()
}

// focus puts the focus where the next input goes.
func (s *Stand) focus() {
	if s.canvas == nil {
		return
	}
	_, next := s.actions()
	switch first := s.page.First(); {
	case s.Ceremony.State().Phase == Choosing:
		s.canvas.Focus(s.back)
	case first != nil:
		s.canvas.Focus(first)
	case next.Verb != None:
		s.canvas.Focus(s.next)
	default:
		s.canvas.Unfocus() // no button may be pressed by chance while a card is awaited
	}
}
