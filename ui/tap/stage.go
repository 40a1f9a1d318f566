package tap

import (
	"fyne.io/fyne/v2"

	"tapstation/ui/theme"
)

// stage lays out the page: the drawing first, which takes what height the others leave, then words, what is typed,
// the steps and what is seen, all in the middle of the width.
type stage struct{}

// Sizes of the stage, in units.
const (
	sceneMost  float32 = 300 // height of the drawing
	sceneLeast float32 = 132
	wordsMost  float32 = 680 // width of what is read
	bodyMost   float32 = 440 // width of what is typed into
)

// Layout wants the objects in the order of NewPage.
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
	height := sceneLeast
	for i, o := range objects[1:] {
		if o.Visible() {
			height += gapAbove(i) + o.MinSize().Height
		}
	}
	return fyne.NewSize(objects[4].MinSize().Width, height)
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

// gapAbove and widthOf are for title, remedy, body, marks and what is seen, in that order.
func gapAbove(i int) float32 {
	return [...]float32{theme.Space8, theme.Space4, theme.Space16, theme.Space24, theme.Space16}[i]
}

func widthOf(i int, width float32) float32 {
	most := [...]float32{wordsMost, wordsMost, bodyMost, width, width}[i]
	return min(most, width)
}
