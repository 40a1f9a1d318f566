package tap

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	fynetheme "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// markRow is the steps of the ceremony beside each other, each with a sign of how far it is and its name below.
type markRow struct {
	fynewidget.BaseWidget
	marks  []Mark
	states []MarkState
}

var _ fyne.Accessible = (*markRow)(nil)

func newMarkRow() *markRow {
	m := &markRow{}
	m.ExtendBaseWidget(m)
	return m
}

func (m *markRow) set(marks []Mark, states []MarkState) {
	m.marks, m.states = marks, states
	m.Refresh()
}

// AccessibilityLabel is the step that is current, or the last that passed.
func (m *markRow) AccessibilityLabel() string {
	label := ""
	for i, s := range m.states {
		switch s {
		case Current, Broken:
			return m.marks[i].name()
		case Passed:
			label = text.T("tap.mark_state.passed", "Step", m.marks[i].name())
		}
	}
	return label
}

func (m *markRow) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// Sizes of the row, in units: of a sign, of what is inside it, and from one sign to the next.
const (
	markSize  float32 = 22
	markInner float32 = 14
	markPitch float32 = 104
)

func (m *markRow) CreateRenderer() fyne.WidgetRenderer {
	r := &markRenderer{row: m}
	r.Refresh()
	return r
}

type markRenderer struct {
	row     *markRow
	parts   []markParts
	objects []fyne.CanvasObject
}

type markParts struct {
	disc *canvas.Circle
	sign *canvas.Image
	line *canvas.Rectangle // to the next
	name *widget.Text
}

func (r *markRenderer) Destroy()                     {}
func (r *markRenderer) Objects() []fyne.CanvasObject { return r.objects }

func (r *markRenderer) MinSize() fyne.Size {
	h := markSize + theme.Space4
	if len(r.parts) > 0 {
		h += r.parts[0].name.MinSize().Height
	}
	return fyne.NewSize(markPitch*float32(len(r.row.marks)), h)
}

func (r *markRenderer) Layout(s fyne.Size) {
	x := (s.Width - markPitch*float32(len(r.parts))) / 2
	for i, p := range r.parts {
		middle := x + markPitch*(float32(i)+0.5)
		p.disc.Move(fyne.NewPos(middle-markSize/2, 0))
		p.disc.Resize(fyne.NewSquareSize(markSize))
		p.sign.Move(fyne.NewPos(middle-markInner/2, (markSize-markInner)/2))
		p.sign.Resize(fyne.NewSquareSize(markInner))
		from := middle + markSize/2 + theme.Space8
		p.line.Move(fyne.NewPos(from, markSize/2-1))
		p.line.Resize(fyne.NewSize(markPitch-markSize-2*theme.Space8, 2))
		p.name.Move(fyne.NewPos(middle-markPitch/2, markSize+theme.Space4))
		p.name.Resize(fyne.NewSize(markPitch, p.name.MinSize().Height))
	}
}

func (r *markRenderer) Refresh() {
	if len(r.parts) != len(r.row.marks) {
		r.parts, r.objects = nil, nil
		for range r.row.marks {
			p := markParts{canvas.NewCircle(nil), canvas.NewImageFromResource(nil), canvas.NewRectangle(nil), widget.Small("")}
			p.sign.FillMode = canvas.ImageFillContain
			p.name.Align = fyne.TextAlignCenter
			r.parts = append(r.parts, p)
			r.objects = append(r.objects, p.line, p.disc, p.sign, p.name)
		}
	}
	for i, p := range r.parts {
		state := r.row.states[i]
		fill, stroke := fyne.ThemeColorName(""), theme.Border
		name := theme.Muted
		p.sign.Hidden = true
		switch state {
		case Passed:
			fill, stroke, name = theme.Success, theme.Success, theme.Text
			p.sign.Hidden, p.sign.Resource = false, theme.CheckIcon.In(theme.OnPrimary)
		case Current:
			stroke, name = theme.Primary, theme.Text
		case Broken:
			fill, stroke, name = theme.Danger, theme.Danger, theme.Text
			p.sign.Hidden, p.sign.Resource = false, theme.CrossIcon.In(theme.OnDanger)
		}
		p.disc.FillColor = color.Transparent
		if fill != "" {
			p.disc.FillColor = fynetheme.Color(fill)
		}
		p.disc.StrokeColor, p.disc.StrokeWidth = fynetheme.Color(stroke), 1.5
		if state == Current {
			p.disc.StrokeWidth = 6
		}
		p.line.Hidden = i == len(r.parts)-1
		p.line.FillColor = fynetheme.Color(theme.Line)
		if state == Passed {
			p.line.FillColor = fynetheme.Color(theme.Success)
		}
		p.name.Content, p.name.Color, p.name.Bold = r.row.marks[i].name(), name, state == Current || state == Broken
	}
	r.Layout(r.row.Size())
	for _, o := range r.objects {
		o.Refresh()
	}
}
