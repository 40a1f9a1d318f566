package tap

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/ui/theme"
)

// Stage puts a drawing above words and what is typed, all in the middle of the width. The drawing takes what height
// the others leave. They are a title, words below it, what is typed, and where wanted two rows below that.
func Stage(drawing, title, words, typed fyne.CanvasObject, rows ...fyne.CanvasObject) *fyne.Container {
	return container.New(stage{}, append([]fyne.CanvasObject{drawing, title, words, typed}, rows...)...)
}

type stage struct{}

// Sizes of the stage, in units.
const (
	sceneMost  float32 = 360 // height of the drawing
	sceneLeast float32 = 132
	wordsMost  float32 = 680 // width of what is read
	bodyMost   float32 = 440 // width of what is typed into
)

func (stage) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	rest := heights(objects[1:], s.Width)
	scene := min(max(s.Height-rest, sceneLeast), sceneMost)
	y := max((s.Height-rest-scene)/2, 0)
	objects[0].Move(fyne.NewPos(0, y))
	objects[0].Resize(fyne.NewSize(s.Width, scene))
	y += scene
	for i, o := range objects[1:] {
		if !o.Visible() {
			continue
		}
		y += gapAbove(i)
		w := widthOf(i, s.Width)
		o.Move(fyne.NewPos((s.Width-w)/2, y))
		h := heightAt(o, w)
		o.Resize(fyne.NewSize(w, h))
		y += h
	}
}

// MinSize is what is needed with the smallest drawing. Words wrap, so their height is that of their last width.
func (stage) MinSize(objects []fyne.CanvasObject) fyne.Size {
	height, width := sceneLeast, bodyMost
	for i, o := range objects[1:] {
		if o.Visible() {
			m := o.MinSize()
			height += gapAbove(i) + m.Height
			width = max(width, m.Width)
		}
	}
	return fyne.NewSize(width, height)
}

func heights(objects []fyne.CanvasObject, width float32) (sum float32) {
	for i, o := range objects {
		if o.Visible() {
			sum += gapAbove(i) + heightAt(o, widthOf(i, width))
		}
	}
	return sum
}

// heightAt is the height o needs when it is w wide.
func heightAt(o fyne.CanvasObject, w float32) float32 {
	o.Resize(fyne.NewSize(w, o.MinSize().Height))
	return o.MinSize().Height
}

// gapAbove and widthOf are for title, words, what is typed and the two rows, in that order.
func gapAbove(i int) float32 {
	return [...]float32{theme.Space8, theme.Space4, theme.Space16, theme.Space24, theme.Space16}[i]
}

func widthOf(i int, width float32) float32 {
	most := [...]float32{wordsMost, wordsMost, bodyMost, width, width}[i]
	return min(most, width)
}
