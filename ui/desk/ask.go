package desk

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// question is what stands in the place of the page, until it is answered or one goes elsewhere.
type question struct {
	keys   *widget.Keys
	before fyne.Focusable // had the focus
	over   func()         // nil, or ends what the question began
}

// ask asks before something is done that cannot be taken back: in the place of the page, which stays as it is and
// comes back with the answer. act is called when the answer was yes.
func (d *Desk) ask(text widget.QuestionText, act func()) {
	q := widget.NewQuestion(text, func() { d.unask(); act() }, d.unask)
	d.askInPlace(container.NewCenter(widget.Pad(theme.Space24, q)), q.Keys(), nil)
	d.focus(q.First())
}

// askInPlace puts o in the place of the page until unask; over is called then.
func (d *Desk) askInPlace(o fyne.CanvasObject, keys *widget.Keys, over func()) {
	d.unask()
	d.question = &question{keys: keys, before: d.window.Canvas().Focused(), over: over}
	d.unfocus()
	d.stand(o)
	d.grip()
}

// unask takes a question back, and the page comes again as it was.
func (d *Desk) unask() {
	q := d.question
	if q == nil {
		return
	}
	d.question = nil
	if q.over != nil {
		q.over()
	}
	d.unfocus()
	d.stand(d.page.content())
	d.grip()
	if q.before != nil {
		d.focus(q.before)
	}
}

// stand puts o beside the rail.
func (d *Desk) stand(o ...fyne.CanvasObject) {
	d.body.Objects = o
	d.body.Refresh()
}
