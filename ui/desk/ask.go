package desk

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// question is what is asked in the place of the page, until it is answered or one goes elsewhere.
type question struct {
	widget *widget.Question
	before fyne.Focusable // had the focus
}

// ask asks before something is done that cannot be taken back: in the place of the page, which stays as it is and
// comes back with the answer. act is called when the answer was yes.
func (d *Desk) ask(text widget.QuestionText, act func()) {
	d.unask()
	q := &question{before: d.window.Canvas().Focused()}
	q.widget = widget.NewQuestion(text, func() { d.unask(); act() }, d.unask)
	d.question = q
	d.detach()
	d.window.Canvas().Unfocus()
	d.stand(container.NewCenter(widget.Pad(theme.Space24, q.widget)))
	d.detach = q.widget.Keys().Attach(d.window.Canvas())
	d.focus(q.widget.First())
}

// unask takes a question back, and the page comes again as it was.
func (d *Desk) unask() {
	q := d.question
	if q == nil {
		return
	}
	d.question = nil
	d.detach()
	d.window.Canvas().Unfocus()
	d.stand(d.page.content())
	d.detach = d.page.keys().Attach(d.window.Canvas())
	if q.before != nil {
		d.focus(q.before)
	}
}

// stand puts o beside the rail.
func (d *Desk) stand(o fyne.CanvasObject) {
	d.body.Objects = []fyne.CanvasObject{o}
	d.body.Refresh()
}
