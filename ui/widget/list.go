package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	fynetheme "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"tapstation/ui/theme"
)

// Col is one column of a List: either Width units wide, or, without Width, as wide as its Weight among the others
// gives it.
type Col struct {
	Title  string
	Width  float32
	Weight float32
	// Sort is what List.OnSort is told when the title is pressed; empty: there is no such order.
	Sort string
	// New makes the content of a cell once; Set fills it for a row, often, and must answer at once.
	New func() fyne.CanvasObject
	Set func(cell fyne.CanvasObject, row int)
}

// NewCol is a column whose cells are of type T.
func NewCol[T fyne.CanvasObject](title string, weight float32, cell func() T, set func(cell T, row int)) Col {
	return Col{
		Title: title, Weight: weight,
		New: func() fyne.CanvasObject { return cell() },
		Set: func(o fyne.CanvasObject, row int) {
			if c, ok := o.(T); ok {
				set(c, row)
			}
		},
	}
}

// Sorted is the same column, by whose title the rows can be put in an order.
func (c Col) Sorted(by string) Col {
	c.Sort = by
	return c
}

// List is rows of one height under a header whose titles line up with them. A click or Enter opens a row, and so does
// Space where rows cannot be marked; the arrow keys, Page Up, Page Down, Home and End move among them. It only ever
// makes the rows that are seen.
type List struct {
	fynewidget.BaseWidget
	OnOpen func(row int)
	// OnSort is called when a title with a Sort is pressed. The rows are put in order by whoever has them; SetSort
	// then says so.
	OnSort func(by string)
	// OnSeen is called, often, for every row that comes into view: time to get what it lacks.
	OnSeen func(row int)
	// OnNearEnd is called, perhaps often, when rows near the last come into view: time to get more.
	OnNearEnd func()
	// OnTop is called when Up is pressed on the first row.
	OnTop func()

	columns  []Col
	length   func() int
	header   *row
	rows     *rows
	sort     string
	desc     bool
	marks    *Marks
	anchor   int    // the row marked last, from which Shift marks
	bare     bool   // without header, and with lower rows: what a Filter offers
	onEscape func() // in place of the page's
}

const (
	listSide = theme.Space16 // left and right of a row
	listGap  = theme.Space16 // between columns
	nearEnd  = 25            // rows before the last that count as near
)

// NewList is a list over length rows.
func NewList(length func() int, columns ...Col) *List {
	l := &List{columns: columns, length: length}
	l.header = l.newRow(func(c Col) fyne.CanvasObject { return newHeading(l, c) })
	l.header.id = -1
	l.rows = &rows{list: l}
	l.rows.Length = length
	l.rows.CreateItem = func() fyne.CanvasObject { return l.newRow(func(c Col) fyne.CanvasObject { return c.New() }) }
	l.rows.UpdateItem = l.set
	l.rows.OnSelected = func(id int) {
		l.rows.at = id
		l.rows.UnselectAll()
		if l.OnOpen != nil {
			l.OnOpen(id)
		}
	}
	l.rows.ExtendBaseWidget(l.rows)
	l.ExtendBaseWidget(l)
	return l
}

// Focus gives the rows the focus.
func (l *List) Focus() {
	if l.length() > 0 {
		Focus(l.rows)
	}
}

// Rows is what takes the focus in the list: for a window in which it was not drawn yet.
func (l *List) Rows() fyne.Focusable { return l.rows }

// Open opens a row as a click on it would.
func (l *List) Open(row int) { l.rows.Select(row) }

// ToTop shows the first row and makes it the current one.
func (l *List) ToTop() {
	l.rows.at, l.anchor = 0, 0
	if l.length() > 0 {
		l.rows.Highlight(0)
	}
}

// Current is the row that the keys act on.
func (l *List) Current() int { return l.rows.at }

// Changed shows the rows as they are now.
func (l *List) Changed() {
	l.header.Refresh()
	l.rows.Refresh()
}

// SetSort says in which order the rows are.
func (l *List) SetSort(by string, desc bool) {
	if l.sort == by && l.desc == desc {
		return
	}
	l.sort, l.desc = by, desc
	for _, h := range l.header.cells {
		h.Refresh()
	}
}

// Children are the titles and the rows, as one.
func (l *List) Children() []fyne.CanvasObject {
	if l.bare {
		return []fyne.CanvasObject{l.rows}
	}
	return []fyne.CanvasObject{l.header, l.rows}
}

func (l *List) set(id int, o fyne.CanvasObject) {
	r, ok := o.(*row)
	if !ok {
		return
	}
	r.id = id
	r.show(l.rows.focused && l.rows.at == id, l.marks != nil && l.marks.Is(id))
	for i, c := range l.columns {
		c.Set(r.cells[i], id)
	}
	if l.OnSeen != nil {
		l.OnSeen(id)
	}
	if l.OnNearEnd != nil && id >= l.length()-nearEnd {
		l.OnNearEnd()
	}
}

