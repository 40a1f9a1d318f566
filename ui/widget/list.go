package widget

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
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

// List is rows of one height under a header whose titles line up with them. A click, Enter or Space opens a row;
// the arrow keys, Page Up, Page Down, Home and End move among them. It only ever makes the rows that are seen.
type List struct {
	fynewidget.BaseWidget
	OnOpen func(row int)
	// OnNearEnd is called, perhaps often, when rows near the last come into view: time to get more.
	OnNearEnd func()
	// OnTop is called when Up is pressed on the first row.
	OnTop func()

	columns []Col
	length  func() int
	header  *row
	rows    *rows
}

const (
	listSide = theme.Space16 // left and right of a row
	listGap  = theme.Space16 // between columns
	nearEnd  = 25            // rows before the last that count as near
)

// NewList is a list over length rows.
func NewList(length func() int, columns ...Col) *List {
	l := &List{columns: columns, length: length}
	l.header = l.newRow(func(c Col) fyne.CanvasObject {
		t := Small(c.Title)
		t.Clip = true
		return t
	})
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

// Open opens a row as a click on it would.
func (l *List) Open(row int) { l.rows.Select(row) }

// ToTop shows the first row and makes it the current one.
func (l *List) ToTop() {
	l.rows.at = 0
	if l.length() > 0 {
		l.rows.Highlight(0)
	}
}

// Changed shows the rows as they are now.
func (l *List) Changed() { l.rows.Refresh() }

// Children are the rows, as one.
func (l *List) Children() []fyne.CanvasObject { return []fyne.CanvasObject{l.rows} }

func (l *List) set(id int, o fyne.CanvasObject) {
	r, ok := o.(*row)
	if !ok {
		return
	}
	r.setFocused(l.rows.focused && l.rows.at == id)
	for i, c := range l.columns {
		c.Set(r.cells[i], id)
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
		l.header.Resize(fyne.NewSize(s.Width, theme.Control))
		line.Move(fyne.NewPos(0, theme.Control))
		line.Resize(fyne.NewSize(s.Width, 1))
		l.rows.Move(fyne.NewPos(0, theme.Control+3))
		l.rows.Resize(s.SubtractWidthHeight(0, theme.Control+4))
	}
	r.min = func() fyne.Size { return fyne.NewSize(l.header.MinSize().Width, theme.Control+3*theme.Row) }
	r.refresh = func() { line.FillColor = fynetheme.Color(theme.Line) }
	r.refresh()
	return r
}

// rows is Fyne's list with the keys it lacks.
type rows struct {
	fynewidget.List
	list    *List
	at      int // the current row
	focused bool
}

func (r *rows) FocusGained() {
	r.focused = true
	r.at = min(r.at, max(r.list.length()-1, 0))
	r.List.FocusGained()
	r.Refresh()
}

func (r *rows) FocusLost() {
	r.focused = false
	r.List.FocusLost()
	r.Refresh()
}

func (r *rows) TypedKey(e *fyne.KeyEvent) {
	last := r.list.length() - 1
	page := max(int(r.Size().Height/theme.Row)-1, 1)
	to := r.at
	switch {
	case isEnter(e) || e.Name == fyne.KeySpace:
		if r.at <= last {
			r.Select(r.at)
		}
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
	r.at = min(max(to, 0), last)
	r.Highlight(r.at)
}

func (r *rows) TypedRune(c rune) { passRune(r, c) }

// row places cells in the columns of its list.
type row struct {
	fynewidget.BaseWidget
	columns []Col
	cells   []fyne.CanvasObject
	focused bool
}

func (l *List) newRow(cell func(Col) fyne.CanvasObject) *row {
	r := &row{columns: l.columns}
	for _, c := range l.columns {
		r.cells = append(r.cells, cell(c))
	}
	r.ExtendBaseWidget(r)
	return r
}

func (r *row) Children() []fyne.CanvasObject { return r.cells }

func (r *row) setFocused(on bool) {
	if r.focused == on {
		return
	}
	r.focused = on
	r.Refresh()
}

func (r *row) CreateRenderer() fyne.WidgetRenderer {
	frame := canvas.NewRectangle(color.Transparent)
	frame.CornerRadius, frame.StrokeWidth = theme.Radius, theme.FocusRing
	rr := &renderer{objects: append([]fyne.CanvasObject{frame}, r.cells...)}
	rr.layout = func(s fyne.Size) {
		frame.Move(fyne.NewPos(theme.Space4, 0))
		frame.Resize(fyne.NewSize(s.Width-2*theme.Space4, s.Height))
		x := listSide
		for i, w := range columnWidths(r.columns, s.Width) {
			middle(r.cells[i], x, w, s.Height)
			x += w + listGap
		}
	}
	rr.min = func() fyne.Size {
		w := 2*listSide - listGap
		for _, c := range r.columns {
			w += listGap + max(c.Width, 60)
		}
		return fyne.NewSize(w, theme.Row-theme.Space4) // Fyne's list keeps a padding of 4 between rows
	}
	rr.refresh = func() {
		frame.Hidden = !r.focused
		frame.StrokeColor = fynetheme.Color(theme.Primary)
	}
	rr.refresh()
	return rr
}

func columnWidths(columns []Col, total float32) []float32 {
	free, weights := total-2*listSide-listGap*float32(len(columns)-1), float32(0)
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
