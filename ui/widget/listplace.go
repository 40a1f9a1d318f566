package widget

import "fyne.io/fyne/v2"

// Focused tells whether the rows have the focus.
func (l *List) Focused() bool { return l.rows.focused }

// MiddleOf is the middle of a row, seen from the corner of the list: where a pointer that means it points to.
func (l *List) MiddleOf(row int) (x, y float32) {
	y = l.rows.Position().Y + (float32(row)+0.5)*l.rowHeight() - l.rows.GetScrollOffset()
	return l.Size().Width / 2, y
}

// RowOf is the first row in which a cell says words; -1 where there is none. It asks for every row.
func (l *List) RowOf(words string) int {
	cells := make([]fyne.CanvasObject, len(l.columns))
	for i, c := range l.columns {
		cells[i] = c.New()
	}
	for row := range l.length() {
		for i, c := range l.columns {
			c.Set(cells[i], row)
			if says(cells[i], words) {
				return row
			}
		}
	}
	return -1
}

func says(o fyne.CanvasObject, words string) bool {
	return Walk(o, func(o fyne.CanvasObject) bool {
		if t, ok := o.(*Text); ok {
			return t.Content == words
		}
		a, ok := o.(fyne.Accessible)
		return ok && a.AccessibilityLabel() == words
	})
}
