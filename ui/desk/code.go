package desk

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/activation"
	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// codePage takes the code or the link of somebody who came to the desk with their mail, typed, pasted or scanned; says
// whose it is and what for; and leads to the tap.
type codePage struct {
	desk   *Desk
	from   string // the place one came from
	state  codeState
	asked  int
	cancel context.CancelFunc

	filling bool // the field, by the page itself
	field   *widget.Field
	look    *widget.Button
	problem *note
	found   *fyne.Container
	goOn    *widget.Button // nil: nothing is found
	all     fyne.CanvasObject
}

func newCodePage(d *Desk) *codePage {
	p := &codePage{desk: d, from: usersPlace, cancel: func() {}, found: container.NewStack(), problem: newNote()}
	p.field = widget.NewField(text.T("activation.code.label"), text.T("activation.code.hint"))
	p.field.OnChanged = func(words string) {
		if words != p.state.Typed && !p.filling {
			p.drop()
			p.state = p.state.typed(words)
			p.render()
		}
	}
	p.field.Entry.OnEnter = p.enter
	p.look = widget.NewPrimary(text.T("activation.code.look"), p.ask)
	line := widget.AtMost(640, container.New(renameLayout{}, p.field, p.look))
	p.all = formPage(widget.NewQuiet(text.T("user.back_elsewhere"), "", theme.BackIcon, p.goBack), widget.Heading(text.T("desk.code")),
		widget.Form(widget.Column(theme.Space16, widget.Hint(text.T("activation.code.text")), line, p.problem.content, p.found)))
	p.render()
	return p
}

// codeName is what the page is kept by, like a place, until somebody else logs in.
const codeName = "code"

// codes is the page for a code, made if need be; nil for who may not enroll.
func (d *Desk) codes() *codePage {
	if !d.may(directory.EnrollKeys) {
		return nil
	}
	p, ok := d.pages[codeName].(*codePage)
	if !ok {
		p = newCodePage(d)
		d.pages[codeName] = p
	}
	if at := d.where(); d.at(at) != nil {
		p.from = at
	}
	return p
}

// openCode goes to the page for a code and looks up what stands in a link.
func (d *Desk) openCode(link string) {
	p := d.codes()
	if p == nil {
		return
	}
	d.leave(func() {
		d.put(p)
		p.state = p.state.typed(link)
		p.ask()
	})
}

// ShowCode goes to the page for a code.
func (d *Desk) ShowCode() {
	if p := d.codes(); p != nil {
		d.show(p)
	}
}

func (p *codePage) content() fyne.CanvasObject { return p.all }

func (p *codePage) keys() *widget.Keys {
	k := &widget.Keys{Enter: p.enter, Escape: p.escape, Runes: map[rune]func(){}}
	for r := '!'; r <= '~'; r++ {
		k.Runes[r] = func() { p.begin(r) }
	}
	return k
}

func (p *codePage) place() string { return p.from }

func (p *codePage) goBack() { p.desk.open(p.from) }

// escape makes room for another code, or goes back where there is nothing to take away.
func (p *codePage) escape() {
	if s := p.state; s.Typed == "" && s.Opened == nil {
		p.goBack()
		return
	}
	p.clear()
}

// begin begins another code where nothing is typed into: one that is scanned while something is found must not go on with
// that by the Enter at its end.
func (p *codePage) begin(r rune) {
	p.clear()
	p.field.Entry.TypedRune(r)
}

func (p *codePage) shown() {
	p.state = codeState{}
	p.render()
	p.desk.focus(p.field.Entry)
}

// left forgets what was typed: it opens something.
func (p *codePage) left() {
	p.drop()
	p.state = codeState{}
	p.render()
}

// clear makes room for the next code.
func (p *codePage) clear() {
	p.drop()
	p.state = codeState{}
	p.render()
	p.desk.focus(p.field.Entry)
}

// drop makes what is being asked stale.
func (p *codePage) drop() {
	p.cancel()
	p.asked++
}

// enter does the next thing: look up what was typed, or go on with what was found.
func (p *codePage) enter() {
	if p.state.Opened != nil {
		p.goTo()
		return
	}
	p.ask()
}

// ask looks up what was typed.
func (p *codePage) ask() {
	s, any := p.state.ask()
	if !any {
		p.desk.focus(p.field.Entry)
		return
	}
	p.drop()
	ctx, cancel := context.WithCancel(p.desk.ctx)
	p.cancel = cancel
	n, typed, source := p.asked, s.Typed, p.desk.actor()
	p.state = s
	p.render()
	p.desk.beside(ctx, func(ctx context.Context) {
		o, err := opened(ctx, p.desk.station.Activation, source, typed)
		p.desk.do(func() {
			if n == p.asked {
				p.state = p.state.answer(o, err)
				p.render()
				p.focusNext()
			}
		})
	})
	p.desk.opts.After(slowAfter, func() {
		p.desk.do(func() {
			if n == p.asked && p.state.Asking {
				p.state.Slow = true
				p.render()
			}
		})
	})
}

