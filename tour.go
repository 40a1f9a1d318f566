package main

import (
	"context"
	"io"
	"math/rand/v2"
	"time"

	fyneapp "fyne.io/fyne/v2/app"

	"tapstation/ui/tour"
)

// tour takes the pictures of the windows.
func (s screen) tour(ctx context.Context, dir string) error {
	return s.run(func() error { return tour.Run(ctx, fyneapp.NewWithID(appID), dir, openTour) })
}

// tourTime is when the tour takes place, so that its pictures are the same each time.
var tourTime = time.Date(2026, time.March, 2, 9, 30, 0, 0, time.Local)

// openTour is the demo without users, at a time that stands still, with cards that make the same keys each time.
func openTour(ctx context.Context) (tour.Set, error) {
	d, err := openDemo(ctx, nil, func(card int) io.Reader { return rand.NewChaCha8([32]byte{byte(card)}) })
	if err != nil {
		return tour.Set{}, err
	}
	d.station.Directory.Now = func() time.Time { return tourTime }
	return tour.Set{Station: d.station, Tray: tourTray{d.tray}, Close: d.close}, nil
}

// tourTray is the demo's tray, with what goes wrong on demand.
type tourTray struct{ *tray }

var _ tour.Tray = tourTray{}

// Run starts or stops the service.
func (t tourTray) Run(on bool) {
	if on {
		t.reader.Service().Start()
	} else {
		t.reader.Service().Stop()
	}
}

// Plug plugs the reader in or out.
func (t tourTray) Plug(in bool) {
	if in {
		t.reader = t.reader.Service().AddReader(t.reader.Name())
	} else {
		t.reader.Service().RemoveReader(t.reader.Name())
	}
}

// Slow makes every command take that long.
func (t tourTray) Slow(perCommand time.Duration) {
	perByte := time.Duration(0)
	if perCommand == 0 {
		perCommand, perByte = demoPerAPDU, demoPerByte
	}
	for _, card := range t.cards {
		card.Faults().Delay(perCommand, perByte)
	}
}

// Pull takes a card away at the next command.
func (t tourTray) Pull(i int) { t.cards[i].Faults().RemoveBefore(1) }
