// Package desk is the window of the help desk: a rail to go from place to place, and beside it one page at a time.
//
// What a page shows is a plain struct, and the page a function of it. Nothing here waits on the window's
// goroutine: what asks the directory or a reader runs beside it and hands its answer back through Options.Do.
package desk

import (
	"context"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app"
	"tapstation/app/admin"
	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// Options are what the desk is told besides the station. Their zero value is the desk as it is used.
type Options struct {
	// Session, where not zero, opens the panel at once, as for the demo's owner.
	Session admin.Session
	// Password, where not empty, is that of Session's admin, and is said where they log in: nothing in the demo is secret.
	Password string
	// Variant, where not System, is kept to, whatever the workspace says.
	Variant theme.Variant
	// Panel, where not nil, stands in the rail above the state of the readers: the demo's reader and cards.
	Panel fyne.CanvasObject

	// Link is a tapstation:// link whose ticket is shown as soon as somebody has logged in; empty: none. Links, where not nil,
	// runs beside the window, and hands over further ones until its context ends.
	Link  string
	Links func(ctx context.Context, heard func(link string))

	// Do runs a function on the window's goroutine; nil: fyne.Do. After runs one on some goroutine once d has
	// passed; nil: time.AfterFunc.
	Do    func(func())
	After func(d time.Duration, do func()) (stop func() bool)
}

// Desk is the window. Its methods belong to the window's goroutine.
type Desk struct {
	app     fyne.App
	window  fyne.Window
	station *app.Station
	opts    Options

	ctx    context.Context // ends with the window
	cancel context.CancelFunc
	work   sync.WaitGroup

	workspace directory.Workspace
	root      *fyne.Container // all of the window: the panel, or the gate that covers it
	watcher   *widget.Watcher
	panel     fyne.CanvasObject // nil before somebody has logged in
	gate      gate              // nil: the panel is open

	gateQuestion *question      // nil: none is asked on the gate
	covered      fyne.Focusable // had the focus when a gate covered it
	session      session
	active       time.Time // when somebody was there last
	clock        bool      // is set, and will look whether somebody still is
	checking     bool      // of the session, at times, is under way
	rail         *rail     // nil before somebody has logged in
	whois        *whois
	right        *fyne.Container // beside the rail: the banner of whois, and the body
	body         *fyne.Container
	page         page
	detach       func()          // takes the page's keys off the window
	pages        map[string]page // of the places gone to, by name
	question     *question       // nil: none is asked
	folder       string          // where a file was chosen last
	variant      theme.Variant   // how the window looks now
	users        *usersPage
	link         string // of a ticket that is to be shown as soon as somebody may see it
}

// page is what stands beside the rail.
type page interface {
	content() fyne.CanvasObject
	keys() *widget.Keys
	shown() // the page came, perhaps again: time to ask for what it shows, and to set the focus
	left()  // another page came: time to end what it began
}

// guarded is a page on which something typed can be lost: leave asks, if need be, and calls then when one may go.
type guarded interface {
	leave(then func())
}

// New makes the window. It is seen from Show or ShowAndRun on.
func New(a fyne.App, s *app.Station, opts Options) *Desk {
	if opts.Do == nil {
		opts.Do = fyne.Do
	}
	if opts.After == nil {
		opts.After = func(d time.Duration, do func()) func() bool { return time.AfterFunc(d, do).Stop }
	}
	d := &Desk{app: a, station: s, opts: opts, workspace: directory.DefaultWorkspace(), pages: map[string]page{}, detach: func() {}}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	d.variant = opts.Variant
	a.Settings().SetTheme(theme.New(d.variant))
	a.SetIcon(theme.AppIcon)

	d.window = a.NewWindow("")
	d.window.SetPadded(false)
	d.window.SetMaster()
	d.window.SetOnClosed(d.Close)
	d.watcher = widget.NewWatcher(d.stirred)
	d.body = container.NewStack()
	d.whois = newWhois(d)
	d.right = widget.Above(0, d.body, d.whois.banner)
	d.root = container.NewStack(d.watcher)
	d.window.SetContent(d.root)
	d.window.Resize(fyne.NewSize(1280, 800))

	d.setWorkspace(d.workspace)
	if opts.Session.UserID != "" {
		d.begin(opts.Session)
		d.loadWorkspace()
	} else {
		d.cover(newOpeningPage(d))
	}
	d.watchReaders()
	d.listen()
	return d
}

// Show shows the window.
func (d *Desk) Show() { d.window.Show() }

// Run shows the window, and returns when it was closed, or ctx has ended, and all that it began has ended too.
func (d *Desk) Run(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() { d.do(d.window.Close) })
	defer stop()
	d.window.ShowAndRun()
	d.Close()
	d.Wait()
}

// Close ends what the window began, without waiting for it.
func (d *Desk) Close() {
	if d.ctx.Err() == nil {
		if d.gate != nil {
			d.gate.left()
		}
		if d.page != nil {
			d.page.left()
		}
		d.cancel()
	}
}

