package widget

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	fynetheme "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"tapstation/ui/theme"
)

// Steps is the left side of a wizard: its steps by name, those done, the current one, those to come.
type Steps struct {
	fynewidget.BaseWidget
	names   []string
	current int
}

// NewSteps begins at the first step.
func NewSteps(names ...string) *Steps {
	s := &Steps{names: names}
	s.ExtendBaseWidget(s)
	return s
}

// Set changes the steps and which of them is the current one; current = len(names) means all are done.
func (s *Steps) Set(current int, names ...string) {
	s.current, s.names = current, names
	s.Refresh()
}

// CreateRenderer is for Fyne.
func (s *Steps) CreateRenderer() fyne.WidgetRenderer {
	const dot, gap, pitch = 26, theme.Space12, 46
	type step struct {
		circle *canvas.Circle
		line   *canvas.Rectangle
		number *canvas.Text
		check  *canvas.Image
		name   *Text
	}
	var steps []step
	r := &renderer{}
	r.layout = func(size fyne.Size) {
		for i, p := range steps {
			y := float32(i) * pitch
			p.circle.Move(fyne.NewPos(0, y))
			p.circle.Resize(fyne.NewSquareSize(dot))
			p.line.Move(fyne.NewPos(dot/2-1, y+dot+4))
			p.line.Resize(fyne.NewSize(2, pitch-dot-8))
			w := p.number.MinSize()
			p.number.Move(fyne.NewPos((dot-w.Width)/2, y+(dot-w.Height)/2))
			const c = 15
			p.check.Move(fyne.NewPos((dot-c)/2, y+(dot-c)/2))
			p.check.Resize(fyne.NewSquareSize(c))
			h := p.name.MinSize().Height
			p.name.Move(fyne.NewPos(dot+gap, y+(dot-h)/2))
			p.name.Resize(fyne.NewSize(max(size.Width-dot-gap, 0), h))
		}
	}
	r.min = func() fyne.Size {
		return fyne.NewSize(180, pitch*float32(max(len(s.names)-1, 0))+dot)
	}
	r.refresh = func() {
		if len(steps) != len(s.names) {
			steps, r.objects = nil, nil
			for i := range s.names {
				p := step{canvas.NewCircle(nil), canvas.NewRectangle(nil), canvas.NewText(strconv.Itoa(i+1), nil),
					picture(nil), NewText("")}
				p.name.Clip = true
				steps = append(steps, p)
				r.objects = append(r.objects, p.circle, p.line, p.number, p.check, p.name)
			}
		}
		for i, p := range steps {
			done, now := i < s.current, i == s.current
			fill, stroke, ink, words := theme.Background, theme.Border, theme.Muted, theme.Muted
			switch {
			case done:
				fill, stroke, words = theme.Success, theme.Success, theme.Text
			case now:
				fill, stroke, ink, words = theme.Primary, theme.Primary, theme.OnPrimary, theme.Text
			}
			p.circle.FillColor, p.circle.StrokeColor = fynetheme.Color(fill), fynetheme.Color(stroke)
			p.circle.StrokeWidth = 1.5
			p.line.Hidden = i == len(steps)-1
			p.line.FillColor = fynetheme.Color(theme.Line)
			if done {
				p.line.FillColor = fynetheme.Color(theme.Success)
			}
			p.number.Hidden, p.check.Hidden = done, !done
			p.number.Color, p.number.TextSize = fynetheme.Color(ink), fynetheme.Size(theme.TextSmall)
			p.number.TextStyle.Bold = now
			p.check.Resource = theme.CheckIcon.In(theme.OnPrimary)
			p.name.Content, p.name.Color, p.name.Bold = s.names[i], words, now
		}
		r.layout(s.Size())
	}
	r.refresh()
	return r
}
