package widget

import (
	"image/color"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	fynetheme "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"tapstation/ui/theme"
)

// Option is one of the answers of a Choice.
type Option struct {
	ID    string
	Icon  *theme.Icon
	Title string
	Text  string // says more; one line
	// Refused is why this answer cannot be chosen now; "" if it can.
	Refused string
	// Warn puts the warning sign beside the title.
	Warn bool
}

// Choice asks for one answer out of few, each on a card of its own. The arrow keys go from answer to answer; Enter
// is for the page. The whole of it is one stop for Tab.
type Choice struct {
	fynewidget.BaseWidget
	OnChanged func(id string)

	label    string
	options  []Option
	columns  int
	selected string
	focused  bool
	cards    []*optionCard
}

var (
	_ fyne.Focusable  = (*Choice)(nil)
	_ fyne.Accessible = (*Choice)(nil)
)

// NewChoice asks label, with the answers beside each other in columns.
func NewChoice(label string, columns int, changed func(id string), options ...Option) *Choice {
	c := &Choice{label: label, columns: max(columns, 1), OnChanged: changed}
	c.ExtendBaseWidget(c)
	c.SetOptions(options...)
	return c
}

// SetOptions changes the answers. A choice that is now refused or gone is given up.
func (c *Choice) SetOptions(options ...Option) {
	c.options = options
	c.cards = nil
	for i := range options {
		card := &optionCard{choice: c, option: &options[i]}
		card.ExtendBaseWidget(card)
		c.cards = append(c.cards, card)
	}
	if i := c.index(c.selected); i < 0 || options[i].Refused != "" {
		c.selected = ""
	}
	c.Refresh()
}

// Selected is the answer; "" if none was given yet.
func (c *Choice) Selected() string { return c.selected }

// Select gives an answer without telling OnChanged. One that is refused or unknown changes nothing.
func (c *Choice) Select(id string) {
	i := c.index(id)
	if id == c.selected || i < 0 || c.options[i].Refused != "" {
		return
	}
	c.selected = id
	c.Refresh()
}

// AccessibilityLabel is what is asked.
func (c *Choice) AccessibilityLabel() string { return c.label }

// AccessibilityRole is that of a container.
func (c *Choice) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleContainer }

// Children are the cards.
func (c *Choice) Children() []fyne.CanvasObject {
	objects := make([]fyne.CanvasObject, len(c.cards))
	for i, card := range c.cards {
		objects[i] = card
	}
	return objects
}

// TypedKey goes from answer to answer, past those that are refused.
func (c *Choice) TypedKey(e *fyne.KeyEvent) {
	Stir(c)
	step := 0
	switch e.Name {
	case fyne.KeyLeft, fyne.KeyUp:
		step = -1
	case fyne.KeyRight, fyne.KeyDown:
		step = 1
	case fyne.KeySpace:
		if c.selected == "" {
			step = 1
		}
	default:
		Pass(c, e)
		return
	}
	if step == 0 {
		return
	}
	for i := c.index(c.selected) + step; i >= 0 && i < len(c.options); i += step {
		if c.options[i].Refused == "" {
			c.choose(c.options[i].ID)
			return
		}
	}
}

// TypedRune is for the page.
func (c *Choice) TypedRune(r rune) { passRune(c, r) }

// FocusGained shows the ring around the answer.
func (c *Choice) FocusGained() {
	Stir(c)
	c.focused = true
	c.Refresh()
}

// FocusLost hides the ring.
func (c *Choice) FocusLost() { c.focused = false; c.Refresh() }

func (c *Choice) choose(id string) {
	before := c.selected
	c.Select(id)
	if c.selected != before && c.OnChanged != nil {
		c.OnChanged(id)
	}
}

func (c *Choice) index(id string) int {
	return slices.IndexFunc(c.options, func(o Option) bool { return o.ID == id })
}

// CreateRenderer is for Fyne.
func (c *Choice) CreateRenderer() fyne.WidgetRenderer {
	const gap = theme.Space12
	r := &renderer{}
	size := func() (s fyne.Size) { // of one card
		for _, card := range c.cards {
			s = s.Max(card.MinSize())
		}
		return s
	}
	lines := func() int { return (len(c.cards) + c.columns - 1) / c.columns }
	r.layout = func(s fyne.Size) {
		w := (s.Width - gap*float32(c.columns-1)) / float32(c.columns)
		h := size().Height
		for i, card := range c.cards {
			card.Move(fyne.NewPos(float32(i%c.columns)*(w+gap), float32(i/c.columns)*(h+gap)))
			card.Resize(fyne.NewSize(w, h))
		}
	}
	r.min = func() fyne.Size {
		s, n := size(), float32(lines())
		return fyne.NewSize(s.Width*float32(c.columns)+gap*float32(c.columns-1), s.Height*n+gap*max(n-1, 0))
	}
	r.refresh = func() {
		r.objects = c.Children()
		r.layout(c.Size())
	}
	r.refresh()
	return r
}

