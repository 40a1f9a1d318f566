package tap

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/enroll"
	"tapstation/assets/text"
	"tapstation/device"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// Page shows the State of a ceremony. It takes what is typed, but has no rules: those are the State's.
type Page struct {
	// Content is the page; its two actions stand outside of it (State.Actions).
	Content fyne.CanvasObject

	ceremony   *Ceremony
	driverLink string
	openLink   func(string)

	stage  *fyne.Container
	scene  *widget.Scene
	title  *widget.Paragraph
	remedy *widget.Paragraph
	marks  *markRow
	body   *fyne.Container
	seen   *widget.Text

	shape shape
	parts parts
}

// shape is what decides which parts the body has; as long as it stays the same, they stay.
type shape struct {
	phase   Phase
	purpose enroll.PINPurpose
	newPIN  bool
	kind    enroll.QuestionKind
	driver  bool
	abandon bool
	err     string
}

// parts are those of the body that are there now, or nil.
type parts struct {
	first, again *widget.Field
	attempts     *widget.Badge
	confirm      *widget.Field
	details      *widget.Copyable
}

// NewPage is a page for c. openLink opens the reader driver's address in a browser.
func NewPage(c *Ceremony, openLink func(string)) *Page {
	p := &Page{
		ceremony: c, openLink: openLink,
		scene: widget.NewScene(widget.NoReader), title: widget.NewParagraph(""), remedy: widget.Hint(""),
		marks: newMarkRow(), body: widget.Column(theme.Space8), seen: widget.Small(""),
	}
	p.title.SetSize(theme.TextHeading)
	p.title.SetBold(true)
	p.title.SetAlign(fyne.TextAlignCenter)
	p.remedy.SetAlign(fyne.TextAlignCenter)
	p.seen.Align = fyne.TextAlignCenter
	p.seen.Clip = true
	p.shape.phase = -1
	p.stage = Stage(p.scene, p.title, p.remedy, p.body, p.marks, p.seen)
	p.Content = container.NewVScroll(p.stage)
	return p
}

// SetDriverLink says where a reader's driver is found; empty: nobody knows.
func (p *Page) SetDriverLink(link string) { p.driverLink = link }

// Close ends what moves.
func (p *Page) Close() { p.scene.Stop() }

// Reopen goes on with what moves, after Close.
func (p *Page) Reopen() { p.scene.Show() }

// First is where the next input goes; nil where the page takes none.
func (p *Page) First() fyne.Focusable {
	switch {
	case p.parts.again != nil && p.ceremony.State().PIN.Mismatch:
		return p.parts.again.Entry
	case p.parts.first != nil:
		return p.parts.first.Entry
	}
	return nil
}

// Render shows s.
func (p *Page) Render(s State) {
	words := s.Words()
	p.title.SetText(words.Title)
	p.remedy.SetText(words.Remedy)
	p.remedy.Hidden = words.Remedy == ""
	p.marks.set(s.Steps())
	p.seen.SetText(s.Seen())
	if pose := poseOf(s); pose != p.scene.Pose() {
		p.scene.SetPose(pose)
	}
	if shape := p.shapeOf(s); shape != p.shape {
		p.shape = shape
		p.build(s)
	}
	p.fill(s)
	p.arrange()
}

// arrange lays the page out anew, as words and parts may need another height.
func (p *Page) arrange() {
	p.stage.Refresh()
	p.Content.Refresh()
}

func (p *Page) shapeOf(s State) shape {
	waits := s.Phase == Running && (s.Step.Kind == enroll.WaitService || s.Step.Kind == enroll.WaitReader)
	err := ""
	if s.Err != nil {
		err = s.Err.Error()
	}
	return shape{
		phase: s.Phase, purpose: s.PIN.Purpose, newPIN: s.PIN.New(), kind: s.Question.Kind,
		driver: waits && p.driverLink != "", abandon: s.Unfinished(), err: err,
	}
}

func poseOf(s State) widget.Pose {
	switch s.Phase {
	case Failed, Stopped:
		if s.Reader == "" {
			return widget.NoReader
		}
		return widget.Stopped
	case Enrolled:
		return widget.Done
	case Running:
		switch s.Step.Kind {
		case enroll.WaitService, enroll.WaitReader:
			return widget.NoReader
		case enroll.WaitCard, enroll.WaitAgain, "":
			return widget.Waiting
		}
	case Choosing:
		if s.Question.Kind == Abandon {
			return widget.Waiting
		}
	}
	return widget.Working
}

