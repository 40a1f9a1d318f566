package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	fynetheme "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"tapstation/ui/theme"
)

// Column puts objects under each other, gap units apart, each as wide as the column.
func Column(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedVBoxLayout(gap), objects...)
}

// Line puts objects beside each other, gap units apart, each in the middle of the height and as high as it needs.
func Line(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(lineLayout{gap}, objects...)
}

// Between puts left and right at the two ends of the width.
func Between(left, right fyne.CanvasObject) *fyne.Container {
	return container.New(lineLayout{theme.Space16}, left, layout.NewSpacer(), right)
}

// TitleLine is the first line of a page: its title, and at the right its one main action.
func TitleLine(title string, action fyne.CanvasObject) *fyne.Container {
	return container.New(titleLayout{}, Heading(title), action)
}

type titleLayout struct{}

func (titleLayout) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	action := objects[1].MinSize().Width
	middle(objects[0], 0, max(s.Width-action-theme.Space16, 0), s.Height)
	middle(objects[1], s.Width-action, action, s.Height)
}

func (titleLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	a, b := objects[0].MinSize(), objects[1].MinSize()
	return fyne.NewSize(a.Width+theme.Space16+b.Width, max(a.Height, b.Height))
}

// Pad keeps the same distance around o.
func Pad(all float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedLayout(all, all, all, all), o)
}

// PadXY keeps x to the left and right of o, y above and below.
func PadXY(x, y float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedLayout(y, y, x, x), o)
}

// Form keeps o at the left and at most theme.FormWidth wide, as everything is that is read or filled in.
func Form(o fyne.CanvasObject) *fyne.Container { return AtMost(theme.FormWidth, o) }

// AtMost keeps o at the left and at most width wide.
func AtMost(width float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(atMostLayout{width}, o)
}

// Panel lays o on a surface with a fine line around it.
func Panel(o fyne.CanvasObject) fyne.CanvasObject {
	p := &panel{content: o}
	p.ExtendBaseWidget(p)
	return p
}

type panel struct {
	fynewidget.BaseWidget
	content fyne.CanvasObject
	fill    fyne.ThemeColorName // empty: that of a surface, with a line around it
}

func (p *panel) Children() []fyne.CanvasObject { return []fyne.CanvasObject{p.content} }

func (p *panel) CreateRenderer() fyne.WidgetRenderer {
	ground := canvas.NewRectangle(nil)
	r := &renderer{
		objects: []fyne.CanvasObject{ground, p.content},
		layout: func(s fyne.Size) {
			ground.Resize(s)
			p.content.Resize(s)
		},
		min: func() fyne.Size { return p.content.MinSize() },
		refresh: func() {
			ground.FillColor = fynetheme.Color(theme.Surface)
			ground.StrokeColor = fynetheme.Color(theme.Line)
			ground.StrokeWidth = 1
			ground.CornerRadius = theme.Radius + 2
			if p.fill != "" {
				ground.FillColor, ground.StrokeWidth = fynetheme.Color(p.fill), 0
			}
		},
	}
	r.refresh()
	return r
}

// Filled lays o on a ground of a colour of the theme.
func Filled(color fyne.ThemeColorName, o fyne.CanvasObject) fyne.CanvasObject {
	p := &panel{content: o, fill: color}
	p.ExtendBaseWidget(p)
	return p
}

// Rule is a fine line across.
func Rule() fyne.CanvasObject { return fynewidget.NewSeparator() }

type lineLayout struct{ gap float32 }

func (l lineLayout) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	free, spacers := s.Width, 0
	shown := 0
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		shown++
		if isSpacer(o) {
			spacers++
			continue
		}
		free -= o.MinSize().Width
	}
	free -= l.gap * float32(max(shown-1, 0))
	x := float32(0)
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		if isSpacer(o) {
			x += max(free, 0)/float32(spacers) + l.gap
			continue
		}
		w := o.MinSize().Width
		middle(o, x, w, s.Height)
		x += w + l.gap
	}
}

func (l lineLayout) MinSize(objects []fyne.CanvasObject) (s fyne.Size) {
	shown := 0
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		shown++
		if isSpacer(o) {
			continue
		}
		m := o.MinSize()
		s.Width += m.Width
		s.Height = max(s.Height, m.Height)
	}
	s.Width += l.gap * float32(max(shown-1, 0))
	return s
}

func isSpacer(o fyne.CanvasObject) bool {
	_, ok := o.(layout.SpacerObject)
	return ok
}

type atMostLayout struct{ width float32 }

func (l atMostLayout) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	for _, o := range objects {
		o.Resize(fyne.NewSize(min(s.Width, l.width), s.Height))
	}
}

func (l atMostLayout) MinSize(objects []fyne.CanvasObject) (s fyne.Size) {
	for _, o := range objects {
		s = s.Max(o.MinSize())
	}
	return s
}

// Above puts tops under each other, gap units apart, and gives body all of the height that is left.
func Above(gap float32, body fyne.CanvasObject, tops ...fyne.CanvasObject) *fyne.Container {
	return container.New(aboveLayout{gap}, append(tops, body)...)
}

type aboveLayout struct{ gap float32 }

func (l aboveLayout) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	y := float32(0)
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		h := o.MinSize().Height
		if i == len(objects)-1 {
			h = max(s.Height-y, h)
		}
		o.Move(fyne.NewPos(0, y))
		o.Resize(fyne.NewSize(s.Width, h))
		y += h + l.gap
	}
}

func (l aboveLayout) MinSize(objects []fyne.CanvasObject) (s fyne.Size) {
	shown := 0
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		shown++
		m := o.MinSize()
		s.Width = max(s.Width, m.Width)
		s.Height += m.Height
	}
	s.Height += l.gap * float32(max(shown-1, 0))
	return s
}