// CreateRenderer is for Fyne.
func (l *List) CreateRenderer() fyne.WidgetRenderer {
	line := canvas.NewRectangle(nil)
	r := &renderer{objects: []fyne.CanvasObject{l.header, line, l.rows}}
	r.layout = func(s fyne.Size) {
		if l.bare {
			l.rows.Resize(s)
			return
		}
		l.header.Resize(fyne.NewSize(s.Width, theme.Control))
		line.Move(fyne.NewPos(0, theme.Control))
		line.Resize(fyne.NewSize(s.Width, 1))
		l.rows.Move(fyne.NewPos(0, theme.Control+3))
		l.rows.Resize(s.SubtractWidthHeight(0, theme.Control+4))
	}
	r.min = func() fyne.Size {
		if l.bare {
			return fyne.NewSize(l.header.MinSize().Width, l.rowHeight())
		}
		return fyne.NewSize(l.header.MinSize().Width, theme.Control+3*theme.Row)
	}
	r.refresh = func() {
		line.FillColor = fynetheme.Color(theme.Line)
		line.Hidden, l.header.Hidden = l.bare, l.bare
	}
	r.refresh()
	return r
}

// rowHeight is that of a row with the space to the next.
func (l *List) rowHeight() float32 {
	if l.bare {
		return theme.Control + theme.Space4
	}
	return theme.Row
}

// rows is Fyne's list with the keys it lacks.
type rows struct {
	fynewidget.List
	list    *List
	at      int // the current row
	focused bool
	shift   bool // is held down
}

var (
	_ desktop.Keyable    = (*rows)(nil)
	_ fyne.Shortcutable  = (*rows)(nil)
	_ desktop.Mouseable  = (*row)(nil)
	_ fyne.Tappable      = (*row)(nil)
	_ desktop.Cursorable = (*heading)(nil)
)

func (r *rows) FocusGained() {
	Stir(r)
	r.focused = true
	r.at = min(r.at, max(r.list.length()-1, 0))
	r.List.FocusGained()
	r.Refresh()
}

func (r *rows) FocusLost() {
	r.focused, r.shift = false, false
	r.List.FocusLost()
	r.Refresh()
}

// KeyDown and KeyUp follow Shift, which Fyne's key events do not tell of.
func (r *rows) KeyDown(e *fyne.KeyEvent) { r.setShift(e, true) }

func (r *rows) KeyUp(e *fyne.KeyEvent) { r.setShift(e, false) }

func (r *rows) setShift(e *fyne.KeyEvent, down bool) {
	if e.Name == desktop.KeyShiftLeft || e.Name == desktop.KeyShiftRight {
		r.shift = down
	}
}

// TypedShortcut marks all rows, or is for the page.
func (r *rows) TypedShortcut(s fyne.Shortcut) {
	if _, all := s.(*fyne.ShortcutSelectAll); all && r.list.marks != nil {
		r.list.markAll()
		return
	}
	passShortcut(r, s)
}

func (r *rows) TypedKey(e *fyne.KeyEvent) {
	Stir(r)
	last := r.list.length() - 1
	page := max(int(r.Size().Height/r.list.rowHeight())-1, 1)
	to := r.at
	switch {
	case e.Name == fyne.KeySpace && r.list.marks != nil:
		r.list.toggle(r.at)
		return
	case isPress(e):
		if r.at <= last {
			r.Select(r.at)
		}
		return
	case e.Name == fyne.KeyEscape && r.list.onEscape != nil:
		r.list.onEscape()
		return
	case e.Name == fyne.KeyUp && r.at == 0 && r.list.OnTop != nil:
		r.list.OnTop()
		return
	case e.Name == fyne.KeyUp:
		to--
	case e.Name == fyne.KeyDown:
		to++
	case e.Name == fyne.KeyPageUp:
		to -= page
	case e.Name == fyne.KeyPageDown:
		to += page
	case e.Name == fyne.KeyHome:
		to = 0
	case e.Name == fyne.KeyEnd:
		to = last
	default:
		Pass(r, e)
		return
	}
	if last < 0 {
		return
	}
	from := r.at
	r.at = min(max(to, 0), last)
	if r.shift && r.list.marks != nil {
		r.list.markSpan(from, r.at)
	}
	r.Highlight(r.at)
}

func (r *rows) TypedRune(c rune) {
	if c != ' ' { // Space was told as a key
		passRune(r, c)
	}
}

func columnWidths(columns []Col, total float32) []float32 {
	free, weights := total-listGap*float32(len(columns)-1), float32(0)
	for _, c := range columns {
		free -= c.Width
		if c.Width == 0 {
			weights += c.Weight
		}
	}
	widths := make([]float32, len(columns))
	for i, c := range columns {
		widths[i] = c.Width
		if c.Width == 0 && weights > 0 {
			widths[i] = max(free, 0) * c.Weight / weights
		}
	}
	return widths
}
