package widget

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	fynetheme "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"tapstation/ui/theme"
)

// row places cells in the columns of its list, after the box by which it is marked, if the list has those.
type row struct {
	fynewidget.BaseWidget
	list            *List
	id              int // -1: the header
	cells           []fyne.CanvasObject
	focused, marked bool
	pressed         fyne.KeyModifier // what was held when the button of the mouse went down
}

func (l *List) newRow(cell func(Col) fyne.CanvasObject) *row {
	r := &row{list: l}
	for _, c := range l.columns {
		r.cells = append(r.cells, cell(c))
	}
	r.ExtendBaseWidget(r)
	return r
}

func (r *row) Children() []fyne.CanvasObject { return r.cells }

// show shows whether the row is the current one, and whether it is marked.
func (r *row) show(focused, marked bool) {
	if r.focused == focused && r.marked == marked {
		return
	}
	r.focused, r.marked = focused, marked
	r.Refresh()
}

// MouseDown notes what is held with the click to come.
func (r *row) MouseDown(e *desktop.MouseEvent) { r.pressed = e.Modifier }

// MouseUp is of no use to a row.
func (r *row) MouseUp(*desktop.MouseEvent) {}

// Tapped opens the row, or marks it where the click was on its box, or with Ctrl or Shift held.
func (r *row) Tapped(e *fyne.PointEvent) {
	l, held := r.list, r.pressed
	r.pressed = 0
	onBox := l.marks != nil && e != nil && e.Position.X < l.inset()-listGap/2
	switch {
	case r.id < 0 && onBox:
		l.markAll()
		return
	case r.id < 0:
		return
	}
	l.rows.at = r.id
	Focus(l.rows)
	l.rows.Highlight(r.id) // else Fyne shows the row it had last as the current one
	switch {
	case l.marks != nil && held&fyne.KeyModifierShift != 0:
		l.markSpan(l.anchor, r.id)
	case l.marks != nil && (onBox || held&fyne.KeyModifierShortcutDefault != 0):
		l.toggle(r.id)
	default:
		l.rows.Select(r.id)
	}
}

// inset is where the first column begins.
func (l *List) inset() float32 {
	if l.marks == nil {
		return listSide
	}
	return listSide + boxSize + listGap
}

func (r *row) CreateRenderer() fyne.WidgetRenderer {
	frame, ground := canvas.NewRectangle(color.Transparent), canvas.NewRectangle(color.Transparent)
	frame.CornerRadius, frame.StrokeWidth, ground.CornerRadius = theme.Radius, theme.FocusRing, theme.Radius
	box := newBox()
	rr := &renderer{objects: append([]fyne.CanvasObject{ground, frame, box.square, box.sign}, r.cells...)}
	rr.layout = func(s fyne.Size) {
		for _, o := range []fyne.CanvasObject{frame, ground} {
			o.Move(fyne.NewPos(theme.Space4, 0))
			o.Resize(fyne.NewSize(s.Width-2*theme.Space4, s.Height))
		}
		box.place(listSide, s.Height)
		x := r.list.inset()
		for i, w := range columnWidths(r.list.columns, s.Width-x-listSide) {
			middle(r.cells[i], x, w, s.Height)
			x += w + listGap
		}
	}
	rr.min = func() fyne.Size {
		w := r.list.inset() + listSide - listGap
		for _, c := range r.list.columns {
			w += listGap + max(c.Width, 60)
		}
		return fyne.NewSize(w, r.list.rowHeight()-theme.Space4) // Fyne's list keeps a padding of 4 between rows
	}
	rr.refresh = func() {
		frame.Hidden = !r.focused
		frame.StrokeColor = fynetheme.Color(theme.Primary)
		state := Unmarked
		switch {
		case r.list.marks == nil:
		case r.id < 0:
			state = r.list.marks.All()
		case r.marked:
			state = Marked
		}
		box.show(r.list.marks != nil, state)
		ground.FillColor = color.Transparent
		if r.marked {
			ground.FillColor = fynetheme.Color(theme.Selected)
		}
		rr.layout(r.Size())
	}
	rr.refresh()
	return rr
}

