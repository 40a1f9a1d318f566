package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	fynewidget "fyne.io/fyne/v2/widget"
)

// Watcher lies beneath everything in a window and tells when the pointer moves, over whatever it moves. Fyne has no
// other way to learn that: it tells of a move only what lies on top. But it asks all that lies under the pointer which
// cursor it wants, from the bottom up, and takes the last answer.
type Watcher struct {
	fynewidget.BaseWidget
	moved func()
}

var _ desktop.Cursorable = (*Watcher)(nil)

// NewWatcher calls moved at every move of the pointer.
func NewWatcher(moved func()) *Watcher {
	w := &Watcher{moved: moved}
	w.ExtendBaseWidget(w)
	return w
}

// Cursor is the ordinary one.
func (w *Watcher) Cursor() desktop.Cursor {
	w.moved()
	return desktop.DefaultCursor
}

// CreateRenderer is for Fyne.
func (w *Watcher) CreateRenderer() fyne.WidgetRenderer {
	return &renderer{layout: func(fyne.Size) {}, min: func() fyne.Size { return fyne.Size{} }, refresh: func() {}}
}
