package widget

import (
	"fyne.io/fyne/v2"
	fynewidget "fyne.io/fyne/v2/widget"

	"tapstation/ui/theme"
)

// Sign is a word with the sign that stands for it everywhere; its colour only adds to that.
type Sign struct {
	Icon  *theme.Icon
	Color fyne.ThemeColorName // of the icon
	Word  string
}

// Badge shows a Sign, or without Words only its icon.
type Badge struct {
	fynewidget.BaseWidget
	sign  Sign
	words bool
	size  fyne.ThemeSizeName
}

// NewBadge shows a sign with its word.
func NewBadge(s Sign) *Badge {
	b := &Badge{sign: s, words: true, size: theme.TextSmall}
	b.ExtendBaseWidget(b)
	return b
}

// NewStatus is a badge in the size of ordinary text.
func NewStatus(s Sign) *Badge {
	b := NewBadge(s)
	b.size = theme.TextNormal
	return b
}

// NewMark is a badge without its word, for where the word stands nearby.
func NewMark(s Sign) *Badge {
	b := NewBadge(s)
	b.words = false
	return b
}

// Set changes the sign.
func (b *Badge) Set(s Sign) {
	b.sign = s
	b.Refresh()
}

// AccessibilityLabel is the word.
func (b *Badge) AccessibilityLabel() string { return b.sign.Word }

// AccessibilityRole is that of text.
func (b *Badge) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// CreateRenderer is for Fyne.
func (b *Badge) CreateRenderer() fyne.WidgetRenderer {
	icon := picture(nil)
	word := NewText("")
	word.TextSize, word.Clip = b.size, true
	const gap = 6
	side := func() float32 {
		if b.size == theme.TextSmall {
			return 15
		}
		return 18
	}
	r := &renderer{objects: []fyne.CanvasObject{icon, word}}
	r.layout = func(s fyne.Size) {
		icon.Move(fyne.NewPos(0, (s.Height-side())/2))
		icon.Resize(fyne.NewSquareSize(side()))
		middle(word, side()+gap, max(s.Width-side()-gap, 0), s.Height)
	}
	r.min = func() fyne.Size {
		s := fyne.NewSize(side(), max(side(), word.MinSize().Height))
		if b.words {
			s.Width += gap + fyne.MeasureText(word.Content, word.size(), word.style()).Width
		}
		return s
	}
	r.refresh = func() {
		if b.sign.Icon != nil {
			icon.Resource = b.sign.Icon.In(orElse(b.sign.Color, theme.Text))
		}
		icon.Hidden = b.sign.Icon == nil
		word.Hidden = !b.words
		word.Content = b.sign.Word
		r.layout(b.Size())
	}
	r.refresh()
	return r
}
