package desk

import (
	"context"
	"errors"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
	"tapstation/ui/wording"
)

// mailTestState is a test message, and what came of it.
type mailTestState struct {
	Asked   int  // the number of the last one; what is said of earlier ones is stale
	Sending bool // it is on its way
	Waited  int  // seconds, while Sending; -1 while it is too short to speak of
	Done    bool // it has ended: Answer is the server's, or Err why not
	To      string
	Answer  string
	Err     error
}

// begin is the state when one is sent.
func (s mailTestState) begin(to string) mailTestState {
	return mailTestState{Asked: s.Asked + 1, Sending: true, Waited: -1, To: to}
}

// end is the state when that has ended.
func (s mailTestState) end(answer string, err error) mailTestState {
	s.Sending, s.Done, s.Answer, s.Err = false, true, answer, err
	return s
}

// problem is what is wrong with the address; "" where nothing is.
func (s mailTestState) problem() string {
	var invalid *directory.InvalidError
	if !errors.As(s.Err, &invalid) || len(invalid.Fields) == 0 {
		return ""
	}
	return wording.Field(invalid.Fields[0])
}

// mailTest sends a test message by the settings as they are kept.
type mailTest struct {
	desk   *Desk
	state  mailTestState
	cancel context.CancelFunc

	came func() // something is said that was not before
	to   *widget.Field
	send *widget.Button
	said *fyne.Container
	all  *fyne.Container
}

func newMailTest(d *Desk) *mailTest {
	t := &mailTest{desk: d, cancel: func() {}, came: func() {}, said: container.NewStack()}
	t.to = widget.NewField(text.T("settings.test.to"), text.T("settings.test.hint"))
	t.to.Entry.OnEnter = t.try
	t.send = widget.NewButton(text.T("settings.test.send"), t.try).WithIcon(theme.SendIcon)
	title := widget.NewText(text.T("settings.part.test"))
	title.Bold = true
	t.all = widget.Column(theme.Space12, widget.PadXY(0, theme.Space8, widget.Above(theme.Space8, title, widget.Rule())),
		widget.BesideField(t.to, t.send), t.said)
	t.render(false)
	return t
}

// suggest fills in an address, if none was typed.
func (t *mailTest) suggest(address string) {
	if t.to.Text() == "" {
		t.to.SetText(address)
	}
}

func (t *mailTest) left() {
	t.cancel()
	t.state = mailTestState{Asked: t.state.Asked + 1}
}

// try sends one, unless one is on its way.
func (t *mailTest) try() {
	if t.state.Sending || t.send.Disabled() {
		return
	}
	ctx, cancel := context.WithCancel(t.desk.ctx)
	t.cancel = cancel
	t.state = t.state.begin(t.to.Text())
	n, to, by := t.state.Asked, t.state.To, t.desk.actor()
	t.desk.beside(ctx, func(ctx context.Context) {
		answer, err := t.desk.station.Mail.Test(ctx, by, to)
		cancel()
		t.desk.do(func() {
			if n != t.state.Asked || err != nil && t.desk.refused(err) {
				return
			}
			t.state = t.state.end(answer, err)
			t.render(false)
			t.came()
		})
	})
	t.speakOfWaiting(n, 0, slowAfter)
	t.render(false)
}

// speakOfWaiting says that the server has not answered yet, once it has not for a while, and then for how long.
func (t *mailTest) speakOfWaiting(n, seconds int, after time.Duration) {
	t.desk.opts.After(after, func() {
		t.desk.do(func() {
			if n != t.state.Asked || !t.state.Sending {
				return
			}
			t.state.Waited = seconds
			t.render(false)
			t.speakOfWaiting(n, seconds+1, time.Second)
		})
	})
}

// render shows the state. What is typed and not saved yet cannot be tried.
func (t *mailTest) render(unsaved bool) {
	s := t.state
	t.send.SetEnabled(!unsaved && !s.Sending)
	t.to.SetHint(text.T("settings.test.hint"))
	if unsaved {
		t.to.SetHint(text.T("settings.test.save_first"))
	}
	t.to.SetProblem(s.problem())
	var said fyne.CanvasObject
	switch {
	case s.Sending && s.Waited >= 2:
		said = widget.NewStatus(widget.Sign{Icon: theme.ClockIcon, Color: theme.Muted, Word: text.N("settings.test.sending_long", s.Waited)})
	case s.Sending && s.Waited >= 0:
		said = widget.NewStatus(widget.Sign{Icon: theme.ClockIcon, Color: theme.Muted, Word: text.T("settings.test.sending")})
	case s.Done && s.Err == nil:
		said = outcomePanel(widget.Sign{Icon: theme.CheckCircleIcon, Color: theme.Success}, text.T("settings.test.sent", "To", s.To), s.Answer)
	case s.Done && s.problem() == "":
		w := wording.Error(s.Err)
		said = outcomePanel(widget.Sign{Icon: theme.WarningIcon, Color: theme.Danger}, w.Title+". "+w.Remedy, s.Err.Error())
	}
	t.said.Objects, t.said.Hidden = nil, said == nil
	if said != nil {
		t.said.Objects = []fyne.CanvasObject{said}
	}
	t.said.Refresh()
	t.all.Refresh()
}

// outcomePanel is what came of something, with the technical text below, to be copied.
func outcomePanel(sign widget.Sign, words, details string) fyne.CanvasObject {
	return widget.Panel(widget.PadXY(theme.Space16, theme.Space12, widget.Column(theme.Space8,
		widget.IconBeside(sign, widget.NewParagraph(words)), widget.NewCopyableLines(text.T("page.details"), details))))
}