// heading is the title of a column by which the rows can be put in order: it is pressed for that, and shows the
// direction of the order that holds.
type heading struct {
	fynewidget.BaseWidget
	list             *List
	col              Col
	focused, hovered bool
}

var (
	_ fyne.Tappable     = (*heading)(nil)
	_ fyne.Focusable    = (*heading)(nil)
	_ fyne.Accessible   = (*heading)(nil)
	_ desktop.Hoverable = (*heading)(nil)
)

func newHeading(l *List, c Col) fyne.CanvasObject {
	if c.Sort == "" {
		t := Small(c.Title)
		t.Clip = true
		return t
	}
	h := &heading{list: l, col: c}
	h.ExtendBaseWidget(h)
	return h
}

// AccessibilityLabel is the title.
func (h *heading) AccessibilityLabel() string { return h.col.Title }

// AccessibilityRole is that of a button.
func (h *heading) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// Cursor says that it can be pressed.
func (h *heading) Cursor() desktop.Cursor { return desktop.PointerCursor }

// Tapped asks for the order.
func (h *heading) Tapped(*fyne.PointEvent) {
	if h.list.OnSort != nil {
		h.list.OnSort(h.col.Sort)
	}
}

// MouseIn shows that it can be pressed.
func (h *heading) MouseIn(*desktop.MouseEvent) { h.hovered = true; h.Refresh() }

// MouseMoved is of no use to a heading.
func (h *heading) MouseMoved(*desktop.MouseEvent) {}

// MouseOut ends MouseIn.
func (h *heading) MouseOut() { h.hovered = false; h.Refresh() }

// TypedKey asks for the order on Enter and Space.
func (h *heading) TypedKey(e *fyne.KeyEvent) {
	if isPress(e) {
		h.Tapped(nil)
		return
	}
	Pass(h, e)
}

// TypedRune is for the page.
func (h *heading) TypedRune(r rune) {
	if r != ' ' {
		passRune(h, r)
	}
}

// FocusGained shows the ring.
func (h *heading) FocusGained() { h.focused = true; h.Refresh() }

// FocusLost hides the ring.
func (h *heading) FocusLost() { h.focused = false; h.Refresh() }

// CreateRenderer is for Fyne.
func (h *heading) CreateRenderer() fyne.WidgetRenderer {
	const arrow = 14
	ring, sign, title := newRing(), picture(nil), Small(h.col.Title)
	title.Clip = true
	r := &renderer{objects: []fyne.CanvasObject{title, sign, ring.Rectangle}}
	r.layout = func(s fyne.Size) {
		w := min(fyne.MeasureText(title.Content, title.size(), title.style()).Width, s.Width)
		if !sign.Hidden {
			w = min(w, s.Width-arrow-theme.Space4)
		}
		middle(title, 0, w, s.Height)
		sign.Move(fyne.NewPos(w+theme.Space4, (s.Height-arrow)/2))
		sign.Resize(fyne.NewSquareSize(arrow))
		ring.around(fyne.Position{}, s)
	}
	r.min = func() fyne.Size { return fyne.NewSize(40, theme.Control-theme.Space8) }
	r.refresh = func() {
		on := h.list.sort == h.col.Sort
		ring.show(h.focused)
		sign.Hidden = !on
		if on {
			icon := theme.SortUpIcon
			if h.list.desc {
				icon = theme.SortDownIcon
			}
			sign.Resource = icon.In(theme.Text)
		}
		title.Color, title.Bold = theme.Muted, on
		if on || h.hovered || h.focused {
			title.Color = theme.Text
		}
		r.layout(h.Size())
	}
	r.refresh()
	return r
}