// build makes the parts that the phase needs.
func (p *Page) build(s State) {
	p.parts = parts{}
	var objects []fyne.CanvasObject
	switch {
	case s.Phase == Asking:
		objects = p.buildPIN(s)
	case s.Phase == Choosing && s.Question.Word() != "":
		p.parts.confirm = widget.NewField(text.T("tap.ask.type", "Word", s.Question.Word()), "")
		p.parts.confirm.OnChanged = p.ceremony.Type
		objects = append(objects, p.parts.confirm)
	case s.Phase == Failed:
		objects = p.buildDetails(s)
	case p.shape.driver:
		objects = append(objects, centered(widget.NewQuiet(text.T("reader.driver"), "", theme.LinkIcon, func() { p.openLink(p.driverLink) })))
	case p.shape.abandon:
		objects = append(objects, centered(widget.NewQuiet(text.T("tap.abandon"), "", nil, p.ceremony.AskAbandon)))
	}
	p.body.Objects = objects
	p.body.Hidden = len(objects) == 0
	p.body.Refresh()
}

func (p *Page) buildPIN(s State) []fyne.CanvasObject {
	label := text.T("tap.pin.label")
	if s.PIN.New() {
		label = text.T("tap.pin.new_label")
	}
	p.parts.first = widget.NewSecret(label, "")
	p.parts.first.OnChanged = func(string) { p.typedPIN() }
	p.parts.first.OnLeave = func(string) { p.ceremony.LeavePIN(false) }
	objects := []fyne.CanvasObject{p.parts.first}
	if s.PIN.New() {
		p.parts.again = widget.NewSecret(text.T("tap.pin.again_label"), "")
		p.parts.again.OnChanged = func(string) { p.typedPIN() }
		p.parts.again.OnLeave = func(string) { p.ceremony.LeavePIN(true) }
		return append(objects, p.parts.again)
	}
	p.parts.attempts = widget.NewStatus(widget.Sign{})
	forgotten := widget.NewQuiet(text.T("tap.pin.forgotten"), "", nil, p.ceremony.Forgotten)
	return append(objects, widget.Between(p.parts.attempts, forgotten))
}

func (p *Page) typedPIN() {
	again := ""
	if p.parts.again != nil {
		again = p.parts.again.Text()
	}
	p.ceremony.TypePIN(device.PIN(p.parts.first.Text()), device.PIN(again))
}

// buildDetails keeps what only an administrator can use out of sight, until it is asked for.
func (p *Page) buildDetails(s State) []fyne.CanvasObject {
	p.parts.details = widget.NewCopyableLines(text.T("page.details"), s.Details())
	p.parts.details.Hide()
	var toggle *widget.Button
	toggle = widget.NewQuiet(text.T("page.details"), "", theme.DetailsIcon, func() {
		if p.parts.details.Visible() {
			p.parts.details.Hide()
			toggle.SetText(text.T("page.details"))
		} else {
			p.parts.details.Show()
			toggle.SetText(text.T("tap.hide_details"))
		}
		p.arrange()
	})
	objects := []fyne.CanvasObject{}
	if s.Retry() {
		hint := widget.Hint(text.T("tap.next_card"))
		hint.SetAlign(fyne.TextAlignCenter)
		objects = append(objects, hint)
	}
	return append(objects, centered(toggle), p.parts.details)
}

// fill takes the state over to the parts.
func (p *Page) fill(s State) {
	if f := p.parts.first; f != nil {
		if f.Text() != s.PIN.First.Reveal() {
			f.SetText(s.PIN.First.Reveal())
		}
		f.SetProblem(s.PIN.problemWords())
	}
	if f := p.parts.again; f != nil {
		if f.Text() != s.PIN.Again.Reveal() {
			f.SetText(s.PIN.Again.Reveal())
		}
		f.SetProblem("")
		if s.PIN.Mismatch {
			f.SetProblem(text.T("tap.pin.mismatch"))
		}
	}
	if p.parts.attempts != nil {
		words, few := s.Attempts()
		sign := widget.Sign{Icon: theme.PINIcon, Color: theme.Muted, Word: words}
		if few {
			sign.Icon, sign.Color = theme.WarningIcon, theme.Warning
		}
		p.parts.attempts.Hidden = words == ""
		p.parts.attempts.Set(sign)
	}
}

// centered puts o in the middle of the width.
func centered(o fyne.CanvasObject) fyne.CanvasObject { return container.NewCenter(o) }
