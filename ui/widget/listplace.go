package widget

// Focused tells whether the rows have the focus.
func (l *List) Focused() bool { return l.rows.focused }

// MiddleOf is the middle of a row, seen from the corner of the list: where a pointer that means it points to.
func (l *List) MiddleOf(row int) (x, y float32) {
	y = l.rows.Position().Y + (float32(row)+0.5)*l.rowHeight() - l.rows.GetScrollOffset()
	return l.Size().Width / 2, y
}
