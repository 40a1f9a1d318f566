package widget

import (
	"sort"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	fynetheme "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"tapstation/ui/theme"
)

// Text is one line of words. What does not fit ends in an ellipsis if Clip is set; else the line asks for the
// width it needs.
type Text struct {
	fynewidget.BaseWidget
	Content  string
	TextSize fyne.ThemeSizeName  // empty: theme.TextNormal
	Color    fyne.ThemeColorName // empty: theme.Text
	Bold     bool
	Mono     bool
	Clip     bool
	Align    fyne.TextAlign

	measured struct { // the last measure, as list rows are laid out often
		content string
		width   float32
		fits    string
	}
}

// NewText is words of the usual size and colour.
func NewText(content string) *Text {
	t := &Text{Content: content}
	t.ExtendBaseWidget(t)
	return t
}

// Heading is the title of a page.
func Heading(content string) *Text {
	t := NewText(content)
	t.TextSize, t.Bold, t.Clip = theme.TextHeading, true, true
	return t
}

// Title is the title of a part of a page.
func Title(content string) *Text {
	t := NewText(content)
	t.TextSize, t.Bold = theme.TextLarge, true
	return t
}

// Small is words of lesser rank: a label, a hint.
func Small(content string) *Text {
	t := NewText(content)
	t.TextSize, t.Color = theme.TextSmall, theme.Muted
	return t
}

// SetText changes the words.
func (t *Text) SetText(content string) {
	if t.Content == content {
		return
	}
	t.Content = content
	t.Refresh()
}

// CreateRenderer is for Fyne.
func (t *Text) CreateRenderer() fyne.WidgetRenderer {
	line := canvas.NewText(t.Content, nil)
	r := &renderer{objects: []fyne.CanvasObject{line}}
	r.layout = func(s fyne.Size) {
		line.Text = t.fit(s.Width)
		line.Move(fyne.NewPos(0, 0))
		line.Resize(s)
	}
	r.min = func() fyne.Size {
		m := fyne.MeasureText(t.Content, t.size(), t.style())
		if t.Clip {
			m.Width = 0
		}
		return m
	}
	r.refresh = func() {
		line.TextSize, line.TextStyle, line.Alignment = t.size(), t.style(), t.Align
		line.Color = fynetheme.Color(orElse(t.Color, theme.Text))
		line.Text = t.fit(t.BaseWidget.Size().Width)
	}
	r.refresh()
	return r
}

func (t *Text) size() float32 { return fynetheme.Size(orElse(t.TextSize, theme.TextNormal)) }

func (t *Text) style() fyne.TextStyle { return fyne.TextStyle{Bold: t.Bold, Monospace: t.Mono} }

// fit is as much of the content as has room in width.
func (t *Text) fit(width float32) string {
	if !t.Clip {
		return t.Content
	}
	m := &t.measured
	if m.content == t.Content && m.width == width && m.fits != "" {
		return m.fits
	}
	m.content, m.width = t.Content, width
	m.fits = ellipsis(t.Content, width, func(s string) float32 {
		return fyne.MeasureText(s, t.size(), t.style()).Width
	})
	return m.fits
}

func ellipsis(s string, width float32, measure func(string) float32) string {
	const tolerance = 0.5 // of a unit: widths come back from layouts rounded
	if measure(s) <= width+tolerance {
		return s
	}
	runes := []rune(s)
	cut := sort.Search(len(runes), func(n int) bool { return measure(string(runes[:n])+"…") > width+tolerance })
	return string(runes[:max(cut-1, 0)]) + "…"
}

func orElse[T ~string](v, otherwise T) T {
	if v == "" {
		return otherwise
	}
	return v
}

// Paragraph is words that wrap. Its colour is one of theme.Text (the default), Muted, Primary, Success, Warning
// and Danger.
type Paragraph struct {
	fynewidget.BaseWidget
	label *fynewidget.Label
}

// NewParagraph is a paragraph of the usual size.
func NewParagraph(content string) *Paragraph {
	p := &Paragraph{label: fynewidget.NewLabel(content)}
	p.label.Wrapping = fyne.TextWrapWord
	p.ExtendBaseWidget(p)
	return p
}

// Hint is a paragraph of lesser rank.
func Hint(content string) *Paragraph {
	p := NewParagraph(content)
	p.SetColor(theme.Muted)
	return p
}

// SetText changes the words.
func (p *Paragraph) SetText(content string) {
	if p.label.Text == content {
		return
	}
	p.label.SetText(content)
	p.Refresh()
}

// SetColor changes the colour.
func (p *Paragraph) SetColor(c fyne.ThemeColorName) {
	p.label.Importance = map[fyne.ThemeColorName]fynewidget.Importance{
		theme.Muted: fynewidget.LowImportance, theme.Primary: fynewidget.HighImportance,
		theme.Success: fynewidget.SuccessImportance, theme.Warning: fynewidget.WarningImportance,
		theme.Danger: fynewidget.DangerImportance,
	}[c]
	p.label.Refresh()
}

// SetSize changes the size: theme.TextSmall, TextNormal, TextLarge or TextHeading.
func (p *Paragraph) SetSize(s fyne.ThemeSizeName) {
	p.label.SizeName = s
	p.label.Refresh()
}

// SetBold makes the words bold.
func (p *Paragraph) SetBold(bold bool) {
	p.label.TextStyle.Bold = bold
	p.label.Refresh()
}

// SetAlign aligns the words.
func (p *Paragraph) SetAlign(a fyne.TextAlign) {
	p.label.Alignment = a
	p.label.Refresh()
}

// Text is the words.
func (p *Paragraph) Text() string { return p.label.Text }

// CreateRenderer is for Fyne. A label of Fyne keeps an inner padding, which would keep words from sharing their
// left edge with everything else: the paragraph takes it away again.
func (p *Paragraph) CreateRenderer() fyne.WidgetRenderer {
	inner := func() float32 { return fynetheme.Size(fynetheme.SizeNameInnerPadding) }
	return &renderer{
		objects: []fyne.CanvasObject{p.label},
		layout: func(s fyne.Size) {
			p.label.Move(fyne.NewPos(-inner(), -inner()))
			p.label.Resize(s.AddWidthHeight(2*inner(), 2*inner()))
		},
		min: func() fyne.Size {
			return p.label.MinSize().SubtractWidthHeight(2*inner(), 2*inner())
		},
		refresh: func() {},
	}
}
