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

// Rank is how much a Button asks to be pressed.
type Rank int

// Ranks.
const (
	Secondary Rank = iota
	Primary        // the one main action of a page
	Danger         // destroys something
	Quiet          // in passing: no frame until the pointer is over it
)

// Button says in a verb what happens. Enter and Space press it while it has the focus.
type Button struct {
	fynewidget.DisableableWidget
	Text     string
	Icon     *theme.Icon // may be nil; without Text, Label names the button
	Label    string      // its accessible name where that is not Text
	Rank     Rank
	OnTapped func()

	focused, hovered bool
}

var (
	_ fyne.Focusable    = (*Button)(nil)
	_ fyne.Tappable     = (*Button)(nil)
	_ fyne.Accessible   = (*Button)(nil)
	_ desktop.Hoverable = (*Button)(nil)
)

// NewButton is a secondary button.
func NewButton(text string, tapped func()) *Button {
	b := &Button{Text: text, OnTapped: tapped}
	b.ExtendBaseWidget(b)
	return b
}

// NewPrimary is the main action of a page.
func NewPrimary(text string, tapped func()) *Button {
	b := NewButton(text, tapped)
	b.Rank = Primary
	return b
}

// NewDanger is a button that destroys something.
func NewDanger(text string, tapped func()) *Button {
	b := NewButton(text, tapped)
	b.Rank = Danger
	return b
}

// NewQuiet is a button without a frame; text may be empty, label names it.
func NewQuiet(text, label string, icon *theme.Icon, tapped func()) *Button {
	b := NewButton(text, tapped)
	b.Rank, b.Icon, b.Label = Quiet, icon, label
	return b
}

// WithIcon puts an icon before the text.
func (b *Button) WithIcon(i *theme.Icon) *Button {
	b.Icon = i
	b.Refresh()
	return b
}

// SetText changes the words.
func (b *Button) SetText(text string) {
	if b.Text == text {
		return
	}
	b.Text = text
	b.Refresh()
}

// SetEnabled makes the button work or not.
func (b *Button) SetEnabled(on bool) {
	if on {
		b.Enable()
	} else {
		b.Disable()
	}
}

// AccessibilityLabel is what the button says.
func (b *Button) AccessibilityLabel() string { return orElse(b.Label, b.Text) }

// AccessibilityRole is that of a button.
func (b *Button) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// Tapped presses the button.
func (b *Button) Tapped(*fyne.PointEvent) {
	if !b.Disabled() && b.OnTapped != nil {
		b.OnTapped()
	}
}

// TypedKey presses the button on Enter and Space.
func (b *Button) TypedKey(e *fyne.KeyEvent) {
	Stir(b)
	if isPress(e) {
		b.Tapped(nil)
		return
	}
	Pass(b, e)
}

// TypedRune is for the page.
func (b *Button) TypedRune(r rune) { passRune(b, r) }

// FocusGained shows the ring.
func (b *Button) FocusGained() {
	Stir(b)
	b.focused = true
	b.Refresh()
}

// FocusLost hides the ring.
func (b *Button) FocusLost() { b.focused = false; b.Refresh() }

// MouseIn shows that the button can be pressed.
func (b *Button) MouseIn(*desktop.MouseEvent) { b.hovered = true; b.Refresh() }

// MouseMoved is of no use to a button.
func (b *Button) MouseMoved(*desktop.MouseEvent) {}

// MouseOut ends MouseIn.
func (b *Button) MouseOut() { b.hovered = false; b.Refresh() }

// CreateRenderer is for Fyne.
func (b *Button) CreateRenderer() fyne.WidgetRenderer {
	const iconSize, gap = 18, theme.Space8
	ring, ground, over := newRing(), canvas.NewRectangle(nil), canvas.NewRectangle(color.Transparent)
	words := canvas.NewText("", nil)
	sign := picture(nil)
	side := func() float32 {
		switch {
		case b.Text == "":
			return (theme.Control - iconSize) / 2
		case b.Rank == Quiet:
			return theme.Space8
		}
		return theme.Space16
	}
	inner := func() (w float32) { // icon, gap and words
		if b.Text != "" {
			w = fyne.MeasureText(b.Text, words.TextSize, words.TextStyle).Width
			if b.Icon != nil {
				w += gap
			}
		}
		if b.Icon != nil {
			w += iconSize
		}
		return w
	}
	r := &renderer{objects: []fyne.CanvasObject{ground, over, sign, words, ring.Rectangle}}
	r.refresh = func() {
		look := b.look()
		ring.show(b.focused && !b.Disabled())
		ground.FillColor, ground.StrokeColor, ground.StrokeWidth = look.fill, look.stroke, 1
		ground.CornerRadius, over.CornerRadius = theme.Radius, theme.Radius
		over.FillColor = color.Transparent
		if b.hovered && !b.Disabled() {
			over.FillColor = fynetheme.Color(theme.Hover)
			if b.Rank == Primary || b.Rank == Danger {
				over.FillColor = fynetheme.Color(theme.Pressed)
			}
		}
		words.Text, words.Color = b.Text, fynetheme.Color(look.text)
		words.TextSize = fynetheme.Size(theme.TextNormal)
		words.TextStyle = fyne.TextStyle{Bold: b.Rank == Primary || b.Rank == Danger}
		sign.Hidden = b.Icon == nil
		if b.Icon != nil {
			sign.Resource = b.Icon.In(look.text)
		}
		r.layout(b.Size())
	}
	r.layout = func(s fyne.Size) {
		ground.Resize(s)
		over.Resize(s)
		ring.around(fyne.Position{}, s)
		x := (s.Width - inner()) / 2
		if b.Icon != nil {
			sign.Move(fyne.NewPos(x, (s.Height-iconSize)/2))
			sign.Resize(fyne.NewSquareSize(iconSize))
			x += iconSize + gap
		}
		middle(words, x, words.MinSize().Width, s.Height)
	}
	r.min = func() fyne.Size { return fyne.NewSize(inner()+2*side(), theme.Control) }
	r.refresh()
	return r
}

type buttonLook struct {
	fill, stroke color.Color
	text         fyne.ThemeColorName
}

func (b *Button) look() buttonLook {
	none := color.Transparent
	switch {
	case b.Disabled() && b.Rank == Quiet:
		return buttonLook{none, none, theme.Disabled}
	case b.Disabled():
		return buttonLook{none, fynetheme.Color(theme.Line), theme.Disabled}
	case b.Rank == Primary:
		return buttonLook{fynetheme.Color(theme.Primary), none, theme.OnPrimary}
	case b.Rank == Danger:
		return buttonLook{fynetheme.Color(theme.Danger), none, theme.OnDanger}
	case b.Rank == Quiet:
		return buttonLook{none, none, theme.Primary}
	}
	return buttonLook{fynetheme.Color(theme.Surface), fynetheme.Color(theme.Border), theme.Text}
}
