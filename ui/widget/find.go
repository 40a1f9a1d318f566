package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Parent is a widget that has others inside which can be found.
type Parent interface {
	Children() []fyne.CanvasObject
}

// Walk visits root and what is visible inside it, as one reads, until visit says to stop.
func Walk(root fyne.CanvasObject, visit func(fyne.CanvasObject) (stop bool)) bool {
	if root == nil || !root.Visible() {
		return false
	}
	if visit(root) {
		return true
	}
	var inside []fyne.CanvasObject
	switch o := root.(type) {
	case *fyne.Container:
		inside = o.Objects
	case *container.Scroll:
		inside = []fyne.CanvasObject{o.Content}
	case *container.ThemeOverride:
		inside = []fyne.CanvasObject{o.Content}
	case Parent:
		inside = o.Children()
	}
	for _, o := range inside {
		if Walk(o, visit) {
			return true
		}
	}
	return false
}

// Find is the first visible widget inside root that is of type T and whose accessible label is label; the zero T
// where there is none. The tour and the tests find by it what a person would find by its words.
func Find[T fyne.Accessible](root fyne.CanvasObject, label string) (found T) {
	Walk(root, func(o fyne.CanvasObject) bool {
		w, ok := o.(T)
		if !ok || w.AccessibilityLabel() != label {
			return false
		}
		found = w
		return true
	})
	return found
}
