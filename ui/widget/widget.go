// Package widget has the parts that Tapstation's windows are made of. They take their looks from ui/theme, tell
// what happened through OnX callbacks, and know no rules. All of them work by mouse and by keyboard and show
// when they have the focus; keys they have no use for go on to the page (see Keys).
//
// Like everything of Fyne they belong to the window's goroutine.
package widget

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	fynetheme "fyne.io/fyne/v2/theme"

	"tapstation/ui/theme"
)

// renderer draws a widget from its objects by functions that its CreateRenderer closes over.
type renderer struct {
	objects []fyne.CanvasObject
	layout  func(fyne.Size)
	min     func() fyne.Size
	refresh func() // takes the widget's fields over to its objects, colours included
	destroy func()
}

func (r *renderer) Destroy() {
	if r.destroy != nil {
		r.destroy()
	}
}
func (r *renderer) Layout(s fyne.Size)           { r.layout(s) }
func (r *renderer) MinSize() fyne.Size           { return r.min() }
func (r *renderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *renderer) Refresh() {
	r.refresh()
	for _, o := range r.objects {
		o.Refresh()
	}
}

// ring is the sign of focus: a frame just outside of what has it. Among a widget's objects belongs its Rectangle, as
// painters know no ring.
type ring struct{ *canvas.Rectangle }

func newRing() ring {
	r := ring{canvas.NewRectangle(color.Transparent)}
	r.Hide()
	return r
}

func (r ring) show(on bool) {
	r.StrokeColor = fynetheme.Color(theme.Primary)
	r.StrokeWidth = theme.FocusRing
	r.CornerRadius = theme.Radius + theme.FocusRing
	if on {
		r.Show()
	} else {
		r.Hide()
	}
}

func (r ring) around(pos fyne.Position, s fyne.Size) {
	const out = theme.FocusRing + 1
	r.Move(pos.SubtractXY(out, out))
	r.Resize(s.AddWidthHeight(2*out, 2*out))
}

// Picture is a square picture of a given side, in units.
func Picture(res fyne.Resource, side float32) fyne.CanvasObject {
	i := picture(res)
	i.SetMinSize(fyne.NewSquareSize(side))
	return i
}

// picture is an icon that keeps its proportions.
func picture(res fyne.Resource) *canvas.Image {
	i := canvas.NewImageFromResource(res)
	i.FillMode = canvas.ImageFillContain
	return i
}

// middle places o in the middle of the height, from x on.
func middle(o fyne.CanvasObject, x, width, height float32) {
	h := o.MinSize().Height
	o.Move(fyne.NewPos(x, (height-h)/2))
	o.Resize(fyne.NewSize(width, h))
}
