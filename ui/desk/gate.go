package desk

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/ui/widget"
)

// gate is a page that covers the whole window, rail and all: the set-up, the log-in, the lock. What it covers is not on
// the window meanwhile, so nothing of it can be read or reached.
type gate interface {
	page
	changed() // the workspace or the readers are not as they were
}

// pausing is a page that waits for cards by itself. Paused it takes none.
type pausing interface {
	pause()
	resume()
}

// cover puts g over everything. The panel beneath stays as it is.
func (d *Desk) cover(g gate) {
	if d.gate == nil {
		d.covered = d.window.Canvas().Focused()
		if p, ok := d.page.(pausing); ok {
			p.pause()
		}
	} else {
		d.drop()
		d.gate.left()
	}
	d.gate = g
	d.whois.forget()
	for o := d.window.Canvas().Overlays().Top(); o != nil; o = d.window.Canvas().Overlays().Top() {
		d.window.Canvas().Overlays().Remove(o) // a menu, or the view of the files
	}
	d.window.Canvas().Unfocus()
	d.fill(g.content())
	d.grip()
	g.shown()
}

// uncover takes the gate away: the panel comes back as it was.
func (d *Desk) uncover() {
	if d.gate == nil {
		return
	}
	d.active = d.now()
	d.drop()
	d.gate.left()
	d.gate = nil
	d.window.Canvas().Unfocus()
	d.fill(d.panel)
	d.grip()
	if p, ok := d.page.(pausing); ok {
		p.resume()
	}
	d.watch()
	if d.covered != nil {
		d.focus(d.covered)
		d.covered = nil
	}
	d.follow()
}

// shortcuts are those that work on every page of the panel.
func (d *Desk) shortcuts() []widget.Shortcut {
	return []widget.Shortcut{{Key: fyne.KeyL, Do: d.Lock}, {Key: fyne.KeyK, Do: d.ShowCode}}
}

// begin opens the panel for an admin, from its beginning.
func (d *Desk) begin(s session) {
	d.end()
	d.session, d.active = s, d.now()
	d.covered = nil
	d.build()
	d.rail.list()
	if d.gate == nil {
		d.fill(d.panel)
	}
	d.uncover()
	d.open(home)
	d.watch()
	d.follow()
}

// build makes the panel, when it is first needed: the first frame of the window does without.
func (d *Desk) build() {
	if d.panel == nil {
		d.rail = newRail(d)
		state, _ := d.station.Board.State()
		d.rail.setReaders(state)
		d.panel = container.New(frameLayout{}, d.rail.content(), d.right)
	}
}

// end takes away what the session had open.
func (d *Desk) end() {
	if d.question != nil && d.question.over != nil {
		d.question.over()
	}
	if d.page != nil {
		d.page.left()
	}
	d.page, d.question, d.users = nil, nil, nil
	d.pages = map[string]page{}
	d.session = session{}
	d.stand()
}

// grip gives the keyboard to what is on top: the gate, else the question, else the page.
func (d *Desk) grip() {
	d.detach()
	var keys widget.Keys
	switch q := *d.asked(); {
	case q != nil:
		keys = *q.keys
	case d.gate != nil:
		keys = *d.gate.keys()
	case d.page != nil:
		keys = *d.page.keys()
	}
	if *d.asked() == nil && d.gate == nil && d.whois.banner.Visible() {
		keys.Escape = d.whois.forget
	}
	if d.gate == nil {
		keys.Shortcuts = append(slices.Clone(keys.Shortcuts), d.shortcuts()...)
	}
	keys.Stirred = d.stirred
	d.detach = keys.Attach(d.window.Canvas())
}

// Gate is what covers the panel.
type Gate int

// Gates.
const (
	NoGate Gate = iota
	OpeningGate
	SetupGate
	LoginGate
	LockGate
)

// Gate is what covers the panel now; for the tour.
func (d *Desk) Gate() Gate {
	switch g := d.gate.(type) {
	case *openingPage:
		return OpeningGate
	case *setupPage:
		return SetupGate
	case *loginPage:
		if g.locked != nil {
			return LockGate
		}
		return LoginGate
	}
	return NoGate
}
