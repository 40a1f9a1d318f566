package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	fynetheme "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"tapstation/ui/theme"
)

// Progress is a thin bar that says how far something is.
type Progress struct {
	fynewidget.BaseWidget
	done, of int
}

// NewProgress is a bar at its beginning.
func NewProgress() *Progress {
	p := &Progress{}
	p.ExtendBaseWidget(p)
	return p
}

// Set says how far it is. Where of is not known, zero or less, the bar stays empty.
func (p *Progress) Set(done, of int) {
	p.done, p.of = done, of
	p.Refresh()
}

// CreateRenderer is for Fyne.
func (p *Progress) CreateRenderer() fyne.WidgetRenderer {
	const height = 6
	track, bar := canvas.NewRectangle(nil), canvas.NewRectangle(nil)
	r := &renderer{objects: []fyne.CanvasObject{track, bar}}
	r.layout = func(s fyne.Size) {
		track.Resize(s)
		share := float32(0)
		if p.of > 0 {
			share = min(max(float32(p.done)/float32(p.of), 0), 1)
		}
		bar.Resize(fyne.NewSize(s.Width*share, s.Height))
	}
	r.min = func() fyne.Size { return fyne.NewSize(80, height) }
	r.refresh = func() {
		track.FillColor, bar.FillColor = fynetheme.Color(theme.Line), fynetheme.Color(theme.Primary)
		track.CornerRadius, bar.CornerRadius = height/2, height/2
		r.layout(p.Size())
	}
	r.refresh()
	return r
}