// Wait returns when nothing that the window began runs any more after Close. It must not be called on the window's
// goroutine.
func (d *Desk) Wait() { d.work.Wait() }

// Window is the window itself: for the tour, which pictures it, and for tests.
func (d *Desk) Window() fyne.Window { return d.window }

// Page is what stands beside the rail now, or covers it; what is on it can be found with widget.Find.
func (d *Desk) Page() fyne.CanvasObject {
	if d.gate != nil {
		return d.root
	}
	return d.right
}

// ShowUsers goes to All Users.
func (d *Desk) ShowUsers() { d.open(usersPlace) }

// ShowUser goes to the page of one user.
func (d *Desk) ShowUser(id string) { d.show(newUserPage(d, id)) }

// ShowReader goes to the page that says what keeps a card from being read, if anything does.
func (d *Desk) ShowReader() { d.show(newReaderPage(d, d.page)) }

// NewUser opens the wizard for somebody new.
func (d *Desk) NewUser() { d.openWizard(nil, d.at(usersPlace)) }

// show goes to p, after a question where something typed would be lost.
func (d *Desk) show(p page) {
	d.leave(func() { d.put(p) })
}

// leave calls then when one may go from the page: at once, or after a question where something typed would be lost.
func (d *Desk) leave(then func()) {
	d.unask()
	if g, ok := d.page.(guarded); ok {
		g.leave(then)
		return
	}
	then()
}

// put puts p beside the rail.
func (d *Desk) put(p page) {
	if d.page != nil {
		d.page.left()
	}
	d.page = p
	if d.takesCards() {
		d.whois.forget()
	}
	d.unfocus()
	d.stand(p.content())
	d.grip()
	d.rail.render()
	d.check(nil)
	p.shown()
}

// arrange lays out anew what stands beside the rail, and gives Escape to what it closes first.
func (d *Desk) arrange() {
	d.right.Refresh()
	d.grip()
}

// focus gives f, which is on the panel, the focus: at once, or when the panel is no longer covered. Fyne itself finds the
// window of a widget only once it was drawn.
func (d *Desk) focus(f fyne.Focusable) {
	if d.gate != nil && d.gateQuestion == nil {
		d.covered = f
		return
	}
	d.window.Canvas().Focus(f)
}

// unfocus takes the focus from whatever has it on the panel: Fyne leaves it on what is no longer there.
func (d *Desk) unfocus() {
	d.covered = nil
	if d.gate == nil {
		d.window.Canvas().Unfocus()
	}
}

// do runs f on the window's goroutine, unless the window is gone by then.
func (d *Desk) do(f func()) {
	d.opts.Do(func() {
		if d.ctx.Err() == nil {
			f()
		}
	})
}

// beside runs work beside the window's goroutine. It must end with its context, which ends with the window at the
// latest.
func (d *Desk) beside(ctx context.Context, work func(context.Context)) {
	d.work.Add(1)
	go func() {
		defer d.work.Done()
		work(ctx)
	}()
}

func (d *Desk) loadWorkspace() {
	d.beside(d.ctx, func(ctx context.Context) {
		w, err := d.station.Directory.Workspace(ctx)
		if err != nil {
			return // All Users asks the same directory and says what is wrong with it
		}
		d.do(func() { d.setWorkspace(w) })
	})
}

func (d *Desk) setWorkspace(w directory.Workspace) {
	d.workspace = w
	d.setAppearance(w.Appearance)
	title := text.T("desk.title", "Workspace", w.Name)
	if d.station.Demo {
		title = text.T("desk.title_demo", "Workspace", w.Name)
	}
	d.window.SetTitle(title)
	d.setAppearance(w.Appearance)
	if d.rail != nil {
		d.rail.render()
	}
	if d.gate != nil {
		d.gate.changed()
	}
	d.watchIdle()
}

// watchReaders keeps the rail, and the page that shows readers, up to date.
func (d *Desk) watchReaders() {
	d.beside(d.ctx, func(ctx context.Context) {
		for {
			state, changed := d.station.Board.State()
			d.do(func() {
				if d.rail != nil {
					d.rail.setReaders(state)
				}
				if d.gate != nil {
					d.gate.changed()
				}
				d.whois.readers(state)
				switch p := d.page.(type) {
				case *readerPage:
					p.changed()
				case *dashboardPage:
					p.changed()
				}
			})
			select {
			case <-changed:
			case <-ctx.Done():
				return
			}
		}
	})
}

// frameLayout is the rail and the page beside it.
type frameLayout struct{}

const railWidth float32 = 240

func (frameLayout) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	objects[0].Resize(fyne.NewSize(railWidth, s.Height))
	objects[1].Move(fyne.NewPos(railWidth, 0))
	objects[1].Resize(fyne.NewSize(s.Width-railWidth, s.Height))
}

func (frameLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	left, right := objects[0].MinSize(), objects[1].MinSize()
	return fyne.NewSize(railWidth+right.Width, max(left.Height, right.Height))
}
