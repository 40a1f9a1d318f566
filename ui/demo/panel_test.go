package demo

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// tray is a tray without a reader: it only remembers.
type tray struct{ on int }

func (t *tray) Cards() []Card {
	return []Card{{Kind: Blank}, {Kind: WithPIN, PIN: "246810"}, {Kind: NotFIDO}}
}
func (t *tray) Put(i int) { t.on = i }
func (t *tray) Take()     { t.on = -1 }
func (t *tray) On() int   { return t.on }

func show(t *testing.T) (*Panel, *tray, fyne.Window) {
	a := test.NewTempApp(t)
	a.Settings().SetTheme(theme.New(theme.Light))
	tr := &tray{on: -1}
	p := NewPanel(tr, nil)
	w := test.NewTempWindow(t, p)
	w.Resize(fyne.NewSize(240, 400))
	return p, tr, w
}

func TestCardIsPutAndTakenByClick(t *testing.T) {
	p, tr, _ := show(t)
	card := widget.Find[*cardButton](p, text.T("demo.card.not_fido"))
	test.Tap(card)
	if tr.on != 2 || !card.on {
		t.Errorf("on the reader: %d, shown %v; want the card clicked", tr.on, card.on)
	}
	test.Tap(card)
	if tr.on != -1 || card.on {
		t.Errorf("on the reader: %d, shown %v; want it taken away", tr.on, card.on)
	}
}

func TestCardIsPutInPlaceOfAnotherByKeyboard(t *testing.T) {
	p, tr, w := show(t)
	w.Canvas().FocusNext()
	w.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	w.Canvas().FocusNext()
	w.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	if tr.on != 1 {
		t.Errorf("on the reader: %d, want the second card", tr.on)
	}
	first := widget.Find[*cardButton](p, text.T("demo.card.blank"))
	if first.on {
		t.Error("the first card is still shown on the reader")
	}
}

func TestCardThatLeftByItselfIsShown(t *testing.T) {
	p, tr, _ := show(t)
	card := widget.Find[*cardButton](p, text.T("demo.card.blank"))
	test.Tap(card)
	tr.on = -1
	p.Update()
	if card.on {
		t.Error("the card is shown on the reader, where it is not any more")
	}
}

func TestPINOfACardIsTold(t *testing.T) {
	p, _, _ := show(t)
	card := widget.Find[*cardButton](p, text.T("demo.card.pin"))
	if card.hint != text.T("demo.card.pin_is", "PIN", "246810") {
		t.Errorf("said of the card with a PIN: %q", card.hint)
	}
}
