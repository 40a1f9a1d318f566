package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"sync"

	"fyne.io/fyne/v2"
	fyneapp "fyne.io/fyne/v2/app"
	"golang.org/x/term"

	"tapstation/app"
	"tapstation/app/command"
	"tapstation/app/directory"
	"tapstation/device"
	"tapstation/storage/claim"
	"tapstation/storage/seal"
	"tapstation/ui/demo"
	"tapstation/ui/desk"
	"tapstation/ui/language"
)

// appID is the program's name among those of its user (FyneApp.toml has it too).
const appID = "io.github.tapstation"

// screen runs on the main goroutine what needs a window.
type screen chan func()

// run is do on the main goroutine.
func (s screen) run(do func() error) error {
	if !displayed() {
		return command.ErrNoDisplay
	}
	done := make(chan error, 1)
	s <- func() { done <- do() }
	return <-done
}

// desk is the desk window over a data folder, of which there is one at a time.
func (s screen) desk(ctx context.Context, folder, _ string) error { return s.window(ctx, folder, "") }

// window is the desk window, in which the ticket of a link is shown first where there is one.
func (s screen) window(ctx context.Context, folder, link string) error {
	release, err := claim.Take(folder, directory.ClaimWindow)
	if err != nil {
		return err
	}
	return errors.Join(s.run(func() error {
		station, end := openStation(folder, cards(), seal.Options{})
		return errors.Join(showDesk(ctx, station, desk.Options{Link: link, Links: links(folder)}, nil), end())
	}), release())
}

// taken shows a person who sees nothing of standard error, having started the program by its icon, that another
// process has the window.
func (s screen) taken(ctx context.Context, folder string, held *directory.HeldError) error {
	if !displayed() || term.IsTerminal(int(os.Stderr.Fd())) {
		return nil
	}
	return s.run(func() error {
		station, end := openStation(folder, cards(), seal.Options{})
		if err := errors.Join(language.Use(wanted(ctx, station.Directory)), end()); err != nil {
			return err
		}
		desk.ShowTaken(ctx, fyneapp.NewWithID(appID), folder, held, desk.Options{})
		return nil
	})
}

// heapAim is how much memory in bytes the window's own part is kept to as long as that can be: pictures of words come and
// go with every letter typed, and a password takes 64 MiB for a moment; left alone, what is no longer used would double.
const heapAim = 96 << 20

// showDesk shows the window until it is closed or ctx ends, and runs the station meanwhile. There are props in the demo.
func showDesk(ctx context.Context, station *app.Station, opts desk.Options, props *props) error {
	if err := language.Use(wanted(ctx, station.Directory)); err != nil {
		return err
	}
	debug.SetMemoryLimit(heapAim)
	a := fyneapp.NewWithID(appID)
	ctx, cancel := context.WithCancel(ctx)
	var work sync.WaitGroup
	defer work.Wait()
	defer cancel()
	work.Go(func() { watch(ctx, station) })
	work.Go(func() { tend(ctx, station) })
	work.Go(func() { station.Mail.Run(ctx) })
	work.Go(func() { station.Portal.Keep(ctx) })
	if props != nil {
		mail := demo.NewMailWindow(a, props.mail, nil)
		work.Go(func() { mail.Watch(ctx) })
		panel := demo.NewPanel(props.tray, mail)
		opts.Panel = panel
		work.Go(func() {
			// At every change, for a card can leave the reader by itself.
			_, _ = station.Board.Wait(ctx, func(device.State) bool { fyne.Do(panel.Update); return false })
		})
	}
	desk.New(a, station, opts).Run(ctx)
	return nil
}

// wanted is the language of the workspace, or the system's where that cannot be read: the window says why it cannot.
func wanted(ctx context.Context, d *directory.Directory) string {
	w, err := d.Workspace(ctx)
	if err != nil {
		return ""
	}
	return w.Language
}

// watch keeps the station's board until ctx ends.
func watch(ctx context.Context, station *app.Station) {
	if err := station.Board.Run(ctx); err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, "tapstation: watch the readers:", err)
	}
}

// tend puts in order what a crash left behind.
func tend(ctx context.Context, station *app.Station) {
	err := errors.Join(station.Enroller.Recover(ctx), station.Import.Recover(ctx, nil), station.Directory.Reconcile(ctx))
	if err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, "tapstation: put in order what was left behind:", err)
	}
}