// opened is the ticket of a link or a code.
func opened(ctx context.Context, tickets *activation.Tickets, source, typed string) (activation.Opened, error) {
	if token, ok := activation.ParseLink(typed); ok {
		return tickets.ByLink(ctx, token)
	}
	return tickets.ByCode(ctx, source, typed)
}

// focusNext gives the focus to what one does next.
func (p *codePage) focusNext() {
	switch {
	case p.desk.page != page(p):
	case p.goOn != nil:
		p.desk.focus(p.goOn)
	default:
		p.desk.focus(p.field.Entry)
		p.field.Entry.TypedShortcut(&fyne.ShortcutSelectAll{}) // what is typed or scanned next takes its place
	}
}

// goTo goes to the tap.
func (p *codePage) goTo() {
	o, d := *p.state.Opened, p.desk
	if o.Ticket.Purpose == directory.SetPIN {
		d.show(newPINPage(d, o.User, o.Key, "", o.Ticket.ID, p))
		return
	}
	d.show(newActivationPage(d, o.User, o.Key, o.Ticket.ID, directory.UserHere, p))
}

// fill puts words into the field. What is selected in it is taken away as if by hand before: Fyne keeps a selection of words
// that are gone, and the next letter would fall to it.
func (p *codePage) fill(words string) {
	p.filling = true
	p.field.Entry.TypedShortcut(&fyne.ShortcutSelectAll{})
	p.field.Entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDelete})
	p.field.SetText(words)
	p.filling = false
}

// render shows the state.
func (p *codePage) render() {
	s := p.state
	if p.field.Text() != s.Typed {
		p.fill(s.Typed)
	}
	p.look.Rank = widget.Primary
	if s.Opened != nil {
		p.look.Rank = widget.Secondary // the main thing to do is another
	}
	p.look.SetEnabled(!s.Asking)
	p.look.Refresh()
	switch w := s.problem(); {
	case w.Title != "":
		p.problem.warn(strings.TrimSpace(w.Title + ". " + w.Remedy))
	case s.Slow:
		p.problem.tell(text.T("user.loading"))
	default:
		p.problem.tell("")
	}
	p.goOn = nil
	p.found.Objects = nil
	if s.Opened != nil {
		p.found.Objects = []fyne.CanvasObject{p.ticket(*s.Opened)}
	}
	p.found.Refresh()
	p.all.Refresh()
}

// ticket says whose a ticket is and what for.
func (p *codePage) ticket(o activation.Opened) fyne.CanvasObject {
	title, act, icon := text.T("activation.code.activates", "Name", o.User.DisplayName()), text.T("activation.now"), theme.CardIcon
	if o.Ticket.Purpose == directory.SetPIN {
		title, act, icon = text.T("activation.code.sets_pin", "Name", o.User.DisplayName()), text.T("user.key.set_pin"), theme.PINIcon
	}
	p.goOn = widget.NewPrimary(act, p.goTo).WithIcon(icon)
	facts := []widget.Fact{
		{Label: text.T("user.id"), Value: clipped(o.User.ID)},
		{Label: text.T("users.column.name"), Value: clipped(o.User.DisplayName())},
	}
	if len(o.User.Groups) > 0 {
		facts = append(facts, widget.Fact{Label: text.T("user.groups"), Value: clipped(strings.Join(o.User.Groups, ", "))})
	}
	kind := widget.KindSign(o.Key.Kind)
	kind.Word = o.Key.Name
	facts = append(facts,
		widget.Fact{Label: text.T("activation.code.key"), Value: widget.NewStatus(kind)},
		widget.Fact{Label: text.T("user.key.verification"), Value: widget.NewStatus(widget.VerificationSign(o.Key.Verification))},
		widget.Fact{Label: text.T("activation.until"), Value: clipped(text.DateTime(o.Ticket.Expires))})
	head := widget.NewParagraph(title)
	head.SetSize(theme.TextLarge)
	head.SetBold(true)
	return widget.Panel(widget.PadXY(theme.Space24, theme.Space16, widget.Column(theme.Space12,
		head, widget.Hint(text.T("activation.code.check")), widget.Facts(facts...),
		widget.PadXY(0, theme.Space4, widget.Line(theme.Space8, widget.NewButton(text.T("activation.code.another"), p.clear), p.goOn)))))
}
