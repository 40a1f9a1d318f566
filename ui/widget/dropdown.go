package widget

import (
	"image/color"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	fynetheme "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"tapstation/ui/theme"
)

// Dropdown asks for one answer out of many, or out of a few where there is no room for a Choice. Enter, Space, Down and a
// click open the list of answers, in which the arrow keys, Enter and Escape do what they do everywhere. Like a Field
// it has its label above it and a hint or a problem below; without a label it is the box alone, for a row of a table.
type Dropdown struct {
	fynewidget.DisableableWidget
	OnChanged func(id string)

	label, hint, problem string
	bare                 bool
	options              []Option
	selected             string
	focused, hovered     bool
}

var (
	_ fyne.Focusable    = (*Dropdown)(nil)
	_ fyne.Tappable     = (*Dropdown)(nil)
	_ fyne.Accessible   = (*Dropdown)(nil)
	_ desktop.Hoverable = (*Dropdown)(nil)
)

// NewDropdown asks label. The first option is the answer until another is chosen.
func NewDropdown(label, hint string, changed func(id string), options ...Option) *Dropdown {
	d := &Dropdown{label: label, hint: hint, OnChanged: changed}
	d.ExtendBaseWidget(d)
	d.SetOptions(options...)
	return d
}

// NewBareDropdown shows only the box; label names it all the same.
func NewBareDropdown(label string, changed func(id string), options ...Option) *Dropdown {
	d := NewDropdown(label, "", changed, options...)
	d.bare = true
	return d
}

// SetOptions changes the answers. An answer that is gone gives way to the first.
func (d *Dropdown) SetOptions(options ...Option) {
	d.options = options
	if d.index(d.selected) < 0 && len(options) > 0 {
		d.selected = options[0].ID
	}
	d.Refresh()
}

// Selected is the answer.
func (d *Dropdown) Selected() string { return d.selected }

// Select gives an answer without telling OnChanged. One that is unknown changes nothing.
func (d *Dropdown) Select(id string) {
	if id == d.selected || d.index(id) < 0 {
		return
	}
	d.selected = id
	d.Refresh()
}

// SetProblem shows a problem until it is taken away with "".
func (d *Dropdown) SetProblem(problem string) {
	if d.problem == problem {
		return
	}
	d.problem = problem
	d.Refresh()
}

// SetHint changes the hint.
func (d *Dropdown) SetHint(hint string) {
	if d.hint == hint {
		return
	}
	d.hint = hint
	d.Refresh()
}

// SetEnabled lets the answer be changed or not.
func (d *Dropdown) SetEnabled(on bool) {
	if on {
		d.Enable()
	} else {
		d.Disable()
	}
}

// AccessibilityLabel is what is asked.
func (d *Dropdown) AccessibilityLabel() string { return d.label }

// AccessibilityRole is that of a button.
func (d *Dropdown) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// Tapped opens the list of answers.
func (d *Dropdown) Tapped(*fyne.PointEvent) {
	if !d.Disabled() {
		Focus(d)
		d.open()
	}
}

// TypedKey opens the list of answers.
func (d *Dropdown) TypedKey(e *fyne.KeyEvent) {
	if isPress(e) || e.Name == fyne.KeyDown {
		if !d.Disabled() {
			d.open()
		}
		return
	}
	Pass(d, e)
}

// TypedRune is for the page.
func (d *Dropdown) TypedRune(r rune) { passRune(d, r) }

// FocusGained shows the ring.
func (d *Dropdown) FocusGained() { d.focused = true; d.Refresh() }

// FocusLost hides the ring.
func (d *Dropdown) FocusLost() { d.focused = false; d.Refresh() }

// MouseIn shows that the box can be opened.
func (d *Dropdown) MouseIn(*desktop.MouseEvent) { d.hovered = true; d.Refresh() }

// MouseMoved is of no use to a box.
func (d *Dropdown) MouseMoved(*desktop.MouseEvent) {}

// MouseOut ends MouseIn.
func (d *Dropdown) MouseOut() { d.hovered = false; d.Refresh() }

// Focus goes to the box.
func (d *Dropdown) Focus() { Focus(d) }

func (d *Dropdown) index(id string) int {
	return slices.IndexFunc(d.options, func(o Option) bool { return o.ID == id })
}

