// Package demo is what the demo has besides the windows of a real station: the panel with which its cards are laid on its
// reader, by mouse or by keyboard, and the window on its mailbox. It knows no card, no reader and no server: what a Tray and
// a Mailbox do is their own affair.
package demo

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	fynetheme "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// Kind says which demo card it is, so that the panel can name it in the language in use.
type Kind int

// Kinds of demo card.
const (
	Blank   Kind = iota // a new FIDO2 card
	WithPIN             // one that has a PIN already; Card.PIN says which
	NotFIDO             // a card that is none
)

// Card is a card of the demo.
type Card struct {
	Kind Kind
	PIN  string // of a card WithPIN, which a person who tries the demo has to know
}

// Tray holds the demo's cards and its reader. Its methods may be called from any goroutine and do not block.
type Tray interface {
	// Cards are all cards, always the same ones in the same order.
	Cards() []Card
	// Put lays a card on the reader, in place of one that lies there.
	Put(i int)
	// Take takes the card off the reader, if there is one.
	Take()
	// On is the card on the reader; -1: none.
	On() int
}

// Panel shows the cards of a Tray, and how many mails there are. Its methods belong to the window's goroutine.
type Panel struct {
	fynewidget.BaseWidget
	tray  Tray
	mail  *MailWindow
	cards []*cardButton
	post  *cardButton
	body  fyne.CanvasObject
}

// NewPanel is a panel for t, which opens the mailbox m where that is not nil.
func NewPanel(t Tray, m *MailWindow) *Panel {
	p := &Panel{tray: t, mail: m}
	if m != nil {
		m.OnChange = p.Update
	}
	p.ExtendBaseWidget(p)
	return p
}

// build makes the panel when it is first shown, and not before, so that it has the theme of its window.
func (p *Panel) build() {
	if p.body != nil {
		return
	}
	title := widget.Small(text.T("demo.title"))
	title.Bold, title.Color = true, theme.Warning
	title.Clip = true
	column := widget.Column(theme.Space4, title)
	for i, c := range p.tray.Cards() {
		b := &cardButton{icon: theme.CardIcon, name: name(c), hint: cardHint(c), tapped: func() { p.toggle(i) }}
		b.ExtendBaseWidget(b)
		p.cards = append(p.cards, b)
		column.Add(b)
	}
	if p.mail != nil {
		p.post = &cardButton{icon: theme.MailIcon, name: text.T("mailbox.panel"), tapped: p.mail.Open}
		p.post.ExtendBaseWidget(p.post)
		column.Add(p.post)
	}
	p.body = widget.PadXY(theme.Space4, theme.Space8, column)
	p.Update()
}

func name(c Card) string {
	switch c.Kind {
	case WithPIN:
		return text.T("demo.card.pin")
	case NotFIDO:
		return text.T("demo.card.not_fido")
	}
	return text.T("demo.card.blank")
}

func cardHint(c Card) string {
	if c.Kind == WithPIN {
		return text.T("demo.card.pin_is", "PIN", c.PIN)
	}
	return ""
}

// mailHint says how many mails there are, or, where there are some, how many that nobody has read.
func mailHint(w *MailWindow) string {
	mails, unread := w.Mails()
	switch {
	case unread > 0:
		return text.N("mailbox.unread", unread, "Number", text.Number(unread))
	case len(mails) > 0:
		return text.N("mailbox.count", len(mails), "Number", text.Number(len(mails)))
	}
	return ""
}

// toggle lays a card on the reader, or takes it away when it lies there.
func (p *Panel) toggle(i int) {
	if p.tray.On() == i {
		p.tray.Take()
	} else {
		p.tray.Put(i)
	}
	p.Update()
}

// Update shows which card lies on the reader now, as it may have left by itself, and how many mails there are.
func (p *Panel) Update() {
	if p.post != nil {
		p.post.hint = mailHint(p.mail)
		p.post.Refresh()
	}
	on := p.tray.On()
	for i, b := range p.cards {
		b.on = i == on
		b.Refresh()
	}
}

// Children are what the panel consists of.
func (p *Panel) Children() []fyne.CanvasObject {
	p.build()
	return []fyne.CanvasObject{p.body}
}

// CreateRenderer is for Fyne.
func (p *Panel) CreateRenderer() fyne.WidgetRenderer {
	p.build()
	return fynewidget.NewSimpleRenderer(p.body)
}