// optionCard is one answer.
type optionCard struct {
	fynewidget.BaseWidget
	choice  *Choice
	option  *Option
	hovered bool
}

var _ desktop.Hoverable = (*optionCard)(nil)

func (o *optionCard) AccessibilityLabel() string { return o.option.Title }

func (o *optionCard) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

func (o *optionCard) Tapped(*fyne.PointEvent) {
	if o.option.Refused == "" {
		o.choice.choose(o.option.ID)
	}
}

func (o *optionCard) MouseIn(*desktop.MouseEvent)    { o.hovered = true; o.Refresh() }
func (o *optionCard) MouseMoved(*desktop.MouseEvent) {}
func (o *optionCard) MouseOut()                      { o.hovered = false; o.Refresh() }

func (o *optionCard) CreateRenderer() fyne.WidgetRenderer {
	const iconSize, dotSize, markSize = 24, 18, 16
	ground, over, ring := canvas.NewRectangle(nil), canvas.NewRectangle(nil), newRing()
	outer, inner := canvas.NewCircle(nil), canvas.NewCircle(nil)
	icon, mark := picture(nil), picture(theme.WarningIcon.In(theme.Warning))
	title := NewText("")
	title.Bold, title.Clip = true, true
	words := Small("")
	words.Clip = true
	r := &renderer{objects: []fyne.CanvasObject{ground, over, outer, inner, icon, mark, title, words, ring.Rectangle}}
	r.layout = func(s fyne.Size) {
		ground.Resize(s)
		over.Resize(s)
		ring.around(fyne.Position{}, s)
		x := theme.Space16
		outer.Move(fyne.NewPos(x, (s.Height-dotSize)/2))
		outer.Resize(fyne.NewSquareSize(dotSize))
		const dot = 8
		inner.Move(fyne.NewPos(x+(dotSize-dot)/2, (s.Height-dot)/2))
		inner.Resize(fyne.NewSquareSize(dot))
		x += dotSize + theme.Space12
		if o.option.Icon != nil {
			icon.Move(fyne.NewPos(x, (s.Height-iconSize)/2))
			icon.Resize(fyne.NewSquareSize(iconSize))
			x += iconSize + theme.Space12
		}
		w := s.Width - x - theme.Space16
		th, wh := title.MinSize().Height, words.MinSize().Height
		y := (s.Height - th) / 2
		if words.Content != "" {
			y = (s.Height - th - wh) / 2
		}
		tw := w
		if o.option.Warn {
			tw = min(w-markSize-theme.Space8, fyne.MeasureText(title.Content, title.size(), title.style()).Width)
			mark.Move(fyne.NewPos(x+tw+theme.Space8, y+(th-markSize)/2))
			mark.Resize(fyne.NewSquareSize(markSize))
		}
		title.Move(fyne.NewPos(x, y))
		title.Resize(fyne.NewSize(tw, th))
		words.Move(fyne.NewPos(x, y+th))
		words.Resize(fyne.NewSize(w, wh))
	}
	r.min = func() fyne.Size {
		h := title.MinSize().Height + 2*theme.Space12
		if words.Content != "" {
			h += words.MinSize().Height
		}
		return fyne.NewSize(200, max(h, 56))
	}
	r.refresh = func() {
		chosen, refused := o.choice.selected == o.option.ID, o.option.Refused != ""
		first := o.choice.selected == "" && o.choice.options[0].ID == o.option.ID
		ring.show(o.choice.focused && (chosen || first))
		ring.CornerRadius = theme.Radius + 4
		ground.CornerRadius, over.CornerRadius = theme.Radius+2, theme.Radius+2
		ground.FillColor, ground.StrokeColor = fynetheme.Color(theme.Surface), fynetheme.Color(theme.Line)
		ground.StrokeWidth = 1
		over.FillColor = color.Transparent
		outer.FillColor, outer.StrokeColor, outer.StrokeWidth = color.Transparent, fynetheme.Color(theme.Border), 1.5
		inner.Hidden = !chosen
		tint := theme.Muted
		title.Color = theme.Text
		switch {
		case refused:
			title.Color, tint = theme.Disabled, theme.Disabled
			ground.FillColor = fynetheme.Color(theme.Background)
			outer.StrokeColor = fynetheme.Color(theme.Line)
		case chosen:
			tint = theme.Primary
			ground.StrokeColor, ground.StrokeWidth = fynetheme.Color(theme.Primary), 1.5
			over.FillColor = fynetheme.Color(theme.Selected)
			outer.StrokeColor, inner.FillColor = fynetheme.Color(theme.Primary), fynetheme.Color(theme.Primary)
		case o.hovered:
			over.FillColor = fynetheme.Color(theme.Hover)
		}
		icon.Hidden = o.option.Icon == nil
		if o.option.Icon != nil {
			icon.Resource = o.option.Icon.In(tint)
		}
		mark.Hidden = !o.option.Warn
		title.Content = o.option.Title
		words.Content = o.option.Text
		if refused {
			words.Content = o.option.Refused
		}
		r.layout(o.Size())
	}
	r.refresh()
	return r
}
