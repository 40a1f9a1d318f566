package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	fyneapp "fyne.io/fyne/v2/app"

	"tapstation/app/admin"
	"tapstation/device/virtual"
	"tapstation/ui/tour"
)

// tour takes the pictures of the windows.
func (s screen) tour(ctx context.Context, dir string) error {
	say := func(what string) { fmt.Fprintln(os.Stderr, "tapstation:", what) }
	return s.run(func() error { return tour.Run(ctx, fyneapp.NewWithID(appID), dir, say, openTour) })
}

// tourTime is when the tour takes place, so that its pictures are the same each time.
var tourTime = time.Date(2026, time.March, 2, 9, 30, 0, 0, time.Local)

// openTour is the demo with nothing in it, at a time that stands still, with cards that make the same keys each time.
func openTour(ctx context.Context) (tour.Set, error) {
	gate := new(sync.RWMutex)
	d, err := openDemo(ctx, demoOptions{
		now:     func() time.Time { return tourTime },
		random:  func(card int) io.Reader { return rand.NewChaCha8([32]byte{byte(card)}) },
		through: func(t virtual.Transmitter) virtual.Transmitter { return held{t, gate} },
	})
	if err != nil {
		return tour.Set{}, err
	}
	furnish := func(ctx context.Context) (admin.Session, error) { return d.furnish(ctx, tourTime) }
	return tour.Set{Station: d.station, Tray: tourTray{d.tray, gate}, Mail: d.mail, Furnish: furnish, Close: d.close}, nil
}

// tourTray is the demo's tray, with what goes wrong on demand.
type tourTray struct {
	*tray
	gate *sync.RWMutex
}

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

// Hold keeps makeCredential from the cards, or lets it go.
func (t tourTray) Hold(on bool) {
	if on {
		t.gate.Lock()
	} else {
		t.gate.Unlock()
	}
}

// held is a connection whose makeCredential waits at a gate.
type held struct {
	virtual.Transmitter
	gate *sync.RWMutex
}

// Transmit lets the command through when the gate is open.
func (h held) Transmit(apdu []byte) ([]byte, error) {
	if registers(apdu) {
		h.gate.RLock()
		defer h.gate.RUnlock()
	}
	return h.Transmitter.Transmit(apdu)
}

// registers tells whether a command is NFCCTAP_MSG with authenticatorMakeCredential (CTAP 2.1 §11.3.5, §6.1).
func registers(apdu []byte) bool {
	const msg, makeCredential = 0x10, 0x01
	data := 5 // behind CLA, INS, P1, P2 and a length of one byte
	if len(apdu) > 4 && apdu[4] == 0 {
		data = 7 // a length of three (ISO 7816-4 §5.1)
	}
	return len(apdu) > data && apdu[1] == msg && apdu[data] == makeCredential
}

// Pull takes a card away at the next command.
func (t tourTray) Pull(i int) { t.cards[i].Faults().RemoveBefore(1) }