// cardButton is one card, or the mailbox, to be pressed like a button.
type cardButton struct {
	fynewidget.BaseWidget
	icon       *theme.Icon
	name, hint string
	on         bool
	tapped     func()

	focused, hovered bool
}

var (
	_ fyne.Focusable    = (*cardButton)(nil)
	_ fyne.Tappable     = (*cardButton)(nil)
	_ fyne.Accessible   = (*cardButton)(nil)
	_ desktop.Hoverable = (*cardButton)(nil)
)

func (b *cardButton) AccessibilityLabel() string             { return b.name }
func (b *cardButton) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }
func (b *cardButton) Tapped(*fyne.PointEvent)                { b.tapped() }
func (b *cardButton) TypedRune(rune)                         {}
func (b *cardButton) FocusGained()                           { b.focused = true; b.Refresh() }
func (b *cardButton) FocusLost()                             { b.focused = false; b.Refresh() }
func (b *cardButton) MouseIn(*desktop.MouseEvent)            { b.hovered = true; b.Refresh() }
func (b *cardButton) MouseMoved(*desktop.MouseEvent)         {}
func (b *cardButton) MouseOut()                              { b.hovered = false; b.Refresh() }
func (b *cardButton) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		b.tapped()
	default:
		widget.Pass(b, e)
	}
}

func (b *cardButton) CreateRenderer() fyne.WidgetRenderer {
	r := &cardRenderer{button: b, ground: canvas.NewRectangle(nil), icon: canvas.NewImageFromResource(b.icon),
		name: widget.NewText(b.name), hint: widget.Small("")}
	r.name.TextSize, r.name.Clip, r.hint.Clip = theme.TextSmall, true, true
	r.Refresh()
	return r
}

// cardRenderer draws a card: its name, what is to be known of it, and where it lies.
type cardRenderer struct {
	button     *cardButton
	ground     *canvas.Rectangle
	icon       *canvas.Image
	name, hint *widget.Text
}

// Sizes of a card in the panel, in units.
const (
	cardHeight float32 = 36
	iconSize   float32 = 22
)

func (r *cardRenderer) Destroy()           {}
func (r *cardRenderer) MinSize() fyne.Size { return fyne.NewSize(120, cardHeight) }

func (r *cardRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.ground, r.icon, r.name, r.hint}
}

func (r *cardRenderer) Layout(s fyne.Size) {
	r.ground.Resize(s)
	r.icon.Move(fyne.NewPos(theme.Space12, (s.Height-iconSize)/2))
	r.icon.Resize(fyne.NewSquareSize(iconSize))
	x := theme.Space12 + iconSize + theme.Space12
	w := s.Width - x - theme.Space8
	nh, hh := r.name.MinSize().Height, r.hint.MinSize().Height
	y := (s.Height - nh) / 2
	if r.hint.Content != "" {
		y = (s.Height - nh - hh) / 2
	}
	r.name.Move(fyne.NewPos(x, y))
	r.name.Resize(fyne.NewSize(w, nh))
	r.hint.Move(fyne.NewPos(x, y+nh))
	r.hint.Resize(fyne.NewSize(w, hh))
}

func (r *cardRenderer) Refresh() {
	b := r.button
	r.ground.CornerRadius = theme.Radius + 2
	r.ground.FillColor, r.ground.StrokeColor, r.ground.StrokeWidth = fynetheme.Color(theme.Surface), fynetheme.Color(theme.Border), 1
	r.icon.FillMode, r.icon.Resource = canvas.ImageFillContain, b.icon.In(theme.Muted)
	r.hint.Content, r.hint.Color = b.hint, theme.Muted
	switch {
	case b.on:
		r.ground.FillColor, r.ground.StrokeColor = fynetheme.Color(theme.Selected), fynetheme.Color(theme.Primary)
		r.hint.Content, r.hint.Color = text.T("demo.on"), theme.Primary
		r.icon.Resource = b.icon.In(theme.Primary)
	case b.hovered:
		r.ground.FillColor = fynetheme.Color(theme.Hover)
	}
	if b.focused {
		r.ground.StrokeColor, r.ground.StrokeWidth = fynetheme.Color(theme.Primary), theme.FocusRing
	}
	r.Layout(b.Size())
	for _, o := range r.Objects() {
		o.Refresh()
	}
}
