package desk

import (
	"testing"

	"fyne.io/fyne/v2"

	"tapstation/assets/text"
	"tapstation/device"
	"tapstation/ui/widget"
)

// situations are what can be in the way of a card, and what the rail and the page say of it.
var situations = []struct {
	name    string
	make    func(*bench)
	rail    string
	summary string
	finding string // in the page
}{
	{"service stopped", func(b *bench) { b.service.Stop(); b.source.refuse = device.ErrServiceDown },
		"Reader service is off", "Something is in the way of the next card.", "The reader service (PC/SC) is not running."},
	{"no reader", func(*bench) {},
		"No reader", "Something is in the way of the next card.", "No card reader is there."},
	{"reader held", func(b *bench) { b.service.AddReader("R"); b.source.extra = []device.EventKind{device.ReaderHeld} },
		"Reader is in use", "Something is in the way of the next card.", "Another program is using the reader R."},
	{"no card", func(b *bench) { b.service.AddReader("R") },
		"Reader ready", "Everything is ready for a card.", "There is no card on a reader now."},
	{"not a FIDO2 card", func(b *bench) {
		b.service.AddReader("R")
		b.source.extra, b.source.refuse = []device.EventKind{device.CardInserted}, device.ErrNotFIDO
	}, "Card on the reader", "Something is in the way of the next card.", "The card on R is not a FIDO2 card."},
	{"card and held", func(b *bench) {
		b.service.AddReader("R")
		b.source.extra, b.source.refuse = []device.EventKind{device.CardInserted, device.ReaderHeld}, device.ErrReaderHeld
	}, "Reader is in use", "Something is in the way of the next card.", "Another program is using the reader R."},
}

func TestReaderIsJudgedRightlyAndWithARemedy(t *testing.T) {
	for _, s := range situations {
		t.Run(s.name, func(t *testing.T) {
			b := newBench(t, 1, s.make)
			b.until("the rail's word "+s.rail, func() bool { return b.rail.reader.AccessibilityLabel() == s.rail })
			b.rail.reader.Tapped(nil)
			p, ok := b.page.(*readerPage)
			if !ok {
				t.Fatalf("the rail leads to %T, want the reader's page", b.page)
			}
			b.until("the finding", func() bool { return !p.looking && p.findings != nil })
			for _, words := range []string{s.summary, s.finding} {
				if !b.says(words) {
					t.Errorf("the page does not say %q", words)
				}
			}
			remedy := widget.Find[*widget.Copyable](b.Page(), "What to do")
			if wanted := s.rail != "Reader ready"; wanted != (remedy != nil) {
				t.Errorf("what to do is there: %v, want %v", remedy != nil, wanted)
			}
			b.press(fyne.KeyEscape)
			if b.page != page(b.users) {
				t.Errorf("Escape leads to %T, want back to All Users", b.page)
			}
		})
	}
}

func TestReaderPageLooksAgainByItself(t *testing.T) {
	b := newBench(t, 1)
	b.ShowReader()
	b.until("no reader", func() bool { return b.says("No card reader is there.") })
	b.service.AddReader("R")
	b.until("the reader", func() bool { return b.says("The reader R is there.") })
	b.service.Stop()
	b.until("the service's end", func() bool { return b.says("The reader service (PC/SC) is not running.") })
	b.service.Start()
	b.until("the service's return", func() bool { return b.says("The reader R is there.") })
}

func TestRailHasRoomForWhatItSays(t *testing.T) {
	b := newBench(t, 0)
	t.Cleanup(func() {
		if err := text.Use("en"); err != nil {
			t.Error(err)
		}
	})
	const room = railWidth - 2*12 - 2*12 - 24 // the rail's sides, the item's, the sign
	for _, language := range []string{"en", "de"} {
		if err := text.Use(language); err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"reader.looking", "reader.no_service", "reader.none", "reader.held", "reader.mute",
			"reader.card", "reader.ready"} {
			words := text.T(key)
			if w := fyne.MeasureText(words, fontSize(), fyne.TextStyle{}).Width; w > room {
				t.Errorf("%s: %q is %v units wide, want at most %v", language, words, w, room)
			}
		}
	}
	b.settle()
}
