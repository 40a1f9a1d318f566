package widget

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	fynetheme "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"tapstation/ui/theme"
)

// Field is an Entry with its label above and, below, a hint or the problem with what was typed. A problem comes
// when the field is left, never while typing; it goes as soon as typing has solved it. Room for one line below is
// always kept, so that nothing jumps.
type Field struct {
	fynewidget.BaseWidget
	Entry *Entry

	// Validate tells what to write instead of text, in words, or "" if nothing is wrong. It must answer at once;
	// what takes longer begins in OnLeave and ends in SetProblem.
	Validate  func(text string) string
	OnChanged func(text string)
	OnLeave   func(text string) // after Validate
	// Fills lets the entry take all the height there is, if that is more than it needs.
	Fills bool

	label, hint, problem string
	touched              bool // something was typed since the field was made
	focused              bool
	height               float32 // of the entry
}

// NewField is an empty field. hint may be empty.
func NewField(label, hint string) *Field {
	f := &Field{Entry: NewEntry(label), label: label, hint: hint, height: theme.Control}
	f.Entry.OnChanged = f.changed
	f.Entry.OnFocus = f.focus
	f.ExtendBaseWidget(f)
	return f
}

// NewLines is a field for several lines, of which as many are seen at once. Enter begins a new one.
func NewLines(label, hint string, lines int) *Field {
	f := NewField(label, hint)
	f.Entry.MultiLine, f.Entry.Wrapping = true, fyne.TextWrapWord
	line := fyne.MeasureText("", fynetheme.Size(theme.TextNormal), fyne.TextStyle{}).Height
	f.height = float32(lines)*line + 2*fynetheme.Size(fynetheme.SizeNameInnerPadding)
	return f
}

// NewSecret is a field that shows dots, without a way to reveal them: someone may look on.
func NewSecret(label, hint string) *Field {
	f := NewField(label, hint)
	f.Entry.Password = true
	// Fyne adds an eye to every password entry that has no action of its own.
	f.Entry.ActionItem = canvas.NewRectangle(color.Transparent)
	return f
}

// Text is what was typed.
func (f *Field) Text() string { return f.Entry.Text }

// SetText fills the field as if nobody had typed: nothing is checked before it is left.
func (f *Field) SetText(text string) {
	touched := f.touched
	f.Entry.SetText(text)
	f.touched = touched
}

// Check shows what is wrong now, typed or not, and tells whether nothing is.
func (f *Field) Check() bool {
	f.touched = true
	if f.Validate != nil {
		f.SetProblem(f.Validate(f.Text()))
	}
	return f.problem == ""
}

// Problem is the problem shown, "" if none.
func (f *Field) Problem() string { return f.problem }

// SetProblem shows a problem until it is solved; "" takes it away.
func (f *Field) SetProblem(problem string) {
	if f.problem == problem {
		return
	}
	f.problem = problem
	f.Refresh()
}

// SetHint changes the hint.
func (f *Field) SetHint(hint string) {
	f.hint = hint
	f.Refresh()
}

// Focus puts the cursor into the field.
func (f *Field) Focus() { Focus(f.Entry) }

// AccessibilityLabel is the label, and the problem if there is one.
func (f *Field) AccessibilityLabel() string { return f.label }

// AccessibilityRole is that of a container.
func (f *Field) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleContainer }

// Children is the entry.
func (f *Field) Children() []fyne.CanvasObject { return []fyne.CanvasObject{f.Entry} }

func (f *Field) changed(text string) {
	f.touched = true
	if f.problem != "" && (f.Validate == nil || f.Validate(text) == "") {
		f.SetProblem("")
	}
	if f.OnChanged != nil {
		f.OnChanged(text)
	}
}

func (f *Field) focus(has bool) {
	f.focused = has
	if !has && f.touched {
		f.Check()
		if f.OnLeave != nil {
			f.OnLeave(f.Text())
		}
	}
	f.Refresh()
}

// CreateRenderer is for Fyne.
func (f *Field) CreateRenderer() fyne.WidgetRenderer {
	label := NewText(f.label)
	label.TextSize, label.Bold = theme.TextSmall, true
	below := Small("")
	below.Clip = true
	sign := picture(theme.WarningIcon.In(theme.Danger))
	frame := canvas.NewRectangle(color.Transparent)
	frame.CornerRadius = theme.Radius

	const labelGap, belowGap, signSize = theme.Space4, theme.Space4, 15
	r := &renderer{objects: []fyne.CanvasObject{label, f.Entry, frame, sign, below}}
	r.layout = func(s fyne.Size) {
		lh, bh := label.MinSize().Height, below.MinSize().Height
		height := f.height
		if f.Fills {
			height = max(height, s.Height-lh-bh-labelGap-belowGap)
		}
		label.Resize(fyne.NewSize(s.Width, lh))
		y := lh + labelGap
		f.Entry.Move(fyne.NewPos(0, y))
		f.Entry.Resize(fyne.NewSize(s.Width, height))
		frame.Move(fyne.NewPos(0, y))
		frame.Resize(fyne.NewSize(s.Width, height))
		y += height + belowGap
		x := float32(0)
		if f.problem != "" {
			sign.Move(fyne.NewPos(0, y+(bh-signSize)/2))
			sign.Resize(fyne.NewSquareSize(signSize))
			x = signSize + theme.Space4
		}
		below.Move(fyne.NewPos(x, y))
		below.Resize(fyne.NewSize(s.Width-x, bh))
	}
	r.min = func() fyne.Size {
		h := label.MinSize().Height + labelGap + f.height + belowGap + below.MinSize().Height
		return fyne.NewSize(160, h)
	}
	r.refresh = func() {
		label.SetText(f.label)
		frame.Hidden = !f.focused && f.problem == ""
		frame.StrokeWidth = theme.FocusRing
		frame.StrokeColor = fynetheme.Color(theme.Primary)
		sign.Hidden = f.problem == ""
		below.Color = theme.Muted
		below.Content = f.hint
		if f.problem != "" {
			if !f.focused {
				frame.StrokeWidth = 1
			}
			frame.StrokeColor = fynetheme.Color(theme.Danger)
			below.Color, below.Content = theme.Danger, f.problem
		}
		r.layout(f.Size())
	}
	r.refresh()
	return r
}
