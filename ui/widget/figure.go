package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynewidget "fyne.io/fyne/v2/widget"

	"tapstation/ui/theme"
)

// Figure is a number that matters, large, over what it counts.
type Figure struct {
	fynewidget.BaseWidget
	number, label *Text
}

// NewFigure shows number in a colour of the theme, over label.
func NewFigure(number, label string, color fyne.ThemeColorName) *Figure {
	f := &Figure{number: Heading(number), label: Small(label)}
	f.number.Color = color
	f.label.Clip = true
	f.ExtendBaseWidget(f)
	return f
}

// AccessibilityLabel is the number and what it counts.
func (f *Figure) AccessibilityLabel() string { return f.number.Content + " " + f.label.Content }

// AccessibilityRole is that of text.
func (f *Figure) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// CreateRenderer is for Fyne.
func (f *Figure) CreateRenderer() fyne.WidgetRenderer {
	column := PadXY(theme.Space16, theme.Space12, Column(0, f.number, f.label))
	return fynewidget.NewSimpleRenderer(Panel(column))
}

// Across puts objects beside each other, gap units apart, each as wide as the others.
func Across(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(acrossLayout{gap}, objects...)
}

type acrossLayout struct{ gap float32 }

func (l acrossLayout) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	n := float32(len(objects))
	w := (s.Width - l.gap*(n-1)) / n
	for i, o := range objects {
		o.Move(fyne.NewPos(float32(i)*(w+l.gap), 0))
		o.Resize(fyne.NewSize(w, s.Height))
	}
}

func (l acrossLayout) MinSize(objects []fyne.CanvasObject) (s fyne.Size) {
	for _, o := range objects {
		m := o.MinSize()
		s.Width = max(s.Width, m.Width)
		s.Height = max(s.Height, m.Height)
	}
	n := float32(len(objects))
	return fyne.NewSize(s.Width*n+l.gap*(n-1), s.Height)
}
