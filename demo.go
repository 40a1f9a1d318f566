package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"tapstation/app"
	"tapstation/device"
	"tapstation/device/fido"
	"tapstation/device/pcsc"
	"tapstation/device/virtual"
	"tapstation/storage/seal"
	"tapstation/ui/demo"
	"tapstation/ui/desk"
)

// demo is the desk window with a reader and cards in software, and a mailbox, in a data folder that is thrown away.
func (s screen) demo(ctx context.Context, _ string) error {
	return s.run(func() error {
		d, err := openDemo(ctx, demoOptions{})
		if err != nil {
			return fmt.Errorf("prepare the demo: %w", err)
		}
		owner, err := d.furnish(ctx, time.Now())
		if err != nil {
			return errors.Join(fmt.Errorf("furnish the demo: %w", err), d.close())
		}
		opts := desk.Options{Session: owner, Password: demoPassword}
		return errors.Join(showDesk(ctx, d.station, opts, &props{d.tray, d.mail}), d.close())
	})
}

// demonstration is a station with a reader and cards in software, whose mail comes to a mailbox here.
type demonstration struct {
	station *app.Station
	clock   *clock
	tray    *tray
	mail    *postOffice
	close   func() error
}

// props are what the demo's window has besides that of a real station.
type props struct {
	tray demo.Tray
	mail demo.Mailbox
}

// demoOptions say how the demo's cards are.
type demoOptions struct {
	// now is the demo's clock; nil: time.Now.
	now func() time.Time
	// random is where the keys of a card come from; nil: from the system.
	random func(card int) io.Reader
	// through is what lies between a card and whoever talks to it; nil: nothing.
	through func(virtual.Transmitter) virtual.Transmitter
}

// openDemo makes the demo's station. What the cards do is slowed down to the pace of real ones.
func openDemo(ctx context.Context, o demoOptions) (*demonstration, error) {
	folder, err := os.MkdirTemp("", "tapstation-demo-")
	if err != nil {
		return nil, err
	}
	reader := virtual.NewReader("Demo Reader")
	source := fido.Cards(reader.Watch, func(ctx context.Context, name string) (fido.Session, error) {
		card, err := reader.Connect(ctx, name)
		if err != nil {
			return nil, err
		}
		if o.through != nil {
			card = o.through(card)
		}
		return pcsc.NewSession(name, card), nil
	})
	station, end := openStation(folder, source, seal.Options{FileOnly: true})
	station.Demo = true
	d := &demonstration{station: station, clock: newClock(o.now)}
	station.Directory.Now = d.clock.now
	d.mail, err = openPostOffice(ctx, folder, d.clock.now)
	d.close = func() error { return errors.Join(d.mail.close(), end(), os.RemoveAll(folder)) }
	if err != nil {
		return nil, errors.Join(err, d.close())
	}
	d.tray, err = newTray(ctx, reader, source, o.random)
	if err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

// demoPIN is that of the card that comes with one.
const demoPIN device.PIN = "246810"

// How long a real card takes over one command and over one byte (facts.md: 20 ms and 94 µs).
const (
	demoPerAPDU = 20 * time.Millisecond
	demoPerByte = 94 * time.Microsecond
)

// tray is the demo's reader and the cards to lay on it.
type tray struct {
	reader *virtual.Reader
	kinds  []demo.Kind
	cards  []*virtual.Card
}

var _ demo.Tray = (*tray)(nil)

func newTray(ctx context.Context, reader *virtual.Reader, source device.Source, random func(card int) io.Reader) (*tray, error) {
	t := &tray{reader: reader}
	for i, kind := range []demo.Kind{demo.Blank, demo.Blank, demo.WithPIN, demo.NotFIDO} {
		o := virtual.Options{UID: []byte{0x04, 0xDE, 0x30, 0x11, 0x22, 0x33, byte(i)}, NotFIDO: kind == demo.NotFIDO}
		copy(o.AAGUID[:], "tapstation demo.")
		if random != nil {
			o.Rand = random(i)
		}
		card, err := virtual.New(o)
		if err == nil && kind == demo.WithPIN {
			err = givePIN(ctx, reader, source, card)
		}
		if err != nil {
			return nil, fmt.Errorf("make demo card %d: %w", i, err)
		}
		card.Faults().Delay(demoPerAPDU, demoPerByte)
		t.kinds, t.cards = append(t.kinds, kind), append(t.cards, card)
	}
	return t, nil
}

// givePIN sets the PIN of a card, as its earlier life would have.
func givePIN(ctx context.Context, reader *virtual.Reader, source device.Source, card *virtual.Card) error {
	reader.Insert(card)
	defer reader.Remove()
	session, err := source.Open(ctx, reader.Name())
	if err != nil {
		return err
	}
	return errors.Join(session.SetPIN(ctx, demoPIN), session.Close())
}

// Cards are the cards on the tray.
func (t *tray) Cards() []demo.Card {
	cards := make([]demo.Card, len(t.kinds))
	for i, kind := range t.kinds {
		cards[i].Kind = kind
		if kind == demo.WithPIN {
			cards[i].PIN = demoPIN.Reveal()
		}
	}
	return cards
}

// Put lays a card on the reader.
func (t *tray) Put(i int) { t.reader.Insert(t.cards[i]) }

// Take takes the card off the reader.
func (t *tray) Take() { t.reader.Remove() }

// On is the card that lies on the reader; -1: none.
func (t *tray) On() int { return slices.Index(t.cards, t.reader.Card()) }
