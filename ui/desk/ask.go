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
	d.askEither(text, func() { d.unask(); act() }, d.unask)
}

// askEither is ask, where yes and no both take the question back by themselves.
func (d *Desk) askEither(text widget.QuestionText, yes, no func()) {
	q := widget.NewQuestion(text, yes, no)
	d.askInPlace(container.NewCenter(widget.Pad(theme.Space24, q)), q.Keys(), nil)
	d.focus(q.First())
}

// askInPlace puts o in the place of the page, or of the gate that covers it, until unask; over is called then.
func (d *Desk) askInPlace(o fyne.CanvasObject, keys *widget.Keys, over func()) {
	d.unask()
	*d.asked() = &question{keys: keys, before: d.window.Canvas().Focused(), over: over}
	d.window.Canvas().Unfocus()
	d.present(o)
	d.grip()
}

// unask takes a question back, and the page comes again as it was.
func (d *Desk) unask() {
	q := d.drop()
	if q == nil {
		return
	}
	d.window.Canvas().Unfocus()
	if d.gate != nil {
		d.present(d.gate.content())
	} else {
		d.present(d.page.content())
	}
	d.grip()
	if q.before != nil {
		d.window.Canvas().Focus(q.before)
	}
}

// drop ends a question without another look at what it stood for.
func (d *Desk) drop() *question {
	q := *d.asked()
	*d.asked() = nil
	if q != nil && q.over != nil {
		q.over()
	}
	return q
}

// asked is the question that stands now: on the gate while there is one, else in the panel.
func (d *Desk) asked() **question {
	if d.gate != nil {
		return &d.gateQuestion
	}
	return &d.question
}

// present puts o where a question stands.
func (d *Desk) present(o fyne.CanvasObject) {
	if d.gate != nil {
		d.fill(o)
		return
	}
	d.stand(o)
}

// stand puts o beside the rail; nothing leaves it empty.
func (d *Desk) stand(o ...fyne.CanvasObject) {
	d.body.Objects = o
	d.body.Refresh()
}

// fill puts o into the whole window. Beside a gate the demo's reader and cards stay in reach.
func (d *Desk) fill(o fyne.CanvasObject) {
	if d.gate != nil && d.opts.Panel != nil {
		side := newGround(widget.PadXY(theme.Space12, theme.Space12, container.NewBorder(nil, d.opts.Panel, nil, nil)))
		o = container.New(frameLayout{}, side, o)
	}
	d.root.Objects = []fyne.CanvasObject{d.watcher, o}
	d.root.Refresh()
}
