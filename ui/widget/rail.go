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

// RailItem is one place one can go to from the rail.
type RailItem struct {
	fynewidget.BaseWidget
	OnTapped func()

	icon             *theme.Icon
	label            string
	selected         bool
	focused, hovered bool
}

var (
	_ fyne.Focusable    = (*RailItem)(nil)
	_ fyne.Tappable     = (*RailItem)(nil)
	_ fyne.Accessible   = (*RailItem)(nil)
	_ desktop.Hoverable = (*RailItem)(nil)
)

// NewRailItem is an entry of the rail.
func NewRailItem(icon *theme.Icon, label string, tapped func()) *RailItem {
	i := &RailItem{icon: icon, label: label, OnTapped: tapped}
	i.ExtendBaseWidget(i)
	return i
}

// Select shows that this is where one is.
func (i *RailItem) Select(on bool) {
	i.selected = on
	i.Refresh()
}

// AccessibilityLabel is the label.
func (i *RailItem) AccessibilityLabel() string { return i.label }

// AccessibilityRole is that of a link.
func (i *RailItem) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleLink }

// Tapped goes there.
func (i *RailItem) Tapped(*fyne.PointEvent) {
	if i.OnTapped != nil {
		i.OnTapped()
	}
}

// TypedKey goes there on Enter and Space.
func (i *RailItem) TypedKey(e *fyne.KeyEvent) {
	Stir(i)
	if isPress(e) {
		i.Tapped(nil)
		return
	}
	Pass(i, e)
}

// TypedRune is for the page.
func (i *RailItem) TypedRune(r rune) { passRune(i, r) }

// FocusGained shows the ring.
func (i *RailItem) FocusGained() {
	Stir(i)
	i.focused = true
	i.Refresh()
}

// FocusLost hides the ring.
func (i *RailItem) FocusLost() { i.focused = false; i.Refresh() }

// MouseIn shows that one can go there.
func (i *RailItem) MouseIn(*desktop.MouseEvent) { i.hovered = true; i.Refresh() }

// MouseMoved is of no use to a rail item.
func (i *RailItem) MouseMoved(*desktop.MouseEvent) {}

// MouseOut ends MouseIn.
func (i *RailItem) MouseOut() { i.hovered = false; i.Refresh() }

// CreateRenderer is for Fyne.
func (i *RailItem) CreateRenderer() fyne.WidgetRenderer {
	const iconSize = 20
	ground, bar, ring := canvas.NewRectangle(nil), canvas.NewRectangle(nil), newRing()
	icon, label := picture(nil), NewText(i.label)
	label.Clip = true
	r := &renderer{objects: []fyne.CanvasObject{ground, bar, icon, label, ring.Rectangle}}
	r.layout = func(s fyne.Size) {
		ground.Resize(s)
		ring.around(fyne.NewPos(0, 0), s)
		bar.Move(fyne.NewPos(0, theme.Space8))
		bar.Resize(fyne.NewSize(3, s.Height-2*theme.Space8))
		icon.Move(fyne.NewPos(theme.Space12, (s.Height-iconSize)/2))
		icon.Resize(fyne.NewSquareSize(iconSize))
		x := theme.Space12 + iconSize + theme.Space12
		middle(label, x, s.Width-x-theme.Space8, s.Height)
	}
	r.min = func() fyne.Size { return fyne.NewSize(120, theme.Control) }
	r.refresh = func() {
		ring.show(i.focused)
		ground.CornerRadius, bar.CornerRadius = theme.Radius, 1.5
		ground.FillColor, bar.FillColor = color.Transparent, color.Transparent
		c := theme.Text
		if i.hovered {
			ground.FillColor = fynetheme.Color(theme.Hover)
		}
		if i.selected {
			c = theme.Primary
			ground.FillColor, bar.FillColor = fynetheme.Color(theme.Selected), fynetheme.Color(theme.Primary)
		}
		icon.Resource = i.icon.In(c)
		label.Color, label.Bold = c, i.selected
	}
	r.refresh()
	return r
}
