package widget

import (
	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"tapstation/assets/text"
	"tapstation/ui/theme"
)

// Copyable is words worth copying: they can be selected and copied as everywhere, and a button copies all.
type Copyable struct {
	fynewidget.BaseWidget
	words *Entry
	body  fyne.CanvasObject
	copy  *Button
	lines bool
	ruler *fynewidget.Label // tells how high lines are once they wrap; an entry scrolls instead
}

// NewCopyable is one line.
func NewCopyable(label, content string) *Copyable { return newCopyable(label, content, false) }

// NewCopyableLines is several lines, which wrap.
func NewCopyableLines(label, content string) *Copyable { return newCopyable(label, content, true) }

func newCopyable(label, content string, lines bool) *Copyable {
	c := &Copyable{words: NewEntry(label), lines: lines}
	c.words.readsOnly = true
	if lines {
		c.words.MultiLine, c.words.Wrapping = true, fyne.TextWrapWord
		c.ruler = fynewidget.NewLabel(content)
		c.ruler.Wrapping = fyne.TextWrapWord
	}
	c.words.SetText(content)
	c.words.Disable() // Fyne lets a disabled entry be selected and copied, and keeps it out of the order of Tab
	c.body = plainly(c.words)
	c.copy = NewQuiet("", text.T("copy.action", "What", label), theme.CopyIcon, func() {
		fyne.CurrentApp().Clipboard().SetContent(c.words.Text)
		c.copy.Icon = theme.CheckIcon
		c.copy.Refresh()
	})
	c.ExtendBaseWidget(c)
	return c
}

// SetText changes the words.
func (c *Copyable) SetText(content string) {
	c.copy.Icon = theme.CopyIcon
	c.copy.Refresh()
	c.words.SetText(content)
	if c.lines {
		c.ruler.SetText(content)
	}
	c.Refresh()
}

// Text is the words.
func (c *Copyable) Text() string { return c.words.Text }

// AccessibilityLabel is what the words are.
func (c *Copyable) AccessibilityLabel() string { return c.words.Label }

// AccessibilityRole is that of text.
func (c *Copyable) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// Children is the words and the button.
func (c *Copyable) Children() []fyne.CanvasObject { return []fyne.CanvasObject{c.words, c.copy} }

// CreateRenderer is for Fyne.
func (c *Copyable) CreateRenderer() fyne.WidgetRenderer {
	const button = 28
	return &renderer{
		objects: []fyne.CanvasObject{c.body, c.copy},
		layout: func(s fyne.Size) {
			words := fyne.NewSize(s.Width-button-theme.Space4, s.Height)
			if c.lines {
				c.ruler.Resize(fyne.NewSize(words.Width+2*fynetheme.Size(fynetheme.SizeNameInnerPadding), 0))
				c.body.Resize(words)
				c.copy.Move(fyne.NewPos(s.Width-button, 0))
			} else {
				// The button follows the words.
				w := fyne.MeasureText(c.words.Text, NewText("").size(), fyne.TextStyle{}).Width + theme.Space8
				words.Width = min(words.Width, w)
				h := c.body.MinSize().Height + theme.Space4 // below the letters that reach below the line
				c.body.Move(fyne.NewPos(0, (s.Height-h)/2+theme.Space4/2))
				c.body.Resize(fyne.NewSize(words.Width, h))
				c.copy.Move(fyne.NewPos(words.Width+theme.Space4, (s.Height-button)/2))
			}
			c.copy.Resize(fyne.NewSquareSize(button))
		},
		min: func() fyne.Size {
			h := float32(button)
			if c.lines {
				h = max(h, c.ruler.MinSize().Height-2*fynetheme.Size(fynetheme.SizeNameInnerPadding)+theme.Space4)
			}
			return fyne.NewSize(120, h)
		},
		refresh: func() {},
	}
}
