package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/doctor"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// readerPage says whether a card can be enrolled now, and if not, what to do about it. It looks again by itself when
// something changes.
type readerPage struct {
	desk     *Desk
	back     page
	findings []doctor.Finding
	looking  bool
	asked    int
	seen     string // what the readers were like when it looked
	cancel   context.CancelFunc

	holder *fyne.Container
}

func newReaderPage(d *Desk, back page) *readerPage {
	if p, ok := back.(*readerPage); ok {
		back = p.back
	}
	p := &readerPage{desk: d, back: back, cancel: func() {}, holder: container.NewStack()}
	p.render()
	return p
}

func (p *readerPage) content() fyne.CanvasObject { return p.holder }

func (p *readerPage) keys() *widget.Keys {
	return &widget.Keys{Enter: p.look, Escape: p.goBack}
}

func (p *readerPage) goBack() { p.desk.show(p.back) }

func (p *readerPage) shown() {
	p.seen = p.signature()
	p.look()
}

func (p *readerPage) left() { p.cancel(); p.asked++ }

// changed looks again if what a look would find may be something else now.
func (p *readerPage) changed() {
	if s := p.signature(); s != p.seen {
		p.seen = s
		p.look()
	}
}

// signature tells one situation of the readers from another. That a reader with a card is held counts only after it
// was found held by somebody else: looking at the card holds it too.
func (p *readerPage) signature() string {
	state, _ := p.desk.station.Board.State()
	held := slices.ContainsFunc(p.findings, func(f doctor.Finding) bool {
		return f.Detail == doctor.ReaderHeld || f.Detail == doctor.ReaderHeldBy
	})
	var b strings.Builder
	fmt.Fprint(&b, state.Service, state.Known)
	for _, r := range state.Readers {
		fmt.Fprintf(&b, "|%q", r.Name)
		if r.Card != nil {
			fmt.Fprint(&b, r.Card.Tap)
		}
		if r.Card == nil || held {
			fmt.Fprint(&b, r.Held)
		}
	}
	return b.String()
}

func (p *readerPage) look() {
	p.cancel()
	ctx, cancel := context.WithCancel(p.desk.ctx)
	p.cancel = cancel
	p.asked++
	p.looking = true
	n := p.asked
	p.desk.beside(ctx, func(ctx context.Context) {
		findings, err := p.desk.station.Doctor.Examine(ctx, "")
		if err != nil {
			return // looked away
		}
		p.desk.do(func() {
			if n != p.asked {
				return
			}
			p.findings, p.looking = calm(findings), false
			p.seen = p.signature()
			p.render()
		})
	})
	p.desk.opts.After(slowAfter, func() {
		p.desk.do(func() {
			if n == p.asked && p.looking {
				p.render()
			}
		})
	})
}

// calm takes it as well that no card lies there: at the desk that is so most of the time.
func calm(findings []doctor.Finding) []doctor.Finding {
	for i := range findings {
		if findings[i].Detail == doctor.NoCard {
			findings[i].Verdict = doctor.OK
		}
	}
	return findings
}

// render shows what was found: what is wrong first, with what to do, then all that is well.
func (p *readerPage) render() {
	again := widget.NewPrimary(text.T("reader.again"), p.look).WithIcon(theme.AgainIcon)
	top := widget.TitleLine(text.T("reader.title"), again)
	body := widget.Column(theme.Space12, p.summary())
	var well []fyne.CanvasObject
	for _, f := range p.findings {
		if f.Verdict != doctor.OK {
			body.Add(p.problem(f))
			continue
		}
		words := sentence("doctor.detail."+string(f.Detail), f.Args)
		s := sign(f.Verdict, words)
		if f.Detail == doctor.NoCard {
			s = widget.Sign{Icon: theme.InfoIcon, Color: theme.Muted, Word: words}
		}
		well = append(well, widget.NewBadge(s))
	}
	if well != nil {
		body.Add(widget.Panel(widget.PadXY(theme.Space24, theme.Space16, widget.Column(theme.Space8, well...))))
	}
	p.holder.Objects = []fyne.CanvasObject{widget.PadXY(theme.Space32-theme.Space4, theme.Space24,
		widget.Above(theme.Space16, container.NewVScroll(widget.PadXY(theme.Space4, theme.Space4, widget.Form(body))),
			widget.PadXY(theme.Space4, 0, top)))}
	p.holder.Refresh()
}

// summary is the one line that matters.
func (p *readerPage) summary() fyne.CanvasObject {
	key, verdict := "reader.all_well", doctor.Worst(p.findings)
	switch {
	case p.findings == nil:
		return widget.NewStatus(widget.Sign{Icon: theme.ReaderIcon, Color: theme.Muted, Word: text.T("reader.checking")})
	case verdict == doctor.Warning:
		key = "reader.attention"
	case verdict == doctor.Failed:
		key = "reader.not_ready"
	}
	return widget.NewStatus(sign(verdict, text.T(key)))
}

// problem is one finding that asks for something.
func (p *readerPage) problem(f doctor.Finding) fyne.CanvasObject {
	what := widget.NewParagraph(sentence("doctor.detail."+string(f.Detail), f.Args))
	what.SetBold(true)
	lines := widget.Column(theme.Space8, what)
	if f.Remedy != "" {
		lines.Add(widget.NewCopyableLines(text.T("reader.what_to_do"), sentence("doctor.remedy."+string(f.Remedy), f.Args)))
	}
	if link := p.desk.workspace.DriverLink; link != "" && (f.Detail == doctor.NoReader || f.Check == doctor.Driver) {
		lines.Add(container.NewHBox(widget.NewButton(text.T("reader.driver"), func() { p.desk.openLink(link) }).WithIcon(theme.LinkIcon)))
	}
	mark := widget.NewMark(sign(f.Verdict, string(f.Verdict)))
	return widget.Panel(widget.PadXY(theme.Space24, theme.Space16, container.New(markLayout{}, mark, lines)))
}

func sign(v doctor.Verdict, words string) widget.Sign {
	switch v {
	case doctor.OK:
		return widget.Sign{Icon: theme.CheckCircleIcon, Color: theme.Success, Word: words}
	case doctor.Warning:
		return widget.Sign{Icon: theme.WarningIcon, Color: theme.Warning, Word: words}
	}
	return widget.Sign{Icon: theme.CrossCircleIcon, Color: theme.Danger, Word: words}
}

// sentence is the sentence of a finding with what it is about.
func sentence(key string, args map[string]string) string {
	var pairs []any
	for name, value := range args {
		pairs = append(pairs, name, value)
	}
	return text.T(key, pairs...)
}

// markLayout is a mark at the height of the first line, and the lines beside it.
type markLayout struct{}

func (markLayout) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	const x = 32
	objects[0].Resize(fyne.NewSquareSize(20))
	objects[1].Move(fyne.NewPos(x, 0))
	objects[1].Resize(fyne.NewSize(max(s.Width-x, 0), s.Height))
}

func (markLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return objects[1].MinSize().AddWidthHeight(32, 0)
}

// readerInOurHands tells whether a card is being looked at or enrolled here, so that a reader that is held is not
// held by somebody else.
func (d *Desk) readerInOurHands() bool {
	if p, ok := d.page.(*readerPage); ok {
		return p.looking
	}
	return d.takesCards() || d.whois.looking
}
