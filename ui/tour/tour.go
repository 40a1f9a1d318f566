// Package tour drives the real windows along the main path, with a reader and cards in software, and leaves a picture
// of each screen. The pictures show what a person would see: they come from the window's own canvas, or from the
// display it is on, never from another renderer; those of web pages come from a browser, where there is one. The same
// program leaves the same pictures, but for links and codes, which are never the same.
package tour

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app"
	"tapstation/app/admin"
	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/device"
	"tapstation/ui/demo"
	"tapstation/ui/desk"
	"tapstation/ui/language"
	"tapstation/ui/theme"
)

// Tray is the demo's tray, with what the tour does to it besides. All of it is called on the window's goroutine.
type Tray interface {
	demo.Tray
	// Run starts the PC/SC service or stops it.
	Run(on bool)
	// Plug plugs the reader in or out.
	Plug(in bool)
	// Hold keeps the command that registers from every card, until it is let go.
	Hold(on bool)
	// Pull takes a card away when the next command reaches it.
	Pull(i int)
}

// Set is what one part of the tour is played with: a station of its own, whose directory is empty and whose clock
// stands still, a tray with two Blank cards, one WithPIN and one NotFIDO, and a mailbox. The tour runs the station's Board,
// Mail and Portal.
type Set struct {
	Station *app.Station
	Tray    Tray
	Mail    demo.Mailbox
	// Furnish puts some weeks into the directory, with mail that comes to the mailbox, and logs its owner in.
	Furnish func(context.Context) (admin.Session, error)
	Close   func() error
}

// Open makes a new Set.
type Open func(ctx context.Context) (Set, error)

// The owner of the tour's workspace, and their password.
const (
	ownerID  = "robin.hale"
	password = "a tour of four rooms"
)

// owner is the owner as a user.
var owner = directory.User{ID: ownerID, UserName: "robin", FirstName: "Robin", LastName: "Hale", Email: "robin.hale@example.org"}

// patience is how long the tour waits for a screen before it gives up.
const patience = time.Minute

// Run leaves the pictures in dir, which is made if need be. It must be called on the goroutine that a is run on and
// ends a. It fails when a screen does not come. What is left out is told by say.
func Run(ctx context.Context, a fyne.App, dir string, say func(string), open Open) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the folder for the pictures: %w", err)
	}
	fyne.SetCurrentApp(still{a})
	g := &guide{app: a, dir: dir, frame: newFrame(), say: say}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	g.ctx = ctx
	var work sync.WaitGroup
	var err error
	a.Lifecycle().SetOnStarted(func() {
		work.Go(func() {
			err = g.all(open)
			fyne.Do(a.Quit)
		})
	})
	a.Run()
	cancel()
	work.Wait()
	return err
}

// all is the whole tour.
func (g *guide) all(open Open) (err error) {
	defer func() {
		if g.browser != nil {
			err = errors.Join(err, g.browser.close())
		}
	}()
	for _, p := range []part{
		{language: "en", play: g.walkByKeyboard},
		{language: "en", play: g.walkByMouse},
		{language: "en", founded: true, play: g.mainPath},
		{language: "en", founded: true, play: g.problems},
		{language: "en", settled: true, play: g.panel},
		{language: "en", settled: true, play: g.byMail},
		{language: "de", founded: true, play: g.german},
		{language: "de", settled: true, play: g.panelInGerman},
		{language: "de", settled: true, play: g.byMailInGerman},
	} {
		if err := g.part(open, p); err != nil {
			return err
		}
	}
	return nil
}

// part is a part of the tour, played on a set of its own.
type part struct {
	language string
	founded  bool // the workspace has its owner, who is logged in
	settled  bool // it has been there for some weeks as well
	play     func()
}

