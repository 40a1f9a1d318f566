package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	fynetheme "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"tapstation/ui/theme"
)

// Progress shows how far something has come: a bar, and words under it that say so too.
type Progress struct {
	fynewidget.BaseWidget
	part  float32
	words string
}

// NewProgress is at its beginning.
func NewProgress() *Progress {
	p := &Progress{}
	p.ExtendBaseWidget(p)
	return p
}

// Set shows part, from 0 to 1, and words that say the same.
func (p *Progress) Set(part float64, words string) {
	p.part, p.words = float32(min(max(part, 0), 1)), words
	p.Refresh()
}

// AccessibilityLabel is the words.
func (p *Progress) AccessibilityLabel() string { return p.words }

// AccessibilityRole is that of text.
func (p *Progress) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// CreateRenderer is for Fyne.
func (p *Progress) CreateRenderer() fyne.WidgetRenderer {
	const height = 8
	track, bar := canvas.NewRectangle(nil), canvas.NewRectangle(nil)
	words := Small("")
	words.Clip = true
	r := &renderer{objects: []fyne.CanvasObject{track, bar, words}}
	r.layout = func(s fyne.Size) {
		track.Resize(fyne.NewSize(s.Width, height))
		bar.Resize(fyne.NewSize(s.Width*p.part, height))
		words.Move(fyne.NewPos(0, height+theme.Space8))
		words.Resize(fyne.NewSize(s.Width, words.MinSize().Height))
	}
	r.min = func() fyne.Size { return fyne.NewSize(160, height+theme.Space8+words.MinSize().Height) }
	r.refresh = func() {
		track.CornerRadius, bar.CornerRadius = height/2, height/2
		track.FillColor, bar.FillColor = fynetheme.Color(theme.Line), fynetheme.Color(theme.Primary)
		bar.Hidden = p.part == 0
		words.Content = p.words
		r.layout(p.Size())
	}
	r.refresh()
	return r
}
