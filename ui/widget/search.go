package widget

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	fynetheme "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"tapstation/ui/theme"
)

// Search is a line to search by. Escape empties it first, and only then is for the page.
type Search struct {
	fynewidget.BaseWidget
	Entry     *Entry
	OnChanged func(text string) // at every letter; waiting for the next one is the page's affair

	clear   *Button
	focused bool
}

// NewSearch is an empty search.
func NewSearch(placeholder, clearLabel string) *Search {
	s := &Search{Entry: NewEntry(placeholder)}
	s.Entry.SetPlaceHolder(placeholder)
	s.Entry.Icon = theme.SearchIcon.In(theme.Muted)
	s.clear = NewQuiet("", clearLabel, theme.CrossIcon, func() {
		s.Entry.SetText("")
		Focus(s.Entry)
	})
	s.clear.Hide()
	s.Entry.OnChanged = func(text string) {
		s.clear.Hidden = text == ""
		s.Refresh()
		if s.OnChanged != nil {
			s.OnChanged(text)
		}
	}
	s.Entry.OnEscape = func() bool {
		if s.Entry.Text == "" {
			return false
		}
		s.Entry.SetText("")
		return true
	}
	s.Entry.OnFocus = func(has bool) { s.focused = has; s.Refresh() }
	s.ExtendBaseWidget(s)
	return s
}

// Focus puts the cursor into the search.
func (s *Search) Focus() { Focus(s.Entry) }

// Set fills the search without telling OnChanged.
func (s *Search) Set(text string) {
	told := s.OnChanged
	s.OnChanged = nil
	s.Entry.SetText(text)
	s.OnChanged = told
}

// Text is what is searched for.
func (s *Search) Text() string { return s.Entry.Text }

// Children is the entry and the button that empties it.
func (s *Search) Children() []fyne.CanvasObject { return []fyne.CanvasObject{s.Entry, s.clear} }

// CreateRenderer is for Fyne.
func (s *Search) CreateRenderer() fyne.WidgetRenderer {
	frame := canvas.NewRectangle(color.Transparent)
	frame.CornerRadius, frame.StrokeWidth = theme.Radius, theme.FocusRing
	r := &renderer{objects: []fyne.CanvasObject{s.Entry, frame, s.clear}}
	r.layout = func(size fyne.Size) {
		s.Entry.Resize(size)
		frame.Resize(size)
		const in = 2
		s.clear.Resize(fyne.NewSquareSize(theme.Control - 2*in))
		s.clear.Move(fyne.NewPos(size.Width-theme.Control+in, in))
	}
	r.min = func() fyne.Size { // with room for what can be typed, the icon and the cross
		words := NewText("")
		w := fyne.MeasureText(s.Entry.PlaceHolder, words.size(), words.style()).Width
		return fyne.NewSize(max(w+2*theme.Control, 220), theme.Control)
	}
	r.refresh = func() {
		frame.Hidden = !s.focused
		frame.StrokeColor = fynetheme.Color(theme.Primary)
	}
	r.refresh()
	return r
}
