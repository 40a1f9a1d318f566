package desk

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/layout"
	fynetheme "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"tapstation/assets/text"
	"tapstation/device"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// rail is what is always there: whose station this is, where one can go, the state of the readers, who acts.
type rail struct {
	desk      *Desk
	workspace *widget.Text
	places    *fyne.Container
	items     map[string]*widget.RailItem // by the name of their place
	reader    *readerItem
	account   *fyne.Container
	who       *widget.RailItem // leads to the page of the admin
	emblem    *fyne.Container
	logo      string // that emblem shows
	all       fyne.CanvasObject
}

func newRail(d *Desk) *rail {
	r := &rail{desk: d, workspace: widget.NewText("")}
	r.workspace.Bold, r.workspace.Clip = true, true
	r.emblem = container.NewStack()
	r.places = widget.Column(theme.Space4)
	r.reader = newReaderItem(d.ShowReader)

	top := widget.Column(theme.Space16,
		container.New(besideLayout{theme.Space12}, r.emblem, r.workspace))
	if d.station.Demo {
		top.Add(demoSign())
	}
	top.Add(r.places)

	r.account = container.NewStack()
	bottom := widget.Column(theme.Space8)
	if d.opts.Panel != nil {
		bottom.Add(d.opts.Panel)
	}
	bottom.Add(r.reader)
	bottom.Add(widget.Rule())
	bottom.Add(r.account)

	r.all = newGround(container.New(layout.NewCustomPaddedLayout(theme.Space24, theme.Space16, theme.Space12, theme.Space12),
		container.NewBorder(top, bottom, nil, nil)))
	return r
}

func (r *rail) content() fyne.CanvasObject { return r.all }

// list shows the places that who acts may go to.
func (r *rail) list() {
	r.places.Objects, r.items = nil, map[string]*widget.RailItem{}
	for _, p := range places() {
		if r.desk.may(p.right) {
			r.items[p.name] = widget.NewRailItem(p.icon, text.T(p.name), func() { r.desk.open(p.name) })
			r.places.Add(r.items[p.name])
		}
	}
	r.places.Refresh()
	r.who = widget.NewRailItem(theme.UserIcon, r.desk.session.Name, r.desk.ShowAccount)
	r.account.Objects = []fyne.CanvasObject{r.who}
	r.account.Refresh()
}

// render shows where one is, and whose station this is.
func (r *rail) render() {
	r.workspace.SetText(r.desk.workspace.Name)
	if w := r.desk.workspace; r.emblem.Objects == nil || r.logo != string(w.Logo) {
		r.logo = string(w.Logo)
		r.emblem.Objects = []fyne.CanvasObject{emblem(w, 32)}
		r.emblem.Refresh()
	}
	_, account := r.desk.page.(*accountPage)
	r.who.Select(account)
	_, wizard := r.desk.page.(*wizardPage)
	_, reader := r.desk.page.(*readerPage)
	here := r.desk.where()
	for name, item := range r.items {
		item.Select(name == here)
	}
	r.reader.selected, r.reader.off = reader, wizard // the wizard says itself what keeps a card from being read
	r.reader.ours = r.desk.readerInOurHands()
	r.reader.Refresh()
}

func (r *rail) setReaders(s device.State) {
	r.reader.state, r.reader.ours = s, r.desk.readerInOurHands()
	r.reader.Refresh()
}

// demoSign tells on every screen that nothing here is real.
func demoSign() fyne.CanvasObject {
	word := widget.NewText(text.T("desk.demo"))
	word.Bold, word.Color = true, theme.Warning
	return &demoMark{word: word, more: widget.Small(text.T("desk.demo_text"))}
}

type demoMark struct {
	fynewidget.BaseWidget
	word, more *widget.Text
}

func (m *demoMark) CreateRenderer() fyne.WidgetRenderer {
	m.ExtendBaseWidget(m)
	m.more.Clip = true
	frame := canvas.NewRectangle(nil)
	frame.CornerRadius, frame.StrokeWidth = theme.Radius, 1.5
	words := widget.PadXY(theme.Space12, theme.Space8, widget.Column(0, m.word, m.more))
	return &paint{
		WidgetRenderer: fynewidget.NewSimpleRenderer(container.NewStack(frame, words)),
		colours:        func() { frame.FillColor, frame.StrokeColor = nil, fynetheme.Color(theme.Warning) },
	}
}

// ground is the surface of the rail, with a line towards the page.
type ground struct {
	fynewidget.BaseWidget
	inside fyne.CanvasObject
}

func newGround(inside fyne.CanvasObject) *ground {
	g := &ground{inside: inside}
	g.ExtendBaseWidget(g)
	return g
}

func (g *ground) Children() []fyne.CanvasObject { return []fyne.CanvasObject{g.inside} }

func (g *ground) CreateRenderer() fyne.WidgetRenderer {
	fill, line := canvas.NewRectangle(nil), canvas.NewRectangle(nil)
	line.SetMinSize(fyne.NewSize(1, 1))
	return &paint{
		WidgetRenderer: fynewidget.NewSimpleRenderer(
			container.NewStack(fill, container.New(edgeLayout{}, line), g.inside)),
		colours: func() {
			fill.FillColor, line.FillColor = fynetheme.Color(theme.Rail), fynetheme.Color(theme.Line)
		},
	}
}