// open shows the answers under the box, with the present one marked and current.
func (d *Dropdown) open() {
	c := canvasOf(d)
	if c == nil || len(d.options) == 0 {
		return
	}
	var items []*fyne.MenuItem
	for _, o := range d.options {
		item := fyne.NewMenuItem(o.Title, func() { d.choose(o.ID) })
		item.Checked = o.ID == d.selected
		item.Disabled = o.Refused != ""
		items = append(items, item)
	}
	menu := fynewidget.NewPopUpMenu(fyne.NewMenu("", items...), c)
	top := d.boxTop()
	menu.ShowAtRelativePosition(fyne.NewPos(0, top+theme.Control+theme.Space4), d)
	if w := d.Size().Width; menu.Size().Width < w {
		menu.Resize(fyne.NewSize(w, menu.Size().Height))
	}
	for range d.index(d.selected) + 1 {
		menu.ActivateNext()
	}
}

func (d *Dropdown) choose(id string) {
	if id == d.selected {
		return
	}
	d.Select(id)
	if d.OnChanged != nil {
		d.OnChanged(id)
	}
}

// boxTop is how far below the top of the widget its box begins.
func (d *Dropdown) boxTop() float32 {
	if d.bare {
		return 0
	}
	label := NewText(d.label)
	label.TextSize, label.Bold = theme.TextSmall, true
	return label.MinSize().Height + theme.Space4
}

// CreateRenderer is for Fyne.
func (d *Dropdown) CreateRenderer() fyne.WidgetRenderer {
	label := NewText(d.label)
	label.TextSize, label.Bold = theme.TextSmall, true
	below := Small("")
	below.Clip = true
	sign := picture(theme.WarningIcon.In(theme.Danger))
	ground, over := canvas.NewRectangle(nil), canvas.NewRectangle(color.Transparent)
	chosen := NewText("")
	chosen.Clip = true
	arrow := picture(nil)

	const labelGap, belowGap, signSize, arrowSize = theme.Space4, theme.Space4, 15, 18
	r := &renderer{objects: []fyne.CanvasObject{label, ground, over, chosen, arrow, sign, below}}
	r.layout = func(s fyne.Size) {
		y := float32(0)
		if !d.bare {
			lh := label.MinSize().Height
			label.Resize(fyne.NewSize(s.Width, lh))
			y = lh + labelGap
		}
		box := fyne.NewSize(s.Width, theme.Control)
		for _, o := range []fyne.CanvasObject{ground, over} {
			o.Move(fyne.NewPos(0, y))
			o.Resize(box)
		}
		arrow.Move(fyne.NewPos(s.Width-arrowSize-theme.Space8, y+(theme.Control-arrowSize)/2))
		arrow.Resize(fyne.NewSquareSize(arrowSize))
		middle(chosen, theme.Space8, max(s.Width-arrowSize-3*theme.Space8, 0), theme.Control)
		chosen.Move(chosen.Position().AddXY(0, y))
		y += theme.Control + belowGap
		x, bh := float32(0), below.MinSize().Height
		if d.problem != "" {
			sign.Move(fyne.NewPos(0, y+(bh-signSize)/2))
			sign.Resize(fyne.NewSquareSize(signSize))
			x = signSize + theme.Space4
		}
		below.Move(fyne.NewPos(x, y))
		below.Resize(fyne.NewSize(max(s.Width-x, 0), bh))
	}
	r.min = func() fyne.Size {
		if d.bare {
			return fyne.NewSize(120, theme.Control)
		}
		h := label.MinSize().Height + labelGap + theme.Control + belowGap + below.MinSize().Height
		return fyne.NewSize(160, h)
	}
	r.refresh = func() {
		label.SetText(d.label)
		label.Hidden, below.Hidden = d.bare, d.bare
		sign.Hidden = d.bare || d.problem == ""
		chosen.Content = ""
		if i := d.index(d.selected); i >= 0 {
			chosen.Content = d.options[i].Title
		}
		chosen.Color = theme.Text
		arrow.Resource = theme.DownIcon.In(theme.Muted)
		ground.CornerRadius, over.CornerRadius = theme.Radius, theme.Radius
		ground.FillColor, ground.StrokeWidth = fynetheme.Color(theme.Surface), 1
		ground.StrokeColor = fynetheme.Color(theme.Border)
		over.FillColor = color.Transparent
		if d.hovered && !d.Disabled() {
			over.FillColor = fynetheme.Color(theme.Hover)
		}
		below.Color, below.Content = theme.Muted, d.hint
		if d.problem != "" {
			below.Color, below.Content = theme.Danger, d.problem
			ground.StrokeColor = fynetheme.Color(theme.Danger)
		}
		if d.Disabled() {
			chosen.Color = theme.Disabled
			ground.StrokeColor = fynetheme.Color(theme.Line)
		}
		if d.focused {
			ground.StrokeColor, ground.StrokeWidth = fynetheme.Color(theme.Primary), theme.FocusRing
		}
		r.layout(d.Size())
	}
	r.refresh()
	return r
}
