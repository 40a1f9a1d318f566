package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynewidget "fyne.io/fyne/v2/widget"

	"tapstation/ui/theme"
)

// QuestionText is what a Question asks before something is done that cannot be taken back.
type QuestionText struct {
	Title string   // the question
	Text  string   // what will be gone, and what stays; may be empty
	Items []string // what it is about, one a line; the first few are shown, and how many more there are
	More  string   // what is said of the items that are not shown; empty: all are shown
	Act   string   // the verb that does it
	// Cancel is the safe choice, which has the focus.
	Cancel string
	// Typed is what must be typed before Act can be pressed, with Label above the line it is typed into; empty: nothing.
	Typed, Label string
	Danger       bool // it destroys something
}

// Question asks once, in the page. Enter presses what has the focus, which is the safe choice in the beginning; in the
// line to type into it does what was asked once that has been typed. Escape is the safe choice.
type Question struct {
	fynewidget.BaseWidget
	text          QuestionText
	act, cancel   *Button
	typed         *Field // nil: nothing must be typed
	onAct, onStop func()
	body          fyne.CanvasObject
}

// questionWidth is how wide a question is at most, in units.
const questionWidth float32 = 560

// NewQuestion asks text. Put it on the window, then give First the focus and its Keys force.
func NewQuestion(text QuestionText, onAct, onCancel func()) *Question {
	q := &Question{text: text, onAct: onAct, onStop: onCancel}
	q.act = NewButton(text.Act, q.tryAct)
	if text.Danger {
		q.act.Rank = Danger
	} else {
		q.act.Rank = Primary
	}
	q.cancel = NewButton(text.Cancel, q.stop)
	q.build()
	q.ExtendBaseWidget(q)
	return q
}

func (q *Question) build() {
	title := NewParagraph(q.text.Title)
	title.SetSize(theme.TextLarge)
	title.SetBold(true)
	parts := []fyne.CanvasObject{title}
	if q.text.Text != "" {
		parts = append(parts, NewParagraph(q.text.Text))
	}
	if len(q.text.Items) > 0 {
		lines := Column(theme.Space4)
		for _, item := range q.text.Items {
			t := NewText(item)
			t.Clip = true
			lines.Add(t)
		}
		if q.text.More != "" {
			lines.Add(Small(q.text.More))
		}
		parts = append(parts, PadXY(theme.Space16, 0, lines))
	}
	if q.text.Typed != "" {
		q.typed = NewField(q.text.Label, "")
		q.typed.OnChanged = func(string) { q.act.SetEnabled(q.confirmed()) }
		q.typed.Entry.OnEnter = q.tryAct
		q.act.Disable()
		parts = append(parts, PadXY(0, theme.Space4, q.typed))
	}
	parts = append(parts, PadXY(0, theme.Space8, Line(theme.Space12, q.cancel, q.act)))
	words := Column(theme.Space8, parts...)
	q.body = Panel(PadXY(theme.Space24, theme.Space16, words))
}

// First is where the focus goes: the safe choice, or the line to type into.
func (q *Question) First() fyne.Focusable {
	if q.typed != nil {
		return q.typed.Entry
	}
	return q.cancel
}

// Keys are what the keyboard does while the question stands.
func (q *Question) Keys() *Keys { return &Keys{Escape: q.stop} }

// Children are what the question consists of.
func (q *Question) Children() []fyne.CanvasObject { return []fyne.CanvasObject{q.body} }

// AccessibilityLabel is what is asked.
func (q *Question) AccessibilityLabel() string { return q.text.Title }

// AccessibilityRole is that of a container.
func (q *Question) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleContainer }

func (q *Question) confirmed() bool { return q.typed == nil || q.typed.Text() == q.text.Typed }

func (q *Question) tryAct() {
	if q.confirmed() && q.onAct != nil {
		q.onAct()
	}
}

func (q *Question) stop() {
	if q.onStop != nil {
		q.onStop()
	}
}

// CreateRenderer is for Fyne.
func (q *Question) CreateRenderer() fyne.WidgetRenderer {
	return fynewidget.NewSimpleRenderer(container.NewStack(wide(questionWidth, q.body)))
}