// paint is a renderer whose rectangles take their colours from the theme.
type paint struct {
	fyne.WidgetRenderer
	colours func()
	painted bool
}

func (p *paint) Layout(s fyne.Size) {
	if !p.painted {
		p.painted = true
		p.colours()
	}
	p.WidgetRenderer.Layout(s)
}

func (p *paint) Refresh() {
	p.colours()
	p.WidgetRenderer.Refresh()
}

// besideLayout puts the second object beside the first and gives it all of the width that is left.
type besideLayout struct{ gap float32 }

func (l besideLayout) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	first, second := objects[0].MinSize(), objects[1].MinSize()
	objects[0].Resize(first)
	objects[0].Move(fyne.NewPos(0, (s.Height-first.Height)/2))
	x := first.Width + l.gap
	objects[1].Resize(fyne.NewSize(s.Width-x, second.Height))
	objects[1].Move(fyne.NewPos(x, (s.Height-second.Height)/2))
}

func (l besideLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	first, second := objects[0].MinSize(), objects[1].MinSize()
	return fyne.NewSize(first.Width+l.gap+second.Width, max(first.Height, second.Height))
}

// edgeLayout keeps a line at the right edge.
type edgeLayout struct{}

func (edgeLayout) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	objects[0].Resize(fyne.NewSize(1, s.Height))
	objects[0].Move(fyne.NewPos(s.Width-1, 0))
}

func (edgeLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(1, 1) }

// readerItem is the state of the readers in the rail. It leads to the page that says more.
type readerItem struct {
	fynewidget.BaseWidget
	onTapped func()
	state    device.State
	selected bool
	off      bool // leads nowhere now
	ours     bool // who holds a reader is this program

	focused, hovered bool
}

func newReaderItem(tapped func()) *readerItem {
	i := &readerItem{onTapped: tapped}
	i.ExtendBaseWidget(i)
	return i
}

func (i *readerItem) AccessibilityLabel() string { s, _ := readerSign(i.state, i.ours); return s.Word }

func (i *readerItem) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleLink }

func (i *readerItem) Tapped(*fyne.PointEvent) {
	if !i.off {
		i.onTapped()
	}
}

func (i *readerItem) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		i.Tapped(nil)
	default:
		widget.Pass(i, e)
	}
}

func (i *readerItem) TypedRune(rune)                 {}
func (i *readerItem) FocusGained()                   { i.focused = true; i.Refresh() }
func (i *readerItem) FocusLost()                     { i.focused = false; i.Refresh() }
func (i *readerItem) MouseIn(*desktop.MouseEvent)    { i.hovered = true; i.Refresh() }
func (i *readerItem) MouseMoved(*desktop.MouseEvent) {}
func (i *readerItem) MouseOut()                      { i.hovered = false; i.Refresh() }

func (i *readerItem) CreateRenderer() fyne.WidgetRenderer {
	fill := canvas.NewRectangle(nil)
	badge, name := widget.NewStatus(widget.Sign{}), widget.Small("")
	name.Clip = true
	lines := widget.Column(0, badge, container.New(layout.NewCustomPaddedLayout(0, 0, 24, 0), name))
	return &paint{
		WidgetRenderer: fynewidget.NewSimpleRenderer(
			container.NewStack(fill, widget.PadXY(theme.Space12, theme.Space8, lines))),
		colours: func() {
			sign, reader := readerSign(i.state, i.ours)
			badge.Set(sign)
			name.Content, name.Color = reader, theme.Muted
			if sign.Icon == theme.WarningIcon && !i.off {
				name.Content, name.Color = text.T("reader.see"), theme.Primary
			}
			name.Refresh()
			fill.CornerRadius, fill.StrokeWidth = theme.Radius, 0
			fill.FillColor = nil
			switch {
			case i.selected:
				fill.FillColor = fynetheme.Color(theme.Selected)
			case i.hovered && !i.off:
				fill.FillColor = fynetheme.Color(theme.Hover)
			}
			if i.focused {
				fill.StrokeWidth, fill.StrokeColor = theme.FocusRing, fynetheme.Color(theme.Primary)
			}
		},
	}
}

// readerSign is what the rail says of the readers, and the name of the one it is about. With ours, a reader that is
// held is held by this program.
func readerSign(s device.State, ours bool) (widget.Sign, string) {
	problem := func(key string) widget.Sign {
		return widget.Sign{Icon: theme.WarningIcon, Color: theme.Warning, Word: text.T(key)}
	}
	switch {
	case !s.Known && len(s.Readers) == 0:
		return widget.Sign{Icon: theme.ReaderIcon, Color: theme.Muted, Word: text.T("reader.looking")}, ""
	case !s.Service:
		return problem("reader.no_service"), ""
	case len(s.Readers) == 0:
		return problem("reader.none"), ""
	}
	for _, r := range s.Readers {
		switch {
		case r.Held && !ours:
		case r.Card != nil && r.Card.Mute:
			return problem("reader.mute"), r.Name
		case r.Card != nil:
			return widget.Sign{Icon: theme.CardIcon, Color: theme.Primary, Word: text.T("reader.card")}, r.Name
		}
	}
	for _, r := range s.Readers {
		if !r.Held || ours {
			return widget.Sign{Icon: theme.CheckCircleIcon, Color: theme.Success, Word: text.T("reader.ready")}, r.Name
		}
	}
	return problem("reader.held"), s.Readers[0].Name
}