func (g *guide) part(open Open, p part) (err error) {
	if err := language.Use(p.language); err != nil {
		return err
	}
	set, err := open(g.ctx)
	if err != nil {
		return fmt.Errorf("prepare the tour: %w", err)
	}
	ctx, cancel := context.WithCancel(g.ctx)
	var work sync.WaitGroup
	work.Go(func() { _ = set.Station.Board.Run(ctx) })
	defer func() {
		cancel()
		work.Wait()
		err = errors.Join(err, set.Close())
	}()
	g.set = set
	opts := desk.Options{Variant: theme.Light}
	if p.settled {
		if opts.Session, err = set.Furnish(g.ctx); err != nil {
			return fmt.Errorf("furnish the tour's workspace: %w", err)
		}
	}
	if p.founded {
		opts.Session, err = set.Station.Admins.FirstStart(g.ctx, admin.FirstStart{Workspace: directory.DefaultWorkspace(), Owner: owner, Password: password})
		if err != nil {
			return fmt.Errorf("found the tour's workspace: %w", err)
		}
	}
	work.Go(func() { set.Station.Mail.Run(ctx) })
	work.Go(func() { set.Station.Portal.Keep(ctx) })
	g.onWindow(func() {
		g.mail = demo.NewMailWindow(g.app, set.Mail, nil)
		work.Go(func() { g.mail.Watch(ctx) })
		panel := demo.NewPanel(set.Tray, g.mail)
		work.Go(func() {
			// At every change, for a card can leave the reader by itself.
			_, _ = set.Station.Board.Wait(ctx, func(device.State) bool { fyne.Do(panel.Update); return false })
		})
		opts.Panel = container.NewStack(panel, g.frame.object)
		g.desk = desk.New(g.app, set.Station, opts)
		g.desk.Show()
	})
	p.play()
	if g.err != nil {
		g.leaveFailure()
	}
	g.onWindow(func() {
		if g.held {
			set.Tray.Hold(false)
			g.held = false
		}
		if g.in != nil {
			g.in.close()
			g.in = nil
		}
		g.mail.Close()
		g.desk.Window().Hide()
		g.desk.Close()
	})
	g.desk.Wait()
	return g.err
}

// prepare puts groups and users into the directory, as an import would have.
func (g *guide) prepare(users []directory.User) {
	d := g.set.Station.Directory
	for _, u := range users {
		if _, err := d.AddUser(g.ctx, "station", u); err != nil {
			g.fail(fmt.Errorf("add user %s: %w", u.ID, err))
		}
	}
	w, err := d.Workspace(g.ctx)
	if err == nil {
		w.DriverLink = "https://example.org/reader-driver"
		err = d.SetWorkspace(g.ctx, "station", w)
	}
	g.fail(err)
}

// colleagues are in the directory, so that there is something to see.
var colleagues = []directory.User{
	{ID: "amara.okafor", UserName: "amara", FirstName: "Amara", LastName: "Okafor", Email: "amara.okafor@example.org", Groups: []string{"Finance"}},
	{ID: "bela.kovacs", UserName: "bela", FirstName: "Béla", LastName: "Kovács", Email: "bela.kovacs@example.org", Groups: []string{"IT desk", "Staff"}},
	{ID: "chen.wei", UserName: "chen", FirstName: "Wei", LastName: "Chen", Email: "wei.chen@example.org", Groups: []string{"Research"}},
	{ID: "dilara.aydin", UserName: "dilara", FirstName: "Dilara", LastName: "Aydın", Email: "dilara.aydin@example.org", Groups: []string{"Finance", "Works council"}},
	{ID: "emil.larsen", UserName: "emil", FirstName: "Emil", LastName: "Larsen", Email: "emil.larsen@example.org", Groups: []string{"Warehouse"}},
	{ID: "fatima.haddad", UserName: "fatima", FirstName: "Fatima", LastName: "Haddad", Email: "fatima.haddad@example.org", Groups: []string{"Research"}},
	{ID: "grace.miller", UserName: "grace", FirstName: "Grace", LastName: "Miller", Email: "grace.miller@example.org", Groups: []string{"IT desk"}},
	{ID: "maximiliane.von-und-zu-hohenstein", UserName: "mvzh", FirstName: "Maximiliane Alexandra Henriette", LastName: "von und zu Hohenstein-Wolkenburg",
		Email: "maximiliane.von-und-zu-hohenstein-wolkenburg@research.example.org", Groups: []string{"Research", "Safety officers of the northern site", "Works council"}},
}

// still is an app in which nothing moves, so that a picture is the same each time.
type still struct{ fyne.App }

func (s still) Settings() fyne.Settings { return stillSettings{s.App.Settings()} }

type stillSettings struct{ fyne.Settings }

func (stillSettings) ShowAnimations() bool { return false }

func t(key string, pairs ...any) string { return text.T(key, pairs...) }
